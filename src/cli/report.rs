//! `anchorite report [RUN]`: an earlier run, in any format, without the tree or a model.

use std::io::IsTerminal;
use std::path::Path;

use super::args::{PlaceArgs, ReportArgs};
use super::output::deliver;
use super::prompts;
use super::settings;
use crate::cards::Severity;
use crate::problem::{Exit, Fatal};
use crate::record::{self, Run};
use crate::report::{self, Format, View};

pub fn run(args: &ReportArgs) -> Result<Exit, Fatal> {
    let run = kept(args.run.as_deref(), &args.place)?;
    prompts::again(&run);
    let view = View {
        format: args.output.format.unwrap_or(Format::Terminal),
        min_severity: args.min_severity.unwrap_or(Severity::Note),
        colour: args.output.output.is_none() && std::io::stdout().is_terminal(),
    };
    deliver(args.output.output.as_deref(), |out| report::write(&run, view, out))
}

/// The run in the directory `dir`, or the newest one.
pub fn kept(dir: Option<&Path>, place: &PlaceArgs) -> Result<Run, Fatal> {
    if let Some(dir) = dir {
        return record::load(dir);
    }
    let runs = settings::locate(place)?.runs;
    let newest = record::latest(&runs).ok_or_else(|| {
        let what = format!("no run is kept in {}", runs.display());
        Fatal::new(
            Exit::Usage,
            what,
            "scan something first, or give the directory of a run",
        )
    })?;
    record::load(&newest)
}
