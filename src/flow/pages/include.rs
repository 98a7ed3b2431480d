//! Code and variables that a program names by text: files that run where they are included, variables by name.
//!
//! In: calls of `include`, `extract` and `compact`, and calls that do not come back. Out: the included file's top level
//! walked in the place of the call with the variables of that place, and what becomes of variables.
//! Deliberately absent: paths without a literal file name. Start at [`targets`] and [`Walker::include`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::source::SourceFile;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, Span, Text};

use crate::flow::Flow;
use crate::flow::program::matcher::Purpose;
use crate::flow::program::names;
use crate::flow::program::places::View;
use crate::flow::program::world::World;
use crate::flow::state::value::{Facts, SEP, State, Value};
use crate::flow::walk::publish::outside;
use crate::flow::walk::taint::{Exit, Walker, merge};

/// Files inside files.
const DEPTH: usize = 6;
/// Files walked for one unit.
const FILES: u32 = 40;
/// The variable that stands for all variables which a text has named.
const UNPACKED: &str = "<unpacked>";

/// What one request leaves for the next ones of the same visitor.
pub const SESSION: &str = "_SESSION";

/// Where an included path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The including file's folder, so many levels up.
    Here(usize),
    Anywhere,
}

/// The module that each call of `include` runs, by module and start of the call.
pub fn targets(modules: &[Module], files: &[SourceFile]) -> HashMap<(usize, u32), usize> {
    let path_of = |at: usize| &*files[modules[at].file.0 as usize].path;
    let including = |module: &Module| module.language == "php";
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in (0..modules.len()).filter(|at| including(&modules[*at])) {
        let name = path_of(at).rsplit('/').next().unwrap_or_default();
        by_name.entry(name).or_default().push(at);
    }
    let mut found = HashMap::new();
    for (at, module) in modules.iter().enumerate().filter(|(_, module)| including(module)) {
        let mut note = |expr: &Expr| {
            if let ExprKind::Call { callee, args, .. } = &expr.kind
                && matches!(&callee.kind, ExprKind::Name(name) if &**name == "include")
                && let Some((base, text)) = args.first().and_then(|arg| literal_path(&arg.value))
                && let Some(target) = find(path_of(at), base, &text, &by_name, &path_of)
                && target != at
            {
                found.insert((at, expr.span.start), target);
            }
        };
        for function in &module.functions {
            names::walk(&function.body, &mut |stmt| names::expressions(stmt, &mut note));
        }
    }
    found
}

/// Modules that include at their top level what they do not name.
pub fn open(modules: &[Module]) -> HashSet<usize> {
    let mut found = HashSet::new();
    for (at, module) in modules
        .iter()
        .enumerate()
        .filter(|(_, module)| module.language == "php")
    {
        let mut note = |expr: &Expr| {
            if let ExprKind::Call { callee, args, .. } = &expr.kind
                && matches!(&callee.kind, ExprKind::Name(name) if &**name == "include")
                && args.first().is_none_or(|arg| literal_path(&arg.value).is_none())
            {
                found.insert(at);
            }
        };
        if let Some(top) = module.functions.first() {
            names::walk(&top.body, &mut |stmt| names::expressions(stmt, &mut note));
        }
    }
    found
}

/// Files that others run in the place of a call, or fill.
pub fn included(world: &World) -> HashSet<usize> {
    world.includes.values().chain(world.renders.values()).copied().collect()
}

/// Whether a flow goes from one page of PHP to another that no request runs together with it: what is global in a
/// request ends with it.
pub fn apart(world: &World, included: &HashSet<usize>, flow: &Flow) -> bool {
    let (Some(first), Some(last)) = (flow.hops.first(), flow.hops.last()) else {
        return false;
    };
    let page = |unit: u32| {
        let unit = &world.units[unit as usize];
        let php = world.modules[unit.module].language == "php";
        (php && unit.index == 0 && !included.contains(&unit.module)).then_some(unit.module)
    };
    // What is kept for the visitor is there in the next request.
    let kept = flow.hops.iter().any(|hop| {
        let file = world.units[hop.unit as usize].file;
        let text = &world.files[file.0 as usize].text;
        let lines = text.get(hop.span.start as usize..hop.span.end as usize);
        lines.is_some_and(|text| text.contains(SESSION))
    });
    let Some(from) = page(first.unit).filter(|_| !kept) else {
        return false;
    };
    let shown = |module: usize| world.renders.values().any(|to| *to == module);
    let elsewhere = |unit: u32| {
        let unit = &world.units[unit as usize];
        let php = world.modules[unit.module].language == "php";
        php && unit.index == 0 && unit.module != from && !shown(unit.module) && !runs(world, from, unit.module)
    };
    page(last.unit).is_some_and(|to| from != to)
        || flow
            .hops
            .iter()
            .any(|hop| included.contains(&world.units[hop.unit as usize].module) && elsewhere(hop.unit))
}

/// Whether a page runs a file, by what it includes and what that includes. A page that includes what it does not name
/// may run anything.
fn runs(world: &World, page: usize, file: usize) -> bool {
    let mut open = vec![page];
    let mut seen = BTreeSet::from([page]);
    while let Some(at) = open.pop() {
        if at == file || world.open_includes.contains(&at) {
            return true;
        }
        let targets = world.includes.iter().filter(|((from, _), _)| *from == at);
        open.extend(targets.map(|(_, to)| *to).filter(|to| seen.insert(*to)));
    }
    false
}

/// Where a path starts and its literal end, if that is a whole file name.
fn literal_path(expr: &Expr) -> Option<(Base, String)> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some((Base::Anywhere, text.to_string())),
        ExprKind::Binary(op, left, right) if &**op == "." => {
            let (_, text) = literal_path(right)?;
            match (folder(left), literal_path(left)) {
                (Some(levels), _) => Some((Base::Here(levels), text)),
                (None, Some((base, head))) => Some((base, head + &text)),
                // Something that is not known ends in a folder: the file name must be whole.
                (None, None) => (text.starts_with('/') || !text.starts_with('.')).then_some((Base::Anywhere, text)),
            }
        }
        ExprKind::Template(pieces) => match pieces.last().map(|piece| &piece.kind) {
            Some(ExprKind::Literal(Literal::Str(text))) if text.starts_with('/') => {
                Some((Base::Anywhere, text.to_string()))
            }
            _ => None,
        },
        ExprKind::Opaque(parts) if parts.len() == 1 => literal_path(&parts[0]),
        _ => None,
    }
}

/// `__DIR__`, `dirname(__FILE__)`, `dirname(__DIR__)` …: how many levels above the file's own folder.
fn folder(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Name(name) if &**name == "__DIR__" => Some(0),
        ExprKind::Call { callee, args, .. } if matches!(&callee.kind, ExprKind::Name(name) if &**name == "dirname") => {
            let more = match args.get(1).map(|arg| &arg.value.kind) {
                Some(ExprKind::Literal(Literal::Number(levels))) => levels.parse::<usize>().ok()?.saturating_sub(1),
                _ => 0,
            };
            match &args.first()?.value.kind {
                ExprKind::Name(name) if &**name == "__FILE__" => Some(more),
                _ => Some(folder(&args[0].value)? + 1 + more),
            }
        }
        ExprKind::Opaque(parts) if parts.len() == 1 => folder(&parts[0]),
        _ => None,
    }
}

/// The module that a path names as seen from a file: exactly, else the nearest whose path ends in it.
pub fn find<'p>(
    from: &str,
    base: Base,
    text: &str,
    by_name: &BTreeMap<&str, Vec<usize>>,
    path_of: &dyn Fn(usize) -> &'p str,
) -> Option<usize> {
    let own: Vec<&str> = from
        .split('/')
        .rev()
        .skip(1)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let wanted: Vec<&str> = text.split('/').collect();
    let named = by_name.get(wanted.last()?)?;
    let exact = |start: &[&str]| {
        let path = joined(start, &wanted)?;
        named.iter().copied().find(|at| path_of(*at) == path)
    };
    match base {
        Base::Here(levels) => return exact(own.get(..own.len().checked_sub(levels)?)?),
        Base::Anywhere => {
            if let Some(found) = exact(&own).or_else(|| exact(&[])) {
                return Some(found);
            }
        }
    }
    let plain: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    let ends = |at: &usize| {
        let path: Vec<&str> = path_of(*at).split('/').collect();
        path.ends_with(&plain)
    };
    let shared = |at: usize| path_of(at).split('/').zip(&own).take_while(|(a, b)| a == *b).count();
    named.iter().copied().filter(ends).max_by_key(|at| {
        (
            shared(*at),
            std::cmp::Reverse(path_of(*at).len()),
            std::cmp::Reverse(*at),
        )
    })
}

fn joined(start: &[&str], path: &[&str]) -> Option<String> {
    let mut parts = start.to_vec();
    for part in path {
        match *part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl<'f> Walker<'_, 'f> {
    /// Walks the included file here, with this place's variables; what it returns is the call's value.
    pub fn include(&mut self, call: &Expr, state: &mut State<'f>) -> Option<Value> {
        let module = *self.world.includes.get(&(self.module, call.span.start))?;
        if !self.may_run(module) {
            return Some(Value::default());
        }
        let (exit, gone) = self.run(module, state.clone());
        if let Some(mut last) = exit.state {
            last.ended = gone;
            *state = last;
        }
        Some(exit.returns)
    }

    /// Whether another module may be walked here: not inside itself, and not without end.
    pub fn may_run(&self, module: usize) -> bool {
        let again = self.included.contains(&module);
        !again && self.included.len() <= DEPTH && self.inclusions < FILES && self.fuel > 0
    }

    /// Walks the top level of another module in this state. Also tells whether no way leads out of its end.
    pub fn run(&mut self, module: usize, mut inside: State<'f>) -> (Exit<'f>, bool) {
        self.inclusions += 1;
        let text = &*self.world.files[self.world.modules[module].file.0 as usize].text;
        let outer = (
            std::mem::replace(&mut self.module, module),
            std::mem::replace(&mut self.here, 0),
            std::mem::replace(&mut self.inlined, vec![0]),
            std::mem::take(&mut self.repeats),
            std::mem::take(&mut self.breaks),
            std::mem::take(&mut self.continues),
            std::mem::replace(&mut self.text, text),
            std::mem::take(&mut self.labels),
        );
        let view = std::mem::replace(&mut self.view, Rc::new(View::of(self.world, module, 0)));
        self.included.push(module);
        self.exits.push(Exit::default());
        let body = self.world.modules[module]
            .functions
            .first()
            .map(|top| top.body.as_slice());
        self.block(body.unwrap_or_default(), &mut inside);
        let mut exit = self.exits.pop().unwrap_or_default();
        let gone = inside.ended && exit.state.is_none();
        merge(&mut exit.state, inside);
        self.included.pop();
        (
            self.module,
            self.here,
            self.inlined,
            self.repeats,
            self.breaks,
            self.continues,
            self.text,
            self.labels,
        ) = outer;
        self.view = view;
        (exit, gone)
    }

    /// Calls that make variables of a collection's keys, or a collection of variables' names.
    pub fn by_name(&mut self, name: &str, args: &[Arg], values: &[Value], state: &mut State<'f>) -> Option<Value> {
        if !self.named_globals() {
            return None;
        }
        match (name, args) {
            ("extract", [_, ..]) | ("parse_str" | "mb_parse_str", [_]) => {
                let mut before = state.read(UNPACKED);
                before.join(values[0].clone());
                state.write(UNPACKED, before);
                None
            }
            ("compact", _) => {
                let mut value = Value::default();
                for arg in args {
                    if let ExprKind::Literal(Literal::Str(name)) = &arg.value.kind {
                        let own = state.read(name);
                        value.parts.insert(format!("{SEP}{name}"), own.all());
                    }
                }
                Some(value)
            }
            _ => None,
        }
    }

    /// `$$name = …`: outside input names the variable that is written.
    pub fn variable_named(&mut self, target: &'f Expr, state: &mut State<'f>) {
        let named = || matches!(self.text.get(target.span.start as usize..), Some(text) if text.starts_with("$$") || text.starts_with("${"));
        if let ExprKind::Opaque(parts) = &target.kind
            && let [name] = parts.as_slice()
            && self.named_globals()
            && named()
        {
            let facts = self.eval(name, state).all();
            self.as_named("extract", false, name, &facts, target.span);
        }
    }

    /// `$name(…)`, `new $name(…)`: outside input names what runs.
    pub fn callee_named(&mut self, callee: &'f Expr, new: bool, span: Span, state: &mut State<'f>) {
        if !self.named_globals() {
            return;
        }
        let at = callee.span.start as usize;
        let variable = match &callee.kind {
            // A name is a variable by the sign in front of it.
            ExprKind::Name(name) => {
                at > 0 && self.text.as_bytes().get(at - 1) == Some(&b'$') && state.vars.contains_key(&self.slot(name))
            }
            ExprKind::Index(..) => true,
            _ => false,
        };
        if variable {
            let facts = outside(&self.eval(callee, state).all());
            let like = if new { "ReflectionClass" } else { "call_user_func" };
            self.as_named(like, new, callee, &facts, span);
        }
    }

    /// The sinks of a call that would be given `expr`.
    fn as_named(&mut self, function: &str, new: bool, expr: &Expr, facts: &Facts, span: Span) {
        if facts.is_empty() {
            return;
        }
        let args = [Arg {
            label: None,
            value: expr.clone(),
        }];
        let found = self
            .world
            .rules(self.module)
            .call(&[vec![function.into()]], &args, new, &|_| None);
        let cards: Vec<usize> = found
            .iter()
            .filter(|found| found.rule.purpose == Purpose::Sink)
            .filter_map(|found| found.rule.card)
            .collect();
        for card in cards {
            self.hit(card, facts, span, "a name that is not written out");
        }
    }

    /// What a variable holds that a text may have named.
    pub fn unpacked(&self, name: &Text, state: &State<'f>) -> Value {
        if !state.vars.contains_key(UNPACKED) || name.starts_with('_') {
            return Value::default();
        }
        Value::of(state.read(UNPACKED).part(name).all())
    }

    /// Whether the expression is a call that does not come back; it must have been evaluated.
    pub fn ends(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call { .. } => {
                let resolved = self.resolved.get(&(std::ptr::from_ref(expr) as usize));
                resolved.is_some_and(|resolved| resolved.ends)
            }
            ExprKind::Opaque(parts) if parts.len() == 1 => self.ends(&parts[0]),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_exactly_or_by_the_nearest_end() {
        let paths = ["a/page.php", "a/inc/top.php", "b/inc/top.php", "lib/db.php"];
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, path) in paths.iter().enumerate() {
            by_name.entry(path.rsplit('/').next().unwrap()).or_default().push(at);
        }
        let find = |from, base, text| find(from, base, text, &by_name, &|at| paths[at]);
        assert_eq!(find("a/page.php", Base::Here(0), "/inc/top.php"), Some(1));
        assert_eq!(find("a/page.php", Base::Here(1), "/b/inc/top.php"), Some(2));
        assert_eq!(find("a/page.php", Base::Here(0), "/db.php"), None);
        assert_eq!(find("a/page.php", Base::Anywhere, "../lib/db.php"), Some(3));
        assert_eq!(find("b/x/y.php", Base::Anywhere, "inc/top.php"), Some(2));
        assert_eq!(find("a/page.php", Base::Anywhere, "gone.php"), None);
    }
}
