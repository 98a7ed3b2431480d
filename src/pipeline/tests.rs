//! A scan with the real code tower in this process and scripted judges.

use std::sync::atomic::AtomicBool;

use super::reader::Local;
use super::*;
use crate::detect::scripted::{Scripted, says};
use crate::engine::model::{Profile, Reply};

const CODE: &str = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\n@app.route('/x')\ndef x():\n    name = request.args['name']\n    os.system('ping ' + name)\n    return 'ok'\n";

struct Silent;

impl Watch for Silent {
    fn surveyed(&mut self, _: &Plan, _: usize) {}
    fn judged(&mut self, _: &Unit) {}
}

fn scan_with(script: Vec<Result<Reply, Problem>>, stop: bool) -> Run {
    scan_by(Scripted::new(Profile::Compact, script), stop)
}

fn scan_by(mut model: Scripted, stop: bool) -> Run {
    let tree = tempfile::tempdir().unwrap();
    let store = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("app.py"), CODE).unwrap();
    let mut reader = Local::default();
    let settings = Scan {
        root: tree.path().to_owned(),
        store: store.path().to_owned(),
        limits: Limits::default(),
        candidates: Some(1),
        time: None,
        min_severity: Severity::High,
        seed: 0,
        jobs: 1,
        fresh: false,
    };
    let hands = Hands {
        reader: &mut reader,
        detector: &mut model,
        verifier: None,
        sealed: Vec::new(),
    };
    scan(&settings, hands, &mut Silent, &AtomicBool::new(stop)).unwrap()
}

fn yes() -> Result<Reply, Problem> {
    says("yes 1 2", &[("yes", 0.9), ("no", 0.1)])
}

#[test]
fn the_best_candidate_is_the_command_injection() {
    let run = scan_with(vec![yes(), says("unsure", &[("stands", 0.5), ("falls", 0.4)])], false);
    assert_eq!(run.plan.candidates[0].card, "CWE-78", "{:?}", run.plan.candidates);
    assert_eq!(run.plan.candidates[0].place().line, 8);
    assert!(matches!(run.units[0].outcome, Outcome::Inconclusive { .. }));
    assert_eq!(run.units[0].asked.len(), 2, "both exchanges are kept");
}

#[test]
fn a_model_clears_only_code_in_languages_that_it_was_trained_on() {
    let no = || says("no 1", &[("yes", 0.1), ("no", 0.9)]);
    let falls = || says("falls guarded 1", &[("stands", 0.1), ("falls", 0.9)]);
    for (languages, cleared) in [(vec!["c", "python"], true), (vec!["c"], false), (vec![], true)] {
        for script in [vec![no()], vec![yes(), falls()]] {
            let mut model = Scripted::new(Profile::Compact, script);
            model.identity.languages = languages.iter().map(ToString::to_string).collect();
            let outcome = &scan_by(model, false).units[0].outcome;
            match outcome {
                Outcome::Dismissed { .. } | Outcome::Rejected { .. } => assert!(cleared, "{languages:?}"),
                Outcome::Inconclusive { because, .. } => assert!(!cleared && because.contains("python"), "{because}"),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn what_a_judge_cannot_answer_is_failed_and_the_run_incomplete() {
    let refused = Err(Problem::new("x", "not judged: no legal continuation"));
    let run = scan_with(vec![refused], false);
    assert!(matches!(run.units[0].outcome, Outcome::Failed { .. }));
    assert!(!run.complete());
}

#[test]
fn a_stop_signal_ends_between_rounds_and_says_so() {
    let run = scan_with(Vec::new(), true);
    assert_eq!(run.end, Some(End::Interrupted));
    assert_eq!(run.tally().skipped, 1);
}
