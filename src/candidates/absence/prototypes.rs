//! Objects whose prototype can be reached by a key: copied level by level, or walked down along a path.
//!
//! In: functions of JavaScript and TypeScript, with the lambdas in them. Out: [`Absence`]s, where nothing says that
//! `__proto__` is left out. Deliberately absent: who chooses the keys; the judges are told to ask.
//! Start at [`without_key_check`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Function, Literal, Module, Stmt, StmtKind, Text};

use super::Absence;
use super::scripts::scripts;
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Names through which every object reaches its prototype are left out, or there is none to reach.
static SPARED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?i)__proto__|Object\.create\(\s*null|new (Map|Set)\b|prototype.{0,30}(includes|has)\b|",
        r"(unsafe|forbidden|dangerous|blocked)_?keys?",
    ))
});
/// A text is taken apart, and its parts become keys.
static PARSES: LazyLock<Regex> = LazyLock::new(|| fixed(r"\.(split|exec|match|matchAll)\("));
/// Positions in lists rather than names.
static COUNTER: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^([ijnmxyrc]|idx|index|row|col|pos|offset|\w*(Index|Idx))$"));

/// Keys from elsewhere lead into another object, whatever they are called.
pub fn without_key_check(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (unit, function) in scripts(scene) {
        let module = scene.module(unit);
        if &*function.name == "<module>" || spared(scene, unit, module, function) {
            continue;
        }
        let body = Body::of(module, function);
        let name = &scene.graph.units[unit as usize].name;
        let what = match (
            body.copies(scene, unit),
            body.walks_down(function, scene.text(unit, function.span)),
        ) {
            (Some(span), _) => Some((span, format!("{name} copies keys of one object into another"))),
            (_, Some(span)) => Some((span, format!("{name} follows keys into an object and writes there"))),
            _ => None,
        };
        let Some((span, what)) = what.filter(|(span, _)| seen.insert((module.file, span.start))) else {
            continue;
        };
        let weight = if scene.graph.reachable[unit as usize] { 60 } else { 30 };
        found.push(Absence {
            unit,
            span,
            what: format!("{what} and lets `__proto__` through"),
            weight,
        });
    }
    found
}

/// The function, what it stands in, or something that it names looks out for prototypes.
fn spared(scene: &Scene, unit: u32, module: &Module, function: &Function) -> bool {
    let text = scene.text(unit, function.span);
    let mut outer = function.parent;
    while let Some(at) = outer.filter(|at| *at != 0) {
        let around = &module.functions[at];
        if &*around.name != "<lambda>" && SPARED.is_match(scene.text(unit, around.span)) {
            return true;
        }
        outer = around.parent;
    }
    if SPARED.is_match(text) {
        return true;
    }
    let word = |name: &str| {
        text.match_indices(name)
            .any(|(at, _)| !text[at + name.len()..].starts_with(char::is_alphanumeric))
    };
    let mut named = false;
    names::walk(&module.functions[0].body, &mut |stmt| {
        if let StmtKind::Assign { target, .. } = &stmt.kind
            && let ExprKind::Name(name) = &target.kind
        {
            named |= word(name) && *name != function.name && scene.text(unit, stmt.span).contains("__proto__");
        }
    });
    let helper = |other: &&Function| !matches!(&*other.name, "<module>" | "<lambda>") && other.name != function.name;
    let helpers = module.functions.iter().filter(helper);
    named
        || helpers
            .into_iter()
            .any(|other| word(&other.name) && scene.text(unit, other.span).contains("__proto__"))
}

/// A function and the lambdas in it.
struct Body<'a> {
    module: &'a Module,
    parts: Vec<&'a Function>,
    stmts: Vec<&'a Stmt>,
}

impl<'a> Body<'a> {
    fn of(module: &'a Module, function: &'a Function) -> Self {
        let inside = |other: &&Function| {
            let within = other.span.start > function.span.start && other.span.end <= function.span.end;
            within && &*other.name == "<lambda>"
        };
        let mut parts = vec![function];
        parts.extend(module.functions.iter().filter(inside));
        let mut stmts = Vec::new();
        for part in &parts {
            names::walk(&part.body, &mut |stmt| stmts.push(stmt));
        }
        Self { module, parts, stmts }
    }

    /// Where a loop over keys fills a deeper level of another object: by calling the function again, or step by step.
    fn copies(&self, scene: &Scene, unit: u32) -> Option<crate::syntax::form::Span> {
        let function = self.parts[0];
        let name = &function.name;
        let again = |expr: &Expr| matches!(&expr.kind, ExprKind::Call { callee, .. } if called(callee) == Some(name));
        let recurs = scene.graph.callees(unit).any(|edge| edge.to == unit) || self.any(&again);
        for (key, body) in self.loops() {
            let deeper = recurs || descends(&body, &key);
            for stmt in body.iter().filter(|_| deeper) {
                let StmtKind::Assign { target, value, .. } = &stmt.kind else {
                    continue;
                };
                let Some(object) = indexed(target, &key) else { continue };
                let from = self.taken_over(value, &key, &object);
                if from && !self.fresh(&object, value, &key) && !own_key(scene.text(unit, function.span), &object, &key)
                {
                    return Some(stmt.span);
                }
            }
        }
        None
    }

    /// Loops over keys, also those that are calls of `forEach`: the key, and what runs for each.
    fn loops(&self) -> Vec<(Text, Vec<&'a Stmt>)> {
        let mut found = Vec::new();
        let flat = |body: &'a [Stmt]| {
            let mut all = Vec::new();
            names::walk(body, &mut |stmt| all.push(stmt));
            all
        };
        for stmt in &self.stmts {
            if let StmtKind::Loop {
                binds: Some((target, _)),
                body,
                ..
            } = &stmt.kind
            {
                found.extend(first_name(target).map(|key| (key, flat(body))));
            }
            names::expressions(stmt, &mut |expr| {
                let ExprKind::Call { callee, args, .. } = &expr.kind else {
                    return;
                };
                let ExprKind::Field(over, each) = &callee.kind else {
                    return;
                };
                let keys = matches!(&over.kind, ExprKind::Call { callee, .. } if matches!(called(callee).map(|name| &**name), Some("keys" | "entries" | "ownKeys" | "getOwnPropertyNames")));
                if !keys || !matches!(&**each, "forEach" | "map" | "reduce" | "some" | "every") {
                    return;
                }
                let Some(ExprKind::Function(at)) = args.first().map(|arg| &arg.value.kind) else {
                    return;
                };
                let lambda = &self.module.functions[*at];
                let key = lambda
                    .params
                    .get(usize::from(&**each == "reduce"))
                    .map(|param| param.name.clone());
                found.extend(key.map(|key| (key, flat(&lambda.body))));
            });
        }
        found
    }

    /// The value is what stands under the same key of something else, by itself or under a name of its own.
    fn taken_over(&self, value: &Expr, key: &Text, object: &Text) -> bool {
        let mut from = false;
        names::descend(value, &mut |expr| {
            from |= indexed(expr, key).is_some_and(|other| other != *object);
            if let ExprKind::Name(name) = &expr.kind {
                let mut bound = self.stmts.iter().filter_map(|stmt| match &stmt.kind {
                    StmtKind::Assign { target, value, .. } if is_name(target, name) => Some(value),
                    _ => None,
                });
                from |= bound.any(|value| indexed(value, key).is_some_and(|other| other != *object));
            }
        });
        from
    }

    /// An object that was made here, empty, has a prototype of its own to lose and no other's to change.
    fn fresh(&self, object: &Text, value: &Expr, key: &Text) -> bool {
        let mut led = false;
        names::descend(value, &mut |expr| led |= indexed(expr, key).as_ref() == Some(object));
        let made = self.stmts.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Assign { target, value, .. } if is_name(target, object) && empty(value))
        });
        made && !led
    }

    fn any(&self, wanted: &dyn Fn(&Expr) -> bool) -> bool {
        let mut found = false;
        for stmt in &self.stmts {
            names::expressions(stmt, &mut |expr| found |= wanted(expr));
        }
        found
    }

    /// Where something is written under a key of an object that other keys led to: `at = at[key]`, then
    /// `at[last] = value`; or by the function calling itself with `object[key]`.
    fn walks_down(&self, function: &Function, text: &str) -> Option<crate::syntax::form::Span> {
        let parses = PARSES.is_match(text);
        let mut moved: BTreeSet<Text> = BTreeSet::new();
        let mut note = |target: &Expr, value: &Expr| {
            if let ExprKind::Name(name) = &target.kind {
                let (own, other) = led_by_key(value, name);
                let reduced = self.reduces(value);
                if own || reduced || (other && parses) {
                    moved.insert(name.clone());
                }
            }
        };
        for stmt in &self.stmts {
            if let StmtKind::Assign { target, value, .. } = &stmt.kind {
                note(target, value);
            }
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Assign(target, value) = &expr.kind {
                    note(target, value);
                }
            });
        }
        moved.extend(self.given_again(function));
        let writes = self.stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign {
                target,
                value,
                augmented: false,
                ..
            } => Some((target, value, stmt.span)),
            _ => None,
        });
        let mut last = None;
        for (target, value, span) in writes {
            let ExprKind::Index(base, key) = &target.kind else {
                continue;
            };
            let ExprKind::Name(object) = &base.kind else { continue };
            let makes = matches!(&value.kind, ExprKind::Collection(items) if items.is_empty());
            let again = matches!(&value.kind, ExprKind::Binary(op, ..) if matches!(&**op, "||" | "??"));
            if moved.contains(object) && chosen(key) && !makes && !again {
                last = Some(span);
            }
        }
        last
    }

    /// `parts.reduce((at, key) => at[key] …, object)`
    fn reduces(&self, value: &Expr) -> bool {
        let ExprKind::Call { callee, args, .. } = &value.kind else {
            return false;
        };
        let Some(ExprKind::Function(at)) = args.first().map(|arg| &arg.value.kind) else {
            return false;
        };
        let lambda = &self.module.functions[*at];
        let ([at, key, ..], Some("reduce")) = (lambda.params.as_slice(), called(callee).map(|name| &**name)) else {
            return false;
        };
        let mut leads = false;
        names::walk(&lambda.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                leads |= indexed(expr, &key.name).as_ref() == Some(&at.name)
            });
        });
        leads
    }

    /// Parameters at whose place the function gives itself what stands under a key of theirs.
    fn given_again(&self, function: &Function) -> Vec<Text> {
        let mut found = Vec::new();
        for stmt in &self.stmts {
            names::expressions(stmt, &mut |expr| {
                let ExprKind::Call { callee, args, .. } = &expr.kind else {
                    return;
                };
                if called(callee) != Some(&function.name) {
                    return;
                }
                for (arg, param) in args.iter().zip(&function.params) {
                    if led_by_key(&arg.value, &param.name).0 {
                        found.push(param.name.clone());
                    }
                }
            });
        }
        found
    }
}

/// Whether a value is what a key leads to: from the named object itself, or made on demand in another one.
fn led_by_key(value: &Expr, name: &Text) -> (bool, bool) {
    match &value.kind {
        ExprKind::Index(base, key) if chosen(key) => (is_name(base, name), false),
        ExprKind::Assign(target, inner) => {
            let (own, _) = led_by_key(inner, name);
            let (at, _) = led_by_key(target, name);
            (
                own || at,
                matches!(&target.kind, ExprKind::Index(_, key) if chosen(key)),
            )
        }
        ExprKind::Binary(op, left, right) if matches!(&**op, "||" | "??") => {
            let (first, second) = (led_by_key(left, name), led_by_key(right, name));
            (first.0 || second.0, first.1 || second.1)
        }
        ExprKind::Choice(_, left, right) => {
            let (first, second) = (led_by_key(left, name), led_by_key(right, name));
            (first.0 || second.0, first.1 || second.1)
        }
        ExprKind::Cast(_, inner) => led_by_key(inner, name),
        ExprKind::Opaque(parts) if parts.len() == 1 => led_by_key(&parts[0], name),
        _ => (false, false),
    }
}

/// `{}`, `[]`, or one of both.
fn empty(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Collection(items) => items.is_empty(),
        ExprKind::Choice(_, left, right) => empty(left) && empty(right),
        _ => false,
    }
}

/// A key that is neither written out nor a position.
fn chosen(key: &Expr) -> bool {
    match &key.kind {
        ExprKind::Literal(_) | ExprKind::Unary(..) => false,
        ExprKind::Name(name) => !COUNTER.is_match(name),
        ExprKind::Binary(op, left, right) => {
            &**op == "+" && (chosen(left) && !matches!(right.kind, ExprKind::Literal(Literal::Number(_))))
        }
        ExprKind::Field(_, name) => &**name != "length",
        _ => true,
    }
}

fn called(callee: &Expr) -> Option<&Text> {
    match &callee.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) => Some(name),
        _ => None,
    }
}

fn is_name(expr: &Expr, name: &Text) -> bool {
    matches!(&expr.kind, ExprKind::Name(own) if own == name)
}

fn first_name(target: &Expr) -> Option<Text> {
    match &target.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Collection(items) => items.first().and_then(|(_, item)| first_name(item)),
        _ => None,
    }
}

/// Something is called with what stands under the key on both sides.
fn descends(body: &[&Stmt], key: &Text) -> bool {
    let mut deeper = false;
    for stmt in body {
        names::expressions(stmt, &mut |expr| {
            if let ExprKind::Call { args, .. } = &expr.kind {
                deeper |= args.iter().filter(|arg| indexed(&arg.value, key).is_some()).count() > 1;
            }
        });
    }
    deeper
}

/// `object` of `object[key]`.
fn indexed(expr: &Expr, key: &Text) -> Option<Text> {
    let ExprKind::Index(base, index) = &expr.kind else {
        return None;
    };
    let (ExprKind::Name(object), ExprKind::Name(own)) = (&base.kind, &index.kind) else {
        return None;
    };
    (own == key).then(|| object.clone())
}

/// Only keys that the target has of its own are filled.
fn own_key(text: &str, object: &Text, key: &Text) -> bool {
    let asks = [
        format!("hasOwnProperty.call({object},"),
        format!("hasOwn({object},"),
        format!("{object}.hasOwnProperty("),
        format!(".has({key})"),
        format!(".includes({key})"),
    ];
    asks.iter().any(|ask| text.contains(ask.as_str()))
}
