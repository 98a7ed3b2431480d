//! The obvious loops, in `f64`: rows in, rows out. For tests only; nothing fast is allowed here. Start anywhere.

use super::Gate;

/// See [`super::rms_norm`].
pub fn rms_norm(x: &[f32], gain: &[f32], epsilon: f32) -> Vec<f32> {
    let mean = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() / x.len() as f64;
    let scale = 1.0 / (mean + f64::from(epsilon)).sqrt();
    x.iter()
        .zip(gain)
        .map(|(&v, &g)| (f64::from(v) * scale * f64::from(g)) as f32)
        .collect()
}

/// See [`super::gate_times`].
pub fn gate_times(kind: Gate, gate: &[f32], up: &[f32]) -> Vec<f32> {
    let one = |g: f64, u: f64| match kind {
        Gate::Silu => g / (1.0 + (-g).exp()) * u,
        Gate::Gelu => 0.5 * g * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (g + 0.044_715 * g.powi(3))).tanh()) * u,
        Gate::Clamped { slope, limit } => {
            let (slope, limit) = (f64::from(slope), f64::from(limit));
            let g = g.min(limit);
            g / (1.0 + (-slope * g).exp()) * (u.clamp(-limit, limit) + 1.0)
        }
    };
    gate.iter()
        .zip(up)
        .map(|(&g, &u)| one(f64::from(g), f64::from(u)) as f32)
        .collect()
}
