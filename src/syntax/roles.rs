//! Roles: what a node of a syntax tree is in the common form, and which of its children play which part.
//!
//! In: the `.scm` files of one language and a parsed tree. Out: [`Roles`], a map from node to role and parts.
//! A capture `@if` names the role of a node and `@if.cond` a part of it, a [`Slot`]. Several patterns may speak of one
//! node: the same role adds its parts together, of two different roles the pattern written later wins. Captures
//! that start with `_` only serve predicates. A pattern may say `(#set! word "echo")`: the word under which the common
//! form knows the node, where the language writes a sign or another word.
//! Deliberately absent: any knowledge of a language. Start at [`Query::compile`] and [`Query::roles`].

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::ControlFlow;
use std::time::Instant;

use streaming_iterator::StreamingIterator;
use tree_sitter::{Language, Node, QueryCursor, QueryCursorOptions};

use super::form::Text;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant),* }

        impl $name {
            fn named(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// The first word of a capture.
    Role {
        Name = "name", Field = "field", Index = "index", Call = "call", New = "new", Str = "str", Text = "text",
        Hole = "hole", Concat = "concat", Number = "number", True = "true", False = "false", Null = "null",
        Binary = "binary", Chain = "chain", Unary = "unary", Choice = "choice", Assign = "assign",
        Function = "function", Collection = "collection", Pair = "pair", Shorthand = "shorthand", Parts = "parts",
        List = "list", Cast = "cast", Same = "same", Spread = "spread", Labelled = "labelled",
        Comprehension = "comprehension", Each = "each", Pattern = "pattern", Fields = "fields", Default = "default",
        Param = "param", Declaration = "declaration", Declarator = "declarator", Return = "return", Throw = "throw",
        Assert = "assert", If = "if", Elif = "elif", Loop = "loop", Switch = "switch", Case = "case", Try = "try",
        Handler = "handler", With = "with", Defer = "defer", Break = "break", Continue = "continue",
        Delete = "delete", Block = "block", Class = "class", Member = "member", Import = "import",
        Annotation = "annotation", Skip = "skip", Path = "path", Jump = "jump", Format = "format",
        Own = "own", Called = "called", Heredoc = "heredoc", Later = "later",
    }
}

words! {
    /// The second word of a capture.
    Slot {
        Name = "name", Base = "base", Key = "key", Label = "label", Callee = "callee", Args = "args", Arg = "arg",
        Value = "value", Left = "left", Right = "right", Op = "op", Cond = "cond", Then = "then", Else = "else",
        Init = "init", Step = "step", Target = "target", Iterable = "iterable", Body = "body", After = "after",
        Item = "item", Handler = "handler", Finally = "finally", Caught = "caught", Binds = "binds", Hint = "hint",
        Size = "size", Array = "array", Mark = "mark", Params = "params", Param = "param", Returns = "returns",
        Receiver = "receiver", Annotation = "annotation", Hidden = "hidden", Bound = "bound", Static = "static",
        Declarator = "declarator", Field = "field", Path = "path", Member = "member", Local = "local",
        Wildcard = "wildcard", Tail = "tail", It = "it",
    }
}

/// A node's role and its parts in source order.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub role: Role,
    /// What a pattern calls the node, whatever the text says.
    pub word: Option<Text>,
    pattern: usize,
    parts: Vec<Part<'t>>,
}

/// One part with the pattern that named it.
type Part<'t> = (Slot, Node<'t>, usize);

impl<'t> Entry<'t> {
    /// The part named for this slot by the pattern written last, which is the most specific one.
    pub fn one(&self, slot: Slot) -> Option<Node<'t>> {
        self.parts
            .iter()
            .filter(|part| part.0 == slot)
            .max_by_key(|part| part.2)
            .map(|part| part.1)
    }

    /// Every part of this slot in source order.
    pub fn many(&self, slot: Slot) -> Vec<Node<'t>> {
        let mut nodes: Vec<_> = self
            .parts
            .iter()
            .filter(|part| part.0 == slot)
            .map(|part| part.1)
            .collect();
        nodes.sort_by_key(|node| (node.start_byte(), node.end_byte()));
        nodes.dedup_by_key(|node| node.id());
        nodes
    }

    pub fn has(&self, slot: Slot) -> bool {
        self.parts.iter().any(|part| part.0 == slot)
    }

    /// Whether `node` is one of the parts.
    pub fn claims(&self, node: Node<'t>) -> bool {
        self.parts.iter().any(|part| part.1.id() == node.id())
    }

    fn add(&mut self, parts: impl Iterator<Item = Part<'t>>) {
        self.parts.extend(parts);
    }
}

/// Node ids are addresses, so one multiplication spreads them well enough.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(*byte as usize);
        }
    }

    fn write_usize(&mut self, id: usize) {
        self.0 = (self.0 ^ id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// What the queries of a language say about one tree.
#[derive(Debug, Default)]
pub(super) struct Roles<'t> {
    map: HashMap<usize, Entry<'t>, BuildHasherDefault<IdHasher>>,
    /// Import facts stand beside the map, since an import may also be an assignment (`x = require("y")`).
    pub imports: Vec<Entry<'t>>,
    /// Nodes of `imports`, in the same order.
    pub import_nodes: Vec<Node<'t>>,
    /// False where a limit ended the query early.
    pub complete: bool,
    /// Literals whose text stands further on, and those texts, each in source order.
    pub heredocs: Vec<Node<'t>>,
    pub laters: Vec<Node<'t>>,
    /// Whether a block of the language has a value only where a query says so.
    pub values: bool,
}

impl<'t> Roles<'t> {
    pub fn of(&self, node: Node<'t>) -> Option<&Entry<'t>> {
        self.map.get(&node.id())
    }

    fn note(&mut self, node: Node<'t>, new: Entry<'t>) {
        if new.role == Role::Import {
            self.imports.push(new);
            self.import_nodes.push(node);
            return;
        }
        match new.role {
            Role::Heredoc => self.heredocs.push(node),
            Role::Later => self.laters.push(node),
            _ => {}
        }
        match self.map.get_mut(&node.id()) {
            Some(entry) if entry.role == new.role => {
                if entry.word.is_none() || entry.pattern <= new.pattern {
                    entry.word = new.word.or(entry.word.take());
                }
                entry.pattern = entry.pattern.max(new.pattern);
                entry.add(new.parts.into_iter());
            }
            Some(entry) if entry.pattern > new.pattern => {}
            _ => {
                self.map.insert(node.id(), new);
            }
        }
    }
}

/// The compiled queries of one language.
#[derive(Debug)]
pub(super) struct Query {
    query: tree_sitter::Query,
    /// Per capture index; `None` for captures that only serve predicates.
    captures: Vec<Option<(Role, Option<Slot>)>>,
    /// Per pattern, where any says one.
    words: Vec<Option<Text>>,
}

impl Query {
    /// Fails with a sentence on a query that does not fit the grammar or names an unknown role or part.
    pub fn compile(language: &Language, sources: &[&str]) -> Result<Self, String> {
        let text = sources.concat();
        let query = tree_sitter::Query::new(language, &text).map_err(|e| {
            let line = text.lines().nth(e.row).unwrap_or_default();
            format!("{e} at `{line}`")
        })?;
        let captures = query
            .capture_names()
            .iter()
            .map(|name| capture(name))
            .collect::<Result<_, _>>()?;
        let words = (0..query.pattern_count())
            .map(|pattern| word(&query, pattern))
            .collect();
        Ok(Self { query, captures, words })
    }

    /// Patterns start no deeper than `max_depth` levels into the tree, which bounds the work on hostile nesting.
    pub fn roles<'t>(&self, root: Node<'t>, text: &str, max_depth: u32, deadline: Instant) -> Roles<'t> {
        let mut cursor = QueryCursor::new();
        cursor.set_max_start_depth(Some(max_depth));
        let mut late = false;
        let values = self.captures.contains(&Some((Role::Block, Some(Slot::Value))));
        let mut roles = Roles {
            values,
            ..Roles::default()
        };
        let mut watch = |_: &tree_sitter::QueryCursorState| {
            late = Instant::now() > deadline;
            if late {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = QueryCursorOptions::new().progress_callback(&mut watch);
        let mut matches = cursor.matches_with_options(&self.query, root, text.as_bytes(), options);
        while let Some(found) = matches.next() {
            let whole = found
                .captures
                .iter()
                .find_map(|c| match self.captures[c.index as usize] {
                    Some((role, None)) => Some((role, c.node)),
                    _ => None,
                });
            let Some((role, node)) = whole else { continue };
            let parts = found
                .captures
                .iter()
                .filter_map(|c| match self.captures[c.index as usize] {
                    Some((_, Some(slot))) => Some((slot, c.node, found.pattern_index)),
                    _ => None,
                });
            let entry = Entry {
                role,
                word: self.words[found.pattern_index].clone(),
                pattern: found.pattern_index,
                parts: parts.collect(),
            };
            roles.note(node, entry);
        }
        drop(matches);
        roles.heredocs.sort_by_key(Node::start_byte);
        roles.laters.sort_by_key(Node::start_byte);
        roles.complete = !late && !cursor.did_exceed_match_limit();
        roles
    }
}

/// What a pattern sets as the word of its node.
fn word(query: &tree_sitter::Query, pattern: usize) -> Option<Text> {
    let settings = query.property_settings(pattern).iter();
    let mut words = settings.filter(|setting| &*setting.key == "word");
    words.next()?.value.as_deref().map(Text::from)
}

fn capture(name: &str) -> Result<Option<(Role, Option<Slot>)>, String> {
    if name.starts_with('_') {
        return Ok(None);
    }
    let (role, slot) = name
        .split_once('.')
        .map_or((name, None), |(role, slot)| (role, Some(slot)));
    let role = Role::named(role).ok_or_else(|| format!("unknown role in capture `{name}`"))?;
    let slot = match slot {
        Some(word) => Some(Slot::named(word).ok_or_else(|| format!("unknown part in capture `{name}`"))?),
        None => None,
    };
    Ok(Some((role, slot)))
}
