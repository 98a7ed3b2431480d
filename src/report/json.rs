//! The record itself, with its counts: for scripts and for whoever wants everything.

use std::io::{self, Write};

use serde_json::json;

use crate::record::Run;

pub fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let value = json!({
        "run": run.header,
        "complete": run.complete(),
        "tally": run.tally(),
        "beyond_budget": run.beyond_budget(),
        "plan": run.plan,
        "units": run.units,
        "end": run.end,
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}
