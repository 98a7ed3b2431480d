//! Records that a page shows to whoever is logged in.
//!
//! In: pages and functions of PHP that turn away who is not logged in. Out: [`Absence`]s: a record is looked up by a
//! key of the request, and neither the question to the database nor anything after it depends on whose it is.
//! Deliberately absent: frameworks, whose routes `owners` reads. Start at [`without_owner`].

use std::sync::LazyLock;

use regex::Regex;

use crate::syntax::form::Span;

use super::Absence;
use super::logins::{own_text, pages};
use super::routes::fixed;
use crate::candidates::Scene;

/// Who is not logged in gets no further.
static TURNS_AWAY: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?isx)(if\s*\(\s*(!\s*isset|empty|!)\s*\(?\s*\$_SESSION\b[^{};]{0,80}\)\s*\{?[^}]{0,240}?\b(exit|die|return|throw)\b|
        \b(require|check|need|ensure|must)_?(be_?)?(login|logged_?in|auth\w*|user|session)\s*\()",
    )
});
/// Rights beyond being logged in, and whatever may ask whose a record is.
static RIGHTS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(admin|\brole|staff|moderator|permission|\bcan_|can\(|is_?owner|owns|has_?access|authori[sz]|policy|
        (user|owner|author|customer|account|member|client|uid|created_by|guest)\w*['\x22\]]*\s*[!=]==?|
        [!=]==?\s*\$_SESSION)",
    )
});
/// A question about one record, up to the end of the statement.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?isx)\b(?:select\b[^;]{1,300}?\bfrom|delete\s+from|update)\s+[`'\x22{$.\w>()-]*?(?P<table>\w+)[`}]?\s[^;]{0,300}?
        \bwhere\s+[`\w.]*\bid`?\s*=\s*['\x22]?\s*(?:\?|:\w+|\$|\{|['\x22]?\s*\.)(?P<rest>[^;]*);",
    )
});
static OWNER: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(user|owner|author|customer|account|member|uid|client|created_by|session|guest|tenant|patient|student|employee|sender|recipient)",
    )
});
/// Records that are there for everybody.
static SHARED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(product|article|post|page|categor|news|item|topic|forum|setting|option|countr|lang|tag|menu|\bbooks?\b|movie|film|event|course|question|categories|city|cities|brand|entr)",
    )
});
/// The key of a record, straight from the request.
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)(\$_(GET|POST|REQUEST)\s*\[\s*['"](\w*_)?id['"]|filter_input\s*\(\s*INPUT_\w+\s*,\s*['"](\w*_)?id['"])"#,
    )
});

pub fn without_owner(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in pages(scene) {
        let text = own_text(scene, unit);
        if !KEY.is_match(&text) || !TURNS_AWAY.is_match(&text) || RIGHTS.is_match(&text) {
            continue;
        }
        let Some(asked) = ASKS.captures(&text) else { continue };
        let (Some(all), table, rest) = (asked.get(0), &asked["table"], &asked["rest"]) else {
            continue;
        };
        if SHARED.is_match(table) || OWNER.is_match(rest) || OWNER.is_match(table) && rest.contains("_SESSION") {
            continue;
        }
        found.push(Absence {
            unit,
            span: place(scene, unit, all.as_str()),
            what: format!("a record of {table} is looked up by a key of the request, whoever it belongs to"),
            weight: 30,
        });
    }
    found
}

/// Where the question is asked: the statement that runs it, or the one that puts it.
fn place(scene: &Scene, unit: u32, asked: &str) -> Span {
    let whole = scene.graph.units[unit as usize].span;
    let text = scene.text(unit, whole);
    let start = text.find(asked).unwrap_or(0);
    let end = start + asked.len();
    let runs = text[end..].find("execute").filter(|at| *at < 300).map(|at| end + at);
    let at = runs
        .filter(|_| asked.contains('?') || asked.contains(':'))
        .unwrap_or(start);
    let line = whole.line + text[..at].matches('\n').count() as u32;
    Span {
        start: whole.start + at as u32,
        end: whole.start + at as u32 + 1,
        line,
        last: line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_one_record_are_told_from_others() {
        let rest = |text: &str| ASKS.captures(text).map(|found| found["rest"].to_owned());
        assert!(rest("$p->prepare('SELECT * FROM invoices WHERE id = ?');").is_some());
        assert!(
            rest("$p->query(\"SELECT a FROM t WHERE id = $id AND user_id = 1\");").is_some_and(|r| OWNER.is_match(&r))
        );
        assert!(rest("$p->query('SELECT a FROM t WHERE name = ?');").is_none());
        assert!(TURNS_AWAY.is_match("if (!isset($_SESSION['u'])) { header('x'); exit; }"));
        assert!(!TURNS_AWAY.is_match("if (isset($_SESSION['u'])) { exit; }"));
    }
}
