//! The texts that an organisation puts in place of the embedded ones: whole cards, and what judges are told first.
//!
//! In: names and texts of files that the supervisor read from a folder of the organisation's, never of a scanned tree. Out:
//! [`install`]ed once per process, before the first card is used; from then on [`super::all`] holds them, and [`told`].
//! Deliberately absent: disks. Start at [`install`].

use std::sync::OnceLock;

use super::Card;

/// What the detector of an instruction-following model is told first.
pub const DETECT: &str = "detect.md";
/// What its verifier is told first.
pub const VERIFY: &str = "verify.md";

/// Most bytes of one file: it must leave room for code in a prompt.
const MOST_BYTES: usize = 64 << 10;

/// Name and text of a file, as given.
pub type File = (String, String);

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// Counted from 1; `None` where it is about the file as a whole.
    pub line: Option<usize>,
    pub what: String,
}

static OWN: OnceLock<Vec<File>> = OnceLock::new();

/// Puts these files in place of the embedded texts of the same names, for as long as this process lives. The same ones may
/// be installed again; others are refused, because what was read by then cannot be taken back.
pub fn install(files: &[File]) -> Result<(), Fault> {
    check(files)?;
    if OWN.get_or_init(|| files.to_vec()) == files {
        return Ok(());
    }
    let first = files.first().map_or_else(String::new, |(name, _)| name.clone());
    Err(whole(&first, "other texts are in use already"))
}

/// What was put in place of the text of this name.
pub fn told(name: &str) -> Option<&'static str> {
    let (_, text) = installed().iter().find(|(own, _)| own == name)?;
    Some(text)
}

/// All files in use; none means that every text is the embedded one.
pub fn installed() -> &'static [File] {
    OWN.get_or_init(Vec::new)
}

fn check(files: &[File]) -> Result<(), Fault> {
    for (name, text) in files {
        if text.len() > MOST_BYTES {
            let what = format!("it has {} bytes, at most {MOST_BYTES} are read", text.len());
            return Err(whole(name, &what));
        }
        match name.as_str() {
            DETECT | VERIFY if text.trim().is_empty() => return Err(whole(name, "it is empty")),
            DETECT | VERIFY => {}
            _ => check_card(name, text)?,
        }
    }
    Ok(())
}

fn check_card(name: &str, text: &str) -> Result<(), Fault> {
    let number = name.strip_prefix("cwe-").and_then(|rest| rest.strip_suffix(".md"));
    let Some(number) = number.and_then(|digits| digits.parse::<u32>().ok()) else {
        let what = format!("its name is none of {DETECT}, {VERIFY} and cwe-NUMBER.md");
        return Err(whole(name, &what));
    };
    let card = Card::parse(text).map_err(|what| Fault {
        file: name.to_owned(),
        line: place(text, &what),
        what,
    })?;
    if card.number() == number {
        return Ok(());
    }
    let what = format!("`{}` does not belong in a file of this name", card.id);
    Err(Fault {
        file: name.to_owned(),
        line: place(text, &what),
        what,
    })
}

fn whole(file: &str, what: &str) -> Fault {
    Fault {
        file: file.to_owned(),
        line: None,
        what: what.to_owned(),
    }
}

/// Where the fault is: the line that TOML names, the front matter beginning on the second line of the file, or the first
/// line that holds what the sentence quotes.
fn place(text: &str, what: &str) -> Option<usize> {
    let named = what.split_once("at line ").map(|(_, rest)| rest);
    let digits = named.map(|rest| &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())]);
    if let Some(line) = digits.and_then(|digits| digits.parse::<usize>().ok()) {
        return Some(line + 1);
    }
    let quoted = what.split('`').skip(1).step_by(2).filter(|words| !words.is_empty());
    let line_of = |words: &str| text.lines().position(|line| line.contains(words));
    quoted.filter_map(line_of).next().map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::library::LIBRARY;

    fn fault(name: &str, text: &str) -> Fault {
        check(&[(name.to_owned(), text.to_owned())]).expect_err(name)
    }

    fn embedded(name: &str) -> String {
        let (_, text) = LIBRARY.iter().find(|(file, _)| *file == name).expect("a card");
        (*text).to_owned()
    }

    #[test]
    fn every_embedded_card_may_stand_in_for_itself() {
        let files: Vec<File> = LIBRARY
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        assert_eq!(check(&files), Ok(()));
    }

    #[test]
    fn a_fault_names_its_file_and_line() {
        let good = embedded("cwe-89.md");
        let number = |words: &str| good.lines().position(|line| line.contains(words)).expect(words) + 1;
        let severity = fault("cwe-89.md", &good.replacen("severity = \"", "severity = \"very ", 1));
        assert_eq!(severity.line, Some(number("severity = ")), "{severity:?}");
        let heading = fault("cwe-89.md", &good.replace("\n# Fix", "\n# Mend"));
        assert_eq!(heading.line, Some(number("# Fix")), "{heading:?}");
        let pattern = fault("cwe-89.md", &good.replacen("execute(0)", "execute(0", 1));
        assert_eq!(pattern.line, Some(number("execute(0)")), "{pattern:?}");
        let other = fault("cwe-90.md", &good);
        assert_eq!((other.line, other.file.as_str()), (Some(number("id = ")), "cwe-90.md"));
    }

    #[test]
    fn names_that_mean_nothing_and_empty_texts_are_refused() {
        assert!(fault("cwe-x.md", "x").what.contains("none of detect.md, verify.md"));
        assert!(fault("detect.txt", "x").what.contains("its name"));
        assert!(fault("verify.md", " \n").what.contains("empty"));
        assert!(fault("detect.md", &"x".repeat(MOST_BYTES + 1)).what.contains("bytes"));
    }
}
