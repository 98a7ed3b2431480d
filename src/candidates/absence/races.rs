//! What several requests may do at once: a record that is looked at and then changed, a field that all of them share.
//!
//! In: functions of the project, and which of them answer requests. Out: [`Absence`]s, one rule per public function.
//! Deliberately absent: memory that threads of one process share by design; `lifetime` reads that of C.
//! Start at [`checked_then_used`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Function, Literal, Span, Stmt, StmtKind, Text};

use super::{Absence, routes};
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Calls that fetch a record.
static FETCHES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)^(get|first|one|one_or_none|first_or_404|scalar|scalars|scalar_one|scalar_one_or_none|get_object_or_404|
        get_or_404|get_by_id|get_or_create|find|findOne|findFirst|findUnique|findByPk|findById|find_by|find_one|
        find\w*By\w*|getById|getOne|getReferenceById|load|findOrFail|firstOrFail|orElseThrow|orElse|
        FindAsync|FirstOrDefaultAsync|SingleAsync|FirstAsync)$",
    )
});
/// Fields of which there is only so much, or which may be used up once.
static RUNS_OUT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)^(\w*_?(balance|stock|credits?|quota|points|seats|inventory|funds|coins|budget|remaining|left)|
        (is_?|was_?|has_?been_?)?(used|redeemed|claimed|consumed|spent)(_?(at|on|count))?|uses(_?left)?|available(_?\w+)?|quantity|
        capacity)$",
    )
});
/// The store lets nobody else in between, or is asked to do both in one.
static HELD: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)(select_for_update|with_for_update|[fF]or_?[uU]pdate|FOR\s+UPDATE|synchronized|\b[lL]ock\w*\(|\w*(_lock|Lock|mutex|Mutex)\b|
        \w*(Locked|Lock)[A-Z]?\w*\(|Redlock|[sS]erializable|SERIALIZABLE|PESSIMISTIC|OPTIMISTIC|redis|cas\(|version)",
    )
});
/// What was changed goes back to the store.
static KEEPS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(\.save\w*\(|\.commit\(|\.flush\(|\.persist\(|\.update\w*\(|@?Transactional|->save\()")
});

/// A record says that there is enough, and is changed afterwards as if it still did.
pub fn checked_then_used(scene: &Scene) -> Vec<Absence> {
    let versions = versioned(scene);
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let function = scene.function(unit);
        let text = scene.text(unit, function.span);
        let language = scene.module(unit).language;
        let asked = scene.graph.units[unit as usize].index != 0
            && !matches!(language, "c" | "cpp" | "rust" | "go")
            && KEEPS.is_match(text)
            && !HELD.is_match(text);
        if !asked || versions.iter().any(|class| text.contains(&***class)) {
            continue;
        }
        let mut seen = Seen::default();
        names::walk(&function.body, &mut |stmt| seen.step(stmt));
        found.extend(seen.place.map(|(span, field)| Absence {
            unit,
            span,
            what: format!("{field} is looked at first and changed afterwards, and another request may come in between"),
            weight: 35,
        }));
    }
    found
}

/// Names of entities that notice when somebody else changed them.
fn versioned<'a>(scene: &'a Scene) -> Vec<&'a Text> {
    let modules = scene.forest.modules.iter();
    let java = modules.filter(|module| matches!(module.language, "java" | "kotlin"));
    java.flat_map(|module| {
        let text = &*scene.snapshot.file(module.file).text;
        let said = |span: Span| text.get(span.start as usize..span.end as usize);
        let holds = move |span: Span| said(span).is_some_and(|text| text.contains("@Version"));
        module
            .classes
            .iter()
            .filter(move |class| holds(class.span))
            .map(|class| &class.name)
    })
    .collect()
}

/// What has been met on the way through one function.
#[derive(Default)]
struct Seen {
    records: BTreeSet<Text>,
    looked: BTreeSet<(Text, String)>,
    place: Option<(Span, String)>,
}

impl Seen {
    fn step(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign { target, value, .. } => {
                if let (ExprKind::Name(name), true) = (&target.kind, fetches(value)) {
                    self.records.insert(name.clone());
                }
                if let Some(changed) = part(target).filter(|_| !by_store(value)) {
                    self.change(changed, stmt.span);
                }
            }
            StmtKind::If { cond, .. } => names::descend(cond, &mut |expr| {
                if let Some((record, field)) = part(expr)
                    && self.records.contains(&record)
                    && RUNS_OUT.is_match(&field)
                {
                    self.looked.insert((record, field));
                }
            }),
            StmtKind::Expr(expr) => {
                if let ExprKind::Call { callee, args, .. } = &expr.kind
                    && let ExprKind::Field(base, name) = &callee.kind
                    && let (ExprKind::Name(record), Some(field), 1) = (&base.kind, name.strip_prefix("set"), args.len())
                {
                    self.change((record.clone(), plain(field)), stmt.span);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, (record, field): (Text, String), span: Span) {
        let known = (record, field);
        if self.place.is_none() && self.looked.contains(&known) {
            self.place = Some((span, known.1));
        }
    }
}

/// `record.field`, `record.getField()` and `record.isField()`, by the plain name of the field.
fn part(expr: &Expr) -> Option<(Text, String)> {
    let (base, field) = match &expr.kind {
        ExprKind::Field(base, field) => (base, plain(field)),
        ExprKind::Call { callee, args, .. } if args.is_empty() => match &callee.kind {
            ExprKind::Field(base, name) => {
                let bare = ["get", "is", "has"].iter().find_map(|head| name.strip_prefix(head));
                (base, plain(bare.unwrap_or(name)))
            }
            _ => return None,
        },
        _ => return None,
    };
    match &base.kind {
        ExprKind::Name(record) => Some((record.clone(), field)),
        _ => None,
    }
}

/// `IsUsed` and `used` are one field.
fn plain(field: &str) -> String {
    let mut letters = field.chars();
    let head = letters.next().map(|first| first.to_ascii_lowercase());
    head.into_iter().chain(letters).collect()
}

/// `F("balance") - amount`: the store itself does the sum.
fn by_store(value: &Expr) -> bool {
    let mut found = false;
    names::descend(value, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &expr.kind {
            found |= matches!(&callee.kind, ExprKind::Name(name) | ExprKind::Field(_, name) if &**name == "F");
        }
    });
    found
}

fn fetches(value: &Expr) -> bool {
    let mut found = false;
    names::descend(value, &mut |expr| {
        if let ExprKind::Call { callee, .. } = &expr.kind
            && let ExprKind::Name(name) | ExprKind::Field(_, name) = &callee.kind
        {
            found |= FETCHES.is_match(name);
        }
    });
    found
}

/// Classes of which the framework makes one object for all requests.
const ONE_FOR_ALL: [&str; 3] = ["Controller", "RestController", "WebServlet"];
/// Types that are made to be shared, or of which every thread has its own.
static SHAREABLE: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(atomic|concurrent|threadlocal|volatile|lock|adder|provider|inject|context)"));
static OWN_EACH: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(Scope|RequestScoped|SingleThreadModel|SessionScoped)"));

/// A request leaves something of its own where the next one finds it.
pub fn kept_between_requests(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        let module = scene.module(entry.unit);
        let function = scene.function(entry.unit);
        let text = scene.text(entry.unit, function.span);
        let shared: BTreeSet<&str> = match module.language {
            "java" | "kotlin" if !text.contains("synchronized") => fields(scene, entry.unit),
            "python" => globals(text),
            _ => continue,
        };
        if shared.is_empty() {
            continue;
        }
        let mut own: BTreeSet<&str> = function.params.iter().map(|param| &*param.name).collect();
        own.insert("request");
        let mut place = None;
        names::walk(&function.body, &mut |stmt| {
            if let StmtKind::Expr(expr) = &stmt.kind
                && let ExprKind::Unary(op, counted) = &expr.kind
                && let ExprKind::Name(name) | ExprKind::Field(_, name) = &counted.kind
                && matches!(&**op, "++" | "--")
                && shared.contains(&**name)
            {
                place = place.or(Some((stmt.span, name)));
            }
            let StmtKind::Assign {
                target, value, hint, ..
            } = &stmt.kind
            else {
                return;
            };
            let said = says(value, &own);
            match &target.kind {
                ExprKind::Name(name) if said && (hint.is_some() || !shared.contains(&**name)) => drop(own.insert(name)),
                ExprKind::Name(name) if said && !own.contains(&**name) => place = place.or(Some((stmt.span, name))),
                ExprKind::Field(base, name) if said && shared.contains(&**name) && is_self(base) => {
                    place = place.or(Some((stmt.span, name)));
                }
                _ => {}
            }
        });
        found.extend(place.map(|(span, name)| Absence {
            unit: entry.unit,
            span,
            what: format!("{name} is one for all requests, and this one leaves something of its own in it"),
            weight: 45,
        }));
    }
    found
}

fn is_self(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if matches!(&**name, "this" | "self"))
}

/// Whether a value is made of what the request brought.
fn says(value: &Expr, own: &BTreeSet<&str>) -> bool {
    let mut said = false;
    names::descend(value, &mut |expr| {
        said |= matches!(&expr.kind, ExprKind::Name(name) if own.contains(&**name));
    });
    said && !matches!(value.kind, ExprKind::Literal(Literal::Null))
}

/// Fields of the object that answers all requests, which anything may set.
fn fields<'a>(scene: &'a Scene, unit: u32) -> BTreeSet<&'a str> {
    let module = scene.module(unit);
    let function: &Function = scene.function(unit);
    let Some(class) = function.class.map(|class| &module.classes[class]) else {
        return BTreeSet::new();
    };
    let noted = |names: &[&str]| class.annotations.iter().any(|note| names.contains(&&*note.name));
    let servlet = class.bases.iter().any(|base| base.ends_with("Servlet"));
    if !(servlet || noted(&ONE_FOR_ALL)) || class.annotations.iter().any(|note| OWN_EACH.is_match(&note.name)) {
        return BTreeSet::new();
    }
    let local = |name: &str| function.params.iter().any(|param| &*param.name == name);
    let plain = |hint: &Option<Text>| hint.as_ref().is_none_or(|hint| !SHAREABLE.is_match(hint));
    let kept = class.fields.iter().filter(|(name, hint)| plain(hint) && !local(name));
    kept.map(|(name, _)| &**name).collect()
}

static GLOBAL: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?m)^\s+global\s+(\w+(?:\s*,\s*\w+)*)"));

/// Names of the module that a function of Python says it assigns.
fn globals(text: &str) -> BTreeSet<&str> {
    let lines = GLOBAL.captures_iter(text).filter_map(|found| found.get(1));
    lines
        .flat_map(|names| names.as_str().split(',').map(str::trim))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_out_is_told_from_other_fields() {
        for name in [
            "balance",
            "wallet_balance",
            "used",
            "isUsed",
            "stock",
            "uses_left",
            "available",
            "redeemed_at",
        ] {
            assert!(RUNS_OUT.is_match(name), "{name}");
        }
        for name in ["name", "enabled", "status", "usedBy", "stocks_url", "user"] {
            assert!(!RUNS_OUT.is_match(name), "{name}");
        }
    }

    #[test]
    fn what_holds_others_off_is_known() {
        assert!(HELD.is_match("Wallet.objects.select_for_update().get(pk=1)") && HELD.is_match("with self._lock:"));
        assert!(!HELD.is_match("if account.blocked: raise Clock()"));
        assert_eq!(
            globals("def f():\n    global a, b\n    a = 1"),
            BTreeSet::from(["a", "b"])
        );
    }
}
