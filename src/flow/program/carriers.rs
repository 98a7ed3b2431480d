//! What handlers of one request leave for each other in objects of the framework: `req.page = …`, `res.locals.q = …`.
//!
//! In: assignments to fields of a framework's own objects, and reads of them elsewhere. Out: outside input of other
//! handlers, by the framework's type and the way to the field. Deliberately absent: the order in which handlers run, and
//! fields that the framework itself fills. Start at [`Walker::carry`] and [`Walker::carried`].

use std::collections::HashSet;

use crate::syntax::form::{Expr, ExprKind, Text};

use crate::flow::frameworks::Model;
use crate::flow::program::names::{self, Path};
use crate::flow::state::value::{self, Note, SEP, State, Value};
use crate::flow::walk::publish::outside;
use crate::flow::walk::taint::Walker;

/// Types of what the models in use hand to handlers.
pub fn of_models(models: &[&'static Model]) -> HashSet<Path> {
    let scripted = |model: &&&'static Model| model.covers("javascript");
    let models = models.iter().filter(scripted);
    let types = models.flat_map(|model| {
        let entries = model.entries.iter().flat_map(|entry| &entry.types);
        entries.chain(model.names.iter().map(|(_, path)| path))
    });
    types.map(|text| names::path_of_text(text)).collect()
}

impl<'f> Walker<'_, 'f> {
    /// The framework's type of what a name holds, where all handlers of a request get the same object.
    fn carrier(&self, root: &Text) -> Option<Text> {
        let world = self.world;
        if world.carriers.is_empty() || !matches!(world.modules[self.module].language, "javascript" | "typescript") {
            return None;
        }
        let frames = &self.view.resolver.frames;
        let known = frames
            .iter()
            .find(|frame| frame.locals.contains(root))?
            .known
            .get(root)?;
        let path = known.iter().find(|path| world.carriers.contains(*path))?;
        Some(path.join(".").into())
    }

    /// Outside input that is put into such an object; true when it is one.
    pub fn carry(&mut self, target: &Expr, path: &str, value: &Value) -> bool {
        let mut segments = path.split(SEP);
        let root: Text = segments.next().unwrap_or_default().into();
        let Some(owner) = self.carrier(&root) else { return false };
        let Some(field) = segments.next() else { return true };
        if self.brings(target) {
            return true;
        }
        let rest: String = segments.map(|segment| format!("{SEP}{segment}")).collect();
        let hop = self.hop(target.span, Note::Stored(field.into()));
        let whole = std::iter::once((String::new(), &value.whole));
        for (below, facts) in whole.chain(value.parts.iter().map(|(path, facts)| (path.clone(), facts))) {
            let facts = outside(facts).map(|fact| fact.step(hop.clone()));
            if !facts.is_empty() {
                let owner = format!("{owner}{rest}{below}");
                self.fields.push(((owner.into(), field.into()), facts));
            }
        }
        true
    }

    /// Adds what other handlers left in a field.
    pub fn carried(&mut self, expr: &Expr, value: &mut Value, state: &State<'f>) {
        let Some((root, segments)) = chain(expr) else { return };
        let Some(owner) = self.carrier(root) else { return };
        let [field, rest @ ..] = segments.as_slice() else {
            return;
        };
        self.reads.insert((*field).clone());
        if self.shared.fields.is_empty() || self.brings(expr) {
            return;
        }
        if self
            .path(expr, state)
            .is_some_and(|path| state.vars.contains_key(&path))
        {
            return;
        }
        let rest: String = rest.iter().map(|segment| format!("{SEP}{segment}")).collect();
        let owner: Text = format!("{owner}{rest}").into();
        let (first, end) = ((owner.clone(), (*field).clone()), format!("{owner}\u{2}"));
        let stored = self.shared.fields.range(first..(end.into(), "".into()));
        for ((place, _), facts) in stored.filter(|((_, name), _)| name == *field) {
            match place.strip_prefix(&*owner) {
                Some("") => drop(value::join(&mut value.whole, facts)),
                Some(below) if below.starts_with(SEP) => {
                    value::join(value.parts.entry(below.to_owned()).or_default(), facts);
                }
                _ => {}
            }
        }
    }
}

/// The variable and the names of the fields that lead from it.
fn chain(expr: &Expr) -> Option<(&Text, Vec<&Text>)> {
    match &expr.kind {
        ExprKind::Name(name) => Some((name, Vec::new())),
        ExprKind::Field(base, field) => {
            let (root, mut segments) = chain(base)?;
            segments.push(field);
            Some((root, segments))
        }
        _ => None,
    }
}
