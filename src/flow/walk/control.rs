//! Loops, handlers and lambdas: code that runs more than once, or not where it stands.
//!
//! In: their parts and the state before them. Out: the state behind them. Start at [`Walker::repeat`].

use crate::syntax::form::{Expr, ExprKind, Handler, Stmt, StmtKind};

use crate::flow::program::names;
use crate::flow::state::value::{self, ANY, Facts, Note, State, Value};
use crate::flow::walk::taint::{Exit, Walker, meet, merge};

/// Loops nested deeper than this are walked once.
const NESTED: u32 = 2;
/// Lambdas inside lambdas.
const INLINED: usize = 5;
/// Times one lambda is walked for one unit.
const REPEATS: u32 = 6;

impl<'f> Walker<'_, 'f> {
    pub fn repeat(
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
                self.looped(cond, &mut inside);
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

    pub fn bind(&mut self, target: &'f Expr, values: &'f Expr, state: &mut State<'f>) {
        let value = self.eval(values, state).part(ANY);
        let value = self.assigned_to(target, value, target.span);
        self.store(target, value, false, state);
        if let ExprKind::Name(name) = &target.kind {
            state.consts.remove(name);
            state.bound.remove(name);
        }
    }

    pub fn attempt(&mut self, body: &'f [Stmt], handlers: &'f [Handler], finally: &'f [Stmt], state: &mut State<'f>) {
        let before = (!handlers.is_empty()).then(|| state.clone());
        let outer = std::mem::take(&mut self.thrown);
        self.block(body, state);
        let thrown = std::mem::replace(&mut self.thrown, outer);
        if let Some(mut caught) = before {
            // What the body had done when it was interrupted is unknown: anything between nothing and all of it.
            let mut done = state.clone();
            done.ended = false;
            meet(&mut caught, done);
            for handler in handlers {
                let mut inside = caught.clone();
                if let Some(name) = &handler.binds {
                    inside.write(name, Value::of(thrown.clone()));
                }
                self.block(&handler.body, &mut inside);
                meet(state, inside);
            }
        }
        if handlers.is_empty() {
            value::join(&mut self.thrown, &thrown);
        }
        if !finally.is_empty() {
            let ended = std::mem::replace(&mut state.ended, false);
            self.block(finally, state);
            state.ended |= ended;
        }
    }

    /// `supplier.get()`, `function.apply(x)`: runs the lambda that the name was bound to.
    pub fn held(
        &mut self,
        name: &str,
        base: Option<&'f Expr>,
        values: &[Value],
        state: &mut State<'f>,
    ) -> Option<Value> {
        if !matches!(
            name,
            "get" | "apply" | "accept" | "test" | "run" | "call" | "applyAsInt" | "invoke" | "Invoke"
        ) {
            return None;
        }
        let ExprKind::Name(variable) = &base?.kind else {
            return None;
        };
        let ExprKind::Function(index) = state.bound.get(variable)?.kind else {
            return None;
        };
        // In JavaScript `call` and `apply` have other arguments.
        if self.world.modules[self.module].functions[index].params.len() != values.len() {
            return None;
        }
        let given: Vec<Facts> = values.iter().map(Value::all).collect();
        Some(self.inline(index, &given, state))
    }

    /// Walks a lambda where it stands, with what is known of its parameters; what it does to captured variables counts.
    pub fn inline(&mut self, index: usize, given: &[Facts], state: &mut State<'f>) -> Value {
        let repeats = self.repeats.entry(index).or_default();
        *repeats += 1;
        if *repeats > REPEATS || self.inlined.len() > INLINED || self.inlined.contains(&index) || self.fuel == 0 {
            return Value::default();
        }
        let function = &self.world.modules[self.module].functions[index];
        let outer = self.here;
        self.enter(index);
        self.inlined.push(index);
        self.exits.push(Exit::default());
        let mut inside = state.clone();
        for (at, param) in function.params.iter().enumerate() {
            let mut facts = given.get(at).cloned().unwrap_or_default();
            value::join(&mut facts, &self.entering(function, at));
            let hop = self.hop(param.span, Note::Parameter(param.name.clone()));
            let facts = facts.map(|fact| fact.step(hop.clone()));
            inside.write(&param.name, Value::of(facts));
            inside.consts.remove(&param.name);
            inside.bound.remove(&param.name);
        }
        self.handed(function, &mut inside);
        let (breaks, continues) = (std::mem::take(&mut self.breaks), std::mem::take(&mut self.continues));
        self.block(&function.body, &mut inside);
        (self.breaks, self.continues) = (breaks, continues);
        let mut exit = self.exits.pop().unwrap_or_default();
        merge(&mut exit.state, inside);
        self.inlined.pop();
        self.enter(outer);
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
