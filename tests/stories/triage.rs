//! The log of another scanner comes back with a verdict on every result, and nothing of it is lost.

use std::fs;

use serde_json::{Value, json};

use super::{User, application, said};

/// Three results of one tool: what the analysis sees too, what it does not, and a file that is gone.
fn log() -> Value {
    let result = |uri: &str, line: u32, rule: &str| {
        json!({
            "ruleId": rule,
            "message": {"text": "the tool's own words"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}],
            "fingerprints": {"tool/v1": format!("{uri}{line}")},
        })
    };
    let rule = |id: &str, cwe: &str| json!({"id": id, "properties": {"tags": [cwe]}});
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "other", "rules": [rule("shell", "external/cwe/cwe-078"), rule("page", "CWE-79: Cross-site Scripting")]}},
            "results": [result("web/app.py", 30, "shell"), result("web/store.py", 9, "page"), result("web/gone.py", 1, "shell")],
        }],
    })
}

#[test]
fn every_result_gets_a_verdict_and_the_log_keeps_what_it_had() {
    let (user, dir) = (User::new(), tempfile::tempdir().unwrap());
    let (before, after) = (dir.path().join("before.sarif"), dir.path().join("after.sarif"));
    fs::write(&before, log().to_string()).unwrap();
    let tree = application("vulnerable");
    let words = [
        "triage",
        before.to_str().unwrap(),
        tree.to_str().unwrap(),
        "-o",
        after.to_str().unwrap(),
    ];
    let output = user.run(&words);
    assert_eq!(
        output.status.code(),
        Some(3),
        "a result without its file is a gap: {}",
        said(&output)
    );
    assert!(
        said(&output).contains("web/gone.py is not among the files read"),
        "{}",
        said(&output)
    );
    let written: Value = serde_json::from_slice(&fs::read(&after).unwrap()).unwrap();
    let results = written["runs"][0]["results"].as_array().unwrap();
    let told = |nth: usize| results[nth]["properties"]["anchorite"]["verdict"].as_str().unwrap();
    assert_eq!(told(0), "confirmed", "{results:#?}");
    assert_ne!(
        told(1),
        "confirmed",
        "a starter model does not confirm what the analysis does not see: {results:#?}"
    );
    assert_eq!(told(2), "not judged");
    for (kept, given) in results.iter().zip(log()["runs"][0]["results"].as_array().unwrap()) {
        for key in ["ruleId", "message", "locations", "fingerprints"] {
            assert_eq!(kept[key], given[key], "{key}");
        }
    }
    let id = results[0]["properties"]["anchorite"]["id"].as_str().unwrap();
    let replay = user.run(&["replay", id]);
    assert_eq!(replay.status.code(), Some(0), "{}", said(&replay));
}

#[test]
fn a_file_that_is_no_log_is_refused_with_the_way_out() {
    let (user, dir) = (User::new(), tempfile::tempdir().unwrap());
    let path = dir.path().join("x.sarif");
    fs::write(&path, "not a log").unwrap();
    let output = user.run(&["triage", path.to_str().unwrap(), application("safe").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("is not a SARIF 2.1 log: it is not JSON"),
        "{}",
        said(&output)
    );
    let output = user.run(&["triage", "/nowhere.sarif", application("safe").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("cannot read /nowhere.sarif"),
        "{}",
        said(&output)
    );
}
