//! What the walk must survive and what it must not touch.

use std::fs;
use std::path::Path;

use super::*;

const CODE: Code = Code {
    extensions: &["py", "js", "c", "go", "java", "ts"],
    interpreters: &["python", "node"],
};

/// Writes files into a fresh directory; a path that ends in `/` becomes an empty directory.
fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

fn scan(dir: &Path, limits: &Limits) -> (Snapshot, Vec<String>) {
    let (snapshot, problems) = read(dir, limits, CODE).unwrap();
    (snapshot, problems.iter().map(ToString::to_string).collect())
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.files().iter().map(|f| &*f.path).collect()
}

/// One case: the files, and the paths that are read from them without a problem.
fn check(files: &[(&str, &[u8])], expect: &[&str]) {
    let dir = tree(files);
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert_eq!(paths(&snapshot), expect);
    assert_eq!(problems, [""; 0]);
}

#[test]
fn reads_code_and_configuration_sorted_by_path_and_nothing_else() {
    check(
        &[
            ("b.py", b"b"),
            ("a/z.js", b"z"),
            ("logo.png", b"\x89PNG"),
            ("pom.xml", b"<p/>"),
            (".env", b"A=1"),
            ("x", b""),
        ],
        &[".env", "a/z.js", "b.py", "pom.xml"],
    );
}

#[test]
fn keeps_out_of_hidden_and_version_control_folders() {
    let files: &[(&str, &[u8])] = &[
        (".git/hooks/x.py", b""),
        (".cache/y.py", b""),
        ("a.py", b""),
        (".b.py", b""),
    ];
    check(files, &["a.py"]);
    let dir = tree(files);
    let (all, _) = scan(
        dir.path(),
        &Limits {
            hidden: true,
            ..Limits::default()
        },
    );
    assert_eq!(paths(&all), [".b.py", ".cache/y.py", "a.py"]);
}

#[test]
fn honours_gitignore_when_told_to_and_says_what_it_left_out() {
    let dir = tree(&[
        (".gitignore", b"build/\n*.gen.js\n!keep.gen.js\n"),
        ("a.py", b""),
        ("build/b.py", b""),
        ("c.gen.js", b""),
        ("keep.gen.js", b""),
        ("sub/.gitignore", b"/only.py\n!c.gen.js\n"),
        ("sub/only.py", b""),
        ("sub/c.gen.js", b""),
        ("sub/deep/only.py", b""),
    ]);
    let (some, _) = scan(dir.path(), &Limits::default());
    assert_eq!(
        paths(&some),
        ["a.py", "keep.gen.js", "sub/c.gen.js", "sub/deep/only.py"]
    );
    assert_eq!(some.skipped().ignored, ["build/", "c.gen.js", "sub/only.py"]);
    let (all, _) = scan(
        dir.path(),
        &Limits {
            gitignore: false,
            ..Limits::default()
        },
    );
    assert_eq!(all.files().len(), 7);
}

#[test]
fn ignores_the_git_configuration_and_rules_above_the_root() {
    let dir = tree(&[
        (".git/info/exclude", b"*.py"),
        (".gitignore", b"*.py"),
        ("in/a.py", b""),
        (".ignore", b"*"),
    ]);
    let (snapshot, _) = scan(&dir.path().join("in"), &Limits::default());
    assert_eq!(paths(&snapshot), ["a.py"]);
}

#[cfg(unix)]
#[test]
fn follows_no_link_and_survives_a_loop_of_them() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("secret.py", b"password")]);
    let dir = tree(&[("a.py", b"a"), ("sub/b.py", b"b")]);
    symlink(outside.path(), dir.path().join("out")).unwrap();
    symlink(outside.path().join("secret.py"), dir.path().join("s.py")).unwrap();
    symlink("..", dir.path().join("sub/up")).unwrap();
    symlink("nowhere", dir.path().join("dangling.py")).unwrap();
    symlink(outside.path().join("secret.py"), dir.path().join(".gitignore")).unwrap();
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert_eq!(paths(&snapshot), ["a.py", "sub/b.py"]);
    assert_eq!((snapshot.skipped().links, problems.len()), (5, 0));
}

#[cfg(unix)]
#[test]
fn a_link_or_another_file_put_in_place_after_the_walk_is_not_read() {
    let dir = tree(&[("a.py", b"a"), ("b.py", b"b")]);
    let (a, b) = (dir.path().join("a.py"), dir.path().join("b.py"));
    let meta = a.symlink_metadata().unwrap();
    assert_eq!(load::bytes(&a, &meta, 10).unwrap(), b"a");
    assert!(load::bytes(&b, &meta, 10).unwrap_err().contains("replaced"));
    fs::remove_file(&a).unwrap();
    std::os::unix::fs::symlink(&b, &a).unwrap();
    assert!(load::bytes(&a, &meta, 10).unwrap_err().starts_with("not read: "));
    assert!(
        load::bytes(&dir.path().join("gone.py"), &meta, 10)
            .unwrap_err()
            .starts_with("not read: ")
    );
}

#[cfg(unix)]
#[test]
fn never_opens_a_socket_that_looks_like_code() {
    let dir = tree(&[("a.py", b"a")]);
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s.py")).unwrap();
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert_eq!((paths(&snapshot), snapshot.skipped().special), (vec!["a.py"], 1));
    assert_eq!(problems, [""; 0]);
}

#[test]
fn a_sparse_giant_costs_a_stat_and_a_problem() {
    let dir = tree(&[("a.py", b"a")]);
    fs::File::create(dir.path().join("big.py"))
        .unwrap()
        .set_len(10 << 30)
        .unwrap();
    let start = std::time::Instant::now();
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert!(start.elapsed().as_secs() < 2);
    assert_eq!(paths(&snapshot), ["a.py"]);
    assert_eq!(problems, ["big.py: not read: larger than 2097152 bytes (10737418240)"]);
}

#[test]
fn a_giant_line_is_machine_made_and_reported() {
    let wide = [b'x'; 300 << 10];
    let dir = tree(&[
        ("a.py", b"a"),
        ("wide.js", &wide),
        ("wide.min.js", &wide),
        ("vendor/w.js", &wide),
    ]);
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert_eq!(paths(&snapshot), ["a.py"]);
    assert_eq!(
        problems,
        ["wide.js: not read: minified or generated, a line is longer than 262144 bytes"]
    );
}

#[test]
fn every_limit_that_leaves_a_file_out_is_reported_once() {
    let files: &[(&str, &[u8])] = &[
        ("a.py", b"1234"),
        ("b.py", b"1234"),
        ("d/e/c.py", b"1234"),
        ("vendor/0.py", b"1"),
    ];
    let dir = tree(files);
    let limited = |limits: Limits| {
        let (snapshot, problems) = scan(dir.path(), &limits);
        (paths(&snapshot).join(" "), problems)
    };
    let default = Limits::default;
    let (read, problems) = limited(Limits { files: 2, ..default() });
    assert_eq!(read, "a.py b.py");
    assert_eq!(
        problems,
        ["d/e/c.py: not read and 1 other files: the limit of 2 files was reached"]
    );
    let (read, problems) = limited(Limits {
        total_bytes: 12,
        ..default()
    });
    assert_eq!(read, "a.py b.py d/e/c.py", "own code comes before vendored code");
    assert_eq!(
        problems,
        ["vendor/0.py: not read: the limit of 12 bytes in total was reached"]
    );
    let (read, problems) = limited(Limits { depth: 1, ..default() });
    assert_eq!(read, "a.py b.py vendor/0.py");
    assert_eq!(problems, ["d/e: not entered: deeper than 1 directories"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_a_problem_and_not_silence() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tree(&[("a.py", b"a"), ("locked.py", b"x")]);
    let locked = dir.path().join("locked.py");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads it all the same.
    let expect = usize::from(fs::File::open(&locked).is_err());
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert_eq!((problems.len(), snapshot.files().len()), (expect, 2 - expect));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8_is_a_problem() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tree(&[("a.py", b"a")]);
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff.py")), b"x").unwrap();
    let (_, problems) = scan(dir.path(), &Limits::default());
    assert_eq!(problems, ["\u{fffd}.py: not read: its name is not UTF-8"]);
}

#[test]
fn decodes_what_people_write_and_marks_what_was_lost() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("é = 1".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let nul = [b"#\0".as_slice(), &[b'x'; 198]].concat();
    let dir = tree(&[
        ("bin.py", b"\0\0\0\0"),
        ("bom.py", b"\xef\xbb\xbfx = 1"),
        ("latin.py", b"s = '\xe9'"),
        ("nul.py", &nul),
        ("wide.py", &utf16),
    ]);
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    let shown = |f: &SourceFile| format!("{} {:.7} {}", f.path, f.text, f.lossy);
    let texts: Vec<_> = snapshot.files().iter().map(shown).collect();
    let expect = [
        "bom.py x = 1 false",
        "latin.py s = '\u{fffd}' true",
        "nul.py #\u{fffd}xxxxx true",
        "wide.py é = 1 false",
    ];
    assert_eq!(
        (texts.as_slice(), problems),
        (expect.map(String::from).as_slice(), vec![])
    );
    assert_eq!(snapshot.skipped().binary, ["bin.py"]);
}

#[cfg(unix)]
#[test]
fn reads_programs_without_extension_by_their_first_line() {
    use std::os::unix::fs::PermissionsExt;
    let elf: &[u8] = b"\x7fELF\0\0";
    let dir = tree(&[
        ("bin/elf", elf),
        ("bin/notes", b"#!/usr/bin/python3"),
        ("bin/run", b"#!/usr/bin/env -S python3.11 -u\nx = 1"),
        ("bin/shell", b"#!/bin/sh\n"),
        ("bin/web", b"#!/opt/node\n"),
    ]);
    for name in ["elf", "run", "shell", "web"] {
        fs::set_permissions(dir.path().join("bin").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let (snapshot, problems) = scan(dir.path(), &Limits::default());
    assert_eq!((paths(&snapshot), problems.len()), (vec!["bin/run", "bin/web"], 0));
    assert_eq!(snapshot.skipped().other, 3);
}

#[test]
fn knows_whose_code_it_is() {
    let cases: &[(&str, &str, Origin)] = &[
        ("src/app.py", "import os", Origin::Own),
        ("src/contest.py", "", Origin::Own),
        ("src/node_modules/x/i.js", "", Origin::Vendored),
        (
            "vendor/test/x_test.go",
            "// Code generated by x. DO NOT EDIT.",
            Origin::Vendored,
        ),
        ("third_party/z.c", "", Origin::Vendored),
        ("deps/lua/lua.c", "", Origin::Vendored),
        ("api/deps/auth.py", "", Origin::Own),
        ("api_pb2.py", "", Origin::Generated),
        ("js/app.min.js", "", Origin::Generated),
        ("package-lock.json", "", Origin::Generated),
        (
            "a.go",
            "\n// Code generated by stringer; DO NOT EDIT.\npackage a",
            Origin::Generated,
        ),
        ("a.java", "/*\n * @generated\n */", Origin::Generated),
        ("a.py", "x = 'Code generated by y, DO NOT EDIT'", Origin::Own),
        ("pkg/a_test.go", "", Origin::Test),
        ("tests/helper.py", "", Origin::Test),
        ("test_app.py", "", Origin::Test),
        ("ui/a.spec.ts", "", Origin::Test),
        ("src/UserDaoTest.java", "", Origin::Test),
        ("src/Latest.java", "", Origin::Own),
    ];
    for (path, text, expect) in cases {
        assert_eq!(origin::of(path, text), *expect, "{path}");
    }
    let long = format!("//{}é", "x".repeat(2045));
    assert_eq!(
        origin::of("a.c", &long),
        Origin::Own,
        "a cut inside a character is harmless"
    );
}

#[test]
fn finds_lines_by_number_and_files_by_path() {
    let snapshot = Snapshot::of_texts([("b.py", "one\r\ntwo\n\nfour"), ("a.py", "x\n"), ("c.py", "")]);
    let b = snapshot.by_path("b.py").unwrap().id;
    let lines: Vec<_> = (0..7).map(|n| snapshot.line(b, n)).collect();
    assert_eq!(lines, ["", "one", "two", "", "four", "", ""]);
    let counts: Vec<_> = snapshot.files().iter().map(|f| snapshot.line_count(f.id)).collect();
    assert_eq!(counts, [1, 4, 0]);
    assert!(snapshot.by_path("d.py").is_none());
}

#[test]
fn the_digest_depends_on_paths_and_contents_and_not_on_where_the_tree_stands() {
    let (one, two) = (
        tree(&[("a.py", b"1"), ("b.py", b"2")]),
        tree(&[("b.py", b"2"), ("a.py", b"1"), ("n.png", b"")]),
    );
    let digest = |dir: &tempfile::TempDir| scan(dir.path(), &Limits::default()).0.digest();
    assert_eq!(digest(&one), digest(&two));
    let texts = Snapshot::of_texts([("a.py", "1"), ("b.py", "2")]);
    assert_eq!(digest(&one), texts.digest());
    assert_ne!(texts.digest(), texts.with("a.py", "3").digest());
    assert_eq!(texts.with("a.py", "3").with("a.py", "1").digest(), texts.digest());
    assert_ne!(
        texts.digest(),
        Snapshot::of_texts([("a.py", "1"), ("c.py", "2")]).digest()
    );
}

#[test]
fn takes_a_single_file_as_the_root() {
    let dir = tree(&[("d/a.py", b"a"), ("d/b.py", b"b")]);
    let (snapshot, _) = scan(&dir.path().join("d/b.py"), &Limits::default());
    assert_eq!(paths(&snapshot), ["b.py"]);
}

#[test]
fn configuration_alone_is_something_to_scan() {
    let dir = tree(&[("deploy/docker-compose.yml", b"services: {}"), ("logo.png", b"")]);
    let (snapshot, _) = scan(dir.path(), &Limits::default());
    assert_eq!(paths(&snapshot), ["deploy/docker-compose.yml"]);
}

#[test]
fn a_root_with_nothing_to_scan_names_the_way_out() {
    let dir = tree(&[("logo.png", b""), ("notes.txt", b""), ("x/a.rb", b"")]);
    let fail = |path: &Path| read(path, &Limits::default(), CODE).unwrap_err();
    for (path, what, help) in [
        ("gone", "cannot open", "give the path"),
        ("", "no source files", ".py .js"),
        ("x/a.rb", "no source files", ".py .js"),
    ] {
        let fatal = fail(&dir.path().join(path));
        assert_eq!(fatal.exit, Exit::Usage);
        assert!(fatal.what.contains(what) && fatal.help.contains(help), "{fatal}");
    }
    #[cfg(unix)]
    assert!(
        fail(Path::new("/dev/null"))
            .what
            .contains("neither a directory nor a regular file")
    );
}

#[test]
fn nesting_of_any_depth_cannot_exhaust_the_stack() {
    let dir = tree(&[("a.py", b"a")]);
    let mut deep = dir.path().to_path_buf();
    for _ in 0..500 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("x.py"), b"x").unwrap();
    let (snapshot, problems) = scan(
        dir.path(),
        &Limits {
            depth: 1000,
            ..Limits::default()
        },
    );
    assert_eq!((snapshot.files().len(), problems.len()), (2, 0));
}
