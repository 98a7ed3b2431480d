//! Scans in this process: the real code tower, and a judge that a test made up.
//!
//! In: a tree and a [`Model`]. Out: the finished run. Start at [`judged`].

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anchorite::cards::Severity;
use anchorite::engine::model::{Calibration, Choice, Identity, Model, Profile, Reply};
use anchorite::pipeline::reader::Local;
use anchorite::pipeline::{Hands, Scan, Watch, scan};
use anchorite::record::{Plan, Run, Unit};
use anchorite::source::Limits;

/// Of a model in the terse form that knows every language.
pub fn identity(name: &str) -> Identity {
    Identity {
        name: name.to_owned(),
        digest: "0".repeat(64),
        profile: Profile::Compact,
        calibration: Calibration::default(),
        context: 4096,
        languages: Vec::new(),
        runs_on: "cpu base".to_owned(),
        starter: false,
    }
}

/// A reply whose verdict was the first of the two words, nine to one.
pub fn reply(text: &str, words: [&str; 2]) -> Reply {
    Reply {
        text: text.to_owned(),
        choices: vec![Choice {
            offset: 0,
            alternatives: vec![(words[0].to_owned(), 0.9), (words[1].to_owned(), 0.1)],
        }],
        prompt_tokens: 1,
        shared_tokens: 0,
        reply_tokens: 1,
    }
}

/// The first label that a rule of a grammar allows: `N: /1|2|3/`.
pub fn label(grammar: &str, rule: &str) -> String {
    let head = format!("{rule}: /");
    let line = grammar
        .lines()
        .find_map(|line| line.strip_prefix(&head))
        .expect("the rule");
    line.trim_end_matches('/')
        .split('|')
        .next()
        .expect("a label")
        .to_owned()
}

struct Silent;

impl Watch for Silent {
    fn surveyed(&mut self, _: &Plan, _: usize) {}
    fn judged(&mut self, _: &Unit) {}
}

pub fn judged(root: &Path, model: &mut dyn Model, min_severity: Severity) -> Run {
    let store = tempfile::tempdir().expect("a folder");
    let plan = Scan {
        root: root.to_owned(),
        store: store.path().to_owned(),
        limits: Limits::default(),
        candidates: None,
        time: None,
        min_severity,
        seed: 0,
        votes: 1,
        jobs: 2,
        fresh: true,
        triage: None,
        prompts: None,
    };
    let mut reader = Local::default();
    let hands = Hands {
        reader: &mut reader,
        detector: model,
        verifier: None,
        sealed: Vec::new(),
    };
    scan(&plan, hands, &mut Silent, &AtomicBool::new(false)).expect("the scan ends")
}
