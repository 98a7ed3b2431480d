//! A scan that is killed is taken up again, and its report is the one of an unbroken scan.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{User, said};

/// Enough candidates for several rounds.
fn tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    for n in 0..120 {
        let code = format!(
            "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\n\n@app.route('/job{n}')\ndef job{n}():\n    \
             target = request.args['target{n}']\n    os.system('job{n} ' + target)\n    return 'ok'\n"
        );
        fs::write(tree.path().join(format!("job{n}.py")), code).unwrap();
    }
    tree
}

fn journal(user: &User) -> u64 {
    let runs = user.home.path().join(".local/state/anchorite/runs");
    let files = fs::read_dir(runs)
        .into_iter()
        .flatten()
        .flatten()
        .map(|run| run.path().join("units.jsonl"));
    files
        .filter_map(|path| fs::metadata(path).ok())
        .map(|meta| meta.len())
        .max()
        .unwrap_or(0)
}

fn runs(user: &User) -> usize {
    fs::read_dir(user.home.path().join(".local/state/anchorite/runs"))
        .unwrap()
        .count()
}

fn report(user: &User, tree: &Path) -> String {
    let output = user.run(&["scan", tree.to_str().unwrap(), "--format", "sarif", "--quiet"]);
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_killed_scan_resumes_to_the_same_findings_file() {
    let tree = tree();
    let whole = report(&User::new(), tree.path());
    let user = User::new();
    let mut child = user
        .command(&["scan", tree.path().to_str().unwrap(), "--quiet"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while journal(&user) == 0 && started.elapsed() < Duration::from_secs(300) && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(journal(&user) > 0, "nothing was judged before the kill");
    assert_eq!(report(&user, tree.path()), whole);
    assert_eq!(runs(&user), 1, "the run was taken up, not started anew");
}

#[test]
fn an_interrupted_scan_exits_with_75_and_keeps_its_work() {
    let tree = tree();
    let user = User::new();
    let mut child = user
        .command(&["scan", tree.path().to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while journal(&user) == 0 && started.elapsed() < Duration::from_secs(300) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    assert!(
        matches!(status.code(), Some(75 | 1)),
        "{status}: neither interrupted nor finished first"
    );
    assert!(journal(&user) > 0);
}
