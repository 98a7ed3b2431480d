//! A verdict can be made again, bit for bit, and what stands in the way is named.

use std::fs;

use super::first_scan::copy;
use super::{User, application, said};

#[test]
fn every_verdict_is_reproduced_and_a_changed_tree_is_named() {
    let (user, tree) = (User::new(), tempfile::tempdir().unwrap());
    copy(&application("vulnerable"), tree.path());
    let (_, log) = user.sarif(tree.path(), &[]);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let ids: Vec<&str> = results
        .iter()
        .map(|result| result["partialFingerprints"]["anchorite/v1"].as_str().expect("an id"))
        .collect();
    assert!(ids.len() >= 4, "{ids:?}");
    let replay = |id: &str, more: &[&str]| {
        let output = user.run(&[&["replay", id], more].concat());
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &said(&output);
        (output.status.code(), told)
    };
    // One at a time and with another number of threads: neither company nor order may show.
    for id in ids.iter().take(5) {
        let (code, told) = replay(id, &["--jobs", "1"]);
        assert!(
            told.contains("reproduced to the bit in ") && code == Some(0),
            "{id}: {told}"
        );
    }
    let (_, told) = replay(ids[0], &["--explain"]);
    assert!(
        told.contains("--- detect: prompt\n<|begin|><|detect|>") && told.contains("verdict's probabilities: [("),
        "{told}"
    );
    let (code, told) = replay("nothing", &[]);
    assert!(
        code == Some(2) && told.contains("judged no candidate `nothing`"),
        "{told}"
    );

    fs::write(tree.path().join("web/more.py"), "LIMIT = 3\n").unwrap();
    let (code, told) = replay(ids[0], &[]);
    assert!(
        code == Some(5) && told.contains("not reproduced") && told.contains("tree (digest of its files): was "),
        "{told}"
    );
}
