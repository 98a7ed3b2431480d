//! Source text becomes a [`Forest`] of [`Module`]s in one common form, whatever the language.
//!
//! In: the files of a snapshot. Out: a [`Forest`]. One row in `languages.rs` and one folder under `queries/` make a
//! language: its captures name roles (`@if`, `@if.cond`, …, listed in `roles.rs`) and one engine, `lower/`, turns the
//! nodes that have a role into the common form of `form.rs`. A node without a role becomes `Opaque` over its children
//! or, as a statement, its children in sequence, so broken code gives fewer facts and never an error. Files of
//! configuration become modules too, whose settings `settings/` reads.
//! Deliberately absent: name resolution, types beyond hints, anything that could fail a run.
//! Start at [`parse`].

mod dump;
pub mod form;
mod imports;
pub mod keep;
mod languages;
mod lower;
mod macros;
pub mod pages;
mod roles;
pub mod settings;
pub mod templates;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

pub use dump::dump;
pub use languages::{extensions, interpreters, language_of};

use crate::problem::Problem;
use crate::source::SourceFile;
use form::{Function, Module, Span};
use languages::Row;

/// How deep statements and expressions of the common form may nest. What lies deeper becomes a flat `Opaque`, so
/// whoever walks a [`Module`] may recurse: [`STACK_BYTES`] are enough here and leave room for them.
pub const MAX_DEPTH: usize = 400;

/// Stack that parsing one file needs at most, in a build without optimisation.
pub const STACK_BYTES: usize = 8 << 20;

/// Levels of a syntax tree that one level of the common form takes up at most, with some slack.
const TREE_LEVELS: u32 = 4;

/// What one file may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max_bytes: usize,
    pub max_time: Duration,
}

impl Default for Limits {
    /// 8 MiB and 30 seconds: hand-written files take milliseconds, generated ones over a limit are reported.
    fn default() -> Self {
        Self {
            max_bytes: 8 << 20,
            max_time: Duration::from_secs(30),
        }
    }
}

/// Every file that a row reads, in the common form.
#[derive(Debug, Default)]
pub struct Forest {
    /// Sorted by file.
    pub modules: Vec<Module>,
    /// Lines of source per row name, files over a limit included.
    pub lines: BTreeMap<&'static str, u64>,
    pub problems: Vec<Problem>,
}

/// Parses all files in parallel; files that no row reads are passed over in silence.
pub fn parse(files: &[SourceFile], limits: &Limits) -> Forest {
    parse_news(files, limits, None).0
}

/// What parsing had to do although there was a pack of modules.
#[derive(Debug, Default)]
pub struct News {
    /// Records of the modules that were not in the pack.
    pub records: Vec<Vec<u8>>,
    /// Bytes of the pack that were of use.
    pub used: usize,
    /// True when a record was not what its digest says.
    pub broken: bool,
}

/// The module of a file, its problem, and what is new about it.
type Parsed = (u64, (Module, Option<Problem>), News);

/// As [`parse`], and files whose modules are known are not parsed. Nothing is recorded where `known` is `None`.
pub fn parse_news(files: &[SourceFile], limits: &Limits, known: Option<&keep::Known>) -> (Forest, News) {
    let work = || -> Vec<Parsed> { files.par_iter().filter_map(|file| one(file, limits, known)).collect() };
    // A pool of its own, because deep nesting needs more stack than the default two megabytes.
    let parsed = match rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    };
    let (mut forest, mut news) = (Forest::default(), News::default());
    for (lines, (module, problem), own) in parsed {
        *forest.lines.entry(module.language).or_default() += lines;
        forest.modules.push(module);
        forest.problems.extend(problem);
        news.records.extend(own.records);
        news.used += own.used;
        news.broken |= own.broken;
    }
    forest.modules.sort_by_key(|module| module.file);
    (forest, news)
}

fn one(file: &SourceFile, limits: &Limits, known: Option<&keep::Known>) -> Option<Parsed> {
    let mut news = News::default();
    match known.map(|known| known.find(file)) {
        Some(keep::Found::Module(module, used)) => {
            news.used = used;
            return Some((lines(&file.text), (module, None), news));
        }
        Some(keep::Found::Broken) => news.broken = true,
        Some(keep::Found::Nothing) | None => {}
    }
    let parsed = parse_within(file, limits)?;
    // What a limit cut short is tried again next time, and says so again.
    if known.is_some() && parsed.1.is_none() {
        news.records.extend(keep::record(file, &parsed.0));
    }
    Some((lines(&file.text), parsed, news))
}

/// Parses one file within the default [`Limits`]; `None` when no row reads it.
pub fn parse_file(file: &SourceFile) -> Option<Module> {
    parse_within(file, &Limits::default()).map(|(module, _)| module)
}

/// Parses one file on the caller's thread, which should have [`STACK_BYTES`] of stack; `None` when no row reads it.
/// Over a limit the module is what was understood until then, possibly nothing, and says that it is partial.
pub fn parse_within(file: &SourceFile, limits: &Limits) -> Option<(Module, Option<Problem>)> {
    let Some(row) = languages::row_of(&file.path, head(&file.text)) else {
        return settings::read(file, limits);
    };
    let fail = |what: String| (empty(file, row), Some(Problem::new(&*file.path, what)));
    if file.text.len() > limits.max_bytes || u32::try_from(file.text.len()).is_err() {
        return Some(fail(format!(
            "not parsed: {} bytes are over the limit of {}",
            file.text.len(),
            limits.max_bytes
        )));
    }
    let query = match row.query() {
        Ok(query) => query,
        Err(e) => {
            return Some(fail(format!(
                "not parsed: the queries for {} are broken: {e}",
                row.name
            )));
        }
    };
    let deadline = Instant::now() + limits.max_time;
    let text = row.prepared(&file.text);
    let Some(tree) = tree_of(row, &text, deadline) else {
        return Some(fail(format!("not parsed: it took longer than {:?}", limits.max_time)));
    };
    let roles = query.roles(tree.root_node(), &text, MAX_DEPTH as u32 * TREE_LEVELS, deadline);
    let (mut module, cut) = lower::lower(file, &text, row, &roles, tree.root_node());
    let why = match (roles.complete, cut) {
        (false, _) => Some(format!("it took longer than {:?}", limits.max_time)),
        (true, true) => Some(format!("it nests deeper than {MAX_DEPTH} levels")),
        (true, false) => None,
    };
    module.partial |= !roles.complete;
    let problem = why.map(|why| Problem::new(&*file.path, format!("parsed in part: {why}")));
    Some((module, problem))
}

fn tree_of(row: &Row, text: &str, deadline: Instant) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&row.language()).ok()?;
    let mut watch = |_: &ParseState| {
        if Instant::now() > deadline {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// A module without facts, for a file that could not be parsed.
fn empty(file: &SourceFile, row: &Row) -> Module {
    let function = Function {
        name: "<module>".into(),
        public: true,
        ..Function::default()
    };
    Module {
        file: file.id,
        language: row.name,
        imports: Vec::new(),
        classes: Vec::new(),
        functions: vec![Function {
            span: whole(&file.text),
            ..function
        }],
        settings: Vec::new(),
        partial: true,
    }
}

/// The span of a whole file.
fn whole(text: &str) -> Span {
    Span {
        start: 0,
        end: text.len().min(u32::MAX as usize) as u32,
        line: 1,
        last: lines(text).max(1) as u32,
    }
}

fn lines(text: &str) -> u64 {
    let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
    (breaks + usize::from(!text.is_empty() && !text.ends_with('\n'))) as u64
}

fn head(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(64 << 10)]
}

#[cfg(test)]
mod tests;
