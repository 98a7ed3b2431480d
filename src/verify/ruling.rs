//! The law: what makes a finding confirmed, rejected or inconclusive. Models give evidence; this file rules.
//!
//! Confirmed: the verifier could not refute, and source, step and sink are lines that exist, the sink being where the
//! analysis saw it. Rejected: it refuted with a line that exists, and said the same with comments blanked. Anything
//! else is inconclusive and says why. Text that is a finding by itself is ruled on without a model. Nothing a repository can write moves a case towards "safe" by words alone.

use super::rating::{Rating, rate};
use super::reply::{Answer, Refutation, Stance};
use crate::context::{Brief, Why, blind};
use crate::detect::{Case, Claim, Pointer, locate};

/// Both judges must find the weakness at least this likely for a confirmation.
const CONFIRM_AT: f32 = 0.5;

#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    Confirmed(Finding),
    Rejected {
        reason: String,
        guard: Evidence,
        why: String,
    },
    Inconclusive {
        because: String,
    },
}

/// A confirmed weakness. The private field keeps every other module from making one.
// `non_exhaustive` would keep out other crates only; the private field keeps out the rest of this one too.
#[allow(clippy::manual_non_exhaustive)]
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub rating: Rating,
    /// Geometric mean of the two judges' probabilities, 0 to 1; uncalibrated.
    pub confidence: f32,
    pub source: Evidence,
    pub step: Evidence,
    pub sink: Evidence,
    /// Why the verifier failed to refute it, in its words or in ours where it has none.
    pub why: String,
    sealed: (),
}

/// A line that exists in the snapshot, copied from it and not from a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub path: String,
    pub line: u32,
    pub code: String,
}

pub fn rule(case: &Case<'_>, claim: &Claim, answer: &Answer, blind: Option<&Answer>) -> Ruling {
    match (&answer.stance, blind.map(|blind| &blind.stance)) {
        (Stance::Stands { source, step, sink }, _) => confirm(case, claim, answer, [source, step, sink]),
        (Stance::Falls(refutation), None | Some(Stance::Falls(_))) => reject(case, refutation, answer),
        (Stance::Falls(_), Some(_)) => doubt("the refutation did not hold once comments were blanked"),
        (Stance::Unsure, _) => doubt("the verifier could neither refute nor prove it from the code shown"),
    }
}

/// The ruling on a card that no model is asked about ([`crate::cards::Card::judged`]): the lines that the analysis points
/// at are the proof.
pub fn stands_by_itself(case: &Case<'_>) -> Ruling {
    let Some(at) = (0..case.brief.lines.len()).find(|at| at_sink(case.brief, *at)) else {
        return doubt("the lines that it is about could not be shown");
    };
    let line = || evidence(case, at);
    Ruling::Confirmed(Finding {
        rating: rate(case, false),
        confidence: 1.0,
        source: line(),
        step: line(),
        sink: line(),
        why: "The text itself is the finding; no model was asked about it, since it may be meant to steer one."
            .to_owned(),
        sealed: (),
    })
}

fn confirm(case: &Case<'_>, claim: &Claim, answer: &Answer, quoted: [&Option<Pointer>; 3]) -> Ruling {
    let [source, step, sink] = quoted.map(|pointer| anchor(case, pointer));
    let (Some(source), Some(step), Some(sink)) = (source, step, sink) else {
        return doubt("source, step or sink was quoted from a line that is not there");
    };
    if !at_sink(case.brief, sink) {
        return doubt("the verifier points at another sink than the analysis");
    }
    if !enters(case.brief, source) {
        return doubt("the verifier names a source after the sink");
    }
    if claim.probability < CONFIRM_AT || answer.probability < CONFIRM_AT {
        return doubt("the judges find it less likely than not");
    }
    let confidence = (claim.probability * answer.probability).sqrt();
    let why = if answer.why.is_empty() {
        defence(case)
    } else {
        answer.why.clone()
    };
    let [source, step, sink] = [source, step, sink].map(|at| evidence(case, at));
    Ruling::Confirmed(Finding {
        rating: rate(case, account(case, answer)),
        confidence,
        source,
        step,
        sink,
        why,
        sealed: (),
    })
}

/// What `of` votes make of a finding, its first confirmation being one of them: most of them must confirm it too.
pub(super) fn counted(mut finding: Finding, confirmed: usize, of: usize) -> Ruling {
    if confirmed * 2 <= of {
        return doubt(&format!("only {confirmed} of {of} votes confirm it"));
    }
    finding.confidence *= confirmed as f32 / of as f32;
    let full_stop = if finding.why.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    finding.why = format!("{}{full_stop} {confirmed} of {of} votes confirm it.", finding.why);
    Ruling::Confirmed(finding)
}

fn reject(case: &Case<'_>, refutation: &Refutation, answer: &Answer) -> Ruling {
    match anchor(case, &refutation.guard) {
        Some(at) => Ruling::Rejected {
            reason: refutation.reason.clone(),
            guard: evidence(case, at),
            why: answer.why.clone(),
        },
        None => doubt("the verifier called it refuted without a line that proves it"),
    }
}

fn anchor(case: &Case<'_>, pointer: &Option<Pointer>) -> Option<usize> {
    locate(case.brief, pointer.as_ref()?)
}

/// The sink must be a line of the sink's own statement.
pub(super) fn at_sink(brief: &Brief, at: usize) -> bool {
    let (line, place) = (&brief.lines[at], brief.candidate.place());
    line.path == place.path && (place.line..=place.last).contains(&line.line)
}

/// A source in the sink's function must not come after it; elsewhere the order of lines says nothing.
pub(super) fn enters(brief: &Brief, at: usize) -> bool {
    let (line, place) = (&brief.lines[at], brief.candidate.place());
    line.path != place.path || line.line <= place.last || matches!(line.why, Why::Source | Why::Step)
}

fn evidence(case: &Case<'_>, at: usize) -> Evidence {
    let line = &case.brief.lines[at];
    Evidence {
        path: line.path.clone(),
        line: line.line,
        code: line.text.trim().to_owned(),
    }
}

/// Whether the verifier points at a line of code that asks for an account. A comment that says so counts for nothing, since it
/// would make the weakness look less bad.
fn account(case: &Case<'_>, answer: &Answer) -> bool {
    let pointer = answer.account.as_ref();
    pointer.is_some_and(|pointer| locate(&blind(case.brief), pointer).is_some())
}

/// What can be said for a model too small to write: composed from the trace, and it says so.
fn defence(case: &Case<'_>) -> String {
    let candidate = &case.brief.candidate;
    let met = match candidate.guards.len() {
        0 => "no guard was found on the way".to_owned(),
        1 => "the one guard on the way was not accepted as proof".to_owned(),
        n => format!("none of the {n} guards on the way was accepted as proof"),
    };
    format!(
        "Composed from the trace, since this model does not write: {}; {met}.",
        candidate.summary
    )
}

fn doubt(because: &str) -> Ruling {
    Ruling::Inconclusive {
        because: because.to_owned(),
    }
}
