//! One value becomes one frame on a pipe: eight bytes of length, little-endian, then JSON.
//!
//! In: any serde value and a cap in bytes. Out: the same value on the other side, or a [`FrameError`].
//! Deliberately absent: allocation by the length that the other side claims; a frame grows only as its bytes arrive.
//! Start at [`write_frame`] and [`read_frame`].

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a frame did not pass.
#[derive(Debug)]
pub enum FrameError {
    /// The other side closed the pipe inside a frame.
    CutShort,
    /// The frame is longer than the cap; its length in bytes.
    TooLarge(u64),
    /// The bytes are not the JSON that was expected.
    Malformed(String),
    Io(io::Error),
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => FrameError::CutShort,
            _ => FrameError::Io(error),
        }
    }
}

pub fn write_frame<T: Serialize>(pipe: &mut impl Write, value: &T, cap: u64) -> Result<(), FrameError> {
    let mut frame = vec![0_u8; 8];
    serde_json::to_writer(&mut frame, value).map_err(|error| FrameError::Malformed(error.to_string()))?;
    let length = frame.len() as u64 - 8;
    if length > cap {
        return Err(FrameError::TooLarge(length));
    }
    frame[..8].copy_from_slice(&length.to_le_bytes());
    pipe.write_all(&frame)?;
    pipe.flush()?;
    Ok(())
}

/// `Ok(None)` when the other side closed the pipe between two frames.
pub fn read_frame<T: DeserializeOwned>(pipe: &mut impl Read, cap: u64) -> Result<Option<T>, FrameError> {
    let mut header = [0_u8; 8];
    let mut filled = 0;
    while filled < header.len() {
        match pipe.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(FrameError::CutShort),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let length = u64::from_le_bytes(header);
    if length > cap {
        return Err(FrameError::TooLarge(length));
    }
    let mut body = Vec::new();
    pipe.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Err(FrameError::CutShort);
    }
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|error| FrameError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(body: &[u8], claimed: u64) -> Vec<u8> {
        [&claimed.to_le_bytes()[..], body].concat()
    }

    #[test]
    fn a_value_arrives_as_it_was_sent_and_the_end_is_not_an_error() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, &vec!["a\n\u{202e}", ""], 100).expect("fits");
        write_frame(&mut pipe, &vec!["b"], 100).expect("fits");
        let mut read = &pipe[..];
        assert_eq!(
            read_frame::<Vec<String>>(&mut read, 100).unwrap().unwrap(),
            ["a\n\u{202e}", ""]
        );
        assert_eq!(read_frame::<Vec<String>>(&mut read, 100).unwrap().unwrap(), ["b"]);
        assert!(read_frame::<Vec<String>>(&mut read, 100).unwrap().is_none());
    }

    #[test]
    fn refuses_a_frame_over_the_cap_on_either_side() {
        let sent = write_frame(&mut Vec::new(), &"x".repeat(100), 50);
        assert!(matches!(sent, Err(FrameError::TooLarge(102))));
        let got = read_frame::<String>(&mut &framed(b"", u64::MAX)[..], 50);
        assert!(matches!(got, Err(FrameError::TooLarge(u64::MAX))));
    }

    #[test]
    fn a_frame_that_claims_more_than_it_brings_is_cut_short_without_the_memory_it_claims() {
        let got = read_frame::<String>(&mut &framed(b"\"abc\"", 1 << 60)[..], u64::MAX);
        assert!(matches!(got, Err(FrameError::CutShort)));
        let header_only = read_frame::<String>(&mut &[1_u8, 0, 0][..], u64::MAX);
        assert!(matches!(header_only, Err(FrameError::CutShort)));
    }

    #[test]
    fn junk_and_deep_nesting_are_malformed() {
        let deep = "[".repeat(100_000);
        for body in [&b"{"[..], &b"\xff\xfe"[..], deep.as_bytes()] {
            let got = read_frame::<serde_json::Value>(&mut &framed(body, body.len() as u64)[..], 1 << 20);
            assert!(matches!(got, Err(FrameError::Malformed(_))));
        }
    }
}
