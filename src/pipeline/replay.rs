//! One verdict of an earlier run, made again and compared with what was kept.
//!
//! In: a finished [`Run`], the id of a candidate, the same [`Hands`] as for a scan. Out: a [`Replay`]: every difference in
//! words, and the exchanges in full. On a CPU the same weights, tree and seed give the same bits, so that a difference has a
//! cause, and the causes come first: program, settings, weights, tree, candidate, card, brief, grammar, prompt.
//! Deliberately absent: any change of the record. Start at [`replay`].

use std::collections::BTreeSet;

use super::{Hands, Scan, header, judge_round};
use crate::engine::model::{Identity, Model, Prompt, Reply};
use crate::problem::{Exit, Fatal, Problem};
use crate::record::{Exchange, Header, Run, Unit};

/// What came of it.
pub struct Replay {
    /// What is not as it was; empty when everything came out alike.
    pub differences: Vec<String>,
    pub unit: Unit,
    /// Every prompt with its reply, in the order of asking.
    pub exchanges: Vec<(Prompt, Result<Reply, Problem>)>,
}

/// Judges the candidate `id` of `run` again. `scan` must look where the run looked, with its settings.
pub fn replay(run: &Run, id: &str, scan: &Scan, hands: Hands<'_>) -> Result<Replay, Fatal> {
    let Hands {
        reader,
        detector,
        verifier,
        ..
    } = hands;
    let kept = unit(run, id)?;
    let survey = reader.survey(scan)?;
    let second = verifier.as_ref().map_or(detector.identity(), |model| model.identity());
    let now = header(scan, &survey, detector.identity().clone(), second.clone());
    let mut differences = causes(&run.header, &now);
    let then = run.plan.candidates.iter().find(|candidate| candidate.id == kept.id);
    let candidate = survey.candidates.iter().find(|candidate| candidate.id == kept.id);
    let Some(candidate) = candidate else {
        differences.push(format!("candidate {}: no longer proposed", kept.id));
        return Ok(Replay {
            differences,
            unit: kept.clone(),
            exchanges: Vec::new(),
        });
    };
    if then != Some(candidate) {
        differences.push(format!("candidate {}: proposed with another trace or reason", kept.id));
    }
    let mut detector = Overheard::new(detector);
    let mut verifier = verifier.map(Overheard::new);
    let mut second = verifier.as_mut().map(|model| model as &mut dyn Model);
    let unit = judge_round(
        reader,
        &mut detector,
        &mut second,
        std::slice::from_ref(candidate),
        scan,
    )?
    .pop()
    .expect("one candidate gives one unit");
    differences.extend(changes(kept, &unit));
    let mut exchanges = detector.heard;
    exchanges.extend(verifier.into_iter().flat_map(|model| model.heard));
    Ok(Replay {
        differences,
        unit,
        exchanges,
    })
}

/// The judged candidate whose id begins with `id`.
fn unit<'a>(run: &'a Run, id: &str) -> Result<&'a Unit, Fatal> {
    let mut found = run.units.iter().filter(|unit| unit.id.starts_with(id));
    match (found.next(), found.next()) {
        (Some(unit), None) => Ok(unit),
        (None, _) => {
            let what = format!("the run judged no candidate `{id}`");
            Err(Fatal::new(
                Exit::Usage,
                what,
                "ids stand in every report; --run names another run",
            ))
        }
        (Some(_), Some(_)) => {
            let what = format!("several candidates of the run begin with `{id}`");
            Err(Fatal::new(Exit::Usage, what, "give more of the id"))
        }
    }
}

/// What may change verdicts and is not as it was.
fn causes(then: &Header, now: &Header) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |what: &str, then: &str, now: &str| {
        if then != now {
            out.push(format!("{what}: was {then}, is {now}"));
        }
    };
    compare("program", &then.tool, &now.tool);
    compare("program (digest)", &then.build, &now.build);
    compare("seed", &then.seed.to_string(), &now.seed.to_string());
    let names: BTreeSet<&String> = then.settings.keys().chain(now.settings.keys()).collect();
    for name in names {
        let of = |header: &Header| header.settings.get(name).map_or("absent".to_owned(), String::clone);
        compare(name, &of(then), &of(now));
    }
    compare("tree (digest of its files)", &then.snapshot, &now.snapshot);
    compare(
        "detector (name, digest of its files, scaling)",
        &described(&then.detector),
        &described(&now.detector),
    );
    compare(
        "verifier (name, digest of its files, scaling)",
        &described(&then.verifier),
        &described(&now.verifier),
    );
    out
}

fn described(model: &Identity) -> String {
    let scale = model.calibration;
    let number =
        |platt: crate::engine::model::Platt| format!("{} {:+}", f64::from(platt.slope), f64::from(platt.shift));
    format!(
        "{} {} ({}; {})",
        model.name,
        model.digest,
        number(scale.detect),
        number(scale.verify)
    )
}

/// Where the two judgements part, causes first.
fn changes(then: &Unit, now: &Unit) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |what: String, same: bool| {
        if !same {
            out.push(what);
        }
    };
    let part = |unit: &Unit, card: bool| {
        let shown = unit.shown.as_ref()?;
        Some(if card { &shown.card } else { &shown.brief }.clone())
    };
    compare("card: its text has changed".into(), part(then, true) == part(now, true));
    compare(
        "brief: other lines are shown".into(),
        part(then, false) == part(now, false),
    );
    compare(
        format!(
            "exchanges: there were {}, there are {}",
            then.asked.len(),
            now.asked.len()
        ),
        then.asked.len() == now.asked.len(),
    );
    for (a, b) in then.asked.iter().zip(&now.asked) {
        let told = |what: &str| format!("{} {what}", b.stage);
        compare(told("stage: asked in another order"), a.stage == b.stage);
        compare(told("grammar: another digest"), a.grammar == b.grammar);
        compare(told("prompt: another digest"), a.prompt == b.prompt);
        compare(
            told(&format!("reply: was {:?}, is {:?}", a.reply, b.reply)),
            a.reply == b.reply,
        );
        compare(
            told(&format!("probabilities: were {:?}, are {:?}", a.verdict, b.verdict)),
            bits(a) == bits(b),
        );
    }
    compare("outcome: another ruling".into(), then.outcome == now.outcome);
    out
}

/// The probabilities, bit for bit.
fn bits(exchange: &Exchange) -> Vec<(&str, u32)> {
    exchange
        .verdict
        .iter()
        .map(|(word, p)| (word.as_str(), p.to_bits()))
        .collect()
}

/// A model whose exchanges are kept.
struct Overheard<'a> {
    model: &'a mut dyn Model,
    heard: Vec<(Prompt, Result<Reply, Problem>)>,
}

impl<'a> Overheard<'a> {
    fn new(model: &'a mut dyn Model) -> Self {
        Self {
            model,
            heard: Vec::new(),
        }
    }
}

impl Model for Overheard<'_> {
    fn identity(&self) -> &Identity {
        self.model.identity()
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        let replies = self.model.ask(prompts)?;
        self.heard.extend(prompts.iter().cloned().zip(replies.iter().cloned()));
        Ok(replies)
    }
}
