//! Text of programs → words to search by.
//!
//! In: any text. Out: lower-case words: every identifier whole, and its parts when it has several.
//! Deliberately absent: stemming and stop words (rarity takes care of both), and any grammar: the words of string
//! literals and comments count as words.
//! Start at [`words`].

/// Longest word kept, in bytes: beyond that it is data, not a name.
const LONGEST: usize = 64;

/// Calls `each` with every word of `text`, in order. `getUserById` gives `getuserbyid get user by id`, `max-age` gives
/// `max-age max age`, `src/app.py` gives `src app py`, `utf8` gives `utf8 utf 8`. Parts of one character are left out.
pub fn words(text: &str, each: &mut impl FnMut(&str)) {
    let (mut lower, mut part) = (String::new(), String::new());
    for run in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))) {
        let run = run.trim_matches(['-', '$']);
        if run.is_empty() {
            continue;
        }
        if is_kebab(run) {
            word(run, &mut lower, &mut part, each);
        } else {
            run.split('-').for_each(|run| word(run, &mut lower, &mut part, each));
        }
    }
}

/// Several words joined by single hyphens, as in header and option names, rather than a subtraction.
fn is_kebab(run: &str) -> bool {
    run.contains('-')
        && run
            .split('-')
            .all(|part| part.len() > 1 && part.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn word(run: &str, lower: &mut String, part: &mut String, each: &mut impl FnMut(&str)) {
    if run.is_empty() || run.len() > LONGEST || run.bytes().all(|b| matches!(b, b'_' | b'$')) {
        return;
    }
    lower.clear();
    lower.extend(run.chars().flat_map(char::to_lowercase));
    each(lower);
    for piece in run.split(['_', '-', '$']) {
        for (start, end) in humps(piece) {
            part.clear();
            part.extend(piece[start..end].chars().flat_map(char::to_lowercase));
            if part != lower && end - start > 1 {
                each(part);
            }
        }
    }
}

/// Byte ranges of the parts of an identifier: `parseHTTPRequest2` is `parse`, `HTTP`, `Request`, `2`.
fn humps(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut cuts: Vec<usize> = vec![0];
    for at in 1..chars.len() {
        let (before, here) = (chars[at - 1].1, chars[at].1);
        let after_is_lower = chars.get(at + 1).is_some_and(|(_, c)| c.is_lowercase());
        let hump = (before.is_lowercase() && here.is_uppercase())
            || (before.is_uppercase() && here.is_uppercase() && after_is_lower)
            || before.is_numeric() != here.is_numeric();
        if hump {
            cuts.push(chars[at].0);
        }
    }
    cuts.push(text.len());
    (1..cuts.len())
        .map(move |at| (cuts[at - 1], cuts[at]))
        .filter(|(start, end)| start < end)
}
