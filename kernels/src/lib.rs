//! Every hot loop of the engine, one folder per operation.
//!
//! In: plain `f32` slices with their shapes, and quantised weights as files hold them. Out: plain `f32` slices.
//! Deliberately absent: tensors, models, and any dependency. How work is split never changes a bit of any result, because
//! every output element is one chain of operations in a fixed order, whatever the tile, the instruction set or the
//! thread.
//!
//! Each folder holds `oracle.rs` (the obvious loops) and the fast version, written once over `lanes` (sixteen numbers at
//! a time), compiled for each instruction set and picked at run time. Threads are a [`crew::Crew`]; [`linear`] takes one
//! along, the other operations leave the splitting to their callers.
//! Start at [`attention::absorb`], [`gemm::multiply`] and [`linear::multiply`].

// Index arithmetic is the subject here: several arrays are walked by one index, and iterators would hide which.
#![allow(clippy::needless_range_loop)]

pub mod attention;
pub mod crew;
pub mod exp;
pub mod gemm;
mod lanes;
pub mod level;
pub mod linear;
pub mod pointwise;
