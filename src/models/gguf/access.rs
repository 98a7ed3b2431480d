//! Typed look-ups in the metadata of a GGUF file: a key that is absent is None, a key of the wrong type is refused.
//!
//! In: a key. Out: a number, text or list.
//! Deliberately absent: defaults.
//! Start at [`Gguf::text`].

use super::value::{self, Array, Kind, Value};
use super::{Cursor, Gguf};
use crate::models::fault::{damaged, quoted};
use crate::problem::Fatal;

impl Gguf {
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.metadata.contains_key(key)
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, Fatal> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Text(range)) => match std::str::from_utf8(&self.bytes[range.clone()]) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(self.wrong(key, "UTF-8 text")),
            },
            Some(_) => Err(self.wrong(key, "a string")),
        }
    }

    /// A whole number; per-layer lists are accepted where all entries agree.
    pub(crate) fn whole(&self, key: &str) -> Result<Option<u64>, Fatal> {
        let wanted = "a whole number, or a list of equal ones";
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Array(array)) => {
                let list = self.wholes_of(key, array)?;
                let first = list.first().copied().and_then(|value| u64::try_from(value).ok());
                let equal = list.windows(2).all(|pair| pair[0] == pair[1]);
                first.filter(|_| equal).map(Some).ok_or_else(|| self.wrong(key, wanted))
            }
            Some(value) => match integer(value).and_then(|value| u64::try_from(value).ok()) {
                Some(value) => Ok(Some(value)),
                None => Err(self.wrong(key, wanted)),
            },
        }
    }

    pub(crate) fn float(&self, key: &str) -> Result<Option<f32>, Fatal> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Float(value)) => Ok(Some(*value as f32)),
            Some(_) => Err(self.wrong(key, "a floating-point number")),
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, Fatal> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(self.wrong(key, "a boolean")),
        }
    }

    /// A list of strings, in place.
    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<&str>>, Fatal> {
        let Some(array) = self.array(key, |kind| kind == Kind::Text)? else {
            return Ok(None);
        };
        let mut cursor = Cursor::new(&self.bytes, array.start);
        let mut texts = Vec::with_capacity(array.count);
        for index in 0..array.count {
            let bytes = cursor
                .string(value::STRING_CAP, "string")
                .map_err(|cause| damaged(&self.file, cause))?;
            let text = std::str::from_utf8(bytes);
            texts.push(text.map_err(|_| self.wrong(key, &format!("UTF-8 text (item {index} is not)")))?);
        }
        Ok(Some(texts))
    }

    /// A list of whole numbers of any width.
    pub(crate) fn wholes(&self, key: &str) -> Result<Option<Vec<i64>>, Fatal> {
        let list = self.array(key, |kind| {
            !matches!(kind, Kind::Text | Kind::Array | Kind::F32 | Kind::F64)
        })?;
        list.map(|array| self.wholes_of(key, array)).transpose()
    }

    /// A list of f32.
    pub(crate) fn floats(&self, key: &str) -> Result<Option<Vec<f32>>, Fatal> {
        let Some(array) = self.array(key, |kind| kind == Kind::F32)? else {
            return Ok(None);
        };
        let bytes = &self.bytes[array.start..array.start + 4 * array.count];
        let (quads, _) = bytes.as_chunks::<4>();
        Ok(Some(quads.iter().map(|quad| f32::from_le_bytes(*quad)).collect()))
    }

    fn array(&self, key: &str, accept: impl Fn(Kind) -> bool) -> Result<Option<&Array>, Fatal> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Array(array)) if accept(array.kind) => Ok(Some(array)),
            Some(_) => Err(self.wrong(key, "a list of the expected type")),
        }
    }

    fn wholes_of(&self, key: &str, array: &Array) -> Result<Vec<i64>, Fatal> {
        let mut cursor = Cursor::new(&self.bytes, array.start);
        let mut list = Vec::with_capacity(array.count);
        for _ in 0..array.count {
            let item = value::read(&mut cursor, array.kind, 1).map_err(|cause| damaged(&self.file, cause))?;
            list.push(integer(&item).ok_or_else(|| self.wrong(key, "a list of whole numbers"))?);
        }
        Ok(list)
    }

    fn wrong(&self, key: &str, wanted: &str) -> Fatal {
        damaged(&self.file, format!("the key {} is not {wanted}", quoted(key)))
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Unsigned(value) => i64::try_from(*value).ok(),
        Value::Signed(value) => Some(*value),
        Value::Bool(value) => Some(i64::from(*value)),
        _ => None,
    }
}
