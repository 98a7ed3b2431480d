//! Classes with their fields.
//!
//! In: nodes with the class role. Out: entries of [`Module::classes`].
//! What a class initialises a field with becomes an assignment to `Class.field` in the code around the class.
//! Start at [`Engine::class`].
//!
//! [`Module::classes`]: crate::syntax::form::Module::classes

use tree_sitter::Node;

use super::super::form::{Class, Expr, ExprKind, Stmt, StmtKind, Text};
use super::super::roles::{Entry, Role, Slot};
use super::define::dotted;
use super::expr::bare_name;
use super::{Engine, expr, span_of, stmt};

impl<'t> Engine<'t> {
    /// A class as a statement.
    pub(super) fn class(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        let mut annotations = std::mem::take(&mut self.pending);
        for node in entry.many(Slot::Annotation) {
            annotations.extend(self.annotation_of(node));
        }
        let name = entry
            .one(Slot::Name)
            .map_or("<class>", |name| bare_name(self.text(name)));
        let name = self.word(name.rsplit("::").next().unwrap_or(name));
        let bases = entry
            .many(Slot::Base)
            .into_iter()
            .filter_map(|base| self.base(base))
            .collect();
        let fields = Vec::new();
        for definition in entry.many(Slot::Init) {
            self.stmt(definition, out);
        }
        self.classes.push(Class {
            name: name.clone(),
            bases,
            annotations,
            fields,
            span: span_of(node),
        });
        let class = (self.classes.len() - 1, name);
        for params in entry.many(Slot::Params) {
            if self.role(params) == Some(Role::Function) {
                self.member(params, &class, out);
            } else {
                self.component_fields(params, class.0);
            }
        }
        for body in entry.many(Slot::Body) {
            self.members(body, &class, out);
        }
        self.pending.clear();
    }

    /// The components of a record are fields.
    fn component_fields(&mut self, params: Node<'t>, class: usize) {
        let (mut found, mut unused) = (Vec::new(), Vec::new());
        self.params(params, None, &mut found, &mut unused);
        self.classes[class]
            .fields
            .extend(found.into_iter().map(|param| (param.name, param.hint)));
    }

    /// A class as a value is its name.
    pub(super) fn class_value(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Text {
        let index = self.classes.len();
        let mut statements = Vec::new();
        self.class(node, entry, &mut statements);
        self.classes
            .get(index)
            .map(|class| class.name.clone())
            .unwrap_or_default()
    }

    /// `new T() { … }`: a class without a name that extends `T`.
    pub(super) fn anonymous_class(&mut self, base: &Expr, body: Node<'t>) {
        let (name, bases) = (self.word("<class>"), vec![dotted(base).into()]);
        let (annotations, fields) = (Vec::new(), Vec::new());
        self.classes.push(Class {
            name: name.clone(),
            bases,
            annotations,
            fields,
            span: span_of(body),
        });
        let class = (self.classes.len() - 1, name);
        self.members(body, &class, &mut Vec::new());
    }

    fn base(&mut self, node: Node<'t>) -> Option<Text> {
        let role = self.role(node);
        if matches!(role, Some(Role::Labelled | Role::Skip | Role::Spread)) {
            return None;
        }
        let text = self.text(node);
        let name = text.split(['<', '(', '[', '{']).next().unwrap_or_default().trim();
        (!name.is_empty()).then(|| self.type_name(name).replace("::", ".").into())
    }

    fn members(&mut self, body: Node<'t>, class: &(usize, Text), out: &mut Vec<Stmt>) {
        for child in self.children(body) {
            self.deeper(|engine| engine.member(child, class, out));
        }
    }

    fn member(&mut self, node: Node<'t>, class: &(usize, Text), out: &mut Vec<Stmt>) {
        let outer = self.place.class.replace(class.clone());
        match self.entry(node) {
            Some(entry) if entry.role == Role::Function => {
                self.function(node, entry);
            }
            Some(entry) if entry.role == Role::Member => self.field_member(node, entry, class, out),
            Some(entry) if entry.role == Role::Assign => {
                let mut assigned = Vec::new();
                self.assign(node, entry, &mut assigned);
                out.extend(
                    assigned
                        .into_iter()
                        .filter_map(|assigned| self.class_variable(assigned, class)),
                );
            }
            Some(entry) if matches!(entry.role, Role::Declaration | Role::Skip) => {}
            Some(_) => {
                self.place.class = None;
                self.stmt(node, out);
            }
            None => self.members(node, class, out),
        }
        self.place.class = outer;
    }

    fn field_member(&mut self, node: Node<'t>, entry: &Entry<'t>, class: &(usize, Text), out: &mut Vec<Stmt>) {
        let hint = self.hint(entry);
        self.pending.clear();
        let mut fields = Vec::new();
        for item in entry.many(Slot::Item) {
            let declared = self.declarator(item, hint.as_ref());
            if declared.params.is_none() {
                let sizes: String = declared
                    .sizes
                    .iter()
                    .map(|size| format!("[{}]", self.text(*size)))
                    .collect();
                let hint = declared.hint.map(|hint| {
                    if sizes.is_empty() {
                        hint
                    } else {
                        format!("{hint}{sizes}").into()
                    }
                });
                fields.push((declared.name, hint, declared.value.or(entry.one(Slot::Value))));
            }
        }
        for name in entry.many(Slot::Name) {
            fields.push((Some(name), hint.clone(), entry.one(Slot::Value)));
        }
        for (name, hint, value) in fields {
            let Some(name) = name.map(|name| self.word(bare_name(self.text(name)).trim_start_matches(':'))) else {
                continue;
            };
            self.classes[class.0].fields.push((name.clone(), hint.clone()));
            if let Some(value) = value {
                let value = self.expr(value);
                out.push(self.field_value(class, name, value, hint, node));
            }
        }
        // What runs when a property is read or set.
        for accessors in entry.many(Slot::Body) {
            self.member(accessors, class, out);
        }
    }

    fn field_value(
        &mut self,
        class: &(usize, Text),
        name: Text,
        value: Expr,
        hint: Option<Text>,
        node: Node<'t>,
    ) -> Stmt {
        let span = span_of(node);
        let base = expr(ExprKind::Name(class.1.clone()), span);
        let target = expr(ExprKind::Field(Box::new(base), name), span);
        stmt(
            StmtKind::Assign {
                target,
                value,
                augmented: false,
                hint,
            },
            span,
        )
    }

    /// A variable of a class body is a field: `x = 1` in `class C` is `C.x = 1`.
    fn class_variable(&mut self, mut assigned: Stmt, class: &(usize, Text)) -> Option<Stmt> {
        let fields = &mut self.classes[class.0].fields;
        match &mut assigned.kind {
            StmtKind::Declare { name, hint, .. } => {
                fields.push((name.clone(), hint.clone()));
                return None;
            }
            StmtKind::Assign { target, hint, .. } => {
                if let ExprKind::Name(name) = &target.kind {
                    let name = name.clone();
                    fields.push((name.clone(), hint.clone()));
                    let base = expr(ExprKind::Name(class.1.clone()), target.span);
                    target.kind = ExprKind::Field(Box::new(base), name);
                }
            }
            _ => {}
        }
        Some(assigned)
    }
}
