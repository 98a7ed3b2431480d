//! Models that are no judges: one that always agrees, one that never does, one that talks nonsense, one that refuses, one
//! that takes for ever. Each gives the report and the exit code that are true of it.

use std::path::Path;

use anchorite::cards::Severity;
use anchorite::engine::model::{Grammar, Identity, Model, Prompt, Reply};
use anchorite::problem::{Exit, Fatal, Problem};
use anchorite::record::{Run, Tally};
use anchorite::report::{self, Format, View};

use super::local::{identity, judged, label, reply};
use crate::stories::{User, application, said};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Says {
    Yes,
    No,
    Nonsense,
    /// Half of a reply, as when the tokens run out.
    Half,
    Nothing,
}

struct Control {
    identity: Identity,
    says: Says,
}

impl Control {
    fn answer(&self, prompt: &Prompt) -> Result<Reply, Problem> {
        let Grammar::Lark(grammar) = &prompt.grammar else {
            panic!("the compact form has a grammar of lines")
        };
        let verifies = grammar.contains("stands");
        let [yes, no] = if verifies { ["stands", "falls"] } else { ["yes", "no"] };
        let first = |rule: &str| label(grammar, rule);
        match self.says {
            Says::Yes if verifies => {
                let text = format!("stands {} {} {}", first("E"), first("N"), first("S"));
                Ok(reply(&text, [yes, no]))
            }
            Says::Yes => Ok(reply(&format!("yes {} {}", first("N"), first("N")), [yes, no])),
            Says::No if verifies => Ok(reply(&format!("falls guarded {}", first("N")), [no, yes])),
            Says::No => Ok(reply("no 0", [no, yes])),
            Says::Nonsense => Ok(reply("the moon is made of cheese", [yes, no])),
            Says::Half => Ok(reply("", [yes, no])),
            Says::Nothing => Err(Problem::new("model", "not judged: the grammar leaves no continuation")),
        }
    }
}

impl Model for Control {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        Ok(prompts.iter().map(|prompt| self.answer(prompt)).collect())
    }
}

fn run(tree: &Path, says: Says) -> (Run, Tally, Exit) {
    let mut model = Control {
        identity: identity("control"),
        says,
    };
    let run = judged(tree, &mut model, Severity::Note);
    let (tally, exit) = (run.tally(), report::exit(&run, Severity::Low));
    assert!(tally.planned >= 3, "there is something to judge: {tally:?}");
    (run, tally, exit)
}

fn text(run: &Run, format: Format) -> String {
    let view = View {
        format,
        min_severity: Severity::Note,
        colour: false,
    };
    let mut out = Vec::new();
    report::write(run, view, &mut out).expect("memory does not run out");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_model_that_always_agrees_is_held_to_what_the_analysis_saw() {
    let (run, tally, exit) = run(&application("vulnerable"), Says::Yes);
    assert_eq!((tally.confirmed, exit), (tally.planned, Exit::Findings));
    let told = text(&run, Format::Terminal);
    assert!(
        told.contains(&format!("{} confirmed, 0 inconclusive", tally.planned)),
        "{told}"
    );
}

#[test]
fn a_model_that_never_agrees_clears_the_code_and_the_report_counts_what_it_cleared() {
    let (run, tally, exit) = run(&application("vulnerable"), Says::No);
    assert_eq!((tally.dismissed, exit), (tally.planned, Exit::Clean));
    let told = text(&run, Format::Terminal);
    let words = format!(
        "0 confirmed, 0 inconclusive, 0 rejected by the verifier, {0} dismissed by the detector, of {0}",
        tally.planned
    );
    assert!(told.contains(&words), "{told}");
    let record: serde_json::Value = serde_json::from_str(&text(&run, Format::Json)).expect("JSON");
    assert_eq!(
        record["units"].as_array().map(Vec::len),
        Some(tally.planned),
        "each of them is listed"
    );
}

#[test]
fn promise_16_a_model_that_answers_nothing_useful_is_told_and_exits_with_3() {
    for says in [Says::Nonsense, Says::Half, Says::Nothing] {
        let (run, tally, exit) = run(&application("vulnerable"), says);
        assert_eq!((tally.failed, exit), (tally.planned, Exit::Incomplete), "{says:?}");
        let told = text(&run, Format::Terminal);
        let words = format!("NOT assessed: {} candidates failed", tally.planned);
        assert!(
            told.contains(&words) && told.contains("not judged: "),
            "{says:?}: {told}"
        );
        let log: serde_json::Value = serde_json::from_str(&text(&run, Format::Sarif)).expect("JSON");
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false, "{says:?}");
        let notices = invocation["toolExecutionNotifications"].as_array().expect("notices");
        let failed = notices
            .iter()
            .filter(|notice| notice.to_string().contains("not assessed"));
        assert_eq!(failed.count(), tally.planned, "{says:?}");
        assert!(
            text(&run, Format::Markdown).contains("This scan is incomplete"),
            "{says:?}"
        );
    }
}

#[test]
fn promise_16_a_model_that_takes_too_long_is_told_and_exits_with_3() {
    let user = User::new();
    let tree = application("vulnerable");
    let output = user.run(&["scan", tree.to_str().expect("a UTF-8 path"), "--answer-time", "1ms"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}{}", said(&output));
    for words in [
        "0 confirmed",
        "NOT assessed: ",
        "it gave no answer within 0.001 s",
        "failed 3 times in a row",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let (code, _) = user.sarif(&tree, &["--answer-time", "10m"]);
    assert_eq!(code, 1, "the next scan asks what this one was not told");
}
