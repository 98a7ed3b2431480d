//! Bytes of a model file, wherever they live, cheap to clone and to share between threads.
//!
//! In: a file that was opened without following links, or bytes inside the binary. Out: [`Bytes`], a `[u8]`.
//! Deliberately absent: writing, and mapping anything but files of the model store.
//! Start at [`Bytes::map`].

use std::fs::File;
use std::io::Read;
use std::ops::Deref;
use std::sync::Arc;

/// Read-only bytes: a memory map, a part of the binary, or a buffer.
#[derive(Clone, Debug)]
pub enum Bytes {
    Map(Arc<memmap2::Mmap>),
    Static(&'static [u8]),
    Owned(Arc<[u8]>),
    /// Only the first bytes of a file of `length` bytes: enough to judge its header before it is copied.
    Head {
        bytes: Arc<[u8]>,
        length: usize,
    },
}

impl Bytes {
    /// Maps all of `file`.
    pub(super) fn map(file: &File) -> std::io::Result<Self> {
        if file.metadata()?.len() == 0 {
            // An empty map is an error on Linux; an empty file is merely one that some reader will refuse.
            return Ok(Self::Static(&[]));
        }
        // SAFETY: the map is read-only and private, and callers map only regular files of the model store, which is
        // 0700, owned by this user and written once under a temporary name. Another program of the same user that
        // truncates the file while we read can still end this process with SIGBUS; it cannot make it misbehave.
        #[allow(unsafe_code, reason = "weights are larger than memory should hold twice")]
        let map = unsafe { memmap2::Mmap::map(file)? };
        Ok(Self::Map(Arc::new(map)))
    }

    /// Reads all of `file`, which must not be longer than `cap` bytes.
    pub(super) fn read(file: &File, cap: u64) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        if length > cap {
            return Err(std::io::Error::other(format!(
                "it has {length} bytes; at most {cap} are accepted"
            )));
        }
        let mut buffer = Vec::new();
        file.take(cap).read_to_end(&mut buffer)?;
        Ok(Self::Owned(buffer.into()))
    }

    /// Reads at most the first `cap` bytes of `file`.
    pub(super) fn head(file: &File, cap: u64) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        let length = usize::try_from(length).map_err(|_| std::io::Error::other("it is too large for this machine"))?;
        let mut buffer = Vec::new();
        file.take(cap).read_to_end(&mut buffer)?;
        Ok(Self::Head {
            bytes: buffer.into(),
            length,
        })
    }

    /// Lets go of the memory of a range of a map; who reads it again has it from the file. Elsewhere nothing happens.
    pub(super) fn give_back(&self, range: std::ops::Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Self::Map(map) = self {
            // Whole pages only: what they share with a neighbour may be wanted. Where pages are larger, the advice is
            // refused, which costs memory and nothing else.
            const PAGE: usize = 4096;
            let (start, end) = (range.start.next_multiple_of(PAGE), range.end / PAGE * PAGE);
            if start < end {
                let advice = memmap2::UncheckedAdvice::DontNeed;
                // SAFETY: the map is read-only and backed by a file, so pages that are dropped come back with the same
                // bytes; nothing was ever written to them.
                #[allow(unsafe_code, reason = "weights are larger than memory should hold twice")]
                let _ = unsafe { map.unchecked_advise_range(advice, start, end - start) };
            }
        }
    }

    /// Length of the whole file, of which these bytes may be only the head.
    pub(super) fn file_length(&self) -> usize {
        match self {
            Self::Head { length, .. } => *length,
            whole => whole.len(),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Static(bytes) => bytes,
            Self::Owned(bytes) | Self::Head { bytes, .. } => bytes,
        }
    }
}
