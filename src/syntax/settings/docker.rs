//! Files that build images.
//!
//! In: text. Out: `stage.INSTRUCTION = arguments`, where the stage is its number, or `last` for the one that becomes the
//! image; variables as `stage.ENV.NAME` and `stage.ARG.NAME`, and each command of a `RUN` by itself. Start at [`read`].

use super::Broken;
use super::sheet::Sheet;

/// An instruction with the bytes it stands at.
struct Instruction {
    word: String,
    rest: String,
    start: usize,
    end: usize,
    stage: usize,
}

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let all = instructions(text);
    let last = all.iter().map(|one| one.stage).max().unwrap_or(0);
    for one in all {
        let stage = if one.stage == last {
            "last".to_owned()
        } else {
            one.stage.to_string()
        };
        if !sheet.enter(stage) {
            continue;
        }
        let place = (one.start, one.end);
        match &*one.word {
            "ENV" | "ARG" => {
                for (name, value) in variables(&one.rest) {
                    sheet.say(&format!("{}.{name}", one.word), &value, place.0, place.1);
                }
            }
            "RUN" => commands(text, &one, sheet),
            word => sheet.say(word, &one.rest, place.0, place.1),
        }
        sheet.leave();
    }
    Ok(())
}

fn instructions(text: &str) -> Vec<Instruction> {
    let mut found: Vec<Instruction> = Vec::new();
    let (mut start, mut stages) = (0, 0);
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let first = start + (line.len() - line.trim_start().len());
        start += line.len();
        let mut whole = line.trim().to_owned();
        if whole.is_empty() || whole.starts_with('#') {
            continue;
        }
        let mut end = start - (line.len() - line.trim_end().len());
        while whole.ends_with('\\') {
            whole.pop();
            let Some(next) = lines.next() else { break };
            start += next.len();
            end = start - (next.len() - next.trim_end().len());
            // A comment between the lines of an instruction is none of it.
            if next.trim_start().starts_with('#') {
                whole.push('\\');
            } else {
                whole.push(' ');
                whole.push_str(next.trim());
            }
        }
        if let Some(mark) = heredoc(&whole) {
            for next in lines.by_ref() {
                start += next.len();
                end = start - (next.len() - next.trim_end().len());
                if next.trim() == mark {
                    break;
                }
                whole.push('\n');
                whole.push_str(next.trim());
            }
        }
        let (word, rest) = whole.split_once(char::is_whitespace).unwrap_or((&whole, ""));
        let word = word.to_ascii_uppercase();
        stages += usize::from(word == "FROM");
        found.push(Instruction {
            word,
            rest: rest.trim().to_owned(),
            start: first,
            end,
            stage: stages.saturating_sub(1),
        });
    }
    found
}

/// The word that ends the text which starts on the next line: `RUN <<EOF`.
fn heredoc(line: &str) -> Option<String> {
    let rest = line.split_once("<<")?.1.trim_start_matches('-');
    let word: String = rest
        .trim_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    (!word.is_empty()).then_some(word)
}

/// `A=1 B="two words"`, or `A one value`.
fn variables(text: &str) -> Vec<(String, String)> {
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let first = text.split(['=', ' ']).next().unwrap_or("");
    if text[first.len()..].starts_with(' ') && name(first) {
        let value = text[first.len()..].trim().trim_matches(['"', '\'']);
        return vec![(first.to_owned(), value.to_owned())];
    }
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((key, after)) = rest.split_once('=') {
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, left) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        if name(key.trim()) {
            found.push((key.trim().to_owned(), value.to_owned()));
        }
        rest = left.trim_start();
    }
    found
}

/// The commands of a `RUN`, each where it stands.
fn commands(text: &str, one: &Instruction, sheet: &mut Sheet) {
    let whole = text.get(one.start..one.end).unwrap_or_default();
    // The word itself is no command.
    let mut from = one.word.len().min(whole.len());
    let mut say = |from: usize, to: usize| {
        let part = &whole[from..to];
        let plain: Vec<&str> = part.split_whitespace().filter(|word| *word != "\\").collect();
        let lead = part.len() - part.trim_start_matches(|c: char| c.is_whitespace() || c == '\\').len();
        let tail = part.trim_end().len().max(lead);
        if !plain.is_empty() {
            sheet.say(
                "RUN",
                &plain.join(" "),
                one.start + from + lead,
                one.start + from + tail,
            );
        }
    };
    let (mut quote, bytes) = (None, whole.as_bytes());
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b';') => {
                say(from, at);
                from = at + 1;
            }
            (None, b'&') if bytes.get(at + 1) == Some(&b'&') && at >= from => {
                say(from, at);
                from = at + 2;
            }
            _ => {}
        }
    }
    say(from.min(whole.len()), whole.len());
}
