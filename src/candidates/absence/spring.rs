//! What programs in Java turn off for everything at once: checks of forged requests, of rights, origins, certificates.
//!
//! In: the functions and annotations of a project. Out: [`Absence`]s, one rule per public function.
//! Deliberately absent: settings that one call without a lambda makes; those are patterns of cards.
//! Start at [`forgery_unchecked`].

use std::sync::LazyLock;

use regex::Regex;

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;
use crate::syntax::form::Span;

/// `http.csrf(c -> c.disable())`
static OFF: LazyLock<Regex> = LazyLock::new(|| fixed(r"\.csrf\(\s*\(?\w+\)?\s*->\s*\{?\s*\w+\.disable\(\)"));
/// Requests that bring who asks by themselves, and not in a cookie.
static BEARER: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(STATELESS|oauth2ResourceServer|httpBasic|bearer|jwt|addFilterBefore|CsrfWebFilter)"));

/// The check of forged requests is off where a cookie says who asks.
pub fn forgery_unchecked(scene: &Scene) -> Vec<Absence> {
    let what = "the check of forged requests is turned off and a session says who asks";
    let place = |text: &str| {
        let off = OFF.find(text).filter(|_| !BEARER.is_match(text))?;
        Some((off.start(), off.end()))
    };
    let found = configured(scene, what, 50, &place);
    let in_class = |absence: &Absence| scene.function(absence.unit).class_name.is_some();
    found.into_iter().filter(in_class).collect()
}

/// `requestMatchers("/admin/**").permitAll()`
static PERMITS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?:requestMatchers|antMatchers|mvcMatchers|pathMatchers|regexMatchers|authorize)\s*\((?P<paths>(?:[^()]|\([^()]*\))*)\)\s*\.\s*permitAll\(\)"#,
    )
});
/// Addresses that are not for everybody; of what a program says about itself, its health is.
static FOR_FEW: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)"(/[\w*{}-]+)*/(admin|manage|management|internal|backoffice|superuser|h2-console|actuator|jolokia)(/(\*+|[\w*/{}-]*(env|heapdump|threaddump|shutdown|users?)[\w*/{}-]*))?""#,
    )
});

/// Addresses for few are open to everybody.
pub fn open_paths(scene: &Scene) -> Vec<Absence> {
    let place = |text: &str| {
        let mut opens = PERMITS.captures_iter(text).filter_map(|found| found.name("paths"));
        opens.find_map(|paths| {
            let found = FOR_FEW.find(paths.as_str())?;
            Some((paths.start() + found.start(), paths.start() + found.end()))
        })
    };
    configured(scene, "an address that is for few is open to everybody", 55, &place)
}

/// `@CrossOrigin(origins = "*", allowCredentials = "true")`
static EVERY_ORIGIN: LazyLock<Regex> =
    LazyLock::new(|| fixed(r#"((origins?|originPatterns|value)\s*=\s*\{?\s*)?"(\*|https?://\*)""#));

/// Controllers that let pages of any origin read their answers.
pub fn any_origin(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let module = scene.module(unit);
        if !matches!(module.language, "java" | "kotlin") {
            continue;
        }
        let first = scene.graph.units[unit as usize].index == 0;
        let of_classes = module
            .classes
            .iter()
            .filter(|_| first)
            .flat_map(|class| &class.annotations);
        let notes = of_classes.chain(scene.function(unit).annotations.iter());
        for note in notes.filter(|note| &*note.name == "CrossOrigin") {
            if EVERY_ORIGIN.is_match(scene.text(unit, note.span)) {
                found.push(Absence {
                    unit,
                    span: note.span,
                    what: "pages of any origin may read what this answers".to_owned(),
                    weight: 45,
                });
            }
        }
    }
    found
}

/// `void checkServerTrusted(…) {}` and `boolean verify(String host, SSLSession session) { return true; }`
static TRUSTS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)(\bcheckServerTrusted\s*\([^)]*\)[^{;]*\{\s*(//[^\n]*\s*|return\s*;\s*)*\}|
        \bboolean\s+verify\s*\(\s*(final\s+)?String\s+\w+\s*,\s*(final\s+)?SSLSession\s+\w+\s*\)\s*\{\s*return\s+true\s*;\s*\}|
        \bfun\s+checkServerTrusted\s*\([^)]*\)\s*(=\s*Unit|\{\s*\}))",
    )
});

/// A check of certificates that never says no.
pub fn trusts_anybody(scene: &Scene) -> Vec<Absence> {
    let place = |text: &str| TRUSTS.find(text).map(|found| (found.start(), found.end()));
    configured(scene, "this check of who the other side is never says no", 60, &place)
}

/// The place in each innermost function of Java that a rule finds in its text.
fn configured(scene: &Scene, what: &str, weight: u32, find: &dyn Fn(&str) -> Option<(usize, usize)>) -> Vec<Absence> {
    let mut found: Vec<Absence> = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let function = scene.function(unit);
        if !matches!(scene.module(unit).language, "java" | "kotlin") || scene.graph.units[unit as usize].index == 0 {
            continue;
        }
        let text = scene.text(unit, function.span);
        let Some((start, end)) = find(text) else {
            continue;
        };
        let line = function.span.line + text[..start].matches('\n').count() as u32;
        let span = Span {
            start: function.span.start + start as u32,
            end: function.span.start + end as u32,
            line,
            last: line + text[start..end].matches('\n').count() as u32,
        };
        let file = scene.file(unit);
        if !found
            .iter()
            .any(|known| scene.file(known.unit) == file && known.span.start == span.start)
        {
            found.push(Absence {
                unit,
                span,
                what: what.to_owned(),
                weight,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_for_few_are_told_from_others() {
        let open = |text: &str| {
            PERMITS
                .captures(text)
                .is_some_and(|found| FOR_FEW.is_match(&found["paths"]))
        };
        assert!(open(r#".requestMatchers("/admin/**").permitAll()"#));
        assert!(open(r#".antMatchers(HttpMethod.GET, "/api/admin/users").permitAll()"#));
        assert!(open(
            r#".requestMatchers(new AntPathRequestMatcher("/h2-console/**")).permitAll()"#
        ));
        assert!(!open(
            r#".requestMatchers("/admin/login", "/actuator/health").permitAll()"#
        ));
        assert!(!open(r#".requestMatchers("/admin/**").hasRole("ADMIN")"#));
    }

    #[test]
    fn checks_that_never_say_no_are_known() {
        assert!(TRUSTS.is_match("public void checkServerTrusted(X509Certificate[] c, String a) throws E { }"));
        assert!(TRUSTS.is_match("public boolean verify(String h, SSLSession s) { return true; }"));
        assert!(!TRUSTS.is_match("public void checkServerTrusted(X509Certificate[] c, String a) { inner.check(c); }"));
    }
}
