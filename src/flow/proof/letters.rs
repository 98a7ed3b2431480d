//! Characters of a text on the conditions of a function: which of them let it go on.
//!
//! In: a condition about `*s`, `s[i]` or a name that was given one of them, and a character. Out: what the condition
//! comes to. Deliberately absent: characters beyond ASCII, and tables. Start at [`Letters::value`].

use std::collections::{HashMap, HashSet};

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Text};

use crate::flow::program::names;

/// How far names are followed to what they were given.
const FOLLOW: usize = 4;

/// The names of a function, as far as they stand for texts and their characters.
#[derive(Default)]
pub struct Letters<'f> {
    pub params: Vec<&'f Text>,
    /// What names were given first.
    pub given: HashMap<Text, &'f Expr>,
    /// Names that a loop over a text binds to its characters.
    pub elements: HashSet<Text>,
}

impl Letters<'_> {
    /// The one parameter of whose characters an expression speaks.
    pub fn character(&self, expr: &Expr) -> Option<Text> {
        let mut found: Option<Text> = None;
        let mut several = false;
        names::descend(expr, &mut |part| {
            if let Some(name) = self.of_text(part, FOLLOW) {
                several |= found.as_ref().is_some_and(|known| *known != name);
                found = Some(name);
            }
        });
        found.filter(|_| !several)
    }

    /// `*s`, `s[i]`, or a name that was given one of them: the parameter that `s` is.
    fn of_text(&self, expr: &Expr, left: usize) -> Option<Text> {
        if left == 0 {
            return None;
        }
        match &expr.kind {
            ExprKind::Deref(base) | ExprKind::Index(base, _) => self.root(base, left),
            ExprKind::Unary(op, inner) if op.contains("++") => self.of_text(inner, left - 1),
            ExprKind::Cast(_, inner) => self.of_text(inner, left - 1),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.of_text(&parts[0], left - 1),
            ExprKind::Name(name) if !self.params.contains(&name) => {
                let given = self.given.get(name)?;
                if self.elements.contains(name) {
                    return self.root(given, left);
                }
                self.of_text(given, left - 1)
            }
            _ => None,
        }
    }

    fn root(&self, base: &Expr, left: usize) -> Option<Text> {
        match &base.kind {
            ExprKind::Name(name) if self.params.contains(&name) => Some(name.clone()),
            ExprKind::Name(name) if left > 0 => self.root(self.given.get(name)?, left - 1),
            ExprKind::Unary(_, inner) | ExprKind::Cast(_, inner) => self.root(inner, left),
            _ => None,
        }
    }

    /// What an expression comes to when the character is `c`.
    pub fn value(&self, expr: &Expr, c: u8) -> Option<i64> {
        if self.of_text(expr, FOLLOW).is_some() {
            return Some(i64::from(c));
        }
        let truth = |value: bool| Some(i64::from(value));
        match &expr.kind {
            ExprKind::Literal(Literal::Str(text)) => character(text).map(i64::from),
            ExprKind::Literal(Literal::Number(text)) => text.parse().ok(),
            ExprKind::Literal(Literal::Null) => Some(0),
            ExprKind::Name(name) if matches!(&**name, "NULL" | "nullptr") => Some(0),
            ExprKind::Cast(_, inner) => self.value(inner, c),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.value(&parts[0], c),
            ExprKind::Unary(op, inner) if &**op == "!" => truth(self.value(inner, c)? == 0),
            ExprKind::Binary(op, left, right) => {
                let (a, b) = (self.value(left, c), self.value(right, c));
                match &**op {
                    "&&" if a == Some(0) || b == Some(0) => Some(0),
                    "&&" => truth(a? != 0 && b? != 0),
                    "||" if a.is_some_and(|a| a != 0) || b.is_some_and(|b| b != 0) => Some(1),
                    "||" => truth(a? != 0 || b? != 0),
                    "==" => truth(a? == b?),
                    "!=" => truth(a? != b?),
                    "<" => truth(a? < b?),
                    "<=" => truth(a? <= b?),
                    ">" => truth(a? > b?),
                    ">=" => truth(a? >= b?),
                    _ => None,
                }
            }
            ExprKind::Call { callee, args, .. } => self.asked(&names::dotted(callee)?, args, c),
            _ => None,
        }
    }

    /// Functions of the library that sort characters.
    fn asked(&self, name: &str, args: &[Arg], c: u8) -> Option<i64> {
        let name = name.strip_prefix("std.").unwrap_or(name);
        if let ("strchr" | "memchr", [letters, given, ..]) = (name, args) {
            let ExprKind::Literal(Literal::Str(letters)) = &letters.value.kind else {
                return None;
            };
            let given = u8::try_from(self.value(&given.value, c)?).ok()?;
            return Some(i64::from(
                given == 0 || letters.replace("\\\\", "\\").bytes().any(|own| own == given),
            ));
        }
        let [only] = args else { return None };
        let given = u8::try_from(self.value(&only.value, c)?).ok()?;
        let is = match name {
            "isalnum" => given.is_ascii_alphanumeric(),
            "isalpha" => given.is_ascii_alphabetic(),
            "isdigit" => given.is_ascii_digit(),
            "isxdigit" => given.is_ascii_hexdigit(),
            "isupper" => given.is_ascii_uppercase(),
            "islower" => given.is_ascii_lowercase(),
            "isspace" => given.is_ascii_whitespace() || given == 11,
            "ispunct" => given.is_ascii_punctuation(),
            "iscntrl" => given.is_ascii_control(),
            "isprint" => (32..127).contains(&given),
            "isgraph" => (33..127).contains(&given),
            "tolower" => return Some(i64::from(given.to_ascii_lowercase())),
            "toupper" => return Some(i64::from(given.to_ascii_uppercase())),
            _ => return None,
        };
        Some(i64::from(is))
    }
}

/// The character that a literal of one stands for, escapes as written.
fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [c] => Some(*c),
        [b'\\', c] => Some(match c {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'0' => 0,
            other => *other,
        }),
        _ => None,
    }
}
