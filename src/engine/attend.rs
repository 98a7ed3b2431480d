//! Attention of all rows of a batch over their blocks: turned queries in, weighted values out.
//!
//! Work is cut into tiles of neighbouring rows times one key head. Each row sums its blocks in runs of [`RUN`] blocks
//! and joins the runs in order, so its result is a function of its own query and blocks alone: not of the tile, the
//! batch, sharing or the thread. Where neighbouring rows hold the same block they look at it together.
//! A sink is joined behind the last run: a score without a value.
//! Deliberately absent: any mask but "at or before me, and inside the window".
//! Start at [`attend`].

use anchorite_kernels::attention::{BLOCK, Queries, Running, Span, absorb, merge};

use super::batch::RaggedBatch;
use super::cache::{BlockId, BlockPool};
use super::crew::Crew;

/// Blocks per run: 512 positions.
const RUN: usize = 16;
/// Rows per tile.
const TILE: usize = 16;

/// Sizes that stay the same over all layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) queries: usize,
    pub(super) keys: usize,
    pub(super) dim: usize,
    /// On scores.
    pub(super) scale: f32,
    /// Scores become `cap * tanh(score / cap)`.
    pub(super) cap: Option<f32>,
}

/// What one layer looks at, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) layer: usize,
    pub(super) heads: Heads,
    /// How many positions a row sees, itself included.
    pub(super) window: Option<usize>,
    /// `[heads]`
    pub(super) sinks: Option<&'a [f32]>,
}

/// `queries`: `[rows, heads, dim]`; returns the same shape.
pub(super) fn attend(crew: &Crew, batch: &RaggedBatch, pool: &BlockPool, view: View<'_>, queries: &[f32]) -> Vec<f32> {
    let heads = view.heads;
    let rows = batch.rows();
    let tiles = rows.div_ceil(TILE);
    let group = heads.queries / heads.keys;
    let width = heads.queries * heads.dim;
    let results = crew.map(tiles * heads.keys, |i| {
        let (tile, head) = (i / heads.keys, i % heads.keys);
        let rows = tile * TILE..((tile + 1) * TILE).min(rows);
        Tile {
            batch,
            pool,
            view,
            queries,
            rows,
            head,
            group,
        }
        .run()
    });
    let mut out = crew.take(rows * width);
    for (i, result) in results.iter().enumerate() {
        let (tile, head) = (i / heads.keys, i % heads.keys);
        for (r, part) in result.chunks_exact(group * heads.dim).enumerate() {
            let start = (tile * TILE + r) * width + head * group * heads.dim;
            out[start..start + part.len()].copy_from_slice(part);
        }
    }
    out
}

/// Rows that are worked on together, and one key head.
struct Tile<'a> {
    batch: &'a RaggedBatch,
    pool: &'a BlockPool,
    view: View<'a>,
    queries: &'a [f32],
    rows: std::ops::Range<usize>,
    head: usize,
    /// Query heads per key head.
    group: usize,
}

/// Running results of `m` queries, `dim` wide.
struct State {
    max: Vec<f32>,
    sum: Vec<f32>,
    acc: Vec<f32>,
}

impl State {
    fn new(m: usize, dim: usize) -> Self {
        Self {
            max: vec![f32::NEG_INFINITY; m],
            sum: vec![0.0; m],
            acc: vec![0.0; m * dim],
        }
    }

    fn reset(&mut self) {
        self.max.fill(f32::NEG_INFINITY);
        self.sum.fill(0.0);
        self.acc.fill(0.0);
    }
}

impl Tile<'_> {
    /// `[rows, group, dim]`
    fn run(&self) -> Vec<f32> {
        let (dim, m) = (self.view.heads.dim, self.rows.len() * self.group);
        let queries = self.gather();
        let first = self.rows.clone().map(|r| self.first(r)).min().unwrap_or(0) / BLOCK;
        let last = self.rows.clone().map(|r| self.batch.positions[r]).max().unwrap_or(0) / BLOCK;
        let mut total = State::new(m, dim);
        let mut part = State::new(m, dim);
        for run in first / RUN..=last / RUN {
            part.reset();
            for block in (run * RUN).max(first)..=((run + 1) * RUN - 1).min(last) {
                self.look(block, &queries, &mut part);
            }
            for i in 0..m {
                let of = i * dim..(i + 1) * dim;
                merge(
                    (&mut total.max[i], &mut total.sum[i], &mut total.acc[of.clone()]),
                    (part.max[i], part.sum[i], &part.acc[of]),
                );
            }
        }
        if let Some(sinks) = self.view.sinks {
            let nothing = vec![0.0; dim];
            for i in 0..m {
                let acc = &mut total.acc[i * dim..(i + 1) * dim];
                let sink = sinks[self.head * self.group + i % self.group];
                merge((&mut total.max[i], &mut total.sum[i], acc), (sink, 1.0, &nothing));
            }
        }
        for (acc, sum) in total.acc.chunks_exact_mut(dim).zip(&total.sum) {
            acc.iter_mut().for_each(|v| *v /= sum);
        }
        total.acc
    }

    /// The tile's queries, `[rows, group, dim]`, scaled.
    fn gather(&self) -> Vec<f32> {
        let (dim, width) = (self.view.heads.dim, self.view.heads.queries * self.view.heads.dim);
        let scale = self.view.heads.scale;
        let mut out = Vec::with_capacity(self.rows.len() * self.group * dim);
        for row in self.rows.clone() {
            let start = row * width + self.head * self.group * dim;
            out.extend(self.queries[start..start + self.group * dim].iter().map(|q| q * scale));
        }
        out
    }

    /// The first position that `row` sees.
    fn first(&self, row: usize) -> usize {
        self.view
            .window
            .map_or(0, |window| (self.batch.positions[row] + 1).saturating_sub(window))
    }

    /// All rows look at their block number `index`, neighbours that hold the same one together.
    fn look(&self, index: usize, queries: &[f32], state: &mut State) {
        let (dim, group) = (self.view.heads.dim, self.group);
        let mut from = 0;
        while from < self.rows.len() {
            let Some(block) = self.block_of(self.rows.start + from, index) else {
                from += 1;
                continue;
            };
            let mut to = from + 1;
            while to < self.rows.len() && self.block_of(self.rows.start + to, index) == Some(block) {
                to += 1;
            }
            let spans: Vec<Span> = (from * group..to * group)
                .map(|i| self.span(self.rows.start + i / group, index))
                .collect();
            let of = from * group..to * group;
            let wide = of.start * dim..of.end * dim;
            let running = Running {
                max: &mut state.max[of.clone()],
                sum: &mut state.sum[of],
                acc: &mut state.acc[wide.clone()],
            };
            let queries = Queries {
                rows: &queries[wide],
                dim,
                cap: self.view.heads.cap,
            };
            absorb(
                queries,
                self.pool.read(block, self.view.layer, self.head),
                &spans,
                running,
            );
            from = to;
        }
    }

    /// The block that `row` holds at `index`, if it looks at it at all.
    fn block_of(&self, row: usize, index: usize) -> Option<BlockId> {
        let seen = self.first(row) / BLOCK..=self.batch.positions[row] / BLOCK;
        seen.contains(&index)
            .then(|| self.batch.block_tables[self.batch.sequence_of_row[row]][index])
    }

    /// The positions of block `index` that `row` sees.
    fn span(&self, row: usize, index: usize) -> Span {
        let start = index * BLOCK;
        let clip = |position: usize| position.saturating_sub(start).min(BLOCK) as u8;
        Span {
            from: clip(self.first(row)),
            to: clip(self.batch.positions[row] + 1),
        }
    }
}
