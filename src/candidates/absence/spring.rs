//! What the configuration of Spring Security turns off for all routes at once.
//!
//! In: the functions of a project that configure it. Out: the places where the check of forged requests is turned off.
//! Deliberately absent: settings that one call without a lambda makes; those are patterns of cards.
//! Start at [`forgery_unchecked`].

use std::sync::LazyLock;

use regex::Regex;

use super::Absence;
use super::routes::fixed;
use crate::candidates::Scene;
use crate::syntax::form::Span;

/// `http.csrf(c -> c.disable())`
static OFF: LazyLock<Regex> = LazyLock::new(|| fixed(r"\.csrf\(\s*\(?\w+\)?\s*->\s*\{?\s*\w+\.disable\(\)"));
/// Requests that bring who asks by themselves, and not in a cookie.
static BEARER: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(STATELESS|oauth2ResourceServer|httpBasic|bearer|jwt|addFilterBefore|CsrfWebFilter)"));

/// The check of forged requests is off where a cookie says who asks.
pub fn forgery_unchecked(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let function = scene.function(unit);
        if !matches!(scene.module(unit).language, "java" | "kotlin") || function.class_name.is_none() {
            continue;
        }
        let text = scene.text(unit, function.span);
        let Some(place) = OFF.find(text).filter(|_| !BEARER.is_match(text)) else {
            continue;
        };
        let before = text[..place.start()].matches('\n').count() as u32;
        let line = function.span.line + before;
        found.push(Absence {
            unit,
            span: Span {
                start: function.span.start + place.start() as u32,
                end: function.span.start + place.end() as u32,
                line,
                last: line,
            },
            what: "the check of forged requests is turned off and a session says who asks".to_owned(),
            weight: 50,
        });
    }
    found
}
