//! Secrets and other literals that should not stand in code.
//!
//! In: names and the literals they receive, and the cards' `literals` rules. Out: drafts of one step.
//! Placeholders, names of settings, labels for people and empty values are passed over; what stands in for a variable
//! of the environment that is not set is not. Start at [`find`].

use std::sync::LazyLock;

use regex::Regex;

use crate::cards::LiteralRule;
use crate::flow::program::names;
use crate::regexes::fixed;
use crate::syntax::form::{Arg, Expr, ExprKind, Function, Literal, Span, Stmt, StmtKind, Text};
use crate::syntax::settings::is_translation;

use super::make::Draft;
use super::{Generator, Scene, regexes};

/// Words that show that a value stands for another.
const PLACEHOLDERS: [&str; 33] = [
    "user:password@",
    "username:password@",
    "user:pass@",
    "masked",
    "hidden",
    "example",
    "changeme",
    "change_me",
    "change-me",
    "change_this",
    "changethis",
    "replaceme",
    "placeholder",
    "your",
    "xxx",
    "todo",
    "dummy",
    "sample",
    "redacted",
    "<",
    "${",
    "{{",
    "%(",
    "****",
    "....",
    "insert",
    "replace",
    "none",
    "null",
    "undefined",
    "test",
    "fake",
    "secret_here",
];

/// Names that a value has where it stands for something else: `DB_PASSWORD`, `auth/reset`, `forms.password.label`.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^[a-z_]+([./:][a-zA-Z_-]+)+$|^/[\w:./{}<>-]*[:{<]\w+|^--?[a-z]")
});
/// What is asked of a field: `required|string|max:255`.
static RULES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"^(required|nullable|sometimes|string|confirmed|bail|present|filled|array|min:\d+|max:\d+)(\||$)")
});
/// A mark in the place of a secret: `LDAP`.
static MARK: LazyLock<Regex> = LazyLock::new(|| fixed(r"^[A-Z]{2,}$"));
/// One word as people write it.
static WORD: LazyLock<Regex> = LazyLock::new(|| fixed(r"^\p{L}?\p{Ll}+$"));
/// Functions that put a value somewhere, told by how they are called.
static SETTER: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"^(set|put|with|use|add|store|save|assign|define|default|create)([A-Z_]|$)|^([a-z_]*_)?set$")
});
/// Functions that look a setting up and take a value for when there is none.
static LOOKUP: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)^(get|getenv|get_?or_?default|env|config|getProperty|pop)$"));

/// How a value came to its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Assigned or passed under that name.
    Given,
    /// Compared with it; some texts only say that there is no secret.
    Compared,
    /// Used where the environment says nothing.
    Fallback,
    /// Under that key of a collection, where labels for people stand too.
    Keyed,
}

/// A literal and the name that receives it.
struct Found<'a> {
    name: &'a str,
    value: &'a str,
    text: bool,
    way: Way,
    span: Span,
}

pub fn find(scene: &Scene) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let wanted: Vec<usize> = (0..scene.cards.len())
        .filter(|&card| !scene.cards[card].literals.is_empty() && scene.wants(&scene.cards[card]))
        .collect();
    if wanted.is_empty() {
        return drafts;
    }
    for (at, unit) in scene.graph.units.iter().enumerate() {
        let module = &scene.forest.modules[unit.module];
        if is_translation(&scene.snapshot.file(unit.file).path) {
            continue;
        }
        let function = &module.functions[unit.index];
        let mut look = |found: Found| {
            for &card in wanted
                .iter()
                .filter(|&&card| scene.cards[card].applies_to(module.language))
                .filter(|&&card| {
                    // Regular expressions of the language are looked at one by one.
                    let elsewhere = scene.cards[card].literals.iter().any(|rule| rule.backtracks);
                    !(elsewhere && regexes::WRITTEN.contains(&module.language))
                })
            {
                if scene.cards[card].literals.iter().any(|rule| fits(rule, &found))
                    && scene.in_context(&scene.cards[card], at as u32, found.span, None)
                    && !(module.language == "ruby" && is_symbol(scene.text(at as u32, found.span), found.value))
                {
                    let count = found.value.chars().count();
                    let summary = format!("{} is given a literal of {count} characters", found.name);
                    let mut draft = scene.place(card, Generator::Pattern, at as u32, found.span, summary);
                    draft.weight = 30 + (entropy(found.value) * 10.0).min(50.0) as u32;
                    drafts.push(draft);
                }
            }
        };
        defaults(function, &mut look);
        names::walk(&function.body, &mut |stmt| statement(stmt, &mut look));
    }
    drafts
}

fn fits(rule: &LiteralRule, found: &Found) -> bool {
    let told = rule.name.is_match(found.name) && rule.value.is_match(found.value);
    told && !rule.backtracks && (rule.scalar || (found.text && !placeholder(found.name, found.value) && !label(found)))
}

/// What stands under a key may be a label, a type or a hint for people.
fn label(found: &Found) -> bool {
    match found.way {
        Way::Keyed => {
            WORD.is_match(found.value)
                || !found.value.is_ascii()
                || RULES.is_match(found.value)
                || MARK.is_match(found.value)
        }
        Way::Compared => MARK.is_match(found.value),
        Way::Fallback => WORD.is_match(found.value),
        Way::Given => false,
    }
}

/// `def connect(password="…")`
fn defaults(function: &Function, look: &mut dyn FnMut(Found)) {
    for param in &function.params {
        if let Some(value) = param.default.as_ref().and_then(text) {
            let span = param.span;
            look(Found {
                name: &param.name,
                value,
                text: true,
                way: Way::Given,
                span,
            });
        }
    }
}

/// `:email` is the name of something and nobody's secret.
fn is_symbol(code: &str, value: &str) -> bool {
    code.contains(&format!(":{value}"))
        && !code.contains(&format!("\"{value}\""))
        && !code.contains(&format!("'{value}'"))
}

/// Every pair of a name and the literal that it receives.
fn statement(stmt: &Stmt, look: &mut dyn FnMut(Found)) {
    let mut pair = |name: Option<Text>, value: &Expr, way: Way, span: Span| {
        let given = literal(value).or_else(|| text(fallback(value)).map(|text| (text, true)));
        if let (Some(name), Some((value, text))) = (name, given) {
            look(Found {
                name: &name,
                value,
                text,
                way,
                span,
            });
        }
    };
    if let StmtKind::Assign { target, value, .. } = &stmt.kind {
        pair(last(target), value, Way::Given, stmt.span);
    }
    names::expressions(stmt, &mut |expr| match &expr.kind {
        ExprKind::Collection(items) => {
            for (key, value) in items {
                pair(key.as_ref().and_then(last), value, Way::Keyed, value.span);
            }
        }
        ExprKind::Call { callee, args, .. } => {
            for arg in args {
                pair(arg.label.clone(), &arg.value, Way::Given, arg.value.span);
            }
            // `setPassword("…")`, `config.put("password", "…")`; a function that takes a name gives no value to it.
            let called = last(callee).unwrap_or_default();
            match args.as_slice() {
                // `env('APP_DEBUG', true)`: what the program is without anybody's doing.
                [name, value] if is_environment(callee, &called) => {
                    pair(last(&name.value), &value.value, Way::Fallback, expr.span);
                }
                [only] if only.label.is_none() && SETTER.is_match(&called) => {
                    pair(Some(called), &only.value, Way::Given, expr.span);
                }
                [name, value] if SETTER.is_match(&called) && value.label.is_none() && !both_titles(name, value) => {
                    pair(
                        last(&name.value).filter(|name| name.len() < 40),
                        &value.value,
                        Way::Given,
                        expr.span,
                    );
                }
                _ => {}
            }
        }
        ExprKind::Binary(op, left, right) if matches!(&**op, "==" | "===" | "!=" | "!==") => {
            // What is compared with a text has a name; the text itself is none.
            for (name, value) in [(left, right), (right, left)] {
                if !matches!(name.kind, ExprKind::Literal(_)) {
                    pair(last(name), value, Way::Compared, expr.span);
                }
            }
        }
        ExprKind::Assign(target, value) => pair(last(target), value, Way::Given, expr.span),
        _ => {}
    });
}

/// Whether a call reads the environment: `env`, `getenv`, `os.environ.get`.
fn is_environment(callee: &Expr, called: &str) -> bool {
    let base = match &callee.kind {
        ExprKind::Field(base, _) => last(base).unwrap_or_default(),
        _ => Text::default(),
    };
    matches!(called, "env" | "getenv" | "getEnv")
        || (matches!(called, "get" | "getOrDefault" | "fetch") && matches!(&*base, "environ" | "ENV" | "env"))
}

/// Names of members stand in a row.
fn both_titles(name: &Arg, value: &Arg) -> bool {
    text(&name.value).is_some_and(title) && text(&value.value).is_some_and(title)
}

/// A word in title case: two of them in a row are names of members (`HasIndex("AccessToken", "LastSeen")`).
fn title(text: &str) -> bool {
    text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase) && text.chars().all(char::is_alphabetic)
}

/// `process.env.SECRET || "…"`, `os.environ.get("SECRET", "…")`: what is used when nothing is set.
fn fallback(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Binary(op, _, right) if matches!(&**op, "||" | "??" | "or") => right,
        ExprKind::Choice(_, _, other) => other,
        ExprKind::Call { callee, args, .. }
            if args.len() == 2 && last(callee).is_some_and(|name| LOOKUP.is_match(&name)) =>
        {
            &args[1].value
        }
        _ => expr,
    }
}

fn last(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) | ExprKind::Literal(Literal::Str(name)) => Some(name.clone()),
        ExprKind::Index(_, key) => last(key),
        _ => None,
    }
}

/// A literal as it is written, and whether it is text.
fn literal(expr: &Expr) -> Option<(&str, bool)> {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(true)) => Some(("true", false)),
        ExprKind::Literal(Literal::Bool(false)) => Some(("false", false)),
        ExprKind::Literal(Literal::Number(number)) => Some((number, false)),
        _ => text(expr).map(|text| (text, true)),
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text),
        ExprKind::Cast(_, inner) => text(inner),
        ExprKind::Opaque(parts) | ExprKind::Template(parts) if parts.len() == 1 => text(&parts[0]),
        // `b"..."` and `"...".getBytes()`, `"...".toCharArray()`
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            ExprKind::Field(base, name)
                if args.len() < 2 && matches!(&**name, "getBytes" | "toCharArray" | "encode" | "decode") =>
            {
                text(base)
            }
            ExprKind::Field(_, name) if &**name == "from" && !args.is_empty() => text(&args[0].value),
            ExprKind::Collection(_) => args.first().and_then(|arg| text(&arg.value)),
            _ => None,
        },
        _ => None,
    }
}

/// Values that are plainly no secret: too plain, a stand-in, a sentence, or another name for the field itself.
pub(super) fn placeholder(name: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let letters = |text: &str| -> String {
        let lower = text.to_ascii_lowercase();
        lower.chars().filter(char::is_ascii_alphanumeric).collect()
    };
    let (plain, label) = (letters(value), letters(name));
    let words = value.contains(['_', '-', '/', '.', ' ']) || value.chars().skip(1).any(char::is_uppercase);
    let mut distinct: Vec<char> = value.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let kind = ["text", "string", "varchar", "hash", "hashed"].contains(&&*lower);
    distinct.len() < 3
        || kind
        || !value.is_ascii()
        || PLACEHOLDERS.iter().any(|word| lower.contains(word))
        || plain == label
        || (plain.len() > 4 && label.ends_with(&plain))
        || (value.starts_with('[') && value.ends_with(']'))
        || (words && label.contains(&plain))
        || NAME.is_match(value)
        || (value.contains(' ') && value.split_whitespace().count() > 2)
        || (value.starts_with('/') && value.matches('/').count() > 1)
        || lower.starts_with("http") && !value.contains('@')
        || (lower.ends_with(".name") || lower.ends_with("_id") || lower.ends_with(".password"))
}

/// Shannon entropy in bits per character.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0u32) += 1;
    }
    let total = text.chars().count() as f64;
    counts
        .values()
        .map(|&count| f64::from(count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_told_from_strings() {
        assert!(is_symbol("belongs_to :api_key, inverse_of: :id_token", "id_token"));
        assert!(!is_symbol("connect password: \"hunter2\"", "hunter2"));
    }

    #[test]
    fn stand_ins_are_no_secrets() {
        for value in [
            "changeme",
            "<password>",
            "${DB_PASSWORD}",
            "password",
            "xxxxxxxx",
            "Enter your password here",
            "[hidden]",
            "DB_PASSWORD",
            "auth/reset_passwd",
            "forms.password.label",
        ] {
            assert!(placeholder("password", value), "{value}");
        }
        assert!(!placeholder("password", "hX7!kq02Lm"));
        assert!(placeholder("tmplUserSettingsPassword", "user-settings-password"));
        assert!(!placeholder("secret_key", "super-long-winter"));
    }

    #[test]
    fn random_text_has_more_entropy_than_a_word() {
        assert!(entropy("f3Zq81LmX0ak") > entropy("aaaabbbb"));
    }
}
