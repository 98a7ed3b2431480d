//! Declarations: what a variable is before anything is stored in it.
//!
//! In: a name with its type and size. Out: its object, and what is not set yet. Start at [`Walk::declare`].

use crate::syntax::form::{Expr, Span, Text};

use super::memory::{Home, Memory, Pointer, bytes_of};
use super::tables::text;
use super::walk::Walk;

/// Most fields of a structure on the stack that are followed from its declaration.
const FIELDS: usize = 16;

impl<'a> Walk<'a> {
    /// `hint name = value`
    pub fn declared(&mut self, name: &Text, hint: &Text, value: &Expr, span: Span, memory: &mut Memory) {
        let whole = self.scene.text(self.unit, span);
        let fixed = whole.trim_start().starts_with("static ");
        if let Some(bytes) = self.program.initialised(whole, name, hint, value)
            && !self.arrays.contains_key(&**name)
        {
            self.arrays.insert(name.to_string(), Some(bytes));
            let key = text(&[&self.frame, name]);
            let home = if fixed { Home::Static } else { Home::Stack };
            let id = self.variable(&text(&[&key, "@"]), home, Some(bytes), span, memory);
            memory.pointers.insert(key, Pointer::to(id));
        }
        let hint = if fixed && !hint.starts_with("static ") {
            format!("static {hint}").into()
        } else {
            hint.clone()
        };
        self.hints.insert(name.to_string(), hint);
    }

    pub fn declare(
        &mut self,
        name: &Text,
        hint: Option<&Text>,
        size: Option<&'a Expr>,
        span: Span,
        memory: &mut Memory,
    ) {
        let Some(hint) = hint else { return };
        self.hints.insert(name.to_string(), hint.clone());
        let key = self.name_key(name);
        memory.forget(&key);
        let fixed = hint.starts_with("static ") || self.scene.text(self.unit, span).trim_start().starts_with("static ");
        if let Some(size) = size {
            let count = self.range(size, memory).exact().filter(|count| *count > 0);
            let bytes = count
                .zip(self.program.bytes(hint))
                .and_then(|(count, each)| count.checked_mul(each));
            self.arrays.insert(name.to_string(), bytes);
            let place = text(&[&key, "@"]);
            if memory.objects.values().any(|object| object.place == place) {
                memory.objects.retain(|_, object| object.place != place);
            }
            let id = self.variable(
                &place,
                if fixed { Home::Static } else { Home::Stack },
                bytes,
                span,
                memory,
            );
            let built = self.cpp && bytes_of(hint).is_none();
            if let Some(object) = memory.objects.get_mut(&id).filter(|_| !fixed && !built) {
                object.filled = Some(0);
            }
            memory.pointers.insert(key, Pointer::to(id));
        } else if !fixed && !hint.contains("extern") {
            let unset = Pointer {
                unset: true,
                ..Pointer::default()
            };
            if bytes_of(hint).is_some() {
                memory.pointers.insert(key, unset);
            } else if let Some(shape) = self.program.shape(hint).filter(|shape| !shape.union && !shape.built) {
                let plain = |hint: &Text| bytes_of(hint).is_some();
                for (field, _) in shape.fields.iter().filter(|(_, hint)| plain(hint)).take(FIELDS) {
                    memory.pointers.insert(text(&[&key, ".", field]), unset.clone());
                }
            }
        }
    }
}
