//! Middleware that takes any file: `multer({ dest: "uploads/" })`.
//!
//! In: calls that set up uploads to disk. Out: [`Absence`]s: nothing in the options says which files are taken, and
//! nothing in the file looks at what came. Deliberately absent: uploads that stay in memory, which the route decides
//! about (`routes`). Start at [`any_file`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Literal};

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Looks at what came, somewhere in the file.
static LOOKS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(fileFilter|mime_?type|file-type|fileTypeFrom|magic|allowed)"));

pub fn any_file(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let module = scene.module(unit);
        let uses = module.imports.iter().any(|import| &*import.path == "multer");
        if !uses || LOOKS.is_match(&beside(&scene.snapshot.file(module.file).text)) {
            continue;
        }
        names::walk(&scene.function(unit).body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if keeps(expr) {
                    found.push(Absence {
                        unit,
                        span: expr.span,
                        what: "uploads are stored and nothing says which files are taken".to_owned(),
                        weight: 45,
                    });
                }
            });
        });
    }
    found
}

/// The text of a file without the filters of other uploads, which look at no other.
fn beside(text: &str) -> String {
    let filter = |line: &&str| !line.contains("fileFilter");
    text.lines().filter(filter).collect::<Vec<_>>().join("\n")
}

/// `multer({ dest })`, `multer({ storage })`, without a filter.
fn keeps(expr: &Expr) -> bool {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return false;
    };
    let named = matches!(&callee.kind, ExprKind::Name(name) if &**name == "multer");
    let Some(ExprKind::Collection(items)) = args.first().map(|arg| &arg.value.kind).filter(|_| named) else {
        return false;
    };
    let key = |key: &Option<Expr>| match key.as_ref().map(|key| &key.kind) {
        Some(ExprKind::Name(name) | ExprKind::Literal(Literal::Str(name))) => name.to_string(),
        _ => String::new(),
    };
    let memory = |value: &Expr| {
        let mut memory = false;
        names::descend(value, &mut |expr| {
            memory |= matches!(&expr.kind, ExprKind::Field(_, name) | ExprKind::Name(name) if name.to_lowercase().contains("memory"));
        });
        memory
    };
    let to_disk = |(name, value): &(Option<Expr>, Expr)| match &*key(name) {
        "dest" => true,
        "storage" => !memory(value),
        _ => false,
    };
    items.iter().any(to_disk) && items.iter().all(|(name, _)| key(name) != "fileFilter")
}
