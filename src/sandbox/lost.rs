//! A worker that is gone: what ended it and the last it said.
//!
//! In: an exit status or what its pipe brought. Out: [`Lost`], which a caller can count as a problem of one request, or turn
//! into a `Fatal`. Deliberately absent: starting another; that is [`Worker::restart`](super::Worker::restart).
//! Start at [`Lost`].

use std::fmt;
use std::time::Duration;

use super::Role;
use crate::problem::{Exit, Fatal};

/// Why a worker is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It ended by itself, with this code.
    Exited(i32),
    /// A signal ended it: a crash, an abort when memory ran out, or somebody's `kill`.
    Signalled(i32),
    /// It did not answer in time and was killed.
    TimedOut(Duration),
    /// It sent something other than what was expected and was killed.
    Malformed(String),
    /// A frame of this many bytes was over the cap; the worker was killed.
    TooLarge(u64),
    /// The pipe failed.
    Io(String),
    /// It had been killed before.
    Gone,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Exited(code) => write!(f, "it exited with code {code}"),
            Cause::Signalled(signal) => write!(f, "signal {signal}{} ended it", signal_name(*signal)),
            Cause::TimedOut(limit) => write!(f, "it gave no answer within {} s", limit.as_secs_f32()),
            Cause::Malformed(why) => write!(f, "it sent something else than was asked: {why}"),
            Cause::TooLarge(bytes) => write!(f, "a message of {bytes} bytes is over the cap"),
            Cause::Io(why) => write!(f, "its pipe failed: {why}"),
            Cause::Gone => f.write_str("it was no longer running"),
        }
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => " (abort)",
        libc::SIGSEGV => " (invalid memory access or stack overflow)",
        libc::SIGBUS => " (bus error)",
        libc::SIGILL => " (illegal instruction)",
        libc::SIGFPE => " (arithmetic error)",
        libc::SIGKILL => " (kill)",
        libc::SIGXCPU => " (processor time)",
        _ => "",
    }
}

/// A worker that is no longer there: what ended it, and the last it said. `Worker::restart` starts another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    pub role: Role,
    pub cause: Cause,
    /// Its last lines on standard error, safe to show.
    pub speech: Vec<String>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} was lost: {}", self.role, self.cause)
    }
}

impl std::error::Error for Lost {}

impl From<Lost> for Fatal {
    fn from(lost: Lost) -> Self {
        let help = "run again; if it happens again with the same input, report the lines above";
        let fatal = Fatal::new(Exit::Incomplete, format!("the {} was lost", lost.role), help).because(&lost.cause);
        lost.speech
            .iter()
            .rev()
            .take(3)
            .rev()
            .fold(fatal, |fatal, line| fatal.because(format!("it said: {line}")))
    }
}
