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
    verify(&mut model, &[(case, &claim)], 7, 1)
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

/// What comes of a confirmation and these votes on it, and the prompts that were put.
fn voted(
    profile: Profile,
    first: &str,
    votes: Vec<Result<Reply, Problem>>,
) -> (Judgement, Vec<crate::engine::model::Prompt>) {
    let (brief, claim) = (brief(&QUIET), claim(0.9));
    let card = cards::get("CWE-89").expect("the card of SQL injection");
    let many = votes.len() + 1;
    let mut model = Scripted::new(profile, std::iter::once(says(first, &STANDS)).chain(votes));
    let case = Case { brief: &brief, card };
    let judged = verify(&mut model, &[(case, &claim)], 7, many);
    let judgement = judged.expect("a scripted model never dies").remove(0).unwrap();
    (judgement, model.heard)
}

#[test]
fn most_votes_must_confirm_what_was_confirmed() {
    let stands = || says("stands 2 3 4", &STANDS);
    let falls = || says("falls guarded 3", &FALLS);
    let refused = || Err(Problem::new("c0ffee", "not judged: out of tokens"));
    let (judgement, heard) = voted(Profile::Compact, "stands 2 3 4", vec![stands(), falls()]);
    let Ruling::Confirmed(finding) = &judgement.ruling else {
        panic!("two of three: {:?}", judgement.ruling)
    };
    assert!(finding.why.ends_with("2 of 3 votes confirm it."), "{}", finding.why);
    assert!(
        finding.confidence < (0.9f32 * 0.7 / 0.9).sqrt(),
        "{}",
        finding.confidence
    );
    assert_eq!(judgement.asked.len(), 3, "every vote is kept");
    assert!(heard[1].seed != heard[2].seed && heard[1].temperature_milli > 0);
    for votes in [
        vec![falls(), falls()],
        vec![refused(), refused()],
        vec![falls(), says("perhaps", &STANDS)],
    ] {
        let (judgement, _) = voted(Profile::Compact, "stands 2 3 4", votes);
        assert!(
            because(&judgement.ruling).contains("only 1 of 3 votes"),
            "{:?}",
            judgement.ruling
        );
    }
}

#[test]
fn votes_share_their_prefix_and_begin_elsewhere() {
    let text = |more: &str| {
        format!(
            r#"{{"stance":"stands","reason":"none","source":{{"line":2,"quote":"request.args"}},"step":{{"line":3,"quote":"term.strip()"}},"sink":{{"line":4,"quote":"db.execute("}},"guard":{{"line":0,"quote":""}},"account":{{"line":0,"quote":""}},"why":"x{more}"}}"#
        )
    };
    let votes = vec![says(&text("1"), &STANDS), says(&text("2"), &STANDS)];
    let (judgement, heard) = voted(Profile::Chat, &text(""), votes);
    assert!(
        matches!(judgement.ruling, Ruling::Confirmed(_)),
        "{:?}",
        judgement.ruling
    );
    let last = |prompt: &crate::engine::model::Prompt| {
        format!("{:?}", prompt.messages.last().and_then(|message| message.parts.last()))
    };
    assert!(last(&heard[1]).contains("Begin with step 2") && last(&heard[2]).contains("Begin with step 3"));
    let rest =
        |prompt: &crate::engine::model::Prompt| prompt.messages[1].parts[..heard[0].messages[1].parts.len()].to_vec();
    assert_eq!(rest(&heard[0]), rest(&heard[2]), "all but the last words are shared");
}

#[test]
fn votes_confirm_nothing_that_was_not_confirmed() {
    let (judgement, heard) = voted(Profile::Compact, "stands 2 3 3", vec![says("stands 2 3 4", &STANDS)]);
    assert!(because(&judgement.ruling).contains("another sink"));
    assert_eq!(heard.len(), 1, "nothing more is asked");
}

#[test]
fn an_account_is_believed_only_where_code_asks_for_it() {
    let text = |line: u32, quote: &str| {
        format!(
            r#"{{"stance":"stands","reason":"none","source":{{"line":2,"quote":"request.args"}},"step":{{"line":2,"quote":"term"}},"sink":{{"line":4,"quote":"db.execute("}},"guard":{{"line":0,"quote":""}},"account":{{"line":{line},"quote":"{quote}"}},"why":"x"}}"#
        )
    };
    let needs = |line, quote: &str| match rule(Profile::Chat, &LYING, vec![says(&text(line, quote), &STANDS)]) {
        Ruling::Confirmed(finding) => finding.rating.needs.join("; "),
        other => panic!("{other:?}"),
    };
    assert!(
        !needs(3, "validated by the gateway").contains("account"),
        "a comment asks for nothing"
    );
    assert!(needs(1, "def find(db)").contains("account"));
}
