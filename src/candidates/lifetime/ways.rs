//! A called function may leave in several ways, and what it gives says in which: `if (parse(&head) < 0) return;`.
//!
//! In: the states at the ways out of a function that was walked at its call, with what it gave there; and conditions
//! about that. Out: the state of those ways that the condition leaves. Deliberately absent: results that are looked at
//! later than in the next statement. Start at [`Walk::split`] and [`Walk::by_way`].

use std::rc::Rc;

use crate::syntax::form::{Expr, ExprKind, Literal, Span, Text};

use super::check::strip;
use super::memory::{MAYBE_NULL, Memory, Place, Pointer, Range};
use super::numbers::compare;
use super::walk::Walk;

/// The ways out of a function that is being walked, told apart by what it gives: nothing, less, more, or who knows.
#[derive(Debug, Default)]
pub struct Ways([Option<(Range, Memory)>; 4]);

impl Ways {
    /// One way out, with the number or pointer that is given there.
    pub fn add(&mut self, range: Range, pointer: &Pointer, memory: &Memory) {
        let null = pointer.null && pointer.objects.is_empty() && !pointer.other;
        let sure = |id: &u32| {
            memory
                .objects
                .get(id)
                .is_none_or(|object| object.state & MAYBE_NULL == 0)
        };
        let there = !pointer.null && !pointer.other && !pointer.unset && !pointer.objects.is_empty();
        let there = there && pointer.objects.iter().all(sure);
        let range = match range {
            Range::ANY if null => Range::exactly(0),
            Range::ANY if there => Range { low: 1, ..Range::ANY },
            range => range,
        };
        let at = match range {
            range if range.exact() == Some(0) => 0,
            range if range.high < 0 => 1,
            range if range.low > 0 => 2,
            _ => 3,
        };
        match &mut self.0[at] {
            Some((known, state)) => {
                *known = known.join(range);
                state.join(memory);
            }
            none => *none = Some((range, memory.clone())),
        }
    }

    /// The ways, where there are at least two of them that can be told apart.
    pub fn parts(self) -> Option<Vec<(Range, Memory)>> {
        let parts: Vec<_> = self.0.into_iter().flatten().filter(|(_, state)| !state.ended).collect();
        (parts.len() > 1).then_some(parts)
    }
}

/// What a call left, in all and by its ways.
#[derive(Debug)]
pub struct Split {
    call: Span,
    /// The variable that has what was given.
    kept: Option<Text>,
    whole: Memory,
    parts: Vec<(Range, Memory)>,
}

/// The state behind the right side of `&&` or `||`, which is reached only where the left one let it.
#[derive(Debug)]
pub struct Late {
    at: Span,
    whole: Memory,
    inside: Memory,
}

impl<'a> Walk<'a> {
    /// A call is over; conditions on what it gave may tell its ways apart.
    pub fn split(&mut self, call: Span, parts: Vec<(Range, Memory)>, whole: &Memory) {
        self.split = Some(Rc::new(Split {
            call,
            kept: None,
            whole: whole.clone(),
            parts,
        }));
    }

    /// `x = call()`: the variable stands for what the call gave.
    pub fn kept_way(
        &mut self,
        key: &Text,
        target: &Expr,
        value: &Expr,
        given: (Pointer, Option<Place>),
        before: &Memory,
    ) {
        let Some(split) = self.split.take() else { return };
        if strip(value).span != split.call || !split.whole.same(before) {
            return;
        }
        let mut parts = split.parts.clone();
        for (range, state) in &mut parts {
            let (pointer, origin) = given.clone();
            self.store(key.clone(), target, value, (pointer, *range, origin), state);
        }
        self.split = Some(Rc::new(Split {
            call: split.call,
            kept: Some(key.clone()),
            whole: before.clone(),
            parts,
        }));
    }

    /// The state to compare with later is the one behind the assignment.
    pub fn way_kept(&mut self, memory: &Memory) {
        if let Some(split) = self.split.take().filter(|split| split.kept.is_some()) {
            self.split = Some(Rc::new(Split {
                call: split.call,
                kept: split.kept.clone(),
                whole: memory.clone(),
                parts: split.parts.clone(),
            }));
        }
    }

    /// What a condition on the call's result leaves of its ways.
    pub fn by_way(&mut self, cond: &Expr, truth: bool, memory: &mut Memory) {
        let Some(split) = self.split.clone() else { return };
        let (op, side, other): (&str, &Expr, i128) = match &strip(cond).kind {
            ExprKind::Binary(op, left, right) => match (self.is_result(left, &split, memory), number(right)) {
                (true, Some(other)) => (&**op, left, other),
                _ => return,
            },
            _ => ("!=", cond, 0),
        };
        if !self.is_result(side, &split, memory) || !split.whole.same(memory) {
            return;
        }
        let left = |(range, _): &&(Range, Memory)| compare(op, *range, Range::exactly(other)) != Some(!truth);
        let mut kept = split.parts.iter().filter(left);
        let count = kept.clone().count();
        if count == split.parts.len() {
            return;
        }
        let Some((_, first)) = kept.next() else {
            memory.ended = true;
            return;
        };
        *memory = first.clone();
        kept.for_each(|(_, state)| memory.join(state));
    }

    fn is_result(&self, expr: &Expr, split: &Split, memory: &Memory) -> bool {
        match &strip(expr).kind {
            ExprKind::Call { .. } => strip(expr).span == split.call,
            ExprKind::Assign(_, value) => split.kept.is_some() && strip(value).span == split.call,
            ExprKind::Name(_) => split.kept.is_some() && self.key(strip(expr), memory) == split.kept,
            _ => false,
        }
    }

    /// The right side of `&&` or `||` was evaluated in a state of its own.
    pub fn evaluated(&mut self, right: &Expr, whole: &Memory, inside: &Memory) {
        self.late = Some(Rc::new(Late {
            at: right.span,
            whole: whole.clone(),
            inside: inside.clone(),
        }));
    }

    /// The state in which the right side was evaluated, if nothing has happened since.
    pub fn behind(&self, right: &Expr, memory: &Memory) -> Option<Memory> {
        let late = self.late.as_ref()?;
        (late.at == right.span && late.whole.same(memory)).then(|| late.inside.clone())
    }
}

fn number(expr: &Expr) -> Option<i128> {
    match &strip(expr).kind {
        ExprKind::Literal(Literal::Number(text)) => text.parse().ok(),
        ExprKind::Literal(Literal::Null) => Some(0),
        ExprKind::Name(name) if matches!(&**name, "NULL" | "nullptr" | "false") => Some(0),
        ExprKind::Literal(Literal::Bool(false)) => Some(0),
        ExprKind::Unary(op, inner) if &**op == "-" => number(inner).map(|value| -value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn what_a_function_gives_says_what_it_left() {
        check(
            "a.c",
            "#include <stdlib.h>
struct box { char *text; int count; };
static int fill(struct box *b, int n) {
    b->count = n;
    if (n > 8) return -1;
    b->text = malloc(16);
    return b->text ? 0 : -1;
}
int one(int n) {
    struct box b;
    int rc;
    if (fill(&b, 3) < 0)
        return 1; /* SAFE: CWE-401 */
    b.text[0] = 1; /* SAFE: CWE-476 */
    free(b.text);
    rc = fill(&b, 2);
    if (rc != 0)
        return rc;
    free(b.text);
    return 0;
}
",
        );
    }
}
