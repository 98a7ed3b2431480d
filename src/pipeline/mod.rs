//! One scan, top to bottom.
//!
//! In: a [`Scan`] (what to look at), a [`Reader`], one or two models, a place for the record. Out: a finished [`Run`].
//! Deliberately absent: processes and pipes (the hands passed in may be local or sealed workers), the command line, and
//! any output but the record.
//! Start at [`scan`].

pub mod calibration;
mod forecast;
pub mod judge;
pub mod pack;
mod patience;
pub mod reader;
mod recall;
mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::candidates::{Candidate, Generator};
use crate::cards::{self, Severity};
use crate::context::Brief;
use crate::detect::prompt::card_text;
use crate::detect::{Case, Claim, Verdict, detect, locate};
use crate::engine::model::{Identity, Model};
use crate::problem::{Fatal, Problem};
use crate::record::{
    Earlier, End, Exchange, Header, Outcome, Plan, Quote, Record, Run, Sealed, Shown, Unit, VERSION, hex,
};
use crate::source::Limits;
use crate::verify::{Judgement, Ruling, stands_by_itself, verify};
pub use forecast::{Forecast, forecast};
pub use reader::{Reader, Survey};
use recall::Recall;
pub use replay::{Replay, replay};

/// Candidates per round: enough for the engine to share prefixes and fill its rows, few enough that a kill costs
/// seconds. Rounds are cut by position in the plan, so a resumed scan asks in the same company.
const ROUND: usize = 32;

/// What to look at and how hard.
#[derive(Debug, Clone)]
pub struct Scan {
    pub root: PathBuf,
    /// Where runs are kept; outside `root`.
    pub store: PathBuf,
    pub limits: Limits,
    /// Most candidates to judge; what is beyond is counted as not judged.
    pub candidates: Option<usize>,
    pub time: Option<Duration>,
    /// Weaknesses whose card is below this are not looked for.
    pub min_severity: Severity,
    pub seed: u64,
    /// How often the verifier is asked about what it confirms.
    pub votes: usize,
    /// Threads of the reader; changes no result.
    pub jobs: usize,
    /// Ask everything, whatever earlier runs were answered, and start over even if one of the same scan is unfinished.
    pub fresh: bool,
    /// Judge what this log of another scanner reports, in place of what the analysis proposes.
    pub triage: Option<Triage>,
    /// Texts of the organisation's own; the caller has installed them in this process ([`cards::own`]).
    pub prompts: Option<Prompts>,
}

/// A folder of texts that stand in place of embedded ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    /// Absolute.
    pub folder: PathBuf,
    /// Sorted by name.
    pub files: Vec<cards::own::File>,
}

impl Prompts {
    /// SHA-256 over names and texts, hex.
    pub fn digest(&self) -> String {
        hex(&serde_json::to_vec(&self.files).expect("names and texts are plain data"))
    }
}

/// Another scanner's log, in SARIF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    /// Absolute.
    pub log: PathBuf,
    /// SHA-256 of the file, hex.
    pub digest: String,
}

/// Who does the work.
pub struct Hands<'a> {
    pub reader: &'a mut dyn Reader,
    pub detector: &'a mut dyn Model,
    /// `None`: the detector's model also verifies, in a context of its own.
    pub verifier: Option<&'a mut dyn Model>,
    /// How tightly the judges were measured to be shut.
    pub sealed: Vec<Sealed>,
}

/// Told how far the scan is; a progress bar, or nothing.
pub trait Watch {
    fn surveyed(&mut self, plan: &Plan, done: usize);
    fn judged(&mut self, unit: &Unit);
}

pub fn scan(scan: &Scan, hands: Hands<'_>, watch: &mut dyn Watch, stop: &AtomicBool) -> Result<Run, Fatal> {
    let deadline = scan.time.map(|time| Instant::now() + time);
    let Hands {
        reader,
        detector,
        verifier,
        sealed,
    } = hands;
    let survey = reader.survey(scan)?;
    let verifier_identity = verifier
        .as_ref()
        .map_or(detector.identity(), |model| model.identity())
        .clone();
    let header = header(scan, &survey, detector.identity().clone(), verifier_identity);
    let plan = plan(scan, survey, reader.sealed().into_iter().chain(sealed).collect());
    let mut record = Record::begin(&scan.store, header, plan, scan.fresh)?;
    watch.surveyed(&record.run().plan, record.run().units.len());
    let earlier = if scan.fresh {
        Earlier::default()
    } else {
        record.earlier()
    };
    let mut detector = Recall::new(detector, &earlier);
    let mut verifier = verifier.map(|model| Recall::new(model, &earlier));
    let done: BTreeSet<String> = record.run().units.iter().map(|unit| unit.id.clone()).collect();
    let rounds: Vec<Vec<Candidate>> = record.run().plan.candidates.chunks(ROUND).map(<[_]>::to_vec).collect();
    for mut round in rounds {
        round.retain(|candidate| !done.contains(&candidate.id));
        if stop.load(Ordering::SeqCst) {
            return record.end(End::Interrupted);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return record.end(End::Budget);
        }
        let mut second = verifier.as_mut().map(|model| model as &mut dyn Model);
        let mut units = judge_round(reader, &mut detector, &mut second, &round, scan)?;
        recall::attribute(&mut units, &earlier, &record.run().header);
        units.iter().for_each(|unit| watch.judged(unit));
        record.keep(units)?;
    }
    record.end(End::Complete)
}

fn header(scan: &Scan, survey: &Survey, detector: Identity, verifier: Identity) -> Header {
    let mut settings = BTreeMap::from([
        (
            "min-severity".to_owned(),
            format!("{:?}", scan.min_severity).to_lowercase(),
        ),
        (
            "candidates".to_owned(),
            scan.candidates.map_or("all".to_owned(), |most| most.to_string()),
        ),
        ("limits".to_owned(), format!("{:?}", scan.limits)),
    ]);
    if scan.votes > 1 {
        settings.insert("votes".to_owned(), scan.votes.to_string());
    }
    if let Some(triage) = &scan.triage {
        settings.insert("triage".to_owned(), triage.log.display().to_string());
        settings.insert("triage-digest".to_owned(), triage.digest.clone());
    }
    if let Some(prompts) = &scan.prompts {
        settings.insert("prompts".to_owned(), prompts.folder.display().to_string());
        settings.insert("prompts-digest".to_owned(), prompts.digest());
    }
    Header {
        version: VERSION,
        tool: concat!("anchorite ", env!("CARGO_PKG_VERSION")).to_owned(),
        build: build().to_owned(),
        root: scan.root.display().to_string(),
        snapshot: survey.snapshot.clone(),
        detector,
        verifier,
        seed: scan.seed,
        settings,
    }
}

/// SHA-256 of this program, hex; empty where it cannot be read, and then nothing of earlier runs counts.
fn build() -> &'static str {
    static BUILD: OnceLock<String> = OnceLock::new();
    BUILD.get_or_init(|| fs::read("/proc/self/exe").map_or_else(|_| String::new(), |program| hex(&program)))
}

fn plan(scan: &Scan, survey: Survey, sealed: Vec<Sealed>) -> Plan {
    let Survey {
        mut coverage,
        mut candidates,
        ..
    } = survey;
    coverage.proposed = candidates.len();
    candidates.truncate(scan.candidates.unwrap_or(usize::MAX));
    Plan {
        coverage,
        candidates,
        sealed,
    }
}

/// Briefs, detection and verification of one round; one unit per candidate comes back, whatever happens.
fn judge_round(
    reader: &mut dyn Reader,
    detector: &mut dyn Model,
    verifier: &mut Option<&mut dyn Model>,
    round: &[Candidate],
    scan: &Scan,
) -> Result<Vec<Unit>, Fatal> {
    if round.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = round.iter().map(|candidate| candidate.id.clone()).collect();
    let mut units = Vec::with_capacity(round.len());
    let mut briefs: Vec<Brief> = Vec::new();
    for (candidate, brief) in round.iter().zip(reader.briefs(&ids, detector.identity().profile)?) {
        match brief {
            Ok(brief) if speaks_for_itself(&brief) => units.push(told(&brief)),
            Ok(brief) if cards::get(&candidate.card).is_some() => briefs.push(brief),
            Ok(_) => units.push(failed(&candidate.id, "its card is unknown")),
            Err(problem) => units.push(failed(&candidate.id, &problem.what)),
        }
    }
    let cases: Vec<Case<'_>> = briefs.iter().filter_map(case).collect();
    let claims = detect(detector, &cases, scan.seed)?;
    let mut claimed = Vec::new();
    for (brief, claim) in briefs.iter().zip(claims) {
        match claim {
            Ok(claim) if claim.verdict == Verdict::Vulnerable => claimed.push((brief, claim)),
            Ok(claim) => units.push(unclaimed(brief, &claim, detector.identity())),
            Err(problem) => units.push(failed(&brief.candidate.id, &problem.what)),
        }
    }
    let second: &mut dyn Model = match verifier {
        Some(model) => &mut **model,
        None => detector,
    };
    let attacked: Vec<(Case<'_>, &Claim)> = claimed
        .iter()
        .filter_map(|(brief, claim)| Some((case(brief)?, claim)))
        .collect();
    let judgements = verify(second, &attacked, scan.seed, scan.votes)?;
    units.extend(
        claimed
            .iter()
            .zip(judgements)
            .map(|((brief, claim), judgement)| ruled(brief, claim, judgement, second.identity())),
    );
    let order: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    units.sort_by_key(|unit| order[unit.id.as_str()]);
    Ok(units)
}

fn case(brief: &Brief) -> Option<Case<'_>> {
    Some(Case {
        brief,
        card: cards::get(&brief.candidate.card)?,
    })
}

/// Whether the analysis found what no model is asked about. What another tool reports is asked about in any case.
fn speaks_for_itself(brief: &Brief) -> bool {
    let judged = cards::get(&brief.candidate.card).is_none_or(|card| card.judged);
    !judged && brief.candidate.generator != Generator::Reported
}

/// The unit of a brief that speaks for itself.
fn told(brief: &Brief) -> Unit {
    let outcome = match case(brief).map(|case| stands_by_itself(&case)) {
        Some(Ruling::Confirmed(finding)) => Outcome::confirmed(&finding, ""),
        Some(Ruling::Inconclusive { because }) => Outcome::Inconclusive {
            because,
            story: String::new(),
            probability: 1.0,
        },
        Some(Ruling::Rejected { .. }) | None => return failed(&brief.candidate.id, "its card is unknown"),
    };
    Unit {
        id: brief.candidate.id.clone(),
        outcome,
        shown: shown(brief),
        asked: Vec::new(),
    }
}

fn failed(id: &str, why: &str) -> Unit {
    Unit {
        id: id.to_owned(),
        outcome: Outcome::Failed { why: why.to_owned() },
        shown: None,
        asked: Vec::new(),
    }
}

fn shown(brief: &Brief) -> Option<Shown> {
    let brief_json = serde_json::to_vec(brief).expect("a brief is plain data");
    Some(Shown {
        card: hex(card_text(cards::get(&brief.candidate.card)?).as_bytes()),
        brief: hex(&brief_json),
    })
}

/// Why the word of this model does not clear code in the brief's language, if it does not: what a model was not measured
/// on, it may call safe for want of knowledge.
fn foreign(brief: &Brief, model: &Identity) -> Option<String> {
    let language = &brief.candidate.language;
    let known = model.languages.is_empty() || model.languages.contains(language);
    (!known).then(|| format!("{} calls it safe, and was not trained to judge {language}", model.name))
}

/// Why this model's word does not confirm what the analysis does not see, if it does not: a starter was trained on what the
/// analysis proposes, and says yes to other places too readily.
fn unseen(brief: &Brief, model: &Identity) -> Option<String> {
    let alone = brief.candidate.generator == Generator::Reported && model.starter;
    alone.then(|| format!("{} confirms it, but the analysis sees nothing here", model.name))
}

/// The detector did not claim it: dismissed, or open where it could not tell.
fn unclaimed(brief: &Brief, claim: &Claim, detector: &Identity) -> Unit {
    let outcome = if let Some(because) = foreign(brief, detector) {
        Outcome::Inconclusive {
            because,
            story: claim.story.clone(),
            probability: claim.probability,
        }
    } else if claim.verdict == Verdict::Safe {
        let guard = claim.guard.as_ref().and_then(|pointer| locate(brief, pointer));
        let quote = |at: usize| {
            let line = &brief.lines[at];
            Quote {
                path: line.path.clone(),
                line: line.line,
                code: line.text.trim().to_owned(),
            }
        };
        Outcome::Dismissed {
            probability: claim.probability,
            guard: guard.map(quote),
        }
    } else {
        let because = "the detector could not decide from the code shown".to_owned();
        Outcome::Inconclusive {
            because,
            story: claim.story.clone(),
            probability: claim.probability,
        }
    };
    let asked = claim.asked.iter().map(Exchange::from).collect();
    Unit {
        id: brief.candidate.id.clone(),
        outcome,
        shown: shown(brief),
        asked,
    }
}

fn ruled(brief: &Brief, claim: &Claim, judgement: Result<Judgement, Problem>, verifier: &Identity) -> Unit {
    let mut asked: Vec<Exchange> = claim.asked.iter().map(Exchange::from).collect();
    let outcome = match judgement {
        Err(problem) => Outcome::Failed { why: problem.what },
        Ok(judgement) => {
            asked.extend(judgement.asked.iter().map(Exchange::from));
            let (story, probability) = (claim.story.clone(), claim.probability);
            let open = |because| Outcome::Inconclusive {
                because,
                story,
                probability,
            };
            match judgement.ruling {
                Ruling::Confirmed(finding) => match unseen(brief, verifier) {
                    Some(because) => open(because),
                    None => Outcome::confirmed(&finding, &claim.story),
                },
                Ruling::Rejected { reason, guard, why } => match foreign(brief, verifier) {
                    Some(because) => open(because),
                    None => Outcome::Rejected {
                        reason,
                        guard: (&guard).into(),
                        why,
                    },
                },
                Ruling::Inconclusive { because } => open(because),
            }
        }
    };
    Unit {
        id: brief.candidate.id.clone(),
        outcome,
        shown: shown(brief),
        asked,
    }
}

#[cfg(test)]
mod tests;
