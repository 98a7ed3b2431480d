//! One reply while it is being written: logits in, tokens to feed out, until the grammar is satisfied.
//!
//! Tokens that the grammar leaves no choice about are written without asking the model and fed with the next step.
//! Deliberately absent: the cache and other prompts. Start at [`Answer::begin`].

use llguidance::Matcher;

use super::model::{Bias, Choice, Prompt, Reply};
use super::sample::{Taste, choose};
use super::tokenizer::Tokenizer;

/// A reply in the making.
pub(super) struct Answer {
    matcher: Matcher,
    taste: Taste,
    bias: Option<Bias>,
    /// Most tokens of the reply.
    limit: usize,
    /// Tokens written so far, a stop token not counted.
    written: usize,
    text: Vec<u8>,
    choices: Vec<Choice>,
    /// Tokens that may come next, ascending; more than one while the reply is open.
    legal: Vec<u32>,
}

/// What happened when a reply was advanced.
pub(super) enum Step {
    /// Feed these tokens, then bring the logits after the last.
    Feed(Vec<u32>),
    Done,
}

impl Answer {
    pub(super) fn new(matcher: Matcher, prompt: &Prompt, limit: usize) -> Self {
        let taste = Taste {
            temperature_milli: prompt.temperature_milli,
            seed: prompt.seed,
        };
        Self {
            matcher,
            taste,
            bias: prompt.bias.clone(),
            limit,
            written: 0,
            text: Vec::new(),
            choices: Vec::new(),
            legal: Vec::new(),
        }
    }

    /// Writes what the grammar forces at the start; errors are sentences.
    pub(super) fn begin(&mut self, tokenizer: &Tokenizer) -> Result<Step, String> {
        self.force(tokenizer, Vec::new())
    }

    /// Chooses the next token by `logits` (`[vocab]`) and writes what then is forced.
    pub(super) fn advance(&mut self, tokenizer: &Tokenizer, logits: &[f32]) -> Result<Step, String> {
        let scored = self.score(tokenizer, logits);
        let (token, likely) = choose(scored, self.taste, self.choices.len() as u64)?;
        let text = |id: u32| String::from_utf8_lossy(tokenizer.bytes(id)).into_owned();
        let alternatives = likely.into_iter().map(|(id, p)| (text(id), p)).collect();
        self.choices.push(Choice {
            offset: self.text.len(),
            alternatives,
        });
        if self.write(tokenizer, token)? {
            Ok(Step::Done)
        } else {
            self.force(tokenizer, vec![token])
        }
    }

    /// The legal tokens with their logits; at the first choice the prompt's bias is in them.
    fn score(&self, tokenizer: &Tokenizer, logits: &[f32]) -> Vec<(u32, f64)> {
        let bias = self.bias.as_ref().filter(|_| self.choices.is_empty());
        let moved = |id: u32, logit: f64| match bias {
            Some(bias) if begins(tokenizer.bytes(id), bias.word.as_bytes()) => {
                logit * f64::from(bias.platt.slope) + f64::from(bias.platt.shift)
            }
            Some(bias) => logit * f64::from(bias.platt.slope),
            None => logit,
        };
        let legal = self.legal.iter();
        legal
            .map(|&id| (id, moved(id, f64::from(logits[id as usize]))))
            .collect()
    }

    /// Writes one token; true when the reply is complete.
    fn write(&mut self, tokenizer: &Tokenizer, token: u32) -> Result<bool, String> {
        self.matcher
            .consume_token(token)
            .map_err(|e| format!("the grammar refused a token that it allowed: {e}"))?;
        if tokenizer.stop.contains(&token) {
            return Ok(true);
        }
        if self.written == self.limit {
            return Err(format!(
                "not answered: the reply reached {} tokens before the grammar was complete",
                self.limit
            ));
        }
        self.written += 1;
        self.text.extend_from_slice(tokenizer.bytes(token));
        Ok(self.matcher.is_stopped())
    }

    /// Writes tokens while there is no choice, behind `feed` which is written already.
    fn force(&mut self, tokenizer: &Tokenizer, mut feed: Vec<u32>) -> Result<Step, String> {
        loop {
            for token in self.matcher.compute_ff_tokens() {
                feed.push(token);
                if self.write(tokenizer, token)? {
                    return Ok(Step::Done);
                }
            }
            let mask = self
                .matcher
                .compute_mask()
                .map_err(|e| format!("not answered: the grammar failed: {e}"))?;
            self.legal = mask
                .iter()
                .filter(|&id| !tokenizer.bytes(id).is_empty() || tokenizer.stop.contains(&id))
                .collect();
            match self.legal[..] {
                [] => return Err("not answered: no token of the model can continue the reply legally".into()),
                [only] => {
                    feed.push(only);
                    if self.write(tokenizer, only)? {
                        return Ok(Step::Done);
                    }
                }
                _ => return Ok(Step::Feed(feed)),
            }
        }
    }

    /// The finished reply to a prompt of `prompt_tokens`, of which `shared_tokens` were computed for several prompts.
    pub(super) fn reply(self, prompt_tokens: usize, shared_tokens: usize) -> Result<Reply, String> {
        let text =
            String::from_utf8(self.text).map_err(|_| "not answered: the grammar allowed a reply that is not UTF-8")?;
        Ok(Reply {
            text,
            choices: self.choices,
            prompt_tokens,
            shared_tokens,
            reply_tokens: self.written,
        })
    }
}

/// Whether a token, which may carry the blank before a word or the end after it, starts to write `word`.
fn begins(token: &[u8], word: &[u8]) -> bool {
    let token = token.strip_prefix(b" ").unwrap_or(token);
    !token.is_empty() && (word.starts_with(token) || token.starts_with(word))
}
