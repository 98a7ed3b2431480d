//! What can go wrong: a `Problem` costs one file or one candidate and the run goes on; a `Fatal` ends the run.
//!
//! In: anything any stage could not do. Out: a sentence that names what, where and the way out.
//! Deliberately absent: panics, error codes without words, and a shared error enum that every stage would import.
//! Start at [`Fatal::new`] and [`Problem::new`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the process ends. Errors outrank findings; an incomplete run is never "clean".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// Everything planned was looked at and nothing reached the gate.
    Clean = 0,
    /// Findings at or above the gate.
    Findings = 1,
    /// The command line, a setting or an input path is wrong.
    Usage = 2,
    /// Something planned was not looked at, or the run could not finish.
    Incomplete = 3,
    /// The sandbox is weaker than the policy asks.
    Sandbox = 4,
    /// Weights, a record or a log are not what their digest says.
    Integrity = 5,
    /// Interrupted by a person or a signal; the run can be resumed.
    Interrupted = 75,
}

/// One file, function or candidate that could not be handled. The run goes on and counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: a path inside the scanned root, or a candidate's id.
    pub place: String,
    /// What was not done, as a sentence fragment: `not read: permission denied`.
    pub what: String,
    /// True when a limit or setting left it out on purpose; such a run still counts as complete.
    #[serde(default)]
    pub chosen: bool,
}

impl Problem {
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            chosen: false,
        }
    }

    /// Left out by a limit or setting, not by failure.
    pub fn left_out(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            chosen: true,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// An error that ends the run: what failed, the chain of causes, and what the reader can do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fatal {
    pub exit: Exit,
    pub what: String,
    pub causes: Vec<String>,
    pub help: String,
}

impl Fatal {
    /// `help` is the way out, in the imperative: `give the path of a GGUF file`.
    pub fn new(exit: Exit, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            causes: Vec::new(),
            help: help.into(),
        }
    }

    /// Adds why it failed; the first cause added is the nearest one.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        for cause in &self.causes {
            write!(f, "\n  because: {cause}")?;
        }
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fatal {}
