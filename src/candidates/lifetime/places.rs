//! Names under which the state keeps what is stored where: variables, parts of structures, what pointers point to.
//!
//! In: an expression and the state. Out: a name that is the same for every way to write the same place, as far as
//! pointers are known. A local is `name`, in a called function `2~name`; a global is `::name`; what an object holds
//! first is the object's own `place`. Deliberately absent: places that depend on an unknown index.
//! Start at [`Walk::key`].

use crate::syntax::form::{Expr, ExprKind, Span, Text};

use super::memory::{Home, LIVE, Memory, Object, Pointer, Range, pointee};
use super::tables::text;
use super::walk::Walk;

/// First object number of variables.
const VARIABLES: u32 = 0x8000_0000;

impl<'a> Walk<'a> {
    /// The name under which the state knows a variable.
    pub fn name_key(&self, name: &Text) -> Text {
        if self.hints.contains_key(&**name) {
            let key = if self.frame.is_empty() {
                name.clone()
            } else {
                text(&[&self.frame, name])
            };
            let meant = if self.references.is_empty() {
                None
            } else {
                self.references.get(&key)
            };
            return meant.cloned().unwrap_or(key);
        }
        match self
            .program
            .globals
            .get(self.module)
            .and_then(|globals| globals.get(name))
        {
            Some(global) if global.own => text(&["::", &self.module.to_string(), ":", name]),
            _ => text(&["::", name]),
        }
    }

    /// The name under which the state knows what an expression stores.
    pub fn key(&self, expr: &Expr, memory: &Memory) -> Option<Text> {
        match &expr.kind {
            ExprKind::Name(name) => match self
                .macros
                .get(name)
                .and_then(|all| all.last())
                .map(|meaning| &meaning.kind)
            {
                Some(ExprKind::Name(meaning)) => Some(self.name_key(meaning)),
                _ => Some(self.name_key(name)),
            },
            ExprKind::Field(base, field) => {
                let whole = if self.points(base, expr) {
                    self.pointed(base, Range::exactly(0), memory)?
                } else {
                    self.key(base, memory)?
                };
                let shared = self
                    .type_of(base)
                    .is_some_and(|hint| self.program.shape(pointee(&hint)).is_some_and(|shape| shape.union));
                Some(text(&[&whole, ".", if shared { "|" } else { field }]))
            }
            ExprKind::Deref(inner) => self.pointed(inner, Range::exactly(0), memory),
            ExprKind::Index(base, key) => self.pointed(base, self.range(key, memory), memory),
            ExprKind::Call { .. } => Some(text(&[&self.frame, "()", &expr.span.start.to_string()])),
            ExprKind::Assign(target, _) => self.key(target, memory),
            ExprKind::Cast(_, inner) => self.key(inner, memory),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.key(&parts[0], memory),
            _ => None,
        }
    }

    /// The place that an expression points to, `index` elements on.
    fn pointed(&self, base: &Expr, index: Range, memory: &Memory) -> Option<Text> {
        let index = index.exact()?;
        let (key, pointer) = self.look(base, memory);
        if let Some(pointer) = &pointer
            && let (Some(id), 1, false) = (pointer.objects.first(), pointer.objects.len(), pointer.other)
            && let Some(object) = memory.objects.get(id)
            && let Some(offset) = pointer.offset.and_then(Range::exact)
        {
            let at = match self.element(base) {
                Some(each) if each > 0 && offset % each == 0 => offset / each + index,
                None if offset == 0 => index,
                _ => return None,
            };
            return Some(if at == 0 {
                object.place.clone()
            } else {
                text(&[&object.place, "[", &at.to_string(), "]"])
            });
        }
        let key = key?;
        Some(if index == 0 {
            text(&[&key, "@"])
        } else {
            text(&[&key, "@[", &index.to_string(), "]"])
        })
    }

    /// What an expression points to, without evaluating it; with its own name where it has one.
    pub fn look(&self, expr: &Expr, memory: &Memory) -> (Option<Text>, Option<Pointer>) {
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Deref(_) | ExprKind::Index(..) => {
                let key = self.key(expr, memory);
                let pointer = key.as_ref().and_then(|key| {
                    let array = || self.variables.get(&text(&[key, "@"])).map(|id| Pointer::to(*id));
                    memory.pointers.get(key).cloned().or_else(array)
                });
                (key, pointer)
            }
            ExprKind::Cast(_, inner) | ExprKind::Assign(inner, _) => self.look(inner, memory),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.look(&parts[0], memory),
            ExprKind::Address(inner) => {
                let id = self.key(inner, memory).and_then(|key| self.variables.get(&key));
                (None, id.map(|id| Pointer::to(*id)))
            }
            ExprKind::Binary(op, left, right) if matches!(&**op, "+" | "-") => {
                let (_, Some(mut pointer)) = self.look(left, memory) else {
                    return (None, None);
                };
                let by = self.range(right, memory);
                let by = if &**op == "+" { by } else { Range::exactly(0).minus(by) };
                pointer.offset = self.moved(pointer.offset, by, left);
                (None, Some(pointer))
            }
            _ => (None, None),
        }
    }

    /// An offset after `by` elements of what `base` points to.
    pub fn moved(&self, offset: Option<Range>, by: Range, base: &Expr) -> Option<Range> {
        let each = self.element(base);
        offset
            .zip(each)
            .map(|(offset, each)| offset.plus(by.times(Range::exactly(each))))
    }

    /// The object of a variable or a part of one.
    pub fn variable(&mut self, key: &Text, home: Home, size: Option<i128>, made: Span, memory: &mut Memory) -> u32 {
        let next = VARIABLES + self.variables.len() as u32;
        let id = *self.variables.entry(key.clone()).or_insert(next);
        if !memory.objects.contains_key(&id) {
            let object = Object {
                place: key.clone(),
                ..self.object(home, LIVE, size, made, "declaration")
            };
            memory.objects.insert(id, object);
        }
        id
    }

    /// Where what the name stands for lives.
    pub fn home_of(&self, key: &str) -> Home {
        if key.starts_with("::") {
            Home::Static
        } else if key.starts_with('#') || key.contains('@') {
            Home::Heap
        } else {
            Home::Stack
        }
    }

    /// An array that is part of a structure, or declared outside functions, is a place of its own.
    pub fn array_at(&mut self, expr: &Expr, key: &Text, memory: &mut Memory) -> Option<Pointer> {
        let hint = match &expr.kind {
            ExprKind::Name(name) => {
                let global = self.program.globals.get(self.module)?.get(name)?;
                if let Some(bytes) = global.bytes {
                    let place = text(&[key, "@"]);
                    return Some(Pointer::to(self.variable(
                        &place,
                        Home::Static,
                        Some(bytes),
                        expr.span,
                        memory,
                    )));
                }
                let count = self.range(global.size?, memory).exact()?;
                format!("{}[{count}]", global.hint)
            }
            ExprKind::Field(..) => self.type_of(expr)?.to_string(),
            _ => return None,
        };
        if !hint.contains('[') {
            return None;
        }
        let size = self
            .program
            .part(&hint)
            .filter(|(_, count)| *count > 1)
            .map(|(each, count)| each * count);
        let home = self.home_of(key);
        Some(Pointer::to(self.variable(
            &text(&[key, "@"]),
            home,
            size,
            expr.span,
            memory,
        )))
    }

    /// Whether a name is an array outside functions.
    fn global_array(&self, name: &Text) -> bool {
        let global = || self.program.globals.get(self.module)?.get(name);
        !self.hints.contains_key(&**name) && global().is_some_and(|own| own.size.is_some() || own.bytes.is_some())
    }

    /// The type of what an expression stores, as far as declarations say it.
    pub fn type_of(&self, expr: &Expr) -> Option<Text> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let global = || Some(self.program.globals.get(self.module)?.get(name)?.hint.clone());
                self.hints.get(&**name).cloned().or_else(global)
            }
            ExprKind::Field(base, field) => {
                let own = self.type_of(base);
                let shape = own.as_deref().and_then(|hint| self.program.shape(pointee(hint)));
                let known = shape.and_then(|shape| shape.fields.get(field));
                known.or_else(|| self.program.fields.get(field)).cloned()
            }
            ExprKind::Cast(hint, _) => Some(hint.clone()),
            ExprKind::Deref(base) | ExprKind::Index(base, _) => {
                let hint = self.type_of(base)?;
                if let ExprKind::Name(name) = &base.kind
                    && (self.arrays.contains_key(&**name) || self.global_array(name))
                {
                    return Some(hint);
                }
                Some(pointee(hint.split('[').next().unwrap_or_default()).into())
            }
            ExprKind::Address(inner) => Some(format!("{}*", self.type_of(inner)?).into()),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.type_of(&parts[0]),
            ExprKind::Binary(op, left, _) if matches!(&**op, "+" | "-") => self.type_of(left),
            ExprKind::Assign(target, _) => self.type_of(target),
            _ => None,
        }
    }

    /// Whoever has the pointer may change what it points to and keep what is stored there.
    pub fn hand_over(&mut self, pointer: &Pointer, memory: &mut Memory) {
        self.escape(pointer, memory);
        let places: Vec<Text> = pointer
            .objects
            .iter()
            .filter_map(|id| memory.objects.get(id).map(|object| object.place.clone()))
            .collect();
        for place in places {
            self.havoc(&place, memory);
        }
        memory.each(pointer, &mut |object, _| {
            object.text = None;
            object.filled = None;
            object.unended = None;
        });
    }

    /// Nothing below the place is known any more.
    pub fn havoc(&mut self, place: &str, memory: &mut Memory) {
        let below: Vec<(Text, Pointer)> = memory.pointers.below(place).cloned().collect();
        for (name, pointer) in below {
            self.escape(&pointer, memory);
            let changed = Pointer {
                unset: false,
                other: true,
                ..pointer
            };
            memory.pointers.insert(name, changed);
        }
        memory.forget_numbers(place);
        let known =
            |object: &&Object| (object.text.is_some() || object.filled.is_some()) && object.place.starts_with(place);
        if memory.objects.values().any(|object| known(&object)) {
            memory.objects.change(
                |object| known(&object),
                |object| {
                    object.text = None;
                    object.filled = None;
                },
            );
        }
    }

    /// Code out of sight may change every global that it can name.
    pub fn havoc_globals(&mut self, own: bool, memory: &mut Memory) {
        let lost = |name: &str| name.starts_with("::") && (own || !is_own(name));
        let globals = memory.pointers.starting("::").iter();
        let globals: Vec<(Text, Pointer)> = globals.filter(|(name, _)| lost(name)).cloned().collect();
        for (name, pointer) in globals {
            memory.pointers.remove(&name);
            self.escape(&pointer, memory);
        }
        memory.numbers.forget_where("::", lost);
        memory.outside.forget_where("::", lost);
    }
}

/// Whether a global is known in its own file only: `::12:name`.
fn is_own(name: &str) -> bool {
    name.trim_start_matches(':').starts_with(|c: char| c.is_ascii_digit())
}
