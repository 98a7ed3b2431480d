//! The supervisor gives up what it never needs: sockets, other programs, other processes.
//!
//! In: nothing. Out: this process and all its threads under a filter that denies the `supervisor_denied` list.
//!
//! It must be able to start workers again at any time, so `execve` cannot be denied outright. It is allowed with exactly one
//! address as its path: the constant that names this program. A library that wanted to run a shell, `git` or a pager would
//! use an address of its own. An attacker who already runs code in the supervisor could overwrite the constant; the
//! supervisor reads no hostile bytes, and this filter is there for mistakes, not for that.
//! Deliberately absent: path rules; the supervisor writes where the user tells it to. Start at [`seal_supervisor`].

use super::{filter, launch};
use crate::problem::{Exit, Fatal};

/// Denies sockets of every domain, programs other than this one, and other processes' memory, for this process, its threads
/// and its children, for good. Call it right after [`enter`](super::enter).
///
/// # Errors
/// `Fatal` with exit 4 when the kernel has no seccomp filters; the caller decides whether policy allows to go on.
pub fn seal_supervisor() -> Result<(), Fatal> {
    let refuse = |cause: &dyn std::fmt::Display| {
        Fatal::new(
            Exit::Sandbox,
            "the supervisor could not give up the network",
            "use a kernel with seccomp filters (CONFIG_SECCOMP_FILTER); `anchorite doctor` shows what this one has",
        )
        .because(cause)
    };
    let program = filter::supervisor_filter(launch::OWN_PROGRAM.as_ptr() as u64).map_err(|error| refuse(&error))?;
    seccompiler::apply_filter_all_threads(&program).map_err(|error| refuse(&error))
}
