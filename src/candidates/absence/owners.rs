//! Records that anybody who is logged in can ask for.
//!
//! In: routes that ask who is there, and the look-ups in their bodies. Out: [`Absence`]s: a record is found by a key of
//! the request, and nothing that happens with it depends on whose it is. To know somebody is logged in, or to write
//! the difference to a log, is no such thing. Start at [`without_owner`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::Entry;
use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Param, Span, Stmt, StmtKind};

use super::filters::Filters;
use super::inner::{asks_inside, login_for_all};
use super::layers::Layers;
use super::mounts::Mounts;
use super::records::Owned;
use super::routes::{GLOBAL, WRITES, checked, head_of_class, label};
use super::scoped::Scoped;
use super::{Absence, routes};
use crate::candidates::Scene;
use crate::regexes::fixed;

static USER: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (current_?(user|context|tenant|org)|request\.user|req\.user|logged_?in|\buser\.(id|_id|pk|data)|session|principal|owner|user_?id|account_?id|tenant|belongs|
        g\.user|authenticat|authoriz|can_|has_?perm|permission|self\.user|created_?by|author|ctx\.state|jwt|
        claims|is_?admin|get_?user)",
    )
});
static LOOKUP: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        ^(get_object_or_404|get_or_404|findById|findByPk|findOne|find_one|findUnique|findFirst|
        findByIdAndUpdate|findByIdAndDelete|findOneAndUpdate|deleteOne|updateOne|destroy|get|filter_by|
        First|Take|getById|getOne|deleteById|getReferenceById|FindAsync|GetByIdAsync|Find|FindByID|FindById|GetByID|GetById|
        DeleteByID|delete_one|update_one|find_by_id|load|
        retrieve)$",
    )
});
pub static KEY: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)^(id|pk|uuid|uid|guid|key|number|ident|identifier|[a-z]*_?(id|pk|uuid|no|number))$"));
static STORE_OF: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(query|objects|repositor|session|\bdb\b|model|dao|store|repo\b)"));
/// `db.session.get(Record, key)`: what talks to the store is no session of somebody.
static SESSION_OF_STORE: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(\bdb\b|database|sqlalchemy|^self)\.?_?session(\(\))?$|^(async_?)?session$"));
/// Rights beyond being logged in.
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(admin|staff|superuser|has_?perm|permission|_role|roles|moderator|csrf_exempt_admin|policy)")
});
static GRANT: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(authori[sz]e|secured|roles|permission)"));
static GRANTED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)(has(any)?(role|authority|permission)\w*\(\s*['"](role_)?[^u]|['"](role_)?(admin|manager|staff)|#\w+|@\w+\.)"#,
    )
});
/// Calls that decide about a user and a thing.
static DECIDES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(authori[sz]e|can|may|ensure|assert|check|require|verify|enforce|allow|permit|cannot|is_?owner|owns|has_?access|belongs)",
    )
});
/// Answers that end a request.
static REFUSES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(abort|forbidden|unauthori[sz]ed|denied|not_?found|404|403|401|sendStatus|redirect|raise|throw|fail|error)",
    )
});

/// Everything that a request brings, and nothing picked out of it.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)^(\*\*|\.\.\.)?\(?\$?(self\.|this\.|ctx\.|c\.)?(req|request)(\.|->|\(\)->)
        (body|json|get_json\([^)]*\)|form|POST|data|all\(\)|post\(\)|form\.to_dict\([^)]*\)|values|query|getParsedBody\(\))\)?$",
    )
});
/// Types that are no records: what checks its input, and what only carries it.
static NO_RECORD: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(response|error|exception|url|form|serializer|schema|validator|dto|input|request|buffer|set|map|headers|params|
        string|number|date|event|command|query|context|parser|data|message|payload|filter|options|resource|view)$",
    )
});

/// A record is made of whatever a request brings, whoever may set which of its fields.
pub fn fields_unpicked(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let python = scene.module(unit).language == "python";
        names::walk(&scene.function(unit).body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                let ExprKind::Call { callee, args, new } = &expr.kind else {
                    return;
                };
                let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
                    return;
                };
                let makes = (*new || python) && name.starts_with(char::is_uppercase) && !NO_RECORD.is_match(name);
                let [only] = args.as_slice() else { return };
                let text = scene.text(unit, only.value.span);
                // In Python a call with one thing hands it on; only `**` fills fields with it.
                let spread =
                    only.label.as_deref().is_some_and(|label| label.starts_with("**")) || text.starts_with("**");
                if makes && (!python || spread) && WHOLE.is_match(text) {
                    found.push(Absence {
                        unit,
                        span: expr.span,
                        what: format!("{name} is made of everything that the request brings"),
                        weight: 50,
                    });
                }
            });
        });
    }
    found
}

/// Types and annotations of parameters that a framework fills with who asks.
static WHO: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"^(Principal|Authentication|UserDetails|OAuth2User|OidcUser|Jwt|JsonWebToken|SecurityContext|AuthenticationPrincipal|CurrentUser|CurrentSecurityContext|LoggedInUser)$",
    )
});

/// A record is looked up by a key from the request, and nothing ties it to who asks.
pub fn without_owner(scene: &Scene) -> Vec<Absence> {
    let filters = Filters::of(scene);
    let mounts = Mounts::of(scene);
    let owned = Owned::of(scene);
    let mut found = Vec::new();
    let layered = Layers::of(scene);
    let scoped = Scoped::of(scene);
    let mut behind: BTreeMap<&str, bool> = BTreeMap::new();
    for entry in routes(scene) {
        let language = scene.module(entry.unit).language;
        let all = *behind.entry(language).or_insert_with(|| login_for_all(scene, language));
        let mounted = || {
            let text = &scene.snapshot.file(scene.file(entry.unit)).text;
            matches!(language, "javascript" | "typescript")
                && (GLOBAL.is_match(text) || mounts.guarded(scene, entry.unit))
        };
        let known = all || checked(scene, entry, &filters) || WRITES.is_match(&entry.verb) || mounted();
        let head = head_of_class(scene, entry);
        let privileged = granted(scene, entry)
            || filters.injected.asked(scene, entry.unit) == Some(true)
            || entry.controls.iter().any(|control| ROLE.is_match(control))
            || ROLE.is_match(&head)
            || FEW.is_match(&scene.snapshot.file(scene.file(entry.unit)).path);
        if !known || privileged {
            continue;
        }
        let look = Look {
            scene,
            unit: entry.unit,
        };
        let function = scene.function(entry.unit);
        let asked = Asked::of(scene, entry);
        let mut place = None;
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if place.is_none()
                    && (by_address(entry, expr) || owned.asked(expr) || looks_up(expr) && asked.key(expr))
                {
                    place = Some(expr.span);
                }
            });
        });
        let place = match place {
            Some(span) => Some((entry.unit, span)).filter(|_| !look.owned(&function.body)),
            None => layered.place(entry.unit),
        };
        let place = place.filter(|(unit, span)| !scoped.holds(scene, *unit, *span));
        if let Some((unit, span)) = place.filter(|_| !asks_inside(scene, entry)) {
            let what = format!(
                "{} looks a record up by a key of the request and never asks whose it is",
                label(scene, entry)
            );
            found.push(Absence {
                unit,
                span,
                what,
                weight: 30,
            });
        }
    }
    found
}

/// An annotation asks for more than to be logged in: a role of few, a right, a rule about the record.
pub fn granted(scene: &Scene, entry: &Entry) -> bool {
    let module = scene.module(entry.unit);
    let function = scene.function(entry.unit);
    let class = function.class.map(|class| module.classes[class].annotations.as_slice());
    let mut notes = function.annotations.iter().chain(class.unwrap_or_default());
    notes.any(|note| GRANT.is_match(&note.name) && GRANTED.is_match(scene.text(entry.unit, note.span)))
}

/// Folders whose pages are for few.
static FEW: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(^|/)(admin|backoffice|staff)(/|_|[A-Z])"));

/// Names in a route that hold what the request says, rather than what the program knows.
struct Asked<'a> {
    names: BTreeSet<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(scene: &'a Scene, entry: &Entry) -> Self {
        let function = scene.function(entry.unit);
        let mut asked = Self {
            names: function.params.iter().map(|param| &*param.name).collect(),
        };
        names::walk(&function.body, &mut |stmt| {
            if let StmtKind::Assign { target, value, .. } = &stmt.kind
                && let ExprKind::Name(name) = &target.kind
            {
                if asked.says(value, 0) {
                    asked.names.insert(name);
                } else {
                    asked.names.remove(&**name);
                }
            }
        });
        asked
    }

    /// Whether the value is what the request says: a part of it, or that turned into another type.
    fn says(&self, value: &Expr, depth: usize) -> bool {
        if depth > 12 {
            return false;
        }
        let deeper = |inner: &Expr| self.says(inner, depth + 1);
        match &value.kind {
            ExprKind::Name(name) => self.names.contains(&**name) || BRINGS.is_match(name),
            ExprKind::Field(base, name) => BRINGS.is_match(name) || deeper(base),
            ExprKind::Index(base, _) | ExprKind::Cast(_, base) | ExprKind::Unary(_, base) => deeper(base),
            ExprKind::Call { callee, args, .. } => match &callee.kind {
                ExprKind::Field(base, name)
                    if !LOOKUP.is_match(name) || names::dotted(base).is_some_and(|base| BRINGS.is_match(&base)) =>
                {
                    deeper(base) || (CONVERTS.is_match(name) && args.iter().any(|arg| deeper(&arg.value)))
                }
                ExprKind::Name(name) => CONVERTS.is_match(name) && args.iter().any(|arg| deeper(&arg.value)),
                _ => false,
            },
            ExprKind::Binary(_, left, right) => deeper(left) || deeper(right),
            _ => false,
        }
    }

    /// Whether a look-up is by one key, and the request says which.
    fn key(&self, expr: &Expr) -> bool {
        let ExprKind::Call { args, .. } = &expr.kind else {
            return false;
        };
        let mut said = false;
        for arg in args {
            names::descend(&arg.value, &mut |inner| {
                let key = match &inner.kind {
                    ExprKind::Name(name) | ExprKind::Field(_, name) => KEY.is_match(name),
                    _ => false,
                };
                said |= (key || arg.label.as_ref().is_some_and(|label| KEY.is_match(label))) && self.says(inner, 0);
            });
        }
        // `find(project.id, role_id)`: the second key must belong to the first.
        let known = args.len() > 1
            && args.iter().any(|arg| {
                let own = matches!(&arg.value.kind, ExprKind::Field(..) | ExprKind::Index(..));
                own && !self.says(&arg.value, 0)
            });
        said && !known
    }
}

/// Names of what holds a request.
static BRINGS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(.*\.)?\$?_?(req|request|params|query|body|input|payload|get|post|form|args|path_params|query_params|json|validated(_?data)?|data|route|ctx|context)$",
    )
});
/// Functions that only change the type of what they are given.
static CONVERTS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(int|long|string|str|number|uuid|guid|object_?id|parse\w*|from_?string|value_?of|of|intval|trim|decode\w*|escape\w*|valid\w*|sanitize\w*|to_?(int|string|long)\w*|get_?\w*param\w*|atoi)$",
    )
});

/// One function of a project, asked whether it looks after whose a record is.
pub struct Look<'a> {
    pub scene: &'a Scene<'a>,
    pub unit: u32,
}

impl Look<'_> {
    fn text(&self, span: Span) -> &str {
        self.scene.text(self.unit, span)
    }

    /// Whether what becomes of the record depends on the user.
    pub fn owned(&self, block: &[Stmt]) -> bool {
        let mut owned = false;
        names::walk(block, &mut |stmt| {
            if let StmtKind::If { cond, then, otherwise } = &stmt.kind {
                owned |=
                    self.compares(cond) && (self.refuses(then) || self.refuses(otherwise) || !otherwise.is_empty());
            }
            names::expressions(stmt, &mut |expr| owned |= self.decides(expr));
        });
        owned || self.text(self.scene.function(self.unit).span).contains("get_queryset(")
    }

    /// `record.user_id != current_user.id`; not `current_user.is_authenticated`.
    fn compares(&self, cond: &Expr) -> bool {
        let mut told = false;
        names::descend(cond, &mut |expr| {
            told |= match &expr.kind {
                ExprKind::Binary(op, left, right) => {
                    matches!(&**op, "==" | "!=" | "===" | "!==" | "in" | "not in" | "is" | "is not")
                        && (self.says_who(left)
                            || self.says_who(right)
                            || self.belongs(left, right)
                            || self.belongs(right, left))
                        && !empty(left)
                        && !empty(right)
                }
                ExprKind::Call { args, .. } => !args.is_empty() && self.says_who(expr),
                _ => false,
            };
        });
        told
    }

    /// Whether a value is about who asks: by its name, or by a parameter that the framework fills with that.
    fn says_who(&self, expr: &Expr) -> bool {
        let text = self.text(expr.span);
        let params = &self.scene.function(self.unit).params;
        let given = |param: &Param| {
            param.hint.as_deref().is_some_and(|hint| WHO.is_match(hint))
                || param.annotations.iter().any(|note| WHO.is_match(&note.name))
        };
        let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        USER.is_match(text) || words.any(|word| params.iter().any(|param| &*param.name == word && given(param)))
    }

    /// `record.team_id != team_id`, where the route is given the team too.
    fn belongs(&self, record: &Expr, group: &Expr) -> bool {
        let ExprKind::Name(group) = &group.kind else {
            return false;
        };
        let params = &self.scene.function(self.unit).params;
        matches!(&record.kind, ExprKind::Field(_, field) if KEY.is_match(field) && field.len() > 2)
            && params.len() > 1
            && params.iter().any(|param| param.name == *group)
    }

    fn refuses(&self, block: &[Stmt]) -> bool {
        let mut leaves = false;
        names::walk(block, &mut |stmt| {
            leaves |= matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Throw(_))
                || matches!(&stmt.kind, StmtKind::Expr(expr) if REFUSES.is_match(self.text(expr.span)) && !logs(expr));
        });
        leaves
    }

    /// The user is part of the question to the store, or a function is asked about both.
    fn decides(&self, expr: &Expr) -> bool {
        let ExprKind::Call { callee, args, .. } = &expr.kind else {
            return false;
        };
        let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
            return false;
        };
        if logs(expr) {
            return false;
        }
        let told = args
            .iter()
            .any(|arg| USER.is_match(self.text(arg.value.span)) || labelled(arg.label.as_deref()));
        let through = matches!(&callee.kind, ExprKind::Field(base, _) if USER.is_match(self.text(base.span))
                && !SESSION_OF_STORE.is_match(self.text(base.span)) && looks_up(expr));
        through
            || (told && (ASKS.is_match(name) || DECIDES.is_match(name)))
            || (DECIDES.is_match(name) && (args.len() > 1 || ROLE.is_match(name)))
    }
}

/// Methods of stores that take conditions.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(filter|filter_by|where|and_?where|get|get_or_404|get_object_or_404|find\w*|first|update\w*|delete\w*|destroy|exclude|query\w*|select\w*|count\w*|exists|create\w*)$",
    )
});

fn labelled(label: Option<&str>) -> bool {
    label.is_some_and(|label| USER.is_match(label))
}

fn empty(expr: &Expr) -> bool {
    use crate::syntax::form::Literal;
    matches!(&expr.kind, ExprKind::Literal(Literal::Null | Literal::Bool(_)))
        || matches!(&expr.kind, ExprKind::Name(name) if &**name == "undefined")
}

fn logs(expr: &Expr) -> bool {
    let ExprKind::Call { callee, .. } = &expr.kind else {
        return false;
    };
    names::dotted(callee).is_some_and(|name| {
        let name = name.to_lowercase();
        name.contains("log") || name.starts_with("console.") || name.starts_with("print")
    })
}

/// A literal or a constant, not a key that somebody chose.
fn fixed_value(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Name(name) => !name.chars().any(char::is_lowercase),
        _ => false,
    }
}

/// `Model.objects.get(id=…)`, `findById(req.params.id)`
pub fn looks_up(expr: &Expr) -> bool {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return false;
    };
    let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
        return false;
    };
    if matches!(&**name, "where" | "filter") && args.iter().any(|arg| equals_key(&arg.value)) {
        return true;
    }
    if !LOOKUP.is_match(name) {
        return false;
    }
    let stores = |base: &Expr| names::dotted(base).is_some_and(|base| STORE_OF.is_match(&base));
    let stored = matches!(&callee.kind, ExprKind::Field(base, _) if stores(base));
    let bare = matches!(&**name, "get" | "load" | "retrieve" | "First" | "Take") && !stored;
    args.iter().any(|arg| {
        let keyed = arg.label.as_ref().is_some_and(|label| KEY.is_match(label)) && !fixed_value(&arg.value);
        let mut named = false;
        names::descend(&arg.value, &mut |inner| {
            if let ExprKind::Name(name) | ExprKind::Field(_, name) = &inner.kind {
                named |= KEY.is_match(name);
            }
        });
        keyed || (named && !bare)
    })
}

/// `session.get(Record, record)` where the address of the route says which record.
fn by_address(entry: &Entry, expr: &Expr) -> bool {
    let (ExprKind::Call { callee, args, .. }, Some(route)) = (&expr.kind, &entry.route) else {
        return false;
    };
    let (ExprKind::Field(_, name), [kind, key]) = (&callee.kind, args.as_slice()) else {
        return false;
    };
    let (ExprKind::Name(kind), ExprKind::Name(key)) = (&kind.value.kind, &key.value.kind) else {
        return false;
    };
    matches!(&**name, "get" | "get_one") && kind.starts_with(char::is_uppercase) && route.contains(&format!("{{{key}"))
}

/// `Record.id == record_id`
fn equals_key(expr: &Expr) -> bool {
    let ExprKind::Binary(op, left, right) = &expr.kind else {
        return false;
    };
    let field = matches!(&left.kind, ExprKind::Field(_, name) if KEY.is_match(name));
    &**op == "==" && field && matches!(&right.kind, ExprKind::Name(name) if KEY.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_records_are_told_from_other_names() {
        assert!(KEY.is_match("id") && KEY.is_match("order_id") && KEY.is_match("userId"));
        assert!(!KEY.is_match("name") && !KEY.is_match("idle"));
    }
}
