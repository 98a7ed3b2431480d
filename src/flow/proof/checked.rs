//! Values that a library of validation let through, and conditions about the characters or the type of a text.
//!
//! In: calls of schemas, handlers behind validators, parameters of decorated classes, regexes in conditions. Out: values
//! and places with what is proved of them. Deliberately absent: how schemas are read (`schemas`).
//! Start at [`Walker::validated`].

use crate::syntax::form::{Arg, Expr, ExprKind, Function, Literal};

use crate::flow::program::names;
use crate::flow::program::schemas::{Kind, Schema};
use crate::flow::proof::effects::Effect;
use crate::flow::state::value::{ANY, Const, Proved, SEP, State, Value};
use crate::flow::walk::taint::Walker;

impl<'f> Walker<'_, 'f> {
    /// What a kind of value can no longer harm.
    fn proved_by(&self, kind: &Kind) -> Proved {
        let dead = match kind {
            Kind::Text => self.world.about.objects,
            Kind::Number => self.world.stringish | self.world.about.objects,
            Kind::Choice => return Proved::ALL,
            Kind::Shape(left) => self.world.signs.spare(*left),
        };
        Proved { dead, bounds: 0 }
    }

    /// What a schema leaves of a value.
    fn left_by(&self, schema: &Schema, value: &Value) -> Value {
        let mut left = Value::default();
        for (name, field) in &schema.fields {
            let inner = self.left_by(field, &value.part(name));
            left.parts.insert(format!("{SEP}{name}"), inner.whole);
            for (path, facts) in inner.parts {
                left.parts.insert(format!("{SEP}{name}{path}"), facts);
            }
        }
        if let Some(each) = &schema.each {
            left.parts
                .insert(format!("{SEP}{ANY}"), self.left_by(each, &value.part(ANY)).all());
        }
        if !schema.fields.is_empty() || schema.each.is_some() {
            return left;
        }
        let proved = schema
            .kind
            .as_ref()
            .map_or(Proved { dead: 0, bounds: 0 }, |kind| self.proved_by(kind));
        if proved == Proved::ALL {
            return left;
        }
        let paths = self.world.about.paths;
        Value::of(value.all()).map(&|fact| {
            let mut fact = fact.clone();
            proved.apply(&mut fact, paths);
            fact
        })
    }

    /// `schema.parse(value)`: what comes back, and what is known from then on of what was given.
    pub fn validated(
        &self,
        (name, base): (&str, Option<&'f Expr>),
        args: &'f [Arg],
        values: &[Value],
        state: &mut State<'f>,
    ) -> Option<Value> {
        let asks = matches!(
            name,
            "parse"
                | "parseAsync"
                | "safeParse"
                | "safeParseAsync"
                | "validate"
                | "validateAsync"
                | "validateSync"
                | "cast"
                | "attempt"
        );
        let schemas = &self.world.schemas;
        let (base, first) = (base.filter(|_| asks)?, args.first()?);
        let given = |at: usize| args.get(at).and_then(|arg| schemas.read(self.module, &arg.value));
        let schema = schemas.read(self.module, base).or_else(|| given(1))?;
        if let Some(path) = self.path(&first.value, state) {
            self.known_below(&path, &schema, state);
        }
        let left = self.left_by(&schema, values.first()?);
        let under = |key: &str, left: Value| {
            let mut result = Value::default();
            result.parts.insert(format!("{SEP}{key}"), left.whole);
            for (path, facts) in left.parts {
                result.parts.insert(format!("{SEP}{key}{path}"), facts);
            }
            result
        };
        Some(match name {
            "safeParse" | "safeParseAsync" => under("data", left),
            // Joi gives `{ error, value }`, yup what it let through.
            "validate" => {
                let mut both = under("value", left.clone());
                both.join(left);
                both
            }
            _ => left,
        })
    }

    /// `c.req.valid("query")`: what the validator before this handler left of a part of the request.
    pub fn validated_before(&self, name: &str, args: &[Arg], mut value: Value) -> Value {
        let part = args.first().map(|arg| &arg.value.kind);
        let (Some(ExprKind::Literal(Literal::Str(part))), "valid") = (part, name) else {
            return value;
        };
        let part = crate::flow::program::schemas::part(part);
        let Some(entry) = self.world.entries.get(&self.current()) else {
            return value;
        };
        for (segments, kind) in &entry.checked {
            let [own, field] = segments.as_slice() else { continue };
            if Some(&**own) == part {
                let (proved, paths) = (self.proved_by(kind), self.world.about.paths);
                let left = value.part(field).map(&|fact| {
                    let mut fact = fact.clone();
                    proved.apply(&mut fact, paths);
                    fact
                });
                let left = if proved == Proved::ALL { Value::default() } else { left };
                value.parts.insert(format!("{SEP}{field}"), left.all());
            }
        }
        value
    }

    fn known_below(&self, path: &str, schema: &Schema, state: &mut State<'f>) {
        let mut checked = Vec::new();
        schema.checked(&[], &mut checked);
        for (segments, kind) in checked {
            let below: String = segments.iter().map(|segment| format!("{SEP}{segment}")).collect();
            state.prove(&format!("{path}{below}"), self.proved_by(&kind));
        }
    }

    /// What stands before a handler, or the class of a parameter, says of what the handler gets.
    pub fn handed(&self, function: &Function, state: &mut State<'f>) {
        let entry = self.world.entries.get(&self.current());
        let Some(entry) = entry else { return };
        let shift = self.world.shift(self.current());
        if let Some(first) = function.params.get(shift) {
            for (segments, kind) in &entry.checked {
                let below: String = segments.iter().map(|segment| format!("{SEP}{segment}")).collect();
                state.prove(&format!("{}{below}", first.name), self.proved_by(kind));
            }
        }
        for param in &function.params {
            let class = param.hint.as_deref().and_then(names::type_path);
            let class = class.as_ref().and_then(|path| path.last());
            if let Some(schema) = class.and_then(|class| self.world.schemas.declared(class)) {
                self.known_below(&param.name, schema, state);
            }
        }
    }

    /// `typeof x === "string"`: text is no object, and a number or a truth value is no text.
    pub fn typed(&self, expr: &'f Expr, is: &Const, state: &State<'f>) -> Vec<Effect> {
        let (ExprKind::Unary(op, inner), Const::Text(name)) = (&expr.kind, is) else {
            return Vec::new();
        };
        let Some(path) = self.subject(inner, state).filter(|_| &**op == "typeof") else {
            return Vec::new();
        };
        match &**name {
            "string" => vec![Effect::Dead(path, self.world.about.objects)],
            "number" | "boolean" | "bigint" => vec![Effect::Clean(path)],
            _ => Vec::new(),
        }
    }
}
