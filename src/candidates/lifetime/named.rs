//! Numbers that have a name in the whole project: `#define SIZE (4 * 1024)`, `enum { SLOTS = 16 }`.
//!
//! In: the texts of C and C++ files. Out: what a name stands for, where all files agree. Deliberately absent: macros with
//! parameters, conditions of the preprocessor, and anything that is no whole number. Start at [`Named::of`].

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::regexes::fixed;

static DEFINE: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?m)^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)[ \t]+([^\n]+)$"));
static ENUM: LazyLock<Regex> = LazyLock::new(|| fixed(r"\benum\b[^;{}()]*\{([^{}]*)\}"));

/// How far names are followed through other names.
const DEPTH: u32 = 6;
/// Longest text of one number.
const LONGEST: usize = 120;

/// Texts of numbers by name; `None` where two files say different things.
#[derive(Debug, Default)]
pub struct Named(HashMap<String, Option<String>>);

impl Named {
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut named = Self::default();
        for text in texts {
            for found in DEFINE.captures_iter(text) {
                named.add(&found[1], &found[2]);
            }
            for found in ENUM.captures_iter(text) {
                named.enumerators(&found[1]);
            }
        }
        named
    }

    fn add(&mut self, name: &str, value: &str) {
        let value = value.split("/*").next().unwrap_or_default();
        let value = value.split("//").next().unwrap_or_default().trim();
        if value.len() > LONGEST || !value.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '(' || c == '_') {
            return;
        }
        let known = self.0.entry(name.to_owned()).or_insert_with(|| Some(value.to_owned()));
        if known.as_deref().is_some_and(|known| known != value) {
            *known = None;
        }
    }

    fn enumerators(&mut self, body: &str) {
        let mut before: Option<(String, u32)> = None;
        for item in body.split(',') {
            let item = item.split("/*").next().unwrap_or_default();
            let item = item.split("//").next().unwrap_or_default().trim();
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return;
            }
            let (base, more) = match (value, &before) {
                ("", None) => ("0".to_owned(), 0),
                ("", Some((base, more))) => (base.clone(), more + 1),
                (value, _) => (value.to_owned(), 0),
            };
            let whole = if more == 0 {
                base.clone()
            } else {
                format!("({base})+{more}")
            };
            self.add(name, &whole);
            before = Some((base, more));
        }
    }

    /// The number that a name, or a sum or product of names and numbers, stands for.
    pub fn number(&self, text: &str) -> Option<i128> {
        self.sum(text, DEPTH)
    }

    fn sum(&self, text: &str, left: u32) -> Option<i128> {
        let mut reader = Reader {
            named: self,
            rest: text.trim(),
            left: left.checked_sub(1)?,
        };
        let value = reader.shift()?;
        reader.rest.trim().is_empty().then_some(value)
    }
}

/// Reads one expression from left to right.
struct Reader<'n, 't> {
    named: &'n Named,
    rest: &'t str,
    left: u32,
}

impl Reader<'_, '_> {
    fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn shift(&mut self) -> Option<i128> {
        let mut value = self.sum()?;
        while self.takes("<<") {
            let by = self.sum()?;
            value = value.checked_shl(u32::try_from(by).ok().filter(|by| *by < 63)?)?;
        }
        Some(value)
    }

    fn sum(&mut self) -> Option<i128> {
        let mut value = self.product()?;
        loop {
            if self.takes("+") {
                value = value.checked_add(self.product()?)?;
            } else if self.takes("-") {
                value = value.checked_sub(self.product()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<i128> {
        let mut value = self.atom()?;
        loop {
            if self.takes("*") {
                value = value.checked_mul(self.atom()?)?;
            } else if self.takes("/") {
                value = value.checked_div(self.atom()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<i128> {
        if self.takes("(") {
            let value = self.shift()?;
            return self.takes(")").then_some(value);
        }
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        self.rest = after;
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = word.trim_end_matches(['u', 'U', 'l', 'L']);
            return match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
                Some(hex) => i128::from_str_radix(hex, 16).ok(),
                None if digits.len() > 1 && digits.starts_with('0') => i128::from_str_radix(digits, 8).ok(),
                None => digits.parse().ok(),
            };
        }
        let meaning = self.named.0.get(word)?.as_deref()?;
        self.named.sum(meaning, self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_sums_and_products_where_all_files_agree() {
        let named = Named::of(
            [
                "#define A 16 /* slots */\n#define B (A * 1024u)\n#define ODD 1\nenum kind { X, Y = 4, Z };\n",
                "#define ODD 2\n#define TEXT \"a\"\n#define LOOP LOOP\n#define C (B << 1) + 1\n",
            ]
            .into_iter(),
        );
        let names = ["A", "B", "C", "X", "Z", "A + 1", "ODD", "TEXT", "LOOP", "missing"];
        let values = names.map(|name| named.number(name));
        let known = [Some(16), Some(16384), Some(32769), Some(0), Some(5), Some(17)];
        assert_eq!(values[..6], known);
        assert!(values[6..].iter().all(Option::is_none));
    }
}
