//! Sinks that are no calls: what is assigned, what is returned, which object a key leads to; and where in a call's
//! parts a value stands.
//!
//! In: a target or a returned value, evaluated. Out: hits. Deliberately absent: calls (`apply`).
//! Start at [`Walker::write_sinks`].

use crate::cards::pattern::Pattern;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span, Text};

use crate::flow::program::matcher::{Place, Purpose};
use crate::flow::program::names;
use crate::flow::program::places::literal_key;
use crate::flow::program::tables;
use crate::flow::state::value::{self, Facts, State, Value};
use crate::flow::walk::taint::Walker;

/// What a write under two keys in a row is called where outside input chooses the first.
pub const TWO_KEYS: &str = "two keys in a row";

/// Frameworks that send the text a handler returns as a page.
const PAGES: &[&str] = &[
    "Flask",
    "Sinatra",
    "Spring MVC",
    "JAX-RS",
    "Bottle, CherryPy, web.py and Pyramid",
];

impl<'f> Walker<'_, 'f> {
    /// Sinks that are assignments: `element.innerHTML = value`.
    pub fn write_sinks(&mut self, target: &'f Expr, value: &Value, span: Span, state: &mut State<'f>) {
        self.variable_named(target, state);
        let mut facts = value.all();
        if let ExprKind::Index(_, key) = &target.kind
            && literal_key(key).is_none()
        {
            value::join(&mut facts, &self.eval(key, state).all());
        }
        if facts.is_empty() {
            return;
        }
        let view = std::rc::Rc::clone(&self.view);
        let resolver = &view.resolver;
        let mut paths = match &target.kind {
            // A variable is a sink by its own name (`token =`), whatever it holds.
            ExprKind::Name(name) => vec![vec![name.clone()]],
            _ => resolver.paths(target),
        };
        if let ExprKind::Index(base, _) = &target.kind {
            paths.extend(resolver.paths(base));
            self.eval(base, state);
        }
        let rules = self.world.rules(self.module);
        let cards: Vec<(usize, String)> = rules
            .write(&paths)
            .into_iter()
            .filter(|rule| rule.purpose == Purpose::Sink && (!rule.pattern.in_route || self.in_entry()))
            .filter(|rule| self.inside(&rule.pattern))
            .filter_map(|rule| Some((rule.card?, rule.pattern.text.clone())))
            .collect();
        for (card, text) in cards {
            self.hit(card, &facts, span, &text);
        }
    }

    /// Markup that is set as a property of an element yet to be made, `{ __html: text }`, and the address that a page
    /// gives instead of itself, `{ redirect: { destination } }`.
    pub fn key_sinks(&mut self, key: &str, value: &Value, span: Span) {
        let path = vec![vec![Text::from("element"), Text::from(key)]];
        let markup = self
            .world
            .about
            .redirects
            .iter()
            .fold(self.world.about.markup, |mask, card| mask | 1 << card);
        let rules = self.world.rules(self.module).write(&path).into_iter();
        let cards: Vec<(usize, String)> = rules
            .filter(|rule| rule.purpose == Purpose::Sink && self.inside(&rule.pattern))
            .filter_map(|rule| Some((rule.card?, rule.pattern.text.clone())))
            .filter(|(card, _)| markup & (1 << card) != 0)
            .collect();
        for (card, text) in cards {
            self.hit(card, &value.all(), span, &text);
        }
    }

    /// Sinks that are the returned value itself.
    pub fn return_sinks(&mut self, expr: &'f Expr, value: &Value, span: Span) {
        if value.is_clean() || matches!(expr.kind, ExprKind::Function(_)) {
            return;
        }
        let entry = self.in_entry();
        let answer = answered(expr);
        let page = self.sends_returned_text() && (answer || !matches!(expr.kind, ExprKind::Collection(_)));
        let body = if answer { value.part("0") } else { value.clone() };
        // What a record holds under its keys is sent as JSON, and no markup.
        let (all, text) = (body.all(), body.unpicked());
        let page = page && !built(expr);
        let rules = self.world.rules(self.module).returns();
        let cards: Vec<usize> = rules
            .filter(|rule| rule.purpose == Purpose::Sink && (!rule.pattern.in_route || entry))
            .filter(|rule| self.inside(&rule.pattern))
            .filter_map(|rule| rule.card)
            .filter(|&card| page || self.world.about.markup & (1 << card) == 0)
            .collect();
        for card in cards {
            let markup = self.world.about.markup & (1 << card) != 0;
            self.hit(card, if markup { &text } else { &all }, span, "the response");
        }
        if entry && page_of_parts(expr) {
            let body = value.part("body").all();
            for card in
                (0..crate::flow::program::world::CARDS).filter(|card| self.world.about.markup & (1 << card) != 0)
            {
                self.hit(card, &body, span, "the response");
            }
        }
        if entry && !page && self.world.about.destination != 0 && self.names_view() {
            self.redirected(expr, value, span);
        }
    }

    /// `return "redirect:" + address`: where the name of a view is given back, this one sends the browser elsewhere.
    fn redirected(&mut self, expr: &'f Expr, value: &Value, span: Span) {
        let Some(rest) = opening(expr).and_then(|text| text.strip_prefix("redirect:")) else {
            return;
        };
        if !rest.is_empty() {
            return;
        }
        for &card in &self.world.about.redirects {
            self.hit(card, &value.all(), span, "the address of a redirect");
        }
    }

    /// Whether the text that the function returns is the name of a view.
    fn names_view(&self) -> bool {
        let entry = self.world.entries.get(&self.current());
        let function = &self.world.modules[self.module].functions[self.here];
        function.returns.as_deref() == Some("String") && entry.is_some_and(|entry| entry.framework == "Spring MVC")
    }

    /// Whether what the function returns is sent as a page, and not as JSON or as an object that some call made.
    fn sends_returned_text(&self) -> bool {
        let entry = self.world.entries.get(&self.current());
        let declared = || {
            let notes = &self.world.modules[self.module].functions[self.here].annotations;
            let page = |arg: &Arg| {
                let class = names::dotted(&arg.value).unwrap_or_default();
                arg.label.as_deref() == Some("response_class") && class.ends_with("HTMLResponse")
            };
            notes.iter().any(|note| note.args.iter().any(page))
        };
        entry.is_some_and(|entry| PAGES.contains(&&*entry.framework) || declared()) && self.returns_page()
    }

    /// In Java and Kotlin a handler returns a page only as text, and in Spring only where the text is the body and no view's name.
    fn returns_page(&self) -> bool {
        let module = &self.world.modules[self.module];
        if !matches!(module.language, "java" | "kotlin") {
            return true;
        }
        let function = &module.functions[self.here];
        let hint = function.returns.as_deref().unwrap_or_default().trim_end_matches('?');
        let entry = self.world.entries.get(&self.current());
        if !hint.contains("String") || tables::LISTS.iter().any(|list| hint.contains(list)) {
            return false;
        }
        let notes = function.class.map(|class| module.classes[class].annotations.as_slice());
        // What the method says about its type wins over what its class says.
        let mut nearest = function.annotations.iter().chain(notes.unwrap_or_default());
        if let Some(note) = nearest.find(|note| &*note.name == "Produces")
            && let Some(said) = self.text.get(note.span.start as usize..note.span.end as usize)
        {
            let said = said.to_lowercase();
            if !["html", "xml", "svg", "wildcard", "*"]
                .iter()
                .any(|kind| said.contains(kind))
            {
                return false;
            }
        }
        let mut notes = notes.unwrap_or_default().iter().chain(&function.annotations);
        hint != "String"
            || entry.is_some_and(|entry| entry.framework != "Spring MVC")
            || notes.any(|note| matches!(&*note.name, "RestController" | "ResponseBody"))
    }

    /// Whether the function being walked is an entry point that answers requests.
    pub fn in_entry(&self) -> bool {
        self.world
            .entries
            .get(&self.current())
            .is_some_and(|entry| entry.kind != "cli")
    }

    /// Whether the function being walked is one that the pattern speaks about.
    pub fn inside(&self, pattern: &Pattern) -> bool {
        let name = || &self.world.units[self.current() as usize].name;
        pattern.within.as_ref().is_none_or(|within| within.is_match(name()))
    }

    /// Facts at a place of a call, given its evaluated parts.
    pub fn at_place(place: &Place, receiver: &Value, args: &[Value]) -> Facts {
        match place {
            Place::Receiver => receiver.all(),
            Place::Argument(at) => args.get(*at).map(Value::all).unwrap_or_default(),
            Place::Key(at, key) => args.get(*at).map(|arg| arg.part(key).all()).unwrap_or_default(),
            Place::Whole(at) => args.get(*at).map(Value::unpicked).unwrap_or_default(),
            Place::WholeKey(at, key) => args.get(*at).map(|arg| arg.part(key).unpicked()).unwrap_or_default(),
        }
    }

    /// `object[key].name = value`: outside input may choose the prototype as the object that is changed.
    pub fn reached_by_key(&mut self, target: &'f Expr, span: Span, state: &mut State<'f>) {
        let world = self.world;
        if world.keys.is_empty() || !matches!(world.modules[self.module].language, "javascript" | "typescript") {
            return;
        }
        let (ExprKind::Index(inner, _) | ExprKind::Field(inner, _)) = &target.kind else {
            return;
        };
        let ExprKind::Index(_, key) = &inner.kind else {
            return;
        };
        if literal_key(key).is_none() {
            let facts = self.eval(key, state).all();
            // Where the second key is chosen too, nothing is left that the code itself decides.
            let both = matches!(&target.kind, ExprKind::Index(_, second) if literal_key(second).is_none());
            let what = if both {
                TWO_KEYS
            } else {
                "a key that leads to another object"
            };
            for &card in &world.keys {
                self.hit(card, &facts, span, what);
            }
        }
    }
}

/// `{ statusCode: 200, headers: { "Content-Type": "text/html" }, body }`: an answer in parts that is a page.
fn page_of_parts(expr: &Expr) -> bool {
    let ExprKind::Collection(items) = &expr.kind else {
        return false;
    };
    let named = |wanted: &str| {
        items.iter().any(|(key, _)| match key.as_ref().map(|key| &key.kind) {
            Some(ExprKind::Name(name) | ExprKind::Literal(Literal::Str(name))) => &**name == wanted,
            _ => false,
        })
    };
    let mut html = false;
    names::descend(expr, &mut |part| {
        html |= matches!(&part.kind, ExprKind::Literal(Literal::Str(text)) if text.starts_with("text/html"));
    });
    named("statusCode") && named("body") && html
}

/// The literal text that a text put together at run time starts with.
fn opening(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text),
        ExprKind::Binary(op, left, _) if &**op == "+" => opening(left),
        ExprKind::Template(parts) => opening(parts.first()?),
        _ => None,
    }
}

/// An answer that is built without a body: `ResponseEntity.status(302).location(x).build()`.
fn built(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { callee, args, .. }
        if args.is_empty() && matches!(&callee.kind, ExprKind::Field(_, name) if &**name == "build"))
}

/// `return page, 404`: the body comes first, then the status or headers.
fn answered(expr: &Expr) -> bool {
    let ExprKind::Collection(items) = &expr.kind else {
        return false;
    };
    let about = |expr: &Expr| match &expr.kind {
        ExprKind::Literal(Literal::Number(_)) => true,
        ExprKind::Collection(items) => items.iter().any(|(key, _)| key.is_some()),
        _ => false,
    };
    let bare = items.iter().all(|(key, _)| key.is_none());
    bare && matches!(items.len(), 2 | 3) && about(&items[1].1) && !about(&items[0].1)
}
