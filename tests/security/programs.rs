//! Promise 7, the workers' part: no program is executed, ever, because of what a repository contains.

use std::os::unix::fs::PermissionsExt;

use super::{ROLES, Tree, attempt, sealed};

#[test]
fn promise_07_no_worker_can_execute_a_program_or_start_a_process() {
    let tree = Tree::new();
    let hook = tree.path().join("post-checkout");
    std::fs::write(&hook, "#!/bin/sh\ntouch \"$(dirname \"$0\")/executed\"\n").expect("written");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("set");
    for role in ROLES {
        let worker = sealed(role, &tree.granted());
        for name in ["execve of this program", "new process", "attach to the supervisor"] {
            let tried = attempt(&worker, name);
            assert!(tried.denied && tried.errno == libc::EPERM, "{role}: {tried:?}");
        }
        for call in ["execve", "execveat", "ptrace", "memfd_create", "process_vm_writev"] {
            let tried = worker
                .measured()
                .attempts
                .iter()
                .find(|attempt| attempt.name.starts_with(&format!("{call}: ")));
            assert!(tried.is_some_and(|attempt| attempt.denied), "{role}: {call}");
        }
        for name in ["writable executable memory", "memory made executable"] {
            assert!(attempt(&worker, name).denied, "{role}: {name}");
        }
    }
    assert!(!tree.path().join("executed").exists());
}

/// The control: what the workers are denied works here, with the same file.
#[test]
fn promise_07_the_same_program_runs_outside_the_sandbox() {
    let tree = Tree::new();
    let hook = tree.path().join("post-checkout");
    std::fs::write(&hook, "touch \"$1/executed\"\n").expect("written");
    let status = std::process::Command::new("/bin/sh")
        .arg(&hook)
        .arg(tree.path())
        .status()
        .expect("a shell");
    assert!(status.success() && tree.path().join("executed").exists());
}
