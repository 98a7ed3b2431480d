//! What is known about memory at one place of one C or C++ function: objects, pointers to them and number ranges.
//!
//! In: nothing (these are the shapes). Out: [`Memory`] and its join. Deliberately absent: heap shapes, aliasing beyond
//! copies of a pointer, and sizes that are not plain numbers. Start at [`Memory`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};

use crate::syntax::form::{Span, Text};

use super::sums::Sum;
use super::tables::{Ids, Objects, Shared, Sorted, is_part, text};

/// States that an object may be in; a set of bits, since several are possible after a join.
pub const LIVE: u8 = 1;
pub const FREED: u8 = 2;
/// Allocation may have failed, and nobody has looked yet.
pub const MAYBE_NULL: u8 = 4;

/// Where an object lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Declared in a function: never freed by hand.
    Stack,
    /// Declared outside functions, or there as long as the program runs.
    Static,
    Heap,
    /// A handle of the library, closed and not freed: `FILE *`.
    Handle,
    /// Text in the program.
    Literal,
}

/// A unit and a place in it.
pub type Place = (u32, Span);

/// A range of whole numbers, inclusive; the extremes mean "unknown on this side".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub low: i128,
    pub high: i128,
}

impl Range {
    pub const ANY: Self = Self {
        low: i128::MIN,
        high: i128::MAX,
    };

    pub fn exactly(value: i128) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    pub fn exact(self) -> Option<i128> {
        (self.low == self.high).then_some(self.low)
    }

    pub fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    pub fn meet(self, other: Self) -> Self {
        Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            low: add(self.low, other.low, i128::MIN),
            high: add(self.high, other.high, i128::MAX),
        }
    }

    pub fn minus(self, other: Self) -> Self {
        let negated = Self {
            low: if other.high == i128::MAX {
                i128::MIN
            } else {
                -other.high
            },
            high: if other.low == i128::MIN { i128::MAX } else { -other.low },
        };
        self.plus(negated)
    }

    pub fn times(self, other: Self) -> Self {
        let open = |range: Self| range.low == i128::MIN || range.high == i128::MAX;
        if open(self) || open(other) {
            if self.low >= 0 && other.low >= 0 {
                let low = self.low.saturating_mul(other.low);
                return Self { low, high: i128::MAX };
            }
            return Self::ANY;
        }
        let ends = [self.low, self.high].map(|a| [other.low, other.high].map(|b| a.saturating_mul(b)));
        let ends = ends.as_flattened();
        Self {
            low: ends.iter().copied().min().unwrap_or(i128::MIN),
            high: ends.iter().copied().max().unwrap_or(i128::MAX),
        }
    }
}

/// Above anything that a program counts.
const WIDE: i128 = 1 << 64;

impl Range {
    /// Where both ends are known and not below zero.
    fn natural(self) -> Option<Self> {
        (self.low >= 0 && self.high <= WIDE).then_some(self)
    }

    pub fn least(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.min(other.high),
        }
    }

    pub fn most(self, other: Self) -> Self {
        Self {
            low: self.low.max(other.low),
            high: self.high.max(other.high),
        }
    }

    /// `self / by`
    pub fn over(self, by: Self) -> Self {
        match (self.exact(), by.exact(), self.natural()) {
            (Some(a), Some(b), _) if b != 0 => Self::exactly(a / b),
            (_, Some(b), Some(own)) if b > 0 => Self {
                low: own.low / b,
                high: own.high / b,
            },
            _ => Self::ANY,
        }
    }

    /// Shifts, `|` and `^` of what is known to be small.
    pub fn bits(self, op: &str, by: Self) -> Self {
        let (Some(a), Some(b)) = (self.natural(), by.natural()) else {
            return Self::ANY;
        };
        let all = |high: i128| {
            (0..66)
                .map(|bits| (1i128 << bits) - 1)
                .find(|mask| *mask >= high)
                .unwrap_or(i128::MAX)
        };
        let high = match op {
            "<<" if b.high < 60 => a.high << b.high,
            ">>" if b.low < 64 => a.high >> b.low,
            "|" | "^" => all(a.high.max(b.high)),
            _ => return Self::ANY,
        };
        match (a.exact(), b.exact(), op) {
            (Some(a), Some(b), "|") => Self::exactly(a | b),
            (Some(a), Some(b), "^") => Self::exactly(a ^ b),
            (Some(_), Some(_), _) => Self::exactly(high),
            _ => Self { low: 0, high },
        }
    }
}

fn add(a: i128, b: i128, unknown: i128) -> i128 {
    if a == unknown || b == unknown {
        unknown
    } else {
        a.checked_add(b).unwrap_or(unknown)
    }
}

/// One piece of memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub home: Home,
    /// [`LIVE`], [`FREED`], [`MAYBE_NULL`].
    pub state: u8,
    /// Bytes, where known.
    pub size: Option<i128>,
    /// Characters before the terminator, where known.
    pub text: Option<Range>,
    /// Unit and place.
    pub made: Place,
    pub freed: Option<Place>,
    /// Name under which the state keeps what its first element holds.
    pub place: Text,
    /// Bytes from the start that may have been written; nothing beyond has. `None` where that is not known.
    pub filled: Option<i128>,
    /// Where outsiders put something into it.
    pub outside: Option<Place>,
    /// Where it was filled in a way that may have left no terminator.
    pub unended: Option<Place>,
    /// Known elsewhere: returned, stored, or passed to code that may keep it.
    pub escaped: bool,
    /// How it was made: `malloc`, `new`, `new[]`, `fopen`, `declaration`.
    pub by: Text,
}

impl Object {
    fn join(&mut self, other: &Self) {
        self.state |= other.state;
        self.escaped |= other.escaped;
        self.freed = self.freed.or(other.freed);
        self.size = self.size.filter(|_| self.size == other.size);
        self.text = self.text.zip(other.text).map(|(a, b)| a.join(b));
        self.filled = self.filled.zip(other.filled).map(|(a, b)| a.max(b));
        self.outside = self.outside.or(other.outside);
        self.unended = self.unended.and(other.unended);
    }
}

/// What a pointer variable may hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pointer {
    pub objects: Ids,
    /// The null pointer, known from an assignment.
    pub null: bool,
    /// Never assigned on some path.
    pub unset: bool,
    /// Something that this analysis does not know.
    pub other: bool,
    /// Bytes between the object's start and where it points, where known.
    pub offset: Option<Range>,
}

impl Pointer {
    pub fn unknown() -> Self {
        Self {
            other: true,
            ..Self::default()
        }
    }

    pub fn to(object: u32) -> Self {
        Self {
            objects: Ids::from_iter([object]),
            offset: Some(Range::exactly(0)),
            ..Self::default()
        }
    }

    pub fn nothing() -> Self {
        Self {
            null: true,
            ..Self::default()
        }
    }

    pub fn join(&mut self, other: &Self) {
        self.offset = match (self.offset, other.offset) {
            _ if self.objects.is_empty() => other.offset,
            _ if other.objects.is_empty() => self.offset,
            (Some(a), Some(b)) => Some(a.join(b)),
            _ => None,
        };
        self.objects.extend(other.objects.iter().copied());
        self.null |= other.null;
        self.unset |= other.unset;
        self.other |= other.other;
    }
}

/// The state at one place.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub objects: Shared<Objects>,
    pub pointers: Shared<Sorted<Text, Pointer>>,
    pub numbers: Shared<Sorted<Text, Range>>,
    /// Numbers that outsiders choose, by the same names, with where they come from.
    pub outside: Shared<Sorted<Text, Place>>,
    rest: Shared<Rest>,
    /// Behind a return, throw, break or continue.
    pub ended: bool,
}

/// What few statements change.
#[derive(Debug, Clone, Default)]
pub struct Rest {
    /// Numbers that are the length of a text, with the name of that length.
    pub measured: Shared<BTreeMap<Text, Text>>,
    /// Sizes of objects that are no plain numbers.
    pub sums: Shared<BTreeMap<u32, Sum>>,
    /// Numbers that were compared with zero and are something else.
    pub nonzero: Shared<BTreeSet<Text>>,
    /// Positions known to be below a length, by the names of both, with how far.
    pub within: Shared<BTreeMap<(Text, Text), i128>>,
    /// Locks that are held on every way to here, by the text of the argument.
    pub held: Shared<BTreeMap<String, Span>>,
    /// Names that point into a container, with what moved its elements since.
    pub views: Shared<BTreeMap<String, (String, Option<Span>)>>,
    /// Paths that were tested before being opened, by the text of the argument.
    pub tested: Shared<BTreeMap<String, Span>>,
    /// Where the rights of the user were given up.
    pub given_up: Option<Span>,
}

impl Deref for Memory {
    type Target = Rest;

    fn deref(&self) -> &Rest {
        &self.rest
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut Rest {
        &mut self.rest
    }
}

impl Memory {
    /// Where nothing comes to.
    pub fn unreached() -> Self {
        Self {
            ended: true,
            ..Self::default()
        }
    }

    /// Whether nothing happened between the two.
    pub fn same(&self, other: &Self) -> bool {
        self.objects.same(&other.objects)
            && self.pointers.same(&other.pointers)
            && self.numbers.same(&other.numbers)
            && self.outside.same(&other.outside)
            && self.ended == other.ended
    }

    pub fn join(&mut self, other: &Self) {
        if other.ended {
            return;
        }
        if self.ended {
            *self = other.clone();
            return;
        }
        if !self.rest.same(&other.rest) {
            self.join_rest(other);
        }
        if !self.objects.same(&other.objects) {
            self.objects.join(&other.objects, Object::join);
        }
        if !self.pointers.same(&other.pointers) {
            join_pointers(&mut self.pointers, &other.pointers);
        }
        if !self.numbers.same(&other.numbers) {
            let both = |_: &Text, range: &mut Range, other: Option<&Range>| {
                *range = other.map_or(*range, |other| range.join(*other));
                other.is_some()
            };
            self.numbers.merge(&other.numbers, both, |_, _| None);
        }
        if !self.outside.same(&other.outside) {
            self.outside
                .merge(&other.outside, |_, _, _| true, |_, place| Some(*place));
        }
    }

    fn join_rest(&mut self, other: &Self) {
        // Positions that are at the start on one of the ways, before their numbers are joined.
        let starts = if self.within.same(&other.within) {
            [BTreeSet::new(), BTreeSet::new()]
        } else {
            [self.starts(), other.starts()]
        };
        self.given_up = self.given_up.and(other.given_up);
        if !self.nonzero.same(&other.nonzero) {
            self.nonzero.retain(|name| other.nonzero.contains(name));
        }
        if !self.within.same(&other.within) {
            self.join_within(other, starts);
        }
        if !self.measured.same(&other.measured) {
            self.measured
                .retain(|name, length| other.measured.get(name) == Some(length));
        }
        if !self.sums.same(&other.sums) {
            self.sums.retain(|id, size| other.sums.get(id) == Some(size));
        }
        if !self.held.same(&other.held) {
            self.held.retain(|lock, _| other.held.contains_key(lock));
        }
        if !self.views.same(&other.views) {
            for (name, (container, at)) in other.views.iter() {
                let own = self
                    .views
                    .entry(name.clone())
                    .or_insert_with(|| (container.clone(), *at));
                own.1 = own.1.or(*at);
            }
        }
        if !self.tested.same(&other.tested) {
            self.tested.retain(|path, _| other.tested.contains_key(path));
        }
    }

    fn starts(&self) -> BTreeSet<Text> {
        let zero = self.numbers.iter().filter(|(_, range)| range.exact() == Some(0));
        zero.map(|(name, _)| name.clone()).collect()
    }

    /// What is at the start is below any length that is worth the name.
    fn join_within(&mut self, other: &Self, [own, theirs]: [BTreeSet<Text>; 2]) {
        let mut both = BTreeMap::new();
        for (pair, margin) in self.within.iter() {
            match other.within.get(pair) {
                Some(other) => drop(both.insert(pair.clone(), (*margin).min(*other))),
                None if theirs.contains(&pair.0) => drop(both.insert(pair.clone(), (*margin).min(0))),
                None => {}
            }
        }
        for (pair, margin) in other.within.iter().filter(|(pair, _)| own.contains(&pair.0)) {
            both.entry(pair.clone()).or_insert((*margin).min(0));
        }
        *self.within = both;
    }

    /// Forgets every number, pointer and origin kept below `place`, itself included.
    pub fn forget(&mut self, place: &str) {
        self.pointers.forget(place);
        self.forget_numbers(place);
    }

    /// Forgets what is known below `place` besides where it points to.
    pub fn forget_numbers(&mut self, place: &str) {
        self.numbers.forget(place);
        self.outside.forget(place);
        self.unmeasured(place);
        if self.nonzero.contains(place) {
            self.nonzero.remove(place);
        }
        if self.within.keys().any(|(i, n)| **i == *place || **n == *place) {
            self.within.retain(|(i, n), _| **i != *place && **n != *place);
        }
    }

    /// Lengths and sizes that were reckoned with the place, or are of it, are not known any more.
    pub fn unmeasured(&mut self, place: &str) {
        let about = |name: &str| name.strip_prefix(place).is_some_and(is_part);
        if self.measured.iter().any(|(name, length)| about(name) || about(length)) {
            self.measured.retain(|name, length| !about(name) && !about(length));
        }
        if self.sums.values().any(|size| size.names.keys().any(|name| about(name))) {
            self.sums.retain(|_, size| !size.names.keys().any(|name| about(name)));
        }
    }

    /// What is known below `from` holds below `to` as well: a structure was copied.
    pub fn copy_below(&mut self, from: &str, to: &str) {
        copied(&mut self.pointers, from, to);
        copied(&mut self.numbers, from, to);
        copied(&mut self.outside, from, to);
    }

    /// Changes every object that the pointer may point to; `certain` when it can be no other.
    pub fn each(&mut self, pointer: &Pointer, change: &mut dyn FnMut(&mut Object, bool)) {
        if !pointer.objects.iter().any(|id| self.objects.contains_key(id)) {
            return;
        }
        let certain = pointer.objects.len() == 1 && !pointer.other;
        for id in &pointer.objects {
            if let Some(object) = self.objects.get_mut(id) {
                change(object, certain);
            }
        }
    }
}

/// Parts of a place, without the place itself, are kept below another one as well.
fn copied<V: Clone>(table: &mut Shared<Sorted<Text, V>>, from: &str, to: &str) {
    let parts: Vec<_> = table.below(from).filter(|(name, _)| name.len() > from.len()).collect();
    let parts: Vec<_> = parts
        .into_iter()
        .map(|(name, value)| (text(&[to, &name[from.len()..]]), value.clone()))
        .collect();
    for (name, value) in parts {
        table.insert(name, value);
    }
}

/// Of a local that was declared on one way only, what is known there is all there is; what lies elsewhere was there
/// before, and nothing is known of it on the other way.
fn join_pointers(own: &mut Sorted<Text, Pointer>, others: &Sorted<Text, Pointer>) {
    let elsewhere = |name: &str| name.starts_with(['#', ':']) || name.contains('@');
    let both = |name: &Text, own: &mut Pointer, other: Option<&Pointer>| {
        match other {
            Some(other) if *own == *other => {}
            Some(other) => own.join(other),
            None => own.other |= elsewhere(name),
        }
        true
    };
    own.merge(others, both, |name, pointer| {
        let other = pointer.other || elsewhere(name);
        Some(Pointer {
            other,
            ..pointer.clone()
        })
    });
}

/// A type without a word that it begins with, however often: asked so often that a search for the word costs too much.
pub fn without<'t>(mut hint: &'t str, word: &str) -> &'t str {
    while let Some(rest) = hint.strip_prefix(word) {
        hint = rest;
    }
    hint
}

/// Bytes of a type as most 64-bit systems have it; `None` for structures and what is not known.
pub fn bytes_of(hint: &str) -> Option<i128> {
    let hint = ["const ", "static ", "unsigned "]
        .into_iter()
        .fold(hint.trim(), without);
    if hint.contains('<') {
        return None;
    }
    if hint.contains('*') {
        return Some(8);
    }
    Some(match without(hint, "signed ").trim() {
        "char" | "bool" | "int8_t" | "uint8_t" | "byte" | "BYTE" | "void" | "u8" | "CHAR" => 1,
        "short" | "short int" | "int16_t" | "uint16_t" | "char16_t" | "WORD" | "u16" => 2,
        "int" | "unsigned" | "float" | "wchar_t" | "int32_t" | "uint32_t" | "char32_t" | "DWORD" | "u32" | "signed" => {
            4
        }
        "long" | "long long" | "double" | "int64_t" | "uint64_t" | "size_t" | "ssize_t" | "intptr_t" | "uintptr_t"
        | "ptrdiff_t" | "long int" | "u64" | "time_t" | "off_t" => 8,
        _ => return None,
    })
}

/// What a pointer of this type points to: `char *` gives `char`.
pub fn pointee(hint: &str) -> &str {
    let hint = hint.trim();
    match hint.rfind('*') {
        Some(at) => hint[..at].trim(),
        None => hint,
    }
}
