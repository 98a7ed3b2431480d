//! What a class says runs before all of its methods: `before_action :require_login, except: [:index]`.
//!
//! In: the classes of the project with what their bodies declare. Out: whether a method is behind a check.
//! Deliberately absent: what the named method does; its name says whether it asks who is there.
//! Start at [`Filters::guard`].

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::injected::Injected;
use crate::candidates::Scene;
use crate::syntax::form::{Annotation, Class, Expr, ExprKind, Literal, Text};

/// How far base classes are followed.
const FOLLOW: usize = 8;

/// The declarations of classes by name, for languages that declare filters in the body of a class.
pub struct Filters<'a> {
    classes: BTreeMap<&'a str, Vec<&'a Class>>,
    /// What routes of Python ask for among their parameters.
    pub injected: Injected,
}

impl<'a> Filters<'a> {
    pub fn of(scene: &Scene<'a>) -> Self {
        let mut classes: BTreeMap<&str, Vec<&Class>> = BTreeMap::new();
        for module in scene.forest.modules.iter().filter(|module| module.language == "ruby") {
            for class in &module.classes {
                classes.entry(&class.name).or_default().push(class);
            }
        }
        Self {
            classes,
            injected: Injected::of(scene),
        }
    }

    /// Whether a filter whose name `asks` matches runs before `method` of `class`.
    pub fn guard(&self, class: &str, method: &str, asks: &Regex) -> bool {
        let mut line = vec![class];
        let mut at = 0;
        while at < line.len() && line.len() < FOLLOW {
            for base in self
                .classes
                .get(line[at])
                .into_iter()
                .flatten()
                .flat_map(|class| &class.bases)
            {
                let base = base.rsplit('.').next().unwrap_or(base);
                if !line.contains(&base) {
                    line.push(base);
                }
            }
            at += 1;
        }
        // The base class speaks first; what a class skips of it is gone.
        let mut active: BTreeSet<&str> = BTreeSet::new();
        for name in line.into_iter().rev() {
            for note in self
                .classes
                .get(name)
                .into_iter()
                .flatten()
                .flat_map(|class| &class.annotations)
            {
                if !applies(note, method) {
                    continue;
                }
                for filter in named(note) {
                    if note.name.starts_with("skip_") {
                        active.remove(filter);
                    } else {
                        active.insert(filter);
                    }
                }
            }
        }
        active.into_iter().any(|filter| asks.is_match(filter))
    }
}

/// The filters that a declaration names, or its own name where that says it all.
fn named(note: &Annotation) -> Vec<&str> {
    let plain = note.args.iter().filter(|arg| arg.label.is_none());
    let mut found: Vec<&str> = plain.filter_map(|arg| text(&arg.value)).map(|text| &**text).collect();
    if !note.name.ends_with("_action") && !note.name.ends_with("_filter") {
        found.push(&note.name);
    }
    found
}

/// Whether `only:` and `except:` leave this method in.
fn applies(note: &Annotation, method: &str) -> bool {
    let listed = |label: &str| {
        let arg = note.args.iter().find(|arg| arg.label.as_deref() == Some(label))?;
        Some(match &arg.value.kind {
            ExprKind::Collection(items) => items
                .iter()
                .filter_map(|(_, item)| text(item))
                .any(|one| &**one == method),
            _ => text(&arg.value).is_some_and(|one| &**one == method),
        })
    };
    listed("only").unwrap_or(true) && !listed("except").unwrap_or(false)
}

fn text(expr: &Expr) -> Option<&Text> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text),
        _ => None,
    }
}
