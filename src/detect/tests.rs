//! The detector against scripted models.

use super::scripted::{LYING, Scripted, brief, says, shown};
use super::*;
use crate::cards;
use crate::engine::model::{Profile, Reply};

const YES: [(&str, f32); 2] = [("yes", 0.8), ("no", 0.2)];
const NO: [(&str, f32); 2] = [("yes", 0.25), ("no", 0.75)];

fn ask(profile: Profile, brief: &Brief, script: Vec<Result<Reply, Problem>>) -> (Result<Claim, Problem>, Scripted) {
    let mut model = Scripted::new(profile, script);
    let card = cards::get("CWE-89").expect("the card of SQL injection");
    let mut claims = detect(&mut model, &[Case { brief, card }], 7).expect("a scripted model never dies");
    (claims.remove(0), model)
}

#[test]
fn reads_verdict_pointers_and_probability_of_the_compact_form() {
    let brief = brief(&LYING);
    let (claim, _) = ask(Profile::Compact, &brief, vec![says("yes 2 4", &YES)]);
    let claim = claim.unwrap();
    assert_eq!(claim.verdict, Verdict::Vulnerable);
    assert!((claim.probability - 0.8).abs() < 1e-6);
    assert_eq!(claim.source.map(|pointer| pointer.number), Some(2));
    assert_eq!(claim.sink.map(|pointer| pointer.number), Some(4));
}

#[test]
fn asks_again_without_comments_before_it_dismisses() {
    let brief = brief(&LYING);
    let (claim, model) = ask(Profile::Compact, &brief, vec![says("no 3", &NO), says("yes 2 4", &YES)]);
    let claim = claim.unwrap();
    assert!(shown(&model.heard[0]).contains("validated by the gateway"));
    assert!(!shown(&model.heard[1]).contains("validated by the gateway"));
    assert_eq!(claim.verdict, Verdict::Vulnerable);
    assert!(claim.swayed, "the record says that the comment had swayed the model");
    assert_eq!(claim.asked.len(), 2);
}

#[test]
fn a_dismissal_that_cannot_be_checked_is_not_a_dismissal() {
    let brief = brief(&LYING);
    let refused = Err(Problem::new("c0ffee", "not judged: out of tokens"));
    let (claim, _) = ask(Profile::Compact, &brief, vec![says("no 3", &NO), refused]);
    assert!(claim.is_err());
}

#[test]
fn an_unreadable_reply_is_a_problem_and_never_clean() {
    let brief = brief(&LYING);
    for (profile, text) in [
        (Profile::Compact, "perhaps"),
        (Profile::Chat, "{}"),
        (Profile::Chat, "I cannot help with that"),
    ] {
        let (claim, _) = ask(profile, &brief, vec![says(text, &YES)]);
        let problem = claim.unwrap_err();
        assert!(problem.what.starts_with("not judged"), "{problem}");
    }
}

#[test]
fn reads_the_chat_form_and_its_quotes() {
    let brief = brief(&LYING);
    let text = r#"{"verdict":"vulnerable","source":{"line":2,"quote":"request.args['term']"},"sink":{"line":4,"quote":"db.execute("},"guard":{"line":0,"quote":""},"story":"The term is pasted in."}"#;
    let (claim, _) = ask(
        Profile::Chat,
        &brief,
        vec![says(text, &[("vul", 0.6), ("safe", 0.3), ("uns", 0.1)])],
    );
    let claim = claim.unwrap();
    assert!(
        (claim.probability - 0.6 / 0.9).abs() < 1e-6,
        "unsure takes no part in the probability"
    );
    assert_eq!(locate(&brief, claim.sink.as_ref().unwrap()), Some(3));
    assert!(claim.guard.is_none());
    assert_eq!(claim.story, "The term is pasted in.");
}

#[test]
fn a_quote_counts_only_where_it_stands() {
    let brief = brief(&LYING);
    let pointer = |number, quote: &str| Pointer {
        number,
        quote: Some(quote.to_owned()),
    };
    assert_eq!(locate(&brief, &pointer(4, "db.execute(")), Some(3));
    assert_eq!(
        locate(&brief, &pointer(1, "db.execute(")),
        Some(3),
        "a wrong number is mended when the quote is unique"
    );
    assert_eq!(locate(&brief, &pointer(1, "term")), None, "an ambiguous quote is not");
    assert_eq!(
        locate(&brief, &pointer(4, "escape(term)")),
        None,
        "an invented quote stands nowhere"
    );
    assert_eq!(locate(&brief, &Pointer { number: 9, quote: None }), None);
}

#[test]
fn the_code_stands_only_in_hostile_parts() {
    let brief = brief(&LYING);
    for profile in [Profile::Chat, Profile::Compact] {
        let (_, model) = ask(profile, &brief, vec![says("x", &YES)]);
        let ours: String = model.heard[0]
            .messages
            .iter()
            .flat_map(|message| &message.parts)
            .filter_map(|part| {
                if let crate::engine::model::Part::Ours(text) = part {
                    Some(text.as_str())
                } else {
                    None
                }
            })
            .collect();
        assert!(!ours.contains("term"), "{ours}");
        assert!(shown(&model.heard[0]).contains("db.execute("));
    }
}
