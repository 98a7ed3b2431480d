//! safetensors: eight bytes of length, a JSON header, then tensors.
//!
//! In: the bytes of one file, which may be hostile. Out: a place per tensor, or a [`Fatal`] that names it.
//! Deliberately absent: sharding and names (`parts`, `names`). The crate of that name serves as the oracle of the
//! tests; this reader refuses names that stand twice and offsets that overflow, and words its errors for users.
//! Start at [`parse`]. Format: <https://huggingface.co/docs/safetensors>.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::dtype::Dtype;
use super::fault::{damaged, quoted};
use crate::problem::Fatal;

/// Most bytes of a header; the largest published ones are below three million.
const HEADER_CAP: u64 = 16 << 20;
const TENSOR_CAP: usize = 1 << 16;
const DIMENSION_CAP: usize = 4;

/// Where a tensor lies, and its type as the file spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    /// ggml's name for the type, or the file's where ggml has none (`F8_E4M3`).
    pub(super) dtype: Result<Dtype, String>,
    pub(super) shape: Vec<usize>,
    /// Bytes from the start of the file.
    pub(super) range: Range<usize>,
}

/// Reads the header of `data`, the whole of `file` or its first bytes, the file being `length` bytes long.
pub(super) fn parse(file: &str, data: &[u8], length: usize) -> Result<BTreeMap<String, Tensor>, Fatal> {
    tensors(data, length).map_err(|cause| damaged(file, cause))
}

fn tensors(data: &[u8], length: usize) -> Result<BTreeMap<String, Tensor>, String> {
    let size = data
        .first_chunk::<8>()
        .ok_or("byte 0: the file is shorter than the eight bytes of a header length")?;
    let size = u64::from_le_bytes(*size);
    if size > HEADER_CAP {
        return Err(format!(
            "byte 0: the header claims {size} bytes; at most {HEADER_CAP} are accepted"
        ));
    }
    let start = 8 + size as usize;
    let header = data
        .get(8..start)
        .ok_or_else(|| format!("byte 8: the header of {size} bytes is cut short"))?;
    let header: Header = serde_json::from_slice(header).map_err(|error| format!("byte 8: the header: {error}"))?;
    let mut tensors = BTreeMap::new();
    for (name, entry) in header.0 {
        let shown = quoted(&name);
        let tensor = locate(&entry, start, length).map_err(|cause| format!("tensor {shown}: {cause}"))?;
        if tensors.insert(name, tensor).is_some() {
            return Err(format!("the tensor {shown} stands twice"));
        }
    }
    refuse_overlaps(&tensors)?;
    Ok(tensors)
}

fn locate(entry: &Entry, start: usize, length: usize) -> Result<Tensor, String> {
    if entry.shape.len() > DIMENSION_CAP {
        return Err(format!(
            "{} dimensions; at most {DIMENSION_CAP} are accepted",
            entry.shape.len()
        ));
    }
    if entry.shape.contains(&0) {
        return Err("a dimension is 0".into());
    }
    let [first, end] = entry.data_offsets;
    let bytes = end
        .checked_sub(first)
        .ok_or_else(|| format!("its end {end} lies before its start {first}"))?;
    if end > (length - start) as u64 {
        return Err(format!(
            "its data ends at {end}, but the file holds {} bytes of data",
            length - start
        ));
    }
    let dtype = dtype(&entry.dtype);
    if let Ok(dtype) = dtype {
        let wanted = dtype.bytes_of(&entry.shape)?;
        if wanted != bytes {
            return Err(format!(
                "{dtype} of shape {:?} takes {wanted} bytes, not {bytes}",
                entry.shape
            ));
        }
    }
    let shape = entry
        .shape
        .iter()
        .map(|dim| usize::try_from(*dim))
        .collect::<Result<Vec<_>, _>>();
    let shape = shape.map_err(|_| "a dimension is too large for this machine")?;
    Ok(Tensor {
        dtype,
        shape,
        range: start + first as usize..start + end as usize,
    })
}

fn refuse_overlaps(tensors: &BTreeMap<String, Tensor>) -> Result<(), String> {
    let mut spans = tensors
        .iter()
        .map(|(name, tensor)| (&tensor.range, name))
        .collect::<Vec<_>>();
    spans.sort_by_key(|(range, _)| (range.start, range.end));
    match spans.windows(2).find(|pair| pair[1].0.start < pair[0].0.end) {
        Some(pair) => Err(format!(
            "the tensors {} and {} overlap",
            quoted(pair[0].1),
            quoted(pair[1].1)
        )),
        None => Ok(()),
    }
}

fn dtype(name: &str) -> Result<Dtype, String> {
    Ok(match name {
        "F64" => Dtype::F64,
        "F32" => Dtype::F32,
        "F16" => Dtype::F16,
        "BF16" => Dtype::BF16,
        "I64" => Dtype::I64,
        "I32" => Dtype::I32,
        "I16" => Dtype::I16,
        // Bytes that only the engine's unpacking of blocks looks at.
        "I8" | "U8" => Dtype::I8,
        other => return Err(other.chars().take(32).collect()),
    })
}

#[derive(serde::Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// The header in file order, so that a name that stands twice is seen.
struct Header(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one entry per tensor")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Header, M::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if entries.len() == TENSOR_CAP {
                return Err(serde::de::Error::custom(format!("more than {TENSOR_CAP} tensors")));
            }
            let entry = map.next_value::<Entry>();
            let entry =
                entry.map_err(|error| serde::de::Error::custom(format!("tensor {}: {error}", quoted(&name))))?;
            entries.push((name, entry));
        }
        Ok(Header(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::safetensors::tensor::{SafeTensors, TensorView, serialize};

    fn sample() -> Vec<u8> {
        let floats = [1f32, 2.0, 3.0, 4.0, 5.0, 6.0].map(f32::to_le_bytes).concat();
        let halves = [0u8; 8];
        let views = [
            (
                "a.weight",
                TensorView::new(::safetensors::Dtype::F32, vec![2, 3], &floats).unwrap(),
            ),
            (
                "b",
                TensorView::new(::safetensors::Dtype::BF16, vec![4], &halves).unwrap(),
            ),
        ];
        serialize(views, None).unwrap()
    }

    fn with_header(header: &str, data: usize) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.resize(file.len() + data, 0);
        file
    }

    #[test]
    fn agrees_with_the_crate_on_every_tensor() {
        let file = sample();
        let ours = parse("x", &file, file.len()).unwrap();
        let theirs = SafeTensors::deserialize(&file).unwrap();
        assert_eq!(ours.len(), theirs.len());
        for (name, view) in theirs.tensors() {
            let tensor = &ours[&name];
            assert_eq!(
                (&file[tensor.range.clone()], tensor.shape.as_slice()),
                (view.data(), view.shape())
            );
        }
    }

    #[test]
    fn a_file_cut_at_any_byte_is_refused_without_a_panic() {
        let file = sample();
        for end in 0..file.len() {
            assert!(parse("x", &file[..end], end).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn hostile_headers_are_refused_with_the_tensor_named() {
        let cases = [
            (
                r#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
                "stands twice",
            ),
            (
                r#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
                "overlap",
            ),
            (
                r#"{"t":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,16]}}"#,
                "overflows",
            ),
            (
                r#"{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
                "takes 12 bytes, not 8",
            ),
            (
                r#"{"t":{"dtype":"I8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}}"#,
                "ends at",
            ),
            (
                r#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
                "before its start",
            ),
            (
                r#"{"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
                "dimension is 0",
            ),
            (
                r#"{"t":{"dtype":"F32","shape":[1,1,1,1,2],"data_offsets":[0,8]}}"#,
                "5 dimensions",
            ),
            (r#"{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "`t`"),
            ("[]", "one entry per tensor"),
            ("{", "header"),
        ];
        for (header, expected) in cases {
            let file = with_header(header, 16);
            let error = parse("x", &file, file.len()).unwrap_err().to_string();
            assert!(error.contains(expected), "{header}: {error}");
        }
        let error = parse("x", &u64::MAX.to_le_bytes(), 8).unwrap_err().to_string();
        assert!(error.contains("claims 18446744073709551615 bytes"), "{error}");
    }

    #[test]
    fn nested_arrays_do_not_exhaust_the_stack() {
        let file = with_header(&format!("{{\"__metadata__\":{}", "[".repeat(200_000)), 0);
        assert!(parse("x", &file, file.len()).is_err());
    }
}
