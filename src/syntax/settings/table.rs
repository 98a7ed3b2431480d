//! TOML.
//!
//! In: text. Out: one setting per value; elements of arrays are keyed by their position. Start at [`read`].

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Broken;
use super::sheet::Sheet;

pub fn read(text: &str, sheet: &mut Sheet) -> Result<(), Broken> {
    let table = DeTable::parse(text).map_err(|_| Broken)?;
    for (key, value) in table.get_ref() {
        below(key.get_ref(), key.span().start, value, sheet);
    }
    Ok(())
}

fn below(key: &str, start: usize, value: &Spanned<DeValue>, sheet: &mut Sheet) {
    let end = value.span().end;
    let mut say = |text: &str| sheet.say(key, text, start, end);
    match value.get_ref() {
        DeValue::String(text) => say(text),
        DeValue::Integer(number) => say(&number.to_string()),
        DeValue::Float(number) => say(&number.to_string()),
        DeValue::Boolean(truth) => say(&truth.to_string()),
        DeValue::Datetime(date) => say(&date.to_string()),
        DeValue::Array(items) => {
            if sheet.enter(key) {
                for (at, item) in items.iter().enumerate() {
                    below(&at.to_string(), item.span().start, item, sheet);
                }
                sheet.leave();
            }
        }
        DeValue::Table(table) => {
            if sheet.enter(key) {
                for (key, value) in table {
                    below(key.get_ref(), key.span().start, value, sheet);
                }
                sheet.leave();
            }
        }
    }
}
