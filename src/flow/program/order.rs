//! In which order functions are analysed: callees before callers, cycles together, what is independent side by side.
//!
//! In: call edges. Out: [`Level`]s, and a digest by which a summary is known to have changed. Start at [`levels`].

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::flow::Edge;
use crate::flow::program::world::World;
use crate::flow::solve::Summary;
use crate::flow::state::value::{Const, Fact};

/// Functions that depend only on those of earlier levels.
#[derive(Debug, Default)]
pub struct Level {
    /// Not recursive; ordered.
    pub alone: Vec<u32>,
    /// Functions that call each other or themselves; each ordered.
    pub cycles: Vec<Vec<u32>>,
}

/// All units, callees in earlier levels than their callers.
pub fn levels(world: &World) -> Vec<Level> {
    let groups = components(world.units.len(), &world.edges);
    let mut group_of = vec![0usize; world.units.len()];
    for (at, group) in groups.iter().enumerate() {
        group.iter().for_each(|&unit| group_of[unit as usize] = at);
    }
    let mut depth = vec![0usize; groups.len()];
    let mut levels: Vec<Level> = Vec::new();
    for (at, group) in groups.into_iter().enumerate() {
        let mut recursive = group.len() > 1;
        for &unit in &group {
            let from = world.edges.partition_point(|edge| edge.from < unit);
            for edge in world.edges[from..].iter().take_while(|edge| edge.from == unit) {
                let callee = group_of[edge.to as usize];
                recursive |= edge.to == unit;
                if callee != at {
                    depth[at] = depth[at].max(depth[callee] + 1);
                }
            }
        }
        if levels.len() <= depth[at] {
            levels.resize_with(depth[at] + 1, Level::default);
        }
        if recursive {
            levels[depth[at]].cycles.push(group);
        } else {
            levels[depth[at]].alone.extend(group);
        }
    }
    levels.iter_mut().for_each(|level| level.alone.sort_unstable());
    levels
}

/// The same for summaries that tell callers the same; histories do not count.
pub fn digest(summary: &Summary) -> u64 {
    let mut hash = DefaultHasher::new();
    let mut facts = |facts: &[Fact]| {
        for fact in facts {
            (&fact.origin, fact.dead, fact.bounds).hash(&mut hash);
        }
        facts.len().hash(&mut hash);
    };
    facts(&summary.returns.whole);
    summary.returns.parts.values().for_each(|part| facts(part));
    summary.outs.values().for_each(|out| facts(out));
    for hit in &summary.hits {
        (hit.card, hit.unit, hit.span.start, &hit.fact.origin, hit.fact.dead).hash(&mut hash);
    }
    summary.returns.parts.keys().for_each(|path| path.hash(&mut hash));
    summary.outs.keys().for_each(|place| place.hash(&mut hash));
    summary.verdicts.hash(&mut hash);
    summary.told.hash(&mut hash);
    match &summary.constant {
        Some(Const::Text(text)) => text.hash(&mut hash),
        Some(Const::Number(number)) => number.to_bits().hash(&mut hash),
        Some(Const::Bool(value)) => value.hash(&mut hash),
        Some(Const::Null) => 1u8.hash(&mut hash),
        None => 0u8.hash(&mut hash),
    }
    hash.finish()
}

/// Units that call each other, by call edges in order: strongly connected components, callees first (Tarjan 1972,
/// without recursion).
pub fn components(count: usize, edges: &[Edge]) -> Vec<Vec<u32>> {
    let starts: Vec<usize> = (0..=count)
        .map(|unit| edges.partition_point(|edge| (edge.from as usize) < unit))
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
                let to = edges[at].to as usize;
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
            for edge in &edges[starts[unit]..starts[unit + 1]] {
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
