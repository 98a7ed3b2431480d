//! What conditions proved of a value that no variable holds.
//!
//! In: consequences of conditions. Out: [`Proved`], and what it makes of a fact. Deliberately absent: where it is kept
//! (`value`). Start at [`Proved`].

use crate::flow::state::value::{Bits, Fact, Mask};

/// What conditions proved of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proved {
    /// Cards for which it is harmless.
    pub dead: Mask,
    pub bounds: Bits,
}

impl Proved {
    /// Nothing outside is left in it.
    pub const ALL: Self = Self {
        dead: Mask::MAX,
        bounds: 0,
    };

    /// What holds on either of two ways.
    pub fn and(self, other: Self) -> Self {
        Self {
            dead: self.dead & other.dead,
            bounds: self.bounds & other.bounds,
        }
    }

    pub fn apply(self, fact: &mut Fact, paths: Mask) {
        fact.dead |= self.dead;
        fact.bounds |= self.bounds;
        fact.dead |= crate::flow::proof::confined::settles(fact, paths);
    }
}
