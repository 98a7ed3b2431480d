//! In which order functions are walked, and which of them side by side, with the same outcome as one after another.
//!
//! In: the scene. Out: an [`Order`]: callees before callers, cycles cut where they are entered, and waves of units that
//! ask nothing of each other. Deliberately absent: the walk itself. Start at [`Order::of`].

use crate::candidates::Scene;
use crate::flow::program::order::components;

use super::inline::{DEPTH, LINES};

/// Calls looked at for one unit within a cycle before it is taken to ask everything that comes before it.
const LOOKS: usize = 10_000;
/// Waves of a unit that is in none.
const NONE: usize = usize::MAX;

/// Units of C and C++ in the order in which they are walked.
pub struct Order {
    /// Units of one wave ask only those of earlier waves; each is ordered.
    pub waves: Vec<Vec<u32>>,
    /// Where each unit stands among all: it knows what those before it do, and nothing of itself and those behind it.
    pub position: Vec<u32>,
}

impl Order {
    pub fn of(scene: &Scene) -> Self {
        let order = callees_first(scene);
        let mut position = vec![0; order.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(at, &unit)| position[unit as usize] = at as u32);
        let mut levels = Levels::new(scene, &position);
        let mut waves: Vec<Vec<u32>> = Vec::new();
        for &unit in order.iter().filter(|&&unit| is_c(scene, unit)) {
            let wave = levels.place(unit);
            if waves.len() <= wave {
                waves.resize_with(wave + 1, Vec::new);
            }
            waves[wave].push(unit);
        }
        Self { waves, position }
    }
}

fn is_c(scene: &Scene, unit: u32) -> bool {
    let module = scene.graph.units[unit as usize].module;
    matches!(scene.forest.modules[module].language, "c" | "cpp")
}

/// Callees before callers; cycles are cut where they are entered.
fn callees_first(scene: &Scene) -> Vec<u32> {
    let count = scene.graph.units.len();
    let mut seen = vec![false; count];
    let mut order = Vec::with_capacity(count);
    for root in 0..count as u32 {
        let mut work = vec![(root, false)];
        while let Some((unit, done)) = work.pop() {
            if done {
                order.push(unit);
            } else if !std::mem::replace(&mut seen[unit as usize], true) {
                work.push((unit, true));
                let open = scene.graph.callees(unit).filter(|edge| !seen[edge.to as usize]);
                work.extend(open.map(|edge| (edge.to, false)));
            }
        }
    }
    order
}

/// The wave of every unit placed so far.
struct Levels<'s> {
    scene: &'s Scene<'s>,
    position: &'s [u32],
    /// The cycle that each unit belongs to; most are alone.
    cycle: Vec<u32>,
    /// By cycle: how many units, and the first wave behind all that are placed.
    size: Vec<u32>,
    behind: Vec<usize>,
    wave: Vec<usize>,
    /// The first wave behind all.
    last: usize,
    /// The unit for which each unit was looked at last.
    seen: Vec<u32>,
}

impl<'s> Levels<'s> {
    fn new(scene: &'s Scene<'s>, position: &'s [u32]) -> Self {
        let count = scene.graph.units.len();
        let groups = components(count, &scene.graph.edges);
        let mut cycle = vec![0; count];
        for (at, group) in groups.iter().enumerate() {
            group.iter().for_each(|&unit| cycle[unit as usize] = at as u32);
        }
        Self {
            scene,
            position,
            cycle,
            size: groups.iter().map(|group| group.len() as u32).collect(),
            behind: vec![0; groups.len()],
            wave: vec![NONE; count],
            last: 0,
            seen: vec![u32::MAX; count],
        }
    }

    /// The wave of a unit; those before it in the order are placed.
    fn place(&mut self, unit: u32) -> usize {
        let own = self.cycle[unit as usize] as usize;
        let wave = if self.size[own] == 1 {
            let callees = self.scene.graph.callees(unit);
            let behind = callees.map(|edge| self.behind[self.cycle[edge.to as usize] as usize]);
            behind.max().unwrap_or(0)
        } else {
            self.within(unit, own as u32).unwrap_or(self.last)
        };
        self.wave[unit as usize] = wave;
        self.behind[own] = self.behind[own].max(wave + 1);
        self.last = self.last.max(wave + 1);
        wave
    }

    /// The wave of a unit in a cycle: behind all that it may ask, at its calls and at the calls inside those that are
    /// walked again at them. `None` where these are too many to look at.
    fn within(&mut self, unit: u32, own: u32) -> Option<usize> {
        let mut wave = 0;
        let mut looks = LOOKS;
        let mut front = vec![unit];
        for _ in 0..=DEPTH {
            let mut next = Vec::new();
            for from in front {
                for edge in self.scene.graph.callees(from) {
                    looks = looks.checked_sub(1)?;
                    let to = edge.to as usize;
                    if self.cycle[to] != own {
                        wave = wave.max(self.behind[self.cycle[to] as usize]);
                    } else if std::mem::replace(&mut self.seen[to], unit) != unit {
                        if self.position[to] < self.position[unit as usize] && self.wave[to] != NONE {
                            wave = wave.max(self.wave[to] + 1);
                        }
                        let span = self.scene.function(edge.to).span;
                        if span.last - span.line <= LINES {
                            next.push(edge.to);
                        }
                    }
                }
            }
            front = next;
        }
        Some(wave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::Settings;
    use crate::source::Snapshot;
    use crate::{cards, flow, syntax};

    fn order(code: &str) -> (Order, flow::Graph) {
        let snapshot = Snapshot::of_texts([("a.c", code)]);
        let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
        let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
        let scene = Scene {
            graph: &graph,
            forest: &forest,
            snapshot: &snapshot,
            cards: cards::all(),
            settings: &Settings::default(),
        };
        (Order::of(&scene), graph)
    }

    fn wave(order: &Order, graph: &flow::Graph, name: &str) -> usize {
        let own = |unit: &u32| graph.units[*unit as usize].name == name;
        let found = order.waves.iter().position(|wave| wave.iter().any(own));
        found.unwrap_or_else(|| panic!("{name} is in no wave"))
    }

    #[test]
    fn callees_are_walked_in_waves_before_their_callers_and_the_rest_side_by_side() {
        let code = "void leaf(void) {}\nvoid other(void) {}\nvoid middle(void) { leaf(); }\n\
                    void top(void) { middle(); other(); }\n";
        let (order, graph) = order(code);
        let waves = ["leaf", "other", "middle", "top"].map(|name| wave(&order, &graph, name));
        assert_eq!(waves, [0, 0, 1, 2]);
    }

    #[test]
    fn a_unit_of_a_cycle_comes_behind_all_that_it_may_ask_through_calls_that_are_walked_again() {
        // `a` enters the cycle, so that `c` and `b` come first; `c` calls back into `a`, through which it meets `far`.
        let code = "void far(void) {}\nvoid a(void) { b(); far(); }\nvoid b(void) { c(); }\nvoid c(void) { a(); }\n\
                    void after(void) { c(); }\n";
        let (order, graph) = order(code);
        let [far, a, b, c, after] = ["far", "a", "b", "c", "after"].map(|name| wave(&order, &graph, name));
        assert!(far < c && c < b && b < a && a < after, "{far} {c} {b} {a} {after}");
        let count: usize = order.waves.iter().map(Vec::len).sum();
        assert_eq!(count, graph.units.len());
    }
}
