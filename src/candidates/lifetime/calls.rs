//! Calls: the C library by table, functions of the project by their effects, everything else keeps what it gets.
//!
//! In: a call and the state before it. Out: the pointer it gives. Start at [`Walk::call`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span};

use super::Kind;
use super::check::{called, strip};
use super::library::{self, Copy};
use super::memory::{FREED, Home, LIVE, MAYBE_NULL, Memory, Object, Pointer, Range};
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
            let size = self.product(maker.size, args, memory);
            if name == "realloc"
                && let Some(old) = pointers.first()
            {
                memory.each(old, &mut |object, _| object.escaped = true);
            }
            let state = if maker.fails { LIVE | MAYBE_NULL } else { LIVE };
            let made = self.object(maker.home, state, size, expr.span, &name);
            let text = if name == "calloc" {
                Some(Range::exactly(0))
            } else {
                pointers
                    .first()
                    .filter(|_| name.ends_with("dup"))
                    .and_then(|_| self.text_of(&args[0].value, memory))
            };
            let id = expr.span.start & 0x7FFF_FFFF;
            memory.objects.insert(id, Object { text, ..made });
            return Pointer::to(id);
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
        let targets = self.targets(expr.span);
        if targets.is_empty() {
            if !library::borrows(&name) {
                for pointer in &pointers {
                    self.used(pointer, args, &pointers, expr.span, memory);
                    self.escape(pointer, memory);
                }
            } else {
                for pointer in &pointers {
                    self.used(pointer, args, &pointers, expr.span, memory);
                }
            }
            return Pointer::unknown();
        }
        let mut result: Option<Pointer> = None;
        for target in &targets {
            let effects = &self.known[*target as usize];
            let given = self.applied(effects, args, &pointers, expr.span, memory);
            result = Some(given);
        }
        result.filter(|_| targets.len() == 1).unwrap_or_else(Pointer::unknown)
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
            .any(|id| memory.objects.get(id).is_some_and(|object| object.state == FREED));
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

    /// What `pointer` leaves after its offset, where known for every object it may point to.
    fn room(&self, pointer: &Pointer, memory: &Memory) -> Option<i64> {
        if pointer.objects.is_empty() {
            return None;
        }
        let offset = pointer.offset.filter(|offset| offset.low != i64::MIN)?.low;
        let mut least = i64::MAX;
        for id in &pointer.objects {
            least = least.min(memory.objects.get(id)?.size? - offset);
        }
        Some(least)
    }

    fn copied(
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
        let source = copy.from.and_then(|at| Some((&args.get(at)?.value, pointers.get(at)?)));
        let text = source.and_then(|(expr, _)| self.text_of(expr, memory));
        let before = if copy.appends {
            self.text_of(&to_arg.value, memory)
        } else {
            Some(Range::exactly(0))
        };
        let bounded = copy
            .count
            .and_then(|at| args.get(at))
            .map(|arg| self.range(&arg.value, memory));
        let unit = Range::exactly(copy.unit);
        let offset = to.offset.unwrap_or(Range::ANY);
        match bounded {
            Some(count) if !copy.appends => {
                // A text copy with a bound fills the rest with zeros, so the bound itself is what is written.
                let end = offset.plus(count.times(unit));
                self.extent(
                    &to_arg.value,
                    to,
                    Range {
                        low: offset.low,
                        high: end.high,
                    },
                    true,
                    "unbounded-copy",
                    span,
                    memory,
                );
                self.loose(name, to, &to_arg.value, count, span, memory);
                if let (Some((expr, from)), false) = (source, copy.text) {
                    let start = from.offset.unwrap_or(Range::ANY);
                    let end = start.plus(count.times(unit));
                    self.extent(
                        expr,
                        from,
                        Range {
                            low: start.low,
                            high: end.high,
                        },
                        false,
                        "index-unchecked",
                        span,
                        memory,
                    );
                }
            }
            _ => {
                let added = match (text, bounded) {
                    (Some(text), Some(count)) => Some(Range {
                        low: text.low.min(count.low),
                        high: text.high.min(count.high),
                    }),
                    (Some(text), None) => Some(text),
                    (None, Some(count)) => Some(Range {
                        low: 0,
                        high: count.high,
                    }),
                    (None, None) => None,
                };
                let whole = added
                    .zip(before)
                    .map(|(added, before)| added.plus(before).plus(Range::exactly(1)).times(unit));
                match whole {
                    Some(whole) if whole.high != i64::MAX => {
                        let end = offset.plus(whole);
                        self.extent(
                            &to_arg.value,
                            to,
                            Range {
                                low: offset.low,
                                high: end.high,
                            },
                            true,
                            "unbounded-copy",
                            span,
                            memory,
                        );
                    }
                    Some(whole)
                        if whole.low != i64::MIN && self.room(to, memory).is_some_and(|room| whole.low > room) =>
                    {
                        let end = offset.plus(Range::exactly(whole.low));
                        self.extent(
                            &to_arg.value,
                            to,
                            Range {
                                low: offset.low,
                                high: end.high,
                            },
                            true,
                            "unbounded-copy",
                            span,
                            memory,
                        );
                    }
                    _ => self.unknown_length(name, to, &to_arg.value, source, span, memory),
                }
            }
        }
        self.after_copy(copy, args, to, text, before, bounded, memory);
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
    fn loose(&mut self, name: &str, to: &Pointer, target: &Expr, count: Range, span: Span, memory: &Memory) {
        if count.high == i64::MAX && matches!(name, "memcpy" | "memmove" | "strncpy" | "bcopy" | "recv" | "read") {
            let Some(room) = self.room(to, memory) else { return };
            let kind = self.kind_of(to, memory);
            let what = format!(
                "{name} writes an unchecked number of bytes into {} of {room} bytes",
                self.words(target)
            );
            self.report("unbounded-copy", kind, span, None, what, 30);
        }
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

    #[allow(clippy::too_many_arguments)]
    fn after_copy(
        &self,
        copy: &Copy,
        args: &[Arg],
        to: &Pointer,
        text: Option<Range>,
        before: Option<Range>,
        bounded: Option<Range>,
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
                    high: i64::MAX,
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
    fn formatted(
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
        let known: Option<i64> = args
            .iter()
            .skip(to + 2)
            .map(|arg| self.text_of(&arg.value, memory).map(|text| text.high))
            .sum();
        let fits = known.is_some_and(|known| {
            known != i64::MAX
                && room.is_some_and(|room| known + format.as_ref().map_or(0, |text| text.len() as i64) <= room)
        });
        if endless || (texts && !fits && room.is_some()) {
            let kind = self.kind_of(pointer, memory);
            let what = format!(
                "{name} writes as much into {} as its input has",
                self.words(&target.value)
            );
            self.report("unbounded-copy", kind, span, None, what, if endless { 95 } else { 45 });
        }
        memory.each(pointer, &mut |object, _| object.text = None);
    }

    /// `scanf("%s", buffer)` without a width
    fn scanned(&mut self, name: &str, args: &'a [Arg], pointers: &[Pointer], span: Span, memory: &mut Memory) {
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
            position += 1;
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
        for (at, pointer) in pointers.iter().enumerate() {
            if effects.derefs.contains(&at) {
                self.usable(&args[at].value, pointer, span, memory);
            } else {
                self.used(pointer, args, pointers, span, memory);
            }
            for demand in effects.demands.iter().filter(|demand| demand.param == at) {
                let Some(offset) = pointer.offset else { continue };
                let range = offset.plus(Range {
                    low: demand.from,
                    high: demand.to,
                });
                let before = self.found.len();
                self.extent(
                    &args[at].value,
                    pointer,
                    range,
                    demand.write,
                    "index-unchecked",
                    demand.span,
                    memory,
                );
                for mistake in &mut self.found[before..] {
                    // The mistake stands in the callee; the caller is where the buffer comes from.
                    mistake.unit = demand.unit;
                }
            }
            if effects.frees.contains(&at) {
                self.release(&args[at].value, "free", span, memory);
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
