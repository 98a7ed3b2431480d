//! `anchorite report [RUN]`: an earlier run, in any format, without the tree or a model.

use std::io::IsTerminal;

use super::args::ReportArgs;
use super::output::deliver;
use super::settings;
use crate::cards::Severity;
use crate::problem::{Exit, Fatal};
use crate::record;
use crate::report::{self, Format, View};

pub fn run(args: &ReportArgs) -> Result<Exit, Fatal> {
    let places = settings::locate(&args.place)?;
    let dir = match &args.run {
        Some(dir) => dir.clone(),
        None => record::latest(&places.runs).ok_or_else(|| {
            let what = format!("no run is kept in {}", places.runs.display());
            Fatal::new(
                Exit::Usage,
                what,
                "scan something first, or give the directory of a run",
            )
        })?,
    };
    let run = record::load(&dir)?;
    let view = View {
        format: args.output.format.unwrap_or(Format::Terminal),
        min_severity: args.min_severity.unwrap_or(Severity::Note),
        colour: args.output.output.is_none() && std::io::stdout().is_terminal(),
    };
    deliver(args.output.output.as_deref(), |out| report::write(&run, view, out))
}
