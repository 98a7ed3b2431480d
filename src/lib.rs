//! Anchorite: a security reviewer walled in with your code.
//!
//! One binary reads a code base, finds candidate vulnerabilities by data flow, has a detector judge each of them and an
//! adversarial verifier attack what the detector claims, and reports what stands with the lines that prove it. The
//! models run in this process's own sealed children; no byte leaves the machine.
//!
//! # The picture
//!
//! ```text
//!    code tower                                       model tower
//!    source -> syntax -> flow -> index                models -> engine     the engine knows no security;
//!    cards  -> candidates -> context                             |         the code tower knows no model
//!                               \                               /
//!                                 detect (Claim) -> verify (Finding)
//!                                            |
//!                                 record -> report        works on a finished run, elsewhere, with no model
//!                                            |
//!                                 pipeline -> cli -> main
//!    under everything: problem, regexes, sandbox
//! ```
//!
//! Data goes left to right and down; imports go only to lower layers. One noun per stage, made by that stage and by no
//! other: `Snapshot -> Forest -> Graph -> Index -> Candidate -> Brief -> Claim -> Ruling -> Unit`.
//!
//! # Three processes, one binary
//!
//! The **supervisor** is what the user started: it resolves settings, keeps the record, and neither parses hostile text
//! nor opens a socket. The **reader** sees the scanned tree read-only and nothing else: it walks, parses, indexes,
//! traces and builds briefs. The **judge** sees the model's files and nothing else: it takes prompts over a pipe and
//! returns replies. Reader and judge are the same binary started again; each seals itself before its first thread and
//! its first hostile byte, then tries forbidden acts and reports which of them really failed. See
//! `src/sandbox/THREAT_MODEL.md`.
//!
//! # Layers
//!
//! `tests/tidy.rs` reads this table and fails on a `use` that goes up or sideways.
//!
//! | layer | modules |
//! |---|---|
//! | 0 | problem, regexes |
//! | 1 | cards, source, sandbox |
//! | 2 | syntax, models |
//! | 3 | flow, engine |
//! | 4 | index |
//! | 5 | candidates |
//! | 6 | context, triage |
//! | 7 | detect |
//! | 8 | verify |
//! | 9 | record |
//! | 10 | report |
//! | 11 | pipeline |
//! | 12 | cli |
//!
//! And across: the engine uses nothing of the code tower; `context` and what is below it never use the engine; the
//! judges use the engine only through `engine::model`; `report` never uses the engine.
//!
//! # Invariants, many of them absences
//!
//! 1. Weights can be opened only from `models::Verified`, whose every byte was hashed; a scan's models run only inside a
//!    sealed judge.
//! 2. Only `verify` can build a `Finding`, and its evidence is copied from the snapshot, never from a reply.
//! 3. "Clean" never means "did not look": every planned candidate ends judged, failed or skipped, and a run with a gap
//!    exits with 3 even when it found nothing.
//! 4. No HTTP client is linked.
//! 5. Nothing in the scanned tree is executed, no git hook or configuration of it is honoured, no link is followed.
//! 6. The scanned tree is never written.
//! 7. Repository text is never encoded as special tokens and never reaches a prompt outside a fence.
//! 8. Same inputs, weights and seed give the same findings file on a CPU, whatever the threads, batch or order.
//! 9. The engine has one KV cache, one attention, one RoPE; a model family is a short file that wires blocks.
//! 10. Every fast path has a slow, obvious twin that tests compare it with.
//! 11. Scanned sources are read, never mapped; only verified weights are.
//! 12. Types that cross a process boundary or a disk carry serde (`Candidate`, `Brief`, `Prompt`, `Reply`, the forms of
//!     `record`); types that stay inside one process (`Snapshot`, `Forest`, `Graph`, `Index`, `Finding`) do not. Modules
//!     of a forest are kept between scans in a form of bytes of their own (`syntax::keep`), checked as hostile input.
//!
//! # Where the first plan was left
//!
//! Candidates and briefs carry serde, because they are exactly what crosses from the reader to the supervisor: a second
//! set of types for the pipe would be a copy to keep in step. Units are kept in one synced journal per run instead of a
//! file each: a torn last line costs one round and a directory of thousands of small files is slower to write and read.

#![deny(unsafe_code)]

pub mod problem;
pub mod regexes;

pub mod cards;
pub mod sandbox;
pub mod source;

pub mod models;
pub mod syntax;

pub mod engine;
pub mod flow;

pub mod index;

pub mod candidates;

pub mod context;
pub mod triage;

pub mod detect;

pub mod verify;

pub mod record;

pub mod report;

pub mod pipeline;

pub mod cli;
