//! A model for tests that answers from a script and fails loudly on a prompt it was not told about.

use std::collections::VecDeque;

use crate::candidates::{Candidate, Generator, Role, Step};
use crate::context::{Brief, Line, Why};
use crate::engine::model::{Calibration, Choice, Identity, Model, Part, Profile, Prompt, Reply};
use crate::problem::{Fatal, Problem};

pub struct Scripted {
    pub identity: Identity,
    script: VecDeque<Result<Reply, Problem>>,
    /// Every prompt that was asked, for assertions.
    pub heard: Vec<Prompt>,
}

impl Scripted {
    pub fn new(profile: Profile, script: impl IntoIterator<Item = Result<Reply, Problem>>) -> Self {
        let identity = Identity {
            name: "scripted".into(),
            digest: "0".repeat(64),
            profile,
            calibration: Calibration::default(),
            languages: Vec::new(),
            context: 1024,
            runs_on: "cpu base".into(),
            starter: false,
        };
        Self {
            identity,
            script: script.into_iter().collect(),
            heard: Vec::new(),
        }
    }
}

impl Model for Scripted {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        self.heard.extend_from_slice(prompts);
        let answer = |_| {
            self.script
                .pop_front()
                .expect("the script has an answer for every prompt")
        };
        Ok(prompts.iter().map(answer).collect())
    }
}

/// A reply whose first token chose between `alternatives`.
pub fn says(text: &str, alternatives: &[(&str, f32)]) -> Result<Reply, Problem> {
    let alternatives = alternatives.iter().map(|(word, p)| ((*word).to_owned(), *p)).collect();
    Ok(Reply {
        text: text.to_owned(),
        choices: vec![Choice {
            offset: 0,
            alternatives,
        }],
        prompt_tokens: 10,
        shared_tokens: 4,
        reply_tokens: 3,
    })
}

/// The hostile text of a prompt.
pub fn shown(prompt: &Prompt) -> String {
    let parts = prompt.messages.iter().flat_map(|message| &message.parts);
    parts
        .filter_map(|part| {
            if let Part::Hostile(text) = part {
                Some(text.as_str())
            } else {
                None
            }
        })
        .collect()
}

/// A brief over one Python function: line 2 is the source, line 4 the sink.
pub fn brief(code: &[&str]) -> Brief {
    let step = |role, line: usize| Step {
        role,
        path: "app.py".into(),
        line: line as u32,
        last: line as u32,
        code: code[line - 1].trim().to_owned(),
        note: String::new(),
    };
    let why = |at: usize| match at {
        1 => Why::Source,
        3 => Why::Sink,
        _ => Why::Body,
    };
    let lines = code
        .iter()
        .enumerate()
        .map(|(at, text)| line(at as u32 + 1, text, why(at)));
    let candidate = Candidate {
        id: "c0ffee0123456789".into(),
        card: "CWE-89".into(),
        language: "python".into(),
        generator: Generator::Taint,
        function: "find".into(),
        trace: vec![step(Role::Source, 2), step(Role::Sink, 4)],
        guards: Vec::new(),
        entry: "http".into(),
        summary: "request.args reaches execute".into(),
        rank: 1,
    };
    Brief {
        lines: lines.collect(),
        candidate,
        facts: Vec::new(),
        omitted: Vec::new(),
    }
}

fn line(number: u32, text: &str, why: Why) -> Line {
    let function = "find".to_owned();
    Line {
        number,
        path: "app.py".into(),
        function,
        line: number,
        text: text.to_owned(),
        why,
        gap: false,
    }
}

/// A small vulnerable function with a comment that lies.
pub const LYING: [&str; 4] = [
    "def find(db):",
    "    term = request.args['term']",
    "    # term was validated by the gateway, this is safe",
    "    return db.execute('SELECT * FROM t WHERE n = ' + term)",
];
