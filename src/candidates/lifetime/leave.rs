//! Ways out of a function, and what is lost or given away there.
//!
//! In: a return, a jump or the end of the body. Out: what callers get, and mistakes about what stays behind.
//! Start at [`Walk::leave`].

use std::collections::BTreeSet;

use crate::flow::program::labels;
use crate::syntax::form::{Expr, ExprKind, Literal, Span};

use super::Kind;
use super::memory::{FREED, Home, LIVE, Memory, Object, Pointer, Range};
use super::walk::{PARAMS, Walk, characters, merge, park};

impl<'a> Walk<'a> {
    pub fn leave(&mut self, value: Option<&'a Expr>, span: Span, memory: &mut Memory) {
        if let Some(value) = value {
            let pointer = self.value(value, memory);
            if self.is_fixed(value) {
                // The function itself still has what a variable of all its calls names.
                memory.each(&pointer, &mut |object, _| object.escaped = true);
            }
            for id in &pointer.objects {
                let Some(object) = memory.objects.get(id) else { continue };
                if object.state == FREED && *id < PARAMS && self.open() {
                    let began = object.freed.map(|(unit, freed)| (unit, freed, "freed here"));
                    let what = format!("{} was freed and is returned", self.words(value));
                    self.report("use-after-free", Kind::Other, span, began, what, 70);
                }
            }
            self.local_given(value, &pointer, span, memory);
            self.reference_given(value, span);
            if !self.stack.is_empty() {
                let range = self.range(value, memory);
                self.give(value, pointer.clone(), memory);
                self.ways.add(range, &pointer, memory);
                merge(&mut self.exits, memory.clone());
                memory.ended = true;
                return;
            }
            // What is stored elsewhere too has an owner, whatever the caller does with it.
            let made = pointer.objects.iter().filter(|id| **id < PARAMS);
            let objects = made
                .filter_map(|id| memory.objects.get(id).map(|object| (*id, object.clone())))
                .collect();
            let kept = std::mem::take(&mut self.effects.keeps);
            self.escape(&pointer, memory);
            self.effects.keeps = kept;
            match &mut self.effects.returns {
                Some((known, all)) => {
                    known.join(&pointer);
                    let objects: Vec<(u32, Object)> = objects;
                    all.extend(objects);
                }
                none => *none = Some((pointer, objects)),
            }
        }
        self.still_held(span, memory);
        if self.stack.is_empty() {
            self.leaks(memory);
        }
        merge(&mut self.exits, memory.clone());
        memory.ended = true;
    }

    /// Whether there are callers that this scan does not see.
    pub fn open(&self) -> bool {
        self.stack.is_empty() && (self.function.public || self.scene.graph.callers(self.unit).is_empty())
    }

    /// `static char *buffer;`: whether a variable outlives the call.
    fn is_fixed(&self, value: &Expr) -> bool {
        let ExprKind::Name(name) = &super::check::strip(value).kind else {
            return false;
        };
        self.hints.get(&**name).is_some_and(|hint| hint.starts_with("static "))
    }

    /// The address of a variable of this function means nothing to the caller.
    pub fn local_given(&mut self, value: &Expr, pointer: &Pointer, span: Span, memory: &Memory) {
        let own = |id: &u32| {
            memory.objects.get(id).is_some_and(|object| {
                let name = object.place.strip_prefix(&*self.frame).unwrap_or("#");
                let own = !name.starts_with(['#', ':'])
                    && !name.contains('~')
                    && !name.trim_end_matches('@').contains(['@', '.']);
                let fixed = self
                    .hints
                    .get(name.trim_end_matches('@'))
                    .is_some_and(|hint| hint.starts_with("static "));
                object.home == Home::Stack && &*object.by == "declaration" && own && !fixed
            })
        };
        if !pointer.other && pointer.objects.iter().any(own) {
            let what = format!(
                "{} is a variable of this function, gone when the caller looks",
                self.words(value)
            );
            self.report("local-returned", Kind::Other, span, None, what, 70);
        }
    }

    pub fn leaks(&mut self, memory: &Memory) {
        // What a global still names is not lost.
        let kept: BTreeSet<u32> = memory
            .pointers
            .iter()
            .filter(|(name, _)| name.starts_with("::"))
            .flat_map(|(_, pointer)| pointer.objects.iter().copied())
            .collect();
        let lost: Vec<Object> = memory
            .objects
            .iter()
            .filter(|(id, object)| {
                **id < PARAMS
                    && !kept.contains(id)
                    && matches!(object.home, Home::Heap | Home::Handle)
                    && object.place.starts_with('#')
                    && &*object.by != "declaration"
                    && object.state & LIVE != 0
                    && object.state & FREED == 0
                    && !object.escaped
            })
            .map(|(_, object)| object.clone())
            .collect();
        for object in lost {
            let kind = if object.home == Home::Handle {
                Kind::Handle
            } else {
                Kind::Other
            };
            let verb = if object.home == Home::Handle { "closed" } else { "freed" };
            let what = format!("what {} gives here is not {verb} on every way out", object.by);
            let (unit, span) = object.made;
            let own = std::mem::replace(&mut self.unit, unit);
            self.report("leak-on-path", kind, span, None, what, 45);
            self.unit = own;
        }
    }

    /// A call that says only by what it returns that it failed, and nobody looks.
    pub fn unlooked(&mut self, expr: &Expr) {
        let ExprKind::Call { callee, .. } = &expr.kind else {
            return;
        };
        let name = super::check::called(callee);
        let name = match self
            .macros
            .get(&name)
            .and_then(|all| all.last())
            .map(|meaning| &meaning.kind)
        {
            Some(ExprKind::Name(meaning)) => meaning.to_string(),
            _ => name,
        };
        if super::library::must_check(&name) {
            let what = format!("nobody looks whether {name} failed");
            self.report("unlooked", Kind::Other, expr.span, None, what, 30);
        }
    }

    /// The text of a string that the expression points to.
    pub fn text_of(&self, expr: &Expr, memory: &Memory) -> Option<Range> {
        self.text_held(expr, memory)
            .or_else(|| memory.numbers.get(&self.length_key(expr, memory)?).copied())
    }

    fn text_held(&self, expr: &Expr, memory: &Memory) -> Option<Range> {
        match &expr.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(Range::exactly(characters(text))),
            ExprKind::Cast(_, inner) => self.text_held(inner, memory),
            ExprKind::Name(name) => {
                if let Some(meaning) = self.macros.get(name).and_then(|all| all.last())
                    && matches!(meaning.kind, ExprKind::Literal(_))
                {
                    return self.text_held(meaning, memory);
                }
                let pointer = memory.pointers.get(&self.name_key(name))?;
                if pointer.other || pointer.offset.and_then(Range::exact) != Some(0) {
                    return None;
                }
                let mut texts = pointer
                    .objects
                    .iter()
                    .map(|id| memory.objects.get(id).and_then(|object| object.text));
                let first = texts.next()??;
                texts.try_fold(first, |all, text| Some(all.join(text?)))
            }
            _ => None,
        }
    }

    /// Whether the function has the label further down.
    pub fn lies_ahead(&self, label: &str, from: Span) -> bool {
        let rest = self
            .text
            .get(from.end as usize..self.function.span.end as usize)
            .unwrap_or_default();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        rest.match_indices(label)
            .any(|(at, _)| !rest[..at].ends_with(word) && rest[at + label.len()..].trim_start().starts_with(':'))
    }

    /// `break`, or `goto` and where to.
    pub fn jump(&mut self, span: Span, memory: &mut Memory) {
        match labels::target(self.text, span) {
            Some(label) if !self.lies_ahead(label, span) => memory.ended = true,
            Some(label) => {
                let arriving = self.gotos.entry(label.to_owned());
                arriving.or_insert_with(Memory::unreached).join(memory);
                memory.ended = true;
            }
            None => park(&mut self.breaks, memory),
        }
    }

    /// Labels at the very end of a function stand before no statement.
    pub fn arrivals(&mut self, memory: &mut Memory) {
        for arriving in std::mem::take(&mut self.gotos).values() {
            memory.join(arriving);
        }
    }
}
