//! Everything that import reads out of files nobody vouches for goes through here, so that it can go on behind walls.
//!
//! In: a path that a person gave, then the finished copy. Out: which files make up the model, and what they are.
//! Deliberately absent: the walls; whoever calls import brings an [`Inspector`] that has them. [`InProcess`] is what
//! runs behind them, and what tests use. Start at [`Inspector`].

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::bytes::Bytes;
use super::family::FamilyCard;
use super::fault::quoted;
use super::hyper::Family;
use super::manifest::{MemoryHints, Profile};
use super::origin::{self, Origin};
use super::tokenizer::Tokenizer;
use super::verified::load;
use super::weights::Weights;
use crate::problem::Fatal;

/// Reads hostile model files.
pub trait Inspector {
    /// The files that make up the model at `path`, an absolute path: the name each gets in the store, and its own.
    /// Refuses by headers alone what could not be used, so that nobody waits for a copy of it.
    fn look(&mut self, path: &Path) -> Result<BTreeMap<String, String>, Fatal>;

    /// What the files `names` in `folder`, a copy that nobody else can change, are.
    fn inspect(&mut self, folder: &Path, names: &[String]) -> Result<Inspected, Fatal>;
}

/// What a manifest says about a model's contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    pub family: Family,
    pub profile: Profile,
    /// Working context in tokens.
    pub context: usize,
    /// As the files state it.
    pub licence: String,
    pub memory: MemoryHints,
}

/// Reads in the calling process.
pub struct InProcess;

impl Inspector for InProcess {
    fn look(&mut self, path: &Path) -> Result<BTreeMap<String, String>, Fatal> {
        let chosen = origin::choose(path)?;
        Origin::open(path, &chosen)?.judge()?;
        Ok(chosen)
    }

    fn inspect(&mut self, folder: &Path, names: &[String]) -> Result<Inspected, Fatal> {
        let mut loaded = BTreeMap::new();
        for name in names {
            loaded.insert(name.clone(), load(&folder.join(name))?);
        }
        let (weights, tokenizer) = parse(&loaded)?;
        let card = FamilyCard::of(weights.hyper().family);
        Ok(Inspected {
            family: card.family,
            profile: if tokenizer.compact {
                Profile::Compact
            } else {
                card.profile
            },
            context: card.context.min(weights.hyper().context),
            licence: licence(&weights),
            memory: card.memory,
        })
    }
}

pub(super) fn parse(files: &BTreeMap<String, Bytes>) -> Result<(Weights, Tokenizer), Fatal> {
    let weights = Weights::of_files(files)?;
    let tokenizer = Tokenizer::of_files(files, &weights)?;
    Ok((weights, tokenizer))
}

fn licence(weights: &Weights) -> String {
    let stated = weights
        .gguf()
        .and_then(|gguf| gguf.text("general.license").ok().flatten());
    match stated {
        Some(text) => quoted(text).trim_matches('`').to_owned(),
        None => "not stated in the files".into(),
    }
}
