//! For a ticket or a wiki: every finding and every open question, with its path through the code.

use std::io::{self, Write};

use super::{View, plain, rated, severity_word, starter_note, taken_over, understood_in_part};
use crate::candidates::Candidate;
use crate::cards;
use crate::record::{Outcome, Run};

pub fn write(run: &Run, view: View, out: &mut dyn Write) -> io::Result<()> {
    let tally = run.tally();
    writeln!(out, "# Security scan of {}\n", inert(&run.header.root))?;
    writeln!(
        out,
        "{} confirmed, {} inconclusive, {} rejected, {} dismissed, {} failed, {} not judged, of {} candidates.\n",
        tally.confirmed,
        tally.inconclusive,
        tally.rejected,
        tally.dismissed,
        tally.failed,
        tally.skipped + run.beyond_budget(),
        tally.planned,
    )?;
    if !run.complete() {
        writeln!(
            out,
            "**This scan is incomplete**: see the end for what was not looked at.\n"
        )?;
    }
    if let Some(note) = starter_note(run) {
        writeln!(out, "> {}\n", inert(&note))?;
    }
    for (candidate, unit) in run.judged() {
        match &unit.outcome {
            Outcome::Confirmed {
                severity,
                why,
                story,
                cvss,
                needs,
                ..
            } if *severity >= view.min_severity => {
                head(out, severity_word(*severity), candidate)?;
                body(
                    out,
                    candidate,
                    if story.is_empty() { &candidate.summary } else { story },
                )?;
                writeln!(out, "Why it stands: {}\n", inert(why))?;
                for line in rated(cvss, needs) {
                    writeln!(out, "{}\n", inert(&line))?;
                }
                if let Some(card) = cards::get(&candidate.card) {
                    writeln!(out, "Fix: {}\n", card.sections.fix.trim())?;
                }
            }
            Outcome::Inconclusive { because, .. } => {
                head(out, "inconclusive", candidate)?;
                body(out, candidate, &candidate.summary)?;
                writeln!(out, "Inconclusive: {}.\n", inert(because))?;
            }
            _ => {}
        }
    }
    coverage(run, out)
}

fn head(out: &mut dyn Write, word: &str, candidate: &Candidate) -> io::Result<()> {
    let name = cards::get(&candidate.card).map_or("", |card| card.name.as_str());
    let place = candidate.place();
    writeln!(
        out,
        "## {word}: {} {name}, {}:{}\n",
        candidate.card,
        inert(&place.path),
        place.line
    )
}

fn body(out: &mut dyn Write, candidate: &Candidate, told: &str) -> io::Result<()> {
    writeln!(out, "{}\n", inert(told))?;
    for step in &candidate.trace {
        writeln!(out, "- {}:{} {}", inert(&step.path), step.line, inert(&step.note))?;
        for line in step.code.lines().take(3) {
            writeln!(out, "  {}", code(line))?;
        }
    }
    writeln!(out)
}

fn coverage(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let coverage = &run.plan.coverage;
    writeln!(out, "## What was looked at\n")?;
    writeln!(
        out,
        "{} files, {} lines, {} functions{}.\n",
        coverage.files,
        coverage.lines,
        coverage.functions,
        understood_in_part(coverage)
    )?;
    if let Some(taken) = taken_over(run) {
        writeln!(out, "{}.\n", inert(&taken))?;
    }
    for problem in &coverage.problems {
        writeln!(out, "- not (wholly) looked at: {}", inert(&problem.to_string()))?;
    }
    for (candidate, unit) in run.judged() {
        if let Outcome::Failed { why } = &unit.outcome {
            writeln!(
                out,
                "- not assessed: {}: {}",
                inert(&candidate.place().path),
                inert(why)
            )?;
        }
    }
    Ok(())
}

/// A code span that its content cannot leave: the fence is longer than any run of backticks inside.
fn code(line: &str) -> String {
    let line = plain(line);
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {line} {fence}")
}

/// Text that stays text: everything with a meaning in Markdown or HTML is escaped.
fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '!' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}
