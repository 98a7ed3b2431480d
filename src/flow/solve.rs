//! The fixed point over the call graph: callees before callers, cycles a few times, everything again when fields or
//! globals turned out to carry outside input.
//!
//! In: a [`World`]. Out: a [`Summary`] per unit and the [`Flow`]s. Deliberately absent: how one function is walked.
//! Start at [`run`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::problem::Problem;
use crate::syntax::form::{Span, Text};

use super::Flow;
use super::taint::Walker;
use super::value::{self, Const, Fact, Facts, Mask, Origin, RECEIVER, Value};
use super::world::World;

/// Times a cycle of functions is repeated.
const ROUNDS: usize = 3;
/// Times the whole is repeated because fields or globals changed.
const SWEEPS: usize = 3;
/// Most sinks remembered per function for its callers.
pub const HITS: usize = 64;
/// Most flows kept in all.
const FLOWS: usize = 50_000;

/// What a caller needs to know of a function.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// What it returns, in terms of its parameters and of outside input.
    pub returns: Value,
    /// What it leaves in its arguments and its receiver, by parameter and access path.
    pub outs: BTreeMap<(u8, Text), Facts>,
    /// Sinks that its parameters reach.
    pub hits: Vec<Hit>,
    /// The literal that every return gives.
    pub constant: Option<Const>,
}

/// A parameter or outside input that reaches a sink of a card; the fact's last step is the sink.
#[derive(Debug, Clone)]
pub struct Hit {
    pub card: usize,
    pub unit: u32,
    pub span: Span,
    pub kind: Arc<str>,
    pub fact: Fact,
}

/// What units tell each other beside summaries: outside input in fields and globals.
#[derive(Debug, Default)]
pub struct Shared {
    pub summaries: Vec<Summary>,
    /// By class and field.
    pub fields: BTreeMap<(Text, Text), Facts>,
    /// By module (`usize::MAX` where the language shares globals between files) and name.
    pub globals: BTreeMap<(usize, Text), Facts>,
    /// Kind of every source met, by unit and byte.
    pub kinds: BTreeMap<(u32, u32), Arc<str>>,
}

/// The end state.
pub struct Solved {
    pub summaries: Vec<Summary>,
    pub flows: Vec<Flow>,
}

/// Analyses every unit. Limits that were met are added to `problems`.
pub fn run(world: &World, problems: &mut Vec<Problem>) -> Solved {
    let mut shared = Shared {
        summaries: vec![Summary::default(); world.units.len()],
        ..Shared::default()
    };
    let groups = components(world);
    let mut hits: BTreeMap<u32, Vec<Hit>> = BTreeMap::new();
    let mut short: BTreeMap<u32, &'static str> = BTreeMap::new();
    for _ in 0..SWEEPS {
        let mut news = false;
        for group in &groups {
            let rounds = if group.len() > 1 || calls_itself(world, group[0]) {
                ROUNDS
            } else {
                1
            };
            for _ in 0..rounds {
                for &unit in group {
                    let walked = Walker::walk(world, &shared, unit);
                    news |= publish(&mut shared, walked.fields, walked.globals);
                    shared.kinds.extend(walked.kinds);
                    shared.summaries[unit as usize] = walked.summary;
                    hits.insert(unit, walked.hits);
                    if let Some(limit) = walked.limit {
                        short.insert(unit, limit);
                    }
                }
            }
        }
        if !news {
            break;
        }
    }
    for (unit, limit) in short {
        let at = &world.units[unit as usize];
        let path = &world.files[at.file.0 as usize].path;
        problems.push(Problem::left_out(
            &**path,
            format!("flow of {} (line {}) is incomplete: {limit}", at.name, at.span.line),
        ));
    }
    let flows = flows(world, &shared, hits, problems);
    Solved {
        summaries: shared.summaries,
        flows,
    }
}

fn publish(shared: &mut Shared, fields: Vec<((Text, Text), Facts)>, globals: Vec<((usize, Text), Facts)>) -> bool {
    let mut news = false;
    for (key, facts) in fields {
        news |= value::join(shared.fields.entry(key).or_default(), &facts);
    }
    for (key, facts) in globals {
        news |= value::join(shared.globals.entry(key).or_default(), &facts);
    }
    news
}

fn calls_itself(world: &World, unit: u32) -> bool {
    let from = world.edges.partition_point(|edge| edge.from < unit);
    world.edges[from..]
        .iter()
        .take_while(|edge| edge.from == unit)
        .any(|edge| edge.to == unit)
}

/// Strongly connected components, callees first (Tarjan 1972, without recursion).
fn components(world: &World) -> Vec<Vec<u32>> {
    let count = world.units.len();
    let starts: Vec<usize> = (0..=count)
        .map(|unit| world.edges.partition_point(|edge| (edge.from as usize) < unit))
        .collect();
    let mut index = vec![usize::MAX; count];
    let mut low = vec![0usize; count];
    let mut on = vec![false; count];
    let (mut stack, mut groups, mut next) = (Vec::new(), Vec::new(), 0usize);
    for root in 0..count {
        if index[root] != usize::MAX {
            continue;
        }
        let mut work = vec![(root, starts[root])];
        while let Some((unit, edge)) = work.pop() {
            if edge == starts[unit] {
                index[unit] = next;
                low[unit] = next;
                next += 1;
                stack.push(unit as u32);
                on[unit] = true;
            }
            let mut at = edge;
            let mut deeper = None;
            while at < starts[unit + 1] {
                let to = world.edges[at].to as usize;
                at += 1;
                if index[to] == usize::MAX {
                    deeper = Some(to);
                    break;
                }
                if on[to] {
                    low[unit] = low[unit].min(index[to]);
                }
            }
            if let Some(to) = deeper {
                // Coming back, the same edge is looked at again and takes over the callee's low link.
                work.push((unit, at));
                work.push((to, starts[to]));
                continue;
            }
            for edge in &world.edges[starts[unit]..starts[unit + 1]] {
                let to = edge.to as usize;
                if on[to] {
                    low[unit] = low[unit].min(low[to]);
                }
            }
            if low[unit] == index[unit] {
                let from = stack
                    .iter()
                    .rposition(|&top| top as usize == unit)
                    .expect("a unit on its own stack");
                let mut group = stack.split_off(from);
                group.iter().for_each(|&unit| on[unit as usize] = false);
                group.sort_unstable();
                groups.push(group);
            }
        }
    }
    groups
}

fn flows(world: &World, shared: &Shared, hits: BTreeMap<u32, Vec<Hit>>, problems: &mut Vec<Problem>) -> Vec<Flow> {
    let mut best: BTreeMap<(u32, u32, usize, Origin), (bool, Hit)> = BTreeMap::new();
    let mut keep = |weak: bool, hit: Hit| {
        let key = (hit.unit, hit.span.start, hit.card, hit.fact.origin.clone());
        match best.get(&key) {
            Some((_, known)) if known.fact.trace.len <= hit.fact.trace.len => {}
            _ => {
                best.insert(key, (weak, hit));
            }
        }
    };
    let mut called = vec![false; world.units.len()];
    world
        .edges
        .iter()
        .filter(|edge| edge.from != edge.to)
        .for_each(|edge| called[edge.to as usize] = true);
    for (unit, found) in hits {
        for hit in found {
            match hit.fact.origin {
                Origin::Source { .. } => keep(false, hit),
                // What an object holds is its own affair; only what a caller passes counts.
                Origin::Param { index: RECEIVER, .. } => {}
                Origin::Param { .. } => {
                    let at = &world.units[unit as usize];
                    if at.public && at.index != 0 && !called[unit as usize] && !world.entries.contains_key(&unit) {
                        keep(true, hit);
                    }
                }
            }
        }
    }
    if best.len() > FLOWS {
        problems.push(Problem::new(
            "flow",
            format!("{} of {} flows were dropped", best.len() - FLOWS, best.len()),
        ));
    }
    best.into_values()
        .take(FLOWS)
        .map(|(weak, hit)| {
            let kind = match hit.fact.origin {
                Origin::Source { unit, at } => shared.kinds.get(&(unit, at)).map_or("other", |kind| kind).to_owned(),
                Origin::Param { .. } => "parameter".to_owned(),
            };
            Flow {
                card: hit.card,
                kind,
                hops: hit.fact.trace.hops(),
                guards: hit.fact.guards.to_vec(),
                weak,
            }
        })
        .collect()
}

/// Cards for which a fact still counts.
pub fn alive(fact: &Fact, card: usize) -> bool {
    let bit: Mask = 1 << card;
    fact.dead & bit == 0
}
