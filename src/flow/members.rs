//! Languages in which every member is a call: `object.name` without brackets runs a method or reads an attribute.
//!
//! In: a call with its parts evaluated. Out: the attribute that it reads, and whether it only answers a question.
//! Deliberately absent: what such a call reaches in the project (`calls`). Start at [`Walker::attribute`].

use crate::syntax::form::{Expr, ExprKind, Text};

use super::apply::Actual;
use super::tables::{NUMBERS, OPAQUE};
use super::taint::Walker;
use super::value::{ANY, Facts, SEP, State, Value};

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
        let class = actual.new && self.members_are_calls() && self.world.is_class(self.module, &actual.name);
        class.then(|| Value {
            whole: Facts::new(),
            parts: [(format!("{SEP}{ANY}"), carried.clone())].into(),
        })
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
