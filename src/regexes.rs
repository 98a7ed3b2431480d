//! Regular expressions that stand in this program's own code.
//!
//! Deliberately absent: expressions that anybody else wrote, which may be wrong; those give a problem, not a panic.

use regex::Regex;

/// A constant of the code as an expression.
pub fn fixed(text: &str) -> Regex {
    Regex::new(text).expect("the expression is a constant of the code")
}
