//! What a worker writes to its standard error becomes a few lines that are safe to show.
//!
//! In: a pipe a hostile process may write to. Out: at most [`LINES`] last lines, each through [`sanitise`].
//! Deliberately absent: printing; whoever holds the worker decides what to do with its words.
//! Start at [`sanitise`].

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// How many of the last lines are kept.
const LINES: usize = 20;
/// How many bytes of one line are kept.
const LINE_BYTES: usize = 400;

/// One line that cannot move the cursor, change colours, reorder text or hide in it: control characters, line breaks,
/// bidirectional and invisible formatting become visible escapes.
pub fn sanitise(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => plain.push(' '),
            c if c.is_control() || is_invisible(c) => plain.extend(c.escape_unicode()),
            c => plain.push(c),
        }
    }
    plain
}

/// Characters of Unicode class Cf and the line separators: they reorder, join or break lines without a mark of their own.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The last lines of one worker, filled by the thread that runs [`listen`].
#[derive(Debug, Clone, Default)]
pub struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    pub fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    fn push(&self, line: &[u8]) {
        let line = sanitise(String::from_utf8_lossy(line).trim_end());
        if line.is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Reads until the other side closes, in bounded memory however much and however long its lines.
pub fn listen(mut pipe: impl Read, tail: &Tail) {
    let mut line = Vec::with_capacity(LINE_BYTES);
    let mut chunk = [0_u8; 4096];
    loop {
        let count = match pipe.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for byte in &chunk[..count] {
            if *byte == b'\n' {
                tail.push(&line);
                line.clear();
            } else if line.len() < LINE_BYTES {
                line.push(*byte);
            }
        }
    }
    tail.push(&line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_would_obey_passes() {
        let hostile = "\u{1b}[2J\u{1b}]0;x\u{7}a\rb\u{9b}31m\u{202e}c\u{200b}\u{2028}\tend";
        let plain = sanitise(hostile);
        assert!(plain.chars().all(|c| !c.is_control() && !is_invisible(c)), "{plain}");
        assert!(plain.starts_with("\\u{1b}[2J") && plain.ends_with("\\u{2028} end"));
        assert_eq!(sanitise("grün, 漢字, 🙂 stay"), "grün, 漢字, 🙂 stay");
    }

    #[test]
    fn keeps_the_last_lines_and_only_the_head_of_a_long_one() {
        let mut said = vec![b'x'; 100_000];
        for n in 0..50 {
            said.extend(format!("\nline {n}").bytes());
        }
        let tail = Tail::default();
        listen(&said[..], &tail);
        let lines = tail.lines();
        assert_eq!(
            (lines.len(), lines[0].as_str(), lines[LINES - 1].as_str()),
            (LINES, "line 30", "line 49")
        );
        let only = Tail::default();
        listen(&said[..100_000], &only);
        assert_eq!(only.lines(), ["x".repeat(LINE_BYTES)]);
    }
}
