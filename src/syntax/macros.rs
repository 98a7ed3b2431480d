//! Macro calls of Rust spelled as ordinary calls, so that one grammar reads what stands inside them.
//!
//! In: the text of a file. Out: a text of the same length in which `format!("…", x)` is `format ("…", x)` and
//! `vec![x; n]` is `    [x; n]`; every other byte is as it was, so spans hold for both.
//! Macros whose arguments are no expressions (`matches!`, `select!`, `json!({…})`, anything with `$`) stay as they are.
//! Start at [`as_calls`].

use std::borrow::Cow;

/// Macros that take patterns or a language of their own between round or square brackets.
const OWN_SYNTAX: [&str; 14] = [
    "matches",
    "assert_matches",
    "debug_assert_matches",
    "macro_rules",
    "quote",
    "quote_spanned",
    "parse_quote",
    "select",
    "json",
    "html",
    "view",
    "rsx",
    "thread_local",
    "lazy_static",
];

/// Words that may stand next to another word in an expression.
const KEYWORDS: [&str; 22] = [
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "for", "if", "impl", "in", "let", "loop",
    "match", "move", "mut", "raw", "ref", "return", "unsafe", "while",
];

/// A run of bytes that belong together: a word, a literal, or one byte of punctuation.
#[derive(Debug, Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    kind: Kind,
    /// For brackets, the token that closes or opens it; otherwise itself.
    pair: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Literal,
    Mark(u8),
}

/// The text with every macro call that can be read as a call spelled as one.
pub(super) fn as_calls(text: &str) -> Cow<'_, str> {
    if !text.contains('!') {
        return Cow::Borrowed(text);
    }
    let tokens = tokens(text.as_bytes());
    let mut bytes = text.as_bytes().to_vec();
    for at in 0..tokens.len() {
        if let Some(open) = call(text, &tokens, at) {
            spell(&mut bytes, &tokens, at, open, &text[tokens[at].start..tokens[at].end]);
        }
    }
    // Only whole ASCII bytes were replaced by ASCII ones.
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The opening bracket of a macro call whose name is token `at` and whose arguments are expressions.
fn call(text: &str, tokens: &[Token], at: usize) -> Option<usize> {
    let (name, bang, open) = (tokens[at], tokens.get(at + 1)?, tokens.get(at + 2)?);
    let bracket = matches!(open.kind, Kind::Mark(b'(' | b'[')) && open.pair > at + 2;
    let adjacent = name.kind == Kind::Word && bang.kind == Kind::Mark(b'!') && bang.start == name.end;
    if !bracket || !adjacent || OWN_SYNTAX.contains(&&text[name.start..name.end]) {
        return None;
    }
    expressions(text, tokens, at + 2).then_some(at + 2)
}

/// Whether what stands between two brackets reads as a list of expressions.
fn expressions(text: &str, tokens: &[Token], open: usize) -> bool {
    let word = |at: usize| &text[tokens[at].start..tokens[at].end];
    let (close, list) = (tokens[open].pair, word(open - 2) == "vec");
    let mut at = open + 1;
    while at < close {
        let (before, here, after) = (tokens[at - 1].kind, tokens[at].kind, tokens[at + 1].kind);
        let deep = match here {
            Kind::Mark(b'$' | b'@') => return false,
            Kind::Mark(b'#') if matches!(after, Kind::Word | Kind::Mark(b'(')) => return false,
            // `{"key": value}`
            Kind::Mark(b':') if before == Kind::Literal => return false,
            Kind::Mark(b';') if !list => return false,
            Kind::Mark(b'=') if after == Kind::Mark(b'>') => return false,
            Kind::Mark(b':') if after == Kind::Mark(b':') => {
                at += 2;
                continue;
            }
            Kind::Mark(b':') if !labels(tokens, at) => return false,
            // `pub struct Name`
            Kind::Word if after == Kind::Word && !KEYWORDS.contains(&word(at)) && !KEYWORDS.contains(&word(at + 1)) => {
                return false;
            }
            Kind::Mark(b'{') if matches!(before, Kind::Mark(b'(' | b',')) && pairs(tokens, at) => return false,
            Kind::Mark(b'(' | b'[' | b'{') => tokens[at].pair > at,
            _ => false,
        };
        if deep {
            // Whatever stands deeper is read on its own terms.
            if tokens[at..tokens[at].pair]
                .iter()
                .any(|token| token.kind == Kind::Mark(b'$'))
            {
                return false;
            }
            at = tokens[at].pair;
        }
        at += 1;
    }
    true
}

/// `{ key: value }` or `{ key => value }`, which is no block.
fn pairs(tokens: &[Token], open: usize) -> bool {
    let [key, mark, next] = [open + 1, open + 2, open + 3].map(|at| tokens.get(at).map(|token| token.kind));
    matches!(key, Some(Kind::Literal | Kind::Word))
        && match mark {
            Some(Kind::Mark(b':')) => next != Some(Kind::Mark(b':')),
            Some(Kind::Mark(b'=')) => next == Some(Kind::Mark(b'>')),
            _ => false,
        }
}

/// `name:` at the start of an argument.
fn labels(tokens: &[Token], colon: usize) -> bool {
    colon >= 2
        && tokens[colon - 1].kind == Kind::Word
        && matches!(tokens[colon - 2].kind, Kind::Mark(b'(' | b'[' | b','))
}

/// Overwrites the marks that make it a macro call.
fn spell(bytes: &mut [u8], tokens: &[Token], name: usize, open: usize, word: &str) {
    bytes[tokens[name + 1].start] = b' ';
    if word == "vec" {
        bytes[tokens[name].start..tokens[name].end].fill(b' ');
        return;
    }
    let close = tokens[open].pair;
    bytes[tokens[open].start] = b'(';
    bytes[tokens[close].start] = b')';
    let mut at = open + 1;
    while at < close {
        let before = tokens[at - 1].kind;
        match tokens[at].kind {
            // How a log line shows a field: `%error`, `?error`.
            Kind::Mark(b'%' | b'?') if matches!(before, Kind::Mark(b'(' | b',' | b'=')) => {
                bytes[tokens[at].start] = b' ';
            }
            Kind::Mark(b':') if tokens[at + 1].kind == Kind::Mark(b':') => at += 1,
            Kind::Mark(b':') => bytes[tokens[at].start] = b'=',
            Kind::Mark(b'(' | b'[' | b'{') if tokens[at].pair > at => at = tokens[at].pair,
            _ => {}
        }
        at += 1;
    }
}

fn tokens(bytes: &[u8]) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let (end, kind) = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = line_end(bytes, at);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = comment_end(bytes, at);
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'"' => (string_end(bytes, at), Kind::Literal),
            b'\'' => quote(bytes, at),
            byte if is_word(byte) => word(bytes, at),
            byte => (at + 1, Kind::Mark(byte)),
        };
        at = end;
        let number = found.len();
        let mut pair = number;
        match kind {
            Kind::Mark(b'(' | b'[' | b'{') => open.push(number),
            Kind::Mark(b')' | b']' | b'}') => {
                if let Some(opened) = open.pop() {
                    found[opened].pair = number;
                    pair = opened;
                }
            }
            _ => {}
        }
        found.push(Token { start, end, kind, pair });
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// A word, a number, or a literal with a prefix: `r#"…"#`, `b"…"`, `b'x'`.
fn word(bytes: &[u8], start: usize) -> (usize, Kind) {
    let mut end = start;
    while end < bytes.len() && is_word(bytes[end]) {
        end += 1;
    }
    let prefix = &bytes[start..end];
    if !matches!(prefix, b"r" | b"b" | b"br" | b"c" | b"cr") {
        let kind = if bytes[start].is_ascii_digit() {
            Kind::Literal
        } else {
            Kind::Word
        };
        return (end, kind);
    }
    let raw = prefix.ends_with(b"r");
    let hashes = bytes[end..].iter().take_while(|byte| **byte == b'#').count();
    match bytes.get(end + hashes) {
        Some(b'"') if raw => (raw_end(bytes, end + hashes + 1, hashes), Kind::Literal),
        Some(b'"') if hashes == 0 => (string_end(bytes, end), Kind::Literal),
        Some(b'\'') if hashes == 0 && prefix == b"b" => (quote(bytes, end).0, Kind::Literal),
        _ => (end, Kind::Word),
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |at| from + at)
}

/// Comments nest.
fn comment_end(bytes: &[u8], from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => (depth, at) = (depth + 1, at + 2),
            (b'*', Some(b'/')) => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw_end(bytes: &[u8], from: usize, hashes: usize) -> usize {
    let mut at = from;
    while at < bytes.len() {
        let closes = bytes[at] == b'"' && bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count() >= hashes;
        if closes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    bytes.len()
}

/// A character, or the name of a lifetime.
fn quote(bytes: &[u8], at: usize) -> (usize, Kind) {
    if bytes.get(at + 1) == Some(&b'\\') {
        let close = bytes[(at + 3).min(bytes.len())..]
            .iter()
            .take(16)
            .position(|byte| *byte == b'\'');
        return (
            close.map_or(bytes.len().min(at + 3), |close| at + 3 + close + 1),
            Kind::Literal,
        );
    }
    let close = bytes[at + 1..].iter().take(5).position(|byte| *byte == b'\'');
    match close {
        // One character of up to four bytes; `'a, 'b` is two lifetimes.
        Some(close) if close == 1 || (close > 1 && bytes[at + 1] >= 0x80) => (at + close + 2, Kind::Literal),
        _ => (at + 1, Kind::Mark(b'\'')),
    }
}

#[cfg(test)]
mod tests {
    use super::as_calls;

    #[test]
    fn macro_calls_become_calls_of_the_same_length() {
        for (text, spelled) in [
            (r#"format!("a{}", x.y())"#, r#"format ("a{}", x.y())"#),
            ("vec![0u8; n]", "    [0u8; n]"),
            ("a(vec![format!(\"x\")])", "a(    [format (\"x\")])"),
            ("info!(user = %name, ?id, \"x\")", "info (user =  name,  id, \"x\")"),
            ("error!(target: \"a\", x::y)", "error (target= \"a\", x::y)"),
            ("sqlx::query!(r#\"a)\"#, 'b')", "sqlx::query (r#\"a)\"#, 'b')"),
            ("println![\"a\"]", "println (\"a\")"),
        ] {
            assert_eq!(as_calls(text), spelled);
            assert_eq!(text.len(), spelled.len());
        }
    }

    #[test]
    fn what_holds_no_expressions_stays_as_it_is() {
        for text in [
            "matches!(x, Some(_))",
            "json!({\"a\": b})",
            "select! { a = b => c }",
            "m!($x)",
            "other!(a => b)",
            "a != (b)",
            "// f!(x)",
            "\"f!(x)\"",
            "r\"f!(x)\"",
            "f!(",
            "f!(x, { \"a\" => b })",
            "f!(pub Name)",
            "'\"'; \"f!(x)\"",
            "fn f<'a>(x: &'a str) {} /* f!(x) */",
            "\u{e9}!",
        ] {
            assert_eq!(as_calls(text), text);
        }
    }
}
