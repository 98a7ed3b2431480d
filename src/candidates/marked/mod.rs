//! Small programs marked line by line: `VULN: CWE-89` must become a candidate there, `SAFE: CWE-89` must not.
//!
//! In: the `.txt` bundles of this folder: `=== program`, then `--- path` and the file. Unlike the marks of `flow`, these
//! are about everything that proposes candidates, and about what is left out. Start at [`check`].

use crate::cards;
use crate::flow;
use crate::source::Snapshot;
use crate::syntax;

use super::{Candidate, Settings, find};

/// Stands between a line and its mark where the notation has no comments that could hold it.
const BESIDE: &str = " ⟵ ";
/// Stands inside of what would be taken for a real secret, and is taken out.
const JOINT: &str = "‖";

type Files = Vec<(String, String)>;

fn programs(bundle: &str) -> Vec<(String, Files)> {
    let mut found: Vec<(String, Files)> = Vec::new();
    for line in bundle.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            found.push((name.to_owned(), Vec::new()));
        } else if let Some(path) = line.strip_prefix("--- ") {
            let (_, files) = found.last_mut().expect("a program before its files");
            files.push((path.to_owned(), String::new()));
        } else if let Some((_, text)) = found.last_mut().and_then(|(_, files)| files.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

fn scan(files: &Files) -> Vec<Candidate> {
    let plain = |text: &str| -> String {
        let lines = text.split_inclusive('\n').map(|line| match line.split_once(BESIDE) {
            Some((code, _)) => format!("{code}\n"),
            None => line.replace(JOINT, ""),
        });
        lines.collect::<String>().replace(JOINT, "")
    };
    let snapshot = Snapshot::of_texts(files.iter().map(|(path, text)| (path.clone(), plain(text))));
    let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
    let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
    let settings = Settings {
        sweep: false,
        ..Settings::default()
    };
    find(&graph, &forest, &snapshot, cards::all(), &settings)
}

fn answers(candidate: &Candidate, id: &str) -> bool {
    candidate.card == id || cards::get(&candidate.card).is_some_and(|card| card.also.iter().any(|also| also == id))
}

/// Every mark of every program holds; at least `least` programs.
fn check(bundle: &str, least: usize) {
    let programs = programs(bundle);
    assert!(programs.len() >= least, "only {} programs", programs.len());
    let (mut wrong, mut marks) = (Vec::new(), 0);
    for (name, files) in &programs {
        let found = scan(files);
        for (path, text) in files {
            for (at, line) in text.lines().enumerate() {
                for (word, wanted) in [("VULN: ", true), ("SAFE: ", false)] {
                    let Some((_, id)) = line.split_once(word) else { continue };
                    let (id, number) = (id.split_whitespace().next().unwrap_or_default(), at as u32 + 1);
                    marks += 1;
                    let here = |candidate: &&Candidate| {
                        let place = candidate.place();
                        place.path == *path && place.line <= number && number <= place.last && answers(candidate, id)
                    };
                    if found.iter().any(|candidate| here(&candidate)) != wanted {
                        let verb = if wanted { "missed" } else { "false alarm" };
                        wrong.push(format!("{name}: {verb} {id} at {path}:{number}"));
                    }
                }
            }
        }
    }
    assert!(marks > programs.len(), "programs without marks");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Settings have no flow around them that could excuse a false alarm: the marks are all there is.
#[test]
fn settings_give_the_candidates_that_are_marked_and_no_others() {
    let mut programs = programs(include_str!("settings.txt"));
    programs.extend(self::programs(include_str!("settings_more.txt")));
    assert!(programs.len() >= 170);
    let mut wrong = Vec::new();
    for (name, files) in &programs {
        let found = scan(files);
        let mut met = vec![false; found.len()];
        for (path, text) in files {
            for (at, line) in text.lines().enumerate() {
                let Some((_, id)) = line.split_once("VULN: ") else {
                    continue;
                };
                let number = at as u32 + 1;
                let here = |place: &crate::candidates::Step| {
                    place.path == *path && place.line <= number && number <= place.last
                };
                let before = met.iter().filter(|met| **met).count();
                for (met, _) in met
                    .iter_mut()
                    .zip(&found)
                    .filter(|(_, one)| here(one.place()) && answers(one, id))
                {
                    *met = true;
                }
                if met.iter().filter(|met| **met).count() == before {
                    wrong.push(format!("{name}: missed {id} at {path}:{number}"));
                }
            }
        }
        let alarms = found.iter().zip(met).filter(|(_, met)| !met);
        wrong.extend(
            alarms.map(|(one, _)| format!("{name}: {} at {}:{}", one.card, one.place().path, one.place().line)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn python_programs_give_the_candidates_that_are_marked() {
    check(include_str!("python.txt"), 10);
}

#[test]
fn javascript_programs_give_the_candidates_that_are_marked() {
    check(include_str!("javascript.txt"), 10);
}

#[test]
fn go_programs_give_the_candidates_that_are_marked() {
    check(include_str!("go.txt"), 5);
}

#[test]
fn pages_of_python_give_the_candidates_that_are_marked() {
    check(include_str!("pages_python.txt"), 10);
}

#[test]
fn pages_of_java_give_the_candidates_that_are_marked() {
    check(include_str!("pages_java.txt"), 4);
}

#[test]
fn pages_of_javascript_give_the_candidates_that_are_marked() {
    check(include_str!("pages_javascript.txt"), 10);
}

#[test]
fn templates_give_the_candidates_that_are_marked() {
    check(include_str!("templates.txt"), 10);
}

#[test]
fn php_programs_give_the_candidates_that_are_marked() {
    check(include_str!("php.txt"), 3);
}

#[test]
fn orders_to_reviewers_are_told_from_what_programs_say() {
    check(include_str!("wordings.txt"), 8);
}

#[test]
fn programs_of_go_csharp_kotlin_ruby_and_rust_give_the_candidates_that_are_marked() {
    check(include_str!("backends.txt"), 7);
}

#[test]
fn ordinary_programs_stay_quiet_and_their_twins_do_not() {
    check(include_str!("quiet.txt"), 18);
}
