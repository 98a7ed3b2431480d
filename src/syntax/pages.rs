//! Where in a page a value is put: encoding that is enough between tags is not enough everywhere.
//!
//! In: the text of a page up to a place. Out: the [`Spot`] there. Deliberately absent: a parser of pages; what is not
//! understood counts as text. Start at [`Page::feed`].

/// Attributes whose value is an address that a browser opens or runs.
const ADDRESSES: [&str; 6] = ["href", "action", "formaction", "src", "data", "xlink:href"];
/// Elements of which a `src` or `data` is a document or a script.
const DOCUMENTS: [&str; 6] = ["iframe", "frame", "embed", "object", "script", "portal"];

/// A place in a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spot {
    #[default]
    Text,
    /// The name of an element or an attribute, or a value without quotes.
    Bare,
    /// Between these quotes.
    Quoted(char),
    /// Where an address begins, between quotes.
    Address,
    /// Code in an attribute: what was encoded is decoded before it runs.
    Handler,
    /// Code, outside or inside a text of it.
    Code,
    Literal(char),
}

impl Spot {
    /// Whether a value can do harm here although everything that is special to markup was encoded in it.
    pub fn decodes(self) -> bool {
        matches!(self, Spot::Bare | Spot::Handler | Spot::Code | Spot::Address)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Text,
    Comment,
    /// In the name of an element.
    Name,
    /// In a tag, between or in attributes.
    Tag,
    /// Behind the `=` of an attribute.
    Equals,
    /// In a value, between these quotes or without.
    Value(Option<char>),
    /// In a script or a style sheet, and there maybe in a text.
    Raw(Option<char>),
}

/// A page, read from its beginning.
#[derive(Debug, Clone, Default)]
pub struct Page {
    at: At,
    element: String,
    attribute: String,
    value: String,
    closing: bool,
}

impl Page {
    /// Reads on.
    pub fn feed(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let used = match self.at {
                At::Text | At::Comment | At::Raw(_) => self.outside(rest, c),
                _ => self.inside(c),
            };
            rest = &rest[used..];
        }
    }

    fn outside(&mut self, rest: &str, c: char) -> usize {
        let one = c.len_utf8();
        match self.at {
            At::Comment => {
                if rest.starts_with("-->") {
                    self.at = At::Text;
                }
            }
            At::Raw(open) => {
                let head = rest.get(..2 + self.element.len()).unwrap_or_default();
                if head.starts_with("</") && head[2..].eq_ignore_ascii_case(&self.element) {
                    self.at = At::Name;
                    self.element.clear();
                    self.closing = true;
                    return 2;
                }
                self.at = match (c, open) {
                    ('\\', Some(_)) => return one + rest[one..].chars().next().map_or(0, char::len_utf8),
                    ('"' | '\'' | '`', None) => At::Raw(Some(c)),
                    ('\n', Some('"' | '\'')) => At::Raw(None),
                    (c, Some(quote)) if c == quote => At::Raw(None),
                    (_, open) => At::Raw(open),
                };
            }
            _ => {
                if rest.starts_with("<!--") {
                    self.at = At::Comment;
                } else if c == '<' && !rest.starts_with("<!") {
                    let after = rest[1..].chars().next();
                    if after.is_none_or(|c| c.is_ascii_alphabetic() || c == '/') {
                        self.at = At::Name;
                        self.element.clear();
                        self.closing = after == Some('/');
                    }
                }
            }
        }
        one
    }

    fn inside(&mut self, c: char) -> usize {
        match (self.at, c) {
            (At::Value(None) | At::Name | At::Tag | At::Equals, '>') => self.leave(),
            (At::Name, c) if c.is_whitespace() => self.begin_attribute(),
            (At::Name, c) => self.element.push(c.to_ascii_lowercase()),
            (At::Tag, '=') => {
                self.at = At::Equals;
                self.value.clear();
            }
            (At::Tag, c) if c.is_whitespace() => self.begin_attribute(),
            (At::Tag, c) => self.attribute.push(c.to_ascii_lowercase()),
            (At::Equals, c) if c.is_whitespace() => {}
            (At::Equals, '"' | '\'') => self.at = At::Value(Some(c)),
            (At::Equals, c) => {
                self.at = At::Value(None);
                self.value.push(c);
            }
            (At::Value(None), c) if c.is_whitespace() => self.begin_attribute(),
            (At::Value(Some(quote)), c) if c == quote => self.begin_attribute(),
            (At::Value(_), c) => self.value.push(c),
            _ => {}
        }
        c.len_utf8()
    }

    fn begin_attribute(&mut self) {
        self.at = At::Tag;
        self.attribute.clear();
        self.value.clear();
    }

    fn leave(&mut self) {
        let raw = !self.closing && matches!(self.element.as_str(), "script" | "style");
        self.at = if raw { At::Raw(None) } else { At::Text };
    }

    /// Something is put here that is not known.
    pub fn hole(&mut self) {
        match self.at {
            At::Equals => {
                self.at = At::Value(None);
                self.value.push('\u{0}');
            }
            At::Value(_) => self.value.push('\u{0}'),
            _ => {}
        }
    }

    /// What is put here stands in this place.
    pub fn spot(&self) -> Spot {
        match self.at {
            At::Text | At::Comment => Spot::Text,
            At::Raw(_) if self.element == "style" => Spot::Text,
            At::Raw(None) => Spot::Code,
            At::Raw(Some(quote)) => Spot::Literal(quote),
            At::Name | At::Tag | At::Equals | At::Value(None) => Spot::Bare,
            At::Value(Some(quote)) => match self.attribute.as_str() {
                name if name.len() > 2 && name.starts_with("on") => Spot::Handler,
                name if self.opens(name) => Spot::Address,
                _ => Spot::Quoted(quote),
            },
        }
    }

    /// Whether what comes next begins an address that is opened or run.
    fn opens(&self, attribute: &str) -> bool {
        let begins = self.value.trim().is_empty();
        let document = DOCUMENTS.contains(&self.element.as_str());
        match attribute {
            "src" | "data" => begins && document,
            "content" => self.element == "meta" && self.value.to_ascii_lowercase().ends_with("url="),
            // A style sheet or an icon is fetched, not opened.
            "href" => begins && self.element != "link",
            name => begins && ADDRESSES.contains(&name),
        }
    }
}

/// The spot of a value that stands behind literal text of a program, whose own quotes are written with a backslash.
pub fn behind(literal: &str) -> Spot {
    let mut page = Page::default();
    page.feed(&literal.replace("\\\"", "\"").replace("\\'", "'"));
    page.spot()
}

/// For a page with code in it: where each piece of code that does not stand in plain text begins, and its spot.
pub fn spots(text: &str) -> Vec<(u32, Spot)> {
    let mut page = Page::default();
    let (mut found, mut last, mut at) = (Vec::new(), Spot::Text, 0);
    while let Some(open) = text[at..].find("<?").map(|open| at + open) {
        page.feed(&text[at..open]);
        if page.spot() != last {
            last = page.spot();
            found.push((open as u32, last));
        }
        let Some(close) = text[open..].find("?>").map(|close| open + close + 2) else {
            break;
        };
        let code = &text[open..close];
        if code.starts_with("<?=") || code.contains("echo") || code.contains("print") {
            page.hole();
        }
        at = close;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_where_its_next_value_stands() {
        for (text, spot) in [
            ("<p>", Spot::Text),
            ("<p title=\"a\" class='", Spot::Quoted('\'')),
            ("<input value=", Spot::Bare),
            ("<", Spot::Bare),
            ("<div ", Spot::Bare),
            ("<a href=\"", Spot::Address),
            ("<a href=\"/x?", Spot::Quoted('"')),
            ("<img src=\"", Spot::Quoted('"')),
            ("<iframe src='", Spot::Address),
            ("<b onclick=\"go('", Spot::Handler),
            ("<script>var a = ", Spot::Code),
            ("<script>var a = '", Spot::Literal('\'')),
            ("<script>a()</script><p>", Spot::Text),
            ("<!-- <a href=\"", Spot::Text),
            ("<meta http-equiv=refresh content=\"0; url=", Spot::Address),
            ("if (a < b) ", Spot::Text),
            ("<a href=\\\"", Spot::Address),
        ] {
            assert_eq!(behind(text), spot, "{text}");
        }
    }

    #[test]
    fn code_in_a_page_stands_where_the_text_before_it_leads() {
        let text = "<a href=\"<?= $a ?>\">\n<p><?= $b ?></p><input value=<?= $c ?>>";
        let spots: Vec<Spot> = spots(text).into_iter().map(|(_, spot)| spot).collect();
        assert_eq!(spots, [Spot::Address, Spot::Text, Spot::Bare]);
    }
}
