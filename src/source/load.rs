//! Bytes on disk become [`SourceFile`]s.
//!
//! In: the paths that the walk found. Out: decoded files, or a [`Problem`] for each one that was not read.
//! Deliberately absent: memory maps (a file that shrinks under a map kills the process) and the choice of files.
//! Start at [`load`].

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::config;
use super::walk::{Found, is_code};
use super::{Code, FileId, Limits, Origin, Skipped, SourceFile, origin};
use crate::problem::Problem;

/// Reads what the walk found, until a limit is reached; own code first, so that a limit costs vendored code before it
/// costs the code in question.
pub(super) fn load(
    base: &Path,
    mut found: Vec<Found>,
    limits: &Limits,
    code: Code,
    skipped: &mut Skipped,
    problems: &mut Vec<Problem>,
) -> Vec<SourceFile> {
    found.sort_by_cached_key(|f| (origin::by_path(&f.path) != Origin::Own, f.path.clone()));
    let (mut files, mut total) = (Vec::new(), 0);
    let (mut over_files, mut over_bytes) = (Vec::new(), Vec::new());
    for Found { path, meta, unnamed } in found {
        if unnamed && !head(&base.join(&path)).is_ok_and(|head| is_script(&head, code)) {
            skipped.other += 1;
            continue;
        }
        if !unnamed && meta.len() > config::BYTES && !is_code(&path, code) {
            skipped.data.push(path);
            continue;
        }
        if files.len() >= limits.files {
            over_files.push(path);
            continue;
        }
        if total + meta.len().min(limits.file_bytes) > limits.total_bytes {
            over_bytes.push(path);
            continue;
        }
        match bytes(&base.join(&path), &meta, limits.file_bytes) {
            Err(what) if meta.len() > limits.file_bytes => problems.push(Problem::left_out(path, what)),
            Err(what) => problems.push(Problem::new(path, what)),
            Ok(bytes) if is_binary(&bytes) => skipped.binary.push(path),
            Ok(bytes) if longest_line(&bytes) > limits.line_bytes => match origin::by_path(&path) {
                Origin::Vendored | Origin::Generated => skipped.minified.push(path),
                Origin::Own | Origin::Test => {
                    let what = "not read: minified or generated, a line is longer than";
                    problems.push(Problem::left_out(path, format!("{what} {} bytes", limits.line_bytes)));
                }
            },
            Ok(bytes) => {
                total += bytes.len() as u64;
                files.push(decode(&path, &bytes));
            }
        }
    }
    problems.extend(over(&over_files, &format!("{} files", limits.files)));
    problems.extend(over(&over_bytes, &format!("{} bytes in total", limits.total_bytes)));
    skipped.data.sort();
    skipped.binary.sort();
    skipped.minified.sort();
    files
}

/// One problem for all files beyond a limit: a million of them must not make a million reports.
fn over(paths: &[String], limit: &str) -> Option<Problem> {
    let others = match paths.len() {
        0 | 1 => String::new(),
        n => format!(" and {} other files", n - 1),
    };
    paths
        .first()
        .map(|first| Problem::left_out(first, format!("not read{others}: the limit of {limit} was reached")))
}

/// The content of a regular file of at most `most` bytes that is still the one that `expected` describes. A sparse
/// giant costs no read, and a link or pipe put in the file's place is not followed and does not block.
pub(super) fn bytes(path: &Path, expected: &Metadata, most: u64) -> Result<Vec<u8>, String> {
    let too_large = |size: u64| format!("not read: larger than {most} bytes ({size})");
    if expected.len() > most {
        return Err(too_large(expected.len()));
    }
    let file = open(path).map_err(|e| format!("not read: {e}"))?;
    let meta = file.metadata().map_err(|e| format!("not read: {e}"))?;
    if !meta.is_file() || !same(&meta, expected) {
        return Err("not read: it was replaced while the tree was being read".into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(most)).unwrap_or(0));
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("not read: {e}"))?;
    if bytes.len() as u64 > most {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// The first bytes of a file, enough for a `#!` line.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut head = Vec::new();
    if file.metadata()?.is_file() {
        file.take(256).read_to_end(&mut head)?;
    }
    Ok(head)
}

/// The `#!` line names an interpreter of a known language: `#!/usr/bin/env -S python3 -u`.
pub(super) fn is_script(head: &[u8], code: Code) -> bool {
    let line = head
        .strip_prefix(b"#!")
        .and_then(|rest| rest.split(|b| *b == b'\n').next())
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line
        .split_ascii_whitespace()
        .map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='));
    let program = program
        .unwrap_or_default()
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    code.interpreters.contains(&program)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same(a: &Metadata, b: &Metadata) -> bool {
    a.file_type() == b.file_type()
}

/// More than one byte in a hundred is NUL. A few NULs in a comment, which compilers accept, must not hide a file.
fn is_binary(bytes: &[u8]) -> bool {
    utf16(bytes).is_none() && bytes.iter().filter(|b| **b == 0).count() * 100 > bytes.len()
}

fn longest_line(bytes: &[u8]) -> usize {
    bytes.split(|b| *b == b'\n').map(<[u8]>::len).max().unwrap_or(0)
}

/// UTF-16 with a byte order mark, as some editors write it.
fn utf16(bytes: &[u8]) -> Option<(String, bool)> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes[2..]
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]))
        .collect();
    let lossy = String::from_utf16(&units).is_err() || bytes.len() % 2 == 1;
    Some((String::from_utf16_lossy(&units), lossy))
}

/// A file of the snapshot from its bytes; its id is set when the snapshot is put together.
pub(super) fn decode(path: &str, bytes: &[u8]) -> SourceFile {
    let (text, replaced) = utf16(bytes).unwrap_or_else(|| {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let replaced = matches!(text, std::borrow::Cow::Owned(_));
        (text.into_owned(), replaced)
    });
    let lossy = replaced || text.contains('\0');
    let text = if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    };
    let origin = origin::of(path, &text);
    let digest = Sha256::digest(bytes).into();
    SourceFile {
        id: FileId(0),
        path: path.into(),
        digest,
        text: text.into(),
        lossy,
        origin,
    }
}
