//! What libraries of validation leave of outside input: schemas of zod, joi, yup and TypeBox, chains of
//! express-validator, JSON schemas of routes, and decorated fields of classes.
//!
//! In: expressions that describe a shape. Out: [`Schema`]s, by field what kind of text can be left; which part of a
//! request a schema is about where it stands before a handler. Deliberately absent: rules that only a run can decide
//! (`refine`, `transform`, `custom`), and whether anybody looks at what a validator found wrong.
//! Start at [`Schemas::read`], [`Schemas::before`] and [`Schemas::declared`].

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use crate::source::SourceFile;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Module, StmtKind, Text};

use crate::flow::program::names::Scope;
use crate::flow::proof::charsets::{self, Extent, PLAIN, Set};
use crate::regexes::fixed;

/// How deep schemas may stand in each other.
const DEEP: usize = 6;
/// Most fields kept of what stands before one handler.
const FIELDS: usize = 64;

/// What can be left of a value that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text and no object.
    Text,
    Number,
    /// One of those that the program lists, or made of plain words alone.
    Choice,
    /// Plain words, and these characters.
    Shape(Set),
}

/// The shape of a value, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    pub kind: Option<Kind>,
    pub fields: BTreeMap<Text, Schema>,
    pub each: Option<Box<Schema>>,
}

/// A place below a value, and what can be left there.
pub type Checked = Vec<(Vec<Text>, Kind)>;

impl Schema {
    fn of(kind: Kind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.kind.is_none() && self.fields.is_empty() && self.each.is_none()
    }

    /// Every place that it says something about.
    pub fn checked(&self, at: &[Text], out: &mut Checked) {
        if let Some(kind) = &self.kind {
            out.push((at.to_vec(), kind.clone()));
        }
        for (name, field) in self.fields.iter().take(FIELDS) {
            field.checked(&[at, std::slice::from_ref(name)].concat(), out);
        }
    }
}

/// What names at the top level of files stand for, where they may be schemas.
#[derive(Debug, Default)]
pub struct Schemas<'f> {
    held: HashMap<(usize, Text), &'f Expr>,
    /// By name alone, with the module; nothing where several files have one of that name.
    named: HashMap<Text, Option<(usize, &'f Expr)>>,
    classes: HashMap<Text, Schema>,
    /// Names of what comes from a library of validation, per module.
    libraries: Vec<HashMap<Text, Text>>,
    /// Somebody asks express-validator what it found.
    asked: bool,
}

static LIBRARY: [&str; 9] = [
    "zod",
    "joi",
    "yup",
    "typebox",
    "superstruct",
    "celebrate",
    "express-validator",
    "elysia",
    "valibot",
];

impl<'f> Schemas<'f> {
    pub fn of(modules: &'f [Module], files: &[SourceFile], scopes: &[Scope]) -> Self {
        let mut schemas = Self::default();
        for (at, module) in modules.iter().enumerate() {
            let mut own = HashMap::new();
            if matches!(module.language, "javascript" | "typescript") {
                for (name, path) in &scopes[at].imports {
                    if let Some(library) = path.iter().find(|part| LIBRARY.contains(&&***part)) {
                        own.insert(name.clone(), library.clone());
                    }
                }
                schemas.asked |= module
                    .imports
                    .iter()
                    .any(|import| import.path.ends_with("validationResult") || import.path.ends_with("matchedData"));
                schemas.hold(at, module);
                if module
                    .imports
                    .iter()
                    .any(|import| import.path.starts_with("class-validator"))
                {
                    schemas.classed(module, files);
                }
            }
            schemas.libraries.push(own);
        }
        schemas
    }

    fn hold(&mut self, at: usize, module: &'f Module) {
        let Some(top) = module.functions.first() else { return };
        for stmt in &top.body {
            let StmtKind::Assign { target, value, .. } = &stmt.kind else {
                continue;
            };
            let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &target.kind else {
                continue;
            };
            self.note(at, name, value);
            // `module.exports = { login: object({ … }) }`
            if let ExprKind::Collection(items) = &value.kind {
                for (key, item) in items {
                    if let (Some(key), ExprKind::Call { .. }) = (key.as_ref().and_then(word), &item.kind) {
                        self.note(at, &key, item);
                    }
                }
            }
        }
    }

    fn note(&mut self, at: usize, name: &Text, value: &'f Expr) {
        if !matches!(value.kind, ExprKind::Call { .. } | ExprKind::Collection(_)) {
            return;
        }
        self.held.insert((at, name.clone()), value);
        self.named
            .entry(name.clone())
            .and_modify(|known| *known = None)
            .or_insert(Some((at, value)));
    }

    /// Classes whose fields say by decorators what they hold.
    fn classed(&mut self, module: &Module, files: &[SourceFile]) {
        let text = &*files[module.file.0 as usize].text;
        for class in &module.classes {
            let body = text
                .get(class.span.start as usize..class.span.end as usize)
                .unwrap_or_default();
            let mut schema = Schema::default();
            let mut kind = None;
            for found in DECORATED.captures_iter(body) {
                if let Some(note) = found.get(1) {
                    let given = found.get(2).map_or("", |given| given.as_str());
                    kind = stronger(kind, decorated(note.as_str(), given));
                } else if let (Some(field), Some(kind)) = (found.get(3), kind.take()) {
                    schema.fields.insert(field.as_str().into(), Schema::of(kind));
                }
            }
            if !schema.is_empty() {
                self.classes.insert(class.name.clone(), schema);
            }
        }
    }

    /// The schema of a class whose fields are decorated.
    pub fn declared(&self, class: &str) -> Option<&Schema> {
        self.classes.get(class)
    }

    /// The schema that an expression stands for.
    pub fn read(&self, module: usize, expr: &Expr) -> Option<Schema> {
        self.shape(module, expr, DEEP).filter(|schema| !schema.is_empty())
    }

    fn shape(&self, module: usize, expr: &Expr, left: usize) -> Option<Schema> {
        if left == 0 {
            return None;
        }
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::Field(_, name) => {
                let (at, value) = self.meaning(module, name)?;
                self.shape(at, value, left - 1)
            }
            ExprKind::Call { callee, args, .. } => self.chain(module, callee, args, left),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.shape(module, &parts[0], left),
            ExprKind::Cast(_, inner) => self.shape(module, inner, left),
            _ => None,
        }
    }

    fn meaning(&self, module: usize, name: &Text) -> Option<(usize, &'f Expr)> {
        let own = self.held.get(&(module, name.clone())).map(|value| (module, *value));
        own.or_else(|| *self.named.get(name)?)
    }

    /// One link of a chain of calls: `z.string().uuid()`.
    fn chain(&self, module: usize, callee: &Expr, args: &[Arg], left: usize) -> Option<Schema> {
        let known = &self.libraries[module];
        let (mut schema, name) = match &callee.kind {
            ExprKind::Field(base, name) => match &base.kind {
                ExprKind::Name(root) if known.contains_key(root) => (Schema::default(), name),
                // `z.coerce.number()`
                ExprKind::Field(inner, _) if matches!(&inner.kind, ExprKind::Name(root) if known.contains_key(root)) => {
                    (Schema::default(), name)
                }
                _ => (self.shape(module, base, left)?, name),
            },
            ExprKind::Name(name) if known.contains_key(name) => (Schema::default(), name),
            _ => return None,
        };
        let first = args.first().map(|arg| &arg.value);
        match &**name {
            "object" | "Object" | "keys" | "shape" | "strictObject" | "extend" | "append" | "looseObject" => {
                if let Some(ExprKind::Collection(items)) = first.map(|first| &first.kind) {
                    for (key, value) in items {
                        if let (Some(key), Some(field)) =
                            (key.as_ref().and_then(word), self.shape(module, value, left - 1))
                        {
                            schema.fields.insert(key, field);
                        }
                    }
                }
            }
            "merge" | "concat" => {
                let other = first.and_then(|first| self.shape(module, first, left - 1));
                schema
                    .fields
                    .extend(other.map(|other| other.fields).unwrap_or_default());
            }
            "array" | "items" | "of" | "Array" => {
                let inner = first.and_then(|first| self.shape(module, first, left - 1));
                schema.each = inner.map(Box::new).or(schema.each);
            }
            "optional" | "nullable" | "nullish" | "Optional" | "Required" | "Readonly" | "defaulted"
                if first.is_some() && schema.is_empty() =>
            {
                schema = self.shape(module, first?, left - 1)?;
            }
            "pick" | "omit" | "partial" | "strict" | "strip" | "passthrough" => {}
            // A run decides what these let through, or what they make of it.
            "transform" | "any" | "unknown" | "record" | "when" | "alternatives" | "custom" | "preprocess" | "or"
            | "union" => schema = Schema::default(),
            name => schema.kind = stronger(schema.kind.take(), kind_of(name, args)),
        }
        Some(schema)
    }

    /// What is checked of a request where `args` stand before its handler, by the way from the request.
    pub fn before(&self, module: usize, args: &[Arg]) -> Checked {
        let mut out = Vec::new();
        args.iter()
            .for_each(|arg| self.stands(module, &arg.value, DEEP, &mut out));
        out.truncate(FIELDS);
        out
    }

    fn stands(&self, module: usize, expr: &Expr, left: usize, out: &mut Checked) {
        if left == 0 {
            return;
        }
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::Field(_, name) => {
                if let Some((at, value)) = self.meaning(module, name) {
                    self.stands(at, value, left - 1, out);
                }
            }
            ExprKind::Collection(items) if items.iter().all(|(key, _)| key.is_none()) => {
                items
                    .iter()
                    .for_each(|(_, item)| self.stands(module, item, left - 1, out));
            }
            ExprKind::Collection(items) => {
                for (key, value) in items {
                    let key = key.as_ref().and_then(word);
                    if let Some("schema" | "options" | "config" | "validate") = key.as_deref() {
                        self.parts(module, value, left, out);
                    }
                }
            }
            ExprKind::Unary(_, inner) => self.stands(module, inner, left - 1, out),
            ExprKind::Call { callee, args, .. } => self.middleware(module, callee, args, left, out),
            _ => {}
        }
    }

    /// `validate(schema)`, `celebrate({ body: schema })`, `body("name").isInt()`.
    fn middleware(&self, module: usize, callee: &Expr, args: &[Arg], left: usize, out: &mut Checked) {
        if let Some((part, field)) = self.field_of(module, callee, args) {
            let mut kind = None;
            links(callee, args, &mut |name, args| {
                kind = stronger(kind.take(), kind_of(name, args))
            });
            if let Some(kind) = kind.filter(|_| self.asked) {
                out.extend(
                    part.iter()
                        .map(|part| (vec![Text::from(*part), field.clone()], kind.clone())),
                );
            }
            return;
        }
        let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
            return;
        };
        let told = args
            .iter()
            .find_map(|arg| literal(&arg.value))
            .and_then(|text| part(&text));
        let part = told.or_else(|| part(name)).unwrap_or("body");
        for arg in args {
            if matches!(arg.value.kind, ExprKind::Collection(_)) {
                self.parts(module, &arg.value, left, out);
            } else if let Some(schema) = self.shape(module, &arg.value, left - 1) {
                let nested = !schema.fields.is_empty() && schema.fields.keys().all(|key| self::part(key).is_some());
                if nested {
                    for (key, field) in &schema.fields {
                        field.checked(&[self::part(key).unwrap_or("body").into()], out);
                    }
                } else {
                    schema.checked(&[part.into()], out);
                }
            } else if matches!(arg.value.kind, ExprKind::Call { .. }) {
                self.stands(module, &arg.value, left - 1, out);
            }
        }
    }

    /// `{ params: …, body: … }`, with schemas of a library or JSON schemas.
    fn parts(&self, module: usize, expr: &Expr, left: usize, out: &mut Checked) {
        if left == 0 {
            return;
        }
        let items = match &expr.kind {
            ExprKind::Collection(items) => items,
            ExprKind::Name(name) => match self.meaning(module, name) {
                Some((at, value)) => return self.parts(at, value, left - 1, out),
                None => return,
            },
            _ => return,
        };
        for (key, value) in items {
            let Some(key) = key.as_ref().and_then(word) else {
                continue;
            };
            if matches!(&*key, "validate" | "schema") {
                self.parts(module, value, left - 1, out);
                continue;
            }
            let Some(part) = part(&key) else { continue };
            let schema = self
                .shape(module, value, left - 1)
                .or_else(|| self.json(module, value, left - 1));
            schema
                .into_iter()
                .for_each(|schema| schema.checked(&[part.into()], out));
        }
    }

    /// A JSON schema, or an object of fields with a schema of a library each.
    fn json(&self, module: usize, expr: &Expr, left: usize) -> Option<Schema> {
        let items = match &expr.kind {
            ExprKind::Collection(items) if left > 0 => items,
            ExprKind::Name(name) if left > 0 => {
                let (at, value) = self.meaning(module, name)?;
                return self.json(at, value, left - 1);
            }
            _ => return None,
        };
        let mut schema = Schema::default();
        for (key, value) in items {
            let Some(key) = key.as_ref().and_then(word) else {
                continue;
            };
            let text = literal(value);
            let kind = match (&*key, text.as_deref()) {
                ("type", Some("integer" | "number" | "boolean")) => Some(Kind::Number),
                ("type", Some("string")) => Some(Kind::Text),
                ("enum" | "const", _) => Some(Kind::Choice),
                ("format", Some("uuid" | "date" | "date-time" | "ipv4" | "ipv6")) => Some(Kind::Choice),
                ("pattern", Some(regex)) => shaped(regex),
                _ => None,
            };
            schema.kind = stronger(schema.kind.take(), kind);
            match (&*key, &value.kind) {
                ("properties", ExprKind::Collection(fields)) => {
                    for (name, field) in fields {
                        if let (Some(name), Some(field)) =
                            (name.as_ref().and_then(word), self.json(module, field, left - 1))
                        {
                            schema.fields.insert(name, field);
                        }
                    }
                }
                ("items", _) => schema.each = self.json(module, value, left - 1).map(Box::new),
                (_, ExprKind::Call { .. }) => {
                    let field = self.shape(module, value, left - 1);
                    field
                        .into_iter()
                        .for_each(|field| drop(schema.fields.insert(key.clone(), field)));
                }
                _ => {}
            }
        }
        Some(schema)
    }

    /// The field of a request at the start of a chain of express-validator.
    fn field_of(&self, module: usize, callee: &Expr, args: &[Arg]) -> Option<(&'static [&'static str], Text)> {
        match &callee.kind {
            ExprKind::Field(base, _) => match &base.kind {
                ExprKind::Call { callee, args, .. } => self.field_of(module, callee, args),
                _ => None,
            },
            ExprKind::Name(name)
                if self.libraries[module]
                    .get(name)
                    .is_some_and(|own| &**own == "express-validator") =>
            {
                let parts: &[&str] = match &**name {
                    "body" => &["body"],
                    "query" => &["query"],
                    "param" => &["params"],
                    "cookie" => &["cookies"],
                    "header" => &["headers"],
                    "check" => &["body", "query", "params"],
                    _ => return None,
                };
                Some((parts, literal(&args.first()?.value)?))
            }
            _ => None,
        }
    }
}

/// Every link of a chain of calls.
fn links(callee: &Expr, args: &[Arg], visit: &mut dyn FnMut(&str, &[Arg])) {
    if let ExprKind::Field(base, name) = &callee.kind {
        if let ExprKind::Call { callee, args, .. } = &base.kind {
            links(callee, args, visit);
        }
        visit(name, args);
    }
}

/// Decorators with what they are given, and the fields that they stand before.
static DECORATED: LazyLock<Regex> = LazyLock::new(|| {
    let text =
        r"@(\w+)\s*\(((?:[^()]|\([^()]*\))*)\)|(?m:^\s*(?:(?:public|private|protected|readonly)\s+)*(\w+)[!?]?\s*:)";
    fixed(text)
});

fn decorated(note: &str, given: &str) -> Option<Kind> {
    match note {
        "IsInt" | "IsNumber" | "IsBoolean" | "IsDate" | "IsPositive" | "IsNegative" => Some(Kind::Number),
        "IsIn" | "IsEnum" | "IsUUID" | "IsMongoId" | "IsAlphanumeric" | "IsAlpha" | "IsISO8601" | "IsDateString"
        | "IsIP" | "IsHexadecimal" | "IsNumberString" | "IsBooleanString" => Some(Kind::Choice),
        "IsString" | "IsEmail" | "IsUrl" | "Length" | "MaxLength" | "MinLength" => Some(Kind::Text),
        "Matches" => {
            let body = given.trim().strip_prefix('/')?;
            shaped(&body[..body.rfind('/')?])
        }
        _ => None,
    }
}

/// What a link of a chain leaves.
fn kind_of(name: &str, args: &[Arg]) -> Option<Kind> {
    match name {
        "number" | "int" | "integer" | "bigint" | "boolean" | "bool" | "date" | "Number" | "Integer" | "Boolean"
        | "port" | "toInt" | "toFloat" | "toBoolean" | "toDate" => Some(Kind::Number),
        "enum" | "nativeEnum" | "literal" | "oneOf" | "valid" | "equal" | "uuid" | "guid" | "cuid" | "cuid2"
        | "nanoid" | "ulid" | "datetime" | "ip" | "hex" | "isoDate" | "alphanum" | "token" | "Literal" | "Enum"
        | "isIn" | "isInt" | "isNumeric" | "isFloat" | "isDecimal" | "isUUID" | "isMongoId" | "isAlphanumeric"
        | "isAlpha" | "isBoolean" | "isISO8601" | "isDate" | "isHexadecimal" | "isIP" | "isSlug" | "isJWT"
        | "isPort" => Some(Kind::Choice),
        "hostname" | "domain" | "isFQDN" => Some(Kind::Shape(PLAIN | charsets::set("."))),
        "regex" | "pattern" | "matches" => shaped(&literal(&args.first()?.value)?),
        "string" | "String" | "isString" | "email" | "url" | "uri" | "isEmail" | "isURL" => Some(Kind::Text),
        _ => None,
    }
}

fn shaped(regex: &str) -> Option<Kind> {
    charsets::left(regex, Extent::Part).map(|left| match left & !PLAIN {
        0 => Kind::Choice,
        _ => Kind::Shape(left),
    })
}

/// Of two things that hold, the one that leaves less.
fn stronger(known: Option<Kind>, more: Option<Kind>) -> Option<Kind> {
    let rank = |kind: &Kind| match kind {
        Kind::Text => 0,
        Kind::Shape(_) => 1,
        Kind::Number => 2,
        Kind::Choice => 3,
    };
    match (known, more) {
        (Some(known), Some(more)) => Some(if rank(&more) > rank(&known) { more } else { known }),
        (known, more) => known.or(more),
    }
}

/// The part of a request that a word names.
pub fn part(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    match () {
        () if word.contains("query") => Some("query"),
        () if word.contains("param") => Some("params"),
        () if word == "payload" => Some("payload"),
        () if word.contains("body") || matches!(&*word, "json" | "form") => Some("body"),
        () if word.contains("header") => Some("headers"),
        () if word.contains("cookie") => Some("cookies"),
        () => None,
    }
}

fn word(key: &Expr) -> Option<Text> {
    match &key.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) => Some(name.clone()),
        _ => literal(key),
    }
}

fn literal(expr: &Expr) -> Option<Text> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.clone()),
        ExprKind::Call { callee, args, .. } if matches!(&callee.kind, ExprKind::Name(name) if &**name == "RegExp") => {
            literal(&args.first()?.value)
        }
        _ => None,
    }
}
