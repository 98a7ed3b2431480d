//! Code that a card calls suspicious by itself becomes candidates.
//!
//! In: the graph's suspects. Out: drafts of one step. Start at [`find`].

use std::cell::LazyCell;
use std::sync::LazyLock;

use regex::Regex;

use super::make::{Draft, brief};
use super::regexes::{Growth, growth};
use super::{Generator, Scene};
use crate::regexes::fixed;

/// Words of programs in C and C++ that do several things at once.
static THREADS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"\bpthread_create\s*\(|\bstd::(?:j?thread|async)\b|\bthrd_create\s*\(|\bCreateThread\s*\(|#\s*pragma\s+omp|\buv_queue_work\s*\(",
    )
});

/// Whether code of this project in C or C++ may run beside itself: it starts threads, or others may that use it.
fn beside_itself(scene: &Scene) -> bool {
    let mut whole = false;
    for module in scene
        .forest
        .modules
        .iter()
        .filter(|module| matches!(module.language, "c" | "cpp"))
    {
        if THREADS.is_match(&scene.snapshot.file(module.file).text) {
            return true;
        }
        whole |= module.functions.iter().any(|function| &*function.name == "main");
    }
    !whole
}

/// A text with quotes around it, as most languages write one; the letter before it says that signs stand for themselves.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| fixed(r#"(?s)([@rR])?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')"#));

/// Whether the first text of a call is a regular expression that takes a time in proportion.
fn harmless(call: &str) -> bool {
    QUOTED.captures(call).is_some_and(|found| {
        let text = found.get(2).or(found.get(3)).map_or("", |text| text.as_str());
        let raw = found.get(1).is_some();
        let regex = if raw {
            text.to_owned()
        } else {
            text.replace("\\\\", "\\")
        };
        growth(&regex, "") == Growth::Linear
    })
}

pub fn find(scene: &Scene) -> Vec<Draft> {
    let threads = LazyCell::new(|| beside_itself(scene));
    let suspects = scene.graph.suspects.iter().filter(|suspect| {
        let card = &scene.cards[suspect.card];
        let language = scene.module(suspect.unit).language;
        let alone = card.family == "race" && matches!(language, "c" | "cpp") && !*threads;
        let regex = card.literals.iter().any(|rule| rule.backtracks);
        let harmless = regex && harmless(scene.text(suspect.unit, suspect.span));
        scene.wants(card) && !alone && !harmless && scene.in_context(card, suspect.unit, suspect.span, None)
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
