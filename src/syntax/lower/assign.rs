//! Assignments: targets taken apart, declarators read inside out.
//!
//! In: assignment, declaration and pattern nodes. Out: one [`Stmt`] per bound name.
//! `a, b = x, y` pairs up; otherwise each name is assigned from the whole right-hand side, except that a name out of
//! an object pattern is assigned from that field of it (`const {a: b} = x` is `b = x.a`).
//! Start at [`Engine::assign`].

use tree_sitter::Node;

use super::super::form::{Expr, ExprKind, Literal, Stmt, StmtKind, Text};
use super::super::roles::{Entry, Role, Slot};
use super::{Engine, expr, opaque, span_of, stmt};

/// A right-hand side longer than this is named first when several names are bound from it.
const COPIED_BYTES: u32 = 160;

impl<'t> Engine<'t> {
    pub(super) fn assign(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        let hint = self.hint(entry);
        let targets = self.unlisted(entry.many(Slot::Target));
        let targets: Vec<_> = targets.into_iter().map(|target| self.bare(target)).collect();
        let Some(value) = entry.one(Slot::Value) else {
            for target in targets {
                self.declare(target, &hint, out);
            }
            return;
        };
        if let [target] = targets[..]
            && !self.takes_apart(target)
        {
            let op = entry.one(Slot::Op).map_or("=", |op| self.text(op));
            let augmented = !matches!(op, "=" | ":=");
            let (target, value) = (self.target(target), self.expr(value));
            out.push(stmt(
                StmtKind::Assign {
                    target,
                    value,
                    augmented,
                    hint,
                },
                span_of(node),
            ));
            return;
        }
        let targets = match targets[..] {
            [target] if matches!(self.role(target), Some(Role::Pattern | Role::Collection)) => self.children(target),
            _ => targets,
        };
        let values = self.listed(value);
        let from = out.len();
        if values.len() == targets.len() && values.len() > 1 {
            for (target, value) in targets.into_iter().zip(values) {
                let value = self.expr(value);
                self.bind(target, value, out);
            }
        } else {
            let value = self.expr(value);
            self.bind_all(targets, value, out);
        }
        for bound in &mut out[from..] {
            bound.span = span_of(node);
            if let StmtKind::Assign { hint: slot, .. } = &mut bound.kind {
                slot.clone_from(&hint);
            }
        }
    }

    /// `let pattern = value else { … }`: what runs when the value has another shape.
    pub(super) fn unless_bound(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        let then = self.maybe_body(entry, Slot::Else);
        if !then.is_empty() {
            let (cond, otherwise) = (opaque(Vec::new(), span_of(node)), Vec::new());
            out.push(stmt(StmtKind::If { cond, then, otherwise }, span_of(node)));
        }
    }

    /// An assignment as a value.
    pub(super) fn assign_value(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Expr {
        let mut statements = Vec::new();
        self.assign(node, entry, &mut statements);
        let mut values: Vec<Expr> = statements
            .into_iter()
            .filter_map(|bound| self.as_value(bound))
            .collect();
        if let ([value], Some(op)) = (&mut values[..], entry.one(Slot::Op))
            && let ExprKind::Assign(target, from) = &mut value.kind
            && let Some(op) = match self.text(op) {
                "<<" => Some("<<"),
                op => op.strip_suffix('=').filter(|op| !op.is_empty() && *op != ":"),
            }
        {
            let op = self.word(op);
            let sum = ExprKind::Binary(op, target.clone(), from.clone());
            **from = expr(sum, from.span);
        }
        match values.len() {
            1 => values.remove(0),
            _ => opaque(values, span_of(node)),
        }
    }

    fn as_value(&mut self, bound: Stmt) -> Option<Expr> {
        match bound.kind {
            StmtKind::Assign { target, value, .. } => {
                Some(expr(ExprKind::Assign(Box::new(target), Box::new(value)), bound.span))
            }
            _ => None,
        }
    }

    /// Binds a target from a value, as expressions.
    pub(super) fn bind_values(&mut self, target: Node<'t>, value: Expr) -> Vec<Expr> {
        let mut statements = Vec::new();
        self.bind(target, value, &mut statements);
        statements
            .into_iter()
            .filter_map(|bound| self.as_value(bound))
            .collect()
    }

    /// Binds every name in `target`, which may be a pattern, from `value`. A pattern that nests too deep binds nothing.
    pub(super) fn bind(&mut self, target: Node<'t>, value: Expr, out: &mut Vec<Stmt>) {
        self.deeper(|engine| engine.bind_here(target, value, out));
    }

    fn bind_here(&mut self, target: Node<'t>, value: Expr, out: &mut Vec<Stmt>) {
        let Some(entry) = self.entry(target) else {
            return self.bind_one(target, value, out);
        };
        match entry.role {
            Role::Pattern | Role::List | Role::Collection => {
                let targets = self.children(target);
                self.bind_all(targets, value, out);
            }
            Role::Fields => {
                let value = self.named(value, out);
                for child in self.children(target) {
                    self.bind_field(child, &value, out);
                }
            }
            Role::Default => {
                let value = self.or_default(entry, target, value);
                if let Some(target) = entry.one(Slot::Target) {
                    self.bind(target, value, out);
                }
            }
            Role::Same | Role::Spread => {
                if let Some(target) = entry.one(Slot::Value) {
                    self.bind(target, value, out);
                }
            }
            Role::Skip => {}
            _ => self.bind_one(target, value, out),
        }
    }

    /// What is assigned to; a plain name is known from here on.
    fn target(&mut self, node: Node<'t>) -> Expr {
        if let Some(Role::Called | Role::Shorthand) = self.role(node) {
            let name = self.word(self.text(node));
            self.locals.insert(name);
        }
        self.expr(node)
    }

    fn bind_one(&mut self, target: Node<'t>, value: Expr, out: &mut Vec<Stmt>) {
        let span = span_of(target);
        let target = self.target(target);
        out.push(stmt(
            StmtKind::Assign {
                target,
                value,
                augmented: false,
                hint: None,
            },
            span,
        ));
    }

    fn bind_all(&mut self, targets: Vec<Node<'t>>, value: Expr, out: &mut Vec<Stmt>) {
        let value = if targets.len() > 1 {
            self.named(value, out)
        } else {
            value
        };
        for target in targets {
            self.bind(target, value.clone(), out);
        }
    }

    /// One entry of an object pattern.
    fn bind_field(&mut self, child: Node<'t>, value: &Expr, out: &mut Vec<Stmt>) {
        let span = span_of(child);
        let Some(entry) = self.entry(child) else {
            return self.bind(child, value.clone(), out);
        };
        let field = |name: Text| expr(ExprKind::Field(Box::new(value.clone()), name), span);
        match entry.role {
            Role::Pair => {
                let from = match self.key(entry).map(|key| key.kind) {
                    Some(ExprKind::Literal(Literal::Str(name))) => field(name),
                    Some(kind) => {
                        let index = ExprKind::Index(Box::new(value.clone()), Box::new(expr(kind, span)));
                        expr(index, span)
                    }
                    None => value.clone(),
                };
                if let Some(target) = entry.one(Slot::Value) {
                    self.bind(target, from, out);
                }
            }
            Role::Shorthand => {
                let name = self.word(self.text(child));
                self.bind(child, field(name), out);
            }
            Role::Default => {
                let target = entry.one(Slot::Target);
                let name = target.filter(|target| self.role(*target) == Some(Role::Shorthand));
                let from = match name.map(|name| self.word(self.text(name))) {
                    Some(name) => field(name),
                    None => value.clone(),
                };
                self.bind(child, from, out);
            }
            _ => self.bind(child, value.clone(), out),
        }
    }

    /// A value that several names are bound from: as it is when short, else under a name of its own.
    fn named(&mut self, value: Expr, out: &mut Vec<Stmt>) -> Expr {
        let span = value.span;
        if span.end.saturating_sub(span.start) <= COPIED_BYTES {
            return value;
        }
        let name = expr(ExprKind::Name(self.word("<value>")), span);
        out.push(stmt(
            StmtKind::Assign {
                target: name.clone(),
                value,
                augmented: false,
                hint: None,
            },
            span,
        ));
        name
    }

    fn or_default(&mut self, entry: &Entry<'t>, whole: Node<'t>, value: Expr) -> Expr {
        let default = self.part(entry, Slot::Value, whole);
        let or = self.word("||");
        expr(ExprKind::Binary(or, Box::new(value), Box::new(default)), span_of(whole))
    }

    pub(super) fn takes_apart(&self, target: Node<'t>) -> bool {
        let apart = [
            Role::Pattern,
            Role::Collection,
            Role::Fields,
            Role::List,
            Role::Default,
            Role::Same,
        ];
        self.role(target).is_some_and(|role| apart.contains(&role))
    }

    /// What stands inside brackets or under a sign that marks a variable, when that is a plain name.
    fn bare(&self, target: Node<'t>) -> Node<'t> {
        let inner = self.entry(target).filter(|entry| entry.role == Role::Same);
        let inner = inner.and_then(|entry| entry.one(Slot::Value));
        inner
            .filter(|inner| self.role(*inner) == Some(Role::Name))
            .unwrap_or(target)
    }

    /// The targets, or what the one target lists.
    fn unlisted(&mut self, targets: Vec<Node<'t>>) -> Vec<Node<'t>> {
        match targets[..] {
            [one] if self.role(one) == Some(Role::List) => self.children(one),
            _ => targets,
        }
    }

    /// The plain elements of a list or collection; nothing when it is something else.
    fn listed(&mut self, value: Node<'t>) -> Vec<Node<'t>> {
        if !matches!(self.role(value), Some(Role::List | Role::Collection)) {
            return Vec::new();
        }
        let items = self.children(value);
        let plain = |item: &Node<'t>| {
            !matches!(
                self.role(*item),
                Some(Role::Spread | Role::Pair | Role::Parts | Role::Labelled)
            )
        };
        if items.iter().all(plain) { items } else { Vec::new() }
    }

    fn declare(&mut self, target: Node<'t>, hint: &Option<Text>, out: &mut Vec<Stmt>) {
        if self.takes_apart(target) {
            for child in self.children(target) {
                self.deeper(|engine| engine.declare(child, hint, out));
            }
        } else if matches!(self.role(target), None | Some(Role::Name | Role::Shorthand)) {
            let name = self.word(self.text(target));
            let kind = StmtKind::Declare {
                name,
                hint: hint.clone(),
                size: None,
            };
            out.push(stmt(kind, span_of(target)));
        }
    }

    /// The type hint of an entry, unless it leaves the type to be inferred.
    pub(super) fn hint(&mut self, entry: &Entry<'t>) -> Option<Text> {
        let hint = self.text(entry.one(Slot::Hint)?);
        (!matches!(hint, "var" | "auto")).then(|| self.type_name(hint))
    }

    /// A type as written, but for white space, the keywords that C puts in front and `\` between namespaces.
    pub(super) fn type_name(&mut self, text: &'t str) -> Text {
        let mut text = text.trim_start_matches(':').trim();
        if text.contains('\\') {
            return text.replace('\\', ".").trim_start_matches('.').into();
        }
        for keyword in ["const ", "struct ", "union ", "enum "] {
            text = text.strip_prefix(keyword).unwrap_or(text);
        }
        if text.contains(|c: char| c.is_whitespace() && c != ' ') || text.contains("  ") || text.contains(" *") {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            return words.replace(" *", "*").into();
        }
        self.word(text)
    }

    /// `T a, *b[4] = x`: every declarator with the type they share.
    pub(super) fn declaration(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        for definition in entry.many(Slot::Init) {
            self.stmt(definition, out);
        }
        let hint = self.hint(entry);
        for item in entry.many(Slot::Item) {
            let mut declared = self.declarator(item, hint.as_ref());
            declared.value = declared.value.or(entry.one(Slot::Value));
            self.declared(node, declared, out);
        }
    }

    fn declared(&mut self, node: Node<'t>, declared: Declared<'t>, out: &mut Vec<Stmt>) {
        let Some(name_node) = declared.name else { return };
        let span = span_of(node);
        let name = self.word(self.text(name_node));
        if declared.params.is_some() && declared.value.is_none() && declared.args.is_none() {
            return;
        }
        let value = match (declared.value, declared.args) {
            (Some(value), _) => Some(self.expr(value)),
            (None, Some(args)) => {
                let callee = Box::new(expr(ExprKind::Name(declared.hint.clone().unwrap_or_default()), span));
                Some(expr(
                    ExprKind::Call {
                        callee,
                        args: self.args(args),
                        new: true,
                    },
                    span_of(args),
                ))
            }
            (None, None) => None,
        };
        let size = self.size(&declared.sizes);
        if let (Some(value), true) = (&value, self.takes_apart(name_node)) {
            return self.bind(name_node, value.clone(), out);
        }
        if size.is_some() || value.is_none() {
            let kind = StmtKind::Declare {
                name: name.clone(),
                hint: declared.hint.clone(),
                size,
            };
            out.push(stmt(kind, span));
        }
        if let Some(value) = value {
            let target = expr(ExprKind::Name(name), span_of(name_node));
            out.push(stmt(
                StmtKind::Assign {
                    target,
                    value,
                    augmented: false,
                    hint: declared.hint,
                },
                span,
            ));
        }
    }

    /// The product of all dimensions.
    fn size(&mut self, sizes: &[Node<'t>]) -> Option<Expr> {
        let mut product: Option<Expr> = None;
        for size in sizes.iter().take(8) {
            let size = self.expr(*size);
            let span = size.span;
            product = Some(match product {
                Some(before) => {
                    let times = self.word("*");
                    expr(ExprKind::Binary(times, Box::new(before), Box::new(size)), span)
                }
                None => size,
            });
        }
        product
    }

    /// Reads a declarator from the outside in, down to the name.
    pub(super) fn declarator(&mut self, node: Node<'t>, hint: Option<&Text>) -> Declared<'t> {
        let mut declared = Declared::default();
        let (mut marks, mut here) = (String::new(), Some(node));
        while let Some(node) = here {
            let Some(entry) = self.entry(node).filter(|entry| entry.role == Role::Declarator) else {
                declared.name = Some(node);
                break;
            };
            if let Some(mark) = entry.one(Slot::Mark) {
                marks.push_str(self.text(mark));
                // What is pointed to has parameters, so the name is a variable and no function.
                declared.params = None;
            }
            declared.array |= entry.has(Slot::Array);
            declared.sizes.extend(entry.one(Slot::Size));
            declared.value = declared.value.or(entry.one(Slot::Value));
            declared.args = declared.args.or(entry.one(Slot::Args));
            declared.params = entry.one(Slot::Params).or(declared.params);
            here = entry.one(Slot::Name);
        }
        declared.hint = match hint {
            Some(hint) if !marks.is_empty() => Some(format!("{hint}{marks}").into()),
            hint => hint.cloned(),
        };
        declared
    }
}

/// What a declarator says.
#[derive(Default)]
pub(super) struct Declared<'t> {
    pub name: Option<Node<'t>>,
    pub hint: Option<Text>,
    pub sizes: Vec<Node<'t>>,
    /// Whether it has brackets, with or without a size in them.
    pub array: bool,
    pub value: Option<Node<'t>>,
    /// Constructor arguments: `T name(args)`.
    pub args: Option<Node<'t>>,
    pub params: Option<Node<'t>>,
}
