//! Where a line stands: its function, the function's signature, and what decides whether control gets there.
//!
//! In: a module in the common form and line numbers. Out: functions and ranges of lines.
//! Deliberately absent: budgets and reasons.
//! Start at [`unit_at`].

use std::collections::BTreeSet;

use crate::syntax::form::{Expr, ExprKind, Function, Module, Stmt, StmtKind, Text};

/// An inclusive range of lines.
pub(super) type Lines = (u32, u32);

const LAMBDA: &str = "<lambda>";
/// Longest function, in lines, that is read as one piece with the lambdas inside it.
const WHOLE: u32 = 60;
/// Most lines of decorators and parameters that count as the signature.
const SIGNATURE: u32 = 6;
/// Most lines shown of an early exit.
const EXIT: u32 = 4;
/// Deepest nesting looked into; the lowering stops earlier.
const DEEP: usize = 200;

/// The function that a reader would say holds `line`: the innermost named one, unless that is long or the whole file,
/// as where handlers are lambdas inside a wrapper: then the outermost lambda of readable size, or the innermost one.
pub(super) fn unit_at(module: &Module, line: u32) -> usize {
    let size = |at: &usize| {
        (
            module.functions[*at].span.last - first_line(&module.functions[*at]),
            usize::MAX - at,
        )
    };
    let holding: Vec<usize> = (1..module.functions.len())
        .filter(|at| holds(&module.functions[*at], line))
        .collect();
    let named = holding
        .iter()
        .copied()
        .filter(|at| &*module.functions[*at].name != LAMBDA)
        .min_by_key(size)
        .unwrap_or(0);
    if named > 0 && size(&named).0 < WHOLE {
        return named;
    }
    let inside = |at: &usize| *at != named && size(at) < size(&named) || named == 0;
    let lambdas: Vec<usize> = holding.into_iter().filter(|at| inside(at) && size(at).0 > 0).collect();
    let readable = lambdas.iter().copied().filter(|at| size(at).0 < WHOLE).max_by_key(size);
    readable
        .or_else(|| lambdas.into_iter().min_by_key(size))
        .unwrap_or(named)
}

fn holds(function: &Function, line: u32) -> bool {
    first_line(function) <= line && line <= function.span.last
}

/// Where a function starts for a reader: at its first decorator.
pub(super) fn first_line(function: &Function) -> u32 {
    function
        .annotations
        .iter()
        .map(|a| a.span.line)
        .filter(|line| *line > 0)
        .fold(function.span.line, u32::min)
}

/// Decorators, name and parameters; nothing for top-level code.
pub(super) fn signature(module: &Module, unit: usize) -> Option<Lines> {
    let function = module.functions.get(unit).filter(|_| unit > 0)?;
    let params = function
        .params
        .iter()
        .map(|p| p.span.last)
        .fold(function.span.line, u32::max);
    let first = first_line(function);
    Some((
        first,
        params
            .min(first + SIGNATURE - 1)
            .max(function.span.line)
            .min(function.span.last),
    ))
}

/// Whether a line belongs to the unit itself rather than to a unit nested in it.
pub(super) fn lines_of(module: &Module, unit: usize, count: u32) -> Lines {
    match module.functions.get(unit) {
        Some(function) if unit > 0 => (first_line(function), function.span.last.min(count)),
        _ => (1, count),
    }
}

/// What decides whether control reaches `line`: heads of the statements around it, innermost first, then the
/// conditional exits before it, nearest first.
pub(super) fn deciding(function: &Function, line: u32) -> Vec<Lines> {
    let (mut around, mut exits) = (Vec::new(), Vec::new());
    descend(&function.body, line, DEEP, &mut around, &mut exits);
    around.reverse();
    exits.reverse();
    around.extend(exits);
    around
}

fn descend(body: &[Stmt], line: u32, depth: usize, around: &mut Vec<Lines>, exits: &mut Vec<Lines>) {
    for stmt in body {
        if stmt.span.last < line {
            if let StmtKind::If { then, otherwise, .. } = &stmt.kind
                && (leaves(then) || leaves(otherwise))
            {
                exits.push((stmt.span.line, stmt.span.last.min(stmt.span.line + EXIT - 1)));
            }
            continue;
        }
        if stmt.span.line > line || depth == 0 {
            continue;
        }
        let head = stmt.span.line;
        let until = |expr: &Expr| (head, expr.span.last.clamp(head, head + EXIT - 1));
        let mut enter = |body: &[Stmt]| descend(body, line, depth - 1, around, exits);
        match &stmt.kind {
            StmtKind::If { cond, then, otherwise } => {
                enter(then);
                enter(otherwise);
                around.insert(0, until(cond));
            }
            StmtKind::Loop { cond, binds, body } => {
                enter(body);
                let expr = cond.as_ref().or(binds.as_ref().map(|(_, over)| over));
                around.insert(0, expr.map_or((head, head), until));
            }
            StmtKind::Try {
                body,
                handlers,
                finally,
            } => {
                enter(body);
                handlers.iter().for_each(|handler| enter(&handler.body));
                enter(finally);
            }
            StmtKind::Block(body) => enter(body),
            _ => {}
        }
    }
}

fn leaves(body: &[Stmt]) -> bool {
    body.last().is_some_and(|last| {
        matches!(
            last.kind,
            StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Break | StmtKind::Continue
        )
    })
}

/// Statements of `body` that give a value to one of `names`, in order.
pub(super) fn definitions(body: &[Stmt], names: &BTreeSet<String>) -> Vec<Lines> {
    let mut found = Vec::new();
    defining(body, names, DEEP, &mut found);
    found
}

fn defining(body: &[Stmt], names: &BTreeSet<String>, depth: usize, found: &mut Vec<Lines>) {
    for stmt in body {
        let named = |name: Option<&Text>| name.is_some_and(|name| names.contains(&**name));
        let mut inner = |body: &[Stmt]| {
            if depth > 0 {
                defining(body, names, depth - 1, found);
            }
        };
        match &stmt.kind {
            StmtKind::Assign { target, .. } if named(root(target)) => found.push((stmt.span.line, stmt.span.last)),
            StmtKind::Declare { name, .. } if named(Some(name)) => found.push((stmt.span.line, stmt.span.last)),
            StmtKind::If { then, otherwise, .. } => {
                inner(then);
                inner(otherwise);
            }
            StmtKind::Loop { body, .. } | StmtKind::Block(body) => inner(body),
            StmtKind::Try {
                body,
                handlers,
                finally,
            } => {
                inner(body);
                handlers.iter().for_each(|handler| inner(&handler.body));
                inner(finally);
            }
            _ => {}
        }
    }
}

/// The variable that an assignment changes: `a` in `a.b[0] = …` and in `*a = …`.
fn root(mut target: &Expr) -> Option<&Text> {
    loop {
        match &target.kind {
            ExprKind::Name(name) => return Some(name),
            ExprKind::Field(base, _) | ExprKind::Index(base, _) => target = base,
            ExprKind::Deref(base) | ExprKind::Address(base) | ExprKind::Cast(_, base) => target = base,
            _ => return None,
        }
    }
}

/// Identifiers in a piece of code, as written.
pub(super) fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
    words.filter(|word| word.chars().next().is_some_and(|c| !c.is_numeric()))
}
