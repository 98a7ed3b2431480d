//! Flows of what the program itself says, or whoever runs it: nothing that an outsider chooses.
//!
//! In: flows of the graph. Out: whether one begins in a test, in what the program's own error says, or in the settings
//! of a server. Deliberately absent: what a person would make of the rest. Start at [`Own::says`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Scene;
use crate::flow::Flow;
use crate::flow::Hop;
use crate::flow::program::names;
use crate::regexes::fixed;
use crate::source::Origin;
use crate::syntax::form::{Handler, Span, Stmt, StmtKind};

/// Names of files and classes that hold what the operator sets.
static SETTINGS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(config(uration)?|settings?|properties|preferences|environment|env|constants?)(impl|loader|manager|provider|reader|store|utils?|helper)?$",
    )
});
/// Errors of frameworks whose text is written for whoever asks.
static MEANT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(validation(error|exception)|http(error|exception|response\w*)|badrequest\w*|notfound(error|exception)|usererror\w*|responsestatusexception|bindexception|modelnotfoundexception|illegalargumentexception|argumentexception|invalidargumentexception|duplicate\w*|nosuchelementexception|entitynotfoundexception|constraintviolationexception|methodargumentnotvalidexception|authenticationexception|serializers?\.validationerror)$",
    )
});

/// Folders of whoever runs the program.
static FOLDER: LazyLock<Regex> =
    LazyLock::new(|| fixed(r#"['"](user\.(home|dir)|java\.io\.tmpdir|HOME|TMPDIR|XDG_\w+)['"]"#));

/// Kinds of input that whoever runs a server gives it.
const OPERATOR: [&str; 3] = ["env", "cli", "file"];

/// What is looked up for every flow.
pub struct Own<'a> {
    classes: BTreeSet<&'a str>,
    decorators: BTreeSet<&'a str>,
}

impl<'a> Own<'a> {
    pub fn of(scene: &Scene<'a>) -> Self {
        let modules = || scene.forest.modules.iter();
        let functions = || modules().flat_map(|module| &module.functions);
        let notes = functions().flat_map(|function| &function.annotations);
        Self {
            classes: modules()
                .flat_map(|module| &module.classes)
                .map(|class| &*class.name)
                .collect(),
            // What is written with a dot is somebody else's: `router.get`.
            decorators: notes
                .map(|note| &*note.name)
                .filter(|name| !name.contains('.'))
                .collect(),
        }
    }

    /// Whether nobody outside has a say in what flows. `serves` says that others reach the program.
    pub fn says(&self, scene: &Scene, flow: &Flow, serves: bool) -> bool {
        let (Some(first), Some(end)) = (flow.hops.first(), flow.hops.last()) else {
            return false;
        };
        let origin = |hop: &Hop| scene.snapshot.file(scene.file(hop.unit)).origin;
        if origin(end) == Origin::Own && flow.hops.iter().any(|hop| origin(hop) == Origin::Test) {
            return true;
        }
        let scripted = matches!(
            scene.module(first.unit).language,
            "python" | "javascript" | "typescript"
        );
        if flow.weak
            && scripted
            && self
                .decorators
                .contains(last(&scene.graph.units[first.unit as usize].name))
        {
            return true;
        }
        let card = &scene.cards[flow.card];
        if card.id == "CWE-209" && (self.wrote(scene, first) || script(scene, end)) {
            return true;
        }
        let folder = || FOLDER.is_match(scene.text(first.unit, first.span));
        serves && OPERATOR.contains(&flow.kind.as_str()) && (folder() || flow.hops.len() > 2 && settings(scene, first))
    }

    /// Whether the error that a handler tells of is one that the project declares, or that is meant to be told.
    fn wrote(&self, scene: &Scene, hop: &Hop) -> bool {
        let mut around = None;
        handlers(&scene.function(hop.unit).body, hop.span, &mut around);
        let Some(caught) = around.and_then(|handler: &Handler| handler.caught.as_deref()) else {
            return false;
        };
        let mut types = caught
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | ':')))
            .filter(|name| !name.is_empty())
            .peekable();
        types.peek().is_some() && types.all(|name| self.classes.contains(last(name)) || MEANT.is_match(last(name)))
    }
}

/// The innermost handler around a place.
fn handlers<'t>(block: &'t [Stmt], place: Span, found: &mut Option<&'t Handler>) {
    names::walk(block, &mut |stmt| {
        if let StmtKind::Try { handlers, .. } = &stmt.kind {
            for handler in handlers {
                if handler.span.start <= place.start && place.end <= handler.span.end {
                    *found = Some(handler);
                }
            }
        }
    });
}

fn last(name: &str) -> &str {
    name.rsplit(['.', ':', '\\']).next().unwrap_or(name)
}

/// A file that is started by itself writes to a terminal.
fn script(scene: &Scene, hop: &Hop) -> bool {
    scene.snapshot.file(scene.file(hop.unit)).text.starts_with("#!")
}

/// Whether a place is where the program reads its settings.
fn settings(scene: &Scene, hop: &Hop) -> bool {
    let path = &scene.snapshot.file(scene.file(hop.unit)).path;
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    let class = scene.function(hop.unit).class_name.as_deref();
    SETTINGS.is_match(stem) || class.is_some_and(|class| SETTINGS.is_match(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_known_by_what_holds_them() {
        for name in [
            "Config",
            "AppSettings",
            "ServerProperties",
            "config",
            "EnvironmentProvider",
        ] {
            assert!(SETTINGS.is_match(name), "{name}");
        }
        for name in ["ConfigurableList", "Upload", "SettingsController", "Envelope"] {
            assert!(!SETTINGS.is_match(name), "{name}");
        }
    }

    #[test]
    fn errors_that_are_meant_to_be_told_are_known() {
        assert!(MEANT.is_match("ValidationError") && MEANT.is_match("HTTPException"));
        assert!(!MEANT.is_match("Exception") && !MEANT.is_match("SQLException"));
    }
}
