//! Definitions: functions with their parameters, classes with their fields, annotations.
//!
//! In: nodes with a defining role. Out: entries of [`Module::functions`] and [`Module::classes`].
//! A named function inside another is also assigned to its name where it stands. What a class initialises a field
//! with becomes an assignment to `Class.field` in the code around the class.
//! Start at [`Engine::function`] and [`Engine::class`].
//!
//! [`Module::functions`]: crate::syntax::form::Module::functions
//! [`Module::classes`]: crate::syntax::form::Module::classes

use tree_sitter::Node;

use super::super::form::{Annotation, Class, Expr, ExprKind, Function, Param, Stmt, StmtKind, Text};
use super::super::roles::{Entry, Role, Slot};
use super::expr::{bare_name, bare_quotes, without_type_arguments};
use super::{Engine, Place, Span, expr, span_of, stmt};

impl<'t> Engine<'t> {
    /// A function as a statement.
    pub(super) fn define(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        let span = span_of(node);
        let nested = self.place.function != 0 && self.place.class.is_none();
        let index = self.function(node, entry);
        let value = expr(ExprKind::Function(index), span);
        let name = self.functions[index].name.clone();
        if &*name == "<lambda>" {
            out.push(stmt(StmtKind::Expr(value), span));
        } else if nested {
            let target = expr(ExprKind::Name(name), span);
            out.push(stmt(StmtKind::Assign { target, value, augmented: false, hint: None }, span));
        }
    }

    /// Lowers a function and everything in it; gives its index.
    pub(super) fn function(&mut self, node: Node<'t>, entry: &Entry<'t>) -> usize {
        let index = self.functions.len();
        self.functions.push(Function::default());
        let mut annotations = std::mem::take(&mut self.pending);
        for node in entry.many(Slot::Annotation) {
            annotations.extend(self.annotation_of(node));
        }
        let head = self.head(entry);
        let parent = Some(self.place.function).filter(|function| *function != 0);
        let (mut class, mut class_name) = match self.place.class.clone() {
            Some((index, name)) => (Some(index), Some(name)),
            None => (None, None),
        };
        let outer = std::mem::replace(&mut self.place, Place { function: index, ..Place::default() });
        let mut prologue = Vec::new();
        let mut params = Vec::new();
        for receiver in entry.many(Slot::Receiver) {
            self.params(receiver, class, &mut params, &mut prologue);
            class_name = params.first().and_then(|param| param.hint.as_deref()).map(receiver_type);
        }
        if let Some(scope) = head.scope {
            class_name = Some(scope);
        }
        if class.is_none() {
            class = class_name.as_ref().and_then(|name| self.classes.iter().position(|class| class.name == *name));
        }
        for part in entry.many(Slot::Param) {
            self.param(part, class, &mut params, &mut prologue);
        }
        for part in head.params {
            self.params(part, class, &mut params, &mut prologue);
        }
        let mut body = prologue;
        for part in entry.many(Slot::Init) {
            self.stmt(part, &mut body);
        }
        body.extend(self.maybe_body(entry, Slot::Body));
        if let Some(value) = self.maybe(entry, Slot::Value) {
            let span = value.span;
            body.push(stmt(StmtKind::Return(Some(value)), span));
        }
        self.place = outer;
        self.functions[index] = Function {
            name: head.name,
            class,
            class_name,
            parent,
            params,
            receiver: entry.has(Slot::Receiver) || entry.has(Slot::Bound) && !entry.has(Slot::Static),
            returns: head.returns,
            annotations,
            body,
            public: !entry.has(Slot::Hidden),
            span: span_of(node),
        };
        index
    }

    /// Name, parameter lists and result, which some languages keep in a declarator.
    fn head(&mut self, entry: &Entry<'t>) -> Head<'t> {
        let hint = entry.one(Slot::Returns).map(|returns| self.type_name(self.text(returns)));
        let mut head = Head { params: entry.many(Slot::Params), returns: hint, ..Head::default() };
        let mut name = entry.one(Slot::Name);
        if let Some(declarator) = entry.one(Slot::Declarator) {
            let declared = self.declarator(declarator, head.returns.as_ref());
            head.params.extend(declared.params);
            head.returns = declared.hint;
            name = declared.name;
        }
        let name = name.map(|name| without_type_arguments(bare_quotes(self.text(name)))).unwrap_or_default();
        let mut words = name.rsplit("::").map(str::trim);
        head.name = words.next().filter(|name| !name.is_empty()).unwrap_or("<lambda>").into();
        head.scope = words.next().filter(|scope| !scope.is_empty()).map(Text::from);
        head
    }

    fn params(&mut self, list: Node<'t>, class: Option<usize>, params: &mut Vec<Param>, prologue: &mut Vec<Stmt>) {
        if self.role(list).is_some_and(|role| role != Role::List) {
            return self.param(list, class, params, prologue);
        }
        for child in self.children(list) {
            self.param(child, class, params, prologue);
        }
    }

    fn param(&mut self, node: Node<'t>, class: Option<usize>, params: &mut Vec<Param>, prologue: &mut Vec<Stmt>) {
        let span = span_of(node);
        let Some(entry) = self.entry(node) else {
            let name = self.word(self.text(node));
            return params.push(Param { name, hint: None, annotations: Vec::new(), default: None, span });
        };
        match entry.role {
            Role::Param => {}
            Role::Default => {
                let default = self.maybe(entry, Slot::Value);
                return match entry.one(Slot::Target) {
                    Some(target) => {
                        let param = Param { name: "".into(), hint: None, annotations: Vec::new(), default, span };
                        self.named_param(target, param, params, prologue);
                    }
                    None => {}
                };
            }
            Role::Annotation => {
                let annotation = self.annotation(node, entry);
                return self.pending.push(annotation);
            }
            _ => {
                let annotations = std::mem::take(&mut self.pending);
                let param = Param { name: "".into(), hint: None, annotations, default: None, span };
                return self.named_param(node, param, params, prologue);
            }
        }
        let mut annotations = std::mem::take(&mut self.pending);
        for node in entry.many(Slot::Annotation) {
            annotations.extend(self.annotation_of(node));
        }
        let (hint, default) = (self.hint(entry), self.maybe(entry, Slot::Value));
        let param = Param { name: "".into(), hint, annotations, default, span };
        if let Some(declarator) = entry.one(Slot::Declarator) {
            let declared = self.declarator(declarator, param.hint.as_ref());
            let name = declared.name.map_or("", |name| self.text(name));
            params.push(Param { name: self.word(name), hint: declared.hint, ..param });
            return;
        }
        let names = entry.many(Slot::Name);
        if names.is_empty() {
            params.push(param);
            return;
        }
        for name in names {
            self.named_param(name, param.clone(), params, prologue);
            if let (true, Some(class), Some(last)) = (entry.has(Slot::Field), class, params.last()) {
                self.field_param(class, last.name.clone(), last.hint.clone(), span_of(name), prologue);
            }
        }
    }

    /// A parameter property: `constructor(private db: Db)` declares a field and fills it.
    fn field_param(
        &mut self,
        class: usize,
        name: Text,
        hint: Option<Text>,
        span: Span,
        prologue: &mut Vec<Stmt>,
    ) {
        if let Some(class) = self.classes.get_mut(class) {
            class.fields.push((name.clone(), hint.clone()));
        }
        let this = expr(ExprKind::Name(self.word("this")), span);
        let target = expr(ExprKind::Field(Box::new(this), name.clone()), span);
        let value = expr(ExprKind::Name(name), span);
        prologue.push(stmt(StmtKind::Assign { target, value, augmented: false, hint }, span));
    }

    /// A parameter that is a pattern gets the name `<param N>` and is taken apart at the start of the body.
    fn named_param(&mut self, node: Node<'t>, param: Param, params: &mut Vec<Param>, prologue: &mut Vec<Stmt>) {
        let mut inner = node;
        while let Some(entry) = self.entry(inner).filter(|entry| matches!(entry.role, Role::Same | Role::Spread)) {
            let Some(value) = entry.one(Slot::Value) else { break };
            inner = value;
        }
        let role = self.role(inner);
        if !matches!(role, Some(Role::Pattern | Role::Fields | Role::List | Role::Collection)) {
            let name = self.word(self.text(inner));
            params.push(Param { name, ..param });
            return;
        }
        let name: Text = format!("<param {}>", params.len()).into();
        let value = expr(ExprKind::Name(name.clone()), span_of(inner));
        params.push(Param { name, ..param });
        self.bind(inner, value, prologue);
    }

    pub(super) fn annotation_of(&mut self, node: Node<'t>) -> Option<Annotation> {
        let entry = self.entry(node).filter(|entry| entry.role == Role::Annotation)?;
        Some(self.annotation(node, entry))
    }

    pub(super) fn annotation(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Annotation {
        let span = span_of(node);
        if let Some(name) = entry.one(Slot::Name) {
            let name = self.word(self.text(name));
            let args = entry.many(Slot::Args).into_iter().flat_map(|args| self.args(args)).collect();
            return Annotation { name, args, span };
        }
        let value = self.part(entry, Slot::Value, node);
        match value.kind {
            ExprKind::Call { callee, args, .. } => Annotation { name: dotted(&callee).into(), args, span },
            _ => Annotation { name: dotted(&value).into(), args: Vec::new(), span },
        }
    }

    /// A class as a statement.
    pub(super) fn class(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        let mut annotations = std::mem::take(&mut self.pending);
        for node in entry.many(Slot::Annotation) {
            annotations.extend(self.annotation_of(node));
        }
        let name = entry.one(Slot::Name).map_or("<class>", |name| bare_name(self.text(name)));
        let name = self.word(name.rsplit("::").next().unwrap_or(name));
        let bases = entry.many(Slot::Base).into_iter().filter_map(|base| self.base(base)).collect();
        let fields = Vec::new();
        for definition in entry.many(Slot::Init) {
            self.stmt(definition, out);
        }
        self.classes.push(Class { name: name.clone(), bases, annotations, fields, span: span_of(node) });
        let class = (self.classes.len() - 1, name);
        for params in entry.many(Slot::Params) {
            self.component_fields(params, class.0);
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
        self.classes[class].fields.extend(found.into_iter().map(|param| (param.name, param.hint)));
    }

    /// A class as a value is its name.
    pub(super) fn class_value(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Text {
        let index = self.classes.len();
        let mut statements = Vec::new();
        self.class(node, entry, &mut statements);
        self.classes.get(index).map(|class| class.name.clone()).unwrap_or_default()
    }

    /// `new T() { … }`: a class without a name that extends `T`.
    pub(super) fn anonymous_class(&mut self, base: &Expr, body: Node<'t>) {
        let (name, bases) = (self.word("<class>"), vec![dotted(base).into()]);
        let (annotations, fields) = (Vec::new(), Vec::new());
        self.classes.push(Class { name: name.clone(), bases, annotations, fields, span: span_of(body) });
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
                out.extend(assigned.into_iter().filter_map(|assigned| self.class_variable(assigned, class)));
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
                let value = declared.value.or(entry.one(Slot::Value));
                fields.push((declared.name, declared.hint, value));
            }
        }
        for name in entry.many(Slot::Name) {
            fields.push((Some(name), hint.clone(), entry.one(Slot::Value)));
        }
        for (name, hint, value) in fields {
            let Some(name) = name.map(|name| self.word(bare_name(self.text(name)))) else { continue };
            self.classes[class.0].fields.push((name.clone(), hint.clone()));
            if let Some(value) = value {
                let value = self.expr(value);
                out.push(self.field_value(class, name, value, hint, node));
            }
        }
    }

    fn field_value(&mut self, class: &(usize, Text), name: Text, value: Expr, hint: Option<Text>, node: Node<'t>) -> Stmt {
        let span = span_of(node);
        let base = expr(ExprKind::Name(class.1.clone()), span);
        let target = expr(ExprKind::Field(Box::new(base), name), span);
        stmt(StmtKind::Assign { target, value, augmented: false, hint }, span)
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

/// What stands in front of a function's body.
#[derive(Default)]
struct Head<'t> {
    name: Text,
    /// The class that a definition outside of it names: `void C::f()`.
    scope: Option<Text>,
    params: Vec<Node<'t>>,
    returns: Option<Text>,
}

/// `*Server[T]` is a `Server`.
fn receiver_type(hint: &str) -> Text {
    let name = hint.trim_start_matches(['*', '(', ' ']);
    name.split(['[', ')']).next().unwrap_or(name).trim().into()
}

/// The dotted path of names and fields; empty for anything else.
pub(super) fn dotted(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Field(base, name) => match dotted(base) {
            base if base.is_empty() => name.to_string(),
            base => format!("{base}.{name}"),
        },
        ExprKind::Call { callee, .. } => dotted(callee),
        _ => String::new(),
    }
}
