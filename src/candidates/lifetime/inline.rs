//! Calls of functions of the project, walked again with what is known at the call.
//!
//! In: a call, its arguments' pointers and the state. Out: the state after it and what it gives. Small functions are
//! walked where anything is known that they could use; everything else goes by its [`Effects`].
//! Start at [`Walk::entered`].
//!
//! [`Effects`]: super::walk::Effects

use std::collections::HashMap;
use std::sync::Arc;

use crate::flow::program::labels::Labels;
use crate::syntax::form::{Arg, Function, Span, Text};

use super::memory::{FREED, LIVE, MAYBE_NULL, Memory, Object, Pointer, Range};
use super::tables::{Objects, Shared, Sorted, text};
use super::walk::{PARAMS, Walk, merge};

/// How deep calls are followed.
pub const DEPTH: usize = 4;
/// Most lines of a function that is walked at its calls.
pub const LINES: u32 = 90;
/// Statements walked inside calls, per function.
pub const BORROWED: u32 = 500;

impl<'a> Walk<'a> {
    /// Walks the function with what is known here; `None` where that is not worth it or not possible.
    pub fn entered(
        &mut self,
        unit: u32,
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) -> Option<Pointer> {
        let function = self.scene.function(unit);
        let at = &self.scene.graph.units[unit as usize];
        let fits = self.small(unit, args);
        // What a function makes is known from its own walk; a number or a structure it gives is not.
        let gives = function.params.is_empty() && function.returns.as_deref().is_some_and(|hint| hint != "void");
        let open = self.stack.len() < DEPTH && self.borrowed > 0 && unit != self.root && !self.stack.contains(&unit);
        if !fits || !open || !self.telling(gives, function.params.len(), args, pointers, memory) {
            return None;
        }
        let frame: Text = format!("{}~", self.stack.len() + 1).into();
        let hints = self.bound(function, &frame, args, pointers, memory);
        let file = self.scene.file(unit);
        let text: &'a str = &self.scene.snapshot.file(file).text;
        let module = at.module;
        let macros = Arc::clone(&self.all_macros[module]);
        let salt = self.salt.rotate_left(5) ^ span.start.wrapping_mul(0x9E37_79B1);
        // The caller's own view, until the function is left.
        let outer = (
            (
                std::mem::replace(&mut self.unit, unit),
                std::mem::replace(&mut self.module, module),
            ),
            (
                std::mem::replace(&mut self.function, function),
                std::mem::replace(&mut self.macros, macros),
            ),
            (
                std::mem::replace(&mut self.hints, hints),
                std::mem::take(&mut self.arrays),
            ),
            std::mem::replace(&mut self.text, text),
            std::mem::replace(&mut self.labels, Labels::of(text, function.span)),
            std::mem::take(&mut self.gotos),
            (self.exits.take(), std::mem::take(&mut self.ways)),
            (std::mem::take(&mut self.breaks), std::mem::take(&mut self.continues)),
        );
        let told = args.iter().any(|arg| self.measures.tells(&arg.value));
        self.vouched += u32::from(told);
        let outer_rounds = std::mem::take(&mut self.rounds);
        let outer_frame = std::mem::replace(&mut self.frame, frame.clone());
        let outer_salt = std::mem::replace(&mut self.salt, salt);
        self.stack.push(unit);
        let views = std::mem::take(&mut memory.views);
        let known = memory.objects.clone();
        let before = memory.clone();
        self.block(&function.body, memory);
        self.arrivals(memory);
        if !memory.ended {
            merge(&mut self.exits, memory.clone());
        }
        *memory = self.exits.take().unwrap_or_else(Memory::unreached);
        memory.views = views.clone();
        self.stack.pop();
        self.vouched -= u32::from(told);
        (self.rounds, self.frame, self.salt) = (outer_rounds, outer_frame, outer_salt);
        let (place, code, names, text, labels, gotos, (exits, outer_ways), jumps) = outer;
        let ways = std::mem::replace(&mut self.ways, outer_ways).parts();
        ((self.unit, self.module), (self.function, self.macros)) = (place, code);
        ((self.hints, self.arrays), self.text, self.labels) = (names, text, labels);
        (self.gotos, self.exits, (self.breaks, self.continues)) = (gotos, exits, jumps);
        let pointer = self.given(&frame, &known, span, memory);
        settle(&before, &pointer, memory);
        if let Some(mut parts) = ways {
            parts.iter_mut().for_each(|(_, state)| state.views = views.clone());
            self.left_by(parts, (&frame, &known, &before), span, memory);
        }
        Some(pointer)
    }

    /// The states at the ways out, as the caller sees them.
    fn left_by(
        &mut self,
        mut parts: Vec<(Range, Memory)>,
        (frame, known, before): (&str, &Shared<Objects>, &Memory),
        span: Span,
        memory: &Memory,
    ) {
        for (_, state) in &mut parts {
            let pointer = self.given(frame, known, span, state);
            settle(before, &pointer, state);
            // What was made and freed on this way is not what another way has under the same number.
            let gone = |id: &u32, object: &Object| object.state == FREED && !known.contains_key(id);
            if state.objects.iter().any(|(id, object)| gone(id, object)) {
                state.objects.retain(|id, object| !gone(id, object));
            }
        }
        self.split(span, parts, memory);
    }

    /// Parameters start as their arguments; gives their types.
    fn bound(
        &mut self,
        function: &Function,
        frame: &str,
        args: &'a [Arg],
        pointers: &[Pointer],
        memory: &mut Memory,
    ) -> HashMap<String, Text> {
        self.clear(frame, memory);
        let mut hints = HashMap::new();
        for (at, param) in function.params.iter().enumerate() {
            let Some(hint) = &param.hint else { continue };
            hints.insert(param.name.to_string(), hint.clone());
            let key = text(&[frame, &param.name]);
            let Some(arg) = args.get(at) else {
                memory.pointers.insert(key, Pointer::unknown());
                continue;
            };
            self.bind(&key, hint, &arg.value, &pointers[at], memory);
        }
        hints
    }

    /// Whether the function is short, takes what it is given, and can be walked.
    fn small(&self, unit: u32, args: &[Arg]) -> bool {
        let function = self.scene.function(unit);
        let at = &self.scene.graph.units[unit as usize];
        let language = self.scene.forest.modules[at.module].language;
        function.span.last - function.span.line <= LINES
            && function.params.len() >= args.len()
            && matches!(language, "c" | "cpp")
            && !function.body.is_empty()
            && !takes_any_number(self.scene.text(unit, function.span))
    }

    /// A parameter starts as its argument.
    fn bind(
        &mut self,
        key: &Text,
        hint: &str,
        arg: &'a crate::syntax::form::Expr,
        pointer: &Pointer,
        memory: &mut Memory,
    ) {
        let from = self.key(arg, memory);
        self.references.remove(key);
        if hint.ends_with('&') {
            if let Some(from) = from {
                self.references.insert(key.clone(), from);
            }
            return;
        }
        if self.program.shape(hint).is_some()
            && let Some(from) = &from
        {
            memory.copy_below(from, key);
        }
        let range = self.range(arg, memory);
        if range != Range::ANY {
            memory.numbers.insert(key.clone(), range);
        }
        if let Some(origin) = self.origin(arg, memory) {
            memory.outside.insert(key.clone(), origin);
        }
        memory.pointers.insert(key.clone(), pointer.clone());
    }

    /// Whether the call tells the function anything that its own walk does not know, or may tell the caller something.
    fn telling(&self, gives: bool, params: usize, args: &[Arg], pointers: &[Pointer], memory: &Memory) -> bool {
        let known = |pointer: &Pointer| {
            pointer
                .objects
                .iter()
                .any(|id| *id < PARAMS || memory.objects.get(id).is_some_and(|object| object.outside.is_some()))
                || (pointer.null && !pointer.other)
                || pointer.unset
        };
        let globals = |map: &Sorted<Text, Pointer>| !map.starting("::").is_empty();
        (params == 0 && globals(&memory.pointers))
            || gives
            || pointers.iter().any(known)
            || args.iter().any(|arg| {
                self.origin(&arg.value, memory).is_some() || self.range(&arg.value, memory).exact().is_some()
            })
    }

    /// What the function gave, with its own variables gone.
    fn given(&mut self, frame: &str, known: &Shared<Objects>, span: Span, memory: &mut Memory) -> Pointer {
        let name = text(&[frame, "<return>"]);
        let to = text(&[&self.frame, "()", &span.start.to_string()]);
        memory.forget(&to);
        let pointer = memory.pointers.get(&name).cloned().unwrap_or_else(Pointer::unknown);
        if let Some(range) = memory.numbers.get(&name).copied() {
            memory.numbers.insert(to.clone(), range);
        }
        if let Some(origin) = memory.outside.get(&name).copied() {
            memory.outside.insert(to.clone(), origin);
        }
        memory.copy_below(&name, &to);
        self.clear(frame, memory);
        // What the function made and gives away was made by this call, for those who read the caller.
        let unit = self.unit;
        for id in pointer.objects.iter().filter(|id| !known.contains_key(id)) {
            if let Some(object) = memory.objects.get_mut(id).filter(|object| object.state & LIVE != 0) {
                object.made = (unit, span);
            }
        }
        pointer
    }

    fn clear(&mut self, frame: &str, memory: &mut Memory) {
        memory.pointers.clear(frame);
        memory.numbers.clear(frame);
        memory.outside.clear(frame);
        if memory.objects.values().any(|object| object.place.starts_with(frame)) {
            memory.objects.retain(|_, object| !object.place.starts_with(frame));
        }
        self.references.retain(|name, _| !name.starts_with(frame));
    }

    /// What a return statement gives, kept for the caller.
    pub fn give(&mut self, value: &'a crate::syntax::form::Expr, pointer: Pointer, memory: &mut Memory) {
        let name = text(&[&self.frame, "<return>"]);
        memory.forget(&name);
        if let Some(from) = self
            .key(value, memory)
            .filter(|from| memory.pointers.below(from).next().is_some())
        {
            memory.copy_below(&from, &name);
        }
        let range = self.range(value, memory);
        if range != Range::ANY {
            memory.numbers.insert(name.clone(), range);
        }
        if let Some(origin) = self.origin(value, memory) {
            memory.outside.insert(name.clone(), origin);
        }
        memory.pointers.insert(name, pointer);
    }
}

/// Whether a function takes arguments beyond those that it names.
fn takes_any_number(text: &str) -> bool {
    text.split('{').next().is_some_and(|head| head.contains("..."))
}

/// What a function did on some of its ways out goes with what it says of its success, which is not followed: what it
/// may have freed or set is taken for what the caller goes on with.
fn settle(before: &Memory, given: &Pointer, memory: &mut Memory) {
    let half = |id: &u32, object: &Object| {
        let was = before.objects.get(id).map_or(0, |object| object.state);
        let freed = object.state & FREED != 0 && object.state & LIVE != 0 && was & FREED == 0;
        let null = object.state & MAYBE_NULL != 0 && was == 0 && !given.objects.contains(id);
        freed || null
    };
    let halves: Vec<u32> = memory
        .objects
        .iter()
        .filter(|(id, object)| half(id, object))
        .map(|(id, _)| *id)
        .collect();
    for id in halves {
        if let Some(object) = memory.objects.get_mut(&id) {
            object.escaped |= object.state & FREED != 0;
            object.state = LIVE;
        }
    }
    let set = |pointer: &Pointer| pointer.unset && (pointer.other || pointer.null || !pointer.objects.is_empty());
    let names: Vec<Text> = memory
        .pointers
        .iter()
        .filter(|(_, pointer)| set(pointer))
        .map(|(name, _)| name.clone())
        .collect();
    for name in names {
        if let Some(pointer) = memory.pointers.get_mut(&name) {
            pointer.unset = before.pointers.get(&name).is_some_and(&set);
        }
    }
}
