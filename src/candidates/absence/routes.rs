//! Routes without the checks that routes need.
//!
//! In: routes with their controls and text. Out: [`Absence`]s. Each rule is one function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::Entry;
use crate::flow::program::names;
use crate::source::FileId;
use crate::syntax::form::{ExprKind, Setting, Span, StmtKind};
use crate::syntax::settings::is_notation;

use super::filters::Filters;
use super::inner::{asks_inside, login_for_all};
use super::mounts::Mounts;
use super::spring::forgery_unchecked;
use super::{Absence, routes};
use crate::candidates::Scene;
use crate::candidates::make::brief;
use crate::regexes::fixed;

pub static AUTH: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (auth|login_?required|admin_?(required|only|guard)|_required$|permission|jwt|passport|verify_?token|is_?admin|require_?(user|role|login|
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
/// Addresses that are not for everybody.
static FEW: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)^(admin|manage|internal|staff|backoffice|moderat|superuser)"));
/// Calls that answer a request and neither change nor look up anything.
static ANSWERS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(redirect|render\w*|Http\w*|Json\w*|json_response|Response|url_for|reverse|get|get_host|escape|str|int|len|dispatch|super|url_has\w+|getlist|RedirectResponse|HTTPException|startswith|endswith|strip|lower|fullmatch|match|urlparse|urlsplit)$",
    )
});
/// A control that is put in front of everything that a file registers.
pub static GLOBAL: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (\.use\(\s*[^()\n]{0,60}(auth|jwt|passport|login|session_?check|verify|protect|guard|admin)|before_request|
        add_?middleware\([^)\n]*auth|(APIRouter|FastAPI|include_router)\([^@]{0,400}?dependencies\s*=\s*\[\s*(Depends|Security)\(|default_?permission_?classes|
        useGlobalGuards|addHook\(\s*.(onRequest|preHandler))",
    )
});
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (log_?in|log_?out|sign_?(in|up|out)|regist|health|ping|status|index|home|about|static|public|
        favicon|robots|forgot|reset|callback|webhook|oauth|token|captcha|version|docs|swagger|csrf|root|
        main|error|not_?found|help|badge|preview|contact|terms|privacy|^/?(api/)?docs?/?$|search|feed|rss|sitemap|jwk|well-known|
        subscribe|bounce|icon|avatar|thumbnail|assets?|landing|welcome|pricing|faq|blog|news|config\.js)",
    )
});
/// Where a program of PHP says what stands in front of its controllers.
static ROUTED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r#"(->|::)middleware\(|['"]middleware['"]\s*=>|class\s+\w*Authori[sz]ation\w*Middleware|access_control:"#)
});
/// Calls that show a page or lead to one.
static SHOWS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(^|\.)(render\w*|view|page|redirect\w*|template\w*|send_?file|HttpResponseRedirect|html)$")
});
static LEAVES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(\.log_?out\(|\blog_?out(_user)?\(|session\w*(\(\))?\s*\.\s*(invalidate|destroy|flush|clear|removeAttribute)\(|session_destroy\(|SignOutAsync\(|reset_session)",
    )
});
pub static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (log_?in|sign_?in|authenticate|/auth$|reset_?password|forgot_?password|password_?reset|verify_?(otp|
        code|2fa|totp|pin)|two_?factor|otp)",
    )
});
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
        SaveUploadedFile|Files\.copy|Files\.write|rename(Sync)?\(|copyFile(Sync)?\(|\bopen\(|\.put_object|putObject|
        CopyTo(Async)?\()",
    )
});
static TYPE_CHECK: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (allowed|extension|\bext\b|splitext|magic|file_?type|filter|endswith|\.suffix|validat|whitelist|image\.open|
        path\.ext|imghdr|adm_?zip|unzip|getEntries|sharp\(|jimp|workbook|csv|detect_?content|rsplit\(|mimetype|content_?type\(?\)?\)?\s*(not\s+in|in|==|!=)|
        equals\(\w+\.getContentType|getContentType\(\)\.(equals|startsWith)|contains\(\w+\.getContentType|Zip(Input|File)|zipfile|tarfile|uuid|random_?(bytes|uuid)|token_(hex|urlsafe)|nanoid)",
    )
});
/// What a browser adds to a request by itself says who asks.
static AMBIENT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(request\.user|request\.session|current_user|login_required|cookies|staff_member_required|permission_required)",
    )
});
static CSRF: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(csrf|xsrf|csurf|anti_?forgery|same_?site|protect_from_forgery|origin_?check)"));
static SESSION: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (express-session|cookie-session|flask_login|flask\.session|from\x20flask\x20import[^\n]*\bsession\b|
        koa-session|gorilla/sessions|HttpSession|\.AddCookie\(|SignInAsync\(|PasswordSignIn|\.UseSession\()",
    )
});
static READS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^(index|show|list|get|view|search|recent|browse|fetch|display|render|read|create$)"));
pub static WRITES: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)^((http|map)?(post|put|patch|delete)|del|(post|put|delete|patch)mapping)$"));

/// What a form of another site can send; for the rest browsers ask first.
static SENT: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)^((http|map)?post|postmapping)$"));

/// What a page does to a store.
pub static PAGE_WRITES: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)\b(insert\s+into|replace\s+into|delete\s+from|update\s+[`\w.{}$]+\s+set)\b"));
/// What ties a request to a form of the page.
static PAGE_TOKEN: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(csrf|xsrf|token|nonce|same_?site|captcha)"));

/// Whether the entry is a file that answers requests by itself.
pub fn is_page(scene: &Scene, entry: &Entry) -> bool {
    scene.graph.units[entry.unit as usize].index == 0
}

pub fn body<'a>(scene: &'a Scene, entry: &Entry) -> &'a str {
    scene.text(entry.unit, scene.graph.units[entry.unit as usize].span)
}

/// Whether the route only shows something, as far as its verb and name tell.
pub fn reads(scene: &Scene, entry: &Entry) -> bool {
    let unit = &scene.graph.units[entry.unit as usize].name;
    let name = unit.rsplit('.').next().unwrap_or(unit);
    !WRITES.is_match(&entry.verb) && READS.is_match(name)
}

/// The route itself.
pub fn place(scene: &Scene, entry: &Entry) -> Span {
    scene.graph.units[entry.unit as usize].span
}

/// The line of a route on which `what` is first met; the route itself where it is not.
fn line_of(scene: &Scene, entry: &Entry, what: &Regex) -> Span {
    let span = place(scene, entry);
    let Some(found) = what.find(body(scene, entry)) else {
        return span;
    };
    let before = body(scene, entry)[..found.start()].matches('\n').count() as u32;
    Span {
        start: span.start + found.start() as u32,
        end: span.start + found.end() as u32,
        line: span.line + before,
        last: span.line + before,
    }
}

pub fn label(scene: &Scene, entry: &Entry) -> String {
    match &entry.route {
        Some(route) => format!("{} ({})", scene.graph.units[entry.unit as usize].name, brief(route)),
        None => scene.graph.units[entry.unit as usize].name.clone(),
    }
}

/// What stands at the head of the class that holds a route: bases, annotations, and attributes up to its first method.
pub fn head_of_class(scene: &Scene, entry: &Entry) -> String {
    let module = scene.module(entry.unit);
    let Some(class) = scene.function(entry.unit).class.map(|class| &module.classes[class]) else {
        return String::new();
    };
    let inside = |start: u32| class.span.start < start && start < class.span.end;
    let methods = module.functions.iter().skip(1).map(|function| function.span.start);
    let end = methods.filter(|start| inside(*start)).min().unwrap_or(class.span.end);
    let notes: Vec<&str> = class.annotations.iter().map(|note| &*note.name).collect();
    let text = scene.text(entry.unit, Span { end, ..class.span });
    format!("{} {} {text}", class.bases.join(" "), notes.join(" "))
}

/// Whether something about the route asks who is there.
pub fn checked(scene: &Scene, entry: &Entry, filters: &Filters) -> bool {
    let function = scene.function(entry.unit);
    let filtered = function.class_name.as_deref();
    if filtered.is_some_and(|class| filters.guard(class, &function.name, &ASKS_WHO)) {
        return true;
    }
    if let Some(anyone) = for_anyone(scene, entry) {
        return !anyone;
    }
    entry.controls.iter().any(|control| AUTH.is_match(control))
        || filters.injected.asked(scene, entry.unit).is_some()
        // What Rails writes at the head of a class is about some of its methods; the filters know which.
        || (scene.module(entry.unit).language != "ruby" && AUTH.is_match(&head_of_class(scene, entry)))
        || AUTH.is_match(body(scene, entry))
        || passes_on(scene, entry)
}

/// A route that changes something says that anybody may ask, where others of its file ask who is there.
pub fn open_to_all(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        let open = OPEN.is_match(&scene.graph.units[entry.unit as usize].name)
            || entry.route.as_ref().is_some_and(|route| OPEN.is_match(route));
        let text = &scene.snapshot.file(scene.file(entry.unit)).text;
        let others = text.contains("IsAuthenticated") || text.contains("IsAdminUser");
        if for_anyone(scene, entry) == Some(true) && !open && others && CHANGES.is_match(body(scene, entry)) {
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what: format!("{} changes records and says that anybody may ask", label(scene, entry)),
                weight: 50,
            });
        }
    }
    found
}

static CHANGES: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"\.(save|delete|update|create|update_or_create|bulk_\w+|remove)\("));

/// Who may ask, where a route of Django REST framework says so itself.
fn for_anyone(scene: &Scene, entry: &Entry) -> Option<bool> {
    let notes = &scene.function(entry.unit).annotations;
    let said = notes.iter().find(|note| note.name.ends_with("permission_classes"))?;
    let text = scene.text(entry.unit, said.span);
    Some(text.contains("AllowAny") && !ASKS_ITSELF.is_match(body(scene, entry)))
}

static ASKS_ITSELF: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(request\.user|token|signature|hmac|secret|40[13])"));

/// Whether the route only hands the request to functions that ask.
fn passes_on(scene: &Scene, entry: &Entry) -> bool {
    let mut called = scene.graph.callees(entry.unit);
    called.any(|edge| {
        let notes = &scene.function(edge.to).annotations;
        notes.iter().any(|note| AUTH.is_match(&note.name))
    })
}

/// Whether a route calls nothing but what makes an answer.
fn only_answers(scene: &Scene, entry: &Entry) -> bool {
    let (mut calls, mut others) = (0, 0);
    names::walk(&scene.function(entry.unit).body, &mut |stmt| {
        names::expressions(stmt, &mut |expr| {
            if let ExprKind::Call { callee, .. } = &expr.kind {
                let known =
                    matches!(&callee.kind, ExprKind::Name(name) | ExprKind::Field(_, name) if ANSWERS.is_match(name));
                calls += 1;
                others += usize::from(!known);
            }
        });
    });
    calls > 0 && others == 0 && scene.module(entry.unit).language == "python"
}

/// Half of the routes of a file check who asks, or one that stands beside it under an address for few, and this one
/// does not.
pub fn without_auth(scene: &Scene) -> Vec<Absence> {
    let mut by_file: BTreeMap<u32, Vec<&Entry>> = BTreeMap::new();
    for entry in routes(scene) {
        by_file.entry(scene.file(entry.unit).0).or_default().push(entry);
    }
    let filters = Filters::of(scene);
    let mounted = Mounts::of(scene);
    let mut found = Vec::new();
    let mut everywhere: BTreeMap<&str, bool> = BTreeMap::new();
    let routed = scene.snapshot.files().iter().any(|file| ROUTED.is_match(&file.text));
    for entries in by_file.into_values() {
        let text = &scene.snapshot.file(scene.file(entries[0].unit)).text;
        let language = scene.module(entries[0].unit).language;
        let all = *everywhere
            .entry(language)
            .or_insert_with(|| login_for_all(scene, language));
        if all || GLOBAL.is_match(text) || mounted.guarded(scene, entries[0].unit) {
            continue;
        }
        let (with, without): (Vec<&Entry>, Vec<&Entry>) =
            entries.into_iter().partition(|entry| checked(scene, entry, &filters));
        // Who only uses what a check left behind has the check elsewhere, and so may all others.
        let scripted = matches!(
            scene.module(with.first().map_or(0, |entry| entry.unit)).language,
            "javascript" | "typescript"
        );
        let asking = with.iter().filter(|entry| !scripted || asks(scene, entry)).count();
        let most = asking >= 2 && asking >= without.len();
        for entry in without {
            // What is shown to everybody is often meant to be.
            if reads(scene, entry) && with.len() < 8 {
                continue;
            }
            // A handler that is not registered here has its controls where it is.
            let elsewhere = entry.route.is_none() && entry.controls.is_empty();
            let registers = matches!(language, "javascript" | "typescript" | "go") || (language == "php" && routed);
            if elsewhere && registers {
                continue;
            }
            let name = &scene.graph.units[entry.unit as usize].name;
            let writes = WRITES.is_match(&entry.verb);
            // What neither changes nor looks anything up has nothing to keep from anybody.
            let answers = !writes && only_answers(scene, entry);
            // Who asks is known by what the request is signed with.
            let signed = SIGNED.is_match(body(scene, entry));
            if answers || signed || bare(scene, entry) || leaves(scene, entry) || asks_inside(scene, entry) {
                continue;
            }
            let open = OPEN.is_match(name)
                || entry
                    .route
                    .as_ref()
                    .is_some_and(|route| OPEN.is_match(route) || (&**route == "/" && !writes));
            // Where routes stand in groups, one that only shows something is left out of them on purpose.
            let grouped = !writes && matches!(language, "go" | "kotlin");
            if open || grouped || !(most || with.iter().any(|other| beside(entry, other))) {
                continue;
            }
            let what = format!(
                "{} has no check of who asks; {} other routes of this file have one",
                label(scene, entry),
                with.len()
            );
            let weight = if writes { 60 } else { 40 };
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what,
                weight,
            });
        }
    }
    found
}

static SIGNED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(hmac|compare_digest|timingSafeEqual|verify_?\w*(signature|webhook)|construct_event|x-hub)")
});

/// Whether the route does nothing but show one thing that is the same for everybody.
fn bare(scene: &Scene, entry: &Entry) -> bool {
    let function = scene.function(entry.unit);
    let [only] = function.body.as_slice() else {
        return function.body.is_empty();
    };
    let StmtKind::Return(Some(value)) = &only.kind else {
        return false;
    };
    let ExprKind::Call { callee, .. } = &value.kind else {
        return matches!(value.kind, ExprKind::Literal(_));
    };
    let shows = names::dotted(callee).is_some_and(|name| SHOWS.is_match(&name));
    let taken = function.params.iter().any(|param| {
        let text = scene.text(entry.unit, value.span);
        !matches!(&*param.name, "request" | "req" | "self" | "this" | "ctx" | "c" | "res")
            && text.contains(&*param.name)
    });
    shows && !taken && !WRITES.is_match(&entry.verb)
}

/// Whether the route ends the session of whoever asks, which nobody else can.
fn leaves(scene: &Scene, entry: &Entry) -> bool {
    LEAVES.is_match(body(scene, entry))
}
/// Whether the route itself has a control, or turns somebody away.
fn asks(scene: &Scene, entry: &Entry) -> bool {
    entry.controls.iter().any(|control| AUTH.is_match(control))
        || AUTH.is_match(&head_of_class(scene, entry))
        || TURNS_AWAY.is_match(body(scene, entry))
}

static TURNS_AWAY: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(\b40[13]\b|unauthori[sz]ed|forbidden|denied|redirect\(|throw\b)"));

/// Addresses under which programs show what is inside of them.
static INTERNALS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^/?(metrics|debug(/\w+)*|env|phpinfo|heapdump|dump|server-status|_?profiler|actuator(/\w+)*|trace|config)/?$",
    )
});

/// What a program says about itself is there for whoever asks.
pub fn open_internals(scene: &Scene) -> Vec<Absence> {
    let filters = Filters::of(scene);
    let open = |entry: &&Entry| {
        entry.route.as_ref().is_some_and(|route| INTERNALS.is_match(route))
            && !WRITES.is_match(&entry.verb)
            && !checked(scene, entry, &filters)
    };
    let absence = |entry: &Entry| Absence {
        unit: entry.unit,
        span: place(scene, entry),
        what: format!("{} shows internals and has no check of who asks", label(scene, entry)),
        weight: 35,
    };
    routes(scene).filter(open).map(absence).collect()
}

/// Both routes lie under one address that is for few, and the other one has a control for it.
fn beside(entry: &Entry, other: &Entry) -> bool {
    let head = |entry: &Entry| {
        let route = entry.route.as_ref()?;
        let first = route.split('/').find(|part| !part.is_empty())?;
        FEW.is_match(first).then(|| first.to_owned())
    };
    head(entry).is_some() && head(entry) == head(other) && other.controls.iter().any(|control| AUTH.is_match(control))
}

/// Cookies identify the user, requests change state, and no token ties a request to a page of ours.
pub fn without_csrf(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for entry in routes(scene) {
        let exempt = entry
            .controls
            .iter()
            .any(|control| control.ends_with("csrf_exempt") || control.ends_with("IgnoreAntiforgeryToken"));
        // Without a cookie that says who asks, a forged request is worth no more than the forger's own.
        let ambient =
            || AMBIENT.is_match(body(scene, entry)) || entry.controls.iter().any(|note| AMBIENT.is_match(note));
        if exempt && ambient() {
            let what = format!("{} is exempt from the check of request forgery", label(scene, entry));
            found.push(Absence {
                unit: entry.unit,
                span: place(scene, entry),
                what,
                weight: 60,
            });
        }
    }
    found.extend(pages_without_token(scene));
    found.extend(forgery_unchecked(scene));
    let texts = || scene.snapshot.files().iter().map(|file| &*file.text);
    if !texts().any(|text| SESSION.is_match(text)) || speaks_of_csrf(scene) {
        return found;
    }
    let mut seen = BTreeSet::new();
    for entry in routes(scene).filter(|entry| !is_page(scene, entry)) {
        let form = body(scene, entry);
        let writes = SENT.is_match(&entry.verb) || form.contains("\"POST\"") || form.contains("'POST'");
        // One per file: they share the missing control.
        if writes
            && !takes_json(scene, entry)
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

/// Whether a handler takes nothing but JSON, which no form sends.
fn takes_json(scene: &Scene, entry: &Entry) -> bool {
    let module = scene.module(entry.unit);
    let json = |note: &crate::syntax::form::Annotation| match note.name.rsplit('.').next().unwrap_or(&note.name) {
        "FromBody" => module.language == "csharp",
        "Consumes" | "consumes" => scene.text(entry.unit, note.span).contains("application/json"),
        _ => false,
    };
    let function = scene.function(entry.unit);
    let params = function.params.iter().flat_map(|param| &param.annotations);
    function.annotations.iter().chain(params).any(json)
}

/// Whether anything in the project checks for forged requests, as far as words tell. A setting that turns the check off
/// is no check.
fn speaks_of_csrf(scene: &Scene) -> bool {
    let said = |one: &Setting| {
        let named = CSRF.is_match(&one.path) || CSRF.is_match(&one.value);
        named && !matches!(&*one.value.to_ascii_lowercase(), "false" | "off" | "no" | "0" | "null")
    };
    let module = |file: FileId| scene.forest.modules.binary_search_by_key(&file, |module| module.file);
    scene.snapshot.files().iter().any(|file| match module(file.id) {
        Ok(at) if is_notation(scene.forest.modules[at].language) => scene.forest.modules[at].settings.iter().any(said),
        _ => CSRF.is_match(&file.text),
    })
}

/// Pages that write to the store for whoever is logged in and ask for nothing that only their own form has.
fn pages_without_token(scene: &Scene) -> Vec<Absence> {
    let known = |text: &str| text.contains("$_SESSION") || text.contains("session_start(");
    if !scene.snapshot.files().iter().any(|file| known(&file.text)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for entry in routes(scene).filter(|entry| is_page(scene, entry)) {
        let text = body(scene, entry);
        let open = entry.route.as_ref().is_some_and(|route| {
            let file = route.rsplit('/').next().unwrap_or(route);
            OPEN.is_match(file) && !file.starts_with("index") && !file.starts_with("main")
        });
        if let Some(write) = PAGE_WRITES.find(text).filter(|_| !open && !PAGE_TOKEN.is_match(text)) {
            let line = text[..write.start()].matches('\n').count() as u32 + 1;
            let span = Span {
                start: write.start() as u32,
                end: write.end() as u32,
                line,
                last: line,
            };
            let what = format!(
                "{} changes state and nothing here checks for forged requests",
                label(scene, entry)
            );
            found.push(Absence {
                unit: entry.unit,
                span,
                what,
                weight: 40,
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
                span: line_of(scene, entry, &STORE),
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
            &OPEN,
            &FEW,
            &GLOBAL,
            &AMBIENT,
            &LOGIN,
            &UPLOAD,
            &STORE,
            &TYPE_CHECK,
            &CSRF,
            &SESSION,
            &READS,
            &PAGE_WRITES,
            &PAGE_TOKEN,
            &INTERNALS,
            &LEAVES,
            &SHOWS,
            &ROUTED,
            &WRITES,
            &SENT,
        ];
        assert!(all.iter().all(|regex| !regex.as_str().is_empty()));
    }
}
