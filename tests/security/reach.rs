//! Promise 6: a worker can read what it was granted and nothing else, and can write nothing.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use anchorite::sandbox::{Grants, Level, Role};

use super::{ROLES, Tree, attempt, sealed, start};

#[test]
fn promise_06_workers_can_read_only_what_they_were_granted() {
    let (granted, other) = (Tree::new(), Tree::new());
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut canaries = vec![
        other.path(),
        other.path().join("main.py"),
        "/proc/self/environ".into(),
        "/proc/1/environ".into(),
    ];
    for name in [
        "id_ed25519",
        "credentials",
        "token",
        "history",
        "config",
        "netrc",
        "keyring",
        "cookies",
    ] {
        let path = home.path().join(name);
        std::fs::write(&path, "secret").expect("written");
        canaries.push(std::fs::canonicalize(path).expect("it exists"));
    }
    assert!(canaries.len() >= 12);
    for role in ROLES {
        let worker = sealed(
            role,
            &Grants {
                canaries: canaries.clone(),
                ..granted.granted()
            },
        );
        for canary in &canaries {
            let tried = attempt(&worker, &format!("read {}", canary.display()));
            assert!(tried.denied && tried.errno == libc::EACCES, "{role}: {tried:?}");
        }
        for built_in in ["/", "/etc/passwd", "/proc", "/tmp", "/proc/self/mem"] {
            assert!(
                attempt(&worker, &format!("read {built_in}")).denied,
                "{role}: {built_in}"
            );
        }
    }
}

#[test]
fn promise_06_a_canary_inside_the_grants_is_not_counted_as_an_escape() {
    let tree = Tree::new();
    let inside = tree.path().join("main.py");
    let worker = sealed(
        Role::Reader,
        &Grants {
            canaries: vec![inside.clone()],
            ..tree.granted()
        },
    );
    let name = format!("read {}", inside.display());
    assert!(worker.measured().attempts.iter().all(|attempt| attempt.name != name));
}

#[test]
fn promise_06_a_grant_of_the_whole_file_system_proves_nothing_and_is_refused() {
    let grants = Grants {
        read: vec!["/".into()],
        ..Grants::default()
    };
    let fatal = start(Role::Reader, &grants, Level::Full).expect_err("no path was outside, so nothing was proved");
    assert_eq!(fatal.exit, anchorite::problem::Exit::Sandbox);
}

/// With nodes that every system has in the place of two GPUs.
#[test]
fn promise_08_a_judge_reaches_only_the_device_nodes_it_was_given() {
    let (own, other) = (PathBuf::from("/dev/zero"), PathBuf::from("/dev/full"));
    let grants = Grants {
        devices: vec![own.clone()],
        canaries: vec![other.clone()],
        ..Grants::default()
    };
    let worker = sealed(Role::Judge, &grants);
    for act in ["read", "write"] {
        let tried = attempt(&worker, &format!("{act} {}", other.display()));
        assert!(tried.denied && tried.errno == libc::EACCES, "{tried:?}");
    }
    // The control: its own node opened for both, or the worker would have been refused.
    assert!(worker.measured().unreachable.is_empty());
    assert!(
        worker
            .measured()
            .attempts
            .iter()
            .all(|attempt| attempt.name != format!("read {}", own.display()))
    );
}

#[test]
fn promise_06_a_grant_that_permissions_forbid_is_named_and_refused() {
    let tree = Tree::new();
    let closed = tree.path().join("main.py");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("set");
    let grants = Grants {
        read: vec![closed.clone()],
        ..Grants::default()
    };
    let fatal = start(Role::Reader, &grants, Level::Full).expect_err("a worker overrides permissions");
    assert!(
        fatal
            .causes
            .iter()
            .any(|cause| cause.starts_with(&closed.display().to_string())),
        "{fatal}"
    );
}

#[test]
fn promise_06_a_link_in_the_tree_grants_nothing() {
    let (tree, other) = (Tree::new(), Tree::new());
    let link = tree.path().join("link");
    symlink(other.path().join("main.py"), &link).expect("linked");
    // Tried by the link's own name: the path rules judge the file, not the name.
    let worker = sealed(
        Role::Reader,
        &Grants {
            canaries: vec![link],
            ..tree.granted()
        },
    );
    assert!(attempt(&worker, &format!("read {}", other.path().join("main.py").display())).denied);
}

/// What promise 5 needs of the worker: nothing in the tree can be written, and trying has left no trace.
#[test]
fn promise_05_no_worker_can_write_the_tree_and_trying_leaves_no_trace() {
    let tree = Tree::new();
    let file = tree.path().join("main.py");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).expect("set");
    let look = |path: &std::path::Path| {
        let meta = std::fs::metadata(path).expect("it exists");
        (
            meta.mode(),
            meta.len(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
            meta.nlink(),
            meta.uid(),
        )
    };
    let before = (look(&file), look(&tree.path()), std::fs::read(&file).expect("readable"));
    for role in ROLES {
        let grants = Grants {
            read: vec![tree.path(), file.clone()],
            ..Grants::default()
        };
        let worker = sealed(role, &grants);
        for path in [&tree.path(), &file] {
            let tried = attempt(&worker, &format!("write {}", path.display()));
            assert!(tried.denied && tried.errno == libc::EPERM, "{role}: {tried:?}");
        }
        for call in [
            "fchmodat",
            "utimensat",
            "setxattr",
            "fchownat",
            "renameat2",
            "unlinkat",
            "linkat",
            "truncate",
        ] {
            let tried = worker
                .measured()
                .attempts
                .iter()
                .find(|attempt| attempt.name.starts_with(&format!("{call}: ")));
            assert!(tried.is_some_and(|attempt| attempt.denied), "{role}: {call}");
        }
    }
    assert_eq!(
        before,
        (look(&file), look(&tree.path()), std::fs::read(&file).expect("readable"))
    );
    assert_eq!(std::fs::read_dir(tree.path()).expect("readable").count(), 1);
}
