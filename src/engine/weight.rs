//! One weight matrix, as fast as its type and device allow: a tensor of the file in, products with activations out.
//!
//! On the CPU, F32, F16, BF16, Q8_0, Q4_0, Q5_0, Q4_K, Q5_K and Q6_K go through our own kernels, whose rows are the same
//! bits whatever the batch. For the quantised ones, activations are rounded to eight bits with a scale per 32 of them; or
//! to fifteen bits in a model none of whose matrices has fewer than eight, where eight would be the larger loss.
//!
//! Types without a kernel that one with a kernel can hold are rewritten as that ([`super::unpack`]). The rest (Q4_1, Q5_1,
//! Q2_K) go through candle, which picks a kernel by the number of rows; [`Matrix::times`] keeps every call
//! in one regime, so that there too a row never depends on its neighbours: at most 28 rows a call, and on aarch64 rows are
//! filled up to a multiple of four. candle splits those products over output columns on its own threads, one per core
//! unless the environment says otherwise (`CANDLE_NUM_THREADS`, read once per process); every element is computed whole by
//! one of them.
//!
//! Deliberately absent: activation functions, and any choice by environment. Start at [`products`];
//! [`super::load`] makes matrices.

use std::borrow::Cow;
use std::sync::Arc;

use anchorite_kernels::gemm::Panels;
use anchorite_kernels::linear::{self, Kind, Packed, Sink};
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use half::{bf16, f16};

use super::crew::Crew;
use super::unpack;
use crate::models::{Dtype, TensorView, Weights};
use crate::problem::{Exit, Fatal};

/// Most rows in one call of a quantised product of candle on the CPU; a multiple of four, below 32.
const ROWS: usize = 28;

/// A matrix `[n, k]` that multiplies rows of `k` values.
pub(super) enum Matrix {
    Panels(Panels),
    Packed {
        packed: Packed,
        fine: bool,
    },
    Quantised {
        product: QMatMul,
        n: usize,
        k: usize,
    },
    Device {
        product: QMatMul,
        device: Device,
        n: usize,
        k: usize,
        narrow: DType,
    },
}

/// A matrix and what is added to its products.
pub(super) struct Linear {
    pub(super) matrix: Matrix,
    /// `[n]`
    pub(super) bias: Option<Vec<f32>>,
}

/// Types that have a kernel.
pub(super) fn kind(dtype: Dtype) -> Option<Kind> {
    Some(match dtype {
        Dtype::Q4_0 => Kind::Q4_0,
        Dtype::Q5_0 => Kind::Q5_0,
        Dtype::Q8_0 => Kind::Q8_0,
        Dtype::Q4_K => Kind::Q4K,
        Dtype::Q5_K => Kind::Q5K,
        Dtype::Q6_K => Kind::Q6K,
        _ => return None,
    })
}

/// The same rows `x` through each of `linears`; `[rows, n]` each, to be given back to the crew.
pub(super) fn products<const N: usize>(crew: &Crew, x: &[f32], linears: [&Linear; N]) -> Result<[Vec<f32>; N], Fatal> {
    let mut outs = linears.map(|linear| crew.take(x.len() / linear.matrix.depth() * linear.matrix.columns()));
    into(crew, x, linears, outs.each_mut().map(Vec::as_mut_slice), false)?;
    Ok(outs)
}

/// Adds what `linear` makes of the rows `x` to `out`.
pub(super) fn add_product(crew: &Crew, x: &[f32], linear: &Linear, out: &mut [f32]) -> Result<(), Fatal> {
    into(crew, x, [linear], [out], true)
}

/// Packed matrices share one set of quantised rows and one call; others go one by one.
fn into<const N: usize>(
    crew: &Crew,
    x: &[f32],
    linears: [&Linear; N],
    outs: [&mut [f32]; N],
    add: bool,
) -> Result<(), Fatal> {
    let mut together = Vec::with_capacity(N);
    let mut rows = None;
    for (linear, out) in linears.into_iter().zip(outs) {
        let bias = linear.bias.as_deref();
        if let Matrix::Packed { packed, fine } = &linear.matrix {
            rows.get_or_insert_with(|| crew.quantise(x, packed.depth(), *fine));
            together.push((packed, Sink { out, bias, add }));
            continue;
        }
        let y = linear.matrix.times(crew, x)?;
        let n = linear.matrix.columns();
        for (out, y) in out.chunks_exact_mut(n).zip(y.chunks_exact(n)) {
            for (j, (out, y)) in out.iter_mut().zip(y).enumerate() {
                let y = bias.map_or(*y, |bias| y + bias[j]);
                *out = if add { *out + y } else { y };
            }
        }
    }
    if let Some(rows) = rows {
        linear::multiply(crew, &rows, &mut together);
        crew.give_rows(rows);
    }
    Ok(())
}

impl Matrix {
    /// Output columns.
    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Panels(panels) => panels.columns(),
            Self::Packed { packed, .. } => packed.columns(),
            Self::Quantised { n, .. } | Self::Device { n, .. } => *n,
        }
    }

    /// Input width.
    fn depth(&self) -> usize {
        match self {
            Self::Panels(panels) => panels.depth(),
            Self::Packed { packed, .. } => packed.depth(),
            Self::Quantised { k, .. } | Self::Device { k, .. } => *k,
        }
    }

    pub(super) fn on_device(
        view: TensorView<'_>,
        (n, k): (usize, usize),
        device: &Device,
    ) -> candle_core::Result<Self> {
        let narrow = if view.dtype == Dtype::F32 {
            DType::F32
        } else {
            DType::BF16
        };
        let tensor = Tensor::from_vec(widen(view), (n, k), &Device::Cpu)?
            .to_dtype(narrow)?
            .to_device(device)?;
        Ok(Self::Device {
            product: QMatMul::Tensor(tensor),
            device: device.clone(),
            n,
            k,
            narrow,
        })
    }

    pub(super) fn quantised(
        view: TensorView<'_>,
        (n, k): (usize, usize),
        device: &Device,
    ) -> candle_core::Result<Self> {
        let product = QMatMul::QTensor(Arc::new(quantised(view, (n, k), device)?));
        Ok(if device.is_cpu() {
            Self::Quantised { product, n, k }
        } else {
            Self::Device {
                product,
                device: device.clone(),
                n,
                k,
                narrow: DType::F32,
            }
        })
    }

    /// `[rows, k]` in, `[rows, n]` out.
    pub(super) fn times(&self, crew: &Crew, x: &[f32]) -> Result<Vec<f32>, Fatal> {
        match self {
            Self::Panels(panels) => Ok(crew.matrix(x, panels)),
            Self::Packed { packed, fine } => {
                let mut out = vec![0.0; x.len() / packed.depth() * packed.columns()];
                let sink = Sink {
                    out: &mut out,
                    bias: None,
                    add: false,
                };
                let rows = crew.quantise(x, packed.depth(), *fine);
                linear::multiply(crew, &rows, &mut [(packed, sink)]);
                crew.give_rows(rows);
                Ok(out)
            }
            Self::Quantised { product, n, k } => {
                let mut out = Vec::with_capacity(x.len() / k * n);
                for rows in x.chunks(ROWS * k) {
                    chunk(product, rows, *k, &mut out).map_err(failed)?;
                    out.truncate(out.len() / n * n);
                }
                Ok(out)
            }
            Self::Device {
                product,
                device,
                k,
                narrow,
                ..
            } => {
                let x = Tensor::from_slice(x, (x.len() / k, *k), device).and_then(|x| x.to_dtype(*narrow));
                let y = x.and_then(|x| product.forward(&x)).and_then(|y| y.to_dtype(DType::F32));
                y.and_then(|y| y.flatten_all()?.to_vec1()).map_err(failed)
            }
        }
    }
}

/// One call of candle's product on at most [`ROWS`] rows, its results appended to `out`.
fn chunk(product: &QMatMul, rows: &[f32], k: usize, out: &mut Vec<f32>) -> candle_core::Result<()> {
    let real = rows.len() / k;
    let full = if cfg!(target_arch = "aarch64") {
        real.next_multiple_of(4)
    } else {
        real
    };
    let mut filled = rows.to_vec();
    filled.resize(full * k, 0.0);
    let y = product.forward(&Tensor::from_vec(filled, (full, k), &Device::Cpu)?)?;
    out.extend(y.narrow(0, 0, real)?.flatten_all()?.to_vec1::<f32>()?);
    Ok(())
}

/// A vector such as a norm's gain or a bias, widened.
pub(super) fn vector(weights: &Weights, name: &str) -> Result<Vec<f32>, Fatal> {
    let view = weights.tensor(name)?;
    match view.dtype {
        Dtype::F32 | Dtype::F16 | Dtype::BF16 => Ok(widen(view)),
        other => Err(broken(
            name,
            format!("a vector of type {other}, which no known converter writes"),
        )),
    }
}

/// Row `index` of a matrix, widened: a token's embedding.
pub(super) fn row(weights: &Weights, name: &str, index: usize) -> Result<Vec<f32>, Fatal> {
    let view = weights.tensor(name)?;
    let (n, k) = (view.shape[0], view.shape[1]);
    let size = view.bytes.len() / n;
    let shape = [1, k];
    let bytes = view.bytes.get(index * size..(index + 1) * size).ok_or_else(|| {
        broken(
            name,
            format!("no row {index}: the tokenizer does not match the model, whose embedding has {n} rows"),
        )
    })?;
    let (dtype, bytes) = unpack::known(view.dtype, bytes).map_err(|e| broken(name, e))?;
    let one = TensorView {
        dtype,
        shape: &shape,
        bytes: &bytes,
    };
    match dtype {
        Dtype::F32 | Dtype::F16 | Dtype::BF16 => Ok(widen(one)),
        _ => quantised(one, (1, k), &Device::Cpu)
            .and_then(|q| q.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1())
            .map_err(|e| broken(name, e)),
    }
}

fn quantised(view: TensorView<'_>, shape: (usize, usize), device: &Device) -> candle_core::Result<QTensor> {
    let dtype = match view.dtype {
        Dtype::Q4_0 => GgmlDType::Q4_0,
        Dtype::Q4_1 => GgmlDType::Q4_1,
        Dtype::Q5_0 => GgmlDType::Q5_0,
        Dtype::Q5_1 => GgmlDType::Q5_1,
        Dtype::Q8_0 => GgmlDType::Q8_0,
        Dtype::Q2_K => GgmlDType::Q2K,
        Dtype::Q3_K => GgmlDType::Q3K,
        Dtype::Q4_K => GgmlDType::Q4K,
        Dtype::Q5_K => GgmlDType::Q5K,
        Dtype::Q6_K => GgmlDType::Q6K,
        other => candle_core::bail!("type {other} cannot be computed with"),
    };
    // candle reads blocks in place and asserts their alignment; a fresh buffer has the allocator's.
    let aligned = if view.bytes.as_ptr().addr().is_multiple_of(8) {
        Cow::Borrowed(view.bytes)
    } else {
        view.bytes.to_vec().into()
    };
    QTensor::new(QStorage::from_data(aligned, device, dtype)?, shape)
}

pub(super) fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> + '_ {
    bytes.as_chunks::<2>().0.iter().copied()
}

pub(super) fn widen(view: TensorView<'_>) -> Vec<f32> {
    match view.dtype {
        Dtype::F16 => pairs(view.bytes).map(|b| f16::from_le_bytes(b).to_f32()).collect(),
        Dtype::BF16 => pairs(view.bytes).map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
        _ => view
            .bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect(),
    }
}

pub(super) fn broken(name: &str, cause: impl std::fmt::Display) -> Fatal {
    let help = format!(
        "import the model again, or use a file with types {}",
        Dtype::supported_names()
    );
    Fatal::new(Exit::Integrity, format!("tensor `{name}` cannot be loaded"), help).because(cause)
}

fn failed(cause: candle_core::Error) -> Fatal {
    let help = "run with `--device cpu`; if it fails there too, verify the model's files";
    Fatal::new(
        Exit::Incomplete,
        "the engine could not multiply by a weight matrix",
        help,
    )
    .because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of pseudo-random bits whose 16-bit scales are about 0.01.
    fn blocks(kind: Kind, count: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..count * kind.bytes())
            .map(|i| (i * i * 31 + i * 7 + 3) as u8)
            .collect();
        for (i, block) in bytes.chunks_exact_mut(kind.bytes()).enumerate() {
            let scales: &[usize] = match kind {
                Kind::Q4K | Kind::Q5K => &[0, 2],
                Kind::Q6K => &[208],
                _ => &[0],
            };
            for &at in scales {
                block[at..at + 2].copy_from_slice(&(0x2100 + (i * 91 + at) as u16 % 0x400).to_le_bytes());
            }
        }
        bytes
    }

    #[test]
    fn packed_weights_are_the_numbers_that_another_reader_of_the_format_finds() {
        let crew = Crew::new(2).expect("threads");
        let (n, k) = (35, 256);
        let identity: Vec<f32> = (0..k * k).map(|i| f32::from(u8::from(i % k == i / k))).collect();
        for dtype in [
            Dtype::Q4_0,
            Dtype::Q5_0,
            Dtype::Q8_0,
            Dtype::Q4_K,
            Dtype::Q5_K,
            Dtype::Q6_K,
        ] {
            let kind = kind(dtype).expect("a kernel");
            let bytes = blocks(kind, n * k / kind.inputs());
            let view = TensorView {
                dtype,
                shape: &[n, k],
                bytes: &bytes,
            };
            let other =
                quantised(view, (n, k), &Device::Cpu).and_then(|q| q.dequantize(&Device::Cpu)?.to_vec2::<f32>());
            let other = other.expect("weights");
            let packed = Packed::new(&crew, kind, &bytes, n, k).expect("whole blocks");
            let got = Matrix::Packed { packed, fine: false }
                .times(&crew, &identity)
                .expect("a product");
            for (i, row) in got.chunks_exact(n).enumerate() {
                for (j, (got, other)) in row.iter().zip(other.iter().map(|w| w[i])).enumerate() {
                    let near = (got - other).abs() <= 1e-6 * other.abs().max(0.1);
                    assert!(near, "{dtype}: column {j}, input {i}: {got} and {other}");
                }
            }
        }
    }
}
