//! Collections as the code writes them: objects, lists and maps, with what their other parts say about a part.
//!
//! In: the items of a literal collection. Out: a [`Value`] with a part per key or position. Deliberately absent: calls
//! that fill collections (`lists`, `apply`). Start at [`Walker::collection`].

use crate::syntax::form::{Expr, ExprKind, Literal};

use crate::flow::program::places::literal_key;
use crate::flow::state::value::{self, ANY, Fact, Mask, SEP, State, Value};
use crate::flow::walk::taint::Walker;

impl<'f> Walker<'_, 'f> {
    pub fn collection(&mut self, items: &'f [(Option<Expr>, Expr)], state: &mut State<'f>) -> Value {
        let mut value = Value::default();
        let (asked, mut dead) = (self.asked_by_user(items), 0);
        for (at, (key, item)) in items.iter().enumerate() {
            if key.is_none() && self.spread(item) {
                let inner = self.eval(item, state).map(&|fact| harmless_for(fact, dead));
                value::join(value.parts.entry(format!("{SEP}{ANY}")).or_default(), &inner.whole);
                for (path, facts) in inner.parts {
                    value::join(value.parts.entry(path).or_default(), &facts);
                }
                continue;
            }
            if key.is_none() && ends_options(item) {
                dead |= self.world.about.options;
            }
            let segment = match key {
                Some(key) => {
                    let named = match &key.kind {
                        ExprKind::Name(name) => Some(name.to_string()),
                        _ => literal_key(key),
                    };
                    if named.is_none() {
                        // A computed key is content too.
                        let facts = self.eval(key, state).all();
                        value::join(value.parts.entry(format!("{SEP}{ANY}")).or_default(), &facts);
                    }
                    named.unwrap_or_else(|| ANY.to_owned())
                }
                None if matches!(item.kind, ExprKind::Unary(..)) => ANY.to_owned(),
                None => at.to_string(),
            };
            let own = match &*segment {
                // Whatever stands here is compared as it is, and an operator in it is none.
                "$eq" => self.world.about.objects,
                "content" if asked => self.world.about.prompts,
                _ => dead,
            };
            let inner = self.eval(item, state).map(&|fact| harmless_for(fact, own));
            if key.is_some() && segment != ANY {
                // What was spread before is replaced.
                let place = format!("{SEP}{segment}");
                let below = format!("{place}{SEP}");
                value
                    .parts
                    .retain(|path, _| *path != place && !path.starts_with(&below));
            }
            if inner.is_clean() {
                value.parts.entry(format!("{SEP}{segment}")).or_default();
                continue;
            }
            self.key_sinks(&segment, &inner, item.span);
            value::join(value.parts.entry(format!("{SEP}{segment}")).or_default(), &inner.whole);
            for (path, facts) in inner.parts {
                value::join(value.parts.entry(format!("{SEP}{segment}{path}")).or_default(), &facts);
            }
        }
        if value.is_clean() { Value::default() } else { value }
    }

    /// `...given`: what a list or an object takes over from another.
    fn spread(&self, item: &Expr) -> bool {
        matches!(&item.kind, ExprKind::Opaque(parts) if parts.len() == 1)
            && self.source_text(item).is_some_and(|text| text.starts_with("..."))
    }

    /// The text of an expression of the file that is walked.
    pub fn source_text(&self, expr: &Expr) -> Option<&str> {
        let file = &self.world.files[self.world.modules[self.module].file.0 as usize];
        file.text.get(expr.span.start as usize..expr.span.end as usize)
    }

    /// `{ role: "user", content: question }`: what somebody asks a model in their own name is no instruction of ours. A
    /// text of ours that theirs is put into is one.
    fn asked_by_user(&self, items: &[(Option<Expr>, Expr)]) -> bool {
        let named = |key: &Option<Expr>, name: &str| match key.as_ref().map(|key| &key.kind) {
            Some(ExprKind::Name(key) | ExprKind::Literal(Literal::Str(key))) => &**key == name,
            _ => false,
        };
        let user = |item: &Expr| matches!(&item.kind, ExprKind::Literal(Literal::Str(role)) if &**role == "user");
        let bare = |item: &Expr| !matches!(item.kind, ExprKind::Template(_) | ExprKind::Binary(..));
        items.iter().any(|(key, item)| named(key, "role") && user(item))
            && items.iter().any(|(key, item)| named(key, "content") && bare(item))
    }
}

/// `--`: what follows is no option of the program that is run.
fn ends_options(item: &Expr) -> bool {
    matches!(&item.kind, ExprKind::Literal(Literal::Str(text)) if matches!(&**text, "--" | "--end-of-options"))
}

fn harmless_for(fact: &Fact, dead: Mask) -> Fact {
    Fact {
        dead: fact.dead | dead,
        ..fact.clone()
    }
}
