//! Drafts become candidates: merged where one fix would do, ranked, numbered.
//!
//! In: drafts of any generator. Out: candidates, best first; the order depends on nothing but the code.
//! Start at [`rank`].

use std::collections::BTreeMap;

use crate::source::Origin;
use crate::syntax::settings::is_notation;

use super::absence::is_template;
use super::make::Draft;
use super::{Candidate, Generator, Scene};

/// Candidates of one card this many lines apart in one function are one.
const NEAR: u32 = 10;

/// Lines longer than this were written by a program.
const PACKED: usize = 600;

/// Whose code is looked at: what the project's own people answer for and outsiders can meet, so neither its tests nor
/// what it took over from others, unless the tree is little else.
pub(crate) struct Concern {
    tests: bool,
    others: bool,
}

impl Concern {
    pub fn of(scene: &Scene) -> Self {
        let count = |wanted: Origin| {
            let code = scene
                .forest
                .modules
                .iter()
                .filter(|module| !is_notation(module.language));
            let files = code.map(|module| scene.snapshot.file(module.file).origin);
            files.filter(|origin| *origin == wanted).count()
        };
        Self {
            tests: count(Origin::Own) * 4 < count(Origin::Test),
            others: count(Origin::Own) == 0,
        }
    }

    pub fn has(&self, scene: &Scene, draft: &Draft) -> bool {
        let file = scene.file(draft.unit);
        let code = matches!(scene.module(draft.unit).language, "javascript" | "typescript");
        let packed = code && scene.snapshot.line(file, draft.span.line).len() > PACKED;
        let wanted = match scene.snapshot.file(file).origin {
            Origin::Own => true,
            Origin::Test => self.tests,
            // What changes a store is where its accounts and columns are written.
            Origin::Generated if scene.module(draft.unit).language == "sql" => true,
            Origin::Vendored | Origin::Generated => self.others,
        };
        wanted && !packed
    }
}

/// Merges, ranks and names drafts.
pub(crate) fn rank(scene: &Scene, drafts: Vec<Draft>) -> Vec<Candidate> {
    let mut scored: Vec<(u32, Draft)> = drafts.into_iter().map(|draft| (score(scene, &draft), draft)).collect();
    scored.sort_by(|a, b| {
        // Of two on one line the inner one comes first: what it gives is what the outer one takes.
        let key = |draft: &Draft| {
            let inner = std::cmp::Reverse(draft.span.start);
            (draft.unit, draft.span.line, inner, draft.card, draft.trace.len())
        };
        b.0.cmp(&a.0)
            .then_with(|| key(&a.1).cmp(&key(&b.1)))
            .then_with(|| a.1.summary.cmp(&b.1.summary))
    });
    let kept = merge(scene, scored);
    name(scene, kept)
}

/// Ranks and names drafts one by one, in their order.
pub(crate) fn each(scene: &Scene, drafts: Vec<Draft>) -> Vec<Candidate> {
    let scored = drafts.into_iter().map(|draft| (score(scene, &draft), draft)).collect();
    name(scene, scored)
}

fn score(scene: &Scene, draft: &Draft) -> u32 {
    let severity = scene.cards[draft.card].severity as u32;
    let generator = match draft.generator {
        Generator::Taint => 300,
        Generator::Pattern => 200,
        Generator::Absence => 150,
        Generator::Sweep | Generator::Reported => 0,
    };
    let reachable = if scene.graph.reachable[draft.unit as usize] {
        100
    } else {
        0
    };
    let origin = match scene.snapshot.file(scene.file(draft.unit)).origin {
        Origin::Own => 1500,
        Origin::Vendored => 500,
        Origin::Generated => 300,
        Origin::Test => 0,
    };
    let length = 40u32.saturating_sub(2 * draft.trace.len() as u32);
    severity * 200 + generator + reachable + origin + length + draft.weight * 4
}

/// The best of those in one function that one fix would remove: same card close by, or same family on the same line.
fn merge(scene: &Scene, scored: Vec<(u32, Draft)>) -> Vec<(u32, Draft)> {
    let mut taken: BTreeMap<(u32, &str), Vec<Taken>> = BTreeMap::new();
    let mut kept = Vec::new();
    let mut logged = std::collections::BTreeSet::new();
    for (score, draft) in scored {
        let family = scene.cards[draft.card].family.as_str();
        // Whatever is logged of one input, or told of one error, is made harmless in one place.
        let source = draft
            .trace
            .first()
            .filter(|_| matches!(family, "logging" | "exposure") && draft.trace.len() > 1);
        if source.is_some_and(|step| !logged.insert((draft.card, step.path.clone(), step.line))) {
            continue;
        }
        let places = taken.entry((draft.unit, family)).or_default();
        let page = is_template(&scene.snapshot.file(scene.file(draft.unit)).path);
        // Each setting is put right by itself.
        let set = is_notation(scene.module(draft.unit).language);
        let from = enters(&draft);
        let near = |other: &Taken| {
            let apart = other.line.abs_diff(draft.span.line);
            // What is done to one input leaves another as it is.
            let alike = other.from.is_none() || from.is_none() || other.from == from;
            let close = other.card == draft.card && apart <= NEAR && alike;
            // Every secret is taken out by itself, and every place of a page is escaped by itself.
            apart == 0 || (close && family != "secrets" && !page && !set)
        };
        if places.iter().any(near) {
            continue;
        }
        places.push(Taken {
            line: draft.span.line,
            card: draft.card,
            from,
        });
        kept.push((score, draft));
    }
    kept
}

/// A candidate that was kept, as far as others may be one with it.
struct Taken {
    line: u32,
    card: usize,
    from: Option<(String, u32, String)>,
}

/// Where the input of a flow enters, and as what.
fn enters(draft: &Draft) -> Option<(String, u32, String)> {
    let first = draft.trace.first().filter(|_| draft.trace.len() > 1)?;
    Some((first.path.clone(), first.line, first.note.clone()))
}

fn name(scene: &Scene, kept: Vec<(u32, Draft)>) -> Vec<Candidate> {
    let mut repeats: BTreeMap<String, usize> = BTreeMap::new();
    // Repeats are counted in order of place, so that ids do not depend on ranks.
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by_key(|&at| (kept[at].1.unit, kept[at].1.span.start, kept[at].1.card));
    let mut ids = vec![String::new(); kept.len()];
    for at in order {
        let nth = repeats.entry(scene.id(&kept[at].1, 0)).or_default();
        ids[at] = scene.id(&kept[at].1, *nth);
        *nth += 1;
    }
    kept.into_iter()
        .zip(ids)
        .map(|((rank, draft), id)| Candidate {
            id,
            card: scene.cards[draft.card].id.clone(),
            language: scene.module(draft.unit).language.to_owned(),
            generator: draft.generator,
            function: scene.graph.units[draft.unit as usize].name.clone(),
            trace: draft.trace,
            guards: draft.guards,
            entry: draft.entry,
            summary: draft.summary,
            rank,
        })
        .collect()
}
