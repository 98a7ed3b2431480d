//! One function walked once: statements in order, branches joined, loops twice.
//!
//! In: a unit, the [`World`] and what other units published. Out: [`Walked`]: its summary, the sinks it reaches and
//! the fields and globals it fills with outside input. Deliberately absent: expressions (`eval`, `apply`) and
//! conditions (`guards`). Start at [`Walker::walk`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::syntax::form::{Expr, ExprKind, Span, Stmt, StmtKind, Text};

use crate::flow::program::labels::{self, Labels};
use crate::flow::program::names;
use crate::flow::program::places::View;
use crate::flow::program::world::World;
use crate::flow::proof::predicates::Told;
use crate::flow::proof::validators::{Outcome, Vouched};
use crate::flow::proof::verdicts::Verdicts;
use crate::flow::solve::{self, HITS, Hit, Shared, Summary};
use crate::flow::state::value::{self, ANY, Const, Fact, Facts, Hop, Note, Origin, SEP, State, Trace, Value};
use crate::flow::walk::apply::Resolved;
use crate::flow::walk::arrivals;

/// Expressions and statements looked at per unit, lambdas and repeats included.
const FUEL: u32 = 400_000;

/// What a unit tells the others.
#[derive(Default)]
pub struct Walked {
    pub summary: Summary,
    pub hits: Vec<Hit>,
    pub fields: Vec<((Text, Text), Facts)>,
    pub globals: Vec<((usize, Text), Facts)>,
    pub kinds: BTreeMap<(u32, u32), Arc<str>>,
    /// Names of fields and globals that it asked for.
    pub reads: BTreeSet<Text>,
    /// The limit that cut the walk short.
    pub limit: Option<&'static str>,
}

pub struct Walker<'w, 'f> {
    pub world: &'w World<'f>,
    pub shared: &'w Shared,
    /// The unit whose summary is made.
    pub unit: u32,
    pub module: usize,
    /// The function whose body is walked: the unit's own, or a lambda inside it.
    pub here: usize,
    /// Names as seen from `here`.
    pub view: Rc<View<'w>>,
    pub inlined: Vec<usize>,
    pub repeats: HashMap<usize, u32>,
    pub loops: u32,
    pub fuel: u32,
    pub resolved: HashMap<usize, Rc<Resolved>>,
    hits: BTreeMap<(usize, u32, u32, Origin), Hit>,
    pub kinds: BTreeMap<(u32, u32), Arc<str>>,
    pub fields: Vec<((Text, Text), Facts)>,
    pub globals: Vec<((usize, Text), Facts)>,
    pub reads: BTreeSet<Text>,
    /// Innermost function last: what it returned and the states at its returns.
    pub exits: Vec<Exit<'f>>,
    pub breaks: Vec<Vec<State<'f>>>,
    pub continues: Vec<Vec<State<'f>>>,
    pub text: &'w str,
    pub labels: Labels,
    /// Parameters about which ways out may say something, and what they say.
    pub watched: Vec<Option<Text>>,
    pub verdicts: Verdicts,
    /// Files that are walked in the place of the call that names them, outermost first.
    pub included: Vec<usize>,
    /// How many were, in all.
    pub inclusions: u32,
    /// What functions of the project say of the texts that they are asked about.
    pub validators: RefCell<HashMap<(u32, Outcome), Vouched>>,
    /// What the objects hold that the block being walked throws.
    pub thrown: Facts,
    /// What the ways out say about the parameters.
    pub told: Told,
    /// States at jumps to labels that lie ahead.
    gotos: BTreeMap<String, State<'f>>,
}

/// Parts of an address that lie behind its host.
const BEHIND_HOST: [&str; 3] = ["pathname", "search", "hash"];

#[derive(Default)]
pub struct Exit<'f> {
    pub returns: Value,
    pub constants: Vec<Option<Const>>,
    pub state: Option<State<'f>>,
}

impl<'w, 'f> Walker<'w, 'f> {
    pub fn walk(world: &'w World<'f>, shared: &'w Shared, unit: u32) -> Walked {
        let at = &world.units[unit as usize];
        let text = &*world.files[at.file.0 as usize].text;
        let c = matches!(world.modules[at.module].language, "c" | "cpp") && at.index != 0;
        let mut walker = Self {
            world,
            shared,
            unit,
            module: at.module,
            here: at.index,
            view: Rc::new(View::of(world, at.module, at.index)),
            inlined: vec![at.index],
            repeats: HashMap::new(),
            loops: 0,
            fuel: FUEL,
            resolved: HashMap::new(),
            hits: BTreeMap::new(),
            kinds: BTreeMap::new(),
            reads: BTreeSet::new(),
            fields: Vec::new(),
            globals: Vec::new(),
            exits: vec![Exit::default()],
            breaks: Vec::new(),
            continues: Vec::new(),
            text,
            watched: Vec::new(),
            verdicts: Verdicts::default(),
            included: vec![at.module],
            inclusions: 0,
            labels: Labels::in_c(c, text, at.span),
            validators: RefCell::default(),
            thrown: Facts::new(),
            told: Told::default(),
            gotos: BTreeMap::new(),
        };
        let function = world.function(unit);
        let mut state = State::default();
        walker.parameters(function, &mut state);
        walker.watched = walker.watched(function, &state);
        walker.asks(function, &state);
        walker.block(&function.body, &mut state);
        if !state.ended {
            walker.verdict(None, &state);
            walker.tells(None, &state);
        }
        let mut exit = walker.exits.pop().unwrap_or_default();
        merge(&mut exit.state, state);
        let last = exit.state.unwrap_or_default();
        if at.index == 0 {
            walker.publish_globals(&last);
        }
        let outs = walker.outs(function, &last);
        let told = walker.conclude(function, &last);
        let constant = agreed(&exit.constants);
        let hits: Vec<Hit> = walker.hits.into_values().collect();
        let mut upward: Vec<Hit> = hits
            .iter()
            .filter(|hit| matches!(hit.fact.origin, Origin::Param { .. }))
            .cloned()
            .collect();
        upward.sort_by_key(|hit| hit.fact.trace.len);
        upward.truncate(HITS);
        Walked {
            summary: Summary {
                returns: exit.returns,
                outs,
                hits: upward,
                constant,
                verdicts: walker.verdicts,
                told,
            },
            hits,
            fields: walker.fields,
            globals: walker.globals,
            kinds: walker.kinds,
            reads: walker.reads,
            limit: (walker.fuel == 0).then_some("it is too large"),
        }
    }

    /// Goes on in another function of the module: a lambda, or back out of it.
    pub fn enter(&mut self, index: usize) {
        self.here = index;
        self.view = Rc::new(View::of(self.world, self.module, index));
    }

    /// The unit that `here` is.
    pub fn current(&self) -> u32 {
        self.world.unit(self.module, self.here)
    }

    pub fn hop(&self, span: Span, note: Note) -> Hop {
        Hop {
            unit: self.current(),
            span,
            note,
        }
    }

    /// A fact for outside input that enters here.
    pub fn source(&mut self, span: Span, kind: &str, only: Option<usize>, what: &str) -> Fact {
        let unit = self.current();
        self.kinds.entry((unit, span.start)).or_insert_with(|| Arc::from(kind));
        let dead = self.world.harmless(self.module, kind, only);
        let trace = Trace::start(self.hop(span, Note::Enters(what.into())));
        let mut fact = Fact::new(Origin::Source { unit, at: span.start }, dead, trace);
        if matches!(self.world.modules[self.module].language, "c" | "cpp") && arrivals::plain(kind, what) {
            fact.bounds |= value::PLAIN;
        }
        fact
    }

    /// Records that `facts` reach a sink of `card` at `span`.
    pub fn hit(&mut self, card: usize, facts: &[Fact], span: Span, what: &str) {
        let unit = self.current();
        for fact in facts.iter().filter(|fact| solve::alive(fact, card)) {
            let bounded = fact.bounds & value::UPPER != 0 && self.world.stringish & (1 << card) == 0;
            if bounded {
                continue;
            }
            let fact = fact.step(Hop {
                unit,
                span,
                note: Note::Sink(what.into()),
            });
            self.record(Hit {
                card,
                unit,
                span,
                kind: "".into(),
                fact,
            });
        }
    }

    /// Whether a hit like this one, with a history of this length, would be recorded.
    pub fn wants(&self, hit: &Hit, origin: &Origin, len: u16) -> bool {
        let key = (hit.card, hit.unit, hit.span.start, origin.clone());
        match self.hits.get(&key) {
            Some(known) => known.fact.trace.len > len,
            None => self.hits.len() < HITS * 8,
        }
    }

    pub fn record(&mut self, hit: Hit) {
        if self.wants(&hit, &hit.fact.origin, hit.fact.trace.len) {
            let key = (hit.card, hit.unit, hit.span.start, hit.fact.origin.clone());
            self.hits.insert(key, hit);
        }
    }

    pub fn block(&mut self, body: &'f [Stmt], state: &mut State<'f>) {
        for stmt in body {
            if self.fuel == 0 || (state.ended && !self.labels.any()) {
                return;
            }
            for label in self.labels.before(self.text, stmt.span) {
                if let Some(arriving) = self.gotos.get(&label) {
                    meet(state, arriving.clone());
                }
            }
            if !state.ended {
                self.fuel -= 1;
                self.statement(stmt, state);
            }
        }
    }

    fn statement(&mut self, stmt: &'f Stmt, state: &mut State<'f>) {
        match &stmt.kind {
            StmtKind::Assign {
                target,
                value,
                augmented,
                hint,
            } => {
                self.assign(target, value, (*augmented, hint.as_deref()), stmt.span, state);
            }
            StmtKind::Declare { name, .. } => {
                if !self.is_global(name) {
                    state.write(name, Value::default());
                    state.consts.remove(name);
                    state.bound.remove(name);
                }
            }
            StmtKind::Expr(expr) => {
                self.eval(expr, state);
                self.assume_checked(expr, state);
                state.ended |= self.ends(expr);
            }
            StmtKind::Delete(expr) => {
                self.eval(expr, state);
            }
            StmtKind::Return(value) => self.leave(value.as_ref(), stmt.span, state),
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    let facts = self.eval(value, state).all();
                    value::join(&mut self.thrown, &facts);
                }
                state.ended = true;
            }
            StmtKind::If { cond, then, otherwise } => self.branch(cond, then, otherwise, state),
            StmtKind::Loop { binds, cond, body } => self.repeat(binds.as_ref(), cond.as_ref(), body, state),
            StmtKind::Try {
                body,
                handlers,
                finally,
            } => self.attempt(body, handlers, finally, state),
            StmtKind::Break => match labels::target(self.text, stmt.span) {
                Some(label) => {
                    match self.gotos.get_mut(label) {
                        Some(known) => meet(known, state.clone()),
                        None => drop(self.gotos.insert(label.to_owned(), state.clone())),
                    }
                    state.ended = true;
                }
                None => park(&mut self.breaks, state),
            },
            StmtKind::Continue => park(&mut self.continues, state),
            StmtKind::Block(body) => self.block(body, state),
        }
    }

    fn leave(&mut self, value: Option<&'f Expr>, span: Span, state: &mut State<'f>) {
        let mut result = Value::default();
        let mut constant = None;
        self.tells(value, state);
        if let Some(expr) = value {
            constant = self.decide(expr, state);
            result = self.eval(expr, state);
            self.return_sinks(expr, &result, span);
        }
        self.verdict(value, state);
        let hop = self.hop(span, Note::Returned(self.world.function(self.current()).name.clone()));
        let result = result.stepped(&hop);
        let exit = self.exits.last_mut().expect("the function being walked has an exit");
        exit.returns.join(result);
        exit.constants.push(constant);
        merge(&mut exit.state, state.clone());
        state.ended = true;
    }

    fn branch(&mut self, cond: &'f Expr, then: &'f [Stmt], otherwise: &'f [Stmt], state: &mut State<'f>) {
        let decided = self.decide(cond, state).map(|value| value.truth());
        self.eval(cond, state);
        match decided {
            Some(truth) => {
                self.refine(cond, truth, state);
                self.block(if truth { then } else { otherwise }, state);
            }
            None => {
                let mut other = state.clone();
                self.refine(cond, true, state);
                self.block(then, state);
                if otherwise.is_empty() && !state.ended {
                    // Nothing is kept out of what follows: whoever failed the test goes on all the same.
                    self.refine_surely(cond, false, &mut other);
                } else {
                    self.refine(cond, false, &mut other);
                }
                self.block(otherwise, &mut other);
                meet(state, other);
            }
        }
    }

    fn assign(
        &mut self,
        target: &'f Expr,
        value: &'f Expr,
        (augmented, hint): (bool, Option<&str>),
        span: Span,
        state: &mut State<'f>,
    ) {
        let constant = if augmented { None } else { self.decide(value, state) };
        let mut result = self.eval(value, state);
        self.write_sinks(target, &result, span, state);
        self.reached_by_key(target, span, state);
        if let ExprKind::Index(_, key) = &target.kind {
            let position = self.eval(key, state).all();
            self.indexed(key, &position, true, span);
            self.positioned(key, &position, span);
        }
        if augmented {
            if matches!(&value.kind, ExprKind::Collection(items) if items.iter().all(|(key, _)| key.is_none())) {
                // Elements that come behind those that were there.
                let all = std::mem::take(&mut result).all();
                result.parts.insert(format!("{SEP}{ANY}"), all);
            }
            let own = self.eval(target, state);
            result.join(own);
        }
        if hint.is_some_and(names::is_numeric) {
            let stringish = self.world.stringish;
            result = result.map(&|fact| Fact {
                dead: fact.dead | stringish,
                ..fact.clone()
            });
        }
        // An error of Go says what went wrong; it is not what came in.
        if self.world.modules[self.module].language == "go" && names::dotted(target).as_deref() == Some("err") {
            result = Value::default();
        }
        let result = self.assigned_to(target, result, span);
        self.store(target, result, hint.is_some(), state);
        if let ExprKind::Name(name) = &target.kind {
            if augmented {
                self.grown(name, state);
            } else {
                self.begun(name, value, state);
            }
            match constant {
                Some(constant) => state.consts.insert(name.clone(), constant),
                None => state.consts.remove(name),
            };
            if augmented {
                state.bound.remove(name);
            } else {
                state.bound.insert(name.clone(), value);
            }
        }
    }

    /// The value after its step to `target`.
    pub fn assigned_to(&self, target: &Expr, value: Value, span: Span) -> Value {
        if value.is_clean() {
            return value;
        }
        let name = names::dotted(target).unwrap_or_default();
        // What is put behind the host of an address that is there leaves the host as it is.
        let behind = matches!(&target.kind, ExprKind::Field(_, part) if BEHIND_HOST.contains(&&**part));
        let settled = if behind { self.world.about.destination } else { 0 };
        let value = value.map(&|fact| Fact {
            dead: fact.dead | settled,
            ..fact.clone()
        });
        value.stepped(&self.hop(span, Note::Assigned(name.into())))
    }

    /// Puts a value where `target` says. `declared` marks a new variable, which shadows a global of that name.
    pub fn store(&mut self, target: &'f Expr, value: Value, declared: bool, state: &mut State<'f>) {
        if let ExprKind::Collection(items) = &target.kind {
            for (_, item) in items {
                self.store(item, Value::of(value.all()), declared, state);
            }
            return;
        }
        let Some(path) = self.path(target, state) else { return };
        self.publish(target, &path, &value, declared);
        if path.ends_with(&format!("{SEP}{ANY}")) && !matches!(target.kind, ExprKind::Deref(_)) {
            state.add(&path, &value.all());
        } else {
            state.write(&path, value);
        }
    }

    /// The object that a library shares with all of the project, `flask.g`, where this is a field of it.
    pub fn foreign(&self, target: &Expr) -> Option<Text> {
        let ExprKind::Field(base, _) = &target.kind else {
            return None;
        };
        let ExprKind::Name(name) = &base.kind else { return None };
        let local = self.world.frames[self.module][self.here].locals.contains(name);
        let path = self.world.scopes[self.module].imports.get(name).filter(|_| !local)?;
        (path.len() > 1).then(|| path.join(".").into())
    }
}

/// The constant that all ways out give.
fn agreed(constants: &[Option<Const>]) -> Option<Const> {
    match constants {
        [Some(first), rest @ ..] if rest.iter().all(|other| other.as_ref() == Some(first)) => Some(first.clone()),
        _ => None,
    }
}

fn park<'f>(stack: &mut [Vec<State<'f>>], state: &mut State<'f>) {
    if let Some(states) = stack.last_mut() {
        states.push(state.clone());
    }
    state.ended = true;
}

/// Two ways to one place; a way that ended does not count.
pub fn meet<'f>(state: &mut State<'f>, other: State<'f>) {
    if other.ended {
        return;
    }
    if state.ended {
        *state = other;
    } else {
        state.join(&other);
    }
}

/// As [`meet`], where there may be no state yet.
pub fn merge<'f>(into: &mut Option<State<'f>>, mut state: State<'f>) {
    if std::mem::replace(&mut state.ended, false) && into.is_some() {
        return;
    }
    match into {
        Some(known) => {
            known.join(&state);
        }
        None => *into = Some(state),
    }
}
