//! The Markdown of a card: what stands between its headings.
//!
//! In: the text of a card. Out: its front matter, and [`Sections`] with their examples, or a sentence that names the heading at
//! fault. Deliberately absent: the front matter's meaning, which is `load`'s. Start at [`sections`].

use std::collections::BTreeMap;

use super::load::{LANGUAGES, NOTATIONS, known};
use super::{Example, Sections};

const HEADINGS: [&str; 7] = ["What", "Why", "Vulnerable", "Safe", "Look for", "Refute if", "Fix"];

/// Front matter and body.
pub(super) fn halves(text: &str) -> Result<(&str, &str), String> {
    let rest = text.strip_prefix("+++\n").ok_or("a card must open with a `+++` line")?;
    rest.split_once("\n+++\n")
        .ok_or_else(|| "the front matter must be closed by a `+++` line".to_owned())
}

/// Splits the body at its `# ` headings; a `#` inside a fence is code.
pub(super) fn sections(body: &str) -> Result<Sections, String> {
    let (mut found, mut fenced): (BTreeMap<&str, String>, bool) = (BTreeMap::new(), false);
    let mut current: Option<&str> = None;
    for line in body.lines() {
        fenced ^= line.starts_with("```");
        match line.strip_prefix("# ").filter(|_| !fenced) {
            Some(heading) => {
                let heading = HEADINGS.iter().find(|known| **known == heading.trim());
                let heading = heading.ok_or_else(|| format!("`{line}` is not a heading of a card"))?;
                if found.insert(heading, String::new()).is_some() {
                    return Err(format!("`{line}` appears twice"));
                }
                current = Some(heading);
            }
            None => match current {
                Some(heading) => *found.entry(heading).or_default() += &format!("{line}\n"),
                None if line.trim().is_empty() => {}
                None => return Err(format!("`{line}` stands before the first heading")),
            },
        }
    }
    if fenced {
        return Err("a fence is not closed".to_owned());
    }
    let mut prose = |heading: &str| match found.remove(heading).map(|text| text.trim().to_owned()) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("the section `# {heading}` is missing or empty")),
    };
    Ok(Sections {
        what: prose("What")?,
        why: prose("Why")?,
        vulnerable: examples(&prose("Vulnerable")?)?,
        safe: examples(&prose("Safe")?)?,
        look_for: prose("Look for")?,
        refute_if: prose("Refute if")?,
        fix: prose("Fix")?,
    })
}

/// The fences of a section; text between them is for people and is left out.
fn examples(section: &str) -> Result<Vec<Example>, String> {
    let (mut out, mut open): (Vec<Example>, bool) = (Vec::new(), false);
    for line in section.lines() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(tag) => {
                known(
                    "example",
                    &[tag.trim().to_owned()],
                    &[&LANGUAGES[..], &NOTATIONS[..]].concat(),
                )?;
                out.push(Example {
                    language: tag.trim().to_owned(),
                    code: String::new(),
                });
                open = true;
            }
            None if open => {
                let example = out.last_mut().expect("a fence is open, so an example was pushed");
                example.code += &format!("{line}\n");
            }
            None => {}
        }
    }
    Ok(out)
}
