//! Places in a buffer that grows: `at = memchr(b->data, c, n); grow(b); *at`.
//!
//! In: assignments, and calls that move what a structure names. Out: what is stale, for `views`. Deliberately absent:
//! buffers behind two pointers. Start at [`Walk::points_into`].

use crate::syntax::form::{Arg, Expr, ExprKind, Span};

use super::check::{called, strip};
use super::freed::part_of_param;
use super::library;
use super::memory::{Memory, Pointer};
use super::walk::{Effects, PARAMS, Walk};

impl<'a> Walk<'a> {
    /// `name = value`: whether the name points into what a structure names from now on.
    pub fn points_into(&mut self, name: &str, value: &Expr, memory: &mut Memory) {
        if self.cpp {
            return;
        }
        if memory.views.contains_key(name) {
            memory.views.remove(name);
        }
        let value = strip(value);
        let from = match &value.kind {
            ExprKind::Call { callee, args, .. } => {
                let search = called(callee);
                let finds = library::searches(&search) || matches!(search.as_str(), "memchr" | "memrchr");
                args.first().map(|arg| strip(&arg.value)).filter(|_| finds)
            }
            ExprKind::Binary(op, left, _) if &**op == "+" => Some(strip(left)),
            ExprKind::Address(inner) => match &strip(inner).kind {
                ExprKind::Index(base, _) => Some(strip(base)),
                _ => None,
            },
            _ => None,
        };
        let pointer = |expr: &Expr| {
            self.type_of(expr)
                .is_some_and(|hint| hint.contains('*') && !hint.contains('['))
        };
        if let Some(from) = from.filter(|from| matches!(from.kind, ExprKind::Field(..)) && pointer(from))
            && let Some(key) = self.key(from, memory)
        {
            memory.views.insert(name.to_owned(), (key.to_string(), None));
        }
    }

    /// `b->data = p`, where `p` is what `realloc` gave.
    pub fn grown(&mut self, key: &str, pointer: &Pointer, span: Span, memory: &mut Memory) {
        let grown = |id: &u32| {
            memory
                .objects
                .get(id)
                .is_some_and(|object| object.by.starts_with("realloc"))
        };
        if !pointer.objects.iter().any(grown) {
            return;
        }
        if let Some((param, path)) = part_of_param(key)
            && self.stack.is_empty()
        {
            self.effects.moves.insert((param, path.to_owned()));
        }
        self.moved_away(key, span, memory);
    }

    fn moved_away(&self, key: &str, span: Span, memory: &mut Memory) {
        if memory.views.values().any(|(container, _)| container == key) {
            for (_, at) in memory.views.values_mut().filter(|(container, _)| container == key) {
                at.get_or_insert(span);
            }
        }
    }

    /// A function may move what parts of its arguments point to.
    pub fn moves_parts(
        &mut self,
        effects: &Effects,
        args: &[Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) {
        for (at, path) in &effects.moves {
            let (Some(arg), Some(pointer)) = (args.get(*at), pointers.get(*at)) else {
                continue;
            };
            if let Some(id) = pointer
                .objects
                .first()
                .filter(|id| **id >= PARAMS && self.stack.is_empty())
            {
                self.effects.moves.insert(((id - PARAMS) as usize, path.clone()));
            }
            if let Some(key) = self.part_key(&arg.value, pointer, path, memory) {
                self.moved_away(&key, span, memory);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn a_place_in_a_buffer_does_not_outlive_its_growth() {
        check(
            "a.c",
            "#include <stdlib.h>
#include <string.h>
struct buf { char *data; size_t len, cap; };
static int grow(struct buf *b, size_t n) {
    char *p = realloc(b->data, n);
    if (!p) return -1;
    b->data = p;
    b->cap = n;
    return 0;
}
int one(struct buf *b) {
    char *at = memchr(b->data, ':', b->len);
    if (!at) return -1;
    if (grow(b, b->len + 1) < 0) return -1;
    at[1] = 0; /* VULN: CWE-416 */
    return 0;
}
int two(struct buf *b) {
    char *at = memchr(b->data, ':', b->len);
    size_t off;
    if (!at) return -1;
    off = at - b->data;
    if (grow(b, b->len + 1) < 0) return -1;
    at = b->data + off;
    at[1] = 0; /* SAFE: CWE-416 */
    return 0;
}
",
        );
    }
}
