//! How fast this machine runs this model: a prompt and how many replies to write after it in, times out.
//!
//! The same forward pass as for a prompt with text, without text: tokens are given, replies are greedy and free.
//! Deliberately absent: clocks in anything that decides a reply. Start at [`Engine::measure`].

use std::time::{Duration, Instant};

use anchorite_kernels::attention::BLOCK;

use super::Engine;
use super::batch::RaggedBatch;
use crate::problem::{Exit, Fatal};

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// For the prompt, with the logits after its last token.
    pub prefill: Duration,
    /// For all steps of all sequences.
    pub decode: Duration,
    /// What each sequence wrote.
    pub written: Vec<Vec<u32>>,
}

impl Engine {
    /// Runs `prompt` once and then `steps` steps of `sequences` replies that share it. The first token of reply i is i, so
    /// that replies differ; the others are the likeliest.
    pub fn measure(&mut self, prompt: &[u32], sequences: usize, steps: usize) -> Result<Measured, Fatal> {
        let (own, shared) = ((prompt.len() + steps).div_ceil(BLOCK), prompt.len() / BLOCK);
        if prompt.is_empty() || shared + (own - shared) * (sequences + 1) > self.pool.free() {
            let what = format!("{sequences} replies of {steps} tokens to {} do not fit", prompt.len());
            return Err(Fatal::new(
                Exit::Usage,
                what,
                "ask for a larger context or fewer tokens",
            ));
        }
        let blocks: Vec<_> = (0..prompt.len().div_ceil(BLOCK))
            .filter_map(|_| self.pool.claim())
            .collect();
        let started = Instant::now();
        for (index, chunk) in prompt.chunks(self.settings.rows).enumerate() {
            let start = index * self.settings.rows;
            let mut batch = RaggedBatch::default();
            batch.push(chunk, start, &blocks, usize::from(start + chunk.len() == prompt.len()));
            self.decoder.forward(&self.crew, &batch, &mut self.pool)?;
        }
        let prefill = started.elapsed();
        let full = "blocks were counted before";
        let mut tables = vec![blocks.clone(); sequences];
        for table in &mut tables {
            table.iter().for_each(|&b| self.pool.hold(b));
            if !prompt.len().is_multiple_of(BLOCK) {
                let last = table.pop().expect("positions lie in blocks");
                table.push(self.pool.own(last).expect(full));
            }
            table.extend((table.len()..own).map(|_| self.pool.claim().expect(full)));
        }
        let mut written: Vec<Vec<u32>> = (0..sequences).map(|i| vec![i as u32]).collect();
        let started = Instant::now();
        for step in 0..steps {
            let mut batch = RaggedBatch::default();
            for (table, written) in tables.iter().zip(&written) {
                batch.push(&written[step..], prompt.len() + step, table, 1);
            }
            let logits = self.decoder.forward(&self.crew, &batch, &mut self.pool)?;
            let width = logits.len() / sequences.max(1);
            for (written, logits) in written.iter_mut().zip(logits.chunks_exact(width)) {
                written.push(likeliest(logits));
            }
        }
        let decode = started.elapsed();
        tables
            .iter()
            .flatten()
            .chain(&blocks)
            .for_each(|&b| self.pool.release(b));
        Ok(Measured {
            prefill,
            decode,
            written,
        })
    }
}

/// The first of the largest.
fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (at, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = at;
        }
    }
    best as u32
}
