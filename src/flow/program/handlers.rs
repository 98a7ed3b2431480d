//! The functions that an argument of a registration stands for: a lambda, a name, a member, or the same inside a wrapper.
//!
//! In: an expression that a framework is given as a handler. Out: units of the project. Deliberately absent: which calls
//! register anything (`entries`). Start at [`handlers`].

use std::collections::BTreeMap;

use crate::syntax::form::{Expr, ExprKind, Literal, Module, StmtKind, Text};

use crate::flow::program::calls::Site;
use crate::flow::program::entries::{Search, text};
use crate::flow::program::names::{self, Resolver};

/// What a literal collection holds under a key.
pub fn under<'e>(expr: &'e Expr, key: &str) -> Option<&'e Expr> {
    let ExprKind::Collection(items) = &expr.kind else {
        return None;
    };
    let mut held = items
        .iter()
        .filter(|(own, _)| own.as_ref().and_then(text).as_deref() == Some(key));
    held.next().map(|(_, value)| value)
}

/// The functions that an argument stands for: a lambda, a name, a member, or the same inside a wrapper call.
pub fn handlers(search: &Search, resolver: &Resolver, module: usize, expr: &Expr) -> Vec<u32> {
    match &expr.kind {
        ExprKind::Function(index) => vec![search.directory.first[module] + *index as u32],
        ExprKind::Name(_) | ExprKind::Field(..) => {
            let paths = resolver.paths(expr);
            let class = resolver.class.as_ref();
            search.directory.targets(&Site {
                module,
                class,
                callee: expr,
                paths: &paths,
                args: usize::MAX,
                new: false,
            })
        }
        ExprKind::Call { callee, args, .. } => {
            let mut inner: Vec<u32> = args
                .iter()
                .flat_map(|arg| handlers(search, resolver, module, &arg.value))
                .collect();
            // `controller.show.bind(controller)`
            if let ExprKind::Field(base, name) = &callee.kind
                && &**name == "bind"
                && inner.is_empty()
            {
                return handlers(search, resolver, module, base);
            }
            // `get(list).post(create)`
            if let ExprKind::Field(base, _) = &callee.kind
                && matches!(base.kind, ExprKind::Call { .. })
                && !inner.is_empty()
            {
                inner.extend(handlers(search, resolver, module, base));
            }
            // `app.get("/x", makeHandler())`: the function that the factory returns is inside it.
            if inner.is_empty() {
                returned(search, resolver, module, callee)
            } else {
                inner
            }
        }
        ExprKind::Collection(items) => match items.as_slice() {
            // `[$object, 'method']`, `[Type::class, 'method']`
            [(None, object), (None, method)] if text(method).is_some() => {
                let object = match &object.kind {
                    ExprKind::Field(class, word) if &**word == "class" => class,
                    _ => object,
                };
                let base = Box::new(object.clone());
                let kind = text(method).map(|method| ExprKind::Field(base, method));
                let span = expr.span;
                kind.map(|kind| handlers(search, resolver, module, &Expr { kind, span }))
                    .unwrap_or_default()
            }
            items => items
                .iter()
                .flat_map(|(_, item)| handlers(search, resolver, module, item))
                .collect(),
        },
        // The name of a function.
        ExprKind::Literal(Literal::Str(name)) if search.modules[module].language == "php" => {
            let kind = ExprKind::Name(name.clone());
            let span = expr.span;
            handlers(search, resolver, module, &Expr { kind, span })
        }
        _ => Vec::new(),
    }
}

fn returned(search: &Search, resolver: &Resolver, module: usize, callee: &Expr) -> Vec<u32> {
    let paths = resolver.paths(callee);
    let class = resolver.class.as_ref();
    let site = Site {
        module,
        class,
        callee,
        paths: &paths,
        args: usize::MAX,
        new: false,
    };
    let mut found = Vec::new();
    for unit in search.directory.targets(&site) {
        let owner = search.directory.module_of(unit);
        let first = search.directory.first[owner];
        names::walk(
            &search.modules[owner].functions[(unit - first) as usize].body,
            &mut |stmt| {
                if let StmtKind::Return(Some(value)) = &stmt.kind
                    && let ExprKind::Function(index) = &value.kind
                {
                    found.push(first + *index as u32);
                }
            },
        );
    }
    found
}

pub fn control(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Call { callee, .. } => names::dotted(callee).map(Text::from),
        _ => names::dotted(expr).map(Text::from),
    }
}

/// The names and keys under which the functions of a module are held, outermost first.
pub fn places(module: &Module) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for function in &module.functions {
        names::walk(&function.body, &mut |stmt| match &stmt.kind {
            StmtKind::Assign { target, value, .. } => {
                held(value, &names::dotted(target).unwrap_or_default(), &mut found);
            }
            StmtKind::Return(Some(value)) => held(value, &function.name, &mut found),
            StmtKind::Expr(value) => held(value, "default", &mut found),
            _ => {}
        });
    }
    found
}

fn held(expr: &Expr, place: &str, found: &mut BTreeMap<usize, String>) {
    match &expr.kind {
        ExprKind::Function(index) => drop(found.insert(*index, place.to_owned())),
        ExprKind::Collection(items) => {
            for (key, value) in items {
                let key = match key.as_ref().map(|key| &key.kind) {
                    Some(ExprKind::Name(key) | ExprKind::Literal(Literal::Str(key))) => key,
                    _ => continue,
                };
                held(value, &format!("{place}.{key}"), found);
            }
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| held(&arg.value, place, found)),
        ExprKind::Assign(_, value) | ExprKind::Cast(_, value) => held(value, place, found),
        ExprKind::Opaque(parts) => parts.iter().for_each(|part| held(part, place, found)),
        _ => {}
    }
}
