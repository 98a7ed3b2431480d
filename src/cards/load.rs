//! Turning the text of a card into a [`Card`], or into a sentence that says what is wrong with it.
//!
//! In: Markdown with TOML front matter between `+++` lines. Out: [`Card`]s, sorted by number.
//! Deliberately absent: defaults for what a card must say; a card without a safe example teaches judges to say yes.
//! Start at [`all`] or [`Card::parse`].

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use super::body::{halves, sections};
use super::library::LIBRARY;
use super::own;
use super::pattern::{Pattern, Shape};
use super::{Card, ContextRule, Example, LiteralRule, Secret, Sections, SettingRule, Severity, TextRule};

/// Languages a table or an example may name; tables may also say `any`.
pub(super) const LANGUAGES: [&str; 12] = [
    "python",
    "javascript",
    "typescript",
    "java",
    "go",
    "c",
    "cpp",
    "csharp",
    "rust",
    "ruby",
    "kotlin",
    "php",
];

/// Notations of configuration that rules about settings, examples and `languages` may name; `syntax` reads them.
pub const NOTATIONS: [&str; 10] = [
    "yaml",
    "json",
    "toml",
    "xml",
    "properties",
    "env",
    "dockerfile",
    "nginx",
    "sql",
    "graphql",
];

/// Source kinds that framework models give to what enters the program, and `own` for a card that only its own
/// sources can harm: no model gives that kind, and a card's own sources need none.
const SOURCE_KINDS: [&str; 10] = [
    "http", "host", "cli", "env", "file", "network", "db", "message", "dom", "own",
];

/// Rules about missing controls, by the names under which `candidates` implements them.
pub const ABSENCES: [&str; 32] = [
    "route-without-role-siblings-have",
    "link-by-host",
    "login-keeps-session",
    "checked-then-used",
    "kept-between-requests",
    "paths-for-few-open",
    "password-hashed-fast",
    "password-kept-as-it-is",
    "origins-unlimited",
    "certificate-unchecked",
    "secret-compared-loosely",
    "cookie-decides",
    "refused-but-goes-on",
    "hook-without-nonce",
    "hook-without-right",
    "entity-unpicked",
    "fields-unpicked",
    "address-checked-in-part",
    "origin-checked-in-part",
    "throttle-counts-by-header",
    "code-compared-like-text",
    "internals-for-everybody",
    "markup-unescaped",
    "message-without-origin-check",
    "merge-without-key-check",
    "route-without-auth-siblings-have",
    "mutation-without-check-others-have",
    "object-access-without-owner",
    "state-change-without-csrf",
    "login-without-throttle",
    "upload-without-check",
    "cookie-without-flags",
];

/// Rules about the lifetime and size of memory, by the names under which `candidates` implements them.
pub const LIFETIMES: [&str; 34] = [
    "unsound",
    "use-after-free",
    "double-free",
    "invalid-free",
    "null-unchecked",
    "leak-on-path",
    "unbounded-copy",
    "off-by-one",
    "index-unchecked",
    "size-overflow",
    "toctou",
    "uninitialised",
    "outside-sum",
    "outside-difference",
    "outside-divisor",
    "outside-index",
    "outside-bound",
    "null-used",
    "wraps",
    "narrowed",
    "zero-divisor",
    "negative-size",
    "huge-size",
    "loop-bound",
    "reachable-assert",
    "local-returned",
    "format-unknown",
    "pointer-size",
    "wrong-type",
    "unlooked",
    "lock-held",
    "rights-order",
    "signal-unsafe",
    "thread-shared",
];

/// Every card, sorted by number; fixed at the first use.
pub fn all() -> &'static [Card] {
    static CARDS: OnceLock<Vec<Card>> = OnceLock::new();
    CARDS.get_or_init(|| {
        let parse = |(file, text): (&str, &str)| match Card::parse(text) {
            Ok(card) => card,
            // Those of the binary are loaded by a test, those put in their place when they are installed.
            Err(error) => panic!("the card {file} does not load: {error}"),
        };
        let own = own::installed()
            .iter()
            .map(|(file, text)| (file.as_str(), text.as_str()));
        let own = own.filter(|(file, _)| file.starts_with("cwe-"));
        let kept = LIBRARY.iter().copied().filter(|(file, _)| own::told(file).is_none());
        let mut cards: Vec<Card> = kept.chain(own).map(parse).collect();
        cards.sort_by_key(Card::number);
        cards
    })
}

/// The card of a weakness, by `CWE-89`, `cwe-89` or `89`; `None` when no card has that number as its own.
pub fn get(id: &str) -> Option<&'static Card> {
    let number = number_of(id)?;
    all().iter().find(|card| card.number() == number)
}

impl Card {
    /// 89 for `CWE-89`.
    pub fn number(&self) -> u32 {
        number_of(&self.id).expect("the loader checked the id")
    }

    /// Errors are sentences that name the entry, the heading or the pattern at fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (front, body) = halves(text)?;
        let front: Front = toml::from_str(front).map_err(|error| format!("front matter: {error}"))?;
        let card = front.into_card(sections(body)?)?;
        check_examples(&card)?;
        check_patterns(&card)?;
        check_generators(&card)?;
        Ok(card)
    }
}

fn number_of(id: &str) -> Option<u32> {
    let digits = if id.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("cwe-")) {
        &id[4..]
    } else {
        id
    };
    digits.parse().ok()
}

/// Table of a card as it stands in the file.
type Rows = BTreeMap<String, Vec<String>>;

/// The front matter as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    id: String,
    name: String,
    family: String,
    severity: Severity,
    cvss: Option<String>,
    question: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    source_kinds: Vec<String>,
    #[serde(default)]
    absences: Vec<String>,
    #[serde(default)]
    lifetimes: Vec<String>,
    #[serde(default)]
    sources: Rows,
    #[serde(default)]
    sinks: Rows,
    #[serde(default)]
    sanitizers: Rows,
    #[serde(default)]
    guards: Rows,
    #[serde(default)]
    proofs: Rows,
    #[serde(default)]
    alarms: Rows,
    #[serde(default)]
    views: Rows,
    #[serde(default)]
    calls: Rows,
    #[serde(default)]
    sweeps: Rows,
    #[serde(default)]
    requires: Rows,
    #[serde(default)]
    context: Vec<FrontContext>,
    #[serde(default)]
    literals: Vec<FrontLiteral>,
    #[serde(default)]
    settings: Vec<FrontSetting>,
    #[serde(default)]
    texts: Vec<FrontText>,
    #[serde(default = "yes")]
    judged: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontText {
    why: String,
    matches: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontSetting {
    why: String,
    #[serde(default)]
    notations: Vec<String>,
    files: Option<String>,
    key: String,
    not_key: Option<String>,
    value: Option<String>,
    not_value: Option<String>,
    secret: Option<Secret>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default, rename = "final")]
    last: bool,
    #[serde(default)]
    anywhere: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontLiteral {
    name: String,
    value: String,
    #[serde(default)]
    scalar: bool,
    #[serde(default)]
    backtracks: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontContext {
    #[serde(default)]
    languages: Vec<String>,
    line: Option<String>,
    not_line: Option<String>,
    function: Option<String>,
    not_function: Option<String>,
    text: Option<String>,
    not_source: Option<String>,
    not_way: Option<String>,
    unless: Option<String>,
}

impl Front {
    fn into_card(self, sections: Sections) -> Result<Card, String> {
        for id in std::iter::once(&self.id).chain(&self.also) {
            let plain = id.strip_prefix("CWE-").and_then(number_of);
            plain.ok_or_else(|| format!("`{id}` is not an id of the form `CWE-89`"))?;
        }
        for (key, text) in [
            ("name", &self.name),
            ("family", &self.family),
            ("question", &self.question),
        ] {
            (!text.trim().is_empty())
                .then_some(())
                .ok_or_else(|| format!("`{key}` must not be empty"))?;
        }
        vector(self.cvss.as_deref())?;
        known("languages", &self.languages, &[&LANGUAGES[..], &NOTATIONS[..]].concat())?;
        known("source_kinds", &self.source_kinds, &SOURCE_KINDS)?;
        known("absences", &self.absences, &ABSENCES)?;
        known("lifetimes", &self.lifetimes, &LIFETIMES)?;
        Ok(Card {
            sources: table("sources", self.sources, Pattern::parse)?,
            sinks: table("sinks", self.sinks, Pattern::parse)?,
            sanitizers: table("sanitizers", self.sanitizers, Pattern::parse)?,
            guards: table("guards", self.guards, Pattern::parse)?,
            proofs: table("proofs", self.proofs, Pattern::parse)?,
            alarms: table("alarms", self.alarms, Pattern::parse)?,
            views: table("views", self.views, Pattern::parse)?,
            calls: table("calls", self.calls, Pattern::parse)?,
            sweeps: table("sweeps", self.sweeps, |text| regex("sweeps", text))?,
            requires: table("requires", self.requires, |text| Ok(text.to_owned()))?,
            context: self.context.into_iter().map(context).collect::<Result<_, _>>()?,
            literals: self.literals.iter().map(literal).collect::<Result<_, _>>()?,
            settings: self.settings.into_iter().map(setting).collect::<Result<_, _>>()?,
            texts: self.texts.into_iter().map(wording).collect::<Result<_, _>>()?,
            judged: self.judged,
            id: self.id,
            name: self.name,
            family: self.family,
            severity: self.severity,
            cvss: self.cvss,
            question: self.question,
            also: self.also,
            languages: self.languages,
            source_kinds: self.source_kinds,
            absences: self.absences,
            lifetimes: self.lifetimes,
            sections,
        })
    }
}

/// The metrics of a base vector, each once, in the order of the standard.
fn vector(text: Option<&str>) -> Result<(), String> {
    let shape = "^AV:[NALP]/AC:[LH]/PR:[NLH]/UI:[NR]/S:[UC]/C:[HLN]/I:[HLN]/A:[HLN]$";
    match text {
        Some(text) if !regex("cvss", shape)?.is_match(text) => Err(format!(
            "cvss: `{text}` is not a base vector of CVSS 3.1 such as `AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`"
        )),
        _ => Ok(()),
    }
}

pub(super) fn known(key: &str, given: &[String], allowed: &[&str]) -> Result<(), String> {
    match given.iter().find(|word| !allowed.contains(&word.as_str())) {
        Some(word) => Err(format!("{key}: `{word}` is not one of {}", allowed.join(", "))),
        None => Ok(()),
    }
}

fn table<T>(
    key: &str,
    rows: Rows,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<BTreeMap<String, Vec<T>>, String> {
    let read = |(row, entries): (String, Vec<String>)| {
        if row != "any" {
            known(key, std::slice::from_ref(&row), &LANGUAGES)?;
        }
        let entries = entries
            .iter()
            .map(|text| parse(text).map_err(|error| format!("{key}.{row}: {error}")));
        Ok((row.clone(), entries.collect::<Result<_, String>>()?))
    };
    rows.into_iter().map(read).collect()
}

fn regex(key: &str, text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("{key}: bad regex `{text}`: {error}"))
}

fn literal(rule: &FrontLiteral) -> Result<LiteralRule, String> {
    Ok(LiteralRule {
        name: regex("literals", &rule.name)?,
        value: regex("literals", &rule.value)?,
        scalar: rule.scalar,
        backtracks: rule.backtracks,
    })
}

fn setting(rule: FrontSetting) -> Result<SettingRule, String> {
    known("settings", &rule.notations, &NOTATIONS)?;
    let read = |text: Option<String>| text.map(|text| regex("settings", &text)).transpose();
    for text in rule.with.iter().chain(&rule.without) {
        regex("settings", &text.replace("$1", ""))?;
    }
    if rule.value.is_none() && rule.secret.is_none() && rule.with.is_empty() && rule.without.is_empty() {
        return Err(format!(
            "settings: `{}` is weak whatever its value, with and without anything",
            rule.key
        ));
    }
    Ok(SettingRule {
        why: rule.why,
        notations: rule.notations,
        files: read(rule.files)?,
        key: regex("settings", &rule.key)?,
        not_key: read(rule.not_key)?,
        value: read(rule.value)?,
        not_value: read(rule.not_value)?,
        secret: rule.secret,
        with: rule.with,
        without: rule.without,
        last: rule.last,
        anywhere: rule.anywhere,
    })
}

/// Words of a sentence that is squeezed into a name, or broken by a comment's marks, stand apart all the same.
fn wording(rule: FrontText) -> Result<TextRule, String> {
    Ok(TextRule {
        matches: regex("texts", &rule.matches.replace(' ', "[^0-9A-Za-z]+"))?,
        why: rule.why,
    })
}

fn context(rule: FrontContext) -> Result<ContextRule, String> {
    known("context", &rule.languages, &LANGUAGES)?;
    let read = |text: Option<String>| text.map(|text| regex("context", &text)).transpose();
    Ok(ContextRule {
        languages: rule.languages,
        line: read(rule.line)?,
        not_line: read(rule.not_line)?,
        function: read(rule.function)?,
        not_function: read(rule.not_function)?,
        text: read(rule.text)?,
        not_source: read(rule.not_source)?,
        not_way: read(rule.not_way)?,
        unless: read(rule.unless)?,
    })
}

fn check_examples(card: &Card) -> Result<(), String> {
    for (heading, examples) in [("Vulnerable", &card.sections.vulnerable), ("Safe", &card.sections.safe)] {
        if examples.is_empty() {
            return Err(format!("the section `# {heading}` has no fenced example"));
        }
        let foreign = |example: &&Example| {
            let settings = !card.settings.is_empty() && NOTATIONS.contains(&&*example.language);
            !card.applies_to(&example.language) && !settings
        };
        if let Some(example) = examples.iter().find(foreign) {
            return Err(format!(
                "`# {heading}` has an example in {}, which `languages` leaves out",
                example.language
            ));
        }
    }
    Ok(())
}

/// A pattern in the wrong table would match nothing, or everything, in silence.
fn check_patterns(card: &Card) -> Result<(), String> {
    let refuse = |key: &str, table: &BTreeMap<String, Vec<Pattern>>, why: &str, wrong: fn(&Pattern) -> bool| {
        for (row, patterns) in table {
            if row != "any" && !card.languages.is_empty() && !card.applies_to(row) {
                return Err(format!("{key}.{row}: `languages` leaves {row} out"));
            }
            if let Some(pattern) = patterns.iter().find(|pattern| wrong(pattern)) {
                return Err(format!("{key}.{row}: `{}` {why}", pattern.text));
            }
        }
        Ok(())
    };
    let names_no_danger = |pattern: &Pattern| !pattern.names_danger();
    let is_call_with_danger = |pattern: &Pattern| matches!(pattern.shape, Shape::Call { .. }) && pattern.names_danger();
    let is_no_source = |pattern: &Pattern| matches!(pattern.shape, Shape::Write(_) | Shape::Return);
    let is_no_check = |pattern: &Pattern| !matches!(pattern.shape, Shape::Call { .. } | Shape::Read(_));
    refuse(
        "sinks",
        &card.sinks,
        "does not say which value is dangerous",
        names_no_danger,
    )?;
    refuse(
        "calls",
        &card.calls,
        "names a dangerous argument, which only a sink has",
        is_call_with_danger,
    )?;
    refuse(
        "sources",
        &card.sources,
        "is not something a value comes from",
        is_no_source,
    )?;
    refuse("sanitizers", &card.sanitizers, "is not a call or a name", is_no_check)?;
    for (key, table) in [
        ("guards", &card.guards),
        ("proofs", &card.proofs),
        ("alarms", &card.alarms),
    ] {
        refuse(key, table, "is not a call or a name", is_no_check)?;
    }
    refuse("views", &card.views, "is not a call or a name", is_no_check)
}

/// A card that nothing can lead to would never be asked.
fn check_generators(card: &Card) -> Result<(), String> {
    if !card.judged && card.texts.is_empty() {
        return Err("`judged = false` is for cards with `[[texts]]`: anything else needs a judge".to_owned());
    }
    let lists = [
        card.absences.is_empty(),
        card.lifetimes.is_empty(),
        card.literals.is_empty() && card.settings.is_empty() && card.texts.is_empty(),
    ];
    if card.sinks.is_empty() && card.calls.is_empty() && card.sweeps.is_empty() && lists == [true; 3] {
        return Err(
            "the card has no sink, call, literal, setting, text, absence, lifetime or sweep: nothing leads to it"
                .to_owned(),
        );
    }
    Ok(())
}
