//! What chat templates expect of Jinja beyond minijinja: Python's string and dictionary methods, dates, `tojson`.
//!
//! Deliberately absent: methods that no published template of a supported family uses. Start at [`call`].

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

/// A method that minijinja does not know.
pub(super) fn call(_: &State<'_, '_>, on: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    let known = match on.kind() {
        ValueKind::String => string(on.as_str().unwrap_or_default(), method, arguments),
        ValueKind::Map => map(on, method, arguments),
        _ => None,
    };
    known.ok_or_else(|| {
        Error::new(
            ErrorKind::UnknownMethod,
            format!("{} has no method `{method}` here", on.kind()),
        )
    })
}

fn string(text: &str, method: &str, arguments: &[Value]) -> Option<Value> {
    let first = arguments.first().and_then(Value::as_str);
    let strip = |c: char| first.map_or_else(|| c.is_whitespace(), |set| set.contains(c));
    Some(match (method, first) {
        ("strip", _) => text.trim_matches(strip).into(),
        ("lstrip", _) => text.trim_start_matches(strip).into(),
        ("rstrip", _) => text.trim_end_matches(strip).into(),
        ("upper", _) => text.to_uppercase().into(),
        ("lower", _) => text.to_lowercase().into(),
        ("startswith", Some(start)) => text.starts_with(start).into(),
        ("endswith", Some(end)) => text.ends_with(end).into(),
        ("split", None) => Value::from_iter(text.split_whitespace()),
        ("split", Some(by)) if !by.is_empty() => Value::from_iter(text.split(by)),
        ("replace", Some(from)) => text.replace(from, arguments.get(1)?.as_str()?).into(),
        _ => return None,
    })
}

fn map(on: &Value, method: &str, arguments: &[Value]) -> Option<Value> {
    let pairs = || {
        on.try_iter()
            .ok()
            .map(|keys| keys.map(|k| (k.clone(), on.get_item(&k).unwrap_or_default())))
    };
    Some(match method {
        "get" => {
            let found = on.get_item(arguments.first()?).ok().filter(|v| !v.is_undefined());
            found.unwrap_or_else(|| arguments.get(1).cloned().unwrap_or(Value::from(())))
        }
        "keys" => Value::from_iter(on.try_iter().ok()?),
        "values" => Value::from_iter(pairs()?.map(|(_, v)| v)),
        "items" => Value::from_iter(pairs()?.map(|(k, v)| Value::from_iter([k, v]))),
        _ => return None,
    })
}

/// Python's strftime for one day that never changes, 26 July 2024: the day that Llama 3.1's template names by default.
pub(super) fn fixed_day(format: &str) -> String {
    let fields = [
        ("%d", "26"),
        ("%m", "07"),
        ("%Y", "2024"),
        ("%y", "24"),
        ("%b", "Jul"),
        ("%B", "July"),
        ("%a", "Fri"),
        ("%A", "Friday"),
        ("%H", "00"),
        ("%M", "00"),
        ("%S", "00"),
    ];
    fields
        .iter()
        .fold(format.to_owned(), |text, (field, value)| text.replace(field, value))
}

/// JSON as Python writes it, without minijinja's escaping for HTML. Only `indent` is understood.
pub(super) fn to_json(value: &Value, arguments: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = arguments.get("indent")?;
    let text = match indent {
        Some(_) => serde_json::to_string_pretty(value),
        None => serde_json::to_string(value),
    };
    text.map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))
}
