//! A model as it lies outside the store: which files it is made of, what to call it, whether it could be used at all.
//!
//! In: a path that a person gave; what lies there may be hostile. Out: [`Origin`], its files opened once.
//! Deliberately absent: mapping (anybody might cut these files short) and writing.
//! Start at [`choose`], then [`Origin::open`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::bytes::Bytes;
use super::fault::quoted;
use super::inspect::parse;
use super::manifest::check_name;
use super::novice;
use super::parts::{Parts, plain_name};
use super::verified::SMALL_CAP;
use crate::problem::{Exit, Fatal};

/// What a GGUF file is called in the store, so that a model's identity does not depend on a file's name.
const GGUF: &str = "model.gguf";
/// Bytes of a weight file that are read to judge it before it is copied: enough for nearly every header, then for all.
const HEADS: [u64; 2] = [16 << 20, 256 << 20];

/// The files of a model outside the store, opened once, so that what was judged is what is copied.
pub(super) struct Origin {
    /// The file's or folder's own name.
    pub(super) title: String,
    /// By the name they get in the store.
    pub(super) files: BTreeMap<String, File>,
}

/// Which files make up the model at `path`: the name each gets in the store, and its own.
pub(super) fn choose(path: &Path) -> Result<BTreeMap<String, String>, Fatal> {
    if !fs::metadata(path).map_err(|error| unreadable(path, error))?.is_dir() {
        return Ok(BTreeMap::from([(GGUF.to_owned(), file_name(path))]));
    }
    let names = names_in(path)?;
    let parts = Parts::of(&names, |name| read_small(&path.join(name)))?;
    let stored = |name: String| match &parts {
        Parts::Gguf(gguf) if *gguf == name => (GGUF.to_owned(), name),
        _ => (name.clone(), name),
    };
    Ok(parts.all(&names).into_iter().map(stored).collect())
}

/// The path from the root of the file system, without asking where links lead.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Fatal> {
    fs::metadata(path)
        .and_then(|_| std::path::absolute(path))
        .map_err(|error| unreadable(path, error))
}

impl Origin {
    /// Opens what was [chosen](choose). The choice may come from a process that hostile bytes have reached: it can name
    /// files of the folder and nothing else.
    pub(super) fn open(path: &Path, chosen: &BTreeMap<String, String>) -> Result<Self, Fatal> {
        let is_folder = fs::metadata(path).map_err(|error| unreadable(path, error))?.is_dir();
        let mut files = BTreeMap::new();
        for (stored, name) in chosen {
            let of_it = if is_folder {
                plain_name(name)
            } else {
                *name == file_name(path)
            };
            if !plain_name(stored) || !of_it {
                let cause = io::Error::other(format!("{} is not a file of it", quoted(name)));
                return Err(unreadable(path, cause));
            }
            let place = if is_folder { path.join(name) } else { path.to_owned() };
            files.insert(stored.clone(), open_regular(&place)?);
        }
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let title = if is_folder {
            whole.file_name()
        } else {
            whole.file_stem()
        };
        Ok(Self {
            title: title.unwrap_or_default().to_string_lossy().into_owned(),
            files,
        })
    }

    /// The name the model gets: the one asked for, or one made from the file's.
    pub(super) fn name(&self, asked: Option<&str>) -> Result<String, Fatal> {
        let made = self
            .title
            .to_lowercase()
            .replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
        let made = made.trim_matches(['-', '.']).chars().take(64).collect::<String>();
        let name = asked.map_or(made, str::to_owned);
        check_name(&name).map_err(|cause| Fatal::new(Exit::Usage, cause, "give a name with --name"))?;
        if name == novice::NAME {
            let what = format!("the name `{name}` belongs to the starter model");
            return Err(Fatal::new(Exit::Usage, what, "give another name with --name"));
        }
        Ok(name)
    }

    /// Refuses by headers alone, so that nobody waits for a copy of what cannot be used.
    pub(super) fn judge(&self) -> Result<(), Fatal> {
        let longest = self
            .files
            .iter()
            .filter(|(name, _)| is_weights(name))
            .map(|(_, file)| length(file))
            .max();
        for cap in HEADS {
            let verdict = self.heads(cap).and_then(|heads| parse(&heads));
            if verdict.is_ok() || longest.unwrap_or(0) <= cap || cap == HEADS[1] {
                return verdict.map(|_| ());
            }
        }
        Ok(())
    }

    fn heads(&self, cap: u64) -> Result<BTreeMap<String, Bytes>, Fatal> {
        let mut heads = BTreeMap::new();
        for (name, file) in &self.files {
            let mut file = file;
            io::Seek::rewind(&mut file).map_err(|error| unreadable(Path::new(name), error))?;
            let bytes = if is_weights(name) {
                Bytes::head(file, cap)
            } else {
                Bytes::read(file, SMALL_CAP)
            };
            heads.insert(name.clone(), bytes.map_err(|error| unreadable(Path::new(name), error))?);
        }
        Ok(heads)
    }
}

fn is_weights(name: &str) -> bool {
    name.ends_with(".gguf") || name.ends_with(".safetensors")
}

pub(super) fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn names_in(folder: &Path) -> Result<BTreeSet<String>, Fatal> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let name = entry.map_err(|error| unreadable(folder, error))?.file_name();
        names.extend(name.into_string().ok().filter(|name| plain_name(name)));
    }
    Ok(names)
}

/// Follows links (download caches are made of them) and does not wait on pipes.
fn open_regular(path: &Path) -> Result<File, Fatal> {
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let file = opened.map_err(|error| unreadable(path, error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, error))?;
    if metadata.is_file() {
        Ok(file)
    } else {
        Err(unreadable(path, io::Error::other("it is not a regular file")))
    }
}

fn read_small(path: &Path) -> Result<Vec<u8>, Fatal> {
    let bytes = Bytes::read(&open_regular(path)?, SMALL_CAP).map_err(|error| unreadable(path, error))?;
    Ok(bytes.to_vec())
}

fn unreadable(path: &Path, error: io::Error) -> Fatal {
    let what = format!("the model file {} cannot be read", quoted(&path.display().to_string()));
    Fatal::new(
        Exit::Usage,
        what,
        "give a GGUF file, or a folder with *.safetensors, config.json and tokenizer.json",
    )
    .because(error)
}
