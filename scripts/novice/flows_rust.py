"""Rust: entry points, sinks, encoders and checks for `weave.py`. Values are `String` or `&str`; parameters are `&str`."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL


def use(*names):
    return [f"use {name};" for name in names]


AXUM = use("axum::{extract::{Form, Path, Query}, http::{HeaderMap, StatusCode, Uri}, response::{Html, IntoResponse, Redirect, Response}, routing::{get, post}, Router}", "std::collections::HashMap")
ACTIX = use("actix_web::{get, post, web, App, HttpRequest, HttpResponse, HttpServer, Responder}", "std::collections::HashMap")
ROCKET = ["#[macro_use] extern crate rocket;"] + use("rocket::form::Form", "rocket::http::Status", "rocket::response::{content::RawHtml, Redirect}")
ROUTER = ["pub fn router() -> Router {", '\tRouter::new().route("/$word1", {{get¦post}}($f1))', "}"]
SERVER = ["#[tokio::main]", "async fn main() {", '\tlet app = Router::new().route("/$ent1/$word1", {{get¦post}}($f1));', '\tlet listener = tokio::net::TcpListener::bind("127.0.0.1:$port1").await.unwrap();', "\taxum::serve(listener, app).await.unwrap();", "}"]
AXUMFAIL = [["return StatusCode::BAD_REQUEST.into_response();"], ['return (StatusCode::BAD_REQUEST, "bad request").into_response();']]
AXUMDONE = [["StatusCode::NO_CONTENT.into_response()"], ['"ok".into_response()']]
ACTIXFAIL = [["return HttpResponse::BadRequest().finish();"], ['return HttpResponse::BadRequest().body("bad request");']]
ACTIXDONE = [["HttpResponse::Ok().finish()"], ['HttpResponse::NoContent().finish()'], ['HttpResponse::Ok().body("ok")']]
WEBFREE = {"78", "89", "22", "95", "117", "90", "1336"}
ENTRIES = [
    dict(id="axum", imports=AXUM, open=[["async fn $f1(Query(params): Query<HashMap<String, String>>) -> Response {"], ["pub async fn $f1(Query(params): Query<HashMap<String, String>>, headers: HeaderMap) -> Response {"]],
         sources=['params.get("$p").cloned().unwrap_or_default()', 'params["$p"].clone()', 'params.get("$p").map(|s| s.to_string()).unwrap_or_default()', [f'let Some($x) = params.get("$p").cloned() else {{ return StatusCode::BAD_REQUEST.into_response(); }};@@src']],
         fail=AXUMFAIL, done=AXUMDONE, close=["}"], main=ROUTER),
    dict(id="axumform", imports=AXUM, open=[["async fn $f1(Form(form): Form<HashMap<String, String>>) -> Response {"]], sources=['form.get("$p").cloned().unwrap_or_default()', 'form["$p"].clone()'], fail=AXUMFAIL, done=AXUMDONE, close=["}"], main=SERVER),
    dict(id="axumtyped", imports=AXUM + use("serde::Deserialize"), top=["#[derive(Deserialize)]", "struct Params {", "\t$fld1: String,", "\t$fld2: Option<String>,", "}", ""], open=[["async fn $f1(Query(params): Query<Params>) -> Response {"], ["async fn $f1(Form(params): Form<Params>) -> Response {"]], sources=["params.$fld1", "params.$fld1.clone()", "params.$fld2.unwrap_or_default()"], fail=AXUMFAIL, done=AXUMDONE, close=["}"], main=SERVER),
    dict(id="axumpath", imports=AXUM, open=[["// $note8"], [""]], split=True, sources=[["async fn $f1(Path($x): Path<String>) -> Response {@@src"], ["pub async fn $f1(Path($x): Path<String>, headers: HeaderMap) -> impl IntoResponse {@@src"], ["async fn $f1($x: String) -> Response {@@src"]], fail=AXUMFAIL, done=AXUMDONE, close=["}"], main=ROUTER),
    dict(id="actix", imports=ACTIX, open=[['#[get("/$word1")]', "async fn $f1(query: web::Query<HashMap<String, String>>) -> HttpResponse {"], ['#[post("/$ent1/$noun1")]', "async fn $f1(query: web::Query<HashMap<String, String>>, req: HttpRequest) -> HttpResponse {"]],
         sources=['query.get("$p").cloned().unwrap_or_default()', 'query["$p"].clone()', 'query.get("$p").map(String::as_str).unwrap_or("").to_string()'], fail=ACTIXFAIL, done=ACTIXDONE, close=["}"]),
    dict(id="actixreq", imports=ACTIX, open=[["async fn $f1(req: HttpRequest) -> HttpResponse {"]], sources=['req.match_info().get("$p").unwrap_or("").to_string()', 'req.headers().get("X-$p").and_then(|h| h.to_str().ok()).unwrap_or("").to_string()', "req.query_string().to_string()", 'req.cookie("$p").map(|c| c.value().to_string()).unwrap_or_default()'],
         fail=ACTIXFAIL, done=ACTIXDONE, close=["}"], main=["pub fn configure(cfg: &mut web::ServiceConfig) {", '\tcfg.route("/$word1", web::get().to($f1));', "}"]),
    dict(id="actixtyped", imports=ACTIX + use("serde::Deserialize"), top=["#[derive(Deserialize)]", "struct $Ent7Form {", "\t$fld1: String,", "\t$fld2: String,", "}", ""], open=[['#[post("/$word1")]', "async fn $f1({{form: web::Form¦form: web::Json}}<$Ent7Form>) -> HttpResponse {"], ['#[post("/$ent1")]', "pub async fn $f1(form: web::Json<$Ent7Form>) -> HttpResponse {"]],
         sources=["form.$fld1.clone()", "form.into_inner().$fld2", "&form.$fld1"], fail=ACTIXFAIL, done=ACTIXDONE, close=["}"]),
    dict(id="actixpath", imports=ACTIX, open=[['#[get("/$word1/{id}")]'], ['#[post("/$ent1/{key}")]']], split=True, sources=[["async fn $f1($x: web::Path<String>) -> HttpResponse {@@src", "let $x = $x.into_inner();"], ["async fn $f1($x: String) -> HttpResponse {@@src"]], fail=ACTIXFAIL, done=ACTIXDONE, close=["}"]),
    dict(id="rocket", imports=ROCKET, open=[["// $note8"], [""]], split=2, sources=[['#[get("/$word1?<$x>")]', "{{pub ¦}}{{async ¦}}fn $f1($x: String) -> Result<String, Status> {@@src"], ['#[get("/$word1/<$x>")]', "async fn $f1($x: &str) -> Result<String, Status> {@@src"], ['#[post("/$ent1/$word2", data = "<$x>")]', "async fn $f1($x: String) -> Result<String, Status> {@@src"]],
         fail=[["return Err(Status::BadRequest);"]], done=[['Ok("ok".to_string())'], ["Ok(String::new())"]], close=["}"], cwes=WEBFREE | {"918"}),
    dict(id="rockethtml", imports=ROCKET, open=[["// $note8"], [""]], split=2, sources=[['#[get("/$word1?<$x>")]', "fn $f1($x: String) -> RawHtml<String> {@@src"], ['#[get("/$word1/<$x>")]', "fn $f1($x: &str) -> RawHtml<String> {@@src"]], fail=[["return RawHtml(String::new());"]], done=[["RawHtml(String::new())"]], close=["}"], cwes={"79"}),
    dict(id="rocketredirect", imports=ROCKET, open=[["// $note8"], [""]], split=2, sources=[['#[get("/$word1?<$x>")]', "fn $f1($x: String) -> Redirect {@@src"]], fail=[['return Redirect::to("/");']], done=[['Redirect::to("/$word2")']], close=["}"], cwes={"601"}),
    dict(id="cli", imports=use("std::env"), open=[["fn main() {"], ["#[tokio::main]", "async fn main() {"]], sources=["env::args().nth(1).unwrap_or_default()", 'env::args().nth(1).expect("missing argument")', ["let args: Vec<String> = env::args().collect();", "let $x = args[1].clone();@@src"], ["let args: Vec<String> = env::args().skip(1).collect();", "let $x = &args[0];@@src"]],
         fail=[["std::process::exit(1);"], ["return;"]], done=[['println!("done");']], close=["}"], cwes={"78", "89", "95"}),
    dict(id="stdin", imports=use("std::io::{self, BufRead}"), open=[["fn main() -> io::Result<()> {"]], sources=[["let mut $x = String::new();", "io::stdin().read_line(&mut $x)?;@@src"]], fail=[["return Ok(());"], ["std::process::exit(2);"]], done=[["Ok(())"]], close=["}"], cwes={"78", "89"}),
    dict(id="tcp", imports=use("std::io::Read", "std::net::TcpStream"), open=[["fn $f1(mut stream: TcpStream) {"]], sources=[["let mut $x = String::new();", "stream.read_to_string(&mut $x).unwrap();@@src"]], fail=[["return;"]], done=[["drop(stream);"]], close=["}"], cwes={"78", "89", "22", "117", "918"},
         main=["fn main() {", '\tlet listener = std::net::TcpListener::bind("0.0.0.0:$port1").unwrap();', "\tfor stream in listener.incoming().flatten() {", "\t\t$f1(stream);", "\t}", "}"]),
]
A, X, R = ["axum", "axumform", "axumtyped", "axumpath"], ["actix", "actixreq", "actixtyped", "actixpath"], ["rocket"]
ASYNC = A + X
CONN = 'let conn = rusqlite::Connection::open("$word2.db").unwrap();'
PG = 'let mut client = postgres::Client::connect("host=localhost user=$word3", postgres::NoTls).unwrap();'
POOL = 'let pool = sqlx::PgPool::connect("postgres://$host1/$word2").await.unwrap();'
SINKS = {
    "89": [
        dict(id="sqlx", parts=SQL, entries=ASYNC, use=[[POOL, "let rows = sqlx::query(&$x).fetch_all(&pool).await;@@sink"], [POOL, "sqlx::query(&$x).execute(&pool).await.unwrap();@@sink"], [POOL, "let row: Option<(i64,)> = sqlx::query_as(&$x).fetch_optional(&pool).await.unwrap();@@sink"], [POOL, "sqlx::raw_sql(&$x).execute(&pool).await.unwrap();@@sink"]],
             good=[([], [POOL, 'let rows = sqlx::query("SELECT * FROM $table1 WHERE $noun5 = $$1").bind(&$x).fetch_all(&pool).await;@@sink@@guard']), ([], [POOL, 'sqlx::query("DELETE FROM $table1 WHERE $noun5 = ?").bind($x.to_string()).execute(&pool).await.unwrap();@@sink@@guard'])]),
        dict(id="rusqlite", imports=use("rusqlite::Connection"), parts=SQL, use=[['let conn = Connection::open("$word2.db").unwrap();', "conn.execute(&$x, []).unwrap();@@sink"], [CONN, "let mut stmt = conn.prepare(&$x).unwrap();@@sink", "let mut rows = stmt.query([]).unwrap();"], [CONN, "conn.execute_batch(&$x).unwrap();@@sink"], [CONN, "let total: i64 = conn.query_row(&$x, [], |row| row.get(0)).unwrap_or(0);@@sink"]],
             good=[(use("rusqlite::Connection", "rusqlite::params"), [CONN, 'conn.execute("DELETE FROM $table1 WHERE $noun5 = ?1", params![$x]).unwrap();@@sink@@guard']), (use("rusqlite::Connection"), [CONN, 'let mut stmt = conn.prepare("SELECT * FROM $table1 WHERE $noun5 = ?1").unwrap();@@sink@@guard', "let mut rows = stmt.query([&$x]).unwrap();"])]),
        dict(id="postgres", parts=SQL, use=[[PG, "let rows = client.query(&$x, &[]).unwrap();@@sink"], [PG, "client.batch_execute(&$x).unwrap();@@sink"], [PG, "client.simple_query(&$x).unwrap();@@sink"]], good=[([], [PG, 'let rows = client.query("SELECT * FROM $table1 WHERE $noun5 = $$1", &[&$x]).unwrap();@@sink@@guard'])]),
        dict(id="diesel", imports=use("diesel::prelude::*", "diesel::sql_query"), parts=SQL, use=[['let mut conn = SqliteConnection::establish("$word2.db").unwrap();', "sql_query($x).execute(&mut conn).unwrap();@@sink"], ['let mut conn = PgConnection::establish("postgres://$host1/$word2").unwrap();', "diesel::sql_query(&$x).execute(&mut conn).ok();@@sink"]],
             good=[(use("diesel::prelude::*", "diesel::sql_query", "diesel::sql_types::Text"), ['let mut conn = SqliteConnection::establish("$word2.db").unwrap();', 'sql_query("DELETE FROM $table1 WHERE $noun5 = ?").bind::<Text, _>(&$x).execute(&mut conn).unwrap();@@sink@@guard'])]),
    ],
    "78": [
        dict(id="sh", imports=use("std::process::Command"), parts=CMD, use=[['let out = Command::new("sh").arg("-c").arg(&$x).output();@@sink'], ['Command::new("bash").args(["-c", &$x]).status().unwrap();@@sink'], ['let output = Command::new("/bin/sh").args(&["-c", &$x]).output().expect("failed to run");@@sink'], ['let mut cmd = Command::new("sh");', 'cmd.arg("-c").arg(&$x);@@sink', "cmd.spawn().unwrap();"]],
             good=[(use("std::process::Command"), ['Command::new("ping").args(["-c", "1", "--", &$x]).status().unwrap();@@sink@@guard']), (use("std::process::Command"), ['let out = Command::new("nslookup").arg("--").arg(&$x).output();@@sink@@guard'])]),
        dict(id="tokio", imports=use("tokio::process::Command"), parts=CMD, entries=ASYNC, use=[['let out = Command::new("sh").arg("-c").arg(&$x).output().await.unwrap();@@sink'], ['let out = Command::new("bash").arg("-c").arg($x).status().await;@@sink']], good=[(use("tokio::process::Command"), ['let out = Command::new("convert").arg("--").arg(&$x).arg("out.png").output().await;@@sink@@guard'])]),
        dict(id="program", imports=use("std::process::Command"), use=[["let status = Command::new(&$x).status();@@sink"], ['Command::new($x).arg("--version").spawn().unwrap();@@sink']], good=[(use("std::process::Command"), ['let status = Command::new("ls").arg("--").arg(&$x).status();@@sink@@guard'])]),
    ],
    "22": [
        dict(id="read", imports=use("std::fs"), parts=PATHS, use=[["let text = fs::read_to_string(&$x).unwrap_or_default();@@sink"], ["let bytes = fs::read(&$x);@@sink"], ["let bytes = std::fs::read($x).unwrap();@@sink"]]),
        dict(id="file", imports=use("std::fs::File", "std::io::Write"), parts=PATHS, use=[["let mut file = File::create(&$x).unwrap();@@sink", 'file.write_all(b"$word4").unwrap();'], ["let file = File::open(&$x);@@sink"]]),
        dict(id="join", imports=use("std::path::Path", "std::fs"), use=[['let full = Path::new("/srv/$dir1").join(&$x);@@step', "let text = fs::read_to_string(full).unwrap_or_default();@@sink"], ['let mut full = std::path::PathBuf::from("/srv/$dir1");', "full.push(&$x);@@step", "let text = fs::read(&full).unwrap_or_default();@@sink"]]),
        dict(id="change", imports=use("std::fs"), parts=PATHS, use=[["fs::remove_file(&$x).unwrap();@@sink"], ['fs::write(&$x, "$word4").unwrap();@@sink'], ["fs::remove_dir_all(&$x).ok();@@sink"], ["fs::create_dir_all(&$x).unwrap();@@sink"]]),
        dict(id="tokio", parts=PATHS, entries=ASYNC, use=[["let text = tokio::fs::read_to_string(&$x).await.unwrap_or_default();@@sink"], ["let bytes = tokio::fs::read(&$x).await;@@sink"]]),
    ],
    "79": [
        dict(id="axum", parts=HTML, fn=False, ends=True, entries=A, use=[["Html($x).into_response()@@sink"], ["return Html($x).into_response();@@sink"], ["axum::response::Html($x).into_response()@@sink"]], good=[(use("axum::Json"), ['Json(HashMap::from([("value", $x)])).into_response()@@sink@@guard']), ([], ["$x.into_response()@@sink@@guard"])]),
        dict(id="actix", parts=HTML, fn=False, ends=True, entries=X, use=[['HttpResponse::Ok().content_type("text/html").body($x)@@sink'], ['return HttpResponse::Ok().content_type("text/html; charset=utf-8").body($x);@@sink']], good=[([], ['HttpResponse::Ok().content_type("text/plain").body($x)@@sink@@guard']), ([], ["HttpResponse::Ok().json($x)@@sink@@guard"])]),
        dict(id="rocket", parts=HTML, fn=False, ends=True, entries=["rockethtml"], use=[["RawHtml($x)@@sink"], ["return RawHtml($x);@@sink"]]),
    ],
    "601": [
        dict(id="axum", fn=False, ends=True, entries=A, use=[["Redirect::to(&$x).into_response()@@sink"], ["return Redirect::temporary(&$x).into_response();@@sink"], ["Redirect::permanent(&$x).into_response()@@sink"]], good=[([], ['Redirect::to("/$word1").into_response()@@sink@@guard'])]),
        dict(id="actix", fn=False, ends=True, entries=X, use=[['HttpResponse::Found().append_header(("Location", $x)).finish()@@sink'], ['return HttpResponse::SeeOther().insert_header(("Location", $x)).finish();@@sink']], good=[([], ['HttpResponse::Found().append_header(("Location", "/$word1")).finish()@@sink@@guard'])]),
        dict(id="rocket", fn=False, ends=True, entries=["rocketredirect"], use=[["Redirect::to($x)@@sink"], ["return Redirect::found($x);@@sink"]]),
    ],
    "918": [
        dict(id="reqwest", entries=ASYNC + R, use=[["let body = reqwest::get(&$x).await.unwrap().text().await;@@sink"], ["let client = reqwest::Client::new();", "let res = client.get(&$x).send().await;@@sink"], ["let client = reqwest::Client::new();", 'let res = client.post(&$x).body("$word4").send().await.unwrap();@@sink']], good=[([], ["let client = reqwest::Client::new();", 'let res = client.get("https://$host1/$word1").query(&[("q", &$x)]).send().await;@@sink@@guard'])]),
        dict(id="blocking", use=[["let body = reqwest::blocking::get(&$x).unwrap().text();@@sink"], ["let body = ureq::get(&$x).call();@@sink"]], good=[([], ['let body = ureq::get("https://$host1/$word1").query("q", &$x).call();@@sink@@guard'])]),
        dict(id="sub", parts=[["http://", "$x", "/status"], ["https://", "$x", ".internal/$word1"]], use=[["let body = reqwest::blocking::get(&$x).unwrap();@@sink"], ["let res = ureq::get(&$x).call();@@sink"]]),
    ],
    "117": [
        dict(id="log", imports=use("log::{error, info, warn}"), parts=[["search for ", "$x", ""], ["login of ", "$x", " failed"]], use=[['info!("{}", $x);@@sink'], ['warn!("{}", $x);@@sink'], ['log::error!("request: {}", $x);@@sink']], good=[(use("log::{error, info, warn}"), ['info!("search for {:?}", $x);@@sink@@guard'])]),
        dict(id="tracing", parts=[["deleted ", "$x", ""], ["user ", "$x", " logged in"]], use=[['tracing::info!("{}", $x);@@sink'], ['tracing::warn!("{}", $x);@@sink']], good=[([], ['tracing::info!("value {:?}", $x);@@sink@@guard'])]),
    ],
    "90": [dict(id="ldap3", imports=use("ldap3::{LdapConn, Scope, SearchEntry}"), parts=LDAP, use=[['let mut ldap = LdapConn::new("ldap://$host1").unwrap();', 'let found = ldap.search("dc=example,dc=org", Scope::Subtree, &$x, vec!["cn"]);@@sink']])],
    "1336": [dict(id="tera", imports=use("tera::{Context, Tera}"), parts=[["Hello ", "$x", "!"], ["<p>", "$x", "</p>"]], use=[["let html = Tera::one_off(&$x, &Context::new(), true).unwrap();@@sink"], ["let mut tera = Tera::default();", "let html = tera.render_str(&$x, &Context::new()).unwrap();@@sink"]], good=[(use("tera::{Context, Tera}"), ["let mut ctx = Context::new();", 'ctx.insert("value", &$x);@@guard', 'let html = Tera::new("templates/*.html").unwrap().render("$word1.html", &ctx).unwrap();@@sink'])])],
    "95": [dict(id="rhai", imports=use("rhai::Engine"), parts=[["let total = ", "$x", "; total"], ["40 + ", "$x", ""]], use=[["let engine = Engine::new();", "let total = engine.eval::<i64>(&$x).unwrap_or(0);@@sink"], ["let engine = Engine::new();", "engine.run(&$x).unwrap();@@sink"]]),
           dict(id="lua", imports=use("mlua::Lua"), parts=[["return ", "$x", ""]], use=[["let lua = Lua::new();", "let total: i64 = lua.load(&$x).eval().unwrap_or(0);@@sink"]])],
}
ALL = {"78", "89", "22", "79", "90", "117", "1336", "95"}
URLISH = {"601", "918"}
RE = use("regex::Regex")
ENCODERS = [
    ("html", [], "html_escape::encode_text(&$x).to_string()", {"79"}, {"1336", "95"}), ("attr", [], "html_escape::encode_double_quoted_attribute(&$x).into_owned()", {"79"}, {"1336", "95"}), ("ammonia", [], "ammonia::clean(&$x)", {"79"}, {"1336", "95", "117"}),
    ("shell", [], "shell_words::quote(&$x).to_string()", {"78"}, {"89", "95", "90"}), ("shlex", [], "shlex::try_quote(&$x).unwrap().to_string()", {"78"}, {"89", "95", "90"}), ("escape", use("std::borrow::Cow"), "shell_escape::escape(Cow::from($x.to_string())).to_string()", {"78"}, {"89", "95", "90"}),
    ("name", use("std::path::Path"), 'Path::new(&$x).file_name().and_then(|n| n.to_str()).unwrap_or("").to_string()', {"22"}, URLISH), ("sanitize", [], "sanitize_filename::sanitize(&$x)", {"22"}, {"78", "79", "117"} | URLISH), ("ldap", [], "ldap3::ldap_escape(&$x[..]).to_string()", {"90"}, {"78", "22"}),
    ("oneline", [], "$x.replace('\\n', \"\").replace('\\r', \"\")", {"117"}, {"78"}), ("flat", [], "$x.replace(&['\\r', '\\n'][..], \" \")", {"117"}, {"78"}), ("debug", [], "$x.escape_debug().to_string()", {"117"}, ALL - {"117", "79"} | URLISH),
    ("words", [], "$x.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>()", ALL, URLISH), ("kept", [], "$x.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()", ALL, URLISH), ("regex", RE, 'Regex::new(r"[^A-Za-z0-9_]").unwrap().replace_all(&$x, "").to_string()', ALL, URLISH),
    ("url", [], "urlencoding::encode(&$x).to_string()", {"117"}, ALL | URLISH), ("trim", [], "$x.trim().to_string()", set(), {"117"}), ("lower", [], "$x.to_lowercase()", set(), set()), ("dots", [], '$x.replace("../", "")', set(), set()), ("once", [], '$x.replacen("..", "", 1)', set(), set()),
    ("semi", [], "$x.replace(';', \"\")", set(), {"95"}), ("script", [], '$x.replace("<script>", "")', set(), set()), ("start", [], "$x.trim_start_matches('/').to_string()", set(), {"601"}), ("cut", [], "$x.chars().take(200).collect::<String>()", set(), set()),
]
CHECKS = [
    ("alnum", [], "!$x.chars().all(|c| c.is_ascii_alphanumeric())", ALL, URLISH), ("byte", [], "!$x.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')", ALL, URLISH), ("re", RE, '!Regex::new(r"^[A-Za-z0-9_]+$$").unwrap().is_match(&$x)', ALL, URLISH), ("digits", [], "$x.parse::<u64>().is_err()", ALL, URLISH, [], "$x.parse::<u64>().is_ok()"),
    ("dotdot", [], "$x.contains(\"..\") || $x.contains('/')", {"22"}, URLISH | {"78", "95"}), ("parts", use("std::path::{Component, Path}"), "Path::new(&$x).components().any(|c| !matches!(c, Component::Normal(_)))", {"22"}, URLISH | {"78"}),
    ("crlf", [], "$x.contains('\\n') || $x.contains('\\r')", {"117"}, {"78"}), ("control", [], "$x.chars().any(char::is_control)", {"117"}, {"78"}, [], "!$x.chars().any(char::is_control)"), ("host", use("url::Url"), '!Url::parse(&$x).map_or(false, |u| u.host_str() == Some("$host3"))', URLISH, ALL),
    ("relative", [], "!$x.starts_with('/') || $x.starts_with(\"//\") || $x.contains('\\\\')", {"601"}, {"918", "22"}), ("empty", [], "$x.is_empty()", set(), set()), ("long", [], "$x.len() > 2$n7", set(), set()), ("ascii", [], "!$x.is_ascii()", set(), set()), ("loose", RE, '!Regex::new(r"[a-z]+").unwrap().is_match(&$x)', set(), set()),
    ("http", [], '!$x.starts_with("http")', set(), {"22"}), ("contains", [], '!$x.contains("$host3")', set(), ALL - {"117", "79", "1336"}), ("semi", [], "$x.contains(';')", set(), {"95"}), ("ext", [], '!$x.ends_with(".txt")', set(), {"601"}), ("prefix", [], '!$x.starts_with("/srv/")', set(), URLISH),
]
DATA = dict(entries=ENTRIES, sinks=SINKS, encoders=ENCODERS, checks=CHECKS, casts=[([], ["let $y: i64 = $x.parse().unwrap_or(0);"], "$y.to_string()"), ([], ["let $y = $x.parse::<u32>().unwrap_or_default();"], "$y.to_string()"), ([], ["let $y = uuid::Uuid::parse_str(&$x).unwrap_or_default();"], "$y.to_string()")],
            nocast=URLISH | {"22"}, noop=["$x.trim().to_string()", "$x.to_lowercase()", "$x.to_owned()", "$x.to_string()", "$x.clone()"])
