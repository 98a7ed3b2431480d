//! Conditions that ask every part of a text: each of its characters, each component of a path.
//!
//! In: a call in a condition, of C#, Kotlin and Rust. Out: [`Effect`]s on the text that it is about. Deliberately
//! absent: regular expressions (`matched`), and loops that look at characters (`validators`).
//! Start at [`Walker::whole_asked`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, StmtKind};

use crate::flow::program::names;
use crate::flow::proof::effects::Effect;
use crate::flow::state::value::{DOTLESS, RELATIVE, State};
use crate::flow::walk::taint::Walker;

/// Predicates of a character that only letters and digits pass.
const LETTERS: [&str; 16] = [
    "IsLetterOrDigit",
    "IsDigit",
    "IsLetter",
    "IsAsciiLetterOrDigit",
    "IsAsciiDigit",
    "IsAsciiLetter",
    "isLetterOrDigit",
    "isDigit",
    "isLetter",
    "is_alphanumeric",
    "is_alphabetic",
    "is_numeric",
    "is_ascii_alphanumeric",
    "is_ascii_alphabetic",
    "is_ascii_digit",
    "is_ascii_hexdigit",
];
/// Views of a text as its characters.
const CHARACTERS: [&str; 4] = ["chars", "bytes", "as_bytes", "ToCharArray"];

impl<'f> Walker<'_, 'f> {
    /// What a call in a condition says of a text from one end to the other.
    pub fn whole_asked(
        &self,
        callee: &'f Expr,
        args: &'f [Arg],
        name: &str,
        truth: bool,
        state: &State<'f>,
    ) -> Vec<Effect> {
        let language = self.world.modules[self.module].language;
        let ExprKind::Field(base, _) = &callee.kind else {
            return Vec::new();
        };
        match (name, args) {
            ("All" | "all", [test]) if truth && matches!(language, "csharp" | "kotlin" | "rust") => {
                let known = self.harmless_letters(&test.value);
                let path = self.subject(characters(base), state).filter(|_| known);
                path.map(Effect::Clean).into_iter().collect()
            }
            ("any" | "all", [test]) if language == "rust" && truth == (name == "all") => {
                self.parts_of_path(base, &test.value, truth, state)
            }
            _ => Vec::new(),
        }
    }

    /// Whether a predicate lets through nothing but letters, digits, `_` and `-`.
    fn harmless_letters(&self, test: &Expr) -> bool {
        match &test.kind {
            ExprKind::Field(_, name) | ExprKind::Name(name) => LETTERS.contains(&&**name),
            ExprKind::Function(index) => self.returned(*index).is_some_and(plain_character),
            _ => false,
        }
    }

    /// What a lambda gives back that does nothing else.
    fn returned(&self, index: usize) -> Option<&'f Expr> {
        let body = &self.world.modules[self.module].functions.get(index)?.body;
        match body.as_slice() {
            [only] => match &only.kind {
                StmtKind::Return(Some(value)) | StmtKind::Expr(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// `path.components().any(|part| part == Component::ParentDir)` that does not hold.
    fn parts_of_path(&self, base: &'f Expr, test: &Expr, all: bool, state: &State<'f>) -> Vec<Effect> {
        let ExprKind::Call { callee, .. } = &base.kind else {
            return Vec::new();
        };
        let (ExprKind::Field(path, name), ExprKind::Function(index)) = (&callee.kind, &test.kind) else {
            return Vec::new();
        };
        let (true, Some(said)) = (&**name == "components", self.returned(*index)) else {
            return Vec::new();
        };
        let (mut normal, mut parent, mut not) = (false, false, false);
        names::descend(said, &mut |part| match &part.kind {
            ExprKind::Name(name) | ExprKind::Field(_, name) => {
                normal |= &**name == "Normal";
                parent |= &**name == "ParentDir";
            }
            ExprKind::Unary(op, _) => not |= &**op == "!",
            ExprKind::Binary(op, _, _) => not |= &**op == "!=",
            _ => {}
        });
        let bits = match (normal, parent) {
            (true, false) if not != all => DOTLESS | RELATIVE,
            (false, true) if not == all => DOTLESS,
            _ => return Vec::new(),
        };
        let path = self.subject(path, state);
        path.map(|path| Effect::Bound(path, bits)).into_iter().collect()
    }
}

fn characters(base: &Expr) -> &Expr {
    if let ExprKind::Call { callee, .. } = &base.kind
        && let ExprKind::Field(whole, name) = &callee.kind
        && CHARACTERS.contains(&&**name)
    {
        return whole;
    }
    base
}

fn plain_character(said: &Expr) -> bool {
    match &said.kind {
        ExprKind::Binary(op, a, b) if &**op == "||" => plain_character(a) && plain_character(b),
        ExprKind::Binary(op, a, b) if &**op == "==" => [a, b].iter().any(|side| {
            matches!(&side.kind, ExprKind::Literal(Literal::Str(text)) if matches!(text.trim_matches('\''), "_" | "-"))
        }),
        ExprKind::Call { callee, .. } => match &callee.kind {
            ExprKind::Field(_, name) | ExprKind::Name(name) => LETTERS.contains(&&**name),
            _ => false,
        },
        ExprKind::Opaque(parts) if parts.len() == 1 => plain_character(&parts[0]),
        _ => false,
    }
}
