//! The engine as others see it: verified weights in, a [`Model`] out.
//!
//! Deliberately absent: any state between two calls of [`Model::ask`] except compiled grammars.
//! Start at [`Engine::load`].

use std::sync::Arc;

use anchorite_kernels::attention::BLOCK;
use anchorite_kernels::level::level;

use super::answer::{Answer, Step};
use super::batch::RaggedBatch;
use super::cache::BlockPool;
use super::crew::Crew;
use super::decoder::Decoder;
use super::families;
use super::grammar::Grammars;
use super::model::{Identity, Model, Part, Profile, Prompt, Reply};
use super::pace;
use super::plan::{DEEPEST, Plan};
use super::schedule::{Asked, Means, Schedule};
use super::settings::EngineSettings;
use super::template::Template;
use super::tokenizer::Tokenizer;
use crate::models::{self, Verified, Weights};
use crate::problem::{Exit, Fatal, Problem};

/// A loaded model that answers prompts.
pub struct Engine {
    identity: Identity,
    pub(super) settings: EngineSettings,
    pub(super) crew: Crew,
    pub(super) decoder: Decoder,
    pub(super) pool: BlockPool,
    /// Bytes of weights that each step reads.
    pub(super) step_bytes: u64,
    pub(super) vocab: usize,
    tokenizer: Arc<Tokenizer>,
    grammars: Grammars,
    /// None for [`Profile::Compact`].
    template: Option<Template>,
    add_bos: bool,
}

impl Engine {
    /// Loads weights, tokenizer and template. Errors name the tensor, token or template and the way out.
    pub fn load(verified: &Verified, mut settings: EngineSettings) -> Result<Self, Fatal> {
        let weights = Weights::of(verified)?;
        let hyper = weights.hyper();
        let manifest = verified.manifest();
        settings.context = settings.context.min(hyper.context).max(1);
        settings.rows = settings.rows.max(1);
        settings.sequences = settings.sequences.max(1);
        let crew = Crew::new(settings.threads)?;
        let material = models::Tokenizer::of(verified, &weights)?;
        let tokenizer = Arc::new(Tokenizer::new(&material, hyper.vocab)?);
        let profile = match manifest.profile {
            models::Profile::Chat => Profile::Chat,
            models::Profile::Compact => Profile::Compact,
        };
        let template = match profile {
            Profile::Chat => Some(Template::new(&material, &tokenizer, hyper.family)?),
            Profile::Compact => None,
        };
        let identity = Identity {
            name: manifest.name.clone(),
            digest: verified.digest(),
            profile,
            calibration: manifest.calibration,
            languages: manifest.languages.clone(),
            context: settings.context,
            runs_on: runs_on(&settings),
            starter: manifest.starter,
        };
        Ok(Self {
            identity,
            decoder: families::build(&weights, &settings.device.open()?, &crew, &settings)?,
            crew,
            vocab: hyper.vocab,
            step_bytes: pace::step_bytes(&weights),
            pool: BlockPool::new(
                hyper,
                settings.kv_tokens.max(settings.context).div_ceil(BLOCK) + DEEPEST,
            ),
            grammars: Grammars::new(&tokenizer, hyper.vocab)?,
            tokenizer,
            template,
            add_bos: material.add_bos.unwrap_or(profile == Profile::Compact),
            settings,
        })
    }

    /// Where and how it computes: `cpu, Avx512, 8 threads`.
    #[must_use]
    pub fn device_name(&self) -> String {
        format!("{}, {} threads", self.identity.runs_on, self.settings.threads)
    }

    /// Tokens of a text made of parts, without template and without a start token.
    pub fn tokens(&self, parts: &[Part]) -> Result<Vec<u32>, Problem> {
        self.tokenizer
            .encode(parts)
            .map_err(|cause| Problem::new("text", cause))
    }

    /// Logits `[wanted, vocab]` after each of the last `wanted` of `tokens`: for comparing with other implementations.
    pub fn logits(&mut self, tokens: &[u32], wanted: usize) -> Result<Vec<f32>, Fatal> {
        if tokens.len() > self.settings.context || wanted > tokens.len() {
            let what = format!(
                "{wanted} of {} tokens do not fit a context of {}",
                tokens.len(),
                self.settings.context
            );
            return Err(Fatal::new(Exit::Usage, what, "ask for fewer tokens"));
        }
        let blocks: Vec<_> = (0..tokens.len().div_ceil(BLOCK))
            .filter_map(|_| self.pool.claim())
            .collect();
        let mut out = Vec::new();
        for (index, chunk) in tokens.chunks(self.settings.rows).enumerate() {
            let start = index * self.settings.rows;
            let behind = (start + chunk.len() + wanted)
                .saturating_sub(tokens.len())
                .min(chunk.len());
            let mut batch = RaggedBatch::default();
            batch.push(chunk, start, &blocks, behind);
            out.extend(self.decoder.forward(&self.crew, &batch, &mut self.pool)?);
        }
        blocks.into_iter().for_each(|b| self.pool.release(b));
        Ok(out)
    }

    /// Tokens of a whole prompt; the inner error is a sentence about this prompt.
    fn prompt_tokens(&self, prompt: &Prompt) -> Result<Result<Vec<u32>, String>, Fatal> {
        let bos = self.tokenizer.bos.filter(|_| self.add_bos);
        let parts = match &self.template {
            Some(template) => template.speak(&prompt.messages)?,
            None => prompt
                .messages
                .iter()
                .flat_map(|message| message.parts.iter().cloned())
                .collect(),
        };
        Ok(self.tokenizer.encode(&parts).map(|tokens| match bos {
            Some(bos) if tokens.first() != Some(&bos) => std::iter::once(bos).chain(tokens).collect(),
            _ => tokens,
        }))
    }

    /// Checks that a prompt fits and starts its grammar.
    fn prepare(&mut self, prompt: &Prompt, tokens: &[u32]) -> Result<Started, String> {
        let (length, context) = (tokens.len(), self.settings.context);
        if length == 0 {
            return Err("not asked: the prompt is empty".into());
        }
        if length >= context {
            return Err(format!(
                "not asked: the prompt has {length} tokens, and the model's context is {context}"
            ));
        }
        let limit = prompt.max_tokens.min(context - length);
        let mut answer = Box::new(Answer::new(self.grammars.start(&prompt.grammar)?, prompt, limit));
        Ok(match answer.begin(&self.tokenizer)? {
            Step::Done => Started::Finished(answer.reply(length, 0)?),
            Step::Feed(forced) => Started::Asked(Asked {
                answer,
                forced,
                most: length + limit,
            }),
        })
    }
}

/// A prompt that was checked.
enum Started {
    /// The grammar allows only one reply.
    Finished(Reply),
    Asked(Asked),
}

/// The device, the instruction set of what runs on the CPU in any case, and what weights were narrowed to: all that may
/// change a reply.
fn runs_on(settings: &EngineSettings) -> String {
    let narrowed = settings
        .quantize
        .map_or(String::new(), |to| format!(", weights as {to}"));
    let set = format!("{:?}", level()).to_lowercase();
    format!("{} {set}{narrowed}", settings.device.name())
}

impl Model for Engine {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        let spoken = self.crew.map(prompts.len(), |i| self.prompt_tokens(&prompts[i]));
        let spoken = spoken.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut results: Vec<Option<Result<Reply, String>>> = Vec::with_capacity(prompts.len());
        let mut asked: Vec<Option<Asked>> = Vec::with_capacity(prompts.len());
        let mut tokens: Vec<Vec<u32>> = Vec::with_capacity(prompts.len());
        for (prompt, spoken) in prompts.iter().zip(spoken) {
            let started = spoken.and_then(|t| Ok((self.prepare(prompt, &t)?, t)));
            let (result, waiting, t) = match started {
                Err(cause) => (Some(Err(cause)), None, Vec::new()),
                Ok((Started::Finished(reply), t)) => (Some(Ok(reply)), None, t),
                Ok((Started::Asked(asked), t)) => (None, Some(asked), t),
            };
            results.push(result);
            asked.push(waiting);
            tokens.push(t);
        }
        let which: Vec<usize> = (0..prompts.len()).filter(|&i| asked[i].is_some()).collect();
        let means = Means {
            crew: &self.crew,
            decoder: &self.decoder,
            tokenizer: &self.tokenizer,
            rows: self.settings.rows,
            sequences: self.settings.sequences,
        };
        let answered = Schedule::new(means, &mut self.pool, &tokens, Plan::of(&tokens, &which), asked).run()?;
        let silent = || Err("not answered: the engine lost this prompt".to_owned());
        let all = results.into_iter().zip(answered).enumerate().map(|(i, (early, late))| {
            let result = early.or(late).unwrap_or_else(silent);
            result.map_err(|cause| Problem::new(format!("prompt {}", i + 1), cause))
        });
        Ok(all.collect())
    }
}

#[cfg(test)]
mod tests;
