//! Where a value is kept: access paths, names of fields and globals, and what is constant as seen from one place.
//!
//! In: an expression and the state. Out: an access path or a [`Const`]. Start at [`Walker::path`].

use std::borrow::Cow;
use std::collections::HashSet;

use crate::syntax::form::{Expr, ExprKind, Literal, Text};

use crate::flow::program::constants::{self, Known};
use crate::flow::program::matcher::{Purpose, Rule};
use crate::flow::program::names::Resolver;
use crate::flow::program::world::World;
use crate::flow::state::value::{ANY, Const, DEPTH, SEP, State};
use crate::flow::walk::taint::Walker;

/// Names as the function that is walked sees them.
pub struct View<'w> {
    pub resolver: Resolver<'w>,
    receiver: Option<&'w Text>,
    /// Fields of its class that methods may name barely, where the language allows that.
    fields: Option<&'w HashSet<Text>>,
}

impl<'w> View<'w> {
    pub fn of(world: &'w World, module: usize, here: usize) -> Self {
        let resolver = world.resolver(module, here);
        let receiver = resolver.frames.iter().find_map(|frame| frame.receiver.as_ref());
        let fields = resolver
            .class
            .as_ref()
            .and_then(|class| world.bare_fields(module, class));
        Self {
            resolver,
            receiver,
            fields,
        }
    }
}

impl<'w, 'f> Walker<'w, 'f> {
    /// The variable whose address a pointer was given, when that is certain here.
    pub fn pointee(&self, pointer: &Expr, state: &State<'f>) -> Option<&'f Expr> {
        let ExprKind::Name(name) = &pointer.kind else {
            return None;
        };
        let target = addressed(name, state)?;
        // `p = &mut *p`: a pointer that leads back to itself says nothing about what it points to.
        let mut at = root(target);
        for _ in 0..DEPTH + 4 {
            match at {
                Some(other) if other == name => return None,
                Some(other) => match addressed(other, state) {
                    Some(next) => at = root(next),
                    None => return Some(target),
                },
                None => return Some(target),
            }
        }
        None
    }

    /// Whether the code is C or C++.
    pub fn is_c(&self) -> bool {
        matches!(self.world.modules[self.module].language, "c" | "cpp")
    }

    /// The class whose method is walked, lambdas inside it included.
    pub fn class(&self) -> Option<Text> {
        self.view.resolver.class.clone()
    }

    pub fn receiver(&self) -> Option<&'w Text> {
        self.view.receiver
    }

    /// A name that belongs to the module's top level as seen from here.
    pub fn is_global(&self, name: &Text) -> bool {
        if self.named_globals() {
            return self.world.frames[self.module][self.here].shared.contains(name);
        }
        if self.here == 0 || !self.world.globals[self.module].contains(name) {
            return false;
        }
        let frames = &self.world.frames[self.module];
        let mut at = self.here;
        loop {
            let frame = &frames[at];
            if frame.declared.contains(name) {
                return false;
            }
            match self.world.modules[self.module].functions[at].parent {
                Some(parent) if parent != 0 && parent != at => at = parent,
                _ => return true,
            }
        }
    }

    /// Whether functions see only those names of the top level that they ask for; files then share them.
    pub fn named_globals(&self) -> bool {
        self.world.modules[self.module].language == "php"
    }

    /// The access path of a plain name: itself, or a field where the language lets methods name fields barely.
    pub fn slot<'n>(&self, name: &'n Text) -> Cow<'n, str> {
        let fielded = self.view.fields.is_some_and(|fields| fields.contains(name));
        if fielded && !self.world.frames[self.module][self.here].declared.contains(name) {
            Cow::Owned(format!("this{SEP}{name}"))
        } else {
            Cow::Borrowed(name)
        }
    }

    /// The variable that a macro of C stands for.
    pub fn macro_name(&self, name: &Text) -> Option<&'w Text> {
        match &self.world.scopes[self.module].macros.get(name)?.last()?.kind {
            ExprKind::Name(meaning) if meaning != name => Some(meaning),
            _ => None,
        }
    }

    /// Whether reading the element or field named here brings outside input each time it is read.
    pub fn brings(&self, expr: &Expr) -> bool {
        let (ExprKind::Index(base, _) | ExprKind::Field(base, _)) = &expr.kind else {
            return false;
        };
        let known = match &expr.kind {
            ExprKind::Index(_, key) => literal_key(key).map(Text::from),
            ExprKind::Field(_, name) => Some(name.clone()),
            _ => None,
        };
        known.is_some_and(|last| self.is_source(expr, &last) || self.sourced(base))
    }

    fn sourced(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => self.is_source(expr, name),
            ExprKind::Field(base, name) => self.is_source(expr, name) || self.sourced(base),
            ExprKind::Index(base, _) => self.sourced(base),
            _ => false,
        }
    }

    fn is_source(&self, expr: &Expr, last: &Text) -> bool {
        let rules = self.world.rules(self.module);
        let source = |rule: &&Rule| rule.purpose == Purpose::Source;
        rules.knows_read(last) && rules.read(&self.view.resolver.paths(expr)).iter().any(source)
    }

    /// A table that the code wrote down: what is looked up in it is what stands in it.
    pub(in crate::flow) fn is_table(&self, expr: &Expr, state: &State<'f>) -> bool {
        self.is_set(expr, state)
            || constants::is_table(expr)
            || match &expr.kind {
                ExprKind::Name(name) => match state.bound.get(name) {
                    Some(bound) => constants::is_table(bound),
                    None => self.world.constants.is_table(self.module, name),
                },
                _ => false,
            }
    }

    /// The access path that an expression names, at most [`DEPTH`] segments below a variable.
    pub fn path(&self, expr: &Expr, state: &State<'f>) -> Option<String> {
        let grow = |base: String, segment: &str| {
            if base.matches(SEP).count() < DEPTH {
                format!("{base}{SEP}{segment}")
            } else {
                base
            }
        };
        match &expr.kind {
            ExprKind::Name(name) => Some(self.slot(self.macro_name(name).unwrap_or(name)).into_owned()),
            ExprKind::Field(base, field) => Some(grow(self.path(base, state)?, field)),
            ExprKind::Index(base, key) => {
                let segment = literal_key(key).unwrap_or_else(|| ANY.to_owned());
                Some(grow(self.path(base, state)?, &segment))
            }
            ExprKind::Deref(inner) => match self.pointee(inner, state) {
                Some(target) => self.path(target, state),
                None => Some(grow(self.path(inner, state)?, ANY)),
            },
            ExprKind::Address(inner) | ExprKind::Cast(_, inner) => self.path(inner, state),
            ExprKind::Binary(op, left, _) if matches!(&**op, "+" | "-") => {
                // `buffer + offset` still points into the buffer.
                self.path(left, state)
                    .filter(|_| matches!(self.world.modules[self.module].language, "c" | "cpp"))
            }
            ExprKind::Unary(op, inner) if matches!(&**op, "await" | "*" | "&" | "...") => self.path(inner, state),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.path(&parts[0], state),
            _ => None,
        }
    }

    pub fn decide(&self, expr: &Expr, state: &State<'f>) -> Option<Const> {
        constants::decide(expr, &Here { walker: self, state })
    }
}

/// What a name was given the address of.
fn addressed<'f>(name: &Text, state: &State<'f>) -> Option<&'f Expr> {
    match &state.bound.get(name)?.kind {
        ExprKind::Address(target) => Some(target),
        _ => None,
    }
}

/// The variable at the bottom of an access path.
fn root(expr: &Expr) -> Option<&Text> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Field(base, _) | ExprKind::Index(base, _) => root(base),
        ExprKind::Deref(inner) | ExprKind::Address(inner) | ExprKind::Cast(_, inner) => root(inner),
        _ => None,
    }
}

/// A key that is the same on every run.
pub fn literal_key(key: &Expr) -> Option<String> {
    match &key.kind {
        ExprKind::Literal(Literal::Str(text) | Literal::Number(text)) if text.len() < 80 => {
            Some(text.replace([SEP, '\u{2}'], ""))
        }
        _ => None,
    }
}

/// Constants as seen from one place.
struct Here<'a, 'w, 'f> {
    walker: &'a Walker<'w, 'f>,
    state: &'a State<'f>,
}

impl Known for Here<'_, '_, '_> {
    fn name(&self, name: &Text) -> Option<Const> {
        if let Some(value) = self.state.consts.get(name) {
            return Some(value.clone());
        }
        let frame = &self.walker.world.frames[self.walker.module][self.walker.here];
        if let Some(meaning) = self.walker.world.scopes[self.walker.module]
            .macros
            .get(name)
            .and_then(|all| all.last())
        {
            return match &meaning.kind {
                ExprKind::Literal(_) => constants::decide(meaning, self),
                ExprKind::Name(other) if other != name => self.state.consts.get(other).cloned(),
                _ => None,
            };
        }
        let free = self.walker.here == 0 || !frame.locals.contains(name);
        if free {
            self.walker.world.constants.get(self.walker.module, name)
        } else {
            None
        }
    }

    fn field(&self, base: &Expr, field: &Text) -> Option<Const> {
        let ExprKind::Name(base) = &base.kind else { return None };
        if &**base == "this" || Some(base) == self.walker.view.resolver.class.as_ref() {
            return self.walker.world.constants.get(self.walker.module, field);
        }
        if !base.starts_with(char::is_uppercase) {
            return None;
        }
        // `Settings.LIMIT` of a class that another module declares.
        let owner = self.walker.world.class_module(self.walker.module, base)?;
        self.walker.world.constants.get(owner, field)
    }

    fn call(&self, expr: &Expr) -> Option<Const> {
        let ExprKind::Call { callee, args, .. } = &expr.kind else {
            return None;
        };
        if let Some(found) = constants::of_call(callee, args, self) {
            return Some(found);
        }
        let resolved = self.walker.resolved.get(&(std::ptr::from_ref(expr) as usize));
        let targets = match resolved {
            Some(known) => known.targets.clone(),
            None => self.walker.targets(expr),
        };
        let mut values = targets
            .iter()
            .map(|&unit| self.walker.shared.summaries[unit as usize].constant.clone());
        let first = values.next()??;
        values.all(|value| value.as_ref() == Some(&first)).then_some(first)
    }
}
