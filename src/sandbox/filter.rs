//! `syscalls.toml` becomes the programs that the kernel runs before every system call.
//!
//! In: a role's needs (are devices granted?) and this process's id. Out: compiled seccomp filters, not yet applied.
//! Deliberately absent: killing on a denied call; a denial is an errno, so that the self-test can observe each one.
//! Where to start: [`worker_filters`]; the conditions that the data names are in [`condition`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libc::{c_int, c_long};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use serde::Deserialize;

use super::names::number;
use super::sys;

/// The lists as written in `syscalls.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syscalls {
    pub allow: Vec<Entry>,
    pub absent: Vec<String>,
    pub forbidden: Vec<Entry>,
    pub supervisor_denied: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub call: String,
    pub why: String,
    pub when: Option<String>,
    pub arch: Option<String>,
    pub devices: Option<Devices>,
}

/// Whether an entry belongs to the filter of a worker with device nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Devices {
    Only,
    Never,
}

impl Entry {
    /// Whether the entry applies on this architecture and to a worker with or without devices.
    pub fn applies(&self, devices: bool) -> bool {
        let here = self.arch.as_deref().is_none_or(|arch| arch == std::env::consts::ARCH);
        here && self.devices.is_none_or(|when| (when == Devices::Only) == devices)
    }
}

/// The data file, parsed once. It is part of the program, so that it is well-formed is a guarantee that a test holds.
pub fn syscalls() -> &'static Syscalls {
    static LISTS: LazyLock<Syscalls> = LazyLock::new(|| {
        toml::from_str(include_str!("syscalls.toml")).expect("syscalls.toml is compiled in and read by a test")
    });
    &LISTS
}

/// The allow-list and, before it, the filter that makes some calls look absent; apply them in this order.
///
/// The kernel runs every filter and obeys the strictest answer: `clone3` is in the allow-list so that the other filter's
/// ENOSYS is the one that counts.
pub fn worker_filters(devices: bool, pid: u32) -> Result<[BpfProgram; 2], String> {
    Ok([
        absent_filter(&syscalls().absent, libc::ENOSYS)?,
        allow_filter(devices, pid, None)?,
    ])
}

/// Answers `errno` to the named calls and leaves the rest to other filters.
pub fn absent_filter(calls: &[impl AsRef<str>], errno: c_int) -> Result<BpfProgram, String> {
    let mut rules = BTreeMap::new();
    for call in calls {
        rules.insert(numbered(call.as_ref())?, Vec::new());
    }
    compile(rules, SeccompAction::Allow, SeccompAction::Errno(errno as u32))
}

/// Allows what the list allows, except `without` (which only tests name); everything else is EPERM.
pub fn allow_filter(devices: bool, pid: u32, without: Option<&str>) -> Result<BpfProgram, String> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = BTreeMap::new();
    for entry in syscalls()
        .allow
        .iter()
        .filter(|entry| entry.applies(devices) && Some(&*entry.call) != without)
    {
        let conditional = entry
            .when
            .as_deref()
            .map(|when| condition(when, pid))
            .transpose()?
            .unwrap_or_default();
        if rules.insert(numbered(&entry.call)?, conditional).is_some() {
            return Err(format!("{} is listed twice", entry.call));
        }
    }
    compile(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

/// Denies the supervisor's list and allows the rest. `own_program` is the address of the only path it may execute.
pub fn supervisor_filter(own_program: u64) -> Result<BpfProgram, String> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = BTreeMap::new();
    for entry in syscalls().supervisor_denied.iter().filter(|entry| entry.applies(false)) {
        let conditional = match entry.when.as_deref() {
            None => Vec::new(),
            Some("another-program") => any_of([all_of([(0, Qword, Ne, own_program)])?]),
            Some("not-unix") => any_of([all_of([(0, Dword, Ne, libc::AF_UNIX as u64)])?]),
            Some(other) => return Err(format!("no condition is called {other}")),
        };
        rules.insert(numbered(&entry.call)?, conditional);
    }
    compile(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))
}

/// What may go through, by the name that `syscalls.toml` uses. Arguments count from 0; the kernel reads `int` arguments as
/// 32 bits, so only those are compared.
fn condition(when: &str, pid: u32) -> Result<Vec<SeccompRule>, String> {
    let creates = (libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY)) as u64;
    let writes = creates | (libc::O_ACCMODE | libc::O_TRUNC) as u64;
    let (exec, write, shared) = (libc::PROT_EXEC as u64, libc::PROT_WRITE as u64, libc::MAP_SHARED as u64);
    let namespaces = libc::CLONE_NEWNS
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP;
    let thread = (libc::CLONE_THREAD | libc::CLONE_VM) as u64;
    let none = |arg, bits| (arg, Dword, MaskedEq(bits), 0);
    let is = |arg, value: c_int| (arg, Dword, Eq, value as u64);
    let one = |condition| all_of([condition]);
    Ok(match when {
        "read-only-open" => any_of([one(none(1, writes))?]),
        "read-only-openat" => any_of([one(none(2, writes))?]),
        "create-nothing-open" => any_of([one(none(1, creates))?]),
        "create-nothing-openat" => any_of([one(none(2, creates))?]),
        "no-executable-no-shared-write" => {
            any_of([one(none(2, exec | write))?, all_of([none(2, exec), none(3, shared)])?])
        }
        "not-executable" => any_of([one(none(2, exec))?]),
        "new-thread" => any_of([one((0, Dword, MaskedEq(thread | namespaces as u64), thread))?]),
        "own-process" => any_of([one((0, Dword, Eq, u64::from(pid)))?]),
        "never-executable" => any_of([one(none(1, sys::MFD_EXEC))?]),
        "ask-own-limit" => any_of([all_of([(0, Dword, Eq, 0), (2, Qword, Eq, 0)])?]),
        "descriptor-flags" => any_of([
            one(is(1, libc::F_GETFD))?,
            one(is(1, libc::F_SETFD))?,
            one(is(1, libc::F_GETFL))?,
            one(is(1, libc::F_DUPFD_CLOEXEC))?,
        ]),
        "name-or-ask" => any_of([
            one(is(0, libc::PR_SET_NAME))?,
            one(is(0, libc::PR_GET_NAME))?,
            one(is(0, libc::PR_SET_VMA))?,
            one(is(0, libc::PR_GET_SECCOMP))?,
            one(is(0, libc::PR_GET_NO_NEW_PRIVS))?,
        ]),
        other => return Err(format!("no condition is called {other}")),
    })
}

type Compare = (u8, SeccompCmpArgLen, SeccompCmpOp, u64);

fn all_of<const N: usize>(comparisons: [Compare; N]) -> Result<SeccompRule, String> {
    let conditions: Result<Vec<_>, _> = comparisons
        .into_iter()
        .map(|(argument, length, operator, value)| SeccompCondition::new(argument, length, operator, value))
        .collect();
    conditions.and_then(SeccompRule::new).map_err(|error| error.to_string())
}

fn any_of<const N: usize>(rules: [SeccompRule; N]) -> Vec<SeccompRule> {
    rules.into()
}

fn numbered(call: &str) -> Result<c_long, String> {
    number(call).ok_or_else(|| format!("{call} has no number on {}", std::env::consts::ARCH))
}

fn compile(
    rules: BTreeMap<c_long, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, String> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().map_err(|error| format!("{error}"))?;
    let filter = SeccompFilter::new(rules, otherwise, matched, arch).map_err(|error| error.to_string())?;
    filter
        .try_into()
        .map_err(|error: seccompiler::BackendError| error.to_string())
}
