//! The order of importance: which lines decide a candidate's question, most decisive first.
//!
//! In: a candidate and the [`World`]. Out: a [`Brief`].
//! Deliberately absent: how lines are counted ([`super::slice`]), where they stand ([`super::units`]) and what lies
//! outside the functions of the trace ([`super::around`]).
//! Start at [`gather`].

use std::collections::BTreeSet;

use super::slice::Slice;
use super::{Brief, Profile, Why, around, units};
use crate::candidates::{Candidate, Generator, Role, Step};
use crate::flow::Graph;
use crate::index::{FunctionRef, Index};
use crate::source::{FileId, Snapshot};
use crate::syntax::form::{Function, Module};

/// Everything known about the tree, to choose from.
pub struct World<'a> {
    pub snapshot: &'a Snapshot,
    /// Sorted by file.
    pub modules: &'a [Module],
    pub index: &'a Index,
    pub calls: &'a dyn Calls,
}

/// Who calls whom, in order of path and line.
pub trait Calls {
    /// Functions of the project that `function` calls, with the line of the call in `function`.
    fn callees(&self, function: FunctionRef) -> Vec<Call>;
    /// Functions of the project that call `function`, with the line of the call in the caller.
    fn callers(&self, function: FunctionRef) -> Vec<Call>;
}

/// One call, seen from either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The function at the other end.
    pub function: FunctionRef,
    /// Line of the call, in the caller's file.
    pub line: u32,
}

impl Calls for Graph {
    fn callees(&self, function: FunctionRef) -> Vec<Call> {
        let calls = unit_of(self, function)
            .into_iter()
            .flat_map(|unit| Graph::callees(self, unit));
        calls
            .map(|edge| Call {
                function: function_of(self, edge.to),
                line: edge.span.line,
            })
            .collect()
    }

    fn callers(&self, function: FunctionRef) -> Vec<Call> {
        let Some(unit) = unit_of(self, function) else {
            return Vec::new();
        };
        let from = Graph::callers(self, unit).iter();
        let calls = from
            .flat_map(|from| Graph::callees(self, *from))
            .filter(|edge| edge.to == unit);
        calls
            .map(|edge| Call {
                function: function_of(self, edge.from),
                line: edge.span.line,
            })
            .collect()
    }
}

fn unit_of(graph: &Graph, function: FunctionRef) -> Option<u32> {
    let wanted = (function.file, function.function);
    let at = graph
        .units
        .binary_search_by_key(&wanted, |unit| (unit.file, unit.index))
        .ok()?;
    u32::try_from(at).ok()
}

fn function_of(graph: &Graph, unit: u32) -> FunctionRef {
    let unit = &graph.units[unit as usize];
    FunctionRef {
        file: unit.file,
        function: unit.index,
    }
}

/// How much may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Planned with an estimate of 3.2 bytes per token.
    pub tokens: usize,
    pub profile: Profile,
}

impl Budget {
    pub const FULL: Self = Self {
        tokens: 3000,
        profile: Profile::Full,
    };
    pub const COMPACT: Self = Self {
        tokens: 340,
        profile: Profile::Compact,
    };
}

impl<'a> World<'a> {
    pub(super) fn module(&self, file: FileId) -> Option<&'a Module> {
        self.modules
            .binary_search_by_key(&file, |module| module.file)
            .ok()
            .map(|at| &self.modules[at])
    }

    pub(super) fn function(&self, at: FunctionRef) -> Option<&'a Function> {
        self.module(at.file)?.functions.get(at.function)
    }

    /// The function with the small ones nested in it, which are read as part of it.
    pub(super) fn family(&self, at: FunctionRef) -> Vec<FunctionRef> {
        let Some(module) = self.module(at.file) else {
            return vec![at];
        };
        let all = 0..module.functions.len();
        let part = |function: &usize| units::unit_at(module, module.functions[*function].span.line) == at.function;
        let nested = all.filter(|function| *function != at.function && *function > 0 && part(function));
        let nested = nested.map(|function| FunctionRef {
            file: at.file,
            function,
        });
        std::iter::once(at).chain(nested).collect()
    }

    pub(super) fn is_entry(&self, at: FunctionRef) -> bool {
        self.family(at).into_iter().any(|at| self.index.is_entry(at))
    }
}

/// A step of the candidate, located in the snapshot.
pub(super) struct Spot<'c> {
    pub step: &'c Step,
    pub file: FileId,
    pub unit: usize,
}

impl Spot<'_> {
    pub(super) fn function(&self) -> FunctionRef {
        FunctionRef {
            file: self.file,
            function: self.unit,
        }
    }
}

/// Most lines shown of one step.
const STEP: u32 = 8;
/// Lines of context around a step, on each side.
const MARGIN: u32 = 2;
/// Lines of context around a step in a function that is too long to be shown whole.
const NEAR: u32 = 8;
/// Longest function shown whole, in lines.
const SMALL: u32 = 60;
const SMALL_COMPACT: u32 = 30;

/// Chooses the lines that decide `candidate`, as many as `budget` allows. Source and sink are shown in any case, and
/// a larger budget of the same profile shows everything that a smaller one shows.
pub fn gather(candidate: &Candidate, world: &World, budget: Budget) -> Brief {
    let mut slice = Slice::new(world, budget);
    let spots = spots(candidate, world);
    trace(&spots, world, &mut slice);
    conditions(&spots, world, &mut slice);
    if budget.profile == Profile::Compact {
        // What a guard checks and against what decides more than the rest of the body.
        around::constants(&spots, world, &mut slice);
        around::callees(&spots, world, &mut slice, budget.profile);
    }
    bodies(&spots, world, &mut slice, budget.profile);
    if budget.profile == Profile::Full {
        if candidate.generator == Generator::Absence {
            around::siblings(&spots, world, &mut slice);
        }
        around::callees(&spots, world, &mut slice, budget.profile);
        around::constants(&spots, world, &mut slice);
        around::callers(&spots, world, &mut slice);
        around::configuration(candidate, &spots, world, &mut slice);
        around::rest(&spots, world, &mut slice);
        around::neighbours(candidate, world, &mut slice);
    }
    let (lines, mut omitted) = slice.finish();
    let lost = candidate
        .trace
        .iter()
        .chain(&candidate.guards)
        .filter(|step| world.snapshot.by_path(&step.path).is_none());
    omitted.extend(lost.map(|step| format!("{}: not in the snapshot", step.path)));
    let facts = around::facts(candidate, &spots, world, budget.profile);
    Brief {
        candidate: candidate.clone(),
        lines,
        facts,
        omitted,
    }
}

/// The steps in order of importance: the sink, the source, the guards, then what is between.
fn spots<'c>(candidate: &'c Candidate, world: &World) -> Vec<Spot<'c>> {
    let rank = |step: &&Step| match step.role {
        Role::Sink => 0,
        Role::Source => 1,
        Role::Guard => 2,
        Role::Step => 3,
    };
    let mut steps: Vec<&Step> = candidate.trace.iter().chain(&candidate.guards).collect();
    steps.sort_by_key(rank);
    let locate = |step: &'c Step| {
        let file = world.snapshot.by_path(&step.path)?.id;
        let unit = world.module(file).map_or(0, |module| units::unit_at(module, step.line));
        Some(Spot { step, file, unit })
    };
    steps.into_iter().filter_map(locate).collect()
}

fn why(role: Role) -> Why {
    match role {
        Role::Source => Why::Source,
        Role::Step => Why::Step,
        Role::Guard => Why::Guard,
        Role::Sink => Why::Sink,
    }
}

fn trace(spots: &[Spot], world: &World, slice: &mut Slice) {
    // The place a person is sent to, even where no step is marked as a sink.
    for (at, spot) in spots.iter().enumerate() {
        if at == 0 || spot.step.role == Role::Source {
            slice.insist(spot.file, spot.step.line, why(spot.step.role));
        }
    }
    for spot in spots {
        let last = spot
            .step
            .last
            .clamp(spot.step.line, spot.step.line.saturating_add(STEP - 1));
        slice.show(spot.file, (spot.step.line, last), why(spot.step.role));
        if let Some(signature) = world
            .module(spot.file)
            .and_then(|module| units::signature(module, spot.unit))
        {
            slice.show(spot.file, signature, Why::Body);
        }
    }
}

/// Whether and with which values control gets to the steps.
fn conditions(spots: &[Spot], world: &World, slice: &mut Slice) {
    for spot in spots {
        let Some(function) = world.function(spot.function()) else {
            continue;
        };
        let line = spot.step.line;
        let names: BTreeSet<String> = units::identifiers(world.snapshot.line(spot.file, line))
            .map(str::to_string)
            .collect();
        let mut wanted = units::definitions(&function.body, &names);
        wanted.retain(|(first, _)| spot.unit > 0 || first.abs_diff(line) <= SMALL);
        wanted.sort_by_key(|(first, _)| (*first > line, first.abs_diff(line)));
        for (first, last) in units::deciding(function, line).into_iter().chain(wanted) {
            slice.show(spot.file, (first, last.min(first.saturating_add(MARGIN))), Why::Body);
        }
    }
}

/// What surrounds the steps: two lines on each side, then the functions.
fn bodies(spots: &[Spot], world: &World, slice: &mut Slice, profile: Profile) {
    for spot in spots {
        around_step(spot, MARGIN, spots, world, slice);
    }
    let small = if profile == Profile::Full { SMALL } else { SMALL_COMPACT };
    let mut done = BTreeSet::new();
    for spot in spots {
        let (first, last) = bounds(spot, world);
        let whole = last.saturating_sub(first) < small && spot.unit > 0;
        if whole && done.insert(spot.function()) {
            nearest_first(spot, (first, last), spots, world, slice);
        } else if !whole {
            around_step(spot, NEAR, spots, world, slice);
        }
    }
}

fn around_step(spot: &Spot, lines: u32, spots: &[Spot], world: &World, slice: &mut Slice) {
    let (from, to) = (
        spot.step.line.saturating_sub(lines),
        spot.step.last.saturating_add(lines),
    );
    nearest_first(spot, clip(from, to, bounds(spot, world)), spots, world, slice);
}

/// The lines of a step's function.
pub(super) fn bounds(spot: &Spot, world: &World) -> (u32, u32) {
    let count = world.snapshot.line_count(spot.file);
    world
        .module(spot.file)
        .map_or((1, count), |module| units::lines_of(module, spot.unit, count))
}

pub(super) fn clip(first: u32, last: u32, bounds: (u32, u32)) -> (u32, u32) {
    (first.max(bounds.0), last.min(bounds.1))
}

/// Wants a range of the step's function, lines next to a step before lines far from any. Around top-level code stand
/// functions that have nothing to do with it: their lines are left out.
pub(super) fn nearest_first(spot: &Spot, (first, last): (u32, u32), spots: &[Spot], world: &World, slice: &mut Slice) {
    let steps: Vec<u32> = spots
        .iter()
        .filter(|at| at.file == spot.file)
        .map(|at| at.step.line)
        .collect();
    let far = |line: &u32| steps.iter().map(|step| step.abs_diff(*line)).min().unwrap_or(0);
    let module = world.module(spot.file);
    let own = |line: &u32| spot.unit > 0 || module.is_none_or(|module| units::unit_at(module, *line) == 0);
    let mut lines: Vec<u32> = (first..=last).filter(own).collect();
    lines.sort_by_key(|line| (far(line), *line));
    lines
        .into_iter()
        .for_each(|line| slice.show(spot.file, (line, line), Why::Body));
}
