//! Functions of the project that look at a text and say whether it is fit: character by character, or for `..`.
//!
//! In: a call that is a condition, and how it turned out. Out: per argument, the cards for which it is harmless then.
//! What a function lets through is found by trying each character of ASCII on the conditions that its loop holds it
//! against. Deliberately absent: lengths, and loops that do more than look. Start at [`Walker::vouched`].

use std::collections::HashMap;
use std::rc::Rc;

use crate::syntax::form::{Arg, Expr, ExprKind, Function, Literal, Stmt, StmtKind, Text};

use crate::flow::program::names;
use crate::flow::proof::charsets::{PLAIN, Set, set};
use crate::flow::proof::effects::Effect;
use crate::flow::proof::letters::Letters;
use crate::flow::state::value::{Const, Fact, Mask, Note, Origin, State, Trace};
use crate::flow::walk::taint::Walker;

/// Most statements of a function that is looked at.
const LONGEST: usize = 40;

/// What a call that is a condition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Yes,
    No,
    /// Zero or more, as of functions that give a negative number when they fail.
    Fine,
    Failed,
}

impl Outcome {
    fn admits(self, value: &Const) -> bool {
        let number = match value {
            Const::Number(number) => *number,
            other => f64::from(u8::from(other.truth())),
        };
        match self {
            Self::Yes => number != 0.0,
            Self::No => number == 0.0,
            Self::Fine => number >= 0.0,
            Self::Failed => number < 0.0,
        }
    }
}

/// By parameter: the cards that are settled for it.
pub type Vouched = Rc<Vec<(usize, Mask)>>;

/// What is known on the way to a place of the function.
#[derive(Clone, Default)]
struct Way<'f> {
    /// Conditions with how they turned out.
    once: Vec<(&'f Expr, bool)>,
    /// By parameter: what its characters can be.
    each: HashMap<Text, Set>,
}

/// A function that is looked at.
struct Look<'f> {
    letters: Letters<'f>,
    exits: Vec<(Option<&'f Expr>, Way<'f>)>,
    understood: bool,
}

impl<'f> Walker<'_, 'f> {
    /// What holds for the arguments of a call of one function of the project, when it came to `outcome`.
    pub fn vouched(&self, callee: &'f Expr, args: &'f [Arg], outcome: Outcome) -> Vouched {
        let none = Rc::new(Vec::new());
        if !self.is_c() {
            return none;
        }
        let paths = self.view.resolver.paths(callee);
        let [unit] = self.targets_of(callee, args.len(), false, &paths)[..] else {
            return none;
        };
        if let Some(known) = self.validators.borrow().get(&(unit, outcome)) {
            return Rc::clone(known);
        }
        // A function that asks itself is not looked at again.
        self.validators.borrow_mut().insert((unit, outcome), Rc::clone(&none));
        let found = Rc::new(self.vouches(unit, outcome));
        self.validators.borrow_mut().insert((unit, outcome), Rc::clone(&found));
        found
    }

    /// `check(x) >= 0`: what a function of the project vouches for then.
    pub fn found_fine(&self, call: &'f Expr, zero: &'f Expr, fine: bool, state: &State<'f>) -> Vec<Effect> {
        let ExprKind::Call { callee, args, .. } = &call.kind else {
            return Vec::new();
        };
        if !self.is_c() || self.decide(zero, state) != Some(Const::Number(0.0)) {
            return Vec::new();
        }
        self.fit(callee, args, if fine { Outcome::Fine } else { Outcome::Failed }, state)
    }

    /// Arguments that a function of the project found fit.
    pub fn fit(&self, callee: &'f Expr, args: &'f [Arg], outcome: Outcome, state: &State<'f>) -> Vec<Effect> {
        let mut found = Vec::new();
        for (at, cards) in self.vouched(callee, args, outcome).iter() {
            let path = args.get(*at).and_then(|arg| self.subject(&arg.value, state));
            found.extend(path.map(|path| Effect::Dead(path, *cards)));
        }
        found
    }

    fn vouches(&self, unit: u32, outcome: Outcome) -> Vec<(usize, Mask)> {
        let function = self.world.function(unit);
        let mut statements = 0;
        names::walk(&function.body, &mut |_| statements += 1);
        if statements == 0 || statements > LONGEST {
            return Vec::new();
        }
        let mut look = Look {
            letters: Letters {
                params: function.params.iter().map(|param| &param.name).collect(),
                ..Letters::default()
            },
            exits: Vec::new(),
            understood: true,
        };
        look.block(&function.body, &mut Way::default());
        if !look.understood {
            return self.refuses_dots(function, outcome);
        }
        let mut all: Option<Vec<Mask>> = None;
        for (value, way) in &look.exits {
            let Some(value) = value else { return Vec::new() };
            let known = constant(value);
            if known.as_ref().is_some_and(|known| !outcome.admits(known)) {
                continue;
            }
            let mut way = way.clone();
            match (known, outcome) {
                (None, Outcome::Yes) => look.holds(value, true, &mut way),
                (None, Outcome::No) => look.holds(value, false, &mut way),
                _ => {}
            }
            let own = self.settled_on(&look, &way);
            all = Some(match all {
                Some(all) => all.iter().zip(own).map(|(a, b)| a & b).collect(),
                None => own,
            });
        }
        let masks = all.unwrap_or_default().into_iter().enumerate();
        let mut found: Vec<(usize, Mask)> = masks.filter(|(_, mask)| *mask != 0).collect();
        found.extend(self.refuses_dots(function, outcome));
        found
    }

    /// A function that says no as soon as it meets two dots, however it looks for them.
    fn refuses_dots(&self, function: &'f Function, outcome: Outcome) -> Vec<(usize, Mask)> {
        let text = |param: &&crate::syntax::form::Param| {
            param
                .hint
                .as_deref()
                .is_some_and(|hint| hint.contains("char") || hint.contains("string"))
        };
        let mut texts = function.params.iter().enumerate().filter(|(_, param)| text(param));
        let (Some((at, _)), None) = (texts.next(), texts.next()) else {
            return Vec::new();
        };
        let mut refuses = false;
        names::walk(&function.body, &mut |stmt| {
            if let StmtKind::If { cond, then, .. } = &stmt.kind
                && let Some(StmtKind::Return(Some(value))) = then.last().map(|last| &last.kind)
                && constant(value).is_some_and(|value| !outcome.admits(&value))
            {
                let (mut dots, mut both) = (0, false);
                names::descend(cond, &mut |part| match &part.kind {
                    ExprKind::Binary(op, _, right) if &**op == "==" => {
                        dots +=
                            u32::from(matches!(&right.kind, ExprKind::Literal(Literal::Str(text)) if &**text == "."));
                    }
                    ExprKind::Call { args, .. } => {
                        both |= args.iter().any(
                            |arg| matches!(&arg.value.kind, ExprKind::Literal(Literal::Str(text)) if &**text == ".."),
                        );
                    }
                    _ => {}
                });
                refuses |= dots > 1 || both;
            }
        });
        if refuses {
            vec![(at, self.world.about.paths)]
        } else {
            Vec::new()
        }
    }

    /// By parameter: the cards that are settled on one way.
    fn settled_on(&self, look: &Look<'f>, way: &Way<'f>) -> Vec<Mask> {
        let mut state = State::default();
        let here = self.hop(crate::syntax::form::Span::default(), Note::Enters("it".into()));
        for name in &look.letters.params {
            let fact = Fact::new(Origin::Source { unit: u32::MAX, at: 0 }, 0, Trace::start(here.clone()));
            state.add(name, &fact.into());
        }
        let mut effects = Vec::new();
        for (cond, truth) in &way.once {
            effects.extend(self.effects(cond, *truth, &state, 4));
        }
        let stringish = self.world.stringish;
        let mut masks = Vec::new();
        for name in &look.letters.params {
            let mut mask = 0;
            for effect in &effects {
                match effect {
                    Effect::Dead(path, cards) if path == &***name => mask |= cards,
                    Effect::Clean(path) if path == &***name => mask |= stringish,
                    _ => {}
                }
            }
            if let Some(allowed) = way.each.get(*name) {
                mask |= self.harmless_of(*allowed);
            }
            masks.push(mask);
        }
        masks
    }

    /// Cards for which a text of these characters is harmless.
    fn harmless_of(&self, allowed: Set) -> Mask {
        let some = self.world.signs.spare(allowed);
        if allowed & !(PLAIN | set(".")) == 0 {
            some | self.world.stringish
        } else {
            some
        }
    }

    /// `text.find_first_not_of("abc") == npos`, `text[strspn(text, "abc")] == 0`: the text, and the cards.
    pub fn spanned(&self, value: &'f Expr, state: &State<'f>) -> Option<(String, Mask)> {
        let (text, letters) = match &value.kind {
            ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
                (ExprKind::Field(base, name), [letters]) if &**name == "find_first_not_of" => (&**base, &letters.value),
                _ => return None,
            },
            ExprKind::Index(base, key) => match &key.kind {
                ExprKind::Call { callee, args, .. } if names::dotted(callee).as_deref() == Some("strspn") => {
                    let [text, letters] = args.as_slice() else { return None };
                    if names::dotted(&text.value) != names::dotted(base) {
                        return None;
                    }
                    (&text.value, &letters.value)
                }
                _ => return None,
            },
            _ => return None,
        };
        let Some(Const::Text(letters)) = self.decide(letters, state) else {
            return None;
        };
        let mask = self.harmless_of(set(&letters.replace("\\", "")));
        Some((self.subject(text, state)?, mask)).filter(|(_, mask)| *mask != 0)
    }
}

impl<'f> Look<'f> {
    /// Walks statements in order; false where none of what follows is reached.
    fn block(&mut self, body: &'f [Stmt], way: &mut Way<'f>) -> bool {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Return(value) => {
                    self.exits.push((value.as_ref(), way.clone()));
                    return false;
                }
                StmtKind::If { cond, then, otherwise } => {
                    let (mut yes, mut no) = (way.clone(), way.clone());
                    self.holds(cond, true, &mut yes);
                    self.holds(cond, false, &mut no);
                    match (self.block(then, &mut yes), self.block(otherwise, &mut no)) {
                        (false, false) => return false,
                        (false, true) => *way = no,
                        (true, false) => *way = yes,
                        (true, true) => {}
                    }
                }
                StmtKind::Loop { binds, cond, body } => self.round(binds.as_ref(), cond.as_ref(), body, way),
                StmtKind::Assign {
                    target,
                    value,
                    augmented: false,
                    ..
                } => self.given(target, value),
                StmtKind::Block(body) if !self.block(body, way) => return false,
                StmtKind::Throw(_) => return false,
                StmtKind::Try { .. } => self.understood = false,
                StmtKind::Break | StmtKind::Continue => return false,
                _ => {}
            }
        }
        true
    }

    /// The first value of a name is what it stands for.
    fn given(&mut self, target: &'f Expr, value: &'f Expr) {
        if let ExprKind::Name(name) = &target.kind {
            self.letters.given.entry(name.clone()).or_insert(value);
        }
    }

    /// A loop over the characters of a text: where it ends, each of them was let through.
    fn round(&mut self, binds: Option<&'f (Expr, Expr)>, cond: Option<&'f Expr>, body: &'f [Stmt], way: &mut Way<'f>) {
        if let Some((name, all)) = binds
            && let ExprKind::Name(name) = &name.kind
        {
            self.letters.given.insert(name.clone(), all);
            self.letters.elements.insert(name.clone());
        }
        // What is said of a character inside holds for each that the loop leaves behind.
        let mut inside = Way::default();
        if let Some(cond) = cond {
            self.holds(cond, true, &mut inside);
        }
        let before = self.exits.len();
        let mut on = Vec::new();
        self.passes(body, inside, &mut on);
        if on.is_empty() {
            return;
        }
        let mut each: Option<HashMap<Text, Set>> = None;
        for passed in on {
            each = Some(match each {
                Some(each) => {
                    let both = each.into_iter().filter_map(|(name, set)| {
                        let other = passed.each.get(&name)?;
                        Some((name, set | other))
                    });
                    both.collect()
                }
                None => passed.each,
            });
        }
        // An exit inside was taken with what was known before the loop.
        for (_, exit) in &mut self.exits[before..] {
            exit.once.splice(0..0, way.once.iter().copied());
            exit.each = way.each.clone();
        }
        for (name, set) in each.unwrap_or_default() {
            let known = way.each.entry(name).or_insert(Set::MAX);
            *known &= set;
        }
    }

    /// The ways on which a round ends so that the next one begins.
    fn passes(&mut self, body: &'f [Stmt], way: Way<'f>, on: &mut Vec<Way<'f>>) {
        for (at, stmt) in body.iter().enumerate() {
            match &stmt.kind {
                StmtKind::If { cond, then, otherwise } => {
                    let (mut yes, mut no) = (way.clone(), way);
                    self.holds(cond, true, &mut yes);
                    self.holds(cond, false, &mut no);
                    let rest = &body[at + 1..];
                    for (branch, state) in [(then, yes), (otherwise, no)] {
                        let mut ends = Vec::new();
                        self.passes(branch, state, &mut ends);
                        let jumped = branch
                            .last()
                            .is_some_and(|last| matches!(last.kind, StmtKind::Continue));
                        match (jumped, ends) {
                            (true, ends) => on.extend(ends),
                            (false, ends) => {
                                for state in ends.into_iter().take(2) {
                                    self.passes(rest, state, on);
                                }
                            }
                        }
                    }
                    return;
                }
                StmtKind::Return(value) => {
                    self.exits.push((value.as_ref(), Way::default()));
                    return;
                }
                StmtKind::Assign {
                    target,
                    value,
                    augmented: false,
                    ..
                } => self.given(target, value),
                StmtKind::Break => {
                    // What comes behind the loop is reached with a character that was not looked at to the end.
                    self.understood = false;
                    return;
                }
                StmtKind::Continue => break,
                StmtKind::Throw(_) => return,
                StmtKind::Loop { .. } | StmtKind::Try { .. } => {
                    self.understood = false;
                    return;
                }
                _ => {}
            }
        }
        on.push(way);
    }

    /// A condition turned out as `truth`.
    fn holds(&self, cond: &'f Expr, truth: bool, way: &mut Way<'f>) {
        match &cond.kind {
            ExprKind::Unary(op, inner) if &**op == "!" => return self.holds(inner, !truth, way),
            ExprKind::Opaque(parts) if parts.len() == 1 => return self.holds(&parts[0], truth, way),
            ExprKind::Binary(op, left, right) if matches!(&**op, "&&" | "||") && truth == (&**op == "&&") => {
                self.holds(left, truth, way);
                self.holds(right, truth, way);
                return;
            }
            _ => {}
        }
        way.once.push((cond, truth));
        if let Some(name) = self.letters.character(cond) {
            let admitted = (0u8..128)
                .filter(|c| self.letters.value(cond, *c).is_none_or(|value| (value != 0) == truth))
                .fold(0, |set: Set, c| set | 1 << c);
            // The terminator is no part of the text.
            let known = way.each.entry(name).or_insert(Set::MAX);
            *known &= admitted | 1;
            *known &= !1;
        }
    }
}

/// What a returned expression surely is.
fn constant(expr: &Expr) -> Option<Const> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(text)) => text.parse().ok().map(Const::Number),
        ExprKind::Literal(Literal::Bool(value)) => Some(Const::Bool(*value)),
        ExprKind::Literal(Literal::Null) => Some(Const::Null),
        ExprKind::Name(name) => match &**name {
            "true" | "TRUE" => Some(Const::Bool(true)),
            "false" | "FALSE" => Some(Const::Bool(false)),
            _ => None,
        },
        ExprKind::Unary(op, inner) if &**op == "-" => match constant(inner)? {
            Const::Number(number) => Some(Const::Number(-number)),
            _ => None,
        },
        ExprKind::Opaque(parts) if parts.len() == 1 => constant(&parts[0]),
        _ => None,
    }
}
