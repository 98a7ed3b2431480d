//! What lies outside the functions of the trace and still bears on the question.
//!
//! In: the located steps and the [`World`]. Out: more lines for the [`Slice`], and facts in words.
//! Deliberately absent: any verdict; a sibling with a check is shown, not judged.
//! Start at [`callees`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::gather::{Spot, bounds, clip, nearest_first};
use super::slice::Slice;
use super::units::{self, Lines};
use super::{Call, Profile, Why, World, fence};
use crate::candidates::{Candidate, Generator, Role};
use crate::cards::{self, SettingRule};
use crate::index::{self, FunctionRef};
use crate::regexes::fixed;
use crate::source::{FileId, Origin};
use crate::syntax::form::{Function, Module, Setting};

/// Longest callee or neighbour shown whole, and how much is shown of a longer one, in lines.
const WHOLE: u32 = 30;
const BEGINNING: u32 = 14;
/// Longest callee shown in the compact form, in lines.
const SMALL: u32 = 10;
/// How far up callers are followed, and how many are shown at each level.
const LEVELS: usize = 3;
const CALLERS: usize = 3;
/// Most siblings shown, and most compared.
const SIBLINGS: usize = 6;
const COMPARED: usize = 200;
const IMPORTS: usize = 12;
const SETTINGS: usize = 14;
const NEIGHBOURS: usize = 3;
/// Longest hostile name quoted in a fact, in characters.
const NAME: usize = 60;

/// Definitions of what the steps call, those on the steps' own lines first.
/// In the compact form only those short enough to be shown whole.
pub(super) fn callees(spots: &[Spot], world: &World, slice: &mut Slice, profile: Profile) {
    let (mut on, mut near) = (Vec::new(), Vec::new());
    let mut asked = BTreeSet::new();
    for spot in spots.iter().filter(|spot| asked.insert(spot.function())) {
        let family = world.family(spot.function());
        let mut calls: Vec<Call> = family.into_iter().flat_map(|at| world.calls.callees(at)).collect();
        calls.sort_by_key(|call| (call.line, call.function));
        for call in calls {
            let holds = |at: &&Spot| at.file == spot.file && (at.step.line..=at.step.last).contains(&call.line);
            match spots.iter().position(|at| holds(&at)) {
                Some(rank) => on.push((rank, call.function)),
                // A lambda is called where it stands, and is shown as part of what is around it.
                None if slice.shows(spot.file, call.line) && !is_lambda(call.function, world) => {
                    near.push((0, call.function))
                }
                None => {}
            }
        }
    }
    on.sort_by_key(|(rank, _)| *rank);
    let steps: BTreeSet<FunctionRef> = spots.iter().map(Spot::function).collect();
    for (_, function) in on
        .into_iter()
        .chain(near)
        .filter(|(_, function)| !steps.contains(function))
    {
        let lines = world
            .function(function)
            .map_or(0, |function| function.span.last - function.span.line);
        if profile == Profile::Full || lines < SMALL {
            definition(function, world, slice, Why::Callee);
        }
    }
}

fn is_lambda(at: FunctionRef, world: &World) -> bool {
    world.function(at).is_some_and(|function| &*function.name == "<lambda>")
}

/// A function whole when it is short, otherwise its beginning.
fn definition(at: FunctionRef, world: &World, slice: &mut Slice, why: Why) {
    let (Some(function), Some(module)) = (world.function(at), world.module(at.file)) else {
        return;
    };
    let first = units::first_line(function);
    let short = function.span.last.saturating_sub(first) < WHOLE;
    let last = if short {
        function.span.last
    } else {
        first + BEGINNING - 1
    };
    if let Some(signature) = units::signature(module, at.function) {
        slice.show(at.file, signature, why);
    }
    slice.show(at.file, (first, last), why);
}

/// Top-level definitions of names that the shown lines use: allow-lists, clients, applications.
pub(super) fn constants(spots: &[Spot], world: &World, slice: &mut Slice) {
    for (file, module) in files(spots, world) {
        let names: BTreeSet<String> = slice
            .texts(file)
            .flat_map(units::identifiers)
            .map(str::to_string)
            .collect();
        let Some(top) = module.functions.first() else { continue };
        for (first, last) in units::definitions(&top.body, &names) {
            slice.show(file, (first, last.min(first + 3)), Why::Config);
        }
    }
}

/// The files of the steps, once each.
fn files<'w>(spots: &[Spot], world: &'w World) -> Vec<(FileId, &'w Module)> {
    let mut seen = BTreeSet::new();
    let fresh = spots.iter().filter(|spot| seen.insert(spot.file));
    fresh
        .filter_map(|spot| Some((spot.file, world.module(spot.file)?)))
        .collect()
}

/// Who calls the function where the data enters, up to an entry point.
pub(super) fn callers(spots: &[Spot], world: &World, slice: &mut Slice) {
    let Some(start) = spots
        .iter()
        .find(|spot| spot.step.role == Role::Source)
        .or(spots.first())
    else {
        return;
    };
    let mut seen = BTreeSet::from([start.function()]);
    let mut level = vec![start.function()];
    for _ in 0..LEVELS {
        let mut next = Vec::new();
        for at in level.into_iter().filter(|at| !world.is_entry(*at)) {
            let mut calls = world.calls.callers(at);
            calls.sort();
            for call in calls {
                let file = call.function.file;
                let Some(module) = world.module(file) else { continue };
                let caller = FunctionRef {
                    file,
                    function: units::unit_at(module, call.line),
                };
                if next.len() < CALLERS && seen.insert(caller) {
                    caller_of(call.line, caller, module, slice);
                    next.push(caller);
                }
            }
        }
        level = next;
    }
}

/// The call, its function's signature, and two lines on each side of the call.
fn caller_of(line: u32, caller: FunctionRef, module: &Module, slice: &mut Slice) {
    slice.show(caller.file, (line, line), Why::Caller);
    if let Some(signature) = units::signature(module, caller.function) {
        slice.show(caller.file, signature, Why::Caller);
    }
    let bounds = units::lines_of(module, caller.function, u32::MAX);
    slice.show(caller.file, clip(line.saturating_sub(2), line + 2, bounds), Why::Caller);
}

/// Settings by which frameworks switch protections on and off.
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?i)\b(debug|autoescape|csrf\w*|x?-?frame\w*|cors\w*|allowed_hosts|allow_?origins?|ssl\w*|tls\w*|verify\w*|",
        r"http_?only|same_?site|secure\w*|session_cookie\w*|permit_?all|h2[.-]console|expose|actuator|middleware\w*|helmet|",
        r"filter-mapping|security-constraint|require_?login|authenticat\w*)\b",
    ))
});

/// Files in which such settings stand.
static SETTINGS_FILE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(^|/)(settings(/\w+)?\.py|config\.(py|ya?ml|json)|application[\w-]*\.(properties|ya?ml)|web\.xml|\.flaskenv|",
        r"next\.config\.\w+|struts\.xml|nginx\.conf)$",
    ))
});

/// Imports of the sink's file, those that the shown lines use first; heads of classes; settings of the framework.
pub(super) fn configuration(candidate: &Candidate, spots: &[Spot], world: &World, slice: &mut Slice) {
    for (file, module) in files(spots, world) {
        let used: BTreeSet<&str> = slice.texts(file).flat_map(units::identifiers).collect();
        let mut imports: Vec<(bool, u32, u32)> = module
            .imports
            .iter()
            .map(|i| (!used.contains(&*i.local), i.span.line, i.span.last))
            .collect();
        imports.sort_unstable();
        imports.dedup();
        for (_, first, last) in imports.into_iter().take(IMPORTS) {
            slice.show(file, (first, last.min(first + 2)), Why::Config);
        }
        for spot in spots.iter().filter(|spot| spot.file == file) {
            if let Some(head) = class_head(module, spot.unit) {
                slice.show(file, head, Why::Config);
            }
        }
    }
    let mut left = SETTINGS;
    for (file, lines) in decided(candidate, world).into_iter().take(SETTINGS) {
        slice.show(file, lines, Why::Config);
    }
    for file in world.snapshot.files() {
        if file.origin != Origin::Own || !SETTINGS_FILE.is_match(&file.path) {
            continue;
        }
        for line in 1..=world.snapshot.line_count(file.id) {
            if left > 0 && SETTING.is_match(world.snapshot.line(file.id, line)) {
                left -= 1;
                slice.show(file.id, (line, line), Why::Config);
            }
        }
    }
}

/// Settings by which the project decides what the candidate's card asks about, whatever it decided.
fn decided(candidate: &Candidate, world: &World) -> Vec<(FileId, Lines)> {
    let rules = cards::get(&candidate.card).map_or(&[][..], |card| &card.settings);
    let rules: Vec<_> = rules.iter().filter(|rule| rule.secret.is_none()).collect();
    let mut found = Vec::new();
    for module in world.modules.iter().filter(|module| !module.settings.is_empty()) {
        let file = world.snapshot.file(module.file);
        let about = |rule: &&&SettingRule| rule.files.as_ref().is_none_or(|files| files.is_match(&file.path));
        let rules: Vec<_> = rules.iter().filter(about).collect();
        if file.origin == Origin::Own {
            let asked = |one: &&Setting| {
                rules
                    .iter()
                    .any(|rule| rule.key.as_str() != "." && rule.key.is_match(&one.path))
            };
            let settings = module.settings.iter().filter(asked);
            found.extend(settings.map(|one| (module.file, (one.span.line, one.span.last.min(one.span.line + 2)))));
        }
    }
    found
}

/// The annotations and first line of the class that a function is a member of.
fn class_head(module: &Module, unit: usize) -> Option<Lines> {
    let class = module.classes.get(module.functions.get(unit)?.class?)?;
    let first = class
        .annotations
        .iter()
        .map(|a| a.span.line)
        .filter(|line| *line > 0)
        .fold(class.span.line, u32::min);
    Some((first, class.span.line.max(first).min(first + 5)))
}

/// Functions of the same class or, for a function without one, of the same file that a framework calls or that carry
/// annotations: what they have and this one has not.
fn beside(spots: &[Spot], world: &World) -> Vec<FunctionRef> {
    let Some(here) = spots.first() else { return Vec::new() };
    let (Some(module), Some(own)) = (world.module(here.file), world.function(here.function())) else {
        return Vec::new();
    };
    let steps: BTreeSet<FunctionRef> = spots.iter().map(Spot::function).collect();
    let all = (1..module.functions.len()).map(|function| FunctionRef {
        file: here.file,
        function,
    });
    let alike = all.filter(|at| {
        let other = &module.functions[at.function];
        let exposed = !other.annotations.is_empty() || world.index.is_entry(*at);
        exposed && other.class_name == own.class_name && !steps.contains(at)
    });
    let mut alike: Vec<FunctionRef> = alike.take(COMPARED).collect();
    alike.sort_by_key(|at| module.functions[at.function].span.line.abs_diff(here.step.line));
    alike
}

pub(super) fn siblings(spots: &[Spot], world: &World, slice: &mut Slice) {
    for at in beside(spots, world).into_iter().take(SIBLINGS) {
        let Some(module) = world.module(at.file) else { continue };
        if let Some((first, last)) = units::signature(module, at.function) {
            // Two more lines: a check is often the first thing that a function does.
            let end = module.functions[at.function].span.last;
            slice.show(at.file, (first, (last + 2).min(end)), Why::Sibling);
        }
    }
}

/// What was left of long functions on the trace.
pub(super) fn rest(spots: &[Spot], world: &World, slice: &mut Slice) {
    for spot in spots.iter().filter(|spot| spot.unit > 0) {
        nearest_first(spot, bounds(spot, world), spots, world, slice);
    }
}

/// Functions elsewhere that use the same words as the sink.
pub(super) fn neighbours(candidate: &Candidate, world: &World, slice: &mut Slice) {
    if slice.full {
        return;
    }
    let query = format!("{} {}", candidate.place().code, candidate.function);
    let found = world.index.search(&query, NEIGHBOURS * 4).into_iter().map(|(at, _)| at);
    let new: Vec<FunctionRef> = found
        .filter(|at| at.function > 0 && world.snapshot.file(at.file).origin == Origin::Own)
        .filter(|at| {
            world
                .module(at.file)
                .is_some_and(|module| module.language == candidate.language)
        })
        .filter(|at| !slice.shows_unit((at.file, at.function)))
        .filter(|at| world.function(*at).is_some_and(|f| f.span.last - f.span.line < WHOLE))
        .take(NEIGHBOURS)
        .collect();
    new.into_iter()
        .for_each(|at| definition(at, world, slice, Why::Neighbour));
}

/// What no line shows: how siblings differ, and (in the full profile) how the code is reached and what it is.
pub(super) fn facts(candidate: &Candidate, spots: &[Spot], world: &World, profile: Profile) -> Vec<String> {
    let mut facts = Vec::new();
    if candidate.generator == Generator::Absence {
        facts.extend(differences(spots, world));
    }
    if profile == Profile::Compact {
        return facts;
    }
    let Some(first) = spots
        .iter()
        .find(|spot| spot.step.role == Role::Source)
        .or(spots.first())
    else {
        return facts;
    };
    if let Some(module) = world.module(first.file) {
        let name = quoted(&index::qualified(module, first.unit));
        if world.is_entry(first.function()) {
            facts.push(format!("{name} is called by a framework with input from outside."));
        } else if first.unit > 0 && world.calls.callers(first.function()).is_empty() {
            facts.push(format!("No call of {name} was found in this repository."));
        }
    }
    for (file, module) in files(spots, world) {
        let source = world.snapshot.file(file);
        let path = quoted(&source.path);
        match source.origin {
            Origin::Own => {}
            Origin::Vendored => facts.push(format!("{path} is third-party code kept in this repository.")),
            Origin::Generated => facts.push(format!("{path} was generated by a tool.")),
            Origin::Test => facts.push(format!("{path} is test code.")),
        }
        if module.partial {
            facts.push(format!("{path} could be parsed only in part."));
        }
    }
    facts
}

/// `2 of 3 siblings have "login_required"`, most common first, for annotations that the candidate lacks.
fn differences(spots: &[Spot], world: &World) -> Vec<String> {
    let Some(own) = spots.first().and_then(|spot| world.function(spot.function())) else {
        return Vec::new();
    };
    let siblings: Vec<&Function> = beside(spots, world)
        .into_iter()
        .filter_map(|at| world.function(at))
        .collect();
    let has: BTreeSet<&str> = own.annotations.iter().map(|a| &*a.name).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for sibling in &siblings {
        let names: BTreeSet<&str> = sibling.annotations.iter().map(|a| &*a.name).collect();
        names
            .difference(&has)
            .for_each(|name| *counts.entry(name).or_default() += 1);
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let all = siblings.len();
    counts
        .into_iter()
        .take(3)
        .map(|(name, n)| format!("{n} of {all} siblings have {}", quoted(name)))
        .collect()
}

/// A hostile name inside a sentence of ours.
fn quoted(name: &str) -> String {
    format!("\"{}\"", fence::inline(name, NAME).replace('"', "'"))
}
