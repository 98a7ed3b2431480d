//! SentencePiece's BPE over scored pieces (Kudo and Richardson 2018): text in, tokens out.
//!
//! Characters are joined pairwise, the pair whose piece has the highest score first (leftmost of equals), until no pair
//! is a piece; what is left unknown falls back to bytes. A space is written `▁`, and one is put in front of a text.
//! Deliberately absent: special tokens, and normalisation beyond spaces. Start at [`Sentences::encode`].

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

/// Pieces with their ids and scores.
pub(super) struct Sentences {
    pieces: BTreeMap<String, (u32, f32)>,
    unknown: Option<u32>,
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
    pub(super) fn new(pieces: BTreeMap<String, (u32, f32)>, unknown: Option<u32>) -> Self {
        Self { pieces, unknown }
    }

    /// Tokens of a text that starts a run, in which nothing is special.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        let text = format!("▁{}", text.replace(' ', "▁"));
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
            pairs.extend(self.pair(&text, &symbols, right - 1, right));
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
                pairs.extend(self.pair(&text, &symbols, pair.left, after));
            }
            if let Some(before) = symbols[pair.left].before {
                pairs.extend(self.pair(&text, &symbols, before, pair.left));
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
