//! What an address begins with: text that already names the host leaves outside input no choice of it.
//!
//! In: the parts of a string in order, as far as they are literal or known to be the program's own. Out: whether what
//! follows can still choose where the address leads. Deliberately absent: what is done with an address.
//! Start at [`settled`].

use std::sync::LazyLock;

use regex::Regex;

use crate::syntax::form::{Expr, ExprKind};

use crate::flow::state::value::{Const, Fact, State, Value};
use crate::flow::walk::taint::Walker;
use crate::regexes::fixed;

/// Stands for text that is not known but is the program's own.
const OWN: char = '\u{0}';

static SETTLED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        // `https://host/`, `//host?`; a host that is itself the program's own counts.
        r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#]|\x00)+[/?#]|",
        // A path of this site: `/login?next=`. A lone slash does not settle it: another may follow.
        r"^/[^/\\]|^[?#]|",
        // `{base}/path`, `{base}` itself; not `{scheme}://`.
        r"^\x00(?:[^:\x00]|$)|^\x00:\d|",
        // A path beside this page: `page.php?id=`, `users/`.
        r"^[A-Za-z0-9.][^/?#:\x00]*[/?#]",
    ))
});

/// What stands before the address in the line of a header.
static HEADER: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)^\s*(?:location\s*:|refresh\s*:[^=]*=)\s*"));

/// Whether an address that begins so leads to a place that is already decided.
fn settled(prefix: &str) -> bool {
    let header = HEADER.find(prefix).map_or(0, |found| found.end());
    SETTLED.is_match(&prefix[header..])
}

impl<'f> Walker<'_, 'f> {
    /// The value of a string of several parts, `(expression, value)` in order.
    pub fn joined(&self, parts: &[(&'f Expr, Value)], state: &State<'f>) -> Value {
        let (mut value, mut prefix, mut open) = (Value::default(), String::new(), true);
        for (expr, part) in parts {
            if part.is_clean() {
                if open {
                    prefix.push_str(&self.own_text(expr, state));
                }
                continue;
            }
            value.join(self.led(Value::of(part.all()), &prefix));
            if open {
                prefix.push_str(&self.literal_head(expr, state));
                open = false;
            }
        }
        value
    }

    /// A value that stands behind `prefix` in an address.
    fn led(&self, value: Value, prefix: &str) -> Value {
        let settled = self.world.about.destination;
        if settled == 0 || !self::settled(prefix) {
            return value;
        }
        value.map(&|fact| Fact {
            dead: fact.dead | settled,
            ..fact.clone()
        })
    }

    /// As [`Self::joined`], for `"…{}…".format(x)`, `"…%s…" % x` and `Sprintf("…%s…", x)`.
    pub fn formatted(&self, format: &'f Expr, value: Value, state: &State<'f>) -> Value {
        let Some(Const::Text(text)) = self.decide(format, state) else {
            return value;
        };
        let end = text.find(['%', '{']).unwrap_or(text.len());
        self.led(value, &text[..end])
    }

    /// The text of something that holds no outside input.
    fn own_text(&self, expr: &'f Expr, state: &State<'f>) -> String {
        match self.decide(expr, state) {
            Some(Const::Text(text)) => text.to_string(),
            _ => OWN.to_string(),
        }
    }

    /// The literal text that something with outside input in it begins with.
    fn literal_head(&self, expr: &'f Expr, state: &State<'f>) -> String {
        match &expr.kind {
            ExprKind::Binary(op, left, _) if matches!(&**op, "+" | ".") => match self.decide(left, state) {
                Some(Const::Text(text)) => text.to_string(),
                _ => self.literal_head(left, state),
            },
            ExprKind::Template(parts) => match parts.first().map(|first| self.decide(first, state)) {
                Some(Some(Const::Text(text))) => text.to_string(),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_or_a_path_of_this_site_settles_where_an_address_leads() {
        for prefix in [
            "https://example.org/",
            "//cdn.example.org/x",
            "/login?next=",
            "?page=",
            "\0",
            "\0/api/",
            "https://\0/",
            "page.php?id=",
            "Location: /home?x=",
            "refresh: 0; url=/a",
        ] {
            assert!(settled(prefix), "{prefix:?}");
        }
        for prefix in [
            "",
            "https://",
            "http://api.",
            "/",
            "//",
            "\0://",
            "https://user@",
            "Location: ",
            "javascript:",
            "www",
        ] {
            assert!(!settled(prefix), "{prefix:?}");
        }
    }
}
