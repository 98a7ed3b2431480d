//! Checks that are there and do not hold.
//!
//! In: functions of the project. Out: [`Absence`]s, one rule per public function: an address that is compared in part,
//! a limit that counts by what the sender says about itself, a signature that is compared like any other text.
//! Deliberately absent: whether anybody relies on the check. Start at [`address_in_part`].

use std::sync::LazyLock;

use regex::Regex;

use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Function, Literal, Span, Stmt, StmtKind};

use super::Absence;
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Functions that decide whether an address is one of theirs.
static DECIDES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)
        ((^|_)(is|same|check|accept|match)|allow|trust|valid|safe|permit|white_?list|verif)\w*
        (url|uri|redirect|host|domain|link|target|origin|refer+er|return_?to|next)|
        (url|uri|redirect|host|domain|target|origin|refer+er)_?\w*(allow|trust|valid|safe|permit|white_?list|ok\b|accept)",
    )
});
/// Names of what holds an address that came in.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(^|[a-z_])(url|uri|href|origin|refer+er|target|redirect(_?to|_?url)?|return_?(to|url)|host(name)?|domain|
        dest(ination)?|location|link|next)$",
    )
});
static ORIGIN: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(origin|refer+er)"));
/// A literal that names a host.
static HOST: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)^(https?:)?(//)?([\w-]+\.)*[\w-]+\.[a-z]{2,}(:\d+)?$"));
/// Where the host and nothing else is taken out of the address.
static PARSED: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(url_?parse|urlsplit|new URL\(|parse_url|new Uri\(|URI\.)"));
/// Headers in which a sender may write any address.
static FORWARDED: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(x-forwarded-for|x_forwarded_for|x-real-ip|client-ip|true-client-ip)"));
static LIMITER: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(rate_?limit|limiter|throttl|slow_?down)"));
/// Functions that make a code out of a key and a text.
static MAKES_CODE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(hmac\.new\(|createHmac\(|hash_hmac\(|hmac\.New\(|Mac\.getInstance\(|OpenSSL::HMAC|HMACSHA\d+|
        \.doFinal\(|hmac\.digest\()",
    )
});
/// What such a code is called.
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(signature|hmac|digest|\bmac\b|(\b|_)sig\b|expected|computed|calculated|x-hub|\bhash\b)")
});
/// Comparing without telling how far it came.
static STEADY: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(compare_digest|timingSafeEqual|hash_equals|ConstantTimeCompare|hmac\.Equal|MessageDigest\.isEqual|secure_compare|FixedTimeEquals|constant_time|safe_compare|scmp)",
    )
});

/// Most bytes of a call that is looked through for a header.
const CALL: usize = 2000;

fn functions<'a>(scene: &'a Scene) -> impl Iterator<Item = (u32, &'a Function)> {
    (0..scene.graph.units.len() as u32).map(|unit| (unit, scene.function(unit)))
}

fn last(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Field(_, name) => Some(name),
        ExprKind::Index(_, key) => match &key.kind {
            ExprKind::Literal(Literal::Str(key)) => Some(key),
            _ => None,
        },
        ExprKind::Cast(_, inner) => last(inner),
        ExprKind::Call { callee, args, .. } if args.is_empty() => match &callee.kind {
            ExprKind::Field(base, name)
                if matches!(&**name, "toLowerCase" | "lower" | "trim" | "toString" | "strip") =>
            {
                last(base)
            }
            _ => None,
        },
        _ => None,
    }
}

/// How much of the address has to agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Anywhere,
    Start,
    End,
}

/// An address, what it is compared with, and which part of it.
fn in_part(expr: &Expr) -> Option<(&Expr, &Expr, Part)> {
    match &expr.kind {
        ExprKind::Binary(op, want, address) if &**op == "in" => Some((address, want, Part::Anywhere)),
        ExprKind::Call { callee, args, .. } => {
            let (ExprKind::Field(_, name) | ExprKind::Name(name)) = &callee.kind else {
                return None;
            };
            let name = name.to_ascii_lowercase().replace('_', "");
            let part = match name.trim_end_matches('?') {
                "includes" | "contains" | "indexof" | "include" | "strpos" | "stripos" | "strcontains" => {
                    Part::Anywhere
                }
                "startswith" | "startwith" | "hasprefix" | "strstartswith" => Part::Start,
                "endswith" | "endwith" | "hassuffix" | "strendswith" => Part::End,
                _ => return None,
            };
            match (&callee.kind, args.as_slice()) {
                (ExprKind::Field(base, _), [want, ..]) if last(base).is_some_and(|base| base != "strings") => {
                    Some((base, &want.value, part))
                }
                (_, [address, want, ..]) => Some((&address.value, &want.value, part)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an address of somebody else can agree in this part.
fn holds_not(want: &Expr, part: Part) -> bool {
    match &want.kind {
        ExprKind::Literal(Literal::Str(text)) => {
            HOST.is_match(text) && !(part == Part::End && text.starts_with(['.', '@', '/']))
        }
        // What the code lists is mostly whole hosts.
        ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..) => part == Part::Anywhere,
        _ => false,
    }
}

/// Whether the function that decides about an address is about the origin of a request rather than where to go.
fn about_origin(name: &str, text: &str) -> bool {
    ORIGIN.is_match(name) || ORIGIN.is_match(text)
}

/// A function says whether an address is one of theirs and looks only whether a known one is in it somewhere.
pub fn address_in_part(scene: &Scene, origins: bool) -> Vec<Absence> {
    let mut found = Vec::new();
    for (unit, function) in functions(scene) {
        let name = &scene.graph.units[unit as usize].name;
        let short = name.rsplit('.').next().unwrap_or(name);
        if function.span.last - function.span.line > 60
            || !(DECIDES.is_match(short) || short == "origin")
            || PARSED.is_match(scene.text(unit, function.span))
        {
            continue;
        }
        let mut place = None;
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let Some((address, want, part)) = in_part(expr)
                    && last(address).is_some_and(|name| ADDRESS.is_match(name))
                    && holds_not(want, part)
                    && about_origin(short, scene.text(unit, address.span)) == origins
                {
                    place = place.or(Some(expr.span));
                }
            });
        });
        found.extend(place.map(|span| Absence {
            unit,
            span,
            what: format!("{name} compares only a part of the address, which another site can have in its own"),
            weight: 60,
        }));
    }
    found
}

/// Attempts are counted under an address that the sender writes into a header.
pub fn counted_by_header(scene: &Scene) -> Vec<Absence> {
    let mut found: Vec<Absence> = Vec::new();
    for (unit, function) in functions(scene) {
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                let ExprKind::Call { callee, .. } = &expr.kind else {
                    return;
                };
                let text = scene.text(unit, expr.span);
                let limits = last(callee).is_some_and(|name| LIMITER.is_match(name));
                if limits && text.len() < CALL && FORWARDED.is_match(text) {
                    found.push(Absence {
                        unit,
                        span: expr.span,
                        what: "attempts are counted by a header in which the sender may write any address".to_owned(),
                        weight: 60,
                    });
                }
            });
        });
    }
    found.sort_by_key(|absence| (absence.unit, absence.span.start, absence.span.end));
    found.dedup_by(|later, first| later.unit == first.unit && later.span.start < first.span.end);
    found
}

/// A code made with a key is compared by something that stops at the first difference.
pub fn code_compared(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for (unit, function) in functions(scene) {
        let text = scene.text(unit, function.span);
        // The code may be made by a function that this one calls.
        let makes = |edge: &crate::flow::Edge| MAKES_CODE.is_match(scene.text(edge.to, scene.function(edge.to).span));
        let made = MAKES_CODE.is_match(text) || scene.graph.callees(unit).any(makes);
        if scene.graph.units[unit as usize].index == 0 || !made || STEADY.is_match(text) {
            continue;
        }
        names::walk(&function.body, &mut |stmt| {
            if let Some(span) = compared(scene, unit, stmt) {
                found.push(Absence {
                    unit,
                    span,
                    what: "a code made with a key is compared by something that stops at the first difference"
                        .to_owned(),
                    weight: 40,
                });
            }
        });
    }
    found
}

/// A password as it is kept, and as it was given.
static KEPT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r#"(?i)(\w\.(get)?_?(password|passwd|pwd)(\(\))?|\[\s*['"](password|passwd|pwd)['"]\s*\])$"#)
});
static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)((^|[._])(password|passwd|pwd|pass)|\[\s*['"](password|passwd|pwd)['"]\s*\]|(get|form|param\w*)\(\s*['"](password|passwd|pwd)['"][^()]*\)|password\(\))$"#,
    )
});
/// The password was made into something else before it is compared.
static HASHED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(hash|digest|crypt|\bencode\(|hex|pbkdf|scrypt|argon|confirm|repeat|again|old_?pass|new_?pass|current_?pass|setting|config|environ)",
    )
});

/// Somebody's password is compared with what the store holds, which so holds it as it is.
pub fn password_kept(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for (unit, function) in functions(scene) {
        let text = scene.text(unit, function.span);
        let scripted = !matches!(scene.module(unit).language, "python" | "java" | "kotlin");
        if scripted || scene.graph.units[unit as usize].index == 0 || HASHED.is_match(text) {
            continue;
        }
        let said = |expr: &Expr, what: &Regex| what.is_match(scene.text(unit, expr.span).trim());
        let mut place = None;
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if let Some((left, right)) = sides(expr) {
                    let pair = |kept: &Expr, given: &Expr| said(kept, &KEPT) && said(given, &GIVEN);
                    if pair(left, right) || pair(right, left) {
                        place = place.or(Some(expr.span));
                    }
                }
            });
        });
        found.extend(place.map(|span| Absence {
            unit,
            span,
            what: "a password is compared with what the store holds, which so holds it as it is".to_owned(),
            weight: 45,
        }));
    }
    found
}

/// A password goes through a hash that is made to be fast.
static FAST: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(hashlib\.(sha\d+|sha3_\d+|blake2\w)\(\s*[^()\n]{0,40}\b(password|passwd|pwd|passphrase)\b|
        createHash\(\s*['\x22]sha\d+['\x22]\s*\)\s*\.update\([^()\n]{0,40}\b(password|passwd|pwd)\b|
        \bhash\(\s*['\x22]sha\d+['\x22]\s*,\s*[^()\n]{0,40}\$\w*(password|passwd|pwd)\b|
        \.(digest|update)\(\s*[^()\n]{0,20}\b(password|passwd|pwd)\.getBytes)",
    )
});
/// The hash is made often, or is asked about and not kept.
static SLOWED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"(?i)(pbkdf|scrypt|bcrypt|argon|iterations|rounds|for\s*\(|for\s+_?\w*\s+in\s+range|pwned|breach|hibp)")
});

/// Passwords are kept as what a fast hash makes of them, which guesses catch up with.
pub fn hashed_fast(scene: &Scene) -> Vec<Absence> {
    let mut found: Vec<Absence> = Vec::new();
    for (unit, function) in functions(scene) {
        let text = scene.text(unit, function.span);
        let Some(place) = FAST.find(text).filter(|_| !SLOWED.is_match(text)) else {
            continue;
        };
        if scene.graph.units[unit as usize].index == 0 {
            continue;
        }
        let line = function.span.line + text[..place.start()].matches('\n').count() as u32;
        let span = Span {
            start: function.span.start + place.start() as u32,
            end: function.span.start + place.end() as u32,
            line,
            last: line,
        };
        found.push(Absence {
            unit,
            span,
            what: "a password goes through a hash that is made to be fast".to_owned(),
            weight: 45,
        });
    }
    found
}

/// What a request says about the host it was sent to, which its sender writes.
static HOST_GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r#"(?i)\b(req|request|ctx)(\.request)?\.(headers\.host\b|headers\[['"]host['"]\]|(get|header)\(\s*['"]host['"]\s*\)|host(name)?\b)"#,
    )
});
static SECRET_LINK: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(reset|token|passw|verif|confirm|activat|invit|magic)"));

/// A link with a secret in it leads to whatever host the request names, and is sent to somebody else.
pub fn link_by_host(scene: &Scene) -> Vec<Absence> {
    let mut found: Vec<Absence> = Vec::new();
    for (unit, function) in functions(scene) {
        if !matches!(scene.module(unit).language, "javascript" | "typescript") {
            continue;
        }
        names::walk(&function.body, &mut |stmt| {
            names::expressions(stmt, &mut |expr| {
                if !matches!(expr.kind, ExprKind::Template(_) | ExprKind::Binary(..)) {
                    return;
                }
                let text = scene.text(unit, expr.span);
                let link = text.contains("://") && HOST_GIVEN.is_match(text) && SECRET_LINK.is_match(text);
                let inside = |known: &Absence| known.unit == unit && expr.span.start < known.span.end;
                if link && text.len() < CALL && !found.last().is_some_and(inside) {
                    found.push(Absence {
                        unit,
                        span: expr.span,
                        what: "a link with a secret leads to whatever host the request names".to_owned(),
                        weight: 55,
                    });
                }
            });
        });
    }
    found
}

/// What an expression compares for being equal or not.
fn sides(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Binary(op, left, right) if matches!(&**op, "==" | "===" | "!=" | "!==") => Some((left, right)),
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (ExprKind::Field(base, name), [other]) if matches!(&**name, "equals" | "Equals" | "equalsIgnoreCase") => {
                Some((base, &other.value))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The comparison of a condition or a returned value in which both sides may be such codes.
fn compared(scene: &Scene, unit: u32, stmt: &Stmt) -> Option<Span> {
    let cond = match &stmt.kind {
        StmtKind::If { cond, .. } => cond,
        StmtKind::Return(Some(value)) => value,
        StmtKind::Assign { value, .. } => value,
        _ => return None,
    };
    let mut place = None;
    names::descend(cond, &mut |expr| {
        let Some((left, right)) = sides(expr) else {
            return;
        };
        let literal = |side: &Expr| matches!(side.kind, ExprKind::Literal(_));
        let code =
            |side: &Expr| CODE.is_match(scene.text(unit, side.span)) && !scene.text(unit, side.span).contains("len");
        if !literal(left) && !literal(right) && (code(left) || code(right)) {
            place = place.or(Some(expr.span));
        }
    });
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_other_texts() {
        assert!(HOST.is_match("https://shop.example.com") && HOST.is_match("example.com"));
        assert!(!HOST.is_match("https://shop.example.com/") && !HOST.is_match("/") && !HOST.is_match("www"));
    }

    #[test]
    fn functions_that_decide_about_addresses_are_known_by_name() {
        for name in [
            "isRedirectAllowed",
            "is_safe_url",
            "validateOrigin",
            "checkReferer",
            "urlIsAllowed",
        ] {
            assert!(DECIDES.is_match(name), "{name}");
        }
        for name in ["buildUrl", "redirect", "original", "listHosts"] {
            assert!(!DECIDES.is_match(name), "{name}");
        }
    }
}
