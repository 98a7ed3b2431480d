//! Modules as bytes, so that a file that has not changed need not be parsed again.
//!
//! In: a pack (bytes of an earlier run) and files. Out: [`Known`], which gives back the module of a file whose path and
//! content are those of a record; and records of modules for the next pack. A pack is hostile input: everything is checked
//! for bounds before it is used, indices and nesting too, and a record that is not what its digest says is no record.
//! Deliberately absent: files and pipes; the facts of later stages, which depend on more than one file.
//! Start at [`Known::read`] and [`record`]; the form of bytes is in `keep/bytes.rs`.

mod bytes;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::form::Module;
use super::languages;
use crate::source::SourceFile;

/// What names a file's module: digest of its path, which decides the language, and of its content.
type Key = [u8; 32];

/// Key, digest of the bytes, length of the bytes.
const HEAD: usize = 32 + 32 + 4;

/// Records of a pack, not yet looked into.
pub struct Known<'a> {
    records: HashMap<Key, &'a [u8]>,
    /// Bytes of all records.
    pub size: usize,
}

/// How a pack of this program begins; whatever begins otherwise was written by another one.
pub fn heading(build: &str) -> Vec<u8> {
    format!("anchorite modules 1 {build}\n").into_bytes()
}

impl<'a> Known<'a> {
    pub fn nothing() -> Self {
        Self {
            records: HashMap::new(),
            size: 0,
        }
    }

    /// `None` where a record is cut short. Of several with one key the last counts.
    pub fn read(pack: &'a [u8], build: &str) -> Option<Self> {
        let mut known = Self::nothing();
        let Some(mut rest) = pack.strip_prefix(heading(build).as_slice()) else {
            return Some(known);
        };
        known.size = rest.len();
        while !rest.is_empty() {
            let (head, behind) = rest.split_at_checked(HEAD)?;
            let length = u32::from_le_bytes(head[64..].try_into().ok()?) as usize;
            let (_, behind) = behind.split_at_checked(length)?;
            known
                .records
                .insert(head[..32].try_into().ok()?, &rest[..HEAD + length]);
            rest = behind;
        }
        Some(known)
    }

    pub fn find(&self, file: &SourceFile) -> Found {
        let Some(record) = self.records.get(&key(file)) else {
            return Found::Nothing;
        };
        let (head, body) = record.split_at(HEAD);
        let row = languages::row_of(&file.path, super::head(&file.text));
        let row = row.filter(|_| head[32..64] == Sha256::digest(body)[..]);
        let module = row.and_then(|row| bytes::decode(body, file.id, row.name));
        module.map_or(Found::Broken, |module| Found::Module(module, record.len()))
    }
}

/// What a pack knows of a file.
pub enum Found {
    Nothing,
    /// Its module, and the bytes of the record.
    Module(Module, usize),
    /// Its record is not what its digest says.
    Broken,
}

/// The record of a file's module; `None` for what is no code, and for a module that is too large or nests too deep.
pub fn record(file: &SourceFile, module: &Module) -> Option<Vec<u8>> {
    languages::row_of(&file.path, super::head(&file.text))?;
    let body = bytes::encode(module)?;
    let mut record = Vec::with_capacity(HEAD + body.len());
    record.extend(key(file));
    record.extend(Sha256::digest(&body));
    record.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
    record.extend(body);
    Some(record)
}

fn key(file: &SourceFile) -> Key {
    let mut hash = Sha256::new();
    hash.update(file.digest);
    hash.update(file.path.as_bytes());
    hash.finalize().into()
}
