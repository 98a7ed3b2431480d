//! Prompts in, constrained text out: open-weight models inside this process, with no other program and no network.
//!
//! In: [`crate::models::Verified`] and [`EngineSettings`], then [`model::Prompt`]s. Out: [`model::Reply`]s or problems,
//! one per prompt, which depend on the prompt, the weights and the kind of processor alone: not on the batch, the order,
//! what is shared, or the number of threads.
//! Deliberately absent: security, repositories, records, and any memory between calls.
//! Start at [`Engine::load`]; then read in the order of one call:
//! ```text
//! ask        checks prompts and puts replies together
//! template   messages -> parts of one text           tokenizer  text -> tokens
//! grammar    what may come next                      answer     one reply being written      sample  one choice
//! plan       which prompts share what                schedule   steps of mixed rows
//! batch      the rows of a step                      cache      keys and values in blocks of 32
//! decoder    the one transformer                     families   tensors into its blocks
//! attention  queries, keys, values                   latent     the same through a latent
//! attend     attention over blocks                   feed       feed-forward parts and experts
//! load       tensors into matrices                   unpack     blocks without a kernel
//! weight     products with weights
//! rope       rotary positions                        crew       threads
//! measure    how long one prompt and its replies take      pace       what that says of this machine
//! ```

pub mod model;

mod answer;
mod ask;
mod attend;
mod attention;
mod batch;
mod cache;
mod crew;
mod decoder;
mod families;
mod feed;
mod grammar;
mod latent;
mod load;
mod measure;
mod pace;
mod plan;
mod rope;
mod sample;
mod schedule;
mod settings;
mod template;
mod tokenizer;
mod unpack;
mod weight;

pub use ask::Engine;
pub use measure::Measured;
pub use pace::Pace;
pub use settings::{Device, EngineSettings};

#[cfg(test)]
mod tests;
