//! What calls of the project's functions give and what its modules hold: types that are declared, and classes whose
//! objects a function makes or a module keeps under a name.
//!
//! In: the modules of a project with their imports. Out: [`Gives`], asked per path. Deliberately absent: types that
//! only an analysis of values would show, and languages whose types other readings give. Start at [`Gives::of`].

use std::collections::HashMap;
use std::path::Path as File;
use std::sync::Arc;

use rayon::prelude::*;

use crate::source::SourceFile;
use crate::syntax::form::{Expr, ExprKind, Function, Module, StmtKind, Text};

use crate::flow::program::names::{self, Path, Scope};

/// Most types kept for one name.
const MOST: usize = 3;

/// Never read in iteration order.
#[derive(Debug, Default)]
pub struct Gives {
    /// By language, class (empty for functions without one) and name.
    calls: HashMap<(&'static str, Text, Text), Vec<Path>>,
    /// By language, stem of the file, and name.
    held: HashMap<(&'static str, Text, Text), Vec<Path>>,
}

impl Gives {
    pub fn of(modules: &[Module], files: &[SourceFile], scopes: &[Scope]) -> Self {
        let mut gives = Self::default();
        for (module, scope) in modules.iter().zip(scopes) {
            if !matches!(module.language, "python" | "java") {
                continue;
            }
            for function in &module.functions {
                let class = function.class_name.clone().unwrap_or_else(|| "".into());
                for path in types(function, scope, module) {
                    note(
                        &mut gives.calls,
                        (module.language, class.clone(), function.name.clone()),
                        path,
                    );
                }
            }
            let stem = File::new(&*files[module.file.0 as usize].path).file_stem();
            let (Some(stem), Some(top)) = (stem.and_then(|stem| stem.to_str()), module.functions.first()) else {
                continue;
            };
            names::walk(&top.body, &mut |stmt| {
                if let StmtKind::Assign { target, value, .. } = &stmt.kind
                    && let ExprKind::Name(name) = &target.kind
                    && let Some(path) = made(value, scope, module)
                {
                    note(&mut gives.held, (module.language, stem.into(), name.clone()), path);
                }
            });
        }
        gives
    }

    /// What a call of this path gives, as far as a function of the project says so. `class` is the caller's own.
    pub fn call(&self, language: &'static str, path: &Path, class: Option<&Text>) -> &[Path] {
        let of = |class: &str, name: &Text| self.calls.get(&(language, class.into(), name.clone()));
        let found = match path.as_slice() {
            [name] => of("", name).or_else(|| of(class?, name)),
            [.., class, name] => {
                of(class, name).or_else(|| of("", name).filter(|_| class.starts_with(char::is_lowercase)))
            }
            [] => None,
        };
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// What the module that the path names holds under its last segment.
    pub fn held(&self, language: &'static str, path: &Path) -> &[Path] {
        match path.as_slice() {
            [.., stem, name] => {
                let found = self.held.get(&(language, stem.clone(), name.clone()));
                found.map(Vec::as_slice).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

fn note<K: std::hash::Hash + Eq>(table: &mut HashMap<K, Vec<Path>>, key: K, path: Path) {
    let known = table.entry(key).or_default();
    if known.len() < MOST && !known.contains(&path) {
        known.push(path);
    }
}

/// What names of modules mean, before any function is looked at.
pub fn scopes(modules: &[Module], files: &[SourceFile]) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = modules.par_iter().map(Scope::of).collect();
    for (scope, macros) in scopes
        .iter_mut()
        .zip(crate::flow::program::macros::of_files(modules, files))
    {
        scope.macros = macros;
    }
    let gives = Arc::new(Gives::of(modules, files, &scopes));
    scopes.iter_mut().for_each(|scope| scope.gives = Arc::clone(&gives));
    scopes
}

/// The types that a function says it gives, or whose objects it makes.
fn types(function: &Function, scope: &Scope, module: &Module) -> Vec<Path> {
    if let Some(hint) = &function.returns {
        let path = names::type_path(hint).filter(|_| !names::is_numeric(hint));
        return path
            .filter(is_object)
            .map(|path| scope.qualify(path))
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    names::walk(&function.body, &mut |stmt| {
        if let StmtKind::Return(Some(value)) = &stmt.kind {
            match (&value.kind, &function.class_name) {
                (ExprKind::Name(name), Some(class)) if matches!(&**name, "self" | "this") => {
                    found.push(vec![class.clone()]);
                }
                _ => found.extend(made(value, scope, module)),
            }
        }
    });
    found
}

/// A type whose objects have methods worth following; texts and containers are values.
fn is_object(path: &Path) -> bool {
    let plain = [
        "String",
        "Object",
        "Void",
        "List",
        "Set",
        "Map",
        "Optional",
        "Collection",
        "Iterable",
        "Stream",
        "Any",
        "T",
        "Self",
        "ResponseEntity",
        "Response",
        "CompletableFuture",
        "Future",
    ];
    path.last()
        .is_some_and(|name| name.starts_with(char::is_uppercase) && !plain.contains(&&**name))
}

/// `Thing(…)`, `new Thing(…)` of a class that is declared or imported here.
fn made(value: &Expr, scope: &Scope, module: &Module) -> Option<Path> {
    let ExprKind::Call { callee, new, .. } = &value.kind else {
        return None;
    };
    let path = names::path_of_text(&names::dotted(callee)?);
    let known = module.classes.iter().any(|class| Some(&class.name) == path.last());
    let path = scope.qualify(path);
    (is_object(&path) && (*new || known || path.len() > 1)).then_some(path)
}
