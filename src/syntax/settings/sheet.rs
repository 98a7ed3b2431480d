//! What a reader of a notation writes on: it knows where it is, places what it is told, and keeps the limits.
//!
//! In: keys, values and byte offsets. Out: [`Setting`]s in order of place, and the first limit that was met.
//! Deliberately absent: notations. Start at [`Sheet::say`].

use crate::syntax::form::{Setting, Span};

/// Largest file read as configuration; `source` hands over no larger one.
pub const BYTES: usize = 1 << 20;
/// Deepest nesting of keys.
pub const DEPTH: usize = 64;
/// Most settings of one file.
const SETTINGS: usize = 20_000;
/// Longest path, and longest part of a value that is kept, in bytes.
const PATH: usize = 512;
const VALUE: usize = 4096;

pub struct Sheet<'t> {
    text: &'t str,
    /// Byte offsets at which lines start.
    starts: Vec<usize>,
    keys: Vec<String>,
    part: u32,
    settings: Vec<Setting>,
    met: Option<String>,
}

impl<'t> Sheet<'t> {
    pub fn of(text: &'t str) -> Self {
        let breaks = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(breaks).collect(),
            keys: Vec::new(),
            part: 0,
            settings: Vec::new(),
            met: None,
        }
    }

    /// One level down; false where a limit says that nothing below counts, and nothing was entered.
    pub fn enter(&mut self, key: impl Into<String>) -> bool {
        if self.keys.len() >= DEPTH {
            self.meet(format!("it nests deeper than {DEPTH} keys"));
            return false;
        }
        self.keys.push(key.into());
        true
    }

    pub fn leave(&mut self) {
        self.keys.pop();
    }

    /// The next document of the same file.
    pub fn next_part(&mut self) {
        self.part += 1;
    }

    /// `key` below where the sheet is has this value, which stands at these bytes. An empty key is the place itself.
    pub fn say(&mut self, key: &str, value: &str, start: usize, end: usize) {
        if self.settings.len() >= SETTINGS {
            return self.meet(format!("it has more than {SETTINGS} settings"));
        }
        let mut path = self.keys.join(".");
        if !key.is_empty() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(key);
        }
        if path.len() > PATH {
            return self.meet(format!("a path of keys is longer than {PATH} bytes"));
        }
        let (start, end) = (start.min(self.text.len()), end.clamp(start, self.text.len().max(start)));
        let span = self.span(start, end.min(self.text.len()));
        self.settings.push(Setting {
            path: path.into(),
            value: cut(value, VALUE).into(),
            part: self.part,
            span,
        });
    }

    /// As [`Self::say`], beside the key that the sheet is at instead of below it.
    pub fn say_beside(&mut self, key: &str, value: &str, start: usize, end: usize) {
        let last = self.keys.pop();
        self.say(key, value, start, end);
        self.keys.extend(last);
    }

    /// The key that the sheet is at.
    pub fn at(&self) -> &str {
        self.keys.last().map_or("", String::as_str)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let line = |at: usize| self.starts.partition_point(|start| *start <= at) as u32;
        let last = end.saturating_sub(1).max(start);
        Span {
            start: start as u32,
            end: end.max(start) as u32,
            line: line(start),
            last: line(last),
        }
    }

    fn meet(&mut self, what: String) {
        self.met.get_or_insert(what);
    }

    pub fn finish(self) -> (Vec<Setting>, Option<String>) {
        let mut settings = self.settings;
        settings.sort_by_key(|setting| (setting.span.start, setting.span.end));
        (settings, self.met)
    }
}

/// The beginning of a text, whole characters.
fn cut(text: &str, most: usize) -> &str {
    match text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= most)
        .last()
    {
        Some(end) if text.len() > most => &text[..end],
        None if text.len() > most => "",
        _ => text,
    }
}
