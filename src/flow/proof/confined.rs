//! Checks that confine: a resolved path that begins with a base, an address that begins on this site.
//!
//! In: the parts of a condition and the way it turned out. Out: [`Effect`]s on the paths that they are about.
//! Deliberately absent: whether the base is well chosen, and checks that one call makes by itself (`proofs`); a prefix
//! of an unresolved path proves nothing.
//! Start at [`Walker::confined`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal};

use crate::flow::program::names;
use crate::flow::proof::effects::Effect;
use crate::flow::proof::guards::dead;
use crate::flow::state::value::{Bits, DOTLESS, Fact, Mask, RELATIVE, RESOLVED, State};
use crate::flow::walk::taint::Walker;

/// Calls that ask what a text begins with, and calls that ask whether a path lies below another.
const BEGINS: [&str; 9] = [
    "startswith",
    "startsWith",
    "starts_with",
    "StartsWith",
    "HasPrefix",
    "start_with?",
    "str_starts_with",
    "is_relative_to",
    "isRelativeTo",
];
/// Functions that tell where one text stands in another, and that it stands nowhere.
pub const SEARCHES: [&str; 8] = [
    "strpos",
    "stripos",
    "mb_strpos",
    "mb_stripos",
    "strstr",
    "stristr",
    "str_contains",
    "strrpos",
];
/// Of those, the ones that give zero for a beginning; and those that give it for equal beginnings.
const FOUND_FIRST: [&str; 6] = ["strpos", "stripos", "mb_strpos", "strncmp", "strncasecmp", "indexOf"];
/// Calls that give a path as it really is.
const RESOLVES: [&str; 14] = [
    "realpath",
    "abspath",
    "normpath",
    "resolve",
    "getCanonicalPath",
    "getCanonicalFile",
    "toRealPath",
    "normalize",
    "canonicalize",
    "GetFullPath",
    "EvalSymlinks",
    "expand_path",
    "realpathSync",
    "Clean",
];

/// What the result of a call by this name says about a path that is made from its arguments. A path of Java that is
/// resolved against another is only joined to it.
pub fn resolves(name: &str, args: usize, language: &str) -> Bits {
    let joins = name == "resolve" && matches!(language, "java" | "kotlin");
    // `path.join` of Node leaves no `..` behind; a list is joined with one argument.
    let node = name == "join" && args > 1 && matches!(language, "javascript" | "typescript");
    let go = name == "Join" && args > 1 && language == "go";
    if (RESOLVES.contains(&name) && !joins) || node || go {
        RESOLVED
    } else {
        0
    }
}

/// Cards that what is known of a value by now leaves nothing to do for.
pub fn settles(fact: &Fact, paths: Mask) -> Mask {
    let both = DOTLESS | RELATIVE;
    if fact.bounds & both == both { paths } else { 0 }
}

impl<'f> Walker<'_, 'f> {
    /// What a call in a condition says about a path or an address.
    pub(in crate::flow) fn confined(
        &self,
        name: &str,
        base: Option<&'f Expr>,
        args: &'f [Arg],
        truth: bool,
        state: &State<'f>,
    ) -> Vec<Effect> {
        let (value, prefix) = match (base, args) {
            (_, [value]) if matches!(name, "isabs" | "isAbsolute" | "IsAbs") && !truth => {
                return self.bits(&value.value, RELATIVE, state);
            }
            (Some(base), [prefix, ..]) if self.subject(base, state).is_some() || args.len() == 1 => {
                (base, &prefix.value)
            }
            (_, [value, prefix]) => (&value.value, &prefix.value),
            _ => return Vec::new(),
        };
        if let (Some(whole), true) = (relative(value, state), BEGINS.contains(&name) && !truth) {
            // `relative(base, path).startsWith("..")`
            if begins_above(prefix) {
                return self.harmless(whole, self.world.about.paths, state);
            }
        }
        if matches!(name, "endswith" | "endsWith" | "ends_with" | "HasSuffix" | "EndsWith") && truth {
            return dead(self.seen(value, state));
        }
        if (SEARCHES.contains(&name) || matches!(name, "contains" | "includes" | "Contains")) && !truth {
            let found = self.dotless(prefix, value, state);
            if !found.is_empty() {
                return found;
            }
        }
        if !BEGINS.contains(&name) {
            return Vec::new();
        }
        match (&prefix.kind, truth) {
            (ExprKind::Literal(Literal::Str(text)), false) if &**text == "//" => {
                self.harmless(value, self.world.about.destination, state)
            }
            (ExprKind::Literal(Literal::Str(text)), false) if text.starts_with("..") => {
                self.below(value, DOTLESS, state)
            }
            (ExprKind::Literal(Literal::Str(text)), false) if matches!(&**text, "/" | "\\") => {
                self.bits(value, RELATIVE, state)
            }
            (ExprKind::Literal(Literal::Str(text)), true) if names_host(text) => {
                self.harmless(value, self.world.about.destination, state)
            }
            (ExprKind::Literal(Literal::Str(text)), true) if text.len() < 2 => Vec::new(),
            (_, true) => self.below(value, RESOLVED, state),
            _ => Vec::new(),
        }
    }

    /// `".." in name` that does not hold.
    pub(in crate::flow) fn dotless(&self, part: &Expr, whole: &'f Expr, state: &State<'f>) -> Vec<Effect> {
        if is_text(part, "/") {
            // Without a separator it is a name in the directory, if it is not the directory above.
            self.bits(whole, RELATIVE | DOTLESS, state)
        } else if is_text(part, "..") || is_text(part, "../") {
            self.bits(whole, DOTLESS, state)
        } else {
            Vec::new()
        }
    }

    /// `base in path.parents`: a resolved path that lies below the base.
    pub(in crate::flow) fn below_parent(&self, parents: &'f Expr, state: &State<'f>) -> Option<Effect> {
        match &parents.kind {
            ExprKind::Field(path, name) if &**name == "parents" => self.below(path, RESOLVED, state).pop(),
            _ => None,
        }
    }

    /// `commonpath([BASE, path]) == BASE`: the resolved paths among what is compared lie below it.
    pub(in crate::flow) fn common(&self, expr: &'f Expr, state: &State<'f>) -> Vec<Effect> {
        let ExprKind::Call { callee, args, .. } = &expr.kind else {
            return Vec::new();
        };
        let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
            return Vec::new();
        };
        if !matches!(&**name, "commonpath" | "commonprefix") {
            return Vec::new();
        }
        let items = args.iter().flat_map(|arg| match &arg.value.kind {
            ExprKind::Collection(items) => items.iter().map(|(_, item)| item).collect::<Vec<_>>(),
            _ => vec![&arg.value],
        });
        items.flat_map(|item| self.below(item, RESOLVED, state)).collect()
    }

    /// A list of PHP that this function made and that holds nothing from outside.
    pub(in crate::flow) fn made_here(&self, set: &Expr, state: &State<'f>) -> bool {
        let ExprKind::Name(name) = &set.kind else { return false };
        self.named_globals() && state.bound.contains_key(name) && state.read(&self.slot(name)).is_clean()
    }

    /// `strpos($path, BASE) === 0`, which asks what a text begins with; `hash_equals(hash_hmac(…, $data, KEY), $code)`,
    /// which says that the data is the program's own.
    pub(in crate::flow) fn begins_or_signed(
        &self,
        sides: [&'f Expr; 2],
        truth: bool,
        state: &State<'f>,
    ) -> Vec<Effect> {
        let [a, b] = sides;
        for (call, other) in [(a, b), (b, a)] {
            // `(string) (int) $id === $id`: it is written as a number is.
            if let (true, ExprKind::Cast(_, number)) = (truth, &call.kind)
                && let ExprKind::Cast(hint, whole) = &number.kind
                && names::is_numeric(hint)
                && self
                    .subject(whole, state)
                    .is_some_and(|path| self.subject(other, state) == Some(path))
            {
                return self.subject(other, state).map(Effect::Clean).into_iter().collect();
            }
            let call = match &call.kind {
                ExprKind::Name(name) => state.bound.get(name).copied().unwrap_or(call),
                _ => call,
            };
            let ExprKind::Call { callee, args, .. } = &call.kind else {
                continue;
            };
            let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
                continue;
            };
            if truth && let ("hash_hmac", [_, data, _, ..]) = (&**name, args.as_slice()) {
                let data = self.subject(&data.value, state);
                return data.map(Effect::Clean).into_iter().collect();
            }
            let zero = matches!(&other.kind, ExprKind::Literal(Literal::Number(number)) if &**number == "0");
            if zero && FOUND_FIRST.contains(&&**name) && args.len() > 1 {
                return self.confined("str_starts_with", None, &args[..2], truth, state);
            }
        }
        Vec::new()
    }

    fn harmless(&self, expr: &'f Expr, mask: Mask, state: &State<'f>) -> Vec<Effect> {
        let path = self.subject(expr, state);
        path.map(|path| Effect::Dead(path, mask)).into_iter().collect()
    }

    fn bits(&self, expr: &'f Expr, bits: Bits, state: &State<'f>) -> Vec<Effect> {
        let path = self.subject(expr, state);
        path.map(|path| Effect::Bound(path, bits)).into_iter().collect()
    }

    /// A path of which everything known was resolved before it was compared.
    fn below(&self, expr: &'f Expr, bits: Bits, state: &State<'f>) -> Vec<Effect> {
        let language = self.world.modules[self.module].language;
        if let (RESOLVED, Some(inner)) = (bits, resolved_here(expr, language)) {
            return self.harmless(inner, self.world.about.paths, state);
        }
        // `file.path` says of the file where it lies.
        if let ExprKind::Field(file, name) = &expr.kind
            && matches!(&**name, "path" | "absolutePath" | "FullName")
            && matches!(language, "kotlin" | "csharp")
        {
            return self.below(file, bits, state);
        }
        let Some(path) = self.subject(expr, state) else {
            return Vec::new();
        };
        let facts = state.read(&path).all();
        if facts.iter().all(|fact| fact.bounds & RESOLVED != 0) {
            vec![Effect::Dead(path, self.world.about.paths)]
        } else if bits == DOTLESS {
            vec![Effect::Bound(path, bits)]
        } else {
            Vec::new()
        }
    }
}

/// The path that an expression resolves where it stands: `realpath(path)`, `file.canonicalPath`.
fn resolved_here<'f>(expr: &'f Expr, language: &str) -> Option<&'f Expr> {
    match &expr.kind {
        ExprKind::Field(file, name) => canonical(name, language).then_some(&**file),
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (ExprKind::Field(_, name) | ExprKind::Name(name), [only]) if resolves(name, 1, language) != 0 => {
                Some(&only.value)
            }
            (ExprKind::Field(path, name), []) if resolves(name, 0, language) != 0 => Some(path),
            _ => None,
        },
        _ => None,
    }
}

/// Properties that give a path as it really is.
pub fn canonical(property: &str, language: &str) -> bool {
    language == "kotlin" && matches!(property, "canonicalPath" | "canonicalFile")
}

/// Whether a path is cleaned behind a root, which leaves no `..` in it: `path.Clean("/" + name)`.
pub fn rooted(name: &str, args: &[Arg], language: &str) -> Bits {
    fn at_root(expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(Literal::Str(text)) => text.starts_with('/'),
            ExprKind::Binary(op, first, _) => &**op == "+" && at_root(first),
            _ => false,
        }
    }
    let first = args.first().is_some_and(|arg| at_root(&arg.value));
    if language == "go" && matches!(name, "Clean" | "Join") && first {
        DOTLESS
    } else {
        0
    }
}

/// `https://example.org/`: the host is named, and ends.
fn names_host(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.and_then(|rest| rest.split_once('/'))
        .is_some_and(|(host, _)| host.contains('.') && !host.contains('@'))
}

/// The path of which another says how it lies to a base: `relative(base, path)`.
fn relative<'f>(expr: &'f Expr, state: &State<'f>) -> Option<&'f Expr> {
    let call = match &expr.kind {
        ExprKind::Name(name) => state.bound.get(name).copied()?,
        _ => expr,
    };
    let ExprKind::Call { callee, args, .. } = &call.kind else {
        return None;
    };
    match (&callee.kind, args.as_slice()) {
        (ExprKind::Field(_, name), [_, whole]) if matches!(&**name, "relative" | "Rel" | "GetRelativePath") => {
            Some(&whole.value)
        }
        _ => None,
    }
}

/// `".."`, `"../"`, `".." + SEPARATOR`
fn begins_above(prefix: &Expr) -> bool {
    match &prefix.kind {
        ExprKind::Literal(Literal::Str(text)) => text.starts_with(".."),
        ExprKind::Binary(op, first, _) => &**op == "+" && begins_above(first),
        _ => false,
    }
}

fn is_text(expr: &Expr, wanted: &str) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Literal::Str(text)) if &**text == wanted)
}
