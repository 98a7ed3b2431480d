//! Texts out of which signs were taken: `s.replace(/[&<>"']/g, …)`, one after the other as well.
//!
//! In: a call that replaces what a regex or a text matches everywhere. Out: for which cards the result is harmless.
//! Deliberately absent: what stands in the place of a sign; whoever replaces all of them means to.
//! Start at [`Walker::scrubbed`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal};

use crate::flow::state::value::Mask;
use crate::flow::walk::taint::Walker;

/// How many replacements in a row are looked through.
const CHAIN: usize = 12;

/// Signs that have to go, by card.
const NEEDED: &[(&str, &[char])] = &[
    ("CWE-79", &['<', '"']),
    ("CWE-90", &['*', '(', ')']),
    ("CWE-117", &['\n']),
    ("CWE-113", &['\n']),
    ("CWE-22", &['/']),
    ("CWE-643", &['\'', '"']),
    ("CWE-1333", &['*', '+', '(', '[']),
];

/// Masks of the cards of a table, with what has to go for them.
pub fn needed(card: impl Fn(&str) -> Mask) -> Vec<(Mask, &'static [char])> {
    NEEDED.iter().map(|(id, signs)| (card(id), *signs)).collect()
}

impl<'f> Walker<'_, 'f> {
    /// Cards that the result of this call can no longer harm.
    pub fn scrubbed(&self, name: &str, base: Option<&Expr>, args: &[Arg]) -> Mask {
        let scripted = matches!(self.world.modules[self.module].language, "javascript" | "typescript");
        if !scripted || !matches!(name, "replace" | "replaceAll") {
            return 0;
        }
        if base.is_some_and(normalised) && args.first().is_some_and(|arg| climbs(&arg.value)) {
            return self.world.about.paths;
        }
        let mut gone = self.gone(name, args);
        let mut at = base;
        for _ in 0..CHAIN {
            let Some(ExprKind::Call { callee, args, .. }) = at.map(|expr| &expr.kind) else {
                break;
            };
            let ExprKind::Field(base, name) = &callee.kind else {
                break;
            };
            if matches!(&**name, "replace" | "replaceAll") {
                gone.push_str(&self.gone(name, args));
            }
            at = Some(base);
        }
        let all = |(_, signs): &&(Mask, &[char])| signs.iter().all(|sign| gone.contains(*sign));
        let found = self.world.about.scrubs.iter().filter(all);
        found.fold(0, |mask, (cards, _)| mask | cards)
    }

    /// The single signs that a call replaces wherever they stand.
    fn gone(&self, name: &str, args: &[Arg]) -> String {
        let Some(first) = args.first().map(|arg| &arg.value) else {
            return String::new();
        };
        let ExprKind::Literal(Literal::Str(text)) = &first.kind else {
            return String::new();
        };
        let written = self.source_text(first).unwrap_or_default();
        if !written.starts_with('/') {
            return if name == "replaceAll" && text.chars().count() == 1 {
                text.to_string()
            } else {
                String::new()
            };
        }
        let flags = written.rsplit('/').next().unwrap_or_default();
        if flags.contains('g') {
            signs(text)
        } else {
            String::new()
        }
    }
}

/// `path.normalize(name)`, after which `..` stands in front or nowhere.
fn normalised(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { callee, .. }
        if matches!(&callee.kind, ExprKind::Field(_, name) | ExprKind::Name(name) if &**name == "normalize"))
}

/// A regex of every `..` that a path begins with.
fn climbs(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Literal::Str(text))
        if ["^(\\.\\.", "^(?:\\.\\.", "^(\\.{2}", "^(\\.\\.?"].iter().any(|head| text.starts_with(head)))
}

/// The signs that a regex of one class, one sign, or a choice of such matches.
fn signs(regex: &str) -> String {
    let (mut out, mut chars) = (String::new(), regex.chars().peekable());
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('s') => out.push_str(" \n\r\t"),
                Some('0' | 'x' | 'u') | None => {}
                Some(c) if c.is_ascii_alphanumeric() => return String::new(),
                Some(c) => out.push(c),
            },
            '[' if !class => {
                class = true;
                if chars.peek() == Some(&'^') {
                    return String::new();
                }
            }
            ']' if class => class = false,
            '|' | '(' | ')' | '+' if !class => {}
            _ if class => out.push(c),
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '?' | '{' | '^' | '$') => return String::new(),
            // Two signs in a row are not one.
            _ if !matches!(chars.peek(), None | Some('|' | ')' | '+')) => return String::new(),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_those_that_go_wherever_they_stand() {
        assert_eq!(signs(r#"[&<>"']"#), r#"&<>"'"#);
        assert_eq!(signs(r"[\\*()\0]"), r"\*()");
        assert_eq!(signs("<"), "<");
        assert_eq!(signs("[\\r\\n]+"), "\r\n");
        assert_eq!(signs("(<|>)"), "<>");
        assert_eq!(signs("</script>"), "");
        assert_eq!(signs("[^a-z]"), "");
        assert_eq!(signs("<.*>"), "");
    }
}
