//! SARIF 2.1.0 (OASIS, errata 01). Confirmed findings are results of kind `fail`, inconclusive ones of kind `review`;
//! rejected and dismissed candidates are counted, not listed.
//!
//! Bounds of the readers are kept: paths are relative URIs, the first location is the sink, every result has
//! fingerprints of its own without line numbers, and `executionSuccessful` is false when coverage is incomplete.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{View, severity_word, starter_note};
use crate::candidates::{Candidate, Role, Step};
use crate::cards::{self, Card, Severity};
use crate::record::{Cvss, Outcome, Quote, Run, Unit};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub fn write(run: &Run, view: View, out: &mut dyn Write) -> io::Result<()> {
    let results: Vec<Value> = run
        .judged()
        .filter_map(|(candidate, unit)| result(candidate, unit, view))
        .collect();
    let used: BTreeSet<&str> = run.judged().map(|(candidate, _)| candidate.card.as_str()).collect();
    let cards: Vec<&Card> = used.iter().filter_map(|id| cards::get(id)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver(run, &cards)},
            "taxonomies": [taxonomy(&cards)],
            "invocations": [invocation(run)],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": properties(run),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn driver(run: &Run, cards: &[&Card]) -> Value {
    json!({
        "name": "Anchorite",
        "version": run.header.tool.split(' ').next_back().unwrap_or_default(),
        "rules": cards.iter().map(|card| rule(card)).collect::<Vec<_>>(),
        "supportedTaxonomies": [{"name": "CWE"}],
    })
}

fn rule(card: &Card) -> Value {
    let number: u32 = card.id.trim_start_matches("CWE-").parse().unwrap_or_default();
    json!({
        "id": card.id,
        "name": pascal(&card.name),
        "shortDescription": {"text": card.name},
        "fullDescription": {"text": card.sections.what.trim()},
        "help": {
            "text": format!("{}\n\n{}", card.sections.why.trim(), card.sections.fix.trim()),
            "markdown": format!("{}\n\n**Fix**\n\n{}", card.sections.why.trim(), card.sections.fix.trim()),
        },
        "defaultConfiguration": {"level": level(card.severity)},
        "relationships": [{"target": {"id": number.to_string(), "toolComponent": {"name": "CWE"}}, "kinds": ["superset"]}],
        "properties": {
            "tags": ["security", format!("external/cwe/cwe-{number:03}")],
            "security-severity": score(card.severity),
        },
    })
}

fn taxonomy(cards: &[&Card]) -> Value {
    let taxon = |card: &&Card| json!({"id": card.id.trim_start_matches("CWE-"), "name": card.name, "shortDescription": {"text": card.name}});
    json!({
        "name": "CWE",
        "organization": "MITRE",
        "shortDescription": {"text": "Common Weakness Enumeration"},
        "taxa": cards.iter().map(taxon).collect::<Vec<_>>(),
    })
}

fn result(candidate: &Candidate, unit: &Unit, view: View) -> Option<Value> {
    let (kind, level, rank, message) = match &unit.outcome {
        Outcome::Confirmed {
            severity,
            confidence,
            why,
            story,
            ..
        } if *severity >= view.min_severity => {
            let told = if story.is_empty() { &candidate.summary } else { story };
            (
                "fail",
                level(*severity),
                f64::from(*confidence) * 100.0,
                format!("{told}\n\nWhy it stands: {why}"),
            )
        }
        // Below every confirmed one, and among themselves as likely as the detector found them.
        Outcome::Inconclusive {
            because, probability, ..
        } => (
            "review",
            "none",
            f64::from(*probability) * 50.0,
            format!("{}\n\nInconclusive: {because}.", candidate.summary),
        ),
        _ => return None,
    };
    let number = candidate.card.trim_start_matches("CWE-");
    Some(json!({
        "ruleId": candidate.card,
        "kind": kind,
        "level": level,
        "rank": (rank * 10.0).round() / 10.0,
        "message": {"text": message},
        "locations": [location(candidate.place())],
        "codeFlows": [{"threadFlows": [{"locations": flow(candidate, &unit.outcome)}]}],
        "partialFingerprints": {"anchorite/v1": candidate.id},
        "taxa": [{"id": number, "toolComponent": {"name": "CWE"}}],
        "properties": {
            "generator": candidate.generator,
            "function": candidate.function,
            "severity": severity(&unit.outcome).map(severity_word),
            "cvss": rated(&unit.outcome).map(|(cvss, _)| cvss),
            "preconditions": rated(&unit.outcome).map(|(_, needs)| needs),
        },
    }))
}

fn severity(outcome: &Outcome) -> Option<Severity> {
    match outcome {
        Outcome::Confirmed { severity, .. } => Some(*severity),
        _ => None,
    }
}

/// Vectors with scores, and preconditions.
fn rated(outcome: &Outcome) -> Option<(&[Cvss], &[String])> {
    match outcome {
        Outcome::Confirmed { cvss, needs, .. } => Some((cvss, needs)),
        _ => None,
    }
}

/// The traced path; where there is none, what the verifier quoted.
fn flow(candidate: &Candidate, outcome: &Outcome) -> Vec<Value> {
    let told = |step: &Step| {
        let mut place = location(step);
        place["message"] = json!({"text": if step.note.is_empty() { role(step.role) } else { &step.note }});
        json!({"location": place, "importance": if step.role == Role::Step { "important" } else { "essential" }})
    };
    match outcome {
        Outcome::Confirmed { source, step, sink, .. } if candidate.trace.len() == 1 => {
            let mut quotes = vec![source, step, sink];
            quotes.dedup();
            quotes.into_iter().map(quoted).collect()
        }
        _ => candidate.trace.iter().map(told).collect(),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Source => "source",
        Role::Step => "step",
        Role::Guard => "guard",
        Role::Sink => "sink",
    }
}

fn location(step: &Step) -> Value {
    physical(&step.path, step.line, step.last, &step.code)
}

fn quoted(quote: &Quote) -> Value {
    let mut place = physical(&quote.path, quote.line, quote.line, &quote.code);
    place["message"] = json!({"text": "quoted by the verifier"});
    json!({"location": place, "importance": "essential"})
}

fn physical(path: &str, line: u32, last: u32, code: &str) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(path)},
        "region": {"startLine": line.max(1), "endLine": last.max(line).max(1), "snippet": {"text": code}},
    }})
}

/// A relative URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded. A first
/// segment with a colon would read as a scheme, hence the encoding of `:` too.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte as char),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn invocation(run: &Run) -> Value {
    let notice = |text: String, level: &str| json!({"level": level, "message": {"text": text}});
    let problems = run.plan.coverage.problems.iter();
    let mut notices: Vec<Value> = problems
        .map(|p| notice(p.to_string(), if p.chosen { "note" } else { "warning" }))
        .collect();
    for (candidate, unit) in run.judged() {
        if let Outcome::Failed { why } = &unit.outcome {
            notices.push(notice(format!("{}: not assessed: {why}", candidate.id), "warning"));
        }
    }
    let left = run.tally().skipped + run.beyond_budget();
    if left > 0 {
        notices.push(notice(
            format!("{left} candidates were not judged within the budget"),
            "warning",
        ));
    }
    json!({"executionSuccessful": run.complete(), "toolExecutionNotifications": notices})
}

fn properties(run: &Run) -> Value {
    json!({
        "detector": run.header.detector,
        "verifier": run.header.verifier,
        "note": starter_note(run),
        "seed": run.header.seed,
        "snapshot": run.header.snapshot,
        "sandbox": run.plan.sealed,
        "tally": run.tally(),
        "files": run.plan.coverage.files,
        "lines": run.plan.coverage.lines,
        "partial": run.plan.coverage.partial,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

/// The middle of the CVSS band of each word, as code-scanning dashboards read `security-severity`.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Note => "0.0",
    }
}

fn pascal(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
