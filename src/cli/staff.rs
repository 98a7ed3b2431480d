//! The sealed workers that a command needs: a reader, and one judge or two.

use super::settings::Settings;
use crate::engine::Device;
use crate::engine::model::Model;
use crate::models::{Dtype, Registry};
use crate::pipeline::judge::{self, Remote as Judge};
use crate::pipeline::pack::Pack;
use crate::pipeline::reader::Remote as Reader;
use crate::pipeline::{Hands, Scan};
use crate::problem::{Exit, Fatal};

/// The sealed workers of one scan.
pub struct Staff {
    judge: Judge,
    second: Option<Judge>,
    reader: Reader,
}

impl Staff {
    pub fn start(settings: &Settings, scan: &Scan) -> Result<Self, Fatal> {
        let pack = Pack::open(&settings.places.packs, &scan.root, scan.fresh);
        let start = |name: Option<&str>| judge(settings, name);
        let log = scan.triage.iter().map(|triage| triage.log.clone());
        let seen = std::iter::once(scan.root.clone()).chain(log).collect();
        Ok(Self {
            judge: start(settings.model.as_deref())?,
            second: match &settings.verifier_model {
                Some(name) if settings.model.as_ref() != Some(name) => Some(start(Some(name))?),
                _ => None,
            },
            reader: Reader::start(seen, settings.sandbox, pack)?,
        })
    }

    /// Where the detector's model runs.
    pub fn device(&self) -> &str {
        self.judge.device()
    }

    pub fn hands(&mut self) -> Hands<'_> {
        let judges = std::iter::once(&self.judge).chain(&self.second);
        Hands {
            sealed: judges.map(Judge::sealed).collect(),
            reader: &mut self.reader,
            detector: &mut self.judge,
            verifier: self.second.as_mut().map(|judge| judge as &mut dyn Model),
        }
    }
}

/// A sealed judge with the model of that name.
pub fn judge(settings: &Settings, name: Option<&str>) -> Result<Judge, Fatal> {
    let located = Registry::at(&settings.places.models).resolve(name)?;
    let mut engine = judge::settings(&located, device(settings)?, settings.jobs);
    engine.quantize = quantize(settings)?;
    Judge::start(located, engine, settings.sandbox, settings.answer_time)
}

fn quantize(settings: &Settings) -> Result<Option<Dtype>, Fatal> {
    match settings.quantize.as_deref().map(str::to_lowercase).as_deref() {
        None => Ok(None),
        Some("q8_0") => Ok(Some(Dtype::Q8_0)),
        Some("q4_k") => Ok(Some(Dtype::Q4_K)),
        Some(other) => Err(Fatal::new(
            Exit::Usage,
            format!("weights cannot be narrowed to `{other}`"),
            "use q8_0 or q4_k",
        )),
    }
}

fn device(settings: &Settings) -> Result<Device, Fatal> {
    let word = settings.device.as_deref().unwrap_or("cpu");
    let (kind, number) = word.split_once(':').unwrap_or((word, "0"));
    match (kind, number.parse()) {
        ("cpu", _) => Ok(Device::Cpu),
        ("cuda", Ok(number)) => Ok(Device::Cuda(number)),
        ("metal", _) => Ok(Device::Metal),
        _ => Err(Fatal::new(
            Exit::Usage,
            format!("`{word}` is not a device"),
            "use cpu, cuda:0 or metal",
        )),
    }
}
