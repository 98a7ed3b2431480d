use std::{fs, io::{self, Read}, process::Command};
use axum::{extract::{Path, Query, State}, routing::{get, post as p2}, Router};
use crate::db::find_user;
use sqlx::*;
extern crate rocket;

pub struct App { db: Pool<Postgres>, name: String }

impl App {
    pub fn new(db: Pool<Postgres>) -> Self { Self { db, name: "x".into() } }
    async fn find(&self, id: &str) -> Result<Vec<Row>, Error> {
        let sql = format!("select * from t where id = '{id}' and {}", self.name);
        let n: i32 = id.parse::<i32>()?;
        let rows = sqlx::query(&sql).fetch_all(&self.db).await?;
        if rows.is_empty() { return Err(Error::None); }
        Ok(rows)
    }
}

#[get("/users/<id>", data = "<b>")]
async fn handler(Path(id): Path<String>, mut q: Query<P>, State(s): State<App>) -> impl IntoResponse {
    let Some(x) = q.name else { return "no".into() };
    let y = if x == "a" { x.clone() } else { helper(&id) };
    let z = match id.as_str() {
        "a" | "b" => 1,
        "" => {}
        other if other.len() > 3 => { let t = other.trim(); t }
        _ => return bar(),
    };
    if let Some(v) = s.map.get(&z) && v > 3 { use_it(v) }
    match opt { Some(ref v) => f(v), None => {}, Kind::A { a, b: c } => g(a, c), Kind::B => h() }
    let c = |a, (b, c): (i32, String)| { let d = a; d + b };
    let d = xs.iter().map(|x| x.trim()).filter(|x| !x.is_empty()).collect::<Vec<_>>();
    let v = vec![0u8; n];
    unsafe { v.set_len(n); std::ptr::read(p) };
    info!(user = %id, "hello {z}");
    for (k, v) in map.iter() { println!("{k} {}", v); }
    while let Some(line) = lines.next() { out.push_str(&line); }
    let w = unsafe { *p };
    x = y as u32;
    Command::new("sh").arg("-c").arg(&id).spawn().unwrap();
    json!({"a": id})
}
#[cfg(test)]
mod tests { #[test] fn t() {} }
impl<T> Trait<T> for Foo<T> where T: X { fn m(&self) -> u8 { self.0 } }
static X: &str = r#"a"b"#;
const N: usize = 3;
