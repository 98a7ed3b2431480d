//! `anchorite scan PATH`.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::args::{Budget, ScanArgs};
use super::dry;
use super::output::deliver;
use super::progress::Progress;
use super::prompts;
use super::settings::{self, Settings};
use super::signals::on_signal;
use super::staff::Staff;
use crate::pipeline::{self, Scan};
use crate::problem::{Exit, Fatal};
use crate::record::{End, Run};
use crate::report::{self, Format, View};

pub fn run(args: &ScanArgs) -> Result<Exit, Fatal> {
    let settings = settings::scan(args)?;
    let scan = plan(args, &settings)?;
    if args.dry_run {
        return dry::run(args, &settings, &scan);
    }
    let stop = on_signal()?;
    let shown = !args.quiet && std::io::stderr().is_terminal();
    let mut progress = Progress::new(shown);
    let result = work(&settings, &scan, &mut progress, &stop);
    progress.finish();
    let run = result?;
    let colour = args.output.output.is_none() && std::io::stdout().is_terminal();
    let view = View {
        format: settings.format,
        min_severity: settings.min_severity,
        colour,
    };
    deliver(args.output.output.as_deref(), |out| report::write(&run, view, out))?;
    if !args.quiet {
        hint(args, &settings, &run);
    }
    Ok(report::exit(&run, settings.fail_on))
}

pub fn plan(args: &ScanArgs, settings: &Settings) -> Result<Scan, Fatal> {
    let root = absolute(&args.path)?;
    let store = &settings.places.runs;
    let outside = fs::canonicalize(first_existing(store)).map_or(true, |store| !store.starts_with(&root));
    if !outside {
        let what = format!("runs would be kept in {}, inside the tree to scan", store.display());
        return Err(Fatal::new(
            Exit::Usage,
            what,
            "name a directory outside of it with --state DIR",
        ));
    }
    let prompts = match &settings.prompts {
        Some(folder) => Some(prompts::own(folder, &root)?),
        None => None,
    };
    Ok(Scan {
        root,
        store: store.clone(),
        limits: settings.limits.clone(),
        candidates: match settings.budget {
            Some(Budget::Candidates(most)) => Some(most),
            _ => None,
        },
        time: match settings.budget {
            Some(Budget::Time(time)) => Some(time),
            _ => None,
        },
        min_severity: settings.min_severity,
        seed: settings.seed,
        votes: settings.votes,
        jobs: settings.jobs,
        fresh: args.fresh,
        triage: None,
        prompts,
    })
}

pub fn absolute(path: &Path) -> Result<PathBuf, Fatal> {
    fs::canonicalize(path).map_err(|error| {
        let what = format!("cannot scan {}", path.display());
        Fatal::new(Exit::Usage, what, "give the path of an existing directory or file").because(error)
    })
}

/// The store may not exist yet; what decides where it lies is its nearest ancestor that does.
fn first_existing(path: &Path) -> &Path {
    path.ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(Path::new("/"))
}

fn work(settings: &Settings, scan: &Scan, progress: &mut Progress, stop: &AtomicBool) -> Result<Run, Fatal> {
    progress.say("sealing the workers, loading the model");
    let mut staff = Staff::start(settings, scan)?;
    progress.say("reading the code");
    pipeline::scan(scan, staff.hands(), progress, stop)
}

fn hint(args: &ScanArgs, settings: &Settings, run: &Run) {
    if run.end == Some(End::Interrupted) {
        eprintln!("interrupted: finished work is kept, the same command resumes");
    }
    if settings.format == Format::Terminal && args.output.output.is_none() {
        eprintln!("the run is kept: `anchorite report --format sarif|json|markdown -o FILE` writes it again");
    }
}
