//! The common form: every language is lowered into this once, and nothing above `syntax` knows the language.
//!
//! In: nothing (these are the shapes). Out: [`Module`]s of [`Function`]s of structured [`Stmt`]s over [`Expr`]s.
//! Structured control flow is kept (no basic blocks): what dominates a statement is what encloses or precedes it,
//! which is all that guards need. What a lowering does not know becomes [`ExprKind::Opaque`] over its children, so that
//! data still flows through it: broken or exotic code gives fewer facts, never an error.
//! Deliberately absent: types beyond the hint that stands in the text, and any resolution of names.
//! Start at [`Module`].

use std::sync::Arc;

use crate::source::FileId;

/// Interned-enough text: cheap to clone, compared by content.
pub type Text = Arc<str>;

/// A place in one file. `start..end` are byte offsets, lines count from 1 and `last` is inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
    pub line: u32,
    pub last: u32,
}

/// One file in the common form.
#[derive(Debug, Clone)]
pub struct Module {
    pub file: FileId,
    /// Row name of the language: `python`, `javascript`, `typescript`, `java`, `go`, `c`, `cpp`, `csharp`, `kotlin`.
    pub language: &'static str,
    pub imports: Vec<Import>,
    pub classes: Vec<Class>,
    /// Index 0 is the module's own top-level code, named `<module>`; the rest in order of appearance, nested
    /// functions and lambdas included.
    pub functions: Vec<Function>,
    /// What a file of configuration sets, in order of place; code sets nothing here.
    pub settings: Vec<Setting>,
    /// True where the parser met errors or a limit: facts from here may be incomplete.
    pub partial: bool,
}

impl Module {
    /// The class whose members a function names plainly. An extension method belongs to a class of elsewhere, yet it is
    /// the class that it stands in whose functions it calls without saying on what.
    pub fn class_around(&self, index: usize) -> Option<Text> {
        let function = &self.functions[index];
        let stands_in = function.class.filter(|_| function.receiver);
        match stands_in.and_then(|at| self.classes.get(at)) {
            Some(class) => Some(class.name.clone()),
            None => function.class_name.clone(),
        }
    }
}

/// `import a.b as c` binds `c` to `a.b`; `from a.b import c as d` binds `d` to `a.b.c`;
/// `const {exec: e} = require('child_process')` binds `e` to `child_process.exec`; `#include <x.h>` binds nothing.
/// Go's `import "net/http"` binds `http` to `http`, the last segment, which is how code and patterns speak of it.
#[derive(Debug, Clone)]
pub struct Import {
    /// The local name, or empty when nothing is bound (`#include`, and wildcards, whose path then ends in `.*`).
    pub local: Text,
    /// Dotted path as the pattern language writes it; separators `/`, `::` and `.` of the language become `.` only
    /// where the language's own import path uses them as such; relative imports keep their leading `./` or dots.
    pub path: Text,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Class {
    pub name: Text,
    pub bases: Vec<Text>,
    pub annotations: Vec<Annotation>,
    /// Declared fields with their type hints.
    pub fields: Vec<(Text, Option<Text>)>,
    pub span: Span,
}

/// What a file of configuration says, whatever its notation: `server.ssl.enabled = false`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Keys from the top, joined by dots. Elements of lists are keyed by their position from 0, attributes by `@name`.
    pub path: Text,
    /// As a program would read it, without quotes.
    pub value: Text,
    /// Number of the document within the file, where a notation lets one file hold several.
    pub part: u32,
    pub span: Span,
}

/// A decorator, annotation or attribute, as an expression: `@app.route("/x", methods=["POST"])`, `@GetMapping("/x")`.
#[derive(Debug, Clone)]
pub struct Annotation {
    pub name: Text,
    pub args: Vec<Arg>,
    pub span: Span,
}

#[derive(Debug, Clone, Default)]
pub struct Function {
    /// Bare name; `<module>` for top-level code. An anonymous function has the name it is given to where it stands
    /// (`const f = () => …`, `{ f: function () … }`), else `<lambda>`.
    pub name: Text,
    /// Enclosing class, or receiver type in Go, as an index into [`Module::classes`] when it is declared here.
    pub class: Option<usize>,
    /// Its name, also when it is declared elsewhere.
    pub class_name: Option<Text>,
    /// Enclosing function, as an index into [`Module::functions`]; `None` directly in the module or in a class there.
    pub parent: Option<usize>,
    pub params: Vec<Param>,
    /// Whether `params[0]` is the receiver, as in Python methods and Go; elsewhere `this` is not a parameter.
    pub receiver: bool,
    pub returns: Option<Text>,
    pub annotations: Vec<Annotation>,
    pub body: Vec<Stmt>,
    /// False where the language says it is not visible outside its file or class (`static` in C, `private`, lower
    /// case in Go, leading underscore in Python).
    pub public: bool,
    pub span: Span,
}

/// A parameter that is a pattern is called `<param N>` and taken apart at the start of the body.
#[derive(Debug, Clone)]
pub struct Param {
    pub name: Text,
    pub hint: Option<Text>,
    pub annotations: Vec<Annotation>,
    pub default: Option<Expr>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum StmtKind {
    /// `target = value`, `target += value` (`augmented`), `T target = value`, `target := value`; destructuring gives
    /// one statement per bound name: pairwise where both sides list as many (`a, b = x, y`), from a field where the
    /// pattern names one (`const {a: b} = x` is `b = x.a`), else each from the whole right-hand side. A right-hand
    /// side too long to be repeated is first assigned to the name `<value>`. Field initialisers of a class stand in
    /// the code around it as assignments to `Class.field`.
    Assign {
        target: Expr,
        value: Expr,
        augmented: bool,
        hint: Option<Text>,
    },
    /// A declaration without a value: `char buf[64];` has hint `char` and size `64`.
    Declare {
        name: Text,
        hint: Option<Text>,
        size: Option<Expr>,
    },
    Expr(Expr),
    Return(Option<Expr>),
    Throw(Option<Expr>),
    /// `if`, and `switch` as a chain of `subject == value` whose last `else` is the default arm; ternaries stay
    /// expressions.
    If {
        cond: Expr,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    /// `for x in xs` binds `x` from `xs` (`binds`); `while`/C-`for` have a condition; `init` and `step` run as
    /// ordinary statements before and at the end of the body.
    Loop {
        binds: Option<(Expr, Expr)>,
        cond: Option<Expr>,
        body: Vec<Stmt>,
    },
    /// `try`, `with` and `defer` included: `with open(x) as f` is an assignment at the start of the body; what follows
    /// a `defer` is the body and the deferred call is `finally`.
    Try {
        body: Vec<Stmt>,
        handlers: Vec<Handler>,
        finally: Vec<Stmt>,
    },
    /// Leaves the nearest loop; a `goto` is one too, since what follows it does not run.
    Break,
    Continue,
    /// `free`-like language keywords: `delete p`, `del x`.
    Delete(Expr),
    /// A plain nested block.
    Block(Vec<Stmt>),
}

#[derive(Debug, Clone)]
pub struct Handler {
    pub caught: Option<Text>,
    pub binds: Option<Text>,
    pub body: Vec<Stmt>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    Name(Text),
    /// `base.name`, `base->name`, `base::name`.
    Field(Box<Expr>, Text),
    /// `base[key]`; a slice has an `Opaque` key.
    Index(Box<Expr>, Box<Expr>),
    /// `callee(args)`; `new T(args)` sets `new` and has the type as callee.
    Call {
        callee: Box<Expr>,
        args: Vec<Arg>,
        new: bool,
    },
    Literal(Literal),
    /// Operator as written: `+`, `==`, `in`, `and`; `&&`/`and` and `||`/`or`, `!`/`not` are normalised to the former.
    Binary(Text, Box<Expr>, Box<Expr>),
    Unary(Text, Box<Expr>),
    /// f-strings, template literals, `"..." % x` stays Binary: the literal pieces and the holes in order.
    Template(Vec<Expr>),
    /// Lists, tuples, maps, object literals: optional key and value.
    Collection(Vec<(Option<Expr>, Expr)>),
    /// `cond ? a : b`.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A lambda, closure or nested function used as a value: index into [`Module::functions`].
    Function(usize),
    /// `(T) x`, `x as T`: data flows through.
    Cast(Text, Box<Expr>),
    /// `&x`, `*p`: operator kept, aliasing is the analysis' business.
    Address(Box<Expr>),
    Deref(Box<Expr>),
    /// An assignment inside an expression (`while ((n = read()) > 0)`, walrus).
    Assign(Box<Expr>, Box<Expr>),
    /// Anything else: data flows from every child.
    Opaque(Vec<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text without quotes; escapes left as written.
    Str(Text),
    Number(Text),
    Bool(bool),
    Null,
}

/// One argument; `label` for keyword arguments.
#[derive(Debug, Clone)]
pub struct Arg {
    pub label: Option<Text>,
    pub value: Expr,
}
