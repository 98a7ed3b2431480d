//! What conditions, checks and validators prove of a value, on the branch where they hold.
//!
//! In: a condition and how it turned out. Out: effects on the state: values that are clean, or harmless for some cards.
//! Deliberately absent: where values come from and go to. Start at [`guards`].

pub mod charsets;
pub mod checked;
pub mod confined;
pub mod effects;
pub mod guards;
pub mod letters;
pub mod matched;
pub mod predicates;
pub mod prefix;
pub mod proofs;
pub mod scrubbed;
pub mod validators;
pub mod verdicts;
pub mod wholes;
