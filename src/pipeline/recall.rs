//! A model that is asked only what no earlier run was answered.
//!
//! In: a [`Model`] and what was heard [`Earlier`]. Out: a [`Model`] with the same answers. [`attribute`] writes into units
//! which of their replies came from where.
//! Deliberately absent: what makes an earlier reply count, which is `record`'s. Start at [`Recall`].

use crate::engine::model::{Identity, Model, Prompt, Reply};
use crate::problem::{Fatal, Problem};
use crate::record::{Earlier, Header, Unit};

pub struct Recall<'a> {
    model: &'a mut dyn Model,
    earlier: &'a Earlier,
}

impl<'a> Recall<'a> {
    pub fn new(model: &'a mut dyn Model, earlier: &'a Earlier) -> Self {
        Self { model, earlier }
    }
}

impl Model for Recall<'_> {
    fn identity(&self) -> &Identity {
        self.model.identity()
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        let identity = self.model.identity();
        let known: Vec<Option<&Reply>> = prompts
            .iter()
            .map(|prompt| self.earlier.reply(identity, prompt))
            .collect();
        let unknown = prompts.iter().zip(&known).filter(|(_, reply)| reply.is_none());
        let unknown: Vec<Prompt> = unknown.map(|(prompt, _)| prompt.clone()).collect();
        let answers = if unknown.is_empty() {
            Vec::new()
        } else {
            self.model.ask(&unknown)?
        };
        let mut answers = answers.into_iter();
        let replies = known.into_iter().map(|reply| match reply {
            Some(reply) => Ok(reply.clone()),
            None => answers.next().expect("a model answers every prompt"),
        });
        Ok(replies.collect())
    }
}

/// Names, in every exchange whose reply was taken over, the run in which the model was asked.
pub fn attribute(units: &mut [Unit], earlier: &Earlier, header: &Header) {
    for asked in units.iter_mut().flat_map(|unit| &mut unit.asked) {
        let verifies = asked.stage.starts_with("verify");
        let model = if verifies { &header.verifier } else { &header.detector };
        asked.taken = earlier.run(model, &asked.prompt).map(str::to_owned);
    }
}
