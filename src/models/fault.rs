//! How a refusal of a model file is worded: what, where in the file, and the way out.
//!
//! In: a file's name and a cause. Out: a [`Fatal`].
//! Deliberately absent: hostile bytes in messages; every name taken from a file passes [`quoted`].
//! Start at [`refused`].

use std::fmt::Write as _;

use crate::problem::{Exit, Fatal};

/// The model file `file` cannot be used, because of `cause`.
pub(super) fn refused(file: &str, cause: impl std::fmt::Display, help: &str) -> Fatal {
    Fatal::new(
        Exit::Usage,
        format!("the model file {} was refused", quoted(file)),
        help,
    )
    .because(cause)
}

/// A file that does not keep to its format.
pub(super) fn damaged(file: &str, cause: impl std::fmt::Display) -> Fatal {
    let help = "the file is damaged, cut short or not of this format: fetch it again, compare its SHA-256 with its \
                publisher's, and import it once more";
    refused(file, cause, help)
}

/// Text out of a file, fit for a message: at most 80 characters, control and invisible ones escaped, in backquotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == 80 {
            out.push('…');
            break;
        }
        let shown = character == ' ' || character.is_ascii_graphic() || character.is_alphanumeric();
        if shown && character != '`' {
            out.push(character);
        } else {
            write!(out, "\\u{{{:x}}}", character as u32).expect("writing to a String cannot fail");
        }
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_from_files_cannot_drive_a_terminal() {
        assert_eq!(quoted("blk.0\u{1b}[2J\u{202e}`"), r"`blk.0\u{1b}[2J\u{202e}\u{60}`");
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), 83);
    }
}
