//! Keeping, resuming and reading back.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use super::*;
use crate::detect::Asked;
use crate::detect::scripted::{LYING, brief, says};
use crate::engine::model::{Grammar, Prompt};
use crate::record::{Calibration, Identity, Profile};

fn header(seed: u64) -> Header {
    let identity = Identity {
        name: "m".into(),
        digest: "d".into(),
        profile: Profile::Compact,
        calibration: Calibration::default(),
        languages: Vec::new(),
        context: 1,
        runs_on: "cpu base".into(),
        starter: true,
    };
    Header {
        version: VERSION,
        tool: "anchorite 0".into(),
        build: "b".into(),
        root: "/code".into(),
        snapshot: "s".into(),
        detector: identity.clone(),
        verifier: identity,
        seed,
        settings: BTreeMap::new(),
    }
}

fn plan() -> Plan {
    let candidate = |id: &str| {
        let mut candidate = brief(&LYING).candidate;
        candidate.id = id.into();
        candidate
    };
    let candidates = vec![candidate("a"), candidate("b"), candidate("c")];
    Plan {
        coverage: Coverage {
            proposed: 3,
            ..Coverage::default()
        },
        candidates,
        sealed: Vec::new(),
    }
}

fn unit(id: &str) -> Unit {
    let outcome = Outcome::Dismissed {
        probability: 0.125,
        guard: None,
    };
    Unit {
        id: id.into(),
        outcome,
        shown: None,
        asked: Vec::new(),
    }
}

#[test]
fn a_killed_run_is_taken_up_where_it_stopped() {
    let store = tempfile::tempdir().unwrap();
    let mut record = Record::begin(store.path(), header(1), plan(), false).unwrap();
    record.keep(vec![unit("b"), unit("a")]).unwrap();
    let dir = record.dir().to_owned();
    drop(record);
    let mut journal = fs::OpenOptions::new()
        .append(true)
        .open(dir.join("units.jsonl"))
        .unwrap();
    journal.write_all(b"{\"id\":\"c\",\"outc").unwrap();
    let mut record = Record::begin(store.path(), header(1), plan(), false).unwrap();
    assert_eq!(record.dir(), dir);
    let ids: Vec<&str> = record.run().units.iter().map(|unit| unit.id.as_str()).collect();
    assert_eq!(
        ids,
        ["a", "b"],
        "the torn line is gone, the rest stands in the plan's order"
    );
    record.keep(vec![unit("c")]).unwrap();
    let run = record.end(End::Complete).unwrap();
    assert!(run.complete());
    assert_eq!(load(&dir).unwrap(), run);
}

#[test]
fn a_finished_run_or_another_seed_is_not_resumed() {
    let store = tempfile::tempdir().unwrap();
    let first = Record::begin(store.path(), header(1), plan(), false).unwrap();
    let dir = first.dir().to_owned();
    let other = Record::begin(store.path(), header(2), plan(), false).unwrap();
    assert_ne!(other.dir(), dir);
    first.end(End::Budget).unwrap();
    assert!(dir.join("end.json").exists());
    let again = Record::begin(store.path(), header(1), plan(), false).unwrap();
    assert!(again.run().units.is_empty());
}

#[test]
fn an_interrupted_run_can_be_resumed() {
    let store = tempfile::tempdir().unwrap();
    let mut record = Record::begin(store.path(), header(1), plan(), false).unwrap();
    record.keep(vec![unit("a")]).unwrap();
    let dir = record.dir().to_owned();
    assert!(!record.end(End::Interrupted).unwrap().complete());
    let again = Record::begin(store.path(), header(1), plan(), false).unwrap();
    assert_eq!((again.dir(), again.run().units.len()), (dir.as_path(), 1));
}

#[test]
fn runs_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let store = tempfile::tempdir().unwrap();
    let record = Record::begin(store.path(), header(1), plan(), false).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(record.dir()), 0o700);
    for name in ["run.json", "plan.json", "units.jsonl"] {
        assert_eq!(mode(&record.dir().join(name)), 0o600, "{name}");
    }
}

#[test]
fn refuses_a_store_that_is_a_link() {
    let place = tempfile::tempdir().unwrap();
    let link = place.path().join("store");
    std::os::unix::fs::symlink(place.path(), &link).unwrap();
    let Err(fatal) = Record::begin(&link, header(1), plan(), false) else {
        panic!("a link was accepted")
    };
    assert!(fatal.what.contains("link"), "{fatal}");
}

#[test]
fn a_changed_record_is_refused_with_exit_5() {
    let store = tempfile::tempdir().unwrap();
    let record = Record::begin(store.path(), header(1), plan(), false).unwrap();
    fs::write(record.dir().join("plan.json"), b"{").unwrap();
    assert_eq!(load(record.dir()).unwrap_err().exit, crate::problem::Exit::Integrity);
}

#[test]
fn a_run_in_another_form_is_refused_by_its_number_and_its_writer() {
    let store = tempfile::tempdir().unwrap();
    let dir = store.path().join("old");
    fs::create_dir(&dir).unwrap();
    fs::write(
        dir.join("run.json"),
        r#"{"version":1,"tool":"anchorite 0","detector":"other fields"}"#,
    )
    .unwrap();
    let told = load(&dir).unwrap_err().to_string();
    assert!(
        told.contains("by anchorite 0 in form 1") && told.contains(&VERSION.to_string()),
        "{told}"
    );
}

#[test]
fn every_planned_candidate_is_accounted_for() {
    let mut run = Run {
        header: header(1),
        plan: plan(),
        units: vec![unit("a")],
        end: None,
    };
    run.units.push(Unit {
        outcome: Outcome::Failed { why: "x".into() },
        ..unit("b")
    });
    let tally = run.tally();
    assert_eq!(
        (tally.planned, tally.dismissed, tally.failed, tally.skipped),
        (3, 1, 1, 1)
    );
    assert!(!run.complete());
}

/// A finished run over `store` whose three units were asked one question each.
fn asked(store: &std::path::Path) -> std::path::PathBuf {
    let mut record = Record::begin(store, header(1), plan(), false).unwrap();
    let units = ["a", "b", "c"].map(|id| {
        let reply = says(&format!("no {id}"), &[("no", 0.75), ("yes", 0.25)]).unwrap();
        let stage = "detect";
        let prompt = question(id);
        let asked = [Exchange::from(&Asked { stage, prompt, reply })].to_vec();
        Unit { asked, ..unit(id) }
    });
    record.keep(units.to_vec()).unwrap();
    let dir = record.dir().to_owned();
    record.end(End::Complete).unwrap();
    dir
}

fn question(id: &str) -> Prompt {
    Prompt {
        messages: Vec::new(),
        grammar: Grammar::Lark(id.into()),
        max_tokens: 1,
        temperature_milli: 0,
        seed: 0,
        bias: None,
    }
}

fn earlier(store: &std::path::Path) -> Vec<String> {
    let record = Record::begin(store, header(2), plan(), true).unwrap();
    let (earlier, model) = (record.earlier(), header(2).detector);
    let replies = ["a", "b", "c"].map(|id| earlier.reply(&model, &question(id)).map(|reply| reply.text.clone()));
    replies.into_iter().flatten().collect()
}

#[test]
fn a_journal_that_was_changed_is_refused_with_exit_5_and_nothing_is_taken_over_from_it() {
    fn line(text: &str, at: usize) -> String {
        text.split_inclusive('\n').nth(at).unwrap().to_owned()
    }
    type Change = fn(&str) -> String;
    let changes: [(&str, Change); 5] = [
        ("a word", |text| text.replacen("no b", "no 7", 1)),
        ("a number in the last line", |text| text.replace("\"no c\"", "\"no 7\"")),
        ("a line out", |text| text.replace(&line(text, 1), "")),
        ("the last line out", |text| text.replace(&line(text, 2), "")),
        ("two lines in another order", |text| {
            line(text, 1) + &line(text, 0) + &line(text, 2)
        }),
    ];
    for (what, change) in changes {
        let store = tempfile::tempdir().unwrap();
        let dir = asked(store.path());
        assert_eq!(earlier(store.path()), ["no a", "no b", "no c"]);
        let journal = dir.join("units.jsonl");
        let before = fs::read_to_string(&journal).unwrap();
        fs::write(&journal, change(&before)).unwrap();
        assert_ne!(fs::read_to_string(&journal).unwrap(), before, "{what}");
        assert_eq!(load(&dir).unwrap_err().exit, crate::problem::Exit::Integrity, "{what}");
        assert!(earlier(store.path()).is_empty(), "{what}");
    }
}

#[test]
fn another_header_before_the_same_journal_is_noticed() {
    let store = tempfile::tempdir().unwrap();
    let dir = asked(store.path());
    let path = dir.join("run.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"build\": \"b\"", "\"build\": \"c\"")).unwrap();
    assert_eq!(load(&dir).unwrap_err().exit, crate::problem::Exit::Integrity);
}

#[test]
fn nothing_is_taken_over_from_a_run_behind_a_link() {
    let (store, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dir = asked(elsewhere.path());
    std::os::unix::fs::symlink(&dir, store.path().join(dir.file_name().unwrap())).unwrap();
    assert!(earlier(store.path()).is_empty());
}
