//! `anchorite doctor`: what will and will not be enforced here, and what this machine can run.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::args::{DoctorArgs, ScanArgs};
use super::output::print;
use super::{settings, staff};
use crate::engine::model::Model;
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
    if args.bench {
        text += &bench(args)?;
    }
    print(|out| out.write_all(text.as_bytes()))
}

/// A candidate, for the estimate: tokens that it has for itself, tokens of a reply, and how often a judge is asked.
const OWN: f64 = 300.0;
const REPLY: f64 = 40.0;
const ASKED: f64 = 2.0;

fn bench(args: &DoctorArgs) -> Result<String, Fatal> {
    let asked = ScanArgs::plain(PathBuf::new(), &args.workers, &args.place);
    let settings = settings::scan(&asked)?;
    let mut judge = staff::judge(&settings, args.model.as_deref().or(settings.model.as_deref()))?;
    let pace = judge.pace()?;
    let (name, device) = (&judge.identity().name, judge.device());
    let hour = 3600.0 / (ASKED * (OWN / pace.prefill + REPLY / pace.shared));
    let mut text = format!("\n{name} on {device}, measured now\n");
    let _ = writeln!(text, "  memory: {:.1} GB/s read", pace.bandwidth / 1e9);
    let _ = writeln!(text, "  prompt of {} tokens: {:.0} tokens/s", pace.prompt, pace.prefill);
    let _ = write!(text, "  one reply: {:.1} tokens/s", pace.alone);
    let _ = match pace.share() {
        Some(share) if share > 1.0 => writeln!(text, ": the weights stay in the cache"),
        Some(share) => writeln!(text, ", {:.0} % of what reading the weights allows", share * 100.0),
        None => writeln!(text),
    };
    let _ = writeln!(
        text,
        "  {} replies to that prompt: {:.1} tokens/s",
        pace.replies, pace.shared
    );
    let _ = writeln!(
        text,
        "  about {hour:.0} candidates an hour, of {OWN} tokens beside what they share and replies of {REPLY}, asked twice;\n  \
         `anchorite scan --dry-run PATH` measures on your own code"
    );
    Ok(text)
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
