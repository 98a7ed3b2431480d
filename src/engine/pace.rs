//! What this machine makes of this model: tokens a second, and how near that comes to what reading the weights allows.
//!
//! In: a loaded engine. Out: a [`Pace`]. The numbers are of a machine at a moment, and decide nothing.
//! Deliberately absent: what a candidate costs, which is the judges'. Start at [`Engine::pace`].

use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Engine;
use super::crew::Crew;
use super::settings::Device;
use crate::models::Weights;
use crate::problem::Fatal;

/// Tokens of the prompt that is measured, where the context has room for twice as many.
const PROMPT: usize = 512;
/// Tokens of each reply.
const STEPS: usize = 32;
/// Eight-byte words that each measurement of the memory reads: more than any cache holds.
const WORDS: usize = 64 << 20;

/// Rates of one model on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Bytes a second that all threads together read from memory.
    pub bandwidth: f64,
    /// Bytes of weights, as the file has them, that have to be read for each step.
    pub step: u64,
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Tokens a second of the prompt.
    pub prefill: f64,
    /// Tokens a second of one reply.
    pub alone: f64,
    /// Replies that share the prompt.
    pub replies: usize,
    /// Tokens a second of all of them.
    pub shared: f64,
    /// Whether the weights are read from the memory that was measured.
    pub local: bool,
}

impl Pace {
    /// Of the tokens a second that reading the weights once for each would allow, the share that one reply reaches.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let most = self.bandwidth / self.step as f64;
        self.local.then(|| self.alone / most)
    }
}

impl Engine {
    /// Measures for some seconds, or minutes where the model is large for the machine.
    pub fn pace(&mut self) -> Result<Pace, Fatal> {
        let length = PROMPT.min(self.settings.context / 2).max(1);
        let words = self.vocab as u32;
        let prompt: Vec<u32> = (0..length as u32).map(|i| i * 7919 % words).collect();
        let steps = STEPS.min(self.settings.context - length).max(1);
        // The first pass touches memory that later ones find.
        self.measure(&prompt[..length.min(8)], 1, 1)?;
        let alone = self.measure(&prompt, 1, steps)?;
        let mut replies = self.settings.sequences;
        let shared = loop {
            match self.measure(&prompt, replies, steps) {
                Ok(measured) => break measured,
                Err(fatal) if replies == 1 => return Err(fatal),
                Err(_) => replies /= 2,
            }
        };
        let rate = |tokens: usize, seconds: f64| tokens as f64 / seconds.max(1e-9);
        Ok(Pace {
            bandwidth: bandwidth(&self.crew),
            step: self.step_bytes,
            prompt: length,
            prefill: rate(length, alone.prefill.as_secs_f64()),
            alone: rate(steps, alone.decode.as_secs_f64()),
            replies,
            shared: rate(steps * replies, shared.decode.as_secs_f64()),
            local: self.settings.device == Device::Cpu,
        })
    }
}

/// Bytes of weights that one token has to meet: all, but of an embedding that is not the head as well one row.
pub(super) fn step_bytes(weights: &Weights) -> u64 {
    let embedding = weights.tensor("token_embd.weight").ok();
    let own = embedding.filter(|_| weights.has("output.weight"));
    weights.total_bytes() - own.map_or(0, |view| view.bytes.len() as u64)
}

/// The best of three readings.
fn bandwidth(crew: &Crew) -> f64 {
    let words = vec![1u64; WORDS];
    let part = words.len().div_ceil(crew.threads());
    let once = || {
        let started = Instant::now();
        let sums = crew.map(crew.threads(), |i| {
            let own = words.chunks(part).nth(i).unwrap_or_default();
            own.iter().fold(0u64, |sum, word| sum.wrapping_add(*word))
        });
        black_box(sums);
        size_of_val(&words[..]) as f64 / started.elapsed().as_secs_f64().max(1e-9)
    };
    (0..3).map(|_| once()).fold(0.0, f64::max)
}
