//! A growing set of lines that stops at its budget.
//!
//! In: lines in order of importance. Out: the longest beginning of that order that fits, laid out for reading.
//! Because it is a beginning, a larger budget shows everything that a smaller one shows.
//! Start at [`Slice::show`].

use std::collections::{BTreeMap, BTreeSet};

use super::units::{self, Lines};
use super::{Budget, Line, Profile, Why, World};
use crate::index;
use crate::source::FileId;
use crate::syntax::form::Module;

/// Most entries in the list of what was left out.
const OMITTED: usize = 12;
/// Bytes per token of source code that the estimate assumes. The engine counts exactly; this only plans. Common
/// tokenizers need 2.8 to 3.6 bytes per token of code.
const BYTES_PER_TOKEN: f64 = 3.2;
/// Bytes of a line's label and line break.
const LABEL: usize = 5;

pub(super) struct Slice<'a> {
    world: &'a World<'a>,
    profile: Profile,
    /// Bytes left.
    left: usize,
    /// True once a line did not fit; from then on lines are only counted.
    pub full: bool,
    shown: BTreeMap<(FileId, u32), Why>,
    /// Order in which files and functions were first wanted.
    files: Vec<FileId>,
    units: Vec<(FileId, usize)>,
    /// Lines wanted in vain, by function, in order of the first one.
    missed: Vec<((FileId, usize), BTreeSet<u32>)>,
}

impl<'a> Slice<'a> {
    pub(super) fn new(world: &'a World<'a>, budget: Budget) -> Self {
        Self {
            world,
            profile: budget.profile,
            left: (budget.tokens as f64 * BYTES_PER_TOKEN) as usize,
            full: false,
            shown: BTreeMap::new(),
            files: Vec::new(),
            units: Vec::new(),
            missed: Vec::new(),
        }
    }

    /// Wants the lines from `first` to `last`, in order; blank ones and ones already shown cost nothing.
    pub(super) fn show(&mut self, file: FileId, (first, last): Lines, why: Why) {
        for line in first.max(1)..=last.min(self.world.snapshot.line_count(file)) {
            self.one(file, line, why, false);
        }
    }

    /// Shows one line whatever the budget says.
    pub(super) fn insist(&mut self, file: FileId, line: u32, why: Why) {
        self.one(file, line, why, true);
    }

    fn one(&mut self, file: FileId, line: u32, why: Why, always: bool) {
        let text = self.world.snapshot.line(file, line);
        if text.trim().is_empty() || self.shown.contains_key(&(file, line)) {
            return;
        }
        let unit = (
            file,
            self.world.module(file).map_or(0, |module| units::unit_at(module, line)),
        );
        let fresh = !self.units.contains(&unit);
        let cost = LABEL + self.cost(text) + if fresh { self.head(unit) } else { 0 };
        if !always && (self.full || cost > self.left) {
            self.full = true;
            match self.missed.iter_mut().find(|(missed, _)| *missed == unit) {
                Some((_, lines)) => _ = lines.insert(line),
                None => self.missed.push((unit, BTreeSet::from([line]))),
            }
            return;
        }
        self.left = self.left.saturating_sub(cost);
        self.shown.insert((file, line), why);
        if fresh {
            self.units.push(unit);
        }
        if !self.files.contains(&file) {
            self.files.push(file);
        }
    }

    fn cost(&self, text: &str) -> usize {
        match self.profile {
            Profile::Full => text.len().min(420),
            Profile::Compact => text.trim().len().min(160) + 2,
        }
    }

    fn head(&self, (file, unit): (FileId, usize)) -> usize {
        let name = self
            .world
            .module(file)
            .map_or(8, |module| index::qualified(module, unit).len());
        let path = self.world.snapshot.file(file).path.len();
        name + if self.profile == Profile::Full {
            path + 12
        } else {
            path.min(40) + 4
        }
    }

    pub(super) fn shows(&self, file: FileId, line: u32) -> bool {
        self.shown.contains_key(&(file, line))
    }

    pub(super) fn shows_unit(&self, unit: (FileId, usize)) -> bool {
        self.units.contains(&unit)
    }

    /// Text of all lines shown from one file.
    pub(super) fn texts(&self, file: FileId) -> impl Iterator<Item = &'a str> {
        let world = self.world;
        let lines = self.shown.range((file, 0)..=(file, u32::MAX));
        lines.map(move |((_, line), _)| world.snapshot.line(file, *line))
    }

    /// The lines in reading order, files by importance and lines by number, and what did not fit.
    pub(super) fn finish(self) -> (Vec<Line>, Vec<String>) {
        let mut lines: Vec<Line> = Vec::new();
        for &file in &self.files {
            let mut before: Option<(usize, u32)> = None;
            let path = self.world.snapshot.file(file).path.to_string();
            let module = self.world.module(file);
            for (&(_, line), &why) in self.shown.range((file, 0)..=(file, u32::MAX)) {
                let unit = module.map_or(0, |module| units::unit_at(module, line));
                let gap = before.is_some_and(|(same, last)| same == unit && self.skips(file, last, line));
                before = Some((unit, line));
                lines.push(Line {
                    number: u32::try_from(lines.len() + 1).expect("a brief has few lines"),
                    path: path.clone(),
                    function: name(module, unit),
                    line,
                    text: self.world.snapshot.line(file, line).to_string(),
                    why,
                    gap,
                });
            }
        }
        (lines, self.omitted())
    }

    fn skips(&self, file: FileId, last: u32, line: u32) -> bool {
        (last + 1..line).any(|between| !self.world.snapshot.line(file, between).trim().is_empty())
    }

    fn omitted(&self) -> Vec<String> {
        let one = |((file, unit), lines): &((FileId, usize), BTreeSet<u32>)| {
            let lines = lines.len();
            let plural = if lines == 1 { "" } else { "s" };
            let path = &self.world.snapshot.file(*file).path;
            format!(
                "{path}: {} ({lines} line{plural})",
                name(self.world.module(*file), *unit)
            )
        };
        let mut omitted: Vec<String> = self.missed.iter().take(OMITTED).map(one).collect();
        if self.missed.len() > OMITTED {
            omitted.push(format!("and {} more functions", self.missed.len() - OMITTED));
        }
        omitted
    }
}

fn name(module: Option<&Module>, unit: usize) -> String {
    module.map_or_else(|| "<module>".to_string(), |module| index::qualified(module, unit))
}
