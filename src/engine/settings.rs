//! How the engine is to run: a few numbers.
//!
//! Deliberately absent: the environment and files; the command line decides. Start at [`EngineSettings`].

use crate::models::{Dtype, Load, TensorView, Weights};
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
    /// What matrices of 16 or 32 bits become at load: Q8_0 or Q4_K.
    pub quantize: Option<Dtype>,
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
            quantize: None,
        }
    }

    /// What the engine will hold in memory, for [`crate::models::plan`].
    #[must_use]
    pub fn load(&self, weights: &Weights) -> Load {
        let views: Vec<_> = weights.names().filter_map(|name| weights.tensor(name).ok()).collect();
        let bytes = |view: &TensorView<'_>| view.bytes.len() as u64;
        let held = |view: &TensorView<'_>| held(self.quantize.filter(|_| view.shape.len() > 1), view);
        let beside: i64 = views.iter().map(|view| held(view) as i64 - bytes(view) as i64).sum();
        // While a matrix is packed, the file's own bytes of it lie in memory too.
        let passing = views.iter().map(bytes).max().unwrap_or(0);
        Load {
            kv_tokens: self.kv_tokens,
            kv_value_bytes: size_of::<f32>(),
            rows: self.rows,
            logit_rows: self.sequences,
            extra_weight_bytes: beside + passing as i64,
        }
    }
}

/// Bytes of a tensor once it is loaded.
fn held(quantize: Option<Dtype>, view: &TensorView<'_>) -> u64 {
    let bytes = view.bytes.len() as u64;
    let floats = matches!(view.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16);
    match (quantize.filter(|_| floats), view.shape.last()) {
        (Some(to), Some(k)) if k.is_multiple_of(32) => {
            let to = if k.is_multiple_of(256) { to } else { Dtype::Q8_0 };
            let blocks = bytes / view.dtype.block_bytes() / to.block_values() * to.block_bytes();
            blocks + copied(to, blocks)
        }
        _ => bytes + copied(view.dtype, bytes),
    }
}

/// What a loaded matrix takes beyond its `bytes` in the file, which are given back once it is packed.
fn copied(dtype: Dtype, bytes: u64) -> u64 {
    match dtype {
        Dtype::F32 | Dtype::BF16 | Dtype::Q8_0 | Dtype::Q6_K | Dtype::Q5_0 | Dtype::Q4_0 => 0,
        // Rewritten as Q5_0, Q8_0 and Q6_K.
        Dtype::MXFP4 => bytes * 5 / 17,
        Dtype::IQ4_NL | Dtype::IQ4_XS => bytes,
        Dtype::Q3_K => bytes * 100 / 110,
        // Scales and offsets of six bits take eight.
        Dtype::Q4_K | Dtype::Q5_K => bytes / 32,
        // Widened to 32 bits.
        Dtype::F16 => bytes,
        // candle repacks beside its own copy.
        _ => bytes + bytes / 3,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::verified;
    use crate::models::Profile;

    #[test]
    fn packed_weights_take_hardly_more_than_the_file_and_widened_ones_twice_as_much() {
        let extra = |name: &str| {
            let weights = Weights::of(&verified(name, Profile::Chat)).expect("a model");
            let load = EngineSettings::new(256, 64, 4, 2).load(&weights);
            let largest = weights
                .names()
                .filter_map(|n| weights.tensor(n).ok())
                .map(|t| t.bytes.len())
                .max();
            let beside = load.extra_weight_bytes - largest.unwrap_or(0) as i64;
            beside as f64 / weights.total_bytes() as f64
        };
        assert!(extra("qwen2-q4km") < 0.04);
        assert_eq!(extra("llama-q8"), 0.0);
        assert!(extra("llama-spm-f16") > 0.9);
    }

    #[test]
    fn narrowed_weights_take_about_half_or_less_of_the_file() {
        let weights = Weights::of(&verified("qwen2", Profile::Chat)).expect("a model");
        let total = weights.total_bytes() as f64;
        let share = |quantize| {
            let settings = EngineSettings {
                quantize,
                ..EngineSettings::new(256, 64, 4, 2)
            };
            let largest = weights
                .names()
                .filter_map(|n| weights.tensor(n).ok())
                .map(|t| t.bytes.len())
                .max();
            let beside = settings.load(&weights).extra_weight_bytes - largest.unwrap_or(0) as i64;
            1.0 + beside as f64 / total
        };
        let eight = share(Some(Dtype::Q8_0));
        assert!((0.5..0.6).contains(&eight), "{eight}");
        assert!(share(None) > 1.9);
    }
}
