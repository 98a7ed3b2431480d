//! Expressions: what they point to, what they touch, and whether that may go wrong.
//!
//! In: an expression and the state before it. Out: the [`Pointer`] it gives; mistakes are reported as they are met.
//! Deliberately absent: calls (`calls`). Start at [`Walk::value`].

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span, Text};

use super::Kind;
use super::memory::{FREED, Home, LIVE, Memory, Object, Place, Pointer, Range};
use super::touch::Use;
use super::walk::{PARAMS, Walk, characters};

impl<'a> Walk<'a> {
    /// What the expression points to; everything below it is checked on the way.
    pub fn value(&mut self, expr: &'a Expr, memory: &mut Memory) -> Pointer {
        if self.fuel == 0 {
            return Pointer::unknown();
        }
        self.fuel -= 1;
        match &expr.kind {
            ExprKind::Literal(Literal::Null) => Pointer::nothing(),
            ExprKind::Literal(Literal::Str(text)) => self.literal(text, expr.span, memory),
            ExprKind::Literal(_) | ExprKind::Function(_) => Pointer::unknown(),
            ExprKind::Name(name) => self.read(name, expr, memory),
            ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => self.part(expr, memory),
            ExprKind::Address(inner) => self.address(inner, memory),
            ExprKind::Cast(_, inner) => self.value(inner, memory),
            ExprKind::Unary(op, inner) => {
                let pointer = self.value(inner, memory);
                if op.contains("++") || op.contains("--") {
                    self.counted_by_one(inner, op.contains("++"), expr.span, memory);
                    self.stepped(inner, op.contains("++"), memory);
                }
                if matches!(&**op, "!" | "-" | "~") {
                    Pointer::unknown()
                } else {
                    pointer
                }
            }
            ExprKind::Binary(op, left, right) => {
                let pointer = self.binary(op, left, right, memory);
                self.arithmetic(op, left, right, expr.span, memory);
                pointer
            }
            ExprKind::Choice(cond, yes, no) => {
                self.value(cond, memory);
                let mut other = memory.clone();
                self.refine(cond, true, memory);
                let first = self.value(yes, memory);
                self.refine(cond, false, &mut other);
                let second = self.value(no, &mut other);
                let both = joined(first, second);
                memory.join(&other);
                both
            }
            ExprKind::Assign(target, value) => {
                self.assign(target, value, false, expr.span, memory);
                self.key(target, memory)
                    .and_then(|key| memory.pointers.get(&key).cloned())
                    .unwrap_or_else(Pointer::unknown)
            }
            ExprKind::Call { callee, args, new } => self.call(expr, callee, args, *new, memory),
            ExprKind::Template(parts) | ExprKind::Opaque(parts) => {
                if parts.len() > 1 {
                    // Code that is not understood, assembly for one, may set what it names.
                    self.maybe_set(parts.iter(), memory);
                }
                let mut last = Pointer::unknown();
                for part in parts {
                    last = self.value(part, memory);
                }
                if parts.len() == 1 { last } else { Pointer::unknown() }
            }
            ExprKind::Collection(items) => {
                for (_, item) in items {
                    let pointer = self.value(item, memory);
                    self.escape(&pointer, memory);
                }
                Pointer::unknown()
            }
        }
    }

    /// Variables that code out of sight may have set are no longer known to be unset.
    pub fn maybe_set<'e>(&self, exprs: impl Iterator<Item = &'e Expr>, memory: &mut Memory) {
        for expr in exprs {
            if let Some(pointer) = self.key(expr, memory).and_then(|key| memory.pointers.get_mut(&key)) {
                let set = std::mem::replace(&mut pointer.unset, false);
                pointer.other |= set;
            }
        }
    }

    /// Reads below a pointer: `p->field`, `p[i]`, `*p`.
    fn part(&mut self, expr: &'a Expr, memory: &mut Memory) -> Pointer {
        self.reach(expr, false, expr.span, memory);
        let Some(key) = self.key(expr, memory) else {
            return Pointer::unknown();
        };
        if let Some(pointer) = self.array_at(expr, &key, memory) {
            return pointer;
        }
        self.stored(&key, expr, memory)
    }

    /// What lies below a place is evaluated, and the place itself is touched; gives the index.
    fn reach(&mut self, expr: &'a Expr, write: bool, span: Span, memory: &mut Memory) -> Option<(Pointer, Range)> {
        let (base, index, each) = match &expr.kind {
            ExprKind::Field(base, _) => {
                if !self.points(base, expr) {
                    // Only the part is used, and not all of what the base names.
                    return match &base.kind {
                        ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => {
                            self.reach(base, write, span, memory);
                            None
                        }
                        ExprKind::Name(_) => None,
                        _ => {
                            self.value(base, memory);
                            None
                        }
                    };
                }
                (base, Range::exactly(0), self.seen_as(base))
            }
            ExprKind::Index(base, key) => {
                self.value(key, memory);
                (base, self.strided(key, self.position(key, memory)), self.element(base))
            }
            ExprKind::Deref(inner) => (inner, Range::exactly(0), self.element(inner)),
            _ => return None,
        };
        let pointer = self.value(base, memory);
        let using = Use {
            base,
            pointer: &pointer,
            write,
            span,
        };
        match &expr.kind {
            ExprKind::Index(_, key) => {
                self.inside(&using, key, memory);
                self.element_within(base, &pointer, key, write, span, memory);
                self.settle_index(&pointer, key, index, each, span, memory);
                self.runs_over(&using, key, index, memory);
            }
            ExprKind::Deref(inner) => {
                self.runs_over(&using, inner, pointer.offset.unwrap_or(Range::exactly(0)), memory);
            }
            _ => {}
        }
        self.touch(&using, index, each, memory);
        Some((pointer, index))
    }

    fn literal(&mut self, text: &str, span: Span, memory: &mut Memory) -> Pointer {
        let length = characters(text);
        let object = Object {
            text: Some(Range::exactly(length)),
            ..self.object(Home::Literal, LIVE, Some(length + 1), span, "literal")
        };
        // The unit of a wide literal is unknown here, so only its count of characters is kept.
        let wide = self.scene.text(self.unit, span).starts_with('L');
        let size = object.size.map(|size| if wide { size * 4 } else { size });
        self.keep(span, Object { size, ..object }, memory)
    }

    fn read(&mut self, name: &str, expr: &Expr, memory: &mut Memory) -> Pointer {
        if matches!(name, "NULL" | "nullptr") {
            return Pointer::nothing();
        }
        if !memory.views.is_empty() {
            self.stale(name, expr, memory);
        }
        let Some(key) = self.key(expr, memory) else {
            return Pointer::unknown();
        };
        if !memory.pointers.contains_key(&key)
            && let Some(pointer) = self.array_at(expr, &key, memory)
        {
            return pointer;
        }
        self.stored(&key, expr, memory)
    }

    /// What is kept under the name; that something is must have been stored there.
    fn stored(&mut self, key: &Text, expr: &Expr, memory: &mut Memory) -> Pointer {
        let Some(pointer) = memory.pointers.get(key).cloned() else {
            return Pointer::unknown();
        };
        if pointer.unset {
            let never = !pointer.other && !pointer.null && pointer.objects.is_empty();
            // On some path only: what the read depends on may be what the path depends on.
            if !never && (self.conditional > 0 || !self.breaks.is_empty() || self.labels.any()) {
                return Pointer {
                    unset: false,
                    other: true,
                    ..pointer
                };
            }
            let name = self.words(expr);
            let (how, weight) = if never { ("", 70) } else { ("on some path ", 25) };
            let what = format!("{name} is {how}read before anything is assigned to it");
            self.report("uninitialised", Kind::Other, expr.span, None, what, weight);
            let known = Pointer {
                unset: false,
                other: true,
                ..pointer
            };
            memory.pointers.insert(key.clone(), known.clone());
            return known;
        }
        pointer
    }

    /// Whether `base` is a pointer in `base->field`.
    pub fn points(&self, base: &Expr, whole: &Expr) -> bool {
        let text = self.scene.text(self.unit, whole.span);
        let from = (base.span.end.saturating_sub(whole.span.start)) as usize;
        text.get(from..).is_some_and(|rest| rest.trim_start().starts_with("->"))
    }

    /// `&x`, `&a[i]`, `&p->field`
    fn address(&mut self, inner: &'a Expr, memory: &mut Memory) -> Pointer {
        match &inner.kind {
            ExprKind::Index(base, key) => {
                self.value(key, memory);
                let mut pointer = self.value(base, memory);
                pointer.offset = self.moved(pointer.offset, self.range(key, memory), base);
                pointer
            }
            ExprKind::Deref(pointer) => self.value(pointer, memory),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.address(&parts[0], memory),
            ExprKind::Name(_) | ExprKind::Field(..) => {
                if let ExprKind::Field(base, _) = &inner.kind
                    && self.points(base, inner)
                {
                    let pointer = self.value(base, memory);
                    self.looked_at(&pointer);
                }
                let Some(key) = self.key(inner, memory) else {
                    return Pointer::unknown();
                };
                if let Some(array) = memory.pointers.get(&key).filter(|_| self.is_array(inner)) {
                    return array.clone();
                }
                if let Some(array) = self.array_at(inner, &key, memory) {
                    return array;
                }
                let whole = matches!(inner.kind, ExprKind::Name(_));
                let hint = self.type_of(inner).filter(|_| whole);
                let size = hint.and_then(|hint| self.program.bytes(&hint));
                let home = self.home_of(&key);
                Pointer::to(self.variable(&key, home, size, inner.span, memory))
            }
            _ => {
                self.value(inner, memory);
                Pointer::unknown()
            }
        }
    }

    /// Whether the function limits the width of what it reads from a stream.
    fn wide_limited(&self) -> bool {
        let text = self.scene.text(self.unit, self.function.span);
        text.contains(".width(") || text.contains("setw(")
    }

    fn is_array(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Name(name) if self.arrays.contains_key(&**name))
    }

    /// `p++`
    fn stepped(&mut self, target: &Expr, up: bool, memory: &mut Memory) {
        let Some(key) = self.key(target, memory) else { return };
        let by = Range::exactly(if up { 1 } else { -1 });
        if let Some(range) = memory.numbers.get_mut(&key) {
            *range = range.plus(by);
        }
        self.moved_on(&key, by.exact(), memory);
        memory.unmeasured(&key);
        memory.forget(&format!("{key}@"));
        let each = self.element(target);
        if let Some(pointer) = memory.pointers.get_mut(&key) {
            pointer.offset = pointer
                .offset
                .zip(each)
                .map(|(offset, each)| offset.plus(by.times(Range::exactly(each))));
        }
    }

    fn binary(&mut self, op: &str, left: &'a Expr, right: &'a Expr, memory: &mut Memory) -> Pointer {
        if matches!(op, "&&" | "||") {
            self.value(left, memory);
            let mut inside = memory.clone();
            self.refine(left, op == "&&", &mut inside);
            if !inside.ended {
                self.value(right, &mut inside);
                inside.ended = false;
                memory.join(&inside);
                self.evaluated(right, memory, &inside);
            }
            return Pointer::unknown();
        }
        let mut pointer = self.value(left, memory);
        if op == ">>" && self.cpp {
            // `stream >> x` sets `x`.
            self.maybe_set(std::iter::once(right), memory);
        }
        let other = self.value(right, memory);
        if op == ">>" && self.cpp {
            memory.each(&other, &mut |object, _| object.filled = None);
        }
        if op == ">>"
            && called(left).trim_start_matches("std.") == "cin"
            && self.is_array(right)
            && !self.wide_limited()
        {
            let kind = Kind::WriteStack;
            let what = format!("a word of any length is read into {}", self.words(right));
            self.report("unbounded-copy", kind, right.span, None, what, 75);
        }
        if !matches!(op, "+" | "-") {
            return Pointer::unknown();
        }
        let by = self.range(right, memory);
        if pointer.objects.is_empty() {
            return if op == "+" && !other.objects.is_empty() {
                Pointer { offset: None, ..other }
            } else {
                Pointer::unknown()
            };
        }
        let by = if op == "+" { by } else { Range::exactly(0).minus(by) };
        pointer.offset = self.moved(pointer.offset, by, left);
        pointer
    }

    /// The pointer becomes known where this function no longer sees it.
    pub fn escape(&mut self, pointer: &Pointer, memory: &mut Memory) {
        let params = pointer
            .objects
            .iter()
            .filter(|id| **id >= PARAMS)
            .map(|id| (id - PARAMS) as usize);
        self.effects.keeps.extend(params);
        // What can be reached from it becomes known with it.
        let mut open: Vec<u32> = pointer.objects.iter().copied().collect();
        while let Some(id) = open.pop() {
            if id >= PARAMS {
                self.effects.keeps.insert((id - PARAMS) as usize);
            }
            let Some(object) = memory.objects.get_mut(&id).filter(|object| !object.escaped) else {
                continue;
            };
            object.escaped = true;
            let place = object.place.clone();
            let below = memory.pointers.below(&place);
            open.extend(below.flat_map(|(_, pointer)| pointer.objects.iter().copied()));
        }
    }

    pub fn assign(&mut self, target: &'a Expr, value: &'a Expr, augmented: bool, span: Span, memory: &mut Memory) {
        let pointer = self.value(value, memory);
        self.pointer_sized(target, value, memory);
        let range = if augmented {
            Range::ANY
        } else {
            self.range(value, memory)
        };
        let origin = self.origin(value, memory);
        if augmented {
            self.value(target, memory);
            self.combined(target, value, span, memory);
        } else {
            self.narrowed(target, value, span, memory);
        }
        self.target(target, range, span, memory);
        let Some(key) = self.key(target, memory) else {
            self.escape(&pointer, memory);
            return;
        };
        if self.reaches_out(&key, memory) {
            self.escape(&pointer, memory);
        }
        // An array keeps its place: its contents are set, not the variable.
        if self.is_array(target) {
            self.filled(&key, value, &pointer, memory);
            return;
        }
        if augmented {
            if let Some(known) = memory.pointers.get_mut(&key) {
                known.offset = None;
            }
            let up = self.scene.text(self.unit, span).contains("+=");
            let by = self.range(value, memory).exact().filter(|_| up);
            self.moved_on(&key, by, memory);
            memory.unmeasured(&key);
            let added = self.range(value, memory);
            let before = memory
                .numbers
                .get(&key)
                .copied()
                .filter(|before| up && before.low >= 0 && added.low >= 0);
            memory.numbers.remove(&key);
            if let Some(before) = before {
                let high = i128::MAX;
                memory.numbers.insert(key.clone(), Range { high, ..before });
            }
            // Sums of small numbers do not get to the end of a large type.
            let bits = |expr| self.int_type(expr).map_or(32, |kind| kind.bits);
            if added.high < 1 << 16 && bits(target) >= 32 {
                return;
            }
            let small = added.high < 1 << 32;
            if let Some(origin) = origin.filter(|_| bits(target) <= if small { 32 } else { bits(value) }) {
                memory.outside.or_insert(key, origin);
            }
            return;
        }
        self.condition(&key, value);
        self.grown(&key, &pointer, span, memory);
        self.moved_over(target, value, &pointer, memory);
        self.kept_way(&key, target, value, (pointer.clone(), origin), memory);
        self.store(key, target, value, (pointer, range, origin), memory);
        self.way_kept(memory);
    }

    /// Whether others see what is stored under the name: it lies behind a parameter, or nobody knows where.
    fn reaches_out(&self, key: &str, memory: &Memory) -> bool {
        if let Some(rest) = key.strip_prefix('#') {
            let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
            let id = u32::from_str_radix(&rest[..end], 16).unwrap_or(PARAMS);
            return id >= PARAMS || memory.objects.get(&id).is_none_or(|object| object.escaped);
        }
        key.starts_with("::") || key.contains('@')
    }

    /// `x op= value`, with the operator as it stands in the text.
    fn combined(&mut self, target: &'a Expr, value: &'a Expr, span: Span, memory: &Memory) {
        let from = target.span.end.saturating_sub(span.start) as usize;
        let to = value.span.start.saturating_sub(span.start) as usize;
        let op = self
            .scene
            .text(self.unit, span)
            .get(from..to)
            .unwrap_or_default()
            .trim();
        if let Some(op) = op.strip_suffix('=').map(str::trim)
            && (self.breaks.is_empty() || matches!(op, "/" | "%"))
        {
            self.arithmetic(op, target, value, span, memory);
        }
    }

    /// The variable has a new value; what was known below it is about the old one.
    pub fn store(
        &mut self,
        key: Text,
        target: &Expr,
        value: &Expr,
        (pointer, range, origin): (Pointer, Range, Option<Place>),
        memory: &mut Memory,
    ) {
        let whole = self
            .type_of(target)
            .is_some_and(|hint| self.program.shape(&hint).is_some());
        let from = if whole { self.key(value, memory) } else { None };
        let before = memory.pointers.get(&key).cloned();
        memory.forget(&key);
        if let Some(from) = from.filter(|from| *from != key) {
            memory.copy_below(&from, &key);
        }
        if range != Range::ANY {
            let held = self.held(range, target);
            memory.numbers.insert(key.clone(), held);
        }
        if let Some(origin) = origin {
            memory.outside.insert(key.clone(), origin);
        }
        self.measured_by(&key, value, memory);
        memory.pointers.insert(key, pointer);
        // What was freed and is no longer named cannot be used any more, on this path or after it.
        for id in before
            .iter()
            .flat_map(|pointer| &pointer.objects)
            .filter(|id| **id < PARAMS)
        {
            let freed = memory.objects.get(id).is_some_and(|object| object.state == FREED);
            if freed && !memory.pointers.values().any(|pointer| pointer.objects.contains(id)) {
                memory.objects.remove(id);
            }
        }
    }

    /// What of a range a variable's type can hold.
    fn held(&self, range: Range, target: &Expr) -> Range {
        match self.int_type(target).map(super::arithmetic::Int::range) {
            Some(all)
                if range.low != i128::MIN
                    && range.high != i128::MAX
                    && (range.low < all.low || range.high > all.high) =>
            {
                all
            }
            _ => range,
        }
    }

    /// Checks the left side of an assignment as a place that is written.
    fn target(&mut self, target: &'a Expr, value: Range, span: Span, memory: &mut Memory) {
        let reached = self.reach(target, true, span, memory);
        if let (Some((pointer, index)), ExprKind::Index(..)) = (reached, &target.kind)
            && let (Some(at), Some(0)) = (index.exact(), value.exact())
        {
            terminate(&pointer, at, memory);
        }
    }

    /// Arguments evaluated in order.
    pub fn arguments(&mut self, args: &'a [Arg], memory: &mut Memory) -> Vec<Pointer> {
        args.iter().map(|arg| self.value(&arg.value, memory)).collect()
    }
}

/// A terminator is written at character `at`.
fn terminate(pointer: &Pointer, at: i128, memory: &mut Memory) {
    if pointer.offset.and_then(Range::exact) == Some(0) {
        memory.each(pointer, &mut |object, certain| {
            object.text = match object.text {
                Some(text) if certain && text.low >= at => Some(Range::exactly(at)),
                Some(text) => Some(Range {
                    low: text.low.min(at),
                    high: text.high,
                }),
                None => Some(Range { low: 0, high: at }),
            };
        });
    }
}

pub fn joined(mut first: Pointer, second: Pointer) -> Pointer {
    first.join(&second);
    first
}

pub fn strip(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(_, inner) => strip(inner),
        ExprKind::Opaque(parts) if parts.len() == 1 => strip(&parts[0]),
        _ => expr,
    }
}

/// The called name, without qualification by `std`.
pub fn called(callee: &Expr) -> String {
    let name = names::dotted(callee).unwrap_or_default();
    name.strip_prefix("std.").map(str::to_owned).unwrap_or(name)
}
