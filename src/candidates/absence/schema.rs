//! Mutations of a schema without the check that the others carry.
//!
//! In: schemas of GraphQL. Out: [`Absence`]s. What a resolver checks by itself is not seen here, so a schema counts only
//! where most mutations say in the schema who may call them. Start at [`unchecked_mutations`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;
use crate::syntax::form::Setting;

/// Directives that say who may call.
static CHECK: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)auth|role|permission|guard|login|logged|signed|admin|^(has|is|can|needs|requires?)[A-Z_]|allow|polic[yi]|protect|private|secured?|scope|acl|owner",
    )
});
/// What people do who have no account yet, or who cannot get at theirs.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?i)log_?in|log_?out|sign_?(in|up|out)|register|registration|forgot|recover|reset|verif|confirm|refresh|token|activate|",
        r"authenticate|oauth|sso|google|facebook|public|guest|anonymous|contact|newsletter|subscribe|ping|health|create_?(user|account)|",
        r"session|otp|invit|accept|track|consent",
    ))
});
/// Fewest mutations that carry a check.
const CHECKED: usize = 3;

pub fn unchecked_mutations(scene: &Scene) -> Vec<Absence> {
    let (mut checked, mut bare) = (BTreeMap::new(), Vec::new());
    for (at, module) in scene.forest.modules.iter().enumerate() {
        if module.language != "graphql" {
            continue;
        }
        let directives: Vec<(&str, &str)> = module.settings.iter().filter_map(directive).collect();
        if directives
            .iter()
            .any(|(field, name)| field.is_empty() && CHECK.is_match(name))
        {
            return Vec::new();
        }
        for (setting, field) in module.settings.iter().filter_map(|one| Some((one, mutation(one)?))) {
            let check = directives
                .iter()
                .find(|(own, name)| *own == field && CHECK.is_match(name));
            match check {
                Some((_, name)) => *checked.entry((*name).to_owned()).or_insert(0usize) += 1,
                None => bare.push((scene.graph.unit(at, 0), setting.span, field.to_owned())),
            }
        }
    }
    let count: usize = checked.values().sum();
    let Some((name, _)) = checked.iter().max_by_key(|(_, count)| **count) else {
        return Vec::new();
    };
    let open = bare.iter().filter(|(.., field)| OPEN.is_match(field)).count();
    if count < CHECKED || (bare.len() - open) * 2 > count {
        return Vec::new();
    }
    let absence = |(unit, span, field): (u32, _, String)| Absence {
        unit,
        span,
        what: format!("the mutation {field} has no check, and {count} others carry @{name} or the like"),
        weight: 45,
    };
    bare.into_iter()
        .filter(|(.., field)| !OPEN.is_match(field))
        .map(absence)
        .collect()
}

/// The name of a mutation.
fn mutation(one: &Setting) -> Option<&str> {
    let field = one.path.strip_prefix("Mutation.")?;
    (!field.contains('.') && !field.starts_with('@')).then_some(field)
}

/// A directive of a mutation, or of all of them.
fn directive(one: &Setting) -> Option<(&str, &str)> {
    let rest = one.path.strip_prefix("Mutation.")?;
    match rest.strip_prefix('@') {
        Some(name) => Some(("", name)),
        None => rest.split_once(".@"),
    }
}
