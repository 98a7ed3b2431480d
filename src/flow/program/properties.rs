//! What the project's own configuration gives to names: `getProperty("cipher")` is as good as its value.
//!
//! In: the settings of the project, and the names under which frameworks look one up (`lookups` of their models). Out:
//! [`Properties`], asked per call. A key with two values in the project has none, and neither has one that refers to
//! another place. Deliberately absent: profiles and what the environment sets instead. Start at [`Properties::of`].

use std::collections::{BTreeSet, HashMap};

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, Text};

use crate::flow::frameworks;
use crate::flow::state::value::Const;

/// Longest value kept.
const LONGEST: usize = 200;
/// Notations whose keys programs ask for.
const ASKED: [&str; 5] = ["properties", "yaml", "json", "toml", "xml"];

/// Values by key; `None` where files disagree. Never read in iteration order.
#[derive(Debug, Default)]
pub struct Properties {
    values: HashMap<Text, Option<Text>>,
    lookups: BTreeSet<&'static str>,
}

impl Properties {
    pub fn of(modules: &[Module]) -> Self {
        let lookups = frameworks::all().iter().flat_map(|model| &model.lookups);
        let mut found = Self {
            lookups: lookups.map(String::as_str).collect(),
            ..Self::default()
        };
        let asked = modules.iter().filter(|module| ASKED.contains(&module.language));
        for one in asked.flat_map(|module| &module.settings) {
            if one.value.is_empty() || one.value.len() > LONGEST || one.value.contains("${") {
                continue;
            }
            found
                .values
                .entry(one.path.clone())
                .and_modify(|known| {
                    if known.as_ref() != Some(&one.value) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(one.value.clone()));
        }
        found
    }

    /// The value of `x.getProperty("name")` or `x.getProperty("name", "otherwise")`.
    pub fn asked(&self, callee: &Expr, args: &[Arg]) -> Option<Const> {
        let ExprKind::Field(_, method) = &callee.kind else {
            return None;
        };
        if let (Some(fallback), [section, name, ..]) = (labelled(args, "fallback"), args) {
            // `config.get("section", "name", fallback="otherwise")`
            let at = format!("{}.{}", key(&section.value)?, key(&name.value)?);
            return match self.values.get(&*at) {
                Some(known) => known.clone().map(Const::Text),
                None => text(fallback).map(Const::Text),
            };
        }
        if !self.lookups.contains(&**method) {
            return None;
        }
        match self.values.get(&*key(&args.first()?.value)?) {
            Some(Some(value)) => Some(Const::Text(value.clone())),
            Some(None) => None,
            None => args.get(1).and_then(|arg| text(&arg.value)).map(Const::Text),
        }
    }

    /// The value of `configuration["Section:Name"]`.
    pub fn indexed(&self, base: &Expr, index: &Expr) -> Option<Text> {
        let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &base.kind else {
            return None;
        };
        let named = name.trim_start_matches('_');
        if !named.eq_ignore_ascii_case("configuration") && !named.eq_ignore_ascii_case("config") {
            return None;
        }
        self.values.get(&*key(index)?).cloned().flatten()
    }
}

fn labelled<'a>(args: &'a [Arg], label: &str) -> Option<&'a Expr> {
    let arg = args.iter().find(|arg| arg.label.as_deref() == Some(label))?;
    Some(&arg.value)
}

/// A key as the settings spell it.
fn key(expr: &Expr) -> Option<String> {
    text(expr).map(|text| text.replace(':', "."))
}

fn text(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Snapshot;
    use crate::syntax;

    #[test]
    fn a_key_with_two_values_has_none_whatever_the_notation() {
        let snapshot = Snapshot::of_texts([
            ("a.properties", "cipher=DES\nhash: MD5\n# x=y\ntwo.words=a\n"),
            ("b.properties", "cipher=AES\n"),
            (
                "application.yml",
                "two:\n  words: a\napp: {mode: ECB, key: \"${KEY}\"}\n",
            ),
        ]);
        let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
        let found = Properties::of(&forest.modules);
        let value = |key: &str| found.values.get(key).cloned();
        assert_eq!(value("cipher"), Some(None));
        assert_eq!(value("hash"), Some(Some("MD5".into())));
        assert_eq!(value("# x"), None);
        assert_eq!(value("two.words"), Some(Some("a".into())));
        assert_eq!(value("app.mode"), Some(Some("ECB".into())));
        assert_eq!(value("app.key"), None);
    }
}
