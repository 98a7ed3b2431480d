//! Expressions: what they point to, what they touch, and whether that may go wrong.
//!
//! In: an expression and the state before it. Out: the [`Pointer`] it gives; mistakes are reported as they are met.
//! Deliberately absent: calls (`calls`). Start at [`Walk::value`].

use crate::flow::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span};

use super::Kind;
use super::memory::{FREED, Home, LIVE, Memory, Object, Pointer, Range};
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
                    self.stepped(inner, op.contains("++"), memory);
                }
                if matches!(&**op, "!" | "-" | "~") {
                    Pointer::unknown()
                } else {
                    pointer
                }
            }
            ExprKind::Binary(op, left, right) => self.binary(op, left, right, memory),
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
        match &expr.kind {
            ExprKind::Field(base, _) => {
                let arrow = self.points(base, expr);
                let pointer = self.value(base, memory);
                if arrow {
                    self.touch(
                        &Use {
                            base,
                            pointer: &pointer,
                            write: false,
                            span: expr.span,
                        },
                        Range::exactly(0),
                        None,
                        memory,
                    );
                }
            }
            ExprKind::Index(base, key) => {
                self.value(key, memory);
                let pointer = self.value(base, memory);
                let index = self.range(key, memory);
                let each = self.element(base);
                self.touch(
                    &Use {
                        base,
                        pointer: &pointer,
                        write: false,
                        span: expr.span,
                    },
                    index,
                    each,
                    memory,
                );
            }
            ExprKind::Deref(inner) => {
                let pointer = self.value(inner, memory);
                let each = self.element(inner);
                self.touch(
                    &Use {
                        base: inner,
                        pointer: &pointer,
                        write: false,
                        span: expr.span,
                    },
                    Range::exactly(0),
                    each,
                    memory,
                );
            }
            _ => {}
        }
        self.stored(expr, memory)
    }

    fn literal(&mut self, text: &str, span: Span, memory: &mut Memory) -> Pointer {
        let length = characters(text);
        let id = span.start & 0x7FFF_FFFF;
        let object = Object {
            text: Some(Range::exactly(length)),
            ..self.object(Home::Literal, LIVE, Some(length + 1), span, "literal")
        };
        // The unit of a wide literal is unknown here, so only its count of characters is kept.
        let wide = self.scene.text(self.unit, span).starts_with('L');
        memory.objects.insert(
            id,
            Object {
                size: object.size.map(|size| if wide { size * 4 } else { size }),
                ..object
            },
        );
        Pointer::to(id)
    }

    fn read(&mut self, name: &str, expr: &Expr, memory: &mut Memory) -> Pointer {
        if matches!(name, "NULL" | "nullptr") {
            return Pointer::nothing();
        }
        if let Some(meaning) = self.macros.get(name).and_then(|all| all.last())
            && let ExprKind::Name(other) = &meaning.kind
            && &**other != name
        {
            return memory.pointers.get(&**other).cloned().unwrap_or_else(Pointer::unknown);
        }
        let Some(pointer) = memory.pointers.get(name).cloned() else {
            return Pointer::unknown();
        };
        if pointer.unset {
            let never = !pointer.other && !pointer.null && pointer.objects.is_empty();
            let (how, weight) = if never { ("", 70) } else { ("on some path ", 25) };
            let what = format!("{name} is {how}read before anything is assigned to it");
            self.report("uninitialised", Kind::Other, expr.span, None, what, weight);
            let known = Pointer {
                unset: false,
                other: true,
                ..pointer
            };
            memory.pointers.insert(name.to_owned(), known.clone());
            return known;
        }
        pointer
    }

    fn stored(&self, expr: &Expr, memory: &Memory) -> Pointer {
        self.key(expr, memory)
            .and_then(|key| memory.pointers.get(&key).cloned())
            .unwrap_or_else(Pointer::unknown)
    }

    /// Whether `base` is a pointer in `base->field`.
    fn points(&self, base: &Expr, whole: &Expr) -> bool {
        let text = self.scene.text(self.unit, whole.span);
        let from = (base.span.end.saturating_sub(whole.span.start)) as usize;
        text.get(from..).is_some_and(|rest| rest.trim_start().starts_with("->"))
    }

    /// `&x`: whoever has the address may set it; `&a[i]` points into `a`.
    fn address(&mut self, inner: &'a Expr, memory: &mut Memory) -> Pointer {
        match &inner.kind {
            ExprKind::Index(base, key) => {
                self.value(key, memory);
                let mut pointer = self.value(base, memory);
                let (index, each) = (self.range(key, memory), self.element(base));
                pointer.offset = pointer
                    .offset
                    .zip(each)
                    .map(|(offset, each)| offset.plus(index.times(Range::exactly(each))));
                pointer
            }
            _ => {
                if let Some(key) = self.key(inner, memory) {
                    let known = memory.pointers.get(&key).cloned();
                    if let Some(pointer) = known.filter(|_| !self.arrays.contains_key(&key)) {
                        self.escape(&pointer, memory);
                        let changed = Pointer {
                            unset: false,
                            other: true,
                            ..pointer
                        };
                        memory.pointers.insert(key.clone(), changed);
                    }
                    memory.numbers.remove(&key);
                }
                Pointer::unknown()
            }
        }
    }

    /// `p++`
    fn stepped(&mut self, target: &Expr, up: bool, memory: &mut Memory) {
        let Some(key) = self.key(target, memory) else { return };
        let by = Range::exactly(if up { 1 } else { -1 });
        if let Some(range) = memory.numbers.get_mut(&key) {
            *range = range.plus(by);
        }
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
            }
            return Pointer::unknown();
        }
        let mut pointer = self.value(left, memory);
        let other = self.value(right, memory);
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
        let each = self.element(left);
        pointer.offset = pointer.offset.zip(each).map(|(offset, each)| {
            let bytes = by.times(Range::exactly(each));
            if op == "+" {
                offset.plus(bytes)
            } else {
                offset.minus(bytes)
            }
        });
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
        memory.each(pointer, &mut |object, _| object.escaped = true);
    }

    /// The name under which the state knows what an expression stores.
    pub fn key(&self, expr: &Expr, _memory: &Memory) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(name) => match self
                .macros
                .get(name)
                .and_then(|all| all.last())
                .map(|meaning| &meaning.kind)
            {
                Some(ExprKind::Name(meaning)) => Some(meaning.to_string()),
                _ => Some(name.to_string()),
            },
            ExprKind::Field(base, field) => Some(format!("{}.{field}", self.key(base, _memory)?)),
            ExprKind::Deref(inner) => {
                let inner = self.key(inner, _memory)?;
                // A pointer that was given one variable's address stands for that variable.
                Some(self.aliases.get(&inner).cloned().unwrap_or_else(|| format!("*{inner}")))
            }
            ExprKind::Index(base, key) => match &key.kind {
                ExprKind::Literal(Literal::Number(number)) => Some(format!("{}[{number}]", self.key(base, _memory)?)),
                _ => None,
            },
            ExprKind::Assign(target, _) => self.key(target, _memory),
            ExprKind::Cast(_, inner) => self.key(inner, _memory),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.key(&parts[0], _memory),
            _ => None,
        }
    }

    pub fn assign(&mut self, target: &'a Expr, value: &'a Expr, augmented: bool, span: Span, memory: &mut Memory) {
        let points = match (&target.kind, &strip(value).kind) {
            (ExprKind::Name(name), ExprKind::Address(inner)) => self.key(inner, memory).map(|key| (name, key)),
            _ => None,
        };
        // `p = &x`: what is stored through `p` is followed, so the address is not out of sight.
        let pointer = match &points {
            Some((name, key)) if !matches!(strip_address(value), Some(ExprKind::Index(..))) => {
                self.aliases.insert(name.to_string(), key.clone());
                Pointer::unknown()
            }
            _ => self.value(value, memory),
        };
        let range = if augmented {
            Range::ANY
        } else {
            self.range(value, memory)
        };
        self.target(target, range, span, memory);
        let local = match &target.kind {
            ExprKind::Name(name) => self.hints.contains_key(&**name),
            ExprKind::Deref(inner) => self
                .key(inner, memory)
                .is_some_and(|key| self.aliases.contains_key(&key)),
            _ => false,
        };
        if !local {
            self.escape(&pointer, memory);
        }
        let Some(key) = self.key(target, memory) else { return };
        // An array keeps its place: its contents are set, not the variable.
        if self.arrays.contains_key(&key) {
            self.filled(&key, value, &pointer, memory);
            return;
        }
        if augmented {
            if let Some(known) = memory.pointers.get_mut(&key) {
                known.offset = None;
            }
            memory.numbers.remove(&key);
            return;
        }
        if range == Range::ANY {
            memory.numbers.remove(&key)
        } else {
            memory.numbers.insert(key.clone(), range)
        };
        // What was known below the variable is about its old value.
        let below: Vec<String> = memory
            .pointers
            .keys()
            .filter(|other| other.strip_prefix(&*key).is_some_and(|rest| rest.starts_with('.')))
            .cloned()
            .collect();
        below.iter().for_each(|other| {
            memory.pointers.remove(other);
        });
        let before = memory.pointers.insert(key, pointer);
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

    /// `char buf[n] = "text"`
    fn filled(&self, key: &str, value: &Expr, from: &Pointer, memory: &mut Memory) {
        let text = match &value.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(Range::exactly(characters(text))),
            ExprKind::Collection(_) => Some(Range::exactly(0)),
            _ => self.text_of(value, memory).or_else(|| {
                let object = from.objects.iter().next().and_then(|id| memory.objects.get(id));
                object.and_then(|object| object.text)
            }),
        };
        if let Some(pointer) = memory.pointers.get(key).cloned() {
            memory.each(&pointer, &mut |object, _| object.text = text);
        }
    }

    /// Checks the left side of an assignment as a place that is written.
    fn target(&mut self, target: &'a Expr, value: Range, span: Span, memory: &mut Memory) {
        match &target.kind {
            ExprKind::Index(base, key) => {
                self.value(key, memory);
                let pointer = self.value(base, memory);
                let (index, each) = (self.range(key, memory), self.element(base));
                self.touch(
                    &Use {
                        base,
                        pointer: &pointer,
                        write: true,
                        span,
                    },
                    index,
                    each,
                    memory,
                );
                if let (Some(at), Some(0)) = (index.exact(), value.exact()) {
                    terminate(&pointer, at, memory);
                }
            }
            ExprKind::Deref(inner) => {
                let pointer = self.value(inner, memory);
                let each = self.element(inner);
                self.touch(
                    &Use {
                        base: inner,
                        pointer: &pointer,
                        write: true,
                        span,
                    },
                    Range::exactly(0),
                    each,
                    memory,
                );
            }
            ExprKind::Field(base, _) => {
                let pointer = self.value(base, memory);
                if self.points(base, target) {
                    self.touch(
                        &Use {
                            base,
                            pointer: &pointer,
                            write: true,
                            span,
                        },
                        Range::exactly(0),
                        None,
                        memory,
                    );
                }
            }
            _ => {}
        }
    }

    /// Arguments evaluated in order.
    pub fn arguments(&mut self, args: &'a [Arg], memory: &mut Memory) -> Vec<Pointer> {
        args.iter().map(|arg| self.value(&arg.value, memory)).collect()
    }
}

/// A terminator is written at character `at`.
fn terminate(pointer: &Pointer, at: i64, memory: &mut Memory) {
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

fn joined(first: Pointer, second: Pointer) -> Pointer {
    let mut memory = Memory::default();
    memory.pointers.insert(String::new(), first);
    let mut other = Memory::default();
    other.pointers.insert(String::new(), second);
    memory.join(&other);
    memory.pointers.remove("").unwrap_or_default()
}

/// What the address is taken of.
fn strip_address(expr: &Expr) -> Option<&ExprKind> {
    match &strip(expr).kind {
        ExprKind::Address(inner) => Some(&strip(inner).kind),
        _ => None,
    }
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
