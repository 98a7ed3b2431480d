//! The common form as text, for tests and for looking at it.
//!
//! In: a [`Module`]. Out: one line per import, class, function and statement, as S-expressions; not a stable format.
//! Names are bare, `.x` is a field, strings are quoted, `(new T …)` constructs, `label:` marks keywords.
//! Deliberately absent: a reader of this text. Start at [`dump`].

use std::fmt::Write;

use super::form::{Annotation, Arg, Expr, ExprKind, Function, Import, Literal, Module, Stmt, StmtKind, Text};

/// The whole module, with line numbers of functions only.
pub fn dump(module: &Module) -> String {
    let mut out = String::new();
    let partial = if module.partial { " partial" } else { "" };
    line(&mut out, 0, &format!("module {}{partial}", module.language));
    for Import { local, path, .. } in &module.imports {
        let local = if local.is_empty() { "-" } else { local };
        line(&mut out, 0, &format!("import {local} = {path}"));
    }
    for class in &module.classes {
        let mut text = format!("class {}{}", class.name, annotations(&class.annotations));
        class
            .bases
            .iter()
            .for_each(|base| push(&mut text, format_args!(" < {base}")));
        line(&mut out, 0, &text);
        for (name, hint) in &class.fields {
            line(&mut out, 1, &format!("field {}", hinted(name, hint)));
        }
    }
    for one in &module.settings {
        let text = format!("{} {} = {:?}", one.span.line, one.path, one.value);
        line(&mut out, 0, &text);
    }
    for (index, function) in module.functions.iter().enumerate() {
        head(&mut out, index, function);
        statements(&mut out, 1, &function.body);
    }
    out
}

fn head(out: &mut String, index: usize, function: &Function) {
    let mut text = format!("fn {index} {}", function.name);
    if let Some(class) = &function.class_name {
        push(
            &mut text,
            format_args!(" of {class}{}", if function.class.is_some() { "" } else { "?" }),
        );
    }
    if let Some(parent) = function.parent {
        push(&mut text, format_args!(" in {parent}"));
    }
    text.push_str(" (");
    for (at, param) in function.params.iter().enumerate() {
        let receiver = if at == 0 && function.receiver { "receiver " } else { "" };
        let comma = if at == 0 { "" } else { ", " };
        let marks = annotations(&param.annotations);
        push(
            &mut text,
            format_args!("{comma}{receiver}{}{marks}", hinted(&param.name, &param.hint)),
        );
        if let Some(default) = &param.default {
            push(&mut text, format_args!(" = {}", expr(default)));
        }
    }
    text.push(')');
    if let Some(returns) = &function.returns {
        push(&mut text, format_args!(" -> {returns}"));
    }
    text.push_str(&annotations(&function.annotations));
    if !function.public {
        text.push_str(" hidden");
    }
    push(
        &mut text,
        format_args!(" @{}-{}", function.span.line, function.span.last),
    );
    line(out, 0, &text);
}

fn statements(out: &mut String, depth: usize, body: &[Stmt]) {
    body.iter().for_each(|statement| self::statement(out, depth, statement));
}

fn statement(out: &mut String, depth: usize, statement: &Stmt) {
    let text = match &statement.kind {
        StmtKind::Assign {
            target,
            value,
            augmented,
            hint,
        } => {
            let hint = hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
            format!(
                "{}{hint} {}= {}",
                expr(target),
                if *augmented { "+" } else { "" },
                expr(value)
            )
        }
        StmtKind::Declare { name, hint, size } => {
            let size = size
                .as_ref()
                .map(|size| format!("[{}]", expr(size)))
                .unwrap_or_default();
            format!("declare {}{size}", hinted(name, hint))
        }
        StmtKind::Expr(value) => expr(value),
        StmtKind::Return(value) => format!("return{}", tail(value)),
        StmtKind::Throw(value) => format!("throw{}", tail(value)),
        StmtKind::Delete(value) => format!("delete {}", expr(value)),
        StmtKind::Break => "break".to_owned(),
        StmtKind::Continue => "continue".to_owned(),
        structured => return self::structured(out, depth, structured),
    };
    line(out, depth, &text);
}

fn structured(out: &mut String, depth: usize, kind: &StmtKind) {
    match kind {
        StmtKind::If { cond, then, otherwise } => {
            line(out, depth, &format!("if {}", expr(cond)));
            statements(out, depth + 1, then);
            if !otherwise.is_empty() {
                line(out, depth, "else");
                statements(out, depth + 1, otherwise);
            }
        }
        StmtKind::Loop { binds, cond, body } => {
            let mut text = "loop".to_owned();
            if let Some((target, from)) = binds {
                push(&mut text, format_args!(" {} in {}", expr(target), expr(from)));
            }
            if let Some(cond) = cond {
                push(&mut text, format_args!(" while {}", expr(cond)));
            }
            line(out, depth, &text);
            statements(out, depth + 1, body);
        }
        StmtKind::Try {
            body,
            handlers,
            finally,
        } => {
            line(out, depth, "try");
            statements(out, depth + 1, body);
            for handler in handlers {
                let caught = handler.caught.as_deref().unwrap_or("*");
                let binds = handler
                    .binds
                    .as_ref()
                    .map(|name| format!(" as {name}"))
                    .unwrap_or_default();
                line(out, depth, &format!("catch {caught}{binds}"));
                statements(out, depth + 1, &handler.body);
            }
            if !finally.is_empty() {
                line(out, depth, "finally");
                statements(out, depth + 1, finally);
            }
        }
        StmtKind::Block(body) => {
            line(out, depth, "block");
            statements(out, depth + 1, body);
        }
        _ => {}
    }
}

fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Field(base, name) => format!("{}.{name}", expr(base)),
        ExprKind::Index(base, key) => format!("{}[{}]", expr(base), expr(key)),
        ExprKind::Call { callee, args, new } => {
            format!(
                "({}{}{})",
                if *new { "new " } else { "" },
                expr(callee),
                arguments(args)
            )
        }
        ExprKind::Literal(literal) => self::literal(literal),
        ExprKind::Binary(op, left, right) => format!("({} {op} {})", expr(left), expr(right)),
        ExprKind::Unary(op, inner) => format!("({op} {})", expr(inner)),
        ExprKind::Template(pieces) => format!("(template{})", listed(pieces)),
        ExprKind::Collection(items) => {
            let items = items.iter().map(|(key, item)| match key {
                Some(key) => format!("{}: {}", expr(key), expr(item)),
                None => expr(item),
            });
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Choice(cond, then, other) => format!("({} ? {} : {})", expr(cond), expr(then), expr(other)),
        ExprKind::Function(index) => format!("fn#{index}"),
        ExprKind::Cast(hint, inner) => format!("(as <{hint}> {})", expr(inner)),
        ExprKind::Address(inner) => format!("(& {})", expr(inner)),
        ExprKind::Deref(inner) => format!("(* {})", expr(inner)),
        ExprKind::Assign(target, from) => format!("({} := {})", expr(target), expr(from)),
        ExprKind::Opaque(children) => format!("{{{}}}", listed(children).trim_start()),
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Str(text) => format!("{text:?}"),
        Literal::Number(text) => text.to_string(),
        Literal::Bool(value) => value.to_string(),
        Literal::Null => "null".to_owned(),
    }
}

fn arguments(args: &[Arg]) -> String {
    let mut text = String::new();
    for Arg { label, value } in args {
        match label {
            Some(label) => push(&mut text, format_args!(" {label}:{}", expr(value))),
            None => push(&mut text, format_args!(" {}", expr(value))),
        }
    }
    text
}

fn annotations(list: &[Annotation]) -> String {
    list.iter()
        .map(|mark| format!(" @({}{})", mark.name, arguments(&mark.args)))
        .collect()
}

fn listed(children: &[Expr]) -> String {
    children.iter().map(|child| format!(" {}", expr(child))).collect()
}

fn hinted(name: &Text, hint: &Option<Text>) -> String {
    hint.as_ref()
        .map_or_else(|| name.to_string(), |hint| format!("{name}: {hint}"))
}

fn tail(value: &Option<Expr>) -> String {
    value
        .as_ref()
        .map(|value| format!(" {}", expr(value)))
        .unwrap_or_default()
}

fn push(text: &mut String, args: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = text.write_fmt(args);
}

fn line(out: &mut String, depth: usize, text: &str) {
    out.push_str(&"  ".repeat(depth));
    out.push_str(text);
    out.push('\n');
}
