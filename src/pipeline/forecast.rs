//! How long a scan will take, from judging some of its candidates.
//!
//! In: a [`Scan`] and the [`Hands`] for it. Out: a [`Forecast`]. The sample is judged as the scan would judge it, detector and
//! verifier both, and its rulings are thrown away: no run is recorded, and what earlier runs were answered is not counted.
//! Start at [`forecast`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Hands, ROUND, Scan, judge_round};
use crate::candidates::Candidate;
use crate::engine::model::Model;
use crate::problem::Fatal;
use crate::record::Coverage;

/// A first few candidates, to see how long more would take.
const FEW: usize = 4;
/// Longest that a full round may be expected to take for it to be the sample.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a scan would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    pub coverage: Coverage,
    /// How long the code tower took.
    pub reading: Duration,
    /// Candidates that would be judged.
    pub candidates: usize,
    /// Of them, those that were.
    pub judged: usize,
    /// How long they took.
    pub judging: Duration,
}

impl Forecast {
    /// For all candidates, at the pace of the sample.
    #[must_use]
    pub fn all(&self) -> Duration {
        self.judging.mul_f64(self.candidates as f64 / self.judged.max(1) as f64)
    }
}

pub fn forecast(scan: &Scan, hands: Hands<'_>, stop: &AtomicBool) -> Result<Forecast, Fatal> {
    let Hands {
        reader,
        detector,
        mut verifier,
        ..
    } = hands;
    let started = Instant::now();
    let survey = reader.survey(scan)?;
    let reading = started.elapsed();
    let mut coverage = survey.coverage;
    coverage.proposed = survey.candidates.len();
    let candidates = survey.candidates.len().min(scan.candidates.unwrap_or(usize::MAX));
    let planned = &survey.candidates[..candidates];
    let mut judge = |sample: Vec<Candidate>| -> Result<(usize, Duration), Fatal> {
        let started = Instant::now();
        let mut second = verifier.as_mut().map(|model| &mut **model as &mut dyn Model);
        judge_round(reader, detector, &mut second, &sample, scan)?;
        Ok((sample.len(), started.elapsed()))
    };
    let mut sample = judge(spread(planned, FEW))?;
    let round = sample.1.mul_f64(ROUND as f64 / FEW as f64);
    if candidates > FEW && round < PATIENCE && !stop.load(Ordering::SeqCst) {
        sample = judge(spread(planned, ROUND))?;
    }
    Ok(Forecast {
        coverage,
        reading,
        candidates,
        judged: sample.0,
        judging: sample.1,
    })
}

/// Candidates from all over the plan: its order is by rank, and what ranks high may cost more.
fn spread(planned: &[Candidate], most: usize) -> Vec<Candidate> {
    let count = planned.len().min(most);
    (0..count).map(|i| planned[i * planned.len() / count].clone()).collect()
}
