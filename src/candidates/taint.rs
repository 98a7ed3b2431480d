//! Flows become candidates.
//!
//! In: the graph's flows. Out: drafts with their traces. A parameter that nobody here fills counts only in a library,
//! and only for the sinks where a wrong caller does most harm; what the operator of a server sets is no outside input
//! of it. Start at [`find`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::flow::Flow;
use crate::flow::Hop;
use crate::flow::MARKUP;
use crate::flow::Note;
use crate::flow::TWO_KEYS;
use crate::flow::program::names;
use crate::regexes::fixed;
use crate::syntax::form::{ExprKind, StmtKind};
use crate::syntax::templates::RAW;

use super::make::{Draft, brief};
use super::own::Own;
use super::settled::Settled;
use super::{Generator, Role, Scene, Step};

/// Cards whose sinks are worth a look even when only a library's own caller could do harm: commands, code, queries,
/// deserialisation, paths and copies into memory.
const GRAVE: [&str; 14] = [
    "CWE-77", "CWE-78", "CWE-89", "CWE-94", "CWE-95", "CWE-502", "CWE-22", "CWE-119", "CWE-120", "CWE-121", "CWE-122",
    "CWE-134", "CWE-787", "CWE-1336",
];

/// Kinds of input that whoever starts the program gives it.
const LOCAL: [&str; 3] = ["env", "cli", "file"];

/// Kinds of entry points through which others reach a program.
const SERVES: [&str; 3] = ["http", "message", "network"];

/// Languages whose servers and build scripts live side by side in one tree.
const SCRIPTED: [&str; 5] = ["python", "javascript", "typescript", "php", "ruby"];

/// Languages in which hardly a program runs with more rights than whoever starts it.
const OWN_RIGHTS: [&str; 3] = ["rust", "kotlin", "csharp"];

/// Cards about secrets that are known by a name; the longer the way, the less the name still says.
const BY_NAME: [&str; 4] = ["CWE-200", "CWE-209", "CWE-522", "CWE-532"];
const NEAR: usize = 6;

/// Steps of the longest way that is still looked at, and of one that begins inside of the program's own machine.
const FAR: usize = 18;
const FAR_INSIDE: usize = 12;

/// Names of parameters that say: the caller chooses the file.
static FILE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(path|file|dir|folder|root|src|dst|dest|source|target|output|input|url|uri|location|fn)")
});

/// Names of parameters that hold what is called, not what is said.
static CALLED: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^(fn|func|function|cb|callback|handler|listener|action|task|block|proc)$"));

/// Sinks that send a response, whose type the function may say; others write into a page that is already there.
static RESPONSE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?:^|\.)(?:send|write|end|Write|WriteString|Fprint\w*|String|Data|print(?:ln|f)?|append|make_response|",
        r"Http\w*Response\w*|Response)$|^the response$|\.body =$",
    ))
});

/// An object is sent as data.
static OBJECT: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^[\w.]*\.body\s*=\s*[\[{]|\.(?:send|end)\(\s*(?:[\w.]+\(\s*\{\s*\.\.\.|[\[{])"));

/// Where what is sent begins.
static SENT: LazyLock<Regex> = LazyLock::new(|| fixed(r"\.(?:send|end)\(\s*(?:await\s+)?"));

/// A header that says what a response is, with a literal type.
static CONTENT_TYPE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r#"(?i)(?:content-type['"\]]{1,2}\s*[,:=]\s*|content_?type\s*[:=]\s*|mimetype\s*=\s*|\.(?:type|(?:set)?contentType)\(\s*)"#,
        r#"['"`]([\w./+-]+)|(?:produces\s*=\s*\{?\s*|contentType\(\s*)(?:"|MediaType\.)([\w./+-]+)"#,
    ))
});

/// Most lines of a step.
const LONG: u32 = 40;

/// Cards about amounts that are copied.
const COPIED: [&str; 5] = ["CWE-119", "CWE-120", "CWE-122", "CWE-787", "CWE-125"];

/// `memcpy(target, source, amount)`.
static COPY: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^\s*\w*(?:mem(?:p?cpy|move)|strn?cpy)\s*\(([^,]*),[^,]*,(?s:(.*))\)\s*$"));
/// `strcpy(target, source)`.
static TEXT_COPY: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^\s*(?:std::)?(?:str|stp|wcs)cpy\s*\(([^,]*),([^,]*)\)\s*$"));
static WORD: LazyLock<Regex> = LazyLock::new(|| fixed(r"[A-Za-z_]\w*"));
/// `target = some_alloc(size)`.
static ALLOCATED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"([\w.>\-]+)\s*=\s*(?:\([^()]*\)\s*)?\w*(?i:alloc|new|grow|room|create|reserve)\w*\s*\(([^;]*);")
});

pub fn find(scene: &Scene) -> Vec<Draft> {
    let serves: BTreeSet<&str> = scene
        .graph
        .entries
        .iter()
        .filter(|entry| SERVES.contains(&entry.kind.trim_end_matches("-text")))
        .map(|entry| base(scene.module(entry.unit).language))
        .collect();
    let own = Own::of(scene);
    let served = |flow: &Flow| {
        let first = flow.hops.first();
        first.is_some_and(|hop| serves.contains(base(scene.module(hop.unit).language)))
    };
    let shown = shown(scene);
    let mut found = Vec::new();
    let settled = Settled::of(scene);
    let by_itself = |flow: &Flow| flow.hops.first().is_some_and(|hop| alone(scene, hop));
    let kept = |flow: &&Flow| {
        worth(scene, flow, &serves)
            && !own.says(scene, flow, served(flow))
            && !settled.has(scene, flow, &|| by_itself(flow))
    };
    for flow in scene.graph.flows.iter().filter(kept) {
        let last = flow.hops.last().filter(|hop| is_markup(&hop.note));
        let lines = last.map(|hop| (hop.unit, hop.span.line..=hop.span.last));
        if lines.is_some_and(|(unit, mut lines)| lines.any(|line| shown.contains(&(origin(flow), unit, line)))) {
            continue;
        }
        found.extend(draft(scene, flow));
    }
    found
}

/// Where a flow begins, and what it is about.
type Begins = (usize, u32, u32);

fn origin(flow: &Flow) -> Begins {
    let first = flow.hops.first();
    (
        flow.card,
        first.map_or(0, |hop| hop.unit),
        first.map_or(0, |hop| hop.span.start),
    )
}

fn is_markup(note: &Note) -> bool {
    matches!(note, Note::Sink(what) if &**what == MARKUP)
}

/// Places through which outside input goes on to where a page is sent: there is no need to tell that it was put between
/// tags before.
fn shown(scene: &Scene) -> BTreeSet<(Begins, u32, u32)> {
    let sent = |flow: &&Flow| flow.hops.last().is_some_and(|hop| !is_markup(&hop.note));
    let mut places = BTreeSet::new();
    let marked: BTreeSet<usize> = scene
        .graph
        .flows
        .iter()
        .filter(|flow| !sent(flow))
        .map(|flow| flow.card)
        .collect();
    for flow in scene
        .graph
        .flows
        .iter()
        .filter(sent)
        .filter(|flow| marked.contains(&flow.card))
    {
        for hop in flow.hops.iter() {
            places.extend(
                (hop.span.line..=hop.span.last.min(hop.span.line + LONG)).map(|line| (origin(flow), hop.unit, line)),
            );
        }
    }
    places
}

/// Whether the file stands alone: it neither uses others of the project nor is used by them, nor answers requests.
fn alone(scene: &Scene, hop: &Hop) -> bool {
    let graph = scene.graph;
    let module = graph.units[hop.unit as usize].module;
    let own = |unit: u32| graph.units[unit as usize].module == module;
    let crosses = |edge: &crate::flow::Edge| own(edge.from) != own(edge.to);
    !graph.edges.iter().any(crosses) && !graph.entries.iter().any(|entry| own(entry.unit) && entry.kind != "cli")
}

/// Whether the file holds the place where a program starts.
fn starts(scene: &Scene, hop: &Hop) -> bool {
    let module = scene.graph.units[hop.unit as usize].module;
    let own = |unit: u32| scene.graph.units[unit as usize].module == module;
    scene
        .graph
        .entries
        .iter()
        .any(|entry| entry.kind == "cli" && own(entry.unit))
}

/// Both spellings of one language are one program.
fn base(language: &str) -> &str {
    if language == "typescript" {
        "javascript"
    } else {
        language
    }
}

/// Whether outsiders can have anything to do with the flow.
fn worth(scene: &Scene, flow: &Flow, serves: &BTreeSet<&str>) -> bool {
    let (Some(first), Some(last)) = (flow.hops.first(), flow.hops.last()) else {
        return false;
    };
    let card = &scene.cards[flow.card];
    let language = scene.module(first.unit).language;
    if !scene.wants(card) {
        return false;
    }
    // Nobody can follow so many steps, and hardly ever does one value take them all.
    if flow.hops.len() > FAR || (flow.hops.len() > FAR_INSIDE && LOCAL.contains(&flow.kind.as_str())) {
        return false;
    }
    if flow.weak {
        if matches!(&first.note, Note::Parameter(name) if CALLED.is_match(name)) {
            return false;
        }
        // In a program that is complete, what nobody calls is called by nobody outside either.
        let own_file = card.id == "CWE-22" && matches!(&first.note, Note::Parameter(name) if FILE.is_match(name));
        let keys = matches!(&last.note, Note::Sink(what) if **what == *TWO_KEYS);
        let grave = keys || GRAVE.contains(&card.id.as_str());
        if (!serves.is_empty() && (language == "ruby" || !alone(scene, first))) || !grave || own_file {
            return false;
        }
        // What an object of C keeps of itself is not the caller's to choose.
        if card.family == "memory" && matches!(language, "c" | "cpp") && !amount_or_bytes(scene, first) {
            return false;
        }
    }
    let local = LOCAL.contains(&flow.kind.as_str()) && SCRIPTED.contains(&language);
    // A program of Go reads its environment where it starts; elsewhere it is a setting of the server.
    let setting = language == "go" && flow.kind == "env" && !starts(scene, first);
    if (local || setting) && serves.contains(base(language)) {
        return false;
    }
    // Folders and editors that the environment names belong to whoever runs a program with rights of their own.
    if flow.kind == "env" && OWN_RIGHTS.contains(&language) {
        return false;
    }
    if BY_NAME.contains(&card.id.as_str()) && flow.hops.len() > NEAR {
        return false;
    }
    if card.id == "CWE-79" && !page(scene, last) {
        return false;
    }
    if COPIED.contains(&card.id.as_str()) && measured(scene, flow) {
        return false;
    }
    scene.in_context(card, last.unit, last.span, Some(flow))
}

/// Whether a parameter is a number, or characters or bytes.
fn amount_or_bytes(scene: &Scene, hop: &Hop) -> bool {
    let Note::Parameter(name) = &hop.note else { return true };
    let function = scene.function(hop.unit);
    let own = function.params.iter().find(|param| param.name == *name);
    let Some(hint) = own.and_then(|param| param.hint.as_deref()) else {
        return true;
    };
    if !hint.contains(['*', '[']) {
        // A length that follows its buffer is the caller's word for it.
        let at = function
            .params
            .iter()
            .position(|param| param.name == *name)
            .unwrap_or(0);
        let before = at.checked_sub(1).and_then(|at| function.params[at].hint.as_deref());
        return !hint.contains(':') && !before.is_some_and(|hint| hint.contains('*'));
    }
    ["char", "void", "byte", "BYTE", "uint8_t", "u8", "int", "long", "short"]
        .iter()
        .any(|plain| {
            hint.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == *plain)
        })
}

/// Whether the target of a copy was made as large as what is copied into it, and the amount was measured on the source or
/// given together with it: then neither side is left. An amount that the source itself names is another matter.
fn measured(scene: &Scene, flow: &Flow) -> bool {
    let (Some(first), Some(last)) = (flow.hops.first(), flow.hops.last()) else {
        return false;
    };
    let through = |hop: &Hop| matches!(&hop.note, Note::Through(name) if name.to_ascii_lowercase().contains("len"));
    let given = match &first.note {
        Note::Parameter(name) => {
            let function = scene.function(first.unit);
            let own = function.params.iter().find(|param| param.name == *name);
            own.and_then(|param| param.hint.as_deref())
                .is_some_and(|hint| !hint.contains(['*', '[', '&']))
        }
        _ => false,
    };
    if let Some(call) = TEXT_COPY.captures(scene.text(last.unit, last.span)) {
        return measured_text(scene, last, call[1].trim(), call[2].trim());
    }
    if !given && !flow.hops.iter().any(through) {
        return false;
    }
    let Some(call) = COPY.captures(scene.text(last.unit, last.span)) else {
        return false;
    };
    let (target, amount) = (call[1].trim(), call[2].trim());
    let before = before(scene, last);
    let root = WORD.find(target).map_or("", |word| word.as_str());
    let names: Vec<&str> = WORD.find_iter(amount).map(|word| word.as_str()).collect();
    ALLOCATED.captures_iter(before).any(|made| {
        let sized = names
            .iter()
            .any(|name| WORD.find_iter(&made[2]).any(|word| word.as_str() == *name));
        sized && WORD.find_iter(&made[1]).any(|word| word.as_str() == root)
    })
}

/// The text of the sink's function up to the sink.
fn before<'a>(scene: &'a Scene, sink: &Hop) -> &'a str {
    let unit = scene.graph.units[sink.unit as usize].span;
    let text = scene.text(sink.unit, unit);
    text.get(..sink.span.start.saturating_sub(unit.start) as usize)
        .unwrap_or_default()
}

/// Whether the target of a copy up to a terminator was made for the length of the source and one more.
fn measured_text(scene: &Scene, sink: &Hop, target: &str, source: &str) -> bool {
    let before = before(scene, sink);
    let root = WORD.find(target).map_or("", |word| word.as_str());
    let spaced: String = before.split_whitespace().collect();
    let source: String = source.split_whitespace().collect();
    spaced.contains(&format!("strlen({source})"))
        && ALLOCATED.captures_iter(before).any(|made| {
            let more = made[2].contains('+') || spaced.contains(&format!("strlen({source})+"));
            more && WORD.find_iter(&made[1]).any(|word| word.as_str() == root)
        })
}

/// Whether a handler of Spring says that it answers with a record, which is sent as data.
fn declares_record(scene: &Scene, sink: &Hop) -> bool {
    let returns = scene.function(sink.unit).returns.as_deref();
    let inner = returns.and_then(|hint| hint.strip_prefix("ResponseEntity<")?.strip_suffix('>'));
    inner.is_some_and(|inner| {
        let name = inner
            .split('<')
            .next()
            .unwrap_or(inner)
            .rsplit('.')
            .next()
            .unwrap_or(inner);
        let text = matches!(
            name,
            "String" | "CharSequence" | "Object" | "Resource" | "StreamingResponseBody" | "T"
        );
        !text && !name.contains(['?', '['])
    })
}

/// Whether what is sent is what a function of the project makes of names and values: Express sends that as data.
fn gives_object(scene: &Scene, sink: &Hop) -> bool {
    if !matches!(scene.module(sink.unit).language, "javascript" | "typescript") {
        return false;
    }
    let Some(sent) = SENT.find(scene.text(sink.unit, sink.span)) else {
        return false;
    };
    let sent = sink.span.start + sent.end() as u32;
    let object = |unit: u32| {
        let mut values = Vec::new();
        names::walk(&scene.function(unit).body, &mut |stmt| {
            if let StmtKind::Return(Some(value)) = &stmt.kind {
                values.push(matches!(value.kind, ExprKind::Collection(_)));
            }
        });
        !values.is_empty() && values.into_iter().all(|object| object)
    };
    let mut calls = scene.graph.callees(sink.unit);
    calls.any(|call| call.span.start == sent && object(call.to))
}

/// Whether a browser would take the response for a page. A function that says what it sends, and never says a type
/// that can hold script, sends none.
fn page(scene: &Scene, sink: &Hop) -> bool {
    if OBJECT.is_match(scene.text(sink.unit, sink.span)) || gives_object(scene, sink) || declares_record(scene, sink) {
        return false;
    }
    // The sink of a chain of calls is told as its pattern: `res.type.send(0)`.
    let bare = |what: &str| {
        what.split_once('(')
            .map_or(what.to_owned(), |(head, _)| head.to_owned())
    };
    if !matches!(&sink.note, Note::Sink(what) if RESPONSE.is_match(&bare(what))) {
        return true;
    }
    let unit = scene.graph.units[sink.unit as usize].span;
    let text = scene.text(sink.unit, unit);
    let scripted = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("html") || kind.contains("svg") || kind.contains("javascript")
    };
    let sent = sink.span.start.saturating_sub(unit.start) as usize;
    let types: Vec<(usize, &str)> = CONTENT_TYPE
        .captures_iter(text)
        .filter_map(|found| found.get(1).or(found.get(2)))
        .map(|kind| (kind.start(), kind.as_str()))
        .collect();
    // The last one that is said on the way here, where blocks show what lies on the way.
    let before = types
        .iter()
        .rev()
        .find(|(at, _)| *at < sent && encloses(&text[*at..sent]));
    if let Some((_, kind)) = before.filter(|_| SCRIPTED[1..].contains(&scene.module(sink.unit).language)) {
        return scripted(kind);
    }
    types.is_empty() || types.iter().any(|(_, kind)| scripted(kind))
}

/// Whether no block that is open at the start of the text ends in it.
fn encloses(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().all(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth >= 0
    })
}

fn draft(scene: &Scene, flow: &Flow) -> Option<Draft> {
    let (first, last) = (flow.hops.first()?, flow.hops.last()?);
    let end = flow.hops.len() - 1;
    let trace = flow
        .hops
        .iter()
        .enumerate()
        .map(|(at, hop)| step(scene, hop, at, end))
        .collect();
    let guards = flow
        .guards
        .iter()
        .map(|hop| step(scene, hop, 1, usize::MAX))
        .collect::<Vec<_>>();
    let sink = match &last.note {
        Note::Sink(what) if what.starts_with(RAW) => "the page as it is".to_owned(),
        Note::Sink(what) => brief(what),
        _ => brief(scene.text(last.unit, last.span)),
    };
    let source = match &first.note {
        Note::Enters(what) | Note::Parameter(what) => brief(what),
        _ => brief(scene.text(first.unit, first.span)),
    };
    let summary = if flow.weak {
        let function = &scene.graph.units[first.unit as usize].name;
        format!("parameter {source} of {function} reaches {sink}; no caller in this project is known")
    } else {
        format!("{source} reaches {sink}")
    };
    let entry = flow.kind.trim_end_matches("-text");
    let kind = match entry {
        "parameter" => 10,
        "http" | "host" | "network" | "message" | "dom" => 90,
        "card" => 80,
        "cli" | "file" => 60,
        _ => 50,
    };
    let weight = kind - 3 * guards.len().min(3) as u32;
    Some(Draft {
        card: flow.card,
        generator: Generator::Taint,
        unit: last.unit,
        span: last.span,
        trace,
        guards,
        entry: entry.to_owned(),
        summary,
        weight,
    })
}

fn step(scene: &Scene, hop: &Hop, at: usize, end: usize) -> Step {
    let role = match (&hop.note, at) {
        (Note::Guard(_), _) => Role::Guard,
        (_, at) if at == end => Role::Sink,
        (_, 0) => Role::Source,
        _ => Role::Step,
    };
    let note = match &hop.note {
        Note::Enters(what) => format!("enters through {}", brief(what)),
        Note::Parameter(name) if at == 0 => format!("parameter {}", brief(name)),
        Note::Parameter(name) => format!("arrives as {}", brief(name)),
        Note::Assigned(name) if name.is_empty() => "assigned".to_owned(),
        Note::Assigned(name) => format!("assigned to {}", brief(name)),
        Note::Passed(callee) => format!("passed to {}", brief(callee)),
        Note::Returned(function) => format!("returned from {}", brief(function)),
        Note::Through(callee) => format!("goes through {}", brief(callee)),
        Note::Stored(place) => format!("stored by {}", brief(place)),
        Note::Sink(what) if what.starts_with(RAW) => "shown as it is".to_owned(),
        Note::Sink(what) => format!("reaches {}", brief(what)),
        Note::Guard(what) => format!("checked by {}", brief(what)),
    };
    scene.step(role, hop.unit, hop.span, note)
}
