//! Which weakness a rule of another scanner is about: CWE numbers wherever the writers of SARIF put them.
//!
//! In: a run, a result and its rule. Out: card ids, the likeliest first. Places, in order of trust: taxa of the result
//! (SARIF 2.1.0, 3.27.8), relationships of the rule (3.49.15), `properties` of both (CodeQL and cppcheck write tags such as
//! `external/cwe/cwe-089`, Semgrep `CWE-89: …`, others a field `cwe`), the help's address, the texts.
//! Deliberately absent: a table from rule names to weaknesses, which would age with every release of every tool.
//! Start at [`cards`].

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::cards;
use crate::regexes::fixed;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)\bcwe[-_ ]?0*(\d{1,4})\b"));
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| fixed(r"cwe\.mitre\.org/data/definitions/(\d{1,4})"));

/// The rule's description, or null.
pub(super) fn rule<'v>(run: &'v Value, result: &Value) -> &'v Value {
    let driver = &run["tool"]["driver"];
    let reference = &result["rule"];
    let extension = reference["toolComponent"]["index"].as_u64();
    let component = match extension {
        Some(at) => &run["tool"]["extensions"][at as usize],
        None => driver,
    };
    let index = result["ruleIndex"].as_u64().or_else(|| reference["index"].as_u64());
    if let Some(rule) = index.and_then(|at| component["rules"].get(at as usize)) {
        return rule;
    }
    let id = result["ruleId"].as_str().or_else(|| reference["id"].as_str());
    let extensions = run["tool"]["extensions"].as_array().map_or(&[][..], Vec::as_slice);
    let components = std::iter::once(driver).chain(extensions);
    let mut rules = components.flat_map(|component| component["rules"].as_array().map_or(&[][..], Vec::as_slice));
    rules
        .find(|rule| id.is_some() && rule["id"].as_str() == id)
        .unwrap_or(&Value::Null)
}

/// Ids of cards, each once; empty when none of the numbers has a card or there are no numbers.
pub(super) fn cards(run: &Value, result: &Value, rule: &Value) -> Vec<String> {
    let mut numbers = Vec::new();
    taxa(run, &result["taxa"], &mut numbers);
    for relation in rule["relationships"].as_array().into_iter().flatten() {
        taxon(run, &relation["target"], &mut numbers);
    }
    for holder in [result, rule] {
        mentions(&holder["properties"], &mut numbers);
    }
    mentions(&rule["helpUri"], &mut numbers);
    mentions(&result["ruleId"], &mut numbers);
    let texts = ["name", "shortDescription", "fullDescription", "help"];
    texts.iter().for_each(|text| mentions(&rule[*text], &mut numbers));
    mentions(&result["message"], &mut numbers);
    let mut ids: Vec<String> = Vec::new();
    for id in numbers.into_iter().filter_map(card) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The card of a CWE number, or the one that also answers for it.
fn card(number: u32) -> Option<String> {
    let id = format!("CWE-{number}");
    let also = || cards::all().iter().find(|card| card.also.contains(&id));
    cards::get(&id).or_else(also).map(|card| card.id.clone())
}

fn taxa(run: &Value, taxa: &Value, numbers: &mut Vec<u32>) {
    for reference in taxa.as_array().into_iter().flatten() {
        taxon(run, reference, numbers);
    }
}

/// A reference to a taxon: by its id, or by its position in a taxonomy of the run.
fn taxon(run: &Value, reference: &Value, numbers: &mut Vec<u32>) {
    let component = &reference["toolComponent"];
    let listed = component["index"].as_u64().map(|at| &run["taxonomies"][at as usize]);
    let named = component["name"]
        .as_str()
        .or_else(|| listed.and_then(|taxonomy| taxonomy["name"].as_str()))
        .unwrap_or_default();
    let at = reference["index"].as_u64();
    let taxon = listed.and_then(|taxonomy| at.map(|at| &taxonomy["taxa"][at as usize]));
    let id = reference["id"]
        .as_str()
        .or_else(|| taxon.and_then(|taxon| taxon["id"].as_str()));
    let Some(id) = id else { return };
    if named.eq_ignore_ascii_case("cwe") {
        let digits = id.trim_start_matches(|c: char| !c.is_ascii_digit());
        numbers.extend(digits.parse::<u32>().ok());
    } else {
        mentions(&Value::String(id.to_owned()), numbers);
    }
}

/// Every number in the strings below a value; a field `cwe` may hold bare numbers.
fn mentions(value: &Value, numbers: &mut Vec<u32>) {
    match value {
        Value::String(text) => {
            let found = NUMBER.captures_iter(text).chain(ADDRESS.captures_iter(text));
            numbers.extend(found.filter_map(|found| found[1].parse::<u32>().ok()));
        }
        Value::Array(all) => all.iter().for_each(|value| mentions(value, numbers)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name.eq_ignore_ascii_case("cwe") || name.eq_ignore_ascii_case("cwe_id") {
                    bare(value, numbers);
                }
                mentions(value, numbers);
            }
        }
        _ => {}
    }
}

fn bare(value: &Value, numbers: &mut Vec<u32>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_u64().and_then(|number| u32::try_from(number).ok())),
        Value::String(text) => numbers.extend(text.trim().parse::<u32>().ok()),
        Value::Array(all) => all.iter().for_each(|value| bare(value, numbers)),
        Value::Object(fields) => fields.get("id").into_iter().for_each(|id| bare(id, numbers)),
        _ => {}
    }
}
