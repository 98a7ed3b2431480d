//! Brief + card + model → [`Claim`]: the first judge, who looks for the weakness.
//!
//! In: briefs. Out: one claim per brief, or the [`Problem`] that kept it from being judged. A brief that the detector
//! calls safe is shown a second time with comments blanked when it has any: text of the repository can talk a model
//! into a dismissal, so a dismissal must stand without it. Probabilities are read from the logits.
//! Deliberately absent: any memory of other candidates, and rulings, which are `verify`'s.
//! Start at [`detect`].

pub(crate) mod prompt;
mod reply;

use crate::cards::Card;
use crate::context::{Brief, blind};
use crate::engine::model::{Choice, Grammar, Model, Prompt, Reply};
use crate::problem::{Fatal, Problem};
pub use reply::{Pointer, Verdict, between, chance, locate, parse_pointer, quoted};

/// What the detector says about one brief.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    pub verdict: Verdict,
    /// Probability of "vulnerable" against "safe", 0 to 1, at the verdict's token.
    pub probability: f32,
    /// Where untrusted data enters, if pointed at.
    pub source: Option<Pointer>,
    /// Where it does harm, if pointed at.
    pub sink: Option<Pointer>,
    /// What makes it safe, if pointed at.
    pub guard: Option<Pointer>,
    /// One sentence by the model; empty where the model is too small to write.
    pub story: String,
    /// True when the dismissal did not survive the blanking of comments.
    pub swayed: bool,
    /// Every exchange with the model, for the record.
    pub asked: Vec<Asked>,
}

/// One exchange with a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// `detect`, `detect-blind`, `verify`, `verify-blind`, `verify-vote`.
    pub stage: &'static str,
    pub prompt: Prompt,
    pub reply: Reply,
}

impl Asked {
    /// The choice of the reply that its verdict was read from.
    pub fn verdict(&self) -> Option<&Choice> {
        let (yes, no) = match (self.stage.starts_with("verify"), &self.prompt.grammar) {
            (true, _) => ("stands", "falls"),
            (false, Grammar::Lark(_)) => ("yes", "no"),
            (false, Grammar::JsonSchema(_)) => ("vulnerable", "safe"),
        };
        self.reply
            .choices
            .iter()
            .find(|choice| reply::between(choice, yes, no).is_some())
    }
}

/// A brief with the card that put the question.
pub struct Case<'a> {
    pub brief: &'a Brief,
    pub card: &'a Card,
}

/// Asks about every case, together, so that the engine can share what the prompts have in common.
pub fn detect(model: &mut dyn Model, cases: &[Case<'_>], seed: u64) -> Result<Vec<Result<Claim, Problem>>, Fatal> {
    let identity = model.identity().clone();
    let profile = identity.profile;
    let prompts: Vec<Prompt> = cases
        .iter()
        .map(|case| prompt::compose(case, &identity, seed))
        .collect();
    let replies = model.ask(&prompts)?;
    let mut claims: Vec<Result<Claim, Problem>> = Vec::with_capacity(cases.len());
    for ((case, prompt), reply) in cases.iter().zip(prompts).zip(replies) {
        claims.push(reply.and_then(|reply| reply::read(case, profile, "detect", prompt, reply)));
    }
    second_look(model, cases, &mut claims, seed)?;
    Ok(claims)
}

/// Repeats every dismissal with comments blanked; the more suspicious of the two answers counts.
fn second_look(
    model: &mut dyn Model,
    cases: &[Case<'_>],
    claims: &mut [Result<Claim, Problem>],
    seed: u64,
) -> Result<(), Fatal> {
    let identity = model.identity().clone();
    let profile = identity.profile;
    let mut again = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        if claim.as_ref().is_ok_and(|claim| claim.verdict != Verdict::Vulnerable) {
            let brief = blind(cases[at].brief);
            if brief.lines != cases[at].brief.lines {
                again.push((at, brief));
            }
        }
    }
    let prompts: Vec<Prompt> = again
        .iter()
        .map(|(at, brief)| {
            prompt::compose(
                &Case {
                    brief,
                    card: cases[*at].card,
                },
                &identity,
                seed,
            )
        })
        .collect();
    let replies = if prompts.is_empty() {
        Vec::new()
    } else {
        model.ask(&prompts)?
    };
    for (((at, brief), prompt), reply) in again.iter().zip(prompts).zip(replies) {
        let case = Case {
            brief,
            card: cases[*at].card,
        };
        let seen = reply.and_then(|reply| reply::read(&case, profile, "detect-blind", prompt, reply));
        claims[*at] = merge(claims[*at].clone(), seen);
    }
    Ok(())
}

/// A failed second look fails the claim: a dismissal that could not be checked is not a dismissal.
fn merge(open: Result<Claim, Problem>, blind: Result<Claim, Problem>) -> Result<Claim, Problem> {
    let (mut open, mut blind) = (open?, blind?);
    if blind.verdict == Verdict::Vulnerable {
        blind.swayed = true;
        blind.asked.splice(0..0, open.asked);
        Ok(blind)
    } else {
        open.asked.append(&mut blind.asked);
        Ok(open)
    }
}

#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
