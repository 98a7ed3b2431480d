//! Magnitudes: what `abs(x) < c` says of `x`.
//!
//! In: one side of a comparison and its limit. Out: changes of the [`Memory`]. Start at [`Walk::magnitude`].

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind};

use super::check::strip;
use super::memory::{Memory, Range};
use super::walk::Walk;

impl Walk<'_> {
    /// `fabs(x)`
    pub fn size_of_float(&self, expr: &Expr) -> bool {
        matches!(&strip(expr).kind, ExprKind::Call { callee, .. }
            if matches!(names::dotted(callee).unwrap_or_default().trim_start_matches("std."), "fabs" | "fabsf" | "fabsl"))
    }

    /// `abs(x) < c` bounds `x` on both sides, and a magnitude above something is not zero.
    pub fn magnitude(&self, expr: &Expr, limit: Range, memory: &mut Memory) {
        let ExprKind::Call { callee, args, .. } = &strip(expr).kind else {
            return;
        };
        let (name, Some(arg)) = (names::dotted(callee).unwrap_or_default(), args.first()) else {
            return;
        };
        if !matches!(
            name.trim_start_matches("std."),
            "abs" | "labs" | "llabs" | "fabs" | "fabsf" | "imaxabs"
        ) {
            return;
        }
        let Some(key) = self.key(strip(&arg.value), memory) else {
            return;
        };
        if limit.high != i128::MAX {
            let range = self.range(&arg.value, memory);
            let both = Range {
                low: -limit.high,
                high: limit.high,
            };
            memory.numbers.insert(key, range.meet(both));
        }
    }
}

/// What `fabs` or `abs` is taken of.
pub fn magnitude_of(expr: &Expr) -> &Expr {
    match &strip(expr).kind {
        ExprKind::Call { callee, args, .. }
            if matches!(
                names::dotted(callee).unwrap_or_default().trim_start_matches("std."),
                "fabs" | "fabsf" | "fabsl" | "abs" | "labs" | "llabs"
            ) =>
        {
            args.first().map_or(expr, |arg| strip(&arg.value))
        }
        _ => strip(expr),
    }
}
