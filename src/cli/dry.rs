//! `anchorite scan --dry-run`: what a scan would do and how long it would take, from a sample; no run is kept.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::args::ScanArgs;
use super::output::deliver;
use super::progress::Progress;
use super::settings::Settings;
use super::signals::on_signal;
use super::staff::Staff;
use crate::pipeline::{self, Forecast, Scan};
use crate::problem::{Exit, Fatal};
use crate::report::plain;

/// Most problems told one by one.
const LISTED: usize = 10;

pub fn run(args: &ScanArgs, settings: &Settings, scan: &Scan) -> Result<Exit, Fatal> {
    let stop = on_signal()?;
    let progress = Progress::new(!args.quiet && std::io::stderr().is_terminal());
    let told = told(settings, scan, &progress, &stop);
    progress.finish();
    let page = told?;
    deliver(args.output.output.as_deref(), |out| out.write_all(page.as_bytes()))?;
    Ok(Exit::Clean)
}

fn told(settings: &Settings, scan: &Scan, progress: &Progress, stop: &AtomicBool) -> Result<String, Fatal> {
    progress.say("sealing the workers, loading the model");
    let mut staff = Staff::start(settings, scan)?;
    progress.say("reading the code, judging a sample");
    let forecast = pipeline::forecast(scan, staff.hands(), stop)?;
    Ok(page(&forecast, staff.device()))
}

fn page(forecast: &Forecast, device: &str) -> String {
    let coverage = &forecast.coverage;
    let mut text = format!(
        "{} files, {} lines, read in {}\n",
        coverage.files,
        coverage.lines,
        rounded(forecast.reading)
    );
    let problems = &coverage.problems;
    for problem in problems.iter().take(LISTED) {
        let _ = writeln!(text, "  {}", plain(&problem.to_string()));
    }
    if problems.len() > LISTED {
        let _ = writeln!(text, "  and {} more problems", problems.len() - LISTED);
    }
    let _ = match (forecast.candidates, coverage.proposed) {
        (all, proposed) if all == proposed => write!(text, "{all} candidates"),
        (budget, proposed) => write!(text, "{proposed} candidates, {budget} of them within the budget"),
    };
    let _ = match forecast.judged {
        0 => writeln!(text, ": nothing to judge"),
        judged => writeln!(
            text,
            "; {judged} judged as a sample in {} on {device}",
            rounded(forecast.judging)
        ),
    };
    let whole = forecast.reading + forecast.all();
    let _ = writeln!(
        text,
        "the scan would take about {}, less what earlier runs were answered; no run was kept",
        rounded(whole)
    );
    text
}

fn rounded(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 10..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}
