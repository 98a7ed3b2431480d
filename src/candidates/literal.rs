//! Secrets and other literals that should not stand in code.
//!
//! In: names and the literals they receive, and the cards' `literals` rules. Out: drafts of one step.
//! Placeholders, look-ups of the environment and empty values are passed over. Start at [`find`].

use crate::flow::names;
use crate::source::Origin;
use crate::syntax::form::{Expr, ExprKind, Literal, Span, Stmt, StmtKind, Text};

use super::make::Draft;
use super::{Generator, Scene};

/// Words that show that a value stands for another.
const PLACEHOLDERS: [&str; 24] = [
    "example",
    "changeme",
    "change_me",
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
        let test = scene.snapshot.file(unit.file).origin == Origin::Test;
        names::walk(&module.functions[unit.index].body, &mut |stmt| {
            statement(stmt, &mut |name, value, span| {
                for &card in wanted
                    .iter()
                    .filter(|&&card| scene.cards[card].applies_to(module.language))
                {
                    let rules = &scene.cards[card].literals;
                    let fits = rules
                        .iter()
                        .any(|rule| rule.name.is_match(name) && rule.value.is_match(value));
                    if fits && !placeholder(name, value) {
                        let summary = format!("{name} is given a literal of {} characters", value.chars().count());
                        let mut draft = scene.place(card, Generator::Pattern, at as u32, span, summary);
                        draft.weight = if test {
                            5
                        } else {
                            30 + (entropy(value) * 10.0).min(50.0) as u32
                        };
                        drafts.push(draft);
                    }
                }
            });
        });
    }
    drafts
}

/// Every pair of a name and the literal that it receives.
fn statement(stmt: &Stmt, found: &mut dyn FnMut(&str, &str, Span)) {
    if let StmtKind::Assign { target, value, .. } = &stmt.kind
        && let (Some(name), Some(text)) = (last(target), text(value))
    {
        found(&name, text, stmt.span);
    }
    names::expressions(stmt, &mut |expr| match &expr.kind {
        ExprKind::Collection(items) => {
            for (key, value) in items {
                if let (Some(name), Some(text)) = (key.as_ref().and_then(last), text(value)) {
                    found(&name, text, value.span);
                }
            }
        }
        ExprKind::Call { callee, args, .. } => {
            for arg in args {
                if let (Some(label), Some(text)) = (&arg.label, text(&arg.value)) {
                    found(label, text, arg.value.span);
                }
            }
            // `setPassword("…")`, `config.put("password", "…")`
            let literals: Vec<&str> = args.iter().filter_map(|arg| text(&arg.value)).collect();
            match (last(callee), literals.as_slice()) {
                (Some(name), [only]) if args.len() == 1 => found(&name, only, expr.span),
                (Some(_), [name, value]) if args.len() == 2 && name.len() < 40 && !(title(name) && title(value)) => {
                    found(name, value, expr.span);
                }
                _ => {}
            }
        }
        ExprKind::Binary(op, left, right) if matches!(&**op, "==" | "===" | "!=" | "!==") => {
            for (name, value) in [(left, right), (right, left)] {
                if let (Some(name), Some(text)) = (last(name), text(value)) {
                    found(&name, text, expr.span);
                }
            }
        }
        ExprKind::Assign(target, value) => {
            if let (Some(name), Some(text)) = (last(target), text(value)) {
                found(&name, text, expr.span);
            }
        }
        _ => {}
    });
}

/// A word in title case: two of them in a row are names of members (`HasIndex("AccessToken", "LastSeen")`).
fn title(text: &str) -> bool {
    text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase) && text.chars().all(char::is_alphabetic)
}

fn last(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) | ExprKind::Literal(Literal::Str(name)) => Some(name.clone()),
        ExprKind::Index(_, key) => last(key),
        _ => None,
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
fn placeholder(name: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let plain: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let label: String = name
        .to_ascii_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let mut distinct: Vec<char> = value.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() < 3
        || PLACEHOLDERS.iter().any(|word| lower.contains(word))
        || plain == label
        || (plain.len() > 4 && label.ends_with(&plain))
        || (value.starts_with('[') && value.ends_with(']'))
        || (value.contains(' ') && value.split_whitespace().count() > 2)
        || (value.starts_with('/') && value.matches('/').count() > 1)
        || lower.starts_with("http") && !value.contains('@')
        || (lower.ends_with(".name") || lower.ends_with("_id") || lower.ends_with(".password"))
}

/// Shannon entropy in bits per character.
fn entropy(text: &str) -> f64 {
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
    fn stand_ins_are_no_secrets() {
        for value in [
            "changeme",
            "<password>",
            "${DB_PASSWORD}",
            "password",
            "xxxxxxxx",
            "Enter your password here",
            "[hidden]",
        ] {
            assert!(placeholder("password", value), "{value}");
        }
        assert!(!placeholder("password", "hX7!kq02Lm"));
    }

    #[test]
    fn random_text_has_more_entropy_than_a_word() {
        assert!(entropy("f3Zq81LmX0ak") > entropy("aaaabbbb"));
    }
}
