//! The table of languages: one row each, and everything a row cannot say in a query.
//!
//! In: a path and the first bytes of a file. Out: the [`Row`] that reads it, or nothing.
//! A new language is a row here and a folder under `queries/`; rows may share query files.
//! Deliberately absent: guesses from content beyond `#!` lines and C headers that hold C++. Start at [`row_of`].

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use regex::bytes::Regex;
use tree_sitter::Language;

use super::macros;
use super::roles::Query;
use super::templates;

/// Every extension that a row reads, without the dot.
pub fn extensions() -> Vec<&'static str> {
    ROWS.iter().flat_map(|row| row.extensions).copied().collect()
}

/// Every program that a `#!` line may name, without version digits.
pub fn interpreters() -> Vec<&'static str> {
    ROWS.iter().flat_map(|row| row.interpreters).copied().collect()
}

/// One language as the lowering engine sees it.
#[derive(Debug)]
pub(super) struct Row {
    pub name: &'static str,
    extensions: &'static [&'static str],
    /// Programs that a `#!` line may name, without version digits.
    interpreters: &'static [&'static str],
    grammar: fn() -> Language,
    queries: &'static [&'static str],
    /// Spells an import path the way patterns do.
    pub import_path: fn(&str) -> String,
    /// Spells the text as the grammar reads it best, every byte in its place.
    spell: Option<fn(&str) -> Cow<'_, str>>,
    compiled: OnceLock<Result<Query, String>>,
}

const JAVASCRIPT_COMMON: &str = include_str!("queries/javascript/common.scm");
const JSX: &str = include_str!("queries/javascript/jsx.scm");
const C_COMMON: &str = include_str!("queries/c/common.scm");
const TYPESCRIPT: &str = include_str!("queries/typescript/types.scm");

/// The one extension of two parts: the second alone is PHP's.
const BLADE: &str = "blade.php";

static ROWS: [Row; 20] = [
    row(
        "python",
        &["py", "pyi", "pyw"],
        &["python"],
        || tree_sitter_python::LANGUAGE.into(),
        &[include_str!("queries/python/python.scm")],
        as_written,
    ),
    row(
        "javascript",
        &["js", "jsx", "mjs", "cjs"],
        &["node"],
        || tree_sitter_javascript::LANGUAGE.into(),
        &[JAVASCRIPT_COMMON, include_str!("queries/javascript/plain.scm"), JSX],
        module_name,
    ),
    row(
        "typescript",
        &["ts", "mts", "cts"],
        &["ts-node", "deno", "bun"],
        || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        &[
            JAVASCRIPT_COMMON,
            TYPESCRIPT,
            include_str!("queries/typescript/only.scm"),
        ],
        module_name,
    ),
    row(
        "typescript",
        &["tsx"],
        &[],
        || tree_sitter_typescript::LANGUAGE_TSX.into(),
        &[JAVASCRIPT_COMMON, TYPESCRIPT, JSX],
        module_name,
    ),
    row(
        "java",
        &["java"],
        &["java"],
        || tree_sitter_java::LANGUAGE.into(),
        &[include_str!("queries/java/java.scm")],
        as_written,
    ),
    row(
        "go",
        &["go"],
        &[],
        || tree_sitter_go::LANGUAGE.into(),
        &[include_str!("queries/go/go.scm")],
        package_name,
    ),
    row(
        "c",
        &["c", "h"],
        &[],
        || tree_sitter_c::LANGUAGE.into(),
        &[C_COMMON, include_str!("queries/c/plain.scm")],
        as_written,
    ),
    row(
        "cpp",
        &[
            "cc", "cpp", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "tpp", "inl",
        ],
        &[],
        || tree_sitter_cpp::LANGUAGE.into(),
        &[C_COMMON, include_str!("queries/cpp/cpp.scm")],
        scoped_name,
    ),
    row(
        "csharp",
        &["cs", "csx"],
        &["dotnet-script"],
        || tree_sitter_c_sharp::LANGUAGE.into(),
        &[include_str!("queries/c_sharp/c_sharp.scm")],
        as_written,
    ),
    row(
        "php",
        &[
            "php", "phtml", "inc", "php3", "php4", "php5", "php7", "php8", "phps", "module", "theme", "ctp",
        ],
        &["php"],
        || tree_sitter_php::LANGUAGE_PHP.into(),
        &[include_str!("queries/php/php.scm")],
        namespaced_name,
    ),
    row(
        "rust",
        &["rs"],
        &[],
        || tree_sitter_rust::LANGUAGE.into(),
        &[include_str!("queries/rust/rust.scm")],
        scoped_name,
    )
    .spelled(macros::as_calls),
    row(
        "kotlin",
        &["kt", "kts"],
        &["kotlin", "kotlinc"],
        || tree_sitter_kotlin_ng::LANGUAGE.into(),
        &[include_str!("queries/kotlin/kotlin.scm")],
        as_written,
    ),
    row(
        "ruby",
        &["rb", "rake", "ru", "rbw", "gemspec"],
        &["ruby", "jruby", "rake"],
        || tree_sitter_ruby::LANGUAGE.into(),
        &[include_str!("queries/ruby/ruby.scm")],
        as_written,
    ),
    // Templates are read in the language of their expressions.
    row(
        "javascript",
        &[
            "html",
            "htm",
            "xhtml",
            "hbs",
            "handlebars",
            "mustache",
            "jinja",
            "jinja2",
            "j2",
            "njk",
            "nunjucks",
            "twig",
        ],
        &[],
        || tree_sitter_javascript::LANGUAGE.into(),
        &[JAVASCRIPT_COMMON, include_str!("queries/javascript/plain.scm"), JSX],
        module_name,
    )
    .spelled(templates::markup),
    row(
        "typescript",
        &["vue", "svelte"],
        &[],
        || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        &[
            JAVASCRIPT_COMMON,
            TYPESCRIPT,
            include_str!("queries/typescript/only.scm"),
        ],
        module_name,
    )
    .spelled(templates::markup),
    row(
        "javascript",
        &["ejs"],
        &[],
        || tree_sitter_javascript::LANGUAGE.into(),
        &[JAVASCRIPT_COMMON, include_str!("queries/javascript/plain.scm"), JSX],
        module_name,
    )
    .spelled(templates::embedded_javascript),
    row(
        "ruby",
        &["erb", "rhtml"],
        &[],
        || tree_sitter_ruby::LANGUAGE.into(),
        &[include_str!("queries/ruby/ruby.scm")],
        as_written,
    )
    .spelled(templates::embedded_ruby),
    row(
        "java",
        &["jsp", "jspf", "jspx", "tag"],
        &[],
        || tree_sitter_java::LANGUAGE.into(),
        &[include_str!("queries/java/java.scm")],
        as_written,
    )
    .spelled(templates::server_pages),
    row(
        "csharp",
        &["cshtml", "razor"],
        &[],
        || tree_sitter_c_sharp::LANGUAGE.into(),
        &[include_str!("queries/c_sharp/c_sharp.scm")],
        as_written,
    )
    .spelled(templates::razor),
    row(
        "php",
        &[BLADE],
        &[],
        || tree_sitter_php::LANGUAGE_PHP.into(),
        &[include_str!("queries/php/php.scm")],
        namespaced_name,
    )
    .spelled(templates::blade),
];

const fn row(
    name: &'static str,
    extensions: &'static [&'static str],
    interpreters: &'static [&'static str],
    grammar: fn() -> Language,
    queries: &'static [&'static str],
    import_path: fn(&str) -> String,
) -> Row {
    Row {
        name,
        extensions,
        interpreters,
        grammar,
        queries,
        import_path,
        spell: None,
        compiled: OnceLock::new(),
    }
}

impl Row {
    const fn spelled(mut self, spell: fn(&str) -> Cow<'_, str>) -> Self {
        self.spell = Some(spell);
        self
    }

    /// What is parsed in place of the text of a file: as long as that.
    pub fn prepared<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.spell.map_or(Cow::Borrowed(text), |spell| spell(text))
    }

    pub fn language(&self) -> Language {
        (self.grammar)()
    }

    /// Compiled on first use. A query that does not compile is a fault of this build, which a test looks for.
    pub fn query(&self) -> Result<&Query, &str> {
        let compiled = self
            .compiled
            .get_or_init(|| Query::compile(&self.language(), self.queries));
        compiled.as_ref().map_err(String::as_str)
    }
}

/// The row that reads a file, by extension, then by `#!` line.
pub(super) fn row_of(path: &str, head: &[u8]) -> Option<&'static Row> {
    let file = path.rsplit('/').next().unwrap_or(path);
    match file.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => {
            let extension = extension.to_ascii_lowercase();
            let wanted = match extension.as_str() {
                "h" if holds_cpp(head) => "hpp",
                "php" if file.ends_with(BLADE) => BLADE,
                own => own,
            };
            ROWS.iter().find(|row| row.extensions.contains(&wanted))
        }
        _ => by_interpreter(head),
    }
}

/// The row name of a file's language, or nothing when no row reads it. `head` is the start of the file; a few
/// kilobytes are enough.
pub fn language_of(path: &str, head: &[u8]) -> Option<&'static str> {
    row_of(path, head).map(|row| row.name)
}

fn by_interpreter(head: &[u8]) -> Option<&'static Row> {
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line
        .split_ascii_whitespace()
        .map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    ROWS.iter().find(|row| row.interpreters.contains(&program))
}

/// Whether a `.h` file is C++: a line that only C++ starts that way, or a name out of `std`. A lone
/// `extern "C"` does not count, since C headers guard themselves with it.
fn holds_cpp(head: &[u8]) -> bool {
    static TOKENS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?m)^\s*(class\s+\w|namespace(\s|\{)|template\s*<|using\s+\w|(public|private|protected)\s*:|virtual\s|friend\s|constexpr\s)|\bstd::\w|\w+::~?\w+\s*\(",
        )
        .expect("the pattern is a constant that a test compiles")
    });
    TOKENS.is_match(head)
}

fn as_written(path: &str) -> String {
    path.to_owned()
}

/// `node:fs/promises` is `fs/promises`.
fn module_name(path: &str) -> String {
    path.strip_prefix("node:").unwrap_or(path).to_owned()
}

/// `std::chrono` is `std.chrono`.
fn scoped_name(path: &str) -> String {
    path.replace("::", ".")
}

/// `\Foo\Bar` is `Foo.Bar`.
fn namespaced_name(path: &str) -> String {
    path.trim_start_matches('\\').replace('\\', ".")
}

/// `github.com/x/yaml/v3` and `gopkg.in/yaml.v3` are both `yaml`: the last segment without a major version, which is
/// what the code calls the package.
fn package_name(path: &str) -> String {
    let is_version = |text: &str| {
        text.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut segments = path.rsplit('/');
    let mut last = segments.next().unwrap_or(path);
    if is_version(last) {
        last = segments.next().unwrap_or(last);
    }
    match last.rsplit_once('.') {
        Some((name, version)) if is_version(version) => name.to_owned(),
        _ => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_compiles_its_queries() {
        for row in &ROWS {
            if let Err(e) = row.query() {
                panic!("{} {:?}: {e}", row.name, row.extensions);
            }
        }
    }

    #[test]
    fn go_packages_are_called_by_their_last_segment() {
        let pairs = [
            ("net/http", "http"),
            ("gopkg.in/yaml.v3", "yaml"),
            ("a.com/b/c/v2", "c"),
            ("fmt", "fmt"),
            ("v2", "v2"),
        ];
        for (path, name) in pairs {
            assert_eq!(package_name(path), name);
        }
    }

    #[test]
    fn languages_are_found_by_extension_and_by_interpreter() {
        assert_eq!(language_of("a/b.py", b""), Some("python"));
        assert_eq!(language_of("a/B.TSX", b""), Some("typescript"));
        assert_eq!(
            language_of("bin/run", b"#!/usr/bin/env -S python3.12 -u\n"),
            Some("python")
        );
        assert_eq!(language_of("bin/run", b"#!/usr/local/bin/node\n"), Some("javascript"));
        assert_eq!(language_of("bin/run", b"\xff\xfe"), None);
        assert_eq!(language_of(".py", b""), None);
        assert_eq!(
            language_of(
                "x.h",
                b"#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(int class_id);\n"
            ),
            Some("c")
        );
        assert_eq!(language_of("x.h", b"#pragma once\nnamespace a {\n}\n"), Some("cpp"));
        assert_eq!(language_of("x.h", b"void f(std::string s);"), Some("cpp"));
        assert_eq!(language_of("notes.txt", b"#!/usr/bin/python"), None);
    }
}
