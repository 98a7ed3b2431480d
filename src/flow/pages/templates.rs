//! Templates of pages that code compiles and then calls: `compile(text)(values)`, `const page = compile(text)`.
//!
//! In: a call of what another call gave. Out: whether the text is one of ours that shows its values escaped, so that
//! only what the template itself was made of can do harm. Deliberately absent: templates in files of their own
//! (`render`). Start at [`Walker::fills_template`].

use crate::syntax::form::{Expr, ExprKind, Literal};

use crate::flow::program::names;
use crate::flow::walk::taint::Walker;

/// Engines that escape what they show, unless the template says otherwise.
const ENGINES: [&str; 8] = [
    "handlebars",
    "Handlebars",
    "pug",
    "jade",
    "ejs",
    "mustache",
    "Mustache",
    "nunjucks",
];
/// What a template writes where it shows something as it is.
const RAW: [&str; 7] = ["{{{", "{{&", "<%-", "!{", "!=", "| safe", "|safe"];

impl<'f> Walker<'_, 'f> {
    /// Whether what is called is a template that was compiled from a literal.
    pub fn fills_template(&self, callee: &Expr) -> bool {
        let scripted = matches!(self.world.modules[self.module].language, "javascript" | "typescript");
        if !scripted || !matches!(callee.kind, ExprKind::Call { .. } | ExprKind::Name(_)) {
            return false;
        }
        let paths = self.view.resolver.paths(callee);
        let compiles = |path: &names::Path| {
            path.last().is_some_and(|last| &**last == "compile") && path.iter().any(|part| ENGINES.contains(&&**part))
        };
        paths.iter().any(compiles) && !self.shows_raw(callee)
    }

    /// Whether the literal that a template is made of shows something as it is.
    fn shows_raw(&self, callee: &Expr) -> bool {
        let ExprKind::Call { args, .. } = &callee.kind else {
            return false;
        };
        let mut raw = false;
        for arg in args {
            names::descend(&arg.value, &mut |expr| {
                if let ExprKind::Literal(Literal::Str(text)) = &expr.kind {
                    raw |= RAW.iter().any(|sign| text.contains(sign));
                }
            });
        }
        raw
    }
}
