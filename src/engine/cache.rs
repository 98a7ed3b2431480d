//! Keys and values of every layer in blocks of 32 positions: positions in, blocks out.
//!
//! A block is counted: several sequences may hold it, and it is free again when the last one lets go. Whoever wants to
//! write into a block that others hold too gets a copy first.
//! Deliberately absent: which sequences share what (the schedule knows) and attention.
//! Start at [`BlockPool::claim`].

use anchorite_kernels::attention::{BLOCK, Block};

use crate::models::Hyper;

/// A block's place in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlockId(u32);

/// All blocks of one engine.
pub(super) struct BlockPool {
    /// Per block: `[layers][kv_heads]`, each head's keys `[dim][32]` and then values `[32][dim]`. Empty until first used.
    data: Vec<Vec<f32>>,
    holders: Vec<u32>,
    free: Vec<BlockId>,
    layers: usize,
    kv_heads: usize,
    dim: usize,
}

impl BlockPool {
    /// Room for `blocks` blocks; memory is taken when a block is first used.
    pub(super) fn new(hyper: &Hyper, blocks: usize) -> Self {
        let (kv_heads, dim) = hyper.kept();
        let blocks = u32::try_from(blocks).unwrap_or(u32::MAX);
        Self {
            data: (0..blocks).map(|_| Vec::new()).collect(),
            holders: vec![0; blocks as usize],
            free: (0..blocks).rev().map(BlockId).collect(),
            layers: hyper.layers,
            kv_heads,
            dim,
        }
    }

    /// Blocks that nobody holds.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    /// A block of zeros held once; None when all are held.
    pub(super) fn claim(&mut self) -> Option<BlockId> {
        let id = self.free.pop()?;
        let size = self.layers * self.kv_heads * self.dim * BLOCK * 2;
        let data = &mut self.data[id.0 as usize];
        // Zeroed even when reused: attention multiplies what lies behind a query's last position by zero.
        data.clear();
        data.resize(size, 0.0);
        self.holders[id.0 as usize] = 1;
        Some(id)
    }

    /// One more holder.
    pub(super) fn hold(&mut self, id: BlockId) {
        self.holders[id.0 as usize] += 1;
    }

    /// One holder less.
    pub(super) fn release(&mut self, id: BlockId) {
        let holders = &mut self.holders[id.0 as usize];
        *holders = holders.checked_sub(1).expect("a block is released once per holder");
        if *holders == 0 {
            self.free.push(id);
        }
    }

    /// A block with the same contents that only the caller holds, in exchange for the caller's hold on `id`. None when
    /// a copy is needed and no block is free.
    pub(super) fn own(&mut self, id: BlockId) -> Option<BlockId> {
        if self.holders[id.0 as usize] == 1 {
            return Some(id);
        }
        let copy = self.claim()?;
        let from = std::mem::take(&mut self.data[id.0 as usize]);
        self.data[copy.0 as usize].copy_from_slice(&from);
        self.data[id.0 as usize] = from;
        self.release(id);
        Some(copy)
    }

    /// Writes one position: `keys` and `values` are `[kv_heads, dim]`.
    pub(super) fn write(&mut self, id: BlockId, layer: usize, slot: usize, keys: &[f32], values: &[f32]) {
        debug_assert!(
            self.holders[id.0 as usize] == 1,
            "a shared block is copied before it is written"
        );
        let (dim, size) = (self.dim, self.dim * BLOCK);
        for head in 0..self.kv_heads {
            let start = (layer * self.kv_heads + head) * 2 * size;
            let place = &mut self.data[id.0 as usize][start..start + 2 * size];
            let (to_keys, to_values) = place.split_at_mut(size);
            for (d, &k) in keys[head * dim..][..dim].iter().enumerate() {
                to_keys[d * BLOCK + slot] = k;
            }
            to_values[slot * dim..][..dim].copy_from_slice(&values[head * dim..][..dim]);
        }
    }

    /// Keys and values of one head.
    pub(super) fn read(&self, id: BlockId, layer: usize, head: usize) -> Block<'_> {
        let size = self.dim * BLOCK;
        let start = (layer * self.kv_heads + head) * 2 * size;
        let (keys, values) = self.data[id.0 as usize][start..start + 2 * size].split_at(size);
        Block { keys, values }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::models::Family;

    pub(in crate::engine) fn tiny() -> Hyper {
        Hyper {
            layers: 2,
            hidden: 8,
            heads: 2,
            kv_heads: 1,
            head_dim: 4,
            feed_forward: 8,
            vocab: 16,
            context: 64,
            rope_dim: 4,
            tied: true,
            ..Hyper::plain(Family::Llama)
        }
    }

    #[test]
    fn a_block_returns_to_the_pool_with_its_last_holder_and_comes_back_zeroed() {
        let mut pool = BlockPool::new(&tiny(), 2);
        let a = pool.claim().expect("free");
        pool.hold(a);
        pool.release(a);
        assert_eq!(pool.free(), 1);
        pool.write(a, 1, 3, &[1.0; 4], &[2.0; 4]);
        pool.release(a);
        assert_eq!(pool.free(), 2);
        let again = pool.claim().expect("free");
        assert_eq!(again, a);
        assert!(pool.read(again, 1, 0).values.iter().all(|&v| v == 0.0));
    }

    #[test]
    fn writing_into_a_shared_block_means_copying_it_first() {
        let mut pool = BlockPool::new(&tiny(), 2);
        let a = pool.claim().expect("free");
        pool.write(a, 0, 0, &[1.0; 4], &[2.0; 4]);
        pool.hold(a);
        let b = pool.own(a).expect("free");
        assert_ne!(a, b);
        pool.write(b, 0, 1, &[3.0; 4], &[4.0; 4]);
        assert_eq!(pool.read(b, 0, 0).values[..8], [2.0, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0]);
        assert_eq!(pool.read(a, 0, 0).values[4..8], [0.0; 4]);
        assert_eq!(pool.own(b), Some(b), "held once, so no copy");
        pool.hold(a);
        assert_eq!(pool.own(a), None, "no block is left for a copy");
    }
}
