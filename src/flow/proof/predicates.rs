//! Functions of the project that look at what they are given: `if (!isSafeUrl(url)) return`, `assertInside(path)`.
//!
//! In: the states at the ends of a function, and calls of it. Out: [`Told`], part of its summary: for which cards an
//! argument is harmless where the function says yes, where it says no, and where it comes back at all; and the
//! [`Effect`]s of that on what the caller gave. Deliberately absent: any belief in what such a function is called.
//! Start at [`Walker::tells`] and [`Walker::told`].

use crate::syntax::form::{Arg, Expr, ExprKind, Function, StmtKind, Text};

use crate::flow::program::names;
use crate::flow::proof::effects::Effect;
use crate::flow::state::value::{Origin, Proved, RECEIVER, State};
use crate::flow::walk::taint::Walker;

/// How far a variable is followed to what it was made of.
const FOLLOW: usize = 8;
/// Parameters that are followed.
const PARAMS: usize = 6;

/// What a function proves of its arguments, by parameter, the receiver not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Told {
    pub yes: Vec<Option<Proved>>,
    pub no: Vec<Option<Proved>>,
    /// Where it comes back.
    pub after: Vec<Option<Proved>>,
}

/// Nothing is known of a way that was not met.
fn narrow(known: &mut Vec<Option<Proved>>, found: &[Proved]) {
    if known.is_empty() {
        *known = found.iter().map(|proved| Some(*proved)).collect();
        return;
    }
    for (known, found) in known.iter_mut().zip(found) {
        *known = known.map(|known| known.and(*found));
    }
}

impl<'f> Walker<'_, 'f> {
    /// One of the ways out of the function whose summary is made.
    pub fn tells(&mut self, value: Option<&'f Expr>, state: &State<'f>) {
        if self.exits.len() != 1 || self.here != self.world.units[self.unit as usize].index || self.here == 0 {
            return;
        }
        let function = self.world.function(self.unit);
        let count = function.params.len().saturating_sub(self.world.shift(self.unit));
        if count == 0 || count > PARAMS {
            return;
        }
        let decided = match value {
            Some(value) => self.decide(value, state).map(|value| value.truth()),
            None => Some(false),
        };
        for truth in [true, false] {
            if decided.is_some_and(|decided| decided != truth) {
                continue;
            }
            let mut then = state.clone();
            if let (Some(value), None) = (value, decided) {
                self.refine_surely(value, truth, &mut then);
            }
            let found = self.proves(function, &then);
            narrow(if truth { &mut self.told.yes } else { &mut self.told.no }, &found);
        }
    }

    /// What is known of each parameter in a state.
    fn proves(&self, function: &Function, state: &State<'f>) -> Vec<Proved> {
        let shift = self.world.shift(self.unit);
        let own = |at: usize, name: &Text, hint: Option<&str>| {
            let facts = state.whole(name);
            // What a declaration says of its own parameter, no condition proved.
            let declared = if hint.is_some_and(names::is_numeric) {
                self.world.stringish
            } else {
                0
            };
            let same = |origin: &Origin| matches!(origin, Origin::Param { index, path } if usize::from(*index) == at && path.is_empty());
            match facts.iter().find(|fact| same(&fact.origin)) {
                Some(fact) => Proved {
                    dead: fact.dead & !declared,
                    bounds: fact.bounds,
                },
                None => Proved::ALL,
            }
        };
        let params = function.params.iter().skip(shift).enumerate();
        params
            .map(|(at, param)| own(at, &param.name, param.hint.as_deref()))
            .collect()
    }

    /// The ways out, once all are known. A parameter that gets another value says nothing of what it was given.
    pub fn conclude(&mut self, function: &Function, last: &State<'f>) -> Told {
        let mut told = std::mem::take(&mut self.told);
        let count = function.params.len().saturating_sub(self.world.shift(self.unit));
        if self.here == 0 || count == 0 || count > PARAMS {
            return Told::default();
        }
        told.after = self.proves(function, last).into_iter().map(Some).collect();
        let shift = self.world.shift(self.unit);
        let mut forget = |name: &Text| {
            for (at, param) in function.params.iter().skip(shift).enumerate() {
                if param.name == *name || param.name.starts_with('<') {
                    for known in [&mut told.yes, &mut told.no, &mut told.after] {
                        known.get_mut(at).into_iter().for_each(|proved| *proved = None);
                    }
                }
            }
        };
        for param in function.params.iter().filter(|param| param.name.starts_with('<')) {
            forget(&param.name);
        }
        names::walk(&function.body, &mut |stmt| {
            if let StmtKind::Assign { target, .. } = &stmt.kind
                && let ExprKind::Name(name) = &target.kind
            {
                forget(name);
            }
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Assign(target, _) = &expr.kind
                    && let ExprKind::Name(name) = &target.kind
                {
                    forget(name);
                }
            });
        });
        for known in [&mut told.yes, &mut told.no, &mut told.after] {
            let own =
                |proved: &mut Option<Proved>| *proved = proved.filter(|proved| proved.dead != 0 || proved.bounds != 0);
            known.iter_mut().for_each(own);
        }
        told
    }

    /// What the answer of a function of the project says about what it was given.
    pub fn told(&self, callee: &'f Expr, args: &'f [Arg], truth: bool, state: &State<'f>) -> Vec<Effect> {
        let paths = self.view.resolver.paths(callee);
        let [unit] = self.targets_of(callee, args.len(), false, &paths)[..] else {
            return Vec::new();
        };
        let told = &self.shared.summaries[unit as usize].told;
        let said = if truth { &told.yes } else { &told.no };
        let mut effects = Vec::new();
        for (arg, proved) in args.iter().zip(said) {
            let Some(proved) = proved.filter(|_| arg.label.is_none()) else {
                continue;
            };
            let Some(path) = self.subject(&arg.value, state) else {
                continue;
            };
            effects.extend(as_effects(path, proved));
        }
        effects
    }

    /// A call that came back: what it throws at is ruled out.
    pub fn came_back(&self, unit: u32, args: &'f [Arg], order: &[Option<usize>], state: &mut State<'f>) {
        let told = &self.shared.summaries[unit as usize].told;
        for (at, proved) in told.after.iter().enumerate().take(usize::from(RECEIVER)) {
            let (Some(proved), Some(Some(position))) = (proved, order.get(at)) else {
                continue;
            };
            if let Some(path) = self.subject(&args[*position].value, state) {
                self.learn(&path, *proved, state);
            }
        }
    }
}

impl<'f> Walker<'_, 'f> {
    /// A condition about the address that a host name stands for, `isPrivate((await dns.lookup(host)).address)`: whoever
    /// asks that decides where requests may go.
    pub fn looked_up(&self, callee: &'f Expr, args: &'f [Arg], state: &State<'f>) -> Vec<Effect> {
        if !matches!(self.world.modules[self.module].language, "javascript" | "typescript") {
            return Vec::new();
        }
        let mut about = Vec::new();
        let receiver = match &callee.kind {
            ExprKind::Field(base, _) => Some(&**base),
            _ => None,
        };
        for expr in args.iter().map(|arg| &arg.value).chain(receiver) {
            self.looked_for(expr, FOLLOW, state, &mut about);
        }
        let destination = self.world.about.destination;
        about.into_iter().map(|path| Effect::Dead(path, destination)).collect()
    }

    /// What a look-up of the address of a host was asked with, where the expression is made of its answer.
    fn looked_for(&self, expr: &'f Expr, left: usize, state: &State<'f>, out: &mut Vec<String>) {
        if left == 0 {
            return;
        }
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some(bound) = state.bound.get(name) {
                    self.looked_for(bound, left - 1, state, out);
                }
            }
            ExprKind::Field(base, _) | ExprKind::Unary(_, base) | ExprKind::Index(base, _) => {
                self.looked_for(base, left - 1, state, out);
            }
            ExprKind::Opaque(parts) if parts.len() == 1 => self.looked_for(&parts[0], left - 1, state, out),
            ExprKind::Call { callee, args, .. } => {
                let paths = self.view.resolver.paths(callee);
                let asks = |path: &names::Path| {
                    path.first().is_some_and(|first| &**first == "dns")
                        && path
                            .last()
                            .is_some_and(|last| last.starts_with("lookup") || last.starts_with("resolve"))
                };
                match args.first() {
                    Some(host) if paths.iter().any(asks) => self.hosts(&host.value, FOLLOW, state, out),
                    Some(only) => {
                        self.looked_for(&only.value, left - 1, state, out);
                        if let ExprKind::Field(base, _) = &callee.kind {
                            self.looked_for(base, left - 1, state, out);
                        }
                    }
                    None => {
                        if let ExprKind::Field(base, _) = &callee.kind {
                            self.looked_for(base, left - 1, state, out);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The variables that a host name was taken from.
    fn hosts(&self, expr: &'f Expr, left: usize, state: &State<'f>, out: &mut Vec<String>) {
        if left == 0 {
            return;
        }
        if let Some(path) = self.subject(expr, state) {
            out.push(path);
        }
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some(bound) = state.bound.get(name) {
                    self.hosts(bound, left - 1, state, out);
                }
            }
            ExprKind::Field(base, _) => self.hosts(base, left - 1, state, out),
            ExprKind::Call { args, .. } => {
                if let Some(first) = args.first() {
                    self.hosts(&first.value, left - 1, state, out);
                }
            }
            _ => {}
        }
    }
}

fn as_effects(path: String, proved: Proved) -> Vec<Effect> {
    if proved == Proved::ALL {
        return vec![Effect::Clean(path)];
    }
    let mut effects = Vec::new();
    if proved.bounds != 0 {
        effects.push(Effect::Bound(path.clone(), proved.bounds));
    }
    if proved.dead != 0 {
        effects.push(Effect::Dead(path, proved.dead));
    }
    effects
}
