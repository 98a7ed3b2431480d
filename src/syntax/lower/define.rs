//! Functions and annotations.
//!
//! In: nodes that define. Out: entries of [`Module::functions`], in the order in which they start.
//! A named function inside another is also assigned to its name where it stands. Parameters are in `params.rs`,
//! classes in `class.rs`. Start at [`Engine::function`].
//!
//! [`Module::functions`]: crate::syntax::form::Module::functions

use tree_sitter::Node;

use super::super::form::{Annotation, Expr, ExprKind, Function, Stmt, StmtKind, Text};
use super::super::roles::{Entry, Role, Slot};
use super::expr::{bare_quotes, without_type_arguments};
use super::params::nameless;
use super::value::give;
use super::{Engine, Place, expr, span_of, stmt};

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
    }

    /// Lowers a function and everything in it; gives its index.
    pub(super) fn function(&mut self, node: Node<'t>, entry: &Entry<'t>) -> usize {
        if !entry.has(Slot::Name) {
            return self.function_here(node, entry);
        }
        // A closure sees what is around it, a named function does not.
        let outer = std::mem::take(&mut self.locals);
        let index = self.function_here(node, entry);
        self.locals = outer;
        index
    }

    fn function_here(&mut self, node: Node<'t>, entry: &Entry<'t>) -> usize {
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
        let outer = std::mem::replace(
            &mut self.place,
            Place {
                function: index,
                ..Place::default()
            },
        );
        let mut prologue = Vec::new();
        let mut params = Vec::new();
        for receiver in entry.many(Slot::Receiver) {
            self.params(receiver, class, &mut params, &mut prologue);
            class_name = params
                .first()
                .and_then(|param| param.hint.as_deref())
                .map(receiver_type);
        }
        // `fun Text.quoted()`: a function that extends a class declared elsewhere.
        let extended = entry.one(Slot::Base).map(|base| receiver_type(self.text(base)));
        if let Some(scope) = head.scope.or(extended) {
            class_name = Some(scope);
        }
        if class.is_none() {
            class = class_name
                .as_ref()
                .and_then(|name| self.classes.iter().position(|class| class.name == *name));
        }
        for part in entry.many(Slot::Param) {
            self.param(part, class, &mut params, &mut prologue);
        }
        let first = params.len();
        for part in head.params {
            self.params(part, class, &mut params, &mut prologue);
        }
        // A receiver may also stand in the list of parameters.
        if first == 1 && params.get(1).is_some_and(|param| param.span == params[0].span) {
            params.remove(1);
        }
        if params.is_empty() && entry.has(Slot::It) {
            // A lambda that names no parameter has one all the same.
            let name = self.word("it");
            params.push(nameless(span_of(node), name));
        }
        let body = self.inside(entry, prologue);
        params.shrink_to_fit();
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

    /// What a function runs, after what takes its parameters apart.
    fn inside(&mut self, entry: &Entry<'t>, prologue: Vec<Stmt>) -> Vec<Stmt> {
        let returned = |value: Expr| {
            let span = value.span;
            stmt(StmtKind::Return(Some(value)), span)
        };
        let mut body = prologue;
        for part in entry.many(Slot::Init) {
            self.stmt(part, &mut body);
        }
        let main = self.maybe_body(entry, Slot::Body);
        if body.is_empty() {
            body = main
        } else {
            body.extend(main)
        }
        // A body whose last expression is what the function gives.
        let mut tail = self.maybe_body(entry, Slot::Tail);
        give(&mut tail, &returned);
        body.extend(tail);
        let before = std::mem::take(&mut self.before);
        if let Some(value) = self.maybe(entry, Slot::Value) {
            body.append(&mut self.before);
            body.push(returned(value));
        }
        self.before = before;
        body.shrink_to_fit();
        body
    }

    /// Name, parameter lists and result, which some languages keep in a declarator.
    fn head(&mut self, entry: &Entry<'t>) -> Head<'t> {
        let hint = entry
            .one(Slot::Returns)
            .map(|returns| self.type_name(self.text(returns)));
        let mut head = Head {
            params: entry.many(Slot::Params),
            returns: hint,
            ..Head::default()
        };
        let mut name = entry.one(Slot::Name);
        if let Some(declarator) = entry.one(Slot::Declarator) {
            let declared = self.declarator(declarator, head.returns.as_ref());
            head.params.extend(declared.params);
            head.returns = declared.hint;
            name = declared.name;
        }
        let name = name
            .map(|name| without_type_arguments(bare_quotes(self.text(name))))
            .unwrap_or_default();
        let mut words = name.rsplit("::").map(str::trim);
        head.name = words
            .next()
            .filter(|name| !name.is_empty())
            .unwrap_or("<lambda>")
            .into();
        head.scope = words.next().filter(|scope| !scope.is_empty()).map(Text::from);
        head
    }

    pub(super) fn annotation_of(&mut self, node: Node<'t>) -> Option<Annotation> {
        let entry = self.entry(node)?;
        match entry.role {
            Role::Annotation => Some(self.annotation(node, entry)),
            // A call in the body of a class that is about all of it.
            Role::Call => match self.expr(node).kind {
                ExprKind::Call { callee, args, .. } => Some(Annotation {
                    name: dotted(&callee).into(),
                    args,
                    span: span_of(node),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn annotation(&mut self, node: Node<'t>, entry: &Entry<'t>) -> Annotation {
        let span = span_of(node);
        if let Some(name) = entry.one(Slot::Name) {
            let name = self.type_name(self.text(name)).replace("::", ".").into();
            let args = entry
                .many(Slot::Args)
                .into_iter()
                .flat_map(|args| self.args(args))
                .collect();
            return Annotation { name, args, span };
        }
        let value = self.part(entry, Slot::Value, node);
        match value.kind {
            ExprKind::Call { callee, args, .. } => Annotation {
                name: dotted(&callee).into(),
                args,
                span,
            },
            _ => Annotation {
                name: dotted(&value).into(),
                args: Vec::new(),
                span,
            },
        }
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
    name.split(['[', ')', '<', '?']).next().unwrap_or(name).trim().into()
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
