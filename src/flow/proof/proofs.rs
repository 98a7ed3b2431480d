//! Conditions that leave a value harmless for one weakness: a canonical path that stays below a directory, a host that
//! is one of those the program names.
//!
//! In: a condition, how it turned out, and the state. Out: the variables that it was about, with the cards for which
//! they are harmless now. What counts is data: `proofs`, `alarms` and `views` of the cards. Deliberately absent: what
//! makes a value harmless for every card (`guards`). Start at [`Walker::proven`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal};

use crate::flow::program::constants;
use crate::flow::program::matcher::{Place, Purpose, of_receiver};
use crate::flow::state::value::{Const, Mask, State};
use crate::flow::walk::taint::Walker;

/// How far a variable is followed to what it was made of.
const FOLLOW: usize = 4;

/// Variables that a condition was about, each with the cards that are settled for it.
pub type Settled = Vec<(String, Mask)>;

impl<'f> Walker<'_, 'f> {
    /// What a condition that is this call settles when it turns out as `truth`.
    pub fn proven(&self, callee: &'f Expr, args: &'f [Arg], name: &str, truth: bool, state: &State<'f>) -> Settled {
        let rules = self.world.rules(self.module);
        if !rules.knows_call(name) {
            return Vec::new();
        }
        let wanted = if truth { Purpose::Proof } else { Purpose::Alarm };
        let paths = self.view.resolver.paths(callee);
        let decide = |expr: &Expr| self.literal(expr, state);
        let mut out = Vec::new();
        for found in rules.call(&paths, args, false, &decide) {
            let Some(card) = found.rule.card.filter(|_| found.rule.purpose == wanted) else {
                continue;
            };
            if !of_receiver(found.rule, callee) {
                continue;
            }
            let mut about = Vec::new();
            let danger = found.rule.pattern.names_danger();
            for place in found.places.iter().filter(|_| danger) {
                if let Place::Argument(at) = place {
                    self.roots(&args[*at].value, FOLLOW, state, &mut about);
                }
            }
            if let (false, ExprKind::Field(base, _)) = (danger, &callee.kind) {
                self.roots(base, FOLLOW, state, &mut about);
            }
            out.extend(about.into_iter().map(|path| (path, 1 << card)));
        }
        out
    }

    /// What it settles that a text does not hold this part: `part in text` that does not hold.
    pub fn without_part(&self, part: &Expr, text: &'f Expr, state: &State<'f>) -> Settled {
        let rules = self.world.rules(self.module);
        if !rules.knows_call("contains") || !matches!(part.kind, ExprKind::Literal(_)) {
            return Vec::new();
        }
        let args = [Arg {
            label: None,
            value: part.clone(),
        }];
        let decide = |expr: &Expr| self.literal(expr, state);
        let found = rules.call(&[vec!["?".into(), "contains".into()]], &args, false, &decide);
        let alarms = found.iter().filter(|found| found.rule.purpose == Purpose::Alarm);
        let cards: Mask = alarms
            .filter_map(|found| found.rule.card)
            .fold(0, |mask, card| mask | 1 << card);
        let mut about = Vec::new();
        if cards != 0 {
            self.roots(text, FOLLOW, state, &mut about);
        }
        about.into_iter().map(|path| (path, cards)).collect()
    }

    /// What it settles that this expression is one of texts that the program knows.
    pub fn seen(&self, expr: &'f Expr, state: &State<'f>) -> Settled {
        let mut expr = expr;
        for _ in 0..FOLLOW {
            match &expr.kind {
                ExprKind::Name(name) => match state.bound.get(name) {
                    Some(bound) => expr = bound,
                    None => return Vec::new(),
                },
                ExprKind::Call { callee, args, .. } if args.is_empty() && is_spelling(callee) => match &callee.kind {
                    ExprKind::Field(base, _) => expr = base,
                    _ => break,
                },
                _ => break,
            }
        }
        let rules = self.world.rules(self.module);
        let (masks, base): (Mask, &Expr) = match &expr.kind {
            ExprKind::Call { callee, args, .. } => {
                let (base, name) = match (&callee.kind, args.first()) {
                    (ExprKind::Field(base, name), _) => (&**base, name),
                    // `parse_url($address, PHP_URL_HOST)`
                    (ExprKind::Name(name), Some(whole)) => (&whole.value, name),
                    _ => return Vec::new(),
                };
                if !rules.knows_call(name) {
                    return Vec::new();
                }
                let found = rules.call(&self.view.resolver.paths(callee), args, false, &|_| None);
                (
                    views(found.iter().map(|found| (found.rule.purpose, found.rule.card))),
                    base,
                )
            }
            ExprKind::Field(base, name) if rules.knows_read(name) => {
                let found = rules.read(&self.view.resolver.paths(expr));
                (views(found.iter().map(|rule| (rule.purpose, rule.card))), base)
            }
            _ => return Vec::new(),
        };
        if masks == 0 {
            return Vec::new();
        }
        let mut about = Vec::new();
        self.roots(base, FOLLOW, state, &mut about);
        about.into_iter().map(|path| (path, masks)).collect()
    }

    /// The variables with something known of them that the whole expression is another form of.
    fn roots(&self, expr: &'f Expr, left: usize, state: &State<'f>, out: &mut Vec<String>) {
        if left == 0 {
            return;
        }
        if let Some(path) = self.path(expr, state)
            && (!state.read(&path).is_clean() || self.brings(expr))
            && !out.contains(&path)
        {
            out.push(path);
        }
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some(bound) = state.bound.get(name) {
                    self.roots(bound, left - 1, state, out);
                }
            }
            ExprKind::Call { callee, args, .. } => {
                if let ExprKind::Field(base, _) = &callee.kind {
                    self.roots(base, left - 1, state, out);
                }
                match (&callee.kind, args.as_slice()) {
                    (_, [only]) => self.roots(&only.value, left - 1, state, out),
                    // What an address is resolved against decides only where it says nothing itself.
                    (ExprKind::Name(name) | ExprKind::Field(_, name), [_, address]) if &**name == "urljoin" => {
                        self.roots(&address.value, left - 1, state, out);
                    }
                    (ExprKind::Name(name), [address, _]) if &**name == "URL" => {
                        self.roots(&address.value, left - 1, state, out);
                    }
                    _ => {}
                }
            }
            ExprKind::Cast(_, inner) | ExprKind::Address(inner) => self.roots(inner, left - 1, state, out),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.roots(&parts[0], left - 1, state, out),
            _ => {}
        }
    }

    /// The argument of a call that throws unless it is a number or an identifier: `Long.parseLong(x)`, `int(x)`.
    pub fn parsed(&self, callee: &Expr, args: &'f [Arg]) -> Option<&'f Expr> {
        let [only] = args else { return None };
        let parses = match (&callee.kind, self.world.modules[self.module].language) {
            (ExprKind::Field(_, name), "java" | "kotlin") if name.starts_with("parse") => {
                matches!(&name[5..], "Int" | "Long" | "Short" | "Byte" | "Double" | "Float")
            }
            (ExprKind::Field(base, name), "java" | "kotlin") => {
                &**name == "fromString" && matches!(&base.kind, ExprKind::Name(class) if &**class == "UUID")
            }
            (ExprKind::Name(name), "python") => matches!(&**name, "int" | "float"),
            _ => false,
        };
        parses.then_some(&only.value)
    }

    /// A collection of literals, by itself or behind a name that nothing reassigns.
    pub fn is_set(&self, expr: &Expr, state: &State<'f>) -> bool {
        if constants::is_literal_set(expr) {
            return true;
        }
        match &expr.kind {
            ExprKind::Name(name) => match state.bound.get(name) {
                Some(bound) => constants::is_literal_set(bound),
                None => self.world.constants.is_set(self.module, name),
            },
            ExprKind::Field(base, field) => {
                let own = matches!(&base.kind, ExprKind::Name(name)
                    if Some(name) == self.receiver() || Some(name) == self.view.resolver.class.as_ref());
                if own {
                    return self.world.constants.is_set(self.module, field);
                }
                // `COLUMNS.keys()` without the call, `Allowed.values`
                matches!(&**field, "keys" | "values") && self.is_set(base, state)
            }
            ExprKind::Call { callee, args, .. } => match &callee.kind {
                ExprKind::Field(base, name) => {
                    (matches!(&**name, "keys" | "values" | "keySet" | "items") && self.is_set(base, state))
                        || (&**name == "keys" && args.len() == 1 && self.is_set(&args[0].value, state))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn literal(&self, expr: &Expr, state: &State<'f>) -> Option<Literal> {
        match self.decide(expr, state)? {
            Const::Text(text) => Some(Literal::Str(text)),
            Const::Number(number) => Some(Literal::Number(number.to_string().into())),
            Const::Bool(value) => Some(Literal::Bool(value)),
            Const::Null => Some(Literal::Null),
        }
    }
}

fn is_spelling(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Field(_, name)
        if matches!(&**name, "toLowerCase" | "toString" | "lower" | "trim" | "toUpperCase"))
}

fn views(rules: impl Iterator<Item = (Purpose, Option<usize>)>) -> Mask {
    rules
        .filter(|(purpose, _)| *purpose == Purpose::View)
        .filter_map(|(_, card)| card)
        .fold(0, |mask, card| mask | 1 << card)
}
