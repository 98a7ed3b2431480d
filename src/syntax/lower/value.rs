//! Control flow in the place of a value: `val x = if (c) { f(); a } else b`, `y switch { 1 => a, _ => b }`.
//!
//! In: a node with a control role where an expression is wanted. Out: a choice where every arm is one expression;
//! else the statements run before the statement that holds the value, each arm assigns to a name of its own, and
//! the value is that name. Also bodies whose last expression is what the function returns.
//! Deliberately absent: the order of evaluation within one statement. Start at [`Engine::control_value`].

use tree_sitter::Node;

use super::super::form::{Expr, ExprKind, Stmt, StmtKind, Text};
use super::{Engine, expr, opaque, span_of, stmt};

impl<'t> Engine<'t> {
    /// The value of a branch, a switch, a block or an attempt.
    pub(super) fn control_value(&mut self, node: Node<'t>) -> Expr {
        let span = span_of(node);
        let mut body = Vec::new();
        self.stmt(node, &mut body);
        self.given += 1;
        let name: Text = format!("<value {}>", self.given).into();
        let named = |value: Expr| {
            let span = value.span;
            let target = expr(ExprKind::Name(name.clone()), span);
            let kind = StmtKind::Assign {
                target,
                value,
                augmented: false,
                hint: None,
            };
            stmt(kind, span)
        };
        give(&mut body, &named);
        match simple(body, &name) {
            Ok(value) => value,
            Err(body) if body.is_empty() => opaque(Vec::new(), span),
            Err(body) => {
                self.before.extend(body);
                expr(ExprKind::Name(name), span)
            }
        }
    }
}

/// Hands the last expression of a body, and of every arm of what stands last, to `to`.
pub(super) fn give(body: &mut Vec<Stmt>, to: &dyn Fn(Expr) -> Stmt) {
    let Some(last) = body.last_mut() else { return };
    match &mut last.kind {
        // An assignment gives what it assigned.
        StmtKind::Assign { target, .. } => {
            let given = to(target.clone());
            body.push(given);
        }
        StmtKind::Expr(value) => {
            let nothing = opaque(Vec::new(), value.span);
            *last = to(std::mem::replace(value, nothing));
        }
        StmtKind::If { then, otherwise, .. } => {
            give(then, to);
            give(otherwise, to);
        }
        StmtKind::Try { body, handlers, .. } => {
            give(body, to);
            handlers.iter_mut().for_each(|handler| give(&mut handler.body, to));
        }
        StmtKind::Block(body) => give(body, to),
        _ => {}
    }
}

/// A body that does nothing but choose one value for `name`, as that value.
fn simple(mut body: Vec<Stmt>, name: &Text) -> Result<Expr, Vec<Stmt>> {
    if !chooses(&body, name) {
        return Err(body);
    }
    let only = body.remove(0);
    match only.kind {
        StmtKind::Assign { value, .. } => Ok(value),
        StmtKind::Block(body) => simple(body, name),
        StmtKind::If { cond, then, otherwise } => {
            let (then, otherwise) = (simple(then, name)?, simple(otherwise, name)?);
            let kind = ExprKind::Choice(Box::new(cond), Box::new(then), Box::new(otherwise));
            Ok(expr(kind, only.span))
        }
        _ => Err(Vec::new()),
    }
}

fn chooses(body: &[Stmt], name: &Text) -> bool {
    let [only] = body else { return false };
    match &only.kind {
        StmtKind::Assign { target, .. } => matches!(&target.kind, ExprKind::Name(own) if own == name),
        StmtKind::Block(body) => chooses(body, name),
        StmtKind::If { then, otherwise, .. } => chooses(then, name) && chooses(otherwise, name),
        _ => false,
    }
}
