//! Words, strings and signs: what the readers of SQL, GraphQL and nginx share.
//!
//! In: text and a [`Spelling`]. Out: tokens with their bytes; comments are passed over. Never fails: a string that does not
//! end reaches to the end of the text. Start at [`tokens`].

/// Most tokens of one file.
const TOKENS: usize = 200_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    Text,
    Sign,
}

#[derive(Debug, Clone)]
pub struct Token {
    pub kind: Kind,
    /// A string without its quotes.
    pub text: String,
    pub start: usize,
    pub end: usize,
}

impl Token {
    /// Whether it is this word in any case, or this sign.
    pub fn is(&self, word: &str) -> bool {
        self.kind != Kind::Text && self.text.eq_ignore_ascii_case(word)
    }
}

pub struct Spelling {
    /// What starts a comment to the end of the line.
    pub comments: &'static [&'static str],
    /// Whether `/* … */` is one too.
    pub blocks: bool,
    /// Characters that open and close strings. Three in a row open one that three close.
    pub quotes: &'static [char],
    /// Signs that end a word; everything but these and space belongs to words.
    pub signs: &'static [char],
    /// Whether a quote is written by doubling it, as well as behind a backslash.
    pub doubled: bool,
}

pub fn tokens(text: &str, spelling: &Spelling) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if found.len() >= TOKENS {
            break;
        }
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if spelling.comments.iter().any(|mark| rest.starts_with(mark)) {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if spelling.blocks && rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if spelling.quotes.contains(&c) {
            let (inner, length) = quoted(rest, c, spelling.doubled);
            found.push(token(Kind::Text, inner, at, at + length));
            at += length;
        } else if spelling.signs.contains(&c) {
            found.push(token(Kind::Sign, c.to_string(), at, at + c.len_utf8()));
            at += c.len_utf8();
        } else {
            let ends = |c: char| c.is_whitespace() || spelling.signs.contains(&c) || spelling.quotes.contains(&c);
            let length = rest.find(ends).unwrap_or(rest.len());
            found.push(token(Kind::Word, rest[..length].to_owned(), at, at + length));
            at += length;
        }
    }
    found
}

fn token(kind: Kind, text: String, start: usize, end: usize) -> Token {
    Token { kind, text, start, end }
}

/// What a string holds, and how long it is with its quotes.
fn quoted(rest: &str, quote: char, doubled: bool) -> (String, usize) {
    let three: String = std::iter::repeat_n(quote, 3).collect();
    if !doubled && rest.starts_with(&three) {
        let inner = &rest[3..];
        let end = inner.find(&three).unwrap_or(inner.len());
        return (inner[..end].to_owned(), (3 + end + 3).min(rest.len()));
    }
    let mut inner = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => inner.extend(chars.next().map(|(_, c)| c)),
            c if c == quote && doubled && chars.peek().is_some_and(|(_, next)| *next == quote) => {
                chars.next();
                inner.push(c);
            }
            c if c == quote => return (inner, at + c.len_utf8()),
            c => inner.push(c),
        }
    }
    (inner, rest.len())
}
