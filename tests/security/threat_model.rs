//! The threat model's table says for each promise which tests hold it: they must exist.
//!
//! In: `src/sandbox/THREAT_MODEL.md`. Out: names of tests that are not there, and rows without a test or *untested*.

use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Rows of the table: number, and what the last cell says.
fn rows(text: &str) -> Vec<(u32, String)> {
    let cells = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_string())
            .collect::<Vec<_>>()
    };
    let numbered = text.lines().filter(|line| line.starts_with("| ")).map(cells);
    numbered
        .filter_map(|cells| Some((cells.first()?.parse().ok()?, cells.last()?.clone())))
        .collect()
}

fn collect(dir: &Path, text: &mut String) {
    for path in fs::read_dir(dir)
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
    {
        if path.is_dir() {
            collect(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

#[test]
fn every_promise_names_a_test_that_exists_or_says_untested() {
    let model = fs::read_to_string(Path::new(ROOT).join("src/sandbox/THREAT_MODEL.md")).expect("it is there");
    let mut code = String::new();
    for top in ["src", "tests"] {
        collect(&Path::new(ROOT).join(top), &mut code);
    }
    let rows = rows(&model);
    assert!(rows.len() >= 25, "only {} rows were found", rows.len());
    let mut wrong = Vec::new();
    for (number, cell) in rows {
        let names: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
        if names.is_empty() && !cell.contains("*untested") {
            wrong.push(format!("promise {number} names no test and does not say untested"));
        }
        let missing = names.iter().filter(|name| !code.contains(&format!("fn {name}(")));
        wrong.extend(missing.map(|name| format!("promise {number}: there is no test {name}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
