//! Hooks of plugins that anybody may set off.
//!
//! In: functions that WordPress calls on a request of whoever is logged in, known by what they are registered for.
//! Out: [`Absence`]s: what they change is changed without a nonce that ties the request to a page of the site, or
//! without asking for a right that not every subscriber has. Deliberately absent: hooks that are there for visitors.
//! Start at [`without_nonce`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::Entry;
use crate::syntax::form::Span;

use super::routes::body;
use super::{Absence, routes};
use crate::candidates::Scene;
use crate::regexes::fixed;

static WRITES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(\b(update|delete|add)_(option|(site|user|post|term|comment)_(meta|option))\s*\(|
        \bwp_(insert|update|delete|trash|set)_\w+\s*\(|wpdb\s*->\s*(insert|update|delete|replace)\s*\(|
        wpdb\s*->\s*query\s*\([^;]{0,60}(insert|update|delete|replace|drop|truncate)\b|
        \bunlink\s*\(|\bfile_put_contents\s*\(|->\s*(set|add|remove)_(role|cap)\s*\(|\b(de)?activate_plugins?\s*\()",
    )
});
static NONCE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(nonce|check_ajax_referer|check_admin_referer|csrf|hash_equals|verify_(request|token))")
});
static RIGHT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(current_user_can|user_can\s*\(|is_super_admin|has_cap|capabilit|permission|verify_access|is_admin_user|authori[sz]e|can_access|can_edit)",
    )
});
/// What a visitor sends.
static ASKED: LazyLock<Regex> = LazyLock::new(|| fixed(r"\$_(GET|POST|REQUEST)\b"));

/// A hook that changes something, with the line where it does, and the text of it and of what it calls.
struct Hook<'a> {
    entry: &'a Entry,
    place: Span,
    whole: String,
}

fn hooks<'a>(scene: &'a Scene) -> Vec<Hook<'a>> {
    let mut found = Vec::new();
    for entry in
        routes(scene).filter(|entry| entry.framework == "WordPress" && !scene.function(entry.unit).name.is_empty())
    {
        let text = body(scene, entry);
        let registered = scene.text(entry.unit, entry.span);
        // What people set for themselves they may.
        let own_record = |at: usize| {
            text[at..]
                .chars()
                .take(120)
                .collect::<String>()
                .contains("get_current_user_id")
        };
        let Some(written) = WRITES.find_iter(text).find(|found| !own_record(found.start())) else {
            continue;
        };
        // Visitors who are not logged in may do it as well, so it is meant for everybody.
        let file = &*scene.snapshot.file(scene.file(entry.unit)).text;
        let name = format!("nopriv_{}", action(registered).unwrap_or("\u{0}"));
        let own = registered.contains("wp_ajax_") || registered.contains("admin_post_");
        if registered.contains("nopriv") || file.contains(&name) || !(own || ASKED.is_match(text)) {
            continue;
        }
        if !registered.contains("add_action") {
            continue;
        }
        let span = scene.graph.units[entry.unit as usize].span;
        let before = text[..written.start()].matches('\n').count() as u32;
        let mut whole = text.to_owned();
        for edge in scene.graph.callees(entry.unit) {
            whole.push_str(scene.text(edge.to, scene.graph.units[edge.to as usize].span));
        }
        found.push(Hook {
            entry,
            place: Span {
                start: span.start + written.start() as u32,
                end: span.start + written.end() as u32,
                line: span.line + before,
                last: span.line + before,
            },
            whole,
        });
    }
    found.sort_by_key(|hook| (hook.entry.unit, hook.place.start));
    found.dedup_by_key(|hook| hook.entry.unit);
    found
}

/// The action that a registration names.
fn action(registered: &str) -> Option<&str> {
    let rest = ["wp_ajax_", "admin_post_"]
        .iter()
        .find_map(|head| registered.split_once(head))?
        .1;
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

fn lacking(scene: &Scene, control: &Regex, what: &str) -> Vec<Absence> {
    let open = |hook: &Hook| !control.is_match(&hook.whole);
    let absence = |hook: Hook| Absence {
        unit: hook.entry.unit,
        span: hook.place,
        what: format!("{} {what}", scene.graph.units[hook.entry.unit as usize].name),
        weight: 50,
    };
    hooks(scene).into_iter().filter(open).map(absence).collect()
}

/// Another site can have a visitor's browser set off the hook.
pub fn without_nonce(scene: &Scene) -> Vec<Absence> {
    lacking(
        scene,
        &NONCE,
        "changes state and asks for no nonce of the page it should come from",
    )
}

/// Whoever has an account can set off the hook.
pub fn without_right(scene: &Scene) -> Vec<Absence> {
    lacking(
        scene,
        &RIGHT,
        "changes state for whoever is logged in, whatever rights they have",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_names_its_action() {
        assert_eq!(action("add_action('wp_ajax_save_it', 'save_it')"), Some("save_it"));
        assert_eq!(action("add_action('init', 'go')"), None);
        assert!(WRITES.is_match("$wpdb->query('DELETE FROM x')") && !WRITES.is_match("$wpdb->query('SELECT 1')"));
        assert!(!RIGHT.is_match("get_option('x')") && NONCE.is_match("check_ajax_referer('x')"));
    }
}
