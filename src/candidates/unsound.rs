//! Unsafe code of Rust that breaks what safe code relies on, as far as it shows in one function or one `impl`.
//!
//! In: the forest and the cards that name the rule `unsound`. Out: drafts of one step. Each rule is one function.
//! Deliberately absent: lengths and indexes from outside (they are sinks of cards), and proofs of aliasing.
//! Start at [`find`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::regexes::fixed;
use crate::syntax::form::{Class, Expr, ExprKind, Function, Span, Stmt, StmtKind, Text};

use super::make::Draft;
use super::{Generator, Scene};

/// One place and what is wrong with it.
struct Flaw {
    span: Span,
    what: String,
    weight: u32,
}

static TO_MUT: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"transmute::<\s*&\s*('\w+\s+)?[^&m'\s][^>]*,\s*&\s*('\w+\s+)?mut\b"));
static TO_STATIC: LazyLock<Regex> = LazyLock::new(|| fixed(r"transmute::<[^>]*&\s*'[^s][^>]*,[^>]*'static"));
static BARE: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"\*\s*(mut|const)\b|\b(NonNull|Rc|Cell|RefCell|UnsafeCell|MutexGuard)\s*<"));
static GENERIC: LazyLock<Regex> = LazyLock::new(|| fixed(r"^(unsafe\s+)?impl\s*<([^>]*)>"));
static BOUND: LazyLock<Regex> = LazyLock::new(|| fixed(r":[^{]*\b(Send|Sync)\b|where\b[^{]*\b(Send|Sync)\b"));
static FOREIGN: LazyLock<Regex> = LazyLock::new(|| fixed(r#"^[^{(]*\bextern\s+"C"\s+fn\b"#));

pub fn find(scene: &Scene) -> Vec<Draft> {
    let wanted = |at: &usize| {
        let card = &scene.cards[*at];
        scene.wants(card) && card.lifetimes.iter().any(|rule| rule == "unsound")
    };
    let Some(card) = (0..scene.cards.len()).find(wanted) else {
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let module = scene.module(unit);
        if module.language != "rust" {
            continue;
        }
        let function = scene.function(unit);
        let text = |span: Span| scene.text(unit, span);
        let mut flaws = in_function(function, &text);
        if scene.graph.units[unit as usize].index == 0 {
            flaws.extend(
                module
                    .classes
                    .iter()
                    .filter_map(|class| shared(class, &module.classes, &text)),
            );
        }
        drafts.extend(flaws.into_iter().map(|flaw| {
            let mut draft = scene.place(card, Generator::Pattern, unit, flaw.span, flaw.what);
            draft.weight = flaw.weight;
            draft
        }));
    }
    drafts
}

fn in_function<'s>(function: &Function, text: &dyn Fn(Span) -> &'s str) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    names::walk(&function.body, &mut |stmt| {
        flaws.extend(dangling(stmt));
        flaws.extend(through_shared(stmt, text));
        names::expressions(stmt, &mut |expr| {
            flaws.extend(never_written(expr, stmt));
            flaws.extend(retyped(expr, text));
        });
    });
    flaws.extend(unfilled(function));
    flaws.extend(unwinds(function, text));
    flaws
}

/// The last name of a callee.
fn called(expr: &Expr) -> Option<(&str, Option<&Expr>)> {
    let ExprKind::Call { callee, .. } = &expr.kind else {
        return None;
    };
    match &callee.kind {
        ExprKind::Field(base, name) => Some((name, Some(base))),
        ExprKind::Name(name) => Some((name, None)),
        _ => None,
    }
}

/// Whether a chain of calls began with `Type::method(…)`.
fn made_by(expr: &Expr, class: &str, method: &str) -> bool {
    match called(expr) {
        Some((name, Some(base))) => {
            let own = names::dotted(base).is_some_and(|base| base.rsplit('.').next() == Some(class));
            (name == method && own) || made_by(base, class, method)
        }
        _ => false,
    }
}

/// `let p = CString::new(x).unwrap().as_ptr();`: the string is gone before the pointer is used.
fn dangling(stmt: &Stmt) -> Option<Flaw> {
    let StmtKind::Assign { value, .. } = &stmt.kind else {
        return None;
    };
    let (name, base) = called(value)?;
    let temporary = made_by(base?, "CString", "new") || made_by(base?, "String", "from");
    (matches!(name, "as_ptr" | "as_mut_ptr") && temporary).then(|| Flaw {
        span: stmt.span,
        what: "the pointer outlives the temporary that owns what it points to".to_owned(),
        weight: 90,
    })
}

/// `*(&x as *const T as *mut T) = …`: writing through a shared reference.
fn through_shared<'s>(stmt: &Stmt, text: &dyn Fn(Span) -> &'s str) -> Option<Flaw> {
    let StmtKind::Assign { target, .. } = &stmt.kind else {
        return None;
    };
    let ExprKind::Deref(pointer) = &target.kind else {
        return None;
    };
    let ExprKind::Cast(to, inner) = &pointer.kind else {
        return None;
    };
    let ExprKind::Cast(from, place) = &inner.kind else {
        return None;
    };
    let shared = matches!(place.kind, ExprKind::Address(_)) && !text(place.span).starts_with("&mut");
    (to.starts_with("*mut") && from.starts_with("*const") && shared).then(|| Flaw {
        span: stmt.span,
        what: "a shared reference is written through".to_owned(),
        weight: 90,
    })
}

/// `mem::uninitialized()`, `MaybeUninit::uninit().assume_init()`: a value that nobody wrote.
fn never_written(expr: &Expr, stmt: &Stmt) -> Option<Flaw> {
    let (name, base) = called(expr)?;
    let hint = match &stmt.kind {
        StmtKind::Assign { hint: Some(hint), .. } => hint,
        _ => "",
    };
    let of_mem = |base: &Expr| names::dotted(base).is_some_and(|base| base == "mem" || base.ends_with(".mem"));
    let read = match name {
        "uninitialized" => base.is_none_or(of_mem),
        // An array of cells that need not be written is the one thing that may be read so.
        "assume_init" => {
            !hint.contains("MaybeUninit")
                && base.and_then(called).is_some_and(|(name, base)| {
                    name == "uninit" && base.is_some_and(|base| names::dotted(base).is_some())
                })
        }
        _ => false,
    };
    read.then(|| Flaw {
        span: expr.span,
        what: "a value is taken that was never written".to_owned(),
        weight: 80,
    })
}

/// A transmute that makes a shared reference exclusive or lets it live for ever.
fn retyped<'s>(expr: &Expr, text: &dyn Fn(Span) -> &'s str) -> Option<Flaw> {
    if called(expr)?.0 != "transmute" {
        return None;
    }
    let code = text(expr.span);
    let what = if TO_MUT.is_match(code) {
        "a shared reference is made an exclusive one"
    } else if TO_STATIC.is_match(code) {
        "a borrow is made to last for ever"
    } else {
        return None;
    };
    Some(Flaw {
        span: expr.span,
        what: what.to_owned(),
        weight: 80,
    })
}

/// `set_len` on memory that was reserved and not written: whoever reads it next reads what was there before.
fn unfilled(function: &Function) -> Vec<Flaw> {
    let mut fresh: BTreeMap<Text, ()> = BTreeMap::new();
    let mut flaws = Vec::new();
    names::walk(&function.body, &mut |stmt| {
        names::expressions(stmt, &mut |expr| {
            let Some((name, base)) = called(expr) else { return };
            let own = base.and_then(|base| match &base.kind {
                ExprKind::Name(name) => Some(name),
                _ => None,
            });
            if name == "set_len" && own.is_some_and(|own| fresh.remove(own).is_some()) {
                flaws.push(Flaw {
                    span: expr.span,
                    what: "the length is set over memory that nothing has written".to_owned(),
                    weight: 85,
                });
                return;
            }
            // Any other use may write it.
            let quiet = matches!(
                name,
                "reserve" | "reserve_exact" | "capacity" | "len" | "clear" | "is_empty"
            );
            if !quiet {
                names::descend(expr, &mut |inner| {
                    if let ExprKind::Name(name) = &inner.kind {
                        fresh.remove(name);
                    }
                });
            }
        });
        if let StmtKind::Assign { target, value, .. } = &stmt.kind
            && let ExprKind::Name(name) = &target.kind
        {
            fresh.remove(name);
            if made_by(value, "Vec", "with_capacity") && called(value).is_some_and(|call| call.0 == "with_capacity") {
                fresh.insert(name.clone(), ());
            }
        }
    });
    flaws
}

/// A panic in a function that another language calls ends the whole program, or is undefined in older compilers.
fn unwinds<'s>(function: &Function, text: &dyn Fn(Span) -> &'s str) -> Option<Flaw> {
    if !FOREIGN.is_match(text(function.span)) {
        return None;
    }
    let (mut panics, mut caught) = (None, false);
    names::walk(&function.body, &mut |stmt| {
        names::expressions(stmt, &mut |expr| match called(expr) {
            Some(("catch_unwind", _)) => caught = true,
            Some(("unwrap" | "expect", Some(_)) | ("panic" | "unimplemented" | "todo", None)) if panics.is_none() => {
                panics = Some(expr.span);
            }
            _ => {}
        });
    });
    let span = panics.filter(|_| !caught)?;
    Some(Flaw {
        span,
        what: "a panic here goes through a function that another language calls".to_owned(),
        weight: 20,
    })
}

/// `unsafe impl Send` for what is bare inside, or for any `T` at all.
fn shared<'s>(class: &Class, classes: &[Class], text: &dyn Fn(Span) -> &'s str) -> Option<Flaw> {
    let promise = class.bases.iter().find(|base| matches!(&***base, "Send" | "Sync"))?;
    let code = text(class.span);
    let bare = classes
        .iter()
        .filter(|own| own.name == class.name)
        .flat_map(|own| &own.fields);
    let bare = bare
        .filter_map(|(name, hint)| Some((name, hint.as_deref()?)))
        .find(|(_, hint)| BARE.is_match(hint));
    let generic = GENERIC.captures(code).is_some_and(|found| {
        let list = &found[2];
        list.split(',')
            .any(|one| !one.trim().starts_with('\'') && !one.trim().is_empty())
            && !BOUND.is_match(code)
    });
    let why = match (bare, generic) {
        (_, true) => "whatever its type parameter is".to_owned(),
        (Some((name, hint)), false) => format!("although its field {name} is a {hint}"),
        (None, false) => return None,
    };
    Some(Flaw {
        span: class.span,
        what: format!("{} is promised to be {promise} {why}", class.name),
        weight: if generic { 70 } else { 40 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::{Settings, find as all};
    use crate::source::Snapshot;
    use crate::{cards, flow, syntax};

    #[test]
    fn marked_lines_and_no_others_are_unsound() {
        let code = include_str!("unsound.txt");
        let snapshot = Snapshot::of_texts([("src/lib.rs".to_owned(), code.to_owned())]);
        let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
        let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
        let settings = Settings {
            sweep: false,
            cards: vec!["CWE-758".to_owned()],
            ..Settings::default()
        };
        let found = all(&graph, &forest, &snapshot, cards::all(), &settings);
        let mut lines: Vec<u32> = found.iter().map(|candidate| candidate.place().line).collect();
        lines.sort_unstable();
        lines.dedup();
        let marked = |line: &(usize, &str)| line.1.contains("// VULN");
        let wanted: Vec<u32> = code
            .lines()
            .enumerate()
            .filter(marked)
            .map(|(at, _)| at as u32 + 1)
            .collect();
        assert_eq!(lines, wanted);
    }

    #[test]
    fn every_expression_of_this_file_compiles() {
        let all = [&TO_MUT, &TO_STATIC, &BARE, &GENERIC, &BOUND, &FOREIGN];
        assert!(all.iter().all(|regex| !regex.as_str().is_empty()));
    }
}
