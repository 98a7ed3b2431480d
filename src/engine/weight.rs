//! One weight matrix, as fast as its type and device allow: a tensor of the file in, products with activations out.
//!
//! On the CPU, F32, F16, BF16 and Q8_0 go through our own kernel, whose rows are the same bits whatever the batch. Other
//! quantised types go through candle, which picks a kernel by the number of rows; [`Matrix::times`] keeps every call in
//! one regime, so that there too a row never depends on its neighbours:
//! - Q6_K on x86 has a separate kernel for one row: a lone row is doubled;
//! - Q4_K on processors with AMX has a separate kernel from 32 rows on: at most 28 rows a call;
//! - on aarch64 four rows are a tile and the rest go singly: rows are filled up to a multiple of four.
//!
//! candle splits those products over output columns on its own threads, one per core unless the environment says
//! otherwise (`CANDLE_NUM_THREADS`, read once per process); every element is computed whole by one of them.
//!
//! Deliberately absent: biases, activations, and any choice by environment. Start at [`Matrix::load`].

use std::borrow::Cow;
use std::sync::Arc;

use anchorite_kernels::gemm::{GROUP, Panels, Rows};
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use half::{bf16, f16};

use super::crew::Crew;
use crate::models::{Dtype, TensorView, Weights};
use crate::problem::{Exit, Fatal};

/// Most rows in one call of a quantised product of candle on the CPU; a multiple of four, below 32.
const ROWS: usize = 28;

/// A matrix `[n, k]` that multiplies rows of `k` values.
pub(super) enum Matrix {
    Panels(Panels),
    Quantised {
        product: QMatMul,
        n: usize,
        k: usize,
        pad: Pad,
    },
    Device {
        product: QMatMul,
        device: Device,
        k: usize,
        narrow: DType,
    },
}

/// To how many rows a call is filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pad {
    None,
    ToTwo,
    ToMultipleOfFour,
}

impl Pad {
    fn of(dtype: Dtype) -> Self {
        if cfg!(target_arch = "aarch64") {
            Self::ToMultipleOfFour
        } else if dtype == Dtype::Q6_K {
            Self::ToTwo
        } else {
            Self::None
        }
    }

    fn rows(self, rows: usize) -> usize {
        match self {
            Self::None => rows,
            Self::ToTwo => rows.max(2),
            Self::ToMultipleOfFour => rows.next_multiple_of(4),
        }
    }
}

impl Matrix {
    /// The matrix called `name`, copied into the layout of its kernel.
    pub(super) fn load(weights: &Weights, name: &str, device: &Device) -> Result<Self, Fatal> {
        let view = weights.tensor(name)?;
        let &[n, k] = view.shape else {
            let help = "the file is damaged or of another architecture; import the model again";
            return Err(Fatal::new(
                Exit::Integrity,
                format!("tensor `{name}` is not a matrix: {:?}", view.shape),
                help,
            ));
        };
        let on_cpu = device.is_cpu();
        match view.dtype {
            Dtype::F32 | Dtype::F16 if on_cpu => Ok(Self::Panels(Panels::pack(Rows::F32(&widen(view)), n, k))),
            Dtype::BF16 if on_cpu => {
                let halves: Vec<u16> = pairs(view.bytes).map(u16::from_le_bytes).collect();
                Ok(Self::Panels(Panels::pack(Rows::Bf16(&halves), n, k)))
            }
            Dtype::Q8_0 if on_cpu => {
                let (bytes, scales) = split_q8(view.bytes);
                Ok(Self::Panels(Panels::pack(
                    Rows::Q8 {
                        bytes: &bytes,
                        scales: &scales,
                    },
                    n,
                    k,
                )))
            }
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => Self::on_device(view, (n, k), device).map_err(|e| broken(name, e)),
            _ => Self::quantised(view, (n, k), device).map_err(|e| broken(name, e)),
        }
    }

    fn on_device(view: TensorView<'_>, (n, k): (usize, usize), device: &Device) -> candle_core::Result<Self> {
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
            k,
            narrow,
        })
    }

    fn quantised(view: TensorView<'_>, (n, k): (usize, usize), device: &Device) -> candle_core::Result<Self> {
        let product = QMatMul::QTensor(Arc::new(quantised(view, (n, k), device)?));
        Ok(if device.is_cpu() {
            Self::Quantised {
                product,
                n,
                k,
                pad: Pad::of(view.dtype),
            }
        } else {
            Self::Device {
                product,
                device: device.clone(),
                k,
                narrow: DType::F32,
            }
        })
    }

    /// `[rows, k]` in, `[rows, n]` out.
    pub(super) fn times(&self, crew: &Crew, x: &[f32]) -> Result<Vec<f32>, Fatal> {
        match self {
            Self::Panels(panels) => Ok(crew.matrix(x, panels)),
            Self::Quantised { product, n, k, pad } => {
                let mut out = Vec::with_capacity(x.len() / k * n);
                for rows in x.chunks(ROWS * k) {
                    chunk(product, rows, *k, *pad, &mut out).map_err(failed)?;
                    out.truncate(out.len() / n * n);
                }
                Ok(out)
            }
            Self::Device {
                product,
                device,
                k,
                narrow,
            } => {
                let x = Tensor::from_slice(x, (x.len() / k, *k), device).and_then(|x| x.to_dtype(*narrow));
                let y = x.and_then(|x| product.forward(&x)).and_then(|y| y.to_dtype(DType::F32));
                y.and_then(|y| y.flatten_all()?.to_vec1()).map_err(failed)
            }
        }
    }
}

/// One call of candle's product on at most [`ROWS`] rows, its results appended to `out`.
fn chunk(product: &QMatMul, rows: &[f32], k: usize, pad: Pad, out: &mut Vec<f32>) -> candle_core::Result<()> {
    let real = rows.len() / k;
    let mut filled = rows.to_vec();
    filled.resize(pad.rows(real) * k, 0.0);
    let y = product.forward(&Tensor::from_vec(filled, (pad.rows(real), k), &Device::Cpu)?)?;
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
    let one = TensorView {
        dtype: view.dtype,
        shape: &shape,
        bytes,
    };
    match view.dtype {
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

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> + '_ {
    bytes.as_chunks::<2>().0.iter().copied()
}

fn widen(view: TensorView<'_>) -> Vec<f32> {
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

/// ggml's Q8_0: per 32 values a 16-bit scale and 32 bytes.
fn split_q8(bytes: &[u8]) -> (Vec<i8>, Vec<f32>) {
    let blocks = bytes.as_chunks::<{ GROUP + 2 }>().0;
    let scales = blocks
        .iter()
        .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
        .collect();
    let values = blocks
        .iter()
        .flat_map(|b| b[2..].iter().map(|&v| v.cast_signed()))
        .collect();
    (values, scales)
}

fn broken(name: &str, cause: impl std::fmt::Display) -> Fatal {
    let help = "import the model again, or use a file with types F32, F16, BF16, Q8_0, Q4_K or Q6_K";
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
