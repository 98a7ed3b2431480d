//! Logins that let the wrong one in.
//!
//! In: functions and pages of PHP, whose requests, sessions and cookies are variables with fixed names. Out:
//! [`Absence`]s, one rule per public function: a session that keeps its name over a login, secrets compared so that
//! something else than the secret is equal, rights read from a cookie, a page that sends visitors away and goes on.
//! Deliberately absent: sessions of frameworks, which look after themselves. Start at [`session_kept`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Literal, Span, Stmt, StmtKind};

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;

/// What a session says about who somebody is.
static IDENTITY: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^(user(_?(id|name|data|info))?|uid|id|login|logged(_?in)?|is_?logged(_?in)?|loggedin|auth(enticated|_user)?|is_?admin|admin(_?id)?|member(_?id)?|account(_?id)?|role|email|customer(_?id)?)$",
    )
});
/// A secret is looked at.
static CHECKS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)(password_verify\s*\(|\$_(POST|REQUEST|GET)\s*\[\s*['"][\w-]*(pass|pwd)[\w-]*['"]|check_?password|verify_?password)"#,
    )
});
static RENEWS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(session_regenerate_id|session_create_id|session_destroy|regenerate)"));
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(pass|pwd|\bpin\b|token|secret|api_?key|otp|auth|signature|\bsig\b|\bmac\b|hmac|credential|login)")
});
/// Straight from the request.
static ASKED: LazyLock<Regex> = LazyLock::new(|| fixed(r"\$_(GET|POST|REQUEST|COOKIE|SERVER)\b"));
static HASHES: [&str; 6] = ["md5", "sha1", "hash", "crc32", "crypt", "hash_hmac"];
static COMPARES: [&str; 4] = ["strcmp", "strcasecmp", "strncmp", "strncasecmp"];
/// Cookies by which a visitor would say what he may do.
static RIGHT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)^((is_?)?(admin|logged_?in|loggedin|authenticated|superuser|staff)|(user_?)?(role|level|type)|access(_?level)?|privileges?|auth(orized)?)$",
    )
});
/// Who asks.
static VISITOR: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(\$_SESSION|is_?logged|logged_?in|is_?admin|is_?auth|current_?user|check_?(login|auth)|has_?(role|access|permission)|is_?user|is_?guest)",
    )
});
/// Work that a page does.
static WORKS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(query|execute|prepare|exec|unlink|readfile|file_put_contents|move_uploaded_file|mail|echo|print|include|require|<\w)",
    )
});

pub fn pages<'a>(scene: &'a Scene) -> impl Iterator<Item = u32> + 'a {
    (0..scene.graph.units.len() as u32).filter(|&unit| scene.module(unit).language == "php")
}

/// The literal key under which a variable of the language is read.
fn key_of<'e>(expr: &'e Expr, variable: &str) -> Option<&'e str> {
    let ExprKind::Index(base, key) = &expr.kind else {
        return None;
    };
    match (&base.kind, &key.kind) {
        (ExprKind::Name(name), ExprKind::Literal(Literal::Str(key))) if &**name == variable => Some(key),
        _ => None,
    }
}

fn called(expr: &Expr) -> Option<(&str, &[crate::syntax::form::Arg])> {
    match &expr.kind {
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            ExprKind::Name(name) => Some((name, args)),
            _ => None,
        },
        ExprKind::Opaque(parts) if parts.len() == 1 => called(&parts[0]),
        _ => None,
    }
}

/// A password is checked, the session says who it is from now on, and it keeps the identifier that it had.
pub fn session_kept(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in pages(scene) {
        let text = own_text(scene, unit);
        if !CHECKS.is_match(&text) || RENEWS.is_match(&text) {
            continue;
        }
        let helps =
            |edge: &crate::flow::Edge| RENEWS.is_match(scene.text(edge.to, scene.graph.units[edge.to as usize].span));
        if scene.graph.callees(unit).any(helps) {
            continue;
        }
        let mut place = None;
        names::walk(&scene.function(unit).body, &mut |stmt| {
            if let StmtKind::Assign { target, value, .. } = &stmt.kind
                && key_of(target, "_SESSION").is_some_and(|key| IDENTITY.is_match(key))
                && !matches!(&value.kind, ExprKind::Literal(Literal::Null | Literal::Bool(false)))
            {
                place = place.or(Some(stmt.span));
            }
        });
        found.extend(place.map(|span| Absence {
            unit,
            span,
            what: "somebody logs in here and the session keeps the identifier that it had before".to_owned(),
            weight: 50,
        }));
    }
    found
}

/// `session.setAttribute("user", …)` in Java.
static SIGNS_IN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)\b\w*(session\w*|getSession\([^()]*\))\s*\.\s*(setAttribute|putValue)\(\s*"(user(_?(id|name|data|info))?|current_?user|logged_?in(_?user)?|account|principal|auth(enticated)?(_?user)?|member|uid)""#,
    )
});
static CHECKS_JAVA: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)(getParameter\(\s*"[^"]*(pass|pwd)[^"]*"|\w*password\w*\s*\)|password\w*\(\)|authenticate\(|\bpass(word|wd)?\b)"#,
    )
});
static RENEWS_JAVA: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(changeSessionId|invalidate\(|sessionFixation|renewSession|newSession)"));

/// A servlet or a controller checks a password and says in the session that it had before who somebody is.
pub fn servlet_session_kept(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let at = &scene.graph.units[unit as usize];
        if !matches!(scene.module(unit).language, "java" | "kotlin") || at.index == 0 {
            continue;
        }
        let text = scene.text(unit, at.span);
        let Some(place) = SIGNS_IN.find(text).filter(|_| CHECKS_JAVA.is_match(text)) else {
            continue;
        };
        let mut near = scene
            .graph
            .callees(unit)
            .map(|edge| scene.text(edge.to, scene.graph.units[edge.to as usize].span));
        if RENEWS_JAVA.is_match(text) || near.any(|text| RENEWS_JAVA.is_match(text)) {
            continue;
        }
        let line = at.span.line + text[..place.start()].matches('\n').count() as u32;
        found.push(Absence {
            unit,
            span: Span {
                start: at.span.start + place.start() as u32,
                end: at.span.start + place.end() as u32,
                line,
                last: line,
            },
            what: "somebody logs in here and the session keeps the identifier that it had before".to_owned(),
            weight: 45,
        });
    }
    found
}

/// The text of a function; of a page, what stands outside its functions.
pub fn own_text(scene: &Scene, unit: u32) -> String {
    let span = scene.graph.units[unit as usize].span;
    let text = scene.text(unit, span);
    if scene.graph.units[unit as usize].index != 0 {
        return text.to_owned();
    }
    let mut own = String::new();
    let mut at = 0;
    for function in scene.module(unit).functions.iter().skip(1) {
        let (from, to) = (function.span.start as usize, function.span.end as usize);
        if from >= at && to <= text.len() {
            own.push_str(&text[at..from]);
            at = to;
        }
    }
    own.push_str(&text[at..]);
    own
}

/// A secret is compared by `==`, for which texts that look like numbers are numbers, or by a function that gives
/// nothing, which is as good as zero, for what is no text.
pub fn compared_loosely(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in pages(scene) {
        let look = Compared { scene, unit };
        names::walk(&scene.function(unit).body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let Some(what) = look.loosely(expr) {
                    found.push(Absence {
                        unit,
                        span: expr.span,
                        what: what.to_owned(),
                        weight: 50,
                    });
                }
            });
        });
    }
    found
}

struct Compared<'a> {
    scene: &'a Scene<'a>,
    unit: u32,
}

impl Compared<'_> {
    fn text(&self, expr: &Expr) -> &str {
        self.scene.text(self.unit, expr.span)
    }

    fn loosely(&self, expr: &Expr) -> Option<&'static str> {
        match &expr.kind {
            ExprKind::Unary(op, inner) if &**op == "!" && self.by_function(inner) => {
                Some("what is no text makes this comparison of a secret give nothing, which counts as equal")
            }
            ExprKind::Binary(op, left, right) if matches!(&**op, "==" | "!=") => {
                let zero =
                    |side: &Expr| matches!(&side.kind, ExprKind::Literal(Literal::Number(number)) if &**number == "0");
                if (zero(right) && self.by_function(left)) || (zero(left) && self.by_function(right)) {
                    return Some(
                        "what is no text makes this comparison of a secret give nothing, which counts as equal",
                    );
                }
                let hashed = |side: &Expr| called(side).is_some_and(|(name, _)| HASHES.contains(&name));
                let kept = |side: &Expr| {
                    matches!(
                        side.kind,
                        ExprKind::Index(..) | ExprKind::Field(..) | ExprKind::Name(_) | ExprKind::Call { .. }
                    ) && !ASKED.is_match(self.text(side))
                };
                let pair = |given: &Expr, own: &Expr| {
                    let both = format!("{} {}", self.text(given), self.text(own));
                    let plain = matches!(own.kind, ExprKind::Index(..) | ExprKind::Field(..));
                    kept(own)
                        && SECRET.is_match(&both)
                        && !own_token(&both)
                        && (hashed(given)
                            || (ASKED.is_match(self.text(given))
                                && plain
                                && !called(given).is_some_and(|(name, _)| name.contains("count"))))
                };
                (pair(left, right) || pair(right, left)).then_some(
                    "a secret is compared by ==, for which two texts that look like the same number are equal",
                )
            }
            _ => None,
        }
    }

    /// `strcmp($_POST['token'], $token)`
    fn by_function(&self, expr: &Expr) -> bool {
        called(expr).is_some_and(|(name, args)| {
            let of = |wanted: &Regex| args.iter().any(|arg| wanted.is_match(self.text(&arg.value)));
            COMPARES.contains(&name) && of(&ASKED) && of(&SECRET)
        })
    }
}

/// What a page gives its own form, to be sent back.
fn own_token(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("csrf") || text.contains("nonce") || text.contains("$_session") || text.contains("captcha")
}

/// A cookie says what its owner may do.
pub fn cookie_decides(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in pages(scene) {
        names::walk(&scene.function(unit).body, &mut |stmt| {
            let StmtKind::If { cond, .. } = &stmt.kind else { return };
            let mut decides = false;
            names::descend(cond, &mut |expr| {
                let right = |expr: &Expr| key_of(expr, "_COOKIE").is_some_and(|key| RIGHT.is_match(key));
                let literal = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(_));
                decides |= match &expr.kind {
                    ExprKind::Binary(op, left, right_side) => {
                        matches!(&**op, "==" | "===" | "!=" | "!==" | ">" | ">=" | "<")
                            && ((right(left) && literal(right_side)) || (right(right_side) && literal(left)))
                    }
                    _ => false,
                };
            });
            if decides {
                found.push(Absence {
                    unit,
                    span: cond.span,
                    what: "a cookie, which its owner can write, says what the visitor may do".to_owned(),
                    weight: 55,
                });
            }
        });
    }
    found
}

/// Who may not come in is sent elsewhere, and the page goes on all the same.
pub fn goes_on(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in pages(scene) {
        let mut blocks = vec![scene.function(unit).body.as_slice()];
        while let Some(block) = blocks.pop() {
            for (at, stmt) in block.iter().enumerate() {
                match &stmt.kind {
                    StmtKind::If { cond, then, otherwise } => {
                        if otherwise.is_empty()
                            && let Some(span) = sends_away(scene, unit, cond, then)
                            && block[at + 1..]
                                .iter()
                                .any(|later| WORKS.is_match(scene.text(unit, later.span)))
                        {
                            found.push(Absence {
                                unit,
                                span,
                                what: "who may not come in is sent elsewhere, and the page goes on all the same"
                                    .to_owned(),
                                weight: 55,
                            });
                        }
                        blocks.extend([then.as_slice(), otherwise.as_slice()]);
                    }
                    StmtKind::Block(inner) => blocks.push(inner),
                    _ => {}
                }
            }
        }
    }
    found.sort_by_key(|absence| (absence.unit, absence.span.start));
    found
}

/// The redirect of a branch for those who are nobody, if nothing ends there.
fn sends_away(scene: &Scene, unit: u32, cond: &Expr, then: &[Stmt]) -> Option<Span> {
    let text = scene.text(unit, cond.span);
    let refuses = text.contains('!')
        || text.contains("empty(")
        || text.contains("null")
        || text.contains("false")
        || text.contains("<");
    if !VISITOR.is_match(text) || !refuses {
        return None;
    }
    let (mut place, mut ends) = (None, false);
    names::walk(then, &mut |stmt| {
        ends |= matches!(
            stmt.kind,
            StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Break | StmtKind::Continue
        );
        names::expressions(stmt, &mut |expr| match called(expr) {
            Some(("header", [first, ..]))
                if scene
                    .text(unit, first.value.span)
                    .to_ascii_lowercase()
                    .contains("location") =>
            {
                place = place.or(Some(stmt.span));
            }
            // Whatever else is called may be what ends the page.
            Some((name, _)) => {
                ends |= !matches!(
                    name,
                    "header" | "session_destroy" | "session_start" | "http_response_code" | "urlencode"
                )
            }
            None => ends |= matches!(expr.kind, ExprKind::Call { .. }),
        });
    });
    place.filter(|_| !ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_of_this_file_compiles() {
        let all = [&IDENTITY, &CHECKS, &RENEWS, &SECRET, &ASKED, &RIGHT, &VISITOR, &WORKS];
        assert!(all.iter().all(|regex| !regex.as_str().is_empty()));
    }

    #[test]
    fn who_somebody_is_is_told_from_other_things_that_a_session_keeps() {
        assert!(IDENTITY.is_match("user_id") && IDENTITY.is_match("loggedin") && !IDENTITY.is_match("login_error"));
        assert!(RIGHT.is_match("is_admin") && RIGHT.is_match("role") && !RIGHT.is_match("auth_token"));
    }
}
