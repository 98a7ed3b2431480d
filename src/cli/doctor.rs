//! `anchorite doctor`: what will and will not be enforced here, and what this machine can run.

use std::fmt::Write as _;

use super::args::DoctorArgs;
use super::output::print;
use super::settings;
use crate::models::{self, Registry};
use crate::problem::{Exit, Fatal};
use crate::sandbox;

pub fn run(args: &DoctorArgs) -> Result<Exit, Fatal> {
    let places = settings::locate(&args.place)?;
    let mut text = format!("{}\n", sandbox::probe());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let _ = writeln!(text, "cores: {cores}");
    match models::available_bytes() {
        Ok(bytes) => _ = writeln!(text, "memory available: {:.1} GiB", bytes as f64 / f64::from(1 << 30)),
        Err(fatal) => _ = writeln!(text, "memory available: unknown ({})", fatal.what),
    }
    let _ = writeln!(text, "devices: {}", devices().join(", "));
    let _ = writeln!(text, "runs are kept in: {}", places.runs.display());
    let registry = Registry::at(&places.models);
    for manifest in registry.list()? {
        let state = match registry.verify(&manifest.name) {
            Ok(_) => "digests match".to_owned(),
            Err(fatal) => fatal.what,
        };
        let _ = writeln!(text, "model {}: {state}", manifest.name);
    }
    print(|out| out.write_all(text.as_bytes()))
}

/// What this build could use; whether a driver answers is seen when a scan asks for it.
fn devices() -> Vec<&'static str> {
    let mut devices = vec!["cpu"];
    if cfg!(feature = "cuda") {
        devices.push("cuda (untested)");
    }
    if cfg!(feature = "metal") {
        devices.push("metal (untested)");
    }
    devices
}
