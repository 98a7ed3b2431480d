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
