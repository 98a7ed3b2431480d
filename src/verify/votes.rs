//! Votes on what was confirmed: the same question again, begun elsewhere and with other luck, and code counts.
//!
//! In: judgements. Out: the same judgements, where every confirmed one has been put to the vote. A vote can only take away:
//! what was rejected or left open is not asked about again, so that nothing is confirmed by asking often enough.
//! Deliberately absent: what makes a single vote a confirmation, which is [`ruling`]'s. Start at [`put`].

use super::ruling::{self, Ruling};
use super::{Judgement, prompt, reply};
use crate::detect::{Asked, Case, Claim};
use crate::engine::model::{Model, Prompt};
use crate::problem::{Fatal, Problem};

/// A vote that is not given, or cannot be read, does not confirm.
pub fn put(
    model: &mut dyn Model,
    claims: &[(Case<'_>, &Claim)],
    judged: &mut [Result<Judgement, Problem>],
    seed: u64,
    votes: usize,
) -> Result<(), Fatal> {
    let stands = |judgement: &Result<Judgement, Problem>| {
        judgement
            .as_ref()
            .is_ok_and(|judgement| matches!(judgement.ruling, Ruling::Confirmed(_)))
    };
    let confirmed: Vec<usize> = (0..judged.len()).filter(|at| stands(&judged[*at])).collect();
    let identity = model.identity().clone();
    let ballot = |at: &usize| {
        let (case, claim) = &claims[*at];
        (1..votes)
            .map(|nth| prompt::vote(case, claim, &identity, seed, nth))
            .collect::<Vec<_>>()
    };
    let prompts: Vec<Prompt> = confirmed.iter().flat_map(ballot).collect();
    if prompts.is_empty() {
        return Ok(());
    }
    let mut replies = model.ask(&prompts)?.into_iter();
    let mut prompts = prompts.into_iter();
    for at in confirmed {
        let Ok(judgement) = &mut judged[at] else { continue };
        let (case, claim) = &claims[at];
        let mut count = 1;
        for (prompt, reply) in prompts.by_ref().zip(replies.by_ref()).take(votes - 1) {
            let Ok(reply) = reply else { continue };
            let answer = reply::read(identity.profile, &reply);
            let ruling = answer.map(|answer| ruling::rule(case, claim, &answer, None));
            count += usize::from(matches!(ruling, Some(Ruling::Confirmed(_))));
            judgement.asked.push(Asked {
                stage: "verify-vote",
                prompt,
                reply,
            });
        }
        if let Ruling::Confirmed(finding) = judgement.ruling.clone() {
            judgement.ruling = ruling::counted(finding, count, votes);
        }
    }
    Ok(())
}
