//! YAML, and JSON as the part of it that it nearly is.
//!
//! In: text. Out: one setting per scalar; elements of lists are keyed by their position. Two spellings of a pair are also
//! told as one: `{name: KEY, value: v}` and `- KEY=v` as `KEY = v` beside the element. Aliases are not followed.
//! Start at [`yaml`].

use saphyr_parser::{Event, Marker, Parser};

use super::Broken;
use super::sheet::Sheet;

/// What the events are inside of.
enum Frame {
    Map {
        /// The key that waits for its value, and where it starts.
        key: Option<(String, usize)>,
        /// Values of `name` or `key`, and of `value` with its place.
        name: Option<String>,
        value: Option<(String, usize, usize)>,
    },
    List {
        next: usize,
    },
    /// A complex key or what lies below a limit: passed over.
    Dark,
}

/// Stands for a key that is no scalar.
fn nameless() -> (String, usize) {
    ("*".to_owned(), usize::MAX)
}

/// Characters that were passed and the bytes that they took: markers count characters.
#[derive(Default)]
struct Cursor {
    chars: usize,
    bytes: usize,
}

impl Cursor {
    /// Moves on to a marker; those before are where it stands.
    fn at(&mut self, text: &str, mark: Marker) -> usize {
        let rest = text.get(self.bytes..).unwrap_or_default();
        let more = mark.index().saturating_sub(self.chars);
        self.bytes += rest.chars().take(more).map(char::len_utf8).sum::<usize>();
        self.chars += more;
        self.bytes
    }
}

pub fn yaml(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut cursor = Cursor::default();
    for event in Parser::new_from_str(text) {
        let Ok((event, marks)) = event else { return Err(Broken) };
        match event {
            Event::DocumentEnd => sheet.next_part(),
            Event::Scalar(value, ..) => {
                let place = (cursor.at(text, marks.start), cursor.at(text, marks.end));
                scalar(&value, place, &mut frames, sheet);
            }
            Event::Alias(..) => pass(&mut frames),
            Event::SequenceStart(..) => open(Frame::List { next: 0 }, &mut frames, sheet),
            Event::MappingStart(..) => open(
                Frame::Map {
                    key: None,
                    name: None,
                    value: None,
                },
                &mut frames,
                sheet,
            ),
            Event::SequenceEnd | Event::MappingEnd => close(&mut frames, sheet),
            _ => {}
        }
    }
    Ok(())
}

/// A scalar is a key, or the value of the key or position before it.
fn scalar(value: &str, (own, end): (usize, usize), frames: &mut [Frame], sheet: &mut Sheet) {
    match frames.last_mut() {
        Some(Frame::Map {
            key: waiting @ None, ..
        }) => *waiting = Some((value.to_owned(), own)),
        Some(Frame::Map { key, name, value: kept }) => {
            let (key, start) = key.take().unwrap_or_default();
            let start = start.min(own);
            sheet.say(&key, value, start, end);
            match &*key {
                "name" | "key" => *name = Some(value.to_owned()),
                "value" => *kept = Some((value.to_owned(), start, end)),
                _ => {}
            }
        }
        Some(Frame::List { next }) => {
            sheet.say(&next.to_string(), value, own, end);
            *next += 1;
            if let Some((key, value)) = value.split_once('=').filter(|(key, _)| is_name(key)) {
                sheet.say(key, value, own, end);
            }
        }
        Some(Frame::Dark) => {}
        None => sheet.say("", value, own, end),
    }
}

/// Something that gives no setting stands where a key or a value would.
fn pass(frames: &mut [Frame]) {
    match frames.last_mut() {
        Some(Frame::Map { key, .. }) => *key = if key.is_some() { None } else { Some(nameless()) },
        Some(Frame::List { next }) => *next += 1,
        _ => {}
    }
}

fn open(new: Frame, frames: &mut Vec<Frame>, sheet: &mut Sheet) {
    let key = match frames.last_mut() {
        None => {
            // The top of a document has no key of its own.
            frames.push(new);
            return;
        }
        Some(Frame::Map { key, .. }) => {
            let own = key.take();
            // A key that is no scalar: what comes after it is its value.
            if own.is_none() {
                *key = Some(nameless());
            }
            own.map(|(key, _)| key)
        }
        Some(Frame::List { next }) => {
            *next += 1;
            Some((*next - 1).to_string())
        }
        Some(Frame::Dark) => None,
    };
    let entered = key.is_some_and(|key| sheet.enter(key));
    frames.push(if entered { new } else { Frame::Dark });
}

fn close(frames: &mut Vec<Frame>, sheet: &mut Sheet) {
    let Some(frame) = frames.pop() else { return };
    if let Frame::Map {
        name: Some(name),
        value: Some((value, start, end)),
        ..
    } = &frame
        && is_name(name)
    {
        if sheet.at().bytes().all(|b| b.is_ascii_digit()) {
            sheet.say_beside(name, value, *start, *end);
        } else {
            sheet.say(name, value, *start, *end);
        }
    }
    if !matches!(frame, Frame::Dark) && !frames.is_empty() {
        sheet.leave();
    }
}

/// The name of a variable or setting.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !text.is_empty() && text.len() < 100 && text.chars().all(plain)
}

/// JSON, with the comments and trailing commas that editors allow.
pub fn json(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    yaml(&plain(text), sheet)
}

/// Comments and tabs outside strings become spaces, every byte in its place.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let (mut at, mut quoted) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b'\t' if !quoted => out[at] = b' ',
            b'/' if !quoted && bytes.get(at + 1) == Some(&b'/') => {
                let end = bytes[at..]
                    .iter()
                    .position(|b| *b == b'\n')
                    .map_or(bytes.len(), |n| at + n);
                out[at..end].fill(b' ');
                at = end;
            }
            b'/' if !quoted && bytes.get(at + 1) == Some(&b'*') => {
                let end = text[at + 2..].find("*/").map_or(bytes.len(), |n| at + n + 4);
                out[at..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
                at = end.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    String::from_utf8(out).unwrap_or_default()
}
