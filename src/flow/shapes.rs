//! Regular expressions that leave nothing to worry about: anchored at both ends, and only plain characters in between.
//!
//! In: a regex as the code writes it, with its delimiters or without. Out: whether every text that it matches consists
//! of letters, digits, `_` and `-`. Deliberately absent: anything that would need a regex engine; when in doubt, no.
//! Start at [`plain`].

/// Whether a text that the whole regex matches cannot hold quotes, spaces, slashes, dots or markup.
pub fn plain(regex: &str) -> bool {
    let Some(body) = bare(regex) else { return false };
    let Some(inner) = body.strip_prefix('^').or_else(|| body.strip_prefix("\\A")) else {
        return false;
    };
    let ends = ["\\z", "\\Z", "$"];
    let Some(inner) = ends.iter().find_map(|end| inner.strip_suffix(end)) else {
        return false;
    };
    !inner.is_empty() && all_plain(inner)
}

/// The characters beside letters, digits, `_` and `-` that a text can hold which the whole regex matches, where the
/// regex says so by classes and characters alone.
pub fn leaves(regex: &str) -> Option<String> {
    let body = bare(regex)?;
    let inner = body.strip_prefix('^').or_else(|| body.strip_prefix("\\A"))?;
    let inner = ["\\z", "\\Z", "$"].iter().find_map(|end| inner.strip_suffix(end))?;
    let mut chars = inner.chars().peekable();
    let (mut class, mut found) = (false, String::new());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'd' | 'w' => {}
                's' => found.push_str(" \n"),
                c if c.is_ascii_alphanumeric() => return None,
                c => found.push(c),
            },
            '[' if !class => {
                class = true;
                if chars.peek() == Some(&'^') {
                    return None;
                }
            }
            ']' if class => class = false,
            '|' | '.' | '$' | '^' if !class => return None,
            // Only groups that do nothing but hold together.
            '(' if !class && chars.next_if_eq(&'?').is_some() => {
                chars.next_if_eq(&':')?;
            }
            '{' if !class => drop(chars.by_ref().find(|c| *c == '}')?),
            '+' | '*' | '?' | '(' | ')' if !class => {}
            '-' if class => {
                // A range of letters or digits; at an end of the class it stands for itself.
                let ends = chars
                    .peek()
                    .is_none_or(|next| *next == ']' || !next.is_ascii_alphanumeric());
                if ends {
                    found.push('-');
                }
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {}
            c => found.push(c),
        }
    }
    (!class && !inner.is_empty()).then_some(found)
}

/// As [`plain`], for a regex without delimiters that is asked to match the whole of a text.
pub fn plain_whole(regex: &str) -> bool {
    !whole(regex).is_empty() && all_plain(whole(regex))
}

/// As [`plain_whole`], with dots, `@`, `:`, `,`, `+` and blanks let through: what says nothing to a shell, a query, a page or
/// code, and may still name a file or an address.
pub fn quiet_whole(regex: &str) -> bool {
    !whole(regex).is_empty() && all_within(whole(regex), ".@:,+")
}

/// Without the anchors that a regex for the whole of a text does not need.
fn whole(regex: &str) -> &str {
    let inner = regex.strip_prefix('^').unwrap_or(regex);
    let ends = ["\\Z", "\\z", "$"];
    ends.iter().find_map(|end| inner.strip_suffix(end)).unwrap_or(inner)
}

/// Whether a regex matches every character that [`plain`] would not let through, wherever it stands in a text.
pub fn all_but_plain(regex: &str) -> bool {
    let body = if regex.starts_with("[^") {
        Some(regex)
    } else {
        bare(regex)
    };
    let Some(body) = body else { return false };
    let group = body.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let class = group.unwrap_or(body).trim_end_matches(['+', '*']);
    if class == "\\W" || class == "\\D" {
        return true;
    }
    let inner = class.strip_prefix("[^").and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| {
        let odd = inner.contains(['(', ')', ':', '?', '*', '+']) || inner.contains("A-z");
        !inner.is_empty() && !odd && all_plain(&format!("[{inner}]"))
    })
}

/// The regex between its delimiters; nothing when it spans lines, which lets `^` and `$` hold inside the text.
pub fn bare(regex: &str) -> Option<&str> {
    let open = regex.chars().next()?;
    let close = match open {
        '(' => ')',
        '{' => '}',
        '[' => ']',
        '<' => '>',
        '/' | '#' | '~' | '@' | '!' | '%' | '|' | ',' => open,
        _ => return Some(regex),
    };
    let end = regex.rfind(close).filter(|end| *end > 0)?;
    let flags = &regex[end + close.len_utf8()..];
    (!flags.contains('m') && flags.chars().all(|c| c.is_ascii_alphabetic())).then(|| &regex[open.len_utf8()..end])
}

fn all_plain(inner: &str) -> bool {
    all_within(inner, "")
}

/// Only plain characters and those of `more`, which outside a class count when they are escaped.
fn all_within(inner: &str, more: &str) -> bool {
    let mut chars = inner.chars().peekable();
    let (mut class, mut braces) = (false, false);
    while let Some(c) = chars.next() {
        match c {
            // A string may write a backslash twice.
            '\\' => {
                if chars.peek() == Some(&'\\') {
                    chars.next();
                }
                if !matches!(chars.next(), Some(c) if matches!(c, 'd' | 'w' | '-' | '_') || more.contains(c)) {
                    return false;
                }
            }
            '[' if !class => {
                class = true;
                if chars.peek() == Some(&'^') {
                    return false;
                }
            }
            ']' if class => class = false,
            '{' if !class && !braces => braces = true,
            '}' if braces => braces = false,
            ',' if braces => {}
            // Alternatives would need the anchors on each side of them; a group keeps them inside.
            '|' => return false,
            '+' | '*' | '?' | '(' | ')' | ':' if !class => {}
            '-' => {}
            c if c.is_ascii_alphanumeric() || c == '_' => {}
            c if more.contains(c) && (class || !matches!(c, '.' | '+')) => {}
            _ => return false,
        }
    }
    !class && !braces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_anchored_plain_shapes_are_plain() {
        for regex in [
            "/^[a-z0-9_-]+$/i",
            "/^\\d{1,5}$/",
            "#^[A-Z]{2}\\z#",
            "^\\w+$",
            "/^(?:[a-f0-9]{8})$/D",
        ] {
            assert!(plain(regex), "{regex}");
        }
        for regex in [
            "/[a-z]+/",
            "/^[a-z]+/",
            "/^.*$/",
            "/^[^<]+$/",
            "/^[a-z. ]+$/",
            "/^a$/m",
            "/^[\\s\\w]+$/",
            "/^a|b$/",
            "",
            "/",
            "/^$/",
        ] {
            assert!(!plain(regex), "{regex}");
        }
        assert!(all_but_plain("[^A-Za-z0-9_-]+") && all_but_plain("/[^a-z]/g") && all_but_plain(r"[^\\w]"));
        assert!(all_but_plain("~[^\\w-]+~i") && all_but_plain("/\\W+/"));
        assert!(!all_but_plain("/[^A-z]/") && !all_but_plain("/[^a-z]x/") && !all_but_plain("/<script>/i"));
        assert!(!all_but_plain("[A-Z]") && !all_but_plain("[^a-z.]") && !all_but_plain("[^<>]"));
        assert!(quiet_whole("[a-z0-9.-]{1,60}") && quiet_whole(r"\w+\.[a-z]{2,4}") && quiet_whole("[\\w.]+@[a-z]+"));
        assert!(!quiet_whole("[a-z.]+.") && !quiet_whole("[a-z;.]+") && !quiet_whole("[a-z/.]+"));
        assert_eq!(leaves(r"^[A-Za-z0-9_\/.-]{1,60}$").as_deref(), Some("/.-"));
        assert_eq!(leaves("/^[a-z]+(?:x)(:[0-9]{1,5})?$/").as_deref(), Some(":"));
        assert_eq!(leaves(r"^[\w\s@]+$").as_deref(), Some(" \n@"));
        assert!(leaves("^.+$").is_none() && leaves("^[^a]$").is_none() && leaves("[a-z]").is_none());
        assert!(plain_whole("[a-z_]{1,9}") && plain_whole("^\\d+$"));
        assert!(!plain_whole("[a-z.]+") && !plain_whole(""));
    }
}
