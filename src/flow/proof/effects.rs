//! What conditions say is noted in the state, and read back from it.
//!
//! In: a condition and the way it turned out, or a call that throws when it does not like its argument. Out: changes of
//! the [`State`]. A place that brings outside input each time it is read has no value to change; what is known of it is
//! kept beside. Deliberately absent: what a condition says (`guards`). Start at [`Walker::refine`].

use crate::syntax::form::{Expr, ExprKind, Span, Text};

use crate::flow::program::matcher::Purpose;
use crate::flow::state::value::{Bits, Const, Fact, Mask, Note, Proved, SEP, State, Value};
use crate::flow::walk::reckon;
use crate::flow::walk::taint::Walker;

/// One consequence of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Clean(String),
    Bound(String, Bits),
    Guard(String, Text),
    /// Harmless for these cards.
    Dead(String, Mask),
}

impl<'f> Walker<'_, 'f> {
    /// Applies to `state` what holds when `cond` turned out as `truth`.
    pub fn refine(&mut self, cond: &'f Expr, truth: bool, state: &mut State<'f>) {
        self.refine_with(cond, truth, true, state);
    }

    /// As [`refine`](Self::refine), without remembering guards that prove nothing.
    pub fn refine_surely(&mut self, cond: &'f Expr, truth: bool, state: &mut State<'f>) {
        self.refine_with(cond, truth, false, state);
    }

    fn refine_with(&mut self, cond: &'f Expr, truth: bool, weak: bool, state: &mut State<'f>) {
        let mut nulls = Vec::new();
        reckon::nulls(cond, truth, &mut nulls);
        for name in nulls {
            state.consts.insert(name, Const::Null);
        }
        let mut effects = self.effects(cond, truth, state, 8);
        effects.retain(|effect| weak || !matches!(effect, Effect::Guard(..)));
        self.take(effects, cond.span, state);
    }

    /// Makes the state say what was found out.
    pub fn take(&self, effects: Vec<Effect>, span: Span, state: &mut State<'f>) {
        let hop = |text: &Text| self.hop(span, Note::Guard(text.clone()));
        for effect in effects {
            match effect {
                Effect::Clean(path) if state.read(&path).is_clean() => state.prove(&path, Proved::ALL),
                Effect::Clean(path) => state.write(&path, Value::default()),
                Effect::Dead(path, dead) => self.learn(&path, Proved { dead, bounds: 0 }, state),
                Effect::Bound(path, bounds) => self.learn(&path, Proved { dead: 0, bounds }, state),
                Effect::Guard(path, text) => {
                    let hop = hop(&text);
                    state.change(&path, &|fact: &mut Fact| fact.guarded(hop.clone()));
                }
            }
        }
    }

    /// Notes what is known of a place from now on, whether it holds outside input or brings it when it is read.
    pub fn learn(&self, path: &str, proved: Proved, state: &mut State<'f>) {
        if state.read(path).is_clean() {
            state.prove(path, proved);
        } else {
            let paths = self.world.about.paths;
            state.change(path, &|fact: &mut Fact| proved.apply(fact, paths));
        }
    }

    /// What is read at a place, in the light of what was proved of it and of its parts.
    pub fn enlightened(&self, expr: &Expr, value: Value, state: &State<'f>) -> Value {
        if !matches!(expr.kind, ExprKind::Index(..) | ExprKind::Field(..) | ExprKind::Name(_)) || value.is_clean() {
            return value;
        }
        let Some(path) = self.path(expr, state) else {
            return value;
        };
        let paths = self.world.about.paths;
        let apply = |value: Value, proved: Proved| {
            value.map(&|fact| {
                let mut fact = fact.clone();
                proved.apply(&mut fact, paths);
                fact
            })
        };
        let mut value = match state.proved.get(&path) {
            Some(proved) if *proved == Proved::ALL => return Value::default(),
            Some(proved) => apply(value, *proved),
            None => value,
        };
        for (key, proved) in state.proved.below(&path) {
            let below = &key[path.len()..];
            let mut segments = below.split(SEP).skip(1);
            let first = segments.next().unwrap_or_default();
            let part = segments.fold(value.part(first), |value, segment| value.part(segment));
            let facts = if *proved == Proved::ALL {
                Value::default()
            } else {
                apply(part, *proved)
            };
            value.parts.insert(below.to_owned(), facts.all());
        }
        value
    }

    /// A call that stands alone and throws when it does not like its argument: a card names it as a guard.
    pub fn assume_checked(&mut self, expr: &'f Expr, state: &mut State<'f>) {
        let ExprKind::Call { callee, args, new } = &expr.kind else {
            return;
        };
        let (ExprKind::Name(last) | ExprKind::Field(_, last)) = &callee.kind else {
            return;
        };
        if let Some(path) = self.parsed(callee, args).and_then(|arg| self.subject(arg, state)) {
            state.write(&path, Value::default());
            return;
        }
        let judged = self.judged(callee, args, None, state);
        self.take(judged, expr.span, state);
        let rules = self.world.rules(self.module);
        if !rules.knows_call(last) {
            return;
        }
        let paths = self.view.resolver.paths(callee);
        let guards = rules.call(&paths, args, *new, &|_| None);
        if guards.iter().any(|found| found.rule.purpose == Purpose::Guard) {
            let hop = self.hop(expr.span, Note::Guard(last.clone()));
            let paths: Vec<String> = args.iter().filter_map(|arg| self.subject(&arg.value, state)).collect();
            for path in paths {
                state.change(&path, &|fact: &mut Fact| fact.guarded(hop.clone()));
            }
        }
    }
}
