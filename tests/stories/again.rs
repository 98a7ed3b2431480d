//! A second scan asks only what is new, says so, and finds what a scan that asks everything finds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::first_scan::copy;
use super::{User, application, said};

#[test]
fn a_second_scan_takes_over_what_the_first_was_answered_and_gives_the_same_file() {
    let (user, tree) = (User::new(), tempfile::tempdir().unwrap());
    copy(&application("vulnerable"), tree.path());
    user.sarif(tree.path(), &[]);
    fs::write(tree.path().join("web/more.py"), "LIMIT = 3\n").unwrap();
    let (_, warm) = user.sarif(tree.path(), &[]);
    let (_, cold) = User::new().sarif(tree.path(), &[]);
    assert_eq!(warm.to_string(), cold.to_string());
    let said_by = |words: &[&str]| {
        let output = user.run(words);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let told = said_by(&["scan", tree.path().to_str().unwrap()]);
    let count = warm["runs"][0]["properties"]["tally"]["planned"]
        .as_u64()
        .expect("a number");
    assert!(
        told.contains(&format!("{count} of {count} verdicts taken over from run 2")),
        "{told}"
    );
    let told = said_by(&["scan", tree.path().to_str().unwrap(), "--fresh"]);
    assert!(!told.contains("taken over"), "{told}");
}

fn pack(user: &User) -> PathBuf {
    let packs = user.home.path().join(".local/state/anchorite/packs");
    let mut all = fs::read_dir(packs).expect("packs are kept").flatten();
    all.next().expect("a pack").path()
}

/// What was planned and what the judges were shown, without a word about the tree's place and the time.
fn shown(user: &User, tree: &Path, more: &[&str]) -> (String, Vec<String>) {
    let words = [&["scan", tree.to_str().unwrap(), "--format", "json", "--quiet"], more].concat();
    let output = user.run(&words);
    let log: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    let units = log["units"].as_array().expect("units").iter();
    let notes = log["plan"]["coverage"]["problems"].as_array().expect("a list").iter();
    (
        log["plan"]["candidates"].to_string() + &units.map(|unit| unit["shown"].to_string()).collect::<String>(),
        notes.map(|note| note["what"].to_string()).collect(),
    )
}

#[test]
fn a_warm_scan_shows_the_judges_what_a_cold_one_shows() {
    let (user, tree) = (User::new(), tempfile::tempdir().unwrap());
    copy(&application("vulnerable"), tree.path());
    user.sarif(tree.path(), &[]);
    let mode = fs::metadata(pack(&user)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let edits: [(&str, &str, &str); 4] = [
        ("web/app.py", "term = ", "term = '' + "),
        ("api/server.js", "\n", "\n\n"),
        ("relay/main.go", "package main\n", "package main\n\n// moved\n"),
        ("desk/OrderServlet.java", "class ", "class /* same */ "),
    ];
    for (path, old, new) in edits {
        let path = tree.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{}", path.display());
        fs::write(&path, text.replacen(old, new, 1)).unwrap();
        let before = fs::metadata(pack(&user)).unwrap().len();
        let warm = shown(&user, tree.path(), &[]);
        assert_eq!(warm, shown(&User::new(), tree.path(), &[]), "{}", path.display());
        let grown = fs::metadata(pack(&user)).unwrap().len() - before;
        assert!(grown > 0 && grown < before, "one file of several: {grown} of {before}");
    }
}

#[test]
fn a_pack_that_was_changed_is_named_and_costs_no_finding() {
    let (user, tree) = (User::new(), tempfile::tempdir().unwrap());
    copy(&application("vulnerable"), tree.path());
    let (cold, none) = shown(&user, tree.path(), &[]);
    let pack = pack(&user);
    let mut bytes = fs::read(&pack).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&pack, bytes).unwrap();
    let (warm, notes) = shown(&user, tree.path(), &[]);
    assert_eq!(warm, cold);
    assert!(
        none.is_empty() && notes.iter().any(|note| note.contains("were changed since")),
        "{notes:?}"
    );
    let (again, notes) = shown(&user, tree.path(), &[]);
    assert!(again == cold && notes.is_empty(), "written anew: {notes:?}");
}
