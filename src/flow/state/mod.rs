//! What a variable holds, as far as the analysis knows.
//!
//! In: nothing (these are the shapes and their joins). Out: values made of facts, and the state of all variables at one
//! place. Deliberately absent: any statement. Start at [`value`].

pub mod value;

pub(in crate::flow) mod facts;
pub(in crate::flow) mod map;
