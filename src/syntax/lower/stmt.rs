//! Statements: one arm per role; a node without a role is its children in sequence.
//!
//! In: a node. Out: [`Stmt`]s. Structured control flow is in `control.rs`. Start at [`Engine::stmt`].

use tree_sitter::Node;

use super::super::form::{Expr, ExprKind, Stmt, StmtKind};
use super::super::roles::{Entry, Role, Slot};
use super::{Engine, expr, opaque, span_of, stmt};

impl<'t> Engine<'t> {
    /// The statements of a body: what a block holds, or the one statement that stands in its place.
    pub(super) fn body(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut out = Vec::new();
        match self.role(node) {
            Some(Role::Block) => self.sequence(node, &mut out),
            _ => self.stmt(node, &mut out),
        }
        // Most bodies are short, and a vector that grows starts with room for four.
        out.shrink_to_fit();
        out
    }

    pub(super) fn maybe_body(&mut self, entry: &Entry<'t>, slot: Slot) -> Vec<Stmt> {
        match entry.many(slot)[..] {
            [one] => self.body(one),
            ref several => several.iter().flat_map(|node| self.body(*node)).collect(),
        }
    }

    /// The children in order.
    pub(super) fn sequence(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let mut children = self.children(node);
        let block = self.entry(node).filter(|entry| entry.role == Role::Block);
        if let Some(block) = block.filter(|block| block.has(Slot::Handler) || block.has(Slot::Finally)) {
            // A body with handlers of its own.
            children.retain(|child| !block.claims(*child));
            let mut guarded = Vec::new();
            self.run(&children, &mut guarded);
            let mut kind = self.try_statement(block);
            if let StmtKind::Try { body, .. } = &mut kind {
                body.splice(0..0, guarded);
            }
            return out.push(stmt(kind, span_of(node)));
        }
        self.run(&children, out);
        let ends = out
            .last()
            .is_some_and(|last| matches!(last.kind, StmtKind::Return(_) | StmtKind::Throw(_)));
        if self.roles.values && !ends && block.is_some_and(|block| !block.has(Slot::Value)) {
            // `{ f(); }` runs something and gives nothing: its last statement is no value.
            out.push(stmt(StmtKind::Block(Vec::new()), span_of(node)));
        }
    }

    /// Statements in order. What follows a `defer` runs before it, as the body of a `try` before its `finally`.
    pub(super) fn run(&mut self, nodes: &[Node<'t>], out: &mut Vec<Stmt>) {
        for (at, node) in nodes.iter().enumerate() {
            let Some(entry) = self.entry(*node).filter(|entry| entry.role == Role::Defer) else {
                self.stmt(*node, out);
                continue;
            };
            let finally = self.maybe_body(entry, Slot::Value);
            let mut body = Vec::new();
            if self.deeper(|engine| engine.run(&nodes[at + 1..], &mut body)).is_none() {
                out.extend(finally);
                continue;
            }
            out.push(stmt(
                StmtKind::Try {
                    body,
                    handlers: Vec::new(),
                    finally,
                },
                span_of(*node),
            ));
            return;
        }
    }

    pub(super) fn stmt(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let (outer, at) = (std::mem::take(&mut self.before), out.len());
        if self.deeper(|engine| engine.stmt_here(node, out)).is_none() {
            let flat = self.flat(node);
            out.push(stmt(StmtKind::Expr(flat), span_of(node)));
        }
        let before = std::mem::replace(&mut self.before, outer);
        if !before.is_empty() {
            out.splice(at..at, before);
        }
    }

    fn stmt_here(&mut self, node: Node<'t>, out: &mut Vec<Stmt>) {
        let Some(entry) = self.entry(node) else {
            return self.sequence(node, out);
        };
        let kind = match entry.role {
            Role::Skip | Role::Import => return,
            Role::Assign => {
                self.assign(node, entry, out);
                return self.unless_bound(node, entry, out);
            }
            Role::Declaration => return self.declaration(node, entry, out),
            Role::Function => return self.define(node, entry, out),
            Role::Class => return self.class(node, entry, out),
            Role::Annotation => {
                let annotation = self.annotation(node, entry);
                return self.pending.push(annotation);
            }
            Role::If => return self.if_statement(node, entry, out),
            Role::Loop => return self.loop_statement(node, entry, out),
            Role::Switch => return self.switch(node, entry, out),
            Role::Try => self.try_statement(entry),
            Role::With => self.with(entry),
            Role::Assert => {
                let not = self.word("!");
                let cond = self.part(entry, Slot::Cond, node);
                let span = cond.span;
                let cond = expr(ExprKind::Unary(not, Box::new(cond)), span);
                StmtKind::If {
                    cond,
                    then: vec![stmt(StmtKind::Throw(None), span)],
                    otherwise: Vec::new(),
                }
            }
            Role::Return => StmtKind::Return(self.values(entry, node)),
            Role::Throw => StmtKind::Throw(self.values(entry, node)),
            Role::Break if self.place.switch => return,
            Role::Break | Role::Jump => StmtKind::Break,
            Role::Continue => StmtKind::Continue,
            Role::Delete => return self.delete(node, entry, out),
            Role::Block => {
                let mut inner = Vec::new();
                self.sequence(node, &mut inner);
                StmtKind::Block(inner)
            }
            Role::Defer => return self.run(&[node], out),
            Role::Same => return self.same_statement(node, entry, out),
            Role::Elif | Role::Case | Role::Handler | Role::Each | Role::Pair | Role::Param | Role::Labelled => {
                return self.sequence(node, out);
            }
            _ => StmtKind::Expr(self.expr(node)),
        };
        out.push(stmt(kind, span_of(node)));
    }

    /// Brackets or `await` around a statement-like expression leave it a statement.
    fn same_statement(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        match entry.many(Slot::Value).as_slice() {
            [one] if !one.is_extra() => self.stmt(*one, out),
            _ => self.sequence(node, out),
        }
    }

    /// `del a, b` deletes each.
    fn delete(&mut self, node: Node<'t>, entry: &Entry<'t>, out: &mut Vec<Stmt>) {
        for value in entry.many(Slot::Value) {
            let values = if self.role(value) == Some(Role::List) {
                self.children(value)
            } else {
                vec![value]
            };
            for value in values {
                let value = self.expr(value);
                out.push(stmt(StmtKind::Delete(value), span_of(node)));
            }
        }
    }

    fn values(&mut self, entry: &Entry<'t>, whole: Node<'t>) -> Option<Expr> {
        let mut values: Vec<Expr> = entry
            .many(Slot::Value)
            .into_iter()
            .filter(|value| !value.is_extra())
            .map(|value| self.expr(value))
            .collect();
        match values.len() {
            0 => None,
            1 => Some(values.remove(0)),
            _ => Some(opaque(values, span_of(whole))),
        }
    }
}
