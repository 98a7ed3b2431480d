//! ggml's blocks: the bytes of a row in, 32 codes and what they are multiplied by out.
//!
//! Layouts as in ggml's `block_q8_0`, `block_q4_K` and so on; all numbers little-endian.
//! Deliberately absent: floats; scales keep the form in which they lie in the file. Start at [`Kind::group`].

/// Inputs of a group: what one block of the plain types covers, and an eighth of a block of the others.
pub(super) const GROUP: usize = 32;
/// Groups in a block of the types that end in K.
pub(super) const EIGHT: usize = 8;

/// How a weight's bits are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Q4_0,
    Q5_0,
    Q8_0,
    Q4K,
    Q5K,
    Q6K,
}

/// One column's share of a group. A weight is `scale * (code - lift) - offset`, where for the K types scale is `fine[half]`
/// times the block's scale, and offset is `fine[1]` times the block's offset; otherwise scale is the block's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) codes: [u8; GROUP],
    /// Q4_K, Q5_K: scale and offset, unsigned. Q6_K: scale of the first and of the last sixteen, signed.
    pub(super) fine: [u8; 2],
    /// The block's scale, a 16-bit float.
    pub(super) scale: [u8; 2],
    /// The block's offset, a 16-bit float, or zero.
    pub(super) offset: [u8; 2],
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [Kind::Q4_0, Kind::Q5_0, Kind::Q8_0, Kind::Q4K, Kind::Q5K, Kind::Q6K];

    /// Inputs of one block in the file; a row is a whole number of them.
    pub const fn inputs(self) -> usize {
        match self {
            Kind::Q4_0 | Kind::Q5_0 | Kind::Q8_0 => GROUP,
            Kind::Q4K | Kind::Q5K | Kind::Q6K => GROUP * EIGHT,
        }
    }

    /// Bytes of one block in the file.
    pub const fn bytes(self) -> usize {
        match self {
            Kind::Q4_0 => 18,
            Kind::Q5_0 => 22,
            Kind::Q8_0 => 34,
            Kind::Q4K => 144,
            Kind::Q5K => 176,
            Kind::Q6K => 210,
        }
    }

    /// What is taken off a code before it is scaled.
    pub(super) const fn lift(self) -> i32 {
        match self {
            Kind::Q4_0 => 8,
            Kind::Q5_0 => 16,
            Kind::Q8_0 => 128,
            Kind::Q6K => 32,
            Kind::Q4K | Kind::Q5K => 0,
        }
    }

    /// Group `index` of a row.
    pub(super) fn group(self, row: &[u8], index: usize) -> Group {
        let per = self.inputs() / GROUP;
        let block = &row[index / per * self.bytes()..][..self.bytes()];
        let at = index % per;
        match self {
            Kind::Q4_0 => plain(block, halves(&block[2..], |_| 0)),
            Kind::Q5_0 => {
                let fifth = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
                plain(block, halves(&block[6..], |i| ((fifth >> i & 1) as u8) << 4))
            }
            Kind::Q8_0 => plain(block, std::array::from_fn(|i| block[2 + i] ^ 0x80)),
            Kind::Q4K => four(block, at, &block[16..], |_| 0),
            Kind::Q5K => four(block, at, &block[48..], |i| (block[16 + i] >> at & 1) << 4),
            Kind::Q6K => six(block, at),
        }
    }
}

fn plain(block: &[u8], codes: [u8; GROUP]) -> Group {
    Group {
        codes,
        fine: [0; 2],
        scale: [block[0], block[1]],
        offset: [0; 2],
    }
}

/// Sixteen bytes whose lower halves are the first codes, and whose upper halves the others.
fn halves(bytes: &[u8], above: impl Fn(usize) -> u8) -> [u8; GROUP] {
    std::array::from_fn(|i| {
        let byte = bytes[i % 16];
        above(i) | if i < 16 { byte & 15 } else { byte >> 4 }
    })
}

/// Q4_K and Q5_K: pairs of groups share 32 bytes; eight scales and offsets of six bits lie in bytes 4 to 15.
fn four(block: &[u8], at: usize, nibbles: &[u8], above: impl Fn(usize) -> u8) -> Group {
    let bytes: &[u8; GROUP] = nibbles[at / 2 * GROUP..].first_chunk().expect("a whole block");
    let s = &block[4..16];
    let fine = if at < 4 {
        [s[at] & 63, s[at + 4] & 63]
    } else {
        [s[at + 4] & 15 | s[at - 4] >> 6 << 4, s[at + 4] >> 4 | s[at] >> 6 << 4]
    };
    let shift = at % 2 * 4;
    Group {
        codes: std::array::from_fn(|i| above(i) | bytes[i] >> shift & 15),
        fine,
        scale: [block[0], block[1]],
        offset: [block[2], block[3]],
    }
}

/// Q6_K: 128 bytes of lower halves, 64 of upper pairs, 16 scales, the block's scale.
fn six(block: &[u8], at: usize) -> Group {
    let (half, quarter) = (at / 4, at % 4);
    let low: &[u8; GROUP] = block[64 * half + 32 * (quarter % 2)..]
        .first_chunk()
        .expect("a whole block");
    let high: &[u8; GROUP] = block[128 + 32 * half..].first_chunk().expect("a whole block");
    let (shift, pair) = (quarter / 2 * 4, quarter * 2);
    Group {
        codes: std::array::from_fn(|i| low[i] >> shift & 15 | (high[i] >> pair & 3) << 4),
        fine: [block[192 + 2 * at], block[193 + 2 * at]],
        scale: [block[208], block[209]],
        offset: [0; 2],
    }
}
