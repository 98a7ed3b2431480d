//! Where results go: standard output or a file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::problem::{Exit, Fatal};

/// Writes to standard output. A reader that closes the pipe early has what it wanted.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Exit, Fatal> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Clean),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // Dropping the buffer would try to write the rest again.
            drop(out.into_parts());
            Ok(Exit::Clean)
        }
        Err(error) => Err(Fatal::new(
            Exit::Incomplete,
            "cannot write to standard output",
            "the run is kept: write its report again with `anchorite report -o FILE`",
        )
        .because(error)),
    }
}

/// Writes beside the target, syncs, then renames over it.
pub fn save(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Exit, Fatal> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let attempt = || -> io::Result<()> {
        let mut out = BufWriter::new(File::create(partial)?);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(partial, path)
    };
    attempt().map(|()| Exit::Clean).map_err(|error| {
        drop(fs::remove_file(partial));
        let help = "the run is kept: choose another file with `anchorite report -o FILE`";
        Fatal::new(Exit::Incomplete, format!("cannot write {}", path.display()), help).because(error)
    })
}

pub fn deliver(path: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Exit, Fatal> {
    match path {
        Some(path) => save(path, write),
        None => print(write),
    }
}
