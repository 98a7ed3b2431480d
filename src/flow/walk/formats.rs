//! Calls whose arguments say what the call does: a format, or the name of a function.
//!
//! In: a call with its evaluated arguments. Out: what they become. Start at [`formatted`] and [`named_callback`].

use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Span, Text};

use crate::flow::program::names;
use crate::flow::program::tables::{ALLOCATES, CALLBACKS, DEFERS, FORMATS, MAPS};
use crate::flow::proof::charsets;
use crate::flow::state::value::{ANY, State, Value};
use crate::flow::walk::apply::Actual;
use crate::flow::walk::taint::Walker;

/// How the names of look-ups begin that find a record by what identifies it: what they give is the program's own,
/// whoever asked for it.
const FOUND_BY: &[&str] = &[
    "findBy",
    "findAllBy",
    "findOneBy",
    "findFirstBy",
    "findTopBy",
    "existsBy",
    "countBy",
    "find_by",
    "find_all_by",
];

/// Whether a call by this name looks a record up by what identifies it.
pub fn looks_up(name: &str, args: usize) -> bool {
    let mut rest = FOUND_BY.iter().filter_map(|head| name.strip_prefix(head));
    args > 0 && rest.any(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_'))
}

/// Whether the result holds what a lambda made of each element, and nothing else.
pub fn mapped(actual: &Actual) -> bool {
    MAPS.contains(&&*actual.name)
        && actual
            .args
            .iter()
            .any(|arg| matches!(arg.value.kind, ExprKind::Function(_)))
}

/// `text.replaceAll("[^a-z0-9]", "")`: nothing is left but plain words.
pub fn strips(name: &str, args: &[Arg]) -> bool {
    if !matches!(
        name,
        "replaceAll" | "replace" | "sub" | "gsub" | "preg_replace" | "ReplaceAllString"
    ) {
        return false;
    }
    let text = |at: usize| match args.get(at).map(|arg| &arg.value.kind) {
        Some(ExprKind::Literal(Literal::Str(text))) => Some(&**text),
        _ => None,
    };
    let (Some(regex), Some(by)) = (text(0), text(1)) else {
        return false;
    };
    // Where a plain text may stand in the place of a regex, only delimiters make it one.
    let wanted = name != "replace" || regex.starts_with('/');
    wanted && by.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) && charsets::all_but_plain(regex)
}

/// `list.clear()`, `builder.setLength(0)`: nothing is left of what was there.
pub fn empties(name: &str, args: &[Arg]) -> bool {
    let zero = |arg: &Arg| matches!(&arg.value.kind, ExprKind::Literal(Literal::Number(number)) if &**number == "0");
    match (name, args) {
        ("clear" | "removeAllElements", []) => true,
        ("setLength", [only]) => zero(only),
        ("delete", [from, to]) => zero(from) && is_length(&to.value),
        _ => false,
    }
}

/// `builder.replace(0, builder.length(), text)`
pub fn replaces_all(name: &str, args: &[Arg]) -> bool {
    let [from, to, _] = args else { return false };
    let zero = matches!(&from.value.kind, ExprKind::Literal(Literal::Number(number)) if &**number == "0");
    name == "replace" && zero && is_length(&to.value)
}

/// `builder.length()`
fn is_length(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { callee, args, .. } if args.is_empty()
        && matches!(&callee.kind, ExprKind::Field(_, name) if &**name == "length"))
}

/// What a literal format prints as a number is one.
pub fn formatted(walker: &Walker, name: &str, args: &[Arg], mut values: Vec<Value>) -> Vec<Value> {
    let Some(at) = FORMATS.iter().find(|(own, _)| *own == name).map(|(_, at)| *at) else {
        return values;
    };
    let Some(ExprKind::Literal(Literal::Str(format))) = args.get(at).map(|arg| &arg.value.kind) else {
        return values;
    };
    for (value, conversion) in values.iter_mut().skip(at + 1).zip(conversions(format)) {
        if matches!(
            conversion,
            'd' | 'i' | 'u' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'o' | 'b' | 'c'
        ) {
            *value = walker.numbered(std::mem::take(value));
        }
    }
    values
}

/// The conversion letters of a `printf` format in the order of its arguments; none when it numbers them itself.
fn conversions(format: &str) -> Vec<char> {
    let mut found = Vec::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        let flag = |c: &char| c.is_ascii_digit() || matches!(c, '-' | '+' | ' ' | '#' | '.' | '\'' | 'l' | 'h' | 'z');
        match chars.by_ref().find(|c| !flag(c)) {
            Some('%') | None => {}
            Some('$' | '*') => return Vec::new(),
            Some(letter) => found.push(letter),
        }
    }
    found
}

impl<'f> Walker<'_, 'f> {
    /// A function that the call names in a text.
    pub fn call_named(
        &mut self,
        span: Span,
        callee: &Expr,
        args: &'f [Arg],
        values: &[Value],
        each: bool,
        state: &mut State<'f>,
    ) -> Value {
        let given = |value: &Value| if each { value.part(ANY) } else { value.clone() };
        let values: Vec<Value> = values.iter().map(given).collect();
        let resolved = self.fresh(callee, args, false, state);
        let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
            return Value::default();
        };
        let actual = Actual {
            args,
            new: false,
            span,
            name: name.clone(),
            base: None,
            receiver: &Value::default(),
            values: &values,
        };
        Value::of(self.perform(&resolved, &actual, state).all())
    }

    /// A function of the project that gets what this call hands to it.
    pub fn call_later(
        &mut self,
        span: Span,
        (function, given): (&'f Expr, Handed<'f>),
        values: &[Value],
        state: &mut State<'f>,
    ) -> Option<Value> {
        let (args, values): (&[Arg], Vec<Value>) = match given {
            Handed::Args(args) => (args, values.to_vec()),
            Handed::Items(items) => (&[], items.iter().map(|(_, item)| self.eval(item, state)).collect()),
        };
        let paths = self.view.resolver.paths(function);
        let targets = self.targets_of(function, values.len(), false, &paths);
        if targets.is_empty() {
            return None;
        }
        let actual = Actual {
            args,
            new: false,
            span,
            name: paths.last()?.last()?.clone(),
            base: None,
            receiver: &Value::default(),
            values: &values,
        };
        Some(Value::of(self.known(&targets, &actual, state).all()))
    }

    /// Outside input is multiplied or added to on its way to the size of an allocation, and nothing bounds it.
    pub fn sized(&mut self, actual: &Actual<'_, 'f>) {
        let world = self.world;
        if world.sizes.is_empty() || !ALLOCATES.contains(&&*actual.name) {
            return;
        }
        for (arg, value) in actual.args.iter().zip(actual.values) {
            let mut computed = false;
            names::descend(&arg.value, &mut |expr| {
                computed |= matches!(&expr.kind, ExprKind::Binary(op, ..) if matches!(&**op, "*" | "+" | "<<"));
            });
            if computed {
                for &card in &world.sizes {
                    self.hit(card, &value.all(), actual.span, &actual.name);
                }
            }
        }
    }
}

/// The function that a call runs by the name in its first argument: `array_map('trim', $list)`, and whether it gets
/// the elements of the other arguments.
pub fn named_callback(name: &str, args: &[Arg]) -> Option<(Expr, bool)> {
    let (_, each) = CALLBACKS.iter().find(|(own, _)| *own == name)?;
    let first = &args.first()?.value;
    let ExprKind::Literal(Literal::Str(function)) = &first.kind else {
        return None;
    };
    let named = |kind| Expr { kind, span: first.span };
    let words: Vec<&str> = function.trim_start_matches('\\').split("::").collect();
    let callee = match words[..] {
        [function] => named(ExprKind::Name(Text::from(function))),
        [class, method] => {
            let class = named(ExprKind::Name(Text::from(class)));
            named(ExprKind::Field(Box::new(class), Text::from(method)))
        }
        _ => return None,
    };
    Some((callee, *each))
}

/// Where the function stands that a call runs later: `pool.submit(work, text)`.
pub fn deferred(name: &str, args: &[Arg]) -> Option<usize> {
    let (_, at) = DEFERS.iter().find(|(own, _)| *own == name)?;
    let function = &args.get(*at)?.value;
    matches!(function.kind, ExprKind::Name(_) | ExprKind::Field(..)).then_some(*at)
}

/// What a call hands to a function that runs later: the function, and the arguments that it will get.
/// `Thread(target=work, args=(text,))`, `work.delay(text)`, `work.apply_async(args=[text])`.
pub fn handed<'f>(callee: &'f Expr, args: &'f [Arg]) -> Option<(&'f Expr, Handed<'f>)> {
    let (ExprKind::Name(name) | ExprKind::Field(_, name)) = &callee.kind else {
        return None;
    };
    let labelled = |wanted: &str| args.iter().find(|arg| arg.label.as_deref() == Some(wanted));
    let listed = |arg: Option<&'f Arg>| match arg.map(|arg| &arg.value.kind) {
        Some(ExprKind::Collection(items)) => Handed::Items(items),
        _ => Handed::Items(&[]),
    };
    match (&**name, &callee.kind) {
        ("Thread" | "Process" | "Timer", _) => {
            let function = labelled("target")
                .or_else(|| labelled("function"))
                .or_else(|| args.get(1))?;
            let given = labelled("args").or_else(|| args.get(2));
            Some((&function.value, listed(given)))
        }
        ("delay" | "s" | "si" | "send" | "enqueue_in", ExprKind::Field(function, _)) if !args.is_empty() => {
            Some((function, Handed::Args(args)))
        }
        ("apply_async", ExprKind::Field(function, _)) => {
            Some((function, listed(labelled("args").or_else(|| args.first()))))
        }
        _ => None,
    }
}

/// Arguments of a call that happens later: those of this call, or members of a list.
pub enum Handed<'f> {
    Args(&'f [Arg]),
    Items(&'f [(Option<Expr>, Expr)]),
}

impl Handed<'_> {
    pub fn count(&self) -> usize {
        match self {
            Self::Args(args) => args.len(),
            Self::Items(items) => items.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_read_in_order_of_the_arguments() {
        assert_eq!(conversions("%-5d %% %s %02.3f"), ['d', 's', 'f']);
        assert_eq!(conversions("%1$s"), []);
        assert_eq!(conversions("100%"), []);
    }
}
