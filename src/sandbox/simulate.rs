//! Takes kernel features away from one worker, so that tests can see what happens on a kernel without them.
//!
//! In: the features to miss. Out: filters under which the calls themselves fail; the sealing code is not told.
//! Deliberately absent from release builds. Start at [`take_away`].

use std::collections::BTreeMap;

use libc::{c_int, c_long};
use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::Eq;
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule};

use super::{Missing, names};
use crate::problem::{Exit, Fatal};

/// A call that must fail: its name and, for `prctl`, the one option that does.
type Failing = (&'static str, Option<c_int>);

pub fn take_away(missing: &[Missing]) -> Result<(), Fatal> {
    let refuse = |cause: String| Fatal::new(Exit::Usage, "a missing feature could not be simulated", "").because(cause);
    let all = |failing: fn(Missing) -> &'static [Failing]| -> Vec<Failing> {
        missing.iter().flat_map(|feature| failing(*feature)).copied().collect()
    };
    // The last filter may deny applying another. An answer of errno 0 is the number 0: the feature is off.
    for (calls, errno) in [
        (all(answers), 0),
        (all(refusals), libc::EPERM),
        (all(absences), libc::ENOSYS),
    ] {
        if calls.is_empty() {
            continue;
        }
        let program = fails(&calls, errno).map_err(refuse)?;
        seccompiler::apply_filter(&program).map_err(|error| refuse(error.to_string()))?;
    }
    Ok(())
}

fn answers(feature: Missing) -> &'static [Failing] {
    match feature {
        Missing::Seccomp => &[("prctl", Some(libc::PR_GET_SECCOMP))],
        Missing::NoNewPrivs => &[("prctl", Some(libc::PR_GET_NO_NEW_PRIVS))],
        Missing::Landlock | Missing::Namespaces => &[],
    }
}

fn refusals(feature: Missing) -> &'static [Failing] {
    match feature {
        Missing::Namespaces => &[("unshare", None)],
        Missing::Landlock | Missing::Seccomp | Missing::NoNewPrivs => &[],
    }
}

fn absences(feature: Missing) -> &'static [Failing] {
    match feature {
        Missing::Landlock => &[
            ("landlock_create_ruleset", None),
            ("landlock_add_rule", None),
            ("landlock_restrict_self", None),
        ],
        Missing::Seccomp => &[("seccomp", None), ("prctl", Some(libc::PR_SET_SECCOMP))],
        Missing::NoNewPrivs => &[("prctl", Some(libc::PR_SET_NO_NEW_PRIVS))],
        Missing::Namespaces => &[],
    }
}

fn fails(calls: &[Failing], errno: c_int) -> Result<BpfProgram, String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for (call, option) in calls {
        let number: c_long = names::number(call).ok_or_else(|| format!("{call} has no number"))?;
        let of_call = rules.entry(number).or_default();
        if let Some(option) = option {
            let rule = SeccompCondition::new(0, Dword, Eq, *option as u64)
                .and_then(|condition| SeccompRule::new(vec![condition]))
                .map_err(|error| error.to_string())?;
            of_call.push(rule);
        }
    }
    let arch = std::env::consts::ARCH.try_into().map_err(|error| format!("{error}"))?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno as u32), arch)
        .and_then(BpfProgram::try_from)
        .map_err(|error| error.to_string())
}
