//! Takes a model into the store: judged by its headers, copied, hashed on the way, inspected, pinned, then named.
//!
//! In: a path that a person gave; what lies there may be hostile. Out: a [`Manifest`], and a folder in the store.
//! Deliberately absent: parsing (an [`Inspector`] does it), hard links (the original could change afterwards) and
//! mapping anything outside the store.
//! Start at [`import`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::fault::quoted;
use super::inspect::Inspector;
use super::manifest::{Calibration, Manifest, PinnedFile, hex};
use super::origin::{self, Origin, length};
use super::registry::{INCOMING, MANIFEST};
use super::store;
use crate::problem::{Exit, Fatal};

/// See [`super::Registry::import`].
pub(super) fn import(
    root: &Path,
    path: &Path,
    name: Option<&str>,
    inspector: &mut dyn Inspector,
) -> Result<Manifest, Fatal> {
    let path = origin::absolute(path)?;
    let source = Origin::open(&path, &look(inspector, &path)?)?;
    let name = source.name(name)?;
    store::make(root)?;
    let _lock = store::lock(root)?;
    sweep(root);
    let target = root.join(&name);
    if fs::symlink_metadata(&target).is_ok() {
        let what = format!("there is already a model `{name}`");
        let help = format!("choose another name, or remove it first: anchorite models remove {name}");
        return Err(Fatal::new(Exit::Usage, what, help));
    }
    let incoming = Incoming::begin(root, &name)?;
    let files = copy_all(&source, &incoming.folder)?;
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let inspected = inspector.inspect(&incoming.folder, &names)?;
    let manifest = Manifest {
        name,
        family: inspected.family,
        profile: inspected.profile,
        context: inspected.context,
        licence: inspected.licence,
        source: format!("imported from {}", quoted(&source.title)),
        starter: false,
        calibration: Calibration::default(),
        languages: Vec::new(),
        memory: inspected.memory,
        files,
    };
    incoming.finish(root, &target, &manifest)?;
    Ok(manifest)
}

/// Names the place that the user gave: in the store every GGUF file is called the same.
fn look(inspector: &mut dyn Inspector, path: &Path) -> Result<BTreeMap<String, String>, Fatal> {
    let chosen = inspector.look(path);
    chosen.map_err(|refusal| refusal.because(format!("it was read from {}", path.display())))
}

/// A folder under a temporary name, deleted unless it was finished.
struct Incoming {
    folder: PathBuf,
}

impl Incoming {
    fn begin(root: &Path, name: &str) -> Result<Self, Fatal> {
        let folder = root.join(format!("{INCOMING}{name}"));
        store::create_folder(&folder).map_err(|error| store::unusable(&folder, error))?;
        Ok(Self { folder })
    }

    fn finish(self, root: &Path, target: &Path, manifest: &Manifest) -> Result<(), Fatal> {
        let path = self.folder.join(MANIFEST);
        let text = manifest.to_toml();
        let written = store::create(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            store::sync(&self.folder)
        });
        written.map_err(|error| not_written(&path, text.len() as u64, &error))?;
        fs::rename(&self.folder, target).map_err(|error| store::unusable(target, error))?;
        store::sync(root).map_err(|error| store::unusable(root, error))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After `finish` there is nothing left under this name.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Deletes what imports and removals left that were killed; the caller holds the lock, so none is under way.
pub(super) fn sweep(root: &Path) {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(INCOMING)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// Copies every file into `folder` and pins what was written.
fn copy_all(source: &Origin, folder: &Path) -> Result<Vec<PinnedFile>, Fatal> {
    let mut pinned = Vec::new();
    for (name, file) in &source.files {
        let target = folder.join(name);
        let (bytes, sha256) = copy(file, &target).map_err(|error| not_written(&target, length(file), &error))?;
        pinned.push(PinnedFile {
            name: name.clone(),
            bytes,
            sha256,
        });
    }
    Ok(pinned)
}

/// Copies all of `source` into a new file, to disk. Gives length and SHA-256 of what was written.
fn copy(mut source: &File, target: &Path) -> io::Result<(u64, String)> {
    io::Seek::rewind(&mut source)?;
    let mut file = store::create(target)?;
    let (bytes, digest) = pour(source, &mut file)?;
    file.sync_all()?;
    Ok((bytes, digest))
}

fn pour(mut source: impl Read, target: &mut impl Write) -> io::Result<(u64, String)> {
    let mut buffer = vec![0; 1 << 20];
    let (mut bytes, mut digest) = (0u64, Sha256::new());
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex(&digest.finalize()))),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        target.write_all(&buffer[..count])?;
        digest.update(&buffer[..count]);
        bytes += count as u64;
    }
}

fn not_written(path: &Path, bytes: u64, error: &io::Error) -> Fatal {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let what = if full {
        format!("the disk is full: {} needs {bytes} bytes", path.display())
    } else {
        format!("{} could not be written", path.display())
    };
    let help = "free space, or name a state directory on another disk; nothing of this model was left behind";
    Fatal::new(Exit::Usage, what, help).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_what_was_needed() {
        let mut full = File::options().write(true).open("/dev/full").unwrap();
        let error = pour(&b"weights"[..], &mut full).unwrap_err();
        let message = not_written(Path::new("model.gguf"), 7, &error).to_string();
        assert!(
            message.contains("the disk is full: model.gguf needs 7 bytes") && message.contains("nothing"),
            "{message}"
        );
    }

    #[test]
    fn a_copy_that_fails_half_way_is_deleted() {
        let root = tempfile::tempdir().unwrap();
        let good = root.path().join("good");
        fs::write(&good, b"weights").unwrap();
        // A folder opens like a file and fails on the first read.
        let files = [
            ("a", File::open(&good).unwrap()),
            ("b", File::open(root.path()).unwrap()),
        ];
        let files = files.into_iter().map(|(name, file)| (name.to_owned(), file)).collect();
        let source = Origin {
            title: "x".into(),
            files,
        };
        let incoming = Incoming::begin(root.path(), "x").unwrap();
        let folder = incoming.folder.clone();
        assert!(copy_all(&source, &folder).is_err() && folder.join("a").exists());
        drop(incoming);
        assert!(!folder.exists());
    }

    #[test]
    fn what_is_pinned_is_what_was_written() {
        let mut written = Vec::new();
        let (bytes, digest) = pour(&b"abc"[..], &mut written).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((bytes, digest.as_str(), written.as_slice()), (3, abc, &b"abc"[..]));
    }
}
