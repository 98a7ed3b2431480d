//! Code that a card calls suspicious without any flow: `cards.calls`.
//!
//! In: a [`World`] and the cards. Out: [`Suspect`]s in order of place. Deliberately absent: literals (`candidates`
//! looks at those) and any state; a name stands for a literal only where its function assigns it once.
//! Start at [`find`].

use std::collections::HashMap;

use rayon::prelude::*;

use crate::cards::Card;
use crate::cards::pattern::Shape;
use crate::syntax::form::{Expr, ExprKind, Literal, Stmt, StmtKind, Text};

use crate::flow::Suspect;
use crate::flow::program::constants;
use crate::flow::program::matcher::{Purpose, Rule, Rules, of_receiver};
use crate::flow::program::names::{self, Resolver};
use crate::flow::program::properties::Properties;
use crate::flow::program::world::{CARDS, World};
use crate::flow::state::value::Const;

pub fn find(world: &World, cards: &[Card]) -> Vec<Suspect> {
    let mut tables: HashMap<&'static str, Rules> = HashMap::new();
    for module in world.modules {
        tables
            .entry(module.language)
            .or_insert_with(|| table(module.language, cards));
    }
    let units = 0..world.units.len() as u32;
    let own = |unit| of_unit(world, &tables, unit);
    // Units come in order, so that sorting each of them sorts all.
    units.into_par_iter().flat_map_iter(own).collect()
}

fn of_unit(world: &World, tables: &HashMap<&'static str, Rules>, unit: u32) -> Vec<Suspect> {
    let at = &world.units[unit as usize];
    let function = world.function(unit);
    let literals = literals(&function.body, &world.properties);
    let decide = |expr: &Expr| literal(world, at.module, &literals, expr);
    let look = Look {
        rules: &tables[world.modules[at.module].language],
        resolver: world.resolver(at.module, at.index),
        decide: &decide,
        unit,
    };
    let mut found = Vec::new();
    names::walk(&function.body, &mut |stmt| look.statement(stmt, &mut found));
    found.sort_by(|a, b| (a.span, a.card, &a.pattern).cmp(&(b.span, b.card, &b.pattern)));
    found.dedup_by(|a, b| a.span == b.span && a.card == b.card);
    found
}

struct Look<'a> {
    rules: &'a Rules,
    resolver: Resolver<'a>,
    decide: &'a dyn Fn(&Expr) -> Option<Literal>,
    unit: u32,
}

impl Look<'_> {
    fn statement(&self, stmt: &Stmt, found: &mut Vec<Suspect>) {
        if let StmtKind::Assign { target, .. } = &stmt.kind {
            let rules = self.rules.write(&self.resolver.paths(target));
            found.extend(rules.into_iter().filter_map(|rule| self.suspect(rule, stmt.span)));
        }
        names::expressions(stmt, &mut |expr| {
            let rules = match &expr.kind {
                ExprKind::Call { callee, args, new } => {
                    let paths = self.resolver.paths(callee);
                    self.rules
                        .call(&paths, args, *new, self.decide)
                        .into_iter()
                        .map(|found| found.rule)
                        .filter(|rule| of_receiver(rule, callee))
                        .collect()
                }
                ExprKind::Name(last) | ExprKind::Field(_, last) if self.rules.knows_read(last) => {
                    self.rules.read(&self.resolver.paths(expr))
                }
                _ => Vec::new(),
            };
            found.extend(rules.into_iter().filter_map(|rule| self.suspect(rule, expr.span)));
        });
    }

    fn suspect(&self, rule: &Rule, span: crate::syntax::form::Span) -> Option<Suspect> {
        Some(Suspect {
            card: rule.card?,
            unit: self.unit,
            span,
            pattern: rule.pattern.text.clone(),
        })
    }
}

fn table(language: &str, cards: &[Card]) -> Rules {
    let mut rules = Rules::of(language);
    for (at, card) in cards
        .iter()
        .enumerate()
        .take(CARDS)
        .filter(|(_, card)| card.applies_to(language))
    {
        for pattern in card.calls_for(language) {
            if !matches!(pattern.shape, Shape::Return) {
                let (kind, pattern) = (String::new(), pattern.clone());
                rules.add(Rule {
                    purpose: Purpose::Call,
                    card: Some(at),
                    kind,
                    pattern,
                    to: Vec::new(),
                });
            }
        }
    }
    rules
}

/// Names to which the body only ever assigns one literal, whatever nulls and empty texts stand there before.
fn literals(body: &[Stmt], properties: &Properties) -> HashMap<Text, Option<Literal>> {
    let mut found: HashMap<Text, Option<Literal>> = HashMap::new();
    names::walk(body, &mut |stmt| {
        let StmtKind::Assign {
            target,
            value,
            augmented,
            ..
        } = &stmt.kind
        else {
            return;
        };
        let ExprKind::Name(name) = &target.kind else { return };
        let value = match &value.kind {
            _ if *augmented => None,
            ExprKind::Name(other) => found.get(other).cloned().flatten(),
            _ => fixed(value, properties),
        };
        let nothing = |value: &Option<Literal>| match value {
            Some(Literal::Str(text)) => text.is_empty(),
            Some(literal) => matches!(literal, Literal::Null),
            None => false,
        };
        match found.get_mut(name) {
            Some(known) if nothing(known) => *known = value,
            Some(_) if nothing(&value) => {}
            Some(known) => *known = None,
            None => {
                found.insert(name.clone(), value);
            }
        }
    });
    found
}

/// What is the same on every run: a literal, an array of them, or what the project's property files say.
fn fixed(value: &Expr, properties: &Properties) -> Option<Literal> {
    match &value.kind {
        ExprKind::Literal(literal) => Some(literal.clone()),
        ExprKind::Collection(items) if !items.is_empty() && constants::is_literal_set(value) => {
            Some(Literal::Str("{...}".into()))
        }
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            // `"text".getBytes()` is as fixed as the text.
            ExprKind::Field(base, name) if matches!(&**name, "getBytes" | "toCharArray" | "trim") => {
                fixed(base, properties)
            }
            _ => match properties.asked(callee, args)? {
                Const::Text(text) => Some(Literal::Str(text)),
                _ => None,
            },
        },
        ExprKind::Index(base, key) => properties.indexed(base, key).map(Literal::Str),
        ExprKind::Binary(op, left, right) if &**op == "+" => {
            match (fixed(left, properties)?, fixed(right, properties)?) {
                (Literal::Str(left), Literal::Str(right)) => Some(Literal::Str(format!("{left}{right}").into())),
                _ => None,
            }
        }
        ExprKind::Opaque(parts) if parts.len() == 1 => fixed(&parts[0], properties),
        ExprKind::Binary(op, left, _) if &**op == "*" && matches!(left.kind, ExprKind::Literal(Literal::Str(_))) => {
            fixed(left, properties)
        }
        _ => None,
    }
}

/// Calls that make a list or a set of what they are given.
fn lists(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Field(base, name)
        if matches!(&**name, "of" | "asList" | "singletonList" | "singleton")
            && matches!(&base.kind, ExprKind::Name(class) if matches!(&**class, "List" | "Set" | "Arrays" | "Collections")))
}

fn literal(world: &World, module: usize, locals: &HashMap<Text, Option<Literal>>, expr: &Expr) -> Option<Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal.clone()),
        ExprKind::Name(name) => match locals.get(name) {
            Some(known) => known.clone(),
            None => world.constants.get(module, name).map(|value| match value {
                Const::Text(text) => Literal::Str(text),
                Const::Number(number) => Literal::Number(number.to_string().into()),
                Const::Bool(value) => Literal::Bool(value),
                Const::Null => Literal::Null,
            }),
        },
        // A text repeated is as fixed as the text, however often.
        ExprKind::Binary(op, left, _) if &**op == "*" && matches!(left.kind, ExprKind::Literal(Literal::Str(_))) => {
            literal(world, module, locals, left)
        }
        // Arithmetic over literals is as fixed as a literal.
        ExprKind::Binary(op, left, right) if matches!(&**op, "+" | "-" | "*" | "/" | "<<") => {
            let (left, right) = (
                literal(world, module, locals, left)?,
                literal(world, module, locals, right)?,
            );
            if let ("+", Literal::Str(left), Literal::Str(right)) = (&**op, &left, &right) {
                return Some(Literal::Str(format!("{left}{right}").into()));
            }
            Some(if matches!(left, Literal::Number(_)) {
                right
            } else {
                left
            })
        }
        ExprKind::Call { callee, .. } if names::dotted(callee).as_deref() == Some("sizeof") => {
            Some(Literal::Number("1".into()))
        }
        ExprKind::Call { callee, .. } if matches!(&callee.kind, ExprKind::Field(_, name) if matches!(&**name, "getBytes" | "toCharArray")) => {
            match &callee.kind {
                ExprKind::Field(base, _) => literal(world, module, locals, base),
                _ => None,
            }
        }
        // A list of one stands for its only member: `algorithms=["none"]`.
        ExprKind::Collection(items) => match items.as_slice() {
            [(None, only)] => literal(world, module, locals, only).or_else(|| fixed(expr, &world.properties)),
            _ => fixed(expr, &world.properties),
        },
        // `List.of("*")`, `Collections.singletonList("*")`
        ExprKind::Call { callee, args, .. } if args.len() == 1 && lists(callee) => {
            literal(world, module, locals, &args[0].value)
        }
        ExprKind::Call { .. } | ExprKind::Index(..) => fixed(expr, &world.properties),
        ExprKind::Cast(_, inner) => literal(world, module, locals, inner),
        ExprKind::Opaque(parts) if parts.len() == 1 => literal(world, module, locals, &parts[0]),
        _ => None,
    }
}
