//! Metadata values, kept as places in the file: a vocabulary of 150,000 tokens costs one walk and no copies.
//!
//! In: a cursor at a value. Out: [`Value`].
//! Deliberately absent: meaning of keys.
//! Start at [`read`].

use std::ops::Range;

use super::cursor::Cursor;

/// Longest string value, in bytes; a whole tokenizer.json may stand in one.
pub(super) const STRING_CAP: u64 = 64 << 20;
/// Most items of an array; the largest vocabularies have 2.6 hundred thousand tokens and half a million merges.
pub(super) const ARRAY_CAP: u64 = 8 << 20;
/// Arrays inside arrays.
const NESTING_CAP: u32 = 4;

/// One metadata value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    /// Bytes of a string.
    Text(Range<usize>),
    Array(Array),
}

/// Items of one kind, back to back from `start`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub(super) kind: Kind,
    pub(super) count: usize,
    pub(super) start: usize,
}

/// GGUF's value types; the discriminant is the format's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    Text = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
}

const KINDS: [Kind; 13] = [
    Kind::U8,
    Kind::I8,
    Kind::U16,
    Kind::I16,
    Kind::U32,
    Kind::I32,
    Kind::F32,
    Kind::Bool,
    Kind::Text,
    Kind::Array,
    Kind::U64,
    Kind::I64,
    Kind::F64,
];

impl Kind {
    /// Least bytes one item takes.
    fn least_bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::Text => 8,
            Self::Array => 12,
        }
    }
}

/// Reads the type id that stands before a value.
pub(super) fn kind(cursor: &mut Cursor<'_>) -> Result<Kind, String> {
    let at = cursor.at();
    let id = cursor.u32("value type")?;
    let kind = usize::try_from(id).ok().and_then(|id| KINDS.get(id));
    kind.copied()
        .ok_or_else(|| format!("byte {at}: value type {id} is not one of GGUF's (0 to 12)"))
}

/// Reads one value of `kind`. `depth` counts the arrays around it.
pub(super) fn read(cursor: &mut Cursor<'_>, kind: Kind, depth: u32) -> Result<Value, String> {
    Ok(match kind {
        Kind::Text => {
            let text = cursor.string(STRING_CAP, "string length")?;
            Value::Text(cursor.at() - text.len()..cursor.at())
        }
        Kind::Array => Value::Array(array(cursor, depth)?),
        _ => scalar(cursor, kind)?,
    })
}

fn scalar(cursor: &mut Cursor<'_>, kind: Kind) -> Result<Value, String> {
    let at = cursor.at();
    let bytes = cursor.take(kind.least_bytes(), "value")?;
    let mut wide = [0u8; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    // Only as many bytes were read as the narrow type has, so nothing is lost in narrowing.
    Ok(match kind {
        Kind::I8 => Value::Signed(i64::from(bits as u8 as i8)),
        Kind::I16 => Value::Signed(i64::from(bits as u16 as i16)),
        Kind::I32 => Value::Signed(i64::from(bits as u32 as i32)),
        Kind::I64 => Value::Signed(bits as i64),
        Kind::F32 => Value::Float(f64::from(f32::from_bits(bits as u32))),
        Kind::F64 => Value::Float(f64::from_bits(bits)),
        Kind::Bool if bits > 1 => return Err(format!("byte {at}: a boolean is {bits}, neither 0 nor 1")),
        Kind::Bool => Value::Bool(bits == 1),
        _ => Value::Unsigned(bits),
    })
}

/// Walks over an array to find its end. The work is bounded by the file's length, because every item takes bytes.
fn array(cursor: &mut Cursor<'_>, depth: u32) -> Result<Array, String> {
    let at = cursor.at();
    if depth >= NESTING_CAP {
        return Err(format!("byte {at}: arrays are nested more than {NESTING_CAP} deep"));
    }
    let item = kind(cursor)?;
    let count = cursor.count(ARRAY_CAP, item.least_bytes(), "array length")?;
    let start = cursor.at();
    match item {
        Kind::Text | Kind::Array => {
            for _ in 0..count {
                read(cursor, item, depth + 1)?;
            }
        }
        Kind::Bool => {
            for _ in 0..count {
                scalar(cursor, item)?;
            }
        }
        _ => {
            cursor.take(count as u64 * item.least_bytes(), "array")?;
        }
    }
    Ok(Array {
        kind: item,
        count,
        start,
    })
}
