//! Memory is used or given back: is it alive, is it there, is it large enough?
//!
//! In: a pointer and what is done through it. Out: mistakes. Start at [`Walk::touch`].

use crate::syntax::form::{Expr, Span};

use super::Kind;
use super::memory::{FREED, Home, LIVE, MAYBE_NULL, Memory, Object, Pointer, Range};
use super::walk::{Demand, PARAMS, Walk};

/// How memory is used, and where.
pub struct Use<'e> {
    pub base: &'e Expr,
    pub pointer: &'e Pointer,
    pub write: bool,
    pub span: Span,
}

impl<'a> Walk<'a> {
    /// Memory is used, `index` elements of `each` bytes away from where the pointer points; the size of an element may
    /// be unknown.
    pub fn touch(&mut self, using: &Use, index: Range, each: Option<i128>, memory: &mut Memory) {
        self.usable(using.base, using.pointer, using.span, memory);
        self.filling(using, index, each, memory);
        let (Some(each), Some(offset)) = (each, using.pointer.offset) else {
            return;
        };
        let each = Range::exactly(each);
        let from = offset.plus(index.times(each));
        let range = Range {
            low: from.low,
            high: from.plus(each).high,
        };
        if index.exact().is_some() {
            self.short_of(using, range, memory);
        }
        self.extent(using, range, "index-unchecked", memory);
    }

    /// Nothing may be read that was never written.
    fn filling(&mut self, using: &Use, index: Range, each: Option<i128>, memory: &mut Memory) {
        let end = each.zip(using.pointer.offset).and_then(|(each, offset)| {
            let end = offset
                .plus(index.times(Range::exactly(each)))
                .plus(Range::exactly(each));
            (end.high != i128::MAX && end.low != i128::MIN).then_some(end)
        });
        if using.write {
            memory.each(using.pointer, &mut |object, _| {
                object.filled = object.filled.zip(end).map(|(filled, end)| filled.max(end.high));
                object.unended = None;
            });
            return;
        }
        self.unread(using, end, memory);
    }

    /// Reading beyond what was written so far.
    pub fn unread(&mut self, using: &Use, end: Option<Range>, memory: &mut Memory) {
        if using.pointer.other || using.pointer.objects.is_empty() {
            return;
        }
        // A loop that fills what it reads is not followed round by round.
        let name = crate::flow::program::names::dotted(using.base).unwrap_or_default();
        let fills = self.filling_loops.iter().flatten().any(|known| *known == name);
        let mut found = None;
        memory.each(using.pointer, &mut |object, _| {
            let Some(filled) = object.filled.filter(|_| !fills) else {
                return;
            };
            if filled == 0 || end.is_some_and(|end| end.high > filled && end.high <= object.size.unwrap_or(i128::MAX)) {
                found = Some(object.made);
                object.filled = None;
            }
        });
        if let Some((unit, span)) = found {
            let what = format!("{} is read where nothing was stored yet", self.words(using.base));
            self.report(
                "uninitialised",
                Kind::Other,
                using.span,
                Some((unit, span, "made here, with no content")),
                what,
                55,
            );
        }
    }

    /// The pointer must point to something alive.
    pub fn usable(&mut self, base: &Expr, pointer: &Pointer, span: Span, memory: &mut Memory) {
        self.looked_at(pointer);
        if pointer.null && pointer.objects.is_empty() && !pointer.other && !pointer.unset {
            self.report(
                "null-unchecked",
                Kind::Other,
                span,
                None,
                format!("{} is null when it is used here", self.words(base)),
                70,
            );
            self.now_known(base, memory);
            return;
        }
        let mut news = Vec::new();
        for id in &pointer.objects {
            let Some(object) = memory.objects.get_mut(id) else {
                continue;
            };
            let began = object.freed.map(|(unit, freed)| (unit, freed, "freed here"));
            if object.state & FREED != 0 {
                let half = object.state & LIVE != 0;
                if pointer.other || (half && object.home == Home::Handle) {
                    continue;
                }
                let weight = if half { 40 } else { 85 };
                news.push((
                    "use-after-free",
                    began,
                    format!("{} is used after it was freed", self.words(base)),
                    weight,
                ));
                object.state = LIVE;
            } else if object.state & MAYBE_NULL != 0 {
                let began = Some((object.made.0, object.made.1, "may give null"));
                news.push((
                    "null-unchecked",
                    began,
                    format!("{} may be null: {} was not checked", self.words(base), object.by),
                    45,
                ));
                object.state &= !MAYBE_NULL;
            }
            if *id >= PARAMS && &*object.by == "parameter" && self.conditional == 0 {
                self.effects.derefs.insert((*id - PARAMS) as usize);
            }
        }
        news.retain(|(rule, began, _, _)| *rule != "use-after-free" || self.beside(began.as_ref(), span));
        for (rule, began, what, weight) in news {
            self.report(rule, Kind::Other, span, began, what, weight);
        }
    }

    /// Callers that pass something freed are told.
    pub fn looked_at(&mut self, pointer: &Pointer) {
        let params = pointer
            .objects
            .iter()
            .filter(|id| **id >= PARAMS)
            .map(|id| (id - PARAMS) as usize);
        self.effects.uses.extend(params);
    }

    fn now_known(&self, base: &Expr, memory: &mut Memory) {
        if let Some(key) = self.key(base, memory) {
            memory.pointers.insert(key, Pointer::unknown());
        }
    }

    /// Bytes `range` of what the pointer points to are used; both ends count where they are known.
    pub fn extent(&mut self, using: &Use, range: Range, rule: &'static str, memory: &Memory) {
        let Use {
            base,
            pointer,
            write,
            span,
        } = *using;
        for id in &pointer.objects {
            let Some(object) = memory.objects.get(id) else { continue };
            if *id >= PARAMS {
                if self.conditional > 0 {
                    continue;
                }
                let finite = range.low != i128::MIN && range.high != i128::MAX;
                if finite {
                    let param = (*id - PARAMS) as usize;
                    self.demand(Demand {
                        param,
                        from: range.low,
                        to: range.high,
                        write,
                        unit: self.unit,
                        span,
                    });
                }
                continue;
            }
            let Some(size) = object.size else { continue };
            let rule = if range.low == 0 && self.seen_wider(object, range.high) {
                "wrong-type"
            } else {
                rule
            };
            let began = Some((object.made.0, object.made.1, "the buffer"));
            let words = || self.words(base);
            if range.high != i128::MAX && range.high > size {
                let kind = match (write, object.home) {
                    (false, _) => Kind::Read,
                    (true, Home::Stack) => Kind::WriteStack,
                    (true, Home::Heap) => Kind::WriteHeap,
                    (true, _) => Kind::Write,
                };
                let verb = if write { "written" } else { "read" };
                let what = format!("{} has {size} bytes and up to {} are {verb}", words(), range.high);
                self.report(rule, kind, span, began, what, 75);
            } else if range.low != i128::MIN && range.low < 0 {
                let kind = if write { Kind::WriteBefore } else { Kind::ReadBefore };
                let what = format!("{} is used {} bytes before its start", words(), -range.low);
                self.report(rule, kind, span, began, what, 75);
            }
        }
    }

    /// A plain variable is used as something larger.
    fn seen_wider(&self, object: &Object, bytes: i128) -> bool {
        let plain = &*object.by == "declaration" && !object.place.contains(['@', '#', '.']);
        plain && object.size.is_some_and(|size| size <= 8 && bytes > size)
    }
}
