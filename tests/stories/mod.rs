//! What users do, through the real binary.

mod again;
mod bad_input;
mod calibrate;
mod first_scan;
mod house;
mod prompts;
mod replay;
mod resume;
mod triage;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A user with an empty home.
pub struct User {
    pub home: TempDir,
}

impl User {
    pub fn new() -> Self {
        Self {
            home: TempDir::new().expect("a temporary directory"),
        }
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anchorite"));
        command
            .args(words)
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the binary starts")
    }

    /// Scans and returns the exit code and the SARIF log.
    pub fn sarif(&self, path: &Path, more: &[&str]) -> (i32, Value) {
        let path = path.to_str().expect("a UTF-8 path");
        let output = self.run(&[&["scan", path, "--format", "sarif", "--quiet"], more].concat());
        let code = output.status.code().expect("not killed");
        let log = serde_json::from_slice(&output.stdout);
        (
            code,
            log.unwrap_or_else(|error| panic!("no SARIF ({error}), exit {code}: {}", said(&output))),
        )
    }
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn application(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/applications")
        .join(name)
}

/// Card, file and line of every result of a kind.
pub fn results<'a>(log: &'a Value, kind: &str) -> Vec<(&'a str, &'a str, u64, &'a Value)> {
    let results = log["runs"][0]["results"].as_array().expect("results");
    let of_kind = results.iter().filter(|result| result["kind"] == kind);
    let place = |result: &'a Value| {
        let physical = &result["locations"][0]["physicalLocation"];
        let path = physical["artifactLocation"]["uri"].as_str().expect("a path");
        (
            result["ruleId"].as_str().expect("a rule"),
            path,
            physical["region"]["startLine"].as_u64().expect("a line"),
            result,
        )
    };
    of_kind.map(place).collect()
}
