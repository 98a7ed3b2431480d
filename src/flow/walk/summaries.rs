//! Calls of functions of the project: what a summary says, in the words of the caller.
//!
//! In: a call with everything evaluated, and the summaries of what it may reach. Out: the [`Value`] of its result, the
//! sinks inside that the caller's data reaches, and what is left in arguments and receiver. Deliberately absent: calls
//! into code that is not here (`apply`). Start at [`Walker::known`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::syntax::form::{Function, Text};

use crate::flow::program::names;
use crate::flow::solve::{Hit, Summary};
use crate::flow::state::value::{self, Fact, Facts, Hop, Note, Origin, RECEIVER, SEP, State, Value};
use crate::flow::walk::apply::Actual;
use crate::flow::walk::taint::Walker;

impl<'f> Walker<'_, 'f> {
    /// What a function leaves in its parameters and its receiver.
    pub fn outs(&self, function: &Function, last: &State<'f>) -> BTreeMap<(u8, Text), Facts> {
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
            let by_reference = function
                .params
                .iter()
                .any(|param| &param.name == name && param.hint.as_deref().is_some_and(|hint| hint == "&"));
            if by_reference && let Some(facts) = last.vars.get(name) {
                let all = last.read(name).all();
                if all.len() != facts.len() || !facts.iter().all(|fact| is_param(fact, index, "") && fact.dead == 0) {
                    outs.insert((index, Text::from("")), all);
                }
                continue;
            }
            let rebound = match last.vars.get(name) {
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

    /// A call of functions that are here.
    pub fn known(&mut self, targets: &[u32], actual: &Actual<'_, 'f>, state: &mut State<'f>) -> Value {
        let mut result = Value::default();
        let before = (targets.len() > 1).then(|| state.clone());
        for (at, &unit) in targets.iter().enumerate() {
            let shared = self.shared;
            let summary = &shared.summaries[unit as usize];
            match &before {
                // With several possible callees, each starts from the same state and the effects are joined.
                Some(before) if at > 0 => {
                    let mut own = before.clone();
                    result.join(self.applied(unit, summary, actual, &mut own));
                    state.join(&own);
                }
                _ => result.join(self.applied(unit, summary, actual, state)),
            }
        }
        result
    }

    fn applied(&mut self, unit: u32, summary: &Summary, actual: &Actual<'_, 'f>, state: &mut State<'f>) -> Value {
        let order = self.order(unit, actual);
        let hop = self.hop(actual.span, Note::Passed(actual.name.clone()));
        let mut inside = Inside {
            order: &order,
            actual,
            hop,
            known: BTreeMap::new(),
        };
        for hit in &summary.hits {
            self.arrives(hit, &mut inside);
        }
        let parts = summary
            .returns
            .parts
            .iter()
            .map(|(path, facts)| (path.clone(), inside.substitute(facts)));
        let mut result = Value {
            parts: parts.collect(),
            whole: inside.substitute(&summary.returns.whole),
        };
        // What is declared as a number, a date or one of a few names holds no text, whatever it was made of.
        let declared = self.world.function(unit).returns.as_deref();
        let few = |hint: &str| names::type_path(hint).is_some_and(|path| self.is_choice(&path));
        if declared.is_some_and(|hint| names::is_numeric(hint) || few(hint)) {
            result = self.numbered(result);
        }
        if !actual.new {
            self.came_back(unit, actual.args, &order, state);
        }
        for ((index, path), facts) in &summary.outs {
            let facts = inside.substitute(facts);
            if *index == RECEIVER {
                if actual.new || actual.base.is_none() {
                    // A constructor fills the object that it gives.
                    value::join(result.parts.entry(path.to_string()).or_default(), &facts);
                } else if let Some(target) = actual.base.and_then(|base| self.path(base, state)) {
                    self.write_below(&target, path, facts, state);
                }
                continue;
            }
            let position = order.get(usize::from(*index)).copied().flatten();
            let given = position.and_then(|at| actual.args.get(at));
            if let Some(target) = given.and_then(|arg| self.path(&arg.value, state)) {
                self.write_below(&target, path, facts, state);
            }
        }
        result
    }

    /// A sink inside the callee, for whatever the caller passes to the parameter that reaches it.
    fn arrives(&mut self, hit: &Hit, inside: &mut Inside<'_, '_, 'f>) {
        let Origin::Param { index, path } = &hit.fact.origin else {
            return;
        };
        let stringish = self.world.stringish & (1 << hit.card) != 0;
        for own in inside.given(*index, path).iter() {
            let alive = (own.dead | hit.fact.dead) & (1 << hit.card) == 0;
            let bounded = (own.bounds | hit.fact.bounds) & value::UPPER != 0 && !stringish;
            let len = own.trace.len.saturating_add(hit.fact.trace.len);
            if alive && !bounded && self.wants(hit, &own.origin, len) {
                self.record(Hit {
                    fact: own.extended(&hit.fact),
                    ..hit.clone()
                });
            }
        }
    }

    fn write_below(&self, target: &str, path: &str, facts: Facts, state: &mut State<'f>) {
        if target.matches(SEP).count() + path.matches(SEP).count() <= value::DEPTH {
            state.write(&format!("{target}{path}"), Value::of(facts));
        } else {
            // As far as it can be said where.
            let room = value::DEPTH.saturating_sub(target.matches(SEP).count());
            let near: String = path.split_inclusive(SEP).take(room + 1).collect();
            state.add(&format!("{target}{}", near.trim_end_matches(SEP)), &facts);
        }
    }

    /// For each parameter of the callee, the position of the argument that fills it.
    fn order(&self, unit: u32, actual: &Actual<'_, 'f>) -> Vec<Option<usize>> {
        let function = self.world.function(unit);
        let shift = self.world.shift(unit);
        // What is handed on in a list has values and no arguments.
        let mut free = (0..actual.values.len()).filter(|&at| actual.args.get(at).is_none_or(|arg| arg.label.is_none()));
        let named = |name: &Text| actual.args.iter().position(|arg| arg.label.as_ref() == Some(name));
        function
            .params
            .iter()
            .skip(shift)
            .map(|param| named(&param.name).or_else(|| free.next()))
            .collect()
    }
}

fn is_param(fact: &Fact, index: u8, below: &str) -> bool {
    matches!(&fact.origin, Origin::Param { index: own, path } if *own == index && **path == *below)
}

/// A callee's facts in the words of its caller.
struct Inside<'c, 'a, 'f> {
    order: &'c [Option<usize>],
    actual: &'c Actual<'a, 'f>,
    hop: Hop,
    /// What the caller passes at a parameter and a path below it, once asked for.
    known: BTreeMap<u8, HashMap<Arc<str>, Facts>>,
}

impl Inside<'_, '_, '_> {
    /// What the caller passes, one step further.
    fn given(&mut self, index: u8, path: &Arc<str>) -> Facts {
        let known = self.known.entry(index).or_default();
        if let Some(facts) = known.get(path) {
            return facts.clone();
        }
        let facts = argument(index, path, self.order, self.actual).map(|fact| fact.step(self.hop.clone()));
        known.insert(Arc::clone(path), facts.clone());
        facts
    }

    fn substitute(&mut self, facts: &Facts) -> Facts {
        let mut out = Facts::new();
        for fact in facts.iter() {
            match &fact.origin {
                Origin::Source { .. } => {
                    out.add(fact.step(self.hop.clone()));
                }
                Origin::Param { index, path } => {
                    for own in self.given(*index, path).iter() {
                        if !out.knows(own, fact) {
                            out.add(own.extended(fact));
                        }
                    }
                }
            }
        }
        out
    }
}

/// What the caller knows at a callee's parameter and path.
fn argument(index: u8, path: &str, order: &[Option<usize>], actual: &Actual) -> Facts {
    let value = if index == RECEIVER {
        if actual.new || actual.base.is_none() {
            return Facts::new();
        }
        actual.receiver
    } else {
        match order.get(usize::from(index)).copied().flatten() {
            Some(at) => &actual.values[at],
            None => return Facts::new(),
        }
    };
    let mut segments = path.split(SEP).skip(1);
    match segments.next() {
        Some(first) => segments
            .fold(value.part(first), |value, segment| value.part(segment))
            .all(),
        None => value.all(),
    }
}
