//! Promises 3 and 4: the sandbox is on or the scan refuses, and what it says about itself is true.
#![cfg(debug_assertions)]

use anchorite::problem::Exit;
use anchorite::sandbox::{Grants, Layer, Level, Measured, Missing, Role};

use super::{ROLES, Tree, sealed, start, status};

fn without(missing: &[Missing]) -> (Tree, Grants) {
    let tree = Tree::new();
    let grants = Grants {
        simulate_missing: missing.to_vec(),
        ..tree.granted()
    };
    (tree, grants)
}

#[test]
fn promise_03_the_sandbox_is_on_or_the_worker_is_refused_with_exit_4() {
    let cases: [(&[Missing], Level); 5] = [
        (&[Missing::Landlock], Level::SeccompOnly),
        (&[Missing::Seccomp], Level::None),
        (&[Missing::NoNewPrivs], Level::None),
        (&[Missing::Landlock, Missing::Seccomp], Level::None),
        (
            &[
                Missing::Landlock,
                Missing::Seccomp,
                Missing::NoNewPrivs,
                Missing::Namespaces,
            ],
            Level::None,
        ),
    ];
    for (missing, reached) in cases {
        let (_tree, grants) = without(missing);
        for role in ROLES {
            for minimum in [Level::None, Level::SeccompOnly, Level::Full] {
                let outcome = start(role, &grants, minimum);
                if minimum <= reached {
                    let worker = outcome.unwrap_or_else(|fatal| panic!("{missing:?} at {minimum}: {fatal}"));
                    assert_eq!(worker.measured().level, reached, "{missing:?}");
                    continue;
                }
                let fatal = outcome
                    .err()
                    .unwrap_or_else(|| panic!("{missing:?} was accepted at {minimum}"));
                assert_eq!(fatal.exit, Exit::Sandbox);
                assert!(!fatal.causes.is_empty(), "{fatal}");
                assert!(
                    fatal.help.contains(&format!("--sandbox {reached}")),
                    "no way out is named: {fatal}"
                );
            }
        }
    }
}

#[test]
fn promise_03_a_granted_path_that_cannot_be_opened_refuses_the_worker_instead_of_shrinking_the_grant() {
    let tree = Tree::new();
    let mut grants = tree.granted();
    grants.read.push(tree.path().join("missing"));
    let fatal = start(Role::Reader, &grants, Level::None).expect_err("a smaller grant was accepted");
    assert!(fatal.what.contains("missing"), "{fatal}");
}

#[test]
fn promise_04_the_report_states_the_enforced_level_truthfully() {
    let tree = Tree::new();
    let whole = sealed(Role::Reader, &tree.granted());
    let measured = whole.measured();
    assert_eq!(measured.level, Measured::level_of(&measured.attempts));
    assert!(measured.holes().next().is_none() && measured.not_enforced.is_empty());
    // What it says, against what the kernel tells everyone.
    assert_eq!((measured.seccomp, &*status(&whole, "Seccomp")), (true, "2"));
    assert_eq!((measured.no_new_privs, &*status(&whole, "NoNewPrivs")), (true, "1"));
    assert_eq!(
        (measured.no_capabilities, &*status(&whole, "CapEff")),
        (true, "0000000000000000")
    );
    // It starts threads afterwards, which inherit the seal.
    assert_eq!(measured.threads_at_seal, 1);
}

#[test]
fn promise_04_a_missing_layer_is_named_and_its_holes_are_listed() {
    let (_tree, grants) = without(&[Missing::Landlock]);
    let weak = start(Role::Reader, &grants, Level::SeccompOnly).unwrap_or_else(|fatal| panic!("{fatal}"));
    let measured = weak.measured();
    assert_eq!((measured.landlock_abi, measured.level), (0, Level::SeccompOnly));
    assert!(
        measured
            .not_enforced
            .iter()
            .any(|reason| reason.starts_with("landlock: "))
    );
    assert!(
        measured.holes().all(|hole| hole.layer == Layer::Paths)
            && measured.holes().any(|h| h.name == "read /etc/passwd")
    );

    let (_tree, grants) = without(&[Missing::Seccomp]);
    let weak = start(Role::Judge, &grants, Level::None).unwrap_or_else(|fatal| panic!("{fatal}"));
    let measured = weak.measured();
    assert_eq!((measured.seccomp, measured.level), (false, Level::None));
    assert!(
        measured.holes().any(|hole| hole.name == "socket: IPv4 UDP"),
        "the network is open and it does not say so"
    );
    assert!(
        measured
            .not_enforced
            .iter()
            .any(|reason| reason.starts_with("seccomp: "))
    );

    let (_tree, grants) = without(&[Missing::NoNewPrivs]);
    let weak = start(Role::Judge, &grants, Level::None).unwrap_or_else(|fatal| panic!("{fatal}"));
    assert!(!weak.measured().no_new_privs);

    let (_tree, grants) = without(&[Missing::Namespaces]);
    let weak = start(Role::Judge, &grants, Level::Full).unwrap_or_else(|fatal| panic!("{fatal}"));
    assert!(
        !weak.measured().namespaces.net,
        "namespaces are reported that were refused"
    );
    assert!(
        weak.measured()
            .not_enforced
            .iter()
            .any(|reason| reason.starts_with("namespaces: "))
    );
}
