//! Which cards are about what: masks that parts of the analysis ask for.
//!
//! In: the cards. Out: [`About`]. Deliberately absent: how a mask is used. Start at [`About::of`].

use crate::cards::Card;

use crate::flow::state::value::Mask;

/// What only some analyses ask about cards.
pub struct About {
    /// Cards about what a browser makes of a page.
    pub markup: Mask,
    /// Cards about where an address leads.
    pub destination: Mask,
    /// Cards about addresses that a browser is sent to.
    pub redirects: Vec<usize>,
    /// Cards about texts that a database reads.
    pub queries: Mask,
    /// Cards that ask whether a path leaves its directory.
    pub paths: Mask,
    /// Cards that nothing but an object harms.
    pub objects: Mask,
    /// Cards about options of the programs that are run.
    pub options: Mask,
    /// Cards about texts that are read as templates.
    pub templates: Mask,
    /// Cards about what language models are told.
    pub prompts: Mask,
    /// Cards about what is written to logs.
    pub logs: Mask,
    /// Signs that have to go out of a text before it can no longer harm, by cards.
    pub scrubs: Vec<(Mask, &'static [char])>,
}

impl About {
    pub fn of(cards: &[Card]) -> Self {
        Self {
            markup: mask(cards, |card| card.id == "CWE-79"),
            destination: mask(cards, |card| matches!(card.id.as_str(), "CWE-601" | "CWE-918")),
            redirects: (0..cards.len()).filter(|&at| cards[at].id == "CWE-601").collect(),
            queries: mask(cards, |card| card.id == "CWE-89"),
            paths: mask(cards, |card| matches!(card.id.as_str(), "CWE-22" | "CWE-23")),
            objects: mask(cards, |card| {
                matches!(card.id.as_str(), "CWE-943" | "CWE-1321" | "CWE-915")
            }),
            options: mask(cards, |card| card.id == "CWE-88"),
            templates: mask(cards, |card| card.id == "CWE-1336"),
            prompts: mask(cards, |card| card.id == "CWE-1427"),
            logs: mask(cards, |card| card.id == "CWE-532"),
            scrubs: crate::flow::proof::scrubbed::needed(|id| mask(cards, |card| card.id == id)),
        }
    }
}

pub fn mask(cards: &[Card], wanted: impl Fn(&Card) -> bool) -> Mask {
    cards
        .iter()
        .enumerate()
        .filter(|(_, card)| wanted(card))
        .fold(0, |mask, (at, _)| mask | 1 << at)
}
