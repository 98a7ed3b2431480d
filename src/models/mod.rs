//! Which weights may be used, and what is inside them.
//!
//! In: GGUF files, directories of safetensors, and the state directory that holds the imported ones. Out:
//! [`Verified`] (every byte hashed), and from it [`Weights`] (tensors and [`Hyper`]) and [`Tokenizer`] (material to
//! build a tokenizer from).
//! Deliberately absent: arithmetic on weights, a tokenizer, templates, downloads, and any way to reach a tensor
//! without passing the digests first.
//! Start at [`Registry::resolve`], then [`Located::open`], then [`Weights::of`].
//!
//! The way of a model:
//! ```text
//! Registry::import(path)  copies, hashes and pins           -> Manifest  (an Inspector does the parsing)
//! Registry::resolve(name) cheap; paths and pinned digests   -> Located   (crosses to the judge as serde)
//! Located::open()         maps and hashes every file        -> Verified  (exit 5 on the first wrong byte)
//! Weights::of(&verified)  parses headers, checks shapes     -> Weights
//! Tokenizer::of(&verified, &weights)                        -> Tokenizer
//! plan(hyper, weight bytes, load), refuse_if_too_large      -> before anything is allocated
//! ```

mod bytes;
mod config;
mod dtype;
mod family;
mod fault;
mod gguf;
mod hyper;
mod import;
mod inspect;
mod manifest;
mod memory;
mod names;
mod novice;
mod origin;
mod parts;
mod registry;
mod safetensors;
mod shape;
mod side;
mod store;
#[cfg(test)]
mod tests;
mod tokenizer;
mod verified;
mod vocabulary;
mod weights;

#[cfg(test)]
pub(crate) use self::gguf::forge;
pub use bytes::Bytes;
pub use dtype::Dtype;
pub use family::FamilyCard;
pub use hyper::{Family, Hyper, RopePairing, RopeScaling, SlidingWindow};
pub use inspect::{InProcess, Inspected, Inspector};
pub use manifest::{Calibration, Manifest, MemoryHints, PinnedFile, Platt, Profile, Thousandths};
pub use memory::{Load, MemoryPlan, available_bytes, plan, refuse_if_too_large};
pub use registry::Registry;
pub use shape::{Activation, ExpertForm, Experts, Growth, Latent, LayerKind, NormKind, Scales, Scoring};
pub use tokenizer::{GgufVocabulary, Tokenizer, TokenizerSource};
pub use verified::{Located, LocatedFile, Verified};
pub use weights::{TensorView, Weights};
