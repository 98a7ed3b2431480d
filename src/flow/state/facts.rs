//! Sets of facts about one value, shared until one of their holders changes them.
//!
//! In: facts. Out: [`Facts`], ordered by origin and bounded, and how two of them are joined. Deliberately absent: what
//! one fact is (`value`) and where values are kept. Start at [`join`].

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use crate::flow::state::value::{DEPTH, Fact, Origin, SEP};

/// Most facts kept for one value; the shortest histories win.
const FACTS: usize = 8;

/// Facts about one value, ordered by origin. A copy costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Facts(Option<Arc<Vec<Fact>>>);

impl Deref for Facts {
    type Target = [Fact];

    fn deref(&self) -> &[Fact] {
        self.0.as_deref().map(Vec::as_slice).unwrap_or_default()
    }
}

impl From<Fact> for Facts {
    fn from(fact: Fact) -> Self {
        Self(Some(Arc::new(vec![fact])))
    }
}

impl FromIterator<Fact> for Facts {
    /// The facts must come in the order of their origins.
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let facts: Vec<Fact> = facts.into_iter().collect();
        Self((!facts.is_empty()).then(|| Arc::new(facts)))
    }
}

impl Facts {
    pub fn new() -> Self {
        Self(None)
    }

    /// True when both are the same shared set: nothing is to be learned from either.
    pub fn same(&self, other: &Facts) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (None, None) => true,
            _ => false,
        }
    }

    pub fn retain(&mut self, wanted: impl Fn(&Fact) -> bool) {
        if !self.iter().all(&wanted) {
            *self = self.iter().filter(|fact| wanted(fact)).cloned().collect();
        }
    }

    /// Changes every fact; origins must keep their order.
    pub fn change(&mut self, change: impl FnMut(&mut Fact)) {
        if let Some(facts) = &mut self.0 {
            Arc::make_mut(facts).iter_mut().for_each(change);
        }
    }

    /// Every fact anew; origins must keep their order.
    pub fn map(&self, change: impl FnMut(&Fact) -> Fact) -> Self {
        self.iter().map(change).collect()
    }

    /// Whether what a caller knows, continued through a callee, is no news: then it need not be put together.
    pub fn knows(&self, own: &Fact, inner: &Fact) -> bool {
        let len = own.trace.len.saturating_add(inner.trace.len);
        let at = match self.binary_search_by(|known| known.origin.cmp(&own.origin)) {
            Ok(at) => at,
            Err(at) => return !room(self, at, len),
        };
        let (known, dead, bounds) = (&self[at], own.dead | inner.dead, own.bounds | inner.bounds);
        let longer = len >= known.trace.len;
        known.guards.is_empty()
            && known.dead & dead == known.dead
            && known.bounds & bounds == known.bounds
            && (known.dead != dead || known.bounds != bounds || longer)
    }

    /// Adds one fact; true when something new is now known.
    pub fn add(&mut self, fact: Fact) -> bool {
        match &mut self.0 {
            Some(facts) => put(facts, Cow::Owned(fact)),
            None => {
                *self = fact.into();
                true
            }
        }
    }
}

/// Whether a history of this length at this position is among the shortest.
fn room(facts: &[Fact], at: usize, len: u16) -> bool {
    let shifted = |own: usize| own + usize::from(own >= at);
    facts.len() < FACTS
        || facts
            .iter()
            .enumerate()
            .any(|(own, fact)| (fact.trace.len, shifted(own)) > (len, at))
}

fn put(facts: &mut Arc<Vec<Fact>>, fact: Cow<Fact>) -> bool {
    match facts.binary_search_by(|known| known.origin.cmp(&fact.origin)) {
        Ok(at) if facts[at].covers(&fact) => false,
        Ok(at) => Arc::make_mut(facts)[at].merge(&fact),
        Err(at) if !room(facts, at, fact.trace.len) => false,
        Err(at) => {
            let facts = Arc::make_mut(facts);
            facts.insert(at, fact.into_owned());
            while facts.len() > FACTS {
                let longest = (0..facts.len()).max_by_key(|&at| (facts[at].trace.len, at));
                facts.remove(longest.expect("there are more than none"));
            }
            true
        }
    }
}

/// Adds `from` to `into`; true when something new is now known.
pub fn join(into: &mut Facts, from: &Facts) -> bool {
    let Some(theirs) = from.0.as_ref().filter(|_| !into.same(from)) else {
        return false;
    };
    match &mut into.0 {
        Some(facts) => {
            let news = theirs.iter().map(|fact| put(facts, Cow::Borrowed(fact)));
            news.fold(false, |changed, new| changed | new)
        }
        None => {
            *into = from.clone();
            true
        }
    }
}

/// Facts of a whole as facts of what lies below it: a parameter's path grows, outside input stays what it is.
pub fn below(facts: &Facts, segment: &str) -> Facts {
    if !facts.iter().all(|fact| fact.reaches(segment)) {
        let mut rest = facts.clone();
        rest.retain(|fact| fact.reaches(segment));
        return below(&rest, segment);
    }
    let grows = |fact: &Fact| matches!(&fact.origin, Origin::Param { path, .. } if path.matches(SEP).count() < DEPTH);
    if !facts.iter().any(grows) {
        return facts.clone();
    }
    let mut out = Facts::new();
    for fact in facts.iter() {
        let mut fact = fact.clone();
        if let Origin::Param { index, path } = &fact.origin
            && path.matches(SEP).count() < DEPTH
        {
            fact.origin = Origin::Param {
                index: *index,
                path: format!("{path}{SEP}{segment}").into(),
            };
        }
        out.add(fact);
    }
    out
}
