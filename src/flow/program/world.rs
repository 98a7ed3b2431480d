//! Everything the analysis looks up and never changes: units, names, rules, entries and call edges.
//!
//! In: modules, files and cards. Out: a [`World`]. Deliberately absent: anything that the fixed point computes.
//! Start at [`World::of`].

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use crate::cards::pattern::Pattern;
use crate::cards::{Card, segments};
use crate::source::{Origin, SourceFile};
use crate::syntax::form::{Expr, ExprKind, Function, Module, Text};
use crate::syntax::pages::Spot;

use crate::flow::Edge;
use crate::flow::Unit;
use crate::flow::frameworks::{self, Model};
use crate::flow::program::about::{About, mask};
use crate::flow::program::calls::{self, Directory, Site};
use crate::flow::program::constants::Constants;
use crate::flow::program::entries::{self, Entry, Search};
use crate::flow::program::mappers::Mappers;
use crate::flow::program::matcher::{Purpose, Rule, Rules};
use crate::flow::program::names::{self, Frame, Path, Resolver, Scope};
use crate::flow::program::properties::Properties;
use crate::flow::program::schemas::Schemas;
use crate::flow::proof::charsets::Signs;
use crate::flow::state::value::Mask;
use crate::flow::walk::formats::{deferred, handed};
use crate::flow::walk::reckon::{self, Use};

/// Most cards that the analysis follows: one bit of a mask each.
pub const CARDS: usize = Mask::BITS as usize;

/// Families whose sinks care about numbers, so that a conversion to a number makes nothing harmless.
const NUMERIC: [&str; 7] = [
    "memory",
    "integer",
    "numeric",
    "resource",
    "access",
    "arithmetic",
    "logic",
];

pub struct World<'f> {
    pub modules: &'f [Module],
    pub files: &'f [SourceFile],
    pub scopes: Vec<Scope>,
    pub frames: Vec<Vec<Frame>>,
    pub directory: Directory,
    pub constants: Constants,
    pub units: Vec<Unit>,
    pub entries: BTreeMap<u32, Entry>,
    pub edges: Vec<Edge>,
    pub callers: BTreeMap<u32, Vec<u32>>,
    /// The module whose top level a call runs in its own place, by module and start of the call.
    pub includes: HashMap<(usize, u32), usize>,
    /// Modules that include at their top level what they do not name.
    pub open_includes: HashSet<usize>,
    /// The template that a call fills, by module and start of the call.
    pub renders: HashMap<(usize, u32), usize>,
    /// Per module, where code stands in a page: start of the code, and the spot until the next.
    pub spots: Vec<Vec<(u32, Spot)>>,
    /// Fields by class, per module, where the language lets methods name them barely.
    fields: Vec<HashMap<Text, HashSet<Text>>>,
    /// Names that a module's top level introduces.
    pub globals: Vec<HashSet<Text>>,
    /// Cards that look for indexes chosen by outsiders.
    pub indexes: Vec<Indexed>,
    /// Cards that look for keys that reach a prototype.
    pub keys: Vec<usize>,
    /// Cards that look for sizes of allocations that may wrap.
    pub sizes: Vec<usize>,
    /// Cards that look for uses of numbers from outside.
    pub uses: Vec<(Use, usize)>,
    /// What the project's property files say.
    pub properties: Properties,
    pub mappers: Mappers,
    rules: HashMap<&'static str, Rules>,
    /// Module that declares a class, by language and name; the first one where several do.
    classes: HashMap<(&'static str, Text), usize>,
    /// Cards about lines that a shell reads.
    pub shells: Vec<usize>,
    /// Cards about markup that a program writes.
    pub documents: Mask,
    /// Cards about numbers that can be guessed.
    pub chance: Mask,
    /// The characters that a text needs to harm, by cards.
    pub signs: Signs,
    /// Cards that a number cannot harm.
    pub stringish: Mask,
    pub schemas: Schemas<'f>,
    /// What only some analyses ask about cards.
    pub about: About,
    /// Types of objects that all handlers of one request share.
    pub carriers: HashSet<names::Path>,
    /// Cards that each language lacks.
    absent: HashMap<&'static str, Mask>,
    kinds: Vec<Vec<String>>,
}

/// What a card wants to know of an index.
#[derive(Debug, Clone, Copy)]
pub struct Indexed {
    pub card: usize,
    /// Only writes, or only reads.
    pub write: Option<bool>,
    /// About what lies before the buffer, not behind it.
    pub before: bool,
}

fn indexes(cards: &[Card]) -> Vec<Indexed> {
    let named = cards
        .iter()
        .enumerate()
        .filter(|(_, card)| card.lifetimes.iter().any(|rule| rule == "index-unchecked"));
    let kind = |id: &str| match id {
        "CWE-787" => Some((Some(true), false)),
        "CWE-125" => Some((Some(false), false)),
        "CWE-124" => Some((Some(true), true)),
        "CWE-127" => Some((Some(false), true)),
        // Special cases of the four above.
        "CWE-121" | "CWE-122" | "CWE-126" => None,
        _ => Some((None, false)),
    };
    named
        .filter_map(|(card, own)| kind(&own.id).map(|(write, before)| Indexed { card, write, before }))
        .collect()
}

/// The cards that ask for a rule.
fn having(cards: &[Card], rules: fn(&Card) -> &Vec<String>, rule: &str) -> Vec<usize> {
    (0..cards.len())
        .filter(|&card| rules(&cards[card]).iter().any(|asked| asked == rule))
        .collect()
}

impl<'f> World<'f> {
    pub fn of(modules: &'f [Module], files: &'f [SourceFile], cards: &'f [Card]) -> Self {
        let cards = &cards[..cards.len().min(CARDS)];
        let used: Vec<&'static Model> = frameworks::all()
            .iter()
            .filter(|model| modules.iter().any(|module| model.used_by(module)))
            .collect();
        let covering = |module: &Module| {
            used.iter()
                .copied()
                .filter(|model| model.covers(module.language))
                .collect()
        };
        let models: Vec<Vec<&'static Model>> = modules.iter().map(covering).collect();
        let mut scopes = crate::flow::program::gives::scopes(modules, files);
        let mut frames = first_frames(modules, &scopes, &models);
        let directory = Directory::of(modules, files, &frames);
        let schemas = Schemas::of(modules, files, &scopes);
        let search = Search {
            schemas: &schemas,
            modules,
            files,
            scopes: &scopes,
            frames: &frames,
            directory: &directory,
            models: &models,
        };
        let (found, typed) = entries::find(&search);
        type_handlers(modules, &scopes, &mut frames, &directory, &typed);
        crate::flow::program::members::learn_fields(modules, &mut scopes, &frames);
        let mut world = Self {
            modules,
            files,
            directory,
            constants: Constants::of(modules),
            units: units(modules),
            entries: found.into_iter().map(|entry| (entry.unit, entry)).collect(),
            edges: Vec::new(),
            callers: BTreeMap::new(),
            includes: crate::flow::pages::include::targets(modules, files),
            open_includes: crate::flow::pages::include::open(modules),
            renders: crate::flow::pages::render::targets(modules, files),
            spots: modules
                .par_iter()
                .map(|module| crate::flow::pages::markup::spots(module, files))
                .collect(),
            fields: modules.par_iter().map(bare_fields).collect(),
            globals: modules.par_iter().map(globals).collect(),
            classes: classes(modules),
            rules: rules(modules, &models, cards),
            indexes: indexes(cards),
            keys: having(cards, |card| &card.absences, "merge-without-key-check"),
            sizes: having(cards, |card| &card.lifetimes, "size-overflow"),
            uses: reckon::uses(cards),
            properties: Properties::of(modules),
            mappers: Mappers::of(files),
            chance: mask(cards, |card| card.id == "CWE-338"),
            signs: Signs::of(cards),
            shells: (0..cards.len()).filter(|&at| cards[at].id == "CWE-78").collect(),
            documents: mask(cards, |card| card.id == "CWE-91"),
            about: About::of(cards),
            // A weak random number is one also where it is kept as a number.
            stringish: mask(cards, |card| {
                !NUMERIC.contains(&card.family.as_str()) && card.id != "CWE-338"
            }),
            schemas,
            carriers: crate::flow::program::carriers::of_models(&used),
            absent: absent(modules, cards),
            kinds: cards.iter().map(|card| card.source_kinds.clone()).collect(),
            scopes,
            frames,
        };
        world.connect();
        world.forget_helpers();
        world
    }

    fn connect(&mut self) {
        self.edges = self.calls();
        for edge in &self.edges {
            let callers = self.callers.entry(edge.to).or_default();
            if callers.last() != Some(&edge.from) {
                callers.push(edge.from);
            }
        }
    }

    /// What only looks like a handler, and what handlers call, is called with their request.
    fn forget_helpers(&mut self) {
        let tests = |unit: &u32| {
            let module = self.units[*unit as usize].module;
            self.files[self.modules[module].file.0 as usize].origin == Origin::Test
        };
        let called = |unit: u32| {
            let mut callers = self.callers.get(&unit).into_iter().flatten();
            callers.any(|from| *from != unit && !tests(from))
        };
        let helpers: Vec<u32> = self
            .entries
            .values()
            .filter(|entry| entry.guessed && called(entry.unit))
            .map(|entry| entry.unit)
            .collect();
        for unit in helpers {
            self.entries.remove(&unit);
        }
    }

    pub fn rules(&self, module: usize) -> &Rules {
        &self.rules[self.modules[module].language]
    }

    /// The module that declares a class, as seen from another of the same language.
    pub fn class_module(&self, from: usize, class: &Text) -> Option<usize> {
        self.classes.get(&(self.modules[from].language, class.clone())).copied()
    }

    /// Whether a value of this class of the project is one of those that its declaration lists.
    pub fn is_enum(&self, from: usize, class: &Text) -> bool {
        let Some(at) = self.class_module(from, class) else {
            return false;
        };
        let module = &self.modules[at];
        let Some(class) = module.classes.iter().find(|own| own.name == *class) else {
            return false;
        };
        let text = &*self.files[module.file.0 as usize].text;
        let declared = text
            .get(class.span.start as usize..class.span.end as usize)
            .unwrap_or_default();
        let head = declared.split('{').next().unwrap_or_default();
        matches!(module.language, "java" | "kotlin" | "csharp") && head.split_whitespace().any(|word| word == "enum")
    }

    /// Whether the project declares a class of that name.
    pub fn is_class(&self, from: usize, name: &Text) -> bool {
        self.classes.contains_key(&(self.modules[from].language, name.clone()))
    }

    pub fn function(&self, unit: u32) -> &'f Function {
        let at = &self.units[unit as usize];
        &self.modules[at.module].functions[at.index]
    }

    pub fn frame(&self, unit: u32) -> &Frame {
        let at = &self.units[unit as usize];
        &self.frames[at.module][at.index]
    }

    pub fn unit(&self, module: usize, index: usize) -> u32 {
        self.directory.first[module] + index as u32
    }

    /// Fields of a class declared in this module that its methods may name barely.
    pub fn bare_fields(&self, module: usize, class: &Text) -> Option<&HashSet<Text>> {
        self.fields[module].get(class)
    }

    /// 1 where the unit lists its receiver among its parameters.
    pub fn shift(&self, unit: u32) -> usize {
        calls::shift(self.function(unit), self.frame(unit))
    }

    pub fn resolver(&self, module: usize, index: usize) -> Resolver<'_> {
        entries::view(&self.modules[module], &self.scopes[module], &self.frames[module], index)
    }

    /// Cards that input of this kind cannot harm in this language; `only` restricts to the card that named the source.
    pub fn harmless(&self, module: usize, kind: &str, only: Option<usize>) -> Mask {
        let mut dead = self.absent[self.modules[module].language];
        for (at, kinds) in self.kinds.iter().enumerate() {
            let plain = kind.strip_suffix("-text").unwrap_or(kind);
            let unwanted = !kinds.is_empty() && !kinds.iter().any(|own| own == kind || own == plain);
            if (only.is_none() && unwanted) || only.is_some_and(|card| card != at) {
                dead |= 1 << at;
            }
        }
        dead
    }

    fn calls(&self) -> Vec<Edge> {
        let units = 0..self.units.len() as u32;
        // Units come in order, so that sorting each of them sorts all.
        units
            .into_par_iter()
            .flat_map_iter(|unit| self.calls_of(unit))
            .collect()
    }

    fn calls_of(&self, from: u32) -> Vec<Edge> {
        let unit = &self.units[from as usize];
        let resolver = self.resolver(unit.module, unit.index);
        let mut edges = Vec::new();
        names::walk(&self.function(from).body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| match &expr.kind {
                ExprKind::Call { callee, args, new } => {
                    let reached = |callee: &Expr, args: usize, new: bool| {
                        self.directory.targets(&Site {
                            module: unit.module,
                            class: resolver.class.as_ref(),
                            callee,
                            paths: &resolver.paths(callee),
                            args,
                            new,
                        })
                    };
                    let later = match &callee.kind {
                        ExprKind::Name(name) | ExprKind::Field(_, name) => deferred(name, args),
                        _ => None,
                    };
                    let later = later.map(|at| reached(&args[at].value, args.len() - at - 1, false));
                    let handed = handed(callee, args).map(|(function, given)| reached(function, given.count(), false));
                    let span = expr.span;
                    let place = (unit.module, span.start);
                    let included = self.includes.get(&place).or_else(|| self.renders.get(&place));
                    let included = included.map(|&module| self.unit(module, 0));
                    let targets = reached(callee, args.len(), *new).into_iter().chain(included);
                    let targets = targets.chain(later.into_iter().chain(handed).flatten());
                    edges.extend(targets.map(|to| Edge { from, to, span }));
                }
                ExprKind::Function(index) => edges.push(Edge {
                    from,
                    to: self.unit(unit.module, *index),
                    span: expr.span,
                }),
                _ => {}
            });
        });
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

fn first_frames(modules: &[Module], scopes: &[Scope], models: &[Vec<&'static Model>]) -> Vec<Vec<Frame>> {
    let build = |(at, module): (usize, &Module)| {
        let functions = module.functions.iter();
        functions
            .map(|function| Frame::of(module, &scopes[at], function, &conventional(function, &models[at])))
            .collect()
    };
    modules.par_iter().enumerate().map(build).collect()
}

/// Types that parameters have by convention where none is written: `req` in an Express project.
fn conventional(function: &Function, models: &[&'static Model]) -> Vec<(usize, Path)> {
    let mut found = Vec::new();
    for (at, param) in function
        .params
        .iter()
        .enumerate()
        .filter(|(_, param)| param.hint.is_none())
    {
        for (_, path) in models
            .iter()
            .flat_map(|model| &model.names)
            .filter(|(name, _)| **name == *param.name)
        {
            found.push((at, names::path_of_text(path)));
        }
    }
    found
}

fn type_handlers(
    modules: &[Module],
    scopes: &[Scope],
    frames: &mut [Vec<Frame>],
    directory: &Directory,
    typed: &entries::Typed,
) {
    for (unit, types) in typed {
        let module = directory.module_of(*unit);
        let index = (unit - directory.first[module]) as usize;
        let function = &modules[module].functions[index];
        let mut extra = types.clone();
        let known = &frames[module][index].known;
        for (at, param) in function.params.iter().enumerate() {
            extra.extend(
                known
                    .get(&param.name)
                    .into_iter()
                    .flatten()
                    .map(|path| (at, path.clone())),
            );
        }
        frames[module][index] = Frame::of(&modules[module], &scopes[module], function, &extra);
    }
}

fn units(modules: &[Module]) -> Vec<Unit> {
    let mut units = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        let lambdas = calls::lambda_names(module);
        for (index, function) in module.functions.iter().enumerate() {
            let bare = lambdas
                .get(&index)
                .filter(|_| &*function.name == "<lambda>")
                .unwrap_or(&function.name);
            let name = match &function.class_name {
                Some(class) => format!("{class}.{bare}"),
                None => bare.to_string(),
            };
            let span = function.span;
            units.push(Unit {
                module: at,
                index,
                file: module.file,
                name,
                public: function.public,
                span,
            });
        }
    }
    units
}

fn globals(module: &Module) -> HashSet<Text> {
    let mut found = HashSet::new();
    if let Some(top) = module.functions.first() {
        names::walk(&top.body, &mut |stmt| match &stmt.kind {
            crate::syntax::form::StmtKind::Assign { target, .. } => {
                if let ExprKind::Name(name) = &target.kind {
                    found.insert(name.clone());
                }
            }
            crate::syntax::form::StmtKind::Declare { name, .. } => {
                found.insert(name.clone());
            }
            _ => {}
        });
    }
    found
}

fn bare_fields(module: &Module) -> HashMap<Text, HashSet<Text>> {
    let mut found: HashMap<Text, HashSet<Text>> = HashMap::new();
    if matches!(module.language, "java" | "cpp" | "csharp" | "kotlin") {
        for class in &module.classes {
            let fields = found.entry(class.name.clone()).or_default();
            fields.extend(class.fields.iter().map(|(field, _)| field.clone()));
        }
    }
    found
}

fn classes(modules: &[Module]) -> HashMap<(&'static str, Text), usize> {
    let mut found = HashMap::new();
    for (at, module) in modules.iter().enumerate() {
        for class in &module.classes {
            found.entry((module.language, class.name.clone())).or_insert(at);
        }
    }
    found
}

fn languages(modules: &[Module]) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = modules.iter().map(|module| module.language).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn absent(modules: &[Module], cards: &[Card]) -> HashMap<&'static str, Mask> {
    languages(modules)
        .into_iter()
        .map(|language| (language, mask(cards, |card| !card.applies_to(language))))
        .collect()
}

fn rules(modules: &[Module], models: &[Vec<&'static Model>], cards: &[Card]) -> HashMap<&'static str, Rules> {
    let mut all = HashMap::new();
    for language in languages(modules) {
        let mut rules = Rules::of(language);
        for (at, card) in cards.iter().enumerate().filter(|(_, card)| card.applies_to(language)) {
            let groups = [
                (Purpose::Source, card.sources_for(language)),
                (
                    Purpose::Sink,
                    if needed(card, language, modules) {
                        card.sinks_for(language)
                    } else {
                        Vec::new()
                    },
                ),
                (Purpose::Sanitizer, card.sanitizers_for(language)),
                (Purpose::Guard, card.guards_for(language)),
                (Purpose::Proof, card.proofs_for(language)),
                (Purpose::Alarm, card.alarms_for(language)),
                (Purpose::View, card.views_for(language)),
            ];
            for (purpose, patterns) in groups {
                for pattern in patterns {
                    rules.add(rule(purpose, Some(at), "card", pattern, &[]));
                }
            }
        }
        let used = modules
            .iter()
            .position(|module| module.language == language)
            .map(|at| &models[at]);
        for model in used.into_iter().flatten() {
            for (kind, pattern) in &model.sources {
                rules.add(rule(Purpose::Source, None, kind, pattern, &[]));
            }
            for (pattern, to) in &model.propagators {
                rules.add(rule(Purpose::Propagator, None, "", pattern, to));
            }
            for (purpose, pattern) in &model.calls {
                rules.add(rule(*purpose, None, "", pattern, &[]));
            }
        }
        all.insert(language, rules);
    }
    all
}

/// Whether the project uses a library that the card's sinks belong to.
fn needed(card: &Card, language: &str, modules: &[Module]) -> bool {
    let wanted: Vec<Vec<&str>> = card
        .requires_for(language)
        .into_iter()
        .map(|text| segments(text))
        .collect();
    let imports = |module: &Module| {
        module.imports.iter().any(|import| {
            let have = segments(import.path.strip_prefix("node:").unwrap_or(&import.path));
            wanted.iter().any(|want| have.starts_with(want))
        })
    };
    wanted.is_empty() || modules.iter().filter(|module| module.language == language).any(imports)
}

fn rule(purpose: Purpose, card: Option<usize>, kind: &str, pattern: &Pattern, to: &[(usize, bool)]) -> Rule {
    Rule {
        purpose,
        card,
        kind: kind.to_owned(),
        pattern: pattern.clone(),
        to: to.to_vec(),
    }
}
