//! XML.
//!
//! In: text. Out: attributes as `element.@name`, text as `element`, names without their prefixes; the second sibling of a
//! name is `element.1`. An element that names a value (`<add key="a" value="b"/>`, `<property name="a">b</property>`,
//! `<param-name>a</param-name><param-value>b</param-value>`) is also told as `element.a = b`. No entity is expanded but
//! those that XML itself defines, and no document type is read. Start at [`read`].

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::Broken;
use super::sheet::Sheet;

/// An element that is open.
#[derive(Default)]
struct Open {
    /// Whether the sheet went down with it.
    entered: bool,
    /// How many children had each name.
    children: BTreeMap<String, usize>,
    text: String,
    /// Where its text stands.
    place: Option<(usize, usize)>,
    /// What it names, and whether it already said the value.
    name: Option<String>,
    said: bool,
    /// The text of a child whose name ends in `-name`, which waits for the one that ends in `-value`.
    pair: Option<String>,
}

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open = vec![Open::default()];
    loop {
        let start = position(&reader);
        let event = reader.read_event().map_err(|_| Broken)?;
        let end = position(&reader);
        match event {
            Event::Start(tag) => enter(&tag, (start, text), &mut open, sheet),
            Event::Empty(tag) => {
                enter(&tag, (start, text), &mut open, sheet);
                leave(&mut open, sheet);
            }
            Event::End(_) => leave(&mut open, sheet),
            Event::Text(part) => add(&part.xml10_content(), (start, end), &mut open),
            Event::CData(part) => add(&part.xml10_content(), (start, end), &mut open),
            Event::GeneralRef(name) => {
                let name = format!("&{};", name.xml10_content());
                add(&unescape(&name).unwrap_or_default(), (start, end), &mut open);
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn add(part: &str, (start, end): (usize, usize), open: &mut [Open]) {
    let Some(element) = open.last_mut() else { return };
    if element.place.is_none() && part.trim().is_empty() {
        return;
    }
    let lead = if element.place.is_none() {
        part.len() - part.trim_start().len()
    } else {
        0
    };
    let first = element.place.map_or(start + lead, |(first, _)| first);
    element.place = Some((first, end));
    element.text.push_str(part);
}

fn enter(tag: &BytesStart, (start, text): (usize, &str), open: &mut Vec<Open>, sheet: &mut Sheet) {
    let name = local(&text_of(tag.local_name().as_ref())).to_owned();
    let mut element = Open::default();
    let count = open.last_mut().map(|parent| {
        let count = parent.children.entry(name.clone()).or_default();
        *count += 1;
        *count - 1
    });
    let key = match count {
        Some(nth) if nth > 0 => format!("{name}.{nth}"),
        _ => name,
    };
    let dark = open.last().is_some_and(|parent| open.len() > 1 && !parent.entered);
    element.entered = !dark && sheet.enter(key);
    if element.entered {
        attributes(tag, (start, text), &mut element, sheet);
    }
    open.push(element);
}

fn attributes(tag: &BytesStart, (start, text): (usize, &str), element: &mut Open, sheet: &mut Sheet) {
    let end = start + text.get(start..).and_then(|rest| rest.find('>')).unwrap_or(0);
    let (mut from, mut value_of) = (start, None);
    for attribute in tag.attributes().with_checks(false).flatten() {
        let key = text_of(attribute.key.as_ref());
        let raw = attribute.value.to_string();
        let value = unescape(&raw).map_or_else(|_| raw.clone(), |text| text.into_owned());
        // Attributes come in order, so each is looked for behind the one before.
        let at = text
            .get(from..)
            .and_then(|rest| rest.find(&key))
            .map_or(from, |at| from + at);
        let last = (at + key.len() + raw.len() + 3).min(end.max(at));
        let at = if text.is_char_boundary(at) { at } else { start };
        from = (at + key.len()..)
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(text.len());
        let name = local(&key);
        sheet.say(&format!("@{name}"), &value, at, last);
        match name {
            "name" | "key" => element.name = Some(value),
            "value" => value_of = Some((value, at, last)),
            _ => {}
        }
    }
    if let (Some(name), Some((value, at, last))) = (&element.name, value_of) {
        element.said = true;
        sheet.say(name, &value, at, last);
    }
}

fn leave(open: &mut Vec<Open>, sheet: &mut Sheet) {
    if open.len() < 2 {
        return;
    }
    let Some(element) = open.pop().filter(|element| element.entered) else {
        return;
    };
    let value = element.text.trim();
    if let Some((start, end)) = element.place.filter(|_| !value.is_empty()) {
        sheet.say("", value, start, end);
        if let Some(name) = element.name.as_ref().filter(|_| !element.said) {
            sheet.say(name, value, start, end);
        }
        let own = sheet.at().to_owned();
        if let Some(parent) = open.last_mut() {
            if own.ends_with("-name") {
                parent.pair = Some(value.to_owned());
            } else if own.ends_with("-value")
                && let Some(name) = parent.pair.take()
            {
                sheet.say_beside(&name, value, start, end);
            }
        }
    }
    sheet.leave();
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn text_of(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}
