//! The run directory: what was planned, what was judged and how, kept so that a killed run can be resumed.
//!
//! In: a [`Header`], a [`Plan`], then [`Unit`]s. Out: a [`Run`] that `report` and `review` read, elsewhere and later.
//! One directory per run, outside the scanned tree: `run.json` (what this run is), `plan.json` (what it set out to do),
//! `units.jsonl` (one line per judged candidate, appended and synced), `end.json` (how it ended).
//! What earlier runs heard from the same models stands ready for the next one as [`Earlier`].
//! Deliberately absent: anything about how a report looks, and any write into the scanned tree.
//! Start at [`Record::begin`] and [`load`].

pub use crate::engine::model::{Calibration, Identity, Profile};

mod earlier;
mod form;
mod journal;
mod store;

pub use crate::verify::Cvss;
pub use earlier::Earlier;
pub use form::{Coverage, End, Exchange, Header, Outcome, Plan, Quote, Run, Sealed, Shown, Tally, Unit};
pub use store::{Record, VERSION, hex, latest, load, private_dir};

#[cfg(test)]
mod tests;
