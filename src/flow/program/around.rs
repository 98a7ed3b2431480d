//! Controls that stand around a registration rather than in it: the group that a route is added to, the call whose
//! lambda registers it, what is chained behind it.
//!
//! In: a module. Out: for a registration call, the names of what runs before its handlers. Deliberately absent: groups
//! that are handed to other functions, and the routers of JavaScript (`candidates` knows where those are mounted).
//! Start at [`Around::of`].

use std::collections::HashMap;

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, Stmt, StmtKind, Text};

use crate::flow::program::handlers::control;
use crate::flow::program::names;

/// How deep groups stand in each other.
const DEEPEST: usize = 8;

/// What is known of a module's groups of routes.
#[derive(Default)]
pub struct Around<'m> {
    module: Option<&'m Module>,
    /// By function and variable: the variable that the group was made of, and its own controls.
    groups: HashMap<(usize, Text), (Option<Text>, Vec<Text>)>,
    /// By lambda: the function and the call that it is an argument of.
    within: HashMap<usize, (usize, &'m Expr)>,
    /// By where a call begins and ends: the calls that are chained behind it.
    behind: HashMap<(u32, u32), Vec<Text>>,
}

impl<'m> Around<'m> {
    pub fn of(module: &'m Module) -> Self {
        if !matches!(module.language, "go" | "kotlin" | "csharp" | "rust") {
            return Self::default();
        }
        let mut around = Self {
            module: Some(module),
            ..Self::default()
        };
        for (index, function) in module.functions.iter().enumerate() {
            names::walk(&function.body, &mut |stmt| {
                around.made(index, stmt);
                names::expressions(stmt, &mut |expr| around.met(index, expr));
            });
        }
        around
    }

    /// The controls of a registration that this function makes.
    pub fn controls(&self, index: usize, call: &Expr) -> Vec<Text> {
        if self.module.is_none() {
            return Vec::new();
        }
        let mut found = self
            .behind
            .get(&(call.span.start, call.span.end))
            .cloned()
            .unwrap_or_default();
        let base = match &call.kind {
            ExprKind::Call { callee, .. } => receiver(callee),
            _ => None,
        };
        if let Some(base) = base {
            chained(base, &mut found);
        }
        self.of_group(index, base.and_then(root), DEEPEST, &mut found);
        found
    }

    /// What stands before the routes of a variable, or of the function where no variable is named.
    fn of_group(&self, index: usize, group: Option<Text>, left: usize, found: &mut Vec<Text>) {
        if left == 0 {
            return;
        }
        if let Some(name) = &group
            && let Some((parent, own)) = self.groups.get(&(index, name.clone()))
        {
            found.extend(own.iter().cloned());
            if let Some(parent) = parent.clone().filter(|parent| Some(parent) != group.as_ref()) {
                return self.of_group(index, Some(parent), left - 1, found);
            }
        }
        let Some((outer, call)) = self.within.get(&index) else {
            return;
        };
        if let ExprKind::Call { callee, args, .. } = &call.kind {
            let base = receiver(callee);
            if let (None, ExprKind::Name(name)) = (base, &callee.kind) {
                found.push(name.clone());
            }
            found.extend(args.iter().filter_map(|arg| control(&arg.value)));
            if let Some(base) = base {
                chained(base, found);
            }
            self.of_group(*outer, base.and_then(root), left - 1, found);
        }
    }

    /// `admin := r.Group("/admin", requireAdmin)`
    fn made(&mut self, index: usize, stmt: &'m Stmt) {
        let StmtKind::Assign { target, value, .. } = &stmt.kind else {
            return;
        };
        let (ExprKind::Name(name), ExprKind::Call { callee, .. }) = (&target.kind, &value.kind) else {
            return;
        };
        let Some(base) = receiver(callee) else { return };
        let mut own = Vec::new();
        chained(value, &mut own);
        let parent = root(base);
        let group = self.groups.entry((index, name.clone())).or_default();
        group.0 = parent;
        group.1.extend(own);
    }

    /// `r.Use(requireUser)`, the lambdas of a call, and what a chain puts behind its calls.
    fn met(&mut self, index: usize, expr: &'m Expr) {
        let ExprKind::Call { callee, args, .. } = &expr.kind else {
            return;
        };
        for arg in args {
            if let ExprKind::Function(lambda) = &arg.value.kind {
                self.within.entry(*lambda).or_insert((index, expr));
            }
        }
        let ExprKind::Field(base, name) = &callee.kind else {
            return;
        };
        if let (ExprKind::Name(group), "Use" | "Pre") = (&base.kind, &**name) {
            let used = args.iter().filter_map(|arg| control(&arg.value));
            let group = self.groups.entry((index, group.clone())).or_default();
            group.1.extend(used);
        }
        let language = self.module.map_or("", |module| module.language);
        if matches!(language, "csharp" | "rust") {
            let stands = match language {
                "rust" => name.ends_with("layer"),
                _ => ["Require", "Allow", "AddEndpointFilter"]
                    .iter()
                    .any(|word| name.starts_with(word)),
            };
            let mut own = if stands { said(name, args) } else { Vec::new() };
            if let Some(later) = self.behind.get(&(expr.span.start, expr.span.end)) {
                own.extend(later.iter().cloned());
            }
            if let ExprKind::Call { .. } = base.kind {
                self.behind.insert((base.span.start, base.span.end), own);
            }
        }
    }
}

/// What a call in a chain says: its name, and what it is given.
fn said(name: &Text, args: &[Arg]) -> Vec<Text> {
    let mut out = vec![name.clone()];
    for arg in args {
        names::descend(&arg.value, &mut |part| match &part.kind {
            ExprKind::Field(..) => out.extend(names::dotted(part).map(Text::from)),
            ExprKind::Name(name) => out.push(name.clone()),
            ExprKind::Literal(Literal::Str(text)) => out.push(text.clone()),
            _ => {}
        });
    }
    out
}

/// The names and arguments of a chain, from its end to its beginning.
fn chained(expr: &Expr, found: &mut Vec<Text>) {
    if let ExprKind::Call { callee, args, .. } = &expr.kind
        && let ExprKind::Field(base, name) = &callee.kind
    {
        if matches!(&**name, "Group" | "With" | "Use" | "MapGroup" | "Route" | "Subrouter")
            || name.starts_with("Require")
        {
            found.push(name.clone());
            found.extend(args.iter().filter_map(|arg| control(&arg.value)));
        }
        chained(base, found);
    }
}

fn receiver(callee: &Expr) -> Option<&Expr> {
    match &callee.kind {
        ExprKind::Field(base, _) => Some(base),
        _ => None,
    }
}

/// The variable at the beginning of a chain.
fn root(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Field(base, _) => root(base),
        ExprKind::Call { callee, .. } => receiver(callee).and_then(root),
        _ => None,
    }
}
