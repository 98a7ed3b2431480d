//! Every hot loop of the engine, one folder per operation.
//!
//! In: plain `f32` slices with their shapes. Out: plain `f32` slices.
//! Deliberately absent: threads, tensors, allocation of results, and any dependency. A caller splits the work; how it is
//! split never changes a bit of any result, because every output element is one chain of fused multiply-adds in a
//! fixed order, whatever the tile, the instruction set or the thread.
//!
//! Each folder holds `oracle.rs` (the obvious loops) and the fast version, written once over `lanes` (sixteen numbers at
//! a time), compiled for each instruction set and picked at run time.
//! Start at [`attention::absorb`] and [`gemm::multiply`].

// Index arithmetic is the subject here: several arrays are walked by one index, and iterators would hide which.
#![allow(clippy::needless_range_loop)]

pub mod attention;
pub mod exp;
pub mod gemm;
mod lanes;
pub mod level;
pub mod pointwise;
