//! A second scan asks only what is new, says so, and finds what a scan that asks everything finds.

use std::fs;

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
