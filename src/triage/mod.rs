//! Another scanner's SARIF 2.1.0 → reports to judge, and the same file with the verdicts written into it.
//!
//! In: the bytes of a log, which may quote a hostile repository: this runs in the sealed reader. Out: a [`Log`], whose
//! [`Log::reports`] go to `candidates`, and whose [`Log::annotate`] gives the log back with nothing lost: every result
//! keeps what it had and gains `properties.anchorite`; what the judges cleared also gains a suppression.
//! Deliberately absent: any judgement, and the tool's own prose as evidence.
//! Start at [`Log::read`]. How rules are matched with weaknesses is in `weakness`.

mod place;
#[cfg(test)]
mod tests;
mod weakness;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::candidates::Reported;
use crate::problem::{Exit, Fatal, Problem};
use crate::source::Snapshot;
use place::Places;

/// Largest log that is read, in bytes: it has to pass through a pipe again with the verdicts in it.
const MOST_BYTES: usize = 128 << 20;
/// Characters of a tool's or a rule's name that are shown.
const NAME: usize = 80;

/// A log of another scanner.
pub struct Log {
    value: Value,
    /// Of every result, in order: its run and its position there.
    at: Vec<(usize, usize)>,
    /// Of every result: the id of its candidate, or why it has none.
    fates: Vec<Result<String, String>>,
}

/// What became of a candidate, as it is written into the log. Crosses the pipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Of the candidate.
    pub id: String,
    /// `confirmed`, `inconclusive`, `rejected`, `dismissed`, `not judged`.
    pub verdict: String,
    /// One or two sentences.
    pub why: String,
    /// Of a confirmed one, 0 to 1.
    pub confidence: Option<f32>,
    /// True when the judges found it harmless: it gets a suppression.
    pub cleared: bool,
}

/// Whether a suppression waits for a person or holds at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suppress {
    /// `underReview`: viewers still show the result, and a person decides.
    Propose,
    /// `accepted`: viewers hide the result.
    Accept,
}

impl Log {
    /// Refuses what is not a SARIF 2.1 log.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Fatal> {
        let wrong = |what: &str| {
            Fatal::new(
                Exit::Usage,
                format!("{name} is not a SARIF 2.1 log: {what}"),
                "give the file that a scanner wrote as SARIF; most have an option such as `--format sarif`",
            )
        };
        if bytes.len() > MOST_BYTES {
            let what = format!("{name} has {} bytes, at most {MOST_BYTES} are read", bytes.len());
            return Err(Fatal::new(
                Exit::Usage,
                what,
                "split it by rule or folder and triage the parts",
            ));
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: Value = serde_json::from_slice(text).map_err(|error| wrong("it is not JSON").because(error))?;
        let version = value["version"].as_str().unwrap_or_default();
        if !version.starts_with("2.1") {
            return Err(wrong("its `version` is not 2.1.0"));
        }
        let runs = value["runs"].as_array().ok_or_else(|| wrong("it has no `runs`"))?;
        let results = |run: &Value| run["results"].as_array().map_or(0, Vec::len);
        let at = runs
            .iter()
            .enumerate()
            .flat_map(|(run, log)| (0..results(log)).map(move |nth| (run, nth)));
        let at: Vec<(usize, usize)> = at.collect();
        Ok(Self {
            value,
            at,
            fates: Vec::new(),
        })
    }

    fn result(&self, at: (usize, usize)) -> (&Value, &Value) {
        let run = &self.value["runs"][at.0];
        (run, &run["results"][at.1])
    }

    /// One report per result, in order; a result without a place in code is an error that says so.
    pub fn reports(&self, snapshot: &Snapshot, root: &str) -> Vec<Result<Reported, String>> {
        let places = Places { snapshot, root };
        self.at
            .iter()
            .map(|&at| {
                let (run, result) = self.result(at);
                let (last, led) = places.of(run, result)?;
                let rule = weakness::rule(run, result);
                Ok(Reported {
                    at: last,
                    steps: led,
                    cards: weakness::cards(run, result, rule),
                    by: said(run, result, rule),
                })
            })
            .collect()
    }

    /// Keeps what became of each result on its way to the judges, and tells what will not be judged. Results that name no
    /// weakness are left out by choice: a log may hold much that is not about security.
    pub fn settle(
        &mut self,
        reports: Vec<Result<Reported, String>>,
        fates: Vec<Result<String, String>>,
    ) -> Vec<Problem> {
        let mut fates = fates.into_iter();
        let mut problems = Vec::new();
        for (nth, report) in reports.into_iter().enumerate() {
            let nameless = report.as_ref().is_ok_and(|report| report.cards.is_empty());
            let place = match &report {
                Ok(report) => format!("{}:{} ({})", report.at.path, report.at.line, report.by),
                Err(_) => format!("result {} of the log", nth + 1),
            };
            let fate = report.and_then(|_| fates.next().expect("every report has a fate"));
            if let Err(why) = &fate {
                let what = format!("not judged: {why}");
                problems.push(if nameless {
                    Problem::left_out(place, what)
                } else {
                    Problem::new(place, what)
                });
            }
            self.fates.push(fate);
        }
        problems
    }

    /// The log with the verdicts. A candidate without a word was not reached within the budget.
    pub fn annotate(mut self, words: &[Word], suppress: Suppress) -> String {
        let unreached = Word {
            id: String::new(),
            verdict: "not judged".to_owned(),
            why: "the budget ran out before it".to_owned(),
            confidence: None,
            cleared: false,
        };
        for (&(run, nth), fate) in self.at.iter().zip(&self.fates) {
            let result = &mut self.value["runs"][run]["results"][nth];
            let word = match fate {
                Ok(id) => words.iter().find(|word| word.id == *id).unwrap_or(&unreached).clone(),
                Err(why) => Word {
                    why: why.clone(),
                    ..unreached.clone()
                },
            };
            write(result, &word, suppress);
        }
        serde_json::to_string_pretty(&self.value).expect("a JSON value is written as JSON")
    }
}

fn write(result: &mut Value, word: &Word, suppress: Suppress) {
    let Some(result) = result.as_object_mut() else {
        return;
    };
    let mut told = Map::new();
    told.insert("verdict".to_owned(), json!(word.verdict));
    told.insert("why".to_owned(), json!(word.why));
    if let Some(confidence) = word.confidence {
        told.insert(
            "confidence".to_owned(),
            json!((f64::from(confidence) * 1000.0).round() / 1000.0),
        );
    }
    if !word.id.is_empty() {
        told.insert("id".to_owned(), json!(word.id));
    }
    let properties = result.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("anchorite".to_owned(), Value::Object(told));
    }
    if word.cleared {
        let status = match suppress {
            Suppress::Propose => "underReview",
            Suppress::Accept => "accepted",
        };
        let suppression = json!({
            "kind": "external",
            "status": status,
            "justification": format!("Anchorite, {}: {}", word.verdict, word.why),
        });
        let all = result.entry("suppressions").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(suppression);
        }
    }
}

/// `bandit B602`: names only, and only characters that names of tools and rules are made of.
fn said(run: &Value, result: &Value, rule: &Value) -> String {
    let tool = run["tool"]["driver"]["name"].as_str().unwrap_or("another scanner");
    let id = result["ruleId"].as_str().or_else(|| rule["id"].as_str()).unwrap_or("");
    let named = |name: &str| -> String {
        let fit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '/' | ':' | '+');
        name.chars().filter(fit).take(NAME).collect()
    };
    format!("{} {}", named(tool), named(id)).trim().to_owned()
}
