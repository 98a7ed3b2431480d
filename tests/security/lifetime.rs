//! A worker cannot outlive, hang or flood the supervisor; its death costs one request.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anchorite::problem::{Exit, Fatal};
use anchorite::sandbox::{Cause, Grants, Level, Role, Worker};

use super::{Tree, sealed, status};

fn gone(pid: u32) -> bool {
    let end = Instant::now() + Duration::from_secs(5);
    while Path::new(&format!("/proc/{pid}")).exists() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

#[test]
fn a_worker_that_dies_is_reported_with_its_signal_and_can_be_restarted() {
    let tree = Tree::new();
    let mut worker = sealed(Role::Reader, &tree.granted());
    let pid = worker.pid().expect("it runs");
    let killed = Command::new("kill")
        .args(["-ABRT", &pid.to_string()])
        .status()
        .expect("kill runs");
    assert!(killed.success());
    let lost = worker
        .receive::<serde_json::Value>(Some(Duration::from_secs(10)))
        .expect_err("it is dead");
    assert_eq!(lost.cause, Cause::Signalled(libc::SIGABRT));
    assert!(!worker.is_alive() && worker.pid().is_none() && gone(pid));
    assert_eq!(worker.send(&0).expect_err("still dead").cause, Cause::Gone);
    let fatal = Fatal::from(lost);
    assert_eq!(fatal.exit, Exit::Incomplete);
    assert!(fatal.to_string().contains("signal 6"), "{fatal}");

    worker.restart().unwrap_or_else(|fatal| panic!("{fatal}"));
    assert!(worker.is_alive() && worker.pid() != Some(pid));
    assert_eq!(worker.measured().level, Level::Full);
}

#[test]
fn a_worker_that_does_not_answer_in_time_is_killed_and_reaped() {
    let mut worker = sealed(Role::Judge, &Tree::new().granted());
    let pid = worker.pid().expect("it runs");
    let start = Instant::now();
    let lost = worker
        .receive::<serde_json::Value>(Some(Duration::from_millis(100)))
        .expect_err("nothing was asked");
    assert_eq!(lost.cause, Cause::TimedOut(Duration::from_millis(100)));
    assert!(start.elapsed() < Duration::from_secs(5) && gone(pid));
}

#[test]
fn dropping_a_worker_ends_it() {
    let worker = sealed(Role::Judge, &Tree::new().granted());
    let pid = worker.pid().expect("it runs");
    drop(worker);
    assert!(gone(pid));
}

#[test]
fn a_worker_started_by_a_thread_that_has_ended_lives_on() {
    let mut worker = std::thread::spawn(|| sealed(Role::Reader, &Tree::new().granted()))
        .join()
        .expect("no panic");
    std::thread::sleep(Duration::from_millis(50));
    assert!(worker.is_alive(), "it died with the thread that asked for it");
}

/// Started by hand, so that only what the worker arranges for itself counts: the kernel tells it of the end of the thread
/// that started it, although entering a namespace has cleared what its launcher had asked for.
#[test]
fn a_worker_dies_with_its_supervisor_even_when_sealed() {
    let mut worker = std::thread::spawn(|| {
        let mut worker = Command::new(super::program())
            .args(["__worker", "judge"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let requests = worker.stdin.as_mut().expect("piped");
        requests
            .write_all(b"\x02\0\0\0\0\0\0\0{}")
            .expect("it reads its grants");
        let mut reply = [0_u8; 15];
        worker
            .stdout
            .as_mut()
            .expect("piped")
            .read_exact(&mut reply)
            .expect("it reports");
        assert!(reply.ends_with(b"{\"Ok\":{"), "{reply:?}");
        assert!(
            worker.try_wait().expect("ours").is_none(),
            "it ended before the supervisor did"
        );
        worker
    })
    .join()
    .expect("no panic");
    // Its pipes are still open: nothing but the thread's end can have ended it.
    assert_eq!(worker.wait().expect("ours").signal(), Some(libc::SIGKILL));
}

#[test]
fn a_worker_ends_by_itself_when_its_requests_end() {
    let mut worker = Command::new(super::program())
        .args(["__worker", "reader"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    worker
        .stdin
        .take()
        .expect("piped")
        .write_all(b"\x02\0\0\0\0\0\0\0{}")
        .expect("it reads its grants");
    assert_eq!(worker.wait().expect("ours").code(), Some(0));
}

#[test]
fn something_that_is_not_a_worker_is_refused() {
    for program in ["/bin/true", "/bin/cat", "/nonexistent"] {
        let fatal = Worker::spawn_from(Path::new(program), Role::Reader, &Grants::default(), Level::None);
        assert_eq!(fatal.expect_err(program).exit, Exit::Sandbox);
    }
}

#[test]
fn a_worker_has_a_session_of_its_own_and_a_fixed_environment() {
    let worker = sealed(Role::Reader, &Tree::new().granted());
    let pid = worker.pid().expect("it runs");
    match std::fs::read(format!("/proc/{pid}/environ")) {
        Ok(environment) => assert_eq!(environment, b"LANG=C.UTF-8\0TZ=UTC\0CUDA_CACHE_DISABLE=1\0"),
        // Without root: a process that cannot be dumped cannot be looked into either.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
    assert_eq!(status(&worker, "NSsid"), pid.to_string());
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("readable");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .expect("a row");
    assert!(core.split_whitespace().nth(4) == Some("0"), "{core}");
}

#[test]
fn a_worker_over_its_memory_limit_cannot_start_and_says_why() {
    let tree = Tree::new();
    let grants = Grants {
        memory_limit: Some(64 << 10),
        ..tree.granted()
    };
    let refused = Worker::spawn_from(super::program(), Role::Reader, &grants, Level::Full);
    assert_eq!(
        refused.expect_err("64 KiB are not enough for the filters").exit,
        Exit::Sandbox
    );
    let grants = Grants {
        memory_limit: Some(256 << 20),
        ..tree.granted()
    };
    let worker = sealed(Role::Reader, &grants);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", worker.pid().expect("it runs"))).expect("readable");
    let data = limits
        .lines()
        .find(|line| line.starts_with("Max data size"))
        .expect("a row");
    assert!(data.contains(&(256_u64 << 20).to_string()), "{data}");
}
