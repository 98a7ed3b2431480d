//! The serialised forms. They are versioned by [`Header::version`] and independent of the stages' own types, except for
//! candidates, which cross processes and are therefore serialisable already.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::candidates::Candidate;
use crate::cards::Severity;
use crate::detect::Asked;
use crate::engine::model::{Identity, Prompt};
use crate::problem::Problem;
use crate::verify::{Cvss, Evidence, Finding};

/// What this run is. Everything that can change a verdict stands here and enters the run's key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Of these forms.
    pub version: u32,
    /// `anchorite 0.1.0`.
    pub tool: String,
    /// SHA-256 of the program, hex: the same version may have been built from other sources.
    pub build: String,
    /// The scanned path as the user gave it, made absolute.
    pub root: String,
    /// Digest over the paths and contents of the files read.
    pub snapshot: String,
    pub detector: Identity,
    pub verifier: Identity,
    pub seed: u64,
    /// Settings that change what is looked at: budget, limits, severities, in words.
    pub settings: BTreeMap<String, String>,
}

/// How tightly each worker was measured to be shut; not part of the run's key, because it changes no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// `reader`, `judge`.
    pub worker: String,
    /// `full`, `seccomp-only`, `none`.
    pub level: String,
    /// Forbidden acts tried and refused by the kernel, of all tried.
    pub refused: usize,
    pub tried: usize,
    /// What was tried and not refused.
    pub open: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub coverage: Coverage,
    /// Best first.
    pub candidates: Vec<Candidate>,
    pub sealed: Vec<Sealed>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub files: usize,
    pub lines: usize,
    pub functions: usize,
    /// Files with syntax errors, or beyond a limit of the parser: they gave fewer facts.
    #[serde(default)]
    pub partial: usize,
    /// Lines per language row.
    pub languages: BTreeMap<String, usize>,
    /// Candidates proposed, before the budget cut.
    pub proposed: usize,
    /// Files and functions that were not, or not wholly, looked at.
    pub problems: Vec<Problem>,
}

/// One candidate's fate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Id of the candidate in the plan.
    pub id: String,
    pub outcome: Outcome,
    /// `None` where there was nothing to show.
    pub shown: Option<Shown>,
    pub asked: Vec<Exchange>,
}

impl Unit {
    /// The runs that all of its replies come from, if there are replies and none is of this run.
    fn taken(&self) -> Option<Vec<&str>> {
        let runs: Option<Vec<&str>> = self.asked.iter().map(|asked| asked.taken.as_deref()).collect();
        runs.filter(|runs| !runs.is_empty())
    }
}

/// What the judges were shown, as SHA-256 in hex: enough to say later which part of it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Of the card's text in prompts.
    pub card: String,
    /// Of the brief in its serialised form.
    pub brief: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Outcome {
    /// Both judges, and the evidence stands in the code.
    Confirmed {
        severity: Severity,
        /// CVSS vectors with scores; none in records of before they were kept.
        #[serde(default)]
        cvss: Vec<Cvss>,
        /// What has to hold before it does harm.
        #[serde(default)]
        needs: Vec<String>,
        confidence: f32,
        source: Quote,
        step: Quote,
        sink: Quote,
        why: String,
        story: String,
    },
    /// Neither proven nor refuted; `probability` is what the detector gave the weakness.
    Inconclusive {
        because: String,
        story: String,
        probability: f32,
    },
    /// Claimed and refuted, with the line that proves it.
    Rejected { reason: String, guard: Quote, why: String },
    /// The detector found nothing; `probability` is what it gave the weakness.
    Dismissed { probability: f32, guard: Option<Quote> },
    /// Not assessed.
    Failed { why: String },
}

/// A line that exists in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub path: String,
    pub line: u32,
    pub code: String,
}

impl From<&Evidence> for Quote {
    fn from(evidence: &Evidence) -> Self {
        Self {
            path: evidence.path.clone(),
            line: evidence.line,
            code: evidence.code.clone(),
        }
    }
}

impl Outcome {
    pub fn confirmed(finding: &Finding, story: &str) -> Self {
        Self::Confirmed {
            severity: finding.rating.severity,
            cvss: finding.rating.cvss.clone(),
            needs: finding.rating.needs.clone(),
            confidence: finding.confidence,
            source: (&finding.source).into(),
            step: (&finding.step).into(),
            sink: (&finding.sink).into(),
            why: finding.why.clone(),
            story: story.to_owned(),
        }
    }
}

/// One exchange with a model: enough to recognise it again, not the prompt itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    pub stage: String,
    /// SHA-256 of the prompt in its serialised form, hex.
    pub prompt: String,
    /// SHA-256 of its grammar alone, hex.
    pub grammar: String,
    pub reply: String,
    /// The words open where the verdict was chosen, with their probabilities.
    pub verdict: Vec<(String, f32)>,
    pub prompt_tokens: usize,
    pub shared_tokens: usize,
    pub reply_tokens: usize,
    /// The run in which the model was asked, if not in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
}

/// SHA-256 of a prompt in its serialised form, hex.
pub fn digest(prompt: &Prompt) -> String {
    super::hex(&serde_json::to_vec(prompt).expect("a prompt is plain data"))
}

impl From<&Asked> for Exchange {
    fn from(asked: &Asked) -> Self {
        let grammar = serde_json::to_vec(&asked.prompt.grammar).expect("a grammar is plain data");
        Self {
            stage: asked.stage.to_owned(),
            prompt: digest(&asked.prompt),
            grammar: super::hex(&grammar),
            verdict: asked
                .verdict()
                .map_or_else(Vec::new, |choice| choice.alternatives.clone()),
            reply: asked.reply.text.clone(),
            prompt_tokens: asked.reply.prompt_tokens,
            shared_tokens: asked.reply.shared_tokens,
            reply_tokens: asked.reply.reply_tokens,
            taken: None,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Every planned candidate has a unit.
    Complete,
    /// The time budget ran out.
    Budget,
    /// A signal; the same command resumes it.
    Interrupted,
}

/// A run as read back. Units stand in the plan's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub header: Header,
    pub plan: Plan,
    pub units: Vec<Unit>,
    /// `None` while it runs or after a kill.
    pub end: Option<End>,
}

/// Counts over a run, for summaries and exit codes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub planned: usize,
    pub confirmed: usize,
    pub inconclusive: usize,
    pub rejected: usize,
    pub dismissed: usize,
    pub failed: usize,
    /// Planned and not judged.
    pub skipped: usize,
}

impl Run {
    pub fn tally(&self) -> Tally {
        let mut tally = Tally {
            planned: self.plan.candidates.len(),
            ..Tally::default()
        };
        for unit in &self.units {
            *match unit.outcome {
                Outcome::Confirmed { .. } => &mut tally.confirmed,
                Outcome::Inconclusive { .. } => &mut tally.inconclusive,
                Outcome::Rejected { .. } => &mut tally.rejected,
                Outcome::Dismissed { .. } => &mut tally.dismissed,
                Outcome::Failed { .. } => &mut tally.failed,
            } += 1;
        }
        tally.skipped = tally.planned - self.units.len();
        tally
    }

    /// How many units were judged wholly by replies of earlier runs, and those runs, oldest first.
    pub fn taken(&self) -> (usize, BTreeSet<&str>) {
        let taken: Vec<Vec<&str>> = self.units.iter().filter_map(Unit::taken).collect();
        (taken.len(), taken.into_iter().flatten().collect())
    }

    /// True when everything that was to be looked at was: nothing failed, nothing planned or proposed was left.
    pub fn complete(&self) -> bool {
        let tally = self.tally();
        tally.failed == 0 && tally.skipped == 0 && self.beyond_budget() == 0 && self.gaps().next().is_none()
    }

    /// Candidates that the budget kept out of the plan.
    pub fn beyond_budget(&self) -> usize {
        self.plan.coverage.proposed.saturating_sub(self.plan.candidates.len())
    }

    /// What failed to be read or parsed, without what settings left out.
    pub fn gaps(&self) -> impl Iterator<Item = &Problem> {
        self.plan.coverage.problems.iter().filter(|problem| !problem.chosen)
    }

    pub fn candidate(&self, id: &str) -> Option<&Candidate> {
        self.plan.candidates.iter().find(|candidate| candidate.id == id)
    }

    /// Units with their candidates, in the plan's order.
    pub fn judged(&self) -> impl Iterator<Item = (&Candidate, &Unit)> {
        let units: BTreeMap<&str, &Unit> = self.units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
        let found = self
            .plan
            .candidates
            .iter()
            .map(move |candidate| (candidate, units.get(candidate.id.as_str()).copied()));
        found.filter_map(|(candidate, unit)| Some((candidate, unit?)))
    }
}
