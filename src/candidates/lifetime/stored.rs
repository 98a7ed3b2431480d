//! What an assignment says besides the new value: room for a pointer only, the text that an array begins with, a block
//! that was moved over its own name.
//!
//! In: both sides of an assignment. Out: mistakes, and what is known of texts. Start at [`Walk::filled`].

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Literal, StmtKind};

use super::Kind;
use super::check::{called, strip};
use super::memory::{Home, LIVE, MAYBE_NULL, Memory, Object, Pointer, Range, pointee};
use super::walk::{Walk, characters};

/// How a block was made that may have been lost when it was to grow.
const OVER_ITSELF: &str = "realloc over its own name";

impl<'a> Walk<'a> {
    /// `p = malloc(sizeof(p))`: room for a pointer, and not for what it points to.
    pub fn pointer_sized(&mut self, target: &Expr, value: &Expr, _memory: &Memory) {
        let ExprKind::Call { callee, args, .. } = &strip(value).kind else {
            return;
        };
        if !matches!(&*called(callee), "malloc" | "calloc" | "realloc" | "alloca") {
            return;
        }
        let single = self.type_of(target).is_some_and(|hint| {
            let inner = pointee(&hint);
            hint.contains('*') && !inner.contains('*') && self.program.bytes(inner) != Some(8)
        });
        let name = self.words(target);
        for arg in args.iter().filter(|_| single) {
            let mut parts = vec![strip(&arg.value)];
            while let Some(part) = parts.pop() {
                match &part.kind {
                    ExprKind::Binary(_, left, right) => parts.extend([strip(left), strip(right)]),
                    ExprKind::Call { callee, args, .. } if called(callee) == "sizeof" => {
                        let of = args.first().map(|arg| self.words(strip(&arg.value)));
                        if of.is_some_and(|of| of.trim_matches(['(', ')', ' ']) == name) {
                            let what = format!("sizeof {name} is the size of a pointer, not of what it points to");
                            self.report("pointer-size", Kind::Other, part.span, None, what, 70);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// `char buf[n] = "text"`
    pub fn filled(&self, key: &str, value: &Expr, from: &Pointer, memory: &mut Memory) {
        let text = match &value.kind {
            ExprKind::Literal(Literal::Str(text)) => Some(Range::exactly(characters(text))),
            ExprKind::Collection(items) => (items.len() <= 1).then_some(Range::exactly(0)),
            _ => self.text_of(value, memory).or_else(|| {
                let object = from.objects.iter().next().and_then(|id| memory.objects.get(id));
                object.and_then(|object| object.text)
            }),
        };
        if let Some(pointer) = memory.pointers.get(key).cloned() {
            memory.each(&pointer, &mut |object, _| {
                object.text = text;
                object.filled = None;
            });
        }
    }

    /// `p = realloc(p, n)`: where there was no room, what `p` pointed to is lost.
    pub fn moved_over(&mut self, target: &Expr, value: &Expr, pointer: &Pointer, memory: &mut Memory) {
        let ExprKind::Call { callee, args, .. } = &strip(value).kind else {
            return;
        };
        let own = |arg: &Expr| self.words(strip(arg)) == self.words(target);
        if called(callee) != "realloc" || !args.first().is_some_and(|arg| own(&arg.value)) || self.copied_from(target) {
            return;
        }
        memory.each(pointer, &mut |object, certain| {
            if certain && object.state & MAYBE_NULL != 0 {
                object.by = OVER_ITSELF.into();
            }
        });
    }

    /// Whether another name has what the target points to.
    fn copied_from(&self, target: &Expr) -> bool {
        let name = self.words(target);
        let mut found = false;
        names::walk(&self.function.body, &mut |stmt| {
            if let StmtKind::Assign {
                value,
                augmented: false,
                ..
            } = &stmt.kind
            {
                found |= self.words(strip(value)) == name;
            }
        });
        found
    }

    /// A pointer is null here: the block that it pointed to before it was to grow has no name any more.
    pub fn lost(&mut self, pointer: &Pointer, memory: &mut Memory) {
        let grown = |id: &u32| memory.objects.get(id).filter(|object| &*object.by == OVER_ITSELF);
        let Some((unit, span)) = pointer.objects.iter().find_map(grown).map(|object| object.made) else {
            return;
        };
        let id = self.made_at(span) ^ 0x2000_0000;
        let object = Object {
            place: format!("#{id:x}").into(),
            made: (unit, span),
            ..self.object(Home::Heap, LIVE, None, span, "realloc")
        };
        memory.objects.insert(id, object);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_block_is_not_lost_when_it_cannot_grow() {
        check(
            "a.c",
            "#include <stdlib.h>
struct list { int *items; int n; };
int one(struct list *l, int n) {
    l->items = realloc(l->items, n); /* VULN: CWE-401 */
    if (l->items == NULL) return -1;
    return 0;
}
int two(struct list *l, int n) {
    int *p = realloc(l->items, n); /* SAFE: CWE-401 */
    if (p == NULL) return -1;
    l->items = p;
    return 0;
}
int three(struct list *l, int n) {
    l->items = realloc(l->items, n); /* SAFE: CWE-401 */
    if (l->items == NULL) abort();
    return 0;
}
",
        );
    }
}
