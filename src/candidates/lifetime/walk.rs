//! One C or C++ function, statement by statement.
//!
//! In: a unit, and the [`Effects`] of what it calls. Out: its mistakes and its own effects.
//! Deliberately absent: expressions (`check`) and number ranges (`numbers`). Start at [`mistakes`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::flow::constants::Constants;
use crate::flow::labels::{self, Labels};
use crate::flow::macros::{self, Macros};
use crate::syntax::form::{Expr, ExprKind, Function, Handler, Literal, Span, Stmt, StmtKind, Text};

use super::layout;
use super::memory::{FREED, Home, LIVE, Memory, Object, Pointer, Range};
use super::{Kind, Mistake};
use crate::candidates::Scene;

/// Statements and expressions looked at per function.
const FUEL: u32 = 60_000;
/// First object number of parameters; allocations are numbered by their place in the file.
pub const PARAMS: u32 = 0xF000_0000;
/// Most demands remembered per function.
const DEMANDS: usize = 24;

/// What callers need to know of a function, by parameter position.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// With what: `free`, `delete[]`.
    pub frees: BTreeMap<usize, Text>,
    /// Used without a look whether it is null.
    pub derefs: BTreeSet<usize>,
    /// Looked at in any way but a test for null.
    pub uses: BTreeSet<usize>,
    pub keeps: BTreeSet<usize>,
    pub demands: Vec<Demand>,
    /// What it returns, with the objects that it made.
    pub returns: Option<(Pointer, Vec<(u32, Object)>)>,
    pub known: bool,
}

/// "The argument must have bytes `from..to`."
#[derive(Debug, Clone)]
pub struct Demand {
    pub param: usize,
    pub from: i64,
    pub to: i64,
    pub write: bool,
    pub unit: u32,
    pub span: Span,
}

pub struct Walk<'a> {
    pub scene: &'a Scene<'a>,
    pub unit: u32,
    pub module: usize,
    pub function: &'a Function,
    pub constants: &'a Constants,
    pub macros: Arc<Macros>,
    pub structures: &'a HashMap<String, i64>,
    pub fields: &'a HashMap<String, Text>,
    pub known: &'a [Effects],
    pub cpp: bool,
    /// Types of locals and parameters.
    pub hints: HashMap<String, Text>,
    /// Bytes of declared arrays.
    pub arrays: HashMap<String, Option<i64>>,
    /// Pointers that were given the address of one variable.
    pub aliases: HashMap<String, String>,
    /// How many undecided conditions the place being walked depends on.
    pub conditional: u32,
    pub effects: Effects,
    pub found: Vec<Mistake>,
    pub fuel: u32,
    text: &'a str,
    labels: Labels,
    /// States at the jumps to each label that lies ahead.
    gotos: BTreeMap<String, Memory>,
    exits: Option<Memory>,
    breaks: Vec<Vec<Memory>>,
    continues: Vec<Vec<Memory>>,
}

/// Every mistake in the C and C++ units of the scene, in order of unit.
pub fn mistakes(scene: &Scene) -> Vec<Mistake> {
    let modules = &scene.forest.modules;
    let files = scene.snapshot.files();
    let c = |module: usize| matches!(modules[module].language, "c" | "cpp");
    if !(0..modules.len()).any(c) {
        return Vec::new();
    }
    let constants = Constants::of(modules);
    let macros = macros::of_files(modules, files);
    let (structures, fields) = layout::structures(scene);
    let mut known: Vec<Effects> = vec![Effects::default(); scene.graph.units.len()];
    let mut found = Vec::new();
    for unit in layout::order(scene) {
        let at = &scene.graph.units[unit as usize];
        if !c(at.module) {
            continue;
        }
        let function = scene.function(unit);
        let mut walk = Walk {
            scene,
            unit,
            module: at.module,
            function,
            constants: &constants,
            macros: Arc::clone(&macros[at.module]),
            structures: &structures,
            fields: &fields,
            known: &known,
            cpp: modules[at.module].language == "cpp",
            hints: HashMap::new(),
            arrays: HashMap::new(),
            aliases: HashMap::new(),
            conditional: 0,
            effects: Effects {
                known: true,
                ..Effects::default()
            },
            found: Vec::new(),
            fuel: FUEL,
            text: &files[at.file.0 as usize].text,
            labels: Labels::of(&files[at.file.0 as usize].text, function.span),
            gotos: BTreeMap::new(),
            exits: None,
            breaks: Vec::new(),
            continues: Vec::new(),
        };
        walk.run();
        let (effects, own) = (walk.effects, walk.found);
        known[unit as usize] = effects;
        found.extend(own);
    }
    found
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        let mut memory = Memory::default();
        for (at, param) in self.function.params.iter().enumerate() {
            let Some(hint) = &param.hint else { continue };
            self.hints.insert(param.name.to_string(), hint.clone());
            if hint.contains('*') || hint.contains('[') {
                let id = PARAMS + at as u32;
                let object = self.object(Home::Heap, LIVE, None, param.span, "parameter");
                memory.objects.insert(
                    id,
                    Object {
                        escaped: true,
                        ..object
                    },
                );
                memory.pointers.insert(param.name.to_string(), Pointer::to(id));
            }
        }
        if self.function.name.as_ref() == "<module>" {
            return;
        }
        self.block(&self.function.body, &mut memory);
        if !memory.ended {
            self.leaks(&memory);
            merge(&mut self.exits, memory);
        }
        // Only what is freed on every way out is freed for callers; a counted reference may not be.
        let Some(last) = self.exits.take() else { return };
        let gone = |at: &usize| {
            last.objects
                .get(&(PARAMS + *at as u32))
                .is_some_and(|object| object.state == FREED)
        };
        self.effects.frees.retain(|at, _| gone(at));
    }

    pub fn object(&self, home: Home, state: u8, size: Option<i64>, made: Span, by: &str) -> Object {
        Object {
            home,
            state,
            size,
            text: None,
            made,
            freed: None,
            escaped: false,
            by: by.into(),
        }
    }

    pub fn demand(&mut self, demand: Demand) {
        if self.effects.demands.len() < DEMANDS {
            self.effects.demands.push(demand);
        }
    }

    pub fn report(
        &mut self,
        rule: &'static str,
        kind: Kind,
        span: Span,
        began: Option<(u32, Span, &'static str)>,
        what: String,
        weight: u32,
    ) {
        self.found.push(Mistake {
            rule,
            kind,
            unit: self.unit,
            span,
            began,
            what,
            weight,
        });
    }

    /// Functions of the project that the call at this place may reach.
    pub fn targets(&self, span: Span) -> Vec<u32> {
        self.scene
            .graph
            .callees(self.unit)
            .filter(|edge| edge.span == span)
            .map(|edge| edge.to)
            .collect()
    }

    pub fn block(&mut self, body: &'a [Stmt], memory: &mut Memory) {
        for stmt in body {
            if self.fuel == 0 || (memory.ended && !self.labels.any()) {
                return;
            }
            for label in self.labels.before(self.text, stmt.span) {
                if let Some(arriving) = self.gotos.get(&label) {
                    memory.join(arriving);
                }
            }
            if !memory.ended {
                self.fuel -= 1;
                self.statement(stmt, memory);
            }
        }
    }

    fn statement(&mut self, stmt: &'a Stmt, memory: &mut Memory) {
        match &stmt.kind {
            StmtKind::Declare { name, hint, size } => {
                self.declare(name, hint.as_ref(), size.as_ref(), stmt.span, memory)
            }
            StmtKind::Assign {
                target,
                value,
                augmented,
                hint,
            } => {
                if let (Some(hint), ExprKind::Name(name)) = (hint, &target.kind) {
                    self.hints.insert(name.to_string(), hint.clone());
                }
                self.assign(target, value, *augmented, stmt.span, memory);
            }
            StmtKind::Expr(expr) => {
                self.value(expr, memory);
            }
            StmtKind::Delete(expr) => {
                let rest = self
                    .scene
                    .text(self.unit, stmt.span)
                    .trim_start()
                    .trim_start_matches("delete");
                let by = if rest.trim_start().starts_with('[') {
                    "delete[]"
                } else {
                    "delete"
                };
                self.release(expr, by, stmt.span, memory);
            }
            StmtKind::Return(value) => self.leave(value.as_ref(), stmt.span, memory),
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    self.value(value, memory);
                }
                memory.ended = true;
            }
            StmtKind::If { cond, then, otherwise } => {
                let decided = self.decide(cond, memory);
                self.value(cond, memory);
                let mut other = memory.clone();
                memory.ended |= decided == Some(false);
                other.ended |= decided == Some(true);
                let outside = self.conditional;
                self.conditional += u32::from(decided.is_none());
                self.refine(cond, true, memory);
                self.block(then, memory);
                self.refine(cond, false, &mut other);
                self.block(otherwise, &mut other);
                self.conditional = outside;
                // From here on only some runs come.
                self.conditional += u32::from(decided.is_none() && memory.ended != other.ended);
                memory.join(&other);
            }
            StmtKind::Loop { binds, cond, body } => {
                if let Some((_, values)) = binds {
                    self.value(values, memory);
                }
                self.repeat(cond.as_ref(), body, memory);
            }
            StmtKind::Try {
                body,
                handlers,
                finally,
            } => {
                self.attempt(body, handlers, finally, memory);
            }
            StmtKind::Break => self.jump(stmt.span, memory),
            StmtKind::Continue => park(&mut self.continues, memory),
            StmtKind::Block(body) => self.block(body, memory),
        }
    }

    fn attempt(&mut self, body: &'a [Stmt], handlers: &'a [Handler], finally: &'a [Stmt], memory: &mut Memory) {
        let before = memory.clone();
        self.block(body, memory);
        for handler in handlers {
            let mut inside = before.clone();
            self.block(&handler.body, &mut inside);
            // What a handler sees may be anything between: its leaks and uses are not followed further.
            if memory.ended {
                memory.join(&inside);
            }
        }
        self.block(finally, memory);
    }

    /// `break`, or `goto` and where to.
    fn jump(&mut self, span: Span, memory: &mut Memory) {
        match labels::target(self.text, span) {
            Some(label) => {
                let ended = Memory {
                    ended: true,
                    ..Memory::default()
                };
                self.gotos.entry(label.to_owned()).or_insert(ended).join(memory);
                memory.ended = true;
            }
            None => park(&mut self.breaks, memory),
        }
    }

    fn declare(&mut self, name: &Text, hint: Option<&Text>, size: Option<&'a Expr>, span: Span, memory: &mut Memory) {
        let key = name.to_string();
        memory.numbers.remove(&key);
        memory.pointers.remove(&key);
        let Some(hint) = hint else { return };
        self.hints.insert(key.clone(), hint.clone());
        let fixed = hint.starts_with("static ") || self.scene.text(self.unit, span).trim_start().starts_with("static ");
        if let Some(size) = size {
            let count = self.range(size, memory).exact().filter(|count| *count > 0);
            let bytes = count
                .zip(self.bytes(hint))
                .and_then(|(count, each)| count.checked_mul(each));
            self.arrays.insert(key.clone(), bytes);
            let id = span.start.wrapping_add(name.len() as u32 + hash(name)) & 0x7FFF_FFFF;
            let object = self.object(Home::Stack, LIVE, bytes, span, "declaration");
            memory.objects.insert(id, object);
            memory.pointers.insert(key, Pointer::to(id));
        } else if !fixed && super::memory::bytes_of(hint).is_some() && !hint.contains("extern") {
            memory.pointers.insert(
                key,
                Pointer {
                    unset: true,
                    ..Pointer::default()
                },
            );
        }
    }

    fn leave(&mut self, value: Option<&'a Expr>, span: Span, memory: &mut Memory) {
        if let Some(value) = value {
            let pointer = self.value(value, memory);
            for id in &pointer.objects {
                let Some(object) = memory.objects.get(id) else { continue };
                if object.state == FREED && *id < PARAMS {
                    let began = object.freed.map(|freed| (self.unit, freed, "freed here"));
                    let what = format!("{} was freed and is returned", self.words(value));
                    self.report("use-after-free", Kind::Other, span, began, what, 70);
                }
            }
            memory.each(&pointer, &mut |object, _| object.escaped = true);
            let made = pointer.objects.iter().filter(|id| **id < PARAMS);
            let objects = made
                .filter_map(|id| memory.objects.get(id).map(|object| (*id, object.clone())))
                .collect();
            match &mut self.effects.returns {
                Some((known, all)) => {
                    let mut joined = Memory::default();
                    joined.pointers.insert(String::new(), known.clone());
                    let mut other = Memory::default();
                    other.pointers.insert(String::new(), pointer);
                    joined.join(&other);
                    *known = joined.pointers.remove("").unwrap_or_default();
                    let objects: Vec<(u32, Object)> = objects;
                    all.extend(objects);
                }
                none => *none = Some((pointer, objects)),
            }
        }
        self.leaks(memory);
        merge(&mut self.exits, memory.clone());
        memory.ended = true;
    }

    fn leaks(&mut self, memory: &Memory) {
        let lost: Vec<Object> = memory
            .objects
            .iter()
            .filter(|(id, object)| {
                **id < PARAMS
                    && matches!(object.home, Home::Heap | Home::Handle)
                    && object.state & LIVE != 0
                    && object.state & FREED == 0
                    && !object.escaped
            })
            .map(|(_, object)| object.clone())
            .collect();
        for object in lost {
            let kind = if object.home == Home::Handle {
                Kind::Handle
            } else {
                Kind::Other
            };
            let verb = if object.home == Home::Handle { "closed" } else { "freed" };
            let what = format!("what {} gives here is not {verb} on every way out", object.by);
            self.report("leak-on-path", kind, object.made, None, what, 45);
        }
    }

    fn repeat(&mut self, cond: Option<&'a Expr>, body: &'a [Stmt], memory: &mut Memory) {
        let first = cond.map_or(Some(true), |cond| self.decide(cond, memory));
        if first == Some(false) {
            return;
        }
        let before = memory.clone();
        self.widen(body, memory);
        let endless = cond.is_none_or(|cond| self.decide(cond, memory) == Some(true));
        self.breaks.push(Vec::new());
        self.continues.push(Vec::new());
        let mut end = memory.clone();
        let outside = self.conditional;
        self.conditional += u32::from(first != Some(true));
        let passes = if self.breaks.len() > 2 { 1 } else { 2 };
        for _ in 0..passes {
            let mut inside = memory.clone();
            if let Some(cond) = cond {
                self.value(cond, &mut inside);
                self.refine(cond, true, &mut inside);
            }
            self.block(body, &mut inside);
            for next in self.continues.last_mut().map(std::mem::take).unwrap_or_default() {
                inside.join(&next);
            }
            end = inside.clone();
            memory.join(&inside);
            self.widen(body, memory);
        }
        self.conditional = outside;
        self.continues.pop();
        let broken = self.breaks.pop().unwrap_or_default();
        let mut after = end;
        if first != Some(true) {
            let mut skipped = before;
            self.widen(body, &mut skipped);
            after.join(&skipped);
        }
        after.ended |= endless;
        if let (Some(cond), false) = (cond, after.ended) {
            self.refine(cond, false, &mut after);
        }
        for state in &broken {
            after.join(state);
        }
        *memory = after;
    }

    /// The code of an expression, for a sentence.
    pub fn words(&self, expr: &Expr) -> String {
        crate::candidates::make::brief(self.scene.text(self.unit, expr.span))
    }

    /// The text of a string that the expression points to.
    pub fn text_of(&self, expr: &Expr, memory: &Memory) -> Option<Range> {
        match &expr.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(Range::exactly(characters(text))),
            ExprKind::Cast(_, inner) => self.text_of(inner, memory),
            ExprKind::Name(name) => {
                if let Some(meaning) = self.macros.get(name).and_then(|all| all.last())
                    && matches!(meaning.kind, ExprKind::Literal(_))
                {
                    return self.text_of(meaning, memory);
                }
                let pointer = memory.pointers.get(&**name)?;
                if pointer.other || pointer.offset.and_then(Range::exact) != Some(0) {
                    return None;
                }
                let mut texts = pointer
                    .objects
                    .iter()
                    .map(|id| memory.objects.get(id).and_then(|object| object.text));
                let first = texts.next()??;
                texts.try_fold(first, |all, text| Some(all.join(text?)))
            }
            _ => None,
        }
    }
}

/// Characters of a literal with its escapes as written.
pub fn characters(text: &str) -> i64 {
    let mut count = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
        }
        count += 1;
    }
    count
}

fn hash(name: &str) -> u32 {
    name.bytes()
        .fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
        & 0xFFFF
}

fn park(stack: &mut [Vec<Memory>], memory: &mut Memory) {
    if let Some(states) = stack.last_mut() {
        states.push(memory.clone());
    }
    memory.ended = true;
}

fn merge(into: &mut Option<Memory>, memory: Memory) {
    match into {
        Some(known) => known.join(&memory),
        None => *into = Some(memory),
    }
}
