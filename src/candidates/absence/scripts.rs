//! Checks that code in browsers needs: who sent a message, and where markup comes from.
//!
//! In: functions of JavaScript and TypeScript. Out: [`Absence`]s, one rule per public function.

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Function, Literal, Span, StmtKind};

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;

/// The sender is compared with somebody; a part of its address is not enough.
static COMPARED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        \.?\b(origin|source)\s*[!=]==?|[!=]==?\s*[\w.]*\.(origin|source)\b|\.(includes|has|indexOf)\(\s*[\w.]*\.origin\s*\)|
        \[\s*[\w.]*\.origin\s*\]|\w+Origin\w*\(",
    )
});
/// Something is made of what the message says.
static USED: LazyLock<Regex> = LazyLock::new(|| fixed(r"\.data\b|\{\s*data\b"));

pub fn scripts<'a>(scene: &'a Scene) -> impl Iterator<Item = (u32, &'a Function)> {
    let units = scene.graph.units.iter().enumerate();
    units.filter_map(|(at, unit)| {
        let module = &scene.forest.modules[unit.module];
        matches!(module.language, "javascript" | "typescript").then(|| (at as u32, &module.functions[unit.index]))
    })
}

/// Values that cannot hold markup of others, or that somebody cleaned.
static CLEANED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(sanit|purif|escape|clean|strip|xss|highlight|katex|JSON\.stringify|serialize|\bt\(|translate|i18n|formatMessage|intl)",
    )
});
/// Calls that put a text into the page as markup.
static MARKUP: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^(bypassSecurityTrust(Html|Script)|trustAsHtml|unsafeHTML|htmlSafe)$"));

/// A text becomes markup of the page, and nothing on the spot says that it was cleaned.
pub fn raw_markup(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for (unit, function) in scripts(scene) {
        let mut look = |name: &str, value: &Expr| {
            if MARKUP.is_match(name) && !settled(scene, unit, function, value) {
                found.push(Absence {
                    unit,
                    span: value.span,
                    what: format!("{name} takes a value as markup that nothing here cleans"),
                    weight: 45,
                });
            }
        };
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Call { callee, args, .. } = &expr.kind
                    && let (ExprKind::Name(name) | ExprKind::Field(_, name), [only]) = (&callee.kind, args.as_slice())
                {
                    look(name, &only.value);
                }
            });
        });
    }
    found
}

/// A literal, a constant, or something whose making says that it was cleaned.
fn settled(scene: &Scene, unit: u32, function: &Function, value: &Expr) -> bool {
    let plain = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Name(name) => !name.chars().any(char::is_lowercase),
        ExprKind::Template(parts) => parts.iter().all(|part| matches!(part.kind, ExprKind::Literal(_))),
        _ => false,
    };
    if plain(value) || CLEANED.is_match(scene.text(unit, value.span)) {
        return true;
    }
    let ExprKind::Name(name) = &value.kind else {
        return false;
    };
    let mut settled = false;
    names::walk(&function.body, &mut |stmt| {
        if let StmtKind::Assign { target, value, .. } = &stmt.kind
            && matches!(&target.kind, ExprKind::Name(own) if own == name)
        {
            settled |= plain(value) || CLEANED.is_match(scene.text(unit, value.span));
        }
    });
    settled
}

/// Any page may send a message to this window, and whoever it is, it is believed.
pub fn without_origin_check(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for (unit, function) in scripts(scene) {
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                let Some(listener) = listener(scene, unit, expr) else {
                    return;
                };
                let text = scene.text(unit, listener);
                if USED.is_match(text) && !COMPARED.is_match(text) {
                    found.push(Absence {
                        unit,
                        span: expr.span,
                        what: "a message from any window is used and nothing asks which page sent it".to_owned(),
                        weight: 50,
                    });
                }
            });
        });
    }
    found
}

/// The function that `window.addEventListener("message", …)` registers.
fn listener(scene: &Scene, unit: u32, expr: &Expr) -> Option<Span> {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    let name = names::dotted(callee)?;
    let event = args.first().map(|arg| &arg.value.kind);
    let message = matches!(event, Some(ExprKind::Literal(Literal::Str(event))) if &**event == "message");
    if !message
        || !matches!(
            &*name,
            "addEventListener" | "window.addEventListener" | "globalThis.addEventListener"
        )
    {
        return None;
    }
    let functions = &scene.module(unit).functions;
    match &args.get(1)?.value.kind {
        ExprKind::Function(index) => Some(functions[*index].span),
        ExprKind::Name(name) => functions
            .iter()
            .find(|function| function.name == *name)
            .map(|function| function.span),
        _ => None,
    }
}
