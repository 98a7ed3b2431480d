//! The obvious loops: rows of `f32` and ggml's blocks in, products in `f64` out. For tests; start at [`multiply`].

use super::blocks::{GROUP, Group, Kind};
use super::dots::widen;

/// All weights of a row.
pub fn weights(kind: Kind, row: &[u8], k: usize) -> Vec<f32> {
    let of = |group: Group| {
        let (scale, offset) = (
            widen(u16::from_le_bytes(group.scale)),
            widen(u16::from_le_bytes(group.offset)),
        );
        (0..GROUP).map(move |i| {
            let code = (i32::from(group.codes[i]) - kind.lift()) as f32;
            match kind {
                Kind::Q4K | Kind::Q5K => scale * f32::from(group.fine[0]) * code - offset * f32::from(group.fine[1]),
                Kind::Q6K => scale * f32::from(group.fine[i / 16].cast_signed()) * code,
                _ => scale * code,
            }
        })
    };
    (0..k / GROUP).flat_map(|g| of(kind.group(row, g))).collect()
}

/// `[rows, k]` times `[n, k]`, the activations as they are.
pub fn multiply(x: &[f32], kind: Kind, rows: &[u8], n: usize, k: usize) -> Vec<f64> {
    let wide: Vec<Vec<f32>> = rows
        .chunks_exact(rows.len() / n)
        .map(|row| weights(kind, row, k))
        .collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    x.chunks_exact(k)
        .flat_map(|x| wide.iter().map(move |w| dot(x, w)))
        .collect()
}
