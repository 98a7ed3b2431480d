//! Pages that a program writes: templates that a call fills, code that a file includes, and what was encoded for markup.
//!
//! Start at [`render`].

pub mod include;
pub mod markup;
pub mod render;
pub mod templates;
