//! The decoder against itself: batches, chunks, sharing and threads change nothing.
//!
//! In: the fixtures under tests/parity, where the decoder is also compared with other implementations. Start anywhere.

use std::path::{Path, PathBuf};

use candle_core::Device;

use super::batch::RaggedBatch;
use super::cache::{BlockId, BlockPool};
use super::crew::Crew;
use super::decoder::Decoder;
use super::families;
use super::settings::EngineSettings;
use crate::models::{Family, Profile, Verified, Weights};
use anchorite_kernels::attention::BLOCK;

const ALL: [&str; 8] = [
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "llama-q8",
    "llama-spm-f16",
    "qwen3-q8",
    "qwen2-q4km",
];

pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/parity/fixtures")
        .join(name)
}

/// A fixture's files, as a model that pins itself.
pub(super) fn verified(name: &str, profile: Profile) -> Verified {
    let family = match name.split('-').next() {
        Some("llama") => Family::Llama,
        Some("mistral") => Family::Mistral,
        Some("qwen2") => Family::Qwen2,
        _ => Family::Qwen3,
    };
    let files = std::fs::read_dir(fixture(name)).expect("a fixture").map(|entry| {
        let entry = entry.expect("a file");
        (
            entry.file_name().into_string().expect("a name"),
            std::fs::read(entry.path()).expect("bytes"),
        )
    });
    Verified::unpinned(family, profile, files.filter(|(name, _)| !name.starts_with("golden")))
}

fn decoder(name: &str) -> (Decoder, BlockPool) {
    let verified = verified(name, Profile::Chat);
    let weights = Weights::of(&verified).expect("a model");
    let pool = BlockPool::new(weights.hyper(), 64);
    let crew = Crew::new(2).expect("threads");
    let decoder =
        families::build(&weights, &Device::Cpu, &crew, &EngineSettings::new(256, 64, 4, 1)).expect("a decoder");
    (decoder, pool)
}

fn blocks(pool: &mut BlockPool, tokens: usize) -> Vec<BlockId> {
    (0..tokens.div_ceil(BLOCK))
        .map(|_| pool.claim().expect("room"))
        .collect()
}

/// Logits of the last `wanted` of `tokens`, computed in one go.
fn alone(crew: &Crew, decoder: &Decoder, pool: &mut BlockPool, tokens: &[u32], wanted: usize) -> Vec<f32> {
    let table = blocks(pool, tokens.len());
    let mut batch = RaggedBatch::default();
    batch.push(tokens, 0, &table, wanted);
    let logits = decoder.forward(crew, &batch, pool).expect("logits");
    table.into_iter().for_each(|b| pool.release(b));
    logits
}

fn tokens(n: usize, seed: usize) -> Vec<u32> {
    (0..n)
        .map(|i| ((i * 7919 + seed * 104_729 + i * i * 31) % 256) as u32)
        .collect()
}

#[test]
fn chunks_and_single_steps_give_the_bits_of_one_go() {
    for name in ALL {
        let (decoder, mut pool) = decoder(name);
        let crew = Crew::new(1).expect("a thread");
        let text = tokens(75, 1);
        let whole = alone(&crew, &decoder, &mut pool, &text, 75);
        let vocab = whole.len() / 75;
        let table = blocks(&mut pool, 75);
        let mut at = 0;
        for size in [1, 30, 3, 1, 1, 39] {
            let mut batch = RaggedBatch::default();
            batch.push(&text[at..at + size], at, &table, size);
            let logits = decoder.forward(&crew, &batch, &mut pool).expect("logits");
            assert_eq!(
                logits,
                whole[at * vocab..(at + size) * vocab],
                "{name}: rows {at} to {}",
                at + size
            );
            at += size;
        }
    }
}

#[test]
fn a_row_is_the_same_bits_alone_in_a_batch_and_with_two_threads() {
    for name in ALL {
        let (decoder, mut pool) = decoder(name);
        let (one, two) = (Crew::new(1).expect("a thread"), Crew::new(2).expect("threads"));
        let texts: Vec<Vec<u32>> = (0..16).map(|i| tokens(5 + i * 6, i)).collect();
        let mut batch = RaggedBatch::default();
        for text in &texts {
            let table = blocks(&mut pool, text.len());
            batch.push(text, 0, &table, 1);
        }
        let together = decoder.forward(&two, &batch, &mut pool).expect("logits");
        batch.block_tables.iter().flatten().for_each(|b| pool.release(*b));
        for (text, want) in texts.iter().zip(together.chunks_exact(together.len() / 16)) {
            assert_eq!(
                alone(&one, &decoder, &mut pool, text, 1),
                want,
                "{name}: {} tokens",
                text.len()
            );
        }
    }
}

#[test]
fn a_shared_prefix_gives_the_bits_of_an_unshared_one() {
    for name in ALL {
        let (decoder, mut pool) = decoder(name);
        let crew = Crew::new(2).expect("threads");
        let (prefix, tails) = (tokens(45, 3), [tokens(9, 4), tokens(30, 5)]);
        let table = blocks(&mut pool, 45);
        let mut batch = RaggedBatch::default();
        batch.push(&prefix, 0, &table, 0);
        assert!(
            decoder
                .forward(&crew, &batch, &mut pool)
                .expect("keys and values")
                .is_empty()
        );
        let mut batch = RaggedBatch::default();
        for tail in &tails {
            table.iter().for_each(|b| pool.hold(*b));
            let mut own = table.clone();
            own[1] = pool.own(own[1]).expect("room");
            own.extend(blocks(&mut pool, 45 + tail.len()).split_off(2));
            batch.push(tail, 45, &own, 1);
        }
        let shared = decoder.forward(&crew, &batch, &mut pool).expect("logits");
        for (tail, got) in tails.iter().zip(shared.chunks_exact(shared.len() / 2)) {
            let whole = [prefix.clone(), tail.clone()].concat();
            assert_eq!(alone(&crew, &decoder, &mut pool, &whole, 1), got, "{name}");
        }
    }
}
