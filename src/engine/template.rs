//! Messages in, the parts of one text out: how a model wants to be spoken to.
//!
//! A chat template comes with the weights and is untrusted code: it runs with a fixed amount of fuel and sees only
//! placeholders. What people wrote is put in afterwards, so no template can read, change or drop it unnoticed, and
//! nothing that people wrote is ever parsed for special tokens unless it is ours.
//! Deliberately absent: the clock (`strftime_now` always tells the same day, or a run could not be repeated), tools and
//! images. Start at [`Template::new`] and [`Template::speak`].

mod methods;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};

use super::model::{Message, Part, Speaker};
use super::tokenizer::Tokenizer;
use crate::models::{self, Family};
use crate::problem::{Exit, Fatal};

/// Steps that a template may take for one prompt.
const FUEL: u64 = 1_000_000;
/// Stands for message `i` while the template runs, with a digit after it and [`END`] behind.
const PLACE: &str = "AnchoriteMessage";
const END: &str = "EndOfAnchoriteMessage";

/// Templates for files that bring none: a special token that gives the format away, and the template. The first whose
/// token is there counts: some tokens belong to several formats.
const BUILT_IN: [(&str, &str); 10] = [
    ("<|start_header_id|>", include_str!("templates/llama3.jinja")),
    ("<|channel|>", include_str!("templates/harmony.jinja")),
    ("<|im_sep|>", include_str!("templates/phi4.jinja")),
    ("<|start_of_role|>", include_str!("templates/granite.jinja")),
    ("<start_of_turn>", include_str!("templates/gemma.jinja")),
    ("[gMASK]", include_str!("templates/glm4.jinja")),
    ("<｜Assistant｜>", include_str!("templates/deepseek.jinja")),
    ("<|assistant|>", include_str!("templates/phi3.jinja")),
    ("<|im_start|>", include_str!("templates/chatml.jinja")),
    ("[INST]", MISTRAL),
];
const MISTRAL: &str = include_str!("templates/mistral.jinja");

/// gpt-oss opens every message with a channel and is to answer in this one; its templates leave the choice to the model.
const OPEN: (&str, &str) = ("<|start|>assistant", "<|channel|>final<|message|>");

/// A chat template that has been parsed.
pub(super) struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl Template {
    /// The template that belongs to `material`, or the built-in one for its special tokens. The first Mistral models
    /// wrote theirs in plain text, so their family is enough.
    pub(super) fn new(material: &models::Tokenizer, tokenizer: &Tokenizer, family: Family) -> Result<Self, Fatal> {
        let built_in = || {
            let known = BUILT_IN
                .iter()
                .find(|(mark, _)| tokenizer.special().contains_key(*mark));
            let source = known
                .map(|(_, source)| *source)
                .or((family == Family::Mistral).then_some(MISTRAL));
            source.map(|source| source.trim_end_matches('\n').to_owned())
        };
        let source = material.chat_template.clone().or_else(built_in).ok_or_else(|| {
            let help =
                "choose an instruction-tuned model, or put its chat_template.jinja beside the weights and import again";
            Fatal::new(
                Exit::Integrity,
                "the model has no chat template, and its tokens do not tell which to use",
                help,
            )
        })?;
        let bos = material.bos_text.clone().unwrap_or_default();
        Self::parse(source, bos, material.eos_text.clone().unwrap_or_default())
    }

    fn parse(source: String, bos: String, eos: String) -> Result<Self, Fatal> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_keep_trailing_newline(true);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(100);
        environment.set_unknown_method_callback(methods::call);
        environment.add_function("raise_exception", |text: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, text))
        });
        environment.add_function("strftime_now", |format: String| methods::fixed_day(&format));
        environment.add_filter("tojson", methods::to_json as fn(&minijinja::Value, Kwargs) -> _);
        environment.add_template_owned("chat", source).map_err(broken)?;
        Ok(Self { environment, bos, eos })
    }

    /// The whole text of a conversation that the model is to continue.
    pub(super) fn speak(&self, messages: &[Message]) -> Result<Vec<Part>, Fatal> {
        let as_they_are = self.render(messages);
        match as_they_are {
            Err(_) if messages.iter().any(|m| m.speaker == Speaker::System) => self.render(&without_system(messages)),
            other => other,
        }
        .map_err(broken)
    }

    fn render(&self, messages: &[Message]) -> Result<Vec<Part>, Error> {
        let chat: Vec<_> = messages
            .iter()
            .enumerate()
            .map(|(i, message)| {
                let role = match message.speaker {
                    Speaker::System => "system",
                    Speaker::User => "user",
                };
                context! { role => role, content => format!("{PLACE}{i}{END}") }
            })
            .collect();
        let text = self.environment.get_template("chat")?.render(context! {
            messages => chat,
            add_generation_prompt => true,
            bos_token => self.bos,
            eos_token => self.eos,
            enable_thinking => false,
        })?;
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        for (i, message) in messages.iter().enumerate() {
            let (before, after) = rest.split_once(&format!("{PLACE}{i}{END}")).ok_or_else(dropped)?;
            parts.push(Part::Ours(before.to_owned()));
            parts.extend(message.parts.iter().cloned());
            rest = after;
        }
        let channel = if rest.ends_with(OPEN.0) { OPEN.1 } else { "" };
        parts.push(Part::Ours(format!("{rest}{channel}")));
        let ours = |part: &Part| matches!(part, Part::Ours(text) if text.contains(PLACE) && text.contains(END));
        if parts.iter().any(ours) {
            Err(dropped())
        } else {
            Ok(parts)
        }
    }
}

/// For templates that know no system message: it becomes the start of the first other one.
fn without_system(messages: &[Message]) -> Vec<Message> {
    let mut parts = Vec::new();
    let mut merged: Vec<Message> = Vec::new();
    for message in messages {
        if message.speaker == Speaker::System {
            parts.extend(message.parts.iter().cloned());
            parts.push(Part::Ours("\n\n".into()));
        } else {
            parts.extend(message.parts.iter().cloned());
            merged.push(Message {
                speaker: message.speaker,
                parts: std::mem::take(&mut parts),
            });
        }
    }
    if !parts.is_empty() {
        merged.push(Message {
            speaker: Speaker::User,
            parts,
        });
    }
    merged
}

fn dropped() -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        "it does not repeat every message exactly once, in order",
    )
}

fn broken(cause: Error) -> Fatal {
    let help = "import the model again without its chat template, or with one that this program can run";
    let cause = cause
        .detail()
        .map_or_else(|| cause.to_string(), |detail| format!("{}: {detail}", cause.kind()));
    Fatal::new(Exit::Integrity, "the model's chat template does not work", help).because(cause)
}

#[cfg(test)]
mod tests;
