//! Statements of SQL that set something up.
//!
//! In: text. Out: columns as `table.column = type`, what is put into them as `INSERT.table.column = value`, rights as
//! `GRANT = … ON … TO …`, and accounts as `ACCOUNT.name = …` with `ACCOUNT.name.password`. Everything else that the
//! statements say, procedures first, is passed over. Start at [`read`].

use super::Broken;
use super::sheet::Sheet;
use super::tokens::{Kind, Spelling, Token, tokens};

const SPELLING: Spelling = Spelling {
    comments: &["--", "#"],
    blocks: true,
    quotes: &['\'', '"', '`'],
    signs: &['(', ')', ',', ';', '='],
    doubled: true,
};

/// Most rows of one statement that are looked at.
const ROWS: usize = 20;

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let tokens = tokens(text, &SPELLING);
    for statement in tokens.split(|token| token.is(";")) {
        let starts = |words: &[&str]| words.iter().zip(statement).all(|(word, token)| token.is(word));
        if statement.len() < 3 {
            continue;
        }
        if starts(&["CREATE", "TABLE"]) || starts(&["CREATE", "TEMPORARY"]) {
            columns(statement, sheet);
        } else if starts(&["INSERT", "INTO"]) {
            rows(statement, sheet);
        } else if starts(&["GRANT"]) {
            sheet.say("GRANT", &joined(&statement[1..]), statement[0].start, end(statement));
        } else if ["USER", "ROLE", "LOGIN"]
            .iter()
            .any(|kind| starts(&["CREATE", kind]) || starts(&["ALTER", kind]))
        {
            account(statement, sheet);
        }
    }
    Ok(())
}

fn joined(tokens: &[Token]) -> String {
    let texts: Vec<&str> = tokens.iter().map(|token| &*token.text).collect();
    texts.join(" ")
}

fn end(tokens: &[Token]) -> usize {
    tokens.last().map_or(0, |token| token.end)
}

/// The last part of a qualified name, without brackets.
fn plain(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.trim_matches(['[', ']', '"', '`']).to_owned()
}

/// The name before the first bracket, and what stands between that bracket and its end.
fn table(statement: &[Token]) -> Option<(String, &[Token], &[Token])> {
    let open = statement.iter().position(|token| token.is("("))?;
    let name = plain(&statement.get(open.checked_sub(1)?)?.text);
    let (inner, rest) = bracket(&statement[open..]);
    Some((name, inner, rest))
}

/// What a bracket holds, and what follows it.
fn bracket(tokens: &[Token]) -> (&[Token], &[Token]) {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 && at > 0 {
            return (&tokens[1..at], &tokens[at + 1..]);
        }
    }
    (tokens.get(1..).unwrap_or_default(), &[])
}

/// Parts between the commas of the outermost level.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        if depth == 0 && token.is(",") {
            found.push(&tokens[from..at]);
            from = at + 1;
        }
    }
    found.push(&tokens[from..]);
    found
}

fn columns(statement: &[Token], sheet: &mut Sheet) {
    const NO_COLUMNS: [&str; 8] = [
        "PRIMARY",
        "FOREIGN",
        "CONSTRAINT",
        "UNIQUE",
        "KEY",
        "INDEX",
        "CHECK",
        "FULLTEXT",
    ];
    let Some((name, inner, _)) = table(statement) else {
        return;
    };
    if !sheet.enter(name) {
        return;
    }
    for part in parts(inner) {
        if let [column, kind @ ..] = part
            && !kind.is_empty()
            && !NO_COLUMNS.iter().any(|word| column.is(word))
        {
            let kind: String = kind
                .iter()
                .take(6)
                .map(|token| &*token.text)
                .collect::<Vec<_>>()
                .join(" ");
            sheet.say(
                &plain(&column.text),
                &kind.replace(" ( ", "(").replace(" )", ")"),
                column.start,
                end(part),
            );
        }
    }
    sheet.leave();
}

fn rows(statement: &[Token], sheet: &mut Sheet) {
    let Some((name, names, mut rest)) = table(statement) else {
        return;
    };
    let Some(values) = rest.iter().position(|token| token.is("VALUES")) else {
        return;
    };
    rest = &rest[values + 1..];
    if !sheet.enter(format!("INSERT.{name}")) {
        return;
    }
    let names = parts(names);
    for _ in 0..ROWS {
        let Some(open) = rest.iter().position(|token| token.is("(")) else {
            break;
        };
        let (row, after) = bracket(&rest[open..]);
        for (column, value) in names.iter().zip(parts(row)) {
            if let ([column], [value]) = (*column, value)
                && value.kind == Kind::Text
            {
                sheet.say(&plain(&column.text), &value.text, value.start, value.end);
            }
        }
        rest = after;
    }
    sheet.leave();
}

/// `CREATE USER 'a'@'%' IDENTIFIED BY 'b'`, `CREATE ROLE a LOGIN PASSWORD 'b'`, `CREATE LOGIN a WITH PASSWORD = 'b'`.
fn account(statement: &[Token], sheet: &mut Sheet) {
    let mut rest = &statement[2..];
    while let [word, tail @ ..] = rest
        && ["IF", "NOT", "EXISTS"].iter().any(|own| word.is(own))
    {
        rest = tail;
    }
    let Some((name, options)) = rest.split_first() else {
        return;
    };
    let key = format!("ACCOUNT.{}", plain(&name.text));
    sheet.say(&key, &joined(options), statement[0].start, end(statement));
    let asks = |token: &Token| token.is("PASSWORD") || token.is("BY");
    if let Some(at) = options.iter().position(asks) {
        let value = options[at + 1..].iter().find(|token| !token.is("="));
        if let Some(value) = value.filter(|value| value.kind == Kind::Text) {
            sheet.say(&format!("{key}.password"), &value.text, statement[0].start, value.end);
        }
    }
}
