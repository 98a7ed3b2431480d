//! Values and conditions that are decided before the program runs.
//!
//! In: expressions and the constants in force. Out: [`Const`]s. Deliberately absent: strings built at run time, and
//! anything that would need to run code. Start at [`Constants::of`] for modules and at [`decide`] for expressions.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, Stmt, StmtKind, Text};

use crate::flow::program::names;
use crate::flow::state::value::Const;

/// Names that a module's top level or a class gives a constant once and nothing changes afterwards.
#[derive(Debug, Default)]
pub struct Constants {
    /// Per module.
    own: Vec<HashMap<Text, Const>>,
    /// Names of C and C++ globals that one module of the project defines.
    shared: HashMap<Text, Const>,
    /// Collections per module: true for those of literals, false for tables of anything.
    sets: Vec<HashMap<Text, bool>>,
    /// Names of the fields of named tuples, per module.
    tuples: Vec<HashMap<Text, Vec<Text>>>,
    /// Regular expressions compiled from literals, per module.
    regexes: Vec<HashMap<Text, Text>>,
}

/// Looks up what the caller knows of names and calls.
pub trait Known {
    fn name(&self, name: &Text) -> Option<Const>;
    /// `Class.NAME`, `this.NAME`.
    fn field(&self, base: &Expr, field: &Text) -> Option<Const>;
    fn call(&self, expr: &Expr) -> Option<Const>;
}

struct Nothing;

impl Known for Nothing {
    fn name(&self, _: &Text) -> Option<Const> {
        None
    }
    fn field(&self, _: &Expr, _: &Text) -> Option<Const> {
        None
    }
    fn call(&self, _: &Expr) -> Option<Const> {
        None
    }
}

impl Constants {
    pub fn of(modules: &[Module]) -> Self {
        let mut constants = Self::default();
        let mut everywhere: BTreeMap<Text, (usize, Option<Const>)> = BTreeMap::new();
        for module in modules {
            let counts = assignments(module);
            let mut own = HashMap::new();
            let (mut sets, mut regexes, mut tuples) = (HashMap::new(), HashMap::new(), HashMap::new());
            let once = |name: &Text| counts.get(name) == Some(&1);
            let top = module
                .functions
                .first()
                .map(|top| top.body.as_slice())
                .unwrap_or_default();
            names::walk(top, &mut |stmt| {
                if let StmtKind::Assign {
                    target,
                    value,
                    augmented: false,
                    ..
                } = &stmt.kind
                    && let Some(name) = last(target)
                    && once(&name)
                {
                    if let Some(value) = decide(value, &Nothing) {
                        own.insert(name.clone(), value);
                    }
                    if let Some(text) = compiled(value) {
                        regexes.insert(name.clone(), text);
                    }
                    if let Some(fields) = tuple_fields(value) {
                        tuples.insert(name.clone(), fields);
                    }
                    if is_literal_set(value) {
                        sets.insert(name, true);
                    } else if is_table(value) {
                        sets.insert(name, false);
                    }
                }
            });
            if matches!(module.language, "c" | "cpp") {
                for (name, count) in counts {
                    let value = own.get(&name).cloned();
                    let known = everywhere.entry(name).or_insert((0, None));
                    known.0 += count;
                    known.1 = known.1.take().or(value);
                }
            }
            constants.own.push(own);
            constants.sets.push(sets);
            constants.regexes.push(regexes);
            constants.tuples.push(tuples);
        }
        for (name, (count, value)) in everywhere {
            if let (1, Some(value)) = (count, value) {
                constants.shared.insert(name, value);
            }
        }
        constants
    }

    /// The constant that a global name stands for in this module.
    pub fn get(&self, module: usize, name: &Text) -> Option<Const> {
        self.own[module].get(name).or_else(|| self.shared.get(name)).cloned()
    }

    /// The regular expression that a global name stands for.
    pub fn regex(&self, module: usize, name: &Text) -> Option<Text> {
        self.regexes[module].get(name).cloned()
    }

    /// The fields of the named tuple that a global name stands for.
    pub fn tuple(&self, module: usize, name: &Text) -> Option<&[Text]> {
        self.tuples[module].get(name).map(Vec::as_slice)
    }

    /// Whether a global name is a collection of literals that nothing reassigns.
    pub fn is_set(&self, module: usize, name: &Text) -> bool {
        self.sets[module].get(name) == Some(&true)
    }

    /// Whether a global name is a table under keys that the code names, and nothing reassigns it.
    pub fn is_table(&self, module: usize, name: &Text) -> bool {
        self.sets[module].contains_key(name)
    }
}

fn last(target: &Expr) -> Option<Text> {
    match &target.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) => Some(name.clone()),
        _ => None,
    }
}

/// How often each name is assigned anywhere in the module; taking an address or passing by reference counts too.
fn assignments(module: &Module) -> BTreeMap<Text, usize> {
    let mut counts: BTreeMap<Text, usize> = BTreeMap::new();
    for function in &module.functions {
        for param in &function.params {
            *counts.entry(param.name.clone()).or_default() += 1;
        }
        names::walk(&function.body, &mut |stmt| {
            let mut bump = |target: &Expr| {
                if let Some(name) = last(target) {
                    *counts.entry(name).or_default() += 1;
                }
            };
            match &stmt.kind {
                StmtKind::Assign { target, .. } => bump(target),
                StmtKind::Loop {
                    binds: Some((target, _)),
                    ..
                } => bump(target),
                _ => {}
            }
            names::expressions(stmt, &mut |expr| match &expr.kind {
                ExprKind::Assign(target, _) => bump(target),
                ExprKind::Address(inner) => bump(inner),
                ExprKind::Unary(op, inner) if op.contains("++") || op.contains("--") => bump(inner),
                _ => {}
            });
        });
    }
    counts
}

/// The text that a regular expression is compiled from: `Pattern.compile("[a-z]+")`, `new RegExp("[a-z]+")`.
pub fn compiled(expr: &Expr) -> Option<Text> {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    let compiles = match &callee.kind {
        // `Regex::new("[a-z]+").unwrap()`, `"[a-z]+".toRegex()`
        ExprKind::Field(base, name) if args.is_empty() => match (&base.kind, &**name) {
            (_, "unwrap") => return compiled(base),
            (ExprKind::Literal(Literal::Str(text)), "toRegex") => return Some(text.clone()),
            _ => false,
        },
        ExprKind::Field(base, name) => match &**name {
            "compile" | "MustCompile" | "Compile" => true,
            "new" => matches!(&base.kind, ExprKind::Name(class) if matches!(&**class, "Regex" | "Regexp")),
            _ => false,
        },
        ExprKind::Name(name) => matches!(&**name, "RegExp" | "Regex"),
        _ => false,
    };
    match &args.first().filter(|_| compiles)?.value.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

/// `namedtuple("Pair", "left right")`, `namedtuple("Pair", ["left", "right"])`
fn tuple_fields(expr: &Expr) -> Option<Vec<Text>> {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
        return None;
    };
    let [_, fields, ..] = args.as_slice() else { return None };
    match &fields.value.kind {
        _ if &**name != "namedtuple" => None,
        ExprKind::Literal(Literal::Str(text)) => {
            let words = text.split([' ', ',']).filter(|word| !word.is_empty());
            Some(words.map(Text::from).collect())
        }
        ExprKind::Collection(items) => items
            .iter()
            .map(|(_, item)| match &item.kind {
                ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// A collection whose members are all literals, also inside the usual constructors: `new Set(["a"])`, `List.of("a")`.
pub fn is_literal_set(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Collection(items) => {
            !items.is_empty()
                && items.iter().all(|(key, value)| match key {
                    Some(key) => fixed(key) || matches!(key.kind, ExprKind::Name(_)),
                    None => fixed(value),
                })
        }
        ExprKind::Call { callee, args, .. } => {
            let name = match &callee.kind {
                ExprKind::Name(name) | ExprKind::Field(_, name) => &**name,
                _ => "",
            };
            let builds = [
                "set",
                "frozenset",
                "tuple",
                "list",
                "dict",
                "Set",
                "Map",
                "of",
                "asList",
                "freeze",
                "HashSet",
                "List",
                "Dictionary",
                "ArrayList",
                "ofEntries",
                "unmodifiableSet",
                "unmodifiableList",
                "entry",
            ];
            // `[…].freeze`, `[…].iter()`
            if args.is_empty()
                && matches!(name, "freeze" | "iter" | "into_iter" | "to_set" | "to_vec")
                && let ExprKind::Field(base, _) = &callee.kind
            {
                return is_literal_set(base);
            }
            builds.contains(&name)
                && !args.is_empty()
                && args
                    .iter()
                    .all(|arg| fixed(&arg.value) || is_literal_set(&arg.value) || is_comparer(&arg.value))
        }
        ExprKind::Opaque(parts) | ExprKind::Template(parts) if parts.len() == 1 => is_literal_set(&parts[0]),
        ExprKind::Cast(_, inner) | ExprKind::Address(inner) => is_literal_set(inner),
        _ => false,
    }
}

/// A collection whose keys are all literals.
pub fn is_table(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Collection(items) => {
            !items.is_empty() && items.iter().all(|(key, _)| key.as_ref().is_some_and(fixed))
        }
        // `new Map([["key", value], …])`
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (ExprKind::Name(name), [only]) if &**name == "Map" => {
                let pair = |item: &Expr| matches!(&item.kind, ExprKind::Collection(pair) if pair.len() == 2 && fixed(&pair[0].1));
                matches!(&only.value.kind, ExprKind::Collection(items) if !items.is_empty() && items.iter().all(|(_, item)| pair(item)))
            }
            _ => false,
        },
        _ => false,
    }
}

fn fixed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Unary(_, inner) => fixed(inner),
        ExprKind::Binary(_, left, right) => fixed(left) && fixed(right),
        _ => false,
    }
}

/// The value of an expression where it does not depend on a run.
pub fn decide(expr: &Expr, known: &dyn Known) -> Option<Const> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(constant(literal)?),
        ExprKind::Name(name) => match &**name {
            "True" | "true" | "TRUE" => Some(Const::Bool(true)),
            "False" | "false" | "FALSE" => Some(Const::Bool(false)),
            "None" | "null" | "nil" | "NULL" | "nullptr" => Some(Const::Null),
            _ => known.name(name),
        },
        ExprKind::Field(base, field) => known.field(base, field),
        ExprKind::Call { .. } => known.call(expr),
        ExprKind::Index(base, key) => match (decide(base, known)?, decide(key, known)?) {
            (Const::Text(text), Const::Number(at)) if at >= 0.0 => {
                let found = text.chars().nth(at as usize)?;
                Some(Const::Text(found.to_string().into()))
            }
            _ => None,
        },
        ExprKind::Cast(_, inner) => decide(inner, known),
        ExprKind::Unary(op, inner) => match (&**op, decide(inner, known)?) {
            ("!", value) => Some(Const::Bool(!value.truth())),
            ("-", Const::Number(number)) => Some(Const::Number(-number)),
            ("+", value @ Const::Number(_)) => Some(value),
            _ => None,
        },
        ExprKind::Binary(op, left, right) => binary(op, left, right, known),
        ExprKind::Choice(cond, yes, no) => decide(if decide(cond, known)?.truth() { yes } else { no }, known),
        ExprKind::Opaque(parts) | ExprKind::Template(parts) if parts.len() == 1 => decide(&parts[0], known),
        _ => None,
    }
}

/// The value of an expression in a function, as far as names that it assigns once are decided.
pub fn within(expr: &Expr, body: &[Stmt]) -> Option<Const> {
    let mut once: HashMap<&Text, Option<&Expr>> = HashMap::new();
    names::walk(body, &mut |stmt| {
        if let StmtKind::Assign {
            target,
            value,
            augmented,
            ..
        } = &stmt.kind
            && let ExprKind::Name(name) = &target.kind
        {
            let first = !*augmented && !once.contains_key(name);
            once.insert(name, first.then_some(value));
        }
    });
    decide(
        expr,
        &Once {
            once,
            left: Cell::new(8),
        },
    )
}

/// Names that one statement gives a value.
struct Once<'f> {
    once: HashMap<&'f Text, Option<&'f Expr>>,
    left: Cell<u8>,
}

impl Known for Once<'_> {
    fn name(&self, name: &Text) -> Option<Const> {
        self.left.set(self.left.get().checked_sub(1)?);
        let value = self.once.get(name).copied().flatten()?;
        decide(value, self)
    }
    fn field(&self, _: &Expr, _: &Text) -> Option<Const> {
        None
    }
    fn call(&self, _: &Expr) -> Option<Const> {
        None
    }
}

/// A question about text that is known: `"ABC".charAt(1)`, `name.equals("x")`, `text.length()`.
pub fn of_call(callee: &Expr, args: &[Arg], known: &dyn Known) -> Option<Const> {
    let ExprKind::Field(base, method) = &callee.kind else {
        return None;
    };
    let method = &**method;
    if !TEXTUAL.contains(&method) {
        return None;
    }
    let Const::Text(text) = decide(base, known)? else {
        return None;
    };
    let given: Vec<Const> = args
        .iter()
        .map(|arg| decide(&arg.value, known))
        .collect::<Option<_>>()?;
    match (method, given.as_slice()) {
        ("charAt", [Const::Number(at)]) => {
            let found = text.chars().nth(*at as usize)?;
            Some(Const::Text(found.to_string().into()))
        }
        ("length", []) => Some(Const::Number(text.chars().count() as f64)),
        ("isEmpty", []) => Some(Const::Bool(text.is_empty())),
        ("toString" | "intern", []) => Some(Const::Text(text)),
        ("trim", []) => Some(Const::Text(text.trim().into())),
        ("toLowerCase", []) => Some(Const::Text(text.to_lowercase().into())),
        ("toUpperCase", []) => Some(Const::Text(text.to_uppercase().into())),
        ("equals", [other]) => Some(Const::Bool(Const::Text(text) == *other)),
        ("equalsIgnoreCase", [Const::Text(other)]) => Some(Const::Bool(text.eq_ignore_ascii_case(other))),
        ("startsWith", [Const::Text(other)]) => Some(Const::Bool(text.starts_with(&**other))),
        ("endsWith", [Const::Text(other)]) => Some(Const::Bool(text.ends_with(&**other))),
        ("contains", [Const::Text(other)]) => Some(Const::Bool(text.contains(&**other))),
        _ => None,
    }
}

/// Methods of text whose result is known when the text is.
const TEXTUAL: [&str; 13] = [
    "charAt",
    "length",
    "isEmpty",
    "toString",
    "intern",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "equals",
    "equalsIgnoreCase",
    "startsWith",
    "endsWith",
    "contains",
];

fn binary(op: &str, left: &Expr, right: &Expr, known: &dyn Known) -> Option<Const> {
    if let (ExprKind::Collection(items), "==" | "in") = (&right.kind, op) {
        // One of several cases; a list that is compared as a whole is no text or number anyhow.
        let left = decide(left, known)?;
        let cases: Vec<Const> = items
            .iter()
            .map(|(key, item)| decide(key.as_ref().unwrap_or(item), known))
            .collect::<Option<_>>()?;
        return Some(Const::Bool(cases.iter().any(|case| same(&left, case))));
    }
    let (a, b) = (decide(left, known), decide(right, known));
    match op {
        "&&" => match (a.map(|a| a.truth()), b.map(|b| b.truth())) {
            (Some(false), _) | (_, Some(false)) => Some(Const::Bool(false)),
            (Some(true), Some(true)) => Some(Const::Bool(true)),
            _ => None,
        },
        "||" => match (a.map(|a| a.truth()), b.map(|b| b.truth())) {
            (Some(true), _) | (_, Some(true)) => Some(Const::Bool(true)),
            (Some(false), Some(false)) => Some(Const::Bool(false)),
            _ => None,
        },
        "==" | "===" | "is" => Some(Const::Bool(same(&a?, &b?))),
        "!=" | "!==" | "is not" => Some(Const::Bool(!same(&a?, &b?))),
        _ => arithmetic(op, &a?, &b?),
    }
}

fn same(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::Bool(a), Const::Number(b)) | (Const::Number(b), Const::Bool(a)) => f64::from(u8::from(*a)) == *b,
        _ => a == b,
    }
}

fn arithmetic(op: &str, a: &Const, b: &Const) -> Option<Const> {
    if let (Const::Text(a), Const::Text(b), "+" | ".") = (a, b, op) {
        return (a.len() + b.len() < 4096).then(|| Const::Text(format!("{a}{b}").into()));
    }
    let (Const::Number(a), Const::Number(b)) = (a, b) else {
        return None;
    };
    let number = |value: f64| Some(Const::Number(value)).filter(|_| value.is_finite());
    match op {
        "<" => Some(Const::Bool(a < b)),
        "<=" => Some(Const::Bool(a <= b)),
        ">" => Some(Const::Bool(a > b)),
        ">=" => Some(Const::Bool(a >= b)),
        "+" => number(a + b),
        "-" => number(a - b),
        "*" => number(a * b),
        "/" => number(a / b).filter(|_| *b != 0.0),
        "%" => number(a % b).filter(|_| *b != 0.0),
        _ => None,
    }
}

fn constant(literal: &Literal) -> Option<Const> {
    match literal {
        Literal::Str(text) => Some(Const::Text(text.clone())),
        Literal::Number(text) => number(text).map(Const::Number),
        Literal::Bool(value) => Some(Const::Bool(*value)),
        Literal::Null => Some(Const::Null),
    }
}

/// `StringComparer.Ordinal`: how a set compares, not what it holds.
fn is_comparer(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Field(base, _) if matches!(&base.kind, ExprKind::Name(name) if &**name == "StringComparer"))
}

/// A number as any of the languages writes it, suffixes and underscores removed.
pub fn number(text: &str) -> Option<f64> {
    let clean: String = text.chars().filter(|c| *c != '_' && *c != '\'').collect();
    let lower = clean.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        return u64::from_str_radix(hex.trim_end_matches(['u', 'l']), 16)
            .ok()
            .map(|value| value as f64);
    }
    lower.trim_end_matches(['u', 'l', 'f', 'd', 'n', 'z']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_languages_are_read() {
        assert_eq!(number("10UL"), Some(10.0));
        assert_eq!(number("0x1f"), Some(31.0));
        assert_eq!(number("1_000"), Some(1000.0));
        assert_eq!(number("abc"), None);
    }
}
