//! Routers that another file puts behind a check: `app.use("/api/orders", requireLogin, orders)`.
//!
//! In: calls that mount routers, and imports. Out: whether all routes of a file are behind a check. Deliberately absent:
//! what the check does; its name says whether it asks who is there. Start at [`Mounts::of`].

use std::collections::BTreeSet;

use crate::flow::program::names;
use crate::source::FileId;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module};

use super::routes::AUTH;
use crate::candidates::Scene;

/// Files whose routes are mounted behind a check.
pub struct Mounts(BTreeSet<FileId>);

impl Mounts {
    pub fn of(scene: &Scene) -> Self {
        let mut found = BTreeSet::new();
        for module in &scene.forest.modules {
            if !matches!(module.language, "javascript" | "typescript") {
                continue;
            }
            for function in &module.functions {
                names::walk(&function.body, &mut |stmt| {
                    names::expressions(stmt, &mut |expr| {
                        if let Some(path) = mounted(module, expr) {
                            found.extend(file(scene, module, &path));
                        }
                    });
                });
            }
        }
        Self(found)
    }

    pub fn guarded(&self, scene: &Scene, unit: u32) -> bool {
        self.0.contains(&scene.file(unit))
    }
}

/// The import path of the router that a call mounts behind something that asks who is there.
fn mounted(module: &Module, expr: &Expr) -> Option<String> {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    let ExprKind::Field(_, name) = &callee.kind else {
        return None;
    };
    let ([before @ .., last], "use") = (args.as_slice(), &**name) else {
        return None;
    };
    let asks = |arg: &Arg| {
        let name = match &arg.value.kind {
            ExprKind::Call { callee, .. } => names::dotted(callee),
            _ => names::dotted(&arg.value),
        };
        name.is_some_and(|name| AUTH.is_match(&name))
    };
    if !before.iter().any(asks) {
        return None;
    }
    match &last.value.kind {
        ExprKind::Name(local) => {
            let mut imports = module.imports.iter();
            imports
                .find(|import| import.local == *local)
                .map(|import| import.path.to_string())
        }
        ExprKind::Call { args, .. } => match args.first().map(|arg| &arg.value.kind) {
            Some(ExprKind::Literal(Literal::Str(path))) => Some(path.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The file of the project that a relative import means.
fn file(scene: &Scene, module: &Module, path: &str) -> Option<FileId> {
    let here = &scene.snapshot.file(module.file).path;
    let mut folder: Vec<&str> = here.split('/').collect();
    folder.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(folder.pop()),
            part => folder.push(part),
        }
    }
    let wanted = folder.join("/");
    let fits = |own: &str| {
        let rest = own.strip_prefix(&*wanted);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with("/index.") || rest.starts_with('.') && !rest.contains('/')
        })
    };
    let mut modules = scene.forest.modules.iter();
    modules
        .find(|other| fits(&scene.snapshot.file(other.file).path))
        .map(|other| other.file)
}
