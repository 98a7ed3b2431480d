//! Checks that a route of Python asks for among its parameters: `user: Annotated[User, Depends(current_user)]`.
//!
//! In: functions of Python and how routes name them. Out: which routes have somebody checked before they run, and which
//! of those ask for more than to be known. Deliberately absent: what such a function decides in the end.
//! Start at [`Injected::of`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::candidates::Scene;
use crate::regexes::fixed;

static INJECTS: LazyLock<Regex> = LazyLock::new(|| fixed(r"\b(?:Depends|Security)\(\s*([\w.]+)"));
/// `CurrentUser = Annotated[User, Depends(current_user)]`
static ALIAS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?m)^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:[\w.]+\.)?Annotated\[[^\n=]*\n?[^\n=]{0,200}?\b(?:Depends|Security)\(\s*([\w.]+)",
    )
});
/// `app.include_router(admin.router, dependencies=[Depends(admin)])`
static MOUNTED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"include_router\(\s*([\w.]+)\s*,[^()]*(?:\([^()]*\)[^()]*)*?dependencies\s*=\s*\[\s*(?:Depends|Security)")
});
/// Sends away whoever is not known, or may not.
static REFUSES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(\b40[13]\b|(?i:unauthori[sz]ed|forbidden|credentials?_?(exception|error)|permission_?(denied|error))|OAuth2\w+Bearer|HTTPBearer|HTTPBasic|APIKeyHeader)",
    )
});
static ROLE: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(role|admin|superuser|is_?staff|moderator|permission|scopes?\b|\b403\b|forbidden)"));

/// How deep functions that ask are looked for behind each other.
const DEEP: usize = 4;

/// Functions that ask who is there before a route runs.
#[derive(Debug, Default)]
pub struct Injected {
    /// By name, and whether they ask for a right too.
    asks: BTreeMap<String, bool>,
    /// Modules whose routes are put behind a check where they are mounted.
    mounted: BTreeSet<String>,
}

impl Injected {
    pub fn of(scene: &Scene) -> Self {
        let mut found = Self::default();
        let python = |unit: &u32| scene.module(*unit).language == "python";
        let mut texts: Vec<(String, &str)> = (0..scene.graph.units.len() as u32)
            .filter(python)
            .filter(|unit| scene.graph.units[*unit as usize].index != 0)
            .map(|unit| {
                let at = &scene.graph.units[unit as usize];
                // A class whose object is called is spoken of by its own name.
                let class = scene.function(unit).class_name.as_deref();
                let name = if &*scene.function(unit).name == "__call__" {
                    class
                } else {
                    None
                };
                (name.unwrap_or(last(&at.name)).to_owned(), scene.text(unit, at.span))
            })
            .collect();
        let files = || scene.snapshot.files().iter().filter(|file| file.path.ends_with(".py"));
        let used: BTreeSet<&str> = files()
            .flat_map(|file| INJECTS.captures_iter(&file.text))
            .filter_map(|call| call.get(1).map(|name| last(name.as_str())))
            .collect();
        texts.retain(|(name, _)| used.contains(name.as_str()));
        for _ in 0..DEEP {
            for (name, text) in &texts {
                let inner = INJECTS
                    .captures_iter(text)
                    .filter_map(|call| found.asks.get(last(&call[1])).copied());
                let inner: Vec<bool> = inner.collect();
                if REFUSES.is_match(text) || !inner.is_empty() {
                    let role =
                        ROLE.is_match(name) || (ROLE.is_match(text) && text.contains("403")) || inner.contains(&true);
                    *found.asks.entry(name.clone()).or_default() |= role;
                }
            }
        }
        for file in files() {
            for alias in ALIAS.captures_iter(&file.text) {
                if let Some(role) = found.asks.get(last(&alias[2])).copied() {
                    found.asks.insert(alias[1].to_owned(), role);
                }
            }
            found
                .mounted
                .extend(MOUNTED.captures_iter(&file.text).map(|mount| mount[1].to_owned()));
        }
        found
    }

    /// Whether the route has somebody checked, and whether that is about a right: none, known, or more than known.
    pub fn asked(&self, scene: &Scene, unit: u32) -> Option<bool> {
        if self.asks.is_empty() || scene.module(unit).language != "python" {
            return None;
        }
        let function = scene.function(unit);
        let mut head: String = function
            .annotations
            .iter()
            .map(|note| scene.text(unit, note.span))
            .collect();
        for param in &function.params {
            head.push(' ');
            head.push_str(scene.text(unit, param.span));
        }
        let mut best = None;
        for word in head.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
            if let Some(role) = self.asks.get(word) {
                best = Some(best.unwrap_or(false) || *role);
            }
        }
        best.or_else(|| self.mounted_behind(scene, unit).then_some(false))
    }

    fn mounted_behind(&self, scene: &Scene, unit: u32) -> bool {
        let path = &scene.snapshot.file(scene.file(unit)).path;
        let stem = path
            .rsplit('/')
            .next()
            .and_then(|file| file.strip_suffix(".py"))
            .unwrap_or(path);
        self.mounted.iter().any(|name| {
            name.split('.')
                .any(|part| part == stem || part.strip_suffix("_router") == Some(stem))
        })
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_asked_for_are_read_off_the_text() {
        let named = |text: &str| INJECTS.captures(text).map(|call| call[1].to_owned());
        assert_eq!(
            named("user: User = Depends(deps.current)"),
            Some("deps.current".to_owned())
        );
        let alias = |text: &str| {
            ALIAS
                .captures(text)
                .map(|alias| (alias[1].to_owned(), alias[2].to_owned()))
        };
        let want = Some(("Me".to_owned(), "current".to_owned()));
        assert_eq!(alias("Me = Annotated[User, Depends(current)]"), want);
        assert_eq!(alias("Me = Annotated[\n    User, Depends(current)\n]"), want);
        assert!(MOUNTED.is_match("app.include_router(admin.router, prefix=\"/a\", dependencies=[Depends(x)])"));
        assert!(!MOUNTED.is_match("app.include_router(admin.router, prefix=\"/a\")"));
    }
}
