//! The obvious loops, in `f64`: rows in, rows out. For tests only; nothing fast is allowed here. Start anywhere.

/// See [`super::rms_norm`].
pub fn rms_norm(x: &[f32], gain: &[f32], epsilon: f32) -> Vec<f32> {
    let mean = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() / x.len() as f64;
    let scale = 1.0 / (mean + f64::from(epsilon)).sqrt();
    x.iter()
        .zip(gain)
        .map(|(&v, &g)| (f64::from(v) * scale * f64::from(g)) as f32)
        .collect()
}

/// See [`super::silu_times`].
pub fn silu_times(gate: &[f32], up: &[f32]) -> Vec<f32> {
    gate.iter()
        .zip(up)
        .map(|(&g, &u)| (f64::from(g) / (1.0 + (-f64::from(g)).exp()) * f64::from(u)) as f32)
        .collect()
}
