//! What another tool reported → candidates: the place is theirs, the trace is ours wherever the analysis has one.
//!
//! In: [`Reported`] places with the cards they may mean, best guess first. Out: candidates, and for each report the id of
//! its candidate or why it has none. A report that one of the generators also makes, at the same lines and for the same
//! card, becomes that candidate with its path and guards; another one keeps the steps that came with it.
//! Deliberately absent: the tool's own words, which a judge that is to doubt them must not read; merging, because every
//! report gets an answer of its own; and the format of reports.
//! Start at [`reported`].

use std::collections::BTreeMap;

use crate::cards::Card;
use crate::flow::Graph;
use crate::source::Snapshot;
use crate::syntax::Forest;
use crate::syntax::form::Span;

use super::make::Draft;
use super::{Candidate, Generator, Role, Scene, Settings, drafts, rank};

/// One report of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    pub at: Lines,
    /// What leads there, source first, without the place itself; empty where the tool tells none.
    pub steps: Vec<Lines>,
    /// Ids of cards that it may mean: the first one that the analysis also proposes there counts, else the first.
    pub cards: Vec<String>,
    /// Tool and rule, as a person knows them: `bandit B602`.
    pub by: String,
}

/// Lines of one file of the snapshot; `last` is inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub path: String,
    pub line: u32,
    pub last: u32,
}

/// Candidates in order of rank, and the fate of each report, in order.
pub fn reported(
    graph: &Graph,
    forest: &Forest,
    snapshot: &Snapshot,
    cards: &[Card],
    reports: &[Reported],
) -> (Vec<Candidate>, Vec<Result<String, String>>) {
    let settings = Settings::default();
    let scene = Scene {
        graph,
        forest,
        snapshot,
        cards,
        settings: &settings,
    };
    let own = drafts(&scene);
    let mut chosen: Vec<Draft> = Vec::new();
    let mut places: BTreeMap<(u32, u32, u32, usize), usize> = BTreeMap::new();
    let fates: Vec<Result<usize, String>> = reports
        .iter()
        .map(|report| {
            let draft = same(&scene, &own, report).map_or_else(|| place(&scene, report), |draft| Ok(draft.clone()))?;
            let key = (draft.unit, draft.span.line, draft.span.last, draft.card);
            Ok(*places.entry(key).or_insert_with(|| {
                chosen.push(draft);
                chosen.len() - 1
            }))
        })
        .collect();
    let named = rank::each(&scene, chosen);
    let ids: Vec<String> = named.iter().map(|candidate| candidate.id.clone()).collect();
    let mut candidates = named;
    candidates.sort_by(|a, b| b.rank.cmp(&a.rank).then_with(|| a.id.cmp(&b.id)));
    let fates = fates.into_iter().map(|fate| fate.map(|at| ids[at].clone())).collect();
    (candidates, fates)
}

/// The draft of our own that says the same: same card, same lines, the one with the longest trace.
fn same<'d>(scene: &Scene, own: &'d [Draft], report: &Reported) -> Option<&'d Draft> {
    let there = |draft: &&Draft| {
        let path = &*scene.snapshot.file(scene.file(draft.unit)).path;
        path == report.at.path && draft.span.line <= report.at.last && report.at.line <= draft.span.last
    };
    let found: Vec<&Draft> = own.iter().filter(there).collect();
    report.cards.iter().find_map(|card| {
        let alike = found.iter().filter(|draft| scene.cards[draft.card].id == *card);
        // The last of the longest would depend on the generators' order; the first one does not.
        alike.copied().rev().max_by_key(|draft| draft.trace.len())
    })
}

/// A draft at the reported lines, with the steps that came with the report.
fn place(scene: &Scene, report: &Reported) -> Result<Draft, String> {
    let card = report
        .cards
        .iter()
        .find_map(|id| scene.cards.iter().position(|card| card.id == *id))
        .ok_or("its rule names no weakness that there is a card for")?;
    let (unit, span) = locate(scene, &report.at)?;
    let led: Vec<(u32, Span)> = report
        .steps
        .iter()
        .filter_map(|step| locate(scene, step).ok())
        .filter(|at| *at != (unit, span))
        .collect();
    let summary = format!("reported by {}", report.by);
    let mut draft = scene.place(card, Generator::Reported, unit, span, summary.clone());
    let steps = led.iter().enumerate().map(|(nth, &(unit, span))| match nth {
        0 => scene.step(Role::Source, unit, span, summary.clone()),
        _ => scene.step(Role::Step, unit, span, summary.clone()),
    });
    draft.trace = steps.chain(draft.trace).collect();
    Ok(draft)
}

/// The innermost function that holds the lines, and the lines as a span.
pub(super) fn locate(scene: &Scene, at: &Lines) -> Result<(u32, Span), String> {
    let file = scene
        .snapshot
        .by_path(&at.path)
        .ok_or_else(|| format!("{} is not in the tree", at.path))?;
    let span = scene
        .snapshot
        .span(file.id, at.line, at.last)
        .ok_or_else(|| format!("{} has no line {}", at.path, at.line))?;
    let holds = |unit: &usize| {
        let held = scene.graph.units[*unit].span;
        scene.graph.units[*unit].index == 0 || held.line <= at.line && at.line <= held.last
    };
    let first = scene.graph.units.partition_point(|unit| unit.file < file.id);
    let inside = (first..scene.graph.units.len()).take_while(|unit| scene.graph.units[*unit].file == file.id);
    let innermost = inside.filter(holds).min_by_key(|unit| {
        let unit = &scene.graph.units[*unit];
        (
            unit.index == 0,
            unit.span.last - unit.span.line,
            usize::MAX - unit.index,
        )
    });
    let unit = innermost.ok_or_else(|| format!("{} is not code that is read here", at.path))?;
    let (start, end) = span;
    let span = Span {
        start,
        end,
        line: at.line,
        last: at.last,
    };
    Ok((u32::try_from(unit).expect("units are counted in 32 bits"), span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cards, flow, syntax};

    const CODE: &str = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\n@app.route('/x')\ndef x():\n    name = request.args['name']\n    os.system('ping ' + name)\n    return 'ok'\n";

    fn at(line: u32) -> Lines {
        Lines {
            path: "app.py".to_owned(),
            line,
            last: line,
        }
    }

    fn check(reports: &[Reported]) -> (Vec<Candidate>, Vec<Result<String, String>>) {
        let snapshot = Snapshot::of_texts([("app.py", CODE)]);
        let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
        let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
        reported(&graph, &forest, &snapshot, cards::all(), reports)
    }

    fn report(line: u32, cards: &[&str], steps: Vec<Lines>) -> Reported {
        Reported {
            at: at(line),
            steps,
            cards: cards.iter().map(|&card| card.to_owned()).collect(),
            by: "bandit B605".to_owned(),
        }
    }

    #[test]
    fn a_report_that_the_analysis_also_makes_gets_its_trace() {
        let (candidates, fates) = check(&[report(8, &["CWE-94", "CWE-78"], Vec::new())]);
        assert_eq!(candidates[0].card, "CWE-78");
        assert_eq!(candidates[0].trace[0].line, 7, "{candidates:?}");
        assert_eq!(fates, [Ok(candidates[0].id.clone())]);
    }

    #[test]
    fn a_report_of_its_own_keeps_its_lines_and_steps() {
        let (candidates, _) = check(&[report(9, &["CWE-79"], vec![at(7)])]);
        let lines: Vec<(Role, u32)> = candidates[0].trace.iter().map(|step| (step.role, step.line)).collect();
        assert_eq!(lines, [(Role::Source, 7), (Role::Sink, 9)]);
        assert_eq!(
            (candidates[0].function.as_str(), candidates[0].generator),
            ("x", Generator::Reported)
        );
        assert_eq!(candidates[0].summary, "reported by bandit B605");
    }

    #[test]
    fn two_reports_of_one_thing_are_one_candidate_and_what_cannot_be_placed_says_why() {
        let elsewhere = Reported {
            at: Lines {
                path: "gone.py".to_owned(),
                ..at(1)
            },
            ..report(1, &["CWE-78"], Vec::new())
        };
        let twice = report(8, &["CWE-78"], Vec::new());
        let (candidates, fates) = check(&[
            twice.clone(),
            twice,
            elsewhere,
            report(80, &["CWE-78"], Vec::new()),
            report(8, &[], Vec::new()),
        ]);
        assert_eq!(candidates.len(), 1);
        assert_eq!(fates[0], fates[1]);
        let why: Vec<&String> = fates[2..].iter().map(|fate| fate.as_ref().unwrap_err()).collect();
        assert_eq!(why[0], "gone.py is not in the tree");
        assert_eq!(why[1], "app.py has no line 80");
        assert!(why[2].contains("no weakness"), "{why:?}");
    }
}
