//! A regex becomes a tree.
//!
//! In: the text of a regex. Out: [`Node`]s: the expression itself, then what stands in its look-arounds. Whatever this
//! does not know stands for nothing, so that a strange regex gives fewer facts and never an error.
//! Start at [`parts`].

use super::automaton::Set;

#[derive(Debug, Clone)]
pub enum Node {
    Empty,
    One(Set),
    Row(Vec<Node>),
    Either(Vec<Node>),
    /// At least, and at most where there is an end.
    Repeat(Box<Node>, usize, Option<usize>),
}

/// Deepest nesting that is read.
const DEPTH: usize = 40;

pub fn parts(regex: &str, caseless: bool) -> Vec<Node> {
    let mut reader = Reader {
        chars: regex.chars().collect(),
        at: 0,
        caseless,
        around: Vec::new(),
        depth: 0,
    };
    let mut whole = vec![reader.either()];
    // A bracket that closes nothing ends no expression.
    while reader.at < reader.chars.len() {
        reader.at += 1;
        whole.push(reader.either());
    }
    let mut parts = vec![Node::Row(whole)];
    parts.append(&mut reader.around);
    parts
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    caseless: bool,
    around: Vec<Node>,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek();
        self.at += usize::from(found.is_some());
        found
    }

    fn takes(&mut self, text: &str) -> bool {
        let fits = text
            .chars()
            .enumerate()
            .all(|(at, c)| self.chars.get(self.at + at) == Some(&c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn either(&mut self) -> Node {
        let mut ways = vec![self.row()];
        while self.takes("|") {
            ways.push(self.row());
        }
        if ways.len() == 1 {
            ways.remove(0)
        } else {
            Node::Either(ways)
        }
    }

    fn row(&mut self) -> Node {
        let mut items = Vec::new();
        while self.peek().is_some_and(|c| c != '|' && c != ')') {
            let item = self.item();
            items.push(self.repeated(item));
        }
        Node::Row(items)
    }

    fn item(&mut self) -> Node {
        match self.next() {
            Some('(') => self.group(),
            Some('[') => {
                let set = self.class();
                self.one(set)
            }
            Some('.') => Node::One(Set::of('\n').inverse()),
            Some('$') => Node::One(Set::END),
            Some('^') | None => Node::Empty,
            Some('\\') => match self.next() {
                Some('b' | 'B' | 'A' | 'G') => Node::Empty,
                Some('z' | 'Z') => Node::One(Set::END),
                Some('1'..='9') => Node::Empty,
                Some(c) => {
                    let set = self.escaped(c);
                    self.one(set)
                }
                None => Node::Empty,
            },
            Some(c) => self.one(Set::of(c)),
        }
    }

    fn one(&self, set: Set) -> Node {
        Node::One(if self.caseless { set.caseless() } else { set })
    }

    fn group(&mut self) -> Node {
        let looks = ["?=", "?!", "?<=", "?<!"].iter().any(|mark| self.takes(mark));
        if !looks && !self.takes("?:") && !self.takes("?>") && self.takes("?") {
            // A name, or flags.
            self.takes("P");
            while self.peek().is_some_and(|c| c.is_alphanumeric() || "<_-'".contains(c)) {
                self.at += 1;
            }
            let _ = self.takes(">") || self.takes(":") || self.takes("'");
        }
        if self.depth >= DEPTH {
            self.at = self.chars.len();
            return Node::Empty;
        }
        self.depth += 1;
        let inner = self.either();
        self.depth -= 1;
        self.takes(")");
        if looks {
            self.around.push(inner);
            return Node::Empty;
        }
        inner
    }

    fn repeated(&mut self, item: Node) -> Node {
        let mut item = item;
        loop {
            let (least, most) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.counts() {
                    Some(counts) => counts,
                    None => return item,
                },
                _ => return item,
            };
            if self.peek() != Some('{') {
                self.at += 1;
            } else {
                while self.next().is_some_and(|c| c != '}') {}
            }
            let _ = self.takes("?");
            item = Node::Repeat(Box::new(item), least, most);
        }
    }

    /// `{2,5}` ahead; `{` alone is a character.
    fn counts(&self) -> Option<(usize, Option<usize>)> {
        let rest: String = self.chars[self.at + 1..].iter().take(12).collect();
        let (inner, _) = rest.split_once('}')?;
        let number = |text: &str| text.parse::<usize>().ok();
        match inner.split_once(',') {
            Some((least, "")) => Some((number(least)?, None)),
            Some((least, most)) => Some((number(least)?, Some(number(most)?))),
            None => number(inner).map(|count| (count, Some(count))),
        }
    }

    fn class(&mut self) -> Set {
        let inverse = self.takes("^");
        let mut set = Set::default();
        while let Some(c) = self.next() {
            if c == ']' {
                break;
            }
            let from = if c == '\\' {
                match self.next() {
                    Some('b') => Set::of('\u{8}'),
                    Some(c) => self.escaped(c),
                    None => break,
                }
            } else {
                Set::of(c)
            };
            let range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
            match (range, from.only()) {
                (true, Some(low)) => {
                    self.at += 1;
                    let high = match self.next() {
                        Some('\\') => self.next().and_then(|c| self.escaped(c).only()),
                        Some(c) => Some(c),
                        None => None,
                    };
                    set = set.with(high.map_or(from, |high| Set::between(low, high)));
                }
                _ => set = set.with(from),
            }
        }
        if inverse { set.inverse() } else { set }
    }

    /// What `\c` stands for.
    fn escaped(&mut self, c: char) -> Set {
        match c {
            'd' => Set::between('0', '9'),
            'D' => Set::between('0', '9').inverse(),
            'w' => Set::word(),
            'W' => Set::word().inverse(),
            's' => Set::space(),
            'S' => Set::space().inverse(),
            'n' => Set::of('\n'),
            'r' => Set::of('\r'),
            't' => Set::of('\t'),
            'f' => Set::of('\u{c}'),
            'v' => Set::of('\u{b}'),
            '0' => Set::of('\0'),
            'x' | 'u' => self.coded(c),
            'p' | 'P' => {
                if self.takes("{") {
                    while self.next().is_some_and(|c| c != '}') {}
                }
                Set::of('\u{100}')
            }
            c => Set::of(c),
        }
    }

    fn coded(&mut self, c: char) -> Set {
        let braced = self.takes("{");
        let most = if c == 'x' { 2 } else { 4 + 2 * usize::from(braced) };
        let mut digits = String::new();
        while digits.len() < most && self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
            digits.extend(self.next());
        }
        if braced {
            self.takes("}");
        }
        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        Set::of(code.unwrap_or(c))
    }
}
