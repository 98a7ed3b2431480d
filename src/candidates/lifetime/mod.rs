//! Mistakes with memory in C and C++: use after free, double free, null and uninitialised pointers, leaks, copies
//! and indexes beyond a buffer, tested and then opened paths.
//!
//! In: the forest and the cards' `lifetimes`. Out: drafts. One walk per function, callees first: structured
//! statements, both branches, loops once with widened counters, pointers followed through simple copies, and through
//! calls by [`Effects`]. Deliberately absent: what other threads do, and proofs; sizes must be plain numbers.
//! Start at [`find`].

mod arithmetic;
mod built;
mod calls;
mod check;
mod copies;
mod declared;
mod freed;
mod inline;
mod layout;
mod leave;
mod lengths;
mod library;
mod magnitudes;
mod memory;
mod moved;
mod named;
#[cfg(test)]
mod number_tests;
mod numbers;
mod order;
mod places;
mod refine;
mod rights;
mod rounds;
mod settled;
mod shared;
mod stored;
mod sums;
mod tables;
#[cfg(test)]
mod tests;
mod touch;
mod views;
mod walk;
mod ways;
mod within;

use std::collections::BTreeMap;

use crate::syntax::form::Span;

use super::make::Draft;
use super::{Generator, Role, Scene};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    pub rule: &'static str,
    /// Whether memory is written (and not read), where that makes another weakness of it.
    pub kind: Kind,
    pub unit: u32,
    pub span: Span,
    /// Where it began: allocation, free, declaration; with the unit that holds it.
    pub began: Option<(u32, Span, &'static str)>,
    pub what: String,
    /// 0 to 100.
    pub weight: u32,
}

/// What a mistake touches; picks among cards that name the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    WriteStack,
    WriteHeap,
    Write,
    Read,
    ReadBefore,
    WriteBefore,
    Handle,
    /// A number beyond the upper or lower end of its type.
    Over,
    Under,
    /// A loop that does something, and one that only counts.
    Work,
    Spin,
    Other,
}

impl Kind {
    /// Cards to prefer, best first.
    fn cards(self) -> &'static [&'static str] {
        match self {
            Self::WriteStack => &["CWE-121", "CWE-787", "CWE-120", "CWE-119"],
            Self::WriteHeap => &["CWE-122", "CWE-787", "CWE-120", "CWE-119"],
            Self::Write => &["CWE-787", "CWE-120", "CWE-119"],
            Self::Read => &["CWE-126", "CWE-125", "CWE-119"],
            Self::ReadBefore => &["CWE-127", "CWE-125", "CWE-119"],
            Self::WriteBefore => &["CWE-124", "CWE-787", "CWE-119"],
            Self::Handle => &["CWE-775", "CWE-772", "CWE-404", "CWE-401"],
            Self::Over => &["CWE-190"],
            Self::Under => &["CWE-191"],
            Self::Work => &["CWE-770"],
            Self::Spin => &["CWE-606"],
            Self::Other => &[],
        }
    }
}

pub use settled::Settled;

/// Drafts, and the lines on which other generators have nothing to say.
pub fn find(scene: &Scene) -> (Vec<Draft>, Settled) {
    let mut rules: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, card) in scene.cards.iter().enumerate().filter(|(_, card)| scene.wants(card)) {
        for rule in &card.lifetimes {
            rules.entry(rule).or_default().push(at);
        }
    }
    let (mut mistakes, settled) = walk::mistakes(scene);
    mistakes.sort();
    mistakes.dedup_by(|a, b| a.rule == b.rule && a.unit == b.unit && a.span == b.span && a.kind == b.kind);
    let drafts = mistakes.iter().filter_map(|mistake| draft(scene, &rules, mistake));
    (drafts.collect(), settled)
}

/// Rules that stand in for one another where no card names the first.
fn alternatives(rule: &'static str) -> Vec<&'static str> {
    match rule {
        "off-by-one" => vec!["off-by-one", "index-unchecked", "unbounded-copy"],
        "index-unchecked" => vec!["index-unchecked", "off-by-one", "unbounded-copy"],
        "unbounded-copy" => vec!["unbounded-copy", "index-unchecked"],
        "negative-size" | "huge-size" => vec![rule, "size-overflow"],
        _ => vec![rule],
    }
}

fn draft(scene: &Scene, rules: &BTreeMap<&str, Vec<usize>>, mistake: &Mistake) -> Option<Draft> {
    let named: Vec<usize> = alternatives(mistake.rule)
        .iter()
        .filter_map(|rule| rules.get(rule))
        .flatten()
        .copied()
        .collect();
    let preferred = mistake
        .kind
        .cards()
        .iter()
        .find_map(|id| named.iter().find(|&&card| scene.cards[card].id == *id));
    let card = *preferred.or_else(|| named.first())?;
    let mut draft = scene.place(
        card,
        Generator::Pattern,
        mistake.unit,
        mistake.span,
        mistake.what.clone(),
    );
    if let Some((unit, span, note)) = mistake.began
        && (unit != mistake.unit || span.line != mistake.span.line)
    {
        draft.trace.insert(0, scene.step(Role::Source, unit, span, note));
    }
    draft.weight = mistake.weight;
    Some(draft)
}
