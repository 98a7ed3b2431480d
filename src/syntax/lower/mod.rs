//! The one engine that lowers a syntax tree of any language into the common form.
//!
//! In: a tree and the [`Roles`] of its nodes. Out: a [`Module`].
//! It walks the tree once. `stmt.rs` and `expr.rs` dispatch on roles; `assign.rs` takes targets and declarators apart;
//! `define.rs`, `params.rs` and `class.rs` make functions and classes; `literal.rs` reads strings; `value.rs` makes values of
//! control flow.
//! Deliberately absent: language names. What differs between languages is in the queries.
//! Start at [`lower`].

mod assign;
mod class;
mod control;
mod define;
mod expr;
mod literal;
mod params;
mod stmt;
mod value;

use std::collections::{HashMap, HashSet};

use tree_sitter::{Node, TreeCursor};

use super::form::{Annotation, Class, Expr, ExprKind, Function, Module, Span, Stmt, StmtKind, Text};
use super::languages::Row;
use super::roles::{Entry, Role, Roles};
use super::{MAX_DEPTH, imports, whole};
use crate::source::SourceFile;

/// Names that a flattened node keeps at most.
const FLAT_NAMES: usize = 4096;

/// Lowers one parsed file; true when it nests deeper than [`MAX_DEPTH`], so that something of it was left out.
///
/// `text` is what was parsed: the file's own, or a spelling of it in which every byte stands where it stood.
pub(super) fn lower<'t>(
    file: &'t SourceFile,
    text: &'t str,
    row: &'static Row,
    roles: &'t Roles<'t>,
    root: Node<'t>,
) -> (Module, bool) {
    let mut engine = Engine {
        text,
        roles,
        cursor: root.walk(),
        names: HashMap::new(),
        classes: Vec::new(),
        functions: vec![Function {
            name: "<module>".into(),
            public: true,
            ..Function::default()
        }],
        pending: Vec::new(),
        before: Vec::new(),
        given: 0,
        locals: HashSet::new(),
        depth: 0,
        cut: false,
        place: Place::default(),
    };
    let body = engine.body(root);
    let mut functions = engine.functions;
    functions[0].body = body;
    functions[0].span = whole(&file.text);
    let module = Module {
        file: file.id,
        language: row.name,
        imports: imports::imports(row, roles, text),
        classes: engine.classes,
        functions,
        settings: Vec::new(),
        partial: engine.cut || root.has_error(),
    };
    (module, engine.cut)
}

/// What encloses the node being lowered.
#[derive(Debug, Clone, Default)]
struct Place {
    function: usize,
    /// Set while the direct members of a class are lowered.
    class: Option<(usize, Text)>,
    /// Inside a `switch`, where `break` does not leave a loop.
    switch: bool,
}

struct Engine<'t> {
    text: &'t str,
    roles: &'t Roles<'t>,
    cursor: TreeCursor<'t>,
    /// One allocation per distinct word of a file.
    names: HashMap<&'t str, Text>,
    classes: Vec<Class>,
    functions: Vec<Function>,
    /// Decorators met before the definition that they belong to.
    pending: Vec<Annotation>,
    /// Statements that must run before the one being lowered, since its value comes out of their control flow.
    before: Vec<Stmt>,
    /// Values named so far.
    given: usize,
    /// What the function at hand assigned so far, in languages where any other name calls a method.
    locals: HashSet<Text>,
    depth: usize,
    cut: bool,
    place: Place,
}

impl<'t> Engine<'t> {
    fn entry(&self, node: Node<'t>) -> Option<&'t Entry<'t>> {
        self.roles.of(node)
    }

    fn role(&self, node: Node<'t>) -> Option<Role> {
        self.entry(node).map(|entry| entry.role)
    }

    fn text(&self, node: Node<'t>) -> &'t str {
        text_of(node, self.text)
    }

    fn word(&mut self, word: &'t str) -> Text {
        self.names.entry(word).or_insert_with(|| word.into()).clone()
    }

    /// The named children that mean something: comments and what a query marks to be skipped are left out.
    fn children(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut found = Vec::new();
        self.cursor.reset(node);
        if self.cursor.goto_first_child() {
            loop {
                let child = self.cursor.node();
                if child.is_named() && (!child.is_extra() || child.is_error()) {
                    found.push(child);
                }
                if !self.cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        found.retain(|child| self.role(*child) != Some(Role::Skip));
        found
    }

    /// Runs `work` one level deeper, or says that there is no deeper level.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.cut = true;
            return None;
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        Some(result)
    }

    /// All names under a node that lies too deep, so that data still flows through it.
    fn flat(&mut self, node: Node<'t>) -> Expr {
        let mut names = Vec::new();
        let mut cursor = node.walk();
        'walk: loop {
            let here = cursor.node();
            if self.role(here) == Some(Role::Name) {
                let name = self.word(text_of(here, self.text));
                names.push(Expr {
                    kind: ExprKind::Name(name),
                    span: span_of(here),
                });
            }
            if names.len() >= FLAT_NAMES {
                break;
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    break 'walk;
                }
            }
        }
        Expr {
            kind: ExprKind::Opaque(names),
            span: span_of(node),
        }
    }
}

/// The text of a node; nothing when a parser limit left it outside the source.
pub(super) fn text_of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

pub(super) fn span_of(node: Node<'_>) -> Span {
    let (start, end) = (node.start_position(), node.end_position());
    // A node that swallows its line break ends at column 0 of the next line, which is not its own.
    let last = if end.column == 0 && end.row > start.row {
        end.row
    } else {
        end.row + 1
    };
    Span {
        start: node.start_byte() as u32,
        end: node.end_byte() as u32,
        line: start.row as u32 + 1,
        last: last as u32,
    }
}

fn stmt(kind: StmtKind, span: Span) -> Stmt {
    Stmt { kind, span }
}

fn expr(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}

fn opaque(children: Vec<Expr>, span: Span) -> Expr {
    expr(ExprKind::Opaque(children), span)
}
