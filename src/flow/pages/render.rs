//! Templates that a call fills: `render("page.ejs", { name: value })`.
//!
//! In: calls that name a template of the project, with what they hand to it. Out: the template walked as a program of
//! its own, in which what was handed over has the names that it was given. The template may be written in another
//! language than the call. Deliberately absent: templates found by convention alone, and what a framework adds.
//! Start at [`targets`] and [`Walker::render`].

use std::collections::{BTreeMap, HashMap};

use std::sync::LazyLock;

use regex::Regex;

use crate::source::SourceFile;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, Text};

use crate::flow::pages::include::{Base, find};
use crate::flow::program::names;
use crate::flow::program::places::literal_key;
use crate::flow::state::value::{SEP, State, Value};
use crate::flow::walk::taint::Walker;
use crate::regexes::fixed;

/// Calls that fill a template, by their last name.
const FILLS: [&str; 15] = [
    "display",
    "render",
    "render_template",
    "render_to_string",
    "render_to_response",
    "render_async",
    "renderFile",
    "renderView",
    "renderForm",
    "view",
    "View",
    "make",
    "TemplateResponse",
    "template",
    "get_template",
];
/// What the name of a template may leave out.
const ENDINGS: [&str; 14] = [
    "",
    ".ejs",
    ".html",
    ".hbs",
    ".handlebars",
    ".mustache",
    ".twig",
    ".html.twig",
    ".njk",
    ".blade.php",
    ".jsp",
    ".html.erb",
    ".php",
    ".phtml",
];

/// Whether a file is read as a template.
fn is_template(path: &str) -> bool {
    const KINDS: [&str; 16] = [
        ".ejs",
        ".html",
        ".htm",
        ".hbs",
        ".handlebars",
        ".mustache",
        ".jinja",
        ".jinja2",
        ".j2",
        ".njk",
        ".twig",
        ".erb",
        ".blade.php",
        ".jsp",
        ".cshtml",
        ".phtml",
    ];
    KINDS.iter().any(|kind| path.ends_with(kind)) || (path.ends_with(".php") && FOLDER.is_match(path))
}

/// Folders of PHP pages that others fill.
static FOLDER: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(^|/)(views?|templates?|tpls?|partials|layouts?)/"));

/// The template that each call fills, by module and start of the call.
pub fn targets(modules: &[Module], files: &[SourceFile]) -> HashMap<(usize, u32), usize> {
    let path_of = |at: usize| &*files[modules[at].file.0 as usize].path;
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in (0..modules.len()).filter(|at| is_template(path_of(*at))) {
        let name = path_of(at).rsplit('/').next().unwrap_or_default();
        by_name.entry(name).or_default().push(at);
    }
    let mut found = HashMap::new();
    if by_name.is_empty() {
        return found;
    }
    for (at, module) in modules.iter().enumerate() {
        let mut note = |expr: &Expr| {
            if let ExprKind::Call { callee, args, .. } = &expr.kind
                && matches!(&callee.kind, ExprKind::Name(name) | ExprKind::Field(_, name) if FILLS.contains(&&**name))
                && let Some(name) = named(args)
            {
                let target = ENDINGS.iter().find_map(|ending| {
                    // Laravel writes folders with dots.
                    let path = if *ending == ".blade.php" {
                        name.replace('.', "/")
                    } else {
                        name.to_string()
                    };
                    find(
                        path_of(at),
                        Base::Anywhere,
                        &format!("{path}{ending}"),
                        &by_name,
                        &path_of,
                    )
                });
                found.extend(
                    target
                        .filter(|target| *target != at)
                        .map(|target| ((at, expr.span.start), target)),
                );
            }
        };
        for function in &module.functions {
            names::walk(&function.body, &mut |stmt| names::expressions(stmt, &mut note));
        }
    }
    found
}

/// The first text among the leading arguments.
fn named(args: &[Arg]) -> Option<&Text> {
    args.iter().take(3).find_map(|arg| match &arg.value.kind {
        ExprKind::Literal(Literal::Str(text)) if !text.is_empty() && text.len() < 200 => Some(text),
        _ => None,
    })
}

impl<'f> Walker<'_, 'f> {
    /// Walks the template that the call fills, with what it is handed.
    pub fn render(&mut self, call: &Expr, args: &'f [Arg], values: &[Value], receiver: &Value) {
        let Some(&module) = self.world.renders.get(&(self.module, call.span.start)) else {
            return;
        };
        if !self.may_run(module) || (values.iter().all(Value::is_clean) && receiver.parts.is_empty()) {
            return;
        }
        let mut inside = State::default();
        // What was assigned to the view before is there by name, or as a field of the view.
        for key in keys(receiver) {
            inside.write(key, receiver.part(key));
            inside.write(&format!("this{SEP}{key}"), receiver.part(key));
        }
        for (arg, value) in args.iter().zip(values).filter(|(_, value)| !value.is_clean()) {
            match (&arg.label, &arg.value.kind) {
                (Some(label), _) if !label.starts_with('*') => inside.write(label, value.clone()),
                (_, ExprKind::Collection(items)) => {
                    for key in items.iter().filter_map(|(key, _)| key.as_ref()) {
                        let key = match &key.kind {
                            ExprKind::Name(name) => name.to_string(),
                            _ => literal_key(key).unwrap_or_default(),
                        };
                        let part = value.part(&key);
                        if !key.is_empty() && !part.is_clean() {
                            inside.write(&key, part);
                        }
                    }
                }
                _ => {
                    for key in keys(value) {
                        inside.write(key, value.part(key));
                    }
                }
            }
        }
        self.run(module, inside);
    }
}

/// The names under which a value holds others.
fn keys(value: &Value) -> std::collections::BTreeSet<&str> {
    value
        .parts
        .keys()
        .filter_map(|path| path.split(SEP).find(|part| !part.is_empty()))
        .collect()
}
