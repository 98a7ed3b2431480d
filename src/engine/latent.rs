//! Keys and values as one short vector per position (DeepSeek-AI 2024, arXiv 2405.04434): what is kept is the latent
//! and one rotated key for all heads.
//!
//! The matrices out of the latent are applied to the query before attention and to its result behind it, so attention
//! runs over the latents themselves, with one key head. A query is `[turned, latent]`, a key likewise, a value
//! `[latent, zeros]`.
//! Deliberately absent: keys and values written out per head. Start at [`Latent::open`] and [`Latent::close`].

use super::crew::Crew;
use super::decoder::Norm;
use super::weight::{Linear, Matrix, products};
use crate::problem::Fatal;

/// What one layer's queries and latents are made with.
pub(super) struct Latent {
    /// Narrow queries and their norm, where they are made in two steps.
    pub(super) narrow: Option<(Linear, Norm)>,
    /// `[heads * (plain + turned), ..]`
    pub(super) q: Linear,
    /// `[kv + turned, hidden]`
    pub(super) kv: Linear,
    pub(super) norm: Norm,
    /// Per head: `[kv, plain]`.
    pub(super) keys: Vec<Matrix>,
    /// Per head: `[value, kv]`.
    pub(super) values: Vec<Matrix>,
    pub(super) sizes: crate::models::Latent,
}

impl Latent {
    /// Queries `[rows, heads, turned + kv]`, keys and values `[rows, turned + kv]` of the rows `normed`; not yet turned.
    pub(super) fn open(&self, crew: &Crew, heads: usize, normed: &[f32]) -> Result<[Vec<f32>; 3], Fatal> {
        let (plain, turned, kv) = (self.sizes.plain, self.sizes.turned, self.sizes.kv);
        let width = turned + kv;
        let [made] = products(crew, normed, [&self.kv])?;
        let rows = made.len() / width;
        let (mut k, mut v) = (crew.take(rows * width), crew.take(rows * width));
        for (row, made) in made.chunks_exact(width).enumerate() {
            let (k, v) = (&mut k[row * width..][..width], &mut v[row * width..][..width]);
            self.norm.row(&made[..kv], &mut v[..kv]);
            v[kv..].fill(0.0);
            k[..turned].copy_from_slice(&made[kv..]);
            k[turned..].copy_from_slice(&v[..kv]);
        }
        let [wide] = match &self.narrow {
            Some((narrow, norm)) => {
                let [narrow] = products(crew, normed, [narrow])?;
                products(crew, &norm.rows(crew, &narrow), [&self.q])?
            }
            None => products(crew, normed, [&self.q])?,
        };
        let mut q = crew.take(rows * heads * width);
        for (head, matrix) in self.keys.iter().enumerate() {
            let of = |row: usize| &wide[(row * heads + head) * (plain + turned)..][..plain + turned];
            let own: Vec<f32> = (0..rows).flat_map(|row| &of(row)[..plain]).copied().collect();
            let into = matrix.times(crew, &own)?;
            for (row, latent) in into.chunks_exact(kv).enumerate() {
                let to = &mut q[(row * heads + head) * width..][..width];
                to[..turned].copy_from_slice(&of(row)[plain..]);
                to[turned..].copy_from_slice(latent);
            }
        }
        [made, wide].into_iter().for_each(|done| crew.give(done));
        Ok([q, k, v])
    }

    /// `[rows, heads, kv + turned]` in, of which only the latents count; `[rows, heads * value]` out.
    pub(super) fn close(&self, crew: &Crew, heads: usize, mixed: Vec<f32>) -> Result<Vec<f32>, Fatal> {
        let (kv, value) = (self.sizes.kv, self.sizes.value);
        let width = kv + self.sizes.turned;
        let rows = mixed.len() / (heads * width);
        let mut out = crew.take(rows * heads * value);
        for (head, matrix) in self.values.iter().enumerate() {
            let of = |row: usize| &mixed[(row * heads + head) * width..][..kv];
            let own: Vec<f32> = (0..rows).flat_map(of).copied().collect();
            for (row, values) in matrix.times(crew, &own)?.chunks_exact(value).enumerate() {
                out[(row * heads + head) * value..][..value].copy_from_slice(values);
            }
        }
        crew.give(mixed);
        Ok(out)
    }
}
