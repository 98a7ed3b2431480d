//! Rotary positions: a position in, the cosines and sines by which a head is turned out.
//!
//! Deliberately absent: turning itself, which is a kernel. Frequencies are worked out in `f64` once; angles are taken
//! in `f32` as the models were trained. Start at [`Rope::new`].

use crate::models::{Hyper, RopeScaling};

/// Frequencies of one model.
#[derive(Debug, Clone)]
pub(super) struct Rope {
    /// `[rope_dim / 2]`, radians per position.
    frequencies: Vec<f32>,
    /// Factor on cosines and sines (1 except under YaRN and LongRoPE).
    amplitude: f32,
}

/// Cosines and sines of the rows of a batch.
pub(super) struct Angles {
    /// `[rows, pairs]`
    pub(super) cos: Vec<f32>,
    /// `[rows, pairs]`
    pub(super) sin: Vec<f32>,
    pub(super) pairs: usize,
}

impl Rope {
    /// `context`: the longest sequence the engine will run, which decides between lists of factors.
    pub(super) fn new(hyper: &Hyper, context: usize) -> Self {
        let dim = hyper.rope_dim;
        let theta = f64::from(hyper.rope_theta);
        let plain = (0..dim / 2).map(|i| theta.powf(-2.0 * i as f64 / dim as f64));
        let mut amplitude = 1.0;
        let frequencies = match &hyper.rope_scaling {
            RopeScaling::None => plain.map(|f| f as f32).collect(),
            RopeScaling::Linear { factor } => plain.map(|f| (f / f64::from(*factor)) as f32).collect(),
            RopeScaling::Factors(by) => plain.zip(by).map(|(f, by)| (f / f64::from(*by)) as f32).collect(),
            RopeScaling::Long {
                short,
                long,
                original_context,
                attention_factor,
            } => {
                amplitude = *attention_factor;
                let by = if context as f32 > *original_context {
                    long
                } else {
                    short
                };
                plain.zip(by).map(|(f, by)| (f / f64::from(*by)) as f32).collect()
            }
            RopeScaling::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_context,
            } => {
                let rule = [*factor, *low_freq_factor, *high_freq_factor, *original_context].map(f64::from);
                plain.map(|f| llama3(f, rule) as f32).collect()
            }
            RopeScaling::Yarn {
                factor,
                original_context,
                beta_fast,
                beta_slow,
                attention_factor,
                truncate,
            } => {
                amplitude = *attention_factor;
                let edge = |turns: f32| {
                    let wave = f64::from(*original_context) / (f64::from(turns) * std::f64::consts::TAU);
                    dim as f64 * wave.ln() / (2.0 * theta.ln())
                };
                let (low, high) = (edge(*beta_fast), edge(*beta_slow));
                let (low, high) = if *truncate {
                    (low.floor(), high.ceil())
                } else {
                    (low, high)
                };
                let (low, high) = (low.max(0.0), high.min(dim as f64 - 1.0));
                let width = (high - low).max(0.001);
                let blend = |(i, f): (usize, f64)| {
                    let stretched = ((i as f64 - low) / width).clamp(0.0, 1.0);
                    (f / f64::from(*factor) * stretched + f * (1.0 - stretched)) as f32
                };
                plain.enumerate().map(blend).collect()
            }
        };
        Self { frequencies, amplitude }
    }

    /// The rotation of windowed layers where it is another: of its own base, and not stretched.
    pub(super) fn of_windows(hyper: &Hyper, context: usize) -> Option<Self> {
        let own = Hyper {
            rope_theta: hyper.window_theta?,
            rope_scaling: RopeScaling::None,
            ..hyper.clone()
        };
        Some(Self::new(&own, context))
    }

    /// The angles of rows at `positions`.
    pub(super) fn of(&self, positions: &[usize]) -> Angles {
        let pairs = self.frequencies.len();
        let mut cos = Vec::with_capacity(positions.len() * pairs);
        let mut sin = Vec::with_capacity(positions.len() * pairs);
        for position in positions {
            for f in &self.frequencies {
                let (s, c) = f64::from(*position as f32 * f).sin_cos();
                cos.push(c as f32 * self.amplitude);
                sin.push(s as f32 * self.amplitude);
            }
        }
        Angles { cos, sin, pairs }
    }
}

/// Llama 3.1's rule for one frequency; `rule` is factor, low, high, original context.
fn llama3(frequency: f64, rule: [f64; 4]) -> f64 {
    let [factor, low, high, original] = rule;
    let wavelength = std::f64::consts::TAU / frequency;
    if wavelength < original / high {
        frequency
    } else if wavelength > original / low {
        frequency / factor
    } else {
        let smooth = (original / wavelength - low) / (high - low);
        (1.0 - smooth) * frequency / factor + smooth * frequency
    }
}
