//! Memory is given back: is it there, does it come from the heap, is it given back once?
//!
//! In: a pointer, by name or as an expression, and how it is freed. Out: mistakes, and what callers must know of what a
//! function frees below its parameters. A pointer of which nothing is known stands for an object of its own from the
//! moment it is freed. Start at [`Walk::release`].

use crate::syntax::form::{Expr, ExprKind, Span, Text};

use super::Kind;
use super::check::strip;
use super::memory::{FREED, Home, LIVE, Memory, Object, Pointer};
use super::tables::text;
use super::walk::{Effects, PARAMS, Walk};

/// Most parts of parameters that are remembered as freed.
const PARTS: usize = 16;

impl<'a> Walk<'a> {
    /// `free(p)`, `delete p`, `fclose(f)`
    pub fn release(&mut self, expr: &'a Expr, by: &str, span: Span, memory: &mut Memory) {
        let pointer = self.value(expr, memory);
        let pointer = match self.key(expr, memory) {
            Some(key) if named(expr) => self.stands_for(&key, pointer, by, span, LIVE, memory),
            _ => pointer,
        };
        self.freed_beside_owner(expr, &pointer, span, memory);
        self.mismatched_field(expr, by, span);
        let words = self.words(expr);
        self.given_back(&pointer, &words, by, span, memory);
    }

    /// The pointer, or a new object in its place where nothing is known of it.
    fn stands_for(
        &mut self,
        key: &Text,
        pointer: Pointer,
        by: &str,
        span: Span,
        state: u8,
        memory: &mut Memory,
    ) -> Pointer {
        let heap = matches!(
            by,
            "free" | "cfree" | "kfree" | "vfree" | "g_free" | "delete" | "delete[]"
        );
        if !heap || !pointer.objects.is_empty() || pointer.null || pointer.unset {
            return pointer;
        }
        let object = Object {
            escaped: true,
            ..self.object(Home::Heap, state, None, span, "elsewhere")
        };
        let mut pointer = self.keep(span, object, memory);
        pointer.offset = None;
        memory.pointers.insert(key.clone(), pointer.clone());
        pointer
    }

    /// What the pointer points to is given back.
    fn given_back(&mut self, pointer: &Pointer, words: &str, by: &str, span: Span, memory: &mut Memory) {
        for id in pointer.objects.iter().filter(|id| **id >= PARAMS) {
            self.effects.loosens.insert((id - PARAMS) as usize);
            self.effects
                .frees
                .entry((id - PARAMS) as usize)
                .or_insert_with(|| by.into());
        }
        let offset = pointer.offset;
        let mut news = Vec::new();
        let here = (self.unit, span);
        memory.each(pointer, &mut |object, certain| {
            let began = object.freed.map(|(unit, freed)| (unit, freed, "freed first"));
            let (unit, made) = object.made;
            if object.state & FREED != 0 {
                let half = object.state & LIVE != 0;
                if pointer.other || (half && object.home == Home::Handle) {
                    object.state = FREED;
                    return;
                }
                let weight = if half { 45 } else { 85 };
                news.push(("double-free", began, format!("{words} is freed twice"), weight));
            } else if matches!(object.home, Home::Stack | Home::Static | Home::Literal) && !pointer.other {
                let began = Some((unit, made, "not from the heap"));
                news.push((
                    "invalid-free",
                    began,
                    format!("{words} is freed and does not come from the heap"),
                    if certain { 75 } else { 45 },
                ));
            } else if certain && offset.is_some_and(|offset| offset.high > 0 && offset.low >= 0) {
                let began = Some((unit, made, "the start of it"));
                news.push((
                    "invalid-free",
                    began,
                    format!("{words} no longer points to the start of what is freed"),
                    70,
                ));
            } else if !pointer.other && mismatched(&object.by, by) {
                let began = Some((unit, made, "made here"));
                news.push((
                    "invalid-free",
                    began,
                    format!("{words} comes from {} and is given to {by}", object.by),
                    60,
                ));
            }
            object.state = if certain { FREED } else { object.state | FREED };
            object.freed = object.freed.or(Some(here));
        });
        news.retain(|(_, began, _, _)| self.beside(began.as_ref(), span));
        for (rule, began, what, weight) in news {
            self.report(rule, Kind::Other, span, began, what, weight);
        }
    }
    /// Whether both places are compiled together.
    pub fn beside(&self, began: Option<&(u32, Span, &'static str)>, span: Span) -> bool {
        began.is_none_or(|(unit, earlier, _)| *unit != self.unit || !other_branch(self.text, *earlier, span))
    }

    /// What of its parameters the function has freed where it ends, and not set anew.
    pub fn freed_parts(&mut self, last: &Memory) {
        let gone = |pointer: &Pointer| {
            let mut all = pointer.objects.iter().map(|id| memory_state(last, *id));
            !pointer.other && !pointer.null && !pointer.objects.is_empty() && all.all(|state| state == FREED)
        };
        // A function that says whether it failed may have freed them for that.
        let silent = self.function.returns.as_deref() == Some("void");
        let parts = last.pointers.starting("#f").iter();
        for (name, _) in parts.filter(|(_, pointer)| gone(pointer)) {
            let Some((param, path)) = part_of_param(name) else {
                continue;
            };
            if silent && self.effects.frees_parts.len() < PARTS && !path.is_empty() {
                self.effects.frees_parts.push((param, path.to_owned()));
            }
        }
        let text = self.scene.text(self.unit, self.function.span);
        let counts = text.contains("--") || text.contains("ref") || text.contains("Ref");
        if self.function.returns.as_deref() == Some("void") && !counts {
            let some = self
                .effects
                .loosens
                .iter()
                .filter(|at| !self.effects.frees.contains_key(at));
            self.effects.may_free = some.copied().collect();
        }
    }

    /// A function frees parts of what it is given; gives their names, which are not to be forgotten with the rest.
    pub fn parts_released(
        &mut self,
        effects: &Effects,
        args: &'a [crate::syntax::form::Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) -> Vec<(Text, Pointer)> {
        let mut gone = Vec::new();
        for (at, path) in &effects.frees_parts {
            let (Some(arg), Some(pointer)) = (args.get(*at), pointers.get(*at)) else {
                continue;
            };
            let Some(key) = self.part_key(&arg.value, pointer, path, memory) else {
                continue;
            };
            let known = memory.pointers.get(&key).cloned().unwrap_or_else(Pointer::unknown);
            let known = self.stands_for(&key, known, "free", span, LIVE, memory);
            let words = format!("{}{}", self.words(&arg.value), path.replacen('.', "->", 1));
            self.given_back(&known, &words, "free", span, memory);
            gone.push((key, known));
        }
        gone
    }

    /// Functions that free what they are given on some of their ways, and do not say whether they did.
    pub fn perhaps_released(
        &mut self,
        effects: &Effects,
        args: &'a [crate::syntax::form::Arg],
        pointers: &[Pointer],
        span: Span,
        memory: &mut Memory,
    ) {
        for at in &effects.may_free {
            let (Some(arg), Some(pointer)) = (args.get(*at), pointers.get(*at)) else {
                continue;
            };
            let key = self.key(&arg.value, memory).filter(|_| named(&arg.value));
            let Some(key) = key else { continue };
            let known = self.stands_for(&key, pointer.clone(), "free", span, LIVE, memory);
            let here = (self.unit, span);
            memory.each(&known, &mut |object, certain| {
                if certain && object.home == Home::Heap {
                    object.state |= FREED;
                    object.freed = object.freed.or(Some(here));
                }
            });
            memory.pointers.insert(key, known);
        }
    }

    /// The name of a part of what an argument points to.
    pub fn part_key(&self, arg: &Expr, pointer: &Pointer, path: &str, memory: &Memory) -> Option<Text> {
        if let (Some(id), 1, false) = (pointer.objects.first(), pointer.objects.len(), pointer.other) {
            return Some(text(&[&memory.objects.get(id)?.place, path]));
        }
        let plain = named(arg) && pointer.objects.is_empty();
        Some(text(&[&self.key(arg, memory).filter(|_| plain)?, "@", path]))
    }
}

/// Whether the later place stands in another branch of the preprocessor than the earlier one.
pub fn other_branch(text: &str, earlier: Span, later: Span) -> bool {
    let Some(between) = text.get(earlier.end as usize..later.start as usize) else {
        return false;
    };
    let mut depth = 0;
    for line in between.lines().filter_map(|line| line.trim_start().strip_prefix('#')) {
        let word = line.trim_start();
        if word.starts_with("if") {
            depth += 1;
        } else if word.starts_with("endif") {
            depth -= 1;
        } else if word.starts_with("el") && depth == 0 {
            return true;
        }
        if depth < 0 {
            return false;
        }
    }
    false
}

fn memory_state(memory: &Memory, id: u32) -> u8 {
    memory.objects.get(&id).map_or(0, |object| object.state)
}

/// `#f0000001.head`: the parameter and what follows.
pub fn part_of_param(name: &str) -> Option<(usize, &str)> {
    let rest = name.strip_prefix('#')?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    let id = u32::from_str_radix(&rest[..end], 16).ok()?;
    Some((id.checked_sub(PARAMS)? as usize, &rest[end..]))
}

/// A variable or a part of one, other than the object itself.
fn named(expr: &Expr) -> bool {
    match &strip(expr).kind {
        ExprKind::Name(name) => &**name != "this",
        ExprKind::Field(base, _) => matches!(&strip(base).kind, ExprKind::Name(_)) || named(base),
        ExprKind::Deref(inner) => named(inner),
        _ => false,
    }
}

/// Ways of making and freeing that do not belong together.
fn mismatched(made: &str, freed: &str) -> bool {
    let family = |by: &str| match by {
        "new" | "delete" => 1,
        "new[]" | "delete[]" => 2,
        "malloc" | "calloc" | "realloc" | "strdup" | "wcsdup" | "free" => 3,
        "fopen" | "freopen" | "fclose" => 4,
        "popen" | "pclose" | "_popen" | "_pclose" => 5,
        _ => 0,
    };
    let (made, freed) = (family(made), family(freed));
    made != 0 && freed != 0 && made != freed
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn what_is_freed_is_gone_wherever_it_came_from() {
        check(
            "a.c",
            "#include <stdlib.h>
struct node { struct node *next; char *key; };
struct list { struct node *head; char *buf; int n; };
static void drop(struct node *n) { free(n->key); free(n); }
void one(struct list *l) {
    struct node *n = l->head;
    while (n) {
        drop(n);
        n = n->next; /* VULN: CWE-416 */
    }
}
void two(struct list *l) {
    struct node *n = l->head;
    while (n) {
        struct node *next = n->next;
        drop(n);
        n = next; /* SAFE: CWE-416 */
    }
    free(l->head->key); /* SAFE: CWE-415 */
}
static void reset(struct list *l) { free(l->buf); l->n = 0; }
static void clear(struct list *l) { free(l->buf); l->buf = NULL; }
int three(struct list *l, int bad) {
    reset(l);
    if (bad) {
        reset(l); /* VULN: CWE-415 */
        return -1;
    }
    l->buf = malloc(8);
    return 0;
}
int four(struct list *l, int bad) {
    clear(l);
    if (bad) {
        clear(l); /* SAFE: CWE-415 */
        return -1;
    }
    return 0;
}
static void cut(struct list *l, struct node *n) {
    struct node **p;
    for (p = &l->head; *p; p = &(*p)->next) {
        if (*p == n) {
            *p = n->next;
            free(n);
            return;
        }
    }
}
void five(struct list *l, struct node *from) {
    struct node *n = from->next;
    cut(l, n);
    l->n = n->next != NULL; /* VULN: CWE-416 */
}
",
        );
    }
}
