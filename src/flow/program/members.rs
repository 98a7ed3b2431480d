//! Members of objects: languages in which every member is a call (`object.name` without brackets runs a method or
//! reads an attribute), and records that are made without a constructor of their own.
//!
//! In: a call with its parts evaluated. Out: the attribute that it reads, and whether it only answers a question.
//! Deliberately absent: what such a call reaches in the project (`calls`). Start at [`Walker::attribute`].

use rayon::prelude::*;

use crate::syntax::form::{Expr, ExprKind, Module, Text};

use crate::flow::program::names::{Frame, Scope};
use crate::flow::program::tables::{NUMBERS, OPAQUE};
use crate::flow::state::value::{self, ANY, Facts, SEP, State, Value};
use crate::flow::walk::apply::Actual;
use crate::flow::walk::taint::Walker;

/// Methods that say something about the whole of what they are called on, or give all of it.
fn known(name: &str) -> bool {
    let whole = [
        "to_s",
        "to_a",
        "to_h",
        "to_json",
        "inspect",
        "values",
        "join",
        "dup",
        "flatten",
        "attributes",
    ];
    name.ends_with(['?', '!']) || whole.contains(&name) || OPAQUE.contains(&name) || NUMBERS.contains(&name)
}

impl<'f> Walker<'_, 'f> {
    pub fn members_are_calls(&self) -> bool {
        self.world.modules[self.module].language == "ruby"
    }

    /// A call that answers yes or no, or makes the address of a page of the project: what it was given is not in it.
    pub fn answers(&self, actual: &Actual<'_, 'f>) -> bool {
        let helper = actual.base.is_none() && (actual.name.ends_with("_path") || actual.name.ends_with("_url"));
        self.members_are_calls() && (actual.name.ends_with('?') || helper)
    }

    /// What of an argument is text: the first of `["name = ?", value]`, since the rest are values for it, and of an
    /// object nothing that only its fields hold. `None` where all of it counts.
    pub fn as_text(&self, arg: &Expr, value: &Value) -> Option<Facts> {
        if !self.members_are_calls() {
            return None;
        }
        match &arg.kind {
            ExprKind::Collection(items) if items.iter().all(|(key, _)| key.is_none()) => Some(value.part("0").all()),
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Call { .. } => Some(value.whole.clone()),
            _ => None,
        }
    }

    /// A record that a class of the project without a constructor of its own is given: its fields hold what came in.
    pub fn record_of(&self, actual: &Actual<'_, 'f>, carried: &Facts) -> Option<Value> {
        if let Some(fields) = self.fields_of(&actual.name).filter(|_| actual.base.is_none()) {
            return Some(filled(actual, &fields.0, &fields.1));
        }
        let class = actual.new && self.members_are_calls() && self.world.is_class(self.module, &actual.name);
        class.then(|| Value {
            whole: Facts::new(),
            parts: [(format!("{SEP}{ANY}"), carried.clone())].into(),
        })
    }

    /// The fields of a class of Python that takes them in by name, and those that it takes in order: a data class, a
    /// model, a named tuple.
    fn fields_of(&self, class: &Text) -> Option<(Vec<Text>, Vec<Text>)> {
        if self.world.modules[self.module].language != "python" {
            return None;
        }
        if let Some(fields) = self.world.constants.tuple(self.module, class) {
            return Some((fields.to_vec(), fields.to_vec()));
        }
        let local = self.world.frames[self.module][self.here].locals.contains(class);
        let declared = |class: &Text| {
            let module = self.world.class_module(self.module, class)?;
            self.world.modules[module].classes.iter().find(|own| own.name == *class)
        };
        let own = declared(class).filter(|_| !local)?;
        let ordered = own.annotations.iter().any(|note| note.name.ends_with("dataclass"))
            || own.bases.iter().any(|base| base.ends_with("NamedTuple"));
        let alone = own.bases.iter().all(|base| base.ends_with("NamedTuple"));
        let all = self.world.directory.ancestors(class);
        let named = all.iter().filter_map(declared).flat_map(|class| &class.fields);
        let in_order = own.fields.iter().filter(|_| ordered && alone);
        let names = |(name, _): &(Text, Option<Text>)| name.clone();
        Some((named.map(names).collect(), in_order.map(names).collect()))
    }

    /// A name that this function gave a dictionary, written out or made of another.
    pub fn is_dict(&self, base: &Expr, state: &State<'f>) -> bool {
        let ExprKind::Name(name) = &base.kind else { return false };
        match state.bound.get(name).map(|bound| &bound.kind) {
            Some(ExprKind::Collection(items)) => items.iter().all(|(key, _)| key.is_some()),
            Some(ExprKind::Opaque(parts)) => parts.last().is_some_and(
                |body| matches!(&body.kind, ExprKind::Collection(items) if items.len() == 1 && items[0].0.is_some()),
            ),
            _ => false,
        }
    }

    /// `object.name` where every member is a call: what was stored under that name.
    pub fn attribute(&mut self, actual: &Actual<'_, 'f>, state: &State<'f>) -> Option<Value> {
        if !actual.args.is_empty() || !self.members_are_calls() {
            return None;
        }
        let own = |base: &Expr| matches!(&base.kind, ExprKind::Name(name) if &**name == "self");
        let path = match actual.base {
            Some(base) => self.path(base, state)?,
            None => "self".to_owned(),
        };
        let at = format!("{path}{SEP}{}", actual.name);
        let class = self.class().filter(|_| actual.base.is_none_or(own));
        let declares = |class: &Text| {
            let module = self.world.class_module(self.module, class).unwrap_or(self.module);
            let mut classes = self.world.modules[module].classes.iter();
            classes.any(|own| own.name == *class && own.fields.iter().any(|(name, _)| *name == actual.name))
        };
        if state.vars.contains_key(&at) || class.as_ref().is_some_and(declares) {
            let mut value = state.read(&at);
            if let Some(class) = class.filter(|_| !state.vars.contains_key(&at)) {
                self.shared_field(&class, &actual.name, &mut value);
            }
            return Some(value);
        }
        // An object of which only some fields are known to hold anything: the others do not.
        let listed =
            |path: &String| path[SEP.len_utf8()..].starts_with(|c: char| c.is_ascii_digit()) || path.contains(ANY);
        let fielded = actual.base.is_some_and(|base| !own(base)) && !actual.receiver.parts.keys().any(listed);
        (fielded && !known(&actual.name)).then(|| Value::of(actual.receiver.part(&actual.name).all()))
    }
}

/// Each field with what it was given; what stands in no place that is known may be in any of them.
fn filled(actual: &Actual, named: &[Text], in_order: &[Text]) -> Value {
    let mut value = Value::default();
    for (at, (arg, given)) in actual.args.iter().zip(actual.values).enumerate() {
        let field = match &arg.label {
            Some(label) => named.iter().find(|name| *name == label),
            None => in_order.get(at),
        };
        let into = match field {
            Some(field) => value.parts.entry(format!("{SEP}{field}")).or_default(),
            None => &mut value.whole,
        };
        value::join(into, &given.all());
    }
    value
}

/// What every file's classes say about their fields.
pub fn learn_fields(modules: &[Module], scopes: &mut [Scope], frames: &[Vec<Frame>]) {
    let all = modules.par_iter().zip(scopes.par_iter_mut()).zip(frames.par_iter());
    all.for_each(|((module, scope), frames)| scope.learn_fields(module, frames));
}
