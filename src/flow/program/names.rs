//! What a name in the code may mean: imports, local aliases and declared types turned into dotted paths.
//!
//! In: modules. Out: [`Scope`] per module, [`Frame`] per function, and [`Resolver::paths`] for an expression.
//! Deliberately absent: types that are not written down, and scoping rules of any one language.
//! Start at [`Resolver::paths`].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::cards::segments;
use crate::syntax::form::{Expr, ExprKind, Function, Literal, Module, Stmt, StmtKind, Text};

use crate::flow::program::gives::Gives;
use crate::flow::program::macros::Macros;
use crate::flow::program::tables::ADAPTERS;
pub use crate::flow::program::types::is_numeric;
use crate::flow::program::types::{is_unsigned, meanings};

/// A dotted name, outermost segment first.
pub type Path = Vec<Text>;

/// Most readings kept for one expression.
const READINGS: usize = 6;
/// How far aliases of aliases are followed.
const FOLLOW: usize = 6;

/// Names of one module.
#[derive(Debug, Default)]
pub struct Scope {
    pub imports: HashMap<Text, Path>,
    /// What macros of C stand for.
    pub macros: Arc<Macros>,
    /// What functions of the project give.
    pub gives: Arc<Gives>,
    /// Fields of classes declared here: what is known of their type or origin, by class and field name.
    pub fields: HashMap<(Text, Text), Vec<Path>>,
}

/// Names of one function.
#[derive(Debug, Default)]
pub struct Frame {
    /// Types and origins of locals and parameters; never read in iteration order.
    pub known: HashMap<Text, Vec<Path>>,
    /// Names that the function itself declares: parameters, declarations, typed or plain assignments.
    pub locals: HashSet<Text>,
    /// Names that a declaration or a type hint introduces.
    pub declared: HashSet<Text>,
    /// Names that the function takes from the top level by saying so.
    pub shared: HashSet<Text>,
    /// Declared with a type that has no negative values.
    pub unsigned: HashSet<Text>,
    /// The name of the receiver, where there is one.
    pub receiver: Option<Text>,
}

/// One function's view of names.
pub struct Resolver<'a> {
    pub module: &'a Module,
    pub scope: &'a Scope,
    /// Innermost function first, the module's top level last.
    pub frames: Vec<&'a Frame>,
    pub class: Option<Text>,
}

/// A dotted name as the code writes it, cut into segments.
pub fn path_of_text(text: &str) -> Path {
    let text = text.strip_prefix("node:").unwrap_or(text);
    segments(text).into_iter().map(Text::from).collect()
}

/// The class name in a type as written: without `const`, pointers, generics, arrays and nullability.
pub fn type_path(hint: &str) -> Option<Path> {
    let mut text = hint.trim().trim_start_matches(['*', '&', '[', ']', ' ', ':', '?', '.']);
    if let Some(rest) = text.strip_prefix('\'') {
        // A lifetime.
        text = rest
            .trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
            .trim_start();
    }
    for word in [
        "const ",
        "final ",
        "struct ",
        "class ",
        "unsigned ",
        "static ",
        "readonly ",
        "mut ",
        "dyn ",
        "impl ",
        "enum ",
        "volatile ",
    ] {
        text = text.trim_start().strip_prefix(word).unwrap_or(text.trim_start());
    }
    for wrapper in [
        "Optional[",
        "Annotated[",
        "Awaited<",
        "Promise<",
        "Task<",
        "Nullable<",
        "Mono<",
        "unique_ptr<",
        "shared_ptr<",
        "Box<",
        "Arc<",
        "Rc<",
        "RefCell<",
        "Mutex<",
        "RwLock<",
    ] {
        if let Some(at) = text.find(wrapper) {
            text = &text[at + wrapper.len()..];
        }
    }
    let end = text
        .find([
            '<', '[', '(', '*', '&', '|', '=', ',', '>', ']', ' ', '{', '"', '\'', '?',
        ])
        .unwrap_or(text.len());
    let path = path_of_text(text[..end].trim());
    (!path.is_empty()
        && path
            .iter()
            .all(|part| part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')))
    .then_some(path)
}

impl Scope {
    pub fn of(module: &Module) -> Self {
        let mut scope = Self::default();
        for import in &module.imports {
            let path = path_of_text(&import.path);
            if !import.local.is_empty() && !path.is_empty() {
                scope.imports.insert(import.local.clone(), path);
            }
        }
        for class in &module.classes {
            for (field, hint) in &class.fields {
                if let Some(path) = hint.as_deref().and_then(type_path) {
                    scope.note_field(&class.name, field, scope.qualify(path));
                }
            }
        }
        scope
    }

    fn note_field(&mut self, class: &Text, field: &Text, path: Path) {
        let known = self.fields.entry((class.clone(), field.clone())).or_default();
        stronger(known, &path);
        if known.len() < READINGS && !known.contains(&path) {
            known.push(path);
        }
    }

    /// Replaces a first segment that an import binds by what it is bound to.
    pub fn qualify(&self, path: Path) -> Path {
        match path.first().and_then(|first| self.imports.get(first)) {
            Some(full) => full.iter().chain(&path[1..]).cloned().collect(),
            None => path,
        }
    }

    /// Learns what methods store in fields of their object: `self.db = sqlite3.connect(...)`.
    pub fn learn_fields(&mut self, module: &Module, frames: &[Frame]) {
        let mut found = Vec::new();
        for (at, function) in module.functions.iter().enumerate() {
            if function.class_name.is_none() && at != 0 {
                continue;
            }
            let own = function.class_name.as_ref().zip(frames[at].receiver.as_ref());
            // What a class initialises a field with stands in the code around it, under the name of the class.
            let class = |name: &Text| match own {
                Some((class, receiver)) => (name == receiver).then_some(class),
                None => module.classes.iter().map(|class| &class.name).find(|own| *own == name),
            };
            let resolver = Resolver {
                module,
                scope: self,
                frames: vec![&frames[at]],
                class: function.class_name.clone(),
            };
            walk(&function.body, &mut |stmt| {
                if let StmtKind::Assign {
                    target, value, hint, ..
                } = &stmt.kind
                    && let ExprKind::Field(base, field) = &target.kind
                    && let ExprKind::Name(name) = &base.kind
                    && let Some(class) = class(name)
                {
                    let mut paths = resolver.paths(value);
                    paths.extend(hint.as_deref().and_then(type_path).map(|path| self.qualify(path)));
                    found.extend(paths.into_iter().map(|path| (class.clone(), field.clone(), path)));
                }
            });
        }
        for (class, field, path) in found {
            if path.len() > 1 || path.first().is_some_and(|first| first.starts_with(char::is_uppercase)) {
                self.note_field(&class, &field, path);
            }
        }
    }
}

/// Whether the code itself, functions in it aside, names one of these variables.
pub fn mentions(function: &Function, wanted: &[String]) -> bool {
    let mut found = false;
    if !wanted.is_empty() {
        walk(&function.body, &mut |stmt| {
            expressions(stmt, &mut |expr| {
                found |= matches!(&expr.kind, ExprKind::Name(name) if wanted.iter().any(|own| **own == **name));
            });
        });
    }
    found
}

/// Visits every statement of a body in order, nested ones included.
pub fn walk<'f>(body: &'f [Stmt], visit: &mut dyn FnMut(&'f Stmt)) {
    for stmt in body {
        visit(stmt);
        match &stmt.kind {
            StmtKind::If { then, otherwise, .. } => {
                walk(then, visit);
                walk(otherwise, visit);
            }
            StmtKind::Loop { body, .. } | StmtKind::Block(body) => walk(body, visit),
            StmtKind::Try {
                body,
                handlers,
                finally,
            } => {
                walk(body, visit);
                handlers.iter().for_each(|handler| walk(&handler.body, visit));
                walk(finally, visit);
            }
            _ => {}
        }
    }
}

/// Visits every expression that a statement evaluates itself, outermost first; nested statements are not entered.
pub fn expressions<'f>(stmt: &'f Stmt, visit: &mut dyn FnMut(&'f Expr)) {
    match &stmt.kind {
        StmtKind::Assign { target, value, .. } => {
            descend(value, visit);
            descend(target, visit);
        }
        StmtKind::Declare { size, .. } => size.iter().for_each(|size| descend(size, visit)),
        StmtKind::Expr(expr) | StmtKind::Delete(expr) => descend(expr, visit),
        StmtKind::Return(value) | StmtKind::Throw(value) => value.iter().for_each(|value| descend(value, visit)),
        StmtKind::If { cond, .. } => descend(cond, visit),
        StmtKind::Loop { binds, cond, .. } => {
            if let Some((target, values)) = binds {
                descend(values, visit);
                descend(target, visit);
            }
            cond.iter().for_each(|cond| descend(cond, visit));
        }
        StmtKind::Try { .. } | StmtKind::Break | StmtKind::Continue | StmtKind::Block(_) => {}
    }
}

/// Visits an expression and everything below it; bodies of lambdas are not entered.
pub fn descend<'f>(expr: &'f Expr, visit: &mut dyn FnMut(&'f Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Literal(_) | ExprKind::Function(_) => {}
        ExprKind::Field(base, _) | ExprKind::Unary(_, base) | ExprKind::Cast(_, base) => descend(base, visit),
        ExprKind::Address(base) | ExprKind::Deref(base) => descend(base, visit),
        ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) | ExprKind::Assign(left, right) => {
            descend(left, visit);
            descend(right, visit);
        }
        ExprKind::Call { callee, args, .. } => {
            descend(callee, visit);
            args.iter().for_each(|arg| descend(&arg.value, visit));
        }
        ExprKind::Template(parts) | ExprKind::Opaque(parts) => parts.iter().for_each(|part| descend(part, visit)),
        ExprKind::Collection(items) => {
            for (key, value) in items {
                key.iter().for_each(|key| descend(key, visit));
                descend(value, visit);
            }
        }
        ExprKind::Choice(cond, left, right) => [cond, left, right].into_iter().for_each(|part| descend(part, visit)),
    }
}

/// The receiver's name in a method: what the language says, or the first parameter in Python.
fn receiver(module: &Module, function: &Function) -> Option<Text> {
    function.class_name.as_ref()?;
    match module.language {
        "python" => function
            .params
            .first()
            .filter(|_| !is_static(function))
            .map(|param| param.name.clone()),
        "ruby" => Some("self".into()),
        "go" => {
            let own = |hint: &str| type_path(hint).and_then(|path| path.last().cloned()) == function.class_name;
            let first = function.params.first();
            first
                .filter(|param| param.hint.as_deref().is_some_and(own))
                .map(|param| param.name.clone())
        }
        _ if function.receiver => function.params.first().map(|param| param.name.clone()),
        _ => Some("this".into()),
    }
}

fn is_static(function: &Function) -> bool {
    function.annotations.iter().any(|note| &*note.name == "staticmethod")
}

impl Frame {
    /// `extra` gives types to parameters by position, where a framework model knows them.
    pub fn of(module: &Module, scope: &Scope, function: &Function, extra: &[(usize, Path)]) -> Self {
        let mut frame = Self {
            receiver: receiver(module, function),
            ..Self::default()
        };
        for (at, param) in function.params.iter().enumerate() {
            frame.locals.insert(param.name.clone());
            frame.declared.insert(param.name.clone());
            if param.hint.as_deref().is_some_and(is_unsigned) {
                frame.unsigned.insert(param.name.clone());
            }
            let hint = param.hint.as_deref().map(|hint| meanings(hint, module.language));
            for path in hint.unwrap_or_default() {
                frame.note(&param.name, scope.qualify(path));
            }
            for (_, path) in extra.iter().filter(|(position, _)| *position == at) {
                frame.note(&param.name, path.clone());
            }
        }
        let mut values: Vec<(&Text, &Expr)> = Vec::new();
        walk(&function.body, &mut |stmt| match &stmt.kind {
            StmtKind::Assign {
                target,
                value,
                hint,
                augmented: false,
            } => {
                if let ExprKind::Name(name) = &target.kind {
                    frame.locals.insert(name.clone());
                    if let Some(hint) = hint {
                        frame.declared.insert(name.clone());
                        frame.hint(scope, name, hint);
                    }
                    values.push((name, value));
                }
            }
            StmtKind::Declare { name, hint, .. } if hint.as_deref() == Some("global") => {
                frame.shared.insert(name.clone());
            }
            StmtKind::Declare { name, hint, .. } => {
                frame.locals.insert(name.clone());
                frame.declared.insert(name.clone());
                if let Some(hint) = hint {
                    frame.hint(scope, name, hint);
                }
            }
            StmtKind::Loop {
                binds: Some((target, _)),
                ..
            } => {
                if let ExprKind::Name(name) = &target.kind {
                    frame.locals.insert(name.clone());
                }
            }
            _ => {}
        });
        for (name, value) in values {
            let paths = {
                let class = function.class_name.clone();
                Resolver {
                    module,
                    scope,
                    frames: vec![&frame],
                    class,
                }
                .paths(value)
            };
            for path in paths {
                if let Some(known) = frame.known.get_mut(name) {
                    stronger(known, &path);
                }
                if path.first() != Some(name) {
                    frame.note(name, path);
                }
            }
        }
        frame
    }

    fn hint(&mut self, scope: &Scope, name: &Text, hint: &Text) {
        if is_unsigned(hint) {
            self.unsigned.insert(name.clone());
        }
        if let Some(path) = type_path(hint) {
            self.note(name, scope.qualify(path));
        }
    }

    fn note(&mut self, name: &Text, path: Path) {
        let known = self.known.entry(name.clone()).or_default();
        if known.len() < READINGS && !known.contains(&path) && path.len() < 12 {
            known.push(path);
        }
    }
}

impl Resolver<'_> {
    /// Every dotted path that the expression may stand for, likeliest first, at most six. Calls are looked through:
    /// `connect(x).cursor` reads as `sqlite3.connect.cursor`.
    pub fn paths(&self, expr: &Expr) -> Vec<Path> {
        let mut out = self.follow(expr, FOLLOW);
        out.truncate(READINGS);
        out
    }

    fn follow(&self, expr: &Expr, left: usize) -> Vec<Path> {
        if left == 0 {
            return Vec::new();
        }
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Field(base, field) => self.field(base, field, left),
            ExprKind::Index(base, key) => {
                let mut out = self.follow(base, left - 1);
                if let ExprKind::Literal(Literal::Str(key)) = &key.kind {
                    let keyed: Vec<Path> = out.iter().map(|path| extend(path, key)).collect();
                    out.splice(0..0, keyed);
                }
                out
            }
            ExprKind::Call { callee, args, new } => self.call(callee, args, *new, left),
            ExprKind::Cast(hint, inner) => {
                let mut out: Vec<Path> = type_path(hint)
                    .map(|path| self.scope.qualify(path))
                    .into_iter()
                    .collect();
                out.extend(self.follow(inner, left - 1));
                out
            }
            ExprKind::Unary(_, inner) | ExprKind::Address(inner) | ExprKind::Deref(inner) => {
                self.follow(inner, left - 1)
            }
            ExprKind::Assign(_, value) => self.follow(value, left - 1),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.follow(&parts[0], left - 1),
            // `given || default`, `cond ? first : second`
            ExprKind::Choice(_, first, second) => self.both(first, second, left),
            ExprKind::Binary(op, first, second) if &**op == "||" => self.both(first, second, left),
            _ => Vec::new(),
        }
    }

    fn both(&self, first: &Expr, second: &Expr, left: usize) -> Vec<Path> {
        let mut out = self.follow(first, left - 1);
        out.extend(self.follow(second, left - 1));
        out
    }

    fn name(&self, name: &Text) -> Vec<Path> {
        let mut out = Vec::new();
        for frame in &self.frames {
            if let Some(known) = frame.known.get(name) {
                out.extend(known.iter().cloned());
            }
            if frame.receiver.as_ref() == Some(name) {
                out.extend(self.class.clone().map(|class| vec![class]));
            }
            if frame.locals.contains(name) {
                break;
            }
        }
        if &**name == "super"
            && let Some(class) = &self.class
            && let Some(class) = self.module.classes.iter().find(|own| own.name == *class)
        {
            let bases = class.bases.iter().filter_map(|base| type_path(base));
            out.extend(bases.map(|path| self.scope.qualify(path)));
        }
        if let Some(class) = &self.class
            && let Some(known) = self.scope.fields.get(&(class.clone(), name.clone()))
            && !self.frames.first().is_some_and(|frame| frame.declared.contains(name))
        {
            out.extend(known.iter().cloned());
        }
        if let Some(path) = self.scope.imports.get(name) {
            out.extend_from_slice(self.scope.gives.held(self.module.language, path));
            out.push(path.clone());
        }
        if let Some(meanings) = self.scope.macros.get(name) {
            let plain = |meaning: &Expr| match &meaning.kind {
                ExprKind::Name(name) => Some(vec![name.clone()]),
                _ => None,
            };
            out.extend(meanings.iter().filter_map(plain));
        }
        out.push(vec![name.clone()]);
        out.dedup();
        out
    }

    fn field(&self, base: &Expr, field: &Text, left: usize) -> Vec<Path> {
        let mut out = Vec::new();
        for path in self.follow(base, left - 1) {
            // A path of one segment may be a class of this module whose field has a known type.
            if let [class] = path.as_slice()
                && let Some(known) = self.scope.fields.get(&(class.clone(), field.clone()))
            {
                out.extend(known.iter().cloned());
            }
            let fluent = path.iter().position(|part| part.starts_with(char::is_uppercase));
            if let Some(class) = fluent.filter(|class| self.module.language == "rust" && class + 1 < path.len()) {
                // `OpenOptions::new().read(true).open(x)`: a builder gives itself.
                out.push(extend(&path[..=class].to_vec(), field));
            }
            let whole = extend(&path, field);
            out.extend_from_slice(self.scope.gives.held(self.module.language, &whole));
            out.push(whole);
        }
        if out.is_empty() {
            // The receiver has no name at all (`(a + b).trim`): the method name alone still counts.
            out.push(vec!["?".into(), field.clone()]);
        }
        out
    }

    fn call(&self, callee: &Expr, args: &[crate::syntax::form::Arg], new: bool, left: usize) -> Vec<Path> {
        let first = args.first().map(|arg| &arg.value);
        let called = match &callee.kind {
            ExprKind::Name(name) | ExprKind::Field(_, name) => &**name,
            _ => "",
        };
        match (called, first.map(|arg| &arg.kind)) {
            ("require" | "import", Some(ExprKind::Literal(Literal::Str(module)))) => return vec![path_of_text(module)],
            ("promisify" | "move" | "Some" | "partial", Some(_)) => {
                return first.map(|arg| self.follow(arg, left - 1)).unwrap_or_default();
            }
            _ => {}
        }
        let found = self.follow(callee, left - 1);
        if new {
            return found;
        }
        if let ExprKind::Field(base, _) = &callee.kind
            && ADAPTERS.contains(&called)
        {
            return self.follow(base, left - 1);
        }
        let mut out = Vec::new();
        for path in found {
            let gives = &self.scope.gives;
            out.extend_from_slice(gives.call(self.module.language, &path, self.class.as_ref()));
            if let [.., owner, method] = path.as_slice()
                && owner.starts_with(char::is_uppercase)
                && ["get", "new", "create", "build", "open", "of", "from"]
                    .iter()
                    .any(|head| method.starts_with(head))
            {
                // A factory of a class gives that class: `Runtime.getRuntime()`, `Cipher.getInstance(x)`.
                out.push(path[..path.len() - 1].to_vec());
            }
            out.push(path);
        }
        out
    }
}

/// What was made as a better kind of what it is declared as is as good as that: a `Random` that is a `SecureRandom`.
fn stronger(known: &mut Vec<Path>, made: &Path) {
    if made.iter().any(|part| &**part == "SecureRandom") {
        known.retain(|path| path.last().is_none_or(|class| &**class != "Random"));
    }
}

fn extend(path: &Path, segment: &Text) -> Path {
    path.iter().cloned().chain([segment.clone()]).collect()
}

/// The expression as a dotted name, when it is nothing else.
pub fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Field(base, field) => Some(format!("{}.{field}", dotted(base)?)),
        _ => None,
    }
}
