//! SentencePiece's BPE over scored pieces (Kudo and Richardson 2018): text in, tokens out.
//!
//! Characters are joined pairwise, the pair whose piece has the highest score first (leftmost of equals), until no pair
//! is a piece; what is left unknown falls back to bytes. A space is written `▁`, and most models put one in front of a text.
//! Runs of spaces, tabs or newlines that the vocabulary defines beside its pieces (Gemma's) are taken whole, longest first.
//! Deliberately absent: special tokens, and normalisation beyond spaces. Start at [`Sentences::encode`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

/// What runs of white space are made of, as pieces write it.
pub(super) const BLANK: [char; 4] = ['▁', ' ', '\t', '\n'];

/// Pieces with their ids and scores.
pub(super) struct Sentences {
    pieces: BTreeMap<String, (u32, f32)>,
    unknown: Option<u32>,
    /// Runs of white space that are tokens by themselves.
    runs: BTreeMap<String, u32>,
    prefix: bool,
}

/// A run of characters of the text, in a doubly linked list.
struct Symbol {
    start: usize,
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two neighbours that could be joined.
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    /// Bytes of the joined text when the pair was found; if a side has changed since, the pair is stale.
    length: usize,
}

impl Sentences {
    /// `runs`: what is taken whole, with spaces as `▁`. `prefix`: whether a text gets a space in front.
    pub(super) fn new(
        pieces: BTreeMap<String, (u32, f32)>,
        unknown: Option<u32>,
        runs: BTreeMap<String, u32>,
        prefix: bool,
    ) -> Self {
        Self {
            pieces,
            unknown,
            runs,
            prefix,
        }
    }

    /// Tokens of a text that starts a run, in which nothing is special.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        if text.is_empty() {
            return Vec::new();
        }
        let prefix = if self.prefix { "▁" } else { "" };
        let text = format!("{prefix}{}", text.replace(' ', "▁"));
        if self.runs.is_empty() {
            return self.merge(&text);
        }
        let longest = self.runs.keys().map(String::len).max().unwrap_or(0);
        let (mut tokens, mut plain, mut at) = (Vec::new(), 0, 0);
        while at < text.len() {
            let blank = text[at..].starts_with(BLANK);
            let ends = (at + 1..=text.len().min(at + longest)).rev().filter(|_| blank);
            let found = ends
                .filter_map(|end| Some((end, *self.runs.get(text.get(at..end)?)?)))
                .next();
            if let Some((end, token)) = found {
                tokens.extend(self.merge(&text[plain..at]));
                tokens.push(token);
                (plain, at) = (end, end);
            } else {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        tokens.extend(self.merge(&text[plain..]));
        tokens
    }

    fn merge(&self, text: &str) -> Vec<u32> {
        let mut symbols: Vec<Symbol> = text
            .char_indices()
            .enumerate()
            .map(|(i, (start, c))| Symbol {
                start,
                end: start + c.len_utf8(),
                before: i.checked_sub(1),
                after: (start + c.len_utf8() < text.len()).then_some(i + 1),
            })
            .collect();
        let mut pairs = BinaryHeap::new();
        for right in 1..symbols.len() {
            pairs.extend(self.pair(text, &symbols, right - 1, right));
        }
        while let Some(pair) = pairs.pop() {
            let (left, right) = (&symbols[pair.left], &symbols[pair.right]);
            let joined = left.after == Some(pair.right) && right.end - left.start == pair.length;
            if !joined || left.start == left.end {
                continue;
            }
            let (end, after) = (right.end, right.after);
            symbols[pair.right].end = symbols[pair.right].start;
            symbols[pair.left].end = end;
            symbols[pair.left].after = after;
            if let Some(after) = after {
                symbols[after].before = Some(pair.left);
                pairs.extend(self.pair(text, &symbols, pair.left, after));
            }
            if let Some(before) = symbols[pair.left].before {
                pairs.extend(self.pair(text, &symbols, before, pair.left));
            }
        }
        let left = symbols
            .iter()
            .filter(|s| s.end > s.start)
            .map(|s| &text[s.start..s.end]);
        left.flat_map(|piece| self.tokens(piece)).collect()
    }

    fn pair(&self, text: &str, symbols: &[Symbol], left: usize, right: usize) -> Option<Pair> {
        let joined = &text[symbols[left].start..symbols[right].end];
        self.pieces.get(joined).map(|&(_, score)| Pair {
            score,
            left,
            right,
            length: joined.len(),
        })
    }

    /// A piece's token, or those of its bytes.
    fn tokens(&self, piece: &str) -> Vec<u32> {
        if let Some(&(id, _)) = self.pieces.get(piece) {
            return vec![id];
        }
        let byte = |b: u8| self.pieces.get(&format!("<0x{b:02X}>")).map(|p| p.0);
        let bytes: Option<Vec<u32>> = piece.bytes().map(byte).collect();
        bytes.unwrap_or_else(|| self.unknown.into_iter().collect())
    }
}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then_with(|| other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pair {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_that_is_defined_is_taken_whole_and_nothing_is_put_in_front_unless_wanted() {
        let pieces = |texts: &[&str]| -> BTreeMap<String, (u32, f32)> {
            let scored = texts.iter().zip(0u32..);
            scored
                .map(|(text, id)| ((*text).to_owned(), (id, -(id as f32))))
                .collect()
        };
        let runs = |texts: &[(&str, u32)]| texts.iter().map(|(t, id)| ((*t).to_owned(), *id)).collect();
        let plain = pieces(&["a", "▁", "▁a"]);
        let with = |runs, prefix| Sentences::new(plain.clone(), None, runs, prefix);
        let defined = [("▁▁", 10), ("▁▁▁", 11), ("\n\n", 12)];
        assert_eq!(with(runs(&[]), true).encode("a a"), [2, 2]);
        assert_eq!(with(runs(&[]), false).encode("a a"), [0, 2]);
        assert_eq!(
            with(runs(&defined), false).encode("a    a"),
            [0, 11, 2],
            "the longest run first"
        );
        assert_eq!(with(runs(&defined), false).encode("\n\n  a"), [12, 10, 0]);
    }
}
