//! The obvious triple loop: `[rows, k]` and row-major `[n, k]` in, `[rows, n]` out. For tests; start at [`multiply`].

/// See [`super::multiply`]; the order of additions is the same, so the bits are.
pub fn multiply(x: &[f32], w: &[f32], n: usize, k: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(x.len() / k * n);
    for row in x.chunks_exact(k) {
        for column in w.chunks_exact(k) {
            let mut sum = 0f32;
            for (a, b) in row.iter().zip(column) {
                sum = a.mul_add(*b, sum);
            }
            out.push(sum);
        }
    }
    out
}
