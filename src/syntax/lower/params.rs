//! Parameters of functions.
//!
//! In: the nodes of a parameter list. Out: [`Param`]s, and the statements that take patterns apart.
//! Start at [`Engine::params`].

use tree_sitter::Node;

use super::super::form::{ExprKind, Param, Stmt, StmtKind, Text};
use super::super::roles::{Entry, Role, Slot};
use super::{Engine, Span, expr, span_of, stmt};

impl<'t> Engine<'t> {
    pub(super) fn params(
        &mut self,
        list: Node<'t>,
        class: Option<usize>,
        params: &mut Vec<Param>,
        prologue: &mut Vec<Stmt>,
    ) {
        if self.role(list).is_some_and(|role| role != Role::List) {
            return self.param(list, class, params, prologue);
        }
        // A default may stand beside its parameter instead of inside it.
        let mut default = None;
        for child in self.children(list) {
            if default != Some(child.id()) {
                self.param(child, class, params, prologue);
            }
            let declared = self.entry(child).filter(|entry| entry.role == Role::Param);
            let value = declared.and_then(|entry| entry.one(Slot::Value));
            default = value.map(|value| value.id()).or(default);
        }
    }

    pub(super) fn param(
        &mut self,
        node: Node<'t>,
        class: Option<usize>,
        params: &mut Vec<Param>,
        prologue: &mut Vec<Stmt>,
    ) {
        let mut param = nameless(span_of(node), Text::default());
        match self.entry(node) {
            None => {
                let name = self.word(self.text(node));
                self.locals.insert(name.clone());
                params.push(Param { name, ..param });
            }
            Some(entry) if entry.role == Role::Param => self.declared_param(entry, param, class, params, prologue),
            Some(entry) if entry.role == Role::Default => {
                param.default = self.maybe(entry, Slot::Value);
                if let Some(target) = entry.one(Slot::Target) {
                    self.named_param(target, param, params, prologue);
                }
            }
            Some(entry) if entry.role == Role::Annotation => {
                let annotation = self.annotation(node, entry);
                self.pending.push(annotation);
            }
            Some(_) => {
                param.annotations = std::mem::take(&mut self.pending);
                self.named_param(node, param, params, prologue);
            }
        }
    }

    /// A parameter whose parts the query names.
    fn declared_param(
        &mut self,
        entry: &Entry<'t>,
        mut param: Param,
        class: Option<usize>,
        params: &mut Vec<Param>,
        prologue: &mut Vec<Stmt>,
    ) {
        param.annotations = std::mem::take(&mut self.pending);
        for node in entry.many(Slot::Annotation) {
            param.annotations.extend(self.annotation_of(node));
        }
        param.hint = self.hint(entry);
        param.default = self.maybe(entry, Slot::Value);
        if let Some(declarator) = entry.one(Slot::Declarator) {
            let declared = self.declarator(declarator, param.hint.as_ref());
            // An array is passed as a pointer.
            let pointer = |hint: Text| {
                if declared.array {
                    format!("{hint}*").into()
                } else {
                    hint
                }
            };
            param.name = declared.name.map(|name| self.word(self.text(name))).unwrap_or_default();
            param.hint = declared.hint.map(pointer);
            return params.push(param);
        }
        let names = entry.many(Slot::Name);
        if names.is_empty() {
            return params.push(param);
        }
        for name in names {
            self.named_param(name, param.clone(), params, prologue);
            if let (true, Some(class), Some(last)) = (entry.has(Slot::Field), class, params.last()) {
                self.field_param(class, last.name.clone(), last.hint.clone(), span_of(name), prologue);
            }
        }
    }

    /// A parameter property: `constructor(private db: Db)` declares a field and fills it.
    fn field_param(&mut self, class: usize, name: Text, hint: Option<Text>, span: Span, prologue: &mut Vec<Stmt>) {
        if let Some(class) = self.classes.get_mut(class) {
            class.fields.push((name.clone(), hint.clone()));
        }
        let this = expr(ExprKind::Name(self.word("this")), span);
        let target = expr(ExprKind::Field(Box::new(this), name.clone()), span);
        let value = expr(ExprKind::Name(name), span);
        prologue.push(stmt(
            StmtKind::Assign {
                target,
                value,
                augmented: false,
                hint,
            },
            span,
        ));
    }

    /// A parameter that is a pattern gets the name `<param N>` and is taken apart at the start of the body.
    fn named_param(&mut self, node: Node<'t>, param: Param, params: &mut Vec<Param>, prologue: &mut Vec<Stmt>) {
        let mut inner = node;
        while let Some(entry) = self
            .entry(inner)
            .filter(|entry| matches!(entry.role, Role::Same | Role::Spread))
        {
            let Some(value) = entry.one(Slot::Value) else { break };
            inner = value;
        }
        let role = self.role(inner);
        if !matches!(role, Some(Role::Pattern | Role::Fields | Role::List | Role::Collection)) {
            let name = self.word(self.text(inner));
            self.locals.insert(name.clone());
            params.push(Param { name, ..param });
            return;
        }
        let name: Text = format!("<param {}>", params.len()).into();
        let value = expr(ExprKind::Name(name.clone()), span_of(inner));
        let hint = param.hint.as_deref();
        let wrapped = hint.and_then(|hint| wrapped(hint, self.text(inner))).map(Text::from);
        params.push(Param { name, ..param });
        let before = prologue.len();
        self.bind(inner, value, prologue);
        if let [
            Stmt {
                kind: StmtKind::Assign { hint, .. },
                ..
            },
        ] = &mut prologue[before..]
        {
            *hint = hint.take().or(wrapped);
        }
    }
}

/// The type of what a pattern takes out of its wrapper: `State(state): State<App>` makes `state` an `App`.
fn wrapped<'h>(hint: &'h str, pattern: &str) -> Option<&'h str> {
    let (class, rest) = hint.split_once('<')?;
    let inner = rest.trim_end().strip_suffix('>')?.trim();
    let head = pattern.split_once('(')?.0.trim();
    let last = |path: &str| path.rsplit("::").next().unwrap_or_default().trim().to_owned();
    (last(class) == last(head) && !inner.is_empty()).then_some(inner)
}

/// A parameter of which nothing but a name is known.
pub(super) fn nameless(span: Span, name: Text) -> Param {
    Param {
        name,
        hint: None,
        annotations: Vec::new(),
        default: None,
        span,
    }
}
