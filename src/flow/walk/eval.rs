//! What an expression's value carries.
//!
//! In: an expression and the state before it. Out: a [`Value`]; assignments inside expressions change the state.
//! Deliberately absent: calls (`apply`). Start at [`Walker::eval`].

use crate::syntax::form::{Expr, ExprKind, Span, Text};

use crate::flow::pages::include::SESSION;
use crate::flow::program::matcher::Purpose;
use crate::flow::program::names::{self, Path};
use crate::flow::program::places::literal_key;
use crate::flow::program::tables::COMPARISONS;
use crate::flow::program::types::is_shaped;
use crate::flow::proof::confined;
use crate::flow::state::value::{
    self, ANY, Const, Fact, Facts, LOWER, Mask, Origin, QUOTED, RESOLVED, SEP, State, UPPER, Value,
};
use crate::flow::walk::taint::{Walker, meet};
use crate::flow::walk::texts::calculates;

/// Members that are numbers about a value, not the value.
pub const MEASURES: [&str; 8] = [
    "length",
    "size",
    "Length",
    "Count",
    "byteLength",
    "size_bytes",
    "nbytes",
    "ndim",
];

impl<'f> Walker<'_, 'f> {
    pub fn eval(&mut self, expr: &'f Expr, state: &mut State<'f>) -> Value {
        if self.fuel == 0 {
            return Value::default();
        }
        self.fuel -= 1;
        if state.proved.is_empty() {
            return self.evaluated(expr, state);
        }
        let value = self.evaluated(expr, state);
        self.enlightened(expr, value, state)
    }

    fn evaluated(&mut self, expr: &'f Expr, state: &mut State<'f>) -> Value {
        match &expr.kind {
            ExprKind::Literal(_) => Value::default(),
            ExprKind::Name(name) => self.name(name, expr, state),
            ExprKind::Field(base, field) => self.property(base, field, expr, state),
            ExprKind::Index(base, key) => {
                let position = self.eval(key, state).all();
                self.indexed(key, &position, false, expr.span);
                self.positioned(key, &position, expr.span);
                let segment = literal_key(key).unwrap_or_else(|| ANY.to_owned());
                let mut value = self.eval(base, state).part(&segment);
                value.join(self.drawn(&position));
                if let Some(key) = literal_key(key) {
                    if self.named_globals() && names::dotted(base).as_deref() == Some(SESSION) {
                        self.shared_field(&SESSION.into(), &key.as_str().into(), &mut value);
                    }
                    self.reads(expr, &mut value);
                    return self.column(&key, value);
                }
                value
            }
            ExprKind::Call { callee, args, new } => self.call(expr, callee, args, *new, state),
            ExprKind::Binary(op, left, right) => self.binary(op, left, right, expr.span, state),
            ExprKind::Unary(op, inner) => {
                let value = self.eval(inner, state);
                self.stepped(op, &value, expr.span);
                match &**op {
                    "!" | "sizeof" | "typeof" => Value::default(),
                    "yield" => self.yielded(value),
                    // The keys of a collection: outside input only where all of it is.
                    "key" => Value::of(value.whole),
                    _ => value,
                }
            }
            ExprKind::Template(parts) => self.template(parts, expr.span, state),
            ExprKind::Opaque(parts) if comprehends(parts) => self.comprehended(parts, state),
            ExprKind::Opaque(parts) => {
                let single = parts.len() == 1;
                let mut value = Value::default();
                for part in parts {
                    value.join(self.eval(part, state));
                }
                if single { value } else { Value::of(value.all()) }
            }
            ExprKind::Collection(items) => self.collection(items, state),
            ExprKind::Choice(cond, yes, no) => self.choice(cond, yes, no, state),
            ExprKind::Function(index) => {
                self.inline(*index, &[], state);
                Value::default()
            }
            ExprKind::Cast(hint, inner) => {
                let value = self.eval(inner, state);
                if names::is_numeric(hint) {
                    self.numbered(value)
                } else {
                    value
                }
            }
            ExprKind::Address(inner) => self.eval(inner, state),
            ExprKind::Deref(inner) => match self.pointee(inner, state) {
                Some(target) => self.eval(target, state),
                None => {
                    let value = self.eval(inner, state);
                    let mut part = value.part(ANY);
                    part.join(Value::of(value.all()));
                    part
                }
            },
            ExprKind::Assign(target, from) => self.assigned(target, from, expr.span, state),
        }
    }

    /// `f(x) for x in xs if good(x)`: what the last part makes of elements that pass the others.
    fn comprehended(&mut self, parts: &'f [Expr], state: &mut State<'f>) -> Value {
        let (body, before) = parts.split_last().expect("a comprehension has parts");
        let mut inside = state.clone();
        for part in before {
            self.eval(part, &mut inside);
            if !matches!(part.kind, ExprKind::Assign(..)) {
                self.refine(part, true, &mut inside);
            }
        }
        let made = self.eval(body, &mut inside);
        if matches!(body.kind, ExprKind::Collection(_)) {
            return made;
        }
        let mut value = Value::default();
        value.parts.insert(format!("{SEP}{ANY}"), made.all());
        value
    }

    /// One of the elements that a generator gives; where it waits for a result, that is what comes back.
    fn yielded(&mut self, value: Value) -> Value {
        let mut element = Value::default();
        element.parts.insert(format!("{SEP}{ANY}"), value.all());
        if let Some(exit) = self.exits.last_mut().filter(|_| !value.is_clean()) {
            exit.returns.join(element);
        }
        value
    }

    fn assigned(&mut self, target: &'f Expr, from: &'f Expr, span: Span, state: &mut State<'f>) -> Value {
        let constant = self.decide(from, state);
        let value = self.eval(from, state);
        self.write_sinks(target, &value, span, state);
        let value = self.assigned_to(target, value, span);
        self.store(target, value.clone(), false, state);
        if let ExprKind::Name(name) = &target.kind {
            match constant {
                Some(constant) => state.consts.insert(name.clone(), constant),
                None => state.consts.remove(name),
            };
            state.bound.insert(name.clone(), from);
        }
        value
    }

    fn name(&mut self, name: &Text, expr: &'f Expr, state: &mut State<'f>) -> Value {
        let path = self.slot(name);
        if let Some(meaning) = self.macro_name(name) {
            return state.read(&self.slot(meaning));
        }
        let mut value = state.read(&path);
        let known = state.vars.contains_key(&path);
        if !known {
            value.join(self.unpacked(name, state));
        }
        if !known && path.contains(SEP) {
            if let Some(class) = self.class() {
                self.shared_field(&class, name, &mut value);
            }
        } else if !known && self.is_global(name) {
            self.reads.insert(name.clone());
            let from = if self.named_globals() { usize::MAX } else { self.module };
            self.join_global(from, name, &mut value);
        } else if !known {
            self.imported_global(name, &mut value);
        }
        if known {
            self.confided(name, expr, &mut value);
        } else {
            self.reads(expr, &mut value);
        }
        value
    }

    /// A field, which may be a view of its object: `file.canonicalPath`.
    fn property(&mut self, base: &'f Expr, field: &Text, expr: &'f Expr, state: &mut State<'f>) -> Value {
        let value = self.field(base, field, expr, state);
        if !confined::canonical(field, self.world.modules[self.module].language) {
            return value;
        }
        value.map(&|fact| Fact {
            bounds: fact.bounds | RESOLVED,
            ..fact.clone()
        })
    }

    /// A parameter that is called like a secret is one, wherever it comes from.
    fn confided(&mut self, name: &Text, expr: &'f Expr, value: &mut Value) {
        let rules = self.world.rules(self.module);
        let given = |fact: &&Fact| matches!(&fact.origin, Origin::Param { path, .. } if path.is_empty());
        if !rules.knows_read(name) || !value.whole.iter().any(|fact| given(&fact)) {
            return;
        }
        let logs = self.world.about.logs;
        let found = rules.read(&[vec![name.clone()]]);
        let found = found.into_iter().filter(|rule| rule.purpose == Purpose::Source);
        let own: Vec<_> = found
            .filter_map(|rule| Some((rule.kind.clone(), rule.card?)))
            .filter(|(_, card)| logs & (1 << card) != 0)
            .collect();
        for (kind, card) in own {
            let fact = self.source(expr.span, &kind, Some(card), name);
            value.whole.add(fact);
        }
    }

    /// A global of another file that this one imports or, in C, names outright.
    fn imported_global(&mut self, name: &Text, value: &mut Value) {
        let language = self.world.modules[self.module].language;
        if matches!(language, "c" | "cpp") && !self.world.frames[self.module][self.here].locals.contains(name) {
            self.reads.insert(name.clone());
            self.join_global(usize::MAX, name, value);
        }
    }

    /// What a global holds, and what its fields hold: one field of an object says nothing about the others.
    fn join_global(&self, from: usize, name: &Text, value: &mut Value) {
        if let Some(facts) = self.shared.globals.get(&(from, name.clone())) {
            value::join(&mut value.whole, facts);
        }
        let head = format!("{name}{SEP}");
        for ((module, path), facts) in self.shared.globals.range((from, head.as_str().into())..) {
            let Some(field) = path.strip_prefix(&*head).filter(|_| *module == from) else {
                break;
            };
            value::join(value.parts.entry(format!("{SEP}{field}")).or_default(), facts);
        }
    }

    pub fn shared_field(&mut self, class: &Text, field: &Text, value: &mut Value) {
        self.reads.insert(field.clone());
        if self.shared.fields.is_empty() {
            return;
        }
        for class in self.world.directory.ancestors(class) {
            if let Some(facts) = self.shared.fields.get(&(class, field.clone())) {
                value::join(&mut value.whole, facts);
            }
        }
    }

    fn field(&mut self, base: &'f Expr, field: &Text, expr: &'f Expr, state: &mut State<'f>) -> Value {
        self.dereferenced(base, expr.span, state);
        let value = self.any_field(base, field, expr, state);
        let mut value = self.column(field, value);
        self.carried(expr, &mut value, state);
        if !value.is_clean() && self.holds_number(base, field) {
            return self.numbered(value);
        }
        value
    }

    /// `limit.getCount()`, `limit.count()`: the field behind an accessor that nobody wrote out is a number.
    pub fn gives_number(&self, base: &Expr, name: &str) -> bool {
        let bare = name.strip_prefix("get").or_else(|| name.strip_prefix("is"));
        let field = bare.filter(|bare| bare.starts_with(char::is_uppercase)).map(|bare| {
            let (head, rest) = bare.split_at(bare.chars().next().map_or(0, char::len_utf8));
            head.to_lowercase() + rest
        });
        self.holds_number(base, &field.unwrap_or_else(|| name.to_owned()).into())
    }

    /// Whether the class of `base` declares this field with a type in which no text can hide.
    fn holds_number(&self, base: &Expr, field: &Text) -> bool {
        let paths = self.view.resolver.paths(base);
        paths.iter().filter_map(|path| path.last()).any(|class| {
            let owner = self.world.class_module(self.module, class).unwrap_or(self.module);
            let declared = |module: usize| self.world.scopes[module].fields.get(&(class.clone(), field.clone()));
            let types = declared(self.module).or_else(|| declared(owner));
            let plain = |path: &Path| names::is_numeric(&path.join(".")) || self.is_choice(path);
            let mut classes = self.world.modules[owner].classes.iter();
            let known = classes.find(|known| known.name == *class);
            let mut fields = known.into_iter().flat_map(|known| &known.fields);
            types.is_some_and(|types| types.iter().all(plain))
                || fields.any(|(name, hint)| name == field && hint.as_deref().is_some_and(is_shaped))
        })
    }

    fn any_field(&mut self, base: &'f Expr, field: &Text, expr: &'f Expr, state: &mut State<'f>) -> Value {
        if let Some(value) = self.plain_field(base, field, expr, state) {
            return value;
        }
        let whole = self.eval(base, state);
        if &**field == "length" && self.world.modules[self.module].language == "java" {
            // The length of an array is that of something that exists.
            return Value::default();
        }
        if MEASURES.contains(&&**field) && !self.is_c() {
            return self.numbered(Value::of(whole.part(field).all()));
        }
        let mut value = whole.part(field);
        if let Some(owner) = self.foreign(expr) {
            self.shared_field(&owner, field, &mut value);
        }
        let own = matches!(&base.kind, ExprKind::Name(name) if self.receiver() == Some(name));
        if own && !whole.parts.contains_key(&format!("{SEP}{field}")) {
            if let Some(class) = self.class() {
                self.shared_field(&class, field, &mut value);
            }
        } else if !own && value.is_clean() && matches!(base.kind, ExprKind::Name(_) | ExprKind::Field(..)) {
            self.foreign_field(base, field, &mut value);
        }
        self.reads(expr, &mut value);
        value
    }

    /// `variable.field`, without looking at the variable's other fields.
    fn plain_field(&mut self, base: &'f Expr, field: &Text, expr: &'f Expr, state: &State<'f>) -> Option<Value> {
        let ExprKind::Name(name) = &base.kind else { return None };
        let slot = self.slot(name);
        let measure = MEASURES.contains(&&**field) && !self.is_c();
        if slot.contains(SEP) || !state.vars.contains_key(&slot) || measure {
            return None;
        }
        let path = format!("{slot}{SEP}{field}");
        let exact = state.vars.contains_key(&path);
        let mut value = state.read(&path);
        if exact && let Some(any) = state.vars.get(&format!("{slot}{SEP}{ANY}")) {
            value::join(&mut value.whole, any);
        }
        if !exact && self.receiver() == Some(name) {
            if let Some(class) = self.class() {
                self.shared_field(&class, field, &mut value);
            }
        } else if !exact && value.is_clean() {
            self.foreign_field(base, field, &mut value);
        }
        self.reads(expr, &mut value);
        Some(value)
    }

    /// A field of another object of the project that some method filled with outside input.
    fn foreign_field(&mut self, base: &'f Expr, field: &Text, value: &mut Value) {
        let paths = self.view.resolver.paths(base);
        let (world, module) = (self.world, self.module);
        for class in paths
            .iter()
            .filter_map(|path| path.last())
            .filter(|class| world.is_class(module, class))
        {
            self.shared_field(class, field, value);
        }
    }

    /// Adds outside input where reading this name or field is a source.
    fn reads(&mut self, expr: &'f Expr, value: &mut Value) {
        let last = match &expr.kind {
            ExprKind::Name(name) | ExprKind::Field(_, name) => name.clone(),
            ExprKind::Index(_, key) => literal_key(key).unwrap_or_default().into(),
            _ => return,
        };
        let rules = self.world.rules(self.module);
        let imported = matches!(expr.kind, ExprKind::Name(_))
            && self.world.scopes[self.module]
                .imports
                .get(&last)
                .and_then(|path| path.last())
                .is_some_and(|last| rules.knows_read(last));
        if !rules.knows_read(&last) && !imported {
            return;
        }
        let found = rules.read(&self.view.resolver.paths(expr));
        if found.iter().any(|rule| rule.purpose == Purpose::Number) {
            *value = self.numbered(std::mem::take(value));
            return;
        }
        // `file.name` may be as clean as `file.getName()`.
        let cleans = found.iter().filter(|rule| rule.purpose == Purpose::Sanitizer);
        let dead: Mask = cleans
            .filter_map(|rule| rule.card)
            .fold(0, |mask, card| mask | 1 << card);
        if dead != 0 {
            *value = std::mem::take(value).map(&|fact| Fact {
                dead: fact.dead | dead,
                ..fact.clone()
            });
        }
        let found: Vec<_> = found
            .into_iter()
            .filter(|rule| rule.purpose == Purpose::Source)
            .map(|rule| (rule.kind.clone(), rule.card))
            .collect();
        for (kind, card) in found {
            let what = names::dotted(expr).unwrap_or_else(|| last.to_string());
            let fact = self.source(expr.span, &kind, card, &what);
            value.whole.add(fact);
        }
    }

    fn choice(&mut self, cond: &'f Expr, yes: &'f Expr, no: &'f Expr, state: &mut State<'f>) -> Value {
        let decided = self.decide(cond, state).map(|value| value.truth());
        self.eval(cond, state);
        if let Some(truth) = decided {
            return self.eval(if truth { yes } else { no }, state);
        }
        let mut other = state.clone();
        self.refine(cond, true, state);
        let mut value = self.eval(yes, state);
        self.refine(cond, false, &mut other);
        value.join(self.eval(no, &mut other));
        meet(state, other);
        value
    }

    fn binary(&mut self, op: &str, left: &'f Expr, right: &'f Expr, span: Span, state: &mut State<'f>) -> Value {
        if matches!(op, "&&" | "||") {
            let mut value = self.eval(left, state);
            if self
                .decide(left, state)
                .is_some_and(|left| left.truth() != (op == "&&"))
            {
                return value;
            }
            let mut inside = state.clone();
            self.refine(left, op == "&&", &mut inside);
            value.join(self.eval(right, &mut inside));
            if self.ends(right) {
                // `check(x) or exit()`
                self.refine(left, op != "&&", state);
                return value;
            }
            inside.ended = false;
            // The right side may have assigned something; its refinements must not outlive it.
            state.join(&inside);
            return value;
        }
        if matches!(op, "<<" | ">>") && self.streams(op, left, right, span, state) {
            return self.eval(left, state);
        }
        let mut value = self.eval(left, state);
        let other = self.eval(right, state);
        if COMPARISONS.contains(&op) {
            return Value::default();
        }
        if op == "." {
            return self.concatenated([left, right], [value, other], span, state);
        }
        self.reckoned(op, (left, &value), (right, &other), span);
        value = match op {
            "+" => self.joined(&[(left, value), (right, other)], state),
            "%" => {
                value.join(other);
                let value = Value::of(value.all());
                if matches!(self.decide(left, state), Some(Const::Text(_))) {
                    self.formatted(left, value, state)
                } else {
                    // A remainder lies below its divisor.
                    value.map(&|fact| Fact {
                        bounds: fact.bounds | UPPER | LOWER,
                        ..fact.clone()
                    })
                }
            }
            _ => {
                value.join(other);
                Value::of(value.all())
            }
        };
        if matches!(op, "-" | "^" | "**") || (self.named_globals() && calculates(op, left, right)) {
            self.numbered(value)
        } else {
            value
        }
    }

    /// C++ streams: `in >> x` fills `x`, `out << x` fills `out`. False when the left side is a number.
    fn streams(&mut self, op: &str, left: &'f Expr, right: &'f Expr, span: Span, state: &mut State<'f>) -> bool {
        if self.world.modules[self.module].language != "cpp" {
            return false;
        }
        let mut root = left;
        while let ExprKind::Binary(inner, deeper, _) = &root.kind {
            if &**inner != op {
                return false;
            }
            root = deeper;
        }
        let paths = self.view.resolver.paths(root);
        let named = |names: &[&str]| {
            paths
                .iter()
                .filter_map(|path| path.last())
                .any(|last| names.contains(&&**last))
        };
        if named(&["cin", "wcin", "ifstream", "fstream", "wifstream"]) && op == ">>" {
            self.eval(left, state);
            if let Some(path) = self.path(right, state) {
                let kind = if named(&["cin", "wcin"]) { "cli" } else { "file" };
                let fact = self.source(span, kind, None, "the input stream");
                let numeric = self.world.frames[self.module][self.here].known.get(&*path);
                let numeric = numeric
                    .into_iter()
                    .flatten()
                    .filter_map(|path| path.last())
                    .any(|last| names::is_numeric(last));
                let value = Value::of(fact.into());
                let value = if numeric { self.numbered(value) } else { value };
                state.write(&path, value);
            }
            return true;
        }
        let stream = [
            "stringstream",
            "ostringstream",
            "istringstream",
            "ofstream",
            "wstringstream",
            "cout",
            "cerr",
            "clog",
        ];
        if !named(&stream) {
            return false;
        }
        let (from, to) = if op == "<<" { (right, root) } else { (root, right) };
        let facts = self.eval(from, state).all();
        self.eval(left, state);
        if let Some(path) = self.path(to, state) {
            state.add(&path, &facts);
        }
        true
    }

    /// Outside input chooses the element: a sink for cards that look for unchecked indexes.
    pub fn indexed(&mut self, key: &Expr, position: &[Fact], write: bool, span: Span) {
        let world = self.world;
        let c = matches!(world.modules[self.module].language, "c" | "cpp");
        if !c || position.is_empty() || world.indexes.is_empty() {
            return;
        }
        let frame = &world.frames[self.module][self.here];
        let unsigned = matches!(&key.kind, ExprKind::Name(name) if frame.unsigned.contains(name));
        for index in world
            .indexes
            .iter()
            .filter(|index| index.write.is_none_or(|wanted| wanted == write))
        {
            let open = |fact: &&Fact| match index.before {
                // The upper end was looked after and the lower one forgotten.
                true => !unsigned && fact.bounds & UPPER != 0 && fact.bounds & LOWER == 0,
                false => fact.bounds & UPPER == 0,
            };
            let facts: Facts = position
                .iter()
                .filter(open)
                .map(|fact| Fact {
                    bounds: 0,
                    ..fact.clone()
                })
                .collect();
            self.hit(index.card, &facts, span, "an index");
        }
    }

    /// The same data as a number: harmless wherever only text does harm.
    pub fn numbered(&self, value: Value) -> Value {
        let stringish = self.world.stringish;
        value.map(&|fact| Fact {
            dead: fact.dead | stringish,
            bounds: fact.bounds & !QUOTED,
            ..fact.clone()
        })
    }
}

/// A comprehension: names bound to elements, conditions, and last what is made of them.
fn comprehends(parts: &[Expr]) -> bool {
    let binds = |part: &Expr| matches!(part.kind, ExprKind::Assign(..));
    parts
        .split_last()
        .is_some_and(|(last, before)| !binds(last) && before.first().is_some_and(binds))
}
