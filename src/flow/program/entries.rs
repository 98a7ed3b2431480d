//! Which functions outsiders can make run: routes, handlers, `main`, as framework models describe them.
//!
//! In: modules, names and models. Out: [`Entry`]s, and what is known of handlers' parameters.
//! Deliberately absent: routing tables in configuration files, and whether anything protects a route.
//! Start at [`find`].

use std::collections::BTreeMap;

use crate::cards::pattern::Pattern;
use crate::source::SourceFile;
use crate::syntax::form::{Annotation, Arg, Expr, ExprKind, Function, Literal, Module, Param, Span, StmtKind, Text};

use crate::flow::frameworks::{EntryRule, Model, Params, class_named, names_it};
use crate::flow::program::around::Around;
use crate::flow::program::calls::{self, Directory};
use crate::flow::program::handlers::{control, handlers, places, under};
use crate::flow::program::matcher::{Place, Purpose, Rule, Rules};
use crate::flow::program::names::{self, Frame, Path, Resolver, Scope};
use crate::flow::program::schemas::{Checked, Schemas};

/// A function that outsiders can make run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub unit: u32,
    /// `http`, `cli`, `message` …
    pub kind: String,
    pub framework: String,
    /// The path or event it is registered for, where it is a literal.
    pub route: Option<Text>,
    /// Verb as far as it shows: `get`, `post`, `route`; lower case.
    pub verb: Text,
    /// Decorators, annotations and middleware around it, as dotted names, in order.
    pub controls: Vec<Text>,
    /// Where it is registered.
    pub span: Span,
    /// Positions of parameters that carry outside input.
    pub tainted: Vec<usize>,
    /// Known only by its shape: the name of its first parameter and of its file.
    pub guessed: bool,
    /// What is checked of its first parameter before it runs, by the way from there.
    pub checked: Checked,
}

/// Everything the search needs to see.
pub struct Search<'a> {
    pub modules: &'a [Module],
    pub files: &'a [SourceFile],
    pub scopes: &'a [Scope],
    pub frames: &'a [Vec<Frame>],
    pub directory: &'a Directory,
    /// Models in use, per module.
    pub models: &'a [Vec<&'static Model>],
    pub schemas: &'a Schemas<'a>,
}

/// Types that a model gives to parameters: unit, position, type.
pub type Typed = BTreeMap<u32, Vec<(usize, Path)>>;

/// Entries ordered by unit, one per unit (the first registration wins, controls of all are kept), and handler types.
pub fn find(search: &Search) -> (Vec<Entry>, Typed) {
    let mut entries: BTreeMap<u32, Entry> = BTreeMap::new();
    let mut typed = Typed::new();
    let mut tables: BTreeMap<&'static str, Registrations> = BTreeMap::new();
    for at in 0..search.modules.len() {
        declared(search, at, &mut entries, &mut typed);
        // Models depend on the language alone.
        let known = tables
            .entry(search.modules[at].language)
            .or_insert_with(|| registrations(search.modules[at].language, &search.models[at]));
        registered(search, at, known, &mut entries, &mut typed);
    }
    (entries.into_values().collect(), typed)
}

fn declared(search: &Search, at: usize, entries: &mut BTreeMap<u32, Entry>, typed: &mut Typed) {
    let module = &search.modules[at];
    let asks = |model: &&&Model| model.entries.iter().any(|rule| rule.under.is_some());
    let held = if search.models[at].iter().any(|model| asks(&model)) {
        places(module)
    } else {
        BTreeMap::new()
    };
    for (index, function) in module.functions.iter().enumerate() {
        for model in &search.models[at] {
            for rule in model.entries.iter().filter(|rule| rule.calls.is_empty()) {
                let place = held.get(&index).map_or("", String::as_str);
                if rule.under.as_ref().is_some_and(|under| !under.is_match(place)) {
                    continue;
                }
                if let Some(found) = declares(search, at, index, rule) {
                    let unit = search.directory.first[at] + index as u32;
                    let skip = calls::shift(function, &search.frames[at][index]);
                    note_types(rule, unit, skip, typed);
                    let annotation = found.and_then(|at| function.annotations.get(at));
                    let mut entry = entry(model, rule, unit, function, skip, annotation);
                    if !rule.page.is_empty() {
                        // The page is its own route, and answers what it asks for.
                        entry.route = Some((&*search.files[module.file.0 as usize].path).into());
                        let posts = names::mentions(function, &["_POST".to_owned()]);
                        entry.verb = if posts { "post" } else { "get" }.into();
                    }
                    add(entries, entry);
                }
            }
        }
    }
}

fn entry(
    model: &Model,
    rule: &EntryRule,
    unit: u32,
    function: &Function,
    skip: usize,
    by: Option<&Annotation>,
) -> Entry {
    let verb = by.map_or(&*function.name, |note| {
        note.name.rsplit('.').next().unwrap_or(&note.name)
    });
    let route = by.and_then(|note| note.args.iter().find_map(|arg| text(&arg.value)));
    Entry {
        unit,
        kind: rule.kind.clone(),
        framework: model.name.clone(),
        route,
        verb: verb.to_lowercase().into(),
        controls: function.annotations.iter().map(|note| note.name.clone()).collect(),
        span: by.map_or(function.span, |note| note.span),
        tainted: tainted(&rule.params, function, skip),
        guessed: by.is_none() && rule.classes.is_empty() && !rule.first.is_empty(),
        checked: Checked::new(),
    }
}

pub fn text(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
        ExprKind::Collection(items) => items.iter().find_map(|(_, item)| text(item)),
        _ => None,
    }
}

fn add(entries: &mut BTreeMap<u32, Entry>, entry: Entry) {
    match entries.get_mut(&entry.unit) {
        Some(known) => {
            for control in entry.controls {
                if !known.controls.contains(&control) {
                    known.controls.push(control);
                }
            }
            known.tainted.extend(entry.tainted);
            known.tainted.sort_unstable();
            known.tainted.dedup();
            known.guessed &= entry.guessed;
            known.checked.extend(entry.checked);
        }
        None => {
            entries.insert(entry.unit, entry);
        }
    }
}

/// `Some` when every condition of the rule holds; inside, which annotation decided.
fn declares(search: &Search, at: usize, index: usize, rule: &EntryRule) -> Option<Option<usize>> {
    let module = &search.modules[at];
    let function = &module.functions[index];
    if &*function.name == "<module>" || !rule.page.is_empty() {
        return (&*function.name == "<module>" && names::mentions(function, &rule.page)).then_some(None);
    }
    let constructs = function.class_name.as_ref() == Some(&function.name);
    if rule.public && (!function.public || constructs || &*function.name == "<lambda>") {
        return None;
    }
    let mut by = None;
    if !rule.annotations.is_empty() {
        by = Some(
            function
                .annotations
                .iter()
                .position(|note| rule.annotations.iter().any(|pattern| names_it(pattern, &note.name)))?,
        );
    }
    if let Some(regex) = &rule.functions
        && !regex.is_match(&function.name)
    {
        return None;
    }
    if !rule.classes.is_empty() {
        let class = function.class_name.as_ref()?;
        let ancestors = search.directory.ancestors(class);
        let notes = function.class.map(|class| &module.classes[class].annotations);
        let marked = |want: &String| notes.is_some_and(|notes| notes.iter().any(|note| names_it(want, &note.name)));
        if !rule
            .classes
            .iter()
            .any(|want| ancestors.iter().any(|have| class_named(want, have)) || marked(want))
        {
            return None;
        }
    }
    if !rule.first.is_empty() {
        let own = &search.frames[at].get(index)?;
        let first = function.params.get(calls::shift(function, own))?;
        if !rule.first.iter().any(|name| **name == *first.name) {
            return None;
        }
    }
    if !rule.signature.is_empty() && !signed(function, &rule.signature) {
        return None;
    }
    if let Some(words) = &rule.directive {
        let file = || function.parent.unwrap_or_default() == 0 && says(&module.functions[0], words);
        if !says(function, words) && !file() {
            return None;
        }
    }
    if let Some(regex) = &rule.files
        && !regex.is_match(&search.files[module.file.0 as usize].path)
    {
        return None;
    }
    Some(by)
}

/// Whether a function begins with this text.
fn says(function: &Function, words: &str) -> bool {
    let first = function.body.first().map(|stmt| &stmt.kind);
    matches!(first, Some(StmtKind::Expr(expr)) if text(expr).as_deref() == Some(words))
}

fn signed(function: &Function, signature: &[String]) -> bool {
    let mut hints = function
        .params
        .iter()
        .filter_map(|param| param.hint.as_deref().and_then(names::type_path));
    // `gin.Context` names the package too; another package's `Context` is no handler's.
    let fits = |path: &Path, want: &str| {
        let want = names::path_of_text(want);
        path.len() >= want.len() && path[path.len() - want.len()..] == want[..]
    };
    signature.iter().all(|want| hints.any(|have| fits(&have, want)))
}

fn note_types(rule: &EntryRule, unit: u32, skip: usize, typed: &mut Typed) {
    for (position, name) in rule.types.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let known = typed.entry(unit).or_default();
        let found = (position + skip, names::path_of_text(name));
        if !known.contains(&found) {
            known.push(found);
        }
    }
}

fn tainted(params: &Params, function: &Function, skip: usize) -> Vec<usize> {
    let own = function.params.iter().enumerate().skip(skip);
    match params {
        Params::None => Vec::new(),
        Params::At(places) => places
            .iter()
            .map(|at| at + skip)
            .filter(|at| *at < function.params.len())
            .collect(),
        Params::Only(types) => own
            .filter(|(_, param)| of_type(param, types))
            .map(|(at, _)| at)
            .collect(),
        Params::Routed(types) => {
            let routes = || {
                function
                    .annotations
                    .iter()
                    .flat_map(|note| &note.args)
                    .filter_map(|arg| text(&arg.value))
            };
            let named =
                |param: &Param, close: &str| routes().any(|route| route.contains(&format!("<{}{close}", param.name)));
            let given = |param: &Param| {
                let rest = named(param, "..>") && !of_type(param, &["PathBuf".to_owned()]);
                rest || named(param, ">") && of_type(param, types)
            };
            own.filter(|(_, param)| given(param)).map(|(at, _)| at).collect()
        }
        Params::Scalars(classes) => {
            let outside = |param: &Param| match param.hint.as_deref().and_then(names::type_path) {
                Some(path) => path.last().is_some_and(|name| {
                    name.starts_with(char::is_lowercase) || classes.iter().any(|class| name.ends_with(&**class))
                }),
                None => true,
            };
            own.filter(|(_, param)| outside(param)).map(|(at, _)| at).collect()
        }
        Params::Marked(marks) => {
            let marked = |param: &Param| {
                param
                    .annotations
                    .iter()
                    .any(|note| marks.iter().any(|mark| names_it(mark, &note.name)))
            };
            own.filter(|(_, param)| marked(param)).map(|(at, _)| at).collect()
        }
        Params::AllBut(except) => {
            let injected = |param: &Param| {
                let hint = param
                    .hint
                    .as_deref()
                    .and_then(names::type_path)
                    .and_then(|path| path.last().cloned());
                let default = param.default.as_ref().and_then(called);
                [hint, default].into_iter().flatten().any(|name| except.hold(&name))
                    || except.hold(&param.name)
                    || param.annotations.iter().any(|note| except.hold(&note.name))
            };
            own.filter(|(_, param)| !injected(param)).map(|(at, _)| at).collect()
        }
    }
}

/// Whether the last segment of a parameter's type is one of these.
fn of_type(param: &Param, types: &[String]) -> bool {
    let last = param
        .hint
        .as_deref()
        .and_then(names::type_path)
        .and_then(|path| path.last().cloned());
    last.is_some_and(|last| types.iter().any(|want| **want == *last))
}

fn called(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Call { callee, .. } => names::dotted(callee).and_then(|name| name.rsplit('.').next().map(Text::from)),
        _ => None,
    }
}

/// Registration calls of the models in use for a language, and whose each of them is.
type Registrations = (Rules, Vec<(&'static Model, &'static EntryRule)>);

fn registrations(language: &str, models: &[&'static Model]) -> Registrations {
    let mut rules = Rules::of(language);
    let mut origin = Vec::new();
    for model in models.iter().copied() {
        for rule in &model.entries {
            for pattern in &rule.calls {
                rules.add(registration(pattern));
                origin.push((model, rule));
            }
        }
    }
    (rules, origin)
}

/// Handlers that a call registers: `app.get("/x", guard, handler)`.
fn registered(
    search: &Search,
    at: usize,
    (rules, origin): &Registrations,
    entries: &mut BTreeMap<u32, Entry>,
    typed: &mut Typed,
) {
    let module = &search.modules[at];
    if origin.is_empty() {
        return;
    }
    let around = Around::of(module);
    for (index, function) in module.functions.iter().enumerate() {
        let resolver = resolver(search, at, index);
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                let ExprKind::Call { callee, args, new } = &expr.kind else {
                    return;
                };
                let (ExprKind::Name(last) | ExprKind::Field(_, last)) = &callee.kind else {
                    return;
                };
                if !rules.knows_call(last) {
                    return;
                }
                let written = |expr: &Expr| match &expr.kind {
                    ExprKind::Literal(literal) => Some(literal.clone()),
                    _ => None,
                };
                for found in rules.call(&resolver.paths(callee), args, *new, &written) {
                    let (model, rule) = origin[found.number];
                    let places = found.places;
                    let call = Registration {
                        around: around.controls(index, expr),
                        model: &model.name,
                        rule,
                        verb: last,
                        callee,
                        args,
                        span: expr.span,
                        places,
                    };
                    call.note(search, &resolver, at, entries, typed);
                }
            });
        });
    }
}

fn registration(pattern: &Pattern) -> Rule {
    Rule {
        purpose: Purpose::Call,
        card: None,
        kind: String::new(),
        pattern: pattern.clone(),
        to: Vec::new(),
    }
}

/// A call that registers handlers.
struct Registration<'c> {
    model: &'static str,
    rule: &'c EntryRule,
    verb: &'c Text,
    callee: &'c Expr,
    args: &'c [Arg],
    span: Span,
    places: Vec<Place>,
    /// Controls of the groups that it stands in.
    around: Vec<Text>,
}

impl Registration<'_> {
    /// What validators see of a request before the handler in this argument does.
    fn checked(&self, search: &Search, at: usize, arg: usize) -> Checked {
        let whole = matches!(self.args[arg].value.kind, ExprKind::Collection(_));
        let mut checked = search.schemas.before(at, &self.args[..arg + usize::from(whole)]);
        // `procedure.input(schema).query(handler)`
        if let ExprKind::Field(base, _) = &self.callee.kind
            && let ExprKind::Call { callee, args, .. } = &base.kind
            && let (ExprKind::Field(_, name), [schema]) = (&callee.kind, args.as_slice())
            && &**name == "input"
            && let Some(schema) = search.schemas.read(at, &schema.value)
        {
            schema.checked(std::slice::from_ref(name), &mut checked);
        }
        checked
    }

    /// What runs before the handler in this argument.
    fn controls(&self, arg: usize) -> Vec<Text> {
        let before = self.args[..arg].iter().filter_map(|arg| control(&arg.value));
        self.around.iter().cloned().chain(before).collect()
    }

    fn note(
        &self,
        search: &Search,
        resolver: &Resolver,
        at: usize,
        entries: &mut BTreeMap<u32, Entry>,
        typed: &mut Typed,
    ) {
        let mut found: Vec<(usize, u32)> = Vec::new();
        for place in &self.places {
            let (arg, value) = match place {
                Place::Argument(arg) | Place::Whole(arg) => (*arg, Some(&self.args[*arg].value)),
                Place::Key(arg, key) | Place::WholeKey(arg, key) => (*arg, under(&self.args[*arg].value, key)),
                Place::Receiver => continue,
            };
            let units = value.map(|value| handlers(search, resolver, at, value));
            found.extend(units.into_iter().flatten().map(|unit| (arg, unit)));
        }
        let Some(last) = found.iter().map(|(arg, _)| *arg).max() else {
            return;
        };
        let route = self.args.iter().find_map(|arg| text(&arg.value));
        if let (Some(unless), Some(route)) = (&self.rule.unless, &route)
            && unless.is_match(route)
        {
            return;
        }
        for (arg, unit) in found {
            let owner = search.directory.module_of(unit);
            let index = (unit - search.directory.first[owner]) as usize;
            let function = &search.modules[owner].functions[index];
            let skip = calls::shift(function, &search.frames[owner][index]);
            note_types(self.rule, unit, skip, typed);
            let entry = Entry {
                unit,
                // All handlers but the last one stand in front of it.
                kind: if arg == last {
                    self.rule.kind.clone()
                } else {
                    "middleware".to_owned()
                },
                framework: self.model.to_owned(),
                route: route.clone(),
                verb: self.verb.to_lowercase().into(),
                controls: self.controls(arg),
                span: self.span,
                tainted: tainted(&self.rule.params, function, skip),
                guessed: false,
                checked: self.checked(search, at, arg),
            };
            // Known first by its parameters, it is registered only here. In JavaScript that says less: whoever is asked
            // before it is often mounted elsewhere.
            let scripted = matches!(search.modules[owner].language, "javascript" | "typescript");
            if let Some(known) = entries
                .get_mut(&unit)
                .filter(|known| !scripted && known.route.is_none())
            {
                known.route.clone_from(&entry.route);
                known.verb = entry.verb.clone();
            }
            add(entries, entry);
        }
    }
}

/// The view of names from inside a function: its own, then those of the functions around it, then the module's.
pub fn resolver<'a>(search: &Search<'a>, module: usize, index: usize) -> Resolver<'a> {
    view(
        &search.modules[module],
        &search.scopes[module],
        &search.frames[module],
        index,
    )
}

/// As [`resolver`], from the parts.
pub fn view<'a>(module: &'a Module, scope: &'a Scope, frames: &'a [Frame], index: usize) -> Resolver<'a> {
    let mut chain = vec![&frames[index]];
    let mut class = module.class_around(index);
    let mut at = index;
    while let Some(parent) = module.functions[at]
        .parent
        .filter(|parent| *parent != at && chain.len() < 16)
    {
        chain.push(&frames[parent]);
        class = class.or_else(|| module.class_around(parent));
        at = parent;
    }
    if at != 0 && !frames.is_empty() {
        chain.push(&frames[0]);
    }
    Resolver {
        module,
        scope,
        frames: chain,
        class,
    }
}
