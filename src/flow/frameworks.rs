//! Framework models: where outside input enters, what runs on a request, what moves data between arguments.
//!
//! In: the `.toml` files of `frameworks/`, embedded at build time. Out: [`Model`]s, parsed once.
//! Deliberately absent: models read at run time (a scanned repository cannot bring any) and sinks, which are cards'.
//! Start at [`all`].

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use crate::cards::pattern::Pattern;
use crate::cards::segments;
use crate::syntax::form::Module;

use crate::flow::program::matcher::Purpose;

/// Embeds the named models.
macro_rules! models {
    ($($file:literal)*) => {
        &[$(($file, include_str!(concat!("frameworks/", $file)))),*]
    };
}

const TEXTS: &[(&str, &str)] = models![
    "c-library.toml" "cpp-library.toml" "posix-sockets.toml"
    "python-library.toml" "python-servers.toml" "python-messages.toml"
    "flask.toml" "django.toml" "fastapi.toml" "aiohttp.toml" "tornado.toml" "bottle.toml"
    "node-library.toml" "express.toml" "koa.toml" "fastify.toml" "nestjs.toml" "next.toml"
    "hono.toml" "socket-io.toml" "graphql.toml" "trpc.toml" "electron.toml" "browser.toml" "page-routers.toml"
    "java-library.toml" "servlet.toml" "spring.toml" "jax-rs.toml" "stapler.toml"
    "kotlin-library.toml" "ktor.toml" "javalin.toml" "android.toml"
    "dotnet-library.toml" "aspnet.toml"
    "ruby-library.toml" "rails.toml" "sinatra.toml"
    "rust-library.toml" "axum.toml" "actix-web.toml" "rocket.toml"
    "go-library.toml" "gin.toml" "echo.toml" "go-routers.toml"
    "php-library.toml" "laravel.toml" "symfony.toml" "wordpress.toml" "codeigniter.toml" "psr7.toml"
];

/// One framework or standard library.
#[derive(Debug)]
pub struct Model {
    pub name: String,
    pub languages: Vec<String>,
    /// Import path prefixes that switch the model on for a project; none means always on.
    pub when: Vec<String>,
    pub sources: Vec<(String, Pattern)>,
    pub entries: Vec<EntryRule>,
    pub propagators: Vec<(Pattern, Vec<(usize, bool)>)>,
    /// Calls of which something is known whatever they are given.
    pub calls: Vec<(Purpose, Pattern)>,
    /// Parameters that by convention have this type where none is declared: `req` is an `express.Request`.
    pub names: Vec<(String, String)>,
    /// Methods that look a setting of the project up by its key.
    pub lookups: Vec<String>,
}

/// How code that the framework calls is recognised. Every given condition but the alternatives within one must hold.
#[derive(Debug)]
pub struct EntryRule {
    pub kind: String,
    /// Decorators or annotations on the function; `*.route` or `GetMapping`.
    pub annotations: Vec<String>,
    /// Registration calls whose named arguments are the handlers.
    pub calls: Vec<Pattern>,
    /// Function names.
    pub functions: Option<Regex>,
    /// Base classes or class annotations of the class that holds the function.
    pub classes: Vec<String>,
    /// Leading parameter types, compared by last segment.
    pub signature: Vec<String>,
    /// Variables of which the top level of a file must name one: then the file itself answers requests.
    pub page: Vec<String>,
    /// Only what is visible outside its class and does not construct it.
    pub public: bool,
    /// Name of the first parameter, the receiver not counted.
    pub first: Vec<String>,
    /// Path of the file.
    pub files: Option<Regex>,
    /// Names and keys around the function, outermost first: `resolvers.Query.user`.
    pub under: Option<Regex>,
    /// What the function or its file says of itself in a text that stands first: `"use server"`.
    pub directive: Option<String>,
    /// Not where the first text of the registration is one of these.
    pub unless: Option<Regex>,
    /// Types of the handler's parameters by position, the receiver not counted.
    pub types: Vec<String>,
    pub params: Params,
}

/// Which parameters carry outside input.
#[derive(Debug, Clone)]
pub enum Params {
    None,
    /// All but those whose type, default, name or annotation is one of these.
    AllBut(Names),
    /// Those with one of these annotations.
    Marked(Vec<String>),
    /// Those whose type names one of these.
    Only(Vec<String>),
    /// Those that an annotation names in a route, `#[get("/user/<id>")]`, and that are text by one of these types;
    /// whatever is made of the rest of a route (`<name..>`) has a type of the project.
    Routed(Vec<String>),
    /// Those at these positions.
    At(Vec<usize>),
    /// Those without a class for a type, and those whose class ends in one of these words.
    Scalars(Vec<String>),
}

/// Names as a model lists them: whole, or as an expression where the text says `^` or `$`.
#[derive(Debug, Clone, Default)]
pub struct Names {
    whole: Vec<String>,
    like: Vec<Regex>,
}

impl Names {
    fn of(texts: Vec<String>) -> Result<Self, String> {
        let (like, whole): (Vec<String>, Vec<String>) = texts.into_iter().partition(|text| text.contains(['^', '$']));
        let like = like
            .iter()
            .map(|text| Regex::new(text).map_err(|error| error.to_string()));
        let like = like.collect::<Result<_, _>>()?;
        Ok(Self { whole, like })
    }

    pub fn hold(&self, name: &str) -> bool {
        self.whole.iter().any(|own| own == name) || self.like.iter().any(|own| own.is_match(name))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    note: String,
    languages: Vec<String>,
    #[serde(default)]
    when: Vec<String>,
    #[serde(default)]
    sources: Vec<Sources>,
    #[serde(default)]
    entries: Vec<Entry>,
    #[serde(default)]
    propagators: Vec<Propagator>,
    /// Calls whose result says something about what they are given and does not contain it.
    #[serde(default)]
    blank: Vec<String>,
    /// Calls whose result is a number, or as harmless as one.
    #[serde(default)]
    numbers: Vec<String>,
    /// Conditions that leave only harmless text in the named argument when they hold.
    #[serde(default)]
    checks: Vec<String>,
    /// Calls that do not come back.
    #[serde(default)]
    ends: Vec<String>,
    /// Methods that look a setting up: `getProperty`.
    #[serde(default)]
    lookups: Vec<String>,
    #[serde(default)]
    names: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sources {
    kind: String,
    patterns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: String,
    #[serde(default)]
    annotations: Vec<String>,
    #[serde(default)]
    calls: Vec<String>,
    functions: Option<String>,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    signature: Vec<String>,
    #[serde(default)]
    page: Vec<String>,
    #[serde(default)]
    public: bool,
    #[serde(default)]
    first: Vec<String>,
    files: Option<String>,
    under: Option<String>,
    directive: Option<String>,
    unless: Option<String>,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    all_but: Option<Vec<String>>,
    #[serde(default)]
    scalars: Option<Vec<String>>,
    #[serde(default)]
    marked: Vec<String>,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    routed: bool,
    #[serde(default)]
    at: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Propagator {
    /// Calls whose named arguments flow on.
    patterns: Vec<String>,
    /// Arguments whose contents are replaced.
    #[serde(default)]
    to: Vec<usize>,
    /// Arguments whose contents are added to.
    #[serde(default)]
    into: Vec<usize>,
}

/// Every model, in the order of the list above.
///
/// # Panics
/// When an embedded file is malformed, which a test rules out.
pub fn all() -> &'static [Model] {
    static MODELS: OnceLock<Vec<Model>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let parsed = TEXTS
            .iter()
            .map(|(file, text)| parse(text).map_err(|error| format!("{file}: {error}")));
        parsed
            .collect::<Result<_, _>>()
            .expect("embedded framework models are checked by a test")
    })
}

fn parse(text: &str) -> Result<Model, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.note.is_empty() || file.languages.is_empty() {
        return Err("a model needs a note and a language".to_owned());
    }
    let mut sources = Vec::new();
    for group in file.sources {
        for pattern in patterns(&group.patterns)? {
            sources.push((group.kind.clone(), pattern));
        }
    }
    let mut propagators = Vec::new();
    for rule in file.propagators {
        let to: Vec<(usize, bool)> = rule
            .to
            .iter()
            .map(|&at| (at, false))
            .chain(rule.into.iter().map(|&at| (at, true)))
            .collect();
        for pattern in patterns(&rule.patterns)? {
            propagators.push((pattern, to.clone()));
        }
    }
    let mut calls = Vec::new();
    for (purpose, texts) in [
        (Purpose::Blank, &file.blank),
        (Purpose::Number, &file.numbers),
        (Purpose::Check, &file.checks),
        (Purpose::End, &file.ends),
    ] {
        calls.extend(patterns(texts)?.into_iter().map(|pattern| (purpose, pattern)));
    }
    Ok(Model {
        name: file.name,
        languages: file.languages,
        when: file.when,
        sources,
        entries: file.entries.into_iter().map(entry).collect::<Result<_, _>>()?,
        propagators,
        calls,
        names: file.names.into_iter().collect(),
        lookups: file.lookups,
    })
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, String> {
    texts.iter().map(|text| Pattern::parse(text)).collect()
}

fn entry(entry: Entry) -> Result<EntryRule, String> {
    let regex = |text: Option<String>| {
        text.map(|text| Regex::new(&text))
            .transpose()
            .map_err(|error| error.to_string())
    };
    let params = match (
        entry.all_but,
        entry.scalars,
        entry.marked.is_empty(),
        entry.at.is_empty(),
    ) {
        (Some(names), ..) => Params::AllBut(Names::of(names)?),
        (None, Some(names), ..) => Params::Scalars(names),
        (None, None, false, _) => Params::Marked(entry.marked),
        (None, None, true, false) => Params::At(entry.at),
        (None, None, true, true) if entry.routed => Params::Routed(entry.only),
        (None, None, true, true) if !entry.only.is_empty() => Params::Only(entry.only),
        (None, None, true, true) => Params::None,
    };
    let rule = EntryRule {
        kind: entry.kind,
        annotations: entry.annotations,
        calls: patterns(&entry.calls)?,
        functions: regex(entry.functions)?,
        classes: entry.classes,
        signature: entry.signature,
        page: entry.page,
        public: entry.public,
        first: entry.first,
        files: regex(entry.files)?,
        under: regex(entry.under)?,
        directive: entry.directive,
        unless: regex(entry.unless)?,
        types: entry.types,
        params,
    };
    let conditions =
        rule.page.len() + rule.annotations.len() + rule.calls.len() + rule.classes.len() + rule.signature.len();
    let named = rule.functions.is_some() || rule.files.is_some() || rule.under.is_some() || rule.directive.is_some();
    if conditions == 0 && !named {
        return Err(format!("an entry of kind {} has no condition", rule.kind));
    }
    Ok(rule)
}

impl Model {
    /// Whether the model speaks about this language.
    pub fn covers(&self, language: &str) -> bool {
        self.languages.iter().any(|own| own == language)
    }

    /// Whether this module shows that the framework is in use.
    pub fn used_by(&self, module: &Module) -> bool {
        if !self.covers(module.language) {
            return false;
        }
        self.when.is_empty()
            || module.imports.iter().any(|import| {
                let path = import.path.strip_prefix("node:").unwrap_or(&import.path);
                let have = segments(path);
                // Go binds an import by the last segment of its path.
                let short = |want: &[&str]| module.language == "go" && have.len() == 1 && want.last() == have.last();
                self.when
                    .iter()
                    .map(|prefix| segments(prefix))
                    .any(|want| have.starts_with(&want) || short(&want))
            })
    }
}

/// `*Controller` names every class whose name ends so.
pub fn class_named(want: &str, have: &str) -> bool {
    match want.strip_prefix('*') {
        Some(tail) => have.ends_with(tail),
        None => have == want,
    }
}

/// `*.route` names any dotted name that ends in `.route`; anything else the name itself or its last segments.
pub fn names_it(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(tail) => name.rsplit_once('.').is_some_and(|(_, last)| last == tail),
        None => name == pattern || name.strip_suffix(pattern).is_some_and(|head| head.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_model_parses_and_every_file_is_embedded() {
        assert_eq!(all().len(), TEXTS.len());
    }

    #[test]
    fn refuses_an_entry_that_would_match_every_function() {
        let text = "name='x'\nnote='y'\nlanguages=['c']\n[[entries]]\nkind='http'\n";
        assert!(parse(text).is_err());
    }
}
