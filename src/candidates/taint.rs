//! Flows become candidates.
//!
//! In: the graph's flows. Out: drafts with their traces. A parameter that nobody here fills counts only for the
//! sinks where a wrong caller does most harm, and says so. Start at [`find`].

use crate::flow::{Flow, Hop, Note};

use super::make::{Draft, brief};
use super::{Generator, Role, Scene, Step};

/// Cards whose sinks are worth a look even when only a library's own caller could do harm: commands, code, queries,
/// deserialisation, paths and copies into memory.
const GRAVE: [&str; 15] = [
    "CWE-77", "CWE-78", "CWE-89", "CWE-94", "CWE-95", "CWE-502", "CWE-22", "CWE-119", "CWE-120", "CWE-121", "CWE-122",
    "CWE-134", "CWE-787", "CWE-1336", "CWE-943",
];

pub fn find(scene: &Scene) -> Vec<Draft> {
    scene.graph.flows.iter().filter_map(|flow| draft(scene, flow)).collect()
}

fn draft(scene: &Scene, flow: &Flow) -> Option<Draft> {
    let card = &scene.cards[flow.card];
    if !scene.wants(card) || (flow.weak && !GRAVE.contains(&card.id.as_str())) {
        return None;
    }
    let (first, last) = (flow.hops.first()?, flow.hops.last()?);
    let end = flow.hops.len() - 1;
    let trace = flow
        .hops
        .iter()
        .enumerate()
        .map(|(at, hop)| step(scene, hop, at, end))
        .collect();
    let guards = flow
        .guards
        .iter()
        .map(|hop| step(scene, hop, 1, usize::MAX))
        .collect::<Vec<_>>();
    let sink = match &last.note {
        Note::Sink(what) => brief(what),
        _ => brief(scene.text(last.unit, last.span)),
    };
    let source = match &first.note {
        Note::Enters(what) | Note::Parameter(what) => brief(what),
        _ => brief(scene.text(first.unit, first.span)),
    };
    let summary = if flow.weak {
        let function = &scene.graph.units[first.unit as usize].name;
        format!("parameter {source} of {function} reaches {sink}; no caller in this project is known")
    } else {
        format!("{source} reaches {sink}")
    };
    let kind = match flow.kind.as_str() {
        "parameter" => 10,
        "http" | "network" | "message" | "dom" => 90,
        "card" => 80,
        "cli" | "file" => 60,
        _ => 50,
    };
    let weight = kind - 3 * guards.len().min(3) as u32;
    Some(Draft {
        card: flow.card,
        generator: Generator::Taint,
        unit: last.unit,
        span: last.span,
        trace,
        guards,
        summary,
        weight,
    })
}

fn step(scene: &Scene, hop: &Hop, at: usize, end: usize) -> Step {
    let role = match (&hop.note, at) {
        (Note::Guard(_), _) => Role::Guard,
        (_, at) if at == end => Role::Sink,
        (_, 0) => Role::Source,
        _ => Role::Step,
    };
    let note = match &hop.note {
        Note::Enters(what) => format!("enters through {}", brief(what)),
        Note::Parameter(name) if at == 0 => format!("parameter {}", brief(name)),
        Note::Parameter(name) => format!("arrives as {}", brief(name)),
        Note::Assigned(name) if name.is_empty() => "assigned".to_owned(),
        Note::Assigned(name) => format!("assigned to {}", brief(name)),
        Note::Passed(callee) => format!("passed to {}", brief(callee)),
        Note::Returned(function) => format!("returned from {}", brief(function)),
        Note::Through(callee) => format!("goes through {}", brief(callee)),
        Note::Stored(place) => format!("stored by {}", brief(place)),
        Note::Sink(what) => format!("reaches {}", brief(what)),
        Note::Guard(what) => format!("checked by {}", brief(what)),
    };
    scene.step(role, hop.unit, hop.span, note)
}
