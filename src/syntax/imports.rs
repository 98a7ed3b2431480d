//! Import statements become [`Import`]s.
//!
//! In: the parts of an import that a query named. Out: what local name is bound to what path.
//! A wildcard binds no name and its path ends in `.*`. Go binds the last segment of a path to itself (`net/http` is
//! `http`), because that is how the code and the patterns speak of it.
//! Start at [`imports`].

use tree_sitter::Node;

use super::form::{Import, Span, Text};
use super::languages::Row;
use super::lower::{span_of, text_of};
use super::roles::{Entry, Roles, Slot};

/// Every import of a file in source order.
pub(super) fn imports<'t>(row: &Row, roles: &Roles<'t>, text: &str) -> Vec<Import> {
    let pairs = roles.imports.iter().zip(&roles.import_nodes);
    let mut found: Vec<Import> = pairs
        .map(|(entry, node)| import(row, entry, span_of(*node), text))
        .collect();
    found.sort_by(|a, b| (a.span, &a.local, &a.path).cmp(&(b.span, &b.local, &b.path)));
    // What is bound somewhere says all that an import without a name does.
    let bound: Vec<Text> = found
        .iter()
        .filter(|own| !own.local.is_empty())
        .map(|own| own.path.clone())
        .collect();
    let again = |path: &str| {
        let mut bound = bound.iter().filter_map(|own| own.strip_prefix(path));
        bound.any(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    found.retain(|own| !own.local.is_empty() || own.path.ends_with('*') || !again(&own.path));
    found.dedup_by(|a, b| (a.span, &a.local, &a.path) == (b.span, &b.local, &b.path));
    found
}

fn import(row: &Row, entry: &Entry<'_>, span: Span, text: &str) -> Import {
    let part = |slot| entry.one(slot).map(|node: Node<'_>| bare(text_of(node, text)));
    // A path may stand in pieces, outermost first: `a::{b::{c}}`.
    let mut path = String::new();
    for piece in entry.many(Slot::Path) {
        join(&mut path, &(row.import_path)(bare(text_of(piece, text))));
    }
    let member = part(Slot::Member).map(str::to_owned);
    let member = member.map(|member| (row.import_path)(&member));
    if let Some(member) = member
        .as_deref()
        .filter(|member| !matches!(*member, "default" | "self"))
    {
        join(&mut path, member);
    }
    let local = match part(Slot::Local) {
        Some("_" | ".") => String::new(),
        Some(local) => (row.import_path)(local),
        None => {
            let whole = if member.as_deref() == Some("self") {
                Some(&*path)
            } else {
                member.as_deref()
            };
            let last = whole.and_then(|whole| whole.rsplit('.').next());
            last.unwrap_or_default().to_owned()
        }
    };
    if entry.has(Slot::Wildcard) || part(Slot::Local) == Some(".") {
        join(&mut path, "*");
    }
    Import {
        local: local.into(),
        path: path.into(),
        span,
    }
}

/// `from .. import x` is `..x`: a path that ends in a dot needs no other.
fn join(path: &mut String, member: &str) {
    if !path.is_empty() && !path.ends_with('.') {
        path.push('.');
    }
    path.push_str(member);
}

fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '<' | '>') || c.is_whitespace())
}
