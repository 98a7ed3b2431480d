//! Which characters a regular expression leaves in a text that it matches as a whole, and whom they can harm.
//!
//! In: a regex as the code writes it. Out: the cards that have nothing to fear from its characters. Deliberately
//! absent: order and number of the characters, and any regex that is more than classes, groups and repeats. Plain
//! words are `shapes`. Start at [`Walker::lettered`].

use std::sync::LazyLock;

use regex::Regex;

use crate::cards::Card;

use super::shapes;
use super::value::Mask;

/// What an address of another site needs.
const ADDRESS: &str = "/:\\";
/// Characters without which a text does no harm, by card.
const HARMS: [(&str, &str); 10] = [
    ("CWE-79", "<>\"'`"),
    ("CWE-89", "'\"`\\ ();"),
    ("CWE-78", ";|&$`<>\n(){}'\"\\*?!#~"),
    ("CWE-77", ";|&$`<>\n(){}'\"\\*?!#~"),
    ("CWE-22", "/\\"),
    ("CWE-90", "()*\\&|"),
    ("CWE-643", "'\"()[]/ "),
    ("CWE-113", "\r\n"),
    ("CWE-117", "\r\n"),
    ("CWE-601", ADDRESS),
];
/// Cards about code, which can do nothing without names and texts.
const CODE: [&str; 2] = ["CWE-94", "CWE-95"];

/// For each card, the characters that it fears.
pub fn feared(cards: &[Card]) -> Vec<(usize, u128)> {
    let set = |chars: &str| chars.chars().fold(0u128, |set, c| set | bit(c));
    let letters: String = ('a'..='z').chain('A'..='Z').chain("'\"`$_\\".chars()).collect();
    let of = |card: &Card| {
        let listed = HARMS.iter().find(|(id, _)| *id == card.id).map(|(_, chars)| set(chars));
        listed.or_else(|| CODE.contains(&card.id.as_str()).then(|| set(&letters)))
    };
    (0..cards.len()).filter_map(|at| Some((at, of(&cards[at])?))).collect()
}

/// The cards that a text need not fear which this regex, anchored at both ends, matches.
pub fn spared(regex: &str, feared: &[(usize, u128)]) -> Mask {
    let Some(left) = left(regex) else { return 0 };
    // Where neither a dot nor a colon may stand, a text names no host of anybody else.
    let hostless = left & (bit('.') | bit(':') | bit('\\') | bit('@')) == 0;
    feared
        .iter()
        .filter(|(_, chars)| {
            left & chars == 0 || (hostless && *chars == ADDRESS.chars().fold(0, |set, c| set | bit(c)))
        })
        .fold(0, |mask, (card, _)| mask | 1 << card)
}

/// Whether a regex lets through only addresses of one site: `#^https://example\\.org/#`.
pub fn names_host(regex: &str) -> bool {
    static HOST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\^https?\??:(\\?/){2}[\w-]+(\\\.[\w-]+)*(:\d+)?\\?/")
            .expect("the expression is a constant of this file")
    });
    shapes::bare(regex).is_some_and(|body| HOST.is_match(body) && !body.contains('|'))
}

fn bit(c: char) -> u128 {
    if c.is_ascii() { 1 << (c as u32) } else { 0 }
}

fn range(from: char, to: char) -> u128 {
    (from..=to).fold(0, |set, c| set | bit(c))
}

/// The ASCII characters that may be in a matched text; nothing where that is not plain.
fn left(regex: &str) -> Option<u128> {
    let body = shapes::bare(regex)?;
    let inner = body.strip_prefix('^').or_else(|| body.strip_prefix("\\A"))?;
    let inner = ["\\z", "\\Z", "$"].iter().find_map(|end| inner.strip_suffix(end))?;
    let any_case = regex
        .rsplit(['/', '#', '~', '@'])
        .next()
        .is_some_and(|flags| flags.contains('i'));
    let mut chars = inner.chars().peekable();
    let mut set = 0u128;
    while let Some(c) = chars.next() {
        match c {
            '[' => set |= class(&mut chars)?,
            '\\' => set |= escape(chars.next()?)?,
            '{' => while chars.next()? != '}' {},
            '(' => {
                if chars.peek() == Some(&'?') {
                    chars.next();
                    (chars.next()? == ':').then_some(())?;
                }
            }
            ')' | '+' | '*' | '?' => {}
            // Alternatives at the top would need their own anchors.
            '|' | '.' | '^' | '$' => return None,
            c => set |= bit(c),
        }
    }
    if any_case {
        for c in 'a'..='z' {
            let upper = c.to_ascii_uppercase();
            if set & (bit(c) | bit(upper)) != 0 {
                set |= bit(c) | bit(upper);
            }
        }
    }
    Some(set)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars>) -> Option<u128> {
    let negated = chars.peek() == Some(&'^');
    if negated {
        chars.next();
    }
    let (mut set, mut last, mut first) = (0u128, None, true);
    loop {
        let c = chars.next()?;
        match c {
            ']' if !first => break,
            '[' if chars.peek() == Some(&':') => return None,
            '\\' => {
                let mut escaped = chars.next()?;
                // A string may write a backslash twice.
                if escaped == '\\' && chars.peek().is_some_and(|next| "dwsDWS-./".contains(*next)) {
                    escaped = chars.next()?;
                }
                set |= escape(escaped)?;
                last = None;
            }
            '-' if last.is_some() && chars.peek().is_some_and(|next| *next != ']') => {
                let (from, to) = (last?, chars.next()?);
                (to != '\\' && from <= to).then_some(())?;
                set |= range(from, to);
                last = None;
            }
            c => {
                set |= bit(c);
                last = Some(c);
            }
        }
        first = false;
    }
    Some(if negated { !set } else { set })
}

fn escape(c: char) -> Option<u128> {
    Some(match c {
        'd' => range('0', '9'),
        'w' => range('a', 'z') | range('A', 'Z') | range('0', '9') | bit('_'),
        's' => " \t\r\n\u{b}\u{c}".chars().fold(0, |set, c| set | bit(c)),
        't' => bit('\t'),
        'n' => bit('\n'),
        'r' => bit('\r'),
        c if c.is_ascii_alphanumeric() => return None,
        c => bit(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_characters_that_do_no_harm_are_left() {
        let cards = crate::cards::all();
        let feared = feared(cards);
        let spares = |regex: &str, id: &str| {
            let at = cards
                .iter()
                .position(|card| card.id == id)
                .expect("a card of that name");
            spared(regex, &feared) & (1 << at) != 0
        };
        assert!(spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-95") && spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-79"));
        assert!(!spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-89") && !spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-22"));
        assert!(spares(r"/^[\w.@-]+$/", "CWE-89") && spares(r"/^[\w.@-]+$/", "CWE-22"));
        assert!(spares("/^[a-z ]+$/i", "CWE-79") && !spares("/^[a-z ]+$/i", "CWE-89"));
        assert!(spares(r"/^[^<>'\x22`]+$/", "CWE-79") || left(r"/^[^<>'\x22`]+$/").is_none());
        assert!(names_host(r"#^https://cdn\.example\.com/#") && !names_host(r"#^https://cdn\.example\.com#"));
        assert!(!names_host("#https://example/#") && spares("~^/[a-z0-9/_-]*$~i", "CWE-601"));
        for regex in ["/[a-z.]+/", "/^a|b$/", "/^.*$/", r"/^[^a-z]+$/", "/^[a-z]+$/m"] {
            assert!(!spares(regex, "CWE-79"), "{regex}");
        }
    }
}
