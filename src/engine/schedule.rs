//! The work of one call, step by step: a plan in, replies out.
//!
//! Each step is one ragged batch: first the replies being written, then as much of the prefixes and prompts as there
//! are rows left. Units start in the plan's order, as soon as what they stand on is computed and blocks are free; a
//! prefix is let go when everything below it has started. What a row computes does not depend on any of this.
//! Deliberately absent: text; [`Answer`] has it. Start at [`Schedule::run`].

use anchorite_kernels::attention::BLOCK;

use super::answer::{Answer, Step};
use super::batch::RaggedBatch;
use super::cache::{BlockId, BlockPool};
use super::crew::Crew;
use super::decoder::Decoder;
use super::model::Reply;
use super::plan::{Plan, Unit};
use super::tokenizer::Tokenizer;
use crate::problem::{Exit, Fatal};

/// What every step needs.
pub(super) struct Means<'a> {
    pub(super) crew: &'a Crew,
    pub(super) decoder: &'a Decoder,
    pub(super) tokenizer: &'a Tokenizer,
    /// Most rows in one step.
    pub(super) rows: usize,
    /// Most replies written at the same time.
    pub(super) sequences: usize,
}

/// A prompt that waits for its turn.
pub(super) struct Asked {
    pub(super) answer: Box<Answer>,
    /// What the grammar forces at the start of the reply.
    pub(super) forced: Vec<u32>,
    /// Most tokens the whole sequence may come to.
    pub(super) most: usize,
}

/// Tokens on their way into the cache.
struct Feed {
    unit: Unit,
    blocks: Vec<BlockId>,
    /// Positions computed.
    done: usize,
    pending: Vec<u32>,
    /// Blocks that it may still claim.
    promised: usize,
    /// The reply has begun: its rows go first.
    writing: bool,
    answer: Option<Box<Answer>>,
}

/// The state of one call.
pub(super) struct Schedule<'a> {
    means: Means<'a>,
    pool: &'a mut BlockPool,
    tokens: &'a [Vec<u32>],
    plan: Plan,
    asked: Vec<Option<Asked>>,
    /// Per prefix: its blocks, once computed, and how many children have yet to start.
    ready: Vec<Option<(Vec<BlockId>, usize)>>,
    next: usize,
    active: Vec<Feed>,
    results: Vec<Option<Result<Reply, String>>>,
}

impl<'a> Schedule<'a> {
    /// `asked` and the results are by prompt; None where a prompt is not part of the plan.
    pub(super) fn new(
        means: Means<'a>,
        pool: &'a mut BlockPool,
        tokens: &'a [Vec<u32>],
        plan: Plan,
        asked: Vec<Option<Asked>>,
    ) -> Self {
        let ready = plan.prefixes.iter().map(|_| None).collect();
        let results = asked.iter().map(|_| None).collect();
        Self {
            means,
            pool,
            tokens,
            plan,
            asked,
            ready,
            next: 0,
            active: Vec::new(),
            results,
        }
    }

    /// Works until every prompt has a result.
    pub(super) fn run(mut self) -> Result<Vec<Option<Result<Reply, String>>>, Fatal> {
        loop {
            self.admit();
            if self.active.is_empty() {
                if self.next == self.plan.units.len() {
                    return Ok(self.results);
                }
                let help = "ask for more memory for keys and values, or report the settings that led here";
                return Err(Fatal::new(
                    Exit::Incomplete,
                    "the engine's cache is full although nothing is in it",
                    help,
                ));
            }
            self.step()?;
        }
    }

    /// Starts units while they can be started.
    fn admit(&mut self) {
        while let Some(&unit) = self.plan.units.get(self.next) {
            let (parent, prompt, end) = match unit {
                Unit::Prefix(index) => {
                    let prefix = &self.plan.prefixes[index];
                    (prefix.parent, prefix.prompt, prefix.end)
                }
                Unit::Answer { prompt, parent } => (parent, prompt, self.tokens[prompt].len()),
            };
            let start = parent.map_or(0, |p| self.plan.prefixes[p].end);
            let most = match unit {
                Unit::Prefix(_) => end,
                Unit::Answer { .. } => self.asked[prompt].as_ref().map_or(end, |asked| asked.most),
            };
            let promised = most.div_ceil(BLOCK) - start / BLOCK;
            let answering = self.active.iter().filter(|f| f.answer.is_some()).count();
            let taken: usize = self.active.iter().map(|f| f.promised).sum();
            let computed = parent.is_none_or(|p| self.ready[p].is_some());
            let crowded = matches!(unit, Unit::Answer { .. }) && answering >= self.means.sequences;
            if !computed || crowded || self.pool.free() < taken + promised {
                return;
            }
            self.next += 1;
            let blocks = self.inherit(parent);
            let mut pending = self.tokens[prompt][start..end].to_vec();
            let asked = if matches!(unit, Unit::Answer { .. }) {
                self.asked[prompt].take()
            } else {
                None
            };
            let answer = asked.map(|asked| {
                pending.extend(asked.forced);
                asked.answer
            });
            self.active.push(Feed {
                unit,
                blocks,
                done: start,
                pending,
                promised,
                writing: false,
                answer,
            });
        }
    }

    /// Blocks of a prefix, held once more for a child that starts now.
    fn inherit(&mut self, parent: Option<usize>) -> Vec<BlockId> {
        let Some(index) = parent else { return Vec::new() };
        let (blocks, waiting) = self.ready[index]
            .take()
            .expect("a child starts after its parent is computed");
        if waiting > 1 {
            blocks.iter().for_each(|&b| self.pool.hold(b));
            self.ready[index] = Some((blocks.clone(), waiting - 1));
        }
        blocks
    }

    /// One batch.
    fn step(&mut self) -> Result<(), Fatal> {
        let mut batch = RaggedBatch::default();
        let mut fed = Vec::new();
        let order = (0..self.active.len()).filter(|&i| self.active[i].writing);
        let order: Vec<usize> = order
            .chain((0..self.active.len()).filter(|&i| !self.active[i].writing))
            .collect();
        for index in order {
            let count = self.active[index].pending.len().min(self.means.rows - batch.rows());
            if count == 0 {
                continue;
            }
            self.make_room(index, count);
            let feed = &mut self.active[index];
            let wanted = usize::from(feed.answer.is_some() && count == feed.pending.len());
            batch.push(&feed.pending[..count], feed.done, &feed.blocks, wanted);
            feed.pending.drain(..count);
            feed.done += count;
            if wanted == 1 {
                fed.push(index);
            }
        }
        let logits = self.means.decoder.forward(self.means.crew, &batch, self.pool)?;
        let width = (logits.len() / fed.len().max(1)).max(1);
        for (&index, logits) in fed.iter().zip(logits.chunks_exact(width)) {
            self.advance(index, logits);
        }
        self.settle();
        Ok(())
    }

    /// Blocks for `count` more positions, the one being written in held by nobody else.
    fn make_room(&mut self, index: usize, count: usize) {
        let full = "blocks were promised when the unit started";
        let feed = &mut self.active[index];
        if !feed.done.is_multiple_of(BLOCK) {
            let last = feed.blocks.pop().expect("positions lie in blocks");
            let free = self.pool.free();
            feed.blocks.push(self.pool.own(last).expect(full));
            feed.promised -= free - self.pool.free();
        }
        while feed.blocks.len() * BLOCK < feed.done + count {
            feed.blocks.push(self.pool.claim().expect(full));
            feed.promised -= 1;
        }
    }

    /// Brings logits to a reply.
    fn advance(&mut self, index: usize, logits: &[f32]) {
        let feed = &mut self.active[index];
        let Some(mut answer) = feed.answer.take() else { return };
        match answer.advance(self.means.tokenizer, logits) {
            Ok(Step::Feed(tokens)) => {
                feed.pending = tokens;
                feed.writing = true;
                feed.answer = Some(answer);
            }
            Ok(Step::Done) => self.finish(index, Ok(answer)),
            Err(cause) => self.finish(index, Err(cause)),
        }
    }

    fn finish(&mut self, index: usize, outcome: Result<Box<Answer>, String>) {
        let Unit::Answer { prompt, parent } = self.active[index].unit else {
            return;
        };
        let shared = parent.map_or(0, |p| self.plan.prefixes[p].end);
        self.results[prompt] = Some(outcome.and_then(|answer| answer.reply(self.tokens[prompt].len(), shared)));
    }

    /// Takes finished units off: a prefix becomes ready, an answer lets its blocks go.
    fn settle(&mut self) {
        for feed in std::mem::take(&mut self.active) {
            if !feed.pending.is_empty() {
                self.active.push(feed);
                continue;
            }
            match feed.unit {
                Unit::Prefix(index) => self.ready[index] = Some((feed.blocks, self.plan.prefixes[index].children)),
                Unit::Answer { .. } => feed.blocks.into_iter().for_each(|b| self.pool.release(b)),
            }
        }
    }
}
