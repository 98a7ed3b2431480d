//! Every tensor type a GGUF file can name: its id, its name, how many values a block holds and how many bytes.
//!
//! In: a ggml type id. Out: a [`Dtype`]. safetensors types use the same ids where ggml has one.
//! Deliberately absent: decoding; the engine does that for the types in [`Dtype::SUPPORTED`].
//! Start at [`Dtype::of_id`].

use serde::{Deserialize, Serialize};

/// A tensor type, named as ggml names it; the discriminant is ggml's id.
#[allow(
    non_camel_case_types,
    reason = "these are the names that users know from file names and other tools"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dtype {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q8_1 = 9,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    Q8_K = 15,
    IQ2_XXS = 16,
    IQ2_XS = 17,
    IQ3_XXS = 18,
    IQ1_S = 19,
    IQ4_NL = 20,
    IQ3_S = 21,
    IQ2_S = 22,
    IQ4_XS = 23,
    I8 = 24,
    I16 = 25,
    I32 = 26,
    I64 = 27,
    F64 = 28,
    IQ1_M = 29,
    BF16 = 30,
    TQ1_0 = 34,
    TQ2_0 = 35,
    MXFP4 = 39,
    NVFP4 = 40,
    Q1_0 = 41,
}

/// Type, name, values per block, bytes per block.
const TABLE: &[(Dtype, &str, u64, u64)] = &[
    (Dtype::F32, "F32", 1, 4),
    (Dtype::F16, "F16", 1, 2),
    (Dtype::Q4_0, "Q4_0", 32, 18),
    (Dtype::Q4_1, "Q4_1", 32, 20),
    (Dtype::Q5_0, "Q5_0", 32, 22),
    (Dtype::Q5_1, "Q5_1", 32, 24),
    (Dtype::Q8_0, "Q8_0", 32, 34),
    (Dtype::Q8_1, "Q8_1", 32, 36),
    (Dtype::Q2_K, "Q2_K", 256, 84),
    (Dtype::Q3_K, "Q3_K", 256, 110),
    (Dtype::Q4_K, "Q4_K", 256, 144),
    (Dtype::Q5_K, "Q5_K", 256, 176),
    (Dtype::Q6_K, "Q6_K", 256, 210),
    (Dtype::Q8_K, "Q8_K", 256, 292),
    (Dtype::IQ2_XXS, "IQ2_XXS", 256, 66),
    (Dtype::IQ2_XS, "IQ2_XS", 256, 74),
    (Dtype::IQ3_XXS, "IQ3_XXS", 256, 98),
    (Dtype::IQ1_S, "IQ1_S", 256, 50),
    (Dtype::IQ4_NL, "IQ4_NL", 32, 18),
    (Dtype::IQ3_S, "IQ3_S", 256, 110),
    (Dtype::IQ2_S, "IQ2_S", 256, 82),
    (Dtype::IQ4_XS, "IQ4_XS", 256, 136),
    (Dtype::I8, "I8", 1, 1),
    (Dtype::I16, "I16", 1, 2),
    (Dtype::I32, "I32", 1, 4),
    (Dtype::I64, "I64", 1, 8),
    (Dtype::F64, "F64", 1, 8),
    (Dtype::IQ1_M, "IQ1_M", 256, 56),
    (Dtype::BF16, "BF16", 1, 2),
    (Dtype::TQ1_0, "TQ1_0", 256, 54),
    (Dtype::TQ2_0, "TQ2_0", 256, 66),
    (Dtype::MXFP4, "MXFP4", 32, 17),
    (Dtype::NVFP4, "NVFP4", 64, 36),
    (Dtype::Q1_0, "Q1_0", 128, 18),
];

/// Ids that once meant a type and were withdrawn from the format.
const WITHDRAWN: &[(u32, &str)] = &[
    (4, "Q4_2"),
    (5, "Q4_3"),
    (31, "Q4_0_4_4"),
    (32, "Q4_0_4_8"),
    (33, "Q4_0_8_8"),
    (36, "IQ4_NL_4_4"),
    (37, "IQ4_NL_4_8"),
    (38, "IQ4_NL_8_8"),
];

impl Dtype {
    /// Types the engine can compute with; a model with any other is refused by name.
    pub const SUPPORTED: &[Self] = &[
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2_K,
        Self::Q3_K,
        Self::Q4_K,
        Self::Q5_K,
        Self::Q6_K,
        Self::IQ4_NL,
        Self::IQ4_XS,
        Self::MXFP4,
    ];

    /// The type with ggml's `id`, or what that id is called (or was), for an error message.
    pub fn of_id(id: u32) -> Result<Self, String> {
        if let Some(row) = TABLE.iter().find(|row| row.0 as u32 == id) {
            return Ok(row.0);
        }
        Err(match WITHDRAWN.iter().find(|row| row.0 == id) {
            Some((_, name)) => format!("{id} ({name}, withdrawn from the format)"),
            None => format!("{id} (unknown)"),
        })
    }

    /// ggml's id of this type.
    #[must_use]
    pub fn id(self) -> u32 {
        self as u32
    }

    /// `Q4_K`, `BF16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Values per block; a row's length must be a multiple of it.
    #[must_use]
    pub fn block_values(self) -> u64 {
        self.row().2
    }

    /// Bytes per block.
    #[must_use]
    pub fn block_bytes(self) -> u64 {
        self.row().3
    }

    /// Bytes of a tensor of `shape` (outermost first); an error says why there is no such tensor.
    pub fn bytes_of(self, shape: &[u64]) -> Result<u64, String> {
        let inner = shape.last().copied().unwrap_or(1);
        let (values, bytes) = (self.block_values(), self.block_bytes());
        if !inner.is_multiple_of(values) {
            return Err(format!(
                "rows of {inner} values do not divide into {} blocks of {values}",
                self.name()
            ));
        }
        let count = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
        count
            .and_then(|count| (count / values).checked_mul(bytes))
            .ok_or_else(|| format!("the shape {shape:?} overflows 64 bits"))
    }

    /// The supported types as a list for messages.
    #[must_use]
    pub fn supported_names() -> String {
        Self::SUPPORTED
            .iter()
            .map(|dtype| dtype.name())
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn row(self) -> &'static (Self, &'static str, u64, u64) {
        TABLE
            .iter()
            .find(|row| row.0 == self)
            .expect("the table has one row per variant, checked by a test")
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_below_64_is_a_type_or_says_what_it_is() {
        let known = (0..64).filter_map(|id| Dtype::of_id(id).ok()).collect::<Vec<_>>();
        assert_eq!(known.len(), TABLE.len());
        assert!(
            known
                .iter()
                .all(|dtype| Dtype::of_id(dtype.id()) == Ok(*dtype) && !dtype.name().is_empty())
        );
        assert_eq!(Dtype::of_id(4), Err("4 (Q4_2, withdrawn from the format)".into()));
        assert_eq!(Dtype::of_id(63), Err("63 (unknown)".into()));
    }

    #[test]
    fn sizes_follow_blocks_and_never_wrap() {
        assert_eq!(Dtype::Q4_K.bytes_of(&[10, 512]), Ok(10 * 2 * 144));
        assert_eq!(Dtype::F32.bytes_of(&[]), Ok(4));
        assert!(Dtype::Q4_K.bytes_of(&[256, 100]).is_err());
        assert!(Dtype::F32.bytes_of(&[u64::MAX, 2]).is_err());
        assert!(Dtype::F32.bytes_of(&[u64::MAX]).is_err());
    }
}
