//! A brief whose comments say nothing, for a second look that words cannot steer.
//!
//! In: a [`Brief`]. Out: the same lines under the same numbers, with comments, docstrings and other strings that are
//! whole statements turned into blanks.
//! Deliberately absent: string literals in expressions (they are data that the program uses) and names.
//! Start at [`blind`].

use super::{Brief, Line, Why};

/// How a language writes what it does not run.
struct Syntax {
    line: &'static str,
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
        "java" | "cs" | "kt" | "kts" | "c" | "h" | "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "inc"
        | "ipp" => &C,
        "xml" | "html" => &MARKUP,
        _ => &SETTINGS,
    }
}

/// The same brief with comments blanked; the candidate, facts and omissions are unchanged. Where lines are missing in
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
            line.text = text.trim_end().to_string();
        }
    }
    blinded
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
                self.take(end, !idle);
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

    fn comments(&self) -> bool {
        let before = self.text[..self.keep.len()].chars().next_back();
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
                return at;
            }
        }
        rest.len()
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
