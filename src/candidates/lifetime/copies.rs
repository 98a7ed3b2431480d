//! Copies into buffers: is there room for what is written, and is what is read there?
//!
//! In: a call of the C library with its pointers. Out: mistakes, and what is known of texts afterwards.
//! Start at [`Walk::copied`].

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span};

use super::Kind;
use super::check::strip;
use super::library::Copy;
use super::memory::{Home, Memory, Place, Pointer, Range};
use super::touch::Use;
use super::walk::Walk;
use super::within::Measures;

impl<'a> Walk<'a> {
    /// One copy, by what the library's table says of it.
    pub fn copied(
        &mut self,
        name: &str,
        copy: &Copy,
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) {
        let (Some(to), Some(to_arg)) = (pointers.get(copy.to), args.get(copy.to)) else {
            return;
        };
        let target = &to_arg.value;
        let source = copy.from.and_then(|at| Some((&args.get(at)?.value, pointers.get(at)?)));
        let text = source.and_then(|(expr, _)| self.text_of(expr, memory));
        if let (Some((expr, from)), true) = (source, copy.text) {
            self.reads_text(expr, from, span, memory);
        }
        if copy.appends {
            self.reads_text(target, to, span, memory);
        }
        let before = if copy.appends {
            self.text_of(target, memory)
        } else {
            Some(Range::exactly(0))
        };
        let bounded = copy
            .count
            .and_then(|at| args.get(at))
            .map(|arg| self.range(&arg.value, memory));
        let unit = Range::exactly(copy.unit);
        if let (Some(count), false) = (bounded, copy.appends) {
            // A text copy with a bound fills the rest with zeros, so the bound itself is what is written.
            self.fills(target, to, count.times(unit).high, span, memory);
            self.loose(name, to, target, (count, args), span, memory);
            if let (Some((expr, from)), false) = (source, copy.text) {
                let start = from.offset.unwrap_or(Range::ANY);
                let range = Range {
                    low: start.low,
                    high: start.plus(count.times(unit)).high,
                };
                let using = Use {
                    base: expr,
                    pointer: from,
                    write: false,
                    span,
                };
                let exact = self.exact_end(expr, copy, args, memory).unwrap_or(i128::MAX);
                let high = range.high.min(exact);
                let range = Range { high, ..range };
                if count.exact().is_some() {
                    self.short_of(&using, range, memory);
                }
                self.extent(&using, range, "index-unchecked", memory);
            }
        } else {
            self.text_copied(
                (name, copy),
                (target, to),
                source,
                (text, before, bounded),
                span,
                memory,
            );
        }
        let within = self.copy_within(copy, args, pointers, span, memory);
        self.settle_copy(
            copy,
            within,
            (to, source.map(|(_, from)| from)),
            (text, bounded),
            span,
            memory,
        );
        memory.each(to, &mut |object, _| object.unended = None);
        self.ended(name, args, to, (text, bounded), span, memory);
        self.after_copy(copy, args, to, (text, before, bounded), memory);
        let from = source.and_then(|(expr, _)| self.text_origin(expr, memory));
        self.changed_by_copy(to, from, memory);
    }

    /// What stood in the target is gone, and what outsiders chose is in it now.
    fn changed_by_copy(&mut self, to: &Pointer, from: Option<Place>, memory: &mut Memory) {
        if let Some(from) = from {
            self.filled_from_outside(to, from, memory);
        }
        let places: Vec<_> = to
            .objects
            .iter()
            .filter_map(|id| memory.objects.get(id))
            .map(|object| object.place.clone())
            .collect();
        let texts: Vec<_> = to
            .objects
            .iter()
            .map(|id| memory.objects.get(id).and_then(|object| object.text))
            .collect();
        for place in places {
            self.havoc(&place, memory);
        }
        for (id, text) in to.objects.iter().zip(texts) {
            if let Some(object) = memory.objects.get_mut(id) {
                object.text = text;
            }
        }
    }

    /// A copy that ends with the text, or at a bound, behind what stands there already.
    fn text_copied(
        &mut self,
        (name, copy): (&str, &Copy),
        (target, to): (&Expr, &Pointer),
        source: Option<(&Expr, &Pointer)>,
        (text, before, bounded): (Option<Range>, Option<Range>, Option<Range>),
        span: Span,
        memory: &mut Memory,
    ) {
        let unit = Range::exactly(copy.unit);
        let added = match (text, bounded) {
            (Some(text), Some(count)) => Some(Range {
                low: text.low.min(count.low),
                high: text.high.min(count.high),
            }),
            (None, Some(count)) => Some(Range {
                low: 0,
                high: count.high,
            }),
            (text, None) => text,
        };
        // What stands there already is at least nothing.
        let least = if bounded.is_some() {
            before.or(Some(Range::exactly(0)))
        } else {
            before
        };
        let whole = added
            .zip(least)
            .map(|(added, before)| added.plus(before).plus(Range::exactly(1)).times(unit));
        let room = self.room(to, memory);
        match whole {
            Some(whole) if whole.high != i128::MAX => self.fills(target, to, whole.high, span, memory),
            Some(whole) if room.is_some_and(|room| whole.low > room) => {
                self.fills(target, to, whole.low, span, memory);
            }
            _ if bounded.is_none() => self.unknown_length(name, to, target, source, span, memory),
            _ => {}
        }
    }

    /// A text is read up to its terminator: it begins within its memory, and something was stored there.
    pub fn reads_text(&mut self, expr: &Expr, from: &Pointer, span: Span, memory: &mut Memory) {
        let using = Use {
            base: expr,
            pointer: from,
            write: false,
            span,
        };
        if let Some(offset) = from.offset.filter(|offset| offset.low != i128::MIN && offset.low < 0) {
            self.extent(
                &using,
                Range {
                    high: offset.low + 1,
                    ..offset
                },
                "index-unchecked",
                memory,
            );
        }
        self.unread(&using, None, memory);
        self.endless(expr, from, span, memory);
    }

    /// `bytes` are written from where `to` points.
    fn fills(&mut self, target: &Expr, to: &Pointer, bytes: i128, span: Span, memory: &Memory) {
        let offset = to.offset.unwrap_or(Range::ANY);
        let end = if bytes == i128::MAX {
            i128::MAX
        } else {
            offset.plus(Range::exactly(bytes)).high
        };
        let range = Range {
            low: offset.low,
            high: end,
        };
        self.extent(
            &Use {
                base: target,
                pointer: to,
                write: true,
                span,
            },
            range,
            "unbounded-copy",
            memory,
        );
    }

    /// What `pointer` leaves after its offset, where known for every object it may point to.
    fn room(&self, pointer: &Pointer, memory: &Memory) -> Option<i128> {
        if pointer.objects.is_empty() {
            return None;
        }
        let offset = pointer.offset.filter(|offset| offset.low != i128::MIN)?.low;
        let mut least = i128::MAX;
        for id in &pointer.objects {
            least = least.min(memory.objects.get(id)?.size? - offset);
        }
        Some(least)
    }

    /// A copy that stops at a terminator nobody has counted.
    fn unknown_length(
        &mut self,
        name: &str,
        to: &Pointer,
        target: &Expr,
        source: Option<(&Expr, &Pointer)>,
        span: Span,
        memory: &Memory,
    ) {
        let Some(room) = self.room(to, memory) else { return };
        let Some((expr, from)) = source else { return };
        // A source that is no larger than the target fits, whatever its length.
        let fits = self.room(from, memory).is_some_and(|size| size <= room) && !from.other;
        if fits {
            return;
        }
        let kind = self.kind_of(to, memory);
        let (to, from) = (self.words(target), self.words(expr));
        let what = format!("{name} copies {from}, of unknown length, into {to} of {room} bytes");
        self.report("unbounded-copy", kind, span, None, what, 45);
    }

    /// A bound that nothing bounds.
    fn loose(
        &mut self,
        name: &str,
        to: &Pointer,
        target: &Expr,
        (count, args): (Range, &[Arg]),
        span: Span,
        memory: &Memory,
    ) {
        let amount = args.last().map(|arg| &arg.value);
        // What a structure says of its own buffer is kept right elsewhere.
        let own = |id: &u32| {
            let place = memory.objects.get(id).map_or("", |object| &object.place);
            !place.starts_with(['#', ':']) && !place.contains('.')
        };
        let chosen = || {
            let mut measured = false;
            if let Some(amount) = amount {
                names::descend(amount, &mut |part| {
                    let named = || {
                        memory
                            .measured
                            .contains_key(&self.key(part, memory).unwrap_or_default())
                    };
                    measured |= self.measure(part, memory).is_some() || named();
                });
            }
            measured || amount.is_some_and(|amount| self.origin(amount, memory).is_some())
        };
        // Compared with something of which no number is known.
        let looked = amount
            .and_then(|amount| names::dotted(strip(amount)))
            .is_some_and(|name| Measures::of(self.function).limited.contains(&name));
        if looked || !to.objects.iter().all(own) && !chosen() || amount.is_some_and(|amount| self.compared(amount)) {
            return;
        }
        if count.high == i128::MAX && matches!(name, "memcpy" | "memmove" | "strncpy" | "bcopy" | "recv" | "read") {
            let Some(room) = self.room(to, memory) else { return };
            let kind = self.kind_of(to, memory);
            let what = format!(
                "{name} writes an unchecked number of bytes into {} of {room} bytes",
                self.words(target)
            );
            self.report("unbounded-copy", kind, span, None, what, 30);
        }
    }

    /// Whether the function compares the very same expression with something.
    fn compared(&self, amount: &Expr) -> bool {
        let plain = |expr: &Expr| {
            let text = self.scene.text(self.unit, strip(expr).span);
            text.split_whitespace().collect::<String>()
        };
        let ExprKind::Binary(..) = strip(amount).kind else {
            return false;
        };
        let (mut parts, mut found) = (vec![plain(amount)], false);
        names::descend(amount, &mut |part| {
            if matches!(part.kind, ExprKind::Call { .. }) {
                parts.push(plain(part));
            }
        });
        names::walk(&self.function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Binary(op, left, right) = &expr.kind
                    && matches!(&**op, "<" | "<=" | ">" | ">=" | "==" | "!=")
                {
                    found |= [left, right].iter().any(|side| parts.contains(&plain(side)));
                }
            });
        });
        found
    }

    fn kind_of(&self, pointer: &Pointer, memory: &Memory) -> Kind {
        match pointer
            .objects
            .iter()
            .next()
            .and_then(|id| memory.objects.get(id))
            .map(|object| object.home)
        {
            Some(Home::Stack) => Kind::WriteStack,
            Some(Home::Heap) => Kind::WriteHeap,
            _ => Kind::Write,
        }
    }

    /// What is known of the text in the target afterwards.
    fn after_copy(
        &self,
        copy: &Copy,
        args: &[Arg],
        to: &Pointer,
        (text, before, bounded): (Option<Range>, Option<Range>, Option<Range>),
        memory: &mut Memory,
    ) {
        let exact = to.offset.and_then(Range::exact) == Some(0);
        let left = if copy.from.is_none() && copy.to == 0 {
            // `memset(buffer, c, n)`: no terminator in the first n characters, unless it is the filling.
            let zero = args
                .get(1)
                .is_some_and(|arg| self.range(&arg.value, memory).exact() == Some(0));
            let filled = args.len() == 3 && bounded.and_then(Range::exact).is_some();
            match (zero, bounded.and_then(Range::exact)) {
                (true, _) => Some(Range::exactly(0)),
                (false, Some(count)) if filled => Some(Range {
                    low: count,
                    high: i128::MAX,
                }),
                (false, _) => bounded.map(|count| Range {
                    low: 0,
                    high: count.high.saturating_sub(1),
                }),
            }
        } else if copy.text {
            match (text, before) {
                (Some(text), Some(before)) if copy.appends || bounded.is_none() => Some(text.plus(before)),
                _ => None,
            }
        } else {
            None
        };
        memory.each(to, &mut |object, certain| {
            object.text = if certain && exact { left } else { None }
        });
    }

    /// `sprintf(buffer, "…%s…", …)` and `gets(buffer)`
    pub fn formatted(
        &mut self,
        name: &str,
        to: usize,
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) {
        let (Some(pointer), Some(target)) = (pointers.get(to), args.get(to)) else {
            return;
        };
        let endless = name.contains("gets");
        let format = args.iter().find_map(|arg| match &strip(&arg.value).kind {
            ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
            _ => None,
        });
        let texts = format
            .as_ref()
            .is_some_and(|text| text.contains("%s") || text.contains("%ls"));
        let room = self.room(pointer, memory);
        let known: Option<i128> = args
            .iter()
            .skip(to + 2)
            .map(|arg| self.text_of(&arg.value, memory).map(|text| text.high))
            .sum();
        let fits = known.is_some_and(|known| {
            known != i128::MAX
                && room.is_some_and(|room| known + format.as_ref().map_or(0, |text| text.len() as i128) <= room)
        });
        if endless || (texts && !fits && room.is_some()) {
            let kind = self.kind_of(pointer, memory);
            let what = format!(
                "{name} writes as much into {} as its input has",
                self.words(&target.value)
            );
            self.report("unbounded-copy", kind, span, None, what, if endless { 95 } else { 45 });
        }
        let from = args
            .iter()
            .skip(to + 1)
            .find_map(|arg| self.text_origin(&arg.value, memory));
        if let Some(from) = from {
            self.filled_from_outside(pointer, from, memory);
        }
        memory.each(pointer, &mut |object, _| {
            object.text = None;
            object.filled = None;
        });
    }

    /// `scanf("%s", buffer)` without a width
    pub fn scanned(&mut self, name: &str, args: &'a [Arg], pointers: &[Pointer], span: Span, memory: &mut Memory) {
        let format = args
            .iter()
            .enumerate()
            .find_map(|(at, arg)| match &strip(&arg.value).kind {
                ExprKind::Literal(Literal::Str(text)) => Some((at, text.clone())),
                _ => None,
            });
        let Some((at, format)) = format else { return };
        let mut position = at + 1;
        for field in format.split('%').skip(1) {
            let Some(kind) = field.chars().next() else { continue };
            if kind == '*' {
                continue;
            }
            if matches!(kind, 's' | '[')
                && let (Some(pointer), Some(arg)) = (pointers.get(position), args.get(position))
                && !pointer.objects.is_empty()
            {
                let kind = self.kind_of(pointer, memory);
                let what = format!("{name} reads a word of any length into {}", self.words(&arg.value));
                self.report("unbounded-copy", kind, span, None, what, 75);
            }
            if let Some(pointer) = pointers.get(position)
                && (!name.starts_with("ss")
                    || args
                        .first()
                        .is_some_and(|arg| self.text_origin(&arg.value, memory).is_some()))
            {
                self.set_outside(pointer, span, memory);
            } else if let Some(pointer) = pointers.get(position) {
                self.hand_over(pointer, memory);
            }
            position += 1;
        }
    }
}
