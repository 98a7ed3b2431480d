//! Texts put together from literals and values: what the literals around a value say about it.
//!
//! In: the pieces of a text in order. Out: the value of the whole. A value that was escaped for a place between quotes
//! is harmless only there; a page built from literals with markup is a page, however it is sent later.
//! Deliberately absent: grammars of the languages inside the texts. Start at [`Walker::template`].

use crate::syntax::form::{Expr, ExprKind, Literal, Span};
use crate::syntax::pages;

use crate::flow::program::names;
use crate::flow::state::value::{DOTLESS, ENCODED, Fact, Facts, Origin, QUOTED, State, Value};
use crate::flow::walk::taint::Walker;

/// What a text is called in which outside input stands between tags.
pub const MARKUP: &str = "markup";

impl<'f> Walker<'_, 'f> {
    /// Pieces in order.
    pub fn template(&mut self, parts: &'f [Expr], span: Span, state: &mut State<'f>) -> Value {
        let mut values = Vec::new();
        let mut before = String::new();
        for part in parts {
            let piece = self.eval(part, state);
            values.push((part, self.settled(piece, &before)));
            literals(part, &mut before);
        }
        let value = self.joined(&values, state);
        self.page(&before, &value.whole, span);
        value
    }

    /// Two texts joined by an operator that joins nothing else.
    pub fn concatenated(&mut self, sides: [&'f Expr; 2], values: [Value; 2], span: Span, state: &State<'f>) -> Value {
        let (mut before, mut after) = (String::new(), String::new());
        literals(sides[0], &mut before);
        literals(sides[1], &mut after);
        let [left, right] = values;
        self.page(&before, &right.all(), span);
        self.page(&after, &left.all(), span);
        let right = self.settled(right, &before);
        self.joined(&[(sides[0], left), (sides[1], right)], state)
    }

    /// Whether a text is put together from markup of the program's own and something else, here or where the names in
    /// it were given what they hold. A document that came as a whole has no markup of the program's.
    pub fn woven(&self, expr: &'f Expr, left: usize, state: &State<'f>) -> bool {
        let mut found = false;
        names::descend(expr, &mut |inner| match &inner.kind {
            ExprKind::Template(_) | ExprKind::Binary(..) => {
                let mut text = String::new();
                literals(inner, &mut text);
                found |= text.contains('<');
            }
            ExprKind::Name(name) if left > 0 => {
                found |= state
                    .bound
                    .get(name)
                    .is_some_and(|bound| self.woven(bound, left - 1, state));
            }
            _ => {}
        });
        found
    }

    /// Decides whether escaping was enough, where the text before the value shows it.
    fn settled(&self, value: Value, before: &str) -> Value {
        if before.is_empty() {
            return value;
        }
        let quoted = in_quotes(before);
        let marked = before.contains('<') && value.all().iter().any(|fact| fact.bounds & ENCODED != 0);
        let value = match marked {
            true => Value::of(self.placed(&value.all(), pages::behind(before))),
            false => value,
        };
        let paths = self.world.about.paths;
        // What follows other text of a word begins no option.
        let options = if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '_')) {
            self.world.about.options
        } else {
            0
        };
        value.map(&|fact| {
            let open = fact.bounds & QUOTED != 0;
            // Behind a folder that is written out, what has no `..` cannot lead out of it.
            let below = if fact.bounds & DOTLESS != 0 { paths } else { 0 };
            Fact {
                bounds: fact.bounds & !QUOTED,
                dead: below
                    | options
                    | if open && !quoted {
                        fact.dead & !self.world.about.queries
                    } else {
                        fact.dead
                    },
                ..fact.clone()
            }
        })
    }

    /// Outside input between markup.
    fn page(&mut self, literal: &str, facts: &Facts, span: Span) {
        if facts.is_empty() || !self.named_globals() || !has_tag(literal) {
            return;
        }
        let outside = |fact: &&Fact| matches!(fact.origin, Origin::Source { .. });
        let facts: Facts = facts.iter().filter(outside).cloned().collect();
        for card in 0..crate::flow::program::world::CARDS {
            if self.world.about.markup & (1 << card) != 0 {
                self.hit(card, &facts, span, MARKUP);
            }
        }
    }
}

/// Where `.` joins texts, other operators give numbers; `+` may still join two collections.
pub fn calculates(op: &str, left: &Expr, right: &Expr) -> bool {
    let number = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::Number(_)));
    matches!(op, "*" | "/" | "%" | "<<" | ">>") || (op == "+" && (number(left) || number(right)))
}

/// All literal text of an expression that joins texts.
fn literals(expr: &Expr, text: &mut String) {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(literal)) => text.push_str(literal),
        ExprKind::Template(parts) => parts.iter().for_each(|part| literals(part, text)),
        ExprKind::Opaque(parts) if parts.len() == 1 => literals(&parts[0], text),
        ExprKind::Binary(op, left, right) if matches!(&**op, "." | "+") => {
            literals(left, text);
            literals(right, text);
        }
        _ => {}
    }
}

/// Whether what follows this text stands between quotes.
fn in_quotes(text: &str) -> bool {
    let mut open = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, open) {
            // Quotes of the language around are written with a backslash, and count.
            ('\\', _) => {
                if let Some(quote @ ('"' | '\'')) = chars.next() {
                    open = if open == Some(quote) {
                        None
                    } else {
                        open.or(Some(quote))
                    };
                }
            }
            ('"' | '\'', None) => open = Some(c),
            (c, Some(quote)) if c == quote => open = None,
            _ => {}
        }
    }
    open.is_some()
}

/// Whether a tag of a page opens or closes in the text.
fn has_tag(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('/');
        let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':'));
        // `<name@example.org>` is the address of a letter.
        rest.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.starts_with(['@', '.'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_open_and_close() {
        for text in ["a = '", "a = \"x\" and b = '%", "a = \\'"] {
            assert!(in_quotes(text), "{text}");
        }
        for text in ["a = ", "a = 'x' and b = ", ""] {
            assert!(!in_quotes(text), "{text}");
        }
    }

    #[test]
    fn tags_are_told_from_comparisons_and_addresses() {
        assert!(has_tag("<b>") && has_tag("x</p>") && has_tag("<a href='"));
        assert!(!has_tag("a < b") && !has_tag("Name <") && !has_tag("<me@example.org>") && !has_tag("<3"));
    }
}
