//! Output of templates that nobody escapes.
//!
//! In: templates of the project, which `syntax` reads as programs. Out: [`Absence`]s: a value is shown as it is, and
//! neither its name nor what is called for it says that it is markup on purpose. Deliberately absent: where the value
//! comes from; where that is known, there is a flow. Start at [`raw_output`].

use std::sync::LazyLock;

use regex::Regex;

use crate::candidates::Scene;
use crate::flow::program::names;
use crate::syntax::form::{Expr, ExprKind, Stmt, StmtKind};
use crate::syntax::templates::RAW;

use super::Absence;
use crate::regexes::fixed;

/// Files that are templates and nothing else.
static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"\.(ejs|html?|hbs|handlebars|mustache|jinja2?|j2|njk|twig|erb|blade\.php|jsp|jspf|cshtml|razor|vue|svelte)$")
});
/// Templates of letters and of data, which no browser shows beside a session.
static LETTER: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)(mail|letter|message|notif|\.(xml|txt|json|csv|rss)\.\w+$)"));
/// What only a page has.
static TAGS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)<(p|div|span|html|body|td|li|a|h[1-6]|section|main|article|template|table|ul|b)\b"));
/// Parts of a page that its makers wrote, and values that were cleaned or cannot hold markup.
static MEANT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?ix)(include|partial|layout|block|section|slot|yield|contentFor|content_for|csrf|nonce|json|stringify|serialize|
        script|style|css|asset|svg|icon|media|widget|captcha|form\b|form\.|errors?\b|field|link|paginat|breadcrumb|menu|head|
        foot|sanit|purif|escape|clean|encode|trans|locale|i18n|lang|\bt\(|__\(|_\(|url|route|path|config|settings|version|
        markdown|markeddown|html|strftime|\bqr|graph|chart|date|count|size|total|length|helper|component|template|markup|highlight|render|toHtml|embed|analytics|
        \$t\(|\bl\(|localiz|message\(|display|old\(|button|input|label|attr)",
    )
});

/// Whether a file is a template.
pub fn is_template(path: &str) -> bool {
    TEMPLATE.is_match(path)
}

/// Values that pages show as they are.
pub fn raw_output(scene: &Scene) -> Vec<Absence> {
    let mut found = Vec::new();
    for unit in 0..scene.graph.units.len() as u32 {
        let path = &*scene.snapshot.file(scene.file(unit)).path;
        let whole = &*scene.snapshot.file(scene.file(unit)).text;
        if !is_template(path) || LETTER.is_match(path) || !TAGS.is_match(whole) {
            continue;
        }
        names::walk(&scene.function(unit).body, &mut |stmt| {
            for value in shown(stmt).into_iter().filter(|value| !encoded(scene, unit, value)) {
                let text = scene.text(unit, value.span);
                if !text.is_empty() && plain(value) && !MEANT.is_match(text) && !cleaned(whole, text) {
                    found.push(Absence {
                        unit,
                        span: stmt.span,
                        what: format!("the page shows {} as it is", super::super::make::brief(text)),
                        weight: 40,
                    });
                }
            }
        });
    }
    found
}

/// Whether the template's own signs say that the value is encoded.
fn encoded(scene: &Scene, unit: u32, value: &Expr) -> bool {
    let file = scene.snapshot.file(scene.file(unit));
    file.path.ends_with(".blade.php")
        && file.text[..value.span.start as usize]
            .trim_end_matches('$')
            .trim_end()
            .ends_with("{{")
}

/// Whether the file itself gives a variable of that name what a cleaner of markup gave.
fn cleaned(file: &str, name: &str) -> bool {
    file.lines().any(|line| {
        let line = line.trim_start();
        let words = ["const ", "let ", "var "];
        let line = words.iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
        let gives = line.strip_prefix(name).map(str::trim_start);
        gives.is_some_and(|rest| rest.starts_with(['=', '(', ':']) && CLEANS.is_match(rest))
    })
}

static CLEANS: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(sanitiz|purif|escapeHtml)\w*"));

/// A variable or a part of one, maybe behind a call without arguments; what is put together has an author.
fn plain(value: &Expr) -> bool {
    match &value.kind {
        // A class makes parts of pages; a model brings what people wrote.
        ExprKind::Name(name) => {
            name.starts_with(|c: char| !c.is_uppercase())
                || matches!(&**name, "Model" | "ViewBag" | "ViewData" | "TempData")
        }
        ExprKind::Field(base, _) => plain(base),
        ExprKind::Index(base, _) => plain(base),
        ExprKind::Call { callee, args, .. } => match &callee.kind {
            ExprKind::Field(base, _) => args.len() < 2 && plain(base),
            // Ruby does not tell a variable from a method that makes one.
            ExprKind::Name(_) => args.is_empty(),
            _ => false,
        },
        ExprKind::Opaque(parts) => parts.len() == 1 && plain(&parts[0]),
        _ => false,
    }
}

/// What a statement puts into the page without escaping.
fn shown(stmt: &Stmt) -> Vec<&Expr> {
    let mut found = Vec::new();
    if let StmtKind::Assign { target, value, .. } = &stmt.kind
        && matches!(&target.kind, ExprKind::Name(name) if &**name == RAW)
    {
        found.push(value);
    }
    names::expressions(stmt, &mut |expr| match &expr.kind {
        ExprKind::Assign(target, value) if matches!(&target.kind, ExprKind::Name(name) if &**name == RAW) => {
            found.push(&**value);
        }
        ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (ExprKind::Name(name) | ExprKind::Field(_, name), [only]) if matches!(&**name, "Raw" | "raw" | "echo") => {
                found.push(&only.value);
            }
            (ExprKind::Field(base, name), []) if &**name == "html_safe" => found.push(&**base),
            _ => {}
        },
        _ => {}
    });
    found
}
