//! Modules → [`Index`]: full text over functions, definitions by name and entry points.
//!
//! In: a snapshot, its modules in the common form and the functions where outside input enters. Out: an [`Index`] that
//! answers in the same order on every machine.
//! Deliberately absent: the disk (the reader may not write), threads, and any notion of weaknesses.
//! Start at [`build`].

#[cfg(test)]
mod tests;
mod text;
pub mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::Graph;
use crate::problem::Fatal;
use crate::source::{FileId, Snapshot};
use crate::syntax::form::{Module, Span, Text};

/// A function of the scanned tree. Ordered by path, then by appearance in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionRef {
    pub file: FileId,
    /// Index into [`Module::functions`].
    pub function: usize,
}

/// What can be looked up about the tree.
pub struct Index {
    text: text::FullText,
    /// By bare name and, for members, also by `Class.name`.
    names: BTreeMap<Text, Vec<FunctionRef>>,
    entries: BTreeSet<FunctionRef>,
}

/// Builds the index. `entries` are the functions that a framework calls with outside input.
///
/// Fails only when memory runs out inside the full-text library.
pub fn build<'a>(
    snapshot: &Snapshot,
    modules: impl IntoIterator<Item = &'a Module>,
    entries: impl IntoIterator<Item = FunctionRef>,
) -> Result<Index, Fatal> {
    let mut modules: Vec<&Module> = modules.into_iter().collect();
    modules.sort_by_key(|module| module.file);
    let mut writer = text::Writer::new()?;
    let mut names: BTreeMap<Text, Vec<FunctionRef>> = BTreeMap::new();
    // What configuration says is looked up by its keys, never by its words.
    for module in modules.iter().filter(|module| module.settings.is_empty()) {
        let file = snapshot.file(module.file);
        for (at, function) in module.functions.iter().enumerate() {
            let whole = FunctionRef {
                file: module.file,
                function: at,
            };
            let name = qualified(module, at);
            if at > 0 && &*function.name != LAMBDA {
                names.entry(function.name.clone()).or_default().push(whole);
                if let Some(class) = &function.class_name {
                    names
                        .entry(format!("{class}.{}", function.name).into())
                        .or_default()
                        .push(whole);
                }
            }
            writer.add(whole, &name, &file.path, &own_text(module, at, &file.text))?;
        }
    }
    Ok(Index {
        text: writer.finish()?,
        names,
        entries: entries.into_iter().collect(),
    })
}

/// The functions of a graph where outside input enters, as [`build`] wants them.
pub fn entries(graph: &Graph) -> impl Iterator<Item = FunctionRef> {
    let units = graph
        .entries
        .iter()
        .filter_map(|entry| graph.units.get(entry.unit as usize));
    units.map(|unit| FunctionRef {
        file: unit.file,
        function: unit.index,
    })
}

const LAMBDA: &str = "<lambda>";

impl Index {
    /// The `k` functions that share most of their rarer words with `query` (BM25), best first; equals stand in order
    /// of path and line.
    pub fn search(&self, query: &str, k: usize) -> Vec<(FunctionRef, f32)> {
        self.text.search(query, k)
    }

    /// Functions called `name`: `find`, or `UserDao.find` where `db.UserDao.find` is meant too. A qualified name that
    /// is unknown as such falls back to its last part.
    pub fn definitions(&self, name: &str) -> &[FunctionRef] {
        let mut parts = name.rsplitn(3, '.');
        let (last, class) = (parts.next().unwrap_or(name), parts.next());
        let member = class.and_then(|class| self.names.get(format!("{class}.{last}").as_str()));
        member.or_else(|| self.names.get(last)).map_or(&[], Vec::as_slice)
    }

    /// Functions that a framework calls with outside input, in order of path and line.
    pub fn entries(&self) -> impl Iterator<Item = FunctionRef> {
        self.entries.iter().copied()
    }

    pub fn is_entry(&self, function: FunctionRef) -> bool {
        self.entries.contains(&function)
    }
}

/// The name people would use: `UserDao.find`, `outer.inner` for a nested function, `find.<lambda>`, `<module>`.
pub fn qualified(module: &Module, function: usize) -> String {
    let mut name = String::new();
    let mut at = Some(function);
    // A parent always stands before its child, which bounds the walk even over a malformed module.
    while let Some(function) = at.and_then(|at| module.functions.get(at)) {
        let own = match &function.class_name {
            Some(class) => format!("{class}.{}", function.name),
            None => function.name.to_string(),
        };
        name = if name.is_empty() { own } else { format!("{own}.{name}") };
        let inherits = function.class_name.is_some();
        at = function
            .parent
            .filter(|parent| *parent > 0 && Some(*parent) < at && !inherits);
    }
    name
}

/// A function's text; for top-level code the text that belongs to no function.
fn own_text(module: &Module, function: usize, text: &str) -> String {
    let slice = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or("");
    let Some(span) = module.functions.get(function).map(|f| f.span) else {
        return String::new();
    };
    if function > 0 {
        return slice(span.start, span.end).to_string();
    }
    let (mut out, mut from) = (String::new(), 0);
    let mut spans: Vec<Span> = module.functions[1..].iter().map(|f| f.span).collect();
    spans.sort();
    for span in spans {
        out.push_str(slice(from, span.start.max(from)));
        from = from.max(span.end);
    }
    out.push_str(text.get(from as usize..).unwrap_or(""));
    out
}
