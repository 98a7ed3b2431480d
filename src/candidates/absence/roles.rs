//! Routes for which it is enough to be logged in, where those beside them ask for a role.
//!
//! In: routes of one file with their controls. Out: [`Absence`]s. Deliberately absent: routes without any control, which
//! `routes` looks at, and which role would be the right one. Start at [`without_role`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::Entry;

use super::filters::Filters;
use super::inner::login_for_all;
use super::owners::granted;
use super::routes::{AUTH, WRITES, body, label};
use super::{Absence, routes};
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Controls that ask for more than to be known.
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(role|admin|permit|permission|authori[sz]e(d?_?roles?)?$|\bcan\b|ability|policy|staff|moderator|superuser|acl)",
    )
});
/// A body that decides by itself, or is about who asks.
static DECIDES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(role|is_?admin|permission|owner|req\.user|request\.user|ctx\.state\.user|user_?id|session|\b403\b|forbidden|/me\b)",
    )
});

/// Most routes of a file that change something ask for a role, and this one asks only who is there.
pub fn without_role(scene: &Scene) -> Vec<Absence> {
    let mut by_file: BTreeMap<u32, Vec<&Entry>> = BTreeMap::new();
    for entry in routes(scene) {
        let language = scene.module(entry.unit).language;
        let known = matches!(language, "javascript" | "typescript" | "java" | "kotlin" | "python");
        if known && WRITES.is_match(&entry.verb) && entry.route.is_some() {
            by_file.entry(scene.file(entry.unit).0).or_default().push(entry);
        }
    }
    let filters = Filters::of(scene);
    let injected = |entry: &Entry| filters.injected.asked(scene, entry.unit);
    let asks = |entry: &Entry| match scene.module(entry.unit).language {
        "java" | "kotlin" => granted(scene, entry),
        "python" => injected(entry) == Some(true) || entry.controls.iter().any(|control| ROLE.is_match(control)),
        _ => entry.controls.iter().any(|control| ROLE.is_match(control)),
    };
    let everywhere = login_for_all(scene, "java");
    let known = |entry: &&Entry| {
        entry.controls.iter().any(|control| AUTH.is_match(control))
            || injected(entry).is_some()
            || (everywhere && matches!(scene.module(entry.unit).language, "java" | "kotlin"))
    };
    let mut found = Vec::new();
    for entries in by_file.into_values() {
        let with = entries.iter().filter(|entry| asks(entry)).count();
        let without: Vec<&Entry> = entries.iter().filter(|entry| !asks(entry)).copied().collect();
        if with < 2 || without.len() >= with {
            continue;
        }
        for entry in without.into_iter().filter(known) {
            let own = entry.route.as_ref().is_some_and(|route| route.contains("/me"));
            if own || DECIDES.is_match(body(scene, entry)) && !GRANTS.is_match(body(scene, entry)) {
                continue;
            }
            found.push(Absence {
                unit: entry.unit,
                span: scene.graph.units[entry.unit as usize].span,
                what: format!(
                    "{} asks who is there and for no role; {with} other routes of this file do",
                    label(scene, entry)
                ),
                weight: 50,
            });
        }
    }
    found
}

/// Gives somebody a role, which is no check of one.
static GRANTS: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(set|grant|add|assign|update|change)_?role"));
