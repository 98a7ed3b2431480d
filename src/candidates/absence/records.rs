//! Records that a page shows to whoever is logged in.
//!
//! In: pages and functions of PHP that turn away who is not logged in. Out: [`Absence`]s: a record is looked up by a
//! key of the request, and neither the question to the database nor anything after it depends on whose it is.
//! Deliberately absent: frameworks, whose routes `owners` reads; it asks [`Owned`] about statements of SQL in them.
//! Start at [`without_owner`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::source::Origin;
use crate::syntax::form::{Expr, ExprKind, Literal, Span};

use super::Absence;
use super::logins::{own_text, pages};
use crate::candidates::Scene;
use crate::regexes::fixed;

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

/// A question about one record by its key and nothing else, as a text of the program.
static BY_KEY: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?isx)^\s*(?:select\b.{1,300}?\bfrom|delete\s+from|update)\s+[`'\x22]?(?P<table>\w+)\b.{0,300}?
        \bwhere\s+(\w+\.)?id\s*=\s*(?:\?|:\w+|%s|%\(\w+\)s|\$\d)\s*;?\s*$",
    )
});
/// A question that says whose the records are.
static BY_OWNER: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?isx)\b(?:from|update|into)\s+[`'\x22]?(?P<table>\w+)\b[^;'\x22]{0,300}?\b(user_?id|uid|owner(_?id)?|account_?id|customer_?id|
        patient_?id|member_?id|author_?id|username|created_by)\s*=\s*(\?|:\w+|%|\$\d)",
    )
});

/// Tables of which the program asks for records of one owner somewhere.
pub struct Owned(BTreeSet<String>);

impl Owned {
    pub fn of(scene: &Scene) -> Self {
        let code = |path: &str| {
            [".py", ".java", ".kt", ".js", ".ts", ".go"]
                .iter()
                .any(|end| path.ends_with(end))
        };
        let own = scene
            .snapshot
            .files()
            .iter()
            .filter(|file| file.origin == Origin::Own && code(&file.path));
        let tables = own.flat_map(|file| BY_OWNER.captures_iter(&file.text));
        Self(tables.map(|found| found["table"].to_lowercase()).collect())
    }

    /// Whether a call asks for one record of such a table, whoever owns it.
    pub fn asked(&self, expr: &Expr) -> bool {
        let ExprKind::Call { args, .. } = &expr.kind else {
            return false;
        };
        let Some(first) = args.first().filter(|_| !self.0.is_empty()) else {
            return false;
        };
        let mut found = false;
        names::descend(&first.value, &mut |inner| {
            if let ExprKind::Literal(Literal::Str(text)) = &inner.kind {
                found |= BY_KEY
                    .captures(text)
                    .is_some_and(|asked| self.0.contains(&asked["table"].to_lowercase()));
            }
        });
        found
    }
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
