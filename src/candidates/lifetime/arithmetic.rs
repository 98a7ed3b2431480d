//! Arithmetic on numbers that outsiders choose: sums that leave their type, divisors that may be zero, sizes and loop
//! bounds that nobody looked at.
//!
//! In: an operator with its operands and the state. Out: mistakes. Numbers that the program chooses itself are only
//! reported where their values are known. Deliberately absent: bit operations and shifts.
//! Start at [`Walk::arithmetic`]; where numbers come from is in [`Walk::origin`].

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Literal, Span, Stmt, StmtKind};

use super::Kind;
use super::check::{called, strip};
use super::library;
use super::memory::{Memory, Place, Pointer, Range, pointee};
use super::walk::Walk;

/// Largest allocation that an outsider may ask for without being noticed.
pub const LARGE: i128 = 1 << 30;

/// A whole-number type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int {
    pub bits: u32,
    pub signed: bool,
}

impl Int {
    pub fn range(self) -> Range {
        if self.signed {
            Range {
                low: -(1 << (self.bits - 1)),
                high: (1 << (self.bits - 1)) - 1,
            }
        } else {
            Range {
                low: 0,
                high: (1 << self.bits) - 1,
            }
        }
    }

    fn promoted(self) -> Self {
        if self.bits < 32 { INT } else { self }
    }

    /// The type that an operator gives for two operands.
    fn with(self, other: Self) -> Self {
        let (a, b) = (self.promoted(), other.promoted());
        Self {
            bits: a.bits.max(b.bits),
            signed: if a.bits == b.bits {
                a.signed && b.signed
            } else if a.bits > b.bits {
                a.signed
            } else {
                b.signed
            },
        }
    }
}

const INT: Int = Int { bits: 32, signed: true };

/// The whole-number type that a type's name stands for.
pub fn int_of(hint: &str) -> Option<Int> {
    let words: Vec<&str> = hint
        .split_whitespace()
        .filter(|word| {
            !matches!(
                *word,
                "const" | "static" | "volatile" | "register" | "extern" | "signed"
            )
        })
        .collect();
    let int = |bits, signed| Some(Int { bits, signed });
    match words.join(" ").trim_end_matches('&') {
        "char" | "int8_t" | "CHAR" => int(8, true),
        "unsigned char" | "uint8_t" | "u8" | "byte" | "BYTE" => int(8, false),
        "short" | "short int" | "int16_t" => int(16, true),
        "unsigned short" | "unsigned short int" | "uint16_t" | "u16" | "WORD" => int(16, false),
        "int" | "int32_t" | "" => int(32, true),
        "unsigned" | "unsigned int" | "uint32_t" | "u32" | "DWORD" => int(32, false),
        "long" | "long int" | "long long" | "long long int" | "int64_t" | "ssize_t" | "off_t" | "ptrdiff_t"
        | "intptr_t" => int(64, true),
        "unsigned long" | "unsigned long int" | "unsigned long long" | "uint64_t" | "size_t" | "uintptr_t" | "u64" => {
            int(64, false)
        }
        _ => None,
    }
}

impl<'a> Walk<'a> {
    /// Whole-number type of an expression.
    pub fn int_type(&self, expr: &Expr) -> Option<Int> {
        match &expr.kind {
            ExprKind::Literal(Literal::Number(text)) => (!text.contains('.')).then(|| {
                let text = text.to_ascii_lowercase();
                if text.len() > 10 || text.ends_with('l') || text.ends_with("lu") {
                    Int { bits: 64, signed: true }
                } else {
                    INT
                }
            }),
            ExprKind::Literal(Literal::Bool(_)) => Some(INT),
            ExprKind::Literal(Literal::Str(_)) => {
                self.scene.text(self.unit, expr.span).starts_with('\'').then_some(INT)
            }
            ExprKind::Name(name) if self.type_of(expr).is_none() => library::limit(name)
                .map(|_| INT)
                .or_else(|| self.macros.contains_key(name).then_some(INT)),
            ExprKind::Unary(op, inner) if matches!(&**op, "-" | "+" | "~") => self.int_type(inner).map(Int::promoted),
            ExprKind::Unary(_, inner) => self.int_type(inner),
            ExprKind::Binary(op, left, right) => match &**op {
                "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" => Some(self.int_type(left)?.with(self.int_type(right)?)),
                "<<" | ">>" => self.int_type(left).map(Int::promoted),
                _ => Some(INT),
            },
            ExprKind::Choice(_, yes, no) => Some(self.int_type(yes)?.with(self.int_type(no)?)),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.int_type(&parts[0]),
            ExprKind::Call { callee, .. } => {
                let name = called(callee);
                library::number(&name).or_else(|| {
                    let targets = self.targets(expr.span);
                    let function = self.scene.function(*targets.first()?);
                    int_of(self.program.plain(function.returns.as_deref()?))
                })
            }
            _ => int_of(self.program.plain(&self.type_of(expr)?)),
        }
    }

    /// The index that is used; a counter that moves on after it was read has moved on by now.
    pub fn position(&self, key: &Expr, memory: &Memory) -> Range {
        match &strip(key).kind {
            ExprKind::Unary(op, inner) if op.contains("++") || op.contains("--") => {
                let range = self.range(inner, memory);
                let post = key.span.start == inner.span.start;
                let back = if op.contains("++") { -1 } else { 1 };
                range.plus(Range::exactly(if post { back } else { 0 }))
            }
            _ => self.range(key, memory),
        }
    }

    /// Where an outsider gets to choose the number, if one does.
    pub fn origin(&self, expr: &Expr, memory: &Memory) -> Option<Place> {
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Deref(_) | ExprKind::Index(..) => {
                let own = self.key(expr, memory).and_then(|key| memory.outside.get(&key).copied());
                own.or_else(|| match &expr.kind {
                    ExprKind::Index(base, _) | ExprKind::Deref(base) => self.text_origin(base, memory),
                    _ => None,
                })
            }
            ExprKind::Cast(_, inner) | ExprKind::Unary(_, inner) => self.origin(inner, memory),
            ExprKind::Assign(_, value) => self.origin(value, memory),
            ExprKind::Binary(op, left, right) => {
                let counts = matches!(&**op, "+" | "-" | "*" | "/" | "%" | "<<" | ">>" | "|" | "^" | "&");
                let origin = || self.origin(left, memory).or_else(|| self.origin(right, memory));
                counts.then(origin).flatten()
            }
            ExprKind::Choice(_, yes, no) => self.origin(yes, memory).or_else(|| self.origin(no, memory)),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.origin(&parts[0], memory),
            ExprKind::Call { callee, args, .. } => {
                let name = called(callee);
                let drawn = || {
                    let body = self.program.macros.get(&name)?;
                    (body.contains("rand(") || body.contains("random(")).then_some((self.unit, expr.span))
                };
                if library::draws(&name) {
                    return Some((self.unit, expr.span));
                }
                if library::reads_number(&name) {
                    return args.first().and_then(|arg| self.text_origin(&arg.value, memory));
                }
                if library::keeps_number(&name) {
                    return args.first().and_then(|arg| self.origin(&arg.value, memory));
                }
                let given = self.key(expr, memory).and_then(|key| memory.outside.get(&key).copied());
                // A macro that puts bytes together: `GET16(p)`.
                let put = || {
                    let body = self.program.macros.get(&name)?;
                    let reads = body.contains("[0]") || body.contains("[1]");
                    let arg = args.first().filter(|_| reads && self.targets(expr.span).is_empty())?;
                    self.text_origin(&arg.value, memory)
                };
                given.or_else(drawn).or_else(put)
            }
            _ => None,
        }
    }

    /// Where an outsider gets to choose the text that the expression points to.
    pub fn text_origin(&self, expr: &Expr, memory: &Memory) -> Option<Place> {
        let (_, pointer) = self.look(expr, memory);
        let own = pointer.and_then(|pointer| {
            pointer
                .objects
                .iter()
                .find_map(|id| memory.objects.get(id).and_then(|object| object.outside))
        });
        own.or_else(|| match &strip(expr).kind {
            ExprKind::Index(base, _) | ExprKind::Deref(base) | ExprKind::Unary(_, base) => {
                self.text_origin(base, memory)
            }
            ExprKind::Call { callee, .. } => library::outside_text(&called(callee)).then_some((self.unit, expr.span)),
            ExprKind::Name(name) if &**name == "optarg" => Some((self.unit, expr.span)),
            _ => None,
        })
    }

    /// What the expression may be, by its type where nothing else is known.
    fn typed(&self, expr: &Expr, memory: &Memory) -> Range {
        if let ExprKind::Binary(op, left, right) = &strip(expr).kind
            && matches!(&**op, "+" | "*")
        {
            // An open part that nobody chose from outside leaves the whole open.
            let range = self.range(expr, memory);
            let open = |range: Range| range.low == i128::MIN || range.high == i128::MAX;
            if open(range) && [left, right].iter().any(|part| open(self.typed(part, memory))) {
                return Range::ANY;
            }
        }
        let range = self.range(expr, memory);
        let open = range.low == i128::MIN || range.high == i128::MAX;
        match self
            .int_type(expr)
            .filter(|_| open && self.origin(expr, memory).is_some())
        {
            Some(kind) => range.meet(kind.range()),
            None => range,
        }
    }

    /// `left op right`
    pub fn arithmetic(&mut self, op: &str, left: &Expr, right: &Expr, span: Span, memory: &Memory) {
        match op {
            "/" | "%" => self.divisor(right, span, memory),
            "+" | "-" | "*" => {
                if op == "-" {
                    self.less_than_there_is(left, right, span, memory);
                }
                let types = (self.int_type(left), self.int_type(right));
                let (Some(a), Some(b)) = types else { return };
                let kind = a.with(b);
                self.result(op, left, right, kind, span, memory);
            }
            _ => {}
        }
    }

    /// Reports a result that `kind` cannot hold.
    fn result(&mut self, op: &str, left: &Expr, right: &Expr, kind: Int, span: Span, memory: &Memory) -> bool {
        let (a, b) = (self.typed(left, memory), self.typed(right, memory));
        let open = |range: Range| range.low == i128::MIN || range.high == i128::MAX;
        if open(a) || open(b) {
            return false;
        }
        if matches!(op, "+") && (self.looked_after(left, memory) || self.looked_after(right, memory)) {
            return false;
        }
        if op == "-" && self.compares(left, right) {
            return false;
        }
        let origin = self.origin(left, memory).or_else(|| self.origin(right, memory));
        let literal = |expr: &Expr| matches!(strip(expr).kind, ExprKind::Literal(_));
        let fixed = a.exact().is_some() && b.exact().is_some() && !(literal(left) && literal(right));
        if origin.is_none() && !(fixed && self.breaks.is_empty()) {
            return false;
        }
        let range = match op {
            "+" => a.plus(b),
            "-" => a.minus(b),
            _ => a.times(b),
        };
        self.beyond(range, kind, origin, span)
    }

    /// Reports a value that does not fit; says whether it did.
    fn beyond(&mut self, range: Range, kind: Int, origin: Option<Place>, span: Span) -> bool {
        let all = kind.range();
        let (over, under) = (range.high > all.high, range.low < all.low);
        if !over && !under {
            return false;
        }
        let (kind, way) = if over {
            (Kind::Over, "above")
        } else {
            (Kind::Under, "below")
        };
        let began = origin.map(|(unit, span)| (unit, span, "comes from outside"));
        let code = crate::candidates::make::brief(self.scene.text(self.unit, span));
        let what = format!("{code} may leave its type {way}: nothing bounds what it is computed from");
        self.report("wraps", kind, span, began, what, if origin.is_some() { 40 } else { 50 });
        true
    }

    /// `x++`, `--x`
    pub fn counted_by_one(&mut self, target: &Expr, up: bool, span: Span, memory: &Memory) {
        let Some(kind) = self.int_type(target) else {
            return;
        };
        // `while (n--)` counts once more than it runs.
        if !up
            && self
                .head
                .is_some_and(|head| head.start <= span.start && span.end <= head.end)
        {
            return;
        }
        if up && self.looked_after(target, memory) {
            return;
        }
        let origin = self.origin(target, memory);
        let range = self.typed(target, memory);
        if range.low == i128::MIN
            || range.high == i128::MAX
            || (origin.is_none() && (range.exact().is_none() || !self.breaks.is_empty()))
        {
            return;
        }
        self.beyond(range.plus(Range::exactly(if up { 1 } else { -1 })), kind, origin, span);
    }

    /// A value is stored in a type that is smaller than what computes it.
    pub fn narrowed(&mut self, target: &Expr, value: &Expr, span: Span, memory: &Memory) {
        let kind = match &target.kind {
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => self.int_type(target),
            _ => None,
        };
        let Some(kind) = kind.filter(|kind| kind.bits < 32) else {
            return;
        };
        let inner = strip(value);
        let mut length = None;
        names::descend(inner, &mut |part| {
            if let ExprKind::Call { callee, .. } = &part.kind
                && matches!(called(callee).as_str(), "strlen" | "wcslen")
            {
                length = Some(part);
            }
        });
        if let Some(part) = length
            && matches!(&inner.kind, ExprKind::Binary(op, ..) if matches!(&**op, "+" | "-"))
            && self.range(part, memory).high > kind.range().high
        {
            self.too_long(inner, span);
            return;
        }
        if let ExprKind::Binary(op, left, right) = &inner.kind
            && matches!(&**op, "+" | "-" | "*")
        {
            self.result(op, left, right, kind, span, memory);
            return;
        }
        let Some(from) = self.int_type(inner) else {
            return;
        };
        let range = self.typed(inner, memory);
        if let ExprKind::Call { callee, .. } = &inner.kind
            && matches!(called(callee).as_str(), "strlen" | "wcslen")
            && range.high > kind.range().high
        {
            self.too_long(inner, span);
            return;
        }
        let origin = self.origin(inner, memory);
        let known = range.exact().is_some() && matches!(inner.kind, ExprKind::Name(_));
        if origin.is_none() && !known {
            return;
        }
        let all = kind.range();
        // One more bit than the type has is a question of sign, which conversions of characters rest on.
        let wide = range.high > all.high * 2 + 1 || range.low < all.low;
        if from.bits > kind.bits && range != Range::ANY && wide && range.high > 255 {
            let what = format!("{} loses its upper bits here", self.words(inner));
            let began = origin.map(|(unit, span)| (unit, span, "comes from outside"));
            self.report("narrowed", Kind::Other, span, began, what, 35);
        }
    }

    fn too_long(&mut self, value: &Expr, span: Span) {
        let what = format!(
            "{} does not fit where it is kept when the text is long",
            self.words(value)
        );
        self.report("narrowed", Kind::Other, span, None, what, 35);
    }

    fn divisor(&mut self, divisor: &Expr, span: Span, memory: &Memory) {
        let origin = self.origin(divisor, memory);
        let range = match origin {
            Some(_) if self.int_type(divisor).is_none() => Range { low: -1, high: 1 },
            Some(_) => self.typed(divisor, memory),
            None => self.range(divisor, memory),
        };
        let looked = self
            .key(strip(divisor), memory)
            .is_some_and(|key| memory.nonzero.contains(&key));
        let literal = looked || matches!(strip(divisor).kind, ExprKind::Literal(_));
        let zero = range.low <= 0 && range.high >= 0 && range != Range::ANY;
        let whole = self.int_type(divisor).is_some();
        if literal || !zero || (origin.is_none() && (range.exact() != Some(0) || !whole)) {
            return;
        }
        let began = origin.map(|(unit, span)| (unit, span, "comes from outside"));
        let what = format!("{} may be zero when it divides", self.words(divisor));
        self.report("zero-divisor", Kind::Other, span, began, what, 50);
    }

    /// A number of bytes or elements that a function is given.
    pub fn amount(&mut self, name: &str, size: &Expr, makes: bool, span: Span, memory: &Memory) {
        if makes {
            self.settle_amount(size, span, memory);
        } else if let (ExprKind::Name(own), true) = (&strip(size).kind, self.stack.is_empty()) {
            let own = self.function.params.iter().position(|param| param.name == *own);
            self.effects.amounts.extend(own);
        }
        let mut parts = Vec::new();
        factors(size, &mut parts);
        for part in parts {
            let origin = self.origin(part, memory);
            let inner = strip(part);
            let range = self.typed(inner, memory);
            // Not from outside, and negative all the same.
            let negative = range.exact().is_some_and(|value| value < 0) && matches!(inner.kind, ExprKind::Name(_));
            if origin.is_none() && !negative {
                continue;
            }
            let Some(kind) = self.int_type(inner) else {
                continue;
            };
            let began = origin.map(|(unit, span)| (unit, span, "comes from outside"));
            let words = self.words(inner);
            if kind.signed && range.low < 0 && range.low != i128::MIN {
                let what = format!("{words} may be negative, which {name} takes for a huge size");
                let rule = if makes && range.high >= LARGE {
                    "huge-size"
                } else {
                    "negative-size"
                };
                self.report(rule, Kind::Other, span, began, what, 55);
                return;
            }
            if makes && range.high > LARGE && range.high != i128::MAX {
                let what = format!("{name} is asked for as much as an outsider likes: {words}");
                self.report("huge-size", Kind::Other, span, began, what, 45);
                return;
            }
        }
    }

    /// A loop that runs as often as an outsider likes.
    pub fn bounded(&mut self, cond: &Expr, body: &[Stmt], memory: &Memory) {
        let ExprKind::Binary(op, left, right) = &strip(cond).kind else {
            return;
        };
        let bound = match &**op {
            "<" | "<=" | "!=" => right,
            ">" | ">=" => left,
            _ => return,
        };
        let bound = match &strip(bound).kind {
            ExprKind::Unary(op, inner) if op.contains("--") || op.contains("++") => inner,
            _ => bound,
        };
        let Some(origin) = self.origin(bound, memory) else {
            return;
        };
        if self.typed(strip(bound), memory).high < LARGE {
            return;
        }
        let mut works = false;
        names::walk(body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| works |= matches!(expr.kind, ExprKind::Call { .. }));
            works |= matches!(stmt.kind, StmtKind::Loop { .. });
        });
        let began = Some((origin.0, origin.1, "comes from outside"));
        let what = format!("the loop runs {} times, as an outsider likes", self.words(bound));
        let kind = if works { Kind::Work } else { Kind::Spin };
        self.report("loop-bound", kind, cond.span, began, what, 35);
    }

    /// A function stores a number from outside where the pointer points.
    pub fn set_outside(&mut self, pointer: &Pointer, span: Span, memory: &mut Memory) {
        if let (Some(id), 1) = (pointer.objects.first(), pointer.objects.len())
            && let Some(object) = memory.objects.get(id)
            && (pointer.offset.and_then(Range::exact) == Some(0) || object.size.is_some_and(|size| size <= 8))
            && let place = object.place.clone()
        {
            self.havoc(&place, memory);
            memory.outside.insert(place.clone(), (self.unit, span));
            memory.pointers.insert(place, Pointer::unknown());
        }
        let from = (self.unit, span);
        memory.each(pointer, &mut |object, _| object.outside = Some(from));
    }

    /// What is written into the pointer's objects is chosen by outsiders.
    pub fn filled_from_outside(&mut self, pointer: &Pointer, from: Place, memory: &mut Memory) {
        memory.each(pointer, &mut |object, _| object.outside = Some(from));
    }

    /// Bytes of what a cast makes of a pointer: `(struct pair *)p` → the structure's.
    pub fn seen_as(&self, base: &Expr) -> Option<i128> {
        match &base.kind {
            ExprKind::Cast(hint, _) if hint.contains('*') => self.program.bytes(pointee(hint)),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.seen_as(&parts[0]),
            _ => None,
        }
    }
}

/// Operands of a product, and of sums within.
fn factors<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &strip(expr).kind {
        ExprKind::Binary(op, left, right) if matches!(&**op, "*" | "+") => {
            factors(left, out);
            factors(right, out);
        }
        _ => out.push(expr),
    }
}
