//! Regular expressions of the code whose worst case is out of proportion.
//!
//! In: the forest, and the cards that ask for them (`backtracks` in a rule of `literals`). Out: drafts of one step.
//! Deliberately absent: languages that write their expressions as plain strings, and who chooses the text that is
//! matched; the judges are told to ask. Start at [`find`].

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Literal, Span};

use super::super::make::{Draft, brief};
use super::super::{Generator, Scene};
use super::{Growth, growth};

/// Languages with a literal of their own for regular expressions.
pub const WRITTEN: [&str; 3] = ["javascript", "typescript", "ruby"];

pub fn find(scene: &Scene) -> Vec<Draft> {
    let asks = |card: &usize| {
        let card = &scene.cards[*card];
        scene.wants(card) && card.literals.iter().any(|rule| rule.backtracks)
    };
    let wanted: Vec<usize> = (0..scene.cards.len()).filter(asks).collect();
    let mut drafts = Vec::new();
    for (at, unit) in scene.graph.units.iter().enumerate().filter(|_| !wanted.is_empty()) {
        let module = &scene.forest.modules[unit.module];
        if !WRITTEN.contains(&module.language) {
            continue;
        }
        names::walk(&module.functions[unit.index].body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                let Some((regex, flags, span)) = written(scene, at as u32, expr) else {
                    return;
                };
                let (how, weight) = match growth(&regex, &flags) {
                    Growth::Exponential => ("exponential", 60),
                    Growth::Polynomial if scene.graph.reachable[at] => ("polynomial", 10),
                    _ => return,
                };
                for &card in wanted
                    .iter()
                    .filter(|&&card| scene.cards[card].applies_to(module.language))
                {
                    let summary = format!("{} can take {how} time to fail", brief(&regex));
                    let mut draft = scene.place(card, Generator::Pattern, at as u32, span, summary);
                    draft.weight = weight;
                    drafts.push(draft);
                }
            });
        });
    }
    drafts
}

/// `/regex/flags`, or `new RegExp("regex", "flags")`.
fn written(scene: &Scene, unit: u32, expr: &Expr) -> Option<(String, String, Span)> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(_)) => {
            let text = scene.text(unit, expr.span).strip_prefix('/')?;
            let (regex, flags) = text.rsplit_once('/')?;
            Some((regex.to_owned(), flags.to_owned(), expr.span))
        }
        ExprKind::Call { callee, args, .. } => {
            let ExprKind::Name(name) = &callee.kind else {
                return None;
            };
            let text = |at: usize| match args.get(at).map(|arg| &arg.value.kind) {
                Some(ExprKind::Literal(Literal::Str(text))) => Some(text.to_string()),
                _ => None,
            };
            let from_text = &**name == "RegExp" && !scene.text(unit, args.first()?.value.span).starts_with('/');
            from_text.then(|| Some((text(0)?.replace("\\\\", "\\"), text(1).unwrap_or_default(), expr.span)))?
        }
        _ => None,
    }
}
