//! `anchorite triage LOG PATH`: what another scanner reported, judged here, and its log with the verdicts in it.
//!
//! The log is read and written again by the sealed reader; this process carries its bytes and looks at none of them.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use sha2::{Digest, Sha256};

use super::args::TriageArgs;
use super::dry;
use super::output::deliver;
use super::progress::Progress;
use super::scan::{self, absolute};
use super::settings::{self, Settings};
use super::signals::on_signal;
use super::staff::Staff;
use crate::pipeline::{self, Scan, Triage};
use crate::problem::{Exit, Fatal};
use crate::record::{Outcome, Run, Unit};
use crate::report::{self, Format, View};
use crate::triage::{Suppress, Word};

/// Most results told on the terminal that could not be judged.
const LISTED: usize = 10;

pub fn run(args: &TriageArgs) -> Result<Exit, Fatal> {
    let settings = settings::scan(&args.scan)?;
    let mut scan = scan::plan(&args.scan, &settings)?;
    scan.triage = Some(named(&args.log)?);
    if args.scan.dry_run {
        return dry::run(&args.scan, &settings, &scan);
    }
    let stop = on_signal()?;
    let mut progress = Progress::new(!args.scan.quiet && io::stderr().is_terminal());
    let result = work(args, &settings, &scan, &mut progress, &stop);
    progress.finish();
    let (run, log) = result?;
    let output = args.scan.output.output.as_deref();
    match args.scan.output.format {
        None | Some(Format::Sarif) => deliver(output, |out| out.write_all(log.as_bytes()))?,
        Some(format) => {
            let view = View {
                format,
                min_severity: settings.min_severity,
                colour: output.is_none() && io::stdout().is_terminal(),
            };
            deliver(output, |out| report::write(&run, view, out))?
        }
    };
    if !args.scan.quiet {
        told(&run);
    }
    Ok(report::exit(&run, settings.fail_on))
}

/// The log, absolute, with its digest: a run of another log is another run.
pub fn named(log: &Path) -> Result<Triage, Fatal> {
    let unreadable = |error: io::Error| {
        let what = format!("cannot read {}", log.display());
        Fatal::new(Exit::Usage, what, "give the path of a SARIF file").because(error)
    };
    let mut hash = Sha256::new();
    let mut file = File::open(log).map_err(unreadable)?;
    io::copy(&mut file, &mut hash).map_err(unreadable)?;
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Triage {
        log: absolute(log)?,
        digest,
    })
}

fn work(
    args: &TriageArgs,
    settings: &Settings,
    scan: &Scan,
    progress: &mut Progress,
    stop: &AtomicBool,
) -> Result<(Run, String), Fatal> {
    let mut staff = Staff::start(settings, scan)?;
    progress.say("reading the code and the log");
    let run = pipeline::scan(scan, staff.hands(), progress, stop)?;
    let words: Vec<Word> = run.units.iter().map(word).collect();
    let suppress = if args.accept {
        Suppress::Accept
    } else {
        Suppress::Propose
    };
    let log = staff.hands().reader.annotate(&words, suppress)?;
    Ok((run, log))
}

fn word(unit: &Unit) -> Word {
    let (verdict, why, confidence, cleared) = match &unit.outcome {
        Outcome::Confirmed { confidence, why, .. } => ("confirmed", why.clone(), Some(*confidence), false),
        Outcome::Inconclusive { because, .. } => ("inconclusive", because.clone(), None, false),
        Outcome::Rejected { reason, guard, why } => {
            let at = format!("{reason}, by {}:{}", guard.path, guard.line);
            let why = if why.is_empty() { at } else { format!("{at}: {why}") };
            ("rejected", why, None, true)
        }
        Outcome::Dismissed { probability, guard } => {
            let at = guard
                .as_ref()
                .map_or(String::new(), |guard| format!("; see {}:{}", guard.path, guard.line));
            let why = format!("the detector finds it {:.0} % likely{at}", probability * 100.0);
            ("dismissed", why, None, true)
        }
        Outcome::Failed { why } => ("not judged", why.clone(), None, false),
    };
    Word {
        id: unit.id.clone(),
        verdict: verdict.to_owned(),
        why,
        confidence,
        cleared,
    }
}

fn told(run: &Run) {
    let tally = run.tally();
    let left = tally.skipped + run.beyond_budget();
    eprintln!(
        "{} confirmed, {} inconclusive, {} rejected by the verifier, {} dismissed by the detector, {} not judged, of {} \
         places reported",
        tally.confirmed,
        tally.inconclusive,
        tally.rejected,
        tally.dismissed,
        tally.failed + left,
        tally.planned + run.beyond_budget(),
    );
    let problems = run.plan.coverage.problems.iter();
    let refused: Vec<_> = problems
        .filter(|problem| problem.what.starts_with("not judged: "))
        .collect();
    for problem in refused.iter().take(LISTED) {
        eprintln!("{}", report::plain(&problem.to_string()));
    }
    if refused.len() > LISTED {
        let more = refused.len() - LISTED;
        eprintln!("… and {more} more results that could not be judged; each says why in the log");
    }
}
