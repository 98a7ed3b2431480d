//! Files of configuration become `Setting`s: `path.of.keys = value`, whatever the notation.
//!
//! In: a file whose name says that it is configuration. Out: a [`Module`] without code that says what the file sets, with
//! the exact place of each value. One row of `NOTATIONS` makes a notation; its reader tells a `Sheet` what it finds and
//! the sheet keeps the limits. What cannot be read ends the file: what stood before counts, and the module is partial.
//! Deliberately absent: what a setting means, which cards say; values of other files, variables and anchors.
//! Start at [`read`].

mod docker;
mod graphql;
mod lines;
mod nginx;
mod sheet;
mod sql;
mod table;
mod tokens;
mod xml;
mod yaml;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::Regex;

use super::form::{Function, Module};
use super::{Limits, whole};
use crate::problem::Problem;
use crate::regexes::fixed;
use crate::source::SourceFile;
use sheet::Sheet;

/// Why a reader stopped before the end: the text is not in the notation.
struct Broken;

/// One notation.
struct Notation {
    name: &'static str,
    /// Matches the path of its files.
    files: &'static str,
    /// Matches their text, where the name alone does not tell.
    text: Option<&'static str>,
    read: fn(&str, &mut Sheet) -> Result<(), Broken>,
}

const fn notation(
    name: &'static str,
    files: &'static str,
    text: Option<&'static str>,
    read: fn(&str, &mut Sheet) -> Result<(), Broken>,
) -> Notation {
    Notation {
        name,
        files,
        text,
        read,
    }
}

static NOTATIONS: [Notation; 11] = [
    notation("yaml", r"\.ya?ml$", None, yaml::yaml),
    notation("json", r"\.(json|jsonc|json5)$", None, yaml::json),
    notation("toml", r"\.toml$|(^|/)Pipfile$", None, table::read),
    notation("xml", r"\.(xml|config|xconf)$", Some(r"^\s*<"), xml::read),
    notation(
        "properties",
        r"\.(properties|ini|cnf|cfg)$|(^|/)\.(npmrc|pypirc)$",
        None,
        lines::read,
    ),
    notation("env", r"(^|/)\.?(env|flaskenv)(\.[\w.-]+)?$|\.env$", None, lines::read),
    notation(
        "dockerfile",
        r"(?i)(^|/)(Dockerfile|Containerfile)([._-][\w.-]+)?$|\.(dockerfile|containerfile)$",
        None,
        docker::read,
    ),
    notation(
        "nginx",
        r"\.(conf|nginx)$|\.conf\.template$|(^|/)sites-(available|enabled)/[^/]+$",
        Some(r"(?m)^\s*(server|location|http|upstream)\b[^;{}\n]*\{"),
        nginx::read,
    ),
    notation("sql", r"\.sql$", None, sql::read),
    notation(
        "graphql",
        r"\.(graphqls?|gql)$",
        Some(r"(?m)^\s*(extend\s+)?(type|schema|interface)\b"),
        graphql::read,
    ),
    notation("conf", r"(^|/)redis\.conf$", None, lines::read),
];

/// Expressions of the table, compiled once.
static COMPILED: LazyLock<Vec<(Regex, Option<Regex>)>> = LazyLock::new(|| {
    let fixed = |text: &str| fixed(text);
    NOTATIONS
        .iter()
        .map(|row| (fixed(row.files), row.text.map(fixed)))
        .collect()
});

/// Names of the notations, which stand where languages do.
pub fn notations() -> impl Iterator<Item = &'static str> {
    NOTATIONS.iter().map(|row| row.name)
}

/// Whether a module of this language is configuration.
pub fn is_notation(language: &str) -> bool {
    notations().any(|name| name == language)
}

/// Folders of texts for people, where `password` is a word like any other.
pub fn is_translation(path: &str) -> bool {
    const TEXTS: [&str; 10] = [
        "lang",
        "langs",
        "language",
        "languages",
        "locale",
        "locales",
        "i18n",
        "l10n",
        "translations",
        "messages",
    ];
    let mut folders = path.rsplit('/').skip(1);
    folders.any(|folder| TEXTS.contains(&&*folder.to_ascii_lowercase()))
}

fn row_of(path: &str, text: &str) -> Option<&'static Notation> {
    let row = |(row, (files, _)): &(&Notation, &(Regex, Option<Regex>))| row.name != "conf" && files.is_match(path);
    let found = NOTATIONS.iter().zip(COMPILED.iter()).find(row);
    let (row, (_, wanted)) = found?;
    let head = super::head(text);
    let head =
        std::str::from_utf8(head).unwrap_or_else(|e| std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or(""));
    wanted
        .as_ref()
        .is_none_or(|wanted| wanted.is_match(head))
        .then_some(row)
}

/// Reads one file of configuration; `None` when no notation claims it.
pub fn read(file: &SourceFile, limits: &Limits) -> Option<(Module, Option<Problem>)> {
    let row = row_of(&file.path, &file.text).filter(|_| !is_translation(&file.path))?;
    let mut module = Module {
        file: file.id,
        language: row.name,
        imports: Vec::new(),
        classes: Vec::new(),
        functions: vec![Function {
            name: "<module>".into(),
            public: true,
            span: whole(&file.text),
            ..Function::default()
        }],
        settings: Vec::new(),
        partial: false,
    };
    if file.text.len() > limits.max_bytes.min(sheet::BYTES) {
        let what = format!(
            "not read as configuration: {} bytes are over the limit",
            file.text.len()
        );
        module.partial = true;
        return Some((module, Some(Problem::left_out(&*file.path, what))));
    }
    let mut sheet = Sheet::of(&file.text);
    let end = (row.read)(&file.text, &mut sheet);
    let (settings, met) = sheet.finish();
    module.settings = settings;
    module.partial = end.is_err() || met.is_some();
    let problem = met.map(|what| Problem::left_out(&*file.path, format!("read as configuration in part: {what}")));
    Some((module, problem))
}
