//! What it says about the arguments of a function of the project that it says yes, says no, or comes back at all.
//!
//! In: the ways out of a function, each with the state there. Out: [`Verdicts`] in its summary, and for a caller the
//! cards that are settled for what it passed. A parameter that the function assigns says nothing about the caller's
//! variable. Deliberately absent: answers that are kept in a field, and what is thrown. Start at [`Walker::verdict`].

use crate::syntax::form::{Arg, Expr, ExprKind, Function, StmtKind, Text};

use crate::flow::program::names;
use crate::flow::proof::effects::Effect;
use crate::flow::state::value::{Const, Mask, State};
use crate::flow::walk::taint::Walker;

/// Per parameter, the receiver not counted, the cards that are settled for it; nothing where no way leads there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Verdicts {
    yes: Option<Vec<Mask>>,
    no: Option<Vec<Mask>>,
    back: Option<Vec<Mask>>,
}

impl Verdicts {
    /// Settled for the argument at this place, when the call turned out as `truth`, or just came back.
    fn of(&self, at: usize, truth: Option<bool>) -> Mask {
        let masks = match truth {
            Some(true) => &self.yes,
            Some(false) => &self.no,
            None => &self.back,
        };
        masks
            .as_ref()
            .and_then(|masks| masks.get(at))
            .copied()
            .unwrap_or_default()
    }

    /// Whether anything is said at all.
    pub fn says(&self) -> bool {
        let any = |masks: &Option<Vec<Mask>>| masks.iter().flatten().any(|mask| *mask != 0);
        any(&self.yes) || any(&self.no) || any(&self.back)
    }
}

impl<'f> Walker<'_, 'f> {
    /// Parameters whose value at a way out is that at the call: nothing assigns them, and something is known of them.
    pub fn watched(&self, function: &Function, state: &State<'f>) -> Vec<Option<Text>> {
        let shift = self.world.shift(self.unit);
        let params = function.params.iter().skip(shift);
        let mut watched: Vec<Option<Text>> = params
            .map(|param| Some(param.name.clone()).filter(|name| !state.read(name).is_clean()))
            .collect();
        names::walk(&function.body, &mut |stmt| {
            let mut drop = |target: &Expr| {
                if let ExprKind::Name(name) = &target.kind {
                    watched.retain_mut(|own| {
                        own.take_if(|own| own == name);
                        true
                    });
                }
            };
            match &stmt.kind {
                StmtKind::Assign { target, .. } => drop(target),
                StmtKind::Loop {
                    binds: Some((target, _)),
                    ..
                } => drop(target),
                _ => {}
            }
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Assign(target, _) = &expr.kind {
                    drop(target);
                }
            });
        });
        watched
    }

    /// Takes down what a way out of the unit says.
    pub fn verdict(&mut self, value: Option<&'f Expr>, state: &State<'f>) {
        if self.exits.len() != 1 || self.watched.iter().all(Option::is_none) {
            return;
        }
        let constant = match value {
            Some(expr) => self.decide(expr, state),
            None => Some(Const::Null),
        };
        let decided = constant.map(|value| value.truth());
        let back = self.settled_by(None, state);
        narrow(&mut self.verdicts.back, &back);
        for truth in [true, false] {
            if decided == Some(!truth) {
                continue;
            }
            let masks = match value.filter(|_| decided.is_none()) {
                Some(cond) => self.settled_by(Some((cond, truth)), state),
                None => back.clone(),
            };
            narrow(
                if truth {
                    &mut self.verdicts.yes
                } else {
                    &mut self.verdicts.no
                },
                &masks,
            );
        }
    }

    fn settled_by(&mut self, cond: Option<(&'f Expr, bool)>, state: &State<'f>) -> Vec<Mask> {
        let refined = cond.map(|(cond, truth)| {
            let mut state = state.clone();
            self.refine_surely(cond, truth, &mut state);
            state
        });
        let state = refined.as_ref().unwrap_or(state);
        let masks = self.watched.iter().map(|name| match name {
            Some(name) => state
                .read(name)
                .all()
                .iter()
                .fold(Mask::MAX, |mask, fact| mask & fact.dead),
            None => 0,
        });
        masks.collect()
    }

    /// What a call of a function of the project settles for its arguments.
    pub(in crate::flow) fn judged(
        &self,
        callee: &Expr,
        args: &'f [Arg],
        truth: Option<bool>,
        state: &State<'f>,
    ) -> Vec<Effect> {
        let paths = self.view.resolver.paths(callee);
        let targets = self.targets_of(callee, args.len(), false, &paths);
        let said = |unit: &u32| self.shared.summaries[*unit as usize].verdicts.says();
        if targets.is_empty() || !targets.iter().all(said) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            let place = |unit: u32| match &arg.label {
                Some(label) => {
                    let params = self.world.function(unit).params.iter();
                    let shift = self.world.shift(unit);
                    params.skip(shift).position(|param| param.name == *label)
                }
                None => Some(at),
            };
            let settled = targets.iter().fold(Mask::MAX, |mask, &unit| {
                let verdicts = &self.shared.summaries[unit as usize].verdicts;
                mask & place(unit).map_or(0, |at| verdicts.of(at, truth))
            });
            if settled != 0
                && let Some(path) = self.subject(&arg.value, state)
            {
                effects.push(match settled {
                    Mask::MAX => Effect::Clean(path),
                    settled => Effect::Dead(path, settled),
                });
            }
        }
        effects
    }
}

/// What holds on both ways.
fn narrow(known: &mut Option<Vec<Mask>>, masks: &[Mask]) {
    match known {
        Some(known) => known.iter_mut().zip(masks).for_each(|(known, mask)| *known &= mask),
        None => *known = Some(masks.to_vec()),
    }
}
