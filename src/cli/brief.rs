//! `anchorite brief PATH`: every candidate as a judge would be shown it, one JSON object a line. No model is asked.
//!
//! Researchers and the novice's training read this, so training text equals scan text.

use serde_json::json;

use super::args::BriefArgs;
use super::output::print;
use super::scan::absolute;
use crate::cards::{self, Severity};
use crate::context::fence::{Piece, fence};
use crate::context::{Profile as Form, blind};
use crate::detect::prompt;
use crate::engine::model::Profile;
use crate::pipeline::reader::Remote;
use crate::pipeline::{Reader, Scan};
use crate::problem::{Exit, Fatal};
use crate::sandbox::Level;
use crate::source::Limits;

pub fn run(args: &BriefArgs) -> Result<Exit, Fatal> {
    let (profile, form) = match args.profile.as_str() {
        "chat" => (Profile::Chat, Form::Full),
        "compact" => (Profile::Compact, Form::Compact),
        other => {
            let what = format!("`{other}` is not a profile");
            return Err(Fatal::new(Exit::Usage, what, "use --profile chat or --profile compact"));
        }
    };
    let root = absolute(&args.path)?;
    let mut reader = Remote::start(vec![root.clone()], Level::Full, None)?;
    let scan = Scan::of(root);
    let survey = reader.survey(&scan)?;
    for problem in &survey.coverage.problems {
        eprintln!("{}", crate::report::plain(&problem.to_string()));
    }
    let ids: Vec<String> = survey.candidates.iter().map(|candidate| candidate.id.clone()).collect();
    let briefs = reader.briefs(&ids, profile)?;
    print(|out| {
        for (candidate, brief) in survey.candidates.iter().zip(&briefs) {
            let Ok(brief) = brief else { continue };
            let text = |brief| -> String {
                let nonce = prompt::nonce(brief);
                let pieces = fence(brief, form, &nonce).into_iter();
                pieces
                    .map(|piece| match piece {
                        Piece::Ours(text) | Piece::Hostile(text) => text,
                    })
                    .collect()
            };
            let name = cards::get(&candidate.card).map(|card| card.name.as_str());
            let row = json!({
                "candidate": candidate, "name": name, "text": text(brief), "blind": text(&blind(brief)), "lines": brief.lines,
            });
            writeln!(out, "{row}")?;
        }
        Ok(())
    })
}

impl Scan {
    /// Everything at its default, for looking without judging.
    fn of(root: std::path::PathBuf) -> Self {
        Self {
            root,
            store: std::path::PathBuf::new(),
            limits: Limits::default(),
            candidates: None,
            time: None,
            min_severity: Severity::Note,
            seed: 0,
            votes: 1,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            fresh: true,
            triage: None,
            prompts: None,
        }
    }
}
