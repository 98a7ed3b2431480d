//! The verifier and the law against scripted models.

use super::*;
use crate::cards;
use crate::detect::scripted::{LYING, Scripted, brief, says};
use crate::detect::{Pointer, Verdict};
use crate::engine::model::{Profile, Reply};

const STANDS: [(&str, f32); 3] = [("stands", 0.7), ("falls", 0.2), ("unsure", 0.1)];
const FALLS: [(&str, f32); 3] = [("stands", 0.2), ("falls", 0.7), ("unsure", 0.1)];
const QUIET: [&str; 4] = [LYING[0], LYING[1], "    term = term.strip()", LYING[3]];

fn claim(probability: f32) -> Claim {
    let pointer = |number| Some(Pointer { number, quote: None });
    Claim {
        verdict: Verdict::Vulnerable,
        probability,
        source: pointer(2),
        sink: pointer(4),
        guard: None,
        story: String::new(),
        swayed: false,
        asked: Vec::new(),
    }
}

fn rule(profile: Profile, code: &[&str], script: Vec<Result<Reply, Problem>>) -> Ruling {
    judge_with(profile, code, script, 0.9).unwrap().ruling
}

fn judge_with(
    profile: Profile,
    code: &[&str],
    script: Vec<Result<Reply, Problem>>,
    probability: f32,
) -> Result<Judgement, Problem> {
    let (brief, claim) = (brief(code), claim(probability));
    let card = cards::get("CWE-89").expect("the card of SQL injection");
    let mut model = Scripted::new(profile, script);
    let case = Case { brief: &brief, card };
    verify(&mut model, &[(case, &claim)], 7)
        .expect("a scripted model never dies")
        .remove(0)
}

fn because(ruling: &Ruling) -> &str {
    match ruling {
        Ruling::Inconclusive { because } => because,
        other => panic!("{other:?} is not inconclusive"),
    }
}

#[test]
fn confirms_what_stands_with_source_step_and_sink() {
    let Ruling::Confirmed(finding) = rule(Profile::Compact, &QUIET, vec![says("stands 2 3 4", &STANDS)]) else {
        panic!("it stands")
    };
    assert_eq!(finding.sink.line, 4);
    assert_eq!(finding.sink.code, LYING[3].trim(), "evidence is copied from the code");
    assert!((finding.confidence - (0.9f32 * 0.7 / 0.9).sqrt()).abs() < 1e-3);
    assert!(
        finding.why.contains("does not write"),
        "a story the model did not tell says so: {}",
        finding.why
    );
}

#[test]
fn does_not_confirm_another_sink_than_the_analysis_saw() {
    let ruling = rule(Profile::Compact, &QUIET, vec![says("stands 2 3 3", &STANDS)]);
    assert!(because(&ruling).contains("another sink"));
}

#[test]
fn does_not_confirm_what_either_judge_finds_unlikely() {
    let judged = judge_with(Profile::Compact, &QUIET, vec![says("stands 2 3 4", &STANDS)], 0.4).unwrap();
    assert!(because(&judged.ruling).contains("less likely"));
    let ruling = rule(Profile::Compact, &QUIET, vec![says("stands 2 3 4", &FALLS)]);
    assert!(because(&ruling).contains("less likely"));
}

#[test]
fn does_not_confirm_an_invented_quote() {
    let text = r#"{"stance":"stands","reason":"none","source":{"line":2,"quote":"request.args"},"step":{"line":3,"quote":"exec(term)"},"sink":{"line":4,"quote":"db.execute("},"guard":{"line":0,"quote":""},"why":"x"}"#;
    let ruling = rule(Profile::Chat, &QUIET, vec![says(text, &STANDS)]);
    assert!(because(&ruling).contains("not there"));
}

#[test]
fn rejects_only_with_a_line_that_proves_it() {
    let Ruling::Rejected { guard, reason, .. } = rule(Profile::Compact, &QUIET, vec![says("falls guarded 3", &FALLS)])
    else {
        panic!("a guard was named")
    };
    assert_eq!((guard.line, reason.as_str()), (3, "guarded"));
    let ruling = rule(Profile::Compact, &QUIET, vec![says("falls guarded 0", &FALLS)]);
    assert!(because(&ruling).contains("without a line"));
}

#[test]
fn a_refutation_must_survive_the_blanking_of_comments() {
    let script = vec![says("falls guarded 3", &FALLS), says("stands 2 2 4", &STANDS)];
    assert!(because(&rule(Profile::Compact, &LYING, script)).contains("comments"));
    let script = vec![says("falls guarded 2", &FALLS), says("falls guarded 2", &FALLS)];
    assert!(matches!(
        rule(Profile::Compact, &LYING, script),
        Ruling::Rejected { .. }
    ));
}

#[test]
fn a_refusal_is_a_problem_and_unsure_is_inconclusive() {
    let refused = Err(Problem::new("c0ffee", "not judged: no legal continuation"));
    assert!(judge_with(Profile::Compact, &QUIET, vec![refused], 0.9).is_err());
    let ruling = rule(Profile::Compact, &QUIET, vec![says("unsure", &STANDS)]);
    assert!(because(&ruling).contains("neither"));
}
