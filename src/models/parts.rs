//! Which files of a folder make up a model.
//!
//! In: the names in a folder, and a way to read the small ones. Out: [`Parts`].
//! Deliberately absent: reading weights.
//! Start at [`Parts::of`]. The same rule picks what import copies and what a verified model is read from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::fault::{damaged, quoted};
use crate::problem::{Exit, Fatal};

pub(super) const CONFIG: &str = "config.json";
pub(super) const INDEX: &str = "model.safetensors.index.json";
pub(super) const TOKENIZER: &str = "tokenizer.json";
pub(super) const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
pub(super) const GENERATION_CONFIG: &str = "generation_config.json";
pub(super) const TEMPLATE: &str = "chat_template.jinja";
/// Most shards of one model.
const SHARD_CAP: usize = 1024;

/// The files that hold weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parts {
    Gguf(String),
    /// With config.json beside them; sorted.
    Safetensors(Vec<String>),
}

impl Parts {
    /// `names`: what the folder holds; `read`: contents of a small file of it.
    pub(super) fn of(names: &BTreeSet<String>, read: impl Fn(&str) -> Result<Vec<u8>, Fatal>) -> Result<Self, Fatal> {
        let ending = |ending: &str| {
            names
                .iter()
                .filter(|name| name.ends_with(ending))
                .cloned()
                .collect::<Vec<_>>()
        };
        let (gguf, tensors) = (ending(".gguf"), ending(".safetensors"));
        if names.contains(INDEX) {
            let shards = shards(&read(INDEX)?)?;
            return Self::safetensors(names, shards);
        }
        match (gguf.as_slice(), tensors.as_slice()) {
            ([one], _) => Ok(Self::Gguf(one.clone())),
            ([], [one]) => Self::safetensors(names, vec![one.clone()]),
            ([], many) if many.iter().any(|name| name == "model.safetensors") => {
                Self::safetensors(names, vec!["model.safetensors".into()])
            }
            ([], []) => Err(Fatal::new(
                Exit::Usage,
                "there is no model in the folder: neither a .gguf nor a .safetensors file",
                "give a GGUF file, or a folder with *.safetensors, config.json and tokenizer.json",
            )),
            _ => Err(Fatal::new(
                Exit::Usage,
                format!(
                    "the folder holds {} weight files and does not say which belong together",
                    gguf.len() + tensors.len()
                ),
                "give the path of one GGUF file, or a folder with one model in it",
            )),
        }
    }

    fn safetensors(names: &BTreeSet<String>, shards: Vec<String>) -> Result<Self, Fatal> {
        let needed = shards.iter().map(String::as_str).chain([CONFIG]);
        if let Some(missing) = needed.into_iter().find(|name| !names.contains(*name)) {
            return Err(Fatal::new(
                Exit::Usage,
                format!("the model's file {} is missing", quoted(missing)),
                "fetch the whole model into one folder and give that folder",
            ));
        }
        Ok(Self::Safetensors(shards))
    }

    /// Names of the weight files.
    pub(super) fn weights(&self) -> Vec<String> {
        match self {
            Self::Gguf(name) => vec![name.clone()],
            Self::Safetensors(names) => names.clone(),
        }
    }

    /// Every file that belongs to the model, out of `names`.
    pub(super) fn all(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut wanted = vec![TOKENIZER, TOKENIZER_CONFIG, GENERATION_CONFIG, TEMPLATE];
        if matches!(self, Self::Safetensors(_)) {
            wanted.extend([CONFIG, INDEX]);
        }
        let small = wanted
            .into_iter()
            .filter(|name| names.contains(*name))
            .map(str::to_owned);
        small.chain(self.weights()).collect()
    }
}

/// One path component without surprises: what a model's file may be called.
pub(super) fn plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '=' | '@');
    !name.is_empty() && name.len() <= 200 && !name.starts_with('.') && name.chars().all(plain)
}

fn shards(index: &[u8]) -> Result<Vec<String>, Fatal> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(index).map_err(|error| damaged(INDEX, error))?;
    let shards = index.weight_map.into_values().collect::<BTreeSet<_>>();
    if shards.is_empty() || shards.len() > SHARD_CAP {
        return Err(damaged(
            INDEX,
            format!("it names {} shards; 1 to {SHARD_CAP} are accepted", shards.len()),
        ));
    }
    if let Some(name) = shards
        .iter()
        .find(|name| !plain_name(name) || !name.ends_with(".safetensors"))
    {
        return Err(damaged(
            INDEX,
            format!("it names the shard {}, which is not a file beside it", quoted(name)),
        ));
    }
    Ok(shards.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(names: &[&str], index: &str) -> Result<Parts, Fatal> {
        Parts::of(&names.iter().map(|name| (*name).to_owned()).collect(), |_| {
            Ok(index.as_bytes().to_vec())
        })
    }

    #[test]
    fn finds_the_weights_among_other_files() {
        assert_eq!(
            parts(&["a.gguf", "README.md"], "").unwrap(),
            Parts::Gguf("a.gguf".into())
        );
        let single = Parts::Safetensors(vec!["model.safetensors".into()]);
        assert_eq!(
            parts(&["config.json", "consolidated.safetensors", "model.safetensors"], "").unwrap(),
            single
        );
        let index = r#"{"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"b.safetensors"}}"#;
        let names = ["a.safetensors", "b.safetensors", "config.json", INDEX];
        let both = Parts::Safetensors(vec!["a.safetensors".into(), "b.safetensors".into()]);
        assert_eq!(parts(&names, index).unwrap(), both);
    }

    #[test]
    fn refuses_folders_that_are_empty_ambiguous_or_incomplete() {
        for (names, index, expected) in [
            (&["README.md"][..], "", "no model in the folder"),
            (&["a.gguf", "b.gguf"], "", "does not say which"),
            (&["model.safetensors"], "", "`config.json` is missing"),
            (
                &[INDEX, "config.json"],
                r#"{"weight_map":{"x":"b.safetensors"}}"#,
                "`b.safetensors` is missing",
            ),
            (
                &[INDEX, "config.json"],
                r#"{"weight_map":{"x":"../b.safetensors"}}"#,
                "not a file beside it",
            ),
            (&[INDEX, "config.json"], r#"{"weight_map":{}}"#, "0 shards"),
        ] {
            let error = parts(names, index).unwrap_err().to_string();
            assert!(error.contains(expected), "{names:?}: {error}");
        }
    }
}
