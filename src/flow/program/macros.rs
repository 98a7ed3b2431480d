//! Object-like macros of C that stand for one name or one literal: `#define OPEN fopen`, `#define LIMIT 64`.
//!
//! In: the text of C and C++ files. Out: what a name may stand for. Deliberately absent: macros with parameters, with
//! more than one token, and conditions; where alternatives are defined, the last one counts for values and all of
//! them count for calls. Start at [`of_files`].

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::source::SourceFile;
use crate::syntax::form::{Expr, ExprKind, Literal, Module, Span, Text};

/// What macros stand for, as expressions without a place: those of one file, then those of all headers.
#[derive(Debug, Default)]
pub struct Macros {
    own: Meanings,
    headers: Arc<Meanings>,
}

/// What names stand for, with how they look: nearly every name that is asked about is no macro, and does not look like
/// one.
#[derive(Debug, Default)]
struct Meanings {
    all: HashMap<Text, Vec<Expr>>,
    looks: [u64; 16],
}

/// Where the looks of a name stand: its first letter and the rest of its length by eight.
fn look(name: &str) -> (usize, u64) {
    let first = usize::from(name.as_bytes().first().copied().unwrap_or_default());
    let at = (first % 128) * 8 + name.len() % 8;
    (at / 64, 1 << (at % 64))
}

impl Meanings {
    fn get(&self, name: &str) -> Option<&Vec<Expr>> {
        let (word, bit) = look(name);
        if self.looks[word] & bit == 0 {
            return None;
        }
        self.all.get(name)
    }

    fn add(&mut self, name: &str, meaning: Expr) {
        let (word, bit) = look(name);
        self.looks[word] |= bit;
        let known = self.all.entry(name.into()).or_default();
        if known.len() < ALTERNATIVES {
            known.push(meaning);
        }
    }
}

impl Macros {
    /// What a name may stand for.
    pub fn get(&self, name: &str) -> Option<&Vec<Expr>> {
        self.own.get(name).or_else(|| self.headers.get(name))
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Most alternatives kept for one name.
const ALTERNATIVES: usize = 4;

/// Macros as each module sees them: its own, then those of all headers.
pub fn of_files(modules: &[Module], files: &[SourceFile]) -> Vec<Arc<Macros>> {
    let none = Arc::new(Macros::default());
    let c = |module: &Module| matches!(module.language, "c" | "cpp");
    let mut headers = Meanings::default();
    for module in modules.iter().filter(|module| c(module)) {
        let file = &files[module.file.0 as usize];
        if is_header(&file.path) {
            collect(&file.text, &mut headers);
        }
    }
    let headers = Arc::new(headers);
    let of = |module: &Module| {
        if !c(module) {
            return Arc::clone(&none);
        }
        let mut own = Meanings::default();
        collect(&files[module.file.0 as usize].text, &mut own);
        let headers = Arc::clone(&headers);
        Arc::new(Macros { own, headers })
    };
    modules.par_iter().map(of).collect()
}

fn is_header(path: &str) -> bool {
    [".h", ".hpp", ".hh", ".hxx", ".inc"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

fn collect(text: &str, into: &mut Meanings) {
    for line in text.lines() {
        let Some(rest) = line
            .trim_start()
            .strip_prefix('#')
            .and_then(|line| line.trim_start().strip_prefix("define"))
        else {
            continue;
        };
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (name, value) = rest.split_at(end);
        if name.is_empty() || value.starts_with('(') {
            continue;
        }
        if let Some(meaning) = meaning(strip(value)) {
            into.add(name, meaning);
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Without comments and one pair of parentheses around the whole.
fn strip(value: &str) -> &str {
    let value = value.split("/*").next().unwrap_or_default();
    let value = value.split("//").next().unwrap_or_default().trim();
    match value.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) if !inner.contains(['(', ')']) => inner.trim(),
        _ => value,
    }
}

fn meaning(value: &str) -> Option<Expr> {
    let kind = if let Some(text) = value.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        (!text.contains('"')).then(|| ExprKind::Literal(Literal::Str(text.into())))?
    } else if let Some(text) = value.strip_prefix("L\"").and_then(|text| text.strip_suffix('"')) {
        ExprKind::Literal(Literal::Str(text.into()))
    } else if crate::flow::program::constants::number(value).is_some() {
        ExprKind::Literal(Literal::Number(value.into()))
    } else {
        let word = !value.is_empty() && value.chars().all(is_word) && !value.starts_with(|c: char| c.is_ascii_digit());
        word.then(|| ExprKind::Name(value.into()))?
    };
    Some(Expr {
        kind,
        span: Span::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_numbers_and_texts_and_nothing_else() {
        let mut macros = Meanings::default();
        collect(
            "#define OPEN fopen\n# define LIMIT (64) /* bytes */\n#define SH \"/bin/sh\"\n\
             #define SQ(x) x\n#define A b c\n",
            &mut macros,
        );
        let mut names: Vec<&str> = macros.all.keys().map(|name| &**name).collect();
        names.sort_unstable();
        assert_eq!(names, ["LIMIT", "OPEN", "SH"]);
    }
}
