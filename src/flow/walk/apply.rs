//! Calls: sinks, sources and sanitizers that cards and models name, functions of the project by their summaries, and
//! everything else by the rule that what goes in may come out.
//!
//! In: a call and the state before it. Out: the [`Value`] of its result, hits, and what it does to its arguments.
//! Deliberately absent: how names resolve (`names`, `calls`). Start at [`Walker::call`].

mod fills;

use std::rc::Rc;

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span, Text};

use crate::flow::program::callees::{curried, scripted};
use crate::flow::program::calls::Site;
use crate::flow::program::matcher::{Place, Purpose, of_receiver};
use crate::flow::program::names::{self, Path};
use crate::flow::program::places::literal_key;
use crate::flow::program::tables::{ASKS, DECODERS, FILLS, NUMBERS, OPAQUE, QUOTERS};
use crate::flow::proof::confined::{resolves, rooted};
use crate::flow::state::value::{
    self, ANY, Const, DOTLESS, Fact, Facts, LOWER, Mask, Note, QUOTED, SEP, State, UPPER, Value,
};
use crate::flow::walk::formats::{deferred, formatted, handed, looks_up, mapped, named_callback, strips};
use crate::flow::walk::taint::Walker;

/// What is the same every time a call is met: how it resolves.
#[derive(Debug, Default)]
pub struct Resolved {
    pub sinks: Vec<(usize, Vec<Place>, String)>,
    pub sources: Vec<Enters>,
    /// Card and cleaned arguments (none: all).
    pub sanitizers: Vec<(usize, Vec<Place>)>,
    pub moves: Vec<Move>,
    pub targets: Vec<u32>,
    /// The result does not contain what went in.
    blank: bool,
    /// The result is a number.
    number: bool,
    pub ends: bool,
}

/// Data that goes from some arguments into others.
#[derive(Debug)]
pub struct Move {
    from: Vec<Place>,
    /// Position, and whether what stands there stays.
    to: Vec<(usize, bool)>,
}

/// Outside input that a call brings.
#[derive(Debug)]
pub struct Enters {
    kind: String,
    /// The card that named the source, when it is no framework's.
    card: Option<usize>,
    /// Arguments that are filled; none when the result is the input.
    filled: Vec<Place>,
    what: Text,
}

/// A call with everything evaluated.
pub struct Actual<'c, 'f> {
    pub args: &'f [Arg],
    pub new: bool,
    pub span: Span,
    pub name: Text,
    pub base: Option<&'f Expr>,
    pub receiver: &'c Value,
    pub values: &'c [Value],
}

impl<'f> Walker<'_, 'f> {
    pub fn call(
        &mut self,
        expr: &'f Expr,
        callee: &'f Expr,
        args: &'f [Arg],
        new: bool,
        state: &mut State<'f>,
    ) -> Value {
        let (name, base) = match &callee.kind {
            ExprKind::Name(name) => (name.clone(), None),
            ExprKind::Field(base, name) => (name.clone(), Some(&**base)),
            _ => (Text::from(""), Some(callee)),
        };
        let receiver = base.map(|base| self.eval(base, state)).unwrap_or_default();
        if let Some(base) = base {
            self.dereferenced(base, expr.span, state);
        }
        let values: Vec<Value> = args
            .iter()
            .map(|arg| match &arg.value.kind {
                // Walked below, once it is known what its parameters may hold.
                ExprKind::Function(_) => Value::default(),
                _ => self.eval(&arg.value, state),
            })
            .collect();
        self.callee_named(callee, new, expr.span, state);
        if base.is_none()
            && let Some(value) = self.by_name(&name, args, &values, state)
        {
            return value;
        }
        if let Some((callee, each)) = named_callback(&name, args) {
            return self.call_named(expr.span, &callee, &args[1..], &values[1..], each, state);
        }
        if let Some(at) = deferred(&name, args) {
            let (function, rest) = (&args[at].value, at + 1);
            let paths = self.view.resolver.paths(function);
            if !self.targets_of(function, args.len() - rest, false, &paths).is_empty() {
                return self.call_named(expr.span, function, &args[rest..], &values[rest..], false, state);
            }
        }
        if let Some(value) = handed(callee, args).and_then(|given| self.call_later(expr.span, given, &values, state)) {
            return value;
        }
        let values = formatted(self, &name, args, values);
        if let Some(value) = self.validated((&name, base), args, &values, state) {
            return value;
        }
        if let Some(value) = self.held(&name, base, &values, state) {
            return value;
        }
        let resolved = self.resolve(expr, callee, args, new, state);
        let actual = Actual {
            args,
            new,
            span: expr.span,
            name,
            base,
            receiver: &receiver,
            values: &values,
        };
        let mut result = self.perform(&resolved, &actual, state);
        if self.is_c() && matches!(&*actual.name, "strtok" | "strtok_r" | "wcstok") {
            result = next_token(args, result, state);
        }
        result = self.told_by_name(&actual, callee, result);
        self.render(expr, args, &values, &receiver);
        self.assigned_to_view(&actual, state);
        if let Some(value) = self.include(expr, state) {
            result = value;
        }
        result
    }

    /// What a call does once it is known what it is.
    pub fn perform(&mut self, resolved: &Resolved, actual: &Actual<'_, 'f>, state: &mut State<'f>) -> Value {
        for (card, places, text) in &resolved.sinks {
            for place in places {
                let mut facts = Self::at_place(place, actual.receiver, actual.values);
                if let Place::Argument(at) = place
                    && !self.counts(*card, *at, &facts, actual, text, state)
                {
                    continue;
                }
                if let Place::Argument(at) = place
                    && let Some(text) = self.as_text(&actual.args[*at].value, &actual.values[*at])
                {
                    facts = text;
                }
                if self.world.about.markup & (1 << card) != 0 {
                    facts = self.placed(&facts, self.spot(actual.span));
                }
                if actual.new {
                    facts = self.sizes(&actual.name, facts);
                }
                self.hit(*card, &facts, actual.span, text);
            }
        }
        self.sized(actual);
        let answer = self.answered(resolved, actual.new);
        let returned = self.callbacks(actual, resolved.blank || answer, state);
        let mut result = if resolved.targets.is_empty() {
            let mut result = self.unknown(actual, state);
            if resolved.number && result.is_clean() {
                // A number about a value is still made of it.
                actual
                    .values
                    .iter()
                    .for_each(|value| result.join(Value::of(value.all())));
            }
            if resolved.blank
                || answer
                || looks_up(&actual.name, actual.args.len())
                || (mapped(actual) && !resolved.number)
                || strips(&actual.name, actual.args)
            {
                result = Value::default();
            }
            result.join(returned);
            result
        } else {
            let mut result = self.known(&resolved.targets, actual, state);
            if actual.new {
                self.initialised(&resolved.targets, actual, &mut result);
            }
            result
        };
        self.moved(resolved, actual, state);
        self.entered(resolved, actual, &mut result, state);
        self.sanitised(resolved, actual, &mut result);
        if resolved.number && resolved.targets.is_empty() {
            return self.numbered(result);
        }
        result
    }

    fn resolve(
        &mut self,
        expr: &'f Expr,
        callee: &'f Expr,
        args: &'f [Arg],
        new: bool,
        state: &State<'f>,
    ) -> Rc<Resolved> {
        let key = std::ptr::from_ref(expr) as usize;
        if let Some(known) = self.resolved.get(&key) {
            return Rc::clone(known);
        }
        let resolved = Rc::new(self.fresh(callee, args, new, state));
        self.resolved.insert(key, Rc::clone(&resolved));
        resolved
    }

    pub fn fresh(&self, callee: &Expr, args: &[Arg], new: bool, state: &State<'f>) -> Resolved {
        let paths = self.view.resolver.paths(callee);
        let mut resolved = Resolved {
            targets: self.targets_of(callee, args.len(), new, &paths),
            ..Resolved::default()
        };
        let decide = |arg: &Expr| {
            self.decide(arg, state).map(|value| match value {
                Const::Text(text) => Literal::Str(text),
                Const::Number(number) => Literal::Number(number.to_string().into()),
                Const::Bool(value) => Literal::Bool(value),
                Const::Null => Literal::Null,
            })
        };
        let (entry, own) = (self.in_entry(), self.own_method(callee, &paths, &resolved.targets));
        // What `compile(text)(values)` calls is no longer what `compile` is.
        let named: &[Path] = if curried(callee) || self.fills_template(callee) {
            &[]
        } else {
            &paths
        };
        let found = self.world.rules(self.module).call(named, args, new, &decide);
        for found in found {
            let rule = found.rule;
            if (rule.pattern.in_route && !entry) || !of_receiver(rule, callee) || !self.inside(&rule.pattern) {
                continue;
            }
            let named = rule.pattern.names_danger();
            match (rule.purpose, rule.card) {
                // A method of the project that is called like a library's is judged by its body, too.
                (Purpose::Sink, _) if own && rule.pattern.text.starts_with("*.") => {}
                (Purpose::Sink, Some(card)) => {
                    resolved.sinks.push((
                        card,
                        found.places,
                        names::dotted(callee).unwrap_or_else(|| rule.pattern.text.clone()),
                    ));
                }
                (Purpose::Source, card) => {
                    // `recv(1)` fills argument 1; conditions alone name no argument.
                    let filled = if named { found.places } else { Vec::new() };
                    let what = names::dotted(callee).unwrap_or_else(|| rule.pattern.text.clone());
                    if !named || !filled.is_empty() {
                        let (kind, what) = (rule.kind.clone(), what.into());
                        resolved.sources.push(Enters {
                            kind,
                            card,
                            filled,
                            what,
                        });
                    }
                }
                (Purpose::Sanitizer, Some(card)) if !named || !found.places.is_empty() => {
                    resolved.sanitizers.push((card, found.places));
                }
                (Purpose::Blank, _) => resolved.blank = true,
                (Purpose::Number, _) => resolved.number = true,
                (Purpose::End, _) => resolved.ends = true,
                (Purpose::Propagator, _) => resolved.moves.push(Move {
                    from: found.places,
                    to: rule.to.clone(),
                }),
                _ => {}
            }
        }
        resolved.number |= self.world.modules[self.module].language == "java" && parses(callee, args);
        // A function of the project that happens to be called like a library's is judged by its body.
        if !resolved.targets.is_empty() && bare(callee) {
            resolved.sinks.clear();
            resolved.sources.clear();
            resolved.ends = false;
        }
        resolved
    }

    pub fn targets_of(&self, callee: &Expr, args: usize, new: bool, paths: &[Path]) -> Vec<u32> {
        let site = Site {
            module: self.module,
            class: self.view.resolver.class.as_ref(),
            callee,
            paths,
            args,
            new,
        };
        self.world.directory.targets(&site)
    }

    /// Functions of the project that a call expression may reach.
    pub fn targets(&self, expr: &Expr) -> Vec<u32> {
        let ExprKind::Call { callee, args, new } = &expr.kind else {
            return Vec::new();
        };
        let paths = self.view.resolver.paths(callee);
        self.targets_of(callee, args.len(), *new, &paths)
    }

    /// Lambdas among the arguments: their parameters may hold whatever else the call was given.
    fn callbacks(&mut self, actual: &Actual<'_, 'f>, blank: bool, state: &mut State<'f>) -> Value {
        let mut returned = Value::default();
        let lambdas: Vec<usize> = actual
            .args
            .iter()
            .filter_map(|arg| match &arg.value.kind {
                ExprKind::Function(index) => Some(*index),
                _ => None,
            })
            .collect();
        if lambdas.is_empty() {
            return returned;
        }
        let mut given = below_any(&actual.receiver.all());
        if !OPAQUE.contains(&&*actual.name) && !blank {
            for value in actual.values {
                value::join(&mut given, &value.all());
            }
        }
        for index in lambdas {
            let count = self.world.modules[self.module].functions[index].params.len();
            // What a framework calls gets what the framework hands to it.
            let entered = scripted(self) && self.world.entries.contains_key(&self.world.unit(self.module, index));
            let given = vec![if entered { Facts::new() } else { given.clone() }; count];
            returned.join(self.inline(index, &given, state));
        }
        returned
    }

    /// A call into code that is not here.
    fn unknown(&mut self, actual: &Actual<'_, 'f>, state: &mut State<'f>) -> Value {
        let name = &*actual.name;
        let mut carried = actual.receiver.all();
        let mut given = Facts::new();
        // What a map gives is what was put there, not the key that it was asked with.
        let key = usize::from(actual.base.is_some_and(|base| self.looks_up(name, base, state)));
        for value in actual.values.iter().skip(key) {
            value::join(&mut given, &value.all());
        }
        if let Some(value) = self.attribute(actual, state) {
            return value;
        }
        if let Some(base) = actual.base {
            if let Some(value) = self.listed((name, actual.args, actual.values), base, actual.span, state) {
                return value;
            }
            if let Some(value) = self.keyed(actual, base, state) {
                return value;
            }
            let keyed = matches!(actual.args, [key, _] | [key, _, _] if literal_key(&key.value).is_some());
            if let Some(value) = self.emptied(actual, base, state) {
                return value;
            }
            if (self.splices(actual) || FILLS.contains(&name)) && (keyed || !given.is_empty()) {
                self.fill(actual, base, &given, state);
            }
        }
        // Without arguments `query` and `find` are accessors of a request, not questions to a database.
        let accessor = actual.args.is_empty() && ASKS.contains(&name);
        let finds = actual.base.is_some() && !actual.args.is_empty() && finds(name);
        if actual.args.is_empty()
            && !carried.is_empty()
            && actual.base.is_some_and(|base| self.gives_number(base, name))
        {
            return self.numbered(Value::of(carried));
        }
        if (OPAQUE.contains(&name) || finds || self.answers(actual)) && !actual.new && !accessor {
            return if NUMBERS.contains(&name) {
                self.numbered(Value::of(carried))
            } else {
                Value::default()
            };
        }
        if (actual.new && actual.args.iter().any(|arg| arg.label.is_some())) || self.fills_record(actual) {
            return self.literal_object(actual);
        }
        value::join(&mut carried, &given);
        if let Some(record) = self.record_of(actual, &carried) {
            return record;
        }
        let value = self.passed(carried, actual);
        match name {
            _ if NUMBERS.contains(&name) => self.numbered(value),
            _ if DECODERS.contains(&name) => self.decoded(value),
            "format" | "Sprintf" | "sprintf" => {
                let text = actual.args.first().map(|arg| &arg.value);
                match actual.base.filter(|base| self.decide(base, state).is_some()).or(text) {
                    Some(text) => self.formatted(text, value, state),
                    None => value,
                }
            }
            _ => value,
        }
    }

    /// What went into a call comes out of it, with what the name of the call says about it.
    fn passed(&self, carried: Facts, actual: &Actual<'_, 'f>) -> Value {
        let name = &*actual.name;
        let hop = self.hop(actual.span, Note::Through(actual.name.clone()));
        let language = self.world.modules[self.module].language;
        let ends = ends(name) | resolves(name, actual.args.len(), language) | rooted(name, actual.args, language);
        // Joined to a base, what has no `..` stays below it.
        let joins = (name == "join" && scripted(self)) || (name == "Join" && language == "go");
        let below = joins && actual.args.len() > 1 && actual.values[0].is_clean();
        Value::of(carried).map(&|fact| Fact {
            bounds: fact.bounds | ends,
            dead: fact.dead
                | if below && fact.bounds & DOTLESS != 0 {
                    self.world.about.paths
                } else {
                    0
                },
            ..fact.step(hop.clone())
        })
    }

    /// The same data with its markup back: escaping for a page is undone, a number stays one.
    fn decoded(&self, value: Value) -> Value {
        let (markup, stringish) = (self.world.about.markup, self.world.stringish);
        value.map(&|fact| Fact {
            dead: if fact.dead & stringish == stringish {
                fact.dead
            } else {
                fact.dead & !markup
            },
            ..fact.clone()
        })
    }

    /// Whether a call asks a map for what it holds under a key.
    fn looks_up(&self, name: &str, base: &Expr, state: &State<'f>) -> bool {
        let map = |path: &Path| path.last().is_some_and(|class| class.ends_with("Map"));
        let language = self.world.modules[self.module].language;
        matches!(name, "get" | "getOrDefault")
            && (language == "java" && self.view.resolver.paths(base).iter().any(map)
                || language == "python" && self.is_dict(base, state))
    }

    /// Fields that stand at a construction beside the parameters of its constructor: `new T(a) { Field = b }`.
    /// Whether every argument is a field of a class of the project that says nothing of how it is made: a record.
    fn fills_record(&self, actual: &Actual<'_, 'f>) -> bool {
        let named = |label: &Option<Text>| label.as_deref().is_some_and(|label| !label.starts_with('*'));
        self.world.modules[self.module].language == "python"
            && actual.name.starts_with(|c: char| c.is_ascii_uppercase())
            && !actual.args.is_empty()
            && actual.args.iter().all(|arg| named(&arg.label))
            && self.world.class_module(self.module, &actual.name).is_some()
    }

    fn initialised(&self, targets: &[u32], actual: &Actual<'_, 'f>, result: &mut Value) {
        let own = |label: &Text| {
            let params = |&unit: &u32| self.world.function(unit).params.iter();
            targets.iter().flat_map(params).any(|param| param.name == *label)
        };
        for (arg, given) in actual.args.iter().zip(actual.values) {
            if let Some(label) = arg.label.as_ref().filter(|label| !own(label)) {
                value::join(result.parts.entry(format!("{SEP}{label}")).or_default(), &given.all());
            }
        }
    }

    fn sanitised(&self, resolved: &Resolved, actual: &Actual<'_, 'f>, result: &mut Value) {
        let dead: Mask = resolved.sanitizers.iter().fold(0, |mask, (card, _)| mask | 1 << card);
        if dead != 0 {
            let quoted = if QUOTERS.contains(&&*actual.name) { QUOTED } else { 0 };
            let marked = if dead & self.world.about.markup == 0 {
                0
            } else {
                self.encodes(&actual.name, actual.args)
            };
            *result = std::mem::take(result).map(&|fact| Fact {
                // What was harmless for another reason does not depend on quotes.
                bounds: fact.bounds | if fact.dead & dead == dead { 0 } else { quoted | marked },
                dead: fact.dead | dead,
                ..fact.clone()
            });
        }
    }

    fn entered(&mut self, resolved: &Resolved, actual: &Actual<'_, 'f>, result: &mut Value, state: &mut State<'f>) {
        for Enters {
            kind,
            card,
            filled,
            what,
        } in &resolved.sources
        {
            let fact = self.source(actual.span, kind, *card, what);
            for place in filled {
                let Place::Argument(at) = place else { continue };
                let Some(target) = self.path(&actual.args[*at].value, state) else {
                    continue;
                };
                let deep = target.matches(SEP).count() >= value::DEPTH;
                let inside = if deep { target } else { format!("{target}{SEP}{ANY}") };
                state.add(&inside, &fact.clone().into());
            }
            // In Java what a call that fills a buffer gives back is a count that the buffer bounds.
            if filled.is_empty() || self.world.modules[self.module].language != "java" {
                result.whole.add(fact);
            }
        }
        // What such a call gives back is how much it read, and no more than was asked for.
        let ends = ends(&actual.name);
        if ends != 0 && !resolved.sources.is_empty() {
            *result = std::mem::take(result).map(&|fact| Fact {
                bounds: fact.bounds | ends,
                ..fact.clone()
            });
        }
        if !resolved.sources.is_empty() && NUMBERS.contains(&&*actual.name) {
            *result = self.numbered(std::mem::take(result));
        }
    }
}

/// `Colour.valueOf(text)`: a member of an enumeration, a number or a date; only text gives text.
fn parses(callee: &Expr, args: &[Arg]) -> bool {
    let ExprKind::Field(base, name) = &callee.kind else {
        return false;
    };
    let class = |class: &Text| class.starts_with(char::is_uppercase) && &**class != "String";
    &**name == "valueOf"
        && args.len() == 1
        && matches!(&base.kind, ExprKind::Name(name) | ExprKind::Field(_, name) if class(name))
}

/// What the result of a call by this name says about its range.
fn ends(name: &str) -> value::Bits {
    match name {
        // As many as were asked for, or −1.
        "min" | "MIN" | "recv" | "recvfrom" | "read" | "pread" | "fread" | "SSL_read" | "readlink" => UPPER,
        "max" | "abs" => LOWER,
        // How far into the text something is.
        "strcspn" | "strspn" | "strnlen" | "clamp" | "floorMod" => UPPER | LOWER,
        _ => 0,
    }
}

/// `findBySlug`, `find_by_name`, `getUserById`: gives a record, which is not what it was asked for with.
fn finds(name: &str) -> bool {
    let starts = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let by = |rest: &str| {
        rest.find("By")
            .is_some_and(|at| rest[at + 2..].starts_with(|c: char| c.is_ascii_uppercase()))
    };
    name.strip_prefix("find").is_some_and(starts)
        || ["get", "load", "fetch", "lookup"]
            .iter()
            .any(|verb| name.strip_prefix(verb).is_some_and(|rest| starts(rest) && by(rest)))
}

fn below_any(facts: &Facts) -> Facts {
    value::below(facts, ANY)
}

fn bare(callee: &Expr) -> bool {
    matches!(callee.kind, ExprKind::Name(_))
}

/// `strtok(NULL, " ")` goes on in the text that the last call was given.
fn next_token(args: &[Arg], result: Value, state: &mut State) -> Value {
    const TEXT: &str = "<tokens>";
    let null = args.first().is_some_and(|arg| match &arg.value.kind {
        ExprKind::Name(name) => &**name == "NULL",
        ExprKind::Literal(Literal::Null) => true,
        ExprKind::Literal(Literal::Number(text)) => &**text == "0",
        _ => false,
    });
    if null {
        return state.read(TEXT);
    }
    state.write(TEXT, result.clone());
    result
}
