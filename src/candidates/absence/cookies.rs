//! Cookies that scripts can read or that travel in the clear.
//!
//! In: calls that set cookies. Out: [`Absence`]s. Start at [`without_flags`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::constants;
use crate::flow::program::names;
use crate::syntax::form::{Arg, Expr, ExprKind, Literal, Stmt, StmtKind};

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;

pub fn without_flags(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for (at, unit) in scene.graph.units.iter().enumerate() {
        let module = &scene.forest.modules[unit.module];
        let function = &module.functions[unit.index];
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                let missing = match module.language {
                    "python" => python(expr, &function.body),
                    "javascript" | "typescript" => javascript(expr),
                    "java" => java(expr, &function.body),
                    "kotlin" => ktor(expr).or_else(|| java(expr, &function.body)),
                    // A client shows the cookies that it was given.
                    "go" => go(expr).filter(|_| !scene.text(at as u32, stmt.span).contains(".AddCookie(")),
                    "csharp" => csharp(expr, &function.body),
                    "php" => php(expr),
                    _ => None,
                };
                if let Some(missing) = missing.filter(|missing| !missing.is_empty()) {
                    let what = format!("a cookie is set without {}", missing.join(" and "));
                    found.push(Absence {
                        unit: at as u32,
                        span: expr.span,
                        what,
                        weight: 45,
                    });
                }
            });
        });
    }
    found
}

type Missing = Option<Vec<&'static str>>;

/// Names of cookies that nobody gains anything by reading: what somebody prefers or has seen.
static HARMLESS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?i)(theme|lang|locale|i18n|consent|banner|dismiss|seen|tour|redirect|return|next|referr?er|colou?r|mode|view|",
        r"sidebar|layout|tab|sort|filter|page|timezone|tz|currency|utm|last_?(visit|signed|seen|login)|notice|flash|cart_?count|^_ga)",
    ))
});

/// The cookie is worth stealing: its name is no preference's, and it is given a value, not taken away.
fn matters(name: Option<&Expr>, value: Option<&Expr>) -> bool {
    let harmless =
        matches!(name.map(|name| &name.kind), Some(ExprKind::Literal(Literal::Str(name))) if HARMLESS.is_match(name));
    let removed = match value.map(|value| &value.kind) {
        Some(ExprKind::Literal(Literal::Str(value))) => value.is_empty() || &**value == "deleted",
        Some(ExprKind::Literal(Literal::Null)) => true,
        _ => false,
    };
    !harmless && !removed
}

fn last(callee: &Expr) -> &str {
    match &callee.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) => name,
        _ => "",
    }
}

fn off(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Bool(false) | Literal::Null))
}

/// As [`off`], where names that the function decides may stand.
fn off_in(expr: &Expr, body: &[Stmt]) -> bool {
    off(expr) || constants::within(expr, body).is_some_and(|value| !value.truth())
}

/// `response.set_cookie("sid", value, secure=True, httponly=True)`
fn python(expr: &Expr, body: &[Stmt]) -> Missing {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    if last(callee) != "set_cookie" || spread(args) {
        return None;
    }
    let given = |label: &str, at: usize| {
        let named = args.iter().find(|arg| arg.label.as_deref() == Some(label));
        named
            .or_else(|| args.get(at).filter(|arg| arg.label.is_none()))
            .map(|arg| &arg.value)
    };
    if !matters(given("key", 0), given("value", 1)) {
        return None;
    }
    let on = |label: &str| {
        args.iter()
            .any(|arg| arg.label.as_deref() == Some(label) && !off_in(&arg.value, body))
    };
    Some(
        [("secure", "Secure"), ("httponly", "HttpOnly")]
            .iter()
            .filter(|(label, _)| !on(label))
            .map(|(_, flag)| *flag)
            .collect(),
    )
}

fn spread(args: &[Arg]) -> bool {
    args.iter().any(|arg| {
        arg.label.as_deref().is_some_and(|label| label.starts_with("**"))
            || matches!(&arg.value.kind, ExprKind::Unary(op, _) if op.contains("**"))
    })
}

/// `res.cookie("sid", value, {secure: true, httpOnly: true})`
fn javascript(expr: &Expr) -> Missing {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    let ExprKind::Field(base, name) = &callee.kind else {
        return None;
    };
    let response = names::dotted(base).is_some_and(|base| {
        let base = base.to_lowercase();
        base.ends_with("res") || base.ends_with("response") || base.ends_with("reply")
    });
    if !response || !matches!(&**name, "cookie" | "setCookie") || args.len() < 2 {
        return None;
    }
    if !matters(Some(&args[0].value), Some(&args[1].value)) {
        return None;
    }
    let Some(options) = args.get(2) else {
        return Some(vec!["Secure", "HttpOnly"]);
    };
    let ExprKind::Collection(items) = &options.value.kind else {
        return None;
    };
    if items.iter().any(|(key, _)| key.is_none()) {
        return None;
    }
    let on = |wanted: &str| {
        items.iter().any(|(key, value)| {
            let named = match key.as_ref().map(|key| &key.kind) {
                Some(ExprKind::Literal(Literal::Str(name)) | ExprKind::Name(name)) => name.eq_ignore_ascii_case(wanted),
                _ => false,
            };
            named && !off(value)
        })
    };
    Some(
        [("secure", "Secure"), ("httpOnly", "HttpOnly")]
            .iter()
            .filter(|(key, _)| !on(key))
            .map(|(_, flag)| *flag)
            .collect(),
    )
}

/// `new Cookie(...)` without `setSecure(true)` in the same function. A cookie that is only taken back holds nothing.
fn java(expr: &Expr, body: &[Stmt]) -> Missing {
    let ExprKind::Call {
        callee,
        args,
        new: true,
    } = &expr.kind
    else {
        return None;
    };
    if last(callee) != "Cookie" || args.len() != 2 {
        return None;
    }
    let called = |method: &str| {
        let mut found = false;
        names::walk(body, &mut |stmt| {
            // `cookie.isHttpOnly = true` where setters are written as properties.
            if let StmtKind::Assign { target, value, .. } = &stmt.kind {
                let property = last(target).trim_start_matches("is");
                found |= !off(value) && method[3..].eq_ignore_ascii_case(property);
            }
            names::expressions(stmt, &mut |expr| {
                if let ExprKind::Call { callee, args, .. } = &expr.kind {
                    found |= last(callee) == method && args.first().is_some_and(|arg| !off_in(&arg.value, body));
                }
            });
        });
        found
    };
    if called("setSecure") || taken_back(body) {
        return None;
    }
    let flags = [("setSecure", "Secure"), ("setHttpOnly", "HttpOnly")];
    Some(
        flags
            .iter()
            .filter(|(method, _)| !called(method))
            .map(|(_, flag)| *flag)
            .collect(),
    )
}

/// `call.response.cookies.append("sid", value, secure = true, httpOnly = true)`
fn ktor(expr: &Expr) -> Missing {
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    let appends = names::dotted(callee).is_some_and(|callee| callee.ends_with("response.cookies.append"));
    if !appends || args.len() < 2 {
        return None;
    }
    let on = |label: &str| {
        args.iter()
            .any(|arg| arg.label.as_deref() == Some(label) && !off(&arg.value))
    };
    Some(
        [("secure", "Secure"), ("httpOnly", "HttpOnly")]
            .iter()
            .filter(|(label, _)| !on(label))
            .map(|(_, flag)| *flag)
            .collect(),
    )
}

/// `cookie.setMaxAge(0)`
fn taken_back(body: &[Stmt]) -> bool {
    let mut found = false;
    names::walk(body, &mut |stmt| {
        names::expressions(stmt, &mut |expr| {
            if let ExprKind::Call { callee, args, .. } = &expr.kind {
                let zero =
                    |arg: &Arg| matches!(&arg.value.kind, ExprKind::Literal(Literal::Number(text)) if &**text == "0");
                found |= last(callee) == "setMaxAge" && args.iter().any(zero);
            }
        });
    });
    found
}

/// `setcookie("sid", $value, 0, "/", "", true, true)`, or options in the third place. Only cookies that by their name
/// say who somebody is; what a page remembers of its looks may be read by anyone.
fn php(expr: &Expr) -> Missing {
    const WHO: [&str; 9] = [
        "sess", "token", "auth", "login", "remember", "sid", "user", "pass", "jwt",
    ];
    let ExprKind::Call { callee, args, .. } = &expr.kind else {
        return None;
    };
    if !matches!(last(callee), "setcookie" | "setrawcookie") || args.len() < 2 || spread(args) {
        return None;
    }
    let name = text(&args[0].value)?.to_ascii_lowercase();
    let emptied = matches!(&args[1].value.kind, ExprKind::Literal(Literal::Str(value)) if value.is_empty());
    if emptied || !WHO.iter().any(|word| name.contains(word)) {
        return None;
    }
    let flags = [(5, "secure", "Secure"), (6, "httponly", "HttpOnly")];
    let options = args.get(2).filter(|_| args.len() == 3).map(|arg| &arg.value.kind);
    // Options that were put together elsewhere say nothing here.
    if matches!(
        options,
        Some(ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Call { .. })
    ) {
        return None;
    }
    let on = |at: usize, key: &str| match options {
        Some(ExprKind::Collection(items)) => items.iter().any(|(own, value)| {
            own.as_ref()
                .and_then(text)
                .is_some_and(|own| own.eq_ignore_ascii_case(key))
                && !off(value)
        }),
        _ => args.iter().enumerate().any(|(own, arg)| {
            (own == at && arg.label.is_none() || arg.label.as_deref() == Some(key)) && !off(&arg.value)
        }),
    };
    let missing = flags.iter().filter(|(at, key, _)| !on(*at, key));
    Some(missing.map(|(_, _, flag)| *flag).collect())
}

/// `http.Cookie{Name: …, Secure: true, HttpOnly: true}`
fn go(expr: &Expr) -> Missing {
    let fields: Vec<(String, &Expr)> = match &expr.kind {
        ExprKind::Call {
            callee,
            args,
            new: true,
        } if names::dotted(callee).as_deref() == Some("http.Cookie") => {
            let labelled = args
                .iter()
                .filter_map(|arg| Some((arg.label.as_ref()?.to_string(), &arg.value)));
            let listed = args.iter().filter_map(|arg| match &arg.value.kind {
                ExprKind::Collection(items) => Some(items),
                _ => None,
            });
            let listed = listed.flatten().filter_map(|(key, value)| {
                Some((names::dotted(key.as_ref()?).or_else(|| text(key.as_ref()?))?, value))
            });
            labelled.chain(listed).collect()
        }
        ExprKind::Cast(hint, inner) if &**hint == "http.Cookie" => match &inner.kind {
            ExprKind::Collection(items) => items
                .iter()
                .filter_map(|(key, value)| Some((names::dotted(key.as_ref()?).or_else(|| text(key.as_ref()?))?, value)))
                .collect(),
            _ => return None,
        },
        _ => return None,
    };
    let field = |wanted: &str| fields.iter().find(|(key, _)| key == wanted).map(|(_, value)| *value);
    let ends = matches!(field("MaxAge").map(|age| &age.kind), Some(ExprKind::Unary(..)));
    if ends || !matters(field("Name"), field("Value")) {
        return None;
    }
    let on = |wanted: &str| field(wanted).is_some_and(|value| !off(value));
    Some(["Secure", "HttpOnly"].into_iter().filter(|flag| !on(flag)).collect())
}

/// `Response.Cookies.Append("sid", value)` without options, or `new CookieOptions` whose flags nobody sets.
fn csharp(expr: &Expr, body: &[Stmt]) -> Missing {
    let ExprKind::Call { callee, args, new } = &expr.kind else {
        return None;
    };
    if !new {
        let appends = names::dotted(callee).is_some_and(|callee| callee.ends_with("Cookies.Append"));
        return (appends && args.len() == 2).then(|| vec!["Secure", "HttpOnly"]);
    }
    if last(callee) != "CookieOptions" {
        return None;
    }
    let on = |flag: &str| {
        let mut found = args
            .iter()
            .any(|arg| arg.label.as_deref() == Some(flag) && !off(&arg.value));
        names::walk(body, &mut |stmt| {
            if let StmtKind::Assign { target, value, .. } = &stmt.kind {
                found |= last(target) == flag && !off(value);
            }
        });
        found
    };
    Some(["Secure", "HttpOnly"].into_iter().filter(|flag| !on(flag)).collect())
}

fn text(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Literal::Str(text)) => Some(text.to_string()),
        _ => None,
    }
}
