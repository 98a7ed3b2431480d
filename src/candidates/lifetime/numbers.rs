//! Number ranges of expressions, and what conditions say about them.
//!
//! In: an expression and the state before it. Out: a [`Range`], or a decision. Start at [`Walk::range`].

use crate::flow::program::constants;
use crate::flow::program::names;
use crate::flow::state::value::Const;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Stmt, StmtKind, Text};

use super::arithmetic::{Int, int_of};
use super::library;
use super::magnitudes::magnitude_of;
use super::memory::{Memory, Range, pointee};
use super::walk::Walk;

/// How a loop's body changes a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Up,
    Down,
    Any,
}

impl Walk<'_> {
    /// What the expression may be as a whole number.
    pub fn range(&self, expr: &Expr, memory: &Memory) -> Range {
        match &expr.kind {
            ExprKind::Literal(Literal::Number(text)) => constants::number(text)
                .filter(|value| value.fract() == 0.0 && value.abs() < 9e15)
                .map_or(Range::ANY, |value| Range::exactly(value as i128)),
            ExprKind::Literal(Literal::Bool(value)) => Range::exactly(i128::from(*value)),
            ExprKind::Literal(Literal::Null) => Range::exactly(0),
            ExprKind::Literal(Literal::Str(text)) if matches!(&**text, "\\0" | "\0") => Range::exactly(0),
            ExprKind::Name(name) => match self.key(expr, memory).and_then(|key| memory.numbers.get(&key)) {
                Some(range) => *range,
                None => match self.constant(name) {
                    range if range != Range::ANY => range,
                    _ => self.foreign(expr, memory),
                },
            },
            ExprKind::Field(..) | ExprKind::Deref(_) | ExprKind::Index(..) => {
                let known = self.key(expr, memory).and_then(|key| memory.numbers.get(&key).copied());
                known
                    .or_else(|| self.scoped(expr))
                    .unwrap_or_else(|| self.foreign(expr, memory))
            }
            ExprKind::Cast(hint, inner) => {
                let range = self.range(inner, memory);
                let all = int_of(self.program.plain(hint)).map(Int::range);
                if let Some(all) = all
                    && range.low != i128::MIN
                    && range.high != i128::MAX
                {
                    return if range.low >= all.low && range.high <= all.high {
                        range
                    } else {
                        all
                    };
                }
                // A conversion to an unsigned type keeps only what it can hold.
                if hint.contains("unsigned") || hint.contains("size_t") {
                    range.meet_or_any()
                } else {
                    range
                }
            }
            ExprKind::Unary(op, inner) if &**op == "-" => Range::exactly(0).minus(self.range(inner, memory)),
            ExprKind::Binary(op, left, right) => {
                let (a, b) = (self.range(left, memory), self.range(right, memory));
                match &**op {
                    "+" => a.plus(b),
                    "-" => a.minus(b),
                    "*" => a.times(b),
                    "/" => a.over(b),
                    "<<" | ">>" | "|" | "^" => a.bits(op, b),
                    "%" => match b.exact() {
                        Some(b) if b > 0 && a.low >= 0 => Range { low: 0, high: b - 1 },
                        _ => Range::ANY,
                    },
                    "&" => match b.exact().or(a.exact()) {
                        Some(mask) if mask >= 0 => Range { low: 0, high: mask },
                        _ => Range::ANY,
                    },
                    _ => Range::ANY,
                }
            }
            ExprKind::Call { callee, args, .. } => self.called_range(callee, args, expr, memory),
            ExprKind::Assign(_, value) => self.range(value, memory),
            ExprKind::Choice(_, yes, no) => self.range(yes, memory).join(self.range(no, memory)),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.range(&parts[0], memory),
            _ => Range::ANY,
        }
    }

    /// What an outsider chose is at least within its type.
    fn foreign(&self, expr: &Expr, memory: &Memory) -> Range {
        match self.origin(expr, memory) {
            Some(_) => self.int_type(expr).map_or(Range::ANY, Int::range),
            None => Range::ANY,
        }
    }

    /// `Kind::LAST`: a number that has a name in a type.
    fn scoped(&self, expr: &Expr) -> Option<Range> {
        let ExprKind::Field(base, name) = &expr.kind else {
            return None;
        };
        let typed = self.cpp && matches!(&base.kind, ExprKind::Name(own) if !self.hints.contains_key(&**own));
        if !typed || !self.scene.text(self.unit, expr.span).contains("::") {
            return None;
        }
        self.program.named.number(name).map(Range::exactly)
    }

    /// A macro or a global that never changes.
    fn constant(&self, name: &Text) -> Range {
        if let Some(meaning) = self.macros.get(name).and_then(|all| all.last())
            && let ExprKind::Literal(Literal::Number(text)) = &meaning.kind
        {
            return constants::number(text).map_or(Range::ANY, |value| Range::exactly(value as i128));
        }
        if self.hints.contains_key(&**name) {
            return Range::ANY;
        }
        if let Some(limit) = library::limit(name) {
            return Range::exactly(limit);
        }
        match self.constants.get(self.module, name) {
            Some(Const::Number(value)) if value.fract() == 0.0 => Range::exactly(value as i128),
            Some(Const::Bool(value)) => Range::exactly(i128::from(value)),
            _ if self.program.globals[self.module].contains_key(name) => Range::ANY,
            _ => self.program.named.number(name).map_or(Range::ANY, Range::exactly),
        }
    }

    fn called_range(&self, callee: &Expr, args: &[Arg], whole: &Expr, memory: &Memory) -> Range {
        let name = names::dotted(callee).unwrap_or_default();
        match (name.as_str(), args) {
            // The name of a type leaves out that it is a pointer.
            ("sizeof", [_])
                if self
                    .scene
                    .text(self.unit, whole.span)
                    .trim_end_matches([')', ' '])
                    .ends_with('*') =>
            {
                Range::exactly(8)
            }
            ("sizeof", [only]) => self.size_of(&only.value, memory),
            ("abs" | "labs" | "llabs", [only]) => match self.range(&only.value, memory) {
                range if range.low >= 0 => range,
                range => Range {
                    low: 0,
                    high: range.high.max(range.low.checked_neg().unwrap_or(i128::MAX)),
                },
            },
            ("sqrt" | "sqrtl" | "sqrtf", [only]) => match self.range(&only.value, memory).exact() {
                Some(value) if value >= 0 => Range::exactly(value.isqrt()),
                _ => Range::ANY,
            },
            ("min" | "MIN" | "std.min", [a, b]) => self.range(&a.value, memory).least(self.range(&b.value, memory)),
            ("max" | "MAX" | "std.max", [a, b]) => self.range(&a.value, memory).most(self.range(&b.value, memory)),
            ("rand" | "random" | "lrand48", _) => Range {
                low: 0,
                high: i128::from(i32::MAX),
            },
            ("fgetc" | "getc" | "getchar", _) => Range { low: -1, high: 255 },
            (name, args) if library::returns_up_to(name).is_some_and(|at| at < args.len()) => {
                let most = self.range(&args[library::returns_up_to(name).unwrap_or(0)].value, memory);
                if most.high == i128::MAX {
                    Range::ANY
                } else {
                    Range {
                        low: -1,
                        high: most.high.max(0),
                    }
                }
            }
            ("strlen" | "wcslen" | "std.strlen", [only]) => self.text_of(&only.value, memory).unwrap_or(Range {
                low: 0,
                high: i128::MAX,
            }),
            _ => {
                let given = self
                    .key(whole, memory)
                    .and_then(|key| memory.numbers.get(&key).copied());
                let length = || memory.numbers.get(&self.measure(whole, memory)?).copied();
                if let Some(range) = given.or_else(length) {
                    return range;
                }
                if library::reads_number(&name) && self.origin(whole, memory).is_some() {
                    return library::number(&name).map_or(Range::ANY, Int::range);
                }
                let targets = self.targets(whole.span);
                let mut values = targets
                    .iter()
                    .map(|&unit| &self.scene.graph.summaries[unit as usize].constant);
                match (values.next(), values.next()) {
                    (Some(Some(Const::Number(value))), None) if value.fract() == 0.0 => Range::exactly(*value as i128),
                    (Some(Some(Const::Bool(value))), None) => Range::exactly(i128::from(*value)),
                    _ => Range::ANY,
                }
            }
        }
    }

    fn size_of(&self, what: &Expr, memory: &Memory) -> Range {
        let known = |bytes: Option<i128>| {
            bytes.map_or(
                Range {
                    low: 1,
                    high: i128::MAX,
                },
                Range::exactly,
            )
        };
        match &what.kind {
            ExprKind::Name(name) => {
                if let Some(size) = self.arrays.get(&**name) {
                    return known(*size);
                }
                let global = || self.program.globals.get(self.module)?.get(name);
                if let (false, Some(bytes)) = (self.hints.contains_key(&**name), global().and_then(|own| own.bytes)) {
                    return known(Some(bytes));
                }
                match self.type_of(what) {
                    Some(hint) => {
                        let count = global().and_then(|own| own.size);
                        let count = count.filter(|_| !self.hints.contains_key(&**name));
                        let count = count.map_or(Some(1), |count| self.range(count, memory).exact());
                        known(self.program.bytes(&hint).zip(count).map(|(each, count)| each * count))
                    }
                    None => known(self.program.bytes(name)),
                }
            }
            ExprKind::Field(..) => {
                let part = self.type_of(what).and_then(|hint| self.program.part(&hint));
                known(part.map(|(each, count)| each * count))
            }
            ExprKind::Deref(_) | ExprKind::Index(..) | ExprKind::Cast(..) => {
                known(self.type_of(what).and_then(|hint| self.program.bytes(&hint)))
            }
            ExprKind::Opaque(parts) if parts.len() == 1 => self.size_of(&parts[0], memory),
            ExprKind::Literal(Literal::Str(text)) => Range::exactly(text.chars().count() as i128 + 1),
            _ => known(None),
        }
    }

    /// Bytes of one element of what `base` names.
    pub fn element(&self, base: &Expr) -> Option<i128> {
        match &base.kind {
            ExprKind::Name(name) if self.arrays.contains_key(&**name) => self.program.bytes(self.hints.get(&**name)?),
            ExprKind::Name(name) if !self.hints.contains_key(&**name) => {
                let global = self.program.globals.get(self.module)?.get(name)?;
                let plain = if global.size.is_some() || global.bytes.is_some() {
                    &global.hint
                } else {
                    pointee(&global.hint)
                };
                self.program.bytes(plain)
            }
            ExprKind::Cast(hint, _) => self.program.bytes(pointee(hint)),
            ExprKind::Binary(_, left, _) => self.element(left),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.element(&parts[0]),
            ExprKind::Unary(_, inner) => self.element(inner),
            ExprKind::Assign(target, _) => self.element(target),
            ExprKind::Literal(Literal::Str(_)) => Some(1),
            ExprKind::Address(inner) => self.program.bytes(&self.type_of(inner)?),
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Deref(_) | ExprKind::Index(..) => {
                let hint = self.type_of(base)?;
                match hint.split_once('[') {
                    Some((each, _)) => self.program.bytes(each),
                    None if hint.contains('*') => self.program.bytes(pointee(&hint)),
                    None => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the condition is the same on every run that comes here.
    pub fn decide(&self, cond: &Expr, memory: &Memory) -> Option<bool> {
        match &cond.kind {
            ExprKind::Unary(op, inner) if &**op == "!" => self.decide(inner, memory).map(|value| !value),
            ExprKind::Binary(op, left, right) => {
                if matches!(&**op, "&&" | "||") {
                    let (a, b) = (self.decide(left, memory), self.decide(right, memory));
                    let strong = &**op == "||";
                    return match (a, b) {
                        (Some(a), _) if a == strong => Some(strong),
                        (_, Some(b)) if b == strong => Some(strong),
                        (Some(_), Some(_)) => Some(!strong),
                        _ => None,
                    };
                }
                let (a, b) = (self.range(left, memory), self.range(right, memory));
                compare(op, a, b)
            }
            _ => match self.range(cond, memory) {
                range if range.exact() == Some(0) => Some(false),
                range if range.low > 0 || range.high < 0 => Some(true),
                _ => None,
            },
        }
    }

    /// Narrows what is known of numbers; false when the branch cannot be taken.
    pub fn narrow(&self, op: &str, left: &Expr, right: &Expr, truth: bool, memory: &mut Memory) -> bool {
        let op = if truth { op } else { negated(op) };
        self.relate(op, left, right, memory);
        let (a, b) = (self.range(left, memory), self.range(right, memory));
        let Some((for_left, for_right)) = limits(op, a, b) else {
            return true;
        };
        for (expr, limit) in [(left, for_left), (right, for_right)] {
            self.magnitude(expr, limit, memory);
            self.parts_of_sum(expr, limit, memory);
        }
        let (above, below) = (matches!(op, ">" | ">="), matches!(op, "<" | "<="));
        for (expr, other, above) in [(left, b, above), (right, a, below)] {
            let (plain, size) = (
                op == "!=" && other.exact() == Some(0),
                above && self.size_of_float(expr),
            );
            let sign = above && other.low >= 0 && other.low != i128::MIN && !matches!(op, ">=" | "<=");
            if let Some(key) = self.key(magnitude_of(expr), memory).filter(|_| plain || size || sign) {
                memory.nonzero.insert(key);
            }
        }
        for (expr, known, limit) in [(left, a, for_left), (right, b, for_right)] {
            let range = known.meet(limit);
            if range.low > range.high {
                return false;
            }
            self.narrowed_length(expr, range, memory);
            if let Some(key) = self.key(expr, memory)
                && (memory.numbers.contains_key(&key) || range != Range::ANY)
                && matches!(
                    expr.kind,
                    ExprKind::Name(_)
                        | ExprKind::Field(..)
                        | ExprKind::Assign(..)
                        | ExprKind::Deref(_)
                        | ExprKind::Index(..)
                )
            {
                memory.numbers.insert(key, range);
            }
        }
        true
    }

    /// Before a loop: what its body counts is known only on the side it moves away from.
    pub fn widen(&self, body: &[Stmt], memory: &mut Memory) {
        let mut changes: Vec<(Text, Change)> = Vec::new();
        names::walk(body, &mut |stmt| {
            if let StmtKind::Assign {
                target,
                value,
                augmented,
                ..
            } = &stmt.kind
                && let Some(key) = self.key(target, memory)
            {
                let adds =
                    || self.scene.text(self.unit, stmt.span).contains("+=") && self.range(value, memory).low >= 0;
                let change = match *augmented && adds() {
                    true => Change::Up,
                    false => counted(target, value, *augmented),
                };
                changes.push((key, change));
            }
            names::expressions(stmt, &mut |expr| {
                let (target, change) = match &expr.kind {
                    ExprKind::Unary(op, inner) if op.contains("++") => (inner, Change::Up),
                    ExprKind::Unary(op, inner) if op.contains("--") => (inner, Change::Down),
                    ExprKind::Assign(target, value) => (target, counted(target, value, false)),
                    ExprKind::Address(target) => (target, Change::Any),
                    _ => return,
                };
                changes.extend(self.key(target, memory).map(|key| (key, change)));
            });
        });
        for (key, change) in changes {
            if let Some(pointer) = memory.pointers.get_mut(&key) {
                if !pointer.objects.is_empty() {
                    pointer.offset = pointer.offset.map(|offset| widened(offset, change));
                }
                // A round before this one may have set it.
                pointer.other |= pointer.null && change == Change::Any;
                if pointer.unset {
                    // The body sets it; that the loop may not run at all is left to others.
                    pointer.unset = false;
                    pointer.other = true;
                }
            }
            if let Some(range) = memory.numbers.get_mut(&key) {
                *range = widened(*range, change);
            }
            memory.unmeasured(&key);
            self.moved_on(&key, None, memory);
        }
    }
}

fn widened(range: Range, change: Change) -> Range {
    match change {
        Change::Up => Range {
            high: i128::MAX,
            ..range
        },
        Change::Down => Range {
            low: i128::MIN,
            ..range
        },
        Change::Any => Range::ANY,
    }
}

fn counted(target: &Expr, value: &Expr, augmented: bool) -> Change {
    let positive =
        |expr: &Expr| matches!(&expr.kind, ExprKind::Literal(Literal::Number(text)) if !text.starts_with('-'));
    if augmented {
        return Change::Any;
    }
    match &value.kind {
        ExprKind::Binary(op, left, right) if names::dotted(left) == names::dotted(target) && positive(right) => {
            match &**op {
                "+" => Change::Up,
                "-" => Change::Down,
                _ => Change::Any,
            }
        }
        _ => Change::Any,
    }
}

/// What a comparison that holds leaves of both sides.
fn limits(op: &str, a: Range, b: Range) -> Option<(Range, Range)> {
    Some(match op {
        "<" => (
            Range {
                low: i128::MIN,
                high: less(b.high),
            },
            Range {
                low: more(a.low),
                high: i128::MAX,
            },
        ),
        "<=" => (
            Range {
                low: i128::MIN,
                high: b.high,
            },
            Range {
                low: a.low,
                high: i128::MAX,
            },
        ),
        ">" => (
            Range {
                low: more(b.low),
                high: i128::MAX,
            },
            Range {
                low: i128::MIN,
                high: less(a.high),
            },
        ),
        ">=" => (
            Range {
                low: b.low,
                high: i128::MAX,
            },
            Range {
                low: i128::MIN,
                high: a.high,
            },
        ),
        "==" => (b, a),
        "!=" => (exclude(a, b), exclude(b, a)),
        _ => return None,
    })
}

fn exclude(range: Range, other: Range) -> Range {
    match other.exact() {
        Some(value) if range.low == value && range.low < range.high => Range {
            low: value + 1,
            ..range
        },
        Some(value) if range.high == value && range.low < range.high => Range {
            high: value - 1,
            ..range
        },
        Some(value) if range.exact() == Some(value) => Range { low: 1, high: 0 },
        _ => Range::ANY,
    }
}

fn less(value: i128) -> i128 {
    if value == i128::MAX {
        value
    } else {
        value.saturating_sub(1)
    }
}

fn more(value: i128) -> i128 {
    if value == i128::MIN {
        value
    } else {
        value.saturating_add(1)
    }
}

fn negated(op: &str) -> &'static str {
    match op {
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        "==" => "!=",
        "!=" => "==",
        _ => "",
    }
}

pub fn compare(op: &str, a: Range, b: Range) -> Option<bool> {
    let known = |range: Range| range != Range::ANY;
    if !known(a) || !known(b) {
        return None;
    }
    match op {
        "==" => match (a.exact(), b.exact()) {
            (Some(a), Some(b)) => Some(a == b),
            _ => (a.high < b.low || b.high < a.low).then_some(false),
        },
        "!=" => compare("==", a, b).map(|same| !same),
        "<" => decided(a.high < b.low, a.low >= b.high, a, b),
        "<=" => decided(a.high <= b.low, a.low > b.high, a, b),
        ">" => compare("<", b, a),
        ">=" => compare("<=", b, a),
        _ => None,
    }
}

/// `always` and `never` hold only where the ends that they rest on are known.
fn decided(always: bool, never: bool, a: Range, b: Range) -> Option<bool> {
    if always && a.high != i128::MAX && b.low != i128::MIN {
        Some(true)
    } else if never && a.low != i128::MIN && b.high != i128::MAX {
        Some(false)
    } else {
        None
    }
}

impl Range {
    /// A negative value becomes a huge one when it is made unsigned.
    fn meet_or_any(self) -> Self {
        if self.low < 0 {
            Self {
                low: 0,
                high: i128::MAX,
            }
        } else {
            self
        }
    }
}
