//! What must be known of the whole project before one function is walked: the order, and how structures lie in memory.
//!
//! In: the scene. Out: units with callees first, sizes of structures, types of fields. Start at either function.

use std::collections::{BTreeSet, HashMap};

use crate::candidates::Scene;
use crate::syntax::form::Text;

/// Callees before callers; cycles are cut where they are entered.
pub fn order(scene: &Scene) -> Vec<u32> {
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

/// Sizes of structures whose fields are all plain, and types of fields by name where all agree.
pub fn structures(scene: &Scene) -> (HashMap<String, i64>, HashMap<String, Text>) {
    let mut sizes = HashMap::new();
    let mut fields: HashMap<String, Text> = HashMap::new();
    let mut odd: BTreeSet<String> = BTreeSet::new();
    for module in scene
        .forest
        .modules
        .iter()
        .filter(|module| matches!(module.language, "c" | "cpp"))
    {
        for class in &module.classes {
            let plain: Option<Vec<i64>> = class
                .fields
                .iter()
                .map(|(_, hint)| super::memory::bytes_of(hint.as_deref()?))
                .collect();
            if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
                // Padding to the widest field.
                let widest = plain.iter().copied().max().unwrap_or(1);
                let total: i64 = plain.iter().sum();
                sizes.insert(class.name.to_string(), (total + widest - 1) / widest * widest);
            }
            for (field, hint) in &class.fields {
                let Some(hint) = hint else { continue };
                if fields
                    .insert(field.to_string(), hint.clone())
                    .is_some_and(|known| known != *hint)
                {
                    odd.insert(field.to_string());
                }
            }
        }
    }
    fields.retain(|name, _| !odd.contains(name));
    (sizes, fields)
}
