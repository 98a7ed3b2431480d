//! `anchorite explain [CWE]`: the card, as a person reads it.

use std::fmt::Write as _;

use super::args::ExplainArgs;
use super::output::print;
use crate::cards::{self, Card, Example};
use crate::problem::{Exit, Fatal};

pub fn run(args: &ExplainArgs) -> Result<Exit, Fatal> {
    let text = match &args.weakness {
        None => list(),
        Some(word) => page(find(word)?),
    };
    print(|out| out.write_all(text.as_bytes()))
}

fn find(word: &str) -> Result<&'static Card, Fatal> {
    cards::get(word).ok_or_else(|| {
        let what = format!("no card for `{word}`");
        Fatal::new(
            Exit::Usage,
            what,
            "`anchorite explain` without a name lists what is known",
        )
    })
}

fn list() -> String {
    let mut text = String::new();
    for card in cards::all() {
        let _ = writeln!(
            text,
            "{:<9} {:<8} {}",
            card.id,
            format!("{:?}", card.severity).to_lowercase(),
            card.name
        );
    }
    text
}

fn page(card: &Card) -> String {
    let sections = &card.sections;
    let mut text = format!(
        "# {}: {}\n\n{}\n\n## Why\n\n{}\n",
        card.id,
        card.name,
        sections.what.trim(),
        sections.why.trim()
    );
    examples(&mut text, "Vulnerable", &sections.vulnerable);
    examples(&mut text, "Safe", &sections.safe);
    for (heading, body) in [
        ("Look for", &sections.look_for),
        ("Refute if", &sections.refute_if),
        ("Fix", &sections.fix),
    ] {
        let _ = write!(text, "\n## {heading}\n\n{}\n", body.trim());
    }
    text
}

fn examples(text: &mut String, heading: &str, examples: &[Example]) {
    for example in examples {
        let _ = write!(text, "\n## {heading} ({})\n\n", example.language);
        for line in example.code.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
}
