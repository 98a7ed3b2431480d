//! Records of the database that a request fills as a whole.
//!
//! In: handlers whose parameter is bound from a request, and the classes of the project. Out: [`Absence`]s: the
//! parameter is an entity with a field that says what somebody may do or owns, and it is stored as it came. Deliberately
//! absent: objects made for the request alone, of which the code copies what it wants. Start at [`unpicked_entity`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Class, ExprKind, Param, Span};

use super::{Absence, routes};
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Annotations that bind a parameter from what the request says.
const BOUND: [&str; 3] = ["RequestBody", "ModelAttribute", "BeanParam"];
/// Annotations of classes whose objects are rows or documents of a store.
const STORED: [&str; 4] = ["Entity", "Document", "Table", "MappedSuperclass"];
static STORES: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^(save|saveAndFlush|saveAll|persist|merge|insert|update|saveOrUpdate)$"));
/// Fields that nobody sets for themselves.
pub static PRIVILEGE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(admin|role|authorit|permission|privilege|balance|credit|verified|enabled|approved|active$|locked|owner|tenant|
        is_?staff|superuser|password_?hash|salary|discount|price|paid)",
    )
});
/// The handler says which fields a request may fill.
static PICKED: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(setAllowedFields|setDisallowedFields|@?JsonIgnoreProperties|copyProperties)"));

/// An entity is bound from the request and stored.
pub fn unpicked_entity(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        let module = scene.module(entry.unit);
        if !matches!(module.language, "java" | "kotlin") {
            continue;
        }
        let file = scene.snapshot.file(scene.file(entry.unit));
        let function = scene.function(entry.unit);
        for param in function.params.iter().filter(|param| bound(param)) {
            let Some(field) = privilege(scene, param).filter(|_| !PICKED.is_match(&file.text)) else {
                continue;
            };
            if let Some(span) = stored(scene, entry.unit, param) {
                let what = format!(
                    "a request fills every field of {}, {field} among them, and it is stored as it came",
                    param.name
                );
                found.push(Absence {
                    unit: entry.unit,
                    span,
                    what,
                    weight: 30,
                });
            }
        }
    }
    found
}

fn bound(param: &Param) -> bool {
    param.annotations.iter().any(|note| BOUND.contains(&&*note.name))
}

/// The field of the parameter's class, which is stored, that says most about its owner.
fn privilege(scene: &Scene, param: &Param) -> Option<String> {
    let path = param.hint.as_deref().and_then(names::type_path)?;
    let name = path.last()?;
    let stored =
        |class: &&Class| class.name == *name && class.annotations.iter().any(|note| STORED.contains(&&*note.name));
    let mut classes = scene.forest.modules.iter().flat_map(|module| &module.classes);
    let class = classes.find(stored)?;
    let mut fields = class.fields.iter().map(|(field, _)| field);
    fields.find(|field| PRIVILEGE.is_match(field)).map(ToString::to_string)
}

/// Where the parameter itself is given to the store.
fn stored(scene: &Scene, unit: u32, param: &Param) -> Option<Span> {
    let mut place = None;
    names::walk(&scene.function(unit).body, &mut |stmt| {
        names::expressions(stmt, &mut |expr| {
            if let ExprKind::Call { callee, args, .. } = &expr.kind
                && let ExprKind::Field(_, name) = &callee.kind
                && STORES.is_match(name)
                && args
                    .iter()
                    .any(|arg| matches!(&arg.value.kind, ExprKind::Name(name) if *name == param.name))
            {
                place = place.or(Some(expr.span));
            }
        });
    });
    place
}
