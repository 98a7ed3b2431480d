//! The tree on disk becomes an immutable, content-addressed [`Snapshot`] in memory.
//!
//! In: a root path, [`Limits`] and the extensions that are code. Out: a [`Snapshot`] and the [`Problem`]s of what was
//! not read.
//! Deliberately absent: anything that writes, runs or maps a file, any git configuration or hook, and any knowledge of
//! languages beyond the extensions it is given.
//! Start at [`read`].

mod config;
mod load;
mod origin;
#[cfg(test)]
mod tests;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use crate::problem::{Exit, Fatal, Problem};

/// Position of a file in [`Snapshot::files`]; files are sorted by path, so ids are stable for one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Whose code it is; everything but `Own` ranks lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    Own,
    Vendored,
    Generated,
    Test,
}

#[derive(Debug, Clone)]
pub struct SourceFile {
    pub id: FileId,
    /// Relative to the root, `/`-separated on every platform.
    pub path: Arc<str>,
    /// SHA-256 of the bytes on disk.
    pub digest: [u8; 32],
    /// Decoded text; invalid UTF-8 and lone NULs were replaced when `lossy`.
    pub text: Arc<str>,
    pub lossy: bool,
    pub origin: Origin,
}

/// What one scan may cost. Whatever a limit leaves out is a [`Problem`], never silence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Largest file read, in bytes.
    pub file_bytes: u64,
    /// Most files read.
    pub files: usize,
    /// Directories below the root, the root itself being 0.
    pub depth: usize,
    /// Most bytes read altogether.
    pub total_bytes: u64,
    /// Longest line, in bytes; a file with a longer one is machine-made and skipped, which is a problem only where the
    /// path did not promise it ([`Skipped::minified`]).
    pub line_bytes: usize,
    /// Leave out what the tree's own `.gitignore` files name. What was left out is listed in [`Skipped::ignored`],
    /// because a hostile repository can ignore a file that it nevertheless ships.
    pub gitignore: bool,
    /// Read hidden directories and files too, except those of version control.
    pub hidden: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 2 << 20,
            files: 200_000,
            depth: 64,
            total_bytes: 1 << 30,
            line_bytes: 256 << 10,
            gitignore: true,
            hidden: false,
        }
    }
}

/// Which files are code.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// File name extensions, without the dot, lower case.
    pub extensions: &'a [&'a str],
    /// Programs that the `#!` line of an executable file without extension may name, without version digits.
    pub interpreters: &'a [&'a str],
}

/// What was passed over by rule rather than by failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Symbolic links; none is followed.
    pub links: usize,
    /// Pipes, sockets and devices; none is opened.
    pub special: usize,
    /// Files and directories whose name starts with a dot.
    pub hidden: usize,
    /// Files with an extension that is neither code nor configuration.
    pub other: usize,
    /// Files in which tools wrote versions down.
    pub locks: usize,
    /// Paths of files in a notation of configuration that are too large to be any.
    pub data: Vec<String>,
    /// Paths of files with a code extension that hold binary data.
    pub binary: Vec<String>,
    /// Paths of third-party or generated files with a line over the limit.
    pub minified: Vec<String>,
    /// Paths left out because of a `.gitignore`; a directory ends in `/`.
    pub ignored: Vec<String>,
}

/// The tree as it was when it was read.
#[derive(Debug)]
pub struct Snapshot {
    files: Vec<SourceFile>,
    /// Byte offsets at which lines start, per file, made at first use.
    starts: Vec<OnceLock<Box<[u32]>>>,
    digest: [u8; 32],
    skipped: Skipped,
}

/// Reads the tree (or the single file) at `root`: the files that are `code`, and well-known configuration files.
///
/// Links are never followed, special files never opened, and no file outside `root` is touched. Fails only when there
/// is nothing to scan: no such path, not a directory or regular file, or no file of a known language or notation.
pub fn read(root: &Path, limits: &Limits, code: Code) -> Result<(Snapshot, Vec<Problem>), Fatal> {
    let (base, only) = anchor(root)?;
    let mut problems = Vec::new();
    let found = match &only {
        Some(name) => walk::single(&base, name, code),
        None => walk::walk(&base, limits, code, &mut problems),
    };
    let mut skipped = found.skipped;
    let files = load::load(&base, found.files, limits, code, &mut skipped, &mut problems);
    if !files.iter().any(|file| {
        walk::wanted(file.path.rsplit('/').next().unwrap_or_default(), code)
            || load::is_script(file.text.as_bytes(), code)
    }) {
        return Err(nothing(root, code, &skipped, &problems));
    }
    problems.sort_by(|a, b| (&a.place, &a.what).cmp(&(&b.place, &b.what)));
    Ok((Snapshot::new(files, skipped), problems))
}

/// The directory to walk, with links in the path that the user gave resolved once, and the file name when `root` is
/// a file.
fn anchor(root: &Path) -> Result<(PathBuf, Option<String>), Fatal> {
    let usage = |what: String| Fatal::new(Exit::Usage, what, "give the path of a directory or of one source file");
    let shown = root.display();
    let real = root
        .canonicalize()
        .map_err(|e| usage(format!("cannot open {shown}")).because(e))?;
    let kind = real
        .metadata()
        .map_err(|e| usage(format!("cannot open {shown}")).because(e))?;
    if kind.is_dir() {
        return Ok((real, None));
    }
    let name = real.file_name().and_then(|n| n.to_str()).map(str::to_string);
    match (kind.is_file(), real.parent(), name) {
        (true, Some(parent), Some(name)) => Ok((parent.to_path_buf(), Some(name))),
        _ => Err(usage(format!("{shown} is neither a directory nor a regular file"))),
    }
}

fn nothing(root: &Path, code: Code, skipped: &Skipped, problems: &[Problem]) -> Fatal {
    let known = code
        .extensions
        .iter()
        .map(|e| format!(".{e}"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut fatal = Fatal::new(
        Exit::Usage,
        format!("no source files to scan in {}", root.display()),
        format!("known file extensions are {known}; check the path, and the limits and ignore rules of the scan"),
    );
    if !skipped.ignored.is_empty() {
        fatal = fatal.because(format!("{} paths are ignored by .gitignore", skipped.ignored.len()));
    }
    for problem in problems.iter().take(3) {
        fatal = fatal.because(problem);
    }
    fatal
}

impl Snapshot {
    fn new(mut files: Vec<SourceFile>, skipped: Skipped) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut hash = Sha256::new();
        for (at, file) in files.iter_mut().enumerate() {
            file.id = FileId(u32::try_from(at).expect("the file limit is below 2^32"));
            hash.update((file.path.len() as u64).to_le_bytes());
            hash.update(file.path.as_bytes());
            hash.update(file.digest);
        }
        let starts = files.iter().map(|_| OnceLock::new()).collect();
        Self {
            files,
            starts,
            digest: hash.finalize().into(),
            skipped,
        }
    }

    /// A snapshot of texts that were never on disk: examples of cards, training data, a patched file. Of two texts with
    /// one path the later one counts.
    pub fn of_texts<P: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (P, T)>) -> Self {
        let texts: std::collections::BTreeMap<String, String> =
            texts.into_iter().map(|(p, t)| (p.into(), t.into())).collect();
        let files = texts
            .into_iter()
            .map(|(path, text)| load::decode(&path, text.as_bytes()))
            .collect();
        Self::new(files, Skipped::default())
    }

    /// The same tree with one file's text replaced or added.
    #[must_use]
    pub fn with(&self, path: &str, text: &str) -> Self {
        let others = self.files.iter().filter(|f| &*f.path != path).cloned();
        Self::new(
            others.chain([load::decode(path, text.as_bytes())]).collect(),
            self.skipped.clone(),
        )
    }

    /// Sorted by path.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Panics when `id` comes from another snapshot.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    pub fn by_path(&self, path: &str) -> Option<&SourceFile> {
        self.files
            .binary_search_by(|f| (*f.path).cmp(path))
            .ok()
            .map(|at| &self.files[at])
    }

    /// Line `number`, counted from 1, without its line break; empty when the file has no such line.
    pub fn line(&self, id: FileId, number: u32) -> &str {
        let starts = self.starts(id);
        let text = &*self.file(id).text;
        let Some(at) = (number as usize).checked_sub(1).filter(|at| *at < starts.len()) else {
            return "";
        };
        let end = starts.get(at + 1).map_or(text.len(), |next| *next as usize);
        let line = &text[starts[at] as usize..end];
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// Byte offsets, start and end, of the lines from `first` to `last`; `None` when the file has no line `first`.
    pub fn span(&self, id: FileId, first: u32, last: u32) -> Option<(u32, u32)> {
        let starts = self.starts(id);
        let start = *starts.get((first as usize).checked_sub(1)?)?;
        let whole = u32::try_from(self.file(id).text.len()).expect("a file is below 4 GiB");
        Some((start, starts.get(last.max(first) as usize).copied().unwrap_or(whole)))
    }

    /// How many lines a file has; a final line break does not start another one.
    pub fn line_count(&self, id: FileId) -> u32 {
        u32::try_from(self.starts(id).len()).expect("a file has fewer than 2^32 lines")
    }

    fn starts(&self, id: FileId) -> &[u32] {
        self.starts[id.0 as usize].get_or_init(|| {
            let text = &*self.file(id).text;
            let breaks = text
                .bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(at, _)| at + 1);
            let starts = std::iter::once(0).chain(breaks).filter(|at| *at < text.len());
            starts
                .map(|at| u32::try_from(at).expect("a file is below 4 GiB"))
                .collect()
        })
    }

    /// SHA-256 over the paths and digests of all files.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }
}
