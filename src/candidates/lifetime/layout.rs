//! What must be known of the whole project before one function is walked: how structures lie in memory, globals, names
//! for types, and macros with parameters.
//!
//! In: the scene. Out: a [`Program`]. Deliberately absent: the order of the walk (`order`). Start at [`Program::of`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use crate::candidates::Scene;
use crate::regexes::fixed;
use crate::syntax::form::{Expr, ExprKind, Literal, StmtKind, Text};

use super::memory::{bytes_of, without};
use super::named::Named;

static TYPEDEF: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?m)^[ \t]*typedef\s+((?:unsigned|signed|long|short|int|char|[a-z0-9]+_t)(?:\s+(?:long|short|int|char))*)\s+([A-Za-z_]\w*)\s*;",
    )
});
static MACRO: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?m)^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)\(((?:[^\\\n]|\\\n|\\.)*)"));

/// Most characters of one macro's body that are looked at.
const BODY: usize = 600;

/// A structure or union.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// Bytes, where every field is plain.
    pub size: Option<i128>,
    pub fields: BTreeMap<Text, Text>,
    pub union: bool,
    /// Whether code runs when one is made.
    pub built: bool,
}

/// A variable outside functions.
#[derive(Debug, Clone)]
pub struct Global<'a> {
    pub hint: Text,
    pub size: Option<&'a Expr>,
    /// Bytes of an array that is as large as what it begins with.
    pub bytes: Option<i128>,
    /// Known in its own file only.
    pub own: bool,
}

#[derive(Debug, Default)]
pub struct Program<'a> {
    pub shapes: HashMap<Text, Shape>,
    /// Types of fields by name, where all structures agree.
    pub fields: HashMap<Text, Text>,
    /// Per module.
    pub globals: Vec<HashMap<Text, Global<'a>>>,
    /// What a name for a plain type stands for.
    types: HashMap<String, String>,
    /// Bodies of macros with parameters.
    pub macros: HashMap<String, String>,
    /// Numbers that have a name.
    pub named: Named,
}

impl<'a> Program<'a> {
    pub fn of(scene: &Scene<'a>) -> Self {
        let mut program = Self::default();
        let c = |language: &str| matches!(language, "c" | "cpp");
        let texts = scene.forest.modules.iter().filter(|module| c(module.language));
        program.named = Named::of(texts.map(|module| &*scene.snapshot.file(module.file).text));
        for file in scene.forest.modules.iter().filter(|module| c(module.language)) {
            let text = &scene.snapshot.file(file.file).text;
            for found in TYPEDEF.captures_iter(text) {
                let words = found[1].split_whitespace().collect::<Vec<_>>().join(" ");
                program.types.entry(found[2].to_owned()).or_insert(words);
            }
            for found in MACRO.captures_iter(text) {
                let body: String = found[2].chars().take(BODY).collect();
                program.macros.entry(found[1].to_owned()).or_insert(body);
            }
        }
        program.structures(scene);
        for module in &scene.forest.modules {
            let mut globals = HashMap::new();
            let top = module.functions.first().filter(|_| c(module.language));
            for stmt in top.map(|top| top.body.as_slice()).unwrap_or_default() {
                let text = || scene.snapshot.file(module.file).text.get(stmt.span.start as usize..);
                let own = || text().is_some_and(|text| text.trim_start().starts_with("static"));
                match &stmt.kind {
                    StmtKind::Declare {
                        name,
                        hint: Some(hint),
                        size,
                    } => {
                        let (hint, size) = (hint.clone(), size.as_ref());
                        let (bytes, own) = (None, own());
                        globals.insert(name.clone(), Global { hint, size, bytes, own });
                    }
                    StmtKind::Assign {
                        target,
                        value,
                        hint: Some(hint),
                        ..
                    } => {
                        let Some(name) = crate::flow::program::names::dotted(target) else {
                            continue;
                        };
                        let line = stmt.span.start as usize..stmt.span.end as usize;
                        let whole = scene.snapshot.file(module.file).text.get(line).unwrap_or_default();
                        let bytes = program.initialised(whole, &name, hint, value);
                        let hint = hint.clone();
                        globals.entry(name.into()).or_insert_with(|| Global {
                            hint,
                            size: None,
                            bytes,
                            own: own(),
                        });
                    }
                    _ => {}
                }
            }
            program.globals.push(globals);
        }
        program
    }

    /// Structures, their sizes where every field is plain, and types of fields.
    fn structures(&mut self, scene: &Scene) {
        let mut odd: BTreeSet<Text> = BTreeSet::new();
        let mut named: Vec<(Text, Text)> = Vec::new();
        let c = |language: &str| matches!(language, "c" | "cpp");
        for module in scene.forest.modules.iter().filter(|module| c(module.language)) {
            for (at, class) in module.classes.iter().enumerate() {
                if let (true, Some(base)) = (class.fields.is_empty(), class.bases.first()) {
                    named.push((class.name.clone(), base.clone()));
                }
                let start = class.span.start as usize;
                let text = scene
                    .snapshot
                    .file(module.file)
                    .text
                    .get(start..start + 16)
                    .unwrap_or_default();
                let own = |function: &&crate::syntax::form::Function| function.class == Some(at);
                let mut shape = Shape {
                    union: text.starts_with("union") || text.starts_with("typedef union"),
                    built: module
                        .functions
                        .iter()
                        .filter(own)
                        .any(|function| function.name == class.name)
                        || !class.bases.is_empty(),
                    ..Shape::default()
                };
                for (field, hint) in &class.fields {
                    let Some(hint) = hint else { continue };
                    shape.fields.insert(field.clone(), hint.clone());
                    if self
                        .fields
                        .insert(field.clone(), hint.clone())
                        .is_some_and(|known| known != *hint)
                    {
                        odd.insert(field.clone());
                    }
                }
                shape.size = self.size(&shape).filter(|_| class.bases.is_empty());
                if !shape.fields.is_empty() {
                    self.shapes.entry(class.name.clone()).or_insert(shape);
                }
            }
        }
        for (name, base) in named {
            if let Some(shape) = self.shapes.get(&base).cloned() {
                self.shapes.entry(name).or_insert(shape);
            }
        }
        self.fields.retain(|name, _| !odd.contains(name));
    }

    fn size(&self, shape: &Shape) -> Option<i128> {
        let (mut total, mut widest) = (0i128, 1i128);
        for hint in shape.fields.values() {
            let (each, count) = self.part(hint)?;
            widest = widest.max(each.min(8));
            let bytes = each * count;
            total = if shape.union { total.max(bytes) } else { total + bytes };
        }
        (total > 0).then(|| (total + widest - 1) / widest * widest)
    }

    /// Bytes of one element and how many there are: `char[16]` gives 1 and 16.
    pub fn part(&self, hint: &str) -> Option<(i128, i128)> {
        let (each, sizes) = hint.split_once('[').unwrap_or((hint, ""));
        let mut count = 1;
        for size in sizes.split('[').filter(|size| !size.is_empty()) {
            let size = size.trim_end_matches(']').trim();
            count *= size.parse::<i128>().ok().or_else(|| self.named.number(size))?;
        }
        Some((self.bytes(each)?, count))
    }

    /// Bytes of an array whose size is that of what it begins with: `char x[] = "text"`.
    pub fn initialised(&self, text: &str, name: &str, hint: &str, value: &Expr) -> Option<i128> {
        let head = text.split('=').next()?;
        let rest = head.rsplit_once(name)?.1.trim();
        let empty = rest
            .strip_prefix('[')
            .and_then(|rest| rest.trim_start().strip_prefix(']'))
            .is_some_and(str::is_empty);
        let hint = hint.split('[').next().unwrap_or_default();
        match &value.kind {
            _ if !empty => None,
            ExprKind::Literal(Literal::Str(text)) => Some(super::walk::characters(text) + 1),
            ExprKind::Collection(items) if items.iter().all(|(key, _)| key.is_none()) => {
                self.bytes(hint)?.checked_mul(items.len() as i128)
            }
            _ => None,
        }
    }

    /// Bytes of a type.
    pub fn bytes(&self, hint: &str) -> Option<i128> {
        let hint = hint.trim();
        bytes_of(hint)
            .or_else(|| bytes_of(self.types.get(hint)?))
            .or_else(|| self.shape(hint)?.size)
    }

    /// The structure that a type names, unless it is a pointer to one.
    pub fn shape(&self, hint: &str) -> Option<&Shape> {
        let hint = hint.trim().trim_end_matches('&').trim();
        let name = ["const ", "static ", "struct ", "union "]
            .into_iter()
            .fold(hint, without);
        self.shapes.get(name)
    }

    /// The plain type that a name stands for, or the name itself.
    pub fn plain<'t>(&'t self, hint: &'t str) -> &'t str {
        self.types.get(hint.trim()).map_or(hint, String::as_str)
    }
}
