//! The pattern language in which cards and framework models name code: small enough to learn from three examples.
//!
//! ```text
//! os.system(0)                          argument 0 is dangerous
//! *.execute(0)                          any receiver, any depth
//! subprocess.run(0, shell=True)         only when the call also says shell=True
//! Cipher.getInstance(0~"DES|RC4|ECB")   argument 0 is a literal matching the regex
//! requests.get(!timeout)                the keyword is absent; `!1`: there is no argument 1
//! printf(0:nonliteral)                  argument 0 is not a literal
//! connect(1:literal)                    argument 1 is a text literal, not empty
//! new ProcessBuilder(*)                 construction; every argument is dangerous
//! recv(1)                               as a source: what argument 1 points to becomes untrusted
//! request.args                          no parentheses: reading this name or field
//! *.innerHTML =                         assigning to this field
//! return                                the value returned (used with `in route`)
//! without *.matches(0)                  what the row would take from the language it extends does not hold here
//! return in route                       … only from functions that a framework model calls entry points
//! return in "(?i)token$"                … only from functions whose name matches
//! *.create(0:whole)                     argument 0 as it came in, not an object of which some keys are filled
//! ```
//! Names are compared after imports are resolved (`from os import system` makes `system` mean `os.system`), and a
//! receiver whose declared type is known also matches by that type (`Statement.executeQuery`).
//!
//! In: text from a card. Out: a [`Pattern`]. Deliberately absent: matching, which is `flow`'s.
//! Start at [`Pattern::parse`] (in `parse.rs`).

use regex::Regex;

#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written, for messages and reports.
    pub text: String,
    pub shape: Shape,
    /// Only inside functions that are entry points.
    pub in_route: bool,
    /// Only inside functions whose name matches.
    pub within: Option<Regex>,
}

#[derive(Debug, Clone)]
pub enum Shape {
    /// `path(args)`.
    Call {
        path: Path,
        new: bool,
        args: Vec<ArgSpec>,
    },
    /// `path`: reading a name or field.
    Read(Path),
    /// `path =`: assigning to a name or field.
    Write(Path),
    Return,
}

/// Dotted path. `any_receiver` for a leading `*.`: the rest must be a suffix of the resolved name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub any_receiver: bool,
    pub segments: Vec<String>,
}

#[derive(Debug, Clone)]
pub enum ArgSpec {
    /// This argument is the dangerous (or, for a source, the tainted) one.
    Danger(Which),
    /// … and only as a whole: keys that the code itself chose and filled do not count.
    Whole(Which),
    /// The call counts only if this argument equals the literal.
    Equals(Which, String),
    /// … is a literal matching the regex.
    Matches(Which, Regex),
    /// … is absent.
    Absent(Which),
    /// … is not a literal.
    NonLiteral(Which),
    /// … is a text literal that is not empty.
    Literal(Which),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Counted from 0, the receiver not counted.
    Position(usize),
    /// This position and all after it: `1..`.
    From(usize),
    /// Every argument: `*`.
    All,
    /// The receiver: `this`.
    Receiver,
    /// A keyword argument; in an object literal passed as any argument, the key.
    Label(String),
}
