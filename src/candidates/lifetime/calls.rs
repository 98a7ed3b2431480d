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
        match &callee.kind {
            ExprKind::Field(base, _) => self.method_of(base, callee, expr.span, memory),
            // `table[i](…)`
            ExprKind::Index(..) | ExprKind::Deref(_) | ExprKind::Opaque(_) => drop(self.value(callee, memory)),
            _ => {}
        }
        if name == "sizeof" {
            return Pointer::unknown();
        }
        if let Some(position) = library::frees(&name) {
            self.freeing(&name, position, args, expr.span, memory);
            return Pointer::unknown();
        }
        // A macro, or a function that takes references, may set what it is given.
        let targets = self.targets(expr.span);
        let macro_like = targets.is_empty() && !library::borrows(&name) && library::copy(&name).is_none();
        if macro_like || self.cpp {
            self.maybe_set(args.iter().map(|arg| &arg.value), memory);
        }
        self.ends_set(&name, args, memory);
        let pointers = self.arguments(args, memory);
        self.noted(&name, callee, args, expr.span, memory);
        self.owned(callee, args, &pointers, expr.span, memory);
        if new {
            return self.constructed(expr, args, &pointers, memory);
        }
        if self.stops(&name, args, targets.is_empty(), expr.span, memory) {
            return Pointer::unknown();
        }
        self.asked_of(&name, args, &pointers, expr.span, memory);
        // In a loop each round would make the same place again; only what is searched once is followed.
        let searches = library::searches(&name) && !self.rounds.is_empty();
        if let Some(maker) = library::maker(&name).filter(|_| !searches) {
            self.needs(&name, args, &pointers, expr.span, memory);
            return self.made(&name, &maker, args, &pointers, expr.span, memory);
        }
        let filled = library::fills_from_outside(&name)
            .and_then(|at| pointers.get(at))
            .cloned();
        self.needs(&name, args, &pointers, expr.span, memory);
        self.format(&name, args, &pointers, expr.span, memory);
        if let Some(copy) = library::copy(&name) {
            self.copied(&name, &copy, args, &pointers, expr.span, memory);
            if let Some(filled) = filled {
                self.set_outside(&filled, expr.span, memory);
            }
            return pointers.get(copy.to).cloned().unwrap_or_else(Pointer::unknown);
        }
        if let Some(to) = library::unbounded(&name) {
            self.formatted(&name, to, args, &pointers, expr.span, memory);
        }
        if name.ends_with("scanf") {
            self.scanned(&name, args, &pointers, expr.span, memory);
        }
        if targets.is_empty() {
            self.foreign_call(&name, args, &pointers, macro_like, expr.span, memory);
            if let Some(filled) = filled {
                self.set_outside(&filled, expr.span, memory);
            }
            return Pointer::unknown();
        }
        if matches!(callee.kind, ExprKind::Field(..)) {
            // Which method runs depends on the object, so any of them may keep what it is given.
            pointers.iter().for_each(|pointer| self.hand_over(pointer, memory));
        }
        self.own_call(&targets, args, &pointers, expr.span, memory)
    }

    /// `p->run()`: there must be something behind `p`.
    fn method_of(&mut self, base: &'a Expr, callee: &Expr, span: Span, memory: &mut Memory) {
        let pointer = self.value(base, memory);
        if self.cpp && self.points(base, callee) {
            self.usable(base, &pointer, span, memory);
        }
    }

    /// What a function of the library asks of its arguments.
    fn asked_of(&mut self, name: &str, args: &'a [Arg], pointers: &[Pointer], span: Span, memory: &mut Memory) {
        for &at in library::amounts(name) {
            if let Some(arg) = args.get(at) {
                self.amount(name, &arg.value, false, span, memory);
            }
        }
        self.path_use(name, args, span, memory);
        if let (true, Some(arg), Some(from)) = (library::reads_first(name), args.first(), pointers.first()) {
            self.endless(&arg.value, from, span, memory);
        }
        self.shown_texts(name, args, pointers, span, memory);
        self.sent(name, args, span, memory);
    }

    /// What a call by this name tells besides its result: lengths, locks, containers, owners.
    fn noted(&mut self, name: &str, callee: &'a Expr, args: &'a [Arg], span: Span, memory: &mut Memory) {
        if !library::borrows(name) {
            args.iter().for_each(|arg| self.told(&arg.value, memory));
        }
        self.concurrent(name, args, span, memory);
        self.gives_up(name, args, span, memory);
        self.container_changed(callee, span, memory);
        self.moved_from(name, args, memory);
    }

    /// Whether the call is an assertion, or never returns.
    fn stops(&mut self, name: &str, args: &'a [Arg], foreign: bool, span: Span, memory: &mut Memory) -> bool {
        if let (true, Some(arg)) = (library::asserts(name), args.first()) {
            self.asserted(&arg.value, span, memory);
            self.refine(&arg.value, true, memory);
            return true;
        }
        let ends = library::never_returns(name) || (foreign && self.ends(name));
        memory.ended |= ends;
        ends
    }

    /// `strtol(text, &end, 10)` stores where the number ends.
    fn ends_set(&self, name: &str, args: &[Arg], memory: &mut Memory) {
        if library::stores_end(name)
            && let Some(ExprKind::Address(end)) = args.get(1).map(|arg| &arg.value.kind)
        {
            self.maybe_set(std::iter::once(&**end), memory);
        }
    }

    /// `free(p)`, `fclose(f)`
    fn freeing(&mut self, name: &str, position: usize, args: &'a [Arg], span: Span, memory: &mut Memory) {
        for (at, arg) in args.iter().enumerate() {
            if at == position {
                if library::needs_object(name, at) {
                    let pointer = self.value(&arg.value, memory);
                    let freed = |id: &u32| memory.objects.get(id).is_some_and(|object| object.state & FREED != 0);
                    if !pointer.objects.iter().any(freed) {
                        self.usable(&arg.value, &pointer, span, memory);
                    }
                }
                self.release(&arg.value, name, span, memory)
            } else {
                drop(self.value(&arg.value, memory))
            }
        }
    }

    /// A call of functions of this project.
    fn own_call(
        &mut self,
        targets: &[u32],
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) -> Pointer {
        for target in targets {
            let effects = self.effects_of(*target);
            for (at, pointer) in pointers.iter().enumerate().filter(|(at, _)| *at < args.len()) {
                if effects.derefs.contains(&at) {
                    self.usable(&args[at].value, pointer, span, memory);
                } else if !effects.known || effects.uses.contains(&at) {
                    self.used(pointer, args, pointers, span, memory);
                }
            }
        }
        for target in targets {
            for &at in &self.effects_of(*target).amounts {
                let unsigned = self
                    .scene
                    .function(*target)
                    .params
                    .get(at)
                    .and_then(|param| param.hint.as_deref());
                let unsigned = unsigned.is_some_and(|hint| hint.contains("size_t") || hint.contains("unsigned"));
                if let (true, Some(arg)) = (unsigned, args.get(at)) {
                    let name = self.scene.function(*target).name.clone();
                    self.amount(&name, &arg.value, false, span, memory);
                }
            }
            self.demanded(self.effects_of(*target), args, pointers, span, memory);
        }
        if let [target] = *targets
            && let Some(pointer) = self.entered(target, args, pointers, span, memory)
        {
            return pointer;
        }
        let here = |unit: &u32| self.scene.graph.units[*unit as usize].module == self.module;
        self.havoc_globals(targets.iter().any(here), memory);
        let mut result: Option<Pointer> = None;
        for target in targets {
            let effects = self.effects_of(*target);
            let given = self.applied(effects, args, pointers, span, memory);
            result = Some(given);
        }
        result.filter(|_| targets.len() == 1).unwrap_or_else(Pointer::unknown)
    }

    /// A format that is neither written in the program nor copied from what is.
    fn format(&mut self, name: &str, args: &'a [Arg], pointers: &[Pointer], span: Span, memory: &Memory) {
        let Some(at) = library::format(name).filter(|at| at + 1 == args.len()) else {
            return;
        };
        let format = &args[at].value;
        let fixed = |pointer: &Pointer| {
            let own = |id: &u32| {
                memory
                    .objects
                    .get(id)
                    .is_some_and(|object| object.text.is_some() && object.outside.is_none())
            };
            !pointer.objects.is_empty() && pointer.objects.iter().all(own)
        };
        let given = pointers[at].objects.iter().any(|id| *id >= PARAMS) || pointers[at].objects.is_empty();
        let written = matches!(
            super::check::strip(format).kind,
            ExprKind::Literal(_) | ExprKind::Call { .. } | ExprKind::Choice(..)
        );
        let plain =
            matches!(&super::check::strip(format).kind, ExprKind::Name(name) if !self.macros.contains_key(name));
        if !written && plain && !fixed(&pointers[at]) && (!given || self.open()) {
            let what = format!("{} is the format of {name} and may hold directives", self.words(format));
            self.report("format-unknown", Kind::Other, span, None, what, 40);
        }
    }

    /// A function or macro that this project does not have.
    fn foreign_call(
        &mut self,
        name: &str,
        args: &'a [Arg],
        pointers: &[Pointer],
        macro_like: bool,
        span: Span,
        memory: &mut Memory,
    ) {
        let keeps = !library::borrows(name);
        if name.ends_with("scanf") {
            // Seen to where the format says what is stored.
        } else if library::reads_texts(name) {
            for (arg, pointer) in args.iter().zip(pointers) {
                self.reads_text(&arg.value, pointer, span, memory);
            }
        }
        for pointer in pointers {
            self.looked_at(pointer);
            self.used(pointer, args, pointers, span, memory);
            if keeps {
                self.hand_over(pointer, memory);
            } else if library::stores(name)
                .is_some_and(|at| pointers.get(at).is_some_and(|own| std::ptr::eq(own, pointer)))
            {
                self.maybe_changed(pointer, memory);
            }
            if macro_like && library::checks(name) {
                memory.each(pointer, &mut |object, _| object.state &= !MAYBE_NULL);
            }
        }
        if keeps {
            self.havoc_globals(false, memory);
        }
    }

    /// Whether a macro does nothing but end the program.
    fn ends(&self, name: &str) -> bool {
        self.program.macros.get(name).is_some_and(|body| {
            let ends = ["abort(", "exit(", "__builtin_unreachable(", "_exit("]
                .iter()
                .any(|end| body.contains(end));
            ends && !["if", "?", "&&", "||", "while", "for"]
                .iter()
                .any(|word| body.contains(word))
        })
    }

    /// An assertion that an outsider can make fail stops the program.
    fn asserted(&mut self, cond: &'a Expr, span: Span, memory: &mut Memory) {
        let ExprKind::Binary(op, left, right) = &super::check::strip(cond).kind else {
            return;
        };
        if !matches!(&**op, "<" | ">" | "<=" | ">=" | "==" | "!=") {
            return;
        }
        let decided = self.decide(cond, memory);
        let origin = self.origin(left, memory).or_else(|| self.origin(right, memory));
        let field = |side: &Expr| matches!(super::check::strip(side).kind, ExprKind::Field(..));
        if (decided == Some(false) && !field(left)) || (origin.is_some() && decided.is_none()) {
            let began = origin.map(|(unit, span)| (unit, span, "comes from outside"));
            let what = format!("{} can fail here and stop the program", self.words(cond));
            self.report("reachable-assert", Kind::Other, span, began, what, 40);
        }
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
        for &at in maker.size {
            if let Some(arg) = args.get(at) {
                self.amount(name, &arg.value, true, span, memory);
            }
        }
        let text = match args.first() {
            _ if name == "calloc" => Some(Range::exactly(0)),
            Some(from) if name.ends_with("dup") => self.text_of(&from.value, memory),
            _ => None,
        };
        let state = if maker.fails { LIVE | MAYBE_NULL } else { LIVE };
        let blank = matches!(
            name,
            "malloc" | "alloca" | "_alloca" | "ALLOCA" | "kmalloc" | "aligned_alloc"
        );
        let outside = library::outside_text(name).then_some((self.unit, span));
        let object = Object {
            text,
            filled: blank.then_some(0),
            outside,
            ..self.object(maker.home, state, size, span, name)
        };
        let from = args.first().filter(|_| name.ends_with("dup"));
        let from = from.and_then(|arg| self.text_origin(&arg.value, memory));
        let searched = args
            .first()
            .filter(|_| name.starts_with("str") && maker.home == Home::Static);
        let searched = searched.and_then(|arg| self.text_origin(&arg.value, memory));
        let outside = object.outside.or(from).or(searched);
        let pointer = self.keep(span, Object { outside, ..object }, memory);
        if let (None, Some(id)) = (size, pointer.objects.first()) {
            self.sized(*id, maker.size, args, memory);
        }
        pointer
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

    /// A function may have stored through the pointer.
    fn maybe_changed(&mut self, pointer: &Pointer, memory: &mut Memory) {
        let escaped: Vec<(u32, bool)> = pointer
            .objects
            .iter()
            .filter_map(|id| memory.objects.get(id).map(|object| (*id, object.escaped)))
            .collect();
        self.hand_over(pointer, memory);
        for (id, before) in escaped {
            if let Some(object) = memory.objects.get_mut(&id) {
                object.escaped = before;
            }
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

    fn product(&self, positions: &[usize], args: &[Arg], memory: &Memory) -> Option<i128> {
        if positions.is_empty() {
            return None;
        }
        positions.iter().try_fold(1i128, |product, &at| {
            let factor = self
                .range(&args.get(at)?.value, memory)
                .exact()
                .filter(|factor| *factor >= 0)?;
            product.checked_mul(factor)
        })
    }

    fn path_use(&mut self, name: &str, args: &[Arg], span: Span, memory: &mut Memory) {
        if !library::tests_path(name) && (memory.tested.is_empty() || !library::uses_path(name)) {
            return;
        }
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
        effects: &'a Effects,
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) -> Pointer {
        let gone = self.parts_released(effects, args, pointers, span, memory);
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
            if effects.loosens.contains(&at) && !effects.frees.contains_key(&at) {
                self.escape(pointer, memory);
            }
            if let Some(by) = effects.frees.get(&at) {
                self.release(&args[at].value, by, span, memory);
            } else if effects.keeps.contains(&at) || !effects.known {
                self.hand_over(pointer, memory);
            } else {
                self.maybe_changed(pointer, memory);
            }
        }
        for (key, pointer) in gone {
            memory.pointers.insert(key, pointer);
        }
        self.perhaps_released(effects, args, pointers, span, memory);
        self.moves_parts(effects, args, pointers, span, memory);
        self.returned(effects, pointers, span, memory)
    }

    /// What a function gives that was not walked again: what it made, or what it was given.
    fn returned(&mut self, effects: &Effects, pointers: &[Pointer], span: Span, memory: &mut Memory) -> Pointer {
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
            let own = (id ^ self.made_at(span).rotate_left(7)) & 0x7FFF_FFFF;
            memory.objects.insert(
                own,
                Object {
                    made: (self.unit, span),
                    place: format!("#{own:x}").into(),
                    ..object.clone()
                },
            );
            pointer.objects.insert(own);
        }
        for id in template.objects.iter().filter(|id| **id >= PARAMS) {
            match pointers.get((id - PARAMS) as usize) {
                Some(given) => pointer.objects.extend(given.objects.iter().copied()),
                None => pointer.other = true,
            }
        }
        if pointer.objects.is_empty() && !pointer.null {
            pointer.other = true;
        }
        pointer
    }
}
