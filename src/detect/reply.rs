//! From a constrained reply to a [`Claim`]: verdict, probability, pointers.

use serde_json::Value;

use super::{Asked, Case, Claim};
use crate::context::Brief;
use crate::engine::model::{Choice, Profile, Prompt, Reply};
use crate::problem::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Vulnerable,
    Safe,
    Unsure,
}

/// A line of the brief that a reply points at; anchored only if it really stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// [`crate::context::Line::number`].
    pub number: u32,
    /// The words the model copied; `None` in the compact form, which points by number alone.
    pub quote: Option<String>,
}

pub fn read(
    case: &Case<'_>,
    profile: Profile,
    stage: &'static str,
    prompt: Prompt,
    reply: Reply,
) -> Result<Claim, Problem> {
    let read = match profile {
        Profile::Compact => compact(&reply),
        Profile::Chat => chat(&reply),
    };
    let mut claim = read.ok_or_else(|| {
        Problem::new(
            &case.brief.candidate.id,
            format!("not judged: the {stage} reply could not be read: {:?}", reply.text),
        )
    })?;
    claim.asked.push(Asked { stage, prompt, reply });
    Ok(claim)
}

fn compact(reply: &Reply) -> Option<Claim> {
    let mut words = reply.text.split_whitespace();
    let verdict = match words.next()? {
        "yes" => Verdict::Vulnerable,
        "no" => Verdict::Safe,
        _ => return None,
    };
    let mut pointer = || parse_pointer(words.next());
    let (source, sink, guard) = match verdict {
        Verdict::Vulnerable => (pointer(), pointer(), None),
        _ => (None, None, pointer()),
    };
    let probability = chance(reply, "yes", "no")?;
    Some(Claim {
        verdict,
        probability,
        source,
        sink,
        guard,
        story: String::new(),
        swayed: false,
        asked: Vec::new(),
    })
}

/// `"7"` points at line 7; `"0"` and nothing point nowhere.
pub fn parse_pointer(word: Option<&str>) -> Option<Pointer> {
    let number = word?.parse().ok().filter(|&n| n > 0)?;
    Some(Pointer { number, quote: None })
}

fn chat(reply: &Reply) -> Option<Claim> {
    let value: Value = serde_json::from_str(&reply.text).ok()?;
    let verdict = match value["verdict"].as_str()? {
        "vulnerable" => Verdict::Vulnerable,
        "safe" => Verdict::Safe,
        _ => Verdict::Unsure,
    };
    Some(Claim {
        verdict,
        probability: chance(reply, "vulnerable", "safe")?,
        source: quoted(&value["source"]),
        sink: quoted(&value["sink"]),
        guard: quoted(&value["guard"]),
        story: value["story"].as_str().unwrap_or_default().to_owned(),
        swayed: false,
        asked: Vec::new(),
    })
}

pub fn quoted(value: &Value) -> Option<Pointer> {
    let number = u32::try_from(value["line"].as_u64()?).ok()?;
    let quote = value["quote"].as_str()?.trim().to_owned();
    (number > 0 && !quote.is_empty()).then_some(Pointer {
        number,
        quote: Some(quote),
    })
}

/// Probability of the word `yes` against the word `no` where the reply first chose between them. Tokens may be
/// pieces of the words, or carry the quote mark before them; `None` when no choice of the reply was between the two.
pub fn chance(reply: &Reply, yes: &str, no: &str) -> Option<f32> {
    reply.choices.iter().find_map(|choice| between(choice, yes, no))
}

/// The same at one choice.
pub fn between(choice: &Choice, yes: &str, no: &str) -> Option<f32> {
    let mass = |word: &str| -> f32 {
        let pieces = choice.alternatives.iter().filter(|(text, _)| {
            let piece = text.trim_start_matches(['"', ' ', '{', ':']);
            !piece.is_empty() && (word.starts_with(piece) || piece.starts_with(word))
        });
        pieces.map(|(_, p)| p).sum()
    };
    let (yes, no) = (mass(yes), mass(no));
    (yes + no > 0.0).then(|| yes / (yes + no))
}

/// The index in `brief.lines` that a pointer really stands on. A quote is looked for on the line it names and, if it is
/// not there, anywhere in the brief as long as it occurs once.
pub fn locate(brief: &Brief, pointer: &Pointer) -> Option<usize> {
    let named = brief.lines.iter().position(|line| line.number == pointer.number);
    let Some(quote) = &pointer.quote else { return named };
    let stands = |at: &usize| squeeze(&brief.lines[*at].text).contains(&squeeze(quote));
    if let Some(at) = named.filter(|at| stands(at)) {
        return Some(at);
    }
    let mut elsewhere = (0..brief.lines.len()).filter(stands);
    let first = elsewhere.next()?;
    elsewhere.next().is_none().then_some(first)
}

/// Runs of white space count as one blank: models rarely copy indentation.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
