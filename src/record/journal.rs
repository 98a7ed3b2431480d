//! An append-only file of JSON lines that survives a kill at any byte: a torn last line is cut off on reopening.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Unit;

pub struct Journal {
    file: File,
}

impl Journal {
    /// Opens or creates; returns what was already there.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Unit>)> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW);
        let mut file = options.open(path)?;
        let (units, whole) = read(&file)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok((Self { file }, units))
    }

    /// Appends all, then syncs once. On a failed write the torn tail is what reopening cuts off.
    pub fn append(&mut self, units: &[Unit]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for unit in units {
            serde_json::to_writer(&mut bytes, unit)?;
            bytes.push(b'\n');
        }
        self.file.write_all(&bytes)?;
        self.file.sync_data()
    }
}

/// Every whole line, and the length in bytes up to the end of the last one.
pub fn read(file: &File) -> io::Result<(Vec<Unit>, u64)> {
    let mut reader = BufReader::new(file);
    let (mut units, mut whole) = (Vec::new(), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        let complete = line.last() == Some(&b'\n');
        let Some(unit) = complete.then(|| serde_json::from_slice(&line).ok()).flatten() else {
            break;
        };
        units.push(unit);
        whole += length as u64;
    }
    Ok((units, whole))
}
