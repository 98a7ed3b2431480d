//! Calls: the C library by table, functions of the project by their effects, everything else keeps what it gets.
//!
//! In: a call and the state before it. Out: the pointer it gives. Start at [`Walk::call`].

use crate::syntax::form::{Arg, Expr, ExprKind, Span};

use super::Kind;
use super::check::called;
use super::library::{self, Maker};
use super::memory::{FREED, Home, LIVE, MAYBE_NULL, Memory, Object, Pointer, Range};
use super::touch::Use;
use super::walk::{Effects, PARAMS, Walk};

impl<'a> Walk<'a> {
    pub fn call(
        &mut self,
        expr: &'a Expr,
        callee: &'a Expr,
        args: &'a [Arg],
        new: bool,
        memory: &mut Memory,
    ) -> Pointer {
        let name = self.meaning(called(callee));
        if let ExprKind::Field(base, _) = &callee.kind {
            self.value(base, memory);
        }
        if name == "sizeof" {
            return Pointer::unknown();
        }
        if let Some(position) = library::frees(&name) {
            for (at, arg) in args.iter().enumerate() {
                if at == position {
                    self.release(&arg.value, &name, expr.span, memory)
                } else {
                    drop(self.value(&arg.value, memory))
                }
            }
            return Pointer::unknown();
        }
        // A macro, or a function that takes references, may set what it is given.
        let targets = self.targets(expr.span);
        let macro_like = targets.is_empty() && !library::borrows(&name) && library::copy(&name).is_none();
        if macro_like || self.cpp {
            self.maybe_set(args.iter().map(|arg| &arg.value), memory);
        }
        let pointers = self.arguments(args, memory);
        if new {
            return self.constructed(expr, args, &pointers, memory);
        }
        if let (true, Some(arg)) = (matches!(name.as_str(), "assert" | "ASSERT" | "g_assert"), args.first()) {
            self.refine(&arg.value, true, memory);
            return Pointer::unknown();
        }
        if library::never_returns(&name) {
            memory.ended = true;
            return Pointer::unknown();
        }
        self.path_use(&name, args, expr.span, memory);
        if let Some(maker) = library::maker(&name) {
            return self.made(&name, &maker, args, &pointers, expr.span, memory);
        }
        self.needs(&name, args, &pointers, expr.span, memory);
        if let Some(copy) = library::copy(&name) {
            self.copied(&name, &copy, args, &pointers, expr.span, memory);
            return pointers.get(copy.to).cloned().unwrap_or_else(Pointer::unknown);
        }
        if let Some(to) = library::unbounded(&name) {
            self.formatted(&name, to, args, &pointers, expr.span, memory);
        }
        if name.ends_with("scanf") {
            self.scanned(&name, args, &pointers, expr.span, memory);
        }
        if targets.is_empty() {
            let keeps = !library::borrows(&name);
            for pointer in &pointers {
                self.looked_at(pointer);
                self.used(pointer, args, &pointers, expr.span, memory);
                if keeps {
                    self.escape(pointer, memory);
                }
            }
            return Pointer::unknown();
        }
        let mut result: Option<Pointer> = None;
        for target in &targets {
            let effects = &self.known[*target as usize];
            let given = self.applied(&name, effects, args, &pointers, expr.span, memory);
            result = Some(given);
        }
        result.filter(|_| targets.len() == 1).unwrap_or_else(Pointer::unknown)
    }

    /// A new object.
    fn made(
        &mut self,
        name: &str,
        maker: &Maker,
        args: &[Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) -> Pointer {
        let size = self.product(maker.size, args, memory);
        if let (Some(old), "realloc") = (pointers.first(), name) {
            memory.each(old, &mut |object, _| object.escaped = true);
        }
        let text = match args.first() {
            _ if name == "calloc" => Some(Range::exactly(0)),
            Some(from) if name.ends_with("dup") => self.text_of(&from.value, memory),
            _ => None,
        };
        let state = if maker.fails { LIVE | MAYBE_NULL } else { LIVE };
        let object = self.object(maker.home, state, size, span, name);
        let id = span.start & 0x7FFF_FFFF;
        memory.objects.insert(id, Object { text, ..object });
        Pointer::to(id)
    }

    /// The function that a macro of one name stands for.
    fn meaning(&self, name: String) -> String {
        match self
            .macros
            .get(name.as_str())
            .and_then(|all| all.last())
            .map(|meaning| &meaning.kind)
        {
            Some(ExprKind::Name(meaning)) => meaning.to_string(),
            _ => name,
        }
    }

    /// Passing a freed pointer on is a use of it.
    fn used(&mut self, pointer: &Pointer, args: &[Arg], all: &[Pointer], span: Span, memory: &mut Memory) {
        let freed = pointer
            .objects
            .iter()
            .any(|id| memory.objects.get(id).is_some_and(|object| object.state & FREED != 0));
        if freed {
            let at = all.iter().position(|other| std::ptr::eq(other, pointer)).unwrap_or(0);
            self.usable(&args[at].value, pointer, span, memory);
        }
    }

    fn constructed(&mut self, expr: &Expr, args: &'a [Arg], pointers: &[Pointer], memory: &mut Memory) -> Pointer {
        for pointer in pointers {
            self.escape(pointer, memory);
        }
        let text = self.scene.text(self.unit, expr.span);
        if !text.starts_with("new") {
            return Pointer::unknown();
        }
        let array = text
            .find('[')
            .is_some_and(|open| text.find('(').is_none_or(|paren| open < paren));
        let ExprKind::Call { callee, .. } = &expr.kind else {
            return Pointer::unknown();
        };
        let each = self.bytes(&called(callee));
        let size = match (array, args.first()) {
            (true, Some(count)) => self
                .range(&count.value, memory)
                .exact()
                .zip(each)
                .and_then(|(count, each)| count.checked_mul(each)),
            _ => each,
        };
        let id = expr.span.start & 0x7FFF_FFFF;
        memory.objects.insert(
            id,
            self.object(Home::Heap, LIVE, size, expr.span, if array { "new[]" } else { "new" }),
        );
        Pointer::to(id)
    }

    fn product(&self, positions: &[usize], args: &[Arg], memory: &Memory) -> Option<i64> {
        if positions.is_empty() {
            return None;
        }
        positions.iter().try_fold(1i64, |product, &at| {
            let factor = self
                .range(&args.get(at)?.value, memory)
                .exact()
                .filter(|factor| *factor >= 0)?;
            product.checked_mul(factor)
        })
    }

    fn path_use(&mut self, name: &str, args: &[Arg], span: Span, memory: &mut Memory) {
        let Some(path) = args.first().map(|arg| self.words(&arg.value)) else {
            return;
        };
        if library::tests_path(name) {
            memory.tested.insert(path, span);
        } else if library::uses_path(name)
            && let Some(tested) = memory.tested.get(&path).copied()
        {
            let what = format!("{path} was tested earlier and may be another file by the time of {name}");
            self.report(
                "toctou",
                Kind::Other,
                span,
                Some((self.unit, tested, "tested here")),
                what,
                60,
            );
        }
    }

    fn needs(&mut self, name: &str, args: &'a [Arg], pointers: &[Pointer], span: Span, memory: &mut Memory) {
        for (at, pointer) in pointers.iter().enumerate() {
            if library::needs_object(name, at) {
                self.usable(&args[at].value, pointer, span, memory);
            }
        }
    }

    /// A function of the project, by what is known of its effects.
    fn applied(
        &mut self,
        name: &str,
        effects: &'a Effects,
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) -> Pointer {
        for (at, pointer) in pointers.iter().enumerate() {
            if effects.derefs.contains(&at) {
                self.usable(&args[at].value, pointer, span, memory);
            } else if !effects.known || effects.uses.contains(&at) {
                self.looked_at(pointer);
                self.used(pointer, args, pointers, span, memory);
            }
            for demand in effects.demands.iter().filter(|demand| demand.param == at) {
                let Some(offset) = pointer.offset else { continue };
                let range = offset.plus(Range {
                    low: demand.from,
                    high: demand.to,
                });
                let before = self.found.len();
                let using = Use {
                    base: &args[at].value,
                    pointer,
                    write: demand.write,
                    span: demand.span,
                };
                self.extent(&using, range, "index-unchecked", memory);
                for mistake in &mut self.found[before..] {
                    // The mistake stands in the callee; the caller is where the buffer comes from.
                    mistake.unit = demand.unit;
                }
            }
            if let Some(by) = effects.frees.get(&at) {
                self.release(&args[at].value, by, span, memory);
            } else if effects.keeps.contains(&at) || !effects.known {
                self.escape(pointer, memory);
            }
        }
        let Some((template, objects)) = &effects.returns else {
            return Pointer::unknown();
        };
        let mut pointer = Pointer {
            objects: Default::default(),
            ..template.clone()
        };
        for (id, object) in objects {
            if object.home == Home::Literal || object.home == Home::Stack {
                pointer.other = true;
                continue;
            }
            // One object per call, so that two calls do not share what they made.
            let own = (id ^ span.start.rotate_left(7)) & 0x7FFF_FFFF;
            memory.objects.insert(
                own,
                Object {
                    escaped: false,
                    made: span,
                    by: name.into(),
                    ..object.clone()
                },
            );
            pointer.objects.insert(own);
        }
        for id in template.objects.iter().filter(|id| **id >= PARAMS) {
            match pointers.get((id - PARAMS) as usize) {
                Some(given) => pointer.objects.extend(&given.objects),
                None => pointer.other = true,
            }
        }
        if pointer.objects.is_empty() && !pointer.null {
            pointer.other = true;
        }
        pointer
    }
}
