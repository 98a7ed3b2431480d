//! Graph × Cards → ranked [`Candidate`]s within a budget; deterministic, recall first.
//!
//! In: the flow graph, the forest, the snapshot and the cards. Out: candidates, best first, each with its trace.
//! Four generators: flows from `flow` (`taint`), calls, literals, settings, lifetimes and wordings (`pattern`, `literal`,
//! `settings`, `lifetime`, `wording`),
//! missing controls (`absence`), and risky functions that fill the rest of the budget (`sweep`).
//! Deliberately absent: any judgement; what is proposed here is only worth a look.
//! Start at [`find`].

mod absence;
mod context;
mod lifetime;
mod literal;
mod make;
#[cfg(test)]
mod marked;
mod own;
mod pattern;
mod rank;
mod regexes;
mod reported;
mod secrets;
mod settings;
mod settled;
mod sweep;
mod taint;
#[cfg(test)]
mod tests;
mod unsound;
mod wording;

use serde::{Deserialize, Serialize};

use crate::cards::{Card, Severity};
use crate::flow::Graph;
use crate::source::Snapshot;
use crate::syntax::Forest;

use rank::{Concern, rank};
pub use reported::{Lines, Reported, reported};

/// What a scan wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Most candidates; the best are kept.
    pub max: usize,
    /// Cards below this severity are not looked for.
    pub severity: Severity,
    /// Card ids to look for; empty means all.
    pub cards: Vec<String>,
    /// Whether risky functions may fill what the other generators leave of `max`.
    pub sweep: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max: 500,
            severity: Severity::Note,
            cards: Vec::new(),
            sweep: true,
        }
    }
}

/// Everything a generator may look at.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub graph: &'a Graph,
    pub forest: &'a Forest,
    pub snapshot: &'a Snapshot,
    pub cards: &'a [Card],
    pub settings: &'a Settings,
}

impl Scene<'_> {
    /// Whether this scan asks for the card at all.
    fn wants(&self, card: &Card) -> bool {
        card.severity >= self.settings.severity
            && (self.settings.cards.is_empty() || self.settings.cards.contains(&card.id))
    }
}

/// Candidates, best first, at most `settings.max`. `cards` must be those that the graph was built with.
pub fn find(
    graph: &Graph,
    forest: &Forest,
    snapshot: &Snapshot,
    cards: &[Card],
    settings: &Settings,
) -> Vec<Candidate> {
    let scene = Scene {
        graph,
        forest,
        snapshot,
        cards,
        settings,
    };
    let mut drafts = drafts(&scene);
    let concern = Concern::of(&scene);
    drafts.retain(|draft| concern.has(&scene, draft));
    let mut found = rank(&scene, drafts);
    found.truncate(settings.max);
    if settings.sweep && found.len() < settings.max {
        let swept = sweep::find(&scene, &found);
        found.extend(rank(&scene, swept));
        found.truncate(settings.max);
    }
    found
}

/// What every generator but the sweep proposes, unmerged.
fn drafts(scene: &Scene) -> Vec<make::Draft> {
    let mut drafts = taint::find(scene);
    drafts.extend(pattern::find(scene));
    let (lifetimes, settled) = lifetime::find(scene);
    drafts.retain(|draft| !settled.holds(draft.unit, draft.span.line, &scene.cards[draft.card].id));
    drafts.extend(literal::find(scene));
    drafts.extend(settings::find(scene));
    drafts.extend(regexes::find(scene));
    drafts.extend(lifetimes);
    drafts.extend(unsound::find(scene));
    drafts.extend(wording::find(scene));
    drafts.extend(absence::find(scene));
    drafts
}

/// Who proposed it: one of the four generators, or another tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generator {
    /// Untrusted data reaches a sink.
    Taint,
    /// A call, literal, setting, lifetime or wording that is suspicious by itself.
    Pattern,
    /// A control that siblings have is missing.
    Absence,
    /// A risky unit, looked at because budget was left.
    Sweep,
    /// Another tool says so, and the analysis does not.
    Reported,
}

/// A place that may be weak, with the reason to think so. Crosses the pipe from the reader, hence serde.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Stable under shifts of line numbers: digest of path, function, card and the sink's normalised text.
    pub id: String,
    /// Card id: `CWE-89`.
    pub card: String,
    /// Language row name.
    pub language: String,
    pub generator: Generator,
    /// Function that holds the sink, qualified: `UserDao.find`.
    pub function: String,
    /// Source first, sink last, steps in between in order of flow. Never empty; one step when there is no flow.
    pub trace: Vec<Step>,
    /// Guards, encoders and validators met on the way that do not provably neutralise the value.
    pub guards: Vec<Step>,
    /// How outside input enters that was traced to the sink: `http`, `cli`, `file` …, `parameter` where nobody in this project
    /// is known to fill one; empty where nothing was traced.
    #[serde(default)]
    pub entry: String,
    /// One sentence for a person: `request.args["q"] reaches Cursor.execute`.
    pub summary: String,
    /// Higher is looked at first.
    pub rank: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub role: Role,
    pub path: String,
    pub line: u32,
    /// Inclusive.
    pub last: u32,
    /// The code, as it stands in the snapshot, trimmed.
    pub code: String,
    /// What happens here: `enters through request.args`, `passed to build_query(term)`.
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Source,
    Step,
    Guard,
    Sink,
}

impl Candidate {
    /// Where a person is sent first.
    pub fn place(&self) -> &Step {
        self.trace.last().expect("a candidate's trace is never empty")
    }
}
