//! Tensors of the file in, matrices in the layout of their kernels out; each is copied once.
//!
//! Rows of a matrix and planes of a stack are packed straight from the file, so neither a fused matrix nor a layer's
//! experts are ever copied as a whole.
//! Deliberately absent: products ([`super::weight`]) and names of tensors (the families). Start at [`Loader::linear`].

use std::ops::Range;

use anchorite_kernels::gemm::{Panels, Rows};
use anchorite_kernels::linear::Packed;
use candle_core::Device;

use super::crew::Crew;
use super::unpack;
use super::weight::{Linear, Matrix, broken, kind, pairs, vector, widen};
use crate::models::{Dtype, ExpertForm, TensorView, Weights};
use crate::problem::{Exit, Fatal};

/// What loading takes.
#[derive(Clone, Copy)]
pub(super) struct Loader<'a> {
    weights: &'a Weights,
    device: &'a Device,
    crew: &'a Crew,
    /// Whether activations keep fifteen bits.
    fine: bool,
    /// What matrices of floats become.
    quantize: Option<Dtype>,
}

/// One matrix of an expert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Gate,
    Up,
    Down,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        weights: &'a Weights,
        device: &'a Device,
        crew: &'a Crew,
        quantize: Option<Dtype>,
    ) -> Result<Self, Fatal> {
        let mut fine = quantize != Some(Dtype::Q4_K);
        for name in weights.names() {
            let dtype = weights.tensor(name)?.dtype;
            fine &= matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::Q8_0);
        }
        Ok(Self {
            weights,
            device,
            crew,
            fine,
            quantize,
        })
    }

    /// The matrix called `name`.
    pub(super) fn matrix(&self, name: &str) -> Result<Matrix, Fatal> {
        let view = self.weights.tensor(name)?;
        let &[n, k] = view.shape else {
            return Err(not_a_matrix(name, &view));
        };
        let matrix = self.pack(name, (view.dtype, view.bytes), (n, k), true)?;
        self.weights.give_back(name)?;
        Ok(matrix)
    }

    /// The matrix called `name.weight`, with `name.bias` if there is one.
    pub(super) fn linear(&self, name: &str) -> Result<Linear, Fatal> {
        Ok(Linear {
            matrix: self.matrix(&format!("{name}.weight"))?,
            bias: self.bias(name)?,
        })
    }

    /// The same as it lies in the file, whatever other matrices become: routers are small and choose.
    pub(super) fn unchanged(&self, name: &str) -> Result<Linear, Fatal> {
        let plain = Self {
            quantize: None,
            ..*self
        };
        plain.linear(name)
    }

    /// Rows of the matrix called `name.weight`, and of its bias.
    pub(super) fn rows(&self, name: &str, rows: Range<usize>) -> Result<Linear, Fatal> {
        let whole = format!("{name}.weight");
        let view = self.weights.tensor(&whole)?;
        let &[_, k] = view.shape else {
            return Err(not_a_matrix(&whole, &view));
        };
        Ok(Linear {
            matrix: self.pack(&whole, (view.dtype, view.rows(rows.clone())), (rows.len(), k), true)?,
            bias: self.bias(name)?.map(|bias| bias[rows].to_vec()),
        })
    }

    /// Matrix `index` of the stack called `name`, `[count, n, k]`.
    pub(super) fn plane(&self, name: &str, index: usize) -> Result<Matrix, Fatal> {
        let view = self.weights.tensor(name)?.plane(index);
        let &[n, k] = view.shape else {
            return Err(not_a_matrix(name, &view));
        };
        self.pack(name, (view.dtype, view.bytes), (n, k), true)
    }

    /// Rows of a matrix as floats `[rows, k]`.
    pub(super) fn floats(&self, name: &str, rows: Range<usize>) -> Result<Vec<f32>, Fatal> {
        let mut out = Vec::new();
        for row in rows {
            out.extend(super::weight::row(self.weights, name, row)?);
        }
        Ok(out)
    }

    /// A matrix of floats that the file does not hold as it is.
    pub(super) fn made(&self, name: &str, values: &[f32], (n, k): (usize, usize)) -> Result<Matrix, Fatal> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.pack(name, (Dtype::F32, &bytes), (n, k), false)
    }

    /// One matrix of expert `expert` of layer `layer`, as the file's form has it.
    pub(super) fn expert(&self, form: ExpertForm, layer: usize, expert: usize, role: Role) -> Result<Linear, Fatal> {
        let stem = match role {
            Role::Gate => "gate",
            Role::Up => "up",
            Role::Down => "down",
        };
        let name = format!("blk.{layer}.ffn_{stem}_exps");
        match form {
            ExpertForm::Single => self.linear(&format!("{name}.{expert}")),
            ExpertForm::Stacked => Ok(Linear {
                matrix: self.plane(&format!("{name}.weight"), expert)?,
                bias: self.bias_of(&name, expert, Role::Down)?,
            }),
            ExpertForm::Columns | ExpertForm::Blocks => {
                let stem = if role == Role::Down { "down" } else { "gate_up" };
                let name = format!("blk.{layer}.ffn_{stem}_exps");
                let matrix = if form == ExpertForm::Columns {
                    self.columns(&format!("{name}.weight"), expert, role)?
                } else {
                    self.blocks(&name, expert, role)?
                };
                let bias = self.bias_of(&name, expert, role)?;
                Ok(Linear { matrix, bias })
            }
        }
    }

    /// A matrix of a stack that holds its transpose `[k, n]`, gate and value in alternating columns.
    fn columns(&self, name: &str, expert: usize, role: Role) -> Result<Matrix, Fatal> {
        let view = self.weights.tensor(name)?.plane(expert);
        let &[k, n] = view.shape else {
            return Err(not_a_matrix(name, &view));
        };
        let size = view.bytes.len() / (n * k);
        let mut bytes = Vec::with_capacity(view.bytes.len());
        let kept: Vec<usize> = role.of(n).collect();
        for column in &kept {
            for row in 0..k {
                bytes.extend_from_slice(&view.bytes[(row * n + column) * size..][..size]);
            }
        }
        self.pack(name, (view.dtype, &bytes), (kept.len(), k), true)
    }

    /// A matrix of MXFP4 whose scales lie apart, gate and value in alternating rows.
    fn blocks(&self, name: &str, expert: usize, role: Role) -> Result<Matrix, Fatal> {
        let codes = self.weights.tensor(&format!("{name}.blocks"))?;
        let scales = self.weights.tensor(&format!("{name}.scales"))?;
        let (n, groups) = (codes.shape[1], codes.shape[2]);
        let (codes, scales) = (codes.plane(expert), scales.plane(expert));
        let kept: Vec<usize> = role.of(n).collect();
        let rows = kept.iter().map(|&row| row..row + 1);
        let bytes: Vec<u8> = rows
            .flat_map(|row| unpack::together(codes.rows(row.clone()), scales.rows(row)))
            .collect();
        self.pack(name, (Dtype::MXFP4, &bytes), (kept.len(), groups * 32), true)
    }

    fn bias(&self, name: &str) -> Result<Option<Vec<f32>>, Fatal> {
        let name = format!("{name}.bias");
        self.weights.has(&name).then(|| vector(self.weights, &name)).transpose()
    }

    /// The values of an expert's row of biases that belong to a matrix.
    fn bias_of(&self, name: &str, expert: usize, role: Role) -> Result<Option<Vec<f32>>, Fatal> {
        let name = format!("{name}.bias");
        if !self.weights.has(&name) {
            return Ok(None);
        }
        let all = widen(self.weights.tensor(&name)?.plane(expert));
        Ok(Some(role.of(all.len()).map(|at| all[at]).collect()))
    }

    /// `[n, k]` in the layout of a kernel. `convert`: whether it may be quantised when the user wants that.
    fn pack(&self, name: &str, file: (Dtype, &[u8]), (n, k): (usize, usize), convert: bool) -> Result<Matrix, Fatal> {
        let failed = |cause: String| broken(name, cause);
        let (dtype, bytes) = unpack::known(file.0, file.1).map_err(failed)?;
        let (dtype, bytes) = match self.quantize.filter(|_| convert) {
            Some(to) => unpack::narrowed(to, (dtype, bytes), k).map_err(failed)?,
            None => (dtype, bytes),
        };
        let shape = [n, k];
        let view = TensorView {
            dtype,
            shape: &shape,
            bytes: &bytes,
        };
        let on_cpu = self.device.is_cpu();
        Ok(match dtype {
            Dtype::F32 | Dtype::F16 if on_cpu => Matrix::Panels(Panels::pack(Rows::F32(&widen(view)), n, k)),
            Dtype::BF16 if on_cpu => {
                let halves: Vec<u16> = pairs(&bytes).map(u16::from_le_bytes).collect();
                Matrix::Panels(Panels::pack(Rows::Bf16(&halves), n, k))
            }
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => {
                Matrix::on_device(view, (n, k), self.device).map_err(|e| broken(name, e))?
            }
            other => match kind(other).filter(|_| on_cpu) {
                Some(kind) => Matrix::Packed {
                    packed: Packed::new(self.crew, kind, &bytes, n, k)
                        .ok_or_else(|| broken(name, format!("{n} rows of {k} values are not whole blocks")))?,
                    fine: self.fine,
                },
                None => Matrix::quantised(view, (n, k), self.device).map_err(|e| broken(name, e))?,
            },
        })
    }
}

impl Role {
    /// Which of `count` alternating rows are its own.
    fn of(self, count: usize) -> std::iter::StepBy<Range<usize>> {
        match self {
            Self::Gate => (0..count).step_by(2),
            Self::Up => (1..count).step_by(2),
            Self::Down => (0..count).step_by(1),
        }
    }
}

fn not_a_matrix(name: &str, view: &TensorView<'_>) -> Fatal {
    let help = "the file is damaged or of another architecture; import the model again";
    Fatal::new(
        Exit::Integrity,
        format!("tensor `{name}` is not a matrix: {:?}", view.shape),
        help,
    )
}
