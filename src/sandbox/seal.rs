//! A process that may do anything becomes one that may do what it was granted.
//!
//! In: [`Grants`], in a process with one thread, before any hostile byte. Out: which layers are in force and why others are
//! not ([`Sealed`]); the self-test then measures what that is worth.
//! Deliberately absent: a way back, and any decision whether the result is good enough: the supervisor compares the
//! measured level with its policy. Start at [`seal`].

use std::io;
use std::path::PathBuf;

use libc::c_ulong;

use super::measured::Namespaces;
use super::{Grants, filter, paths, sys};
use crate::problem::{Exit, Fatal};

/// Open files and pipes a worker may hold at once.
const OPEN_FILES: u64 = 1024;
/// Capability numbers are tried up to here; kernels define 41 so far and refuse the rest.
const CAPABILITIES: u32 = 64;

/// What was put up.
#[derive(Debug)]
pub struct Sealed {
    pub landlock_abi: i32,
    pub namespaces: Namespaces,
    pub threads: usize,
    /// Asked of the kernel after dropping, before the filter denies asking.
    pub no_capabilities: bool,
    /// Reasons, one per layer that is missing.
    pub not_enforced: Vec<String>,
}

/// Puts up every layer this kernel has, outermost first; the system call filter is last, since it denies the calls that
/// the other layers need. `parent` is the process whose death must be this one's.
///
/// # Errors
/// `Fatal` when a granted path cannot be opened or a second thread exists: that would be a mistake of ours, not a lack of
/// the kernel's.
pub fn seal(grants: &Grants, parent: u32) -> Result<Sealed, Fatal> {
    let threads = count_threads()?;
    let held = paths::hold(grants)?;
    let mut not_enforced = Vec::new();
    let mut note = |layer: &str, result: Result<(), String>| {
        if let Err(reason) = result {
            not_enforced.push(format!("{layer}: {reason}"));
        }
    };
    note("working directory", std::env::set_current_dir("/").map_err(in_words));
    note("limits", set_limits(grants).map_err(in_words));
    let before = namespace_ids();
    note("namespaces", leave_namespaces().map_err(in_words));
    let namespaces = compare(&before, &namespace_ids());
    // The limit on core files does not bind a program that dumps are piped to; this does.
    note(
        "no core dumps",
        sys::prctl(libc::PR_SET_DUMPABLE, 0).map(drop).map_err(in_words),
    );
    note("death with the supervisor", die_with(parent).map_err(in_words));
    note(
        "no-new-privs",
        sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1).map(drop).map_err(in_words),
    );
    let landlock_abi = paths::restrict(held).unwrap_or_else(|reason| {
        note("landlock", Err(reason));
        0
    });
    note("capabilities", drop_capabilities().map_err(in_words));
    let no_capabilities = sys::holds_capabilities().is_ok_and(|holds| !holds);
    note("seccomp", apply_filters(grants));
    Ok(Sealed {
        landlock_abi,
        namespaces,
        threads,
        no_capabilities,
        not_enforced,
    })
}

fn in_words(error: io::Error) -> String {
    error.to_string()
}

/// A thread made before the walls went up would stay outside them.
fn count_threads() -> Result<usize, Fatal> {
    let refuse = |what: &str| {
        Fatal::new(
            Exit::Sandbox,
            what,
            "report this: a worker must be sealed before its first thread",
        )
    };
    let tasks = std::fs::read_dir("/proc/self/task")
        .map_err(|error| refuse("the worker could not count its own threads").because(error))?;
    match tasks.count() {
        1 => Ok(1),
        count => Err(refuse("the worker had started threads before it was sealed").because(format!("{count} threads"))),
    }
}

/// Core dumps would write memory to disk; regular files cannot grow even through a descriptor that slipped in.
fn set_limits(grants: &Grants) -> io::Result<()> {
    sys::limit(libc::RLIMIT_CORE, 0)?;
    sys::limit(
        libc::RLIMIT_NOFILE,
        OPEN_FILES.min(sys::hard_limit(libc::RLIMIT_NOFILE)),
    )?;
    if grants.devices.is_empty() {
        sys::limit(libc::RLIMIT_FSIZE, 0)?;
    }
    match grants.memory_limit {
        // RLIMIT_DATA counts private writable memory and not reserved address space or mapped weights, which is what
        // a limit in bytes means to whoever sets it.
        Some(bytes) => sys::limit(libc::RLIMIT_DATA, bytes.min(sys::hard_limit(libc::RLIMIT_DATA))),
        None => Ok(()),
    }
}

/// All in one go, so that the user namespace pays for the others; root can do without it.
fn leave_namespaces() -> io::Result<()> {
    let others = libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    sys::unshare(libc::CLONE_NEWUSER | others).or_else(|error| sys::unshare(others).map_err(|_| error))
}

type NamespaceIds = [Option<PathBuf>; 4];

fn namespace_ids() -> NamespaceIds {
    ["user", "net", "ipc", "uts"].map(|name| std::fs::read_link(format!("/proc/self/ns/{name}")).ok())
}

fn compare(before: &NamespaceIds, after: &NamespaceIds) -> Namespaces {
    let own = |n: usize| before[n].is_some() && after[n].is_some() && before[n] != after[n];
    Namespaces {
        user: own(0),
        net: own(1),
        ipc: own(2),
        uts: own(3),
    }
}

/// Entering a user namespace has cleared the signal that the launcher asked for, so it is asked for again.
fn die_with(parent: u32) -> io::Result<()> {
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong)?;
    if std::os::unix::process::parent_id() != parent {
        // The supervisor died in between; nobody is left to answer to.
        std::process::exit(Exit::Interrupted as i32);
    }
    Ok(())
}

/// Whether the bounding set could be emptied does not matter once no-new-privs holds and the other sets are empty.
fn drop_capabilities() -> io::Result<()> {
    for capability in 0..CAPABILITIES {
        if sys::drop_from_bounding_set(capability).is_err() {
            break;
        }
    }
    sys::clear_ambient_capabilities()?;
    sys::drop_all_capabilities()
}

fn apply_filters(grants: &Grants) -> Result<(), String> {
    for program in filter::worker_filters(!grants.devices.is_empty(), std::process::id())? {
        seccompiler::apply_filter(&program).map_err(|error| error.to_string())?;
    }
    Ok(())
}
