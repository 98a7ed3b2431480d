//! Promise 1: no byte leaves the machine.

use anchorite::sandbox::{Layer, Role};

use super::{ROLES, Tree, program, sealed, status};

#[test]
fn promise_01_no_worker_can_create_any_socket() {
    let tree = Tree::new();
    for role in ROLES {
        let worker = sealed(role, &tree.granted());
        let sockets: Vec<_> = worker
            .measured()
            .attempts
            .iter()
            .filter(|attempt| attempt.name.starts_with("socket: "))
            .collect();
        assert!(sockets.len() >= 20, "only {} kinds were tried", sockets.len());
        for socket in sockets {
            assert!(socket.denied && socket.errno == libc::EPERM, "{role}: {socket:?}");
            assert_eq!(socket.layer, Layer::Syscalls);
        }
        for call in [
            "socketpair",
            "connect",
            "bind",
            "sendto",
            "sendmsg",
            "recvmsg",
            "io_uring_setup",
        ] {
            let tried = worker
                .measured()
                .attempts
                .iter()
                .find(|attempt| attempt.name.starts_with(&format!("{call}: ")));
            assert!(tried.is_some_and(|attempt| attempt.denied), "{role}: {call}");
        }
        assert_eq!(
            status(&worker, "Seccomp"),
            "2",
            "the kernel sees no filter on the {role}"
        );
    }
}

#[test]
fn promise_01_a_worker_inherits_no_descriptor() {
    // A shell leaves a file open across exec, as a careless parent would leave a connection.
    let script = r#"exec 9</etc/passwd; exec "$0" doctor"#;
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", script])
        .arg(program())
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("level           full") && !text.contains("inherited descriptor"),
        "{text}"
    );

    let worker = sealed(Role::Reader, &Tree::new().granted());
    assert_eq!(worker.measured().descriptors, [0, 1, 2, 3, 4]);
    // Seen from outside, where this user may look: a process that cannot be dumped is closed to all but root.
    let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", worker.pid().expect("it runs"))) else {
        return;
    };
    let links = open.map(|entry| std::fs::read_link(entry.expect("an entry").path()).expect("a link"));
    let mut targets: Vec<_> = links.map(|target| target.display().to_string()).collect();
    targets.sort();
    assert_eq!(targets.len(), 5, "{targets:?}");
    assert!(
        targets[0] == "/dev/null" && targets[1..].iter().all(|target| target.starts_with("pipe:")),
        "{targets:?}"
    );
}

/// What a new network holds by itself: the loopback interface and the unused ends of tunnel modules, all of them down.
const FALLBACK: [&str; 8] = [
    "lo", "sit0", "tunl0", "gre0", "gretap0", "erspan0", "ip6tnl0", "ip6gre0",
];

#[test]
fn promise_01_a_worker_lives_in_a_network_without_interfaces_where_the_kernel_allows() {
    let worker = sealed(Role::Judge, &Tree::new().granted());
    // Everyone may read these; they list the interfaces of that process's own network.
    let interfaces = |whose: &str| {
        let text = std::fs::read_to_string(format!("/proc/{whose}/net/dev")).expect("readable");
        text.lines()
            .skip(2)
            .map(|line| line.split(':').next().unwrap_or_default().trim().to_string())
            .collect::<Vec<_>>()
    };
    let own = interfaces(&worker.pid().expect("it runs").to_string());
    if worker.measured().namespaces.net {
        let strange: Vec<_> = own.iter().filter(|name| !FALLBACK.contains(&name.as_str())).collect();
        assert!(
            own.contains(&"lo".to_string()) && strange.is_empty(),
            "the report disagrees with the kernel: {strange:?}"
        );
    } else {
        assert_eq!(own, interfaces("self"), "the report disagrees with the kernel");
    }
}
