//! Lines on which the walk has seen that nothing can go wrong: copies that fit, positions that lie inside, amounts that
//! stay small. What other generators say about those lines is not worth a look.
//!
//! In: uses of memory as they are met. Out: [`Settled`], asked by unit, line and card. A line counts only where every
//! use on it was followed on every walk that came there. Start at [`Settled::holds`].

use std::collections::BTreeMap;

use crate::syntax::form::{Expr, ExprKind, Span};

use super::arithmetic::LARGE;
use super::check::strip;
use super::library::Copy;
use super::memory::{Memory, Pointer, Range};
use super::walk::Walk;

/// A copy stays inside what it reads and writes.
pub const COPY: u8 = 1;
/// A position lies inside.
pub const INDEX: u8 = 2;
/// A position is not below the start.
pub const LOW: u8 = 4;
/// An amount is what its operands come to, and not what is left of that.
pub const WHOLE: u8 = 8;
/// An amount is small.
pub const SMALL: u8 = 16;

/// By unit and line: what was seen to hold, and what was not.
#[derive(Debug, Default)]
pub struct Settled(BTreeMap<(u32, u32), (u8, u8)>);

impl Settled {
    pub fn note(&mut self, unit: u32, span: Span, what: u8, holds: bool) {
        let (good, bad) = self.0.entry((unit, span.line)).or_default();
        if holds {
            *good |= what;
        } else {
            *bad |= what;
        }
    }

    pub fn add(&mut self, other: Self) {
        for (place, (good, bad)) in other.0 {
            let known = self.0.entry(place).or_default();
            *known = (known.0 | good, known.1 | bad);
        }
    }

    /// Whether what the card is about cannot happen on this line.
    pub fn holds(&self, unit: u32, line: u32, card: &str) -> bool {
        let Some((good, bad)) = self.0.get(&(unit, line)) else {
            return false;
        };
        let sure = |what: u8| good & what != 0 && bad & what == 0;
        match card {
            "CWE-124" | "CWE-127" => sure(LOW) || (sure(INDEX) && bad & COPY == 0),
            "CWE-119" | "CWE-120" | "CWE-121" | "CWE-787" => sure(COPY | INDEX),
            "CWE-125" | "CWE-126" | "CWE-129" => sure(INDEX) && bad & COPY == 0,
            "CWE-122" => sure(COPY | INDEX) || (sure(WHOLE) && bad & (COPY | INDEX) == 0),
            "CWE-190" | "CWE-680" => sure(WHOLE),
            "CWE-770" | "CWE-789" => sure(SMALL),
            _ => false,
        }
    }
}

impl Walk<'_> {
    /// Whether bytes up to `end` of where the pointer points are there for certain.
    pub fn has_room(&self, pointer: &Pointer, bytes: i128, memory: &Memory) -> bool {
        let Some(offset) = pointer
            .offset
            .filter(|offset| offset.low >= 0 && offset.high != i128::MAX)
        else {
            return false;
        };
        let fits = |id: &u32| {
            let size = memory.objects.get(id).and_then(|object| object.size);
            size.is_some_and(|size| offset.high.checked_add(bytes).is_some_and(|end| end <= size))
        };
        !pointer.other && !pointer.objects.is_empty() && pointer.objects.iter().all(fits)
    }

    /// A copy, with what is known of its room where sizes are sums.
    pub fn settle_copy(
        &mut self,
        copy: &Copy,
        within: Option<bool>,
        (to, from): (&Pointer, Option<&Pointer>),
        (text, bounded): (Option<Range>, Option<Range>),
        span: Span,
        memory: &Memory,
    ) {
        let unit = Range::exactly(copy.unit);
        let bytes = match (copy.appends, bounded, text) {
            (false, Some(count), _) if copy.count.is_some() => Some(count.times(unit).high),
            (false, None, Some(text)) => Some(text.plus(Range::exactly(1)).times(unit).high),
            _ => None,
        };
        let bytes = bytes.filter(|bytes| *bytes != i128::MAX);
        let read = copy.text || from.is_none_or(|from| bytes.is_some_and(|n| self.has_room(from, n, memory)));
        let fits = within == Some(true) || bytes.is_some_and(|bytes| self.has_room(to, bytes, memory));
        self.settled.note(self.unit, span, COPY, fits && read);
    }

    /// `base[key]` is used.
    pub fn settle_index(
        &mut self,
        pointer: &Pointer,
        key: &Expr,
        index: Range,
        each: Option<i128>,
        span: Span,
        memory: &Memory,
    ) {
        if matches!(strip(key).kind, ExprKind::Literal(_)) {
            return;
        }
        let unsigned = self.int_type(key).is_some_and(|kind| !kind.signed);
        let low = index.low >= 0 || unsigned;
        let end = each
            .filter(|_| index.high != i128::MAX && index.low >= 0)
            .and_then(|each| index.high.checked_add(1)?.checked_mul(each));
        let inside = end.is_some_and(|end| self.has_room(pointer, end, memory));
        let unit = self.unit;
        self.settled.note(unit, span, INDEX, inside);
        self.settled.note(unit, span, LOW, low);
    }

    /// So many bytes are asked for.
    pub fn settle_amount(&mut self, size: &Expr, span: Span, memory: &Memory) {
        let range = self.reckoned(size, memory);
        let fits = self
            .int_type(strip(size))
            .is_some_and(|kind| range.low >= 0 && range.high <= kind.range().high);
        let unit = self.unit;
        self.settled.note(unit, span, WHOLE, fits && range.high != i128::MAX);
        self.settled.note(unit, span, SMALL, fits && range.high <= LARGE);
    }

    /// What an expression comes to, if no part of it leaves its type.
    fn reckoned(&self, expr: &Expr, memory: &Memory) -> Range {
        let expr = strip(expr);
        match &expr.kind {
            ExprKind::Binary(op, left, right) if matches!(&**op, "+" | "*") => {
                let (a, b) = (self.reckoned(left, memory), self.reckoned(right, memory));
                let range = if &**op == "+" { a.plus(b) } else { a.times(b) };
                match self.int_type(expr) {
                    Some(kind) if range.low >= 0 && range.high <= kind.range().high => range,
                    _ => Range::ANY,
                }
            }
            _ => {
                let range = self.range(expr, memory);
                self.int_type(expr).map_or(range, |kind| range.meet(kind.range()))
            }
        }
    }
}
