//! A reader that never reads past the end, never allocates on a file's word, and knows at which byte it stands.
//!
//! In: bytes. Out: little-endian numbers and sub-slices, or a cause that opens with the byte offset.
//! Deliberately absent: any knowledge of GGUF.
//! Start at [`Cursor::take`].

/// A position in `data`.
pub(super) struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.data.len() - self.at
    }

    /// The next `count` bytes; `what` names them in the error.
    pub(super) fn take(&mut self, count: u64, what: &str) -> Result<&'a [u8], String> {
        let taken = usize::try_from(count).ok().filter(|count| *count <= self.left());
        let Some(count) = taken else {
            let left = self.left();
            return Err(format!(
                "byte {}: {what} needs {count} bytes, the file has {left} left",
                self.at
            ));
        };
        let slice = &self.data[self.at..self.at + count];
        self.at += count;
        Ok(slice)
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32, String> {
        let bytes = self.take(4, what)?.try_into().expect("take returned four bytes");
        Ok(u32::from_le_bytes(bytes))
    }

    pub(super) fn u64(&mut self, what: &str) -> Result<u64, String> {
        let bytes = self.take(8, what)?.try_into().expect("take returned eight bytes");
        Ok(u64::from_le_bytes(bytes))
    }

    /// A count that must not exceed `cap`; what follows takes at least `each` bytes per item, so a count that the rest
    /// of the file cannot hold is refused here, before anyone reserves room for it.
    pub(super) fn count(&mut self, cap: u64, each: u64, what: &str) -> Result<usize, String> {
        let at = self.at;
        let count = self.u64(what)?;
        if count > cap {
            return Err(format!("byte {at}: {what} is {count}; at most {cap} are accepted"));
        }
        if count.saturating_mul(each) > self.left() as u64 {
            return Err(format!(
                "byte {at}: {what} is {count}, more than the {} bytes left can hold",
                self.left()
            ));
        }
        usize::try_from(count).map_err(|_| format!("byte {at}: {what} is {count}, too many for this machine"))
    }

    /// A GGUF string: 64-bit length, then bytes, which need not be UTF-8.
    pub(super) fn string(&mut self, cap: u64, what: &str) -> Result<&'a [u8], String> {
        let length = self.count(cap, 1, what)?;
        self.take(length as u64, what)
    }
}
