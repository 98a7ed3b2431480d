//! The filters and the attempts, each tried for real: in a forked child under the filter, and unsealed as the control.
//!
//! In: `syscalls.toml`. Out: for every entry, a call that passes with it and is denied without it.
//! Deliberately absent: workers; those are tested through the real program under `tests/security`.
//! Where to start: [`under`].

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use libc::{c_int, c_long};
use seccompiler::BpfProgram;

use super::filter::{self, Entry};
use super::measured::Layer;
use super::{Grants, attempts, launch, names, sys};

/// Calls made under a filter: what the kernel answered, or `None` where the call ended the process.
type Answer = Option<i32>;

/// Stands for a process id in filters compiled before the fork.
const PID: u32 = 12_345;
const UNSET: i32 = i32::MIN;

/// Forks, applies `program` in the child, makes each call there, and returns the errno of each, 0 for success.
///
/// The child makes raw system calls only: it is a copy of one thread of a process with many. It answers through shared
/// memory, because the filter under test may deny writing.
fn under(program: &BpfProgram, calls: &[(c_long, [c_long; 6])]) -> Vec<Answer> {
    let bytes = calls.len() * size_of::<AtomicI32>();
    let (rw, shared) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_SHARED | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a fresh mapping, page-aligned, of at least `bytes` bytes, which all bit patterns make valid `AtomicI32`s.
    let answers = unsafe {
        let page = libc::mmap(std::ptr::null_mut(), bytes, rw, shared, -1, 0);
        assert_ne!(page, libc::MAP_FAILED);
        std::slice::from_raw_parts(page.cast::<AtomicI32>(), calls.len())
    };
    answers.iter().for_each(|answer| answer.store(UNSET, Ordering::SeqCst));
    // SAFETY: the child allocates nothing and takes no lock, as said above.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1);
    if child == 0 {
        let applied = seccompiler::apply_filter(program).is_ok();
        for ((number, args), answer) in calls.iter().zip(answers) {
            if applied {
                // SAFETY: the callers choose arguments that are refused, or that end only this child.
                let errno = unsafe { sys::raw(*number, *args) }.err().unwrap_or(0);
                answer.store(errno, Ordering::SeqCst);
            }
        }
        loop {
            // SAFETY: ends the child, or does nothing if the filter denies it; the parent then kills it.
            unsafe { libc::syscall(libc::SYS_exit_group, 0) };
            std::hint::spin_loop();
        }
    }
    let start = Instant::now();
    let last = answers.last().expect("at least one call");
    // SAFETY: waits for the child made above and no other.
    while last.load(Ordering::SeqCst) == UNSET
        && unsafe { libc::waitpid(child, std::ptr::null_mut(), libc::WNOHANG) } == 0
    {
        assert!(start.elapsed() < Duration::from_secs(20), "the child hangs");
        std::thread::sleep(Duration::from_micros(200));
    }
    // SAFETY: the child is ours; if it was reaped above, both calls fail with an error that does not matter.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    let result = answers
        .iter()
        .map(|answer| answer.load(Ordering::SeqCst))
        .map(|n| (n != UNSET).then_some(n))
        .collect();
    // SAFETY: the mapping made above; `answers` is not used after this.
    unsafe { libc::munmap(answers.as_ptr() as *mut libc::c_void, bytes) };
    result
}

fn one(program: &BpfProgram, call: &str, args: &[c_long]) -> Answer {
    under(program, &[(names::number(call).expect("listed"), padded(args))])[0]
}

fn padded(args: &[c_long]) -> [c_long; 6] {
    let mut all = [-1; 6];
    all[..args.len()].copy_from_slice(args);
    all
}

/// An `int` as the register that carries it.
fn c(value: c_int) -> c_long {
    c_long::from(value)
}

const READ_WRITE: c_int = libc::PROT_READ | libc::PROT_WRITE;
const WRITE_EXECUTE: c_int = libc::PROT_WRITE | libc::PROT_EXEC;
const THREAD: c_int = libc::CLONE_THREAD | libc::CLONE_VM;

/// Arguments that a condition lets through; the kernel refuses them for other reasons.
fn let_through(when: &str) -> Vec<Vec<c_long>> {
    match when {
        "read-only-open" => vec![vec![-1, c(libc::O_CLOEXEC | libc::O_DIRECTORY)]],
        "read-only-openat" => vec![vec![-1, -1, c(libc::O_CLOEXEC)]],
        "create-nothing-open" => vec![vec![-1, c(libc::O_RDWR)]],
        "create-nothing-openat" => vec![vec![-1, -1, c(libc::O_RDWR)]],
        "no-executable-no-shared-write" => [(READ_WRITE, libc::MAP_PRIVATE), (libc::PROT_READ, libc::MAP_SHARED)]
            .map(|(p, f)| mapping(p, f))
            .into(),
        "not-executable" => vec![vec![-1, 4096, c(READ_WRITE)]],
        // Threads must share signal handlers; the kernel refuses these flags without creating anything.
        "new-thread" => vec![vec![c(THREAD), 0, 0, 0, 0]],
        "own-process" => vec![vec![c_long::from(PID), -1, 0]],
        "never-executable" => vec![vec![-1, 0]],
        "ask-own-limit" => vec![vec![0, -1, 0]],
        "descriptor-flags" => [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC]
            .map(|command| vec![-1, c(command)])
            .into(),
        "name-or-ask" => [libc::PR_SET_NAME, libc::PR_SET_VMA, libc::PR_GET_SECCOMP]
            .map(|option| vec![c(option)])
            .into(),
        other => panic!("the condition {other} has no samples"),
    }
}

/// Arguments that the same condition must not let through.
fn held_back(when: &str) -> Vec<Vec<c_long>> {
    let creating = [
        libc::O_CREAT,
        libc::O_RDWR | libc::O_CREAT,
        libc::O_TMPFILE | libc::O_RDWR,
    ];
    let writing = [libc::O_WRONLY, libc::O_RDWR, libc::O_TRUNC, libc::O_ACCMODE]
        .into_iter()
        .chain(creating);
    match when {
        "read-only-open" => writing.map(|flags| vec![-1, c(flags)]).collect(),
        "read-only-openat" => writing.map(|flags| vec![-1, -1, c(flags)]).collect(),
        "create-nothing-open" => creating.map(|flags| vec![-1, c(flags)]).into(),
        "create-nothing-openat" => creating.map(|flags| vec![-1, -1, c(flags)]).into(),
        "no-executable-no-shared-write" => {
            let executable = [(WRITE_EXECUTE, libc::MAP_PRIVATE), (libc::PROT_EXEC, libc::MAP_SHARED)];
            executable
                .into_iter()
                .chain([(READ_WRITE, libc::MAP_SHARED)])
                .map(|(p, f)| mapping(p, f))
                .collect()
        }
        "not-executable" => [WRITE_EXECUTE, libc::PROT_EXEC]
            .map(|protection| vec![-1, 4096, c(protection)])
            .into(),
        "new-thread" => {
            let process = [libc::SIGCHLD, libc::CLONE_VM | libc::CLONE_VFORK];
            let namespace = [libc::CLONE_NEWNET, libc::CLONE_NEWUSER, libc::CLONE_NEWNS].map(|new| THREAD | new);
            process
                .into_iter()
                .chain(namespace)
                .map(|flags| vec![c(flags), 0, 0, 0, 0])
                .collect()
        }
        "own-process" => vec![vec![1, 1, 0], vec![-1, 1, 0]],
        "never-executable" => vec![vec![-1, 0x10], vec![-1, 0x11]],
        "ask-own-limit" => vec![vec![0, -1, 4096], vec![1, -1, 0]],
        "descriptor-flags" => {
            let commands = [
                libc::F_SETFL,
                libc::F_SETOWN,
                libc::F_SETLEASE,
                libc::F_SETLK,
                libc::F_NOTIFY,
            ];
            commands.map(|command| vec![-1, c(command)]).into()
        }
        "name-or-ask" => {
            let options = [
                libc::PR_SET_DUMPABLE,
                libc::PR_SET_PDEATHSIG,
                libc::PR_SET_SECCOMP,
                libc::PR_SET_MM,
            ];
            options.map(|option| vec![c(option), 0]).into()
        }
        other => panic!("the condition {other} has no samples"),
    }
}

/// A mapping of length 0, which the kernel refuses.
fn mapping(protection: c_int, flags: c_int) -> Vec<c_long> {
    vec![0, 0, c(protection), c(flags), -1, 0]
}

/// What an entry lets through.
fn allowed_args(entry: &Entry) -> Vec<Vec<c_long>> {
    entry.when.as_deref().map_or_else(|| vec![vec![]], let_through)
}

fn applying(devices: bool) -> impl Iterator<Item = &'static Entry> {
    filter::syscalls()
        .allow
        .iter()
        .filter(move |entry| entry.applies(devices))
}

#[test]
fn the_lists_are_well_formed() {
    let lists = filter::syscalls();
    for entry in lists
        .allow
        .iter()
        .chain(&lists.forbidden)
        .chain(&lists.supervisor_denied)
    {
        let here = entry.arch.as_deref().is_none_or(|arch| arch == std::env::consts::ARCH);
        assert!(
            !here || names::number(&entry.call).is_some(),
            "{} has no number",
            entry.call
        );
        assert!(entry.why.len() >= 5, "{} has no reason", entry.call);
    }
    for devices in [false, true] {
        for entry in applying(devices) {
            let also_forbidden = lists
                .forbidden
                .iter()
                .any(|other| other.call == entry.call && other.applies(devices));
            assert!(!also_forbidden, "{} is allowed and forbidden", entry.call);
        }
        filter::worker_filters(devices, PID).expect("the filters compile");
    }
    assert!(
        lists
            .absent
            .iter()
            .all(|call| applying(false).any(|entry| entry.call == *call))
    );
}

#[test]
fn each_allowed_call_passes_with_its_entry_and_is_denied_without_it() {
    for devices in [false, true] {
        let whole = filter::allow_filter(devices, PID, None).expect("compiles");
        for entry in applying(devices) {
            let without = filter::allow_filter(devices, PID, Some(&entry.call)).expect("compiles");
            for args in allowed_args(entry) {
                let (with, without) = (one(&whole, &entry.call, &args), one(&without, &entry.call, &args));
                assert_ne!(
                    with,
                    Some(libc::EPERM),
                    "{} {args:?} is denied (devices: {devices})",
                    entry.call
                );
                assert_eq!(
                    without,
                    Some(libc::EPERM),
                    "{} {args:?} passes without its entry",
                    entry.call
                );
            }
        }
    }
}

#[test]
fn each_condition_denies_what_it_is_there_to_deny() {
    for devices in [false, true] {
        let program = filter::allow_filter(devices, PID, None).expect("compiles");
        for entry in applying(devices) {
            let Some(when) = entry.when.as_deref() else { continue };
            for args in held_back(when) {
                assert_eq!(
                    one(&program, &entry.call, &args),
                    Some(libc::EPERM),
                    "{} {args:?} is let through",
                    entry.call
                );
            }
        }
    }
}

/// `uretprobe` and `uprobe`: the kernel serves them before any filter, and ends a process that calls them by itself.
const SERVED_BEFORE_FILTERS: [c_long; 2] = [335, 336];

#[test]
fn every_other_system_call_is_denied_with_eperm() {
    for devices in [false, true] {
        let program = filter::allow_filter(devices, PID, None).expect("compiles");
        let allowed: Vec<_> = applying(devices)
            .filter_map(|entry| names::number(&entry.call))
            .collect();
        let calls: Vec<_> = (0..600)
            .filter(|number| !allowed.contains(number) && !SERVED_BEFORE_FILTERS.contains(number))
            .map(|number| (number, [-1; 6]))
            .collect();
        assert!(calls.len() > 500);
        for ((number, _), answer) in calls.iter().zip(under(&program, &calls)) {
            assert_eq!(answer, Some(libc::EPERM), "system call {number} (devices: {devices})");
        }
    }
}

#[test]
fn calls_that_must_look_absent_do_although_the_other_filter_allows_them() {
    let [absent, allow] = filter::worker_filters(false, PID).expect("compiles");
    let clone3 = names::number("clone3").expect("listed");
    assert_eq!(under(&absent, &[(clone3, [-1; 6])]), [Some(libc::ENOSYS)]);
    assert_ne!(under(&allow, &[(clone3, [-1; 6])]), [Some(libc::EPERM)]);
}

#[test]
fn the_supervisor_can_execute_itself_and_nothing_else_and_has_no_socket() {
    let own = launch::OWN_PROGRAM.as_ptr() as c_long;
    let same_text = c"/proc/self/exe".as_ptr() as c_long;
    let program = filter::supervisor_filter(own as u64).expect("compiles");
    // An invalid argument list: the kernel looks at it only once the program may be executed.
    assert_eq!(one(&program, "execve", &[own, -1, 0]), Some(libc::EFAULT));
    assert_eq!(one(&program, "execve", &[same_text, -1, 0]), Some(libc::EPERM));
    assert_eq!(one(&program, "execveat", &[-1, own, -1, 0, 0]), Some(libc::EPERM));
    for domain in 0..46 {
        assert_eq!(
            one(&program, "socket", &[domain, libc::SOCK_STREAM.into(), 0]),
            Some(libc::EPERM),
            "domain {domain}"
        );
    }
    assert_ne!(
        one(&program, "socketpair", &[libc::AF_UNIX.into(), -1]),
        Some(libc::EPERM)
    );
    assert_eq!(
        one(
            &program,
            "socketpair",
            &[libc::AF_INET.into(), libc::SOCK_STREAM.into(), 0]
        ),
        Some(libc::EPERM)
    );
    assert_ne!(
        one(&program, "openat", &[-1, -1, libc::O_RDWR.into()]),
        Some(libc::EPERM)
    );
}

/// The control: outside a sandbox the same attempts are not held back, so that a worker's answers mean something.
#[test]
fn unsealed_the_attempts_succeed_or_fail_for_other_reasons() {
    // This process in the supervisor's place: the parent of a test may be anyone.
    let parent = std::process::id();
    let attempts = attempts::run(&attempts::Before::new(&Grants::default(), parent));
    let denied: Vec<_> = attempts
        .iter()
        .filter(|attempt| attempt.denied)
        .map(|attempt| &*attempt.name)
        .collect();
    let free = [
        "socket: IPv4 TCP",
        "socket: IPv6 UDP",
        "socket: Unix stream",
        "socket: netlink route",
        "execve of this program",
        "new process",
        "writable executable memory",
        "memory made executable",
        "create a file",
        "read /etc/passwd",
        "read /proc/self/environ",
        "signal to the supervisor",
        "outlive the supervisor",
    ];
    for name in free {
        assert!(
            attempts.iter().any(|attempt| attempt.name == name),
            "{name} is not tried"
        );
        assert!(!denied.contains(&name), "{name} is denied even here");
    }
    // SAFETY: no arguments, no effect.
    if unsafe { libc::geteuid() } == 0 {
        let share = denied.len() * 100 / attempts.len();
        assert!(
            share <= 5,
            "{share} % of the attempts prove nothing as root: {denied:?}"
        );
    }
    let paths = attempts.iter().filter(|attempt| attempt.layer == Layer::Paths).count();
    assert!(paths >= 12, "only {paths} paths are tried");
}
