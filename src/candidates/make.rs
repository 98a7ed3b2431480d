//! Places in code become [`Step`]s, and steps a [`Draft`].
//!
//! In: spans and what happens there. Out: steps with the code as it stands in the snapshot, and stable ids.
//! Deliberately absent: ranking. Start at [`Draft`].

use sha2::{Digest, Sha256};

use crate::source::FileId;
use crate::syntax::form::{Function, Module, Span};

use super::{Generator, Role, Scene, Step};

/// Most lines and bytes of code that one step shows.
const LINES: u32 = 4;
const BYTES: usize = 240;

/// A candidate that has no rank and no id yet.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Position among the scene's cards.
    pub card: usize,
    pub generator: Generator,
    /// Unit that holds the sink.
    pub unit: u32,
    pub span: Span,
    pub trace: Vec<Step>,
    pub guards: Vec<Step>,
    /// See [`super::Candidate::entry`].
    pub entry: String,
    pub summary: String,
    /// How much the generator believes in it, 0 to 100.
    pub weight: u32,
}

impl Scene<'_> {
    pub fn module(&self, unit: u32) -> &Module {
        &self.forest.modules[self.graph.units[unit as usize].module]
    }

    pub fn function(&self, unit: u32) -> &Function {
        let at = &self.graph.units[unit as usize];
        &self.forest.modules[at.module].functions[at.index]
    }

    pub fn file(&self, unit: u32) -> FileId {
        self.graph.units[unit as usize].file
    }

    /// Text of a span, exactly.
    pub fn text(&self, unit: u32, span: Span) -> &str {
        self.snapshot
            .file(self.file(unit))
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    pub fn step(&self, role: Role, unit: u32, span: Span, note: impl Into<String>) -> Step {
        let file = self.file(unit);
        let last = span.last.min(span.line + LINES - 1).max(span.line);
        let lines: Vec<&str> = (span.line..=last)
            .map(|line| self.snapshot.line(file, line).trim())
            .collect();
        let mut code = lines.join("\n");
        if code.len() > BYTES {
            let cut = (0..=BYTES).rev().find(|at| code.is_char_boundary(*at)).unwrap_or(0);
            code.truncate(cut);
        }
        let path = self.snapshot.file(file).path.to_string();
        Step {
            role,
            path,
            line: span.line,
            last,
            code,
            note: note.into(),
        }
    }

    /// A candidate that is one place and no flow.
    pub fn place(&self, card: usize, generator: Generator, unit: u32, span: Span, summary: String) -> Draft {
        let step = self.step(Role::Sink, unit, span, summary.clone());
        Draft {
            card,
            generator,
            unit,
            span,
            trace: vec![step],
            guards: Vec::new(),
            entry: String::new(),
            summary,
            weight: 50,
        }
    }

    /// Same code in the same function of the same file, wherever it has moved to: the `nth` of its kind.
    pub fn id(&self, draft: &Draft, nth: usize) -> String {
        let mut hash = Sha256::new();
        let unit = &self.graph.units[draft.unit as usize];
        let sink: String = self
            .text(draft.unit, draft.span)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let path = &*self.snapshot.file(unit.file).path;
        for part in [path, &unit.name, &self.cards[draft.card].id, &sink, &nth.to_string()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Text for a sentence: one line, quotes removed, short.
pub fn brief(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}
