//! Candidate → [`Brief`] within a token budget: the slice of the program that decides the question.
//!
//! In: a candidate, the forest, the graph, the index. Out: numbered lines of code, each with the reason it is shown,
//! and a list of what was left out. [`fence`] is the only place where hostile text is wrapped for a prompt.
//! Deliberately absent: the engine, cards' prose and any opinion.
//! Start at [`gather`].

mod around;
mod blind;
pub mod fence;
mod gather;
mod slice;
mod speech;
#[cfg(test)]
mod tests;
mod units;

use serde::{Deserialize, Serialize};

use crate::candidates::Candidate;

pub use blind::blind;
pub use gather::{Budget, Call, Calls, World, gather};

/// What a judge gets to see. Crosses the pipe from the reader, hence serde.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    pub candidate: Candidate,
    /// Numbered from 1 in the order shown: `lines[i].number == i + 1`.
    pub lines: Vec<Line>,
    /// Facts about configuration and siblings, as short sentences of our own with hostile names quoted.
    pub facts: Vec<String>,
    /// What did not fit: `helpers.py: def load (12 lines)`.
    pub omitted: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The label in the prompt, by which replies point.
    pub number: u32,
    pub path: String,
    /// Qualified name of the function around it: `UserDao.find`, or `<module>`. Small nested functions count as part of
    /// the one around them.
    pub function: String,
    /// Line in the file, from 1.
    pub line: u32,
    /// Exactly as in the snapshot, without the line break.
    pub text: String,
    pub why: Why,
    /// The line shown before belongs to the same function, and code between it and this one was left out.
    pub gap: bool,
}

/// Why a line is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// On the trace.
    Source,
    Step,
    Guard,
    Sink,
    /// Around the trace, in the same function.
    Body,
    /// A definition called on the way.
    Callee,
    Caller,
    /// A sibling for comparison.
    Sibling,
    Config,
    /// Found by retrieval.
    Neighbour,
}

/// How much is shown and in which form it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For an instruction-following model: the whole slice.
    Full,
    /// For the small model trained by this project: the trace and its functions, terse.
    Compact,
}
