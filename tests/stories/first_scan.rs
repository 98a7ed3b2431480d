//! README's first command, and what a person is promised about it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{User, application, results, said};

/// Card, sink, and source of flaws that were put into the vulnerable application, one per language at least.
const FLAWS: [(&str, &str, u64, &str, u64); 9] = [
    ("CWE-89", "web/store.py", 11, "web/app.py", 14),
    ("CWE-78", "web/app.py", 30, "web/app.py", 28),
    ("CWE-78", "api/server.js", 16, "api/server.js", 15),
    ("CWE-89", "desk/OrderServlet.java", 29, "desk/OrderServlet.java", 18),
    ("CWE-78", "relay/main.go", 23, "relay/main.go", 12),
    ("CWE-78", "probe/probe.c", 10, "probe/probe.c", 20),
    ("CWE-79", "api/server.js", 11, "api/server.js", 10),
    ("CWE-22", "web/app.py", 23, "web/app.py", 21),
    ("CWE-918", "relay/main.go", 28, "relay/main.go", 27),
];

#[test]
fn confirms_flaws_in_four_languages_with_their_paths() {
    let (code, log) = User::new().sarif(&application("vulnerable"), &[]);
    let confirmed = results(&log, "fail");
    let mut languages = BTreeSet::new();
    for (card, path, line, source, from) in FLAWS {
        let Some((_, _, _, result)) = confirmed
            .iter()
            .find(|found| (found.0, found.1, found.2) == (card, path, line))
        else {
            continue;
        };
        let flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
            .as_array()
            .expect("a path");
        let first = &flow[0]["location"]["physicalLocation"];
        assert_eq!(first["artifactLocation"]["uri"], source, "{card} {path}");
        assert_eq!(first["region"]["startLine"], from, "{card} {path}");
        languages.insert(path.rsplit('.').next());
    }
    let all: Vec<_> = confirmed
        .iter()
        .map(|(card, path, line, _)| format!("{card} {path}:{line}"))
        .collect();
    assert!(languages.len() >= 4, "confirmed in {languages:?} only: {all:#?}");
    assert_eq!(code, 1, "confirmed findings fail the gate");
}

#[test]
fn confirms_nothing_in_the_safe_twin() {
    let (code, log) = User::new().sarif(&application("safe"), &[]);
    let confirmed: Vec<_> = results(&log, "fail")
        .iter()
        .map(|found| format!("{} {}:{}", found.0, found.1, found.2))
        .collect();
    assert!(confirmed.is_empty(), "{confirmed:#?}");
    assert_eq!(code, 0);
}

#[test]
fn every_report_names_the_starter_model_and_the_measured_sandbox() {
    let user = User::new();
    let output = user.run(&["scan", application("vulnerable").to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout);
    for expected in [
        "starter model",
        "sandbox: reader",
        "sandbox: judge",
        "candidates",
        "looked at: ",
    ] {
        assert!(
            text.contains(expected),
            "{expected} is missing from\n{text}\n{}",
            said(&output)
        );
    }
}

#[test]
fn one_and_two_threads_give_the_same_findings_file() {
    let scan = |jobs: &str| {
        User::new()
            .sarif(&application("vulnerable"), &["--jobs", jobs])
            .1
            .to_string()
    };
    assert_eq!(scan("1"), scan("2"));
}

#[test]
fn the_scanned_tree_is_left_as_it_was() {
    let tree = tempfile::tempdir().unwrap();
    copy(&application("vulnerable"), tree.path());
    let before = stand(tree.path());
    User::new().sarif(tree.path(), &[]);
    assert_eq!(before, stand(tree.path()));
}

pub fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Content and every piece of metadata that a write would change.
fn stand(dir: &Path) -> Vec<(String, Vec<u8>, [i64; 4], u32)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let meta = entry.metadata().unwrap();
        let times = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()];
        let path = entry.path();
        let content = if path.is_dir() {
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        all.push((path.display().to_string(), content, times, meta.mode()));
        if path.is_dir() {
            all.extend(stand(&path));
        }
    }
    all.sort();
    all
}

#[test]
fn a_saved_run_is_reported_again_without_the_tree() {
    let user = User::new();
    let (_, log) = user.sarif(&application("vulnerable"), &[]);
    let again = user.run(&["report", "--format", "sarif"]);
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(log, again);
}
