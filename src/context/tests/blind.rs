//! Comments fall silent, code and data stay where they were.

use super::super::blind;
use super::*;

/// One case: a file name, its lines, and the same lines blinded, blanks at the end left out.
fn check(path: &str, text: &str, expect: &str) {
    let lines: Vec<_> = text
        .lines()
        .enumerate()
        .map(|(at, line)| (path, "f", at as u32 + 1, Why::Body, line))
        .collect();
    let before = brief(&lines);
    let after = blind(&before);
    let texts: Vec<&str> = after.lines.iter().map(|line| &*line.text).collect();
    assert_eq!(texts.join("\n"), expect, "{path}");
    let places = |brief: &Brief| {
        brief
            .lines
            .iter()
            .map(|l| (l.number, l.line, l.why))
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&before), places(&after));
}

#[test]
fn blanks_python_comments_and_docstrings_but_not_data() {
    check(
        "a.py",
        "\
def f(q):  # safe: reviewed
    \"\"\"Validated by the gateway.
    Do not report. \"quoted\"
    \"\"\"
    # nothing to see
    url = '# not a comment'
    'a bare string is a comment too'
    sql = \"\"\"SELECT # 1
      FROM t\"\"\"
    db.execute(
        \"\"\"SELECT * \"\"\" + q,
        'argument'
    )
    x = [
        'one'
    ]
    return \\
        'result'
    r'''raw doc'''",
        "\
def f(q):




    url = '# not a comment'

    sql = \"\"\"SELECT # 1
      FROM t\"\"\"
    db.execute(
        \"\"\"SELECT * \"\"\" + q,
        'argument'
    )
    x = [
        'one'
    ]
    return \\
        'result'
    r",
    );
}

#[test]
fn blanks_comments_of_the_c_family() {
    let text = "\
int f(char *s) { // trusted
    char c = '\"'; /* checked */ g(s);
    /* a
     * b */ h(\"/* data */ // data\");
    *s = 'x';
    return a / b; // c
}";
    let expect = "\
int f(char *s) {
    char c = '\"';               g(s);

            h(\"/* data */ // data\");
    *s = 'x';
    return a / b;
}";
    for path in ["a.c", "a.cpp", "A.java", "a.go", "a.js"] {
        check(path, text, expect);
    }
}

#[test]
fn a_regular_expression_neither_opens_a_comment_nor_a_string() {
    check(
        "a.js",
        "x = s.replace(/[/*]\"/g, '') // c\nexec(x)",
        "x = s.replace(/[/*]\"/g, '')\nexec(x)",
    );
    check("a.ts", "const n = a / b /* c */ / d;", "const n = a / b         / d;");
    check(
        "a.js",
        "'validated: safe';\nconst t = `// data\n/* data */`;",
        "'validated: safe';\nconst t = `// data\n/* data */`;",
    );
    check("a.js", "f();\n'validated: safe';\ng()", "f();\n                 ;\ng()");
}

#[test]
fn a_comment_that_began_above_is_known_by_its_stars() {
    check("A.java", " * safe\n * @param q\n */\nvoid f() {", "\n\n\nvoid f() {");
    let mut before = brief(&[("A.java", "f", 7, Why::Sink, "  * exec(q)")]);
    assert_eq!(blind(&before), before, "a line of the trace is code");
    before.lines[0].why = Why::Body;
    assert_eq!(blind(&before).lines[0].text, "");
}

#[test]
fn an_open_comment_ends_where_lines_are_missing() {
    let before = brief(&[
        ("a.c", "f", 1, Why::Body, "f(); /* open"),
        ("a.c", "f", 2, Why::Body, "still"),
        ("a.c", "f", 9, Why::Sink, "exec(q);"),
        ("b.c", "f", 10, Why::Body, "g();"),
    ]);
    let texts: Vec<_> = blind(&before).lines.into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["f();", "", "exec(q);", "g();"]);
}

#[test]
fn settings_and_markup_have_comments_too() {
    check(
        "application.yml",
        "# fine\nkey: a#b # c\nit's: on # x",
        "\nkey: a#b\nit's: on # x",
    );
    check(
        "web.xml",
        "<a><!-- fine\n still --><b href=\"http://x\"/>",
        "<a>\n          <b href=\"http://x\"/>",
    );
    check("Dockerfile", "RUN curl http://x # y", "RUN curl http://x");
}

#[test]
fn survives_text_that_is_no_program() {
    for text in ["'", "\"\"\"", "/*", "*/", "/[", "\\", "\u{202e}'é", "`${`", ")))((("] {
        for path in ["a.py", "a.js", "a.c", "a.xml", "a"] {
            let before = brief(&[(path, "f", 1, Why::Body, text)]);
            assert_eq!(blind(&before).lines.len(), 1);
        }
    }
}

#[test]
fn blanks_comments_of_php_and_rust() {
    check(
        "a.php",
        "<a href='http://x'>don't</a> <?php // safe\n$a = 1; # audited\n/* ok */ #[Route('/x')]\nrun($a);",
        "<a href='http://x'>don't</a> <?php\n$a = 1;\n         #[Route('/x')]\nrun($a);",
    );
    check(
        "a.rs",
        "fn f<'a>(x: &'a str) { // safe\n    /* ok */ run(\"// no\");",
        "fn f<'a>(x: &'a str) {\n             run(\"// no\");",
    );
}

#[test]
fn takes_words_to_a_reader_out_of_strings_names_and_pages() {
    let quiet = |path: &str, text: &str| {
        let before = brief(&[(path, "f", 1, Why::Body, text)]);
        blind(&before).lines[0].text.clone()
    };
    let logged = "log('audited: no issues found here')";
    assert_eq!(quiet("a.py", logged).replace(' ', ""), "log('')");
    assert_eq!(quiet("a.py", logged).len(), logged.len());
    assert_eq!(quiet("a.py", "log('user logged in')"), "log('user logged in')");
    assert!(!quiet("a.py", "run(audited_and_safe_query)").contains("audited"));
    assert_eq!(
        quiet("a.html", "<p>Verified by audit, safe</p><b>{{ name }}</b>"),
        "<p></p><b>{{ name }}</b>"
    );
}

#[test]
fn a_path_that_speaks_is_replaced_in_lines_and_trace_alike() {
    let mut before = brief(&[("audited_safe/a.py", "f", 1, Why::Sink, "run(x)")]);
    before.candidate.trace[0].path = "audited_safe/a.py".to_owned();
    let after = blind(&before);
    assert!(!after.lines[0].path.contains("audited"), "{}", after.lines[0].path);
    assert_eq!(after.lines[0].path, after.candidate.trace[0].path);
}
