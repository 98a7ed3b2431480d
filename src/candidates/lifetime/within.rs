//! Buffers that come with their length as another parameter: is the position looked after before it is used?
//!
//! In: comparisons, changes of counters, and elements being used. Out: mistakes. What is known is "`i` plus a margin
//! is below `n`"; a comparison that is not of this form is believed to be a full check. Deliberately absent: sums of
//! two variables, and lengths behind two calls. Start at [`Walk::measured`] for where lengths come from, and at
//! [`Walk::inside`] for what is asked of an element.

use std::collections::BTreeMap;

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Function, Literal, Span, Text};

use super::Kind;
use super::check::strip;
use super::memory::{Memory, Pointer, Range, pointee};
use super::touch::Use;
use super::walk::{Effects, PARAMS, Walk};

/// A margin that no index exceeds: the position was checked in a way that is not followed here.
const CHECKED: i128 = 1 << 40;

/// What a function says about its parameters: which of them are lengths, and which names it compares with what.
#[derive(Debug, Default, Clone)]
pub struct Measures {
    /// Name of the length, by position of the buffer.
    lengths: BTreeMap<usize, Text>,
    /// Pairs of names that one comparison holds.
    compared: Vec<(String, String)>,
    /// Every name in a comparison that has a size.
    pub limited: Vec<String>,
    /// Whether the end of a buffer is reckoned with as a pointer.
    ends: bool,
}

impl Measures {
    pub fn of(function: &Function) -> Self {
        let mut found = Self::default();
        for (at, pair) in function.params.windows(2).enumerate() {
            let [buffer, length] = pair else { continue };
            let bytes = buffer.hint.as_deref().is_some_and(bytes);
            let counts = length.hint.as_deref().is_some_and(whole) && counts(&length.name);
            if bytes && counts {
                found.lengths.insert(at, length.name.clone());
            }
        }
        let lengths: Vec<Text> = found.lengths.values().cloned().collect();
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Binary(op, left, right) = &expr.kind {
                    if matches!(&**op, "<" | "<=" | ">" | ">=" | "!=" | "==") {
                        found.comparison(op, left, right);
                    }
                    let adds = &**op == "+"
                        && matches!(&strip(right).kind, ExprKind::Name(name) if lengths.iter().any(|own| **own == **name));
                    found.ends |= adds && matches!(strip(left).kind, ExprKind::Name(_));
                }
            });
        });
        found
    }

    fn comparison(&mut self, op: &str, left: &Expr, right: &Expr) {
        let (a, b) = (mentioned(left), mentioned(right));
        for x in a.iter().chain(&b) {
            for y in a.iter().chain(&b).filter(|y| *y != x) {
                self.compared.push((x.clone(), y.clone()));
            }
        }
        let sizes = !matches!(op, "==" | "!=") || !nothing(right);
        self.limited.extend(a.into_iter().chain(b).filter(|_| sizes));
    }

    /// Positions of parameters that come with their length.
    pub fn buffers(&self) -> impl Iterator<Item = usize> {
        self.lengths.keys().copied()
    }

    /// Whether an argument says how much there is.
    pub fn tells(&self, arg: &Expr) -> bool {
        mentioned(arg)
            .iter()
            .any(|name| self.lengths.values().any(|own| **own == **name))
    }

    fn pairs(&self, a: &str, b: &str) -> bool {
        self.compared.iter().any(|(x, y)| x == a && y == b)
    }
}

impl<'a> Walk<'a> {
    /// Name of the length of what a pointer points to, where both came in together.
    fn length_of(&self, pointer: &Pointer) -> Option<&Text> {
        let (Some(id), 1, false) = (pointer.objects.first(), pointer.objects.len(), pointer.other) else {
            return None;
        };
        let at = id.checked_sub(PARAMS)? as usize;
        self.measures.lengths.get(&at).filter(|_| self.vouched == 0)
    }

    /// `i + c`: the name and the number.
    fn linear(&self, expr: &Expr, memory: &Memory) -> Option<(Text, i128)> {
        let expr = strip(expr);
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Field(..) => Some((self.key(expr, memory)?, 0)),
            ExprKind::Unary(op, inner) if op.contains("++") || op.contains("--") => {
                // By now the counter has moved on.
                let (key, by) = self.linear(inner, memory)?;
                let post = expr.span.start == inner.span.start;
                let step = if op.contains("++") { -1 } else { 1 };
                Some((key, if post { by + step } else { by }))
            }
            ExprKind::Binary(op, left, right) if matches!(&**op, "+" | "-") => {
                let (a, b) = (self.range(left, memory).exact(), self.range(right, memory).exact());
                match (&**op, a, b) {
                    (_, None, Some(by)) => {
                        let (key, own) = self.linear(left, memory)?;
                        Some((key, if &**op == "+" { own + by } else { own - by }))
                    }
                    ("+", Some(by), None) => {
                        let (key, own) = self.linear(right, memory)?;
                        Some((key, own + by))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the function holds both against each other: which of them is larger is known where it matters.
    pub fn compares(&self, left: &Expr, right: &Expr) -> bool {
        let (Some(a), Some(b)) = (names::dotted(strip(left)), names::dotted(strip(right))) else {
            return false;
        };
        Measures::of(self.function).pairs(&a, &b)
    }

    /// Whether a counter is known to stay below a length: then one more is no overflow.
    pub fn looked_after(&self, expr: &Expr, memory: &Memory) -> bool {
        !memory.within.is_empty()
            && self
                .linear(expr, memory)
                .is_some_and(|(key, _)| memory.within.keys().any(|(i, _)| *i == key))
    }

    /// `n - 8` of a length that may be smaller.
    pub fn less_than_there_is(&mut self, left: &Expr, right: &Expr, span: Span, memory: &Memory) {
        let Some((n, 0)) = self.linear(left, memory) else {
            return;
        };
        let length = self.stack.is_empty() && self.measures.lengths.values().any(|own| *own == n);
        let unsigned = self.int_type(left).is_some_and(|kind| !kind.signed);
        let Some(by) = self
            .range(right, memory)
            .exact()
            .filter(|by| *by > 0 && length && unsigned)
        else {
            return;
        };
        let uncalled = self.scene.graph.callers(self.unit).is_empty();
        let compared = memory.within.keys().any(|(_, own)| *own == n) || self.head.is_some();
        if self.least(&n, memory) >= by || !uncalled || compared {
            return;
        }
        let what = format!("{n} may be less than {by}, and the difference is huge then");
        self.report("wraps", Kind::Under, span, None, what, 40);
    }

    /// What a comparison that holds says about a position and a length.
    pub fn relate(&self, op: &str, left: &Expr, right: &Expr, memory: &mut Memory) {
        if self.measures.lengths.is_empty() || !self.stack.is_empty() {
            return;
        }
        let (small, large, strict) = match op {
            "<" => (left, right, true),
            "<=" => (left, right, false),
            ">" => (right, left, true),
            ">=" => (right, left, false),
            "!=" => (left, right, true),
            _ => return,
        };
        let length = |key: &str| self.measures.lengths.values().any(|name| **name == *key);
        // What stays below a number that outsiders choose goes as far as they like.
        if let (Some((i, 0)), Some(origin)) = (self.linear(small, memory), self.origin(large, memory))
            && !length(&i)
            && !memory.outside.contains_key(&i)
            && self.range(large, memory).high >= 255
        {
            memory.outside.insert(i, origin);
        }
        // What is below a position that is below the length is so too.
        if let (Some((i, 0)), Some((x, 0))) = (self.linear(small, memory), self.linear(large, memory)) {
            let known = memory.within.iter().filter(|((own, _), _)| *own == x);
            let passed: Vec<_> = known
                .map(|((_, n), margin)| ((i.clone(), n.clone()), *margin))
                .collect();
            for (pair, margin) in passed.into_iter().filter(|((i, n), _)| i != n) {
                memory.within.entry(pair).or_insert(margin + i128::from(strict));
            }
        }
        let below = match (self.linear(small, memory), self.linear(large, memory)) {
            (Some((i, c)), Some((n, d))) if length(&n) && i != n => Some((i, n, c - d - i128::from(!strict))),
            _ => self.rest(small, large, strict, memory),
        };
        if let Some((i, n, margin)) = below {
            let known = memory.within.entry((i, n)).or_insert(margin);
            *known = (*known).max(margin);
            return;
        }
        // Something else is said about both: believed, whatever it is.
        let both: Vec<String> = mentioned(left).into_iter().chain(mentioned(right)).collect();
        for n in both.iter().filter(|name| length(name.as_str())) {
            for i in both.iter().filter(|name| !length(name)) {
                memory.within.insert((i.as_str().into(), n.as_str().into()), CHECKED);
            }
        }
    }

    /// `k <= n - i`
    fn rest(&self, small: &Expr, large: &Expr, strict: bool, memory: &Memory) -> Option<(Text, Text, i128)> {
        let ExprKind::Binary(op, n, i) = &strip(large).kind else {
            return None;
        };
        let k = self.range(small, memory).low;
        let (n, i) = (self.linear(n, memory)?, self.linear(i, memory)?);
        let length = self.measures.lengths.values().any(|name| *name == n.0);
        (&**op == "-" && length && n.1 == 0 && k != i128::MIN).then(|| (i.0, n.0, k + i.1 - i128::from(!strict)))
    }

    /// A counter moved: it is that much nearer to what it must stay below.
    pub fn moved_on(&self, key: &str, by: Option<i128>, memory: &mut Memory) {
        if memory.within.is_empty() {
            return;
        }
        memory.within.retain(|(i, n), margin| {
            if **n == *key {
                return false;
            }
            if **i == *key {
                let Some(by) = by else { return false };
                *margin -= by;
            }
            true
        });
    }

    /// Whoever is told a position may check it.
    pub fn told(&self, expr: &Expr, memory: &mut Memory) {
        if self.measures.lengths.is_empty() || !self.stack.is_empty() {
            return;
        }
        if !matches!(
            strip(expr).kind,
            ExprKind::Name(_) | ExprKind::Address(_) | ExprKind::Binary(..)
        ) {
            return;
        }
        for name in mentioned(expr) {
            for n in self.measures.lengths.values().filter(|n| ***n != *name) {
                memory.within.insert((name.as_str().into(), n.clone()), CHECKED);
            }
        }
    }

    /// One element of a buffer is used whose length came with it.
    pub fn inside(&mut self, using: &Use, key: &Expr, memory: &Memory) {
        if !self.stack.is_empty() || using.pointer.offset.and_then(Range::exact) != Some(0) || self.measures.ends {
            return;
        }
        let Some(n) = self.length_of(using.pointer).cloned() else {
            return;
        };
        let index = self.position(key, memory);
        if index.exact().is_some() || (index.high != i128::MAX && index.high < self.least(&n, memory)) {
            return;
        }
        let Some((i, by)) = self.linear(key, memory).filter(|(i, _)| *i != n) else {
            return;
        };
        let chosen = memory.outside.contains_key(&i);
        if !(chosen || self.measures.pairs(&i, &n))
            || memory
                .within
                .get(&(i.clone(), n.clone()))
                .is_some_and(|margin| *margin >= by)
        {
            return;
        }
        let what = format!("nothing here makes sure that {} is below {n}", self.words(key));
        self.beyond_length(using, what, 40);
    }

    /// A function uses so many bytes of what it is given, whatever there is.
    pub fn demanded(&mut self, effects: &Effects, args: &[Arg], pointers: &[Pointer], span: Span, memory: &Memory) {
        if !self.stack.is_empty() || args.iter().any(|arg| self.measures.tells(&arg.value)) {
            return;
        }
        for demand in &effects.demands {
            let (Some(pointer), Some(arg)) = (pointers.get(demand.param), args.get(demand.param)) else {
                continue;
            };
            let Some(offset) = pointer.offset.and_then(Range::exact) else {
                continue;
            };
            let (base, write) = (&arg.value, demand.write);
            let using = Use {
                base,
                pointer,
                write,
                span,
            };
            self.short_of(&using, Range::exactly(offset + demand.to), memory);
        }
    }

    /// Bytes up to a known one are used.
    pub fn short_of(&mut self, using: &Use, range: Range, memory: &Memory) {
        if !self.stack.is_empty() || self.measures.ends || range.high == i128::MAX || range.high <= 0 {
            return;
        }
        let exact = using.pointer.offset.and_then(Range::exact).is_some();
        let Some(n) = self.length_of(using.pointer).filter(|_| exact).cloned() else {
            return;
        };
        let least = self.least(&n, memory);
        self.fixed_position(using, range.high - 1, &n, least);
    }

    /// `data[3]`, with no look at how much there is.
    fn fixed_position(&mut self, using: &Use, at: i128, n: &str, least: i128) {
        let uncalled = self.scene.graph.callers(self.unit).is_empty();
        let looked = self.measures.compared.iter().any(|(x, _)| x == n) || self.measures.limited.iter().any(|x| x == n);
        let asked = self.mentions(n);
        // A length that is used and never compared may be one that the caller vouches for.
        if at < least || !uncalled || (asked && !looked) {
            return;
        }
        let what = format!(
            "{} has {n} bytes, and nothing says that there are {}",
            self.words(using.base),
            at + 1
        );
        self.beyond_length(using, what, 35);
    }

    fn beyond_length(&mut self, using: &Use, what: String, weight: u32) {
        let kind = if using.write { Kind::Write } else { Kind::Read };
        self.report("index-unchecked", kind, using.span, None, what, weight);
    }

    /// How large a length is at least.
    fn least(&self, n: &str, memory: &Memory) -> i128 {
        let known = memory.numbers.get(n).map_or(0, |range| range.low.max(0));
        known.max(i128::from(memory.nonzero.contains(n)))
    }

    fn mentions(&self, name: &str) -> bool {
        let mut found = false;
        names::walk(&self.function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                found |= matches!(&expr.kind, ExprKind::Name(own) if **own == *name)
            });
        });
        found
    }
}

fn mentioned(expr: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    names::descend(expr, &mut |part| match &part.kind {
        ExprKind::Name(name) => found.push(name.to_string()),
        ExprKind::Field(..) => found.extend(names::dotted(part)),
        _ => {}
    });
    found
}

/// Zero, null or a character: what a number is not limited by.
fn nothing(expr: &Expr) -> bool {
    match &strip(expr).kind {
        ExprKind::Literal(Literal::Number(text)) => &**text == "0",
        _ => literal(expr),
    }
}

pub fn literal(expr: &Expr) -> bool {
    matches!(strip(expr).kind, ExprKind::Literal(_))
}

/// `const uint8_t *`, `char *`: characters or bytes, and one pointer to them.
fn bytes(hint: &str) -> bool {
    let each = pointee(hint);
    let each = each.trim_start_matches("const ").trim();
    hint.matches('*').count() == 1
        && matches!(
            each,
            "char" | "unsigned char" | "uint8_t" | "u8" | "BYTE" | "byte" | "u_char" | "uchar" | "guint8" | "UINT8"
        )
}

fn whole(hint: &str) -> bool {
    !hint.contains(['*', '[', '&']) && super::arithmetic::int_of(hint.trim()).is_some_and(|kind| kind.bits >= 16)
}

/// Whether a parameter's name says that it is how much there is.
fn counts(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        &*name,
        "n" | "sz" | "cb" | "nbytes" | "avail" | "max" | "cap" | "limit" | "count" | "bytes" | "remaining"
    ) || ["len", "size", "length"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_position_that_moved_on_must_be_looked_at_again() {
        check(
            "a.c",
            "int one(const unsigned char *d, size_t n) {
    size_t i = 0; int s = 0;
    while (i < n) {
        int c = d[i++]; /* SAFE: CWE-125 */
        s += c + d[i++]; /* VULN: CWE-125 */
    }
    return s;
}
int two(const unsigned char *d, size_t n) {
    size_t i = 0; int s = 0;
    while (i + 1 < n) {
        int c = d[i++];
        s += c + d[i++]; /* SAFE: CWE-125 */
    }
    return s;
}
int three(const unsigned char *d, size_t n) {
    size_t i = 0; int s = 0;
    while (n - i >= 2) {
        s += d[i] + d[i + 1]; /* SAFE: CWE-125 */
        s += d[i + 2]; /* VULN: CWE-125 */
        i += 2;
    }
    return s;
}
",
        );
    }

    #[test]
    fn a_header_is_read_only_where_there_is_one() {
        check(
            "a.c",
            "static unsigned get(const unsigned char *p) { return p[0] << 8 | p[1]; }
int one(const unsigned char *d, size_t len) {
    if (len < 2) return 0;
    return d[0] + d[1] /* SAFE: CWE-125 */
        + d[2]; /* VULN: CWE-125 */
}
int two(const unsigned char *d, size_t len) {
    return get(d); /* VULN: CWE-125 */
}
int three(const unsigned char *d, size_t len) {
    if (len < 2) return 0;
    return get(d); /* SAFE: CWE-125 */
}
int four(const unsigned char *d, size_t len) {
    unsigned count, i, sum = 0;
    if (len < 2) return 0;
    count = get(d);
    for (i = 0; i < count; i++)
        sum += d[2 + i]; /* VULN: CWE-125 */
    return sum;
}
",
        );
    }
}
