//! Statements of SQL that stand beside the methods that run them: in annotations and in the XML files of mappers.
//!
//! In: the files of a project, and methods without a body. Out: hits for the parameters that a statement takes in as
//! text (`${name}`), not as values (`#{name}`). Deliberately absent: what else such a file says; the sink is shown where
//! the method is declared. Start at [`Mappers::of`] and [`Walker::asks`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::source::SourceFile;
use crate::syntax::form::{Annotation, ExprKind, Function, Literal, Param, Span};

use crate::flow::program::names;
use crate::flow::state::value::State;
use crate::flow::walk::taint::Walker;
use crate::regexes::fixed;

/// Longest file that is looked at.
const LONGEST: usize = 1 << 20;
/// Annotations that hold a statement.
const STATEMENTS: [&str; 6] = ["Select", "Insert", "Update", "Delete", "SqlQuery", "SqlUpdate"];

static SPACE: LazyLock<Regex> = LazyLock::new(|| fixed(r#"<mapper\s[^>]*namespace\s*=\s*["']([\w.$]+)["']"#));
static STATEMENT: LazyLock<Regex> = LazyLock::new(|| fixed(r"<(select|insert|update|delete|sql)\s([^>]*)>"));
static ID: LazyLock<Regex> = LazyLock::new(|| fixed(r#"\bid\s*=\s*["']([\w.]+)["']"#));
static INCLUDED: LazyLock<Regex> = LazyLock::new(|| fixed(r#"<include\s[^>]*refid\s*=\s*["'](?:[\w.]+\.)?(\w+)["']"#));
static AS_TEXT: LazyLock<Regex> = LazyLock::new(|| fixed(r"\$\{\s*(\w+)(?:\.(\w+))?"));

/// What a statement takes in as text: a parameter, and the property of it that is meant.
type Hole = (String, Option<String>);

/// Holes by class and method.
#[derive(Debug, Default)]
pub struct Mappers {
    holes: BTreeMap<(String, String), Vec<Hole>>,
}

impl Mappers {
    pub fn of(files: &[SourceFile]) -> Self {
        let mut found = Self::default();
        let files = files
            .iter()
            .filter(|file| file.path.ends_with(".xml") && file.text.len() < LONGEST);
        for file in files.filter(|file| file.text.contains("<mapper") && file.text.contains("${")) {
            found.read(&file.text);
        }
        found
    }

    fn read(&mut self, text: &str) {
        let Some(space) = SPACE.captures(text).map(|found| found[1].to_owned()) else {
            return;
        };
        let class = space.rsplit('.').next().unwrap_or_default().to_owned();
        let (mut parts, mut statements) = (BTreeMap::new(), Vec::new());
        for found in STATEMENT.captures_iter(text) {
            let (tag, start) = (&found[1], found.get(0).map_or(0, |whole| whole.end()));
            let Some(id) = ID.captures(&found[2]).map(|id| id[1].to_owned()) else {
                continue;
            };
            let rest = &text[start..];
            let body = &rest[..rest.find(&format!("</{tag}>")).unwrap_or(0)];
            match tag {
                "sql" => drop(parts.insert(id, body)),
                _ => statements.push((id, body)),
            }
        }
        for (id, body) in statements {
            let mut holes = holes(body);
            for included in INCLUDED.captures_iter(body) {
                holes.extend(
                    parts
                        .get(&included[1])
                        .map(|part| self::holes(part))
                        .unwrap_or_default(),
                );
            }
            if !holes.is_empty() {
                self.holes.entry((class.clone(), id)).or_default().extend(holes);
            }
        }
    }
}

fn holes(text: &str) -> Vec<Hole> {
    let hole = |found: regex::Captures| (found[1].to_owned(), found.get(2).map(|part| part.as_str().to_owned()));
    AS_TEXT.captures_iter(text).map(hole).collect()
}

impl<'f> Walker<'_, 'f> {
    /// The statement that a method without a body stands for.
    pub fn asks(&mut self, function: &'f Function, state: &State<'f>) {
        if !function.body.is_empty() || !matches!(self.world.modules[self.module].language, "java" | "kotlin") {
            return;
        }
        for note in function
            .annotations
            .iter()
            .filter(|note| STATEMENTS.contains(&&*note.name))
        {
            self.filled(&holes(&written(note)), function, note.span, state);
        }
        let class = function.class_name.as_deref().unwrap_or_default();
        let world = self.world;
        if let Some(holes) = world.mappers.holes.get(&(class.to_owned(), function.name.to_string())) {
            self.filled(holes, function, function.span, state);
        }
    }

    fn filled(&mut self, holes: &[Hole], function: &'f Function, span: Span, state: &State<'f>) {
        for (name, part) in holes {
            let only = (function.params.len() == 1).then(|| (&function.params[0], Some(name)));
            let named = function.params.iter().find(|param| called(param, name));
            let Some((param, part)) = named.map(|param| (param, part.as_ref())).or(only) else {
                continue;
            };
            if param.hint.as_deref().is_some_and(names::is_numeric) {
                continue;
            }
            let value = state.read(&param.name);
            let facts = match part {
                Some(part) => value.part(part).all(),
                None => value.all(),
            };
            if self.world.about.queries != 0 {
                let card = self.world.about.queries.trailing_zeros() as usize;
                self.hit(card, &facts, span, &format!("${{{name}}} in a statement"));
            }
        }
    }
}

/// Whether a statement speaks of the parameter by this name.
fn called(param: &Param, name: &str) -> bool {
    let said = |note: &Annotation| {
        let first = note.args.first().map(|arg| &arg.value.kind);
        matches!(&*note.name, "Param" | "Bind")
            && matches!(first, Some(ExprKind::Literal(Literal::Str(text))) if &**text == name)
    };
    &*param.name == name || param.annotations.iter().any(said)
}

/// All literal text of an annotation.
fn written(note: &Annotation) -> String {
    let mut text = String::new();
    for arg in &note.args {
        names::descend(&arg.value, &mut |expr| {
            if let ExprKind::Literal(Literal::Str(part)) = &expr.kind {
                text.push_str(part);
                text.push('\n');
            }
        });
    }
    text
}
