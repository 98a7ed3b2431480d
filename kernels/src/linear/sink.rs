//! Where results go: a matrix `[rows, n]` that many items write, each its own columns and rows.
//!
//! Deliberately absent: sums over several products; one result is one product. Start at [`Sink`].

use crate::crew::Base;
use crate::lanes::LANES;

/// What to do with the results of a product.
#[derive(Debug)]
pub struct Sink<'a> {
    /// `[rows, n]`
    pub out: &'a mut [f32],
    /// `[n]`, added to every row.
    pub bias: Option<&'a [f32]>,
    /// Whether results are added to what is in `out`.
    pub add: bool,
}

/// A [`Sink`] shared by the items of a product.
pub(super) struct Out<'a> {
    start: Base<f32>,
    n: usize,
    rows: usize,
    bias: Option<&'a [f32]>,
    add: bool,
}

impl<'a> Out<'a> {
    /// For `n` columns.
    pub(super) fn new(sink: &'a mut Sink<'_>, n: usize) -> Self {
        assert!(n > 0 && sink.out.len().is_multiple_of(n), "whole rows of results");
        assert!(sink.bias.is_none_or(|b| b.len() == n), "one bias per column");
        Self {
            rows: sink.out.len() / n,
            start: Base(sink.out.as_mut_ptr()),
            n,
            bias: sink.bias,
            add: sink.add,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Results of row `row` from column `column` on, as many as there are columns.
    #[inline(always)]
    pub(super) fn put(&self, row: usize, column: usize, lanes: &[f32; LANES]) {
        let take = self.n.saturating_sub(column).min(LANES);
        assert!(row < self.rows, "a row of this product");
        // SAFETY: inside row `row`; no two items have the same rows and columns.
        let to = unsafe { std::slice::from_raw_parts_mut(self.start.at(row * self.n + column.min(self.n)), take) };
        let bias = self
            .bias
            .map_or(&[0.0; LANES][..take], |bias| &bias[column.min(self.n)..][..take]);
        for ((to, value), bias) in to.iter_mut().zip(lanes).zip(bias) {
            let value = value + bias;
            *to = if self.add { *to + value } else { value };
        }
    }
}
