//! String literals of every language, with and without holes.
//!
//! In: a literal with its quotes. Out: its text as written between them, or a template of pieces and holes.
//! Deliberately absent: reading of escapes. Start at [`Engine::string`].

use tree_sitter::Node;

use super::super::form::{Expr, ExprKind, Literal, Span};
use super::super::roles::{Role, Slot};
use super::{Engine, expr, span_of};

impl<'t> Engine<'t> {
    /// A string literal, or a template when it has holes.
    pub(super) fn string(&mut self, node: Node<'t>) -> Expr {
        let (from, to) = content(self.text(node));
        self.between(node, node.start_byte() + from, node.start_byte() + to)
    }

    /// A literal whose text stands further on: its start stands in its place.
    pub(super) fn heredoc(&mut self, node: Node<'t>) -> Expr {
        let begins = &self.roles.heredocs;
        let at = begins.binary_search_by_key(&node.start_byte(), Node::start_byte).ok();
        match at.and_then(|at| self.roles.laters.get(at)) {
            Some(body) => {
                // The closing word is the last child and no part of the text.
                let last = body.child(body.child_count().saturating_sub(1) as u32);
                let end = last.map_or(body.end_byte(), |last| last.start_byte());
                Expr {
                    span: span_of(node),
                    ..self.between(*body, body.start_byte(), end)
                }
            }
            None => super::opaque(Vec::new(), span_of(node)),
        }
    }

    /// The text of a node between two places, with the holes in it.
    fn between(&mut self, node: Node<'t>, from: usize, to: usize) -> Expr {
        let span = span_of(node);
        let mut from = (from, span.line);
        let to = (to, span.last);
        let mut pieces = Vec::new();
        let marks = self.entry(node).map(|entry| entry.many(Slot::Mark)).unwrap_or_default();
        let mut marks = marks.into_iter().peekable();
        for child in self.children(node) {
            // Marks and children run in the order of the source.
            if let Some(mark) = marks.next_if(|mark| mark.id() == child.id()) {
                if let Some(name) = self.marked(mark) {
                    self.piece(from, (child.start_byte(), span_of(child).line), &mut pieces);
                    from = (name.span.end as usize, name.span.last);
                    pieces.push(name);
                }
                continue;
            }
            let Some(entry) = self.entry(child) else { continue };
            let hole = span_of(child);
            let (mut start, mut end) = (child.start_byte(), child.end_byte());
            let value = match entry.role {
                Role::Hole => entry.one(Slot::Value),
                // An expression that stands in the text as it is; brackets around it are not text.
                _ => {
                    let text = self.text.as_bytes();
                    if start > from.0 && text.get(start - 1) == Some(&b'{') && text.get(end) == Some(&b'}') {
                        (start, end) = (start - 1, end + 1);
                    }
                    Some(child)
                }
            };
            self.piece(from, (start, hole.line), &mut pieces);
            pieces.push(value.map_or_else(|| super::opaque(Vec::new(), span), |value| self.expr(value)));
            from = (end, hole.last);
        }
        if pieces.is_empty() {
            let text = self.text.get(from.0..to.0).unwrap_or_default();
            return expr(ExprKind::Literal(Literal::Str(text.into())), span);
        }
        self.piece(from, to, &mut pieces);
        expr(ExprKind::Template(pieces), span)
    }

    /// A literal in whose text `{name}` is a hole; holes without a name are filled by arguments and stay text.
    pub(super) fn format_string(&mut self, node: Node<'t>) -> Expr {
        let span = span_of(node);
        let (from, to) = content(self.text(node));
        let (base, text) = (node.start_byte() + from, &self.text(node)[from..to]);
        let mut pieces = Vec::new();
        let mut after = 0;
        for (open, close) in holes(text) {
            let name = &text[open + 1..close];
            let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            let length = name.bytes().take_while(word).count();
            let plain = matches!(name.as_bytes().get(length), None | Some(b':'));
            if length == 0 || !plain || name.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            self.piece((base + after, span.line), (base + open, span.last), &mut pieces);
            pieces.push(expr(ExprKind::Name(self.word(&name[..length])), span));
            after = close + 1;
        }
        if pieces.is_empty() {
            return expr(ExprKind::Literal(Literal::Str(text.into())), span);
        }
        self.piece((base + after, span.line), (base + text.len(), span.last), &mut pieces);
        expr(ExprKind::Template(pieces), span)
    }

    /// The bare name behind a mark that makes it a hole: `$name`.
    fn marked(&mut self, mark: Node<'t>) -> Option<Expr> {
        let rest = self.text.get(mark.end_byte()..)?;
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut span = span_of(mark);
        (span.start, span.end) = (span.end, span.end + name.len() as u32);
        let name = self.word(name);
        Some(expr(ExprKind::Name(name), span))
    }

    /// The literal text between two places, each a byte offset and a line.
    fn piece(&mut self, from: (usize, u32), to: (usize, u32), pieces: &mut Vec<Expr>) {
        let text = self.text.get(from.0..to.0).unwrap_or_default();
        if !text.is_empty() {
            let span = Span {
                start: from.0 as u32,
                end: to.0 as u32,
                line: from.1,
                last: to.1,
            };
            pieces.push(expr(ExprKind::Literal(Literal::Str(text.into())), span));
        }
    }

    /// Adjacent literals that the language joins by itself.
    pub(super) fn concat(&mut self, node: Node<'t>) -> Expr {
        let span = span_of(node);
        let mut pieces = Vec::new();
        for child in self.children(node) {
            match self.expr(child) {
                Expr {
                    kind: ExprKind::Template(inner),
                    ..
                } => pieces.extend(inner),
                other => pieces.push(other),
            }
        }
        let texts: Option<Vec<&str>> = pieces
            .iter()
            .map(|piece| match &piece.kind {
                ExprKind::Literal(Literal::Str(text)) => Some(&**text),
                _ => None,
            })
            .collect();
        match texts {
            Some(texts) => expr(ExprKind::Literal(Literal::Str(texts.concat().into())), span),
            None => expr(ExprKind::Template(pieces), span),
        }
    }
}

/// Where `{` and `}` stand that belong together; `{{` is a brace.
fn holes(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let close = |from: usize| {
            bytes[from..]
                .iter()
                .position(|byte| *byte == b'}')
                .map(|close| from + close)
        };
        match (bytes[at], bytes.get(at + 1)) {
            (b'{', Some(b'{')) => at += 2,
            (b'{', _) => {
                let Some(close) = close(at) else { break };
                found.push((at, close));
                at = close + 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// Where the text of a literal starts and ends: prefix letters, quotes and raw-string delimiters are left out.
fn content(literal: &str) -> (usize, usize) {
    let open = literal.find(['"', '\'', '`']);
    let prefix = open.map_or("", |at| literal[..at].trim_end_matches('#'));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '$' | ':');
    let Some(open) = open.filter(|_| prefix.chars().all(plain)) else {
        // `:symbol`
        return (usize::from(literal.starts_with(':')), literal.len());
    };
    // `r#"…"#` ends in as many hashes as it starts with.
    let quoted = &literal[open..];
    let quoted = quoted.strip_suffix(&literal[prefix.len()..open]).unwrap_or(quoted);
    if literal[..open].ends_with('R')
        && let Some(paren) = quoted.find('(')
        && let Some(close) = quoted.rfind(')').filter(|close| *close > paren)
    {
        return (open + paren + 1, open + close);
    }
    for quote in ["\"\"\"", "'''", "\"", "'", "`"] {
        if let Some(rest) = quoted.strip_prefix(quote) {
            let inside = rest.strip_suffix(quote).unwrap_or(rest);
            return (open + quote.len(), open + quote.len() + inside.len());
        }
    }
    (0, literal.len())
}

#[cfg(test)]
mod tests {
    use super::content;

    #[test]
    fn quotes_prefixes_and_delimiters_are_left_out() {
        for (literal, text) in [
            ("\"a\"", "a"),
            ("''", ""),
            ("rb'''a\"b'''", "a\"b"),
            ("`x`", "x"),
            ("u8\"x\"", "x"),
            ("R\"sql(a)\"b)sql\"", "a)\"b"),
            ("\"unclosed", "unclosed"),
            ("br##\"a\"#b\"##", "a\"#b"),
            ("\"", ""),
            ("'é'", "é"),
            ("@\"C:\\x\"", "C:\\x"),
            ("$@\"x\"", "x"),
            ("plain", "plain"),
            ("", ""),
        ] {
            let (from, to) = content(literal);
            assert_eq!(&literal[from..to], text, "{literal}");
        }
    }
}
