//! Grants become a sealed worker: a re-executed copy of this program that can reach what it was granted and nothing else.
//!
//! In: a [`Role`], the [`Grants`] it needs, and the weakest [`Level`] the policy accepts. Out: a [`Worker`] to talk to over
//! a pipe, carrying what its own self-test [`Measured`]; or a `Fatal` with exit 4.
//! Deliberately absent: a way to widen a sealed worker, a fallback that goes on without saying so, any socket, and any
//! knowledge of what the two sides say to each other. Platforms other than Linux are not supported.
//!
//! ```text
//! supervisor                                worker
//! seal_supervisor()   no socket, no other program, from the first line of main
//! Worker::spawn  -- fork, exec self ------> enter(): descriptors closed, single thread
//!                -- Grants ---------------> seal: limits, namespaces, no-new-privs, capabilities, Landlock, seccomp
//!                <------------- Measured -- attempts: every forbidden act is tried, what really failed is recorded
//! level >= minimum, or Fatal
//! send / receive <------------------------> Channel
//! ```
//!
//! `THREAT_MODEL.md` beside this file says against whom; `syscalls.toml` is the allow-list with a reason per line.
//! Start at [`Worker::spawn`] and [`enter`].
#![allow(unsafe_code)]

mod attempts;
mod enter;
mod filter;
mod frame;
mod launch;
mod live;
mod lost;
mod measured;
mod names;
mod paths;
mod probe;
mod seal;
#[cfg(debug_assertions)]
mod simulate;
mod speech;
mod supervisor;
mod sys;
mod worker;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use enter::{Channel, enter};
pub use lost::{Cause, Lost};
pub use measured::{Attempt, Layer, Measured, Namespaces};
pub use probe::{Support, probe, probe_from};
pub use speech::sanitise;
pub use supervisor::seal_supervisor;
pub use worker::Worker;

/// The word that turns this program into a worker: `anchorite __worker reader`.
pub const WORKER_WORD: &str = "__worker";

/// The largest frame either side accepts unless [`Grants::frame_cap`] says otherwise, in bytes.
pub const DEFAULT_FRAME_CAP: u64 = 256 << 20;

/// Which of the two sealed processes a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees the scanned tree read-only; parses hostile text.
    Reader,
    /// Sees the model files and its devices; never sees the repository.
    Judge,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Judge => "judge",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much of the sandbox holds, weakest first. What a report states is measured, never what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// At least one forbidden system call went through.
    None,
    /// Every forbidden system call was denied, but files outside the grants can be read.
    SeccompOnly,
    /// Every forbidden act was denied.
    #[default]
    Full,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::SeccompOnly => "seccomp-only",
            Level::Full => "full",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Level::None, Level::SeccompOnly, Level::Full]
            .into_iter()
            .find(|level| level.name() == word)
            .ok_or_else(|| format!("`{word}` is not a sandbox level; use full, seccomp-only or none"))
    }
}

/// Everything a worker may reach. Each path must exist when the worker starts; a path that cannot be opened is an error,
/// not a smaller grant. Links are followed once, here: a granted link grants its target.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grants {
    /// Files, or directories with all below them, that may be read.
    pub read: Vec<PathBuf>,
    /// Device nodes that may be read, written and controlled. Naming any relaxes what GPU drivers cannot do without:
    /// executable mappings, `ioctl`, opening for writing (path rules decide where), and a memfd that is never executable.
    pub devices: Vec<PathBuf>,
    /// Bytes of private writable memory the worker may hold; beyond it allocation fails and the worker dies. Thread stacks
    /// count in full, touched or not; mapped files and reserved address space do not count.
    pub memory_limit: Option<u64>,
    /// Existing paths outside the grants that the self-test must fail to open, besides its built-in ones.
    pub canaries: Vec<PathBuf>,
    /// Largest frame either side accepts, in bytes.
    pub frame_cap: u64,
    /// Kernel features the worker must find missing, to test what happens then. Not compiled into release builds.
    #[cfg(debug_assertions)]
    pub simulate_missing: Vec<Missing>,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            read: Vec::new(),
            devices: Vec::new(),
            memory_limit: None,
            canaries: Vec::new(),
            frame_cap: DEFAULT_FRAME_CAP,
            #[cfg(debug_assertions)]
            simulate_missing: Vec::new(),
        }
    }
}

/// A kernel feature that tests take away. The sealing code is not told: the calls themselves fail, as on such a kernel.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    Landlock,
    Seccomp,
    NoNewPrivs,
    Namespaces,
}

#[cfg(test)]
mod tests;
