//! Loops, and counters that run along an array in them: the body once with what is known before it, and once with what
//! its rounds change left open.
//!
//! In: a condition, a body and the state before. Out: the state after. Deliberately absent: what counters come to
//! (`numbers`). Start at [`Walk::repeat`].

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Literal, Stmt, StmtKind};

use super::Kind;
use super::check::strip;
use super::memory::{Home, Memory, Range};
use super::touch::Use;
use super::walk::{PARAMS, Walk};
use super::within::{Measures, literal};

/// A loop around the place being walked.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    /// Whether its condition counts up to something known.
    pub bounded: bool,
    pub body: &'a [Stmt],
}

impl<'a> Walk<'a> {
    /// `binds` has another value in every round.
    pub fn repeat(&mut self, binds: Option<&Expr>, cond: Option<&'a Expr>, body: &'a [Stmt], memory: &mut Memory) {
        let first = cond.map_or(Some(true), |cond| self.decide(cond, memory));
        if first == Some(false) {
            return;
        }
        if let Some(cond) = cond {
            self.bounded(cond, body, memory);
        }
        if let Some(cond) = cond {
            // The condition is looked at once, however often the body runs.
            self.asked(cond, memory);
        }
        self.filling_loops.push(stored_into(body));
        let round = self.round(cond, body, memory);
        self.rounds.push(round);
        let before = memory.clone();
        self.widen(body, memory);
        let endless = cond.is_none_or(|cond| self.decide(cond, memory) == Some(true));
        self.breaks.push(Vec::new());
        self.continues.push(Vec::new());
        let mut end = memory.clone();
        let outside = self.conditional;
        self.conditional += u32::from(first != Some(true));
        let passes = if self.breaks.len() > 2 { 1 } else { 2 };
        for _ in 0..passes {
            let mut inside = memory.clone();
            if let Some(key) = binds.and_then(|name| self.key(name, &inside)) {
                inside.forget(&key);
            }
            if let Some(cond) = cond {
                self.asked(cond, &mut inside);
                self.refine(cond, true, &mut inside);
            }
            self.block(body, &mut inside);
            for next in self.continues.last_mut().map(std::mem::take).unwrap_or_default() {
                inside.join(&next);
            }
            end = inside.clone();
            memory.join(&inside);
            self.widen(body, memory);
        }
        self.conditional = outside;
        self.filling_loops.pop();
        self.rounds.pop();
        self.continues.pop();
        let broken = self.breaks.pop().unwrap_or_default();
        let mut after = end;
        if first != Some(true) {
            let mut skipped = before;
            self.widen(body, &mut skipped);
            after.join(&skipped);
        }
        after.ended |= endless;
        if let (Some(cond), false) = (cond, after.ended) {
            self.refine(cond, false, &mut after);
        }
        for state in &broken {
            after.join(state);
        }
        *memory = after;
    }

    /// The condition of a loop is evaluated.
    fn asked(&mut self, cond: &'a Expr, memory: &mut Memory) {
        let outer = self.head.replace(cond.span);
        self.value(cond, memory);
        self.head = outer;
    }

    /// `do … while (cond)`: the body runs before anything is asked.
    pub fn at_least_once(&mut self, cond: &'a Expr, body: &'a [Stmt], memory: &mut Memory) {
        self.filling_loops.push(stored_into(body));
        let round = self.round(Some(cond), body, memory);
        self.rounds.push(round);
        self.breaks.push(Vec::new());
        self.continues.push(Vec::new());
        let mut after = Memory::unreached();
        for first in [true, false] {
            self.block(body, memory);
            for next in self.continues.last_mut().map(std::mem::take).unwrap_or_default() {
                memory.join(&next);
            }
            if memory.ended {
                break;
            }
            self.asked(cond, memory);
            let again = self.decide(cond, memory);
            let mut done = memory.clone();
            done.ended |= again == Some(true);
            self.refine(cond, false, &mut done);
            after.join(&done);
            if !first || again == Some(false) {
                break;
            }
            self.refine(cond, true, memory);
            self.widen(body, memory);
        }
        self.filling_loops.pop();
        self.rounds.pop();
        self.continues.pop();
        for state in &self.breaks.pop().unwrap_or_default() {
            after.join(state);
        }
        *memory = after;
    }

    /// What stands at the loop's head says how often it runs.
    pub fn round(&self, cond: Option<&Expr>, body: &'a [Stmt], memory: &Memory) -> Round<'a> {
        Round {
            bounded: cond.is_some_and(|cond| self.counts(cond, memory)),
            body,
        }
    }

    fn counts(&self, cond: &Expr, memory: &Memory) -> bool {
        let finite = |expr: &Expr| {
            let range = self.range(expr, memory);
            range.low != i128::MIN && range.high != i128::MAX
        };
        match &strip(cond).kind {
            ExprKind::Binary(op, left, right) if matches!(&**op, "&&" | "||") => {
                self.counts(left, memory) || self.counts(right, memory)
            }
            ExprKind::Binary(op, left, right) if matches!(&**op, "<" | "<=") => {
                finite(right) || finite(left) && !literal(left)
            }
            ExprKind::Binary(op, left, right) if matches!(&**op, ">" | ">=" | "!=") => {
                let given = matches!(strip(left).kind, ExprKind::Assign(..) | ExprKind::Call { .. });
                (finite(left) && !given) || (finite(right) && !literal(right))
            }
            ExprKind::Unary(_, inner) => finite(inner) || self.counts(inner, memory),
            _ => false,
        }
    }

    /// `room[count++] = …` in a loop that ends when its input does, with nobody looking at the count.
    pub fn runs_over(&mut self, using: &Use, counter: &Expr, reach: Range, memory: &Memory) {
        let endless = reach.high == i128::MAX && reach.low >= 0;
        if !using.write || !endless || self.rounds.is_empty() {
            return;
        }
        let Some(name) = stepped(counter) else { return };
        let free = |round: &Round| !round.bounded && !assigns(round.body, &name);
        let last = self.rounds.last().is_some_and(|round| !round.bounded);
        if !last && !self.rounds.iter().any(free) {
            return;
        }
        let function = Measures::of(self.function);
        if function.limited.contains(&name) || self.ends_with_text(&name) {
            return;
        }
        let pointer = using.pointer;
        let (Some(id), 1, false) = (pointer.objects.first(), pointer.objects.len(), pointer.other) else {
            return;
        };
        let Some(object) = memory.objects.get(id) else { return };
        let Some(size) = object.size.filter(|_| *id < PARAMS && object.home != Home::Literal) else {
            return;
        };
        let kind = match object.home {
            Home::Stack => Kind::WriteStack,
            Home::Heap => Kind::WriteHeap,
            _ => Kind::Write,
        };
        let began = Some((object.made.0, object.made.1, "the buffer"));
        let what = format!(
            "{name} runs on in this loop, and {} has {size} bytes",
            self.words(using.base)
        );
        self.report("unbounded-copy", kind, using.span, began, what, 50);
    }
}

impl Walk<'_> {
    /// `a[i + 1]` in a loop that counts `i` by two: the last `i` is not the last position.
    pub fn strided(&self, key: &Expr, index: Range) -> Range {
        let ExprKind::Binary(op, name, more) = &strip(key).kind else {
            return index;
        };
        let (ExprKind::Name(name), Some(more)) = (&strip(name).kind, number(more)) else {
            return index;
        };
        let steps = |round: &Round| {
            let mut widest = 0;
            names::walk(round.body, &mut |stmt| {
                if let StmtKind::Assign {
                    target,
                    value,
                    augmented: true,
                    ..
                } = &stmt.kind
                    && matches!(&target.kind, ExprKind::Name(own) if own == name)
                {
                    widest = widest.max(number(value).unwrap_or(0));
                }
            });
            widest
        };
        let step = self.rounds.iter().map(steps).max().unwrap_or(0);
        if &**op == "+" && more > 0 && more < step && index.high != i128::MAX {
            return Range {
                high: (index.high - more).max(index.low),
                ..index
            };
        }
        index
    }

    /// Whether a condition reads what the name points to, or the element that it counts: it stops where that says so.
    fn ends_with_text(&self, name: &str) -> bool {
        let mut found = false;
        let mut asks = |cond: &Expr| {
            names::descend(cond, &mut |part| {
                let own = |expr: &Expr| names::dotted(strip(expr)).is_some_and(|own| own == name);
                found |= match &part.kind {
                    ExprKind::Deref(inner) => own(inner),
                    ExprKind::Index(_, key) => own(key),
                    _ => false,
                };
            });
        };
        names::walk(&self.function.body, &mut |stmt| match &stmt.kind {
            StmtKind::Loop { cond: Some(cond), .. } | StmtKind::If { cond, .. } => asks(cond),
            _ => {}
        });
        found
    }
}

fn number(expr: &Expr) -> Option<i128> {
    match &strip(expr).kind {
        ExprKind::Literal(Literal::Number(text)) => text.parse().ok(),
        _ => None,
    }
}

/// Names of arrays whose elements the body sets.
fn stored_into(body: &[Stmt]) -> Vec<String> {
    let mut filled = Vec::new();
    names::walk(body, &mut |stmt| {
        if let StmtKind::Assign { target, .. } = &stmt.kind
            && let ExprKind::Index(base, _) = &target.kind
        {
            filled.extend(names::dotted(base));
        }
    });
    filled
}

/// `i++`, `++i`, `*p++`: the name that moves.
fn stepped(expr: &Expr) -> Option<String> {
    match &strip(expr).kind {
        ExprKind::Unary(op, inner) if op.contains("++") => names::dotted(strip(inner)),
        ExprKind::Name(_) => names::dotted(strip(expr)),
        _ => None,
    }
}

/// Whether the body gives a name that has a value another one.
pub fn changes(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    let own = |expr: &Expr| names::dotted(strip(expr)).is_some_and(|own| own == name);
    names::walk(body, &mut |stmt| {
        if let StmtKind::Assign { target, hint: None, .. } = &stmt.kind {
            found |= own(target);
        }
        names::expressions(stmt, &mut |expr| match &expr.kind {
            ExprKind::Assign(target, _) | ExprKind::Address(target) => found |= own(target),
            ExprKind::Unary(op, inner) if op.contains("++") || op.contains("--") => found |= own(inner),
            _ => {}
        });
    });
    found
}

/// Whether the body sets the name anew.
fn assigns(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    names::walk(body, &mut |stmt| match &stmt.kind {
        StmtKind::Assign { target, augmented, .. } => {
            found |= !augmented && names::dotted(target).is_some_and(|own| own == name);
        }
        _ => names::expressions(stmt, &mut |expr| {
            if let ExprKind::Assign(target, _) = &expr.kind {
                found |= names::dotted(target).is_some_and(|own| own == name);
            }
        }),
    });
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_count_that_nobody_looks_at_runs_over_the_array() {
        check(
            "a.c",
            "#include <stdio.h>
int one(char *line) {
    char *tok[8]; int n = 0;
    char *p = strtok(line, \" \");
    while (p != NULL) {
        tok[n++] = p; /* VULN: CWE-787 */
        p = strtok(NULL, \" \");
    }
    return tok[0][0];
}
int two(FILE *in) {
    char w[32]; int c, n = 0;
    while ((c = getc(in)) != EOF) {
        if (n == 31) break;
        w[n++] = (char)c; /* SAFE: CWE-787 */
    }
    return w[0];
}
int three(const char *hex) {
    char w[32]; int i, n = 0;
    for (i = 0; i < 16; i++) {
        w[n++] = hex[i]; /* SAFE: CWE-787 */
    }
    return w[0];
}
",
        );
    }
}
