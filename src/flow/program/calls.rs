//! Which functions of the project a call may reach.
//!
//! In: all modules with their scopes. Out: [`Directory`], asked once per call. Direct calls resolve by name, import,
//! file or receiver type; a method whose receiver is unknown resolves only when one class in the project has it.
//! Deliberately absent: function pointers, reflection and dynamic dispatch beyond declared base classes.
//! Start at [`Directory::targets`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::source::SourceFile;
use crate::syntax::form::{Expr, ExprKind, Function, Literal, Module, Stmt, StmtKind, Text};

use crate::flow::program::names::{self, Frame, Path};

/// Most targets kept for one call.
const TARGETS: usize = 4;
/// Method names that every second class has: never resolved by name alone.
const COMMON: [&str; 34] = [
    "get", "set", "add", "put", "run", "call", "close", "open", "read", "write", "send", "next", "init", "start",
    "stop", "update", "delete", "remove", "find", "execute", "query", "append", "push", "pop", "apply", "toString",
    "equals", "format", "join", "split", "replace", "map", "then", "parse",
];

/// A call as the directory sees it.
pub struct Site<'a> {
    pub module: usize,
    /// The calling function's class.
    pub class: Option<&'a Text>,
    pub callee: &'a Expr,
    pub paths: &'a [Path],
    pub args: usize,
    pub new: bool,
}

/// Every function of the project by the ways in which code can name it.
#[derive(Debug, Default)]
pub struct Directory {
    /// First unit of each module.
    pub first: Vec<u32>,
    /// Family of languages, directory and path segments of each module.
    places: Vec<Place>,
    by_name: HashMap<Text, Vec<u32>>,
    by_class: HashMap<Text, HashMap<Text, Vec<u32>>>,
    by_method: HashMap<Text, Vec<u32>>,
    bases: HashMap<Text, Vec<Text>>,
    derived: HashMap<Text, Vec<Text>>,
    modules: HashMap<Text, Vec<usize>>,
    arity: Vec<(usize, usize)>,
    public: Vec<bool>,
    owner: Vec<usize>,
    classless: Vec<bool>,
    /// Has no body: what an interface asks for, or a hook that does nothing.
    hollow: Vec<bool>,
}

#[derive(Debug)]
struct Place {
    family: &'static str,
    folder: Vec<Text>,
    segments: Vec<Text>,
}

fn family(language: &str) -> &'static str {
    match language {
        "rust" => "rust",
        "ruby" => "ruby",
        "python" => "python",
        "java" | "kotlin" => "java",
        "go" => "go",
        "c" | "cpp" => "c",
        "csharp" => "csharp",
        "php" => "php",
        _ => "javascript",
    }
}

/// Names under which anonymous functions can be called: the variable, field or key that holds them.
pub fn lambda_names(module: &Module) -> BTreeMap<usize, Text> {
    let mut found = BTreeMap::new();
    for function in &module.functions {
        names::walk(&function.body, &mut |stmt: &Stmt| {
            if let StmtKind::Assign { target, value, .. } = &stmt.kind
                && let (Some(name), ExprKind::Function(at)) = (tail(target), &value.kind)
            {
                found.insert(*at, name);
            }
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Collection(items) = &expr.kind {
                    for (key, value) in items {
                        if let (Some(name), ExprKind::Function(at)) = (key.as_ref().and_then(tail), &value.kind) {
                            found.insert(*at, name);
                        }
                    }
                }
            });
        });
    }
    found
}

/// Functions without a name of their own that the code around them puts where other files find them: what a module
/// exports or keeps at its top level, methods that a prototype is given. A handler that is set (`onload =`) is not.
pub fn held(module: &Module) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (at, function) in module.functions.iter().enumerate() {
        names::walk(&function.body, &mut |stmt: &Stmt| match &stmt.kind {
            StmtKind::Assign { target, value, .. } => {
                let field = matches!(&target.kind, ExprKind::Field(_, name) if !name.starts_with("on"));
                if field || (at == 0 && matches!(target.kind, ExprKind::Name(_))) {
                    holds(value, field, &mut found);
                }
            }
            // `export default function (…) { … }`
            StmtKind::Expr(expr) if at == 0 => holds(expr, false, &mut found),
            _ => {}
        });
    }
    found
}

fn holds(value: &Expr, deep: bool, found: &mut BTreeSet<usize>) {
    match &value.kind {
        ExprKind::Function(index) => drop(found.insert(*index)),
        ExprKind::Assign(_, value) => holds(value, deep, found),
        ExprKind::Collection(items) if deep => items.iter().for_each(|(_, item)| holds(item, false, found)),
        _ => {}
    }
}

fn tail(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) | ExprKind::Literal(Literal::Str(name)) => Some(name.clone()),
        _ => None,
    }
}

/// 1 where a method lists its receiver among its parameters.
pub fn shift(function: &Function, frame: &Frame) -> usize {
    match (&frame.receiver, function.params.first()) {
        (Some(receiver), Some(param)) if &param.name == receiver => 1,
        _ => 0,
    }
}

impl Directory {
    pub fn of(modules: &[Module], files: &[SourceFile], frames: &[Vec<Frame>]) -> Self {
        let mut directory = Self::default();
        let mut next = 0u32;
        for (at, module) in modules.iter().enumerate() {
            directory.first.push(next);
            let place = place(module, files);
            if let Some(last) = place.segments.last() {
                directory.modules.entry(last.clone()).or_default().push(at);
            }
            directory.places.push(place);
            for class in &module.classes {
                let bases = directory.bases.entry(class.name.clone()).or_default();
                for base in class.bases.iter().filter_map(|base| names::type_path(base)?.pop()) {
                    bases.push(base.clone());
                    directory.derived.entry(base).or_default().push(class.name.clone());
                }
            }
            let lambdas = lambda_names(module);
            for (index, function) in module.functions.iter().enumerate() {
                let unit = next + index as u32;
                let name = lambdas
                    .get(&index)
                    .filter(|_| &*function.name == "<lambda>")
                    .unwrap_or(&function.name);
                let skip = shift(function, &frames[at][index]);
                let needed = function
                    .params
                    .iter()
                    .skip(skip)
                    .filter(|param| param.default.is_none())
                    .count();
                directory
                    .arity
                    .push((needed, function.params.len().saturating_sub(skip)));
                directory.public.push(function.public);
                directory.owner.push(at);
                directory.classless.push(function.class_name.is_none());
                directory.hollow.push(hollow(function));
                match &function.class_name {
                    Some(class) => {
                        let methods = directory.by_class.entry(class.clone()).or_default();
                        methods.entry(name.clone()).or_default().push(unit);
                        directory.by_method.entry(name.clone()).or_default().push(unit);
                    }
                    None => directory.by_name.entry(name.clone()).or_default().push(unit),
                }
            }
            next += module.functions.len() as u32;
        }
        directory
    }

    /// Units that the call may reach, at most four; empty when the callee is not in the project.
    pub fn targets(&self, site: &Site) -> Vec<u32> {
        if let ExprKind::Function(index) = &site.callee.kind {
            return vec![self.first[site.module] + *index as u32];
        }
        let mut found = if site.new {
            self.constructors(site)
        } else {
            self.named(site)
        };
        found.sort_unstable();
        found.dedup();
        let fitting: Vec<u32> = found
            .iter()
            .copied()
            .filter(|&unit| self.takes(unit, site.args))
            .collect();
        if !fitting.is_empty() {
            found = fitting;
        }
        found.truncate(TARGETS);
        found
    }

    fn takes(&self, unit: u32, args: usize) -> bool {
        let (needed, most) = self.arity[unit as usize];
        (needed..=most).contains(&args)
    }

    fn constructors(&self, site: &Site) -> Vec<u32> {
        let classes = site.paths.iter().filter_map(|path| path.last());
        classes.flat_map(|class| self.constructor(site.module, class)).collect()
    }

    fn constructor(&self, module: usize, class: &Text) -> Vec<u32> {
        let names = ["initialize", "__init__", "constructor", "<init>", "__construct", class];
        self.method_of(module, class, &names)
    }

    fn method_of(&self, module: usize, class: &Text, names: &[&str]) -> Vec<u32> {
        for class in self.ancestors(class) {
            if let Some(methods) = self.by_class.get(&class) {
                let found = names.iter().filter_map(|name| methods.get(*name)).flatten().copied();
                let found: Vec<u32> = found.filter(|&unit| self.related(module, unit)).collect();
                if !found.is_empty() {
                    let near: Vec<u32> = found
                        .iter()
                        .copied()
                        .filter(|&unit| self.owner[unit as usize] == module)
                        .collect();
                    return if near.is_empty() { found } else { near };
                }
            }
        }
        Vec::new()
    }

    fn related(&self, module: usize, unit: u32) -> bool {
        self.places[module].family == self.places[self.owner[unit as usize]].family
    }

    fn named(&self, site: &Site) -> Vec<u32> {
        match &site.callee.kind {
            ExprKind::Name(name) => self.plain(site, name),
            ExprKind::Field(_, method) => self.member(site, method),
            _ => Vec::new(),
        }
    }

    fn plain(&self, site: &Site, name: &Text) -> Vec<u32> {
        if let Some(class) = site.class {
            let own = self.method_of(site.module, class, &[name]);
            if !own.is_empty() && !matches!(self.places[site.module].family, "python" | "php") {
                return own;
            }
        }
        let units = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let here = self.of_module(units, site.module);
        if !here.is_empty() {
            return here.to_vec();
        }
        // A variable that holds a function of this file.
        for alias in site
            .paths
            .iter()
            .filter_map(|path| <&[Text; 1]>::try_from(path.as_slice()).ok())
        {
            let held = self.by_name.get(&alias[0]).map(Vec::as_slice).unwrap_or_default();
            let held = self.of_module(held, site.module);
            if !held.is_empty() {
                return held.to_vec();
            }
        }
        for path in site.paths.iter().filter(|path| path.len() > 1) {
            let found = self.exported(site.module, path);
            if !found.is_empty() {
                return found;
            }
        }
        // `Foo(x)` constructs in Python and C++.
        let built: Vec<u32> = site
            .paths
            .iter()
            .filter_map(|path| path.last())
            .flat_map(|class| self.constructor(site.module, class))
            .collect();
        if !built.is_empty() {
            return built;
        }
        match self.places[site.module].family {
            "c" | "php" => self.linked(site.module, name),
            "ruby" => self.lone_method(site, name),
            "go" => units
                .iter()
                .copied()
                .filter(|&unit| self.same_folder(site.module, unit))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Those of the units, which come in order, that stand in this module.
    fn of_module<'u>(&self, units: &'u [u32], module: usize) -> &'u [u32] {
        let until = |module: usize| units.partition_point(|&unit| self.owner[unit as usize] < module);
        &units[until(module)..until(module + 1)]
    }

    /// The units that belong to the family, when one module has them all.
    fn of_one_module(&self, units: &[u32], module: usize) -> Vec<u32> {
        let related = |unit: &u32| self.related(module, *unit);
        let owner = |unit: &u32| self.owner[*unit as usize];
        let first = units.iter().find(|unit| related(unit)).map(owner);
        match first {
            Some(first) if units.iter().rev().find(|unit| related(unit)).map(owner) == Some(first) => {
                self.of_module(units, first).to_vec()
            }
            _ => Vec::new(),
        }
    }

    /// Whatever the linker may find under a name: this file first, then files of the same folder.
    fn linked(&self, module: usize, name: &Text) -> Vec<u32> {
        let units = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let own = self.of_module(units, module);
        if !own.is_empty() {
            return own.to_vec();
        }
        let all = units
            .iter()
            .copied()
            .filter(|&unit| self.public[unit as usize] && self.related(module, unit));
        let all: Vec<u32> = all.collect();
        let near: Vec<u32> = all
            .iter()
            .copied()
            .filter(|&unit| self.same_folder(module, unit))
            .collect();
        if near.is_empty() { all } else { near }
    }

    fn same_folder(&self, module: usize, unit: u32) -> bool {
        self.places[module].folder == self.places[self.owner[unit as usize]].folder
    }

    fn member(&self, site: &Site, method: &Text) -> Vec<u32> {
        for path in site.paths {
            let Some(class) = path.len().checked_sub(2).map(|at| &path[at]) else {
                continue;
            };
            let own = self.method_of(site.module, class, &[method]);
            if own.iter().any(|&unit| !self.hollow[unit as usize]) {
                return own;
            }
            // An interface or abstract class: what this one was made as, or whatever implements it.
            if let Some(derived) = self.derived.get(class) {
                let made = |path: &&Path| path.len() > 1 && derived.contains(&path[path.len() - 2]);
                let found: Vec<u32> = site
                    .paths
                    .iter()
                    .filter(made)
                    .flat_map(|path| self.method_of(site.module, &path[path.len() - 2], &[method]))
                    .collect();
                if !found.is_empty() {
                    return found;
                }
                let found: Vec<u32> = derived
                    .iter()
                    .flat_map(|class| self.method_of(site.module, class, &[method]))
                    .filter(|unit| own.is_empty() || !self.hollow[*unit as usize])
                    .collect();
                if !found.is_empty() {
                    return found;
                }
            }
            if !own.is_empty() {
                return own;
            }
            let found = self.exported(site.module, path);
            if !found.is_empty() {
                return found;
            }
        }
        let found = self.lone_method(site, method);
        if found.is_empty() && self.places[site.module].family == "c" {
            // `space::function(x)`
            return self.linked(site.module, method);
        }
        found
    }

    /// A method name that only one class of the project has, on a receiver of which nothing is known.
    fn lone_method(&self, site: &Site, method: &Text) -> Vec<u32> {
        let known = site.paths.iter().any(|path| path.len() > 2);
        if known || COMMON.contains(&&**method) || method.len() < 4 {
            return Vec::new();
        }
        let mut units = self.by_method.get(method).map(Vec::as_slice).unwrap_or_default();
        let javascript = self.places[site.module].family == "javascript";
        if javascript && !units.iter().any(|&unit| self.related(site.module, unit)) {
            units = self.by_name.get(method).map(Vec::as_slice).unwrap_or_default();
        }
        let found = self.of_one_module(units, site.module);
        if found.iter().any(|&unit| self.takes(unit, site.args)) {
            found
        } else {
            Vec::new()
        }
    }

    /// `path` minus its last segment names a file (or a folder in Go); the last segment is a function in it.
    fn exported(&self, from: usize, path: &Path) -> Vec<u32> {
        let Some((name, module)) = path.split_last() else {
            return Vec::new();
        };
        let mut best: (usize, Vec<usize>) = (0, Vec::new());
        let Some(key) = module.last() else { return Vec::new() };
        let Some(units) = self.by_name.get(name) else {
            return Vec::new();
        };
        for &at in self.modules.get(key).map(Vec::as_slice).unwrap_or_default() {
            if self.places[at].family != self.places[from].family {
                continue;
            }
            let shared = self.places[at]
                .segments
                .iter()
                .rev()
                .zip(module.iter().rev())
                .take_while(|(a, b)| a == b)
                .count();
            let near = usize::from(self.places[at].folder == self.places[from].folder);
            let score = shared * 2 + near;
            match score.cmp(&best.0) {
                std::cmp::Ordering::Greater => best = (score, vec![at]),
                std::cmp::Ordering::Equal => best.1.push(at),
                std::cmp::Ordering::Less => {}
            }
        }
        let held = best.1.iter().flat_map(|&module| self.of_module(units, module));
        held.copied().collect()
    }

    /// Functions of a class and its bases by name, for callers that already know the class.
    pub fn methods(&self, module: usize, class: &Text, name: &str) -> Vec<u32> {
        self.method_of(module, class, &[name])
    }

    /// The module that a unit stands in.
    pub fn module_of(&self, unit: u32) -> usize {
        self.owner[unit as usize]
    }

    /// Base classes as declared, by last segment, transitively.
    pub fn ancestors(&self, class: &Text) -> Vec<Text> {
        let mut found: Vec<Text> = vec![class.clone()];
        let mut at = 0;
        while at < found.len() && found.len() < 16 {
            for base in self.bases.get(&found[at]).into_iter().flatten() {
                if !found.contains(base) {
                    found.push(base.clone());
                }
            }
            at += 1;
        }
        found
    }
}

/// Nothing to run: no body, a text about it, or only the word that others have to write it.
fn hollow(function: &Function) -> bool {
    function.body.iter().all(|stmt| match &stmt.kind {
        StmtKind::Throw(_) => true,
        StmtKind::Expr(expr) => matches!(expr.kind, ExprKind::Literal(_)),
        _ => false,
    })
}

fn place(module: &Module, files: &[SourceFile]) -> Place {
    let path = &*files[module.file.0 as usize].path;
    let stem = path
        .rsplit_once('.')
        .filter(|(_, ext)| !ext.contains('/'))
        .map_or(path, |(stem, _)| stem);
    let mut segments: Vec<Text> = stem.split('/').map(Text::from).collect();
    let family = family(module.language);
    let folder = segments[..segments.len() - 1].to_vec();
    let package = matches!(segments.last().map(|last| &**last), Some("index" | "__init__" | "mod")) || family == "go";
    if package && segments.len() > 1 {
        segments.pop();
    }
    Place {
        family,
        folder,
        segments,
    }
}
