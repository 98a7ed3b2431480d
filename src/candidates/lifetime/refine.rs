//! What a condition says about pointers and numbers in the branch it leads to.
//!
//! In: a condition and the way it turned out. Out: changes of the [`Memory`]. Start at [`Walk::refine`].

use crate::syntax::form::{Expr, ExprKind, Literal};

use super::library;
use super::memory::{Home, MAYBE_NULL, Memory, Pointer};
use super::walk::{PARAMS, Walk};

impl<'a> Walk<'a> {
    /// What holds when `cond` turned out as `truth`.
    pub fn refine(&mut self, cond: &'a Expr, truth: bool, memory: &mut Memory) {
        if memory.ended {
            return;
        }
        self.by_way(cond, truth, memory);
        if memory.ended {
            return;
        }
        match &cond.kind {
            ExprKind::Unary(op, inner) if &**op == "!" => self.refine(inner, !truth, memory),
            ExprKind::Binary(op, left, right) if matches!(&**op, "&&" | "||") => {
                let behind = self.behind(right, memory);
                if truth == (&**op == "&&") {
                    match behind {
                        Some(inside) => *memory = inside,
                        None => self.refine(left, truth, memory),
                    }
                    self.refine(right, truth, memory);
                } else {
                    let known = behind.is_some();
                    let mut other = behind.unwrap_or_else(|| memory.clone());
                    self.refine(left, truth, memory);
                    if !known {
                        self.refine(left, !truth, &mut other);
                    }
                    self.refine(right, truth, &mut other);
                    memory.join(&other);
                }
            }
            ExprKind::Binary(op, left, right) => {
                if let Some(failed) = self.handle_test(op, left, right, memory) {
                    self.assume_null(left, failed == truth, memory);
                } else if let Some((pointer, null)) = self.null_test(left, right, memory) {
                    let equal = match &**op {
                        "==" => truth,
                        "!=" => !truth,
                        _ => return,
                    };
                    self.assume_null(pointer, equal == null, memory);
                } else if matches!(&**op, "==" | "!=") && self.same(left, right, (&**op == "==") == truth, memory) {
                    // Two pointers: what the one cannot be is known now.
                } else if !self.narrow(op, left, right, truth, memory) {
                    memory.ended = true;
                }
            }
            ExprKind::Assign(target, _) => self.refine(target, truth, memory),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.refine(&parts[0], truth, memory),
            ExprKind::Cast(_, inner) => self.refine(inner, truth, memory),
            _ => {
                if let Some(asked) = self
                    .key(cond, memory)
                    .and_then(|key| self.conditions.get(&key).copied())
                {
                    self.refine(asked, truth, memory);
                    return;
                }
                if let Some(key) = self.key(cond, memory).filter(|_| truth) {
                    memory.nonzero.insert(key);
                }
                self.assume_null(cond, !truth, memory);
            }
        }
    }

    /// `p == buffer`, `p != buffer`: one of the objects that `p` may point to stays or goes. False where neither is a
    /// pointer to something known.
    fn same(&mut self, left: &Expr, right: &Expr, equal: bool, memory: &mut Memory) -> bool {
        let (a, b) = (self.look(left, memory), self.look(right, memory));
        let sides = [(a.0, a.1.clone(), b.1.clone()), (b.0, b.1, a.1)];
        let mut known = false;
        for (key, own, other) in sides {
            let (Some(key), Some(mut own), Some(other)) = (key, own, other) else {
                continue;
            };
            let Some(only) = other
                .objects
                .first()
                .copied()
                .filter(|_| other.objects.len() == 1 && !other.other)
            else {
                continue;
            };
            if own.objects.len() + usize::from(own.other) < 2 || !own.objects.contains(&only) {
                continue;
            }
            if equal {
                own.objects.retain(|id| *id == only);
                own.other = false;
            } else {
                own.objects.remove(&only);
            }
            memory.pointers.insert(key, own);
            known = true;
        }
        known
    }

    /// `fd == -1`, `fd < 0`, `fd >= 0` on the number of a handle: whether it says that there is none.
    fn handle_test(&self, op: &str, left: &Expr, right: &Expr, memory: &Memory) -> Option<bool> {
        let (_, pointer) = self.look(left, memory);
        let handle = |id: &u32| {
            memory
                .objects
                .get(id)
                .is_some_and(|object| object.home == Home::Handle && library::numbered(&object.by))
        };
        pointer.filter(|pointer| pointer.objects.iter().any(handle))?;
        match (op, self.range(right, memory).exact()?) {
            ("==" | "<=", -1) | ("<", 0) => Some(true),
            ("!=" | ">", -1) | (">=" | ">", 0) => Some(false),
            _ => None,
        }
    }

    /// `p == NULL` in either order: the pointer, and true.
    fn null_test<'e>(&self, left: &'e Expr, right: &'e Expr, memory: &Memory) -> Option<(&'e Expr, bool)> {
        let null = |expr: &Expr| match &expr.kind {
            ExprKind::Literal(Literal::Null) => true,
            ExprKind::Name(name) => matches!(&**name, "NULL" | "nullptr"),
            ExprKind::Literal(Literal::Number(text)) => &**text == "0",
            ExprKind::Cast(_, inner) => {
                matches!(&inner.kind, ExprKind::Literal(Literal::Number(text)) if &**text == "0")
            }
            _ => false,
        };
        let pointed = |expr: &Expr| {
            self.key(expr, memory).is_some_and(|key| {
                memory.pointers.contains_key(&key)
                    && !memory.outside.contains_key(&key)
                    && !memory.numbers.contains_key(&key)
            })
        };
        if null(right) && pointed(left) {
            Some((left, true))
        } else if null(left) && pointed(right) {
            Some((right, true))
        } else {
            None
        }
    }

    fn assume_null(&mut self, expr: &'a Expr, null: bool, memory: &mut Memory) {
        let Some(key) = self.key(expr, memory) else { return };
        let Some(pointer) = memory.pointers.get(&key).cloned() else {
            return;
        };
        if null {
            let states = |id: &u32| memory.objects.get(id).map_or(0, |object| object.state);
            let given = |id: &u32| *id >= PARAMS;
            let possible = pointer.null
                || pointer.other
                || pointer.unset
                || pointer
                    .objects
                    .iter()
                    .any(|id| given(id) || states(id) & MAYBE_NULL != 0);
            if !possible {
                memory.ended = true;
                return;
            }
            self.lost(&pointer, memory);
            // This pointer points to nothing here, so what only it pointed to is not there.
            for id in &pointer.objects {
                if given(id) {
                    memory.each(&Pointer::to(*id), &mut |object, _| {
                        object.state = 0;
                        object.by = "checked parameter".into();
                    });
                } else if !memory
                    .pointers
                    .iter()
                    .any(|(other, held)| *other != key && held.objects.contains(id))
                {
                    memory.objects.remove(id);
                }
            }
            let nothing = Pointer {
                other: pointer.other,
                ..Pointer::nothing()
            };
            memory.pointers.insert(key, nothing);
        } else {
            if pointer.null && pointer.objects.is_empty() && !pointer.other && !pointer.unset {
                memory.ended = true;
                return;
            }
            memory.each(&pointer, &mut |object, _| {
                object.state &= !MAYBE_NULL;
                object.escaped |= false;
            });
            for id in pointer.objects.iter().filter(|id| **id >= PARAMS) {
                if let Some(object) = memory.objects.get_mut(id) {
                    object.by = "checked parameter".into();
                }
            }
            memory.pointers.insert(key, Pointer { null: false, ..pointer });
        }
    }
}
