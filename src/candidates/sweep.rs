//! Risky functions that nothing else pointed at: looked at because budget is left.
//!
//! In: the cards' sweep expressions and what was found already. Out: drafts, one per function and card.
//! Start at [`find`].

use std::collections::BTreeSet;

use super::make::Draft;
use super::{Candidate, Generator, Scene};

/// Functions longer than this are no unit that a judge could read.
const LINES: u32 = 400;

pub fn find(scene: &Scene, found: &[Candidate]) -> Vec<Draft> {
    let known: BTreeSet<(&str, &str)> = found
        .iter()
        .map(|candidate| (candidate.place().path.as_str(), candidate.function.as_str()))
        .collect();
    let mut drafts = Vec::new();
    for (at, unit) in scene.graph.units.iter().enumerate() {
        let path = &*scene.snapshot.file(unit.file).path;
        let long = unit.span.last.saturating_sub(unit.span.line) > LINES;
        if unit.index == 0 || long || known.contains(&(path, unit.name.as_str())) {
            continue;
        }
        let text = scene.text(at as u32, unit.span);
        let language = scene.forest.modules[unit.module].language;
        for (number, card) in scene.cards.iter().enumerate().filter(|(_, card)| scene.wants(card)) {
            if !card.applies_to(language) {
                continue;
            }
            let hits = card
                .sweeps_for(language)
                .iter()
                .filter(|regex| regex.is_match(text))
                .count();
            if hits > 0 {
                let summary = format!("{} is the kind of code that {} is about", unit.name, card.id);
                let mut span = unit.span;
                span.last = span.line;
                let mut draft = scene.place(number, Generator::Sweep, at as u32, span, summary);
                draft.weight = (10 * hits as u32).min(60);
                drafts.push(draft);
            }
        }
    }
    drafts
}
