//! What a model's verdicts are off by, found on labelled code.
//!
//! In: a finished [`Run`] and labels of the tree that it looked at. Out: per task a [`Fit`]: slope and shift for the log-odds of
//! the verdict (Platt, "Probabilistic outputs for support vector machines", 1999, with his targets that stop short of 0 and 1),
//! and how far probabilities are off before and after. What the run was corrected by already is taken off first.
//! Deliberately absent: the model, the manifest, and any choice of a threshold. Start at [`fit`].

use serde::Deserialize;

use crate::candidates::Candidate;
use crate::cards;
use crate::detect::between;
use crate::engine::model::{Choice, Platt, Profile, Thousandths};
use crate::record::{Exchange, Run};

/// Fewest verdicts of either side: fewer say nothing about odds.
pub const LEAST: usize = 10;
/// Probabilities nearer to 0 or 1 than this count as this near.
const EDGE: f64 = 1e-4;
const BINS: usize = 10;
const ROUNDS: usize = 100;
/// Pulls slope and shift towards 1 and 0, as much as one verdict would.
const RIDGE: f64 = 0.05;
/// Largest slope and shift that a manifest takes.
const LARGEST: f64 = 20.0;

/// One labelled place, as a line of JSON.
#[derive(Debug, Clone, Deserialize)]
pub struct Label {
    path: String,
    cwe: String,
    vulnerable: bool,
    /// The whole file where there is none.
    start_line: Option<u32>,
    end_line: Option<u32>,
    #[serde(default)]
    ranges: Vec<(u32, u32)>,
    #[serde(default)]
    accept: Vec<String>,
}

impl Label {
    /// Lines of labels; an error names the line.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1)))
            .collect()
    }

    fn holds(&self, candidate: &Candidate) -> bool {
        let sink = candidate.place();
        let whole = self.ranges.is_empty();
        let own = (
            self.start_line.unwrap_or(1),
            self.end_line.or(self.start_line).unwrap_or(u32::MAX),
        );
        let mut ranges = self.ranges.iter().copied().chain(whole.then_some(own));
        let card = cards::get(&candidate.card);
        let answers = |cwe: &String| *cwe == candidate.card || card.is_some_and(|card| card.also.contains(cwe));
        self.path == sink.path
            && ranges.any(|(first, last)| sink.line <= last && first <= sink.last)
            && std::iter::once(&self.cwe).chain(&self.accept).any(answers)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Verdicts on labelled places, and those of them on weak ones.
    pub verdicts: usize,
    pub vulnerable: usize,
    pub platt: Platt,
    /// Expected calibration error as the run stands, and with `platt`: 0 to 1.
    pub before: f64,
    pub after: f64,
}

/// Of `task`, `detect` or `verify`. An error says why nothing can be learnt.
pub fn fit(run: &Run, labels: &[Label], task: &str) -> Result<Fit, String> {
    let model = if task == "verify" {
        &run.header.verifier
    } else {
        &run.header.detector
    };
    let words = match (task, model.profile) {
        ("verify", _) => ("stands", "falls"),
        (_, Profile::Compact) => ("yes", "no"),
        (_, Profile::Chat) => ("vulnerable", "safe"),
    };
    let now = if task == "verify" {
        model.calibration.verify
    } else {
        model.calibration.detect
    };
    let (slope, shift) = (f64::from(now.slope), f64::from(now.shift));
    let mut pairs: Vec<(f64, bool)> = Vec::new();
    for (candidate, unit) in run.judged() {
        let mut here = labels.iter().filter(|label| label.holds(candidate)).peekable();
        let asked = unit.asked.iter().find(|asked| asked.stage == task);
        if let (Some(_), Some(odds)) = (here.peek(), asked.and_then(|asked| odds(asked, words))) {
            pairs.push((odds, here.any(|label| label.vulnerable)));
        }
    }
    let vulnerable = pairs.iter().filter(|(_, weak)| *weak).count();
    if vulnerable < LEAST || pairs.len() - vulnerable < LEAST {
        let safe = pairs.len() - vulnerable;
        return Err(format!(
            "{task}: {vulnerable} verdicts on weak places and {safe} on safe ones; at least {LEAST} of each are needed"
        ));
    }
    let raw: Vec<(f64, bool)> = pairs
        .iter()
        .map(|(odds, weak)| ((odds - shift) / slope.max(EDGE), *weak))
        .collect();
    let (slope, shift) = scaled(&raw);
    if slope <= 0.0 {
        return Err(format!(
            "{task}: the surer the model is, the less often it is right here; no scaling mends that"
        ));
    }
    let thousandths = |number: f64| Thousandths::new((number.clamp(-LARGEST, LARGEST) * 1000.0).round() as i32);
    let corrected: Vec<(f64, bool)> = raw.iter().map(|(odds, weak)| (slope * odds + shift, *weak)).collect();
    Ok(Fit {
        verdicts: pairs.len(),
        vulnerable,
        platt: Platt {
            slope: thousandths(slope),
            shift: thousandths(shift),
        },
        before: error(&pairs),
        after: error(&corrected),
    })
}

/// Log-odds of the accusing word, as the exchange was recorded.
fn odds(asked: &Exchange, (yes, no): (&str, &str)) -> Option<f64> {
    let choice = Choice {
        offset: 0,
        alternatives: asked.verdict.clone(),
    };
    let p = f64::from(between(&choice, yes, no)?).clamp(EDGE, 1.0 - EDGE);
    Some((p / (1.0 - p)).ln())
}

fn chance(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// Slope and shift under which the labels are likeliest, by Newton's method.
fn scaled(pairs: &[(f64, bool)]) -> (f64, f64) {
    let weak = pairs.iter().filter(|(_, weak)| *weak).count() as f64;
    let (high, low) = ((weak + 1.0) / (weak + 2.0), 1.0 / (pairs.len() as f64 - weak + 2.0));
    let (mut slope, mut shift) = (1.0, 0.0);
    for _ in 0..ROUNDS {
        let (mut g, mut h) = ([RIDGE * (slope - 1.0), RIDGE * shift], [RIDGE, 0.0, RIDGE]);
        for (odds, weak) in pairs {
            let p = chance(slope * odds + shift);
            let off = p - if *weak { high } else { low };
            let curve = p * (1.0 - p);
            g[0] += off * odds;
            g[1] += off;
            h[0] += curve * odds * odds;
            h[1] += curve * odds;
            h[2] += curve;
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [
            (h[2] * g[0] - h[1] * g[1]) / determinant,
            (h[0] * g[1] - h[1] * g[0]) / determinant,
        ];
        // A full step may overshoot where the curve is flat.
        let length = (step[0].powi(2) + step[1].powi(2)).sqrt();
        let part = if length > 1.0 { 1.0 / length } else { 1.0 };
        slope -= part * step[0];
        shift -= part * step[1];
        if length < 1e-9 {
            break;
        }
    }
    (slope, shift)
}

/// Expected calibration error over bins of equal width, 0 to 1.
fn error(pairs: &[(f64, bool)]) -> f64 {
    let mut bins = [0.0f64; BINS];
    for (odds, weak) in pairs {
        let p = chance(*odds);
        bins[((p * BINS as f64) as usize).min(BINS - 1)] += p - f64::from(u8::from(*weak));
    }
    bins.iter().map(|gap| gap.abs()).sum::<f64>() / pairs.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Odds on a grid, each with as many weak places as a model of that slope and shift would have.
    fn drawn(slope: f64, shift: f64) -> Vec<(f64, bool)> {
        let each = |step: i32| {
            let odds = f64::from(step) / 4.0;
            let weak = (chance(slope * odds + shift) * 200.0).round() as usize;
            (0..200).map(move |nth| (odds, nth < weak))
        };
        (-12..=12).flat_map(each).collect()
    }

    #[test]
    fn slope_and_shift_are_found_again_and_the_error_goes_away() {
        for (slope, shift) in [(1.0, 0.0), (0.4, 0.8), (2.0, -1.5)] {
            let pairs = drawn(slope, shift);
            let (a, b) = scaled(&pairs);
            assert!(
                (a - slope).abs() < 0.05 && (b - shift).abs() < 0.05,
                "{slope} {shift}: {a} {b}"
            );
            let corrected: Vec<(f64, bool)> = pairs.iter().map(|(odds, weak)| (a * odds + b, *weak)).collect();
            assert!(error(&corrected) < 0.01, "{}", error(&corrected));
        }
        assert!(error(&drawn(0.4, 0.8)) > 0.1);
    }

    #[test]
    fn one_sided_labels_do_not_run_away() {
        let pairs: Vec<(f64, bool)> = (0..40).map(|at| (f64::from(at) - 20.0, at >= 20)).collect();
        let (slope, shift) = scaled(&pairs);
        assert!(
            slope.is_finite() && slope > 0.0 && slope < LARGEST && shift.abs() < LARGEST,
            "{slope} {shift}"
        );
    }

    #[test]
    fn labels_say_which_line_is_wrong_and_where_they_hold() {
        let good = r#"{"path":"app.py","cwe":"CWE-564","vulnerable":true,"start_line":3,"end_line":5}"#;
        let error = Label::read(&format!("{good}\n\n{{\"path\":1}}\n")).unwrap_err();
        assert!(error.starts_with("line 3: "), "{error}");
        let candidate = crate::detect::scripted::brief(&crate::detect::scripted::LYING).candidate;
        let holds = |from: &str, to: &str| Label::read(&good.replace(from, to)).unwrap()[0].holds(&candidate);
        assert!(holds("x", "x"), "the card of SQL injection answers for 564");
        assert!(!holds("CWE-564", "CWE-79") && !holds("app.py", "b.py"));
        assert!(!holds(":3,", ":1,\"ranges\":[[9,9]],") && holds("\"start_line\":3,\"end_line\":5", "\"accept\":[]"));
    }
}
