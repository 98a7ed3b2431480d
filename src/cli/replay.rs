//! `anchorite replay FINDING`: the same question put again, and whether the same answer comes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{Budget, ReplayArgs, ScanArgs};
use super::output::print;
use super::report::kept;
use super::scan::plan;
use super::settings;
use super::staff::Staff;
use super::triage;
use crate::cards::Severity;
use crate::engine::model::{Part, Prompt, Reply};
use crate::pipeline::{self, Replay};
use crate::problem::{Exit, Fatal, Problem};
use crate::record::{Outcome, Run};
use crate::report::plain;

pub fn run(args: &ReplayArgs) -> Result<Exit, Fatal> {
    let run = kept(args.run.as_deref(), &args.place)?;
    let asked = as_scanned(args, &run)?;
    let settings = settings::scan(&asked)?;
    let mut scan = plan(&asked, &settings)?;
    scan.triage = run
        .header
        .settings
        .get("triage")
        .map(|log| triage::named(Path::new(log)))
        .transpose()?;
    let mut staff = Staff::start(&settings, &scan)?;
    let replay = pipeline::replay(&run, &args.finding, &scan, staff.hands())?;
    print(|out| told(out, &replay, args.explain))?;
    Ok(if replay.differences.is_empty() {
        Exit::Clean
    } else {
        Exit::Integrity
    })
}

/// The arguments of the scan that made the run; limits come from the configuration, and are compared with the run's.
fn as_scanned(args: &ReplayArgs, run: &Run) -> Result<ScanArgs, Fatal> {
    let header = &run.header;
    let setting = |name: &str| header.settings.get(name).map_or("", String::as_str);
    let severity = Severity::from_str(setting("min-severity"), true);
    Ok(ScanArgs {
        budget: setting("candidates").parse().ok().map(Budget::Candidates),
        min_severity: severity.ok(),
        model: Some(header.detector.name.clone()),
        verifier_model: Some(header.verifier.name.clone()),
        prompts: header.settings.get("prompts").map(PathBuf::from),
        votes: Some(setting("votes").parse().unwrap_or(1)),
        seed: Some(header.seed),
        ..ScanArgs::plain(PathBuf::from(&header.root), &args.workers, &args.place)
    })
}

fn told(out: &mut dyn Write, replay: &Replay, explain: bool) -> io::Result<()> {
    let unit = &replay.unit;
    if explain {
        for (asked, (prompt, reply)) in unit.asked.iter().map(|asked| &asked.stage).zip(&replay.exchanges) {
            exchange(out, asked, prompt, reply)?;
        }
    }
    if replay.differences.is_empty() {
        let (n, word) = (replay.exchanges.len(), outcome(&unit.outcome));
        return writeln!(out, "{}: {word}, reproduced to the bit in {n} exchanges", unit.id);
    }
    writeln!(out, "{}: not reproduced", unit.id)?;
    replay
        .differences
        .iter()
        .try_for_each(|what| writeln!(out, "  {}", plain(what)))
}

/// One question in full; text of the repository is made harmless for the terminal, line by line.
fn exchange(out: &mut dyn Write, stage: &str, prompt: &Prompt, reply: &Result<Reply, Problem>) -> io::Result<()> {
    writeln!(out, "--- {stage}: prompt")?;
    for message in &prompt.messages {
        let text = message.parts.iter().map(|part| match part {
            Part::Ours(text) | Part::Hostile(text) => text.as_str(),
        });
        for line in text.collect::<String>().lines() {
            writeln!(out, "{}", plain(line))?;
        }
    }
    match reply {
        Ok(reply) => {
            let first = reply.choices.first().map(|choice| &choice.alternatives);
            writeln!(
                out,
                "--- {stage}: reply\n{}\n    verdict's probabilities: {:?}",
                plain(&reply.text),
                first.unwrap_or(&Vec::new())
            )
        }
        Err(problem) => writeln!(out, "--- {stage}: no reply: {}", plain(&problem.to_string())),
    }
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Confirmed { .. } => "confirmed",
        Outcome::Inconclusive { .. } => "inconclusive",
        Outcome::Rejected { .. } => "rejected by the verifier",
        Outcome::Dismissed { .. } => "dismissed by the detector",
        Outcome::Failed { .. } => "not judged",
    }
}
