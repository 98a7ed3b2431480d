//! The modules of one tree on disk, from scan to scan: the supervisor's side.
//!
//! In: a directory of ours, the root of a tree. Out: a [`Pack`], a file that the sealed reader may read and to which only
//! this side writes, without looking into what it writes. One tree's pack is never shown to the reader of another.
//! Deliberately absent: any reason to fail: without a pack a scan only takes longer. Start at [`Pack::open`].

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::record::{hex, private_dir};
use crate::syntax::keep;

/// Largest pack, in bytes: about ten million lines.
const SIZE: u64 = 1 << 30;
/// Packs that are kept, of the trees scanned last.
const PACKS: usize = 8;

pub struct Pack {
    file: File,
    path: PathBuf,
    /// Digest of this program.
    pub build: String,
    /// Written over instead of used.
    pub fresh: bool,
}

impl Pack {
    /// The pack of the tree at `root`, locked; `None` where it cannot be kept, or another scan of the tree has it.
    pub fn open(dir: &Path, root: &Path, fresh: bool) -> Option<Self> {
        let build = super::build();
        private_dir(dir).ok().filter(|()| !build.is_empty())?;
        let name = hex(root.as_os_str().as_encoded_bytes());
        let path = dir.join(&name[..32]);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
        let file = options.open(&path).ok()?;
        file.try_lock().ok()?;
        prune(dir, &path);
        let build = build.to_owned();
        Some(Self {
            file,
            path,
            build,
            fresh,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        // What cannot be cleared has another heading or a record cut short, or is what it was.
        drop(self.file.set_len(0));
    }

    /// Adds records, to an empty pack if `anew`. What does not fit or cannot be written leaves an empty pack.
    pub fn add(&mut self, anew: bool, records: &[u8]) {
        if self.write(anew, records).is_err() {
            self.clear();
        }
    }

    fn write(&mut self, anew: bool, records: &[u8]) -> io::Result<()> {
        if anew {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&keep::heading(&self.build))?;
        }
        let end = self.file.seek(SeekFrom::End(0))?;
        if end == 0 || end + records.len() as u64 > SIZE {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all(records)
    }
}

/// Removes the packs of trees that were not scanned for the longest time.
fn prune(dir: &Path, own: &Path) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let others = entries.map(|entry| entry.path()).filter(|path| path != own);
    let mut others: Vec<_> = others
        .filter_map(|path| Some((fs::symlink_metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    others.sort();
    let surplus = others.len().saturating_sub(PACKS - 1);
    others
        .drain(..surplus)
        .for_each(|(_, path)| drop(fs::remove_file(path)));
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 (RFC 4648, section 4) without padding: frames are text.
pub fn letters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| {
            bits << 8 | u32::from(three.get(at).copied().unwrap_or(0))
        });
        let letter = |at: usize| char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]);
        text.extend((0..=three.len()).map(letter));
    }
    text
}

/// The bytes that [`letters`] wrote; `None` for anything else.
pub fn bytes(letters: &str) -> Option<Vec<u8>> {
    let mut values = [None; 256];
    for (value, letter) in (0_u32..).zip(LETTERS) {
        values[usize::from(*letter)] = Some(value);
    }
    let mut bytes = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    for four in letters.as_bytes().chunks(4) {
        let mut bits = 0;
        for at in 0..4 {
            bits = bits << 6 | four.get(at).map_or(Some(0), |letter| values[usize::from(*letter)])?;
        }
        let whole = four.len().checked_sub(1).filter(|whole| *whole > 0)?;
        bytes.extend(&bits.to_be_bytes()[1..=whole]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_letters_and_nothing_else_does() {
        for length in 0..70_u8 {
            let all: Vec<u8> = (0..length).map(|at| at.wrapping_mul(37) ^ 0xa5).collect();
            assert_eq!(bytes(&letters(&all)), Some(all));
        }
        assert_eq!(letters(b"foobar"), "Zm9vYmFy");
        for wrong in ["Z", "Zm9vY", "Zm9v\n", "Zm9=", "é"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pack_belongs_to_one_scan_at_a_time_and_the_oldest_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        let packs = dir.path().join("packs");
        let mut first = Pack::open(&packs, Path::new("/a"), false).unwrap();
        assert!(Pack::open(&packs, Path::new("/a"), false).is_none());
        first.add(false, b"no heading before");
        assert_eq!(fs::read(first.path()).unwrap(), b"");
        first.add(true, b"one");
        first.add(false, b"two");
        assert!(fs::read(first.path()).unwrap().ends_with(b"\nonetwo"));
        drop(first);
        for tree in 0..2 * PACKS {
            Pack::open(&packs, Path::new(&format!("/{tree}")), false).unwrap();
        }
        assert_eq!(fs::read_dir(&packs).unwrap().count(), PACKS);
    }
}
