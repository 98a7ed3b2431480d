//! Wordings that a card calls suspicious wherever they stand: in a comment, a string, a name or a setting.
//!
//! In: the text of every file that was parsed, and the cards' `texts` rules. Out: drafts of one step, the lines of the
//! wording. Of text that gives orders to whoever reviews it the lines are the proof, and no model is asked about them.
//! Deliberately absent: what is a comment and what is not; an order is one wherever a reader meets it.
//! Start at [`find`].

use super::make::{Draft, brief};
use super::reported::{Lines, locate};
use super::{Generator, Scene};
use crate::cards::TextRule;

pub fn find(scene: &Scene) -> Vec<Draft> {
    let cards = scene.cards.iter().enumerate().filter(|(_, card)| scene.wants(card));
    let rules: Vec<(usize, &TextRule)> = cards
        .flat_map(|(at, card)| card.texts.iter().map(move |rule| (at, rule)))
        .collect();
    let mut drafts = Vec::new();
    for module in &scene.forest.modules {
        let file = scene.snapshot.file(module.file);
        for (card, rule) in &rules {
            let mut counted = Counted { at: 0, line: 1 };
            for found in rule.matches.find_iter(&file.text) {
                let line = counted.to(&file.text, found.start());
                let last = counted.to(&file.text, found.end());
                drafts.extend(draft(scene, *card, rule, (&file.path, line, last), found.as_str()));
            }
        }
    }
    drafts
}

/// Lines counted on from where the last wording stood.
struct Counted {
    at: usize,
    line: u32,
}

impl Counted {
    fn to(&mut self, text: &str, at: usize) -> u32 {
        let passed = text.as_bytes()[self.at..at].iter().filter(|byte| **byte == b'\n');
        self.line += u32::try_from(passed.count()).expect("a file has fewer than 2^32 lines");
        self.at = at;
        self.line
    }
}

fn draft(
    scene: &Scene,
    card: usize,
    rule: &TextRule,
    (path, line, last): (&str, u32, u32),
    words: &str,
) -> Option<Draft> {
    let at = Lines {
        path: path.to_owned(),
        line,
        last,
    };
    let (unit, span) = locate(scene, &at).ok()?;
    let summary = format!("\"{}\" in the text {}", brief(words), rule.why);
    Some(scene.place(card, Generator::Pattern, unit, span, summary))
}
