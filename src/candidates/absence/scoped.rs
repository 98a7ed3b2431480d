//! Stores that know whose records they hold: what a class keeps for its methods was made for somebody.
//!
//! In: a method and a look-up in it. Out: whether what is asked (`self.repo.delete(id)`) is a property that the class or
//! one of its bases makes with the user, group or tenant that the request belongs to. Deliberately absent: what
//! constructors store. Start at [`Scoped::holds`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::candidates::Scene;
use crate::regexes::fixed;
use crate::syntax::form::Span;

/// How many properties are followed for one look-up.
const MOST: usize = 12;

/// Keys of whoever a store is made for.
static WHOSE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)\b(self|this)\.(current_)?(user|group|household|tenant|org(anisation|anization)?|team|account|workspace|company)(_?id|\.id|\.\w+_id)?\b",
    )
});
static PART: LazyLock<Regex> = LazyLock::new(|| fixed(r"\b(?:self|this)\.(\w+)"));

/// Methods and bases of all classes, by name.
pub struct Scoped<'a> {
    methods: BTreeMap<(&'a str, &'a str), u32>,
    bases: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Scoped<'a> {
    pub fn of(scene: &Scene<'a>) -> Self {
        let mut own = Self {
            methods: BTreeMap::new(),
            bases: BTreeMap::new(),
        };
        for (at, module) in scene.forest.modules.iter().enumerate() {
            for (index, function) in module.functions.iter().enumerate() {
                if let Some(class) = &function.class_name {
                    let unit = scene.graph.unit(at, index);
                    own.methods.entry((&**class, &*function.name)).or_insert(unit);
                }
            }
            for class in &module.classes {
                let bases = class.bases.iter().map(|base| plain(base)).collect();
                own.bases.entry(&*class.name).or_insert(bases);
            }
        }
        own
    }

    /// Whether the look-up asks a store that was made for somebody.
    pub fn holds(&self, scene: &Scene, unit: u32, look_up: Span) -> bool {
        let Some(class) = scene.function(unit).class_name.as_deref() else {
            return false;
        };
        let text = scene.text(unit, look_up);
        let Some(first) = PART
            .captures(text)
            .filter(|found| found.get(0).is_some_and(|all| all.start() == 0))
        else {
            return false;
        };
        let line = self.line(class);
        let mut open = vec![first[1].to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop().filter(|_| seen.len() < MOST) {
            if !seen.insert(name.clone()) {
                continue;
            }
            let made = line.iter().find_map(|class| self.methods.get(&(*class, &*name)));
            let Some(made) = made else { continue };
            let body = scene.text(*made, scene.function(*made).span);
            if WHOSE.is_match(body) {
                return true;
            }
            open.extend(PART.captures_iter(body).map(|found| found[1].to_owned()));
        }
        false
    }

    /// A class and what it inherits from, nearest first.
    fn line<'c>(&'c self, class: &'c str) -> Vec<&'c str> {
        let mut line = vec![class];
        let mut at = 0;
        while at < line.len() && line.len() < MOST {
            for base in self.bases.get(line[at]).into_iter().flatten() {
                if !line.contains(base) {
                    line.push(base);
                }
            }
            at += 1;
        }
        line
    }
}

/// `BaseController[Label]` is a `BaseController`.
fn plain(base: &str) -> &str {
    let name = base.split(['[', '<', '(']).next().unwrap_or(base);
    name.rsplit('.').next().unwrap_or(name).trim()
}
