//! From a constrained reply to an [`Answer`].

use serde_json::Value;

use crate::detect::{Pointer, chance, parse_pointer, quoted};
use crate::engine::model::{Profile, Reply};

/// What the verifier says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub stance: Stance,
    /// Probability of "stands" against "falls", 0 to 1.
    pub probability: f32,
    /// The verifier's reason in its own words; empty in the compact form.
    pub why: String,
    /// Where an account or a right is asked for before the sink, if pointed at.
    pub account: Option<Pointer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stance {
    /// It tried and could not refute; each pointer is still to be anchored.
    Stands {
        source: Option<Pointer>,
        step: Option<Pointer>,
        sink: Option<Pointer>,
    },
    Falls(Refutation),
    Unsure,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refutation {
    /// `guarded`, `unreachable`, `harmless`, `inconsistent`.
    pub reason: String,
    /// The line that proves it.
    pub guard: Option<Pointer>,
}

pub fn read(profile: Profile, reply: &Reply) -> Option<Answer> {
    match profile {
        Profile::Compact => compact(reply),
        Profile::Chat => chat(reply),
    }
}

fn compact(reply: &Reply) -> Option<Answer> {
    let mut words = reply.text.split_whitespace();
    let stance = match words.next()? {
        "stands" => Stance::Stands {
            source: parse_pointer(words.next()),
            step: parse_pointer(words.next()),
            sink: parse_pointer(words.next()),
        },
        "falls" => {
            let reason = words.next()?.to_owned();
            Stance::Falls(Refutation {
                reason,
                guard: parse_pointer(words.next()),
            })
        }
        "unsure" => Stance::Unsure,
        _ => return None,
    };
    Some(Answer {
        stance,
        probability: chance(reply, "stands", "falls")?,
        why: String::new(),
        account: None,
    })
}

fn chat(reply: &Reply) -> Option<Answer> {
    let value: Value = serde_json::from_str(&reply.text).ok()?;
    let stance = match value["stance"].as_str()? {
        "stands" => Stance::Stands {
            source: quoted(&value["source"]),
            step: quoted(&value["step"]),
            sink: quoted(&value["sink"]),
        },
        "falls" => Stance::Falls(Refutation {
            reason: value["reason"].as_str().unwrap_or("none").to_owned(),
            guard: quoted(&value["guard"]),
        }),
        _ => Stance::Unsure,
    };
    let why = value["why"].as_str().unwrap_or_default().to_owned();
    Some(Answer {
        stance,
        probability: chance(reply, "stands", "falls")?,
        why,
        account: quoted(&value["account"]),
    })
}
