//! GGUF, versions 2 and 3: a header of keys and values, a directory of tensors, then their bytes.
//!
//! In: the bytes of a file, which may be hostile. Out: [`Gguf`], or a [`Fatal`] that names file, byte and key or tensor.
//! Deliberately absent: copies of anything large, meaning of keys, big-endian files, version 1.
//! Start at [`Gguf::parse`]. The format is written down in ggml's `docs/gguf.md`.

mod access;
mod cursor;
#[cfg(test)]
pub(crate) mod forge;
#[cfg(test)]
mod hostile;
mod hyper;
mod traits;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use self::cursor::Cursor;
use self::value::Value;
use super::bytes::Bytes;
use super::dtype::Dtype;
use super::fault::{damaged, quoted};
use crate::problem::Fatal;

/// Most keys; real files have fewer than a hundred.
const KEY_CAP: u64 = 1 << 16;
/// Most tensors; the largest dense models have a few thousand.
const TENSOR_CAP: u64 = 1 << 16;
/// Longest key, in bytes, by the format.
const KEY_LENGTH_CAP: u64 = (1 << 16) - 1;
/// Longest tensor name, in bytes; ggml itself stops at 64.
const NAME_LENGTH_CAP: u64 = 128;
const DIMENSION_CAP: u32 = 4;

/// A parsed file: everything small in tables, everything large still in place.
#[derive(Debug, Clone)]
pub(crate) struct Gguf {
    file: String,
    bytes: Bytes,
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, Tensor>,
}

/// Where a tensor lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tensor {
    pub(crate) dtype: Dtype,
    /// Outermost first: the reverse of the order in the file.
    pub(crate) shape: Vec<usize>,
    /// Bytes from the start of the file.
    pub(crate) range: Range<usize>,
}

impl Gguf {
    /// Reads header and directory. `file` is the name for messages; `bytes` may be only the head of the file.
    pub(crate) fn parse(file: &str, bytes: Bytes) -> Result<Self, Fatal> {
        let (metadata, tensors) = parse(&bytes, bytes.file_length()).map_err(|cause| damaged(file, cause))?;
        Ok(Self {
            file: file.into(),
            bytes,
            metadata,
            tensors,
        })
    }

    pub(crate) fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }
}

type Parts = (BTreeMap<String, Value>, BTreeMap<String, Tensor>);

fn parse(data: &[u8], length: usize) -> Result<Parts, String> {
    let mut cursor = Cursor::new(data, 0);
    let magic = cursor.take(4, "magic number")?;
    if magic != b"GGUF" {
        return Err(format!("byte 0: the file opens with {magic:02x?}, not with `GGUF`"));
    }
    version(cursor.u32("version")?)?;
    let tensor_count = cursor.count(TENSOR_CAP, 24, "tensor count")?;
    let key_count = cursor.count(KEY_CAP, 13, "key count")?;
    let metadata = keys(&mut cursor, key_count)?;
    let alignment = alignment(&metadata)?;
    let directory = directory(&mut cursor, tensor_count)?;
    let start = cursor
        .at()
        .checked_next_multiple_of(alignment)
        .ok_or("the header's end overflows")?;
    let tensors = place(directory, start, alignment, length)?;
    Ok((metadata, tensors))
}

fn version(version: u32) -> Result<(), String> {
    match version {
        2 | 3 => Ok(()),
        0x0200_0000 | 0x0300_0000 => {
            Err("byte 4: the file is big-endian; this program reads little-endian GGUF".into())
        }
        other => Err(format!(
            "byte 4: GGUF version {other}; this program reads versions 2 and 3"
        )),
    }
}

fn keys(cursor: &mut Cursor<'_>, count: usize) -> Result<BTreeMap<String, Value>, String> {
    let mut metadata = BTreeMap::new();
    for _ in 0..count {
        let at = cursor.at();
        let key = text(cursor.string(KEY_LENGTH_CAP, "key length")?, at, "key")?;
        let value = value::kind(cursor)
            .and_then(|kind| value::read(cursor, kind, 0))
            .map_err(|cause| format!("key {}: {cause}", quoted(&key)))?;
        if metadata.contains_key(&key) {
            return Err(format!("byte {at}: the key {} stands twice", quoted(&key)));
        }
        metadata.insert(key, value);
    }
    Ok(metadata)
}

fn text(bytes: &[u8], at: usize, what: &str) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| format!("byte {at}: a {what} is not UTF-8"))
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<usize, String> {
    match metadata.get("general.alignment") {
        None => Ok(32),
        Some(Value::Unsigned(value @ (8 | 16 | 32 | 64 | 128 | 256 | 512 | 1024 | 2048 | 4096))) => Ok(*value as usize),
        Some(other) => Err(format!(
            "key `general.alignment` is {other:?}; a power of two from 8 to 4096 is accepted"
        )),
    }
}

/// A directory entry as it stands in the file, before its place is checked.
struct Entry {
    name: String,
    /// Byte offset of the entry itself.
    at: usize,
    dtype: Dtype,
    shape: Vec<u64>,
    /// Byte offset from the start of the tensor data.
    offset: u64,
}

fn directory(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        entries.push(entry(cursor)?);
    }
    Ok(entries)
}

fn entry(cursor: &mut Cursor<'_>) -> Result<Entry, String> {
    let at = cursor.at();
    let name = text(cursor.string(NAME_LENGTH_CAP, "tensor name length")?, at, "tensor name")?;
    let here = |cause: String| format!("tensor {}: {cause}", quoted(&name));
    let rank = cursor.u32("number of dimensions").map_err(here)?;
    if rank == 0 || rank > DIMENSION_CAP {
        return Err(here(format!(
            "byte {at}: {rank} dimensions; 1 to {DIMENSION_CAP} are accepted"
        )));
    }
    let mut shape = Vec::with_capacity(rank as usize);
    for _ in 0..rank {
        shape.push(cursor.u64("dimension").map_err(here)?);
    }
    if shape.contains(&0) {
        return Err(here(format!("byte {at}: a dimension is 0")));
    }
    shape.reverse();
    let dtype = Dtype::of_id(cursor.u32("type").map_err(here)?)
        .map_err(|type_name| here(format!("byte {at}: tensor type {type_name} is not a known one")))?;
    let offset = cursor.u64("offset").map_err(here)?;
    Ok(Entry {
        name,
        at,
        dtype,
        shape,
        offset,
    })
}

/// Checks that every tensor lies inside the file, aligned, named once, and apart from the others.
fn place(
    entries: Vec<Entry>,
    start: usize,
    alignment: usize,
    length: usize,
) -> Result<BTreeMap<String, Tensor>, String> {
    let mut tensors = BTreeMap::new();
    for entry in entries {
        let shown = quoted(&entry.name);
        let at = entry.at;
        let tensor =
            locate(&entry, start, alignment, length).map_err(|cause| format!("byte {at}: tensor {shown}: {cause}"))?;
        if tensors.insert(entry.name, tensor).is_some() {
            return Err(format!("byte {at}: the tensor {shown} stands twice"));
        }
    }
    let mut spans = tensors
        .iter()
        .map(|(name, tensor)| (tensor.range.clone(), name))
        .collect::<Vec<_>>();
    spans.sort_by_key(|(range, _)| range.start);
    for pair in spans.windows(2) {
        let ((left, left_name), (right, right_name)) = (&pair[0], &pair[1]);
        if right.start < left.end {
            let both = format!("{} and {}", quoted(left_name), quoted(right_name));
            return Err(format!("byte {}: the tensors {both} overlap", right.start));
        }
    }
    Ok(tensors)
}

fn locate(entry: &Entry, start: usize, alignment: usize, length: usize) -> Result<Tensor, String> {
    let bytes = entry.dtype.bytes_of(&entry.shape)?;
    if !entry.offset.is_multiple_of(alignment as u64) {
        return Err(format!(
            "offset {} is not a multiple of the alignment {alignment}",
            entry.offset
        ));
    }
    let first = (start as u64)
        .checked_add(entry.offset)
        .ok_or("its offset overflows 64 bits")?;
    let end = first.checked_add(bytes).ok_or("its end overflows 64 bits")?;
    if end > length as u64 {
        return Err(format!(
            "its {bytes} bytes end at byte {end}, but the file has {length}"
        ));
    }
    let shape = entry.shape.iter().map(|dim| usize::try_from(*dim));
    let shape = shape
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "a dimension is too large for this machine")?;
    // Both ends are at most `length`, which is a usize.
    Ok(Tensor {
        dtype: entry.dtype,
        shape,
        range: first as usize..end as usize,
    })
}
