//! Every format over one run that holds every outcome, with hostile text everywhere a repository can put it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::detect::scripted::{LYING, brief};
use crate::problem::Problem;
use crate::record::{Calibration, Coverage, Cvss, End, Header, Identity, Plan, Profile, Quote, Unit, VERSION};

const EVIL: &str = "\x1b[2J<script>alert(1)</script>\u{202e}`|[x](y)";

fn run() -> Run {
    let candidate = |id: &str| {
        let mut candidate = brief(&LYING).candidate;
        candidate.id = id.into();
        candidate.summary = format!("{EVIL} reaches execute");
        candidate.trace[1].path = "sub dir/a:b%.py".into();
        candidate.trace[1].code = EVIL.into();
        candidate
    };
    let ids = ["a", "b", "c", "d", "e"];
    let coverage = Coverage {
        files: 1,
        lines: 4,
        functions: 1,
        partial: 2,
        proposed: 5,
        problems: vec![Problem::new(EVIL, "not read")],
        ..Coverage::default()
    };
    let plan = Plan {
        coverage,
        candidates: ids.map(candidate).to_vec(),
        sealed: Vec::new(),
    };
    let units = ids.into_iter().zip(outcomes()).map(|(id, outcome)| Unit {
        id: id.into(),
        outcome,
        shown: None,
        asked: Vec::new(),
    });
    Run {
        header: header(),
        plan,
        units: units.collect(),
        end: Some(End::Complete),
    }
}

fn header() -> Header {
    let identity = Identity {
        name: "novice".into(),
        digest: "d".repeat(64),
        profile: Profile::Compact,
        calibration: Calibration::default(),
        languages: Vec::new(),
        context: 1,
        runs_on: "cpu base".into(),
        starter: true,
    };
    Header {
        version: VERSION,
        tool: "anchorite 0.1.0".into(),
        build: "b".into(),
        root: "/code".into(),
        snapshot: "s".into(),
        detector: identity.clone(),
        verifier: identity,
        seed: 1,
        settings: BTreeMap::new(),
    }
}

fn outcomes() -> [Outcome; 5] {
    let quote = || Quote {
        path: "app.py".into(),
        line: 2,
        code: EVIL.into(),
    };
    [
        Outcome::Confirmed {
            severity: Severity::High,
            cvss: vec![Cvss {
                vector: "CVSS:3.1/AV:N/AC:L".into(),
                score: 7.5,
            }],
            needs: vec!["an outsider reaches it".into()],
            confidence: 0.75,
            source: quote(),
            step: quote(),
            sink: quote(),
            why: EVIL.into(),
            story: String::new(),
        },
        Outcome::Inconclusive {
            because: "nobody knows".into(),
            story: String::new(),
            probability: 0.6,
        },
        Outcome::Rejected {
            reason: "guarded".into(),
            guard: quote(),
            why: String::new(),
        },
        Outcome::Dismissed {
            probability: 0.1,
            guard: None,
        },
        Outcome::Failed {
            why: "out of tokens".into(),
        },
    ]
}

fn written(run: &Run, format: Format, min_severity: Severity) -> String {
    let mut out = Vec::new();
    write(
        run,
        View {
            format,
            min_severity,
            colour: false,
        },
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_terminal_shows_hostile_text_as_escapes() {
    let text = written(&run(), Format::Terminal, Severity::Note);
    assert!(!text.contains('\x1b') && !text.contains('\u{202e}'), "{text}");
    assert!(text.contains("\\u{1b}"));
    for expected in [
        "HIGH CWE-89",
        "needs: an outsider reaches it",
        "scores: 7.5 CVSS:3.1/AV:N/AC:L",
        "Inconclusive (1)",
        "NOT assessed: 1",
        "2 files have syntax errors",
        "not (wholly) looked at: 1",
        "starter model",
    ] {
        assert!(text.contains(expected), "{expected} is missing from\n{text}");
    }
}

#[test]
fn markdown_is_inert() {
    let text = written(&run(), Format::Markdown, Severity::Note);
    let outside_code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('`'))
        .collect();
    assert!(
        !outside_code.contains("<script") && !outside_code.contains("[x](y)"),
        "{outside_code}"
    );
    assert!(text.contains("incomplete"));
}

#[test]
fn sarif_has_what_its_readers_need() {
    let log: Value = serde_json::from_str(&written(&run(), Format::Sarif, Severity::Note)).unwrap();
    let sarif = &log["runs"][0];
    assert_eq!(
        sarif["invocations"][0]["executionSuccessful"], false,
        "a failed unit makes the run incomplete"
    );
    let results = sarif["results"].as_array().unwrap();
    assert_eq!(
        results.len(),
        2,
        "confirmed and inconclusive are listed, rejected and dismissed are counted"
    );
    assert_eq!(
        (results[0]["kind"].as_str(), results[1]["kind"].as_str()),
        (Some("fail"), Some("review"))
    );
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "sub%20dir/a%3Ab%25.py");
    assert_eq!(place["region"]["startLine"], 4, "the sink comes first");
    assert_eq!(
        results[0]["codeFlows"][0]["threadFlows"][0]["locations"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(results[0]["properties"]["cvss"][0]["score"], 7.5);
    assert_eq!(results[0]["properties"]["preconditions"][0], "an outsider reaches it");
    assert_eq!(results[0]["partialFingerprints"]["anchorite/v1"], "a");
    assert_eq!(sarif["taxonomies"][0]["taxa"][0]["id"], "89");
    assert_eq!(sarif["tool"]["driver"]["rules"][0]["id"], "CWE-89");
}

#[test]
fn min_severity_hides_but_still_counts() {
    let text = written(&run(), Format::Terminal, Severity::Critical);
    assert!(!text.contains("HIGH CWE-89") && text.contains("1 confirmed"));
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for format in [Format::Terminal, Format::Sarif, Format::Json, Format::Markdown] {
        assert_eq!(
            written(&run(), format, Severity::Note),
            written(&run(), format, Severity::Note)
        );
    }
}

#[test]
fn json_holds_every_unit() {
    let value: Value = serde_json::from_str(&written(&run(), Format::Json, Severity::Note)).unwrap();
    assert_eq!(value["units"].as_array().unwrap().len(), 5);
    assert_eq!(value["complete"], false);
}
