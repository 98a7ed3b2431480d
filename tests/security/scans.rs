//! Whole scans and an import, looked at from outside with `strace`: promises 1, 2, 3, 7 and 11.
//!
//! In: a repository that would like to run something. Out: what the kernel saw all processes of the scan do.
//! Deliberately absent from ordinary runs, since they need `strace`: `cargo test --test suite -- --include-ignored`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::{Tree, program};

/// Runs the program under `strace` and returns each process's trace, the supervisor's first.
fn trace(words: &[OsString], options: &[&str]) -> (Output, Vec<String>) {
    let home = tempfile::tempdir().expect("a temporary directory");
    let prefix = home.path().join("trace");
    let output = Command::new("strace")
        .args(["-ff", "-qq", "-s", "200", "-o"])
        .arg(&prefix)
        .args(options)
        .arg("--")
        .arg(program())
        .args(words)
        .env("HOME", home.path())
        .output()
        .expect("strace runs");
    let mut files: Vec<_> = fs::read_dir(home.path())
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("trace."))
    });
    // Numbers grow with time, and the tests run far from the highest.
    files.sort_by_key(|path| {
        path.extension()
            .and_then(|pid| pid.to_string_lossy().parse::<u32>().ok())
    });
    assert!(
        !files.is_empty(),
        "nothing was traced: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let traces = files
        .iter()
        .map(|path| String::from_utf8_lossy(&fs::read(path).expect("readable")).into_owned());
    (output, traces.collect())
}

fn scan(tree: &Tree) -> [OsString; 3] {
    ["scan".into(), "--quiet".into(), tree.path().into()]
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A tree with something to find, and with everything that tools are known to run without being asked.
fn hostile() -> Tree {
    let tree = Tree::new();
    let run = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\n@app.route('/run')\ndef run():\n    \
               os.system('ls ' + request.args['dir'])\n    return 'ok'\n";
    let marker = tree.path().join("executed");
    let touch = format!("#!/bin/sh\ntouch '{}'\n", marker.display());
    let files = [
        ("app.py", run.to_string()),
        ("Makefile", format!("all:\n\ttouch '{}'\n", marker.display())),
        ("build.rs", "fn main() {}\n".to_string()),
        (".editorconfig", "root = true\n".to_string()),
        (
            ".git/config",
            format!(
                "[core]\n\tfsmonitor = touch '{}'\n\thooksPath = hooks\n",
                marker.display()
            ),
        ),
        (".git/hooks/post-checkout", touch.clone()),
        ("hooks/pre-commit", touch.clone()),
        (".envrc", touch),
    ];
    for (name, text) in files {
        let path = tree.path().join(name);
        fs::create_dir_all(path.parent().expect("below the root")).expect("created");
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    }
    tree
}

fn calls<'a>(traces: &'a [String], names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let starts = move |line: &&str| names.iter().any(|name| line.starts_with(&format!("{name}(")));
    traces.iter().flat_map(|trace| trace.lines()).filter(starts)
}

#[test]
#[ignore = "needs strace on the search path"]
fn promise_02_no_process_of_a_scan_opens_a_network_socket() {
    let (output, traces) = trace(&scan(&hostile()), &[]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said(&output));
    let sockets: Vec<_> = calls(
        &traces,
        &["socket", "connect", "bind", "sendto", "sendmsg", "io_uring_setup"],
    )
    .collect();
    assert!(sockets.len() > 40, "the self-tests of two workers were not traced");
    for call in sockets {
        assert!(call.ends_with("= -1 EPERM (Operation not permitted)"), "{call}");
    }
    for pair in calls(&traces, &["socketpair"]).filter(|call| !call.contains("= -1 EPERM")) {
        assert!(pair.starts_with("socketpair(AF_UNIX, "), "{pair}");
    }
}

#[test]
#[ignore = "needs strace on the search path"]
fn promise_07_a_scan_of_a_hostile_repository_executes_nothing_but_itself() {
    let tree = hostile();
    let (output, traces) = trace(&scan(&tree), &["-e", "trace=execve,execveat,landlock_restrict_self"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said(&output));
    let executed: Vec<_> = calls(&traces, &["execve", "execveat"])
        .filter(|call| call.ends_with("= 0"))
        .collect();
    let workers = calls(&traces, &["landlock_restrict_self"]).count();
    assert!(workers >= 2, "no workers were traced");
    assert_eq!(executed.len(), 1 + workers, "{executed:?}");
    assert!(
        executed[1..]
            .iter()
            .all(|call| call.starts_with("execve(\"/proc/self/exe\", [\"anchorite\", \"__worker\", "))
    );
    assert!(!tree.path().join("executed").exists());
}

#[test]
#[ignore = "needs strace on the search path"]
fn promise_03_a_scan_refuses_with_exit_4_when_a_sealing_call_fails() {
    let tree = hostile();
    // The supervisor applies one filter, a worker two: the second call of a process is a worker's.
    for failing in [
        "landlock_restrict_self:error=ENOSYS",
        "landlock_create_ruleset:error=ENOSYS",
        "seccomp:error=EINVAL:when=2",
    ] {
        let (output, traces) = trace(&scan(&tree), &["-e", &format!("inject={failing}")]);
        assert!(
            traces.iter().any(|trace| trace.contains("(INJECTED)")),
            "{failing} was never called"
        );
        assert_eq!(output.status.code(), Some(4), "{failing}: {}", said(&output));
        assert!(output.stdout.is_empty(), "a refused scan reported something");
        // The tree was granted at most, never read.
        let source = tree.path().join("app.py").display().to_string();
        assert!(
            !traces.iter().any(|trace| opened(trace, &source)),
            "{failing}: a source was read"
        );
    }
}

#[test]
#[ignore = "needs strace on the search path"]
fn promise_11_a_model_file_is_refused_before_the_supervisor_opens_it() {
    let tree = Tree::new();
    let model = tree.path().join("model.gguf");
    fs::write(&model, b"GGUF\x03\0\0\0 and then nothing that a parser should meet").expect("written");
    let words = ["models".into(), "import".into(), model.clone().into()];
    let (output, traces) = trace(&words, &["-e", "trace=openat,open,execve"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let path = model.display().to_string();
    assert!(!opened(&traces[0], &path), "the supervisor opened it");
    assert!(
        traces[1..].iter().any(|trace| opened(trace, &path)),
        "nobody looked at it"
    );
}

fn opened(trace: &str, path: &str) -> bool {
    let name = Path::new(path)
        .file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned();
    trace
        .lines()
        .any(|line| line.starts_with("open") && line.contains(&name) && !line.contains("= -1"))
}
