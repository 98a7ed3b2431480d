//! The door between the judges and whatever answers them: a prompt goes in, a constrained reply comes out.
//!
//! In: [`Prompt`]s. Out: one [`Reply`] or [`Problem`] per prompt, in order.
//! Deliberately absent: anything about security, repositories, weights or devices; a scripted model in a test, the
//! in-process engine and the client of a sealed judge all look the same from here.
//! Start at [`Model`].

use serde::{Deserialize, Serialize};

pub use crate::models::{Calibration, Platt, Thousandths};
use crate::problem::{Fatal, Problem};

/// Anything that answers prompts.
pub trait Model {
    /// Who answers: stands in every record and report.
    fn identity(&self) -> &Identity;
    /// Answers every prompt, in order. A prompt that cannot be answered (too long, no legal continuation, out of
    /// tokens) is a [`Problem`] of its own; a dead engine is [`Fatal`].
    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal>;
}

/// What a record must know to reproduce a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name the user gave or the manifest carries: `novice`, `qwen2.5-coder-7b`.
    pub name: String,
    /// SHA-256 over the pinned files, lower-case hex.
    pub digest: String,
    pub profile: Profile,
    /// What its verdicts are corrected by.
    pub calibration: Calibration,
    /// Context length in tokens.
    pub context: usize,
    /// The kind of processor it runs on, as far as replies depend on it: `cpu avx512`, `cuda:0`.
    pub runs_on: String,
    /// Languages in which its word counts against a candidate; none means all.
    pub languages: Vec<String>,
    /// True for the model shipped inside: reports name it as the starter model.
    pub starter: bool,
}

/// How a model wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Instruction-following model: full card, full brief, JSON replies, the model's own chat template.
    Chat,
    /// A small model trained by this project on a fixed terse form; no chat template, parts are concatenated.
    Compact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    System,
    User,
}

/// A run of text. Only `ours` may contain special tokens; `hostile` is always encoded as plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    Ours(String),
    Hostile(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub speaker: Speaker,
    pub parts: Vec<Part>,
}

/// What a reply must look like. Malformed replies are impossible: the decoder masks every token that would break it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grammar {
    /// llguidance's Lark dialect; the start rule is `start`.
    Lark(String),
    JsonSchema(serde_json::Value),
}

/// One question. Shared text comes first and what differs last, so that prefixes are computed once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    pub messages: Vec<Message>,
    pub grammar: Grammar,
    /// Most tokens the reply may take.
    pub max_tokens: usize,
    /// 0 is greedy; otherwise softmax temperature times 1000.
    pub temperature_milli: u32,
    pub seed: u64,
    pub bias: Option<Bias>,
}

/// Moves the first choice of a reply: a model that leans to one side, or is too sure, is set upright before the grammar's
/// words are compared. [`Choice`]s of the reply hold what came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bias {
    /// The word that tokens of the first choice must begin.
    pub word: String,
    /// All logits of the choice are multiplied by its slope; the shift is added to those of the word.
    pub platt: Platt,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub text: String,
    /// Every place where the grammar left more than one token open, in order.
    pub choices: Vec<Choice>,
    pub prompt_tokens: usize,
    /// Prompt tokens whose keys and values were shared with another prompt.
    pub shared_tokens: usize,
    pub reply_tokens: usize,
}

/// A fork in the reply: what could have stood here and how likely the model found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Byte offset in [`Reply::text`] where the chosen token starts.
    pub offset: usize,
    /// Up to eight legal continuations, likeliest first, with probabilities renormalised over all legal tokens
    /// at temperature 1.
    pub alternatives: Vec<(String, f32)>,
}
