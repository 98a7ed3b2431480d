//! The common form as bytes: numbers of seven bits a byte, texts once per module, places as distances from the last one.
//!
//! In: a [`Module`] or bytes. Out: the other. Decoding allocates no more than the bytes can fill, nests no deeper than
//! parsing may, and lets no index point outside of its module.
//! Deliberately absent: versions; a pack belongs to one build of the program. Start at [`encode`] and [`decode`].

use std::collections::HashMap;

use crate::source::FileId;
use crate::syntax::MAX_DEPTH;
use crate::syntax::form::{
    Annotation, Arg, Class, Expr, ExprKind, Function, Handler, Import, Literal, Module, Param, Span, Stmt, StmtKind,
    Text,
};

/// Statements and expressions inside each other; one level of source is at most a few of the form.
const DEEPEST: usize = MAX_DEPTH + 50;

/// `None` for what nests too deep, and for configuration, which is read as fast as this.
pub fn encode(module: &Module) -> Option<Vec<u8>> {
    let Module {
        file: _,
        language: _,
        imports,
        classes,
        functions,
        settings,
        partial,
    } = module;
    let mut out = Out::default();
    number(&mut out.bytes, functions.len() as u64);
    imports.put(&mut out);
    classes.put(&mut out);
    functions.iter().for_each(|function| function.put(&mut out));
    partial.put(&mut out);
    if out.deepest > DEEPEST || !settings.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(out.bytes.len() * 2);
    number(&mut bytes, out.texts.len() as u64);
    for text in &out.texts {
        number(&mut bytes, text.len() as u64);
        bytes.extend(text.as_bytes());
    }
    bytes.extend(out.bytes);
    Some(bytes)
}

pub fn decode(bytes: &[u8], file: FileId, language: &'static str) -> Option<Module> {
    let mut from = In {
        rest: bytes,
        texts: Vec::new(),
        last: Span::default(),
        depth: 0,
        functions: 0,
    };
    let texts = from.count()?;
    for _ in 0..texts {
        let length = from.count()?;
        let (text, rest) = from.rest.split_at_checked(length)?;
        from.texts.push(std::str::from_utf8(text).ok()?.into());
        from.rest = rest;
    }
    from.functions = from.count()?;
    let (imports, classes): (_, Vec<Class>) = (Form::take(&mut from)?, Form::take(&mut from)?);
    let mut functions: Vec<Function> = Vec::new();
    for at in 0..from.functions {
        let function = Function::take(&mut from)?;
        let inside = function.class.is_none_or(|class| class < classes.len());
        if !inside || function.parent.is_some_and(|parent| parent >= at) {
            return None;
        }
        functions.push(function);
    }
    let partial = Form::take(&mut from)?;
    (from.rest.is_empty() && !functions.is_empty()).then_some(Module {
        file,
        language,
        imports,
        classes,
        functions,
        settings: Vec::new(),
        partial,
    })
}

#[derive(Default)]
struct Out<'m> {
    bytes: Vec<u8>,
    texts: Vec<&'m str>,
    numbers: HashMap<&'m str, u32>,
    last: Span,
    depth: usize,
    deepest: usize,
}

struct In<'a> {
    rest: &'a [u8],
    texts: Vec<Text>,
    last: Span,
    depth: usize,
    /// Of the module.
    functions: usize,
}

impl In<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number of things that take at least a byte each.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    fn distance(&mut self, from: u32) -> Option<u32> {
        let number = self.number()?;
        let distance = (number >> 1) as i64 ^ -((number & 1) as i64);
        u32::try_from(i64::from(from).checked_add(distance)?).ok()
    }
}

fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn distance(bytes: &mut Vec<u8>, from: u32, to: u32) {
    let distance = i64::from(to) - i64::from(from);
    number(bytes, (distance << 1 ^ distance >> 63) as u64);
}

trait Form: Sized {
    fn put<'m>(&'m self, out: &mut Out<'m>);
    fn take(from: &mut In) -> Option<Self>;
}

impl Form for usize {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        number(&mut out.bytes, *self as u64);
    }

    fn take(from: &mut In) -> Option<Self> {
        usize::try_from(from.number()?).ok()
    }
}

impl Form for bool {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        out.bytes.push(u8::from(*self));
    }

    fn take(from: &mut In) -> Option<Self> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Form for Text {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        let next = out.texts.len() as u32;
        let at = *out.numbers.entry(self).or_insert(next);
        if at == next {
            out.texts.push(self);
        }
        number(&mut out.bytes, u64::from(at));
    }

    fn take(from: &mut In) -> Option<Self> {
        let at = usize::try_from(from.number()?).ok()?;
        from.texts.get(at).cloned()
    }
}

impl Form for Span {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        distance(&mut out.bytes, out.last.start, self.start);
        distance(&mut out.bytes, self.start, self.end);
        distance(&mut out.bytes, out.last.line, self.line);
        distance(&mut out.bytes, self.line, self.last);
        out.last = *self;
    }

    fn take(from: &mut In) -> Option<Self> {
        let start = from.distance(from.last.start)?;
        let end = from.distance(start)?;
        let line = from.distance(from.last.line)?;
        let last = from.distance(line)?;
        from.last = Span { start, end, line, last };
        Some(from.last)
    }
}

impl<T: Form> Form for Option<T> {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        out.bytes.push(u8::from(self.is_some()));
        if let Some(some) = self {
            some.put(out);
        }
    }

    fn take(from: &mut In) -> Option<Self> {
        Some(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<T: Form> Form for Vec<T> {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        number(&mut out.bytes, self.len() as u64);
        self.iter().for_each(|one| one.put(out));
    }

    fn take(from: &mut In) -> Option<Self> {
        let count = from.count()?;
        let mut all = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            all.push(T::take(from)?);
        }
        Some(all)
    }
}

impl<T: Form> Form for Box<T> {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        (**self).put(out);
    }

    fn take(from: &mut In) -> Option<Self> {
        T::take(from).map(Box::new)
    }
}

impl<A: Form, B: Form> Form for (A, B) {
    fn put<'m>(&'m self, out: &mut Out<'m>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut In) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

/// What may hold itself counts how deep it does, and is checked for what it points at.
macro_rules! nests {
    ($($type:ident $inside:expr;)*) => { $(
        impl Form for $type {
            fn put<'m>(&'m self, out: &mut Out<'m>) {
                out.depth += 1;
                out.deepest = out.deepest.max(out.depth);
                self.span.put(out);
                self.kind.put(out);
                out.depth -= 1;
            }

            fn take(from: &mut In) -> Option<Self> {
                from.depth += 1;
                if from.depth > DEEPEST {
                    return None;
                }
                let (span, kind) = (Form::take(from)?, Form::take(from)?);
                from.depth -= 1;
                $inside(&kind, from.functions).then_some(Self { kind, span })
            }
        }
    )* };
}

nests! {
    Stmt |_: &StmtKind, _| true;
    Expr |kind: &ExprKind, functions| !matches!(kind, ExprKind::Function(at) if *at >= functions);
}

macro_rules! structs {
    ($($type:ident { $($field:ident),* })*) => { $(
        impl Form for $type {
            fn put<'m>(&'m self, out: &mut Out<'m>) {
                $(self.$field.put(out);)*
            }

            fn take(from: &mut In) -> Option<Self> {
                Some(Self { $($field: Form::take(from)?),* })
            }
        }
    )* };
}

structs! {
    Import { local, path, span }
    Class { name, bases, annotations, fields, span }
    Annotation { name, args, span }
    Function { name, class, class_name, parent, params, receiver, returns, annotations, span, body, public }
    Param { name, hint, annotations, default, span }
    Handler { caught, binds, span, body }
    Arg { label, value }
}

macro_rules! enums {
    ($($type:ident { $($tag:literal => $name:ident $(($($part:ident),*))? $({$($field:ident),*})?;)* })*) => { $(
        impl Form for $type {
            fn put<'m>(&'m self, out: &mut Out<'m>) {
                match self {
                    $(Self::$name $(($($part),*))? $({$($field),*})? => {
                        out.bytes.push($tag);
                        $($($part.put(out);)*)?
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn take(from: &mut In) -> Option<Self> {
                Some(match from.byte()? {
                    $($tag => {
                        $($(let $part = Form::take(from)?;)*)?
                        $($(let $field = Form::take(from)?;)*)?
                        Self::$name $(($($part),*))? $({$($field),*})?
                    })*
                    _ => return None,
                })
            }
        }
    )* };
}

enums! {
    StmtKind {
        0 => Assign { target, value, augmented, hint };
        1 => Declare { name, hint, size };
        2 => Expr(expr);
        3 => Return(value);
        4 => Throw(value);
        5 => If { cond, then, otherwise };
        6 => Loop { binds, cond, body };
        7 => Try { body, handlers, finally };
        8 => Break;
        9 => Continue;
        10 => Delete(expr);
        11 => Block(body);
    }
    ExprKind {
        0 => Name(name);
        1 => Field(base, name);
        2 => Index(base, key);
        3 => Call { callee, args, new };
        4 => Literal(literal);
        5 => Binary(operator, left, right);
        6 => Unary(operator, operand);
        7 => Template(pieces);
        8 => Collection(items);
        9 => Choice(cond, then, otherwise);
        10 => Function(index);
        11 => Cast(to, operand);
        12 => Address(operand);
        13 => Deref(operand);
        14 => Assign(target, value);
        15 => Opaque(children);
    }
    Literal {
        0 => Str(text);
        1 => Number(text);
        2 => Bool(value);
        3 => Null;
    }
}
