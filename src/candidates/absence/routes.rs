//! Routes without the checks that routes need.
//!
//! In: routes with their controls and text. Out: [`Absence`]s. Each rule is one function.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::{Entry, names};
use crate::syntax::form::{Expr, ExprKind, Span};

use super::filters::Filters;
use super::{Absence, routes};
use crate::candidates::Scene;
use crate::candidates::make::brief;

/// A regex that is written in this file and tested by using it.
fn fixed(text: &str) -> Regex {
    Regex::new(text).expect("the expression is a constant of this file")
}

static AUTH: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (auth|login_?required|permission|jwt|passport|verify_?token|is_?admin|require_?(user|role|login|
        admin)|roles?_?allowed|secured|pre_?authorize|protect|ensure_?(logged|user|admin)|check_?(user|
        access|session|token)|access_?control|current_?user|guard|session\[|req\.user|request\.user|
        is_?logged|get_?principal|denied|forbidden|allow_?anonymous|User\.(Identity|Is|Find|Has))",
    )
});
/// Names of filters that ask who is there.
static ASKS_WHO: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(auth|log(ged)?_?in|sign(ed)?_?in|require_|ensure_|verify_(user|access)|check_|admin|moderator|owner|user|member|doorkeeper)",
    )
});
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (log_?in|log_?out|sign_?(in|up|out)|regist|health|ping|status|index|home|about|static|public|
        favicon|robots|forgot|reset|callback|webhook|oauth|token|captcha|version|docs|swagger|csrf|root|
        main|error|not_?found)",
    )
});
static USER: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (current_?user|request\.user|req\.user|session|principal|owner|user_?id|account_?id|tenant|belongs|
        g\.user|authenticat|authoriz|can_|has_?perm|permission|self\.user|created_?by|author|ctx\.state|jwt|
        claims|is_?admin|get_?user)",
    )
});
static LOOKUP: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        ^(get_object_or_404|get_or_404|findById|findByPk|findOne|find_one|findUnique|findFirst|
        findByIdAndUpdate|findByIdAndDelete|findOneAndUpdate|deleteOne|updateOne|destroy|get|filter_by|
        First|Take|getById|getOne|deleteById|getReferenceById|FindAsync|GetByIdAsync|delete_one|update_one|find_by_id|load|
        retrieve)$",
    )
});
static KEY: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)^(id|pk|uuid|uid|guid|key|number|[a-z]*_?(id|pk|uuid|no|number))$"));
static STORE_OF: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(query|objects|repositor|session|\bdb\b|model|dao)"));
static THROTTLED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (limit|throttl|lock_?out|attempt|brute|captcha|bucket|slow_?down|too_?many|429|cooldown|backoff|
        axes)",
    )
});
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (log_?in|sign_?in|authenticate|/auth$|reset_?password|forgot_?password|password_?reset|verify_?(otp|
        code|2fa|totp|pin)|two_?factor|otp)",
    )
});
static SECRET: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(passw|passwd|pwd|otp|totp|pin\b|secret|credential|verification_?code)"));
static UPLOAD: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (request\.files|request\.FILES|req\.files?\b|MultipartFile|FormFile|UploadFile|getPart\(|\$_FILES|
        uploadedFile|UploadedFile|multer|IFormFile|Form\.Files)",
    )
});
static STORE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (\.save\(|\.mv\(|transferTo\(|\.write\(|writeFile|copyfileobj|createWriteStream|io\.Copy|
        SaveUploadedFile|Files\.copy|Files\.write|rename\(|open\(|\.put_object|putObject|CopyTo(Async)?\()",
    )
});
static TYPE_CHECK: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (allowed|extension|\bext\b|splitext|mime|content_?type|magic|file_?type|filter|endswith|endsWith|
        \.suffix|validat|whitelist|image\.open|path\.ext|file_?size_?and_?type|imghdr)",
    )
});
static CSRF: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(csrf|xsrf|csurf|anti_?forgery|same_?site|protect_from_forgery|origin_?check)"));
static SESSION: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (express-session|cookie-session|flask_login|flask\.session|from\x20flask\x20import[^\n]*\bsession\b|
        koa-session|gorilla/sessions|HttpSession|passport|\.AddCookie\(|SignInAsync\(|PasswordSignIn|\.UseSession\()",
    )
});
static WRITES: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)^((http|map)?(post|put|patch|delete)|del|(post|put|delete|patch)mapping)$"));

fn body<'a>(scene: &'a Scene, entry: &Entry) -> &'a str {
    scene.text(entry.unit, scene.graph.units[entry.unit as usize].span)
}

/// The body alone: that somebody must be logged in says nothing about whose record it is.
fn inside<'a>(scene: &'a Scene, entry: &Entry) -> &'a str {
    let statements = &scene.function(entry.unit).body;
    match (statements.first(), statements.last()) {
        (Some(first), Some(last)) => scene.text(
            entry.unit,
            Span {
                end: last.span.end,
                ..first.span
            },
        ),
        _ => "",
    }
}

/// First line of the route: where it is declared.
fn place(scene: &Scene, entry: &Entry) -> Span {
    let span = scene.graph.units[entry.unit as usize].span;
    Span {
        last: span.line,
        ..span
    }
}

fn label(scene: &Scene, entry: &Entry) -> String {
    match &entry.route {
        Some(route) => format!("{} ({})", scene.graph.units[entry.unit as usize].name, brief(route)),
        None => scene.graph.units[entry.unit as usize].name.clone(),
    }
}

fn checked(scene: &Scene, entry: &Entry, filters: &Filters) -> bool {
    let function = scene.function(entry.unit);
    let filtered = function.class_name.as_deref();
    if filtered.is_some_and(|class| filters.guard(class, &function.name, &ASKS_WHO)) {
        return true;
    }
    let class = scene
        .function(entry.unit)
        .class
        .map(|class| &scene.module(entry.unit).classes[class].annotations);
    entry.controls.iter().any(|control| AUTH.is_match(control))
        || class.into_iter().flatten().any(|note| AUTH.is_match(&note.name))
        || AUTH.is_match(body(scene, entry))
}

/// Half of the routes of a file check who asks, and this one does not.
pub fn without_auth(scene: &Scene) -> Vec<Absence> {
    let mut by_file: BTreeMap<u32, Vec<&Entry>> = BTreeMap::new();
    for entry in routes(scene) {
        by_file.entry(scene.file(entry.unit).0).or_default().push(entry);
    }
    let filters = Filters::of(scene);
    let mut found = Vec::new();
    for entries in by_file.into_values() {
        let (with, without): (Vec<&Entry>, Vec<&Entry>) =
            entries.into_iter().partition(|entry| checked(scene, entry, &filters));
        if with.len() < 2 || with.len() < without.len() {
            continue;
        }
        for entry in without {
            let name = &scene.graph.units[entry.unit as usize].name;
            let open = OPEN.is_match(name)
                || entry
                    .route
                    .as_ref()
                    .is_some_and(|route| OPEN.is_match(route) || &**route == "/");
            if !open {
                let what = format!(
                    "{} has no check of who asks; {} other routes of this file have one",
                    label(scene, entry),
                    with.len()
                );
                let weight = if WRITES.is_match(&entry.verb) { 60 } else { 40 };
                found.push(Absence {
                    unit: entry.unit,
                    span: place(scene, entry),
                    what,
                    weight,
                });
            }
        }
    }
    found
}

/// A record is looked up by a key from the request, and nothing ties it to who asks.
pub fn without_owner(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        if USER.is_match(inside(scene, entry)) {
            continue;
        }
        let function = scene.function(entry.unit);
        let mut place = None;
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if place.is_none() && looks_up(expr) {
                    place = Some(expr.span);
                }
            });
        });
        if let Some(span) = place {
            let what = format!(
                "{} looks a record up by a key of the request and never asks whose it is",
                label(scene, entry)
            );
            found.push(Absence {
                unit: entry.unit,
                span,
                what,
                weight: 30,
            });
        }
    }
    found
}

/// `Model.objects.get(id=…)`, `findById(req.params.id)`
fn looks_up(expr: &Expr) -> bool {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return false;
    };
    let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
        return false;
    };
    if !LOOKUP.is_match(name) {
        return false;
    }
    let stores = |base: &Expr| names::dotted(base).is_some_and(|base| STORE_OF.is_match(&base));
    let stored = matches!(&callee.kind, ExprKind::Field(base, _) if stores(base));
    let bare = matches!(&**name, "get" | "load" | "retrieve" | "First" | "Take") && !stored;
    args.iter().any(|arg| {
        let keyed = arg.label.as_ref().is_some_and(|label| KEY.is_match(label));
        let mut named = false;
        names::descend(&arg.value, &mut |inner| {
            if let ExprKind::Name(name) | ExprKind::Field(_, name) = &inner.kind {
                named |= KEY.is_match(name);
            }
        });
        keyed || (named && !bare)
    })
}

/// Cookies identify the user, requests change state, and no token ties a request to a page of ours.
pub fn without_csrf(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        if entry
            .controls
            .iter()
            .any(|control| control.ends_with("csrf_exempt") || control.ends_with("IgnoreAntiforgeryToken"))
        {
            let what = format!("{} is exempt from the check of request forgery", label(scene, entry));
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what,
                weight: 60,
            });
        }
    }
    let texts = || scene.snapshot.files().iter().map(|file| &*file.text);
    if !texts().any(|text| SESSION.is_match(text)) || texts().any(|text| CSRF.is_match(text)) {
        return found;
    }
    let mut seen = std::collections::BTreeSet::new();
    for entry in routes(scene) {
        let form = body(scene, entry);
        let writes = WRITES.is_match(&entry.verb) || form.contains("\"POST\"") || form.contains("'POST'");
        // One per file: they share the missing control.
        if writes
            && !LOGIN.is_match(&scene.graph.units[entry.unit as usize].name)
            && seen.insert(scene.file(entry.unit))
        {
            let what = format!(
                "{} changes state and nothing here checks for forged requests",
                label(scene, entry)
            );
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what,
                weight: 35,
            });
        }
    }
    found
}

/// Anyone may try passwords as often as they like.
pub fn without_throttle(scene: &Scene) -> Vec<Absence> {
    let throttled_somewhere = |entry: &Entry| {
        let file = scene.snapshot.file(scene.file(entry.unit));
        THROTTLED.is_match(body(scene, entry))
            || entry.controls.iter().any(|control| THROTTLED.is_match(control))
            || file.text.lines().any(|line| {
                let line = line.trim_start();
                (line.starts_with("import")
                    || line.starts_with("from")
                    || line.contains("require(")
                    || line.contains(".use("))
                    && THROTTLED.is_match(line)
            })
    };
    let mut found = Vec::new();
    for entry in routes(scene) {
        let name = &scene.graph.units[entry.unit as usize].name;
        let login = LOGIN.is_match(name) || entry.route.as_ref().is_some_and(|route| LOGIN.is_match(route));
        if login && SECRET.is_match(body(scene, entry)) && !throttled_somewhere(entry) {
            let what = format!(
                "{} checks a secret and nothing limits how often it may be tried",
                label(scene, entry)
            );
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what,
                weight: 50,
            });
        }
    }
    found
}

/// An uploaded file is stored whatever it is.
pub fn without_upload_check(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        let text = body(scene, entry);
        if UPLOAD.is_match(text) && STORE.is_match(text) && !TYPE_CHECK.is_match(text) {
            let what = format!(
                "{} stores an uploaded file and never looks at what it is",
                label(scene, entry)
            );
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what,
                weight: 60,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_of_this_file_compiles() {
        let all = [
            &AUTH,
            &STORE_OF,
            &OPEN,
            &USER,
            &LOOKUP,
            &KEY,
            &THROTTLED,
            &LOGIN,
            &SECRET,
            &UPLOAD,
            &STORE,
            &TYPE_CHECK,
            &CSRF,
            &SESSION,
            &WRITES,
        ];
        assert!(all.iter().all(|regex| !regex.as_str().is_empty()));
    }

    #[test]
    fn keys_of_records_are_told_from_other_names() {
        assert!(KEY.is_match("id") && KEY.is_match("order_id") && KEY.is_match("userId"));
        assert!(!KEY.is_match("name") && !KEY.is_match("idle"));
    }
}
