//! What calls put into collections, objects and buffers, and take out of them again.
//!
//! In: a call with everything evaluated, and the state. Out: a changed state, or the value under a key.
//! Start at [`Walker::keyed`].

use crate::syntax::form::{Expr, ExprKind};

use super::{Actual, Move, Resolved};
use crate::flow::program::places::literal_key;
use crate::flow::program::tables::GETS;
use crate::flow::state::value::{self, ANY, Fact, Facts, Note, Origin, SEP, State, Value};
use crate::flow::walk::formats::{empties, replaces_all};
use crate::flow::walk::taint::Walker;

/// Methods by which views of PHP are given what they show.
const VIEWED: [&str; 8] = [
    "assign",
    "set",
    "setVar",
    "set_var",
    "with",
    "share",
    "assignVar",
    "addVar",
];

/// Methods of builders that give back the builder they were called on.
const CHAINS: [&str; 6] = [
    "append",
    "insert",
    "Append",
    "AppendLine",
    "AppendFormat",
    "appendCodePoint",
];

/// What `builder.append(a)` stands for where more is appended to it.
fn chained(base: &Expr) -> &Expr {
    let mut at = base;
    while let ExprKind::Call { callee, .. } = &at.kind {
        match &callee.kind {
            ExprKind::Field(inner, name) if CHAINS.contains(&&**name) => at = inner,
            _ => break,
        }
    }
    at
}

impl<'f> Walker<'_, 'f> {
    /// `T{field: value}`: every field keeps its own.
    pub(super) fn literal_object(&self, actual: &Actual<'_, 'f>) -> Value {
        let mut value = Value::default();
        for (arg, given) in actual.args.iter().zip(actual.values) {
            match &arg.label {
                Some(label) => {
                    value::join(value.parts.entry(format!("{SEP}{label}")).or_default(), &given.all());
                }
                None => {
                    value::join(&mut value.whole, &given.all());
                }
            }
        }
        value
    }

    /// `builder.replace(0, 1, text)`; of a string only two arguments are asked.
    pub(super) fn splices(&self, actual: &Actual<'_, 'f>) -> bool {
        &*actual.name == "replace" && actual.args.len() == 3 && self.world.modules[self.module].language == "java"
    }

    /// A call after which nothing is left of what the receiver held; what it puts there instead is put there later.
    pub(super) fn emptied(&mut self, actual: &Actual<'_, 'f>, base: &'f Expr, state: &mut State<'f>) -> Option<Value> {
        let all = self.splices(actual) && replaces_all(&actual.name, actual.args);
        let none = empties(&actual.name, actual.args);
        if (all || none)
            && let Some(path) = self.path(base, state)
        {
            state.write(&path, Value::default());
        }
        none.then(Value::default)
    }

    /// `map.get("key")` reads what `map.put("key", …)` stored, when nothing else is known of the map.
    pub(super) fn keyed(&mut self, actual: &Actual<'_, 'f>, base: &'f Expr, state: &State<'f>) -> Option<Value> {
        if !GETS.contains(&&*actual.name) {
            return None;
        }
        if matches!(&*actual.name, "get" | "getOrDefault" | "pop" | "Get") && self.is_table(base, state) {
            let known = actual.args.first().and_then(|key| literal_key(&key.value));
            if known.is_none() {
                let mut value = actual.receiver.part(ANY);
                for extra in actual.values.iter().skip(1) {
                    value.join(extra.clone());
                }
                return Some(value);
            }
        }
        let key = literal_key(&actual.args.first()?.value)?;
        let path = self.path(base, state)?;
        let at = format!("{path}{SEP}{key}");
        if let Some(deeper) = actual.args.get(1).and_then(|second| literal_key(&second.value)) {
            // `settings.get("section", "name")` reads what `settings.set("section", "name", …)` stored.
            let at = format!("{at}{SEP}{deeper}");
            if state.vars.contains_key(&at) {
                return Some(state.read(&at));
            }
        }
        state.vars.contains_key(&at).then(|| {
            let mut value = state.read(&at);
            for extra in actual.values.iter().skip(1) {
                value.join(extra.clone());
            }
            value
        })
    }

    pub(super) fn fill(&self, actual: &Actual<'_, 'f>, base: &'f Expr, given: &Facts, state: &mut State<'f>) {
        let Some(path) = self.path(chained(base), state) else {
            return;
        };
        let hop = self.hop(actual.span, Note::Stored(actual.name.clone()));
        let stepped = |facts: &Facts| facts.map(|fact| fact.step(hop.clone()));
        let key = match actual.args {
            [key, _] => literal_key(&key.value),
            _ => None,
        };
        if let [first, second, _] = actual.args
            && let (Some(first), Some(second)) = (literal_key(&first.value), literal_key(&second.value))
            && path.matches(SEP).count() + 2 <= value::DEPTH
        {
            state.write(
                &format!("{path}{SEP}{first}{SEP}{second}"),
                actual.values[2].clone().stepped(&hop),
            );
            return;
        }
        match key {
            Some(key) if path.matches(SEP).count() < value::DEPTH => {
                let value = actual.values[1].clone();
                state.write(&format!("{path}{SEP}{key}"), value.stepped(&hop));
            }
            _ if path.matches(SEP).count() < value::DEPTH => {
                state.add(&format!("{path}{SEP}{ANY}"), &stepped(given));
            }
            _ => state.add(&path, &stepped(given)),
        }
    }

    /// `$view->assign('name', $value)`: whatever the method does, the view has it under that name from now on.
    pub(super) fn assigned_to_view(&self, actual: &Actual<'_, 'f>, state: &mut State<'f>) {
        let ([key, _], Some(base)) = (actual.args, actual.base) else {
            return;
        };
        if self.named_globals()
            && VIEWED.contains(&&*actual.name)
            && !actual.values[1].is_clean()
            && literal_key(&key.value).is_some()
        {
            self.fill(actual, base, &actual.values[1].all(), state);
        }
    }

    /// `strcpy(to, from)` and its kin.
    pub(super) fn moved(&mut self, resolved: &Resolved, actual: &Actual<'_, 'f>, state: &mut State<'f>) {
        for Move { from, to } in &resolved.moves {
            let mut facts = Facts::new();
            for place in from {
                value::join(&mut facts, &Self::at_place(place, actual.receiver, actual.values));
            }
            let hop = self.hop(actual.span, Note::Through(actual.name.clone()));
            let facts = facts.map(|fact| fact.step(hop.clone()));
            for (position, keeps) in to {
                let Some(target) = actual.args.get(*position).and_then(|arg| self.path(&arg.value, state)) else {
                    continue;
                };
                let deep = target.matches(SEP).count() >= value::DEPTH;
                let inside = if deep {
                    target.clone()
                } else {
                    format!("{target}{SEP}{ANY}")
                };
                if !*keeps && facts.is_empty() && self.brings(&actual.args[*position].value) {
                    // What is read there next is what the call left.
                    state.proved.insert(target.as_str().into(), value::Proved::ALL);
                }
                if *keeps || offset(&actual.args[*position].value) {
                    state.add(&inside, &facts);
                } else {
                    self.overwrite(&target, &inside, facts.clone(), state);
                }
            }
        }
    }

    /// The contents of a buffer are replaced; the variable itself still is the caller's parameter.
    fn overwrite(&self, target: &str, inside: &str, facts: Facts, state: &mut State<'f>) {
        if let Some(own) = state.vars.get(target) {
            let own_param = |fact: &&Fact| matches!(fact.origin, Origin::Param { .. }) && !target.contains(SEP);
            let identity: Facts = own.iter().filter(own_param).cloned().collect();
            state.vars.insert(target.into(), identity);
        }
        state.write(inside, Value::of(facts));
    }
}

/// `buffer + offset`: only a part of the buffer is written.
fn offset(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary(..) => true,
        ExprKind::Cast(_, inner) | ExprKind::Address(inner) => offset(inner),
        ExprKind::Index(..) => true,
        _ => false,
    }
}
