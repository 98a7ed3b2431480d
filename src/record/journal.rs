//! An append-only file of JSON lines that survives a kill at any byte: a torn last line is cut off on reopening.
//!
//! Every line carries a digest over the one before it and its own unit, so that a line that was changed, taken out, put
//! in or moved is noticed. Whoever can write the file can write all digests anew: this is against accidents and
//! careless hands, and proves nothing to others.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Unit, hex};

pub struct Journal {
    file: File,
    /// Digest of the last line, or of what the journal belongs to.
    chain: String,
}

/// What a journal holds.
pub struct Kept {
    /// From every whole line up to the first that does not follow from the one before.
    pub units: Vec<Unit>,
    /// Digest of the last of them.
    pub chain: String,
    /// Bytes up to its end.
    whole: u64,
    /// True when there are whole lines behind one that does not follow: no kill leaves that.
    pub broken: bool,
}

impl Kept {
    pub fn nothing(origin: &str) -> Self {
        Self {
            units: Vec::new(),
            chain: origin.to_owned(),
            whole: 0,
            broken: false,
        }
    }
}

impl Journal {
    /// Opens or creates the journal of a run whose header has the digest `origin`; returns what was already there.
    pub fn open(path: &Path, origin: &str) -> io::Result<(Self, Vec<Unit>)> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW);
        let mut file = options.open(path)?;
        let Kept {
            units, chain, whole, ..
        } = read(&file, origin)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok((Self { file, chain }, units))
    }

    /// Appends all, then syncs once. On a failed write the torn tail is what reopening cuts off.
    pub fn append(&mut self, units: &[Unit]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for unit in units {
            let json = serde_json::to_string(unit)?;
            self.chain = link(&self.chain, &json);
            writeln!(bytes, "{HEAD}{}{MIDDLE}{json}{TAIL}", self.chain)?;
        }
        self.file.write_all(&bytes)?;
        self.file.sync_data()
    }

    /// Digest of all that was appended.
    pub fn chain(&self) -> &str {
        &self.chain
    }
}

/// A line is `{"chain":"<64 hex digits>","unit":<the unit>}`.
const HEAD: &str = r#"{"chain":""#;
const MIDDLE: &str = r#"","unit":"#;
const TAIL: &str = "}";

fn link(chain: &str, unit: &str) -> String {
    hex(format!("{chain}{unit}").as_bytes())
}

/// The unit of a line, and its digest, if it follows the line of digest `chain`.
fn follow(line: &[u8], chain: &str) -> Option<(Unit, String)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (found, rest) = line.strip_prefix(HEAD)?.split_at_checked(64)?;
    let unit = rest.strip_prefix(MIDDLE)?.strip_suffix(TAIL)?;
    let chain = link(chain, unit);
    (found == chain).then_some((serde_json::from_str(unit).ok()?, chain))
}

pub fn read(file: &File, origin: &str) -> io::Result<Kept> {
    let mut reader = BufReader::new(file);
    let mut kept = Kept::nothing(origin);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        let Some((unit, chain)) = follow(&line, &kept.chain) else {
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            kept.broken = line.ends_with(b"\n");
            return Ok(kept);
        };
        kept.units.push(unit);
        kept.chain = chain;
        kept.whole += length as u64;
    }
}
