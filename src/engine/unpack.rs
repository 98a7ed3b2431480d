//! Blocks without a kernel in, blocks with one out.
//!
//! | file | held as | bits per weight | loss |
//! |---|---|---|---|
//! | MXFP4 | Q5_0 | 4.25 -> 5.5 | none (scales below 2^-24 become that) |
//! | IQ4_NL | Q8_0 | 4.5 -> 8.5 | none |
//! | IQ4_XS | Q8_0 | 4.25 -> 8.5 | a scale per 32 weights is rounded to 11 bits |
//! | Q3_K | Q6_K | 3.44 -> 6.56 | none |
//!
//! Layouts as in ggml's `block_mxfp4` and so on; all numbers little-endian.
//! Deliberately absent: types that have a kernel, and Q4_1, Q5_1 and Q2_K, which candle multiplies as they are.
//! Start at [`known`].

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use half::f16;

use super::weight::widen;
use crate::models::{Dtype, TensorView};

/// Values of the codes of IQ4_NL and IQ4_XS.
const CURVE: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
/// Twice the values of the codes of MXFP4 (OCP Microscaling Formats 1.0: E2M1).
const HALVES: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// The same weights in a type that the engine multiplies; an error is a sentence.
pub(super) fn known(dtype: Dtype, bytes: &[u8]) -> Result<(Dtype, Cow<'_, [u8]>), String> {
    let each = |size: usize, to: Dtype, of: fn(&[u8], &mut Vec<u8>)| {
        let mut out = Vec::with_capacity(bytes.len() / size * 64);
        bytes.chunks_exact(size).for_each(|block| of(block, &mut out));
        (to, Cow::Owned(out))
    };
    Ok(match dtype {
        Dtype::MXFP4 => {
            // 2^(e - 128) must be a 16-bit float.
            if let Some(block) = bytes.chunks_exact(17).find(|block| block[0] > 143) {
                return Err(format!(
                    "a scale of 2^{} is beyond what weights of MXFP4 have",
                    i32::from(block[0]) - 127
                ));
            }
            each(17, Dtype::Q5_0, mxfp4)
        }
        Dtype::IQ4_NL => each(18, Dtype::Q8_0, iq4_nl),
        Dtype::IQ4_XS => each(136, Dtype::Q8_0, iq4_xs),
        Dtype::Q3_K => each(110, Dtype::Q6_K, q3_k),
        _ => (dtype, Cow::Borrowed(bytes)),
    })
}

/// Floats as blocks of the type `to`, or of Q8_0 where rows of `k` are not whole blocks of it, or as they are.
pub(super) fn narrowed<'a>(
    to: Dtype,
    (dtype, bytes): (Dtype, Cow<'a, [u8]>),
    k: usize,
) -> Result<(Dtype, Cow<'a, [u8]>), String> {
    if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) || !k.is_multiple_of(32) {
        return Ok((dtype, bytes));
    }
    let (to, kind) = if to == Dtype::Q4_K && k.is_multiple_of(256) {
        (Dtype::Q4_K, GgmlDType::Q4K)
    } else {
        (Dtype::Q8_0, GgmlDType::Q8_0)
    };
    let values = widen(TensorView {
        dtype,
        shape: &[],
        bytes: &bytes,
    });
    let n = values.len() / k;
    let blocks = Tensor::from_vec(values, (n, k), &Device::Cpu)
        .and_then(|tensor| QTensor::quantize(&tensor, kind))
        .and_then(|blocks| Ok(blocks.data()?.to_vec()))
        .map_err(|error| error.to_string())?;
    Ok((to, blocks.into()))
}

/// Blocks of MXFP4 as ggml has them, from a row of codes (two neighbours in a byte) and a row of scales.
pub(super) fn together(codes: &[u8], scales: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(scales.len() * 17);
    for (block, scale) in codes.chunks_exact(16).zip(scales) {
        out.push(*scale);
        let code = |at: usize| block[at / 2] >> (at % 2 * 4) & 15;
        out.extend((0..16).map(|at| code(at) | code(at + 16) << 4));
    }
    out
}

/// Sixteen bytes whose lower halves are the first codes, and whose upper halves the others.
fn halves(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let low = bytes.iter().map(|byte| usize::from(byte & 15));
    low.chain(bytes.iter().map(|byte| usize::from(byte >> 4)))
}

fn mxfp4(block: &[u8], out: &mut Vec<u8>) {
    let scale = f16::from_f32(2f32.powi((i32::from(block[0]) - 128).max(-24)));
    let codes: Vec<u8> = halves(&block[1..17]).map(|code| (HALVES[code] + 16) as u8).collect();
    let fifth = codes
        .iter()
        .enumerate()
        .fold(0u32, |bits, (at, code)| bits | u32::from(code >> 4) << at);
    out.extend(scale.to_le_bytes());
    out.extend(fifth.to_le_bytes());
    out.extend((0..16).map(|at| codes[at] & 15 | (codes[at + 16] & 15) << 4));
}

fn iq4_nl(block: &[u8], out: &mut Vec<u8>) {
    out.extend(&block[..2]);
    out.extend(halves(&block[2..18]).map(|code| CURVE[code] as u8));
}

fn iq4_xs(block: &[u8], out: &mut Vec<u8>) {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    let high = u16::from_le_bytes([block[2], block[3]]);
    for group in 0..8 {
        let low = block[4 + group / 2] >> (group % 2 * 4) & 15;
        let six = i32::from(low) | i32::from(high >> (2 * group) & 3) << 4;
        out.extend(f16::from_f32(scale * (six - 32) as f32).to_le_bytes());
        out.extend(halves(&block[8 + 16 * group..][..16]).map(|code| CURVE[code] as u8));
    }
}

/// A code of three bits and a scale of six fit one of six and one of eight: `code - 4 = (code + 28) - 32`.
fn q3_k(block: &[u8], out: &mut Vec<u8>) {
    let (above, pairs, scales) = (&block[..32], &block[32..96], &block[96..108]);
    let code = |at: usize| {
        let (half, quarter, l) = (at / 128, at / 32 % 4, at % 32);
        let low = pairs[32 * half + l] >> (2 * quarter) & 3;
        (low | (above[l] >> (4 * half + quarter) & 1) << 2) + 28
    };
    let start = out.len();
    for half in 0..2 {
        for byte in 0..64 {
            let at = 128 * half + byte;
            out.push(code(at) & 15 | (code(at + 64) & 15) << 4);
        }
    }
    for half in 0..2 {
        for l in 0..32 {
            let upper = |quarter: usize| code(128 * half + 32 * quarter + l) >> 4;
            out.push(upper(0) | upper(1) << 2 | upper(2) << 4 | upper(3) << 6);
        }
    }
    for j in 0..16 {
        let low = if j < 8 { scales[j] & 15 } else { scales[j - 8] >> 4 };
        let six = low | (scales[8 + j % 4] >> (2 * (j / 4)) & 3) << 4;
        out.push((six as i8 - 32) as u8);
    }
    out.extend(&block[108..110]);
    debug_assert_eq!(out.len() - start, 210, "a block of Q6_K");
}

#[cfg(test)]
mod tests;
