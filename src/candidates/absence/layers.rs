//! Records that a route reaches through the functions it calls: controller, service, repository.
//!
//! In: routes and the calls below them. Out: where a key of the request finds a record, when nothing on the way asks
//! whose it is and a route beside this one does. Deliberately absent: projects in which no route asks; there is nothing
//! to learn from. Start at [`Layers::place`].

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Span};

use super::owners::{KEY, Look, looks_up};
use super::routes;
use crate::candidates::Scene;

/// Calls between a route and its store.
const DEEP: usize = 3;
/// Functions looked at below one route.
const MOST: usize = 24;

pub struct Layers<'a> {
    scene: &'a Scene<'a>,
    /// Routes of each file below which somebody asks whose a record is.
    asking: BTreeMap<u32, BTreeSet<u32>>,
    /// Functions below those.
    asked: BTreeSet<u32>,
}

impl<'a> Layers<'a> {
    pub fn of(scene: &'a Scene<'a>) -> Self {
        let mut layers = Self {
            scene,
            asking: BTreeMap::new(),
            asked: BTreeSet::new(),
        };
        let mut known = BTreeMap::new();
        for entry in routes(scene) {
            let below = layers.below(entry.unit);
            let asks = |unit: u32| Look { scene, unit }.owned(&scene.function(unit).body);
            if below
                .iter()
                .any(|&unit| *known.entry(unit).or_insert_with(|| asks(unit)))
            {
                let file = scene.file(entry.unit).0;
                layers.asking.entry(file).or_default().insert(entry.unit);
                layers.asked.extend(below);
            }
        }
        layers
    }

    /// The route and the functions that it calls, and what those call.
    fn below(&self, unit: u32) -> Vec<u32> {
        let mut found = vec![unit];
        let mut from = 0;
        for _ in 0..DEEP {
            let until = found.len();
            for at in from..until {
                for edge in self.scene.graph.callees(found[at]) {
                    if found.len() < MOST && !found.contains(&edge.to) {
                        found.push(edge.to);
                    }
                }
            }
            from = until;
        }
        found
    }

    /// Where a route that asks nobody hands a key of the request to what looks a record up by it.
    pub fn place(&self, unit: u32) -> Option<(u32, Span)> {
        let asking = self.asking.get(&self.scene.file(unit).0)?;
        if asking.contains(&unit) {
            return None;
        }
        let (to, span) = self.handed(unit)?;
        // What others use after they asked is not where the question is missing.
        let shared = self.asked.contains(&to);
        match self.inside(to).filter(|_| !shared) {
            Some(place) => Some((to, place)),
            None => Some((unit, span)),
        }
    }

    /// A call with a key of a function that looks something up by it, here or one call further.
    fn handed(&self, unit: u32) -> Option<(u32, Span)> {
        let keys = self.keyed(unit);
        let callees = self.scene.graph.callees(unit);
        let edges: Vec<(u32, Span)> = callees.map(|edge| (edge.to, edge.span)).collect();
        edges
            .into_iter()
            .find(|(to, span)| keys.contains(span) && self.inside(*to).is_some())
    }

    /// The look-up in a function, or its call of a function that has one.
    fn inside(&self, unit: u32) -> Option<Span> {
        if let Some(span) = self.look_up(unit) {
            return Some(span);
        }
        let keys = self.keyed(unit);
        let mut callees = self.scene.graph.callees(unit);
        let found = callees.find(|edge| keys.contains(&edge.span) && self.look_up(edge.to).is_some());
        found.map(|edge| edge.span)
    }

    fn look_up(&self, unit: u32) -> Option<Span> {
        let mut place = None;
        self.calls(unit, &mut |expr, _| {
            if place.is_none() && looks_up(expr) {
                place = Some(expr.span);
            }
        });
        place
    }

    /// Calls of a function that hand on something with the name of a key.
    fn keyed(&self, unit: u32) -> Vec<Span> {
        let mut found = Vec::new();
        self.calls(unit, &mut |expr, args| {
            let key = |arg: &Arg| matches!(&arg.value.kind, ExprKind::Name(name) if KEY.is_match(name));
            if args.iter().any(key) {
                found.push(expr.span);
            }
        });
        found
    }

    fn calls(&self, unit: u32, visit: &mut dyn FnMut(&Expr, &[Arg])) {
        names::walk(&self.scene.function(unit).body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Call { args, .. } = &expr.kind {
                    visit(expr, args);
                }
            });
        });
    }
}
