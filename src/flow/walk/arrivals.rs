//! What a function's parameters hold when it begins.
//!
//! In: a function and the entry that it is, if it is one. Out: a state with its parameters, each with what the caller
//! passes and what a framework puts there; a declared choice of a few texts is no outside input. Deliberately absent:
//! what callers pass (`summaries`). Start at [`Walker::parameters`].

use crate::syntax::form::{ExprKind, Function, Literal, Param, Span, Text};

use crate::flow::program::names;
use crate::flow::program::names::Path;
use crate::flow::program::types;
use crate::flow::proof::charsets;
use crate::flow::state::value::{self, Fact, Facts, Note, Origin, RECEIVER, State, Trace};
use crate::flow::walk::taint::Walker;

impl<'f> Walker<'_, 'f> {
    pub fn parameters(&mut self, function: &'f Function, state: &mut State<'f>) {
        let shift = self.world.shift(self.unit);
        for (at, param) in function.params.iter().enumerate().take(usize::from(RECEIVER)) {
            let index = if at < shift { RECEIVER } else { (at - shift) as u8 };
            let trace = Trace::start(self.hop(param.span, Note::Parameter(param.name.clone())));
            let mut facts = Facts::from(Fact::new(Origin::Param { index, path: "".into() }, 0, trace));
            value::join(&mut facts, &self.entering(function, at));
            if param.hint.as_deref().is_some_and(names::is_numeric) {
                facts.change(|fact| fact.dead |= self.world.stringish);
            }
            state.vars.insert(param.name.clone(), facts);
        }
        if let Some(receiver) = self.world.frame(self.unit).receiver.clone()
            && !state.vars.contains_key(&receiver)
        {
            let trace = Trace::start(self.hop(first_line(function.span), Note::Parameter(receiver.clone())));
            let fact = Fact::new(
                Origin::Param {
                    index: RECEIVER,
                    path: "".into(),
                },
                0,
                trace,
            );
            state.vars.insert(receiver, fact.into());
        }
        self.handed(function, state);
    }

    /// Outside input that the framework puts into a parameter.
    pub fn entering(&mut self, function: &'f Function, at: usize) -> Facts {
        let entry = self.world.entries.get(&self.current());
        let Some(entry) = entry.filter(|entry| entry.tainted.contains(&at)) else {
            return Facts::new();
        };
        let param = &function.params[at];
        if self.chosen(param) || self.made_inside(param) {
            return Facts::new();
        }
        let number = entry
            .route
            .as_deref()
            .is_some_and(|route| types::routed_as_number(route, &param.name));
        let mut fact = self.source(param.span, &entry.kind, None, &param.name);
        if number {
            fact.dead |= self.world.stringish;
        }
        fact.into()
    }

    /// Whether no request fills a parameter: parts of an address are texts, so a list comes from the program's own call
    /// of the action, unless an attribute says what it is made of.
    fn made_inside(&self, param: &Param) -> bool {
        let hint = param.hint.as_deref().map(|hint| hint.trim_start_matches('?'));
        let php = self.world.modules[self.module].language == "php";
        php && param.annotations.is_empty() && matches!(hint, Some("array" | "iterable" | "callable"))
    }

    /// Whether a parameter's declaration leaves a choice of a few texts, or of plain words.
    fn chosen(&self, param: &Param) -> bool {
        let hint = param.hint.as_deref();
        let listed = hint
            .and_then(names::type_path)
            .is_some_and(|path| self.is_choice(&path));
        let shaped = match param.default.as_ref().map(|value| &value.kind) {
            Some(ExprKind::Call { args, .. }) => args.iter().any(|arg| {
                let names = matches!(arg.label.as_deref(), Some("regex" | "pattern"));
                names && matches!(&arg.value.kind, ExprKind::Literal(Literal::Str(text)) if charsets::is_plain(text))
            }),
            _ => false,
        };
        let noted = param
            .annotations
            .iter()
            .filter(|note| &*note.name == "Pattern")
            .any(|note| {
                let regex = note
                    .args
                    .iter()
                    .filter(|arg| matches!(arg.label.as_deref(), Some("regexp")));
                regex.into_iter().any(|arg| match &arg.value.kind {
                    ExprKind::Literal(Literal::Str(text)) => charsets::is_plain(&format!("^(?:{text})$")),
                    _ => false,
                })
            });
        listed || shaped || noted || hint.is_some_and(|hint| types::is_choice(hint) || types::is_shaped(hint))
    }

    /// Whether a type has a few values that the code lists.
    pub fn is_choice(&self, path: &Path) -> bool {
        path.last().is_some_and(|class| {
            let ancestors = self.world.directory.ancestors(class);
            let listed = |name: &Text| matches!(&**name, "Enum" | "StrEnum" | "IntEnum" | "Literal");
            self.world.is_enum(self.module, class) || ancestors.iter().any(listed)
        })
    }
}

/// Whether a source of C gives characters or numbers, and not bytes that may be read as a structure.
pub fn plain(kind: &str, what: &str) -> bool {
    let characters = ["fget", "getc", "getw", "getline", "getdelim"];
    matches!(kind, "cli" | "env" | "card") || characters.iter().any(|name| what.starts_with(name))
}

pub fn first_line(span: Span) -> Span {
    Span {
        last: span.line,
        ..span
    }
}
