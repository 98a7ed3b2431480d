//! `anchorite calibrate MODEL PATH --labels FILE`: what an imported model's probabilities are off by, measured and pinned.

use std::fs;
use std::io::{self, IsTerminal};

use super::args::{CalibrateArgs, ScanArgs};
use super::output::print;
use super::progress::Progress;
use super::scan::plan;
use super::settings;
use super::signals::on_signal;
use super::staff::Staff;
use crate::models::{Calibration, Registry};
use crate::pipeline;
use crate::pipeline::calibration::{Fit, Label, fit};
use crate::problem::{Exit, Fatal};

const NEEDS: &str =
    "give one JSON object a line: path, cwe, vulnerable, and start_line and end_line unless it is about the whole file";

pub fn run(args: &CalibrateArgs) -> Result<Exit, Fatal> {
    let asked = ScanArgs {
        model: Some(args.model.clone()),
        ..ScanArgs::plain(args.path.clone(), &args.workers, &args.place)
    };
    let settings = settings::scan(&asked)?;
    let registry = Registry::at(&settings.places.models);
    if registry.resolve(Some(&args.model))?.manifest().starter {
        let what = format!("`{}` is part of the program, and so is its calibration", args.model);
        return Err(Fatal::new(Exit::Usage, what, "import a model and name it"));
    }
    let shown = args.labels.display();
    let text = fs::read_to_string(&args.labels);
    let text = text.map_err(|error| Fatal::new(Exit::Usage, format!("cannot read {shown}"), NEEDS).because(error))?;
    let labels = Label::read(&text)
        .map_err(|error| Fatal::new(Exit::Usage, format!("{shown} is not understood"), NEEDS).because(error))?;
    let scan = plan(&asked, &settings)?;
    let stop = on_signal()?;
    let mut progress = Progress::new(io::stderr().is_terminal());
    let mut staff = Staff::start(&settings, &scan)?;
    let run = pipeline::scan(&scan, staff.hands(), &mut progress, &stop);
    progress.finish();
    let run = run?;
    let detect = fit(&run, &labels, "detect").map_err(|why| {
        let help = "label more of the code, or code that the model judges better; nothing was changed";
        let what = "the labels do not tell what the model is off by";
        Fatal::new(Exit::Incomplete, what, help).because(why)
    })?;
    // The verifier is asked only about what the detector claims: it may have met too little.
    let verify = fit(&run, &labels, "verify");
    let calibration = Calibration {
        detect: detect.platt,
        verify: verify
            .as_ref()
            .map_or(run.header.verifier.calibration.verify, |fit| fit.platt),
    };
    registry.calibrate(&args.model, calibration)?;
    print(|out| {
        writeln!(
            out,
            "{} is calibrated; later scans with it use this, and ask anew",
            args.model
        )?;
        writeln!(out, "{}", told("detect", &detect))?;
        match &verify {
            Ok(fit) => writeln!(out, "{}", told("verify", fit)),
            Err(why) => writeln!(out, "{why}: left as it was"),
        }
    })
}

fn told(task: &str, fit: &Fit) -> String {
    format!(
        "{task}: {} verdicts on labelled places, {} of them weak; slope {}, shift {}; error {:.1} before, {:.1} after, in percentage points",
        fit.verdicts,
        fit.vulnerable,
        f64::from(fit.platt.slope),
        f64::from(fit.platt.shift),
        100.0 * fit.before,
        100.0 * fit.after,
    )
}
