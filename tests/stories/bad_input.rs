//! Bad input: each a sentence that names what, where and the way out, the right exit code, and never a panic.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};

use super::{User, application, results, said};

fn check(user: &User, words: &[&str], code: i32, fragments: &[&str]) {
    let output = user.run(words);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
    assert!(!text.contains("panicked"), "{text}");
    for fragment in fragments {
        assert!(text.contains(fragment), "{words:?} does not say {fragment:?}:\n{text}");
    }
}

#[test]
fn a_path_that_is_not_there() {
    check(&User::new(), &["scan", "nowhere"], 2, &["nowhere", "help:"]);
}

#[test]
fn a_tree_without_sources() {
    let user = User::new();
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("photo.jpg"), b"\xff\xd8\xff").unwrap();
    check(&user, &["scan", tree.path().to_str().unwrap()], 2, &["help:", "py"]);
}

#[test]
fn words_that_are_not_understood() {
    let user = User::new();
    let app = application("safe");
    let app = app.to_str().unwrap();
    check(&user, &["scan", app, "--budget", "soon"], 2, &["soon", "10m"]);
    check(&user, &["explain", "CWE-0"], 2, &["CWE-0", "help:"]);
    check(&user, &["scan", app, "--model", "gpt-9"], 2, &["gpt-9", "help:"]);
    check(
        &user,
        &["scan", app, "--sandbox", "maybe"],
        2,
        &["maybe", "seccomp-only"],
    );
    check(&user, &["report", "nowhere"], 3, &["nowhere", "help:"]);
}

#[test]
fn a_configuration_with_an_unknown_key() {
    let user = User::new();
    let path = user.home.path().join("a.toml");
    fs::write(&path, "[scan]\nmodle = \"x\"\n").unwrap();
    check(
        &user,
        &["scan", ".", "--config", path.to_str().unwrap()],
        2,
        &["a.toml", "modle"],
    );
}

#[test]
fn files_that_are_not_models() {
    let user = User::new();
    let path = user.home.path().join("model.gguf");
    let import = ["models", "import", path.to_str().unwrap()];
    fs::write(&path, b"GGUF").unwrap();
    check(&user, &import, 2, &["model.gguf", "help:"]);
    let other = user.home.path().join("mine.gguf");
    fs::write(&other, b"GGUFxx").unwrap();
    check(
        &user,
        &["models", "import", other.to_str().unwrap()],
        2,
        &["mine.gguf", "help:"],
    );
    fs::write(&path, b"PK\x03\x04 not a model at all, just an archive").unwrap();
    check(&user, &import, 2, &["model.gguf", "help:"]);
}

/// Hostile and odd files in one tree: the scan ends, and says what it did not look at.
#[test]
fn odd_files_cost_themselves_only() {
    let user = User::new();
    let tree = tempfile::tempdir().unwrap();
    let at = |name: &str| tree.path().join(name);
    fs::write(at("good.py"), "import os, sys\nos.system('ls ' + sys.argv[1])\n").unwrap();
    File::create(at("huge.py")).unwrap().set_len(10 << 30).unwrap();
    fs::write(at("line.js"), "x".repeat(50 << 20)).unwrap();
    fs::write(at("latin.py"), b"# caf\xe9\nx = 1\n").unwrap();
    fs::write(
        at("deep.py"),
        format!("x = {}1{}\n", "f(\n".repeat(100_000), ")".repeat(100_000)),
    )
    .unwrap();
    symlink(tree.path(), at("loop")).unwrap();
    symlink("/etc/passwd", at("passwd.py")).unwrap();
    let output = user.run(&["scan", tree.path().to_str().unwrap(), "--format", "json"]);
    let text = said(&output);
    assert!(!text.contains("panicked"), "{text}");
    let value: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"));
    let problems = value["plan"]["coverage"]["problems"].to_string();
    for name in ["huge.py", "line.js", "deep.py"] {
        assert!(problems.contains(name), "{name} is not listed in {problems}");
    }
    let candidates = value["plan"]["candidates"].to_string();
    assert!(
        candidates.contains("good.py") && !candidates.contains("passwd"),
        "{candidates}"
    );
}

/// A file system of `size` of the user's own; then, in the same one with room, the same scan again.
fn scans_on_a_small_disk(user: &User, state: &Path, size: &str) -> (Output, Output) {
    let script = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && "$@" >"$HOME/first.out" 2>"$HOME/first.err"
        echo $? >"$HOME/first.code"; mount -o remount,size=64m "$ANCHORITE_STATE" && exec "$@""#;
    let app = application("vulnerable");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", size])
        .args([
            state.as_os_str(),
            env!("CARGO_BIN_EXE_anchorite").as_ref(),
            "scan".as_ref(),
        ])
        .args([app.as_os_str(), "--quiet".as_ref(), "--format=sarif".as_ref()])
        .env("HOME", user.home.path())
        .env("ANCHORITE_STATE", state)
        .output()
        .expect("unshare(1) and user namespaces are needed to make a small disk");
    let read = |name: &str| fs::read(user.home.path().join(name)).unwrap_or_default();
    let code = String::from_utf8_lossy(&read("first.code")).trim().parse::<i32>();
    let first = Output {
        status: ExitStatus::from_raw(code.unwrap_or_else(|_| panic!("no small disk: {}", said(&output))) << 8),
        stdout: read("first.out"),
        stderr: read("first.err"),
    };
    (first, output)
}

#[test]
fn a_disk_that_fills_up_is_named_and_what_was_finished_is_kept() {
    let whole = User::new().sarif(&application("vulnerable"), &[]).1;
    let mut full = 0;
    for size in ["4k", "12k", "28k", "64k", "128k"] {
        let user = User::new();
        let state = user.home.path().join("state");
        fs::create_dir(&state).unwrap();
        let (first, second) = scans_on_a_small_disk(&user, &state, size);
        let text = said(&first);
        assert!(!text.contains("panicked"), "{size}: {text}");
        if !matches!(first.status.code(), Some(0 | 1)) {
            full += 1;
            let code = first.status.code();
            assert!(matches!(code, Some(2 | 3)), "{size}: {code:?} {text}");
            assert!(
                text.contains("No space left") && text.contains("help:"),
                "{size}: {text}"
            );
        }
        let log: serde_json::Value = serde_json::from_slice(&second.stdout)
            .unwrap_or_else(|error| panic!("{size}: no SARIF ({error}): {}", said(&second)));
        assert_eq!(results(&log, "fail"), results(&whole, "fail"), "{size}");
    }
    assert!(full >= 2, "only {full} of the disks were too small");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let user = User::new();
    let mut child = user
        .command(&["explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(status.success() && text.is_empty(), "{status}: {text}");
}

#[test]
fn a_state_directory_that_cannot_be_written() {
    let user = User::new();
    let file = user.home.path().join("file");
    fs::write(&file, b"").unwrap();
    let state = file.to_str().unwrap();
    check(
        &user,
        &["scan", application("safe").to_str().unwrap(), "--state", state],
        2,
        &["file", "state directory"],
    );
}

#[test]
fn runs_are_never_kept_inside_the_scanned_tree() {
    let user = User::new();
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("a.py"), "x = 1\n").unwrap();
    let (root, state) = (tree.path().to_str().unwrap(), tree.path().join("state"));
    check(
        &user,
        &["scan", root, "--state", state.to_str().unwrap()],
        2,
        &["inside", "--state"],
    );
    assert!(!state.exists());
}
