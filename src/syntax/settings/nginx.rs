//! The configuration of nginx.
//!
//! In: text. Out: `block.block arguments.directive = arguments`. Start at [`read`].

use super::Broken;
use super::sheet::Sheet;
use super::tokens::{Spelling, Token, tokens};

const SPELLING: Spelling = Spelling {
    comments: &["#"],
    blocks: false,
    quotes: &['"', '\''],
    signs: &['{', '}', ';'],
    doubled: false,
};

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let mut words: Vec<Token> = Vec::new();
    // Whether the sheet went down with each block that is open.
    let mut open: Vec<bool> = Vec::new();
    for token in tokens(text, &SPELLING) {
        let joined = |words: &[Token]| -> String {
            let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
            texts.join(" ")
        };
        if token.is(";") {
            if let Some((first, rest)) = words.split_first().filter(|_| open.iter().all(|entered| *entered)) {
                sheet.say(&first.text, &joined(rest), first.start, token.end);
            }
            words.clear();
        } else if token.is("{") {
            open.push(sheet.enter(joined(&words)));
            words.clear();
        } else if token.is("}") {
            if open.pop().ok_or(Broken)? {
                sheet.leave();
            }
            words.clear();
        } else {
            words.push(token);
        }
    }
    if open.is_empty() { Ok(()) } else { Err(Broken) }
}
