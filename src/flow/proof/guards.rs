//! What a condition says about values in the branch it leads to.
//!
//! In: a condition and the way it turned out. Out: [`Effect`]s: equality with a constant and membership in a constant
//! collection make a value harmless; bounds are noted; anything else that looks at the value is remembered as a guard
//! for the judges. Deliberately absent: any belief in a name, and what becomes of the state (`effects`).
//! Start at [`Walker::effects`].

use crate::syntax::form::{Arg, Expr, ExprKind, Span, Text};

use crate::flow::program::matcher::{Place, Purpose};
use crate::flow::program::names;
use crate::flow::program::places::literal_key;
use crate::flow::proof::effects::Effect;
use crate::flow::proof::proofs::Settled;
use crate::flow::proof::validators::Outcome;
use crate::flow::state::value::{Bits, Const, LOWER, NONZERO, State, UPPER};
use crate::flow::walk::reckon;
use crate::flow::walk::taint::Walker;

/// Methods that ask whether a collection holds a value.
const CONTAINS: [&str; 19] = [
    "include?",
    "member?",
    "key?",
    "has_key?",
    "in?",
    "contains_key",
    "contains",
    "includes",
    "has",
    "containsKey",
    "ContainsKey",
    "indexOf",
    "Contains",
    "count",
    "find",
    "anyMatch",
    "hasOwnProperty",
    "__contains__",
    "some",
];
/// Methods that ask whether two values are the same.
const EQUALS: [&str; 11] = [
    "hash_equals",
    "eq",
    "eql?",
    "eq_ignore_ascii_case",
    "equals",
    "Equals",
    "equalsIgnoreCase",
    "EqualFold",
    "contentEquals",
    "Equal",
    "compare_digest",
];
/// C functions that give zero for equal strings.
const COMPARES: [&str; 6] = ["strcmp", "strcasecmp", "wcscmp", "stricmp", "_stricmp", "compareTo"];
/// C functions that compare as many characters as they are told.
const PREFIXES: [&str; 4] = ["strncmp", "strncasecmp", "memcmp", "wcsncmp"];
/// Methods that give another spelling of the same value.
const SPELLINGS: [&str; 39] = [
    "strtolower",
    "strtoupper",
    "as_str",
    "as_ref",
    "as_deref",
    "to_string",
    "to_owned",
    "to_lowercase",
    "to_uppercase",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "into",
    "clone",
    "to_s",
    "to_sym",
    "downcase",
    "upcase",
    "chomp",
    "dup",
    "lower",
    "upper",
    "strip",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "toString",
    "casefold",
    "lowercase",
    "uppercase",
    "String",
    "str",
    "ToLower",
    "TrimSpace",
    "valueOf",
    "ToUpper",
    "ToLowerInvariant",
    "ToUpperInvariant",
    "Trim",
    "ToString",
];

impl<'f> Walker<'_, 'f> {
    pub(in crate::flow) fn effects(&self, cond: &'f Expr, truth: bool, state: &State<'f>, left: usize) -> Vec<Effect> {
        if left == 0 {
            return Vec::new();
        }
        match &cond.kind {
            ExprKind::Unary(op, inner) if &**op == "!" => self.effects(inner, !truth, state, left - 1),
            ExprKind::Unary(op, inner) if &**op == "await" => self.effects(inner, truth, state, left - 1),
            ExprKind::Binary(op, a, b) if matches!(&**op, "&&" | "||") => {
                let all = truth == (&**op == "&&");
                let (mut first, second) = (
                    self.effects(a, truth, state, left - 1),
                    self.effects(b, truth, state, left - 1),
                );
                if all {
                    first.extend(second);
                } else {
                    // One of the two holds: what both say, and every weak guard.
                    let both = |effect: &Effect| matches!(effect, Effect::Guard(..)) || second.contains(effect);
                    first.retain(both);
                    first.extend(
                        second
                            .iter()
                            .filter(|effect| matches!(effect, Effect::Guard(..)))
                            .cloned(),
                    );
                }
                first
            }
            ExprKind::Binary(op, a, b) => self.comparison(op, a, b, truth, state, cond.span),
            ExprKind::Call { callee, args, .. } => self.asked(callee, args, truth, state, cond.span),
            ExprKind::Name(name) => match state.bound.get(name) {
                // `ok = x in ALLOWED` decides here, unless the name is the value itself.
                Some(bound) if !matches!(bound.kind, ExprKind::Name(_)) => self.effects(bound, truth, state, left - 1),
                _ => Vec::new(),
            },
            ExprKind::Assign(_, value) => self.effects(value, truth, state, left - 1),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.effects(&parts[0], truth, state, left - 1),
            // An address without a host stays on this one.
            ExprKind::Field(..) if !truth => dead(self.seen(cond, state)),
            ExprKind::Index(base, key) if truth && (self.is_set(base, state) || self.made_here(base, state)) => {
                self.subject(key, state).map(Effect::Clean).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn comparison(
        &self,
        op: &str,
        a: &'f Expr,
        b: &'f Expr,
        truth: bool,
        state: &State<'f>,
        span: Span,
    ) -> Vec<Effect> {
        let same = matches!(op, "==" | "===");
        if same || matches!(op, "!=" | "!==") {
            let known = self.begins_or_signed([a, b], truth == same, state);
            if !known.is_empty() {
                return known;
            }
        }
        match (op, truth) {
            ("==" | "===" | "is", true) | ("!=" | "!==" | "is not", false) => self.equal(a, b, state, span),
            ("==" | "===" | "is", false) | ("!=" | "!==" | "is not", true) => self.unequal(a, b, state, span),
            ("in", false) | ("not in", true) if !self.dotless(a, b, state).is_empty() => self.dotless(a, b, state),
            ("in", false) | ("not in", true) if !self.without_part(a, b, state).is_empty() => {
                dead(self.without_part(a, b, state))
            }
            ("in", true) | ("not in", false) if self.below_parent(b, state).is_some() => {
                self.below_parent(b, state).into_iter().collect()
            }
            ("in", true) | ("not in", false) => match self.subject(a, state) {
                _ if self.is_set(b, state) => self.listed_text(a, state),
                Some(path) => vec![Effect::Guard(path, "membership test".into())],
                None => self
                    .subject(b, state)
                    .map(|path| Effect::Guard(path, "search inside it".into()))
                    .into_iter()
                    .collect(),
            },
            ("in", false) | ("not in", true) => {
                let path = self.subject(a, state).or_else(|| self.subject(b, state));
                path.map(|path| Effect::Guard(path, "membership test".into()))
                    .into_iter()
                    .collect()
            }
            ("=~", true) | ("!~", false) => self.matched_by(a, b, state).into_iter().collect(),
            ("<" | ">=", _) if !self.found_fine(a, b, truth == (op == ">="), state).is_empty() => {
                self.found_fine(a, b, truth == (op == ">="), state)
            }
            ("<" | "<=", _) => self.bounds(a, b, truth, state),
            (">" | ">=", _) => self.bounds(b, a, truth, state),
            _ => Vec::new(),
        }
    }

    /// What holds when an expression is one of texts that the program knows.
    fn listed_text(&self, expr: &'f Expr, state: &State<'f>) -> Vec<Effect> {
        let clean = self.subject(expr, state).map(Effect::Clean);
        clean.into_iter().chain(dead(self.seen(expr, state))).collect()
    }

    /// `small < large`, or its opposite.
    fn bounds(&self, small: &'f Expr, large: &'f Expr, truth: bool, state: &State<'f>) -> Vec<Effect> {
        let (up, down) = if truth { (UPPER, LOWER) } else { (LOWER, UPPER) };
        let bound = |expr: &'f Expr, bits: Bits| {
            let measured = reckon::measured(expr).and_then(|inner| self.subject(inner, state));
            if let Some(path) = reckon::magnitude(expr).and_then(|inner| self.subject(inner, state)) {
                let bits = if bits == UPPER { UPPER | LOWER } else { NONZERO };
                return Some(Effect::Bound(path, bits));
            }
            // A field of C that is called so is a number like any other.
            let field = self.is_c() && matches!(expr.kind, ExprKind::Field(..));
            match (self.subject(expr, state), measured) {
                (Some(path), Some(_)) if field => Some(Effect::Bound(path, bits)),
                (_, Some(path)) => Some(Effect::Guard(path, "length check".into())),
                (Some(path), None) => Some(Effect::Bound(path, bits)),
                _ => None,
            }
        };
        let mut effects: Vec<Effect> = bound(small, up).into_iter().chain(bound(large, down)).collect();
        let mut parts = Vec::new();
        for (side, bits) in [(small, up), (large, down)] {
            if matches!(reckon::bare(side).kind, ExprKind::Binary(..)) {
                reckon::terms(side, bits, &mut parts);
            }
        }
        let bounded = parts
            .into_iter()
            .filter_map(|(part, bits)| Some(Effect::Bound(self.subject(part, state)?, bits)));
        effects.extend(bounded);
        effects
    }

    fn equal(&self, a: &'f Expr, b: &'f Expr, state: &State<'f>, span: Span) -> Vec<Effect> {
        for side in [a, b] {
            let known = self.common(side, state);
            if !known.is_empty() {
                return known;
            }
        }
        for (value, other) in [(a, b), (b, a)] {
            let ends = matches!(&other.kind, ExprKind::Name(name) | ExprKind::Field(_, name) if &**name == "npos");
            if ends || self.decide(other, state) == Some(Const::Number(0.0)) {
                if let Some((path, cards)) = self.spanned(value, state) {
                    return vec![Effect::Dead(path, cards)];
                }
                if let (true, ExprKind::Call { callee, args, .. }) = (ends, &value.kind) {
                    return self.asked(callee, args, false, state, span);
                }
            }
            let Some(constant) = self.decide(other, state) else {
                continue;
            };
            let known = self.typed(value, &constant, state);
            if !known.is_empty() {
                return known;
            }
            let known = match constant {
                Const::Text(_) => self.listed_text(value, state),
                _ => self.subject(value, state).map(Effect::Clean).into_iter().collect(),
            };
            if !known.is_empty() {
                return known;
            }
            if let ExprKind::Call { callee, args, .. } = &value.kind {
                let name = called(callee);
                let zero = constant == Const::Number(0.0);
                // The first few characters say nothing about the rest.
                if PREFIXES.contains(&&*name) {
                    let sides: Vec<&Expr> = args.iter().take(2).map(|arg| &arg.value).collect();
                    return self.looked_at(&sides, "comparison", state);
                }
                if COMPARES.contains(&&*name) && zero {
                    return match args.as_slice() {
                        [a, b, ..] => self.equal(&a.value, &b.value, state, span),
                        [only] => match &callee.kind {
                            ExprKind::Field(base, _) => self.equal(base, &only.value, state, span),
                            _ => Vec::new(),
                        },
                        [] => Vec::new(),
                    };
                }
                // `check(x) == true`, `allowed.indexOf(x) == -1`
                let truth = match &constant {
                    Const::Number(number) => *number > 0.0,
                    other => other.truth(),
                };
                return self.asked(callee, args, truth, state, span);
            }
        }
        let known = dead([self.seen(a, state), self.seen(b, state)].concat());
        if !known.is_empty() {
            return known;
        }
        self.looked_at(&[a, b], "comparison", state)
    }

    fn unequal(&self, a: &'f Expr, b: &'f Expr, state: &State<'f>, span: Span) -> Vec<Effect> {
        for (value, other) in [(a, b), (b, a)] {
            if self.decide(other, state) == Some(Const::Number(0.0))
                && let Some(path) = self.subject(value, state)
            {
                return vec![Effect::Bound(path, NONZERO)];
            }
            if let (ExprKind::Call { callee, args, .. }, Some(constant)) = (&value.kind, self.decide(other, state)) {
                let name = called(callee);
                let minus = matches!(constant, Const::Number(number) if number < 0.0);
                if COMPARES.contains(&&*name) || PREFIXES.contains(&&*name) {
                    return Vec::new();
                }
                return self.asked(callee, args, minus || !constant.truth(), state, span);
            }
        }
        Vec::new()
    }

    fn looked_at(&self, exprs: &[&'f Expr], how: &str, state: &State<'f>) -> Vec<Effect> {
        exprs
            .iter()
            .filter_map(|expr| self.subject(expr, state))
            .map(|path| Effect::Guard(path, how.into()))
            .collect()
    }

    /// A condition that is a call.
    fn asked(&self, callee: &'f Expr, args: &'f [Arg], truth: bool, state: &State<'f>, span: Span) -> Vec<Effect> {
        let name = called(callee);
        let receiver = match &callee.kind {
            ExprKind::Field(base, _) => Some(&**base),
            _ => None,
        };
        let settled = dead(self.proven(callee, args, &name, truth, state));
        if !settled.is_empty() {
            return settled;
        }
        if EQUALS.contains(&&*name) && truth {
            match (receiver, args) {
                (_, [a, b]) => return self.comparison("==", &a.value, &b.value, true, state, span),
                (Some(base), [only]) => return self.equal(base, &only.value, state, span),
                _ => {}
            }
        }
        if CONTAINS.contains(&&*name) && truth {
            // `ALLOWED.includes(x)`, `slices.Contains(allowed, x)`
            let pairs = match (receiver, args) {
                (_, [set, value]) => Some((&set.value, &value.value)),
                (Some(base), [value]) => Some((base, &value.value)),
                _ => None,
            };
            if let Some((set, value)) = pairs {
                let known = match self.is_set(set, state) {
                    true => self.listed_text(value, state),
                    // Whatever the list holds, it is not the outsider who chose it.
                    false if self.subject(set, state).is_none() => dead(self.seen(value, state)),
                    false => Vec::new(),
                };
                if !known.is_empty() {
                    return known;
                }
            }
        }
        let matched = if truth { self.matched(callee, args, state) } else { None };
        if let Some(effect) = matched {
            return vec![effect];
        }
        let whole = self.whole_asked(callee, args, &name, truth, state);
        if !whole.is_empty() {
            return whole;
        }
        let fit = self.fit(callee, args, if truth { Outcome::Yes } else { Outcome::No }, state);
        if !fit.is_empty() {
            return fit;
        }
        let confined = self.confined(&name, receiver, args, truth, state);
        if !confined.is_empty() {
            return confined;
        }
        let told = self.told(callee, args, truth, state);
        if !told.is_empty() {
            return told;
        }
        let judged = self.judged(callee, args, Some(truth), state);
        if !judged.is_empty() {
            return judged;
        }
        if truth || matches!(&*name, "empty" | "isNaN") {
            let known = self.proved(callee, args, &name, truth, state);
            if !known.is_empty() {
                return known;
            }
        }
        let looked = self.looked_up(callee, args, state);
        if looked.is_empty() {
            self.noticed(callee, args, state)
        } else {
            looked
        }
    }

    /// What a call in a condition looks at, for the judges.
    fn noticed(&self, callee: &'f Expr, args: &'f [Arg], state: &State<'f>) -> Vec<Effect> {
        let receiver = match &callee.kind {
            ExprKind::Field(base, _) => Some(&**base),
            _ => None,
        };
        let text: Text = names::dotted(callee).map_or_else(|| called(callee), Text::from);
        let of_args = args.iter().filter_map(|arg| self.subject(&arg.value, state));
        let of_receiver = receiver.and_then(|base| self.subject(base, state));
        of_args
            .chain(of_receiver)
            .map(|path| Effect::Guard(path, text.clone()))
            .collect()
    }

    /// What a call proves that holds: membership with the value first, presence of a key, a check that a model names,
    /// a regex that leaves nothing but plain words.
    fn proved(&self, callee: &'f Expr, args: &'f [Arg], name: &str, truth: bool, state: &State<'f>) -> Vec<Effect> {
        let clean = |expr: &'f Expr| self.subject(expr, state).map(Effect::Clean).into_iter().collect();
        match (name, args) {
            ("in_array" | "array_key_exists" | "array_search", [value, set, ..])
                if self.is_set(&set.value, state) || self.made_here(&set.value, state) =>
            {
                return clean(&value.value);
            }
            ("isNaN", [one]) if !truth => return clean(&one.value),
            ("isset", [one]) => return self.effects(&one.value, truth, state, 4),
            ("empty", [one]) => return self.effects(&one.value, !truth, state, 4),
            _ => {}
        }
        let rules = self.world.rules(self.module);
        if !truth || !rules.knows_call(name) {
            return Vec::new();
        }
        let paths = self.view.resolver.paths(callee);
        let decide = |expr: &Expr| match &expr.kind {
            ExprKind::Literal(literal) => Some(literal.clone()),
            _ => None,
        };
        let mut found = Vec::new();
        for check in rules.call(&paths, args, false, &decide) {
            if check.rule.purpose == Purpose::Check {
                for place in check.places {
                    match (place, &callee.kind) {
                        (Place::Argument(at), _) => found.extend(self.subject(&args[at].value, state)),
                        (Place::Receiver, ExprKind::Field(base, _)) => found.extend(self.subject(base, state)),
                        _ => {}
                    }
                }
            }
        }
        found.into_iter().map(Effect::Clean).collect()
    }

    /// The variable that an expression is about, other spellings of it included, if anything is known of it.
    pub(in crate::flow) fn subject(&self, expr: &'f Expr, state: &State<'f>) -> Option<String> {
        match &expr.kind {
            ExprKind::Address(inner) => return self.subject(inner, state),
            // What is switched on has a name of its own when it is long.
            ExprKind::Name(name) if name.starts_with('<') => {
                if let Some(bound) = state.bound.get(name) {
                    return self.subject(bound, state);
                }
            }
            _ => {}
        }
        if let ExprKind::Binary(op, value, other) = &expr.kind
            && &**op == "??"
        {
            // What stands in for a value that is missing is the program's own.
            let own = self.decide(other, state).is_some();
            return if own { self.subject(value, state) } else { None };
        }
        if let ExprKind::Call { callee, args, .. } = &expr.kind {
            let name = called(callee);
            if !SPELLINGS.contains(&&*name) {
                return None;
            }
            return match (&callee.kind, args.as_slice()) {
                (_, [only]) => self.subject(&only.value, state),
                (ExprKind::Field(base, _), []) => self.subject(base, state),
                _ => None,
            };
        }
        let path = self.path(expr, state)?;
        (!state.read(&path).is_clean() || self.brings(expr)).then_some(path)
    }
}

pub(in crate::flow) fn dead(settled: Settled) -> Vec<Effect> {
    settled
        .into_iter()
        .map(|(path, cards)| Effect::Dead(path, cards))
        .collect()
}

pub fn called(callee: &Expr) -> Text {
    match &callee.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) => name.clone(),
        ExprKind::Index(_, key) => literal_key(key).unwrap_or_default().into(),
        _ => "".into(),
    }
}
