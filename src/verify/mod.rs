//! Claim → [`Ruling`]: the second judge attacks the claim, and code rules on what both can prove.
//!
//! In: cases with a claim of "vulnerable". Out: one ruling per case, or the [`Problem`] that kept it from being made.
//! The verifier never sees the detector's prose; it starts from "the report is wrong". A refutation is asked for again
//! with comments blanked and must survive that; what was confirmed may be put to several votes. Only this module can build a [`Finding`].
//! Deliberately absent: severity gates, reports, and any way for a model to rule by itself.
//! Start at [`verify`]; the law is in [`ruling`].

pub mod prompt;
pub mod rating;
mod reply;
pub mod ruling;
mod votes;

use crate::context::{Brief, blind};
use crate::detect::{Asked, Case, Claim};
use crate::engine::model::Model;
use crate::problem::{Fatal, Problem};
pub use rating::{Cvss, Rating};
pub use reply::{Answer, Refutation, Stance};
pub use ruling::{Evidence, Finding, Ruling, stands_by_itself};

/// A ruling with the exchanges that led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub ruling: Ruling,
    pub asked: Vec<Asked>,
}

/// Cross-examines every claim, together. What stands is put to the vote, if more than one vote is asked for.
pub fn verify(
    model: &mut dyn Model,
    claims: &[(Case<'_>, &Claim)],
    seed: u64,
    votes: usize,
) -> Result<Vec<Result<Judgement, Problem>>, Fatal> {
    let mut judged = examine(model, claims, seed)?;
    if votes > 1 {
        votes::put(model, claims, &mut judged, seed, votes)?;
    }
    Ok(judged)
}

fn examine(
    model: &mut dyn Model,
    claims: &[(Case<'_>, &Claim)],
    seed: u64,
) -> Result<Vec<Result<Judgement, Problem>>, Fatal> {
    let open: Vec<(usize, &Brief)> = claims
        .iter()
        .enumerate()
        .map(|(at, (case, _))| (at, case.brief))
        .collect();
    let answers = ask(model, claims, &open, "verify", seed)?;
    let blinded = doubtful(claims, &answers);
    let again: Vec<(usize, &Brief)> = blinded.iter().map(|(at, brief)| (*at, brief)).collect();
    let mut second: Vec<Option<Heard>> = claims.iter().map(|_| None).collect();
    for ((at, _), heard) in again.iter().zip(ask(model, claims, &again, "verify-blind", seed)?) {
        second[*at] = Some(heard);
    }
    let judged = claims.iter().zip(answers).zip(second);
    Ok(judged
        .map(|(((case, claim), open), blind)| judge(case, claim, open, blind))
        .collect())
}

type Heard = Result<(Answer, Asked), Problem>;

/// Refutations of briefs that have comments to blank.
fn doubtful(claims: &[(Case<'_>, &Claim)], answers: &[Heard]) -> Vec<(usize, Brief)> {
    let refuted = answers.iter().enumerate().filter(|(_, heard)| {
        heard
            .as_ref()
            .is_ok_and(|(answer, _)| matches!(answer.stance, Stance::Falls(_)))
    });
    refuted
        .map(|(at, _)| (at, blind(claims[at].0.brief)))
        .filter(|(at, brief)| brief.lines != claims[*at].0.brief.lines)
        .collect()
}

fn ask(
    model: &mut dyn Model,
    claims: &[(Case<'_>, &Claim)],
    views: &[(usize, &Brief)],
    stage: &'static str,
    seed: u64,
) -> Result<Vec<Heard>, Fatal> {
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let identity = model.identity().clone();
    let mut prompts = Vec::with_capacity(views.len());
    for (at, brief) in views {
        let (case, claim) = &claims[*at];
        prompts.push(prompt::compose(
            &Case { brief, card: case.card },
            claim,
            &identity,
            seed,
        ));
    }
    let replies = model.ask(&prompts)?;
    let heard = views
        .iter()
        .zip(prompts)
        .zip(replies)
        .map(|(((at, _), prompt), reply)| {
            let reply = reply?;
            let answer = reply::read(identity.profile, &reply).ok_or_else(|| {
                let id = &claims[*at].0.brief.candidate.id;
                Problem::new(
                    id,
                    format!("not judged: the {stage} reply could not be read: {:?}", reply.text),
                )
            })?;
            Ok((answer, Asked { stage, prompt, reply }))
        });
    Ok(heard.collect())
}

fn judge(case: &Case<'_>, claim: &Claim, open: Heard, blind: Option<Heard>) -> Result<Judgement, Problem> {
    let (answer, asked) = open?;
    let mut exchanges = vec![asked];
    let second = match blind {
        Some(heard) => {
            let (answer, asked) = heard?;
            exchanges.push(asked);
            Some(answer)
        }
        None => None,
    };
    let ruling = ruling::rule(case, claim, &answer, second.as_ref());
    Ok(Judgement {
        ruling,
        asked: exchanges,
    })
}

#[cfg(test)]
mod tests;
