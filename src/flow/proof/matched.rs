//! Conditions that hold a text against a regular expression, in whatever words a language has for it.
//!
//! In: a call that is a condition and held. Out: the text, and the cards that it can no longer harm. Deliberately absent:
//! what a regex lets through (`charsets`). Start at [`Walker::matched`].

use crate::syntax::form::{Arg, Expr, ExprKind, Text};

use crate::flow::program::constants;
use crate::flow::proof::charsets::{self, Extent, PLAIN};
use crate::flow::proof::effects::Effect;
use crate::flow::state::value::{Const, State};
use crate::flow::walk::taint::Walker;

/// A text that is held against a regex.
struct Held<'f> {
    regex: Text,
    value: &'f Expr,
    extent: Extent,
}

impl<'f> Walker<'_, 'f> {
    /// What is known of a text that a regex matched.
    pub fn matched(&self, callee: &'f Expr, args: &'f [Arg], state: &State<'f>) -> Option<Effect> {
        self.leaves(&self.against(callee, args, state)?, state)
    }

    /// `text =~ /regex/` of Ruby.
    pub fn matched_by(&self, a: &'f Expr, b: &'f Expr, state: &State<'f>) -> Option<Effect> {
        let either = [(a, b), (b, a)].into_iter();
        let mut held = either.filter_map(|(regex, value)| {
            let regex = self.regex(regex, state).filter(|regex| whole_in_ruby(regex))?;
            self.leaves(
                &Held {
                    regex,
                    value,
                    extent: Extent::Part,
                },
                state,
            )
        });
        held.next()
    }

    fn leaves(&self, held: &Held<'f>, state: &State<'f>) -> Option<Effect> {
        let path = self.subject(held.value, state)?;
        let about = &self.world.about;
        if let Some(left) = charsets::left(&held.regex, held.extent) {
            return Some(match left & !PLAIN {
                0 => Effect::Clean(path),
                _ => Effect::Dead(path, self.world.signs.spare(left) | about.objects),
            });
        }
        if charsets::stays(&held.regex) {
            return Some(Effect::Dead(path, about.destination));
        }
        Some(match charsets::names_host(&held.regex) {
            true => Effect::Dead(path, about.destination | about.paths),
            false => Effect::Guard(path, "a regular expression".into()),
        })
    }

    fn against(&self, callee: &'f Expr, args: &'f [Arg], state: &State<'f>) -> Option<Held<'f>> {
        let (base, name) = match &callee.kind {
            ExprKind::Field(base, name) => (Some(&**base), &**name),
            ExprKind::Name(name) => (None, &**name),
            _ => return None,
        };
        let values: Vec<&'f Expr> = args.iter().map(|arg| &arg.value).collect();
        let (regex, value, extent) = match (self.world.modules[self.module].language, name, values.as_slice()) {
            ("php", "preg_match", [regex, value, ..]) => (*regex, *value, Extent::Part),
            ("python", "fullmatch", [regex, value]) => (*regex, *value, Extent::Whole),
            ("python", "fullmatch", [value]) => (base?, *value, Extent::Whole),
            ("python", "match", [regex, value]) => (*regex, *value, Extent::Start),
            ("python", "match", [value]) => (base?, *value, Extent::Start),
            ("java" | "kotlin", "matches", [regex, value]) => (*regex, *value, Extent::Whole),
            ("java" | "kotlin", "matches", [one]) => {
                // Kotlin asks the text or the regex.
                let (regex, value) = if self.regex(one, state).is_some() {
                    (*one, base?)
                } else {
                    (base?, *one)
                };
                (regex, value, Extent::Whole)
            }
            ("java" | "kotlin", "matches", []) => {
                let (pattern, value) = matcher(base?)?;
                (pattern, value, Extent::Whole)
            }
            ("javascript" | "typescript", "test", [value]) => (base?, *value, Extent::Part),
            ("javascript" | "typescript", "match", [regex]) => (*regex, base?, Extent::Part),
            ("go", "MatchString", [regex, value]) | ("csharp", "IsMatch", [value, regex, ..]) => {
                (*regex, *value, Extent::Part)
            }
            ("go", "MatchString", [value]) | ("csharp", "IsMatch", [value]) | ("rust", "is_match", [value]) => {
                (base?, *value, Extent::Part)
            }
            ("ruby", "match?" | "match", [one]) => {
                let (regex, value) = if self.regex(one, state).is_some() {
                    (*one, base?)
                } else {
                    (base?, *one)
                };
                let ends = self.regex(regex, state).is_some_and(|regex| whole_in_ruby(&regex));
                (regex, value, if ends { Extent::Part } else { return None })
            }
            _ => return None,
        };
        let regex = self.regex(regex, state)?;
        Some(Held { regex, value, extent })
    }

    /// The text of a regular expression: written, decided, or compiled here or as a constant of the file.
    fn regex(&self, expr: &'f Expr, state: &State<'f>) -> Option<Text> {
        if let Some(Const::Text(text)) = self.decide(expr, state) {
            return Some(text);
        }
        let name = match &expr.kind {
            ExprKind::Name(name) | ExprKind::Field(_, name) => name,
            _ => return constants::compiled(expr),
        };
        match state.bound.get(name) {
            Some(bound) => constants::compiled(bound),
            None => self.world.constants.regex(self.module, name),
        }
    }
}

/// In Ruby `^` and `$` are the ends of a line.
fn whole_in_ruby(regex: &str) -> bool {
    regex.contains("\\A") && (regex.contains("\\z") || regex.contains("\\Z"))
}

/// `PLAIN.matcher(value)`
fn matcher(expr: &Expr) -> Option<(&Expr, &Expr)> {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    match (&callee.kind, args.as_slice()) {
        (ExprKind::Field(pattern, name), [value]) if &**name == "matcher" => Some((pattern, &value.value)),
        _ => None,
    }
}
