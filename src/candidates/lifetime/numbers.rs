//! Number ranges of expressions, and what conditions say about them.
//!
//! In: an expression and the state before it. Out: a [`Range`], or a decision. Start at [`Walk::range`].

use crate::flow::constants;
use crate::flow::names;
use crate::flow::value::Const;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Stmt, StmtKind, Text};

use super::memory::{Memory, Range, bytes_of, pointee};
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
                .map_or(Range::ANY, |value| Range::exactly(value as i64)),
            ExprKind::Literal(Literal::Bool(value)) => Range::exactly(i64::from(*value)),
            ExprKind::Literal(Literal::Null) => Range::exactly(0),
            ExprKind::Literal(Literal::Str(text)) if matches!(&**text, "\\0" | "\0") => Range::exactly(0),
            ExprKind::Name(name) => match memory.numbers.get(&**name) {
                Some(range) => *range,
                None => self.constant(name),
            },
            ExprKind::Field(..) | ExprKind::Deref(_) | ExprKind::Index(..) => {
                self.key(expr, memory).map_or(Range::ANY, |key| memory.range(&key))
            }
            ExprKind::Cast(hint, inner) => {
                let range = self.range(inner, memory);
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
                    "/" => match (a.exact(), b.exact()) {
                        (Some(a), Some(b)) if b != 0 => Range::exactly(a / b),
                        _ => Range::ANY,
                    },
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

    /// A macro or a global that never changes.
    fn constant(&self, name: &Text) -> Range {
        if let Some(meaning) = self.macros.get(name).and_then(|all| all.last())
            && let ExprKind::Literal(Literal::Number(text)) = &meaning.kind
        {
            return constants::number(text).map_or(Range::ANY, |value| Range::exactly(value as i64));
        }
        if self.hints.contains_key(&**name) {
            return Range::ANY;
        }
        match self.constants.get(self.module, name) {
            Some(Const::Number(value)) if value.fract() == 0.0 => Range::exactly(value as i64),
            Some(Const::Bool(value)) => Range::exactly(i64::from(value)),
            _ => Range::ANY,
        }
    }

    fn called_range(&self, callee: &Expr, args: &[Arg], whole: &Expr, memory: &Memory) -> Range {
        let name = names::dotted(callee).unwrap_or_default();
        match (name.as_str(), args) {
            ("sizeof", [only]) => self.size_of(&only.value),
            ("strlen" | "wcslen" | "std.strlen", [only]) => self
                .text_of(&only.value, memory)
                .unwrap_or(Range { low: 0, high: i64::MAX }),
            _ => {
                let targets = self.targets(whole.span);
                let mut values = targets
                    .iter()
                    .map(|&unit| &self.scene.graph.summaries[unit as usize].constant);
                match (values.next(), values.next()) {
                    (Some(Some(Const::Number(value))), None) if value.fract() == 0.0 => Range::exactly(*value as i64),
                    (Some(Some(Const::Bool(value))), None) => Range::exactly(i64::from(*value)),
                    _ => Range::ANY,
                }
            }
        }
    }

    fn size_of(&self, what: &Expr) -> Range {
        let known = |bytes: Option<i64>| bytes.map_or(Range { low: 1, high: i64::MAX }, Range::exactly);
        match &what.kind {
            ExprKind::Name(name) => {
                if let Some(size) = self.arrays.get(&**name) {
                    return known(*size);
                }
                match self.hints.get(&**name) {
                    Some(hint) => known(self.bytes(hint)),
                    None => known(self.bytes(name)),
                }
            }
            ExprKind::Deref(inner) => match &inner.kind {
                ExprKind::Name(name) => known(self.hints.get(&**name).and_then(|hint| self.bytes(pointee(hint)))),
                _ => known(None),
            },
            ExprKind::Index(base, _) => known(self.element(base)),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.size_of(&parts[0]),
            ExprKind::Literal(Literal::Str(text)) => Range::exactly(text.chars().count() as i64 + 1),
            _ => known(None),
        }
    }

    /// Bytes of a type, structures of this project included where their fields are plain.
    pub fn bytes(&self, hint: &str) -> Option<i64> {
        bytes_of(hint).or_else(|| {
            let name = hint.trim().trim_start_matches("struct ").trim_start_matches("const ");
            self.structures.get(name).copied()
        })
    }

    /// Bytes of one element of what `base` names.
    pub fn element(&self, base: &Expr) -> Option<i64> {
        match &base.kind {
            ExprKind::Name(name) => {
                let hint = self.hints.get(&**name)?;
                self.bytes(if self.arrays.contains_key(&**name) {
                    hint
                } else {
                    pointee(hint)
                })
            }
            ExprKind::Cast(hint, _) => self.bytes(pointee(hint)),
            ExprKind::Binary(_, left, _) => self.element(left),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.element(&parts[0]),
            ExprKind::Field(_, name) => self.fields.get(&**name).and_then(|hint| self.bytes(pointee(hint))),
            ExprKind::Unary(_, inner) => self.element(inner),
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
        let (a, b) = (self.range(left, memory), self.range(right, memory));
        let (for_left, for_right) = match op {
            "<" => (
                Range {
                    low: i64::MIN,
                    high: less(b.high),
                },
                Range {
                    low: more(a.low),
                    high: i64::MAX,
                },
            ),
            "<=" => (
                Range {
                    low: i64::MIN,
                    high: b.high,
                },
                Range {
                    low: a.low,
                    high: i64::MAX,
                },
            ),
            ">" => (
                Range {
                    low: more(b.low),
                    high: i64::MAX,
                },
                Range {
                    low: i64::MIN,
                    high: less(a.high),
                },
            ),
            ">=" => (
                Range {
                    low: b.low,
                    high: i64::MAX,
                },
                Range {
                    low: i64::MIN,
                    high: a.high,
                },
            ),
            "==" => (b, a),
            "!=" => (exclude(a, b), exclude(b, a)),
            _ => return true,
        };
        for (expr, known, limit) in [(left, a, for_left), (right, b, for_right)] {
            let range = known.meet(limit);
            if range.low > range.high {
                return false;
            }
            if let Some(key) = self.key(expr, memory)
                && (memory.numbers.contains_key(&key) || range != Range::ANY)
                && matches!(
                    expr.kind,
                    ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Assign(..) | ExprKind::Deref(_)
                )
            {
                memory.numbers.insert(key, range);
            }
        }
        true
    }

    /// Before a loop: what its body counts is known only on the side it moves away from.
    pub fn widen(&self, body: &[Stmt], memory: &mut Memory) {
        let mut changes: Vec<(String, Change)> = Vec::new();
        names::walk(body, &mut |stmt| {
            if let StmtKind::Assign {
                target,
                value,
                augmented,
                ..
            } = &stmt.kind
                && let Some(key) = self.key(target, memory)
            {
                changes.push((key, counted(target, value, *augmented)));
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
                if pointer.unset {
                    // The body sets it; that the loop may not run at all is left to others.
                    pointer.unset = false;
                    pointer.other = true;
                }
            }
            if let Some(range) = memory.numbers.get_mut(&key) {
                *range = widened(*range, change);
            }
        }
    }
}

fn widened(range: Range, change: Change) -> Range {
    match change {
        Change::Up => Range {
            high: i64::MAX,
            ..range
        },
        Change::Down => Range { low: i64::MIN, ..range },
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

fn less(value: i64) -> i64 {
    if value == i64::MAX {
        value
    } else {
        value.saturating_sub(1)
    }
}

fn more(value: i64) -> i64 {
    if value == i64::MIN {
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

fn compare(op: &str, a: Range, b: Range) -> Option<bool> {
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
    if always && a.high != i64::MAX && b.low != i64::MIN {
        Some(true)
    } else if never && a.low != i64::MIN && b.high != i64::MAX {
        Some(false)
    } else {
        None
    }
}

impl Range {
    /// A negative value becomes a huge one when it is made unsigned.
    fn meet_or_any(self) -> Self {
        if self.low < 0 {
            Self { low: 0, high: i64::MAX }
        } else {
            self
        }
    }
}
