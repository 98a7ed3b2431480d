//! One function walked once: statements in order, expressions to values, calls to what they do.
//!
//! In: a function, the [`super::program`] around it, and the summaries of what it calls. Out: flows that reach sinks, and
//! the function's own summary. Deliberately absent: the order of functions (`solve`). Start at [`taint`].

pub mod apply;
pub mod arrivals;
pub mod collected;
pub mod control;
pub mod eval;
pub mod formats;
pub mod lists;
pub mod options;
pub mod proved;
pub mod publish;
pub mod reckon;
pub mod sinks;
pub mod summaries;
pub mod taint;
pub mod texts;
