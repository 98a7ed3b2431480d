//! The fixed point over the call graph: callees before callers, cycles a few times, everything again when fields or
//! globals turned out to carry outside input, and then only where that matters.
//!
//! In: a [`World`]. Out: a [`Summary`] per unit and the [`Flow`]s. Deliberately absent: how one function is walked.
//! Start at [`run`].

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use rayon::prelude::*;

use crate::problem::Problem;
use crate::syntax::form::{Span, Text};

use crate::flow::Flow;
use crate::flow::Unit;
use crate::flow::program::calls;
use crate::flow::program::order;
use crate::flow::program::world::World;
use crate::flow::proof::predicates::Told;
use crate::flow::proof::verdicts::Verdicts;
use crate::flow::state::value::{self, Const, Fact, Facts, Mask, Origin, RECEIVER, SEP, Value};
use crate::flow::walk::taint::{Walked, Walker};

/// Times a cycle of functions is repeated.
const ROUNDS: usize = 3;
/// Functions that call each other beyond which they are walked in blocks, each of which sees what those before found.
const LARGE: usize = 64;
/// Functions of such a block.
const BLOCK: usize = 16;
/// Times it is repeated where fields or globals changed.
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
    /// What its answers say about its parameters.
    pub verdicts: Verdicts,
    /// What its answer proves of its arguments.
    pub told: Told,
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
    let mut work = Work {
        world,
        shared: Shared {
            summaries: vec![Summary::default(); world.units.len()],
            ..Shared::default()
        },
        hits: BTreeMap::new(),
        short: BTreeMap::new(),
        reads: vec![BTreeSet::new(); world.units.len()],
        dirty: vec![true; world.units.len()],
        digests: vec![order::digest(&Summary::default()); world.units.len()],
        changed: BTreeSet::new(),
        uncalled: uncalled(world),
    };
    let levels = order::levels(world);
    for _ in 0..SWEEPS {
        for level in &levels {
            work.level(level);
        }
        if !work.start_over() {
            break;
        }
    }
    let Work {
        shared, hits, short, ..
    } = work;
    for (unit, limit) in short {
        let at = &world.units[unit as usize];
        let path = &world.files[at.file.0 as usize].path;
        let what = format!("flow of {} (line {}) is incomplete: {limit}", at.name, at.span.line);
        problems.push(Problem::left_out(&**path, what));
    }
    let flows = flows(world, &shared, hits, problems);
    Solved {
        summaries: shared.summaries,
        flows,
    }
}

/// What a fixed point has come to.
struct Work<'w, 'f> {
    world: &'w World<'f>,
    shared: Shared,
    hits: BTreeMap<u32, Vec<Hit>>,
    short: BTreeMap<u32, &'static str>,
    /// Names of fields and globals that each unit asked for.
    reads: Vec<BTreeSet<Text>>,
    /// Whether a unit is offered to callers and has none here.
    uncalled: Vec<bool>,
    /// Units whose result may change.
    dirty: Vec<bool>,
    /// What tells the summaries apart from those of another round.
    digests: Vec<u64>,
    /// Names of fields and globals that carry more than they did.
    changed: BTreeSet<Text>,
}

impl Work<'_, '_> {
    /// Groups of one level do not depend on each other: functions without recursion are walked side by side.
    fn level(&mut self, level: &order::Level) {
        self.side_by_side(&level.alone);
        for group in &level.cycles {
            self.cycle(group);
        }
    }

    /// Functions that call each other: whose callees told nothing new since is not walked again.
    fn cycle(&mut self, group: &[u32]) {
        for _ in 0..ROUNDS {
            let mut news = false;
            for block in group.chunks(if group.len() > LARGE { BLOCK } else { 1 }) {
                news |= self.side_by_side(block);
            }
            if !news {
                break;
            }
        }
    }

    /// Walks those of the units that may have something new to tell; true when they have. What they found is taken
    /// over in order, so that the result does not depend on who was first.
    fn side_by_side(&mut self, units: &[u32]) -> bool {
        let open = units.iter().copied().filter(|&unit| self.dirty[unit as usize]);
        let open: Vec<u32> = open.collect();
        let (world, shared) = (self.world, &self.shared);
        let walk = |&unit: &u32| {
            let walked = one(world, shared, unit);
            (unit, order::digest(&walked.summary), walked)
        };
        let walked: Vec<(u32, u64, Walked)> = match open.as_slice() {
            [only] => vec![walk(only)],
            _ => open.par_iter().map(walk).collect(),
        };
        let mut news = false;
        for (unit, digest, walked) in walked {
            news |= self.take(unit, digest, walked);
        }
        news
    }

    /// Whether callers learn something new from this.
    fn take(&mut self, unit: u32, digest: u64, walked: Walked) -> bool {
        let at = unit as usize;
        self.dirty[at] = false;
        for (key, facts) in walked.fields {
            if value::join(self.shared.fields.entry(key.clone()).or_default(), &facts) {
                self.changed.insert(key.1);
            }
        }
        for (key, facts) in walked.globals {
            if value::join(self.shared.globals.entry(key.clone()).or_default(), &facts) {
                // Whoever asks for a global asks for its fields.
                let root = key.1.split(SEP).next().unwrap_or_default();
                self.changed.insert(root.into());
            }
        }
        self.shared.kinds.extend(walked.kinds);
        let mut hits = walked.hits;
        // What starts at a parameter counts by itself only where nobody is known to call.
        hits.retain(|hit| self.uncalled[at] || matches!(hit.fact.origin, Origin::Source { .. }));
        hits.shrink_to_fit();
        self.hits.insert(unit, hits);
        self.reads[at] = walked.reads;
        if let Some(limit) = walked.limit {
            self.short.insert(unit, limit);
        }
        let news = std::mem::replace(&mut self.digests[at], digest) != digest;
        self.shared.summaries[at] = walked.summary;
        if news {
            for &caller in self.world.callers.get(&unit).into_iter().flatten() {
                self.dirty[caller as usize] = true;
            }
        }
        news
    }

    /// Marks who asked for what changed since; false when nobody did.
    fn start_over(&mut self) -> bool {
        let changed = std::mem::take(&mut self.changed);
        self.dirty.fill(false);
        for (unit, reads) in self.reads.iter().enumerate() {
            self.dirty[unit] = reads.iter().any(|name| changed.contains(name));
        }
        self.dirty.contains(&true)
    }
}

/// Walks one unit. A mistake of ours in one function costs what it would have told, and is counted.
fn one(world: &World, shared: &Shared, unit: u32) -> Walked {
    let walk = || Walker::walk(world, shared, unit);
    std::panic::catch_unwind(AssertUnwindSafe(walk)).unwrap_or_else(|_| Walked {
        limit: Some("an internal error stopped it"),
        ..Walked::default()
    })
}

/// Public functions that nothing here calls and that are no entry points.
fn uncalled(world: &World) -> Vec<bool> {
    let mut held = vec![false; world.units.len()];
    for (at, module) in world.modules.iter().enumerate() {
        for index in calls::held(module) {
            held[world.unit(at, index) as usize] = true;
        }
    }
    // A function without a name of its own is no more than mentioned by the code around it when that gives it away.
    let calls = |unit: u32| {
        let parent = world.function(unit).parent.unwrap_or_default();
        let around = held[unit as usize].then(|| world.unit(world.units[unit as usize].module, parent));
        let callers = world.callers.get(&unit).into_iter().flatten();
        callers.filter(|&&from| Some(from) != around).any(|&from| from != unit)
    };
    let of = |(at, unit): (usize, &Unit)| {
        let own = at as u32;
        unit.public && unit.index != 0 && !world.entries.contains_key(&own) && !calls(own)
    };
    world.units.iter().enumerate().map(of).collect()
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
    for (unit, found) in hits {
        for hit in found {
            match hit.fact.origin {
                Origin::Source { .. } => keep(false, hit),
                // What an object holds is its own affair; only what a caller passes counts.
                Origin::Param { index: RECEIVER, .. } => {}
                Origin::Param { index, .. } if textual(world, unit, index) => keep(true, hit),
                Origin::Param { .. } => {}
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

/// Whether a parameter can hold text, where the language makes every parameter say what it holds: of a file, a class
/// loader or an event, whoever made it decided what it is.
fn textual(world: &World, unit: u32, index: u8) -> bool {
    if world.modules[world.units[unit as usize].module].language != "java" {
        return true;
    }
    let param = world.function(unit).params.get(usize::from(index) + world.shift(unit));
    let hint = param.and_then(|param| param.hint.as_deref()).unwrap_or_default();
    [
        "String",
        "CharSequence",
        "byte[]",
        "char[]",
        "InputStream",
        "Reader",
        "Map<",
        "Object",
    ]
    .iter()
    .any(|text| hint.contains(text))
        && !hint.contains("Class")
}

/// Cards for which a fact still counts.
pub fn alive(fact: &Fact, card: usize) -> bool {
    let bit: Mask = 1 << card;
    fact.dead & bit == 0
}
