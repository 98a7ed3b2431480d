//! What is known about memory at one place of one C or C++ function: objects, pointers to them and number ranges.
//!
//! In: nothing (these are the shapes). Out: [`Memory`] and its join. Deliberately absent: heap shapes, aliasing beyond
//! copies of a pointer, and sizes that are not plain numbers. Start at [`Memory`].

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::form::{Span, Text};

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
    Heap,
    /// A handle of the library, closed and not freed: `FILE *`.
    Handle,
    /// Text in the program.
    Literal,
}

/// A range of whole numbers, inclusive; the extremes mean "unknown on this side".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub low: i64,
    pub high: i64,
}

impl Range {
    pub const ANY: Self = Self {
        low: i64::MIN,
        high: i64::MAX,
    };

    pub fn exactly(value: i64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    pub fn exact(self) -> Option<i64> {
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
            low: add(self.low, other.low, i64::MIN),
            high: add(self.high, other.high, i64::MAX),
        }
    }

    pub fn minus(self, other: Self) -> Self {
        let negated = Self {
            low: if other.high == i64::MAX { i64::MIN } else { -other.high },
            high: if other.low == i64::MIN { i64::MAX } else { -other.low },
        };
        self.plus(negated)
    }

    pub fn times(self, other: Self) -> Self {
        match (self.exact(), other.exact()) {
            (Some(a), Some(b)) => a.checked_mul(b).map_or(Self::ANY, Self::exactly),
            _ if self.low >= 0 && other.low >= 0 => Self {
                low: self.low.saturating_mul(other.low),
                high: if self.high == i64::MAX || other.high == i64::MAX {
                    i64::MAX
                } else {
                    self.high.saturating_mul(other.high)
                },
            },
            _ => Self::ANY,
        }
    }
}

fn add(a: i64, b: i64, unknown: i64) -> i64 {
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
    pub size: Option<i64>,
    /// Characters before the terminator, where known.
    pub text: Option<Range>,
    pub made: Span,
    pub freed: Option<Span>,
    /// Known elsewhere: returned, stored, or passed to code that may keep it.
    pub escaped: bool,
    /// How it was made: `malloc`, `new`, `new[]`, `fopen`, `declaration`.
    pub by: Text,
}

/// What a pointer variable may hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pointer {
    pub objects: BTreeSet<u32>,
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
            objects: BTreeSet::from([object]),
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

    fn join(&mut self, other: &Self) {
        self.offset = match (self.offset, other.offset) {
            _ if self.objects.is_empty() => other.offset,
            _ if other.objects.is_empty() => self.offset,
            (Some(a), Some(b)) => Some(a.join(b)),
            _ => None,
        };
        self.objects.extend(&other.objects);
        self.null |= other.null;
        self.unset |= other.unset;
        self.other |= other.other;
    }
}

/// The state at one place.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub objects: BTreeMap<u32, Object>,
    pub pointers: BTreeMap<String, Pointer>,
    pub numbers: BTreeMap<String, Range>,
    /// Paths that were tested before being opened, by the text of the argument.
    pub tested: BTreeMap<String, Span>,
    /// Behind a return, throw, break or continue.
    pub ended: bool,
}

impl Memory {
    pub fn join(&mut self, other: &Self) {
        if other.ended {
            return;
        }
        if self.ended {
            *self = other.clone();
            return;
        }
        for (id, object) in &other.objects {
            match self.objects.get_mut(id) {
                Some(own) => {
                    own.state |= object.state;
                    own.escaped |= object.escaped;
                    own.freed = own.freed.or(object.freed);
                    own.size = own.size.filter(|_| own.size == object.size);
                    own.text = own.text.zip(object.text).map(|(a, b)| a.join(b));
                }
                None => {
                    self.objects.insert(*id, object.clone());
                }
            }
        }
        for (name, pointer) in &other.pointers {
            match self.pointers.get_mut(name) {
                Some(own) => own.join(pointer),
                None => {
                    // Declared on the other way only: out of scope here, so what is known there is all there is.
                    self.pointers.insert(name.clone(), pointer.clone());
                }
            }
        }
        let other_numbers = &other.numbers;
        self.numbers.retain(|name, _| other_numbers.contains_key(name));
        for (name, range) in &mut self.numbers {
            *range = range.join(other_numbers[name]);
        }
        self.tested.retain(|path, _| other.tested.contains_key(path));
    }

    pub fn range(&self, name: &str) -> Range {
        self.numbers.get(name).copied().unwrap_or(Range::ANY)
    }

    /// Changes every object that the pointer may point to; `certain` when it can be no other.
    pub fn each(&mut self, pointer: &Pointer, change: &mut dyn FnMut(&mut Object, bool)) {
        let certain = pointer.objects.len() == 1 && !pointer.other;
        for id in &pointer.objects {
            if let Some(object) = self.objects.get_mut(id) {
                change(object, certain);
            }
        }
    }
}

/// Bytes of a type as most 64-bit systems have it; `None` for structures and what is not known.
pub fn bytes_of(hint: &str) -> Option<i64> {
    let hint = hint
        .trim()
        .trim_start_matches("const ")
        .trim_start_matches("static ")
        .trim_start_matches("unsigned ");
    if hint.contains('*') {
        return Some(8);
    }
    Some(match hint.trim_start_matches("signed ").trim() {
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
