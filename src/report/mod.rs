//! A finished (or unfinished) run → something a person or another program reads. One file per format, all leaves.
//!
//! In: a [`Run`] from `record`. Out: text on a writer. Hostile text (code, names, replies) is escaped for the format by
//! the format: SARIF and JSON by their encoder, Markdown and the terminal by the escapers here.
//! Deliberately absent: times of day, so that the same run gives the same bytes; engines; the scanned tree itself.
//! Start at [`write()`].

mod json;
mod markdown;
mod sarif;
mod terminal;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::cards::Severity;
use crate::problem::Exit;
use crate::record::{Cvss, End, Outcome, Run};

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For a person at a terminal.
    Terminal,
    /// SARIF 2.1.0.
    Sarif,
    /// The whole record, with every unit and its exchanges.
    Json,
    /// For a ticket or a wiki.
    Markdown,
}

/// What to show and how.
#[derive(Debug, Clone, Copy)]
pub struct View {
    pub format: Format,
    /// Confirmed findings below this are counted but not listed.
    pub min_severity: Severity,
    /// ANSI colours; only the terminal format has them.
    pub colour: bool,
}

pub fn write(run: &Run, view: View, out: &mut dyn Write) -> io::Result<()> {
    match view.format {
        Format::Terminal => terminal::write(run, view, out),
        Format::Sarif => sarif::write(run, view, out),
        Format::Json => json::write(run, out),
        Format::Markdown => markdown::write(run, view, out),
    }
}

/// The worst severity among confirmed findings.
pub fn worst(run: &Run) -> Option<Severity> {
    let severities = run.units.iter().filter_map(|unit| match &unit.outcome {
        Outcome::Confirmed { severity, .. } => Some(*severity),
        _ => None,
    });
    severities.max()
}

/// How a process that made this run ends; what was not looked at outranks what was found.
pub fn exit(run: &Run, fail_on: Severity) -> Exit {
    if run.end == Some(End::Interrupted) {
        Exit::Interrupted
    } else if !run.complete() {
        Exit::Incomplete
    } else if worst(run).is_some_and(|worst| worst >= fail_on) {
        Exit::Findings
    } else {
        Exit::Clean
    }
}

/// Makes text from a repository harmless on a terminal: control, bidirectional and invisible characters are shown as
/// escapes, so that nothing can move the cursor, hide or reorder what is read.
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\t' {
            safe.push_str("    ");
        } else if hidden(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// What has to hold and how bad it is then, in two lines; none in records of before it was kept.
fn rated(cvss: &[Cvss], needs: &[String]) -> Vec<String> {
    let scores: Vec<String> = cvss
        .iter()
        .map(|cvss| format!("{:.1} {}", cvss.score, cvss.vector))
        .collect();
    let lines = [("needs: ", needs.join("; ")), ("scores: ", scores.join("  "))];
    lines
        .into_iter()
        .filter(|(_, told)| !told.is_empty())
        .map(|(head, told)| head.to_owned() + &told)
        .collect()
}

/// What to add to the count of files when some gave fewer facts than they hold.
fn understood_in_part(coverage: &crate::record::Coverage) -> String {
    match coverage.partial {
        0 => String::new(),
        1 => "; 1 file has syntax errors and was understood in part".to_owned(),
        n => format!("; {n} files have syntax errors and were understood in part"),
    }
}

/// How much of the judging is older than the run. SARIF does not say it: its results are those of a scan that asked anew.
fn taken_over(run: &Run) -> Option<String> {
    let (taken, runs) = run.taken();
    let newest: Vec<&str> = runs.iter().rev().copied().collect();
    let runs = match newest[..] {
        [] => return None,
        [run] => format!("run {run}"),
        [run, ref others @ ..] => format!("run {run} and {} older", others.len()),
    };
    Some(format!(
        "{taken} of {} verdicts taken over from {runs}",
        run.units.len()
    ))
}

/// The advice every report of the starter model carries.
fn starter_note(run: &Run) -> Option<String> {
    let novice = |identity: &crate::record::Identity| identity.starter;
    (novice(&run.header.detector) || novice(&run.header.verifier)).then(|| {
        format!(
            "Judged by {}, the small starter model that ships inside: it sorts candidates, it does not understand \
             programs. Import a larger model for verdicts to act on: anchorite models import FILE.gguf",
            run.header.detector.name
        )
    })
}

#[cfg(test)]
mod tests;
