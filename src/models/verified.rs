//! The gate: a model that was located is hashed from end to end, and only then can anything be read from it.
//!
//! In: a [`Located`], which names files and pins digests. Out: a [`Verified`], the only door to weights.
//! Deliberately absent: parsing, and any way to make a [`Verified`] without hashing.
//! Start at [`Located::open`].

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bytes::Bytes;
use super::manifest::{Manifest, PinnedFile, hex};
use super::novice;
use crate::problem::{Exit, Fatal};

/// Most bytes of a file that is not weights; the largest published tokenizer.json has 34 MB.
pub(super) const SMALL_CAP: u64 = 128 << 20;

/// A model that exists, with the digests it is pinned to; nothing has been read yet. Crosses to the judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located {
    manifest: Manifest,
    /// None for the model inside the binary.
    directory: Option<PathBuf>,
}

/// A file to grant to the process that opens the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocatedFile {
    pub path: PathBuf,
    pub bytes: u64,
    /// Lower-case hex.
    pub sha256: String,
}

impl Located {
    pub(super) fn new(manifest: Manifest, directory: Option<PathBuf>) -> Self {
        Self { manifest, directory }
    }

    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Files the judge must be able to read; empty for the model inside the binary.
    #[must_use]
    pub fn files(&self) -> Vec<LocatedFile> {
        let Some(directory) = &self.directory else {
            return Vec::new();
        };
        let located = |file: &PinnedFile| LocatedFile {
            path: directory.join(&file.name),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        self.manifest.files.iter().map(located).collect()
    }

    /// Maps and hashes every file. Exit 5 naming file, expected and found digest when one differs.
    pub fn open(&self) -> Result<Verified, Fatal> {
        let mut files = BTreeMap::new();
        for pinned in &self.manifest.files {
            let bytes = match &self.directory {
                Some(directory) => load(&directory.join(&pinned.name))?,
                None => embedded(&pinned.name)?,
            };
            compare(&self.manifest.name, pinned, &bytes)?;
            // Hashing went through all of it; what loading needs is read again, piece by piece.
            bytes.give_back(0..bytes.len());
            files.insert(pinned.name.clone(), bytes);
        }
        Ok(Verified {
            manifest: self.manifest.clone(),
            files,
        })
    }
}

/// A model whose every byte has been hashed and found to be what its manifest pins.
#[derive(Debug, Clone)]
pub struct Verified {
    manifest: Manifest,
    files: BTreeMap<String, Bytes>,
}

impl Verified {
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Identity: SHA-256 over the sorted `sha256  name` lines, lower-case hex.
    #[must_use]
    pub fn digest(&self) -> String {
        self.manifest.digest()
    }

    pub(super) fn files(&self) -> &BTreeMap<String, Bytes> {
        &self.files
    }

    /// A model from files that pin themselves: for tests of this crate only.
    #[cfg(test)]
    pub(crate) fn unpinned(
        family: super::hyper::Family,
        profile: super::manifest::Profile,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Self {
        let files: BTreeMap<_, _> = files
            .into_iter()
            .map(|(name, bytes)| (name, Bytes::Owned(bytes.into())))
            .collect();
        let pin = |(name, bytes): (&String, &Bytes)| PinnedFile {
            name: name.clone(),
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(&**bytes)),
        };
        let manifest = Manifest {
            name: "unpinned".into(),
            family,
            profile,
            context: 1024,
            licence: "none".into(),
            source: "a test".into(),
            starter: false,
            calibration: super::manifest::Calibration::default(),
            languages: Vec::new(),
            memory: super::manifest::MemoryHints::default(),
            files: files.iter().map(pin).collect(),
        };
        Self { manifest, files }
    }
}

/// Opens a regular file for reading; never follows a link in the last place, never waits on a pipe.
pub(super) fn open_plain(path: &Path) -> Result<File, Fatal> {
    let refuse = |cause: String| {
        let what = format!("the model file {} cannot be opened", path.display());
        Fatal::new(Exit::Integrity, what, "remove the model and import it again").because(cause)
    };
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(|error| refuse(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| refuse(error.to_string()))?;
    if metadata.is_file() {
        Ok(file)
    } else {
        Err(refuse("it is not a regular file".into()))
    }
}

/// Weights are mapped; the rest is small and read, so that nothing can change it after it was hashed.
pub(super) fn load(path: &Path) -> Result<Bytes, Fatal> {
    let file = open_plain(path)?;
    let large = path
        .extension()
        .is_some_and(|ending| ending == "gguf" || ending == "safetensors");
    let bytes = if large {
        Bytes::map(&file)
    } else {
        Bytes::read(&file, SMALL_CAP)
    };
    bytes.map_err(|error| {
        let what = format!("the model file {} cannot be read", path.display());
        Fatal::new(Exit::Integrity, what, "remove the model and import it again").because(error)
    })
}

fn embedded(name: &str) -> Result<Bytes, Fatal> {
    novice::file(name).ok_or_else(|| {
        let what = format!("the starter model pins `{name}`, which the program does not carry");
        Fatal::new(Exit::Integrity, what, "install the program again")
    })
}

fn compare(model: &str, pinned: &PinnedFile, bytes: &[u8]) -> Result<(), Fatal> {
    let found = hex(&Sha256::digest(bytes));
    if found == pinned.sha256 && bytes.len() as u64 == pinned.bytes {
        return Ok(());
    }
    let what = format!(
        "the model `{model}` was modified: its file `{}` is not the one that was imported",
        pinned.name
    );
    let help = format!("find out who changed it; then remove `{model}` and import it again from a source you trust");
    Err(Fatal::new(Exit::Integrity, what, help)
        .because(format!(
            "expected SHA-256 {} over {} bytes",
            pinned.sha256, pinned.bytes
        ))
        .because(format!("found    SHA-256 {found} over {} bytes", bytes.len())))
}
