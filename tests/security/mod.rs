//! One test per promise of `src/sandbox/THREAT_MODEL.md`, named after it, against the real program.
//!
//! In: the built program, started as a sealed worker by this process in the supervisor's place. Out: what really failed.
//! Deliberately absent: trust in what the program says it meant to do; the worker reports errnos, and where it could be
//! mistaken this process looks from outside, through /proc. Start at [`sealed`].

mod controls;
mod doctor;
mod filters;
mod injection;
mod lifetime;
mod local;
mod network;
mod programs;
mod reach;
mod refusal;
mod scans;
mod threat_model;

use std::path::{Path, PathBuf};

use anchorite::problem::Fatal;
use anchorite::sandbox::{Attempt, Grants, Level, Role, Worker};

const ROLES: [Role; 2] = [Role::Reader, Role::Judge];

/// The program under test.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_anchorite"))
}

fn start(role: Role, grants: &Grants, minimum: Level) -> Result<Worker, Fatal> {
    Worker::spawn_from(program(), role, grants, minimum)
}

/// A worker with every wall up; anything less fails the test.
fn sealed(role: Role, grants: &Grants) -> Worker {
    start(role, grants, Level::Full).unwrap_or_else(|fatal| panic!("{fatal}"))
}

/// A directory with one file, to be granted.
struct Tree {
    root: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(root.path().join("main.py"), "print('hello')\n").expect("written");
        Self { root }
    }

    fn path(&self) -> PathBuf {
        std::fs::canonicalize(self.root.path()).expect("it exists")
    }

    fn granted(&self) -> Grants {
        Grants {
            read: vec![self.path()],
            ..Grants::default()
        }
    }
}

/// The attempt of that name; a name that is not tried fails the test.
fn attempt<'a>(worker: &'a Worker, name: &str) -> &'a Attempt {
    let mut all = worker.measured().attempts.iter();
    all.find(|attempt| attempt.name == name)
        .unwrap_or_else(|| panic!("`{name}` was not tried"))
}

/// One line of `/proc/<pid>/status`, as the kernel tells it to everyone.
fn status(worker: &Worker, field: &str) -> String {
    let pid = worker.pid().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc is mounted");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {field}")).trim().to_string()
}
