//! Every language's fixtures: a small source file and, beside it, the common form that it must lower to.
//!
//! In: `LANGUAGE/NAME.EXT` and `LANGUAGE/NAME.form.txt`. Out: a failed test that shows the first differing line.
//! `ANCHORITE_WRITE_FORMS=1` writes the expectation files instead; read the difference before keeping it.
//! Start at [`check`].

use std::fs;
use std::path::{Path, PathBuf};

use anchorite::source::{FileId, Origin, SourceFile};
use anchorite::syntax;

fn folder() -> PathBuf {
    Path::new(file!())
        .parent()
        .expect("this file is in a folder")
        .to_owned()
}

/// Lowers one source file and compares the dump of its form with the expectation beside it.
fn check(source: &Path) -> Result<(), String> {
    let text = fs::read_to_string(source).map_err(|e| format!("{}: {e}", source.display()))?;
    // A folder called `languages` holds texts for people, anywhere but here.
    let path = source.strip_prefix(folder()).unwrap_or(source);
    let file = SourceFile {
        id: FileId(0),
        path: path.to_string_lossy().as_ref().into(),
        digest: [0; 32],
        text: text.into(),
        lossy: false,
        origin: Origin::Own,
    };
    let module = syntax::parse_file(&file).ok_or_else(|| format!("{}: no row reads it", source.display()))?;
    let form = syntax::dump(&module);
    let expected = source.with_extension("form.txt");
    if std::env::var_os("ANCHORITE_WRITE_FORMS").is_some() {
        return fs::write(&expected, form).map_err(|e| format!("{}: {e}", expected.display()));
    }
    let wanted = fs::read_to_string(&expected).map_err(|e| format!("{}: {e}", expected.display()))?;
    if wanted == form {
        return Ok(());
    }
    let (mut wanted_lines, mut lines) = (wanted.lines(), form.lines());
    let mut number = 0;
    loop {
        number += 1;
        let (want, got) = (wanted_lines.next(), lines.next());
        if want != got || want.is_none() {
            let (want, got) = (want.unwrap_or("nothing"), got.unwrap_or("nothing"));
            return Err(format!("{}:{number}\n  want {want}\n  got  {got}", expected.display()));
        }
    }
}

fn check_language(language: &str) {
    let mut sources: Vec<PathBuf> = fs::read_dir(folder().join(language))
        .expect("each language has a folder")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "txt"))
        .collect();
    sources.sort();
    assert!(!sources.is_empty(), "no fixtures for {language}");
    let failed: Vec<String> = sources.iter().filter_map(|source| check(source).err()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn python_lowers_to_the_expected_forms() {
    check_language("python");
}

#[test]
fn javascript_lowers_to_the_expected_forms() {
    check_language("javascript");
}

#[test]
fn typescript_lowers_to_the_expected_forms() {
    check_language("typescript");
}

#[test]
fn java_lowers_to_the_expected_forms() {
    check_language("java");
}

#[test]
fn go_lowers_to_the_expected_forms() {
    check_language("go");
}

#[test]
fn c_lowers_to_the_expected_forms() {
    check_language("c");
}

#[test]
fn cpp_lowers_to_the_expected_forms() {
    check_language("cpp");
}

#[test]
fn csharp_lowers_to_the_expected_forms() {
    check_language("csharp");
}

#[test]
fn rust_lowers_to_the_expected_forms() {
    check_language("rust");
}

#[test]
fn kotlin_lowers_to_the_expected_forms() {
    check_language("kotlin");
}

#[test]
fn php_lowers_to_the_expected_forms() {
    check_language("php");
}

#[test]
fn ruby_lowers_to_the_expected_forms() {
    check_language("ruby");
}

#[test]
fn configuration_lowers_to_the_expected_settings() {
    check_language("settings");
}
