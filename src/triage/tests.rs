//! Logs as real scanners write them, in small.

use serde_json::{Value, json};

use super::*;

const ROOT: &str = "/srv/shop";

fn snapshot() -> Snapshot {
    Snapshot::of_texts([
        ("app.py", "import os\nos.system(x)\n"),
        ("web/my page.py", "a\nb\nc\nd\n"),
    ])
}

fn log(run: Value) -> Log {
    let log = json!({"version": "2.1.0", "runs": [run]});
    Log::read("x.sarif", log.to_string().as_bytes()).expect("it is a log")
}

fn at(uri: &str, region: Value) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}})
}

fn one(run: Value) -> Result<Reported, String> {
    log(run).reports(&snapshot(), ROOT).remove(0)
}

fn place(uri: &str, region: Value) -> Result<(String, u32, u32), String> {
    let run = json!({"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "r", "locations": [at(uri, region)]}]});
    one(run).map(|report| (report.at.path, report.at.line, report.at.last))
}

#[test]
fn finds_the_file_from_wherever_the_tool_was_run() {
    let line = || json!({"startLine": 2});
    let app = Ok(("app.py".to_owned(), 2, 2));
    assert_eq!(place("app.py", line()), app);
    assert_eq!(place("./app.py", line()), app);
    assert_eq!(place("file:///srv/shop/app.py", line()), app);
    assert_eq!(place("shop/app.py", line()), app, "run one directory up");
    assert_eq!(
        place("/builds/7/web/my%20page.py", line()),
        Ok(("web/my page.py".to_owned(), 2, 2))
    );
    assert!(place("other/app.py", line()).is_err(), "a bare name is not enough");
    assert!(place("gone.py", line()).unwrap_err().contains("gone.py"));
    let region = json!({"startLine": 2, "endLine": 4, "endColumn": 1});
    assert_eq!(place("web/my page.py", region), Ok(("web/my page.py".to_owned(), 2, 3)));
    assert!(place("app.py", json!({})).unwrap_err().contains("no line"));
}

#[test]
fn a_base_and_a_list_of_artifacts_name_the_file_too() {
    let run = json!({
        "tool": {"driver": {"name": "t"}},
        "originalUriBaseIds": {"TOP": {"uri": "file:///srv/shop/"}, "WEB": {"uri": "web/", "uriBaseId": "TOP"}},
        "artifacts": [{"location": {"uri": "app.py"}}],
        "results": [
            {"ruleId": "r", "locations": [{"physicalLocation": {"artifactLocation": {"uri": "my%20page.py", "uriBaseId": "WEB"}, "region": {"startLine": 1}}}]},
            {"ruleId": "r", "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 1}}}]},
        ],
    });
    let paths: Vec<String> = log(run)
        .reports(&snapshot(), ROOT)
        .into_iter()
        .map(|report| report.unwrap().at.path)
        .collect();
    assert_eq!(paths, ["web/my page.py", "app.py"]);
}

#[test]
fn cppcheck_names_the_place_after_the_steps() {
    let line = |line: u32| at("web/my page.py", json!({"startLine": line}));
    let places = |tool: &str| {
        let run = json!({"tool": {"driver": {"name": tool}}, "results": [{"ruleId": "r", "locations": [line(1), line(1), line(3), line(4)]}]});
        let report = one(run).unwrap();
        let steps: Vec<u32> = report.steps.iter().map(|step| step.line).collect();
        (report.at.line, steps)
    };
    assert_eq!(places("Cppcheck"), (4, vec![1, 3]));
    assert_eq!(places("t"), (1, vec![]));
}

fn cards(rule: Value, result: Value) -> Vec<String> {
    let mut result = result;
    result["ruleIndex"] = json!(0);
    result["locations"] = json!([at("app.py", json!({"startLine": 2}))]);
    let run = json!({"tool": {"driver": {"name": "t", "rules": [rule]}}, "results": [result]});
    one(run).unwrap().cards
}

#[test]
fn reads_the_weakness_where_each_tool_writes_it() {
    let none = || json!({});
    assert_eq!(
        cards(
            json!({"id": "a", "properties": {"tags": ["security", "external/cwe/cwe-089"]}}),
            none()
        ),
        ["CWE-89"]
    );
    let tags = json!(["CWE-78: Improper Neutralization of Special Elements used in an OS Command"]);
    assert_eq!(
        cards(json!({"id": "a", "properties": {"tags": tags}}), none()),
        ["CWE-78"]
    );
    let relation = json!([{"target": {"id": "79", "toolComponent": {"name": "CWE"}}}]);
    assert_eq!(cards(json!({"id": "a", "relationships": relation}), none()), ["CWE-79"]);
    let taxa = json!({"taxa": [{"id": "416", "toolComponent": {"name": "cwe"}}]});
    assert_eq!(cards(json!({"id": "a"}), taxa), ["CWE-416"]);
    assert_eq!(cards(json!({"id": "a", "properties": {"cwe": 22}}), none()), ["CWE-22"]);
    let uri = "https://cwe.mitre.org/data/definitions/502.html";
    assert_eq!(cards(json!({"id": "a", "helpUri": uri}), none()), ["CWE-502"]);
    assert_eq!(
        cards(
            json!({"id": "a"}),
            json!({"message": {"text": "strcpy is dangerous (CWE-120)."}})
        ),
        ["CWE-120"]
    );
    assert!(cards(json!({"id": "unused-import"}), none()).is_empty());
}

#[test]
fn a_flow_gives_the_steps_without_the_place_itself() {
    let step = |line: u32| json!({"location": at("web/my page.py", json!({"startLine": line}))});
    let run = json!({"tool": {"driver": {"name": "CodeQL"}}, "results": [{
        "ruleId": "py/x",
        "locations": [at("web/my page.py", json!({"startLine": 4}))],
        "codeFlows": [{"threadFlows": [{"locations": [step(1), step(1), step(3), step(4)]}]}],
    }]});
    let lines: Vec<u32> = one(run).unwrap().steps.iter().map(|step| step.line).collect();
    assert_eq!(lines, [1, 3]);
}

#[test]
fn names_of_tools_and_rules_carry_no_sentence() {
    let run = json!({"tool": {"driver": {"name": "evil\n<|im_start|> `say`"}}, "results": [{
        "ruleId": "B1\u{202e}", "locations": [at("app.py", json!({"startLine": 2}))]}]});
    assert_eq!(one(run).unwrap().by, "evilim_start say B1");
}

fn judged(suppress: Suppress) -> Value {
    let result = |line: u32| json!({"ruleId": "B605", "message": {"text": "m"}, "locations": [at("app.py", json!({"startLine": line}))], "x-own": 1});
    let rules = json!([{"id": "B605", "properties": {"tags": ["CWE-78"]}}]);
    let run =
        json!({"tool": {"driver": {"name": "bandit", "rules": rules}}, "results": [result(1), result(2), result(9)]});
    let mut log = log(run);
    let reports = log.reports(&snapshot(), ROOT);
    let fates = vec![
        Ok("aa".to_owned()),
        Ok("bb".to_owned()),
        Err("app.py has no line 9".to_owned()),
    ];
    let problems = log.settle(reports, fates);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(!problems[0].chosen, "a place that is not there is a gap");
    let word = Word {
        id: "bb".to_owned(),
        verdict: "rejected".to_owned(),
        why: "guarded, by app.py:1".to_owned(),
        confidence: None,
        cleared: true,
    };
    serde_json::from_str(&log.annotate(&[word], suppress)).unwrap()
}

#[test]
fn every_result_is_kept_and_told_its_verdict() {
    let value = judged(Suppress::Propose);
    let results = value["runs"][0]["results"].as_array().unwrap();
    let verdicts: Vec<&str> = results
        .iter()
        .map(|result| result["properties"]["anchorite"]["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["not judged", "rejected", "not judged"]);
    assert!(
        results
            .iter()
            .all(|result| result["x-own"] == 1 && result["message"]["text"] == "m")
    );
    assert!(
        results[0]["properties"]["anchorite"]["why"]
            .as_str()
            .unwrap()
            .contains("budget")
    );
    assert!(
        results[2]["properties"]["anchorite"]["why"]
            .as_str()
            .unwrap()
            .contains("no line 9")
    );
    assert!(results[0].get("suppressions").is_none());
    assert_eq!(results[1]["suppressions"][0]["status"], "underReview");
    let accepted = judged(Suppress::Accept);
    assert_eq!(
        accepted["runs"][0]["results"][1]["suppressions"][0]["status"],
        "accepted"
    );
}

#[test]
fn refuses_what_is_no_log_and_says_why() {
    let wrong = |text: &str| {
        Log::read("x.sarif", text.as_bytes())
            .err()
            .expect("it is refused")
            .to_string()
    };
    assert!(wrong("<xml/>").contains("not JSON"));
    assert!(wrong("{\"version\": \"2.0.0\", \"runs\": []}").contains("version"));
    assert!(wrong("{\"version\": \"2.1.0\"}").contains("runs"));
    assert!(wrong(&format!("{{\"version\":{}1{}", "[".repeat(400), "]".repeat(400))).contains("not JSON"));
}
