//! What models answered in earlier runs, for scans that put the same questions again.
//!
//! In: the directory of runs and the run at hand. Out: [`Earlier`], replies by model and prompt, each with the run in
//! which the model was really asked. A reply counts for the same program to the bit, the same model (weights, tokenizer,
//! template, scaling, context), the same kind of processor, and the same prompt, which holds the card, the code shown,
//! the grammar and the seed; and only from runs of our own whose journal is unbroken and whose judges were shut at least
//! as tightly. What a model could not answer is not taken over.
//! Deliberately absent: verdicts. They are made anew from the replies, by the same code as in any scan.
//! Start at [`Earlier::of`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::form::digest;
use super::store::{get, mine, outcome, runs};
use super::{Exchange, Header, Identity, Sealed, VERSION, hex};
use crate::engine::model::{Choice, Prompt, Reply};
use crate::sandbox::{Level, Role};

/// Runs that are read, of those that fit: the newest one over the same tree knows nearly all there is to know.
const RUNS: usize = 16;

#[derive(Debug, Default)]
pub struct Earlier {
    /// By digest of the model's identity and of the prompt.
    heard: BTreeMap<(String, String), Heard>,
}

#[derive(Debug)]
struct Heard {
    reply: Reply,
    run: String,
}

/// The part of a run's header that has been the same in all forms, and decides first.
#[derive(Deserialize)]
struct Stamp {
    version: u32,
}

/// The part of a plan that matters here.
#[derive(Deserialize)]
struct Walls {
    sealed: Vec<Sealed>,
}

impl Earlier {
    /// From the runs below `store`, newest first, those over the same tree before the others; never from `own`.
    pub fn of(store: &Path, own: &Path, header: &Header, sealed: &[Sealed]) -> Self {
        let mut fitting: Vec<(bool, PathBuf, Header)> = Vec::new();
        for dir in runs(store).into_iter().rev().filter(|dir| dir != own) {
            if let Some(found) = fits(&dir, header, sealed) {
                fitting.push((found.root != header.root, dir, found));
            }
        }
        fitting.sort_by_key(|(elsewhere, _, _)| *elsewhere);
        let mut earlier = Self::default();
        for (_, dir, found) in fitting.into_iter().take(RUNS) {
            earlier.learn(&dir, &found);
        }
        earlier
    }

    /// What `model` answered to `prompt`.
    pub fn reply(&self, model: &Identity, prompt: &Prompt) -> Option<&Reply> {
        self.get(model, &digest(prompt)).map(|heard| &heard.reply)
    }

    /// The run in which `model` was asked what has this digest.
    pub fn run(&self, model: &Identity, prompt: &str) -> Option<&str> {
        self.get(model, prompt).map(|heard| heard.run.as_str())
    }

    fn get(&self, model: &Identity, prompt: &str) -> Option<&Heard> {
        if self.heard.is_empty() {
            return None;
        }
        self.heard.get(&(name(model), prompt.to_owned()))
    }

    fn learn(&mut self, dir: &Path, header: &Header) {
        let Ok((units, _)) = outcome(dir, header) else { return };
        let run = dir.file_name().unwrap_or_default().to_string_lossy();
        let (detector, verifier) = (name(&header.detector), name(&header.verifier));
        for asked in units.into_iter().flat_map(|unit| unit.asked) {
            let model = if asked.stage.starts_with("verify") {
                &verifier
            } else {
                &detector
            };
            let heard = Heard {
                run: asked.taken.clone().unwrap_or_else(|| run.clone().into_owned()),
                reply: reply(&asked),
            };
            self.heard.entry((model.clone(), asked.prompt)).or_insert(heard);
        }
    }
}

/// The header of the run in `dir`, if its replies count in a run with `header` whose workers are shut like `sealed`.
fn fits(dir: &Path, header: &Header, sealed: &[Sealed]) -> Option<Header> {
    let files = ["run.json", "plan.json", "units.jsonl"];
    let ours = mine(dir).unwrap_or(false) && files.iter().all(|name| mine(&dir.join(name)).unwrap_or(false));
    if !ours || get::<Stamp>(dir, "run.json").ok()?.version != VERSION {
        return None;
    }
    let found: Header = get(dir, "run.json").ok()?;
    let models = [&found.detector, &found.verifier];
    let known = models
        .iter()
        .any(|model| [&header.detector, &header.verifier].contains(model));
    if header.build.is_empty() || found.build != header.build || !known {
        return None;
    }
    let walls: Walls = get(dir, "plan.json").ok()?;
    (walls_of(&walls.sealed) >= walls_of(sealed)).then_some(found)
}

/// How tightly the least tight judge was shut; in-process ones are not at all.
fn walls_of(sealed: &[Sealed]) -> Level {
    let judges = sealed.iter().filter(|sealed| sealed.worker == Role::Judge.name());
    let levels = judges.map(|judge| judge.level.parse().unwrap_or(Level::None));
    levels.min().unwrap_or(Level::None)
}

fn name(model: &Identity) -> String {
    hex(&serde_json::to_vec(model).expect("an identity is plain data"))
}

/// As far as it was kept: of all places where the reply could have gone on otherwise, the one that decided.
fn reply(asked: &Exchange) -> Reply {
    let verdict = Choice {
        offset: 0,
        alternatives: asked.verdict.clone(),
    };
    Reply {
        text: asked.reply.clone(),
        choices: vec![verdict],
        prompt_tokens: asked.prompt_tokens,
        shared_tokens: asked.shared_tokens,
        reply_tokens: asked.reply_tokens,
    }
}
