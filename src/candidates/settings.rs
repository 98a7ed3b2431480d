//! Settings of configuration files that the cards call weak.
//!
//! In: modules of configuration and the cards' `settings` rules. Out: drafts whose last step is the setting, and whose
//! steps before it are the other settings that make it weak. Files for development, tests and examples count only where a
//! rule says so. Deliberately absent: what a key means, which the cards say.
//! Start at [`find`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::cards::SettingRule;
use crate::regexes::fixed;
use crate::syntax::form::{Module, Setting, Span};

use super::make::{Draft, brief};
use super::secrets::is_secret;
use super::{Generator, Role, Scene};

/// Files that say how a program runs on the desk of who works on it.
static DEVELOPMENT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?i)(^|/)(docs?|documentation|examples?|samples?|demos?|dev|devel|development|local|tests?|testing|e2e|ci|debug|mocks?|fixtures?|",
        r"seeds?|seeders?|playground|playwright|cypress|sandbox|\.github/workflows|tutorials?|templates?|stubs?|benchmarks?|\.?devcontainer|integration-?tests?|res/values[^/]*)/|",
        r"(^|[/._-])(dev|devel|development|local|localhost|tests?|testing|e2e|debug|examples?|samples?|demo|",
        r"launchSettings|compose[.-]ci|application-ci|seeds?|mock|stub|vagrant)(\.[\w.-]+)?$|",
        r"[._-](template|tpl|dist|defaults?|override|skeleton|quickstart)(\.[\w.-]+)?$|[._-](dev|test|local|example|sample)[._-]",
    ))
});
/// Keys below which the same stands.
static DEVELOPED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(%?(dev|development|test|tests|testing|local|example)|profiles\.\w*(dev|local|test)\w*)\.|(^|\.)(examples?|placeholder|defaultProps)(\.|$)",
    )
});
/// The same of a whole document.
static PROFILE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^spring\.(config\.activate\.on-?profile|profiles)(\.\d+)? = .*\b(dev|development|local|test|demo|docker-?dev)\b|^APP_ENV = (local|dev|development|test|testing)$|^(NODE|RAILS|FLASK|DJANGO)_ENV = (dev|development|test)$",
    )
});

pub fn find(scene: &Scene) -> Vec<Draft> {
    let rules: Vec<(usize, &SettingRule)> = scene
        .cards
        .iter()
        .enumerate()
        .filter(|(_, card)| scene.wants(card))
        .flat_map(|(at, card)| card.settings.iter().map(move |rule| (at, rule)))
        .collect();
    let mut drafts = Vec::new();
    for (at, module) in scene.forest.modules.iter().enumerate() {
        let path = &*scene.snapshot.file(module.file).path;
        if module.settings.is_empty() {
            continue;
        }
        let unit = scene.graph.unit(at, 0);
        let sheet = Sheet::of(module, DEVELOPMENT.is_match(path));
        for (card, rule) in rules.iter().filter(|(_, rule)| is_about(rule, module.language, path)) {
            for (setting, others) in sheet.weak(rule) {
                drafts.push(draft(scene, *card, unit, rule, setting, &others));
            }
        }
    }
    drafts
}

fn is_about(rule: &SettingRule, notation: &str, path: &str) -> bool {
    (rule.notations.is_empty() || rule.notations.iter().any(|own| own == notation))
        && rule.files.as_ref().is_none_or(|files| files.is_match(path))
}

/// The settings of one file.
struct Sheet<'a> {
    settings: &'a [Setting],
    /// `key = value`, per setting.
    lines: Vec<String>,
    /// Whether it is for development, as a whole or per document.
    development: bool,
    parts: BTreeMap<u32, bool>,
}

impl<'a> Sheet<'a> {
    fn of(module: &'a Module, development: bool) -> Self {
        let settings = module.settings.as_slice();
        let lines: Vec<String> = settings
            .iter()
            .map(|one| format!("{} = {}", one.path, one.value))
            .collect();
        let mut parts = BTreeMap::new();
        for (one, line) in settings.iter().zip(&lines) {
            *parts.entry(one.part).or_default() |= PROFILE.is_match(line);
        }
        Self {
            settings,
            lines,
            development,
            parts,
        }
    }

    fn is_development(&self, setting: &Setting) -> bool {
        self.development || self.parts.get(&setting.part) == Some(&true) || DEVELOPED.is_match(&setting.path)
    }

    /// Settings that are weak by the rule, each with those that make it so.
    fn weak(&self, rule: &SettingRule) -> Vec<(&'a Setting, Vec<&'a Setting>)> {
        let refused = |one: &&Setting| rule.not_key.as_ref().is_some_and(|refused| refused.is_match(&one.path));
        let keyed = self.settings.iter().filter(|one| rule.key.is_match(&one.path));
        let mut keyed = keyed.filter(|one| !refused(one));
        let keyed: Vec<&Setting> = match rule.last {
            true => keyed.next_back().into_iter().collect(),
            false => keyed.collect(),
        };
        let fits = |one: &&Setting| {
            (rule.anywhere || !self.is_development(one))
                && rule.value.as_ref().is_none_or(|wanted| wanted.is_match(&one.value))
                && rule
                    .not_value
                    .as_ref()
                    .is_none_or(|refused| !refused.is_match(&one.value))
                && secret(rule, one)
        };
        // Rows of one table are put right together.
        let mut tables = BTreeSet::new();
        keyed
            .into_iter()
            .filter(fits)
            .filter(|one| !one.path.starts_with("INSERT.") || tables.insert(&one.path))
            .filter_map(|one| self.in_company(rule, one).map(|others| (one, others)))
            .collect()
    }

    /// The settings that a rule wants beside one, if all are there and none that it refuses.
    fn in_company(&self, rule: &SettingRule, one: &Setting) -> Option<Vec<&'a Setting>> {
        let captured = rule.key.captures(&one.path).and_then(|found| found.get(1));
        let captured = regex::escape(captured.map_or("", |found| found.as_str()));
        let first = |text: &String| {
            // What is filled in was escaped, and a test compiles the rest.
            let wanted = Regex::new(&text.replace("$1", &captured)).ok()?;
            let same = self
                .settings
                .iter()
                .zip(&self.lines)
                .filter(|(other, _)| other.part == one.part);
            same.filter(|(_, line)| wanted.is_match(line))
                .map(|(other, _)| other)
                .next()
        };
        if rule.without.iter().any(|text| first(text).is_some()) {
            return None;
        }
        rule.with.iter().map(first).collect()
    }
}

/// Whether what the rule calls the secret of a value is one.
fn secret(rule: &SettingRule, one: &Setting) -> bool {
    let Some(kind) = rule.secret else { return true };
    let captured = rule.value.as_ref().and_then(|value| value.captures(&one.value));
    let value = captured.as_ref().and_then(|found| found.name("secret"));
    let name = one.path.rsplit('.').next().unwrap_or_default();
    is_secret(name, value.map_or(&one.value, |found| found.as_str()), kind)
}

fn draft(scene: &Scene, card: usize, unit: u32, rule: &SettingRule, one: &Setting, others: &[&Setting]) -> Draft {
    let what = match rule.secret {
        Some(_) => format!(
            "{} is given a literal of {} characters",
            brief(&one.path),
            one.value.chars().count()
        ),
        None => format!("{} is \"{}\"", brief(&one.path), brief(&one.value)),
    };
    let summary = format!("{what}: {}", rule.why);
    let mut draft = scene.place(
        card,
        Generator::Pattern,
        unit,
        narrowed(scene, unit, rule, one.span),
        summary,
    );
    let mut company: Vec<&&Setting> = others
        .iter()
        .filter(|other| other.span.line != draft.span.line)
        .collect();
    company.sort_by_key(|other| other.span);
    company.dedup_by_key(|other| other.span.line);
    for other in company.into_iter().rev() {
        let note = format!("{} is \"{}\"", brief(&other.path), brief(&other.value));
        draft.trace.insert(0, scene.step(Role::Step, unit, other.span, note));
    }
    draft
}

/// The line of a longer value that the rule is about.
fn narrowed(scene: &Scene, unit: u32, rule: &SettingRule, span: Span) -> Span {
    let Some(value) = rule.value.as_ref().filter(|_| span.last > span.line) else {
        return span;
    };
    let mut start = span.start;
    for (nth, line) in scene.text(unit, span).split_inclusive('\n').enumerate() {
        let end = start + line.len() as u32;
        if value.is_match(line) {
            let number = span.line + nth as u32;
            return Span {
                start,
                end,
                line: number,
                last: number,
            };
        }
        start = end;
    }
    span
}
