//! For a person: what was found, where, how it gets there, why it stands, and what was not looked at.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{View, plain, rated, severity_word, starter_note, taken_over, understood_in_part};
use crate::candidates::{Candidate, Role};
use crate::cards::{self, Severity};
use crate::record::{Outcome, Run, Unit};

/// Problems listed before the rest is only counted.
const PROBLEMS: usize = 8;
/// Inconclusive cases listed likewise.
const DOUBTS: usize = 10;

pub fn write(run: &Run, view: View, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: view.colour };
    let mut shown: Vec<(&Candidate, &Unit)> = run.judged().filter(|(_, unit)| listed(unit, view)).collect();
    shown.sort_by_key(|(_, unit)| std::cmp::Reverse(weight(unit)));
    for (candidate, unit) in &shown {
        out.write_all(finding(candidate, unit, &paint).as_bytes())?;
    }
    out.write_all(doubts(run, &paint).as_bytes())?;
    out.write_all(summary(run, &paint).as_bytes())
}

fn listed(unit: &Unit, view: View) -> bool {
    matches!(unit.outcome, Outcome::Confirmed { severity, .. } if severity >= view.min_severity)
}

fn weight(unit: &Unit) -> Option<Severity> {
    match unit.outcome {
        Outcome::Confirmed { severity, .. } => Some(severity),
        _ => None,
    }
}

fn finding(candidate: &Candidate, unit: &Unit, paint: &Paint) -> String {
    let Outcome::Confirmed {
        severity,
        confidence,
        why,
        story,
        cvss,
        needs,
        ..
    } = &unit.outcome
    else {
        return String::new();
    };
    let name = cards::get(&candidate.card).map_or("", |card| card.name.as_str());
    let place = candidate.place();
    let mut text = String::new();
    let head = format!("{} {} {name}", severity_word(*severity).to_uppercase(), candidate.card);
    let _ = writeln!(
        text,
        "{}  {}:{}",
        paint.severity(*severity, &head),
        paint.bold(&plain(&place.path)),
        place.line
    );
    let told = if story.is_empty() { &candidate.summary } else { story };
    let _ = writeln!(
        text,
        "  {} (in {}; confidence {:.0} %)",
        plain(told),
        plain(&candidate.function),
        confidence * 100.0
    );
    for step in candidate.trace.iter().chain(&candidate.guards) {
        let mark = match step.role {
            Role::Source => "source",
            Role::Step => "step",
            Role::Guard => "guard",
            Role::Sink => "sink",
        };
        let at = format!("{}:{}", plain(&step.path), step.line);
        let _ = writeln!(text, "    {:>6}  {at}  {}", mark, paint.dim(&plain(&step.note)));
        for line in step.code.lines().take(3) {
            let _ = writeln!(text, "            {}", plain(line));
        }
    }
    let _ = writeln!(text, "  why it stands: {}", plain(why));
    rated(cvss, needs).iter().for_each(|line| {
        let _ = writeln!(text, "  {line}");
    });
    let _ = writeln!(
        text,
        "  more: anchorite explain {}   id {}\n",
        candidate.card, candidate.id
    );
    text
}

fn doubts(run: &Run, paint: &Paint) -> String {
    let mut text = String::new();
    let unsure: Vec<_> = run
        .judged()
        .filter_map(|(candidate, unit)| match &unit.outcome {
            Outcome::Inconclusive { because, .. } => Some((candidate, because)),
            _ => None,
        })
        .collect();
    if unsure.is_empty() {
        return text;
    }
    let _ = writeln!(
        text,
        "{}",
        paint.bold(&format!("Inconclusive ({}): a person should look", unsure.len()))
    );
    for (candidate, because) in unsure.iter().take(DOUBTS) {
        let place = candidate.place();
        let _ = writeln!(
            text,
            "  {} {}:{}  {}",
            candidate.card,
            plain(&place.path),
            place.line,
            plain(&candidate.summary)
        );
        let _ = writeln!(text, "    {}", paint.dim(because));
    }
    if unsure.len() > DOUBTS {
        let _ = writeln!(
            text,
            "  … and {} more (anchorite report --format markdown lists all)",
            unsure.len() - DOUBTS
        );
    }
    text.push('\n');
    text
}

fn summary(run: &Run, paint: &Paint) -> String {
    let (tally, coverage) = (run.tally(), &run.plan.coverage);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        paint.bold(&format!(
            "{} confirmed, {} inconclusive, {} rejected by the verifier, {} dismissed by the detector, of {} candidates",
            tally.confirmed, tally.inconclusive, tally.rejected, tally.dismissed, tally.planned
        ))
    );
    let _ = writeln!(
        text,
        "looked at: {} files, {} lines, {} functions{}",
        coverage.files,
        coverage.lines,
        coverage.functions,
        understood_in_part(coverage)
    );
    not_looked_at(run, &mut text);
    for sealed in &run.plan.sealed {
        let _ = write!(
            text,
            "sandbox: {} {} ({} of {} forbidden acts refused",
            sealed.worker, sealed.level, sealed.refused, sealed.tried
        );
        let _ = if sealed.open.is_empty() {
            writeln!(text, ")")
        } else {
            writeln!(text, "; open: {})", sealed.open.join(", "))
        };
    }
    if let Some(taken) = taken_over(run) {
        let _ = writeln!(text, "{taken}; --fresh asks again");
    }
    let detector = &run.header.detector;
    let _ = writeln!(
        text,
        "model: {} ({}…), seed {}",
        detector.name,
        detector.digest.get(..12).unwrap_or_default(),
        run.header.seed
    );
    if run.header.verifier != *detector {
        let _ = writeln!(text, "verifier: {}", run.header.verifier.name);
    }
    if let Some(note) = starter_note(run) {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn not_looked_at(run: &Run, text: &mut String) {
    let tally = run.tally();
    let left = tally.skipped + run.beyond_budget();
    if left > 0 {
        let _ = writeln!(text, "NOT judged: {left} candidates, the budget or the run ended first");
    }
    if tally.failed > 0 {
        let _ = writeln!(text, "NOT assessed: {} candidates failed:", tally.failed);
        let failed = run.judged().filter_map(|(candidate, unit)| match &unit.outcome {
            Outcome::Failed { why } => Some((candidate, why)),
            _ => None,
        });
        for (candidate, why) in failed.take(PROBLEMS) {
            let _ = writeln!(text, "  {}: {}", plain(&candidate.place().path), plain(why));
        }
    }
    let problems = &run.plan.coverage.problems;
    if !problems.is_empty() {
        let _ = writeln!(text, "not (wholly) looked at: {} files or functions:", problems.len());
        // What failed comes before what a limit left out.
        let (chosen, failed): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.chosen);
        for problem in failed.into_iter().chain(chosen).take(PROBLEMS) {
            let _ = writeln!(text, "  {}", plain(&problem.to_string()));
        }
        if problems.len() > PROBLEMS {
            let _ = writeln!(
                text,
                "  … and {} more (--format json lists all)",
                problems.len() - PROBLEMS
            );
        }
    }
}

struct Paint {
    on: bool,
}

impl Paint {
    fn wrap(&self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn severity(&self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Critical | Severity::High => "1;31",
            Severity::Medium => "1;33",
            Severity::Low | Severity::Note => "1;36",
        };
        self.wrap(code, text)
    }
}
