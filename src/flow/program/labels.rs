//! Labels of C, which the common form does not keep: read off the text, so that a `goto` can be followed forward.
//!
//! In: the text of a function. Out: its labels in order of place, and the label that a jump names. A jump back is not
//! followed. Start at [`Labels::of`].

use std::sync::LazyLock;

use regex::Regex;

use crate::regexes::fixed;
use crate::syntax::form::Span;

static MARK: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?m)^[ \t]*([A-Za-z_]\w*)[ \t]*:(?:[^:]|$)"));

/// Labels of one function. Most functions have none, which costs one search.
#[derive(Debug, Default)]
pub struct Labels {
    /// Byte in the file, and name; in order.
    marks: Vec<(u32, String)>,
    /// Where the walk is.
    at: u32,
}

impl Labels {
    /// Those of a function of C; no other language has any.
    pub fn in_c(c: bool, text: &str, span: Span) -> Self {
        if c { Self::of(text, span) } else { Self::default() }
    }

    /// `text` is the whole file.
    pub fn of(text: &str, function: Span) -> Self {
        let own = text
            .get(function.start as usize..function.end as usize)
            .unwrap_or_default();
        if !own.contains("goto ") {
            return Self::default();
        }
        let mark = |found: regex::Captures| {
            let name = found.get(1)?;
            Some((function.start + name.start() as u32, name.as_str().to_owned()))
        };
        Self {
            marks: MARK.captures_iter(own).filter_map(mark).collect(),
            at: function.start,
        }
    }

    /// Whether anything jumps here.
    pub fn any(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Labels between the last statement asked about and this one. A label may stand inside the statement's own span.
    pub fn before(&mut self, text: &str, stmt: Span) -> Vec<String> {
        if self.marks.is_empty() {
            return Vec::new();
        }
        let from = std::mem::replace(&mut self.at, stmt.start);
        let own = |at: u32| at == stmt.start && text.get(at as usize..).is_some_and(|rest| MARK.is_match_at(rest, 0));
        let passed = self
            .marks
            .iter()
            .filter(|(at, _)| (from < *at && *at < stmt.start) || own(*at));
        passed.map(|(_, name)| name.clone()).collect()
    }
}

/// The label of a jump, given the file and the place of the statement.
pub fn target(text: &str, stmt: Span) -> Option<&str> {
    let own = text.get(stmt.start as usize..stmt.end as usize)?.trim_start();
    let rest = own.strip_prefix("goto")?.trim_start();
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_labels_and_jumps_and_no_scopes() {
        let text = "void f() {\n  goto out;\n  std::x();\nout:\n  g();\n}";
        let whole = Span {
            start: 0,
            end: text.len() as u32,
            line: 1,
            last: 6,
        };
        let mut labels = Labels::of(text, whole);
        let call = text.find("g()").expect("it is there") as u32;
        assert_eq!(
            labels.before(
                text,
                Span {
                    start: call,
                    end: call + 3,
                    line: 5,
                    last: 5
                }
            ),
            ["out"]
        );
        let jump = text.find("goto").expect("it is there") as u32;
        assert_eq!(
            target(
                text,
                Span {
                    start: jump,
                    end: jump + 9,
                    line: 2,
                    last: 2
                }
            ),
            Some("out")
        );
    }
}
