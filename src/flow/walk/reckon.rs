//! Numbers from outside in arithmetic, as divisors, indexes and bounds of loops; and names that surely are null.
//!
//! In: operands with what they carry. Out: hits for the cards whose `lifetimes` ask for them. Only numbers whose
//! range nothing has narrowed count, and only where the code shows that both operands are numbers. Deliberately
//! absent: ranges; two bits per fact say whether an upper and a lower end were looked after.
//! Start at [`Walker::reckoned`].

use crate::cards::Card;
use crate::syntax::form::{Expr, ExprKind, Literal, Span, Text};

use crate::flow::program::names;
use crate::flow::program::tables::NUMBERS;
use crate::flow::state::value::{Bits, Const, Fact, Facts, LOWER, State, UPPER, Value};
use crate::flow::walk::eval::MEASURES;
use crate::flow::walk::taint::Walker;

/// Languages whose numbers are followed here.
const LANGUAGES: [&str; 1] = ["java"];

/// Steps after which a number says little of what came in.
const FAR: u16 = 14;
/// Classes whose constructors take a size or else something to copy.
const COPIES: [&str; 8] = [
    "ArrayList",
    "HashMap",
    "HashSet",
    "LinkedHashMap",
    "LinkedHashSet",
    "Vector",
    "ArrayDeque",
    "PriorityQueue",
];

/// What a card asks of a number from outside, by the name of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Sum,
    Difference,
    Divisor,
    Index,
    Bound,
    Null,
}

/// The cards that ask for each use.
pub fn uses(cards: &[Card]) -> Vec<(Use, usize)> {
    let rule = |name: &String| match name.as_str() {
        "outside-sum" => Some(Use::Sum),
        "outside-difference" => Some(Use::Difference),
        "outside-divisor" => Some(Use::Divisor),
        "outside-index" => Some(Use::Index),
        "outside-bound" => Some(Use::Bound),
        "null-used" => Some(Use::Null),
        _ => None,
    };
    cards
        .iter()
        .enumerate()
        .flat_map(|(at, card)| card.lifetimes.iter().filter_map(rule).map(move |found| (found, at)))
        .collect()
}

/// How much a number can hold, where the code says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Whole,
    /// 64 bits or a fraction: wraps at values that nobody sends.
    Wide,
}

impl<'f> Walker<'_, 'f> {
    /// An element that a guessable number chose is as guessable.
    pub fn drawn(&self, position: &Facts) -> Value {
        let chance = self.world.chance;
        if position.iter().all(|fact| fact.dead & chance != 0) {
            return Value::default();
        }
        let chosen = position.map(|fact| Fact {
            dead: fact.dead | !chance,
            ..fact.clone()
        });
        Value::of(chosen)
    }

    fn reckons(&self) -> bool {
        !self.world.uses.is_empty() && LANGUAGES.contains(&self.world.modules[self.module].language)
    }

    fn used(&mut self, wanted: Use, facts: &[Fact], span: Span, what: &str) {
        let open: Facts = facts
            .iter()
            .map(|fact| Fact {
                bounds: 0,
                ..fact.clone()
            })
            .collect();
        let cards: Vec<usize> = self
            .world
            .uses
            .iter()
            .filter(|(own, _)| *own == wanted)
            .map(|(_, card)| *card)
            .collect();
        for card in cards {
            self.hit(card, &open, span, what);
        }
    }

    /// Facts that are numbers and lack one of these ends.
    fn numbers(&self, value: &Value, ends: Bits) -> Facts {
        let stringish = self.world.stringish;
        let mut facts = value.all();
        facts.retain(|fact| {
            let number = fact.dead & stringish == stringish;
            number && fact.bounds & ends != ends && fact.trace.len <= FAR
        });
        facts
    }

    /// Of what reaches a constructor's sink, the part that can be a size: a copy is as large as what it copies.
    pub fn sizes(&self, class: &str, facts: Facts) -> Facts {
        if !self.reckons() || !COPIES.contains(&class) {
            return facts;
        }
        let stringish = self.world.stringish;
        let number = |fact: &&Fact| fact.dead & stringish == stringish;
        facts.iter().filter(number).cloned().collect()
    }

    /// `left op right`.
    pub fn reckoned(&mut self, op: &str, left: (&'f Expr, &Value), right: (&'f Expr, &Value), span: Span) {
        if !self.reckons() || (left.1.is_clean() && right.1.is_clean()) {
            return;
        }
        if [left.0, right.0].into_iter().any(pages) {
            return;
        }
        let (Some(a), Some(b)) = (self.width(left.0), self.width(right.0)) else {
            return;
        };
        if matches!(op, "/" | "%") {
            let divisors = self.numbers(right.1, 0xff);
            let open: Facts = divisors.iter().filter(|fact| fact.bounds == 0).cloned().collect();
            self.used(Use::Divisor, &open, span, "a division");
            return;
        }
        if a == Width::Wide || b == Width::Wide {
            return;
        }
        for value in [left.1, right.1] {
            match op {
                "+" => self.summed(value, span),
                "*" => {
                    self.summed(value, span);
                    let mut low = self.numbers(value, LOWER);
                    low.retain(|fact| fact.bounds & UPPER != 0);
                    self.used(Use::Difference, &low, span, "a product");
                }
                "-" => {
                    let low = self.numbers(value, LOWER);
                    self.used(Use::Difference, &low, span, "a difference");
                }
                _ => {}
            }
        }
    }

    fn summed(&mut self, value: &Value, span: Span) {
        let high = self.numbers(value, UPPER);
        self.used(Use::Sum, &high, span, "a sum or product");
    }

    /// `++value`, `value--`.
    pub fn stepped(&mut self, op: &str, value: &Value, span: Span) {
        if !self.reckons() || value.is_clean() {
            return;
        }
        match op {
            "++" => self.summed(value, span),
            "--" => {
                let low = self.numbers(value, LOWER);
                self.used(Use::Difference, &low, span, "a difference");
            }
            _ => {}
        }
    }

    /// `array[key]`.
    pub fn positioned(&mut self, key: &'f Expr, position: &[Fact], span: Span) {
        if !self.reckons() || position.is_empty() || matches!(key.kind, ExprKind::Literal(_)) {
            return;
        }
        let open = self.numbers(&Value::of(position.iter().cloned().collect()), UPPER | LOWER);
        self.used(Use::Index, &open, span, "an index");
    }

    /// `i < bound` as the condition of a loop; a comparison with a constant asks for a state, not for a count.
    pub fn looped(&mut self, cond: &'f Expr, state: &mut State<'f>) {
        if !self.reckons() {
            return;
        }
        match &cond.kind {
            ExprKind::Binary(op, a, b) if &**op == "&&" => {
                self.looped(a, state);
                self.looped(b, state);
            }
            ExprKind::Opaque(parts) if parts.len() == 1 => self.looped(&parts[0], state),
            ExprKind::Binary(op, a, b) if matches!(&**op, "<" | "<=" | ">" | ">=") => {
                if self.decide(a, state).is_some() || self.decide(b, state).is_some() {
                    return;
                }
                for side in [a, b] {
                    let plain = matches!(side.kind, ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Cast(..));
                    if plain && !matches!(&side.kind, ExprKind::Field(_, name) if MEASURES.contains(&&**name)) {
                        let value = self.eval(side, state);
                        let open = self.numbers(&value, UPPER);
                        self.used(Use::Bound, &open, cond.span, "the condition of a loop");
                    }
                }
            }
            _ => {}
        }
    }

    /// A member of a local that is null here on every way.
    pub fn dereferenced(&mut self, base: &'f Expr, span: Span, state: &State<'f>) {
        let ExprKind::Name(name) = &base.kind else { return };
        if state.consts.get(name) != Some(&Const::Null) || !self.reckons() {
            return;
        }
        if !self.world.frames[self.module][self.here].declared.contains(name) {
            return;
        }
        let cards: Vec<usize> = self
            .world
            .uses
            .iter()
            .filter(|(own, _)| *own == Use::Null)
            .map(|(_, card)| *card)
            .collect();
        for card in cards {
            let fact = self.source(base.span, "null", Some(card), &format!("{name}, which is null here,"));
            self.hit(card, &[fact], span, "a use of it");
        }
    }

    /// Whether the code shows that an operand is a number, and which.
    fn width(&self, expr: &Expr) -> Option<Width> {
        match &expr.kind {
            ExprKind::Literal(Literal::Number(text)) => Some(match text.trim_end().chars().last() {
                Some('L' | 'l' | 'f' | 'F' | 'd' | 'D') => Width::Wide,
                _ if text.contains('.') => Width::Wide,
                _ => Width::Whole,
            }),
            ExprKind::Cast(hint, _) => of_type(hint),
            ExprKind::Unary(op, inner) if matches!(&**op, "-" | "+" | "++" | "--") => self.width(inner),
            ExprKind::Opaque(parts) if parts.len() == 1 => self.width(&parts[0]),
            ExprKind::Binary(op, a, b) if matches!(&**op, "+" | "-" | "*" | "/" | "%") => {
                match (self.width(a)?, self.width(b)?) {
                    (Width::Whole, Width::Whole) => Some(Width::Whole),
                    _ => Some(Width::Wide),
                }
            }
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Name(name) | ExprKind::Field(_, name) => called(name),
                _ => None,
            },
            ExprKind::Name(_) | ExprKind::Field(..) => {
                let paths = self.view.resolver.paths(expr);
                let declared = paths.iter().find_map(|path| match path.as_slice() {
                    [only] => of_type(only),
                    _ => None,
                });
                let counts = matches!(&expr.kind, ExprKind::Field(_, name) if MEASURES.contains(&&**name)
                    || matches!(&**name, "MAX_VALUE" | "MIN_VALUE"));
                declared.or(counts.then_some(Width::Whole))
            }
            _ => None,
        }
    }
}

/// The number of a page: who asks for one that does not exist gets an empty page.
fn pages(expr: &Expr) -> bool {
    let mut found = false;
    names::descend(expr, &mut |part| {
        if let ExprKind::Name(name) | ExprKind::Field(_, name) = &part.kind {
            found |= name.to_ascii_lowercase().contains("page");
        }
    });
    found
}

fn called(name: &Text) -> Option<Width> {
    match &**name {
        "parseLong" | "longValue" | "parseDouble" | "doubleValue" | "parseFloat" | "getTime" | "nextLong" => {
            Some(Width::Wide)
        }
        "length" | "size" => Some(Width::Whole),
        own => NUMBERS.contains(&own).then_some(Width::Whole),
    }
}

fn of_type(hint: &str) -> Option<Width> {
    match hint.trim() {
        "int" | "short" | "byte" | "char" | "Integer" | "Short" | "Byte" => Some(Width::Whole),
        own if names::is_numeric(own) => Some(Width::Wide),
        _ => None,
    }
}

/// Names that are null when `cond` turned out as `truth`.
pub fn nulls(cond: &Expr, truth: bool, found: &mut Vec<Text>) {
    match &cond.kind {
        ExprKind::Unary(op, inner) if &**op == "!" => nulls(inner, !truth, found),
        ExprKind::Opaque(parts) if parts.len() == 1 => nulls(&parts[0], truth, found),
        ExprKind::Binary(op, a, b) if (&**op == "&&" && truth) || (&**op == "||" && !truth) => {
            nulls(a, truth, found);
            nulls(b, truth, found);
        }
        ExprKind::Binary(op, a, b) if (&**op == "==" && truth) || (&**op == "!=" && !truth) => {
            for (name, other) in [(a, b), (b, a)] {
                if let (ExprKind::Name(name), ExprKind::Literal(Literal::Null)) = (&name.kind, &other.kind) {
                    found.push(name.clone());
                }
            }
        }
        _ => {}
    }
}

/// Without brackets and conversions.
pub fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(_, inner) => bare(inner),
        ExprKind::Opaque(parts) if parts.len() == 1 => bare(&parts[0]),
        _ => expr,
    }
}

/// What a bound of a sum or a product says about its parts: `a + b < n` keeps both down, `n - a > b` keeps `a` down.
pub fn terms<'f>(expr: &'f Expr, bits: Bits, out: &mut Vec<(&'f Expr, Bits)>) {
    let expr = bare(expr);
    match &expr.kind {
        ExprKind::Binary(op, left, right) => match &**op {
            "+" | "*" => {
                terms(left, bits, out);
                terms(right, bits, out);
            }
            "-" => {
                terms(left, bits, out);
                terms(right, if bits == UPPER { LOWER } else { UPPER }, out);
            }
            // `a <= n / b` keeps both down.
            "/" => {
                terms(left, bits, out);
                terms(right, if bits == UPPER { LOWER } else { UPPER }, out);
            }
            "<<" => terms(left, bits, out),
            _ => {}
        },
        ExprKind::Name(_) | ExprKind::Field(..) => out.push((expr, bits)),
        _ => {}
    }
}

/// `abs(x)`: what bounds it from above bounds the number at both ends.
pub fn magnitude(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call { callee, args, .. }
            if matches!(&*crate::flow::proof::guards::called(callee), "abs" | "fabs") =>
        {
            args.first().map(|arg| &arg.value)
        }
        ExprKind::Opaque(parts) if parts.len() == 1 => magnitude(&parts[0]),
        _ => None,
    }
}

/// `len(x)`, `strlen(x)`, `x.length`, `x.size()`: the thing that is measured.
pub fn measured(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Field(base, name) if matches!(&**name, "length" | "size" | "Length") => Some(base),
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (ExprKind::Name(name), [only]) if matches!(&**name, "len" | "strlen" | "wcslen") => Some(&only.value),
            (ExprKind::Field(base, name), []) if matches!(&**name, "length" | "size") => Some(base),
            _ => None,
        },
        _ => None,
    }
}
