//! Which characters a text can hold that a regular expression matches as a whole, and whom such a text can harm.
//!
//! In: a regex as the code writes it, with its delimiters or without. Out: the ASCII characters that it lets through, and
//! the cards that have nothing to fear from them. Deliberately absent: order and number of the characters, and regexes
//! that look around or refer back, of which nothing is said. Start at [`left`] and [`Signs`].

use std::sync::LazyLock;

use regex::Regex;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::cards::Card;

use crate::flow::program::about;
use crate::flow::state::value::Mask;
use crate::regexes::fixed;

/// ASCII characters, by bit.
pub type Set = u128;

/// Letters, digits, `_` and `-`.
pub const PLAIN: Set = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
/// A longer regex is not read.
const LONGEST: usize = 1000;

/// Characters that a text needs to harm these cards. A text that lacks all of one row is harmless for its cards.
const SIGNS: &[(&[&str], &str)] = &[
    (&["CWE-89"], "'\"`;()*=\\ #<>\n"),
    (&["CWE-943", "CWE-1321", "CWE-915"], "{}[]()$'\"`;"),
    (&["CWE-77", "CWE-78"], "'\"`;|&$<>()\\ \n\r\t*?~!{}[]#"),
    (&["CWE-88"], "- "),
    (&["CWE-79"], "<>\"'`"),
    (&["CWE-94", "CWE-95", "CWE-1336"], "()[]{}'\"`;=+*/<>!&|,\\$ "),
    // Code does nothing without names and texts.
    (
        &["CWE-94", "CWE-95"],
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'\"`$_\\",
    ),
    (&["CWE-90"], "*()\\&|=!"),
    (&["CWE-643"], "'\"[]()=|@/ "),
    (&["CWE-93", "CWE-113", "CWE-117"], "\n\r"),
    (&["CWE-22", "CWE-23", "CWE-73"], "/\\"),
    (&["CWE-601"], "/\\:"),
    // No host of anybody else is named without one of these.
    (&["CWE-601"], ".:\\@"),
    (&["CWE-918"], "/\\:@.?#"),
    (&["CWE-1333"], "()[]*+?.{}|^$\\"),
    (&["CWE-91", "CWE-611"], "<>&"),
    (&["CWE-134"], "%"),
];

/// What each card of a run fears.
#[derive(Debug)]
pub struct Signs(Vec<(Set, Mask)>);

impl Signs {
    pub fn of(cards: &[Card]) -> Self {
        let row =
            |(ids, signs): &(&[&str], &str)| (set(signs), about::mask(cards, |card| ids.contains(&card.id.as_str())));
        Self(SIGNS.iter().map(row).collect())
    }

    /// The cards for which a text is harmless that holds no other ASCII characters than these.
    pub fn spare(&self, left: Set) -> Mask {
        let rows = self.0.iter().filter(|(signs, _)| left & signs == 0);
        rows.fold(0, |mask, (_, cards)| mask | cards)
    }
}

pub const fn set(text: &str) -> Set {
    let (bytes, mut at, mut set) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        set |= 1 << (bytes[at] & 127);
        at += 1;
    }
    set
}

/// How much of a text a call holds against a regex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: `fullmatch`, `matches`.
    Whole,
    /// From the beginning to wherever the regex ends.
    Start,
    /// Any part; only anchors make it the whole.
    Part,
}

/// The characters of a text that a regex matches as a whole; nothing where it matches a part, or is not plain.
pub fn left(regex: &str, extent: Extent) -> Option<Set> {
    let hir = read(regex)?;
    let (first, last) = (hir.properties().look_set_prefix(), hir.properties().look_set_suffix());
    let starts = extent != Extent::Part || first.contains(Look::Start);
    let ends = extent == Extent::Whole || last.contains(Look::End);
    (starts && ends && !regex.is_empty())
        .then(|| held(&hir))
        .filter(|set| *set != 0)
}

/// Whether an anchored regex lets through plain words only.
pub fn is_plain(regex: &str) -> bool {
    left(regex, Extent::Part).is_some_and(|left| left & !PLAIN == 0)
}

/// Whether a regex matches every character that is not plain, one by one, wherever it stands in a text.
pub fn all_but_plain(regex: &str) -> bool {
    let mut hir = read(regex);
    loop {
        hir = match hir.map(Hir::into_kind) {
            Some(HirKind::Class(class)) => return of_class(&class) & !PLAIN == !PLAIN,
            Some(HirKind::Capture(group)) => Some(*group.sub),
            Some(HirKind::Repetition(repeat)) if repeat.min <= 1 => Some(*repeat.sub),
            _ => return false,
        }
    }
}

/// Whether a regex lets through only addresses of one site: `#^https://example\\.org/#`.
pub fn names_host(regex: &str) -> bool {
    static HOST: LazyLock<Regex> = LazyLock::new(|| fixed(r"^\^https?\??:(\\?/){2}[\w-]+(\\\.[\w-]+)*(:\d+)?\\?/"));
    bare(regex).is_some_and(|(body, _)| HOST.is_match(body) && !body.contains('|'))
}

/// Whether a regex lets through only paths of this site: `^/[a-z]`.
pub fn stays(regex: &str) -> bool {
    static OWN: LazyLock<Regex> = LazyLock::new(|| fixed(r"^\^\\?/(\w|\\w|\[[\w-]+\]|\$)"));
    bare(regex).is_some_and(|(body, _)| OWN.is_match(body) && !body.contains('|'))
}

fn read(regex: &str) -> Option<Hir> {
    let (body, any_case) = bare(regex)?;
    parse(body, any_case)
}

fn parse(body: &str, any_case: bool) -> Option<Hir> {
    // What other dialects mean by these differs, and no regex is longer for a good reason.
    if body.len() > LONGEST || ["[:", "&&", "--", "~~"].iter().any(|odd| body.contains(odd)) {
        return None;
    }
    let mut own = single(body);
    if let Some(inner) = own.strip_suffix("\\Z") {
        own = format!("{inner}\\z");
    }
    ParserBuilder::new().case_insensitive(any_case).build().parse(&own).ok()
}

/// A string may write each backslash twice.
fn single(body: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(body.len()), body);
    while let Some(at) = rest.find("\\\\") {
        let twice = rest[at + 2..].starts_with(|c: char| c.is_ascii_alphabetic() || "-./@$+*?()[]{}|^".contains(c));
        out.push_str(&rest[..at]);
        out.push_str(if twice { "\\" } else { "\\\\" });
        rest = &rest[at + 2..];
        if twice && let Some(escaped) = rest.chars().next() {
            out.push(escaped);
            rest = &rest[escaped.len_utf8()..];
        }
    }
    out + rest
}

/// The regex between its delimiters, and whether the case of letters counts for nothing. Nothing when it spans lines,
/// which lets `^` and `$` hold inside the text.
fn bare(regex: &str) -> Option<(&str, bool)> {
    let open = regex.chars().next()?;
    let close = match open {
        '{' => '}',
        '/' | '#' | '~' | '@' | '!' | '%' | '|' | ',' => open,
        _ => return Some((regex, false)),
    };
    let end = regex.rfind(close).filter(|end| *end > 0)?;
    let (body, flags) = (&regex[1..end], &regex[end + 1..]);
    (!flags.contains('m') && flags.chars().all(|c| c.is_ascii_alphabetic())).then(|| (body, flags.contains('i')))
}

fn held(hir: &Hir) -> Set {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.iter().filter(|c| c.is_ascii()).fold(0, |set, c| set | 1 << c),
        HirKind::Class(class) => of_class(class),
        HirKind::Repetition(repeat) => held(&repeat.sub),
        HirKind::Capture(group) => held(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().fold(0, |set, part| set | held(part)),
    }
}

fn of_class(class: &Class) -> Set {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.iter().map(|r| (r.start() as u32, r.end() as u32)).collect(),
        Class::Bytes(class) => class.iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let ascii = ranges.into_iter().filter(|(from, _)| *from < 128);
    ascii.fold(0, |set, (from, to)| {
        (from..=to.min(127)).fold(set, |set, c| set | 1 << c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside_plain(regex: &str) -> Option<Set> {
        left(regex, Extent::Part).map(|set| set & !PLAIN)
    }

    #[test]
    fn only_what_is_anchored_at_both_ends_says_something() {
        for regex in [
            "/^[a-z0-9_-]+$/i",
            "/^\\d{1,5}$/",
            "#^[A-Z]{2}\\z#",
            "^\\w+$",
            "{^(?:[a-f0-9]{8})$}D",
            "/^(a|b)$/",
        ] {
            assert!(is_plain(regex), "{regex}");
        }
        for regex in [
            "/[a-z]+/",
            "/^[a-z]+/",
            "/^.*$/",
            "/^[^<]+$/",
            "/^[a-z. ]+$/",
            "/^a$/m",
            "/^[\\s\\w]+$/",
        ] {
            assert!(!is_plain(regex), "{regex}");
        }
        for regex in [
            "/^a|b$/",
            "",
            "/",
            "/^$/",
            "/^(?!x)[a-z]+$/",
            "^[a-z&&[^b]]$",
            "(?m)^[a-z]+$",
        ] {
            assert!(left(regex, Extent::Part).is_none(), "{regex}");
        }
        assert_eq!(left("[a-z]+", Extent::Whole), Some(set("abcdefghijklmnopqrstuvwxyz")));
        assert!(left("[a-z]+$", Extent::Start).is_some() && left("[a-z]+", Extent::Start).is_none());
    }

    #[test]
    fn classes_groups_and_doubled_backslashes_are_read() {
        assert_eq!(beside_plain(r"^[A-Za-z0-9_\/.-]{1,60}$"), Some(set("/.")));
        assert_eq!(beside_plain("/^[a-z]+(?:x)(:[0-9]{1,5})?$/"), Some(set(":")));
        assert_eq!(beside_plain(r"^[\w@]+\\.[a-z]+$"), Some(set("@.")));
        assert_eq!(beside_plain(r"^\\d+$"), Some(0));
        assert!(beside_plain("^[^<>]+$").is_some_and(|set| set & self::set("<>") == 0 && set & self::set("'") != 0));
    }

    #[test]
    fn a_regex_that_takes_all_odd_characters_out_is_known() {
        for regex in [
            "[^A-Za-z0-9_-]+",
            "/[^a-z]/g",
            r"[^\\w]",
            "~[^\\w-]+~i",
            "/\\W+/",
            "([^a-z]+)",
        ] {
            assert!(all_but_plain(regex), "{regex}");
        }
        for regex in [
            "/[^A-z]/",
            "/[^a-z]x/",
            "/<script>/i",
            "[A-Z]",
            "[^a-z.]",
            "[^<>]",
            "[^a-z]{2,}",
        ] {
            assert!(!all_but_plain(regex), "{regex}");
        }
    }

    #[test]
    fn a_text_without_the_signs_of_a_card_is_spared() {
        let cards = crate::cards::all();
        let signs = Signs::of(cards);
        let spares = |regex: &str, id: &str| {
            let at = cards
                .iter()
                .position(|card| card.id == id)
                .expect("a card of that name");
            left(regex, Extent::Part).is_some_and(|set| signs.spare(set) & (1 << at) != 0)
        };
        assert!(spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-95") && spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-79"));
        assert!(!spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-89") && !spares(r"/^[0-9+\-*\/ ().]+$/", "CWE-22"));
        assert!(spares(r"/^[\w.@-]+$/", "CWE-89") && spares(r"/^[\w.@-]+$/", "CWE-22"));
        assert!(spares("/^[a-z ]+$/i", "CWE-79") && !spares("/^[a-z ]+$/i", "CWE-89"));
        assert!(spares(r"/^[^<>'\x22`]+$/", "CWE-79") && !spares(r"/^[^<>'\x22`]+$/", "CWE-89"));
        assert!(spares("~^/[a-z0-9/_-]*$~i", "CWE-601") && !spares("~^/[a-z0-9/_.-]*$~i", "CWE-601"));
        assert!(names_host(r"#^https://cdn\.example\.com/#") && !names_host(r"#^https://cdn\.example\.com#"));
        assert!(!names_host("#https://example/#"));
    }
}
