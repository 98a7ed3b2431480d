//! The only place where repository text is wrapped for a prompt.
//!
//! In: a [`Brief`]. Out: [`Piece`]s, in order, of which only [`Piece::Ours`] may ever be encoded with special tokens.
//! Deliberately absent: the question, the card, chat templates and the choice of the nonce.
//! Start at [`fence`].
//!
//! # Compact form (fixed: the novice is trained on exactly this text)
//!
//! One single [`Piece::Hostile`]; no envelope and no nonce, the prefix of every line is the fence.
//!
//! ```text
//! = taint 1 request.args reaches self.db.execute
//! @ app/users.py:Users.find
//! 1|def find(self, request):
//! 2> q = request.args["q"]
//! …
//! 3? if allowed(q):
//! 4~  sql = "SELECT * FROM t WHERE n = '" + q + "'"
//! 5!  return self.db.execute(sql)
//! @ app/db.py:<module>
//! 6|import sqlite3
//! * 2 of 3 siblings have "login_required"
//! ```
//!
//! - The first line says what the analysis claims: `= GENERATOR GUARDS SUMMARY`, the number of guards met on the way and at
//!   most 100 characters of the candidate's summary.
//! - A header `@ PATH:FUNCTION` opens each run of lines of one function. `PATH` is the last two components of the path;
//!   `FUNCTION` is qualified (`Class.method`), `<module>` for top-level code.
//! - A line is `NUMBER MARK INDENT TEXT` without blanks between them. `NUMBER` is [`Line::number`]. `MARK` is `>` for a
//!   source, `~` for a step, `?` for a guard, `!` for the sink and `|` for anything else. `INDENT` is one space per
//!   level of indentation, relative to the first line of its run: levels are found with a stack of widths, as Python
//!   does it (a tab counts as four columns; a line left of the first one has level 0). `TEXT` has tabs turned into
//!   single spaces and the end trimmed.
//! - A line `…` stands where code of that function was left out ([`Line::gap`]).
//! - Facts follow the code, each as `* FACT`, at most three.
//! - Control, bidirectional and invisible characters are written as `\u{202e}` in every part of every line.
//! - A line's `TEXT`, `PATH:FUNCTION` and `FACT` end after 160 characters, with `…` in place of the rest.
//! - Every line, the last one too, ends in a newline. What was omitted is not mentioned.
//!
//! # Full form
//!
//! [`Piece::Ours`] opens and closes an envelope whose tags carry the nonce; the hostile text between has no occurrence
//! of the nonce, in any case of letters. Inside, a header `## PATH FUNCTION (WHY)` opens each run of lines of one
//! function and one reason group, and every line is `NUMBER: TEXT` with its indentation kept, so that no line of the
//! repository can open a line of the prompt. `...` marks left-out code, `fact: ` and `left out: ` follow at the end.
//! `TEXT` ends after 400 characters with `… [N more characters]`.

use std::fmt::Write as _;

use super::{Brief, Line, Profile, Why};
use crate::candidates::Generator;

/// A run of prompt text and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Written by this project.
    Ours(String),
    /// From the scanned repository, or mixed with text from it: must be encoded as plain text.
    Hostile(String),
}

/// Longest text of a line, in characters, in the compact form.
const COMPACT_CHARS: usize = 160;
/// Longest text of a line, in characters, in the full form.
const FULL_CHARS: usize = 400;
/// Longest summary, in characters, in the compact form.
const COMPACT_SUMMARY: usize = 100;
/// Facts shown in the compact form.
const COMPACT_FACTS: usize = 3;
/// Columns of a tab in the compact form.
const TAB: usize = 4;

/// Writes a brief down for a prompt. `nonce` is a fresh random word per prompt that the repository's author cannot
/// know; the compact form does not use it.
pub fn fence(brief: &Brief, profile: Profile, nonce: &str) -> Vec<Piece> {
    match profile {
        Profile::Compact => vec![Piece::Hostile(compact(brief))],
        Profile::Full => vec![
            Piece::Ours(format!("<repository-{nonce}>\n")),
            Piece::Hostile(without(&full(brief), nonce)),
            Piece::Ours(format!("</repository-{nonce}>\n")),
        ],
    }
}

/// One line or less of repository text (a name, a path, a summary) made safe to stand inside a prompt: no control or
/// invisible characters, no line break, at most `most` characters.
pub fn inline(text: &str, most: usize) -> String {
    let (mut out, rest) = visible(text, most);
    if rest > 0 {
        out.push('…');
    }
    out
}

fn compact(brief: &Brief) -> String {
    let candidate = &brief.candidate;
    let mut out = format!(
        "= {} {} {}\n",
        generator(candidate.generator),
        candidate.guards.len(),
        inline(&candidate.summary, COMPACT_SUMMARY)
    );
    for run in brief.lines.chunk_by(same_function) {
        let head = format!("{}:{}", tail(&run[0].path), run[0].function);
        let _ = writeln!(out, "@ {}", inline(&head, COMPACT_CHARS));
        let mut levels = Levels::default();
        for line in run {
            if line.gap {
                out.push_str("…\n");
            }
            let code = line.text.trim_start_matches([' ', '\t']);
            let level = levels.of(&line.text[..line.text.len() - code.len()]);
            let _ = writeln!(
                out,
                "{}{}{}{}",
                line.number,
                mark(line.why),
                " ".repeat(level),
                code_text(code)
            );
        }
    }
    for fact in brief.facts.iter().take(COMPACT_FACTS) {
        let _ = writeln!(out, "* {}", inline(fact, COMPACT_CHARS));
    }
    out
}

fn generator(generator: Generator) -> &'static str {
    match generator {
        Generator::Taint => "taint",
        Generator::Pattern => "pattern",
        Generator::Absence => "absence",
        Generator::Sweep => "sweep",
        Generator::Reported => "reported",
    }
}

fn code_text(code: &str) -> String {
    let (text, rest) = visible(code, COMPACT_CHARS);
    let text = text.replace('\t', " ");
    if rest > 0 {
        text + "…"
    } else {
        text.trim_end().to_string()
    }
}

fn full(brief: &Brief) -> String {
    let mut out = String::new();
    for run in brief
        .lines
        .chunk_by(|a, b| same_function(a, b) && group(a.why) == group(b.why))
    {
        let (path, function) = (inline(&run[0].path, FULL_CHARS), inline(&run[0].function, FULL_CHARS));
        let _ = writeln!(out, "## {path} {function} ({})", group(run[0].why));
        for line in run {
            if line.gap {
                out.push_str("...\n");
            }
            let (text, rest) = visible(&line.text, FULL_CHARS);
            let _ = write!(out, "{}: {}", line.number, text.trim_end());
            out.push_str(&if rest > 0 {
                format!("… [{rest} more characters]\n")
            } else {
                "\n".into()
            });
        }
    }
    for fact in &brief.facts {
        let _ = writeln!(out, "fact: {}", inline(fact, FULL_CHARS));
    }
    for omitted in &brief.omitted {
        let _ = writeln!(out, "left out: {}", inline(omitted, FULL_CHARS));
    }
    out
}

fn same_function(a: &Line, b: &Line) -> bool {
    a.path == b.path && a.function == b.function
}

/// The last two components of a path.
fn tail(path: &str) -> &str {
    path.rmatch_indices('/').nth(1).map_or(path, |(at, _)| &path[at + 1..])
}

fn mark(why: Why) -> char {
    match why {
        Why::Source => '>',
        Why::Step => '~',
        Why::Guard => '?',
        Why::Sink => '!',
        _ => '|',
    }
}

fn group(why: Why) -> &'static str {
    match why {
        Why::Source | Why::Step | Why::Guard | Why::Sink | Why::Body => "trace",
        Why::Callee => "called on the way",
        Why::Caller => "caller",
        Why::Sibling => "sibling",
        Why::Config => "configuration",
        Why::Neighbour => "similar code",
    }
}

/// Widths of the open levels of indentation; the first line seen is level 0.
#[derive(Default)]
struct Levels(Vec<usize>);

impl Levels {
    fn of(&mut self, blank: &str) -> usize {
        let width = blank
            .bytes()
            .fold(0, |n, b| if b == b'\t' { (n / TAB + 1) * TAB } else { n + 1 });
        while self.0.len() > 1 && self.0.last().is_some_and(|top| *top > width) {
            self.0.pop();
        }
        if self.0.last().is_none_or(|top| *top < width) {
            self.0.push(width);
        }
        self.0.len() - 1
    }
}

/// `text` with every character that a reader cannot see written as `\u{…}`, cut after `most` characters; and how many
/// characters of `text` were cut. Tabs stay.
fn visible(text: &str, most: usize) -> (String, usize) {
    let (mut out, mut used) = (String::new(), 0);
    for (at, c) in text.char_indices() {
        let width = if unseen(c) { c.escape_unicode().len() } else { 1 };
        if used + width > most {
            return (out, text[at..].chars().count());
        }
        used += width;
        if unseen(c) {
            out.extend(c.escape_unicode())
        } else {
            out.push(c)
        }
    }
    (out, 0)
}

/// Control, bidirectional, zero-width, tag and filler characters, and the line breaks that are not `\n`: what
/// Unicode files under Cc, Cf, Zl and Zp, with the blank letters and the variation selectors.
fn unseen(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{a}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}'
        | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// `text` without any occurrence of `word`, whatever the case of its letters, also where taking one out makes another.
fn without(text: &str, word: &str) -> String {
    let word = word.to_ascii_lowercase();
    let mut text = text.to_string();
    while let Some(at) = text.to_ascii_lowercase().find(&word).filter(|_| !word.is_empty()) {
        text.replace_range(at..at + word.len(), "");
    }
    text
}
