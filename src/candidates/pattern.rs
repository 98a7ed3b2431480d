//! Code that a card calls suspicious by itself becomes candidates.
//!
//! In: the graph's suspects. Out: drafts of one step. Start at [`find`].

use super::make::{Draft, brief};
use super::{Generator, Scene};

pub fn find(scene: &Scene) -> Vec<Draft> {
    let suspects = scene.graph.suspects.iter().filter(|suspect| {
        let card = &scene.cards[suspect.card];
        scene.wants(card) && scene.in_context(card, suspect.unit, suspect.span, None)
    });
    suspects
        .map(|suspect| {
            let code = brief(scene.text(suspect.unit, suspect.span));
            let summary = format!(
                "{code} is what {} looks for ({})",
                scene.cards[suspect.card].id, suspect.pattern
            );
            scene.place(suspect.card, Generator::Pattern, suspect.unit, suspect.span, summary)
        })
        .collect()
}
