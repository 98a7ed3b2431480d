//! Secrets that anyone may try as often as they like.
//!
//! In: routes where a secret is tried, as their names and addresses say, and what limits them. Out: [`Absence`]s.
//! Deliberately absent: routes that make, send or remove a secret, and those that only who is known may ask.
//! Start at [`without_throttle`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::inner::limit_for_all;
use super::routes::{LOGIN, PAGE_WRITES, body, is_page, label, place, reads};
use super::{Absence, routes};
use crate::candidates::Scene;
use crate::flow::Entry;
use crate::regexes::fixed;
use crate::source::FileId;

static THROTTLED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        (limit|throttl|lock_?out|attempt|brute|captcha|bucket|slow_?down|too_?many|429|cooldown|backoff|
        axes)",
    )
});
/// Names of methods that say what is done, not with what.
static HANDLES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(index|post|create|store|check|verify|submit|handle|__invoke|invoke|do_?post|on_?post|execute|perform|process|save|validate|<lambda>)(Async)?$",
    )
});
/// What is done with a secret when none is tried.
static MAKES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(^(re_?)?(send|request|generate|get|remove|disable|deactivate|delete|enable|show|render|build|new|edit|list|put|link|unlink)(_|-|(?-i:[A-Z])|$)|qr_?code|pre_?login|(log_?in|sign_?in)s$|options|logout|enrol|external|callback|redirect|success|failure|page$|form$|url$)",
    )
});
/// Where a second secret is tried.
static SECOND: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(verify|check|confirm|validate|challenge|test)\w*(otp|code|2fa|mfa|totp|pin|two_?factor)|(otp|code|2fa|mfa|totp|pin|two_?factor)\w*(verify|check|confirm|validate|challenge|test)",
    )
});
/// Controls that let in only who is known.
static KNOWN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(login_?required|authenticat|authori[sz]e|require_?(user|login|auth)|is_?auth|^auth$|pre_?authorize|secured|roles_?allowed|protect)",
    )
});
/// What ties a request to a form is no secret that is tried.
static FORGERY: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)\w*(csrf|xsrf|forgery)\w*"));
static SECRET: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(passw|passwd|pwd|otp|totp|pin\b|secret|credential|verification_?code)"));
/// A page that asks for a name and a password, and how it looks them up.
static PAGE_LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?isx)
        \$_(POST|GET|REQUEST)\s*\[\s*['"][\w-]*(user|email|login|name)[\w-]*\s*['"]
        .{0,2000}\$_(POST|GET|REQUEST)\s*\[\s*['"][\w-]*pass[\w-]*\s*['"]"#,
    )
});
static PAGE_CHECKS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?is)(\bselect\b.{0,200}\bpass|password_verify\s*\(|\bselect\b.{0,80}\bfrom\b.{0,20}user)")
});

/// Anyone may try passwords as often as they like.
pub fn without_throttle(scene: &Scene) -> Vec<Absence> {
    // Where some routes name their limit, it is not there for the others.
    let limits = |entry: &&Entry| entry.controls.iter().any(|control| THROTTLED.is_match(control));
    let limited: BTreeSet<FileId> = routes(scene)
        .filter(limits)
        .map(|entry| scene.file(entry.unit))
        .collect();
    let throttled_somewhere = |entry: &Entry| {
        let file = scene.snapshot.file(scene.file(entry.unit));
        THROTTLED.is_match(body(scene, entry))
            || entry.controls.iter().any(|control| THROTTLED.is_match(control))
            || file.text.lines().any(|line| {
                let line = line.trim_start();
                let brings = line.starts_with("import") || line.starts_with("from") || line.contains("require(");
                ((brings && !limited.contains(&scene.file(entry.unit))) || line.contains(".use("))
                    && THROTTLED.is_match(line)
            })
    };
    let mut found = Vec::new();
    let mut everywhere: BTreeMap<&str, bool> = BTreeMap::new();
    for entry in routes(scene) {
        let language = scene.module(entry.unit).language;
        if reads(scene, entry)
            || *everywhere
                .entry(language)
                .or_insert_with(|| limit_for_all(scene, language))
        {
            continue;
        }
        let login = signs_in(scene, entry) || is_page(scene, entry) && asks_password(body(scene, entry));
        let secret = || SECRET.is_match(&FORGERY.replace_all(body(scene, entry), ""));
        if login && secret() && !throttled_somewhere(entry) {
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

/// Whether the route is where a secret is tried, as its name or address says: not where one is made, sent or removed.
fn signs_in(scene: &Scene, entry: &Entry) -> bool {
    let unit = &scene.graph.units[entry.unit as usize].name;
    let mut parts = unit.rsplit('.');
    let short = parts.next().unwrap_or(unit);
    let around = parts.next().unwrap_or("");
    let route = entry.route.as_deref().unwrap_or("");
    // A method that is called like a verb of its class says nothing by itself.
    let named = if HANDLES.is_match(short) { around } else { short };
    let last = route
        .rsplit('/')
        .find(|part| !part.is_empty() && !part.starts_with(['{', ':', '<']))
        .unwrap_or("");
    let told = LOGIN.is_match(named) || LOGIN.is_match(last) || LOGIN.is_match(route) && route.ends_with("auth");
    let second = || SECOND.is_match(short) || SECOND.is_match(last);
    // Who is already known tries nothing but a second secret.
    let known = || {
        let function = scene.function(entry.unit);
        let class = function
            .class
            .map(|class| &scene.module(entry.unit).classes[class].annotations);
        let notes = class.into_iter().flatten().map(|note| &*note.name);
        let mut all = entry.controls.iter().map(|control| &**control).chain(notes);
        let open = entry
            .controls
            .iter()
            .any(|control| control.contains("nonymous") || control.contains("PermitAll"));
        !open && all.any(|control| KNOWN.is_match(control))
    };
    told && !MAKES.is_match(short) && !MAKES.is_match(last) && (second() || !known())
}

/// A page that takes a name and a password and looks them up, and registers nobody.
fn asks_password(text: &str) -> bool {
    PAGE_LOGIN.is_match(text) && PAGE_CHECKS.is_match(text) && !PAGE_WRITES.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_of_this_file_compiles() {
        let all = [
            &HANDLES,
            &MAKES,
            &SECOND,
            &KNOWN,
            &FORGERY,
            &SECRET,
            &THROTTLED,
            &PAGE_LOGIN,
            &PAGE_CHECKS,
        ];
        assert!(all.iter().all(|regex| !regex.as_str().is_empty()));
    }

    #[test]
    fn routes_that_try_a_secret_are_told_from_those_that_make_one() {
        assert!(!MAKES.is_match("login") && !MAKES.is_match("verify_otp") && SECOND.is_match("verify_otp"));
        for name in ["send_otp", "RequestOTP", "preLogin", "getQrCode", "removeTotp"] {
            assert!(MAKES.is_match(name), "{name}");
        }
    }
}
