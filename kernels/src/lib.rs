//! Every hot loop of the engine, one folder per operation.
//!
//! In: plain `f32` slices with their shapes. Out: plain `f32` slices.
//! Deliberately absent: threads, tensors, allocation of results, and any dependency. A caller splits the work; how it is
//! split never changes a bit of any result, because every output element is one chain of fused multiply-adds in a
//! fixed order, whatever the tile, the instruction set or the thread.
//!
//! Each folder holds `oracle.rs` (the obvious loops) and `lanes.rs` (the same arithmetic over small fixed arrays, which
//! the compiler turns into registers). `mod.rs` compiles `lanes` once per instruction set and picks one at run time.
//! Start at [`attention::absorb`] and [`gemm::multiply`].

pub mod attention;
pub mod exp;
pub mod gemm;
pub mod level;
pub mod pointwise;
