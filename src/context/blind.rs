//! A brief whose comments say nothing, for a second look that words cannot steer.
//!
//! In: a [`Brief`]. Out: the same lines under the same numbers, with comments, docstrings and other strings that are
//! whole statements turned into blanks. Strings in expressions and names are part of the program and stay, except those
//! that speak to a reader ([`super::speech`]).
//! Deliberately absent: any verdict on what was taken away.
//! Start at [`blind`].

use std::sync::LazyLock;

use regex::Regex;

use super::speech::{neutral, speaks};
use super::{Brief, Line, Why};
use crate::regexes::fixed;

/// How a language writes what it does not run.
struct Syntax {
    line: &'static str,
    /// Another mark of line comments.
    also: Option<&'static str>,
    /// The mark of a line comment counts only after a blank.
    spaced: bool,
    block: Option<(&'static str, &'static str)>,
    /// Longest first.
    quotes: &'static [&'static str],
    /// Quotes that may hold line breaks.
    long: &'static [&'static str],
    /// A slash may open a regular expression.
    regex: bool,
}

const C_BLOCK: Option<(&str, &str)> = Some(("/*", "*/"));
const C: Syntax = Syntax {
    line: "//",
    also: None,
    spaced: false,
    block: C_BLOCK,
    quotes: &["\"\"\"", "\"", "'"],
    long: &["\"\"\""],
    regex: false,
};
const GO: Syntax = Syntax {
    quotes: &["\"", "'", "`"],
    long: &["`"],
    ..C
};
const SCRIPT: Syntax = Syntax { regex: true, ..GO };
const PHP: Syntax = Syntax {
    also: Some("#"),
    quotes: &["\"", "'"],
    long: &[],
    ..C
};
/// A quote opens a text or, of lifetimes, nothing.
const RUST: Syntax = Syntax {
    quotes: &["\""],
    long: &["\""],
    ..C
};
const PYTHON: Syntax = Syntax {
    line: "#",
    block: None,
    quotes: &["\"\"\"", "'''", "\"", "'"],
    long: &["\"\"\"", "'''"],
    ..C
};
const MARKUP: Syntax = Syntax {
    line: "<!--",
    block: Some(("<!--", "-->")),
    quotes: &[],
    long: &[],
    ..C
};
const SETTINGS: Syntax = Syntax {
    line: "#",
    spaced: true,
    block: None,
    quotes: &["\"", "'"],
    long: &[],
    ..C
};

fn syntax(path: &str) -> &'static Syntax {
    match path
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map_or("", |(_, extension)| extension)
    {
        "py" | "pyi" | "pyw" => &PYTHON,
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => &SCRIPT,
        "go" => &GO,
        "php" => &PHP,
        "rs" => &RUST,
        "java" | "cs" | "kt" | "kts" | "c" | "h" | "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "inc"
        | "ipp" => &C,
        "xml" | "html" | "htm" | "xhtml" | "vue" | "svelte" | "jsp" | "jspx" | "erb" | "ejs" | "cshtml" | "twig" => {
            &MARKUP
        }
        _ => &SETTINGS,
    }
}

/// Text between two tags.
static SHOWN: LazyLock<Regex> = LazyLock::new(|| fixed("(^|>)([^<>]+)(<|$)"));

/// The same brief with comments blanked and names that speak replaced; omissions are unchanged. Where lines are missing in
/// between, the reading starts afresh; a comment that began in a missing line is known by the stars of its lines.
pub fn blind(brief: &Brief) -> Brief {
    let mut blinded = brief.clone();
    let adjacent = |a: &Line, b: &Line| a.path == b.path && !b.gap && b.line > a.line;
    for run in blinded.lines.chunk_by_mut(adjacent) {
        let syntax = syntax(&run[0].path);
        if syntax.block == C_BLOCK {
            run.iter_mut()
                .take_while(|line| starred(line))
                .for_each(|line| line.text.clear());
        }
        let text = run.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        let blanked = Reader {
            text: &text,
            syntax,
            depth: depth(&text),
            keep: Vec::new(),
        }
        .read();
        for (line, text) in run.iter_mut().zip(blanked.split('\n')) {
            line.text = neutral(&mute(text, syntax)).trim_end().to_string();
        }
    }
    rename(&mut blinded);
    blinded
}

/// A line of markup without text that speaks.
fn mute(text: &str, syntax: &Syntax) -> String {
    if !syntax.quotes.is_empty() || !speaks(text) {
        return text.to_owned();
    }
    let quiet = SHOWN.replace_all(text, |found: &regex::Captures| {
        let inner = if speaks(&found[2]) { "" } else { &found[2] };
        format!("{}{inner}{}", &found[1], &found[3])
    });
    quiet.into_owned()
}

/// Paths and names of functions speak as well; one that is replaced is replaced wherever it stands.
fn rename(brief: &mut Brief) {
    let quiet = |text: &mut String| {
        if let std::borrow::Cow::Owned(other) = neutral(text) {
            *text = other;
        }
    };
    for line in &mut brief.lines {
        quiet(&mut line.path);
        quiet(&mut line.function);
    }
    brief.facts.iter_mut().for_each(quiet);
    let candidate = &mut brief.candidate;
    quiet(&mut candidate.function);
    quiet(&mut candidate.summary);
    for step in candidate.trace.iter_mut().chain(&mut candidate.guards) {
        quiet(&mut step.path);
    }
}

/// The inside of a documentation comment. A line of the trace is code, however it looks.
fn starred(line: &Line) -> bool {
    let text = line.text.trim();
    let star = text == "*" || text.starts_with("* ") || text == "*/" || text == "**/";
    star && !matches!(line.why, Why::Source | Why::Step | Why::Guard | Why::Sink)
}

/// How many brackets are open where the text starts, as far as its own closing ones tell.
fn depth(text: &str) -> usize {
    let (mut now, mut least) = (0i64, 0i64);
    for c in text.chars() {
        now += i64::from(matches!(c, '(' | '[')) - i64::from(matches!(c, ')' | ']'));
        least = least.min(now);
    }
    usize::try_from(-least).unwrap_or(0)
}

/// Reads adjacent lines once and decides for each byte whether it stays.
struct Reader<'t> {
    text: &'t str,
    syntax: &'static Syntax,
    /// Open round and square brackets.
    depth: usize,
    /// By byte; filled up to where the reader stands.
    keep: Vec<bool>,
}

impl Reader<'_> {
    fn read(mut self) -> String {
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            let block = self.syntax.block.filter(|(open, _)| rest.starts_with(open));
            let quote = self.syntax.quotes.iter().copied().find(|quote| rest.starts_with(quote));
            if let Some((open, close)) = block {
                let end = rest[open.len()..]
                    .find(close)
                    .map_or(rest.len(), |at| open.len() + at + close.len());
                self.take(end, false);
            } else if self.comments() {
                self.take(rest.find('\n').unwrap_or(rest.len()), false);
            } else if let Some(quote) = quote {
                let end = self.string(quote);
                let idle = self.begins() && self.ends(end);
                self.string_of(end, quote.len(), !idle);
            } else if c == '/' && self.syntax.regex && self.operand() {
                self.take(self.expression(), true);
            } else {
                self.depth += usize::from(matches!(c, '(' | '['));
                self.depth = self.depth.saturating_sub(usize::from(matches!(c, ')' | ']')));
                self.take(c.len_utf8(), true);
            }
        }
        let blank = |(at, c): (usize, char)| {
            if self.keep[at] || c == '\n' || c == '\t' {
                c
            } else {
                ' '
            }
        };
        self.text.char_indices().map(blank).collect()
    }

    fn rest(&self) -> &str {
        &self.text[self.keep.len()..]
    }

    fn take(&mut self, bytes: usize, keep: bool) {
        self.keep.resize(self.keep.len() + bytes, keep);
    }

    /// A string of so many bytes; of one that is kept and speaks, only the quotes stay.
    fn string_of(&mut self, bytes: usize, quote: usize, keep: bool) {
        let inner = self.rest()[..bytes].get(quote..bytes.saturating_sub(quote));
        match inner.filter(|inner| keep && speaks(inner)).map(str::len) {
            Some(inner) => {
                self.take(quote, true);
                self.take(inner, false);
                self.take(bytes - quote - inner, true);
            }
            None => self.take(bytes, keep),
        }
    }

    fn comments(&self) -> bool {
        let before = self.text[..self.keep.len()].chars().next_back();
        if let Some(mark) = self.syntax.also {
            // PHP writes attributes as `#[…]`, and addresses stand in the page around it.
            let hash = self.rest().starts_with(mark) && !self.rest().starts_with("#[");
            let line = self.rest().starts_with(self.syntax.line) && before != Some(':');
            return line || hash && before.is_none_or(char::is_whitespace);
        }
        self.rest().starts_with(self.syntax.line) && (!self.syntax.spaced || before.is_none_or(char::is_whitespace))
    }

    /// Length of the string that starts here, with its quotes.
    fn string(&self, quote: &str) -> usize {
        let (rest, long) = (self.rest(), self.syntax.long.contains(&quote));
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(quote.len()) {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if rest[at..].starts_with(quote) {
                return at + quote.len();
            } else if c == '\n' && !long {
                return self.unclosed(at, quote);
            }
        }
        self.unclosed(rest.len(), quote)
    }

    /// A quote that nothing closes: in a page around code it is an apostrophe, and must not hide the comment behind it.
    fn unclosed(&self, rest: usize, quote: &str) -> usize {
        if self.syntax.also.is_some() { quote.len() } else { rest }
    }

    /// Length of the regular expression that starts here, or of the slash when there is none.
    fn expression(&self) -> usize {
        let (mut escaped, mut class) = (false, false);
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => class = true,
                ']' => class = false,
                '/' if !class => return at + 1,
                _ => {}
            }
        }
        1
    }

    /// What is kept of the text before here, without the blanks at its end.
    fn before(&self) -> &str {
        let mut end = self.keep.len();
        while let Some(c) = self.text[..end].chars().next_back() {
            let start = end - c.len_utf8();
            if self.keep[start] && !c.is_whitespace() {
                break;
            }
            end = start;
        }
        &self.text[..end]
    }

    /// An operand may stand here, so that a slash does not divide.
    fn operand(&self) -> bool {
        let before = self.before();
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        matches!(
            word,
            "return" | "typeof" | "case" | "in" | "of" | "void" | "await" | "yield"
        ) || before
            .chars()
            .next_back()
            .is_none_or(|c| "(,=:[!&|?{};+-*%~^<>".contains(c))
    }

    /// A statement begins here: first in its line, or behind the letters that mark a raw string, outside brackets, and
    /// the code before it is complete.
    fn begins(&self) -> bool {
        let here = &self.text[..self.keep.len()];
        let line = here.rsplit('\n').next().unwrap_or("").trim_start();
        let prefixed = line.len() <= 2 && line.chars().all(|c| "rRuUbB".contains(c));
        let before = self.before();
        let code = before.strip_suffix(line).unwrap_or(before);
        // At the very start of what is shown, only a long string is surely no part of an expression above it.
        let whole = if code.is_empty() {
            self.rest().starts_with("\"\"\"")
        } else {
            complete(code)
        };
        self.depth == 0 && prefixed && whole
    }

    /// Nothing but the end of a statement follows after `bytes` more.
    fn ends(&self, bytes: usize) -> bool {
        let after = self.rest()[bytes..]
            .split('\n')
            .next()
            .unwrap_or("")
            .trim_start_matches([';', ' ', '\t', '\r']);
        after.is_empty() || after.starts_with(self.syntax.line) || after.starts_with("/*")
    }
}

/// Code after which a new line starts a new statement.
fn complete(code: &str) -> bool {
    let code = code.trim_end();
    let last = code.chars().next_back();
    last.is_none_or(|c| c.is_alphanumeric() || "_:;{})]\"'`".contains(c)) && !code.ends_with("return")
}
