//! Outside input that a function leaves where others find it: fields of objects that live on, and globals.
//!
//! In: assignments, and the state at the end of a file's own code. Out: facts by class and field, and by global; one
//! field of a global object says nothing about the others. Deliberately absent: who reads them (`eval`).
//! Start at [`Walker::publish`].

use crate::syntax::form::{Expr, Text};

use crate::flow::pages::include::SESSION;
use crate::flow::state::value::{ANY, Facts, Note, Origin, SEP, State, Value};
use crate::flow::walk::taint::Walker;

impl<'f> Walker<'_, 'f> {
    /// Outside input stored where other functions see it.
    pub fn publish(&mut self, target: &Expr, path: &str, value: &Value, declared: bool) {
        let facts = outside(&value.all());
        if facts.is_empty() {
            return;
        }
        let mut segments = path.split(SEP);
        let root: Text = segments.next().unwrap_or_default().into();
        let receiver = self.receiver();
        if receiver == Some(&root) && self.members_are_calls() && path.matches(SEP).count() > 1 {
            // One field of a record is not all of it.
        } else if receiver == Some(&root) {
            if let (Some(class), Some(field)) = (self.class(), segments.next()) {
                let hop = self.hop(target.span, Note::Stored(field.into()));
                let facts = facts.map(|fact| fact.step(hop.clone()));
                self.fields.push(((class, field.into()), facts));
            }
        } else if let Some(owner) = self.foreign(target)
            && let Some(field) = segments.next()
        {
            let hop = self.hop(target.span, Note::Stored(field.into()));
            let facts = facts.map(|fact| fact.step(hop.clone()));
            self.fields.push(((owner, field.into()), facts));
        } else if &*root == SESSION && self.named_globals() {
            if let Some(field) = segments.next() {
                let hop = self.hop(target.span, Note::Stored(field.into()));
                let facts = facts.map(|fact| fact.step(hop.clone()));
                self.fields.push(((root, field.into()), facts));
            }
        } else if path.contains(SEP) && (self.named_globals() || self.carry(target, path, value)) {
            // One element of a collection that all files share, or what handlers of a request share.
        } else if self.here != 0 && !declared && self.is_global(&root) {
            let hop = self.hop(target.span, Note::Stored(root.clone()));
            let facts = facts.map(|fact| fact.step(hop.clone()));
            let field = segments.next().filter(|field| *field != ANY);
            self.global(
                field.map_or(root.clone(), |field| format!("{root}{SEP}{field}").into()),
                facts,
            );
        }
    }

    pub fn publish_globals(&mut self, last: &State<'f>) {
        for name in &self.world.globals[self.module] {
            // Where files share globals, one element of a collection says nothing about the others.
            let all = last.read(name);
            let named = self.named_globals();
            for (part, facts) in all.parts.iter().filter(|_| !named) {
                let facts = outside(facts);
                let field = part
                    .split(SEP)
                    .nth(1)
                    .filter(|field| *field != ANY && !facts.is_empty());
                if let Some(field) = field {
                    self.global(format!("{name}{SEP}{field}").into(), facts);
                } else if !facts.is_empty() {
                    self.global(name.clone(), facts);
                }
            }
            let facts = outside(&all.whole);
            if !facts.is_empty() {
                self.global(name.clone(), facts);
            }
        }
        self.globals.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// A global that carries outside input; in C other files may name it too.
    fn global(&mut self, name: Text, facts: Facts) {
        if self.named_globals() || matches!(self.world.modules[self.module].language, "c" | "cpp") {
            self.globals.push(((usize::MAX, name.clone()), facts.clone()));
        }
        self.globals.push(((self.module, name), facts));
    }
}

/// Facts that need no caller.
pub fn outside(facts: &Facts) -> Facts {
    facts
        .iter()
        .filter(|fact| matches!(fact.origin, Origin::Source { .. }))
        .cloned()
        .collect()
}
