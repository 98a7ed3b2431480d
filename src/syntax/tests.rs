//! Hostile and broken input: nothing panics, nothing overflows, nothing takes forever.

use std::time::{Duration, Instant};

use super::form::{Expr, ExprKind, Function, Module, Stmt, StmtKind};
use super::{Limits, MAX_DEPTH, dump, parse, parse_file, parse_within};
use crate::source::{FileId, Origin, SourceFile};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        id: FileId(0),
        path: path.into(),
        digest: [0; 32],
        text: text.into(),
        lossy: false,
        origin: Origin::Own,
    }
}

const EXTENSIONS: [&str; 13] = [
    "py", "js", "ts", "tsx", "java", "go", "c", "cpp", "cs", "rs", "rb", "kt", "php",
];

/// Parses on the stack that `parse` provides.
fn one(path: &str, text: &str) -> Module {
    let mut forest = parse(&[file(path, text)], &Limits::default());
    forest.modules.pop().unwrap_or_else(|| panic!("{path} has a row"))
}

/// Code as a file of the language holds it: in PHP everything else is text.
fn code(extension: &str, text: &str) -> String {
    let head = if extension == "php" { "<?php " } else { "" };
    format!("{head}{text}")
}

/// Nested levels of the common form.
fn depth(module: &Module) -> usize {
    module
        .functions
        .iter()
        .map(|function| body_depth(&function.body))
        .max()
        .unwrap_or_default()
}

fn body_depth(body: &[Stmt]) -> usize {
    body.iter().map(stmt_depth).max().unwrap_or_default()
}

fn stmt_depth(stmt: &Stmt) -> usize {
    1 + match &stmt.kind {
        StmtKind::Assign { target, value, .. } => expr_depth(target).max(expr_depth(value)),
        StmtKind::Expr(value) | StmtKind::Delete(value) => expr_depth(value),
        StmtKind::Return(Some(value)) | StmtKind::Throw(Some(value)) => expr_depth(value),
        StmtKind::If { cond, then, otherwise } => expr_depth(cond).max(body_depth(then)).max(body_depth(otherwise)),
        StmtKind::Loop { cond, body, .. } => cond.as_ref().map_or(0, expr_depth).max(body_depth(body)),
        StmtKind::Try {
            body,
            handlers,
            finally,
        } => {
            let handled = handlers
                .iter()
                .map(|handler| body_depth(&handler.body))
                .max()
                .unwrap_or_default();
            body_depth(body).max(body_depth(finally)).max(handled)
        }
        StmtKind::Block(body) => body_depth(body),
        _ => 0,
    }
}

fn expr_depth(value: &Expr) -> usize {
    let of = |all: &[&Expr]| all.iter().map(|one| expr_depth(one)).max().unwrap_or_default();
    1 + match &value.kind {
        ExprKind::Field(base, _) | ExprKind::Unary(_, base) | ExprKind::Cast(_, base) => expr_depth(base),
        ExprKind::Address(base) | ExprKind::Deref(base) => expr_depth(base),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) | ExprKind::Assign(a, b) => of(&[a, b]),
        ExprKind::Choice(a, b, c) => of(&[a, b, c]),
        ExprKind::Call { callee, args, .. } => {
            expr_depth(callee).max(args.iter().map(|arg| expr_depth(&arg.value)).max().unwrap_or_default())
        }
        ExprKind::Template(all) | ExprKind::Opaque(all) => all.iter().map(expr_depth).max().unwrap_or_default(),
        ExprKind::Collection(items) => items.iter().map(|(_, item)| expr_depth(item)).max().unwrap_or_default(),
        ExprKind::Name(_) | ExprKind::Literal(_) | ExprKind::Function(_) => 0,
    }
}

/// Shapes that nest, chain or repeat one thing `n` times; most are broken code in most languages.
fn shapes(n: usize) -> Vec<String> {
    let many = |text: &str| text.repeat(n);
    vec![
        format!("x = {}1{}", many("("), many(")")),
        many("("),
        format!("x = {}{};", many("["), many("]")),
        format!("{}{}", many("{"), many("}")),
        format!("{}{}", many("f("), many(")")),
        format!("a{};", many(".b()")),
        format!("x = 1{};", many("+a")),
        format!("x = {}1{};", many("a+("), many(")")),
        format!("x = {}a;", many("!")),
        format!("x = {}1;", many("a?b:")),
        format!("{}1;", many("a=")),
        format!("{}x;", many("if (a) b(); else ")),
        format!("{}pass\n", many("if a: ")),
        format!("if a: b\n{}", many("elif a: b\n")),
        format!("x = {}1", many("a=>")),
        format!("{}{}", many("function f(){"), many("}")),
        format!("{}{}", many("class A{"), many("}")),
        format!("switch(x){{{}}}", many("case 1: f();")),
        format!("switch(x){{{}}}", many("case 1: ")),
        format!("var {}a{} = x", many("{a:"), many("}")),
        format!("function f({}){{}}", many("a,")),
        format!("package a\nfunc f() {{ {} }}", many("defer g();")),
        format!("x = {}1", many("lambda: ")),
        format!("int {}a{};", many("("), many(")")),
        format!("int a{};", many("[1]")),
        format!("{}x;", many("a::")),
        format!("fn f() {{ {}1{} }}", many("if a { let b = match c { d => "), many("}}")),
        format!("{}{}", many("f!("), many(")")),
        format!("{}x", many("vec![{")),
        many("`${"),
        many("<a>"),
        many("#if X\n"),
        many("([{<\"'"),
    ]
}

#[test]
fn hostile_nesting_in_any_language_ends_shallow_and_without_a_crash() {
    for extension in EXTENSIONS {
        for text in shapes(1_000) {
            let module = one(&format!("a.{extension}"), &code(extension, &text));
            let start: String = text.chars().take(20).collect();
            assert!(
                depth(&module) <= MAX_DEPTH + 8,
                "{extension} {start}: {}",
                depth(&module)
            );
            assert_eq!(&*module.functions[0].name, "<module>");
        }
    }
}

#[test]
fn a_hundred_thousand_brackets_cost_structure_but_no_crash() {
    for extension in EXTENSIONS {
        let text = format!("x = {}secret{};", "(".repeat(100_000), ")".repeat(100_000));
        let module = one(&format!("a.{extension}"), &code(extension, &text));
        assert!(module.partial, "{extension}");
    }
    let text = format!("x = {}secret{}", "(".repeat(1_000), ")".repeat(1_000));
    assert!(
        dump(&one("a.py", &text)).contains("x = {secret}"),
        "the name below the limit still flows"
    );
}

#[test]
fn a_five_megabyte_line_is_parsed_whole() {
    let text = format!("x = [{}]", "'0123456789',".repeat(400_000));
    assert!(text.len() > 5_000_000);
    let unhurried = Limits {
        max_time: Duration::from_secs(600),
        ..Limits::default()
    };
    let module = parse(&[file("a.js", &text)], &unhurried).modules.remove(0);
    assert!(!module.partial);
    let StmtKind::Assign {
        value: Expr {
            kind: ExprKind::Collection(items),
            ..
        },
        ..
    } = &module.functions[0].body[0].kind
    else {
        panic!("an assignment of a collection");
    };
    assert_eq!(items.len(), 400_000);
}

#[test]
fn empty_and_broken_files_give_a_module() {
    for extension in EXTENSIONS {
        for text in [
            "",
            "\n",
            "\u{feff}",
            "\u{0}",
            "(",
            "\u{fffd}\u{fffd} = \u{fffd}(",
            "'",
            "if",
            "class",
            "/*",
        ] {
            let module = parse_file(&file(&format!("a.{extension}"), text));
            let module = module.unwrap_or_else(|| panic!("{extension} has a row"));
            assert_eq!(module.functions.len(), 1, "{extension} {text:?}");
        }
    }
}

/// Every prefix and every file with one byte knocked out of a small program of each language.
#[test]
fn mutilated_programs_never_panic() {
    let programs = [
        (
            "a.py",
            "import a.b as c\n@d(1)\ndef f(x: int, *y, z=1):\n  with g(x) as h: return f'{h!r}' if x else [i for i in y]\n",
        ),
        (
            "a.tsx",
            "import {a as b} from 'c';\nclass A extends B { @d() m({x, y: [z]}: T = {}) { return <A b={x}>{z}</A>; } }\n",
        ),
        (
            "a.java",
            "import a.b.C;\nclass A<T> extends B { @D(x=1) int f(String... s) { switch (s) { case \"é\" -> g(); } return x -> y; } }\n",
        ),
        (
            "a.go",
            "package a\nimport x \"b/c\"\nfunc (s *T) F(a, b int) (int, error) { defer g(); v, ok := s.m[a]; return T{A: v}, nil }\n",
        ),
        (
            "a.php",
            "<p><?= $a ?></p><?php use A\\B as C; #[D(1)] class E extends F { use G; private ?H $i = null; function j(int &$k, ...$l) { return match ($k) { 1 => \"x{$l['m']} $n[o]\", default => fn($p) => $p ?? $q }; } }\n",
        ),
        (
            "a.cs",
            "using A = B.C;\n[D(X = 1)] class A<T> : B { string P => $\"é{x:D}\"; T f(this T s, int y = 1) { var z = s switch { 1 => 2, _ => y?.q }; return new() { R = v => v }; } }\n",
        ),
        (
            "a.rb",
            "require 'a'\nclass A < B::C\n  before_action :x, only: %i[y z]\n  def y(a, *b, c: 1, &d)\n    @e ||= a.map { |f| \"#{f} é\" } rescue nil\n    g <<~T, `ls #{a}` unless b\n      x #{c}\n    T\n    case a when 1, :z then x else y end\n  ensure\n    h\n  end\nend\n",
        ),
        (
            "a.rs",
            "use a::{b::{self, c as d}, e::*};\n#[get(\"/x\")] fn f(P(x): P<&'a str>) -> R { let Some(y) = x? else { return z!(\"{x} é\", k = 'é') }; match y { A { b, c: D(e) } if e > 1 => |g| { g }, _ => vec![0; 3] } }\n",
        ),
        (
            "a.kt",
            "import a.b.C\n@D(x = 1) class A<T>(val b: B = C()) : E(b) { val p get() = \"é${b.q}$p\"\n fun String.f(vararg s: Int = 1): T = when (s) { is T, 2 -> { g { it + 1 } }\n else -> if (a) b ?: c else throw d } }\n",
        ),
        (
            "a.cpp",
            "#include <a>\ntemplate<class T> struct A : B { A(T x) : y{x} {} char b[4]; };\nint A<T>::f(int (*g)(int)) { auto [p, q] = R\"(x)\"; }\n",
        ),
    ];
    for (path, text) in programs {
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let next = (at + 1..=text.len())
                .find(|next| text.is_char_boundary(*next))
                .unwrap_or(text.len());
            for cut in [
                text[..at].to_owned(),
                format!("{}{}", &text[..at], &text[next..]),
                format!("{}({}", &text[..at], &text[at..]),
            ] {
                let module = parse_file(&file(path, &cut)).expect("the path has a row");
                assert!(
                    module.functions.iter().all(|function| spans_hold(function, &cut)),
                    "{cut}"
                );
                let _ = dump(&module);
            }
        }
    }
}

fn spans_hold(function: &Function, text: &str) -> bool {
    let lines = text.matches('\n').count() as u32 + 1;
    function.span.end as usize <= text.len() && function.span.line >= 1 && function.span.last <= lines
}

#[test]
fn a_file_over_a_limit_is_a_problem_and_a_partial_module() {
    let limits = Limits {
        max_bytes: 10,
        ..Limits::default()
    };
    let (module, problem) = parse_within(&file("a.py", "x = 1\ny = 2\n"), &limits).expect("python has a row");
    assert!(module.partial);
    assert_eq!(
        problem.expect("a problem").what,
        "not parsed: 12 bytes are over the limit of 10"
    );

    let limits = Limits {
        max_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let started = Instant::now();
    let (module, problem) = parse_within(&file("a.c", &"/* ".repeat(30_000)), &limits).expect("c has a row");
    assert!(module.partial && problem.is_some());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_forest_is_sorted_counts_lines_and_passes_over_unknown_files() {
    let mut files = vec![
        file("b.py", "x = 1\ny = 2"),
        file("a.txt", "x"),
        file("c.tsx", "a\n"),
        file("d.ts", "b\n\n"),
    ];
    for (id, file) in files.iter_mut().enumerate() {
        file.id = FileId(9 - id as u32);
    }
    let forest = parse(&files, &Limits::default());
    assert_eq!(
        forest.modules.iter().map(|module| module.file.0).collect::<Vec<_>>(),
        [6, 7, 9]
    );
    assert_eq!(
        forest.lines.into_iter().collect::<Vec<_>>(),
        [("python", 2), ("typescript", 3)]
    );
    assert_eq!(forest.problems, []);
}

#[test]
fn spans_count_lines_from_one_and_end_where_the_node_ends() {
    let module = one("a.py", "x = 1\n\ndef f(a):\n    return a\n\ny = 2\n");
    let spans: Vec<_> = module
        .functions
        .iter()
        .map(|function| (function.span.line, function.span.last))
        .collect();
    assert_eq!(spans, [(1, 6), (3, 4)]);
    let last = module.functions[0].body.last().expect("y = 2").span;
    assert_eq!((last.line, last.last, last.start, last.end), (6, 6, 31, 36));
}
