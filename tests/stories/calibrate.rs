//! An imported model is set upright on labelled code, and what makes no sense is refused.

use std::fs;
use std::path::Path;

use super::{User, said};

const OF_EACH: usize = 12;

/// Handlers that run what they are given, and handlers that run only what is short, which somebody called harmless.
fn labelled(tree: &Path) -> String {
    let mut labels = String::new();
    for (kind, lines) in [
        ("open", "    os.system('job{n} ' + target)\n"),
        (
            "kept",
            "    if len(target) > 9:\n        return 'no'\n    os.system('job{n} ' + target)\n",
        ),
    ] {
        for n in 0..OF_EACH {
            let head = "import os\nimport re\nfrom flask import Flask, request\napp = Flask(__name__)\n\n\n@app.route('/job{n}')\ndef job{n}():\n    target = request.args['t{n}']\n";
            let code = format!("{head}{lines}    return 'ok'\n").replace("{n}", &n.to_string());
            let path = format!("{kind}{n}.py");
            fs::write(tree.join(&path), code).unwrap();
            labels += &format!(
                "{{\"path\":\"{path}\",\"cwe\":\"CWE-78\",\"vulnerable\":{}}}\n",
                kind == "open"
            );
        }
    }
    labels
}

#[test]
fn a_model_is_calibrated_on_labels_and_later_scans_say_with_what() {
    let (user, tree) = (User::new(), tempfile::tempdir().unwrap());
    let labels = user.home.path().join("labels.jsonl");
    fs::write(&labels, labelled(tree.path())).unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/novice");
    let imported = user.run(&["models", "import", own.to_str().unwrap(), "--name", "mine"]);
    assert!(imported.status.success(), "{}", said(&imported));
    let calibrate = |model: &str| {
        let words = [
            "calibrate",
            model,
            tree.path().to_str().unwrap(),
            "--labels",
            labels.to_str().unwrap(),
        ];
        let output = user.run(&words);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &said(&output),
        )
    };
    let (code, told) = calibrate("mine");
    assert_eq!(code, Some(0), "{told}");
    for words in [
        "mine is calibrated",
        "detect: 24 verdicts on labelled places, 12 of them weak; slope ",
        "verify: ",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let manifest = user
        .home
        .path()
        .join(".local/state/anchorite/models/mine/manifest.toml");
    assert!(fs::read_to_string(manifest).unwrap().contains("[calibration.detect]"));
    assert!(
        user.run(&["models", "verify", "mine"]).status.success(),
        "the weights are what they were"
    );

    let (code, told) = calibrate("novice");
    assert!(code == Some(2) && told.contains("part of the program"), "{told}");
    fs::write(
        &labels,
        "{\"path\":\"open0.py\",\"cwe\":\"CWE-78\",\"vulnerable\":true}\n",
    )
    .unwrap();
    let (code, told) = calibrate("mine");
    assert!(
        code == Some(3) && told.contains("1 verdicts on weak places and 0 on safe ones"),
        "{told}"
    );
    fs::write(&labels, "path,cwe\n").unwrap();
    let (code, told) = calibrate("mine");
    assert!(
        code == Some(2) && told.contains("line 1: ") && told.contains("help:"),
        "{told}"
    );
}
