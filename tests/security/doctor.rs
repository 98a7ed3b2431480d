//! Promise 39: `doctor` tells the operator what will and will not be enforced here.

use anchorite::sandbox::{Grants, Level, probe_from};

use super::program;

/// The probe's text without what depends on this machine's kernel version or on how many paths exist here.
fn told(grants: &Grants) -> (Level, String) {
    let support = probe_from(program(), grants);
    let text = support.to_string();
    assert!(text.starts_with(&format!("sandbox on {}\n", support.kernel)), "{text}");
    let lines = text.lines().skip(1).map(|line| {
        let mut masked = String::new();
        for c in line.chars() {
            match c {
                '0'..='9' if masked.ends_with('#') => {}
                '0'..='9' => masked.push('#'),
                c => masked.push(c),
            }
        }
        masked
    });
    (support.level(), lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn promise_39_doctor_tells_what_is_enforced_when_everything_is() {
    let (level, text) = told(&Grants::default());
    assert_eq!(level, Level::Full, "{text}");
    let expected = "  level           full
  system calls    # of # forbidden acts denied
  files           # of # forbidden acts denied
  landlock        on, version #
  seccomp         on
  no-new-privs    on
  capabilities    none
  namespaces      its own user, network, ipc, uts
  known gap       names, sizes and times of files outside the grants can be asked for
  A scan runs here with every wall up.";
    assert_eq!(text, expected);
}

#[cfg(debug_assertions)]
#[test]
fn promise_39_doctor_tells_what_is_not_enforced() {
    use anchorite::sandbox::Missing;
    let without = |missing: Missing| {
        told(&Grants {
            simulate_missing: vec![missing],
            ..Grants::default()
        })
    };

    let (level, text) = without(Missing::Landlock);
    assert_eq!(level, Level::SeccompOnly);
    for line in [
        "  level           seccomp-only",
        "  landlock        OFF",
        "  not denied      read /etc/passwd",
        "  not in force    landlock: this kernel has none, or it is switched off",
        "  A scan refuses to run here unless `--sandbox seccomp-only` accepts that workers can read other files.",
    ] {
        assert!(text.lines().any(|told| told == line), "`{line}` is missing:\n{text}");
    }

    let (level, text) = without(Missing::Namespaces);
    assert_eq!(level, Level::Full);
    for line in [
        "  namespaces      none of its own",
        "  not in force    namespaces: Operation not permitted (os error #)",
    ] {
        assert!(text.lines().any(|told| told == line), "`{line}` is missing:\n{text}");
    }

    let (level, text) = without(Missing::Seccomp);
    assert_eq!(level, Level::None);
    for line in [
        "  level           none",
        "  seccomp         OFF",
        "  not denied      socket: IPv# TCP",
        "  A scan refuses to run here unless `--sandbox none` accepts workers without walls.",
    ] {
        assert!(text.lines().any(|told| told == line), "`{line}` is missing:\n{text}");
    }
}

/// The command itself says what the library measured.
#[test]
fn promise_39_the_doctor_command_prints_the_level() {
    let output = std::process::Command::new(program())
        .arg("doctor")
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let level = probe_from(program(), &Grants::default()).level();
    assert!(text.contains(&format!("level           {level}")), "{text}");
}
