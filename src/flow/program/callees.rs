//! What a callee says about a call before anything is known of its arguments.
//!
//! In: the callee of a call, and what it resolved to. Out: whether it is the project's own, whether its result is an answer
//! and not what was asked, whether it is what another call gave. Deliberately absent: how names resolve (`names`, `calls`).
//! Start at [`Walker::own_method`].

use crate::syntax::form::{Expr, ExprKind, Text};

use crate::flow::program::matcher::Place;
use crate::flow::program::names::Path;
use crate::flow::state::value::{Fact, Value};
use crate::flow::walk::apply::{Actual, Resolved};
use crate::flow::walk::taint::Walker;

impl<'f> Walker<'_, 'f> {
    /// What a call by this name leaves of what went in: signs that were taken out, a template of ours, a validator's part.
    pub fn told_by_name(&self, actual: &Actual<'_, 'f>, callee: &Expr, result: Value) -> Value {
        let fills = self.fills_template(callee);
        let markup = if fills { self.world.about.markup } else { 0 };
        let dead = self.scrubbed(&actual.name, actual.base, actual.args) | markup;
        let result = result.map(&|fact| Fact {
            dead: fact.dead | dead,
            ..fact.clone()
        });
        self.validated_before(&actual.name, actual.args, result)
    }

    /// Whether `Name.method()`, what is declared as a `Name`, or `this.method()` means a class of the project that has the
    /// method.
    pub fn own_method(&self, callee: &Expr, paths: &[Path], targets: &[u32]) -> bool {
        let ExprKind::Field(base, name) = &callee.kind else {
            return false;
        };
        let units = &self.world.units;
        let of = |class: &Text| {
            targets
                .iter()
                .any(|&target| units[target as usize].name.strip_suffix(&**name) == Some(&format!("{class}.")))
        };
        let typed = |path: &Path| matches!(path.as_slice(), [.., class, _] if of(class));
        let ExprKind::Name(base) = &base.kind else {
            return scripted(self) && paths.iter().any(typed);
        };
        // `this.getAll(id)`: the class that it stands in has such a method, or inherits it from one of the project.
        let around = self.view.resolver.class.as_ref();
        let own = around.filter(|_| &**base == "this" || Some(base) == self.receiver());
        of(base)
            || (scripted(self) && paths.iter().any(typed))
            || own.is_some_and(|class| self.world.directory.ancestors(class).iter().any(of))
    }

    /// What a store, a file or another server answers is not what it was asked.
    pub fn answered(&self, resolved: &Resolved, new: bool) -> bool {
        let asked = self.world.about.queries
            | self.world.about.paths
            | self.world.about.destination
            | self.world.about.templates;
        let asks = |(card, ..): &(usize, Vec<Place>, String)| asked & (1 << card) != 0;
        scripted(self) && !new && resolved.targets.is_empty() && resolved.sinks.iter().any(asks)
    }
}

/// `f(x)(y)`, where the first call is not one that only names a function.
pub fn curried(callee: &Expr) -> bool {
    let ExprKind::Call { callee, .. } = &callee.kind else {
        return false;
    };
    let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
        return true;
    };
    !matches!(
        &**name,
        "require" | "import" | "promisify" | "bind" | "partial" | "Some"
    )
}

/// JavaScript in either spelling.
pub fn scripted(walker: &Walker) -> bool {
    matches!(
        walker.world.modules[walker.module].language,
        "javascript" | "typescript"
    )
}
