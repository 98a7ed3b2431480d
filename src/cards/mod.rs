//! What is known about each weakness: one Markdown card per CWE, read by every stage.
//!
//! In: the `.md` files of this folder, embedded at build time, and those that an organisation puts in their place
//! ([`own`]). Out: [`Card`]s, refused when incomplete.
//! Deliberately absent: any matching against code, and files (a scanned repository cannot bring a card).
//! Start at [`all`].

mod body;
mod library;
mod load;
pub mod own;
mod parse;
pub mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use pattern::Pattern;
use regex::Regex;

pub use library::LIBRARY;
pub use load::{ABSENCES, LIFETIMES, NOTATIONS, all, get};
pub use parse::segments;

/// How bad a confirmed finding is, worst last so that `>=` reads as "at least as bad".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Low,
    Medium,
    High,
    Critical,
}

/// One weakness. Built only by the loader in this folder, which refuses a card without a safe example.
#[derive(Debug, Clone)]
pub struct Card {
    /// `CWE-89`.
    pub id: String,
    pub name: String,
    /// Groups cards that one fix may address together: `injection`, `memory`, `access`, `crypto` …
    pub family: String,
    /// Severity when an unauthenticated outsider reaches it.
    pub severity: Severity,
    /// Base metrics of CVSS 3.1 where an outsider reaches it over the network; what is known about a place changes them.
    pub cvss: Option<String>,
    /// The question put to the judges, answerable with yes or no; yes means vulnerable.
    pub question: String,
    /// Other CWE ids this card also answers for, most specific first.
    pub also: Vec<String>,
    /// Languages by row name that the card applies to; empty means all.
    pub languages: Vec<String>,
    /// Framework source kinds that matter; empty means all of them.
    pub source_kinds: Vec<String>,
    /// Per language row name; `any` applies to all.
    pub sources: BTreeMap<String, Vec<Pattern>>,
    pub sinks: BTreeMap<String, Vec<Pattern>>,
    /// A value that went through this call is clean for this card.
    pub sanitizers: BTreeMap<String, Vec<Pattern>>,
    /// A condition that calls this and dominates the sink is shown to the judges as a guard.
    pub guards: BTreeMap<String, Vec<Pattern>>,
    /// A condition that calls this and holds leaves what it was asked about harmless.
    pub proofs: BTreeMap<String, Vec<Pattern>>,
    /// A condition that calls this and does not hold does so.
    pub alarms: BTreeMap<String, Vec<Pattern>>,
    /// The part of a value that decides: where it is one of known texts, the value is harmless.
    pub views: BTreeMap<String, Vec<Pattern>>,
    /// Suspicious without any flow.
    pub calls: BTreeMap<String, Vec<Pattern>>,
    /// Sinks of a language count only where the project imports one of these.
    pub requires: BTreeMap<String, Vec<String>>,
    /// What must stand around a flow or a call for it to be looked at.
    pub context: Vec<ContextRule>,
    /// Suspicious literals: a name and the literal given to it.
    pub literals: Vec<LiteralRule>,
    /// Settings of configuration files that are weak.
    pub settings: Vec<SettingRule>,
    /// Wordings that are suspicious wherever they stand, in code, comments or names.
    pub texts: Vec<TextRule>,
    /// False where what stands in the code is the finding by itself: no model is asked, so that none can be talked out
    /// of it.
    pub judged: bool,
    /// Missing controls this card looks for, by the name of a rule in `candidates`.
    pub absences: Vec<String>,
    /// Lifetime rules this card looks for, by the name of a rule in `candidates`.
    pub lifetimes: Vec<String>,
    /// Regexes over a function's name and body text; matching functions are swept when budget is left.
    pub sweeps: BTreeMap<String, Vec<Regex>>,
    pub sections: Sections,
}

#[derive(Debug, Clone)]
pub struct LiteralRule {
    /// Matches the variable, field, key or keyword that receives the literal.
    pub name: Regex,
    /// Matches the literal.
    pub value: Regex,
    /// Whether truth values and numbers count, as they are written; otherwise only text does.
    pub scalar: bool,
    /// Whether only regular expressions count whose worst case is out of proportion.
    pub backtracks: bool,
}

/// A `[[texts]]` table: wording that is suspicious by itself.
#[derive(Debug, Clone)]
pub struct TextRule {
    /// Ends the sentence `"…" in the text …`.
    pub why: String,
    /// A blank in the card matches whatever stands between two words, line breaks and underscores too.
    pub matches: Regex,
}

/// A `[[settings]]` table: a setting of a configuration file that is weak. Every part that is given must hold.
///
/// ```toml
/// [[settings]]
/// why = 'the console of the database answers on the web'   # ends the sentence `x is "y": …`
/// notations = ['yaml', 'properties']                       # none means all
/// files = 'application'                                    # matches the path of the file
/// key = '^spring\.h2\.console\.enabled$'                   # matches the keys from the top, joined by dots
/// not_key = '^x\.'
/// value = '(?i)^true$'
/// not_value = '^$'
/// secret = 'shape'         # what `value` captures as `secret`, or all of it, is written like a secret (or is any text: `text`)
/// with = ['^a\.b = c$']    # matches `key = value` of another setting of the same document; `$1` is what `key` captured
/// without = ['^a\.d = ']
/// final = true             # only the last setting that `key` matches
/// anywhere = true          # files for development, tests and examples too
/// ```
#[derive(Debug, Clone)]
pub struct SettingRule {
    pub why: String,
    pub notations: Vec<String>,
    pub files: Option<Regex>,
    pub key: Regex,
    pub not_key: Option<Regex>,
    pub value: Option<Regex>,
    pub not_value: Option<Regex>,
    pub secret: Option<Secret>,
    /// Expressions whose `$1` is filled in before they are compiled; the loader compiled each with an empty one.
    pub with: Vec<String>,
    pub without: Vec<String>,
    pub last: bool,
    pub anywhere: bool,
}

/// How sure a value must look like a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// Mixed characters, as nobody writes a word.
    Shape,
    /// Any text that is neither a reference to another place nor a stand-in.
    Text,
}

/// A condition on the text around a place; every part that is given must hold.
#[derive(Debug, Clone)]
pub struct ContextRule {
    /// Languages that it is about; empty means all.
    pub languages: Vec<String>,
    /// The statement, with the name of its function before it.
    pub line: Option<Regex>,
    pub not_line: Option<Regex>,
    /// The whole function, annotations included.
    pub function: Option<Regex>,
    pub not_function: Option<Regex>,
    /// Input that can only be text, never an object, counts only where the sink's line matches.
    pub text: Option<Regex>,
    /// Where outside input enters, as the code calls it.
    pub not_source: Option<Regex>,
    /// A name that outside input has, or a call that it goes through, on its way.
    pub not_way: Option<Regex>,
    /// The whole function again: where this matches, the rule asks for nothing.
    pub unless: Option<Regex>,
}

/// The Markdown body, one field per heading.
#[derive(Debug, Clone, Default)]
pub struct Sections {
    pub what: String,
    pub why: String,
    /// Fenced examples with their language tag.
    pub vulnerable: Vec<Example>,
    pub safe: Vec<Example>,
    pub look_for: String,
    pub refute_if: String,
    pub fix: String,
}

#[derive(Debug, Clone)]
pub struct Example {
    pub language: String,
    pub code: String,
}

impl Card {
    pub fn sources_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.sources, language)
    }

    pub fn sinks_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.sinks, language)
    }

    pub fn sanitizers_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.sanitizers, language)
    }

    pub fn guards_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.guards, language)
    }

    pub fn proofs_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.proofs, language)
    }

    pub fn alarms_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.alarms, language)
    }

    pub fn views_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.views, language)
    }

    pub fn calls_for(&self, language: &str) -> Vec<&Pattern> {
        patterns_for(&self.calls, language)
    }

    pub fn sweeps_for(&self, language: &str) -> Vec<&Regex> {
        for_language(&self.sweeps, language)
    }

    /// Packages of which one must be imported for the sinks of this language to count; none means always.
    pub fn requires_for(&self, language: &str) -> Vec<&String> {
        for_language(&self.requires, language)
    }

    /// Conditions on the text around a place in this language.
    pub fn context_for(&self, language: &str) -> impl Iterator<Item = &ContextRule> {
        let about = move |rule: &&ContextRule| {
            rule.languages.is_empty()
                || rows(language)
                    .iter()
                    .any(|row| rule.languages.iter().any(|own| own == row))
        };
        self.context.iter().filter(about)
    }

    /// Whether the weakness exists in this language at all.
    pub fn applies_to(&self, language: &str) -> bool {
        self.languages.is_empty()
            || rows(language)
                .iter()
                .any(|row| self.languages.iter().any(|own| own == row))
    }
}

/// The rows of a card's table that apply to a language: its own first, the one it extends, then `any`.
fn rows(language: &str) -> [&str; 3] {
    match language {
        "typescript" => ["typescript", "javascript", "any"],
        "cpp" => ["cpp", "c", "any"],
        "kotlin" => ["kotlin", "java", "any"],
        own => [own, own, "any"],
    }
}

/// The patterns of a language. A row may say which of those that it would inherit do not hold for it.
fn patterns_for<'card>(table: &'card BTreeMap<String, Vec<Pattern>>, language: &str) -> Vec<&'card Pattern> {
    let mut all = for_language(table, language);
    let out: Vec<&str> = all.iter().filter_map(|pattern| pattern.without()).collect();
    all.retain(|pattern| pattern.without().is_none() && !out.contains(&&*pattern.text));
    all
}

fn for_language<'card, T>(table: &'card BTreeMap<String, Vec<T>>, language: &str) -> Vec<&'card T> {
    let [own, base, any] = rows(language);
    let base = (base != own).then_some(base);
    std::iter::once(own)
        .chain(base)
        .chain([any])
        .filter_map(|row| table.get(row))
        .flatten()
        .collect()
}
