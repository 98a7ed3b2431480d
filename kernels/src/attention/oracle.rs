//! Attention as the formula says, in `f64`: queries and one block in, results out. For tests; start at [`attend`].

use super::{BLOCK, Span};

/// `softmax(q k) v` over the visible positions, scores bent under `cap`; NaN for a query that sees nothing.
pub fn attend(
    queries: &[f32],
    dim: usize,
    (keys, values): (&[f32], &[f32]),
    spans: &[Span],
    cap: Option<f32>,
) -> Vec<f32> {
    let mut out = Vec::new();
    for (query, span) in queries.chunks_exact(dim).zip(spans) {
        let seen = usize::from(span.from)..usize::from(span.to);
        let score = |j: usize| {
            let plain: f64 = (0..dim)
                .map(|d| f64::from(query[d]) * f64::from(keys[d * BLOCK + j]))
                .sum();
            cap.map_or(plain, |cap| f64::from(cap) * (plain / f64::from(cap)).tanh())
        };
        let scores: Vec<(usize, f64)> = seen.map(|j| (j, score(j))).collect();
        let largest = scores.iter().fold(f64::NEG_INFINITY, |a, s| a.max(s.1));
        let total: f64 = scores.iter().map(|s| (s.1 - largest).exp()).sum();
        for d in 0..dim {
            let sum: f64 = scores
                .iter()
                .map(|&(j, s)| (s - largest).exp() * f64::from(values[j * dim + d]))
                .sum();
            out.push((sum / total) as f32);
        }
    }
    out
}
