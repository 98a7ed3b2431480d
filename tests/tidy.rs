//! The house rules, enforced: layers, sizes, headers, and where unsafe may stand.
//!
//! In: the text of the sources. Out: a list of every place that breaks a rule.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// A file aims at 250 lines and stops here.
const FILE_LINES: usize = 600;
/// A function aims at 30 lines and stops here.
const FUNCTION_LINES: usize = 80;
/// Unsafe code: the sandbox's system calls, and the map of verified weights.
const UNSAFE: [&str; 2] = ["src/sandbox/", "src/models/bytes.rs"];

fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for top in ["src", "kernels", "tests", "benches"] {
        collect(&Path::new(ROOT).join(top), &mut files);
    }
    files.sort();
    assert!(
        files.len() > 50,
        "only {} source files were found: is the walk broken?",
        files.len()
    );
    let relative = |path: &PathBuf| {
        path.strip_prefix(ROOT)
            .expect("below the root")
            .to_string_lossy()
            .into_owned()
    };
    files
        .iter()
        .map(|path| {
            (
                relative(path),
                fs::read_to_string(path).expect("a source file is UTF-8"),
            )
        })
        .collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !fixture(&path) {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Code that tests scan is not ours to tidy.
fn fixture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name == "target"
        || name == "fixtures"
        || name == "applications"
        || name == "programs"
        || path.ends_with("languages/rust")
}

fn report(broken: &[String]) {
    assert!(
        broken.is_empty(),
        "{} places break the rule:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

#[test]
fn imports_go_only_to_lower_layers() {
    let layers = layers();
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let Some(module) = module(&path) else { continue };
        let Some(own) = layers.get(module) else { continue };
        for (number, line) in code_lines(&text) {
            for used in used(line) {
                let lower = layers.get(used).is_none_or(|layer| layer < own);
                if used != module && !(lower && allowed(module, used, line)) {
                    broken.push(format!("{path}:{number}: {module} may not use {used}"));
                }
            }
        }
    }
    report(&broken);
}

/// The table in `src/lib.rs`.
fn layers() -> BTreeMap<String, u32> {
    let text = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).expect("src/lib.rs");
    let mut layers = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_start_matches("//!").split('|').map(str::trim).collect();
        if let [_, layer, modules, _] = cells[..]
            && let Ok(layer) = layer.parse()
        {
            layers.extend(modules.split(", ").map(|module| (module.to_owned(), layer)));
        }
    }
    assert!(layers.len() >= 15, "the layer table was not found");
    layers
}

/// `src/flow/x.rs` and `src/flow.rs` belong to `flow`.
fn module(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("src/")?;
    let first = rest.split('/').next()?;
    Some(first.trim_end_matches(".rs"))
}

fn used(line: &str) -> Vec<&str> {
    line.split("crate::")
        .skip(1)
        .map(|rest| {
            &rest[..rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len())]
        })
        .collect()
}

/// Rules that the order of layers does not tell.
fn allowed(module: &str, used: &str, line: &str) -> bool {
    match (module, used) {
        ("engine", "source" | "syntax" | "cards" | "flow") => false,
        ("index" | "candidates" | "context" | "flow" | "report", "engine") => false,
        ("detect" | "verify" | "record", "engine") => line.contains("engine::model"),
        _ => true,
    }
}

/// Lines that are neither comments nor below a file's test module.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn files_and_functions_stay_small_enough_to_read() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > FILE_LINES {
            broken.push(format!("{path}: {lines} lines, at most {FILE_LINES}"));
        }
        for (name, start, length) in functions(&text) {
            if length > FUNCTION_LINES {
                broken.push(format!(
                    "{path}:{start}: {name} has {length} lines, at most {FUNCTION_LINES}"
                ));
            }
        }
    }
    report(&broken);
}

/// Name, first line and length of every function, by the indentation that rustfmt guarantees.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let head = code.split('(').next().unwrap_or_default();
        let Some(name) = head
            .split("fn ")
            .nth(1)
            .filter(|_| !code.starts_with("//") && !head.contains('"'))
        else {
            continue;
        };
        let close = format!("{}}}", " ".repeat(line.len() - code.len()));
        if line.ends_with('}') || line.ends_with(';') {
            continue;
        }
        if let Some(length) = lines[at..].iter().position(|line| *line == close) {
            found.push((name.to_owned(), at + 1, length + 1));
        }
    }
    found
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let silent = sources().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    report(
        &silent
            .map(|(path, _)| format!("{path}: does not open with //!"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn unsafe_code_stands_only_where_it_may_and_says_why() {
    let mut broken = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| path != "tests/tidy.rs") {
        let may = path.starts_with("kernels/") || UNSAFE.iter().any(|place| path.starts_with(place));
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in code_lines(&text) {
            let block = line.contains("unsafe {") || line.contains("unsafe impl");
            if (block || line.contains("unsafe fn") || line.contains("unsafe extern")) && !may {
                broken.push(format!("{path}:{number}: unsafe may not stand here"));
            }
            let above = &lines[number.saturating_sub(12)..number - 1];
            if block && !above.iter().any(|line| line.contains("SAFETY:")) && !line.contains("SAFETY:") {
                broken.push(format!("{path}:{number}: no SAFETY note above"));
            }
        }
    }
    report(&broken);
}

#[test]
fn nothing_unfinished_and_no_unwrap_outside_tests() {
    let words = ["todo!(", "unimplemented!(", ".unwrap()", "dbg!("];
    let mut broken = Vec::new();
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| path.starts_with("src/") && !path.contains("/tests"))
    {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code_lines(product) {
            broken.extend(
                words
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{path}:{number}: {word}")),
            );
        }
    }
    report(&broken);
}

#[test]
fn no_http_client_is_linked() {
    let lock = fs::read_to_string(Path::new(ROOT).join("Cargo.lock")).expect("Cargo.lock");
    let clients = [
        "reqwest",
        "hyper",
        "ureq",
        "curl",
        "isahc",
        "attohttpc",
        "tokio",
        "rustls",
        "native-tls",
        "openssl",
    ];
    let linked = clients
        .iter()
        .filter(|name| lock.contains(&format!("name = \"{name}\"\n")));
    report(
        &linked
            .map(|name| format!("Cargo.lock holds {name}"))
            .collect::<Vec<_>>(),
    );
}
