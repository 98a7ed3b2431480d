//! Sizes that are no plain numbers: `malloc(strlen(a) + n + 1)`, and what is written there.
//!
//! In: sums of names and lengths. Out: mistakes where what is used is larger than what was made by a number that does
//! not depend on any of the names. Deliberately absent: products of names, and what conditions say about them.
//! Start at [`Walk::sum`].

use std::collections::BTreeMap;

use crate::syntax::form::{Arg, Expr, ExprKind, Span, Text};

use super::Kind;
use super::check::strip;
use super::library::Copy;
use super::memory::{Memory, Pointer, Range};
use super::walk::Walk;

/// Most names in one sum.
const TERMS: usize = 6;

/// A number, and names with how often each counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    pub names: BTreeMap<Text, i128>,
    constant: i128,
}

impl Sum {
    fn plus(mut self, other: &Self, sign: i128) -> Option<Self> {
        for (name, times) in &other.names {
            *self.names.entry(name.clone()).or_default() += times * sign;
        }
        self.names.retain(|_, times| *times != 0);
        self.constant = self.constant.checked_add(other.constant.checked_mul(sign)?)?;
        (self.names.len() <= TERMS).then_some(self)
    }

    fn times(mut self, by: i128) -> Option<Self> {
        for times in self.names.values_mut() {
            *times = times.checked_mul(by)?;
        }
        self.constant = self.constant.checked_mul(by)?;
        Some(self)
    }

    fn number(constant: i128) -> Self {
        Self {
            constant,
            ..Self::default()
        }
    }

    /// The plain number by which it is above another sum.
    fn above(&self, other: &Self) -> Option<i128> {
        let rest = self.clone().plus(other, -1)?;
        rest.names.is_empty().then_some(rest.constant)
    }
}

impl<'a> Walk<'a> {
    /// A number as a sum of names.
    pub fn sum(&self, expr: &Expr, memory: &Memory) -> Option<Sum> {
        let expr = strip(expr);
        if let Some(value) = self.range(expr, memory).exact() {
            return Some(Sum::number(value));
        }
        let name = |name: Text| Sum {
            names: BTreeMap::from([(name, 1)]),
            constant: 0,
        };
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Field(..) => {
                let key = self.key(expr, memory)?;
                let wide = self.int_type(expr).is_some_and(|kind| kind.bits >= 32);
                let length = memory.measured.get(&key).cloned();
                wide.then(|| name(length.unwrap_or(key)))
            }
            ExprKind::Call { .. } => self.measure(expr, memory).map(name),
            ExprKind::Binary(op, left, right) => match &**op {
                "+" => self.sum(left, memory)?.plus(&self.sum(right, memory)?, 1),
                "-" => self.sum(left, memory)?.plus(&self.sum(right, memory)?, -1),
                "*" => {
                    let (a, b) = (self.sum(left, memory)?, self.sum(right, memory)?);
                    match (a.names.is_empty(), b.names.is_empty()) {
                        (_, true) => a.times(b.constant),
                        (true, _) => b.times(a.constant),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What was made is as large as the product of these arguments.
    pub fn sized(&self, id: u32, positions: &[usize], args: &[Arg], memory: &mut Memory) {
        let mut size = Sum::number(1);
        for &at in positions {
            let Some(next) = args.get(at).and_then(|arg| self.sum(&arg.value, memory)) else {
                return;
            };
            let product = match (size.names.is_empty(), next.names.is_empty()) {
                (true, _) => next.times(size.constant),
                (_, true) => size.times(next.constant),
                _ => None,
            };
            let Some(product) = product else { return };
            size = product;
        }
        if !size.names.is_empty() && !positions.is_empty() {
            memory.sums.insert(id, size);
        }
    }

    /// The size of what the pointer points to the start of.
    fn size_sum<'m>(&self, pointer: &Pointer, memory: &'m Memory) -> Option<&'m Sum> {
        let (Some(id), 1, false) = (pointer.objects.first(), pointer.objects.len(), pointer.other) else {
            return None;
        };
        (pointer.offset.and_then(Range::exact) == Some(0))
            .then(|| memory.sums.get(id))
            .flatten()
    }

    /// One element is used: `p[n]` of `n` elements.
    pub fn element_within(
        &mut self,
        base: &Expr,
        pointer: &Pointer,
        key: &Expr,
        write: bool,
        span: Span,
        memory: &Memory,
    ) {
        if memory.sums.is_empty() {
            return;
        }
        let Some(size) = self.size_sum(pointer, memory) else {
            return;
        };
        let end = || {
            let each = self.element(base)?;
            self.sum(key, memory)?.plus(&Sum::number(1), 1)?.times(each)
        };
        let over = end().and_then(|end| end.above(size));
        self.over(over, base, write, span);
    }

    /// A copy is as long as its count, or as the text that is copied; says whether there is room for it, where that is
    /// known.
    pub fn copy_within(
        &mut self,
        copy: &Copy,
        args: &'a [Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &Memory,
    ) -> Option<bool> {
        if memory.sums.is_empty() || copy.appends {
            return None;
        }
        let target = args.get(copy.to).map(|arg| strip(&arg.value))?;
        let (base, from) = match &target.kind {
            ExprKind::Binary(op, base, by) if &**op == "+" => (&**base, self.sum(by, memory)),
            _ => (target, Some(Sum::default())),
        };
        let pointer = match &target.kind {
            ExprKind::Binary(..) => self.look(base, memory).1,
            _ => pointers.get(copy.to).cloned(),
        };
        let size = pointer.as_ref().and_then(|pointer| self.size_sum(pointer, memory))?;
        let count = match (copy.count, copy.from) {
            (Some(at), _) => args.get(at).and_then(|arg| self.sum(&arg.value, memory)),
            (None, Some(at)) if copy.text => args.get(at).and_then(|arg| {
                let name = self.length_key(&arg.value, memory)?;
                Sum::number(1).plus(
                    &Sum {
                        names: BTreeMap::from([(name, 1)]),
                        constant: 0,
                    },
                    1,
                )
            }),
            _ => None,
        };
        let end = count
            .and_then(|count| count.times(copy.unit))
            .zip(from)
            .and_then(|(count, from)| count.plus(&from, 1));
        let over = end.and_then(|end| end.above(size))?;
        self.over(Some(over), base, true, span);
        Some(over <= 0)
    }

    /// `copy(to, &from[i], n - i)`: where it stops reading, if that does not depend on `i`.
    pub fn exact_end(&self, from: &Expr, copy: &Copy, args: &[Arg], memory: &Memory) -> Option<i128> {
        let (base, by) = match &strip(from).kind {
            ExprKind::Binary(op, base, by) if &**op == "+" => (&**base, &**by),
            ExprKind::Address(inner) => match &strip(inner).kind {
                ExprKind::Index(base, by) => (&**base, &**by),
                _ => return None,
            },
            _ => return None,
        };
        let start = self.look(base, memory).1?.offset.and_then(Range::exact)?;
        let count = self.sum(&args.get(copy.count?)?.value, memory)?.times(copy.unit)?;
        let end = self.sum(by, memory)?.times(self.element(base)?)?.plus(&count, 1)?;
        end.names.is_empty().then(|| start.checked_add(end.constant))?
    }

    fn over(&mut self, over: Option<i128>, base: &Expr, write: bool, span: Span) {
        let Some(over) = over.filter(|over| *over > 0) else {
            return;
        };
        let kind = if write { Kind::WriteHeap } else { Kind::Read };
        let what = format!("{} is {over} bytes too small for what is used here", self.words(base));
        self.report("off-by-one", kind, span, None, what, 65);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn sizes_are_compared_by_the_names_they_are_made_of() {
        check(
            "a.c",
            "#include <stdlib.h>
#include <string.h>
char *join(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    char *out = malloc(n + m + 1);
    if (!out) return NULL;
    memcpy(out, a, n); /* SAFE: CWE-122 */
    out[n] = '/'; /* SAFE: CWE-122 */
    memcpy(out + n + 1, b, m); /* SAFE: CWE-122 */
    out[n + 1 + m] = 0; /* VULN: CWE-122 */
    return out;
}
char *twice(const char *a) {
    char *out = malloc(strlen(a));
    if (!out) return NULL;
    strcpy(out, a); /* VULN: CWE-122 */
    return out;
}
char *thrice(const char *a) {
    size_t n = strlen(a) + 1;
    char *out = malloc(n);
    if (!out) return NULL;
    strcpy(out, a); /* SAFE: CWE-122 */
    return out;
}
int *count(size_t n) {
    int *all = malloc(n * sizeof(int));
    if (!all) return NULL;
    all[n - 1] = 0; /* SAFE: CWE-122 */
    all[n] = 0; /* VULN: CWE-122 */
    return all;
}
int *grown(size_t n) {
    int *all = malloc(n * sizeof(int));
    if (!all) return NULL;
    n--;
    all[n] = 0; /* SAFE: CWE-122 */
    return all;
}
",
        );
    }
}
