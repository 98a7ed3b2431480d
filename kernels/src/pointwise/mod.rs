//! Element-wise steps between the matrix products: [`rms_norm`], [`layer_norm`], [`rotate`] and [`gate_times`].
//!
//! In and out: rows of `f32`. Deliberately absent: anything that mixes two rows. Start at [`rms_norm`].

pub mod oracle;

use crate::exp::exp;
use crate::lanes::{LANES, Lanes};
use crate::level::{Level, dispatch, level};

/// `out[i] = x[i] / sqrt(mean(x^2) + epsilon) * gain[i]` for one row (Zhang and Sennrich 2019).
pub fn rms_norm(x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) {
    rms_norm_at(level(), x, gain, epsilon, out);
}

/// As [`rms_norm`], at a chosen level.
pub fn rms_norm_at(at: Level, x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) {
    assert!(
        x.len() == gain.len() && x.len() == out.len(),
        "one gain and one result per element"
    );
    dispatch!(at, norm_lanes, (x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]));
}

#[inline(always)]
fn norm_lanes<L: Lanes>(x: &[f32], gain: &[f32], epsilon: f32, out: &mut [f32]) {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = L::splat(0.0);
    for chunk in chunks {
        let v = L::load(chunk);
        sums = v.fma(v, sums);
    }
    let mut last = [0f32; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let v = L::load(&last);
    let mean = v.fma(v, sums).fold() / x.len() as f32;
    let scale = 1.0 / (mean + epsilon).sqrt();
    for ((o, &v), &g) in out.iter_mut().zip(x).zip(gain) {
        *o = v * scale * g;
    }
}

/// Turns pairs of one head by the angles whose cosines and sines are given (Su et al. 2021).
///
/// `head`: `[2 * pairs]`; `cos`, `sin`: `[pairs]`. With `interleaved` the pairs are (0,1), (2,3) …, otherwise
/// (0, pairs), (1, pairs + 1) …. Elements after `2 * pairs` are left alone.
pub fn rotate(head: &mut [f32], cos: &[f32], sin: &[f32], interleaved: bool) {
    let pairs = cos.len();
    assert!(sin.len() == pairs && head.len() >= 2 * pairs, "two elements per angle");
    if interleaved {
        for ((pair, &c), &s) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
            let (a, b) = (pair[0], pair[1]);
            pair[0] = a * c - b * s;
            pair[1] = b * c + a * s;
        }
    } else {
        let (low, high) = head[..2 * pairs].split_at_mut(pairs);
        for (((a, b), &c), &s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
            let (x, y) = (*a, *b);
            *a = x * c - y * s;
            *b = y * c + x * s;
        }
    }
}

/// `out[i] = (x[i] - mean(x)) / sqrt(variance(x) + epsilon) * gain[i] + offset[i]` for one row (Ba et al. 2016).
pub fn layer_norm(x: &[f32], (gain, offset): (&[f32], &[f32]), epsilon: f32, out: &mut [f32]) {
    assert!(
        x.len() == gain.len() && x.len() == offset.len() && x.len() == out.len(),
        "one gain, one offset and one result per element"
    );
    let n = x.len() as f64;
    let mean = x.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let variance = x.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    let scale = (1.0 / (variance + f64::from(epsilon)).sqrt()) as f32;
    for (((o, &v), &g), &b) in out.iter_mut().zip(x).zip(gain).zip(offset) {
        *o = (v - mean as f32) * scale * g + b;
    }
}

/// What a gate does to the value beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gate {
    /// `g * sigmoid(g) * u` (Shazeer 2020).
    Silu,
    /// `gelu(g) * u`, GELU by its approximation with tanh (Hendrycks and Gimpel 2016).
    Gelu,
    /// With g at most `limit` and u between plus and minus `limit`: `g * sigmoid(slope * g) * (u + 1)`.
    Clamped { slope: f32, limit: f32 },
}

/// `gate[i]` becomes what `kind` makes of it and of `up[i]`.
pub fn gate_times(kind: Gate, gate: &mut [f32], up: &[f32]) {
    gate_times_at(level(), kind, gate, up);
}

/// As [`gate_times`], at a chosen level.
pub fn gate_times_at(at: Level, kind: Gate, gate: &mut [f32], up: &[f32]) {
    assert_eq!(gate.len(), up.len(), "one gate per value");
    match kind {
        Gate::Silu => dispatch!(at, silu_lanes, (gate: &mut [f32], up: &[f32])),
        Gate::Gelu => dispatch!(at, gelu_lanes, (gate: &mut [f32], up: &[f32])),
        Gate::Clamped { slope, limit } => {
            dispatch!(at, clamped_lanes, (gate: &mut [f32], up: &[f32], slope: f32, limit: f32));
        }
    }
}

#[inline(always)]
fn silu_lanes<L: Lanes>(gate: &mut [f32], up: &[f32]) {
    let (gates, last_gates) = gate.as_chunks_mut::<LANES>();
    let (ups, last_ups) = up.as_chunks::<LANES>();
    for (gate, up) in gates.iter_mut().zip(ups) {
        let g = L::load(gate);
        let below = L::splat(0.0).sub(g).exp().add(L::splat(1.0));
        g.div(below).mul(L::load(up)).store(gate);
    }
    for (g, &u) in last_gates.iter_mut().zip(last_ups) {
        *g = *g / (1.0 + exp(0.0 - *g)) * u;
    }
}

#[inline(always)]
fn gelu_lanes<L: Lanes>(gate: &mut [f32], up: &[f32]) {
    each::<L>(gate, up, |g, u| {
        // tanh(z) + 1 is twice the sigmoid of 2 z.
        let z = g.mul(g).mul(g).fma(L::splat(0.044_715), g);
        let below = z.mul(L::splat(-1.595_769)).exp().add(L::splat(1.0));
        g.div(below).mul(u)
    });
}

#[inline(always)]
fn clamped_lanes<L: Lanes>(gate: &mut [f32], up: &[f32], slope: f32, limit: f32) {
    each::<L>(gate, up, |g, u| {
        let g = L::splat(limit).smaller(g);
        let u = L::splat(-limit).larger(L::splat(limit).smaller(u));
        let below = g.mul(L::splat(-slope)).exp().add(L::splat(1.0));
        g.div(below).mul(u.add(L::splat(1.0)))
    });
}

/// `of` for every pair; what is left at the end is filled up with zeros.
#[inline(always)]
fn each<L: Lanes>(gate: &mut [f32], up: &[f32], of: impl Fn(L, L) -> L) {
    let (gates, last_gates) = gate.as_chunks_mut::<LANES>();
    let (ups, last_ups) = up.as_chunks::<LANES>();
    for (gate, up) in gates.iter_mut().zip(ups) {
        of(L::load(gate), L::load(up)).store(gate);
    }
    let (mut g, mut u) = ([0f32; LANES], [0f32; LANES]);
    g[..last_gates.len()].copy_from_slice(last_gates);
    u[..last_ups.len()].copy_from_slice(last_ups);
    let left = last_gates.len();
    of(L::load(&g), L::load(&u)).store(&mut g);
    last_gates.copy_from_slice(&g[..left]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        (0..n as u32)
            .map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed) % 2003) as f32 / 400.0 - 2.5)
            .collect()
    }

    #[test]
    fn every_level_gives_the_bits_of_the_first_and_agrees_with_the_oracle() {
        for n in [1, 5, 16, 17, 64, 251, 768] {
            let (x, g) = (noise(n, 1), noise(n, 2));
            let want = oracle::rms_norm(&x, &g, 1e-5);
            let mut first = vec![0.0; n];
            rms_norm_at(Level::Base, &x, &g, 1e-5, &mut first);
            for at in Level::available() {
                let mut got = vec![0.0; n];
                rms_norm_at(at, &x, &g, 1e-5, &mut got);
                assert_eq!(got, first, "{at:?} {n}");
                for (a, b) in got.iter().zip(&want) {
                    assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0));
                }
            }
        }
    }

    #[test]
    fn every_gate_gives_the_same_bits_at_every_level_and_agrees_with_the_oracle() {
        let clamped = Gate::Clamped {
            slope: 1.702,
            limit: 1.5,
        };
        for (kind, n) in [Gate::Silu, Gate::Gelu, clamped]
            .into_iter()
            .flat_map(|k| [1, 16, 17, 251].map(|n| (k, n)))
        {
            let (x, up) = (noise(n, 1), noise(n, 2));
            let mut first = x.clone();
            gate_times_at(Level::Base, kind, &mut first, &up);
            for (got, want) in first.iter().zip(oracle::gate_times(kind, &x, &up)) {
                assert!(
                    (got - want).abs() <= 1e-5 * want.abs().max(1.0),
                    "{kind:?}: {got} {want}"
                );
            }
            for at in Level::available() {
                let mut got = x.clone();
                gate_times_at(at, kind, &mut got, &up);
                assert_eq!(got, first, "{kind:?} {at:?} {n}");
            }
        }
    }

    #[test]
    fn a_layer_norm_has_mean_and_variance_taken_out_of_it() {
        let mut out = [0.0; 4];
        layer_norm(&[1.0, 2.0, 3.0, 6.0], (&[2.0; 4], &[0.5; 4]), 0.0, &mut out);
        let spread = 3.5f32.sqrt();
        for (got, centred) in out.iter().zip([-2.0, -1.0, 0.0, 3.0]) {
            assert!((got - (centred / spread * 2.0 + 0.5)).abs() < 1e-6, "{got}");
        }
    }

    #[test]
    fn rotating_by_a_right_angle_swaps_the_pair() {
        let mut half = [1.0, 2.0, 3.0, 4.0, 9.0];
        rotate(&mut half, &[0.0, 0.0], &[1.0, 1.0], false);
        assert_eq!(half, [-3.0, -4.0, 1.0, 2.0, 9.0]);
        let mut pairs = [1.0, 2.0, 3.0, 4.0];
        rotate(&mut pairs, &[0.0, 0.0], &[1.0, 1.0], true);
        assert_eq!(pairs, [-2.0, 1.0, -4.0, 3.0]);
    }
}
