//! Flows that end well by what the project itself says on the way: a type fixes what a value may hold, a wrapper only
//! hands a format on, a password is hashed where it is kept.
//!
//! In: flows of the graph. Out: whether one is settled. Deliberately absent: what the flow engine proves of values, and
//! names that promise something: a function that is called `sanitize` may be the weakness. Start at [`Settled::has`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Scene;
use crate::flow::Flow;
use crate::flow::Hop;
use crate::flow::Note;
use crate::regexes::fixed;

/// Types of values that hold no fields of their own.
const SCALARS: [&str; 10] = [
    "str", "int", "float", "bool", "UUID", "UUID4", "UUID1", "date", "datetime", "Decimal",
];

/// Functions that keep passwords as nobody can read them.
static HASHES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(bcrypt|argon2|scrypt|pbkdf2|(generate_)?password_hash|hash_?password|password_?hasher|make_password)")
});
static VARIES: LazyLock<Regex> = LazyLock::new(|| fixed(r"\bva_(list|start)\b|\.\.\."));

/// What is looked up for every flow.
pub struct Settled<'a> {
    classes: BTreeSet<&'a str>,
    hashes: bool,
}

impl<'a> Settled<'a> {
    pub fn of(scene: &Scene<'a>) -> Self {
        let classes = scene.forest.modules.iter().flat_map(|module| &module.classes);
        Self {
            classes: classes.map(|class| &*class.name).collect(),
            hashes: scene.snapshot.files().iter().any(|file| HASHES.is_match(&file.text)),
        }
    }

    /// Whether nothing is left to ask. `alone` says that the file is a program of its own.
    pub fn has(&self, scene: &Scene, flow: &Flow, alone: &dyn Fn() -> bool) -> bool {
        let (Some(first), Some(last)) = (flow.hops.first(), flow.hops.last()) else {
            return false;
        };
        let card = scene.cards[flow.card].id.as_str();
        match card {
            "CWE-915" => self.typed(scene, first),
            "CWE-134" => flow.weak && hands_on(scene, flow),
            // Who stores it hashes it, here or further on.
            "CWE-522" => self.hashes && is_kept(last) && !alone(),
            "CWE-95" => flow.weak && is_timer(last),
            "CWE-338" => is_clock(first) && flow.hops.iter().any(|hop| hop.unit != first.unit),
            "CWE-22" | "CWE-94" => flow.weak && loads_classes(scene, first),
            _ => false,
        }
    }

    /// A parameter of a handler whose type says what it holds: a record of the project, or no record at all.
    fn typed(&self, scene: &Scene, first: &Hop) -> bool {
        let Note::Enters(name) = &first.note else { return false };
        if scene.module(first.unit).language != "python" {
            return false;
        }
        let params = &scene.function(first.unit).params;
        let own = params.iter().find(|param| param.name == *name);
        own.and_then(|param| param.hint.as_deref()).is_some_and(|hint| {
            let mut types = hint
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .filter(|word| !matches!(*word, "" | "Optional" | "Annotated" | "None" | "list" | "List"))
                .peekable();
            types.peek().is_some() && types.all(|word| SCALARS.contains(&word) || self.classes.contains(word))
        })
    }
}

/// A function with any number of arguments that only hands its format on to one that takes them as a list.
fn hands_on(scene: &Scene, flow: &Flow) -> bool {
    let first = flow.hops.first().map(|hop| hop.unit);
    first.is_some_and(|unit| {
        matches!(scene.module(unit).language, "c" | "cpp")
            && VARIES.is_match(scene.text(unit, scene.function(unit).span))
    })
}

fn is_kept(last: &Hop) -> bool {
    matches!(&last.note, Note::Sink(what) if what.ends_with("assword =") || what.contains("setPassword"))
}

/// What the clock says: a part of a secret where it is made, and the time of something where it comes from afar.
fn is_clock(first: &Hop) -> bool {
    const CLOCKS: [&str; 5] = [
        "time",
        "microtime",
        "time.time",
        "System.currentTimeMillis",
        "System.nanoTime",
    ];
    matches!(&first.note, Note::Enters(what) if CLOCKS.contains(&&**what))
}

/// A function that finds the file of a class is called by the language, with names of classes.
fn loads_classes(scene: &Scene, first: &Hop) -> bool {
    let name = &scene.function(first.unit).name;
    let class = matches!(&first.note, Note::Parameter(name) if matches!(&*name.to_lowercase(), "class" | "classname" | "class_name"));
    scene.module(first.unit).language == "php" && (class || name.to_lowercase().contains("autoload"))
}

/// What a timer runs is a function, whoever made it.
fn is_timer(last: &Hop) -> bool {
    matches!(&last.note, Note::Sink(what) if what.starts_with("setTimeout") || what.starts_with("setInterval"))
}
