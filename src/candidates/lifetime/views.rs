//! What C++ objects own and others only look at: texts that end with their statement, iterators and references into
//! containers that move, owners that were moved from.
//!
//! In: assignments, calls of methods and loops of C++. Out: mistakes. Deliberately absent: containers behind pointers,
//! and views kept in fields. Start at [`Walk::viewed`].

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span, Stmt, StmtKind, Text};

use super::Kind;
use super::check::{called, strip};
use super::memory::{Memory, Pointer};
use super::walk::Walk;

/// Methods after which elements may lie elsewhere.
const MOVES: [&str; 12] = [
    "push_back",
    "emplace_back",
    "insert",
    "emplace",
    "erase",
    "clear",
    "resize",
    "reserve",
    "shrink_to_fit",
    "append",
    "assign",
    "pop_back",
];
/// Methods that give a place in the container.
const PLACES: [&str; 9] = ["begin", "end", "front", "back", "data", "at", "find", "c_str", "rbegin"];

impl<'a> Walk<'a> {
    /// `hint name = value`, or `name = value`.
    pub fn viewed(&mut self, name: &str, hint: Option<&Text>, value: &Expr, span: Span, memory: &mut Memory) {
        if !self.cpp {
            return;
        }
        if memory.views.contains_key(name) {
            memory.views.remove(name);
        }
        let value = strip(value);
        let hint = hint.map(|hint| &**hint).unwrap_or_default();
        if self.temporary(hint, value) {
            let what = format!("{name} looks into a text that is gone after this statement");
            self.report("use-after-free", Kind::Other, span, None, what, 55);
        }
        let declared = self.scene.text(self.unit, span);
        let left = declared.split('=').next().unwrap_or_default();
        // A pointer that is an element is copied, and lies where it lay.
        let address = left.contains('*') && matches!(value.kind, ExprKind::Address(_));
        let place = left.contains('&') || address || left.contains("iterator") || iterator(value);
        if let Some(container) = held(value).filter(|_| place)
            && self.moves(&container)
            && !self.reserved(&container)
        {
            memory.views.insert(name.to_owned(), (container, None));
        }
        if called_last(value).is_some_and(|last| last == "make_unique") {
            self.hints.insert(name.to_owned(), "std::unique_ptr".into());
        }
    }

    fn temporary(&self, hint: &str, value: &Expr) -> bool {
        if hint.contains("string_view") {
            return self.makes_text(value);
        }
        let characters = hint.contains("char") && hint.contains('*');
        let ExprKind::Call { callee, .. } = &value.kind else {
            return false;
        };
        let ExprKind::Field(inner, method) = &callee.kind else {
            return false;
        };
        characters && matches!(&**method, "c_str" | "data") && self.makes_text(inner)
    }

    /// Whether the expression makes a text that nobody keeps.
    fn makes_text(&self, expr: &Expr) -> bool {
        let expr = strip(expr);
        match &expr.kind {
            ExprKind::Binary(op, left, right) => {
                let text = |side: &Expr| matches!(strip(side).kind, ExprKind::Literal(Literal::Str(_)));
                &**op == "+" && (text(left) != text(right) || self.makes_text(left) || self.makes_text(right))
            }
            ExprKind::Call { callee, .. } => {
                let targets = self.targets(expr.span);
                if let [only] = targets[..] {
                    let returns = self.scene.function(only).returns.as_deref().unwrap_or_default();
                    return returns.contains("string") && !returns.contains(['&', '*']) && !returns.contains("view");
                }
                let known = [
                    "str",
                    "substr",
                    "to_string",
                    "toStdString",
                    "toUtf8",
                    "toLocal8Bit",
                    "toLatin1",
                ];
                let own = called(callee);
                let prototype = || {
                    let name = own.rsplit('.').next().unwrap_or_default();
                    !name.is_empty() && self.text.contains(&format!("std::string {name}("))
                };
                called_last(expr).is_some_and(|last| known.contains(&last.as_str())) || own == "string" || prototype()
            }
            _ => false,
        }
    }

    /// Whether elements of the container move when it grows.
    fn moves(&self, container: &str) -> bool {
        let field = || self.program.fields.get(container);
        let hint = self
            .hints
            .get(container)
            .or_else(field)
            .map(|hint| &**hint)
            .unwrap_or_default();
        ["vector", "string", "deque", "QList", "QVector", "QString"]
            .iter()
            .any(|kind| hint.contains(kind))
            && !hint.contains("view")
    }

    fn reserved(&self, container: &str) -> bool {
        let text = self.scene.text(self.unit, self.function.span);
        text.contains(&format!("{container}.reserve("))
    }

    /// `container.push_back(x)`
    pub fn container_changed(&self, callee: &Expr, span: Span, memory: &mut Memory) {
        let ExprKind::Field(base, method) = &callee.kind else {
            return;
        };
        if !self.cpp || memory.views.is_empty() || !MOVES.contains(&&**method) {
            return;
        }
        let Some(name) = names::dotted(base) else { return };
        for (_, at) in memory.views.values_mut().filter(|(container, _)| *container == name) {
            at.get_or_insert(span);
        }
    }

    /// A name is read that may point to where an element was.
    pub fn stale(&mut self, name: &str, expr: &Expr, memory: &mut Memory) {
        let Some((container, Some(at))) = memory.views.get(name).cloned() else {
            return;
        };
        memory.views.remove(name);
        let what = format!("{name} points into {container}, whose elements may have moved");
        let began = Some((self.unit, at, "changed here"));
        self.report("use-after-free", Kind::Other, expr.span, began, what, 55);
    }

    /// `std::move(owner)`
    pub fn moved_from(&self, name: &str, args: &[Arg], memory: &mut Memory) {
        if name != "move" || !self.cpp {
            return;
        }
        if let Some(ExprKind::Name(owner)) = args.first().map(|arg| &arg.value.kind)
            && self.hints.get(&**owner).is_some_and(|hint| hint.contains("unique_ptr"))
        {
            memory.pointers.insert(self.name_key(owner), Pointer::nothing());
        }
    }

    /// A loop over a container, or with an iterator, whose body changes the container and goes on.
    pub fn loop_over(&mut self, binds: Option<&Expr>, body: &'a [Stmt]) {
        if !self.cpp {
            return;
        }
        let over = binds.and_then(names::dotted).filter(|name| self.moves(name));
        let mut stepped = Vec::new();
        let mut changes = Vec::new();
        names::walk(body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| match &expr.kind {
                ExprKind::Unary(op, inner) if op.contains("++") => stepped.extend(names::dotted(inner)),
                _ => {}
            });
            if let StmtKind::Expr(expr) = &stmt.kind
                && let ExprKind::Call { callee, args, .. } = &expr.kind
                && let ExprKind::Field(base, method) = &callee.kind
            {
                changes.push((names::dotted(base), method.clone(), args, expr.span));
            }
        });
        for (base, method, args, span) in changes {
            if self.leaves_after(span) {
                continue;
            }
            let iterator = match args.as_slice() {
                [only] => match &only.value.kind {
                    ExprKind::Name(name) if stepped.iter().any(|own| **own == **name) => Some(name.to_string()),
                    _ => None,
                },
                _ => None,
            };
            if let (Some(iterator), "erase") = (iterator, &*method) {
                let what = format!("{iterator} goes on from an element that is erased here");
                self.report("use-after-free", Kind::Other, span, None, what, 60);
            } else if over.is_some() && over == base && MOVES.contains(&&*method) {
                let what = format!(
                    "the loop goes on over {}, whose elements may have moved",
                    over.as_deref().unwrap_or_default()
                );
                self.report("use-after-free", Kind::Other, span, None, what, 55);
            }
        }
    }

    /// Whether the next thing after the statement is to leave the loop.
    fn leaves_after(&self, span: Span) -> bool {
        let rest = self.text.get(span.end as usize..).unwrap_or_default();
        let rest = rest.trim_start_matches([';', ' ', '\n', '\t', '\r']);
        ["break", "return", "goto", "throw"]
            .iter()
            .any(|word| rest.starts_with(word))
    }

    /// A reference to a variable of this function, or a closure that has one, is given to the caller.
    pub fn reference_given(&mut self, value: &Expr, span: Span) {
        if !self.cpp || !self.stack.is_empty() {
            return;
        }
        let text = self.scene.text(self.unit, value.span);
        let closure =
            text.starts_with("[&") && !text.starts_with("[&]()") && !matches!(value.kind, ExprKind::Call { .. });
        let returns = self.function.returns.as_deref().unwrap_or_default();
        let gives_closure = text.starts_with("[&") && !matches!(value.kind, ExprKind::Call { .. }) && self.has_locals();
        let local = match &value.kind {
            ExprKind::Name(name) => returns.trim_end().ends_with('&') && self.plain_local(name),
            _ => false,
        };
        if local || closure && gives_closure {
            let what = format!(
                "{} refers to a variable of this function, gone when the caller looks",
                self.words(value)
            );
            self.report("local-returned", Kind::Other, span, None, what, 60);
        }
    }

    fn has_locals(&self) -> bool {
        self.hints.keys().any(|name| self.plain_local(name))
    }

    /// Declared in this function, kept nowhere else.
    fn plain_local(&self, name: &str) -> bool {
        let Some(hint) = self.hints.get(name) else { return false };
        let body = self.scene.text(self.unit, self.function.span);
        let elsewhere = body.lines().any(|line| line.contains("static ") && line.contains(name));
        let param = self.function.params.iter().any(|param| *param.name == *name);
        !hint.contains(['&', '*'])
            && !hint.starts_with("static")
            && !elsewhere
            && !param
            && !body.contains(&format!("&{name} ="))
            && !body.contains(&format!("& {name} ="))
    }
}

/// `v.front()`, `v[0]`, `&v[0]`: the container.
fn held(value: &Expr) -> Option<String> {
    match &value.kind {
        ExprKind::Call { callee, .. } => match &callee.kind {
            ExprKind::Field(base, method) if PLACES.contains(&&**method) => names::dotted(base),
            _ => None,
        },
        ExprKind::Index(base, _) => names::dotted(base),
        ExprKind::Address(inner) => held(strip(inner)),
        _ => None,
    }
}

fn iterator(value: &Expr) -> bool {
    called_last(value)
        .is_some_and(|last| matches!(last.as_str(), "begin" | "end" | "find" | "data" | "c_str" | "rbegin"))
}

fn called_last(value: &Expr) -> Option<String> {
    let ExprKind::Call { callee, .. } = &value.kind else {
        return None;
    };
    match &callee.kind {
        ExprKind::Field(_, method) => Some(method.to_string()),
        _ => called(callee)
            .rsplit('.')
            .next()
            .map(|name| name.split('<').next().unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn views_do_not_outlive_what_they_look_at() {
        check(
            "a.cpp",
            "#include <string>
#include <vector>
#include <memory>
std::string name_of(int id) { return std::string(3, 'x'); }
void one(int id) {
    const char *p = name_of(id).c_str(); // VULN: CWE-416
    std::string keep = name_of(id);
    const char *q = keep.c_str(); // SAFE: CWE-416
    puts(p); puts(q);
}
size_t other(int id) {
    std::string_view v = name_of(id) + \"x\"; // VULN: CWE-416
    return v.size();
}
int two(std::vector<int> &v) {
    int &first = v.front();
    v.push_back(10);
    return first; // VULN: CWE-416
}
int three(std::vector<int> &v) {
    v.push_back(10);
    int &first = v.front();
    return first; // SAFE: CWE-416
}
void four(std::map<int, int> &m) {
    for (auto it = m.begin(); it != m.end(); ++it) {
        if (it->second == 0)
            m.erase(it); // VULN: CWE-416
    }
    for (auto it = m.begin(); it != m.end(); ++it) {
        if (it->second == 1) {
            m.erase(it); // SAFE: CWE-416
            break;
        }
    }
}
struct Job { int id; };
void submit(std::unique_ptr<Job> j);
int five() {
    auto j = std::make_unique<Job>();
    submit(std::move(j));
    return j->id; // VULN: CWE-476
}
",
        );
    }
}
