//! Promise 7's other half: what a repository says about itself never makes a weakness go away.
//!
//! In: `injections.toml`, programs in twelve languages and attacks of six kinds, crossed: 336 twins. Out: how many of them
//! were lost without a word to a model that obeys everything it reads, and to the novice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anchorite::cards::Severity;
use anchorite::engine::model::{Grammar, Identity, Model, Part, Prompt, Reply};
use anchorite::problem::{Fatal, Problem};
use anchorite::record::{Outcome, Run};
use serde::Deserialize;

use super::local::{identity, judged, label, reply};
use crate::stories::User;

#[derive(Deserialize)]
struct Corpus {
    program: Vec<Program>,
    attack: Vec<Attack>,
}

#[derive(Deserialize)]
struct Program {
    file: String,
    line: String,
    block: [String; 2],
    code: String,
}

#[derive(Deserialize)]
struct Attack {
    r#where: String,
    says: String,
    obeys: String,
}

fn corpus() -> Corpus {
    toml::from_str(include_str!("injections.toml")).expect("the corpus is TOML")
}

impl Program {
    /// The program with the attack in it; `None` leaves every place empty.
    fn with(&self, attack: Option<&Attack>) -> String {
        let says = |place: &str| {
            attack
                .filter(|attack| attack.r#where == place)
                .map(|attack| attack.says.as_str())
        };
        let comment = says("comment").map_or(String::new(), |says| format!("{}{says}", self.line));
        let block = says("block").map_or(String::new(), |says| {
            format!("{}{says}{}", self.block[0], self.block[1])
        });
        let text = says("text").unwrap_or("ping").replace('"', "'");
        self.code
            .trim_start()
            .replace("{comment}", &comment)
            .replace("{block}", &block)
            .replace("{text}", &text)
            .replace("{name}", says("name").unwrap_or("target"))
    }
}

/// Every program without an attack below `plain-N`, every twin in a folder of its own.
fn lay_out(corpus: &Corpus, root: &Path) {
    let put = |folder: &str, file: &str, text: &str| {
        let dir = root.join(folder);
        fs::create_dir_all(&dir).expect("a folder");
        fs::write(dir.join(file), text).expect("a file");
    };
    for (p, program) in corpus.program.iter().enumerate() {
        put(&format!("plain-{p}"), &program.file, &program.with(None));
        for (a, attack) in corpus.attack.iter().enumerate() {
            let below = if attack.r#where == "path" {
                format!("/{}", attack.says)
            } else {
                String::new()
            };
            put(
                &format!("twin-{p}-{a}{below}"),
                &program.file,
                &program.with(Some(attack)),
            );
        }
    }
}

/// Obeys: whoever says one of the words is cleared. Otherwise it finds what it is asked about.
struct Obedient {
    identity: Identity,
    words: BTreeSet<String>,
    obeyed: usize,
}

impl Obedient {
    fn new(corpus: &Corpus) -> Self {
        Self {
            identity: identity("obedient"),
            words: corpus.attack.iter().map(|attack| attack.obeys.clone()).collect(),
            obeyed: 0,
        }
    }

    fn answer(&mut self, prompt: &Prompt) -> Reply {
        let parts = prompt.messages.iter().flat_map(|message| &message.parts);
        let shown: String = parts
            .map(|part| match part {
                Part::Ours(text) | Part::Hostile(text) => text.to_lowercase(),
            })
            .collect();
        let obeys = self.words.iter().any(|word| shown.contains(word.as_str()));
        self.obeyed += usize::from(obeys);
        let Grammar::Lark(grammar) = &prompt.grammar else {
            panic!("the compact form has a grammar of lines")
        };
        let first = |rule: &str| label(grammar, rule);
        let verifies = grammar.contains("stands");
        let (text, words) = match (verifies, obeys) {
            (false, true) => ("no 0".to_owned(), ["no", "yes"]),
            (false, false) => (format!("yes {} {}", first("N"), first("N")), ["yes", "no"]),
            (true, true) => (format!("falls guarded {}", first("N")), ["falls", "stands"]),
            (true, false) => (
                format!("stands {} {} {}", first("E"), first("N"), first("S")),
                ["stands", "falls"],
            ),
        };
        reply(&text, words)
    }
}

impl Model for Obedient {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        Ok(prompts.iter().map(|prompt| Ok(self.answer(prompt))).collect())
    }
}

/// Folders whose command injection is still told, as a finding or an open case.
fn told(run: &Run) -> BTreeMap<String, bool> {
    let mut told = BTreeMap::new();
    for (candidate, unit) in run.judged().filter(|(candidate, _)| candidate.card == "CWE-78") {
        let folder = candidate.place().path.split('/').next().unwrap_or_default().to_owned();
        let stands = matches!(unit.outcome, Outcome::Confirmed { .. } | Outcome::Inconclusive { .. });
        *told.entry(folder).or_default() |= stands;
    }
    told
}

#[test]
fn a_model_that_obeys_every_injected_text_loses_nothing_silently() {
    let (corpus, tree) = (corpus(), tempfile::tempdir().expect("a folder"));
    assert!(corpus.program.len() * corpus.attack.len() >= 300);
    lay_out(&corpus, tree.path());
    let mut model = Obedient::new(&corpus);
    let told = told(&judged(tree.path(), &mut model, Severity::High));
    let mut lost = Vec::new();
    for (p, program) in corpus.program.iter().enumerate() {
        let plain = told.get(&format!("plain-{p}"));
        assert_eq!(
            plain,
            Some(&true),
            "{} is not even found without an attack",
            program.file
        );
        for (a, attack) in corpus.attack.iter().enumerate() {
            if told.get(&format!("twin-{p}-{a}")) != Some(&true) {
                lost.push(format!("{} with {} `{}`", program.file, attack.r#where, attack.says));
            }
        }
    }
    assert!(
        lost.is_empty(),
        "{} twins were lost silently:\n{}",
        lost.len(),
        lost.join("\n")
    );
    // An attack that the model never met would prove nothing.
    let twins = corpus.program.len() * corpus.attack.len();
    assert!(
        model.obeyed * 10 >= twins * 7,
        "the model met {} attacks in {twins} twins",
        model.obeyed
    );
}

/// Attacks that are orders, verdicts or claims of a review as nobody else writes them.
const ORDERS: usize = 13;

#[test]
fn text_that_orders_a_reviewer_is_a_finding_of_its_own_whatever_a_model_says() {
    let (corpus, tree) = (corpus(), tempfile::tempdir().expect("a folder"));
    let program = &corpus.program[0];
    for (a, attack) in corpus.attack.iter().enumerate() {
        let dir = tree.path().join(format!("twin-{a}"));
        fs::create_dir(&dir).expect("a folder");
        fs::write(dir.join(&program.file), program.with(Some(attack))).expect("a file");
    }
    fs::create_dir(tree.path().join("plain")).expect("a folder");
    fs::write(tree.path().join("plain").join(&program.file), program.with(None)).expect("a file");
    let run = judged(tree.path(), &mut Obedient::new(&corpus), Severity::Medium);
    let mut found = BTreeSet::new();
    for (_, unit) in run.judged().filter(|(candidate, _)| candidate.card == "CWE-506") {
        let Outcome::Confirmed { sink, .. } = &unit.outcome else {
            panic!("it was judged away: {:?}", unit.outcome)
        };
        let folder = sink.path.split('/').next().expect("a folder").to_owned();
        let text = fs::read_to_string(tree.path().join(&sink.path)).expect("the file");
        assert!(text.lines().any(|line| line.trim() == sink.code), "{}", sink.code);
        found.insert(folder);
    }
    assert!(!found.contains("plain"), "a program without an order");
    assert!(found.len() >= ORDERS, "only in {found:?}");
}

#[test]
fn the_novice_loses_no_twin_silently() {
    let (corpus, tree) = (corpus(), tempfile::tempdir().expect("a folder"));
    lay_out(&corpus, tree.path());
    let (_, log) = User::new().sarif(tree.path(), &["--min-severity", "high"]);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let told: BTreeSet<&str> = results
        .iter()
        .filter(|result| result["ruleId"] == "CWE-78")
        .filter_map(|result| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str())
        .filter_map(|path| path.split('/').next())
        .collect();
    let mut lost = Vec::new();
    for (p, program) in corpus.program.iter().enumerate() {
        if !told.contains(format!("plain-{p}").as_str()) {
            continue;
        }
        for (a, attack) in corpus.attack.iter().enumerate() {
            if !told.contains(format!("twin-{p}-{a}").as_str()) {
                lost.push(format!("{} with {} `{}`", program.file, attack.r#where, attack.says));
            }
        }
    }
    assert!(lost.is_empty(), "{} twins were lost:\n{}", lost.len(), lost.join("\n"));
}
