//! One function walked once: statements in order, branches joined, loops twice.
//!
//! In: a unit, the [`World`] and what other units published. Out: [`Walked`]: its summary, the sinks it reaches and
//! the fields and globals it fills with outside input. Deliberately absent: expressions (`eval`, `apply`) and
//! conditions (`guards`). Start at [`Walker::walk`].

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::syntax::form::{Expr, ExprKind, Function, Handler, Span, Stmt, StmtKind, Text};

use super::apply::Resolved;
use super::names;
use super::solve::{self, HITS, Hit, Shared, Summary};
use super::value::{self, ANY, Const, Fact, Facts, Hop, Note, Origin, RECEIVER, SEP, State, Trace, Value};
use super::world::World;

/// Expressions and statements looked at per unit, lambdas and repeats included.
const FUEL: u32 = 400_000;
/// Loops nested deeper than this are walked once.
const NESTED: u32 = 2;
/// Lambdas inside lambdas.
pub const INLINED: usize = 5;
/// Times one lambda is walked for one unit.
pub const REPEATS: u32 = 6;

/// What a unit tells the others.
pub struct Walked {
    pub summary: Summary,
    pub hits: Vec<Hit>,
    pub fields: Vec<((Text, Text), Facts)>,
    pub globals: Vec<((usize, Text), Facts)>,
    pub kinds: BTreeMap<(u32, u32), Arc<str>>,
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
    pub inlined: Vec<usize>,
    pub repeats: HashMap<usize, u32>,
    pub loops: u32,
    pub fuel: u32,
    pub resolved: HashMap<usize, Rc<Resolved>>,
    hits: BTreeMap<(usize, u32, u32, Origin), Hit>,
    pub kinds: BTreeMap<(u32, u32), Arc<str>>,
    pub fields: Vec<((Text, Text), Facts)>,
    pub globals: Vec<((usize, Text), Facts)>,
    /// Innermost function last: what it returned and the states at its returns.
    exits: Vec<Exit<'f>>,
    breaks: Vec<Vec<State<'f>>>,
    continues: Vec<Vec<State<'f>>>,
}

#[derive(Default)]
struct Exit<'f> {
    returns: Value,
    constants: Vec<Option<Const>>,
    state: Option<State<'f>>,
}

impl<'w, 'f> Walker<'w, 'f> {
    pub fn walk(world: &'w World<'f>, shared: &'w Shared, unit: u32) -> Walked {
        let at = &world.units[unit as usize];
        let mut walker = Self {
            world,
            shared,
            unit,
            module: at.module,
            here: at.index,
            inlined: vec![at.index],
            repeats: HashMap::new(),
            loops: 0,
            fuel: FUEL,
            resolved: HashMap::new(),
            hits: BTreeMap::new(),
            kinds: BTreeMap::new(),
            fields: Vec::new(),
            globals: Vec::new(),
            exits: vec![Exit::default()],
            breaks: Vec::new(),
            continues: Vec::new(),
        };
        let function = world.function(unit);
        let mut state = State::default();
        walker.parameters(function, &mut state);
        walker.block(&function.body, &mut state);
        let mut exit = walker.exits.pop().unwrap_or_default();
        merge(&mut exit.state, state);
        let last = exit.state.unwrap_or_default();
        if at.index == 0 {
            walker.publish_globals(&last);
        }
        let outs = walker.outs(function, &last);
        let constant = match exit.constants.as_slice() {
            [Some(first), rest @ ..] if rest.iter().all(|other| other.as_ref() == Some(first)) => Some(first.clone()),
            _ => None,
        };
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
            },
            hits,
            fields: walker.fields,
            globals: walker.globals,
            kinds: walker.kinds,
            limit: (walker.fuel == 0).then_some("it is too large"),
        }
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
        Fact::new(Origin::Source { unit, at: span.start }, dead, trace)
    }

    fn parameters(&mut self, function: &'f Function, state: &mut State<'f>) {
        let shift = self.world.shift(self.unit);
        for (at, param) in function.params.iter().enumerate().take(usize::from(RECEIVER)) {
            let index = if at < shift { RECEIVER } else { (at - shift) as u8 };
            let trace = Trace::start(self.hop(param.span, Note::Parameter(param.name.clone())));
            let mut facts = vec![Fact::new(Origin::Param { index, path: "".into() }, 0, trace)];
            value::join(&mut facts, &self.entering(function, at));
            if param.hint.as_deref().is_some_and(names::is_numeric) {
                facts.iter_mut().for_each(|fact| fact.dead |= self.world.stringish);
            }
            state.vars.insert(param.name.to_string(), facts);
        }
        if let Some(receiver) = self.world.frame(self.unit).receiver.clone()
            && !state.vars.contains_key(&*receiver)
        {
            let trace = Trace::start(self.hop(first_line(function.span), Note::Parameter(receiver.clone())));
            let fact = Fact::new(
                Origin::Param {
                    index: RECEIVER,
                    path: "".into(),
                },
                0,
                trace,
            );
            state.vars.insert(receiver.to_string(), vec![fact]);
        }
    }

    /// Outside input that the framework puts into a parameter.
    pub fn entering(&mut self, function: &'f Function, at: usize) -> Facts {
        let entry = self.world.entries.get(&self.current());
        let Some(entry) = entry.filter(|entry| entry.tainted.contains(&at)) else {
            return Facts::new();
        };
        let (span, name) = (function.params[at].span, function.params[at].name.clone());
        vec![self.source(span, &entry.kind, None, &name)]
    }

    fn outs(&self, function: &Function, last: &State<'f>) -> BTreeMap<(u8, Text), Facts> {
        let shift = self.world.shift(self.unit);
        let mut outs = BTreeMap::new();
        let receiver = self.world.frame(self.unit).receiver.as_ref().filter(|_| shift == 0);
        let own = function.params.iter().enumerate().map(|(at, param)| {
            (
                if at < shift {
                    RECEIVER
                } else {
                    (at - shift).min(254) as u8
                },
                &param.name,
            )
        });
        for (index, name) in own.chain(receiver.map(|name| (RECEIVER, name))) {
            let rebound = match last.vars.get(&**name) {
                Some(facts) => !facts.iter().any(|fact| is_param(fact, index, "")),
                None => true,
            };
            if rebound {
                continue;
            }
            for (path, facts) in last.read(name).parts {
                if facts.iter().any(|fact| !is_param(fact, index, &path)) || facts.is_empty() {
                    outs.insert((index, Text::from(path)), facts);
                }
            }
        }
        outs
    }

    fn publish_globals(&mut self, last: &State<'f>) {
        for name in &self.world.globals[self.module] {
            let facts = outside(&last.read(name).all());
            if !facts.is_empty() {
                self.globals.push(((self.module, name.clone()), facts));
            }
        }
        self.globals.sort_by(|a, b| a.0.cmp(&b.0));
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

    pub fn record(&mut self, hit: Hit) {
        let key = (hit.card, hit.unit, hit.span.start, hit.fact.origin.clone());
        let better = self
            .hits
            .get(&key)
            .is_none_or(|known| known.fact.trace.len > hit.fact.trace.len);
        if better && (self.hits.len() < HITS * 8 || self.hits.contains_key(&key)) {
            self.hits.insert(key, hit);
        }
    }

    pub fn block(&mut self, body: &'f [Stmt], state: &mut State<'f>) {
        for stmt in body {
            if state.ended || self.fuel == 0 {
                return;
            }
            self.fuel -= 1;
            self.statement(stmt, state);
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
            }
            StmtKind::Delete(expr) => {
                self.eval(expr, state);
            }
            StmtKind::Return(value) => self.leave(value.as_ref(), stmt.span, state),
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    self.eval(value, state);
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
            StmtKind::Break => park(&mut self.breaks, state),
            StmtKind::Continue => park(&mut self.continues, state),
            StmtKind::Block(body) => self.block(body, state),
        }
    }

    fn leave(&mut self, value: Option<&'f Expr>, span: Span, state: &mut State<'f>) {
        let mut result = Value::default();
        let mut constant = None;
        if let Some(expr) = value {
            constant = self.decide(expr, state);
            result = self.eval(expr, state);
            self.return_sinks(expr, &result, span);
        }
        let hop = self.hop(span, Note::Returned(self.world.function(self.current()).name.clone()));
        let result = result.map(&|fact| fact.step(hop.clone()));
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

    fn repeat(
        &mut self,
        binds: Option<&'f (Expr, Expr)>,
        cond: Option<&'f Expr>,
        body: &'f [Stmt],
        state: &mut State<'f>,
    ) {
        let first = cond.map(|cond| self.decide(cond, state).map(|value| value.truth()));
        if first == Some(Some(false)) {
            return;
        }
        let before = state.clone();
        forget_assigned(body, state);
        // Without a condition, or with one that no assignment can change, only a `break` leads out.
        let endless =
            binds.is_none() && cond.is_none_or(|cond| self.decide(cond, state).is_some_and(|value| value.truth()));
        self.breaks.push(Vec::new());
        self.continues.push(Vec::new());
        self.loops += 1;
        let passes = if self.loops > NESTED { 1 } else { 2 };
        let mut end = state.clone();
        for _ in 0..passes {
            let mut inside = state.clone();
            if let Some((target, values)) = binds {
                self.bind(target, values, &mut inside);
            }
            if let Some(cond) = cond {
                self.eval(cond, &mut inside);
                self.refine(cond, true, &mut inside);
            }
            self.block(body, &mut inside);
            for next in std::mem::take(self.continues.last_mut().expect("pushed above")) {
                meet(&mut inside, next);
            }
            end = inside.clone();
            if inside.ended || !state.join(&inside) {
                break;
            }
        }
        self.loops -= 1;
        self.continues.pop();
        let broken = self.breaks.pop().unwrap_or_default();
        let certain = first == Some(Some(true));
        let mut after = end;
        if !certain {
            let mut skipped = before;
            forget_assigned(body, &mut skipped);
            meet(&mut after, skipped);
        }
        after.ended |= endless;
        if let (Some(cond), false) = (cond, after.ended) {
            self.refine(cond, false, &mut after);
        }
        for state in broken {
            meet(&mut after, state);
        }
        *state = after;
    }

    fn bind(&mut self, target: &'f Expr, values: &'f Expr, state: &mut State<'f>) {
        let value = self.eval(values, state).part(ANY);
        let name = names::dotted(target).unwrap_or_default();
        let hop = self.hop(target.span, Note::Assigned(name.into()));
        self.store(target, value.map(&|fact| fact.step(hop.clone())), false, state);
        if let ExprKind::Name(name) = &target.kind {
            state.consts.remove(name);
            state.bound.remove(name);
        }
    }

    fn attempt(&mut self, body: &'f [Stmt], handlers: &'f [Handler], finally: &'f [Stmt], state: &mut State<'f>) {
        let before = (!handlers.is_empty()).then(|| state.clone());
        self.block(body, state);
        if let Some(mut caught) = before {
            // What the body had done when it was interrupted is unknown: anything between nothing and all of it.
            let mut done = state.clone();
            done.ended = false;
            meet(&mut caught, done);
            for handler in handlers {
                let mut inside = caught.clone();
                if let Some(name) = &handler.binds {
                    inside.write(name, Value::default());
                }
                self.block(&handler.body, &mut inside);
                meet(state, inside);
            }
        }
        if !finally.is_empty() {
            let ended = std::mem::replace(&mut state.ended, false);
            self.block(finally, state);
            state.ended |= ended;
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
        if augmented {
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
        let name = names::dotted(target).unwrap_or_default();
        let hop = self.hop(span, Note::Assigned(name.into()));
        self.store(
            target,
            result.map(&|fact| fact.step(hop.clone())),
            hint.is_some(),
            state,
        );
        if let ExprKind::Name(name) = &target.kind {
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

    /// Outside input stored where other functions see it.
    fn publish(&mut self, target: &Expr, path: &str, value: &Value, declared: bool) {
        let facts = outside(&value.all());
        if facts.is_empty() {
            return;
        }
        let mut segments = path.split(SEP);
        let root: Text = segments.next().unwrap_or_default().into();
        let receiver = self.receiver();
        if receiver.as_ref() == Some(&root) {
            if let (Some(class), Some(field)) = (self.class(), segments.next()) {
                let hop = self.hop(target.span, Note::Stored(field.into()));
                let facts = facts.iter().map(|fact| fact.step(hop.clone())).collect();
                self.fields.push(((class, field.into()), facts));
            }
        } else if self.here != 0 && !declared && self.is_global(&root) {
            let hop = self.hop(target.span, Note::Stored(root.clone()));
            let facts = facts.iter().map(|fact| fact.step(hop.clone())).collect();
            self.globals.push(((self.module, root), facts));
        }
    }

    /// Walks a lambda where it stands, with what is known of its parameters; what it does to captured variables counts.
    pub fn inline(&mut self, index: usize, given: &[Facts], state: &mut State<'f>) -> Value {
        let repeats = self.repeats.entry(index).or_default();
        *repeats += 1;
        if *repeats > REPEATS || self.inlined.len() > INLINED || self.inlined.contains(&index) || self.fuel == 0 {
            return Value::default();
        }
        let function = &self.world.modules[self.module].functions[index];
        let outer = std::mem::replace(&mut self.here, index);
        self.inlined.push(index);
        self.exits.push(Exit::default());
        let mut inside = state.clone();
        for (at, param) in function.params.iter().enumerate() {
            let mut facts = given.get(at).cloned().unwrap_or_default();
            value::join(&mut facts, &self.entering(function, at));
            let hop = self.hop(param.span, Note::Parameter(param.name.clone()));
            facts.iter_mut().for_each(|fact| *fact = fact.step(hop.clone()));
            inside.write(&param.name, Value::of(facts));
            inside.consts.remove(&param.name);
            inside.bound.remove(&param.name);
        }
        let (breaks, continues) = (std::mem::take(&mut self.breaks), std::mem::take(&mut self.continues));
        self.block(&function.body, &mut inside);
        (self.breaks, self.continues) = (breaks, continues);
        let mut exit = self.exits.pop().unwrap_or_default();
        merge(&mut exit.state, inside);
        self.inlined.pop();
        self.here = outer;
        if let Some(mut last) = exit.state {
            for param in &function.params {
                last.write(&param.name, state.read(&param.name));
            }
            last.ended = false;
            state.join(&last);
        }
        exit.returns
    }
}

/// Facts that need no caller.
pub fn outside(facts: &[Fact]) -> Facts {
    facts
        .iter()
        .filter(|fact| matches!(fact.origin, Origin::Source { .. }))
        .cloned()
        .collect()
}

fn is_param(fact: &Fact, index: u8, below: &str) -> bool {
    matches!(&fact.origin, Origin::Param { index: own, path } if *own == index && **path == *below)
}

fn first_line(span: Span) -> Span {
    Span {
        last: span.line,
        ..span
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

fn merge<'f>(into: &mut Option<State<'f>>, mut state: State<'f>) {
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

/// Constants that a loop's body may change are unknown inside it.
fn forget_assigned(body: &[Stmt], state: &mut State) {
    let mut forget = |target: &Expr| {
        if let ExprKind::Name(name) = &target.kind {
            state.consts.remove(name);
            state.bound.remove(name);
        }
    };
    names::walk(body, &mut |stmt| {
        if let StmtKind::Assign { target, .. } = &stmt.kind {
            forget(target);
        }
        names::expressions(stmt, &mut |expr| match &expr.kind {
            ExprKind::Assign(target, _) | ExprKind::Address(target) => forget(target),
            ExprKind::Unary(op, target) if op.contains("++") || op.contains("--") => forget(target),
            _ => {}
        });
    });
}
