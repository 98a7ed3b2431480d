//! Lists whose elements are known by position, and maps that were filled under known keys only.
//!
//! In: calls on a collection that this function made. Out: the value of an element, or nothing where the collection
//! is not known that well. Deliberately absent: lists that another function makes or that a loop fills; those keep
//! all their elements together. Start at [`Walker::listed`].

use crate::syntax::form::{Arg, Expr, ExprKind, Span, Text};

use crate::flow::program::places::literal_key;
use crate::flow::state::value::{ANY, Const, DEPTH, Note, SEP, State, Value};
use crate::flow::walk::taint::Walker;

/// Longest list followed by position.
const LONGEST: usize = 32;
const LISTS: [&str; 4] = ["ArrayList", "LinkedList", "Vector", "CopyOnWriteArrayList"];
/// Calls that neither read nor change an element.
const HARMLESS: [&str; 9] = [
    "size", "isEmpty", "contains", "hashCode", "equals", "iterator", "index", "indexOf", "join",
];

impl<'f> Walker<'_, 'f> {
    /// `list = new ArrayList<>()` begins a list of no elements; any other value is one of unknown length.
    pub fn begun(&self, name: &Text, value: &Expr, state: &mut State<'f>) {
        let count = count_of(&self.slot(name));
        if self.literal_lists() {
            let plain = |(key, item): &(Option<Expr>, Expr)| key.is_none() && !matches!(item.kind, ExprKind::Unary(..));
            match &value.kind {
                ExprKind::Collection(items) if items.len() < LONGEST && items.iter().all(plain) => {
                    state.consts.insert(count.into(), Const::Number(items.len() as f64));
                }
                ExprKind::Call { callee, args, .. } if args.is_empty() && is_list(callee) => {
                    state.consts.insert(count.into(), Const::Number(0.0));
                }
                _ => state.consts.remove(&count),
            }
            return;
        }
        if self.world.modules[self.module].language != "java" {
            return;
        }
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

    /// A list became longer by nobody knows what.
    pub fn grown(&self, name: &Text, state: &mut State<'f>) {
        state.consts.remove(&count_of(&self.slot(name)));
    }

    /// A call on a collection whose elements are known apart.
    pub fn listed(
        &self,
        (name, args, values): (&str, &[Arg], &[Value]),
        base: &'f Expr,
        span: Span,
        state: &mut State<'f>,
    ) -> Option<Value> {
        let literal = self.literal_lists();
        if !literal && self.world.modules[self.module].language != "java" {
            return None;
        }
        let path = self.path(base, state)?;
        if path.matches(SEP).count() >= DEPTH {
            return None;
        }
        let count = count_of(&path);
        let Some(Const::Number(known)) = state.consts.get(&count).cloned() else {
            return if literal {
                None
            } else {
                self.absent(name, args, &path, state)
            };
        };
        let length = known as usize;
        match (name, args) {
            ("add" | "addElement" | "append" | "push", [_]) if length < LONGEST => {
                let hop = self.hop(span, Note::Stored(name.into()));
                let value = values[0].clone().map(&|fact| fact.step(hop.clone()));
                state.write(&format!("{path}{SEP}{length}"), value);
                state.consts.insert(count.into(), Const::Number(known + 1.0));
                Some(Value::default())
            }
            ("remove", [at]) if !literal => self.taken(&path, literal_key(&at.value)?.parse().ok()?, length, state),
            ("pop", [at]) if literal => self.taken(&path, literal_key(&at.value)?.parse().ok()?, length, state),
            ("shift" | "popleft", []) if literal => self.taken(&path, 0, length, state),
            ("pop", []) if literal && length > 0 => self.taken(&path, length - 1, length, state),
            ("remove" | "sort" | "reverse" | "insert" | "splice" | "unshift" | "rotate" | "appendleft", _)
                if literal =>
            {
                // Nothing stands where it stood.
                let all = state.read(&path).all();
                state.write(&path, Value::default());
                state.add(&format!("{path}{SEP}{ANY}"), &all);
                state.consts.remove(&count);
                None
            }
            ("get" | "elementAt", _) => None,
            (name, _) if HARMLESS.contains(&name) => None,
            _ => {
                state.consts.remove(&count);
                None
            }
        }
    }

    /// Lists begin as literals, and positions are written in brackets.
    fn literal_lists(&self) -> bool {
        matches!(
            self.world.modules[self.module].language,
            "python" | "javascript" | "typescript"
        )
    }

    /// One element leaves; those behind it move up.
    fn taken(&self, path: &str, at: usize, length: usize, state: &mut State<'f>) -> Option<Value> {
        let removed = state.read(&format!("{path}{SEP}{at}"));
        for later in at + 1..length {
            let moved = state.read(&format!("{path}{SEP}{later}"));
            state.write(&format!("{path}{SEP}{}", later - 1), moved);
        }
        if at < length {
            state.write(&format!("{path}{SEP}{}", length - 1), Value::default());
            state
                .consts
                .insert(count_of(path).into(), Const::Number(length as f64 - 1.0));
        }
        Some(removed)
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

/// `list()`, `deque()`
fn is_list(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Name(name) | ExprKind::Field(_, name) if matches!(&**name, "list" | "deque"))
}

/// Where the length of a list is kept among the constants; no name of any language holds the separator.
fn count_of(path: &str) -> String {
    format!("{path}{SEP}#")
}
