//! Controls that are missing: what siblings have, or what this kind of code always needs.
//!
//! In: entry points, their controls and the text of their bodies. Out: drafts, one rule per function below.
//! Deliberately absent: any proof; a control may sit in a proxy or a base class, which the judges are told to ask.
//! Start at [`find`].

mod binding;
mod checks;
mod cookies;
mod filters;
mod hooks;
mod injected;
mod inner;
mod layers;
mod logins;
mod mounts;
mod owners;
mod pages;
mod prototypes;
mod races;
mod records;
mod roles;
mod routes;
mod schema;
mod scoped;
mod scripts;
mod spring;
mod throttle;
mod uploads;
mod views;

pub use pages::is_template;

use std::collections::BTreeMap;

use crate::flow::Entry;
use crate::syntax::settings::is_notation;

use super::make::Draft;
use super::{Generator, Scene};

pub fn find(scene: &Scene) -> Vec<Draft> {
    let mut rules: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, card) in scene.cards.iter().enumerate().filter(|(_, card)| scene.wants(card)) {
        for rule in &card.absences {
            rules.entry(rule).or_default().push(at);
        }
    }
    let mut drafts = Vec::new();
    for (rule, cards) in rules {
        for absence in absences(scene, rule) {
            for &card in &cards {
                let language = scene.module(absence.unit).language;
                if scene.cards[card].applies_to(language) || is_notation(language) {
                    let what = absence.what.clone();
                    let mut draft = scene.place(card, Generator::Absence, absence.unit, absence.span, what);
                    draft.weight = absence.weight;
                    drafts.push(draft);
                }
            }
        }
    }
    drafts
}

/// What one rule finds missing.
fn absences(scene: &Scene, rule: &str) -> Vec<Absence> {
    match rule {
        "route-without-auth-siblings-have" => {
            let mut all = routes::without_auth(scene);
            all.extend(views::without_login(scene));
            all.extend(routes::open_to_all(scene));
            all
        }
        "object-access-without-owner" => {
            let mut all = owners::without_owner(scene);
            all.extend(records::without_owner(scene));
            all.extend(views::without_owner(scene));
            all
        }
        "state-change-without-csrf" => routes::without_csrf(scene),
        "login-without-throttle" => throttle::without_throttle(scene),
        "upload-without-check" => {
            let mut all = routes::without_upload_check(scene);
            all.extend(uploads::any_file(scene));
            all
        }
        "route-without-role-siblings-have" => roles::without_role(scene),
        "link-by-host" => checks::link_by_host(scene),
        "cookie-without-flags" => cookies::without_flags(scene),
        "message-without-origin-check" => scripts::without_origin_check(scene),
        "merge-without-key-check" => prototypes::without_key_check(scene),
        "address-checked-in-part" => checks::address_in_part(scene, false),
        "origin-checked-in-part" => checks::address_in_part(scene, true),
        "throttle-counts-by-header" => checks::counted_by_header(scene),
        "password-hashed-fast" => checks::hashed_fast(scene),
        "password-kept-as-it-is" => checks::password_kept(scene),
        "code-compared-like-text" => checks::code_compared(scene),
        "login-keeps-session" => {
            let mut all = logins::session_kept(scene);
            all.extend(logins::servlet_session_kept(scene));
            all
        }
        "secret-compared-loosely" => logins::compared_loosely(scene),
        "cookie-decides" => logins::cookie_decides(scene),
        "refused-but-goes-on" => logins::goes_on(scene),
        "hook-without-nonce" => hooks::without_nonce(scene),
        "hook-without-right" => hooks::without_right(scene),
        "internals-for-everybody" => routes::open_internals(scene),
        "mutation-without-check-others-have" => schema::unchecked_mutations(scene),
        "entity-unpicked" => binding::unpicked_entity(scene),
        "fields-unpicked" => {
            let mut all = owners::fields_unpicked(scene);
            all.extend(views::every_field(scene));
            all
        }
        "checked-then-used" => races::checked_then_used(scene),
        "kept-between-requests" => races::kept_between_requests(scene),
        "paths-for-few-open" => spring::open_paths(scene),
        "origins-unlimited" => spring::any_origin(scene),
        "certificate-unchecked" => spring::trusts_anybody(scene),
        "markup-unescaped" => {
            let mut all = scripts::raw_markup(scene);
            all.extend(pages::raw_output(scene));
            all
        }
        _ => Vec::new(),
    }
}

/// Something that is not there.
pub struct Absence {
    pub unit: u32,
    pub span: crate::syntax::form::Span,
    pub what: String,
    pub weight: u32,
}

/// Entry points that answer requests.
fn routes<'a>(scene: &'a Scene) -> impl Iterator<Item = &'a Entry> {
    scene.graph.entries.iter().filter(|entry| entry.kind == "http")
}
