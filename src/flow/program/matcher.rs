//! Which patterns of cards and framework models a call, read or assignment matches.
//!
//! In: [`Rule`]s and the paths that `names` reads off an expression. Out: rules with the arguments
//! they name. Rules are indexed by the last segment of their path, so that a call is compared with few of them.
//! Deliberately absent: what a match means. Start at [`Rules::call`].

use std::collections::HashMap;

use crate::cards::pattern::{ArgSpec, Path, Pattern, Shape, Which};
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Text};

use crate::flow::program::names;

/// What a match is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Source,
    Sink,
    Sanitizer,
    Guard,
    /// Suspicious without flow.
    Call,
    /// Moves data between arguments.
    Propagator,
    /// Its result does not contain what it is given.
    Blank,
    /// Its result is a number.
    Number,
    /// When it holds, the named argument is harmless.
    Check,
    /// Does not come back.
    End,
    /// A condition that leaves a value harmless for one card where it holds.
    Proof,
    /// … where it does not hold.
    Alarm,
    /// The part of a value that decides whether it is harmless for one card.
    View,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub purpose: Purpose,
    /// Card number, or `None` for a rule of a framework model.
    pub card: Option<usize>,
    /// Source kind (`http`, `cli` …) or a model's own mark.
    pub kind: String,
    pub pattern: Pattern,
    /// For propagators: argument positions that receive, as `(position, keeps)`; `keeps` adds instead of replacing.
    pub to: Vec<(usize, bool)>,
}

/// Where a named argument stands in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Receiver,
    Argument(usize),
    /// Below the argument: a key of an object literal.
    Key(usize, String),
    /// The argument without the keys that the code itself filled.
    Whole(usize),
    /// As `Whole`, of what stands under a key.
    WholeKey(usize, String),
}

/// A rule that applies, and the arguments it names as dangerous (or tainted).
#[derive(Debug, Clone)]
pub struct Match<'r> {
    pub rule: &'r Rule,
    pub number: usize,
    pub places: Vec<Place>,
}

/// All rules of one language.
#[derive(Debug, Default)]
pub struct Rules {
    /// The language binds an import by the last segment of its path, so that patterns may name more than code shows.
    short: bool,
    /// Code may name a class with its package in front.
    packaged: bool,
    /// Libraries of the language name such values as types of content by constants (`ContentType.Text.Html`), whose
    /// path then stands for the literal.
    constants: bool,
    /// The language reads and writes `getName()` and `setName(x)` of a library as the property `name`.
    properties: bool,
    rules: Vec<Rule>,
    calls: HashMap<String, Vec<usize>>,
    reads: HashMap<String, Vec<usize>>,
    writes: HashMap<String, Vec<usize>>,
    returns: Vec<usize>,
}

/// Decides a condition on an argument: the literal behind an expression, where there is one.
pub type Decide<'d> = dyn Fn(&Expr) -> Option<Literal> + 'd;

impl Rules {
    /// No rules yet, compared in the way that suits the language.
    pub fn of(language: &str) -> Self {
        Self {
            short: language == "go",
            packaged: matches!(language, "java" | "kotlin"),
            constants: !matches!(language, "python" | "javascript" | "typescript" | "go"),
            properties: language == "kotlin",
            ..Self::default()
        }
    }

    pub fn add(&mut self, rule: Rule) {
        if let Some(shape) = self.properties.then(|| property(&rule)).flatten() {
            let pattern = Pattern {
                shape,
                ..rule.pattern.clone()
            };
            self.insert(Rule {
                pattern,
                ..rule.clone()
            });
        }
        self.insert(rule);
    }

    fn insert(&mut self, rule: Rule) {
        let at = self.rules.len();
        match &rule.pattern.shape {
            Shape::Call { path, .. } => self.calls.entry(last(path)).or_default().push(at),
            Shape::Read(path) => self.reads.entry(last(path)).or_default().push(at),
            Shape::Write(path) => self.writes.entry(last(path)).or_default().push(at),
            Shape::Return => self.returns.push(at),
        }
        self.rules.push(rule);
    }

    pub fn rule(&self, at: usize) -> &Rule {
        &self.rules[at]
    }

    /// True when some call pattern ends in this name: a cheap test before names are resolved.
    pub fn knows_call(&self, last: &str) -> bool {
        self.calls.contains_key(last)
    }

    pub fn knows_read(&self, last: &str) -> bool {
        self.reads.contains_key(last)
    }

    pub fn returns(&self) -> impl Iterator<Item = &Rule> {
        self.returns.iter().map(|&at| &self.rules[at])
    }

    /// Rules that match a call of any of `paths`.
    pub fn call<'r>(&'r self, paths: &[names::Path], args: &[Arg], new: bool, decide: &Decide) -> Vec<Match<'r>> {
        let mut out = Vec::new();
        for at in candidates(&self.calls, paths) {
            let rule = &self.rules[at];
            let Shape::Call {
                path,
                new: must_be_new,
                args: specs,
            } = &rule.pattern.shape
            else {
                continue;
            };
            if (*must_be_new && !new)
                || !paths
                    .iter()
                    .any(|found| self.fits(path, found) && !elsewhere(path, found, paths))
            {
                continue;
            }
            if let Some(places) = arguments(specs, args, self.constants, decide) {
                out.push(Match {
                    rule,
                    number: at,
                    places,
                });
            }
        }
        out
    }

    /// Rules that match reading any of `paths`.
    pub fn read(&self, paths: &[names::Path]) -> Vec<&Rule> {
        self.named(&self.reads, paths)
    }

    /// Rules that match assigning to any of `paths`; a literal key counts as a further segment and may be left out.
    pub fn write(&self, paths: &[names::Path]) -> Vec<&Rule> {
        self.named(&self.writes, paths)
    }

    fn fits(&self, pattern: &Path, found: &names::Path) -> bool {
        let want = &pattern.segments;
        let cut = want.len().saturating_sub(found.len());
        let package = |parts: &[Text]| parts.iter().all(|part| part.starts_with(char::is_lowercase));
        if self.packaged
            && let ([class], [parts @ .., last]) = (want.as_slice(), found.as_slice())
            && class.starts_with(char::is_uppercase)
            && **class == **last
            && package(parts)
        {
            return !pattern.any_receiver || !parts.is_empty();
        }
        // `getClass().getMethod(x)` is asked of the object itself.
        let chain = want.len() > 1 && want[0].starts_with(char::is_lowercase);
        if self.packaged && pattern.any_receiver && chain && tail(want, found) {
            return true;
        }
        // Exported functions of Go are capitalised like classes: `New` alone is no package's.
        let named = !self.short || found.len() > 1 || want.len() == 1;
        (named && fits(pattern, found)) || (self.short && cut > 0 && found.len() > 1 && tail(&want[cut..], found))
    }

    fn named(&self, index: &HashMap<String, Vec<usize>>, paths: &[names::Path]) -> Vec<&Rule> {
        let mut out = Vec::new();
        for at in candidates(index, paths) {
            let rule = &self.rules[at];
            let (Shape::Read(path) | Shape::Write(path)) = &rule.pattern.shape else {
                continue;
            };
            // `URL` alone is no `document.URL`: what is read of an object is read from it.
            let whole = |found: &names::Path| {
                found.len() > 1 || path.segments.len() == 1 || !matches!(rule.pattern.shape, Shape::Read(_))
            };
            if paths
                .iter()
                .any(|found| whole(found) && self.fits(path, found) && !elsewhere(path, found, paths))
            {
                out.push(rule);
            }
        }
        out
    }
}

/// The property that an accessor stands for: `getName()` as a source is reading `name`, `setName(0)` as a sink is
/// writing it.
fn property(rule: &Rule) -> Option<Shape> {
    let Shape::Call { path, new: false, args } = &rule.pattern.shape else {
        return None;
    };
    let (name, rest) = path.segments.split_last()?;
    let verb = match (rule.purpose, args.as_slice()) {
        (Purpose::Source | Purpose::Sanitizer, []) => "get",
        (Purpose::Sink, [ArgSpec::Danger(Which::Position(0))]) => "set",
        _ => return None,
    };
    let bare = name
        .strip_prefix(verb)
        .filter(|bare| bare.starts_with(char::is_uppercase))?;
    let mut letters = bare.chars();
    let first = letters.next()?.to_lowercase();
    let mut segments = rest.to_vec();
    segments.push(first.chain(letters).collect());
    let path = Path {
        any_receiver: path.any_receiver,
        segments,
    };
    Some(if verb == "get" {
        Shape::Read(path)
    } else {
        Shape::Write(path)
    })
}

fn last(path: &Path) -> String {
    path.segments.last().cloned().unwrap_or_default()
}

fn candidates(index: &HashMap<String, Vec<usize>>, paths: &[names::Path]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for path in paths {
        if let Some(rules) = path.last().and_then(|last| index.get(&**last)) {
            found.extend(rules);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Modules that the language puts in scope without an import.
const IMPLICIT: [&str; 8] = [
    "builtins",
    "std",
    "window",
    "globalThis",
    "self",
    "global",
    "java.lang",
    "__builtin__",
];

/// Whether a path in the code is what the pattern names. A pattern of several segments may be the tail of a longer
/// path (`java.sql.Statement.execute` is a `Statement.execute`); one segment alone must be the whole name.
fn fits(pattern: &Path, found: &names::Path) -> bool {
    let want = &pattern.segments;
    if tail(want, found) {
        let extra = found.len() - want.len();
        if pattern.any_receiver {
            return extra > 0;
        }
        return extra == 0 || want.len() > 1 || IMPLICIT.contains(&&*found[..extra].join("."));
    }
    // A pattern may carry the package of a class that the code names without it.
    let class = want.iter().position(|part| part.starts_with(char::is_uppercase));
    match class {
        Some(at) if at > 0 && !pattern.any_receiver => tail(&want[at..], found) && found.len() == want.len() - at,
        _ => false,
    }
}

/// A name without its package that another reading says comes from somewhere else: `Template` of `jinja2` is not that
/// of `string`.
fn elsewhere(pattern: &Path, found: &names::Path, paths: &[names::Path]) -> bool {
    found.len() < pattern.segments.len()
        && paths.iter().any(|path| {
            path.len() > found.len()
                && path.ends_with(found)
                && path.first().is_some_and(|top| **top != *pattern.segments[0])
        })
}

fn tail(want: &[String], found: &[Text]) -> bool {
    found.len() >= want.len()
        && found[found.len() - want.len()..]
            .iter()
            .zip(want)
            .all(|(have, want)| **have == **want)
}

/// The places a call's specifications name, or `None` where a condition does not hold.
fn arguments(specs: &[ArgSpec], args: &[Arg], constants: bool, decide: &Decide) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    for spec in specs {
        match spec {
            ArgSpec::Danger(which) => places.extend(find(which, args)),
            ArgSpec::Whole(which) => places.extend(find(which, args).into_iter().filter_map(|place| match place {
                // `create(name=value)` fills one field; `create(**given)` takes all of them.
                Place::Argument(at) if args[at].label.is_none() || spreads(&args[at]) => Some(Place::Whole(at)),
                Place::Key(at, key) => Some(Place::WholeKey(at, key)),
                _ => None,
            })),
            ArgSpec::Equals(which, text) => {
                let written = only(which, args).and_then(|expr| spelled(expr, decide))?;
                if !written.eq_ignore_ascii_case(text) {
                    return None;
                }
            }
            // What the receiver says is asked by whoever has the whole call: `of_receiver`.
            ArgSpec::Matches(Which::Receiver, _) => {}
            ArgSpec::Matches(which, regex) => {
                // A name is no literal, whatever it is called, unless the language names such values so.
                let said = |expr: &Expr| {
                    let literal = || decide(expr).map(|literal| written(&literal));
                    let text = if constants { spelled(expr, decide) } else { literal() };
                    text.or_else(|| opening(expr))
                        .is_some_and(|written| regex.is_match(&written))
                };
                let expr = only(which, args)?;
                if !said(expr) && !listed(expr).is_some_and(|items| items.iter().any(|(_, item)| said(item))) {
                    return None;
                }
                places.extend(find(which, args));
            }
            ArgSpec::Absent(which) => {
                if only(which, args).is_some() || args.iter().any(spreads) {
                    return None;
                }
            }
            ArgSpec::Literal(which) => match only(which, args).map(decide)?? {
                Literal::Str(text) if !text.is_empty() => places.extend(find(which, args)),
                _ => return None,
            },
            ArgSpec::NonLiteral(which) => {
                if only(which, args).map(decide)?.is_some() {
                    return None;
                }
                places.extend(find(which, args));
            }
        }
    }
    places.dedup();
    Some(places)
}

/// Whether the calls that made the receiver say what the rule asks of them: `Command::new("sh").arg("-c").arg(x)`.
pub fn of_receiver(rule: &Rule, callee: &Expr) -> bool {
    let Shape::Call { args, .. } = &rule.pattern.shape else {
        return true;
    };
    args.iter().all(|spec| match spec {
        ArgSpec::Matches(Which::Receiver, regex) => {
            let mut said = false;
            names::descend(callee, &mut |expr| {
                said |= matches!(&expr.kind, ExprKind::Literal(Literal::Str(text)) if regex.is_match(text));
            });
            said
        }
        _ => true,
    })
}

/// What a list that is written out holds: `&["-c", command]`.
fn listed(expr: &Expr) -> Option<&[(Option<Expr>, Expr)]> {
    match &expr.kind {
        ExprKind::Collection(items) => Some(items),
        ExprKind::Address(inner) => listed(inner),
        _ => None,
    }
}

/// `**options` may carry any keyword.
fn spreads(arg: &Arg) -> bool {
    arg.label.as_deref().is_some_and(|label| label.starts_with("**"))
        || matches!(&arg.value.kind, ExprKind::Unary(op, _) if &**op == "**")
}

/// The literal behind an expression, or the dotted name of a constant (`yaml.UnsafeLoader`) or of what is called
/// (`response.getWriter`).
fn spelled(expr: &Expr, decide: &Decide) -> Option<String> {
    // Flags that are joined say all that each of them says.
    if let ExprKind::Binary(op, left, right) = &expr.kind
        && &**op == "|"
    {
        return Some(format!("{}|{}", spelled(left, decide)?, spelled(right, decide)?));
    }
    let named = match &expr.kind {
        ExprKind::Call { callee, .. } => names::dotted(callee),
        _ => names::dotted(expr),
    };
    decide(expr).map(|literal| written(&literal)).or(named)
}

/// The literal text that a text put together at run time starts with.
fn opening(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.to_string()),
        ExprKind::Template(pieces) | ExprKind::Opaque(pieces) => opening(pieces.first()?),
        ExprKind::Binary(op, left, _) if matches!(&**op, "+" | ".") => opening(left),
        _ => None,
    }
}

fn written(literal: &Literal) -> String {
    match literal {
        Literal::Str(text) | Literal::Number(text) => text.to_string(),
        Literal::Bool(value) => value.to_string(),
        Literal::Null => "null".to_owned(),
    }
}

fn positional(args: &[Arg]) -> impl Iterator<Item = usize> {
    args.iter()
        .enumerate()
        .filter(|(_, arg)| arg.label.is_none())
        .map(|(at, _)| at)
}

fn find(which: &Which, args: &[Arg]) -> Vec<Place> {
    match which {
        Which::Receiver => vec![Place::Receiver],
        Which::All => (0..args.len()).map(Place::Argument).collect(),
        Which::From(first) => positional(args).skip(*first).map(Place::Argument).collect(),
        Which::Position(at) => positional(args).nth(*at).map(Place::Argument).into_iter().collect(),
        Which::Label(label) => labelled(label, args).map(|(place, _)| place).into_iter().collect(),
    }
}

fn only<'a>(which: &Which, args: &'a [Arg]) -> Option<&'a Expr> {
    match which {
        Which::Position(at) | Which::From(at) => positional(args).nth(*at).map(|at| &args[at].value),
        Which::Label(label) => labelled(label, args).map(|(_, expr)| expr),
        Which::All => args.first().map(|arg| &arg.value),
        Which::Receiver => None,
    }
}

fn labelled<'a>(label: &str, args: &'a [Arg]) -> Option<(Place, &'a Expr)> {
    if let Some(at) = args.iter().position(|arg| arg.label.as_deref() == Some(label)) {
        return Some((Place::Argument(at), &args[at].value));
    }
    args.iter().enumerate().find_map(|(at, arg)| {
        let ExprKind::Collection(items) = &arg.value.kind else {
            return None;
        };
        items.iter().find_map(|(key, value)| {
            let named = match key.as_ref().map(|key| &key.kind) {
                Some(ExprKind::Literal(Literal::Str(text)) | ExprKind::Name(text)) => &**text == label,
                _ => false,
            };
            named.then(|| (Place::Key(at, label.to_owned()), value))
        })
    })
}
