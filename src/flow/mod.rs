//! Forest → [`Graph`]: who calls whom, what outsiders can make run, and where outside input flows.
//!
//! In: the modules of a forest, the files they came from and the cards. Out: a [`Graph`] with units (functions), call
//! edges, entry points, a summary per unit and every [`Flow`] from a source to a sink, and [`Problem`]s for what a
//! limit cut short. The taint analysis is written once over the common form; languages and frameworks are data
//! (`frameworks/`). Deliberately absent: text of the code, ranking and any opinion.
//! ```text
//! program   what holds for the whole project: names, types, calls, entries, constants
//! state     values of variables at one place            walk    one function: statements, expressions, calls
//! proof     what conditions and checks prove            pages   templates and included files
//! solve     functions in order, to a fixed point        suspects   code that is suspicious without any flow
//! ```
//! Start at [`build`].

pub mod frameworks;
mod pages;
pub mod program;
mod proof;
mod solve;
pub mod state;
mod suspects;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;

use crate::cards::Card;
use crate::problem::Problem;
use crate::source::{FileId, SourceFile};
use crate::syntax::form::{Module, Span};

pub use program::entries::Entry;
pub use solve::{Hit, Summary};
pub use state::value::{Hop, Note};
pub use walk::sinks::TWO_KEYS;
pub use walk::texts::MARKUP;

/// One function of the project. Its number is its position in [`Graph::units`].
#[derive(Debug, Clone)]
pub struct Unit {
    /// Position of the module among those that the graph was built from.
    pub module: usize,
    /// Position in [`Module::functions`].
    pub index: usize,
    pub file: FileId,
    /// Qualified by class: `UserDao.find`; `<lambda>` keeps the name of what holds it where there is one.
    pub name: String,
    pub public: bool,
    pub span: Span,
}

/// `from` calls `to` at `span`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: u32,
    pub span: Span,
    pub to: u32,
}

/// Outside input that reaches a sink.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Position of the card among those that the graph was built with.
    pub card: usize,
    /// Kind of the source: `http`, `cli`, …, or `parameter` for a public function that nobody here calls.
    pub kind: String,
    /// Source first, sink last. Never empty.
    pub hops: Vec<Hop>,
    /// Guards that the value passed and that do not provably neutralise it.
    pub guards: Vec<Hop>,
    /// True when the source is only a parameter that nobody is known to fill.
    pub weak: bool,
}

/// Code that a card calls suspicious by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    pub card: usize,
    pub unit: u32,
    pub span: Span,
    /// The pattern that matched, as the card writes it.
    pub pattern: String,
}

/// Stack of the analysis in bytes; only what is used is ever touched.
pub const STACK: usize = 512 << 20;

/// What is known about how the project hangs together.
#[derive(Debug, Default)]
pub struct Graph {
    pub units: Vec<Unit>,
    /// Ordered by `from`, then place.
    pub edges: Vec<Edge>,
    /// Ordered by unit.
    pub entries: Vec<Entry>,
    /// Ordered by sink, card and source.
    pub flows: Vec<Flow>,
    pub summaries: Vec<Summary>,
    /// Ordered by place.
    pub suspects: Vec<Suspect>,
    /// Whether an entry point reaches the unit.
    pub reachable: Vec<bool>,
    /// First unit of each module.
    first: Vec<u32>,
    callers: BTreeMap<u32, Vec<u32>>,
}

/// Builds the graph of a project. Deterministic; limits that were met are reported and cost only their function.
pub fn build(modules: &[Module], files: &[SourceFile], cards: &[Card]) -> (Graph, Vec<Problem>) {
    // Statements nest as deep as the parser lets them, which takes more stack than threads get by default.
    std::thread::scope(|scope| {
        let work = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || pooled(modules, files, cards));
        match work.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(Ok(built))) => built,
            Ok(Ok(Err(e))) => (
                Graph::default(),
                vec![Problem::new("flow", format!("no threads for the flow analysis: {e}"))],
            ),
            Ok(Err(_)) => (
                Graph::default(),
                vec![Problem::new("flow", "the flow analysis stopped on an internal error")],
            ),
            Err(e) => (
                Graph::default(),
                vec![Problem::new("flow", format!("no thread for the flow analysis: {e}"))],
            ),
        }
    })
}

type Built = (Graph, Vec<Problem>);

/// Runs on as many threads as the rest of the program, each with the larger stack.
fn pooled(modules: &[Module], files: &[SourceFile], cards: &[Card]) -> Result<Built, rayon::ThreadPoolBuildError> {
    let threads = rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK);
    Ok(pool.build()?.install(|| construct(modules, files, cards)))
}

fn construct(modules: &[Module], files: &[SourceFile], cards: &[Card]) -> Built {
    let mut problems = Vec::new();
    let world = program::world::World::of(modules, files, cards);
    if cards.len() > program::world::CARDS {
        problems.push(Problem::new(
            "flow",
            format!(
                "{} cards are beyond the limit of {}",
                cards.len() - program::world::CARDS,
                program::world::CARDS
            ),
        ));
    }
    let mut solved = solve::run(&world, &mut problems);
    let included = pages::include::included(&world);
    solved
        .flows
        .retain(|flow| !pages::include::apart(&world, &included, flow));
    let mut graph = Graph {
        suspects: suspects::find(&world, cards),
        edges: world.edges.clone(),
        entries: world.entries.values().cloned().collect(),
        first: world.directory.first.clone(),
        flows: solved.flows,
        summaries: solved.summaries,
        callers: world.callers,
        units: world.units,
        ..Graph::default()
    };
    graph.reachable = reachable(&graph);
    (graph, problems)
}

fn reachable(graph: &Graph) -> Vec<bool> {
    let mut seen = vec![false; graph.units.len()];
    let mut open: Vec<u32> = graph.entries.iter().map(|entry| entry.unit).collect();
    while let Some(unit) = open.pop() {
        if !std::mem::replace(&mut seen[unit as usize], true) {
            open.extend(graph.callees(unit).map(|edge| edge.to));
        }
    }
    seen
}

impl Graph {
    /// Calls that a unit makes into the project, in order of place.
    pub fn callees(&self, unit: u32) -> impl Iterator<Item = &Edge> {
        let from = self.edges.partition_point(|edge| edge.from < unit);
        self.edges[from..].iter().take_while(move |edge| edge.from == unit)
    }

    /// Units that the call at this place may reach.
    pub fn called_at(&self, unit: u32, span: Span) -> impl Iterator<Item = u32> {
        let from = self.edges.partition_point(|edge| (edge.from, edge.span) < (unit, span));
        let here = move |edge: &&Edge| edge.from == unit && edge.span == span;
        self.edges[from..].iter().take_while(here).map(|edge| edge.to)
    }

    /// Units that call this one, ordered, without repeats.
    pub fn callers(&self, unit: u32) -> &[u32] {
        self.callers.get(&unit).map(Vec::as_slice).unwrap_or_default()
    }

    /// The entry point that this unit is, if it is one.
    pub fn entry(&self, unit: u32) -> Option<&Entry> {
        self.entries
            .binary_search_by_key(&unit, |entry| entry.unit)
            .ok()
            .map(|at| &self.entries[at])
    }

    /// The unit of a module's function.
    pub fn unit(&self, module: usize, index: usize) -> u32 {
        self.first[module] + index as u32
    }

    /// The innermost unit of a file that contains the line.
    pub fn unit_at(&self, file: FileId, line: u32) -> Option<u32> {
        let inside = self.units.iter().enumerate().filter(|(_, unit)| {
            unit.file == file && (unit.index == 0 || (unit.span.line <= line && line <= unit.span.last))
        });
        let size = |unit: &Unit| {
            if unit.index == 0 {
                u32::MAX
            } else {
                unit.span.last - unit.span.line
            }
        };
        inside
            .min_by_key(|(at, unit)| (size(unit), *at))
            .map(|(at, _)| at as u32)
    }
}
