//! The state directory: made private, and refused when somebody else could have put something into it.
//!
//! In: the path of the store. Out: folders of mode 0700, files of mode 0600, or a [`Fatal`] that says whose they are.
//! Deliberately absent: knowledge of models.
//! Start at [`check`].

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::problem::{Exit, Fatal};

/// Write permission of group and others.
const FOREIGN_WRITE: u32 = 0o022;

/// Whether the folder exists. One that is a link, is not a folder, belongs to another user, or can be written by others
/// is refused.
pub(super) fn check(folder: &Path) -> Result<bool, Fatal> {
    let metadata = match fs::symlink_metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unusable(folder, error)),
    };
    if metadata.is_symlink() {
        return Err(unsafe_place(folder, "it is a symbolic link", "name the folder itself"));
    }
    if !metadata.is_dir() {
        return Err(unsafe_place(folder, "it is not a folder", "move it away"));
    }
    check_owner(folder, &metadata)?;
    Ok(true)
}

/// The same for a regular file of the store.
pub(super) fn check_file(path: &Path) -> Result<(), Fatal> {
    let metadata = fs::symlink_metadata(path).map_err(|error| {
        let what = format!("the model file {} cannot be found", path.display());
        Fatal::new(Exit::Integrity, what, "remove the model and import it again").because(error)
    })?;
    if !metadata.is_file() {
        return Err(unsafe_place(
            path,
            "it is a link or not a regular file",
            "remove the model and import it again",
        ));
    }
    check_owner(path, &metadata)
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), Fatal> {
    let own = own_user().map_err(|error| unusable(path, error))?;
    if metadata.uid() != own {
        let cause = format!(
            "it belongs to user {}, and this program runs as user {own}",
            metadata.uid()
        );
        return Err(unsafe_place(path, &cause, "use a state directory of your own"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & FOREIGN_WRITE != 0 {
        let help = format!("see who wrote to it, then run: chmod go-w {}", path.display());
        return Err(unsafe_place(
            path,
            &format!("others may write to it (mode {mode:04o})"),
            &help,
        ));
    }
    Ok(())
}

/// Makes the folder and what is missing above it, mode 0700, and checks it.
pub(super) fn make(folder: &Path) -> Result<(), Fatal> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    match check(folder)? {
        true => Ok(()),
        false => Err(unusable(
            folder,
            made.err().unwrap_or_else(|| io::ErrorKind::NotFound.into()),
        )),
    }
}

/// Creates a file of mode 0600 that was not there before.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Creates a folder of mode 0700 that was not there before.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes names that were added to a folder survive a power cut.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Waits until no other process changes the store; released when the file is dropped.
pub(super) fn lock(root: &Path) -> Result<File, Fatal> {
    let path = root.join(".lock");
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW);
    let file = options.open(&path).map_err(|error| unusable(&path, error))?;
    file.lock().map_err(|error| unusable(&path, error))?;
    Ok(file)
}

/// The user this process acts as. The process's own folder in /proc is not asked for its owner, because that is root
/// once a process has made itself undumpable.
fn own_user() -> io::Result<u32> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let effective = line.and_then(|ids| ids.split_whitespace().nth(1)?.parse().ok());
    effective.ok_or_else(|| io::Error::other("/proc/self/status names no user"))
}

fn unsafe_place(path: &Path, cause: &str, help: &str) -> Fatal {
    let what = format!("the model store {} is not safe to use", path.display());
    Fatal::new(Exit::Integrity, what, help).because(cause)
}

pub(super) fn unusable(path: &Path, error: io::Error) -> Fatal {
    let what = format!("the model store {} cannot be used", path.display());
    Fatal::new(
        Exit::Usage,
        what,
        "check its permissions, or name another state directory",
    )
    .because(error)
}
