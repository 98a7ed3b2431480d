//! What the taint analysis knows about values: facts with their history, and the state of variables at one place.
//!
//! In: nothing (these are the shapes). Out: [`Fact`], [`Value`], [`State`] and their joins, all bounded and ordered.
//! Deliberately absent: any knowledge of expressions, cards' meaning or functions; a card is one bit of a [`Mask`].
//! Start at [`Fact`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::syntax::form::{Expr, Span, Text};

pub use crate::flow::state::facts::{Facts, below, join};
use crate::flow::state::map::Map;
pub use crate::flow::walk::proved::Proved;

/// One bit per card. Cards beyond the 128th are analysed without flow; `build` reports that as a problem.
pub type Mask = u128;

/// Receiver of a method, as a parameter number.
pub const RECEIVER: u8 = u8::MAX;
/// Most steps of one history.
const STEPS: u16 = 24;
/// Steps after which a history is no longer unrolled.
const LONGEST: usize = 2000;
/// Most guards remembered on one fact.
const GUARDS: usize = 4;
/// Separates the segments of a variable's access path. No language has it in a name.
pub const SEP: char = '\u{1}';
/// Segment for "some element".
pub const ANY: &str = "*";
/// Deepest access path below a variable.
pub const DEPTH: usize = 2;

/// What is known of a value beside the cards it is harmless for.
pub type Bits = u16;

/// The comparison bound a number has passed on every path to here.
pub const UPPER: Bits = 1;
/// As [`UPPER`], from below.
pub const LOWER: Bits = 2;
/// It was checked that the number is not zero.
pub const NONZERO: Bits = 4;
/// Text that was escaped for a place between quotes, and whether it stands in one is open.
pub const QUOTED: Bits = 8;
/// A path without links, `.` and `..`: where it begins is where it leads.
pub const RESOLVED: Bits = 16;
/// It was checked that a text has no `..`.
pub const DOTLESS: Bits = 32;
/// It was checked that a path does not begin at a root.
pub const RELATIVE: Bits = 64;
/// Characters or a number, as a language without objects gives them: nothing with fields, so that no field of a
/// structure has it from the structure.
pub const PLAIN: Bits = 128;
/// Text that was encoded for markup: harmless between tags and in quotes, not everywhere in a page.
pub const ENCODED: Bits = 256;
/// Encoded, but single quotes are left.
pub const SINGLE: Bits = 512;
/// Encoded, but double quotes are left.
pub const DOUBLE: Bits = 1024;
/// All that encoding for markup says.
pub const MARKED: Bits = ENCODED | SINGLE | DOUBLE;

/// Where a fact begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Outside input that enters in this unit at this byte.
    Source { unit: u32, at: u32 },
    /// Whatever the caller passes: parameter number and access path below it (empty or `SEP`-led).
    Param { index: u8, path: Arc<str> },
}

/// What happened to a value at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    Enters(Text),
    Parameter(Text),
    Assigned(Text),
    Passed(Text),
    Returned(Text),
    Through(Text),
    Stored(Text),
    Sink(Text),
    Guard(Text),
}

/// One step of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Unit that holds the code.
    pub unit: u32,
    pub span: Span,
    pub note: Note,
}

/// A history. Histories share what they have in common: to go on costs one step, whatever lies before.
#[derive(Debug)]
pub struct Trace {
    node: Node,
    /// Steps, counted up to a limit.
    pub len: u16,
}

#[derive(Debug)]
enum Node {
    First(Hop),
    Then(Arc<Trace>, Hop),
    /// Into a callee: the caller's history, then the callee's.
    Into(Arc<Trace>, Arc<Trace>),
}

impl Trace {
    pub fn start(hop: Hop) -> Arc<Self> {
        Arc::new(Self {
            node: Node::First(hop),
            len: 1,
        })
    }

    fn last(&self) -> &Hop {
        let mut at = self;
        loop {
            match &at.node {
                Node::First(hop) | Node::Then(_, hop) => return hop,
                Node::Into(_, inner) => at = inner,
            }
        }
    }

    /// Adds a step unless it repeats the last place or the history is full.
    pub fn then(self: &Arc<Self>, hop: Hop) -> Arc<Self> {
        let last = self.last();
        let same = last.unit == hop.unit && last.span.line == hop.span.line && self.len > 1;
        let must = matches!(hop.note, Note::Passed(_) | Note::Sink(_));
        if !must && (same || self.len >= STEPS) {
            return Arc::clone(self);
        }
        Arc::new(Self {
            len: self.len.saturating_add(1),
            node: Node::Then(Arc::clone(self), hop),
        })
    }

    /// Goes on with what a callee does.
    fn through(self: &Arc<Self>, inner: &Arc<Self>) -> Arc<Self> {
        let len = self.len.saturating_add(inner.len);
        Arc::new(Self {
            node: Node::Into(Arc::clone(self), Arc::clone(inner)),
            len,
        })
    }

    /// Oldest step first. Of a history that is too long, the middle is left out.
    pub fn hops(&self) -> Vec<Hop> {
        let mut hops: Vec<Hop> = Vec::new();
        let mut open = vec![self];
        while let Some(trace) = open.pop() {
            match &trace.node {
                Node::First(hop) => hops.push(hop.clone()),
                Node::Then(before, hop) => {
                    hops.push(hop.clone());
                    open.push(before);
                }
                Node::Into(before, inner) => {
                    open.push(before);
                    open.push(inner);
                }
            }
            if hops.len() > LONGEST {
                break;
            }
        }
        let newest = usize::from(STEPS) / 2;
        if hops.len() > usize::from(STEPS) {
            let oldest = hops.split_off(hops.len() - newest);
            hops.truncate(newest);
            hops.extend(oldest);
        }
        hops.reverse();
        hops
    }
}

/// "This value is under the control of `origin`", for every card whose bit is not in `dead`.
#[derive(Debug, Clone)]
pub struct Fact {
    pub origin: Origin,
    /// Cards for which the value was made harmless, or never was harmful.
    pub dead: Mask,
    /// [`UPPER`] and [`LOWER`].
    pub bounds: Bits,
    pub trace: Arc<Trace>,
    pub guards: Arc<Vec<Hop>>,
}

impl Fact {
    pub fn new(origin: Origin, dead: Mask, trace: Arc<Trace>) -> Self {
        Self {
            origin,
            dead,
            bounds: 0,
            trace,
            guards: Arc::new(Vec::new()),
        }
    }

    pub fn step(&self, hop: Hop) -> Self {
        Self {
            origin: self.origin.clone(),
            dead: self.dead,
            bounds: self.bounds,
            trace: self.trace.then(hop),
            guards: Arc::clone(&self.guards),
        }
    }

    /// Whether what has it can have parts under this name; elements it always has.
    pub(in crate::flow) fn reaches(&self, segment: &str) -> bool {
        self.bounds & PLAIN == 0 || segment == ANY || segment.starts_with(|c: char| c.is_ascii_digit())
    }

    pub fn guarded(&mut self, hop: Hop) {
        if self.guards.len() < GUARDS && !self.guards.iter().any(|known| known.span == hop.span) {
            Arc::make_mut(&mut self.guards).push(hop);
        }
    }

    /// A caller's fact continues through a callee's history.
    pub fn extended(&self, inner: &Fact) -> Self {
        let mut fact = Self {
            origin: self.origin.clone(),
            dead: self.dead | inner.dead,
            bounds: self.bounds | inner.bounds,
            trace: self.trace.through(&inner.trace),
            guards: Arc::clone(if self.guards.is_empty() {
                &inner.guards
            } else {
                &self.guards
            }),
        };
        for hop in inner.guards.iter().filter(|_| !self.guards.is_empty()) {
            fact.guarded(hop.clone());
        }
        fact
    }

    /// Whether meeting `other`, of the same origin, would leave this fact as it is.
    pub(in crate::flow) fn covers(&self, other: &Fact) -> bool {
        let guards = Arc::ptr_eq(&self.guards, &other.guards)
            || self
                .guards
                .iter()
                .all(|hop| other.guards.iter().any(|own| own.span == hop.span));
        guards
            && self.dead & other.dead == self.dead
            && self.bounds & other.bounds == self.bounds
            && (other.dead != self.dead || other.bounds != self.bounds || other.trace.len >= self.trace.len)
    }

    /// The same origin met twice: harmful where either is, with the more harmful or else the shorter history.
    pub(in crate::flow) fn merge(&mut self, other: &Fact) -> bool {
        let dead = self.dead & other.dead;
        let bounds = self.bounds & other.bounds;
        let changed = dead != self.dead || bounds != self.bounds;
        let worse =
            other.dead.count_ones() < self.dead.count_ones() || other.bounds.count_ones() < self.bounds.count_ones();
        let same = other.dead == self.dead && other.bounds == self.bounds;
        let guards = Arc::clone(&self.guards);
        if worse || (same && other.trace.len < self.trace.len) {
            *self = other.clone();
        }
        if !other.guards.is_empty() || !guards.is_empty() {
            // A guard counts only where it stands on both ways.
            let both = guards
                .iter()
                .filter(|hop| other.guards.iter().any(|own| own.span == hop.span));
            self.guards = Arc::new(both.cloned().collect());
        }
        self.dead = dead;
        self.bounds = bounds;
        changed
    }
}

/// The result of an expression: facts about the whole and about parts that are known apart.
#[derive(Debug, Clone, Default)]
pub struct Value {
    pub whole: Facts,
    /// Access path below the value, `SEP`-led.
    pub parts: BTreeMap<String, Facts>,
}

impl Value {
    pub fn of(whole: Facts) -> Self {
        Self {
            whole,
            parts: BTreeMap::new(),
        }
    }

    /// Everything that is in the value anywhere.
    pub fn all(&self) -> Facts {
        let mut facts = self.whole.clone();
        for part in self.parts.values() {
            join(&mut facts, part);
        }
        facts
    }

    /// What is in the value as it came in or was spread into it; not what the code put under keys of its own choice.
    pub fn unpicked(&self) -> Facts {
        let mut facts = self.whole.clone();
        if let Some(spread) = self.parts.get(&format!("{SEP}{ANY}")) {
            join(&mut facts, spread);
        }
        facts
    }

    pub fn is_clean(&self) -> bool {
        self.whole.is_empty() && self.parts.values().all(|facts| facts.is_empty())
    }

    pub fn join(&mut self, other: Value) {
        join(&mut self.whole, &other.whole);
        for (path, facts) in other.parts {
            join(self.parts.entry(path).or_default(), &facts);
        }
    }

    /// Every fact goes one step further.
    pub fn stepped(self, hop: &Hop) -> Self {
        self.map(&|fact| fact.step(hop.clone()))
    }

    pub fn map(mut self, change: &dyn Fn(&Fact) -> Fact) -> Self {
        for facts in std::iter::once(&mut self.whole).chain(self.parts.values_mut()) {
            *facts = facts.map(change);
        }
        self
    }

    /// The part below `segment`, as a value of its own.
    pub fn part(&self, segment: &str) -> Value {
        let mut value = Value::default();
        let mut exact = false;
        // What is known of this element in particular came of what is known of any.
        let own = self.parts.get(&format!("{SEP}{segment}")).filter(|_| segment != ANY);
        let known = |fact: &Fact| own.is_some_and(|own| own.iter().any(|other| other.origin == fact.origin));
        for (path, facts) in &self.parts {
            let own = path.strip_prefix(SEP).unwrap_or(path);
            match own.strip_prefix(segment) {
                Some("") => {
                    exact = true;
                    join(&mut value.whole, facts);
                }
                Some(rest) if rest.starts_with(SEP) => {
                    value.parts.insert(rest.to_owned(), facts.clone());
                }
                _ if segment == ANY => {
                    join(&mut value.whole, facts);
                }
                _ if own.starts_with(ANY) => {
                    let mut others = facts.clone();
                    others.retain(|fact| !known(fact));
                    join(&mut value.whole, &others);
                }
                _ => {}
            }
        }
        if !exact {
            join(&mut value.whole, &below(&self.whole, segment));
        }
        value
    }
}

/// A value decided at analysis time.
#[derive(Debug, Clone, PartialEq)]
pub enum Const {
    Text(Text),
    Number(f64),
    Bool(bool),
    Null,
}

impl Const {
    pub fn truth(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0,
            Self::Bool(value) => *value,
            Self::Null => false,
        }
    }
}

/// What is known about variables at one place of one function. A copy costs nothing.
#[derive(Debug, Clone, Default)]
pub struct State<'f> {
    /// By access path: variable name and `SEP`-led segments. An empty entry means "known to be clean".
    pub vars: Map<Facts>,
    pub consts: Map<Const>,
    /// What a variable was last assigned, where a condition or collection may hide behind it.
    pub bound: Map<&'f Expr>,
    /// Places that bring outside input by themselves, and what conditions proved of what they hold.
    pub proved: Map<Proved>,
    /// True behind a return, throw, break or continue: nothing flows on.
    pub ended: bool,
}

impl<'f> State<'f> {
    /// The value at an access path, with its known parts.
    pub fn read(&self, path: &str) -> Value {
        let mut value = Value::of(self.whole(path));
        for (key, facts) in self.vars.below(path) {
            value.parts.insert(key[path.len()..].to_owned(), facts.clone());
        }
        value
    }

    /// The value at an access path without what is known of its parts alone.
    pub fn whole(&self, path: &str) -> Facts {
        match (self.vars.get(path), path.rsplit_once(SEP)) {
            (Some(facts), _) => facts.clone(),
            (None, Some((base, segment))) => self.inherited(base, segment),
            (None, None) => Facts::new(),
        }
    }

    fn inherited(&self, base: &str, segment: &str) -> Facts {
        if segment == ANY {
            let mut facts = below(&self.whole(base), segment);
            for (_, part) in self.vars.below(base) {
                join(&mut facts, part);
            }
            return facts;
        }
        let mut facts = match self.vars.get(base) {
            Some(whole) => below(whole, segment),
            None => match base.rsplit_once(SEP) {
                Some((deeper, middle)) => below(&self.inherited(deeper, middle), segment),
                None => Facts::new(),
            },
        };
        if let Some(any) = self.vars.get(&format!("{base}{SEP}{ANY}")) {
            let mut any = any.clone();
            any.retain(|fact| fact.reaches(segment));
            join(&mut facts, &any);
        }
        facts
    }

    /// Replaces what stood at `path` and below it.
    pub fn write(&mut self, path: &str, value: Value) {
        self.clear_below(path);
        self.disprove(path);
        for (part, facts) in value.parts {
            if part.matches(SEP).count() + path.matches(SEP).count() <= DEPTH {
                self.vars.insert(format!("{path}{part}").into(), facts);
            } else {
                let kept: String = part.split_inclusive(SEP).take(2).collect();
                self.join_at(&format!("{path}{}", kept.trim_end_matches(SEP)), &facts);
            }
        }
        self.put(path, value.whole);
    }

    /// What is known of a place and of those below it ends where something else is put there.
    fn disprove(&mut self, path: &str) {
        if self.proved.is_empty() {
            return;
        }
        let below: Vec<Text> = self.proved.below(path).map(|(key, _)| key.clone()).collect();
        below.iter().for_each(|key| self.proved.remove(key));
        self.proved.remove(path);
    }

    /// Adds to what is known of a place.
    pub fn prove(&mut self, path: &str, proved: Proved) {
        let known = self.proved.get(path).copied();
        let both = known.map_or(proved, |known| Proved {
            dead: known.dead | proved.dead,
            bounds: known.bounds | proved.bounds,
        });
        self.proved.insert(path.into(), both);
    }

    fn put(&mut self, path: &str, facts: Facts) {
        match self.vars.get(path) {
            Some(known) if known.same(&facts) => {}
            Some(_) => *self.vars.get_mut(path).expect("it was there a line ago") = facts,
            None => self.vars.insert(path.into(), facts),
        }
    }

    fn join_at(&mut self, path: &str, facts: &Facts) {
        let mut all = self.vars.get(path).cloned().unwrap_or_default();
        join(&mut all, facts);
        self.put(path, all);
    }

    /// Adds to what stands at `path`.
    pub fn add(&mut self, path: &str, facts: &Facts) {
        if facts.is_empty() {
            return;
        }
        let mut all = self.whole(path);
        join(&mut all, facts);
        self.put(path, all);
    }

    fn clear_below(&mut self, path: &str) {
        let gone: Vec<Text> = self.vars.below(path).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.vars.remove(&key);
        }
    }

    /// Changes every fact at `path` and below it.
    pub fn change(&mut self, path: &str, change: &dyn Fn(&mut Fact)) {
        if !self.vars.contains_key(path) {
            let inherited = self.whole(path);
            if !inherited.is_empty() {
                self.vars.insert(path.into(), inherited);
            }
        }
        let keys: Vec<Text> = self.vars.below(path).map(|(key, _)| key.clone()).collect();
        for key in keys.iter().map(|key| &**key).chain([path]) {
            if self.vars.get(key).is_some_and(|facts| !facts.is_empty())
                && let Some(facts) = self.vars.get_mut(key)
            {
                facts.change(change);
            }
        }
    }

    /// Either of two ways here; true when this state learned something.
    pub fn join(&mut self, other: &State<'f>) -> bool {
        let mut changed = false;
        // Both sides are read before either changes: a part must not inherit what its whole gains from this join.
        let mut news: Vec<(Text, Facts)> = Vec::new();
        self.vars.differences(&other.vars, &mut |key, own, theirs| {
            let (mut facts, added) = match (own, theirs) {
                (Some(own), Some(theirs)) if own.same(theirs) => return,
                (Some(own), theirs) => (own.clone(), theirs.cloned().unwrap_or_else(|| other.whole(key))),
                (None, _) => (self.whole(key), theirs.cloned().unwrap_or_default()),
            };
            changed |= join(&mut facts, &added);
            if own.is_none_or(|own| !own.same(&facts)) {
                news.push((key.clone(), facts));
            }
        });
        let mut gone: Vec<Text> = Vec::new();
        self.consts.differences(&other.consts, &mut |key, own, theirs| {
            if own.is_some() && own != theirs {
                gone.push(key.clone());
            }
        });
        gone.drain(..).for_each(|key| self.consts.remove(&key));
        self.bound.differences(&other.bound, &mut |key, own, theirs| {
            if own.is_some() && !own.zip(theirs).is_some_and(|(own, theirs)| std::ptr::eq(*own, *theirs)) {
                gone.push(key.clone());
            }
        });
        gone.drain(..).for_each(|key| self.bound.remove(&key));
        let mut less: Vec<(Text, Proved)> = Vec::new();
        self.proved
            .differences(&other.proved, &mut |key, own, theirs| match (own, theirs) {
                (Some(own), Some(theirs)) => less.push((key.clone(), own.and(*theirs))),
                (Some(_), None) => gone.push(key.clone()),
                (None, _) => {}
            });
        gone.into_iter().for_each(|key| self.proved.remove(&key));
        less.into_iter()
            .for_each(|(key, proved)| self.proved.insert(key, proved));
        news.into_iter().for_each(|(key, facts)| self.vars.insert(key, facts));
        changed
    }
}
