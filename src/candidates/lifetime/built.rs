//! `new`, `new[]` and placement: objects of C++, and who owns them.
//!
//! In: expressions with `new`, owners that are given a bare pointer, and memory that is freed. Out: objects, and
//! mistakes where two own the same. Deliberately absent: owners that are passed around. Start at [`Walk::constructed`].

use crate::syntax::form::{Arg, Expr, ExprKind, Span, StmtKind};

use super::Kind;
use super::check::{called, strip};
use super::memory::{Home, LIVE, Memory, Object, Pointer, Range, bytes_of};
use super::touch::Use;
use super::walk::Walk;

/// How an object was made that has an owner by now.
const OWNED: &str = "an owner";

impl<'a> Walk<'a> {
    pub fn constructed(&mut self, expr: &Expr, args: &'a [Arg], pointers: &[Pointer], memory: &mut Memory) -> Pointer {
        for pointer in pointers {
            self.hand_over(pointer, memory);
        }
        let text = self.scene.text(self.unit, expr.span);
        let Some(rest) = text.strip_prefix("new") else {
            return Pointer::unknown();
        };
        let array = text
            .find('[')
            .is_some_and(|open| text.find('(').is_none_or(|paren| open < paren));
        let ExprKind::Call { callee, .. } = &expr.kind else {
            return Pointer::unknown();
        };
        let kind = called(callee);
        let each = self.program.bytes(&kind);
        // `new (place) T` makes nothing: it uses memory that is there.
        if rest.trim_start().starts_with('(') {
            return self.placed(expr, rest, each, pointers, memory);
        }
        if let (true, Some(count)) = (array, args.first()) {
            self.amount("new[]", &count.value, true, expr.span, memory);
        }
        let size = match (array, args.first()) {
            (true, Some(count)) => self
                .range(&count.value, memory)
                .exact()
                .zip(each)
                .and_then(|(count, each)| count.checked_mul(each)),
            _ => each,
        };
        let plain = args.is_empty() || array;
        let built = bytes_of(&kind).is_none() && self.program.shape(&kind).is_none_or(|shape| shape.built);
        let object = Object {
            filled: (plain && !built && !text.ends_with(')') && !text.ends_with('}')).then_some(0),
            ..self.object(Home::Heap, LIVE, size, expr.span, if array { "new[]" } else { "new" })
        };
        self.keep(expr.span, object, memory)
    }

    /// `new (place) T`: there must be room for a `T`.
    fn placed(
        &mut self,
        expr: &Expr,
        rest: &str,
        each: Option<i128>,
        pointers: &[Pointer],
        memory: &mut Memory,
    ) -> Pointer {
        let inside = rest
            .trim_start()
            .trim_start_matches('(')
            .split(')')
            .next()
            .unwrap_or_default()
            .trim();
        let named = || memory.pointers.get(&self.name_key(&inside.into())).cloned();
        let Some(pointer) = named().or_else(|| pointers.first().cloned()) else {
            return Pointer::unknown();
        };
        if let (Some(each), Some(offset)) = (each, pointer.offset) {
            let using = Use {
                base: expr,
                pointer: &pointer,
                write: true,
                span: expr.span,
            };
            let end = offset.plus(Range::exactly(each)).high;
            self.extent(
                &using,
                Range {
                    low: offset.low,
                    high: end,
                },
                "index-unchecked",
                memory,
            );
        }
        pointer
    }

    /// `std::unique_ptr<T>(raw)`, `owner.reset(raw)`: from now on the owner frees it.
    pub fn owned(&mut self, callee: &Expr, args: &[Arg], pointers: &[Pointer], span: Span, memory: &mut Memory) {
        let (Some(pointer), [arg]) = (pointers.first(), args) else {
            return;
        };
        let owner = match &callee.kind {
            ExprKind::Field(base, name) if &**name == "reset" => self.type_of(base).is_some_and(|hint| is_owner(&hint)),
            _ => is_owner(&called(callee)),
        };
        if !self.cpp || !owner || !matches!(strip(&arg.value).kind, ExprKind::Name(_)) {
            return;
        }
        let mut twice = false;
        memory.each(pointer, &mut |object, certain| {
            twice |= certain && &*object.by == OWNED;
            if certain && &*object.by == "new" {
                object.by = OWNED.into();
            }
        });
        if twice {
            let what = format!(
                "{} has two owners now, and each of them frees it",
                self.words(&arg.value)
            );
            self.report("double-free", Kind::Other, span, None, what, 65);
        }
    }

    /// What an owner only lends is freed: `delete p.get()`, or `delete raw` behind the owner's back.
    pub fn freed_beside_owner(&mut self, expr: &Expr, pointer: &Pointer, span: Span, memory: &Memory) {
        if !self.cpp {
            return;
        }
        let lent = match &strip(expr).kind {
            ExprKind::Call { callee, args, .. } if args.is_empty() => match &callee.kind {
                ExprKind::Field(base, name) if &**name == "get" => {
                    self.type_of(base).is_some_and(|hint| is_owner(&hint))
                }
                _ => false,
            },
            _ => false,
        };
        let owned = |id: &u32| memory.objects.get(id).is_some_and(|object| &*object.by == OWNED);
        if lent || (!pointer.other && pointer.objects.iter().any(owned)) {
            let what = format!("{} is freed here and once more by its owner", self.words(expr));
            self.report("double-free", Kind::Other, span, None, what, 65);
        }
    }

    /// `delete items_` of what every function of the class makes with `new[]`.
    pub fn mismatched_field(&mut self, expr: &Expr, by: &str, span: Span) {
        let name = match &strip(expr).kind {
            ExprKind::Name(name) => name,
            ExprKind::Field(_, name) => name,
            _ => return,
        };
        let Some(class) = self.function.class.filter(|_| self.cpp && by.starts_with("delete")) else {
            return;
        };
        let (mut one, mut many) = (false, false);
        let module = &self.scene.forest.modules[self.module];
        for function in module.functions.iter().filter(|function| function.class == Some(class)) {
            crate::flow::program::names::walk(&function.body, &mut |stmt| {
                let StmtKind::Assign { target, value, .. } = &stmt.kind else {
                    return;
                };
                let own = matches!(&strip(target).kind, ExprKind::Name(own) | ExprKind::Field(_, own) if own == name);
                let mut value = strip(value);
                if let ExprKind::Collection(items) = &value.kind
                    && let [(None, only)] = items.as_slice()
                {
                    value = strip(only);
                }
                if own && let ExprKind::Call { new: true, .. } = &value.kind {
                    let text = module_text(self.text, value.span);
                    let array = text.split('(').next().is_some_and(|head| head.contains('['));
                    one |= !array;
                    many |= array;
                }
            });
        }
        let wrong = match by {
            "delete" => many && !one,
            _ => one && !many,
        };
        if wrong {
            let made = if many { "new[]" } else { "new" };
            let what = format!("{name} comes from {made} and is given to {by}");
            self.report("invalid-free", Kind::Other, span, None, what, 65);
        }
    }
}

fn module_text(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// Types that free what they point to.
fn is_owner(name: &str) -> bool {
    ["unique_ptr", "shared_ptr", "scoped_ptr", "auto_ptr"]
        .iter()
        .any(|owner| name.contains(owner))
        && !name.contains("make_")
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn an_object_has_one_owner() {
        check(
            "a.cpp",
            "#include <memory>
struct Widget { int id; };
void take(Widget *w) { delete w; }
void one() {
    Widget *raw = new Widget();
    std::unique_ptr<Widget> a(raw);
    std::shared_ptr<Widget> b(raw); // VULN: CWE-415
}
void two() {
    Widget *raw = new Widget();
    std::unique_ptr<Widget> a(raw); // SAFE: CWE-415
}
void three() {
    auto w = std::make_unique<Widget>();
    take(w.get()); // VULN: CWE-415
}
void four() {
    auto w = std::make_unique<Widget>();
    take(w.release()); // SAFE: CWE-415
}
class Items {
  public:
    Items(int n) : all_(new int[n]), first_(new int(3)) {}
    ~Items() {
        delete all_; // VULN: CWE-590
        delete first_; // SAFE: CWE-590
    }
  private:
    int *all_;
    int *first_;
};
",
        );
    }
}
