//! Templates of pages, spelled as programs: what a page shows becomes code, and all else becomes blank.
//!
//! In: the text of a template. Out: a program of the same length in the language that the template's expressions are
//! written in, every byte where it stood, so that lines and offsets hold. Output that is not escaped becomes an
//! assignment to [`RAW`], which the cards name as a sink; loops and blocks of code stay what they are.
//! Deliberately absent: output that the engine escapes, and conditions of engines whose syntax is their own: what
//! stands under a condition is taken to happen. Start at [`embedded_javascript`] or [`markup`].

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::pages::Spot;
use crate::regexes::fixed;

/// The variable that stands for the page itself; no program calls anything so.
pub const RAW: &str = "ǃ";
/// As [`RAW`], for what is encoded and put where that does not help.
pub const ENCODED: &str = "ǂ";
/// Three bytes: [`RAW`] and `=`.
const SHOWS: &[u8] = "ǃ=".as_bytes();

/// A program under construction: blanks and line breaks, into which code is copied.
struct Page<'t> {
    text: &'t str,
    out: Vec<u8>,
}

impl<'t> Page<'t> {
    fn blank(text: &'t str) -> Self {
        let keep = |byte: u8| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' };
        Self {
            text,
            out: text.bytes().map(keep).collect(),
        }
    }

    fn whole(text: &'t str) -> Self {
        let out = text.as_bytes().to_vec();
        Self { text, out }
    }

    fn copy(&mut self, from: usize, to: usize) {
        if let Some(part) = self.text.as_bytes().get(from..to) {
            self.out[from..to].copy_from_slice(part);
        }
    }

    /// Writes over blanks; what does not fit before a line break is left out.
    fn put(&mut self, at: usize, code: &[u8]) {
        let fits = self.out.get(at..at + code.len());
        if fits.is_some_and(|old| !old.contains(&b'\n')) {
            self.out[at..at + code.len()].copy_from_slice(code);
        }
    }

    /// `before expression after` with `open` bytes in front: an assignment to [`RAW`] that ends with a semicolon.
    fn shows(&mut self, open: (usize, usize), inside: (usize, usize), close: usize) {
        self.puts(SHOWS, open, inside, close);
    }

    fn puts(&mut self, sign: &[u8], open: (usize, usize), inside: (usize, usize), close: usize) {
        let at = open.1.saturating_sub(sign.len()).max(open.0.saturating_sub(1));
        self.put(at, sign);
        self.copy(inside.0, inside.1);
        self.put(close, b";");
    }

    fn done(self) -> Cow<'t, str> {
        // Only whole pieces of the text and whole names are written, so this is text again.
        String::from_utf8(self.out).map_or(Cow::Borrowed(self.text), Cow::Owned)
    }
}

/// The end of a tag that opens at `from`, and where the text goes on.
fn close(text: &str, from: usize, mark: &str) -> Option<usize> {
    text.get(from..)?.find(mark).map(|at| from + at)
}

/// Tags of the `<% … %>` kind. `kind` says what the sign after `<%` means.
fn tagged<'t>(text: &'t str, mut page: Page<'t>, kind: impl Fn(&str) -> (usize, Tag)) -> Cow<'t, str> {
    let mut at = 0;
    while let Some(open) = close(text, at, "<%") {
        let (length, tag) = kind(&text[open..]);
        let start = open + length;
        let mark = if matches!(tag, Tag::Note) && text[open..].starts_with("<%--") {
            "--%>"
        } else {
            "%>"
        };
        let Some(end) = close(text, start, mark) else { break };
        let trimmed = text[start..end].trim_end_matches(['-', '_']).len() + start;
        match tag {
            Tag::Shows => page.shows((open, start), (start, trimmed), end),
            Tag::Code => {
                page.copy(start, trimmed);
                page.put(end, b";");
            }
            Tag::Plain => page.copy(start, trimmed),
            Tag::Note => {}
        }
        at = end + mark.len();
    }
    page.done()
}

#[derive(Clone, Copy)]
enum Tag {
    /// Output as it is.
    Shows,
    /// A statement that may lack its end.
    Code,
    /// Statements that end themselves.
    Plain,
    Note,
}

/// EJS: `<%- x %>` shows as it is, `<%= x %>` escapes.
pub fn embedded_javascript(text: &str) -> Cow<'_, str> {
    tagged(text, Page::blank(text), |tag| match tag.as_bytes().get(2) {
        Some(b'-') => (3, Tag::Shows),
        Some(b'=' | b'#' | b'%') => (3, Tag::Note),
        Some(b'_') => (3, Tag::Code),
        _ => (2, Tag::Code),
    })
}

/// ERB: `<%== x %>` shows as it is; `<%= raw x %>` says so in Ruby.
pub fn embedded_ruby(text: &str) -> Cow<'_, str> {
    tagged(text, Page::blank(text), |tag| {
        match &tag.as_bytes()[2..tag.len().min(4)] {
            [b'=', b'='] => (4, Tag::Shows),
            [b'=' | b'-', ..] => (3, Tag::Code),
            [b'#' | b'%', ..] => (3, Tag::Note),
            _ => (2, Tag::Code),
        }
    })
}

/// JSP: `<%= x %>` and `${x}` show as they are, unless a tag or a function around it escapes.
pub fn server_pages(text: &str) -> Cow<'_, str> {
    static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| fixed(r"\$\{([^{}\n]*)\}"));
    static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
        fixed(r"(?i)(escapeXml|escapeHtml|encode|fn:length|csrf|^\s*(empty|not empty)\b|contextPath|[?<>=!]|^\s*\d)")
    });
    let mut page = Page::blank(text);
    for found in EXPRESSION.captures_iter(text) {
        let (Some(all), Some(inside)) = (found.get(0), found.get(1)) else {
            continue;
        };
        let line = text[..all.start()].rfind('\n').map_or(0, |at| at + 1);
        let tag = text[line..all.start()]
            .rfind('<')
            .map_or("", |at| &text[line + at..all.start()]);
        // Inside a tag of a library the tag decides; `c:out` escapes.
        let library = tag.get(1..).is_some_and(|name| {
            name.split([' ', '>', '\t'])
                .next()
                .is_some_and(|name| name.contains(':') || name.starts_with('%'))
        }) && !tag.contains('>');
        if !library && !ESCAPES.is_match(inside.as_str()) {
            page.shows(
                (all.start(), inside.start()),
                (inside.start(), inside.end()),
                inside.end(),
            );
        }
    }
    tagged(text, page, |tag| match tag.as_bytes().get(2) {
        Some(b'=') => (3, Tag::Shows),
        Some(b'@' | b'!' | b'-') => (3, Tag::Note),
        _ => (2, Tag::Plain),
    })
}

/// Blade: `{!! $x !!}` is PHP's own `<?= $x ?>`, and so is `{{ $x }}` in a place where encoding does not help.
pub fn blade(text: &str) -> Cow<'_, str> {
    let (mut page, mut before) = (Page::whole(text), super::pages::Page::default());
    let mut at = 0;
    while let Some(open) = text[at..]
        .match_indices('{')
        .map(|(found, _)| at + found)
        .find(|&open| text[open..].starts_with("{!!") || text[open..].starts_with("{{"))
    {
        let (raw, note) = (text[open..].starts_with("{!!"), text[open..].starts_with("{{--"));
        let mark = if raw { "!!}" } else { "}}" };
        let Some(end) = close(text, open + 2, mark) else { break };
        before.feed(&text[at..open]);
        let spaced = text[open + 2..end].starts_with(' ') && text[..end].ends_with(' ');
        if raw {
            page.put(open, b"<?=");
            page.put(end, b" ?>");
        } else if spaced && !note && before.spot().decodes() {
            page.put(open, b"<?=");
            page.put(end - 1, b" ?>");
        }
        before.hole();
        at = end + mark.len();
    }
    page.done()
}

/// Razor: `@Html.Raw(x)` is the only way to show something as it is.
pub fn razor(text: &str) -> Cow<'_, str> {
    let mut page = Page::blank(text);
    let mut at = 0;
    while let Some(open) = close(text, at, "Html.Raw(") {
        let mut depth = 0;
        let inside = text[open..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            *c == ')' && depth == 0 || *c == '\n'
        });
        let Some((length, ')')) = inside else {
            at = open + 1;
            continue;
        };
        page.copy(open, open + length + 1);
        page.put(open + length + 1, b";");
        at = open + length + 1;
    }
    page.done()
}

/// Pages with scripts, and with the signs of engines that escape unless they are told not to: `{{ x|safe }}` of
/// Jinja, Django and Nunjucks, `{{ x|raw }}` of Twig, `{{{ x }}}` of Handlebars, `v-html`, `{@html x}`, `th:utext`.
pub fn markup(text: &str) -> Cow<'_, str> {
    let mut page = Page::blank(text);
    scripts(text, &mut page);
    attributes(text, &mut page);
    let engine = ENGINE.is_match(text);
    if engine {
        loops(text, &mut page);
    }
    expressions(text, &mut page, engine);
    page.done()
}

static ENGINE: LazyLock<Regex> = LazyLock::new(|| fixed(r"\{%|\|\s*(safe|raw)\b"));

/// Code of the page itself, where its type says or implies that it is code.
fn scripts(text: &str, page: &mut Page) {
    static SCRIPT: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)<script\b([^>]*)>"));
    static TYPE: LazyLock<Regex> = LazyLock::new(|| fixed(r#"(?i)type\s*=\s*["']?([\w/+.-]*)"#));
    static HOLE: LazyLock<Regex> = LazyLock::new(|| fixed(r"\{\{[^\n]*?\}\}|\{%[^\n]*?%\}|\[\[[^\n]*?\]\]"));
    for found in SCRIPT.captures_iter(text) {
        let (Some(all), Some(head)) = (found.get(0), found.get(1)) else {
            continue;
        };
        let kind = TYPE.captures(head.as_str()).map(|kind| kind[1].to_ascii_lowercase());
        if kind.is_some_and(|kind| {
            !kind.is_empty()
                && !["javascript", "module", "babel", "typescript"]
                    .iter()
                    .any(|code| kind.contains(code))
        }) {
            continue;
        }
        let Some(end) = close(text, all.end(), "</script") else {
            continue;
        };
        page.copy(all.end(), end);
        // What the engine puts in is a value of its own.
        for hole in HOLE.find_iter(&text[all.end()..end]) {
            let (from, to) = (all.end() + hole.start(), all.end() + hole.end());
            page.out[from..to].fill(b' ');
            page.put(from, b"0");
        }
    }
}

/// Attributes and tags that take an expression as markup.
fn attributes(text: &str, page: &mut Page) {
    static TAKES: LazyLock<Regex> = LazyLock::new(|| {
        fixed(r#"(?:v-html\s*=\s*"([^"\n]+)"|\{@html\s+([^{}\n]+)\}|th:utext\s*=\s*"[$*]\{([^"}\n]+)\}")"#)
    });
    for found in TAKES.captures_iter(text) {
        let inside = (1..4).find_map(|at| found.get(at));
        if let (Some(all), Some(inside)) = (found.get(0), inside) {
            page.shows(
                (all.start(), inside.start()),
                (inside.start(), inside.end()),
                inside.end(),
            );
        }
    }
}

/// `{% for a in b %}` is a loop over `b`; conditions are left out.
fn loops(text: &str, page: &mut Page) {
    static FOR: LazyLock<Regex> =
        LazyLock::new(|| fixed(r"\{%-?\s*for\s+(\w+)\s+in\s+([\w.]+)\s*-?%\}|\{%-?\s*(endfor)\s*-?%\}"));
    let mut depth = 0;
    for found in FOR.captures_iter(text) {
        let Some(all) = found.get(0) else { continue };
        match (found.get(1), found.get(2)) {
            (Some(one), Some(many)) => {
                page.put(one.start() - 5, b" for(");
                page.copy(one.start(), one.end());
                page.put(one.end(), b" of ");
                page.copy(many.start(), many.end());
                page.put(all.end() - 2, b"){");
                depth += 1;
            }
            _ if depth > 0 => {
                page.put(all.start(), b"}");
                depth -= 1;
            }
            _ => {}
        }
    }
}

/// `{{ x|safe }}`, `{{{ x }}}`, and every `{{ x }}` where escaping is off.
fn expressions(text: &str, page: &mut Page, engine: bool) {
    static HOLE: LazyLock<Regex> = LazyLock::new(|| {
        fixed(
            r"\{\{\{\s*([^{}\n]+?)\s*\}\}\}|\{\{-?\s*([^{}\n]+?)\s*-?\}\}|\{%-?\s*(autoescape|endautoescape)\b\s*(\w*)[^\n]*?%\}",
        )
    });
    static FILTERS: LazyLock<Regex> = LazyLock::new(|| fixed(r"\|\s*(safe|raw|safeseq)\b"));
    static CLEANS: LazyLock<Regex> = LazyLock::new(|| {
        fixed(
            r"(?i)\|\s*(e|escape|force_escape|striptags|bleach\w*|saniti[sz]e\w*|clean\w*|tojson|json\w*|urlencode|linebreaks\w*|t|trans|url_encode|purify|nl2br|length|number\w*|date\w*)\b",
        )
    });
    static HELPER: LazyLock<Regex> = LazyLock::new(|| fixed(r"^(#|/|>|!|&|else\b|~|body$|content$|yield)"));
    static PLAIN: LazyLock<Regex> = LazyLock::new(|| fixed(r"^[A-Za-z_]\w*(\.\w+)*$"));
    let mut raw = vec![false];
    let (mut before, mut read) = (super::pages::Page::default(), 0);
    for found in HOLE.captures_iter(text) {
        let Some(all) = found.get(0) else { continue };
        before.feed(&text[read..all.start()]);
        read = all.end();
        let spot = before.spot();
        before.hole();
        if let Some(block) = found.get(3) {
            if block.as_str() == "autoescape" {
                raw.push(matches!(&found[4], "off" | "false" | "False"));
            } else if raw.len() > 1 {
                raw.pop();
            }
            continue;
        }
        if let Some(inside) = found.get(1) {
            if !engine && !HELPER.is_match(inside.as_str()) {
                page.shows(
                    (all.start(), inside.start()),
                    (inside.start(), inside.end()),
                    inside.end(),
                );
            }
            continue;
        }
        let Some(inside) = found.get(2) else { continue };
        if engine
            && matches!(spot, Spot::Address | Spot::Handler | Spot::Bare)
            && PLAIN.is_match(inside.as_str())
            && all.len() - inside.len() > 4
        {
            let sign = format!("{ENCODED}=");
            page.puts(
                sign.as_bytes(),
                (all.start(), inside.start()),
                (inside.start(), inside.end()),
                inside.end().min(all.end() - 1),
            );
            continue;
        }
        let says = FILTERS.is_match(inside.as_str());
        let off = raw.last().copied().unwrap_or_default();
        if (says || off) && !CLEANS.is_match(inside.as_str()) {
            let end = inside.as_str().find('|').map_or(inside.end(), |at| inside.start() + at);
            page.shows(
                (all.start(), inside.start()),
                (inside.start(), end),
                inside.end().min(all.end() - 1),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn check(spell: fn(&str) -> Cow<'_, str>, text: &str, expect: &str) {
        let spelled = spell(text);
        assert_eq!(spelled.len(), text.len(), "{text}");
        let breaks = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(breaks(&spelled), breaks(text));
        assert_eq!(squeezed(&spelled), expect, "{text}");
    }

    #[test]
    fn what_is_shown_as_it_is_becomes_an_assignment_of_the_same_length() {
        check(embedded_javascript, "<p>\n<%- user.bio -%></p>", "ǃ= user.bio ;");
        check(
            embedded_javascript,
            "<% if (a) { %>\n<%- b %><% } %>",
            "if (a) { ; ǃ= b ; } ;",
        );
        check(embedded_javascript, "<p><%= user.bio %></p>", "");
        check(embedded_ruby, "<p><%== @a %></p>\n<%= raw @b %>", "ǃ= @a ; raw @b ;");
        check(
            server_pages,
            "<p><%= name %></p>\n<b>${param.q}</b>",
            "ǃ= name ; ǃ=param.q;",
        );
        check(server_pages, "<c:out value=\"${param.q}\"/>\n<%-- ${x} --%>", "");
        check(
            razor,
            "<p>@Html.Raw(Model.Get(1))</p>@Model.Name",
            "Html.Raw(Model.Get(1));",
        );
        check(markup, "<p>{{ user.bio|safe }}</p>{{ user.name }}", "ǃ=user.bio ;");
        check(
            markup,
            "{% for a in b.c %}\n{{ a.d | raw }}{% endfor %}",
            "for(a of b.c ){ ǃ=a.d ; }",
        );
        check(
            markup,
            "<div v-html=\"post.body\"></div><p th:utext=\"${note}\">",
            "ǃ=post.body; ǃ=note;",
        );
        check(markup, "{{{ body2 }}}{{#if x}}{{{yield}}}", "ǃ=body2;");
        check(markup, "{% autoescape off %}{{ a }}{% endautoescape %}{{ b }}", "ǃ=a;");
    }

    #[test]
    fn what_an_engine_cleans_shows_nothing() {
        check(markup, "{{ a|escape|safe }}{{ a|tojson|safe }}{{ a }}", "");
    }

    #[test]
    fn code_of_a_page_stays_and_data_does_not() {
        check(markup, "<script>f(location.hash)</script>", "f(location.hash)");
        check(markup, "<script type=\"application/json\">{\"a\":1}</script>", "");
        check(markup, "<script>var a = {{ b }};</script>", "var a = 0 ;");
    }

    #[test]
    fn blade_shows_in_words_of_its_own_language() {
        check(blade, "<p>{!! $a !!}</p>{{ $b }}", "<p><?= $a ?></p>{{ $b }}");
    }

    #[test]
    fn tags_that_never_end_are_no_code() {
        for spell in [embedded_javascript, embedded_ruby, server_pages, blade, razor, markup] {
            for text in [
                "<%",
                "<%=",
                "{!!",
                "{{ a|safe",
                "Html.Raw((",
                "<script>",
                "é<% é",
                "${",
                "\n{{{a}}}",
            ] {
                assert_eq!(spell(text).len(), text.len(), "{text}");
            }
        }
    }
}
