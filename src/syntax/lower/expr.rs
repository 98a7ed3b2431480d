//! Expressions: one arm per role, `Opaque` over the children for what has none.
//!
//! In: a node. Out: an [`Expr`]. Start at [`Engine::expr`].

use tree_sitter::Node;

use super::super::form::{Arg, Expr, ExprKind, Literal, Span, Text};
use super::super::roles::{Entry, Role, Slot};
use super::{Engine, expr, opaque, span_of};
use crate::syntax::MAX_DEPTH;

/// A longer run of binary operators is kept flat, since as a tree it would nest as deep as it is long.
const LONGEST_CHAIN: usize = 64;

/// Segments of a dotted type name that are kept.
const MAX_WORDS: usize = 16;

impl<'t> Engine<'t> {
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        self.deeper(|engine| engine.expr_here(node))
            .unwrap_or_else(|| self.flat(node))
    }

    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        let span = span_of(node);
        let Some(entry) = self.entry(node) else {
            return self.unknown(node);
        };
        let kind = match entry.role {
            Role::Name => ExprKind::Name(match &entry.word {
                Some(word) => word.clone(),
                None => self.word(self.text(node)),
            }),
            Role::Number => ExprKind::Literal(Literal::Number(self.word(self.text(node)))),
            Role::True => ExprKind::Literal(Literal::Bool(true)),
            Role::False => ExprKind::Literal(Literal::Bool(false)),
            Role::Null => ExprKind::Literal(Literal::Null),
            Role::Str => return self.string(node),
            Role::Format => return self.format_string(node),
            Role::Heredoc => return self.heredoc(node),
            Role::Own => {
                // A field of the object at hand, by a name of its own shape: `@name`.
                let own = Box::new(expr(ExprKind::Name(self.word("self")), span));
                ExprKind::Field(own, self.word(self.text(node).trim_start_matches('@')))
            }
            Role::Called => {
                let name = self.word(self.text(node));
                if !self.locals.contains(&name) {
                    let callee = Box::new(expr(ExprKind::Name(name), span));
                    let (args, new) = (Vec::new(), false);
                    return expr(ExprKind::Call { callee, args, new }, span);
                }
                ExprKind::Name(name)
            }
            Role::Concat => return self.concat(node),
            Role::Text => {
                let text = self.text(entry.one(Slot::Value).unwrap_or(node));
                ExprKind::Literal(Literal::Str(self.word(text)))
            }
            Role::Shorthand => ExprKind::Name(self.word(self.text(node))),
            Role::Path => return self.path(node),
            Role::Field => return self.field(node, entry),
            Role::Index => self.index(node, entry),
            Role::Call => self.call(node, entry, false),
            Role::New => self.call(node, entry, true),
            Role::Binary | Role::Chain => return self.chain(node),
            Role::Unary => self.unary(entry),
            Role::Choice => self.choice(entry),
            Role::Assign => return self.assign_value(node, entry),
            Role::Function => ExprKind::Function(self.function(node, entry)),
            Role::Class => ExprKind::Name(self.class_value(node, entry)),
            Role::Collection => self.collection(node, entry),
            Role::List | Role::Pattern | Role::Fields => self.list(node),
            Role::Cast => {
                let hint = self.hint(entry).unwrap_or_default();
                ExprKind::Cast(hint, Box::new(self.part(entry, Slot::Value, node)))
            }
            Role::Same | Role::Hole | Role::Param => return self.same(node, entry),
            Role::Comprehension => return self.comprehension(node, entry),
            Role::If | Role::Switch | Role::Try | Role::Block => return self.control_value(node),
            Role::Skip => ExprKind::Opaque(Vec::new()),
            _ => return self.unknown(node),
        };
        expr(kind, span)
    }

    /// A node that no query names: its children, so that data still flows through it.
    fn unknown(&mut self, node: Node<'t>) -> Expr {
        let children = self.children(node);
        let children = children.into_iter().map(|child| self.expr(child)).collect();
        opaque(children, span_of(node))
    }

    /// A part as an expression; a part that is missing in broken code is an empty `Opaque` at `whole`.
    pub(super) fn part(&mut self, entry: &Entry<'t>, slot: Slot, whole: Node<'t>) -> Expr {
        match entry.one(slot) {
            Some(part) => self.expr(part),
            None => opaque(Vec::new(), span_of(whole)),
        }
    }

    pub(super) fn maybe(&mut self, entry: &Entry<'t>, slot: Slot) -> Option<Expr> {
        let part = entry.one(slot).filter(|part| self.role(*part) != Some(Role::Skip))?;
        Some(self.expr(part))
    }

    /// Something transparent: the one thing inside, or all of them.
    fn same(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Expr {
        match entry.many(Slot::Value).as_slice() {
            [one] if one.is_extra() => opaque(Vec::new(), span_of(node)),
            [one] => self.expr(*one),
            _ => self.unknown(node),
        }
    }

    fn field(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Expr {
        let name = entry.one(Slot::Name).map_or("", |name| bare_name(self.text(name)));
        let name = self.word(name);
        match entry.one(Slot::Base) {
            Some(base) => {
                let (bare, base) = (base.kind() != "parenthesized_expression", self.expr(base));
                let field = |base| ExprKind::Field(Box::new(base), name.clone());
                expr(hoisted(base, bare, span_of(node), &field), span_of(node))
            }
            None => expr(ExprKind::Name(name), span_of(node)),
        }
    }

    fn index(&mut self, node: Node<'t>, entry: &Entry<'t>) -> ExprKind {
        let base = Box::new(self.part(entry, Slot::Base, node));
        let keys = match entry.many(Slot::Key) {
            keys if keys.is_empty() => self
                .children(node)
                .into_iter()
                .filter(|child| !entry.claims(*child))
                .collect::<Vec<_>>(),
            keys => keys,
        };
        let mut keys: Vec<Expr> = keys.into_iter().map(|key| self.expr(key)).collect();
        let key = match keys.len() {
            1 if entry.has(Slot::Key) => keys.remove(0),
            _ => opaque(keys, span_of(node)),
        };
        ExprKind::Index(base, Box::new(key))
    }

    fn call(&mut self, node: Node<'t>, entry: &Entry<'t>, new: bool) -> ExprKind {
        let callee = match (entry.one(Slot::Callee), entry.one(Slot::Name)) {
            (Some(callee), _) => self.expr_or_word(callee),
            (None, Some(_)) => {
                // The field that the call stands for is a level of its own.
                let callee = self.deeper(|engine| engine.field(node, entry));
                let mut callee = callee.unwrap_or_else(|| opaque(Vec::new(), span_of(node)));
                callee.span.end = entry
                    .one(Slot::Name)
                    .map_or(callee.span.end, |name| name.end_byte() as u32);
                callee
            }
            (None, None) => match &entry.word {
                Some(word) => expr(ExprKind::Name(word.clone()), span_of(node)),
                None => opaque(Vec::new(), span_of(node)),
            },
        };
        let mut args = Vec::new();
        for part in entry.many(Slot::Args) {
            args.extend(self.args(part));
        }
        for part in entry.many(Slot::Arg) {
            args.push(self.arg(part));
        }
        args.shrink_to_fit();
        if let Some(body) = entry.one(Slot::Body) {
            self.anonymous_class(&callee, body);
        }
        let bare = entry
            .one(Slot::Callee)
            .is_some_and(|callee| callee.kind() != "parenthesized_expression");
        let call = |callee| ExprKind::Call {
            callee: Box::new(callee),
            args: args.clone(),
            new,
        };
        hoisted(callee, bare, span_of(node), &call)
    }

    /// A type in the place of a callee is a path, whatever stands between its brackets.
    fn expr_or_word(&mut self, node: Node<'t>) -> Expr {
        if self.entry(node).is_some() || node.is_error() {
            return self.expr(node);
        }
        self.path(node)
    }

    /// `a::b<T>::c`, `a.b.C<T>` and `\a\b\C`: names and fields.
    fn path(&mut self, node: Node<'t>) -> Expr {
        let span = span_of(node);
        let path = without_type_arguments(self.text(node))
            .replace("::", ".")
            .replace('\\', ".");
        let mut words = path.split('.').map(str::trim).filter(|word| !word.is_empty());
        let first = expr(ExprKind::Name(words.next().unwrap_or_default().into()), span);
        let field = |base, word: &str| expr(ExprKind::Field(Box::new(base), word.into()), span);
        words.take(MAX_WORDS).fold(first, field)
    }

    /// A list of arguments, or a single one that stands without brackets.
    pub(super) fn args(&mut self, node: Node<'t>) -> Vec<Arg> {
        if self.role(node).is_some_and(|role| role != Role::List) {
            return vec![self.arg(node)];
        }
        self.children(node).into_iter().map(|child| self.arg(child)).collect()
    }

    fn arg(&mut self, node: Node<'t>) -> Arg {
        match self.entry(node) {
            Some(entry) if entry.role == Role::Labelled => {
                let label = entry.one(Slot::Label);
                let label = label.map(|label| self.word(bare_quotes(self.text(label)).trim_start_matches(':')));
                Arg {
                    label,
                    value: self.part(entry, Slot::Value, node),
                }
            }
            Some(entry) if entry.role == Role::Spread => {
                let inner = self.part(entry, Slot::Value, node);
                Arg {
                    label: None,
                    value: opaque(vec![inner], span_of(node)),
                }
            }
            _ => Arg {
                label: None,
                value: self.expr(node),
            },
        }
    }

    /// Binary operators, left to right. Runs are walked without recursion; very long ones stay flat.
    fn chain(&mut self, node: Node<'t>) -> Expr {
        let mut links = Vec::new();
        let mut first = node;
        while let Some(entry) = self.entry(first).filter(|entry| entry.role == Role::Binary) {
            let (Some(left), Some(right)) = (entry.one(Slot::Left), entry.one(Slot::Right)) else {
                break;
            };
            let op = entry.one(Slot::Op).map_or("", |op| self.text(op));
            links.push((first, op, right));
            first = left;
        }
        links.reverse();
        if links.is_empty() {
            return self.comparison(node);
        }
        let long = links.len() > LONGEST_CHAIN || self.depth + links.len() > MAX_DEPTH;
        let under = if long { 0 } else { links.len() };
        self.depth += under;
        let mut left = self.expr(first);
        let mut operands = Vec::new();
        for (whole, op, right) in links {
            let right = self.expr(right);
            if long {
                operands.push(right);
                continue;
            }
            let op = self.operator(op);
            left = expr(ExprKind::Binary(op, Box::new(left), Box::new(right)), span_of(whole));
        }
        self.depth -= under;
        if long {
            operands.insert(0, left);
            return opaque(operands, span_of(node));
        }
        left
    }

    /// `a < b <= c` and alike: operands with the operators as the text between them.
    fn comparison(&mut self, node: Node<'t>) -> Expr {
        let operands = self.children(node);
        if operands.len() > LONGEST_CHAIN {
            return self.unknown(node);
        }
        let mut operands = operands.into_iter();
        let Some(first) = operands.next() else {
            return opaque(Vec::new(), span_of(node));
        };
        let (mut left, mut end) = (self.expr(first), first.end_byte());
        for next in operands {
            let op = self.text.get(end..next.start_byte()).unwrap_or_default().trim();
            let op = self.operator(op);
            let right = self.expr(next);
            end = next.end_byte();
            let mut span = left.span;
            (span.end, span.last) = (right.span.end, right.span.last);
            left = expr(ExprKind::Binary(op, Box::new(left), Box::new(right)), span);
        }
        left
    }

    /// Operators that languages spell in two ways are spelled in one.
    fn operator(&mut self, op: &'t str) -> Text {
        match op {
            "and" => self.word("&&"),
            "or" => self.word("||"),
            "not" => self.word("!"),
            "?:" => self.word("||"),
            "!in" => self.word("not in"),
            _ => self.word(op),
        }
    }

    fn unary(&mut self, entry: &Entry<'t>) -> ExprKind {
        let Some(value) = entry.one(Slot::Value) else {
            return ExprKind::Opaque(Vec::new());
        };
        let value = Box::new(self.expr(value));
        match entry.one(Slot::Op).map_or("not", |op| self.text(op)) {
            "&" | "ref" | "out" => ExprKind::Address(value),
            "*" => ExprKind::Deref(value),
            op => ExprKind::Unary(self.operator(op), value),
        }
    }

    fn choice(&mut self, entry: &Entry<'t>) -> ExprKind {
        let parts = [Slot::Cond, Slot::Then, Slot::Else].map(|slot| self.maybe(entry, slot));
        match parts {
            [Some(cond), Some(then), Some(other)] => ExprKind::Choice(Box::new(cond), Box::new(then), Box::new(other)),
            [Some(cond), None, Some(other)] => {
                ExprKind::Choice(Box::new(cond.clone()), Box::new(cond), Box::new(other))
            }
            parts => ExprKind::Opaque(parts.into_iter().flatten().collect()),
        }
    }

    fn collection(&mut self, node: Node<'t>, entry: &Entry<'t>) -> ExprKind {
        let mut items = Vec::new();
        self.items(node, &mut items);
        items.shrink_to_fit();
        let collection = ExprKind::Collection(items);
        match entry.one(Slot::Callee) {
            Some(callee) => {
                let callee = Box::new(self.expr_or_word(callee));
                let value = expr(collection, span_of(node));
                ExprKind::Call {
                    callee,
                    args: vec![Arg { label: None, value }],
                    new: false,
                }
            }
            None => collection,
        }
    }

    fn items(&mut self, node: Node<'t>, items: &mut Vec<(Option<Expr>, Expr)>) {
        let whole = self.entry(node);
        for child in self.children(node) {
            if whole.is_some_and(|whole| whole.claims(child)) {
                continue;
            }
            let Some(entry) = self.entry(child) else {
                let value = self.expr(child);
                items.push((None, value));
                continue;
            };
            match entry.role {
                Role::Parts => {
                    self.deeper(|engine| engine.items(child, items));
                }
                Role::Pair => {
                    let key = self.key(entry);
                    let value = match entry.one(Slot::Value) {
                        Some(value) => self.expr(value),
                        None => expr(ExprKind::Literal(Literal::Bool(true)), span_of(child)),
                    };
                    items.push((key, value));
                }
                Role::Shorthand => {
                    let key = self.word(self.text(child));
                    items.push((Some(self.quoted(key, child)), self.expr(child)));
                }
                Role::Function => {
                    let key = entry.one(Slot::Name).map(|name| self.word(bare_name(self.text(name))));
                    let key = key.map(|key| self.quoted(key, child));
                    items.push((key, self.expr(child)));
                }
                _ => {
                    let value = self.arg(child);
                    let key = value.label.map(|label| self.quoted(label, child));
                    items.push((key, value.value));
                }
            }
        }
    }

    fn quoted(&self, text: Text, at: Node<'t>) -> Expr {
        expr(ExprKind::Literal(Literal::Str(text)), span_of(at))
    }

    /// The key of a pair: a bare word where the language has no name there, else an expression.
    pub(super) fn key(&mut self, entry: &Entry<'t>) -> Option<Expr> {
        if let Some(label) = entry.one(Slot::Label) {
            let label_text = self.word(self.text(label));
            return Some(self.quoted(label_text, label));
        }
        let key = entry.one(Slot::Key)?;
        if self.entry(key).is_none() && key.named_child_count() == 0 {
            let text = self.word(self.text(key));
            return Some(self.quoted(text, key));
        }
        Some(self.expr(key))
    }

    fn list(&mut self, node: Node<'t>) -> ExprKind {
        let mut children: Vec<Expr> = self.children(node).into_iter().map(|child| self.expr(child)).collect();
        match children.len() {
            1 if self.role(node) == Some(Role::List) => children.remove(0).kind,
            _ => ExprKind::Collection(children.into_iter().map(|child| (None, child)).collect()),
        }
    }

    /// `[f(x) for x in xs if p(x)]`: the binding first, then conditions, then the element.
    fn comprehension(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Expr {
        let mut parts = Vec::new();
        for child in self.children(node).into_iter().filter(|child| !entry.claims(*child)) {
            match self.entry(child).filter(|entry| entry.role == Role::Each) {
                Some(each) => {
                    let iterable = self.part(each, Slot::Iterable, child);
                    if let Some(target) = each.one(Slot::Target) {
                        parts.extend(self.bind_values(target, iterable));
                    }
                }
                None => parts.push(self.expr(child)),
            }
        }
        for body in entry.many(Slot::Body) {
            let body = match self.entry(body).filter(|entry| entry.role == Role::Pair) {
                Some(pair) => {
                    let (key, value) = (self.key(pair), self.part(pair, Slot::Value, body));
                    expr(ExprKind::Collection(vec![(key, value)]), span_of(body))
                }
                None => self.expr(body),
            };
            parts.push(body);
        }
        opaque(parts, span_of(node))
    }
}

/// A name without the type arguments, quotes or brackets that may stand at it.
pub(super) fn bare_name(text: &str) -> &str {
    let text = bare_quotes(text);
    match text.find('<') {
        Some(at) if at > 0 && !text.starts_with("operator") => text[..at].trim_end(),
        _ => text,
    }
}

/// Drops `<…>` at any depth; an operator's own name is left as it is.
pub(super) fn without_type_arguments(text: &str) -> String {
    let (path, operator) = text.find("operator").map_or((text, ""), |at| text.split_at(at));
    let mut depth = 0_usize;
    let mut plain = String::new();
    for c in path.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain + operator
}

pub(super) fn bare_quotes(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '[' | ']') || c.is_whitespace())
}

/// `!file.path` where a grammar binds the sign to the name alone: the sign is about all that follows.
fn hoisted(base: Expr, bare: bool, span: Span, make: &dyn Fn(Expr) -> ExprKind) -> ExprKind {
    match base.kind {
        ExprKind::Unary(op, inner) if bare && matches!(&*op, "!" | "-") => {
            ExprKind::Unary(op, Box::new(expr(make(*inner), span)))
        }
        kind => make(Expr { kind, span: base.span }),
    }
}
