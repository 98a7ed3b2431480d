//! What a reply may be: a grammar in, for every moment the tokens that may come next out.
//!
//! Deliberately absent: choosing among them, and the model. Start at [`Grammars::new`] and [`Grammars::start`].

use std::collections::BTreeMap;
use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};

use super::model::Grammar;
use super::tokenizer::Tokenizer;
use crate::problem::{Exit, Fatal};

/// Compiled grammars of one tokenizer.
pub(super) struct Grammars {
    factory: ParserFactory,
    /// By source; prompts of one stage share their grammar.
    compiled: BTreeMap<String, Matcher>,
}

/// JSON in one layout, that of Python's `json.dumps`: with freedom in white space, a model could write blanks until it
/// runs out of tokens, and no key would ever be forced.
fn one_layout(mut schema: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = schema.as_object_mut() {
        let layout = serde_json::json!({"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": "});
        fields.entry("x-guidance").or_insert(layout);
    }
    schema
}

/// Our tokenizer as llguidance wants to see it.
struct Environment {
    trie: TokTrie,
    tokenizer: Arc<Tokenizer>,
}

impl TokenizerEnv for Environment {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        let plain = |text: &str| {
            self.tokenizer
                .plain(text)
                .unwrap_or_else(|_| self.trie.greedy_tokenize(text.as_bytes()))
        };
        self.trie.tokenize_with_greedy_fallback(bytes, plain)
    }

    fn tokenize_is_canonical(&self) -> bool {
        self.tokenizer.canonical()
    }
}

impl Grammars {
    /// `rows`: logits per position, which may be more than there are tokens.
    pub(super) fn new(tokenizer: &Arc<Tokenizer>, rows: usize) -> Result<Self, Fatal> {
        let words: Vec<Vec<u8>> = (0..rows as u32).map(|id| tokenizer.bytes(id).to_vec()).collect();
        let words = tokenizer.special().iter().fold(words, |mut words, (text, &id)| {
            words[id as usize] = [&[TokTrie::SPECIAL_TOKEN_MARKER], text.as_bytes()].concat();
            words
        });
        let trie =
            TokTrie::from(&TokRxInfo::new(rows as u32, tokenizer.stop[0]), &words).with_eos_tokens(&tokenizer.stop);
        let environment: TokEnv = Arc::new(Environment {
            trie,
            tokenizer: tokenizer.clone(),
        });
        let able = InferenceCapabilities {
            ff_tokens: true,
            ..InferenceCapabilities::default()
        };
        let slices = llguidance::earley::SlicedBiasComputer::json_slices();
        let mut factory = ParserFactory::new(&environment, able, &slices).map_err(|cause| {
            let help = "import the model again with the tokenizer.json that belongs to it";
            Fatal::new(Exit::Integrity, "the tokenizer cannot be used with grammars", help).because(cause)
        })?;
        factory.quiet();
        Ok(Self {
            factory,
            compiled: BTreeMap::new(),
        })
    }

    /// A fresh matcher; an error is a sentence about the grammar.
    pub(super) fn start(&mut self, grammar: &Grammar) -> Result<Matcher, String> {
        let key = match grammar {
            Grammar::Lark(text) => format!("lark {text}"),
            Grammar::JsonSchema(schema) => format!("json {schema}"),
        };
        if let Some(matcher) = self.compiled.get(&key) {
            return Ok(matcher.deep_clone());
        }
        let grammar = match grammar {
            Grammar::Lark(text) => TopLevelGrammar::from_lark(text.clone()),
            Grammar::JsonSchema(schema) => TopLevelGrammar::from_json_schema(one_layout(schema.clone())),
        };
        let matcher = Matcher::new(self.factory.create_parser(grammar));
        if let Some(error) = matcher.get_error() {
            return Err(format!("the grammar cannot be used: {error}"));
        }
        self.compiled.insert(key, matcher.deep_clone());
        Ok(matcher)
    }
}
