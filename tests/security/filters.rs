//! Promise 40: the filters contain only what is needed.
//!
//! The library's own tests take each entry of the allow-list away and see its call fail, and try all other system calls.
//! Here the running program is asked: a worker that does its work must meet no denial but those it provokes itself.

use std::collections::BTreeSet;

use anchorite::sandbox::{Layer, Role};

use super::{Tree, sealed};

#[test]
fn promise_40_every_forbidden_call_is_answered_with_the_errno_that_the_filter_gives() {
    let worker = sealed(Role::Judge, &Tree::new().granted());
    let calls: Vec<_> = worker
        .measured()
        .attempts
        .iter()
        .filter(|attempt| attempt.layer == Layer::Syscalls)
        .collect();
    assert!(calls.len() > 150, "only {} acts were tried", calls.len());
    let names: BTreeSet<_> = calls.iter().map(|attempt| &attempt.name).collect();
    assert_eq!(names.len(), calls.len(), "an act is tried twice under one name");
    // Three statements about the process are asked, not tried; they carry no errno.
    let untried = calls.iter().filter(|attempt| attempt.errno == 0).count();
    assert_eq!(untried, 3);
    for attempt in calls.iter().filter(|attempt| attempt.errno != 0) {
        let expected = if attempt.name.ends_with("must look absent") {
            libc::ENOSYS
        } else {
            libc::EPERM
        };
        assert_eq!(attempt.errno, expected, "{attempt:?}");
    }
}

/// Sealed workers meet only denials that they provoke: all of them come before the first reply.
#[test]
#[ignore = "needs strace on the search path"]
fn promise_40_a_worker_meets_no_denial_after_its_self_test() {
    let output = std::process::Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/stdout", "--"])
        .arg(super::program())
        .arg("doctor")
        .output()
        .expect("strace runs");
    let trace = String::from_utf8_lossy(&output.stdout);
    assert!(trace.contains("landlock_restrict_self"), "no worker was traced");
    let mut reported = BTreeSet::new();
    for line in trace.lines() {
        let Some((pid, call)) = line.split_once(' ') else {
            continue;
        };
        if call.trim_start().starts_with("write(4,") {
            reported.insert(pid);
        }
        let denied = call.contains("= -1 EPERM") || call.contains("= -1 EACCES");
        assert!(!(denied && reported.contains(pid)), "{line}");
    }
    assert!(!reported.is_empty(), "no worker reported");
}
