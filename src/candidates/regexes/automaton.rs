//! A regex as an automaton: one place per character that it names, and which places may follow which.
//!
//! In: a tree. Out: [`Automaton`] (Glushkov's construction). Deliberately absent: counts, of which a few copies stand
//! for many. Start at [`Automaton::of`].

use super::read::Node;

/// Most places of one regex.
const PLACES: usize = 160;
/// Copies that stand for a counted repetition.
const COPIES: usize = 3;

/// Characters: the first 128, all others as one, and the end of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Set {
    low: u128,
    others: bool,
    end: bool,
}

impl Set {
    pub const END: Self = Self {
        low: 0,
        others: false,
        end: true,
    };

    pub fn of(c: char) -> Self {
        Self::between(c, c)
    }

    pub fn between(low: char, high: char) -> Self {
        let bits = (low as u32..=(high as u32).min(127)).fold(0, |bits, code| bits | 1 << code);
        Self {
            low: bits,
            others: high as u32 > 127,
            end: false,
        }
    }

    pub fn word() -> Self {
        let letters = Self::between('a', 'z').with(Self::between('A', 'Z'));
        letters.with(Self::between('0', '9')).with(Self::of('_'))
    }

    pub fn space() -> Self {
        Self::between('\t', '\r').with(Self::of(' ')).with(Self::of('\u{a0}'))
    }

    pub fn with(self, other: Self) -> Self {
        Self {
            low: self.low | other.low,
            others: self.others || other.others,
            end: self.end || other.end,
        }
    }

    pub fn inverse(self) -> Self {
        Self {
            low: !self.low,
            // There are others than those that are named.
            others: true,
            end: false,
        }
    }

    pub fn caseless(self) -> Self {
        let letters = |from: char| (u128::from(u32::MAX) & ((1 << 26) - 1)) << (from as u32);
        let upper = (self.low & letters('a')) >> 32;
        let lower = (self.low & letters('A')) << 32;
        Self {
            low: self.low | upper | lower,
            ..self
        }
    }

    /// The only character of the set, where there is one.
    pub fn only(self) -> Option<char> {
        let alone = self.low.count_ones() == 1 && !self.others && !self.end;
        alone.then(|| char::from(self.low.trailing_zeros() as u8))
    }

    fn meets(self, other: Self) -> Self {
        Self {
            low: self.low & other.low,
            others: self.others && other.others,
            end: self.end && other.end,
        }
    }

    fn is_empty(self) -> bool {
        self.low == 0 && !self.others && !self.end
    }
}

#[derive(Debug, Default)]
pub struct Automaton {
    pub sets: Vec<Set>,
    pub follow: Vec<Vec<usize>>,
    /// Steps that are there for two reasons.
    pub twice: Vec<(usize, usize)>,
    /// The loop that a place stands in; places of one loop reach each other.
    pub loops: Vec<usize>,
    last: Vec<usize>,
    reach: Vec<Vec<bool>>,
}

/// How a part begins and ends.
struct Part {
    first: Vec<usize>,
    last: Vec<usize>,
    empty: bool,
}

impl Automaton {
    /// Nothing for a regex with too many places.
    pub fn of(node: &Node) -> Option<Self> {
        let mut own = Self::default();
        let part = own.part(node)?;
        own.last = part.last;
        own.connect();
        Some(own)
    }

    /// A step from `from` to `to` is part of a loop.
    pub fn in_loop(&self, from: usize, to: usize) -> bool {
        self.reach[to][from] && (from != to || self.reach[from][from])
    }

    pub fn reaches(&self, from: usize, to: usize) -> bool {
        self.reach[from][to]
    }

    /// Whether some character fits all of the places.
    pub fn share(&self, places: &[usize]) -> bool {
        let mut sets = places.iter().map(|&place| self.sets[place]);
        let Some(first) = sets.next() else { return false };
        !sets.fold(first, Set::meets).is_empty()
    }

    /// Where the loop around a place stops, the expression is not yet content: it wants more and may fail.
    pub fn strict(&self, place: usize) -> bool {
        !self
            .last
            .iter()
            .any(|&last| last == place || self.loops[last] == self.loops[place])
    }

    fn part(&mut self, node: &Node) -> Option<Part> {
        match node {
            Node::Empty => Some(Part {
                first: Vec::new(),
                last: Vec::new(),
                empty: true,
            }),
            Node::One(set) => {
                if self.sets.len() >= PLACES {
                    return None;
                }
                self.sets.push(*set);
                self.follow.push(Vec::new());
                let place = vec![self.sets.len() - 1];
                Some(Part {
                    first: place.clone(),
                    last: place,
                    empty: false,
                })
            }
            Node::Row(items) => self.row(items),
            Node::Either(ways) => {
                let mut all = Part {
                    first: Vec::new(),
                    last: Vec::new(),
                    empty: false,
                };
                for way in ways {
                    let part = self.part(way)?;
                    all.first.extend(part.first);
                    all.last.extend(part.last);
                    all.empty |= part.empty;
                }
                Some(all)
            }
            Node::Repeat(inner, least, most) => self.repeat(inner, *least, *most),
        }
    }

    fn row(&mut self, items: &[Node]) -> Option<Part> {
        let mut all = self.part(&Node::Empty)?;
        for item in items {
            let part = self.part(item)?;
            all = self.joined(all, part);
        }
        Some(all)
    }

    fn joined(&mut self, mut all: Part, part: Part) -> Part {
        self.step(&all.last, &part.first);
        if all.empty {
            all.first.extend(&part.first);
        }
        if part.empty {
            all.last.extend(part.last);
        } else {
            all.last = part.last;
        }
        all.empty &= part.empty;
        all
    }

    fn repeat(&mut self, inner: &Node, least: usize, most: Option<usize>) -> Option<Part> {
        let needed = least.min(COPIES);
        let mut all = self.part(&Node::Empty)?;
        match most {
            None => {
                for _ in 1..needed {
                    let part = self.part(inner)?;
                    all = self.joined(all, part);
                }
                let mut part = self.part(inner)?;
                let (last, first) = (part.last.clone(), part.first.clone());
                self.step(&last, &first);
                part.empty |= least == 0;
                Some(self.joined(all, part))
            }
            Some(most) => {
                for _ in 0..needed {
                    let part = self.part(inner)?;
                    all = self.joined(all, part);
                }
                let rest = self.optional(inner, most.min(COPIES).saturating_sub(needed))?;
                Some(self.joined(all, rest))
            }
        }
    }

    /// Up to so many copies; one is only taken after the one before it.
    fn optional(&mut self, inner: &Node, count: usize) -> Option<Part> {
        let mut all = self.part(&Node::Empty)?;
        if count > 0 {
            let part = self.part(inner)?;
            let rest = self.optional(inner, count - 1)?;
            all = self.joined(part, rest);
            all.empty = true;
        }
        Some(all)
    }

    fn step(&mut self, from: &[usize], to: &[usize]) {
        for &a in from {
            for &b in to {
                if self.follow[a].contains(&b) {
                    self.twice.push((a, b));
                } else {
                    self.follow[a].push(b);
                }
            }
        }
    }

    /// Who reaches whom, and from that the loops.
    fn connect(&mut self) {
        let count = self.sets.len();
        self.reach = (0..count).map(|from| self.from(from)).collect();
        self.loops = (0..count)
            .map(|place| (0..count).find(|&other| self.reach[place][other] && self.reach[other][place]))
            .enumerate()
            .map(|(place, found)| found.unwrap_or(place))
            .collect();
    }

    fn from(&self, start: usize) -> Vec<bool> {
        let mut seen = vec![false; self.sets.len()];
        let mut open = vec![start];
        while let Some(place) = open.pop() {
            for &next in &self.follow[place] {
                if !std::mem::replace(&mut seen[next], true) {
                    open.push(next);
                }
            }
        }
        seen
    }
}
