//! Lists whose elements are known by position, and maps that were filled under known keys only.
//!
//! In: calls on a collection that this function made. Out: the value of an element, or nothing where the collection
//! is not known that well. Deliberately absent: lists that another function makes or that a loop fills; those keep
//! all their elements together. Start at [`Walker::listed`].

use crate::syntax::form::{Arg, Expr, ExprKind, Span, Text};

use super::places::literal_key;
use super::taint::Walker;
use super::value::{ANY, Const, DEPTH, Note, SEP, State, Value};

/// Longest list followed by position.
const LONGEST: usize = 32;
const LISTS: [&str; 4] = ["ArrayList", "LinkedList", "Vector", "CopyOnWriteArrayList"];
/// Calls that neither read nor change an element.
const HARMLESS: [&str; 6] = ["size", "isEmpty", "contains", "hashCode", "equals", "iterator"];

impl<'f> Walker<'_, 'f> {
    /// `list = new ArrayList<>()` begins a list of no elements; any other value is one of unknown length.
    pub fn begun(&self, name: &Text, value: &Expr, state: &mut State<'f>) {
        if self.world.modules[self.module].language != "java" {
            return;
        }
        let count = count_of(&self.slot(name));
        let ExprKind::Call {
            callee,
            args,
            new: true,
        } = &value.kind
        else {
            state.consts.remove(&count);
            return;
        };
        match &callee.kind {
            ExprKind::Name(class) if args.is_empty() && LISTS.contains(&&**class) => {
                state.consts.insert(count.into(), Const::Number(0.0));
            }
            _ => {
                state.consts.remove(&count);
            }
        }
    }

    /// A call on a collection whose elements are known apart.
    pub fn listed(
        &self,
        (name, args, values): (&str, &[Arg], &[Value]),
        base: &'f Expr,
        span: Span,
        state: &mut State<'f>,
    ) -> Option<Value> {
        if self.world.modules[self.module].language != "java" {
            return None;
        }
        let path = self.path(base, state)?;
        if path.matches(SEP).count() >= DEPTH {
            return None;
        }
        let count = count_of(&path);
        let Some(Const::Number(known)) = state.consts.get(&count).cloned() else {
            return self.absent(name, args, &path, state);
        };
        let length = known as usize;
        match (name, args) {
            ("add" | "addElement", [_]) if length < LONGEST => {
                let hop = self.hop(span, Note::Stored(name.into()));
                let value = values[0].clone().map(&|fact| fact.step(hop.clone()));
                state.write(&format!("{path}{SEP}{length}"), value);
                state.consts.insert(count.into(), Const::Number(known + 1.0));
                Some(Value::default())
            }
            ("remove", [at]) => {
                let at: usize = literal_key(&at.value)?.parse().ok()?;
                let removed = state.read(&format!("{path}{SEP}{at}"));
                for later in at + 1..length {
                    let moved = state.read(&format!("{path}{SEP}{later}"));
                    state.write(&format!("{path}{SEP}{}", later - 1), moved);
                }
                if at < length {
                    state.write(&format!("{path}{SEP}{}", length - 1), Value::default());
                    state.consts.insert(count.into(), Const::Number(known - 1.0));
                }
                Some(removed)
            }
            ("get" | "elementAt", _) => None,
            (name, _) if HARMLESS.contains(&name) => None,
            _ => {
                state.consts.remove(&count);
                None
            }
        }
    }

    /// `map.get("b")` of a map that this function made and filled under other known keys only.
    fn absent(&self, name: &str, args: &[Arg], path: &str, state: &State<'f>) -> Option<Value> {
        let [key] = args else { return None };
        let key = literal_key(&key.value).filter(|_| name == "get")?;
        let made = state.vars.get(path).is_some_and(|whole| whole.is_empty());
        let mixed = state.vars.contains_key(&format!("{path}{SEP}{ANY}"));
        let other = state.vars.contains_key(&format!("{path}{SEP}{key}"));
        let filled = state.read(path).parts.values().any(|facts| !facts.is_empty());
        (made && filled && !mixed && !other).then(Value::default)
    }
}

/// Where the length of a list is kept among the constants; no name of any language holds the separator.
fn count_of(path: &str) -> String {
    format!("{path}{SEP}#")
}
