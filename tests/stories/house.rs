//! The smaller rooms: help, explain, models, doctor, completions, the manual.

use super::{User, said};

fn text(words: &[&str]) -> String {
    let output = User::new().run(words);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let help = text(&["--help"]);
    for word in ["scan", "explain", "models", "report", "doctor", "Exit codes"] {
        assert!(help.contains(word), "{word}\n{help}");
    }
}

#[test]
fn explain_knows_its_cards() {
    assert!(text(&["explain"]).lines().count() >= 25);
    let page = text(&["explain", "89"]);
    for heading in ["CWE-89", "Vulnerable", "Safe", "Refute if", "Fix"] {
        assert!(page.contains(heading), "{heading}\n{page}");
    }
}

#[test]
fn the_novice_is_there_and_is_what_its_digest_says() {
    assert!(text(&["models", "list"]).contains("novice"));
    assert!(text(&["models", "verify", "novice"]).contains("digest"));
}

#[test]
fn doctor_says_what_is_enforced_here() {
    let page = text(&["doctor"]);
    for word in ["landlock", "seccomp", "memory available", "model novice: digests match"] {
        assert!(page.to_lowercase().contains(word), "{word}\n{page}");
    }
}

#[test]
fn doctor_measures_a_model() {
    let page = text(&["doctor", "--bench"]);
    let rate = |line: &str| {
        let rest = &page[page.find(line).unwrap_or_else(|| panic!("{line}\n{page}")) + line.len()..];
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        number.parse::<f64>().unwrap_or_else(|_| panic!("{line}\n{page}"))
    };
    for line in [
        "memory: ",
        "tokens: ",
        "one reply: ",
        "replies to that prompt: ",
        "about ",
    ] {
        assert!(rate(line) > 0.0, "{line}\n{page}");
    }
    for wrong in [["--model", "nobody"], ["--quantize", "q9"]] {
        let output = User::new().run(&[&["doctor", "--bench"][..], &wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(wrong[1]), "{}", said(&output));
    }
}

#[test]
fn a_dry_run_says_what_a_scan_would_do_and_keeps_no_run() {
    let user = User::new();
    let app = super::application("vulnerable");
    let output = user.run(&["scan", "--dry-run", app.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let page = String::from_utf8(output.stdout).unwrap();
    let rows = text(&["brief", app.to_str().unwrap()]).lines().count();
    assert!(
        page.contains(&format!("{rows} candidates; {rows} judged as a sample")),
        "{page}"
    );
    assert!(page.contains("would take about"), "{page}");
    let runs = std::fs::read_dir(user.home.path().join(".local/state/anchorite/runs")).map_or(0, Iterator::count);
    assert_eq!(runs, 0, "no run was kept");
}

#[test]
fn completions_and_the_manual_are_generated() {
    assert!(text(&["completions", "bash"]).contains("anchorite"));
    assert!(text(&["man"]).contains(".TH"));
}

#[test]
fn brief_prints_what_a_judge_would_see() {
    let app = super::application("vulnerable");
    let rows = text(&["brief", app.to_str().unwrap()]);
    let first: serde_json::Value = serde_json::from_str(rows.lines().next().expect("a candidate")).unwrap();
    assert!(first["text"].as_str().unwrap().starts_with("= taint 0 "), "{first}");
}
