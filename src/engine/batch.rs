//! One step's work: tokens of several sequences as the rows of one matrix.
//!
//! In: rows pushed by the schedule. Out: what [`super::decoder::Decoder::forward`] reads.
//! Deliberately absent: where the tokens came from; a prompt's rows and a reply's rows look the same.
//! Start at [`RaggedBatch`].

use super::cache::BlockId;

/// Rows of all sequences, one after the other.
#[derive(Debug, Default, Clone)]
pub(super) struct RaggedBatch {
    /// `[rows]`
    pub(super) tokens: Vec<u32>,
    /// `[rows]`, position of each token in its sequence.
    pub(super) positions: Vec<usize>,
    /// `[rows]`, index into `block_tables`. Rows of one sequence are in order of position.
    pub(super) sequence_of_row: Vec<usize>,
    /// Per sequence: block `i` holds positions `32 i .. 32 i + 32`; covers every position of its rows, and the blocks
    /// that will be written are held by nobody else.
    pub(super) block_tables: Vec<Vec<BlockId>>,
    /// Rows whose logits are wanted, ascending.
    pub(super) rows_wanted: Vec<usize>,
}

impl RaggedBatch {
    pub(super) fn rows(&self) -> usize {
        self.tokens.len()
    }

    /// Adds tokens that continue one sequence at `start`; logits are wanted for the last `wanted` of them.
    pub(super) fn push(&mut self, tokens: &[u32], start: usize, blocks: &[BlockId], wanted: usize) {
        let sequence = self.block_tables.len();
        let first = self.rows();
        self.block_tables.push(blocks.to_vec());
        self.tokens.extend_from_slice(tokens);
        self.positions.extend(start..start + tokens.len());
        self.sequence_of_row.extend(std::iter::repeat_n(sequence, tokens.len()));
        self.rows_wanted
            .extend(first + tokens.len() - wanted..first + tokens.len());
    }
}
