//! How long texts are, as far as conditions and assignments say it, and whether they end at all.
//!
//! In: `strlen(x)`, `x.size()`, variables that were given one of them, copies that may leave no terminator. Out: names
//! under which the state keeps the length, and mistakes where a text without an end is read. Deliberately absent:
//! lengths of texts behind two pointers. Start at [`Walk::measure`].

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span, Text};

use super::Kind;
use super::check::{called, strip};
use super::library;
use super::memory::{Memory, Pointer, Range};
use super::tables::text;
use super::walk::Walk;

/// What the name of a length ends with.
const LENGTH: &str = ".<length>";

impl<'a> Walk<'a> {
    /// `strlen(x)`, `x.size()`: the name under which the state keeps the number.
    pub fn measure(&self, expr: &Expr, memory: &Memory) -> Option<Text> {
        let ExprKind::Call { callee, args, .. } = &strip(expr).kind else {
            return None;
        };
        match (&callee.kind, args.as_slice()) {
            (ExprKind::Field(base, name), []) if matches!(&**name, "size" | "length") => {
                Some(text(&[&self.key(base, memory)?, LENGTH]))
            }
            (_, [only]) if matches!(&*called(callee), "strlen" | "wcslen") => self.length_key(&only.value, memory),
            _ => None,
        }
    }

    /// The name for the length of a text.
    pub fn length_key(&self, of: &Expr, memory: &Memory) -> Option<Text> {
        let (key, pointer) = self.look(strip(of), memory);
        if let Some(pointer) = pointer
            && let (Some(id), 1, false) = (pointer.objects.first(), pointer.objects.len(), pointer.other)
        {
            let whole = pointer.offset.and_then(Range::exact) == Some(0);
            return whole.then(|| Some(text(&[&memory.objects.get(id)?.place, LENGTH])))?;
        }
        Some(text(&[&key?, LENGTH]))
    }

    /// `n = strlen(x)`: what is said of the one is said of the other.
    pub fn measured_by(&self, key: &Text, value: &Expr, memory: &mut Memory) {
        if let Some(length) = self.measure(value, memory) {
            memory.measured.insert(key.clone(), length);
        }
    }

    /// A comparison has narrowed a number that is the length of a text.
    pub fn narrowed_length(&self, expr: &Expr, range: Range, memory: &mut Memory) {
        let named = || memory.measured.get(&self.key(strip(expr), memory)?).cloned();
        if range != Range::ANY
            && let Some(length) = self.measure(expr, memory).or_else(named)
        {
            let known = memory.numbers.get(&length).copied().unwrap_or(Range {
                low: 0,
                high: i128::MAX,
            });
            memory.numbers.insert(length, known.meet(range));
        }
    }

    /// `a + b` stays below something: so does each of them, by what the other one has at least.
    pub fn parts_of_sum(&self, expr: &Expr, limit: Range, memory: &mut Memory) {
        let ExprKind::Binary(op, left, right) = &strip(expr).kind else {
            return;
        };
        if &**op != "+" || limit.high == i128::MAX {
            return;
        }
        let least = |part: &Expr, memory: &Memory| {
            let unsigned = self.int_type(part).is_some_and(|kind| !kind.signed);
            let low = self.range(part, memory).low;
            if unsigned { low.max(0) } else { low }
        };
        for (part, other) in [(left, right), (right, left)] {
            let low = least(other, memory);
            if low == i128::MIN {
                continue;
            }
            let most = Range {
                low: i128::MIN,
                high: limit.high.saturating_sub(low),
            };
            let range = self.range(part, memory).meet(most);
            let named = matches!(strip(part).kind, ExprKind::Name(_) | ExprKind::Field(..));
            if let Some(key) = self
                .key(strip(part), memory)
                .filter(|_| named && range.low <= range.high)
            {
                memory.numbers.insert(key, range);
            }
            self.narrowed_length(part, range, memory);
        }
    }

    /// `ok = a < b`: a name for a condition, as long as what it is about stays as it is.
    pub fn condition(&mut self, key: &Text, value: &'a Expr) {
        let asks = |op: &str| matches!(op, "<" | "<=" | ">" | ">=" | "==" | "!=" | "&&" | "||");
        if !matches!(&strip(value).kind, ExprKind::Binary(op, ..) if asks(op)) {
            self.conditions.remove(key);
            return;
        }
        let mut steady = true;
        names::descend(value, &mut |part| match &part.kind {
            ExprKind::Name(name) => steady &= !super::rounds::changes(&self.function.body, name),
            ExprKind::Literal(_) | ExprKind::Binary(..) | ExprKind::Opaque(_) | ExprKind::Cast(..) => {}
            _ => steady = false,
        });
        if steady {
            self.conditions.insert(key.clone(), value);
        }
    }

    /// A copy may have left what it wrote without an end.
    pub fn ended(
        &self,
        name: &str,
        args: &[Arg],
        to: &Pointer,
        (text, bounded): (Option<Range>, Option<Range>),
        span: Span,
        memory: &mut Memory,
    ) {
        let Some(count) = bounded.filter(|count| count.low == count.high || count.high == i128::MAX) else {
            return;
        };
        let reads = matches!(name, "recv" | "read");
        let cut = matches!(name, "strncpy" | "stpncpy") && text.is_none_or(|text| text.high >= count.high);
        if to.offset.and_then(Range::exact) != Some(0) || !(reads || cut) || args.len() < 3 {
            return;
        }
        let here = (self.unit, span);
        memory.each(to, &mut |object, certain| {
            let full = object.size.is_some_and(|size| count.low >= size);
            let blank = object.filled == Some(0) && object.text.is_none();
            object.unended = (certain && object.size.is_some() && (full || (reads && blank))).then_some(here);
        });
    }

    /// A text is read up to an end that it may not have.
    pub fn endless(&mut self, expr: &Expr, from: &Pointer, span: Span, memory: &mut Memory) {
        let mut found = None;
        if from.other
            || !from
                .objects
                .iter()
                .any(|id| memory.objects.get(id).is_some_and(|own| own.unended.is_some()))
        {
            return;
        }
        memory.each(from, &mut |object, _| found = found.or(object.unended.take()));
        if let Some((unit, at)) = found {
            let what = format!("{} may have no terminator when it is read as a text", self.words(expr));
            let began = Some((unit, at, "written here, with no terminator"));
            self.report("index-unchecked", Kind::Read, span, began, what, 50);
        }
    }

    /// `printf("%s", x)` reads `x` to its end.
    pub fn shown_texts(&mut self, name: &str, args: &'a [Arg], pointers: &[Pointer], span: Span, memory: &mut Memory) {
        let Some(at) = library::format(name) else { return };
        let Some(ExprKind::Literal(Literal::Str(format))) = args.get(at).map(|arg| &strip(&arg.value).kind) else {
            return;
        };
        let format = format.replace("%%", "");
        for (field, place) in format.split('%').skip(1).zip(at + 1..) {
            if field.contains('*') {
                return;
            }
            if let (true, Some(arg), Some(pointer)) = (field.starts_with('s'), args.get(place), pointers.get(place)) {
                self.endless(&arg.value, pointer, span, memory);
            }
        }
    }

    /// A whole structure is sent where a part of it was never set.
    pub fn sent(&mut self, name: &str, args: &'a [Arg], span: Span, memory: &mut Memory) {
        let at = match name {
            "send" | "write" | "sendto" => 1,
            "fwrite" => 0,
            _ => return,
        };
        let Some(ExprKind::Address(inner)) = args.get(at).map(|arg| &strip(&arg.value).kind) else {
            return;
        };
        let (Some(key), ExprKind::Name(_)) = (self.key(inner, memory), &inner.kind) else {
            return;
        };
        let part = format!("{key}.");
        let unset = memory
            .pointers
            .starting(&part)
            .iter()
            .find(|(_, pointer)| pointer.unset && !pointer.other && !pointer.null && pointer.objects.is_empty());
        if let Some((field, _)) = unset {
            let what = format!(
                "{} is sent out, and nothing was stored in {}",
                self.words(inner),
                field.replace('~', " ")
            );
            self.report("uninitialised", Kind::Other, span, None, what, 55);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_text_whose_length_was_looked_at_fits() {
        check(
            "a.c",
            "#include <string.h>
struct user { char name[16]; int id; };
int one(struct user *u, const char *name) {
    if (strlen(name) >= sizeof(u->name)) return -1;
    strcpy(u->name, name); /* SAFE: CWE-122 */
    return 0;
}
int two(struct user *u, const char *name) {
    size_t n = strlen(name);
    if (n > 15) return -1;
    strcpy(u->name, name); /* SAFE: CWE-122 */
    return 0;
}
int three(struct user *u, const char *name) {
    if (strlen(name) > sizeof(u->name)) return -1;
    strcpy(u->name, name); /* VULN: CWE-122 */
    return 0;
}
",
        );
    }

    #[test]
    fn a_text_without_an_end_is_not_read_as_one() {
        check(
            "a.c",
            "#include <string.h>
#include <stdio.h>
#include <unistd.h>
void one(const char *from) {
    char a[8];
    strncpy(a, from, sizeof(a));
    printf(\"%s\", a); /* VULN: CWE-126 */
}
void two(const char *from) {
    char a[8];
    strncpy(a, from, sizeof(a));
    a[7] = 0;
    printf(\"%s\", a); /* SAFE: CWE-126 */
}
int three(int fd) {
    char a[64];
    long n = read(fd, a, sizeof(a) - 1);
    if (n <= 0) return 0;
    return strlen(a); /* VULN: CWE-126 */
}
int four(int fd) {
    char a[64];
    long n = read(fd, a, sizeof(a) - 1);
    if (n <= 0) return 0;
    a[n] = 0;
    return strlen(a); /* SAFE: CWE-126 */
}
int five(int fd) {
    char a[64] = {0};
    long n = read(fd, a, sizeof(a) - 1);
    return strlen(a); /* SAFE: CWE-126 */
}
struct reply { int status; int flags; };
void six(int fd) {
    struct reply r;
    r.status = 1;
    write(fd, &r, sizeof(r)); /* VULN: CWE-457 */
}
void seven(int fd) {
    struct reply r;
    memset(&r, 0, sizeof(r));
    r.status = 1;
    write(fd, &r, sizeof(r)); /* SAFE: CWE-457 */
}
",
        );
    }
}
