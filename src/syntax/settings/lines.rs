//! Notations of one setting per line: `.properties`, `.ini`, `.env`.
//!
//! In: text. Out: settings below the section they stand in; quotes and what follows a `#` or `;` after a space are taken
//! off, lines that end in a backslash go on. Start at [`read`].

use super::Broken;
use super::sheet::Sheet;

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let (mut start, mut section) = (0, false);
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let first = start;
        start += line.len();
        let mut whole = line.trim_end().to_owned();
        if whole.trim_start().starts_with(['#', ';', '!']) {
            continue;
        }
        while whole.ends_with('\\') {
            whole.pop();
            let Some(next) = lines.next() else { break };
            start += next.len();
            whole.push_str(next.trim());
        }
        let lead = whole.len() - whole.trim_start().len();
        let whole = whole.trim();
        if let Some(name) = whole.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            if section {
                sheet.leave();
            }
            section = sheet.enter(name.trim());
            continue;
        }
        let whole = whole.strip_prefix("export ").unwrap_or(whole);
        let Some(at) = whole.find(['=', ':']).filter(|at| *at > 0) else {
            continue;
        };
        // A key may start with two slashes and hold a colon before its sign, as those of registries do.
        let at = if whole.starts_with("//") {
            whole.find('=').unwrap_or(at)
        } else {
            at
        };
        let (key, value) = (whole[..at].trim(), bare(whole[at + 1..].trim()));
        if key.is_empty() || key.contains(char::is_whitespace) && !key.contains('_') {
            continue;
        }
        sheet.say(
            key,
            value,
            first + lead,
            start.max(first + 1) - usize::from(text[..start].ends_with('\n')),
        );
    }
    Ok(())
}

/// A value without its quotes, or without the comment behind it.
fn bare(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner;
        }
    }
    let comment = [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|mark| value.find(mark))
        .min();
    value[..comment.unwrap_or(value.len())].trim_end()
}
