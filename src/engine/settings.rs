//! How the engine is to run: a few numbers.
//!
//! Deliberately absent: the environment and files; the command line decides. Start at [`EngineSettings`].

use crate::models::{Hyper, Load};
use crate::problem::{Exit, Fatal};

/// Where products with weights are computed. Everything else always runs on the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    Cpu,
    /// The number of an NVIDIA GPU; needs a build with feature `cuda`.
    Cuda(usize),
    /// Needs a build with feature `metal`.
    Metal,
}

/// Size and place of an engine. The replies do not depend on any of it, except that a prompt may not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EngineSettings {
    pub device: Device,
    /// Threads on the CPU, at least one.
    pub threads: usize,
    /// Most tokens of a prompt and its reply; at most what the weights were trained for.
    pub context: usize,
    /// Most tokens in one forward pass.
    pub rows: usize,
    /// Most replies written side by side.
    pub sequences: usize,
    /// Tokens whose keys and values are kept, over all sequences, shared ones once.
    pub kv_tokens: usize,
}

impl EngineSettings {
    /// Settings for a model's working context and hints, on the CPU: room for two full contexts and a short own part
    /// for each sequence.
    #[must_use]
    pub fn new(context: usize, rows: usize, sequences: usize, threads: usize) -> Self {
        let kv_tokens = context * 2 + sequences * context.min(1024);
        Self {
            device: Device::Cpu,
            threads,
            context,
            rows,
            sequences,
            kv_tokens,
        }
    }

    /// What the engine will hold in memory, for [`crate::models::plan`].
    #[must_use]
    pub fn load(&self, hyper: &Hyper, weight_bytes: u64) -> Load {
        let embedding = (hyper.vocab * hyper.hidden) as u64;
        Load {
            kv_tokens: self.kv_tokens,
            kv_value_bytes: size_of::<f32>(),
            rows: self.rows,
            logit_rows: self.sequences,
            // Every matrix is repacked beside the file's own bytes; F16 is widened, Q4_K grows by a third.
            extra_weight_bytes: weight_bytes + weight_bytes / 3 + embedding,
        }
    }
}

impl Device {
    /// Opens the device.
    pub(super) fn open(self) -> Result<candle_core::Device, Fatal> {
        match self {
            Self::Cpu => Ok(candle_core::Device::Cpu),
            Self::Cuda(index) => candle_core::Device::new_cuda(index).map_err(|e| absent(&format!("cuda:{index}"), e)),
            Self::Metal => candle_core::Device::new_metal(0).map_err(|e| absent("metal", e)),
        }
    }

    /// `cpu`, `cuda:0`, `metal`.
    pub(super) fn name(self) -> String {
        match self {
            Self::Cpu => "cpu".into(),
            Self::Cuda(index) => format!("cuda:{index}"),
            Self::Metal => "metal".into(),
        }
    }
}

fn absent(name: &str, cause: candle_core::Error) -> Fatal {
    let help = "run with `--device cpu`, or use a build for this device and check its driver";
    Fatal::new(Exit::Usage, format!("the device `{name}` cannot be used"), help).because(cause)
}
