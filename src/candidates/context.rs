//! What stands around a place decides whether it is worth a look: `[[context]]` of the cards.
//!
//! In: a card and a place. Out: whether every condition holds. The conditions are the cards'; nothing here knows a
//! weakness. Deliberately absent: what a condition means. Start at [`Scene::in_context`].

use crate::cards::{Card, ContextRule};
use crate::flow::Flow;
use crate::flow::Hop;
use crate::flow::Note;
use crate::syntax::form::Span;

use super::Scene;

/// Lines around a place at the top level of a file that count as its function.
const AROUND: u32 = 6;
/// Most lines of one statement that are looked at.
const LINES: u32 = 12;

impl Scene<'_> {
    /// Whether the text around a place is what the card asks for, and the way of the input that reaches it.
    pub fn in_context(&self, card: &Card, unit: u32, span: Span, flow: Option<&Flow>) -> bool {
        let language = self.module(unit).language;
        let mut rules = card.context_for(language).peekable();
        if rules.peek().is_none() {
            return true;
        }
        let name = &self.graph.units[unit as usize].name;
        let line = format!(
            "{name}: {}",
            self.lines(unit, span.line, span.last.min(span.line + LINES))
        );
        let whole = self.around(unit, span);
        let text = flow.is_some_and(|flow| flow.kind.ends_with("-text"));
        rules.all(|rule| {
            if rule.unless.as_ref().is_some_and(|enough| enough.is_match(&whole)) {
                return true;
            }
            flow.is_none_or(|flow| self.came(rule, flow))
                && rule.line.as_ref().is_none_or(|wanted| wanted.is_match(&line))
                && rule.not_line.as_ref().is_none_or(|refused| !refused.is_match(&line))
                && rule.function.as_ref().is_none_or(|wanted| wanted.is_match(&whole))
                && rule
                    .not_function
                    .as_ref()
                    .is_none_or(|refused| !refused.is_match(&whole))
                && (!text || rule.text.as_ref().is_none_or(|wanted| wanted.is_match(&line)))
        })
    }

    /// The function of a place, its name and its annotations first; some lines where there is no function.
    fn around(&self, unit: u32, span: Span) -> String {
        let at = &self.graph.units[unit as usize];
        if at.index == 0 {
            return self.lines(unit, span.line.saturating_sub(AROUND).max(1), span.last + AROUND);
        }
        let notes: Vec<&str> = self.function(unit).annotations.iter().map(|note| &*note.name).collect();
        format!("{} {}\n{}", notes.join(" "), at.name, self.text(unit, at.span))
    }

    fn lines(&self, unit: u32, first: u32, last: u32) -> String {
        let file = self.file(unit);
        let last = last.min(self.snapshot.line_count(file));
        let lines: Vec<&str> = (first..=last).map(|line| self.snapshot.line(file, line)).collect();
        lines.join("\n")
    }

    /// Whether the input came from where the rule allows, by a way that it allows.
    fn came(&self, rule: &ContextRule, flow: &Flow) -> bool {
        let way = |name: &str| rule.not_way.as_ref().is_some_and(|refused| refused.is_match(name));
        let given = |hop: &Hop| {
            let line = self.lines(hop.unit, hop.span.line, hop.span.line);
            line.split_once('=')
                .is_some_and(|(name, _)| way(name.trim_end_matches([' ', ':', '+'])))
        };
        let refused = |hop: &Hop| match &hop.note {
            Note::Enters(name) => rule.not_source.as_ref().is_some_and(|refused| refused.is_match(name)) || given(hop),
            Note::Parameter(name) | Note::Assigned(name) | Note::Passed(name) | Note::Through(name) => way(name),
            _ => false,
        };
        !flow.hops.iter().any(refused)
    }
}
