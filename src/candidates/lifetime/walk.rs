//! One C or C++ function, statement by statement.
//!
//! In: a unit, and the [`Effects`] of what it calls. Out: its mistakes and its own effects.
//! Deliberately absent: expressions (`check`) and number ranges (`numbers`). Start at [`mistakes`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use rayon::prelude::*;

use crate::flow::STACK;
use crate::flow::program::constants::Constants;
use crate::flow::program::labels::Labels;
use crate::flow::program::macros::{self, Macros};
use crate::syntax::form::{Expr, ExprKind, Function, Handler, Span, Stmt, StmtKind, Text};

use super::inline::BORROWED;
use super::layout::Program;
use super::memory::{FREED, Home, LIVE, Memory, Object, Pointer};
use super::order::Order;
use super::rounds::Round;
use super::ways::{Late, Split, Ways};
use super::within::Measures;
use super::{Kind, Mistake, Settled};
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
    /// Freed on some way out.
    pub loosens: BTreeSet<usize>,
    /// The same, where the caller cannot tell whether it was.
    pub may_free: BTreeSet<usize>,
    /// Parts of parameters that are freed and still named: `.buf`.
    pub frees_parts: Vec<(usize, String)>,
    /// Looked at in any way but a test for null.
    pub uses: BTreeSet<usize>,
    /// Taken for an amount without a sign.
    pub amounts: BTreeSet<usize>,
    /// Parts of parameters that may lie elsewhere afterwards: `.data`.
    pub moves: BTreeSet<(usize, String)>,
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
    pub from: i128,
    pub to: i128,
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
    pub all_macros: &'a [Arc<Macros>],
    pub program: &'a Program<'a>,
    known: &'a [Effects],
    /// Where each unit stands in the order.
    position: &'a [u32],
    pub cpp: bool,
    /// Types of locals and parameters.
    pub hints: HashMap<String, Text>,
    /// Bytes of declared arrays.
    pub arrays: HashMap<String, Option<i128>>,
    /// References of C++, by name, with what they stand for.
    pub references: HashMap<Text, Text>,
    /// Objects of variables and their parts, by name.
    pub variables: HashMap<Text, u32>,
    /// The function whose walk this is, whatever is walked inside its calls.
    pub root: u32,
    /// Calls being walked, outermost first.
    pub stack: Vec<u32>,
    /// What names of the function being walked start with.
    pub frame: Text,
    /// Tells objects of one call from those of another.
    pub salt: u32,
    /// Arrays that the loops around the place being walked store into.
    pub filling_loops: Vec<Vec<String>>,
    /// Which parameters of the root are lengths of others.
    pub measures: Measures,
    /// Calls around the place being walked that were told a length.
    pub vouched: u32,
    pub rounds: Vec<Round<'a>>,
    /// The condition of a loop that is being evaluated.
    pub head: Option<Span>,
    /// Statements that may still be walked inside calls.
    pub borrowed: u32,
    /// How many undecided conditions the place being walked depends on.
    pub conditional: u32,
    pub effects: Effects,
    pub found: Vec<Mistake>,
    pub settled: Settled,
    /// Names for conditions that hold their truth as long as the function runs.
    pub conditions: HashMap<Text, &'a Expr>,
    /// Blocks around the place being walked whose exceptions are caught.
    pub tries: u32,
    pub fuel: u32,
    pub text: &'a str,
    pub labels: Labels,
    /// States at the jumps to each label that lies ahead.
    pub gotos: BTreeMap<String, Memory>,
    pub exits: Option<Memory>,
    /// The same, by what is given.
    pub ways: Ways,
    pub split: Option<Rc<Split>>,
    pub late: Option<Rc<Late>>,
    pub breaks: Vec<Vec<Memory>>,
    pub continues: Vec<Vec<Memory>>,
}

/// What every walk looks at and none changes.
struct Project<'a> {
    scene: &'a Scene<'a>,
    constants: Constants,
    macros: Vec<Arc<Macros>>,
    program: Program<'a>,
    order: Order,
}

/// What is known of what no walk has come to yet.
static NOTHING: Effects = Effects {
    frees: BTreeMap::new(),
    derefs: BTreeSet::new(),
    loosens: BTreeSet::new(),
    may_free: BTreeSet::new(),
    frees_parts: Vec::new(),
    uses: BTreeSet::new(),
    amounts: BTreeSet::new(),
    moves: BTreeSet::new(),
    keeps: BTreeSet::new(),
    demands: Vec::new(),
    returns: None,
    known: false,
};

/// Every mistake in the C and C++ units of the scene, and what is settled.
pub fn mistakes(scene: &Scene) -> (Vec<Mistake>, Settled) {
    let modules = &scene.forest.modules;
    if !modules.iter().any(|module| matches!(module.language, "c" | "cpp")) {
        return (Vec::new(), Settled::default());
    }
    let project = Project {
        scene,
        constants: Constants::of(modules),
        macros: macros::of_files(modules, scene.snapshot.files()),
        program: Program::of(scene),
        order: Order::of(scene),
    };
    // Statements nest as deep as the parser lets them.
    let threads = rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK);
    match pool.build() {
        Ok(pool) => pool.install(|| project.mistakes()),
        Err(_) => project.mistakes(),
    }
}

impl Project<'_> {
    /// Units of one wave are walked side by side, and what they did is kept in their order.
    fn mistakes(&self) -> (Vec<Mistake>, Settled) {
        let mut known: Vec<Effects> = vec![Effects::default(); self.scene.graph.units.len()];
        let mut found = Vec::new();
        let mut settled = Settled::default();
        for wave in &self.order.waves {
            let walked: Vec<_> = wave.par_iter().map(|&unit| self.walk(unit, &known)).collect();
            for (&unit, (effects, own, lines)) in wave.iter().zip(walked) {
                known[unit as usize] = effects;
                found.extend(own);
                settled.add(lines);
            }
        }
        (found, settled)
    }

    fn walk(&self, unit: u32, known: &[Effects]) -> (Effects, Vec<Mistake>, Settled) {
        let at = &self.scene.graph.units[unit as usize];
        let function = self.scene.function(unit);
        let text = &self.scene.snapshot.files()[at.file.0 as usize].text;
        let mut walk = Walk {
            scene: self.scene,
            unit,
            module: at.module,
            function,
            constants: &self.constants,
            macros: Arc::clone(&self.macros[at.module]),
            all_macros: &self.macros,
            program: &self.program,
            known,
            position: &self.order.position,
            cpp: self.scene.forest.modules[at.module].language == "cpp",
            hints: HashMap::new(),
            arrays: HashMap::new(),
            references: HashMap::new(),
            variables: HashMap::new(),
            root: unit,
            stack: Vec::new(),
            frame: "".into(),
            salt: 0,
            filling_loops: Vec::new(),
            measures: Measures::of(function),
            vouched: 0,
            rounds: Vec::new(),
            head: None,
            borrowed: BORROWED,
            conditional: 0,
            effects: Effects {
                known: true,
                ..Effects::default()
            },
            found: Vec::new(),
            settled: Settled::default(),
            conditions: HashMap::new(),
            tries: 0,
            fuel: FUEL,
            text,
            labels: Labels::of(text, function.span),
            gotos: BTreeMap::new(),
            exits: None,
            ways: Ways::default(),
            split: None,
            late: None,
            breaks: Vec::new(),
            continues: Vec::new(),
        };
        walk.run();
        (walk.effects, walk.found, walk.settled)
    }
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        let mut memory = Memory::default();
        // Bytes with their length, in a function that only others call: what is to be parsed.
        let uncalled = self.scene.graph.callers(self.unit).is_empty();
        let parsed: Vec<usize> = self.measures.buffers().filter(|_| uncalled).collect();
        let given = |at: usize| parsed.contains(&at);
        for (at, param) in self.function.params.iter().enumerate() {
            let Some(hint) = &param.hint else { continue };
            self.hints.insert(param.name.to_string(), hint.clone());
            if hint.contains('*') || hint.contains('[') {
                let id = PARAMS + at as u32;
                let arguments = at == 1 && matches!(&*self.function.name, "main" | "wmain" | "_tmain");
                let object = self.object(Home::Heap, LIVE, None, param.span, "parameter");
                memory.objects.insert(
                    id,
                    Object {
                        escaped: true,
                        place: format!("#{id:x}").into(),
                        outside: (arguments || given(at)).then_some((self.unit, param.span)),
                        ..object
                    },
                );
                memory.pointers.insert(param.name.clone(), Pointer::to(id));
            }
        }
        if self.function.name.as_ref() == "<module>" {
            return;
        }
        self.block(&self.function.body, &mut memory);
        self.arrivals(&mut memory);
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
        self.freed_parts(&last);
    }

    pub fn object(&self, home: Home, state: u8, size: Option<i128>, made: Span, by: &str) -> Object {
        Object {
            home,
            state,
            size,
            text: None,
            made: (self.unit, made),
            freed: None,
            place: "#".into(),
            filled: None,
            outside: None,
            unended: None,
            escaped: false,
            by: by.into(),
        }
    }

    /// The number of what is made at this place, in this call.
    pub fn made_at(&self, span: Span) -> u32 {
        (span.start ^ self.salt) & 0x7FFF_FFFF
    }

    /// Keeps a new object that is made at this place.
    pub fn keep(&mut self, span: Span, object: Object, memory: &mut Memory) -> Pointer {
        let id = self.made_at(span);
        let place: Text = format!("#{id:x}").into();
        if object.home != Home::Literal && memory.objects.contains_key(&id) {
            // What an earlier round made here is another object, of which no more is known.
            let named = |pointer: &Pointer| pointer.objects.contains(&id);
            let names: Vec<Text> = memory
                .pointers
                .iter()
                .filter(|(_, pointer)| named(pointer))
                .map(|(name, _)| name.clone())
                .collect();
            for name in names {
                if let Some(pointer) = memory.pointers.get_mut(&name) {
                    pointer.objects.remove(&id);
                    pointer.other = true;
                }
            }
        }
        memory.forget(&place);
        if memory.sums.contains_key(&id) {
            memory.sums.remove(&id);
        }
        memory.objects.insert(id, Object { place, ..object });
        Pointer::to(id)
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
        self.scene.graph.called_at(self.unit, span).collect()
    }

    /// What a function does, where it stands before the one being walked.
    pub fn effects_of(&self, unit: u32) -> &'a Effects {
        let before = self.position[unit as usize] < self.position[self.root as usize];
        if before { &self.known[unit as usize] } else { &NOTHING }
    }

    pub fn block(&mut self, body: &'a [Stmt], memory: &mut Memory) {
        for stmt in body {
            if self.fuel == 0 || (memory.ended && !self.labels.any()) {
                return;
            }
            for label in self.labels.before(self.text, stmt.span) {
                if let Some(arriving) = self.gotos.remove(&label) {
                    memory.join(&arriving);
                }
            }
            if !memory.ended {
                self.fuel -= 1;
                if !self.stack.is_empty() {
                    self.borrowed = self.borrowed.saturating_sub(1);
                }
                self.statement(stmt, memory);
            }
        }
    }

    fn statement(&mut self, stmt: &'a Stmt, memory: &mut Memory) {
        if !matches!(stmt.kind, StmtKind::If { .. }) {
            (self.split, self.late) = (None, None);
        }
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
                    self.declared(name, hint, value, stmt.span, memory);
                }
                self.assign(target, value, *augmented, stmt.span, memory);
                self.set_as_handler(target, value);
                if let ExprKind::Name(name) = &target.kind {
                    self.points_into(name, value, memory);
                    self.viewed(name, hint.as_ref(), value, stmt.span, memory);
                }
            }
            StmtKind::Expr(expr) => {
                self.unlooked(expr);
                self.value(expr, memory);
            }
            StmtKind::Delete(expr) => {
                let text = self.scene.text(self.unit, stmt.span).trim_start();
                let many = text.trim_start_matches("delete").trim_start().starts_with('[');
                let by = if many { "delete[]" } else { "delete" };
                self.release(expr, by, stmt.span, memory);
            }
            StmtKind::Return(value) => self.leave(value.as_ref(), stmt.span, memory),
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    self.value(value, memory);
                }
                if self.stack.is_empty() && self.tries == 0 {
                    self.leaks(memory);
                }
                memory.ended = true;
            }
            StmtKind::If { cond, then, otherwise } => self.either(cond, then, otherwise, memory),
            StmtKind::Loop { binds, cond, body } => {
                if let Some((_, values)) = binds {
                    self.value(values, memory);
                }
                self.loop_over(binds.as_ref().map(|(_, values)| values), body);
                match (cond, body.last()) {
                    (Some(cond), Some(last)) if cond.span.start >= last.span.end => {
                        self.at_least_once(cond, body, memory);
                    }
                    _ => self.repeat(binds.as_ref().map(|(name, _)| name), cond.as_ref(), body, memory),
                }
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

    fn either(&mut self, cond: &'a Expr, then: &'a [Stmt], otherwise: &'a [Stmt], memory: &mut Memory) {
        self.value(cond, memory);
        let decided = self.decide(cond, memory);
        let mut other = memory.clone();
        memory.ended |= decided == Some(false);
        other.ended |= decided == Some(true);
        let outside = self.conditional;
        self.conditional += u32::from(decided.is_none());
        let known = (self.split.clone(), self.late.clone());
        self.refine(cond, true, memory);
        self.block(then, memory);
        (self.split, self.late) = known;
        self.refine(cond, false, &mut other);
        (self.split, self.late) = (None, None);
        self.block(otherwise, &mut other);
        self.conditional = outside;
        // From here on only some runs come.
        self.conditional += u32::from(decided.is_none() && memory.ended != other.ended);
        memory.join(&other);
    }

    fn attempt(&mut self, body: &'a [Stmt], handlers: &'a [Handler], finally: &'a [Stmt], memory: &mut Memory) {
        let before = memory.clone();
        self.tries += u32::from(!handlers.is_empty());
        self.block(body, memory);
        self.tries -= u32::from(!handlers.is_empty());
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

    /// The code of an expression, for a sentence.
    pub fn words(&self, expr: &Expr) -> String {
        crate::candidates::make::brief(self.scene.text(self.unit, expr.span))
    }
}

/// Characters of a literal with its escapes as written.
pub fn characters(text: &str) -> i128 {
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

pub fn park(stack: &mut [Vec<Memory>], memory: &mut Memory) {
    if let Some(states) = stack.last_mut() {
        states.push(memory.clone());
    }
    memory.ended = true;
}

pub fn merge(into: &mut Option<Memory>, memory: Memory) {
    match into {
        Some(known) => known.join(&memory),
        None => *into = Some(memory),
    }
}
