//! The slice holds what decides the question, in order of importance, and nothing beyond its budget.

use super::super::fence::{Piece, fence};
use super::super::gather;
use super::*;
use crate::index::{self, FunctionRef, Index};
use crate::source::Snapshot;
use crate::syntax::{self, form::Module};

/// A tree with its calls, given as `caller callee line` by name.
struct Tree {
    snapshot: Snapshot,
    modules: Vec<Module>,
    index: Index,
    calls: Vec<(FunctionRef, FunctionRef, u32)>,
}

impl Calls for Tree {
    fn callees(&self, function: FunctionRef) -> Vec<Call> {
        let mine = self.calls.iter().filter(|(from, ..)| *from == function);
        mine.map(|(_, to, line)| Call {
            function: *to,
            line: *line,
        })
        .collect()
    }

    fn callers(&self, function: FunctionRef) -> Vec<Call> {
        let mine = self.calls.iter().filter(|(_, to, _)| *to == function);
        mine.map(|(from, _, line)| Call {
            function: *from,
            line: *line,
        })
        .collect()
    }
}

fn tree(files: &[(&str, &str)], calls: &[(&str, &str, u32)], entries: &[&str]) -> Tree {
    let snapshot = Snapshot::of_texts(files.iter().copied());
    let modules = syntax::parse(snapshot.files(), &syntax::Limits::default()).modules;
    let plain = index::build(&snapshot, &modules, []).unwrap();
    let named = |name: &str| {
        *plain
            .definitions(name)
            .first()
            .unwrap_or_else(|| panic!("no function {name}"))
    };
    let calls = calls
        .iter()
        .map(|(from, to, line)| (named(from), named(to), *line))
        .collect();
    let entries: Vec<FunctionRef> = entries.iter().map(|name| named(name)).collect();
    let index = index::build(&snapshot, &modules, entries).unwrap();
    Tree {
        snapshot,
        modules,
        index,
        calls,
    }
}

impl Tree {
    fn gather(&self, candidate: &Candidate, budget: Budget) -> Brief {
        let world = World {
            snapshot: &self.snapshot,
            modules: &self.modules,
            index: &self.index,
            calls: self,
        };
        let brief = gather(candidate, &world, budget);
        for (at, line) in brief.lines.iter().enumerate() {
            assert_eq!(line.number as usize, at + 1);
            let file = self.snapshot.by_path(&line.path).unwrap().id;
            assert_eq!(line.text, self.snapshot.line(file, line.line), "lines are verbatim");
        }
        brief
    }

    fn written(&self, candidate: &Candidate, profile: Profile) -> String {
        let budget = if profile == Profile::Full {
            Budget::FULL
        } else {
            Budget::COMPACT
        };
        let pieces = fence(&self.gather(candidate, budget), profile, "n0");
        pieces
            .iter()
            .filter_map(|piece| {
                if let Piece::Hostile(text) = piece {
                    Some(text.as_str())
                } else {
                    None
                }
            })
            .collect()
    }
}

const VIEWS: &str = "\
import os
import sqlite3
from db import run_query, escape

ALLOWED = {'name', 'age'}
UNUSED = 1

def helper():
    return 0

@app.route('/users')
def find(request):
    column = request.args['column']
    if column not in ALLOWED:
        return None

    term = escape(request.args['q'])
    # log
    print(term)
    return run_query(column, term)

@app.route('/other')
@login_required
def other(request):
    check(request)
    return helper()
";
const DB: &str = "\
def escape(text):
    return text.replace(\"'\", \"''\")

def run_query(column, term):
    sql = 'SELECT * FROM t WHERE ' + column + '=' + term
    return connection.execute(sql)
";

fn web() -> Tree {
    tree(
        &[
            ("app/db.py", DB),
            ("app/views.py", VIEWS),
            ("settings.py", "DEBUG = True\nNAME = 'x'\n"),
        ],
        &[
            ("find", "run_query", 20),
            ("find", "escape", 17),
            ("other", "helper", 26),
        ],
        &["find", "other"],
    )
}

fn flow() -> Candidate {
    let steps = [
        (Role::Source, "app/views.py", 17),
        (Role::Step, "app/views.py", 20),
        (Role::Step, "app/db.py", 5),
        (Role::Guard, "app/views.py", 14),
        (Role::Sink, "app/db.py", 6),
    ];
    candidate(Generator::Taint, &steps)
}

#[test]
fn the_compact_slice_is_the_trace_and_what_its_guards_use() {
    let expect = "\
= taint 1 
@ app/db.py:escape
1|def escape(text):
2| return text.replace(\"'\", \"''\")
@ app/db.py:run_query
3|def run_query(column, term):
4~ sql = 'SELECT * FROM t WHERE ' + column + '=' + term
5! return connection.execute(sql)
@ app/views.py:<module>
6|ALLOWED = {'name', 'age'}
@ app/views.py:find
7|@app.route('/users')
8|def find(request):
9| column = request.args['column']
10? if column not in ALLOWED:
11|  return None
12> term = escape(request.args['q'])
13| # log
14| print(term)
15~ return run_query(column, term)
";
    assert_eq!(web().written(&flow(), Profile::Compact), expect);
}

#[test]
fn the_full_slice_adds_callees_constants_imports_and_settings() {
    let text = web().written(&flow(), Profile::Full);
    for (line, why) in [
        ("def escape(text):", "called on the way"),
        ("    return text.replace(\"'\", \"''\")", "called on the way"),
        ("ALLOWED = {'name', 'age'}", "configuration"),
        ("from db import run_query, escape", "configuration"),
        ("DEBUG = True", "configuration"),
    ] {
        let at = text
            .lines()
            .position(|shown| shown.split_once(": ").is_some_and(|(_, code)| code == line));
        let at = at.unwrap_or_else(|| panic!("{line} is missing in\n{text}"));
        let head = text
            .lines()
            .take(at)
            .filter(|line| line.starts_with("## "))
            .last()
            .unwrap();
        assert!(
            head.ends_with(&format!("({why})")),
            "{line} stands under {head} in\n{text}"
        );
    }
    assert!(
        !text.contains("UNUSED") && !text.contains("login_required") && !text.contains("NAME ="),
        "{text}"
    );
    assert!(
        text.contains("fact: \"find\" is called by a framework with input from outside.\n"),
        "{text}"
    );
}

#[test]
fn a_missing_control_is_told_from_its_siblings() {
    let absence = candidate(Generator::Absence, &[(Role::Sink, "app/views.py", 12)]);
    let web = web();
    let compact = web.written(&absence, Profile::Compact);
    assert!(
        compact.ends_with("* 1 of 1 siblings have \"login_required\"\n"),
        "{compact}"
    );
    let brief = web.gather(
        &absence,
        Budget {
            tokens: 160,
            profile: Profile::Full,
        },
    );
    assert!(
        brief.lines.iter().any(|line| line.why == Why::Sibling),
        "siblings come before callees: {brief:?}"
    );
}

#[test]
fn a_larger_budget_shows_all_that_a_smaller_one_shows() {
    let web = web();
    for profile in [Profile::Full, Profile::Compact] {
        let mut before: Vec<(String, u32, Why)> = Vec::new();
        for tokens in (0..700).step_by(7) {
            let brief = web.gather(&flow(), Budget { tokens, profile });
            let now: Vec<_> = brief
                .lines
                .into_iter()
                .map(|line| (line.path, line.line, line.why))
                .collect();
            assert!(
                before.iter().all(|line| now.contains(line)),
                "{tokens} tokens lose a line"
            );
            before = now;
        }
    }
}

#[test]
fn source_and_sink_are_shown_whatever_the_budget_and_the_rest_is_listed() {
    let brief = web().gather(
        &flow(),
        Budget {
            tokens: 0,
            profile: Profile::Full,
        },
    );
    let shown: Vec<_> = brief.lines.iter().map(|line| (line.why, line.line)).collect();
    assert_eq!(shown, [(Why::Sink, 6), (Why::Source, 17)]);
    assert_eq!(
        brief.omitted[..2],
        ["app/db.py: run_query (2 lines)", "app/views.py: find (8 lines)"]
    );
    assert!(
        brief.omitted.contains(&"app/db.py: escape (2 lines)".to_string()),
        "{:?}",
        brief.omitted
    );
}

#[test]
fn the_estimate_keeps_the_text_within_its_budget() {
    let long: String = (0..400)
        .map(|n| format!("    value_{n} = compute(request, {n})\n"))
        .collect();
    let text = format!("def f(request):\n{long}    db.execute(value_200)\n");
    let tree = tree(&[("a.py", &text)], &[], &[]);
    let candidate = candidate(
        Generator::Taint,
        &[(Role::Source, "a.py", 202), (Role::Sink, "a.py", 402)],
    );
    for (budget, least) in [(Budget::FULL, 0.9), (Budget::COMPACT, 0.5)] {
        let brief = tree.gather(&candidate, budget);
        let pieces = fence(
            &Brief {
                omitted: vec![],
                ..brief
            },
            budget.profile,
            "n0",
        );
        let Some(Piece::Hostile(text)) = pieces.iter().find(|piece| matches!(piece, Piece::Hostile(_))) else {
            panic!()
        };
        let used = text.len() as f64 / 3.2 / budget.tokens as f64;
        assert!((least..1.1).contains(&used), "{used} of {budget:?}\n{text}");
    }
}

#[test]
fn in_a_long_function_the_conditions_and_sizes_far_away_come_before_what_is_near() {
    let filler = "    work();\n".repeat(80);
    let text = format!(
        "int f(char *src, int n) {{\n    char buf[64];\n    if (n > 64)\n        return -1;\n{filler}    while (more()) {{\n{filler}        memcpy(buf, src, n);\n    }}\n}}\n"
    );
    let tree = tree(&[("a.c", &text)], &[], &[]);
    let candidate = candidate(Generator::Pattern, &[(Role::Sink, "a.c", 166)]);
    let expect = "\
= pattern 0 
@ a.c:f
1|int f(char *src, int n) {
2| char buf[64];
3| if (n > 64)
4|  return -1;
…
5| while (more()) {
…
6| work();
7| work();
8!  memcpy(buf, src, n);
9| }
10|}
";
    let brief = tree.gather(
        &candidate,
        Budget {
            tokens: 61,
            profile: Profile::Compact,
        },
    );
    assert_eq!(fence(&brief, Profile::Compact, ""), [Piece::Hostile(expect.into())]);
}

#[test]
fn handlers_that_are_lambdas_inside_a_wrapper_are_functions_of_their_own() {
    let filler = "  work()\n".repeat(70);
    let text = format!(
        "module.exports = function (app) {{\n{filler}  app.get('/x', (req, res) => {{\n    const q = req.query.q\n    db.query(sql + q, (err, rows) => {{\n      res.send(rows)\n    }})\n  }})\n}}\n"
    );
    let tree = tree(&[("a.js", &text)], &[], &[]);
    let candidate = candidate(
        Generator::Taint,
        &[(Role::Source, "a.js", 73), (Role::Sink, "a.js", 74)],
    );
    let text = tree.written(&candidate, Profile::Compact);
    let heads: Vec<_> = text.lines().filter(|line| line.starts_with("@ ")).collect();
    assert_eq!(heads.len(), 1, "{text}");
    assert!(
        heads[0].ends_with("<lambda>") && !text.contains("work()") && text.contains("res.send(rows)"),
        "{text}"
    );
}

#[test]
fn top_level_code_is_shown_without_the_functions_around_it() {
    let text = "def f():\n    pass\nkey = 'x'\nrun(key)\ndef g():\n    pass\n";
    let tree = tree(&[("a.py", text)], &[], &[]);
    let text = tree.written(
        &candidate(Generator::Pattern, &[(Role::Sink, "a.py", 4)]),
        Profile::Compact,
    );
    assert_eq!(text, "= pattern 0 \n@ a.py:<module>\n1|key = 'x'\n2!run(key)\n");
}

#[test]
fn callers_are_followed_up_to_an_entry_point() {
    let text = "\
def sink(q):
    db.execute(q)
def middle(q):
    sink(q)
def top(request):
    middle(request.q)
def above(request):
    top(request)
";
    let calls = [("middle", "sink", 4), ("top", "middle", 6), ("above", "top", 8)];
    let tree = tree(&[("a.py", text)], &calls, &["top"]);
    let brief = tree.gather(&candidate(Generator::Pattern, &[(Role::Sink, "a.py", 2)]), Budget::FULL);
    let callers: Vec<_> = brief
        .lines
        .iter()
        .filter(|line| line.why == Why::Caller)
        .map(|line| line.line)
        .collect();
    assert_eq!(callers, [3, 4, 5, 6], "and not the function above it");
}

#[test]
fn similar_functions_come_last() {
    let other = "def elsewhere(c):\n    return c.execute(sql)\n";
    let tree = tree(
        &[
            ("a.py", "def find(q):\n    db.execute(sql)\n"),
            ("b.py", other),
            ("tests/t.py", other),
        ],
        &[],
        &[],
    );
    let brief = tree.gather(&candidate(Generator::Pattern, &[(Role::Sink, "a.py", 2)]), Budget::FULL);
    let paths: Vec<_> = brief.lines.iter().map(|line| (&*line.path, line.why)).collect();
    assert_eq!(paths[2..], [("b.py", Why::Neighbour), ("b.py", Why::Neighbour)]);
}

#[test]
fn the_flow_graph_answers_who_calls_whom() {
    let tree = tree(&[("app/db.py", DB), ("app/views.py", VIEWS)], &[], &[]);
    let (graph, _) = crate::flow::build(&tree.modules, tree.snapshot.files(), &[]);
    let [find, escape] = ["find", "escape"].map(|name| tree.index.definitions(name)[0]);
    assert!(Calls::callees(&graph, find).contains(&Call {
        function: escape,
        line: 17
    }));
    assert_eq!(
        Calls::callers(&graph, escape),
        [Call {
            function: find,
            line: 17
        }]
    );
    assert_eq!(Calls::callers(&graph, FunctionRef { function: 99, ..find }), []);
}

#[test]
fn survives_candidates_and_files_that_make_no_sense() {
    let giant = format!("x = '{}'\n", "a".repeat(1 << 20));
    let tree = tree(
        &[
            ("a.py", &giant),
            ("e.py", ""),
            ("x.properties", "debug=1\n"),
            ("b.py", "def f(:\n ((\n"),
        ],
        &[],
        &[],
    );
    for (path, line) in [
        ("a.py", 1),
        ("a.py", 99),
        ("gone.py", 1),
        ("e.py", 0),
        ("x.properties", 1),
        ("b.py", 2),
        ("b.py", u32::MAX),
    ] {
        for budget in [Budget::FULL, Budget::COMPACT] {
            let brief = tree.gather(&candidate(Generator::Taint, &[(Role::Sink, path, line)]), budget);
            if path == "gone.py" {
                assert_eq!(brief.omitted, ["gone.py: not in the snapshot"]);
            }
        }
    }
}

#[test]
fn answers_the_same_every_time() {
    let (one, two) = (web(), web());
    assert_eq!(one.gather(&flow(), Budget::FULL), two.gather(&flow(), Budget::FULL));
}

#[test]
fn settings_that_decide_the_question_are_shown_whatever_they_say() {
    let code = "@app.post('/pay')\ndef pay():\n    return store(request.form)\n";
    let yaml = "web:\n  port: 80\n  theme: dark\n  csrf:\n    enabled: true\n";
    let tree = tree(&[("app.py", code), ("deploy/prod.yml", yaml)], &[], &["pay"]);
    let mut absence = candidate(Generator::Absence, &[(Role::Sink, "app.py", 2)]);
    absence.card = "CWE-352".into();
    let shown = tree.gather(&absence, Budget::FULL);
    let settings: Vec<_> = shown
        .lines
        .iter()
        .filter(|line| line.path == "deploy/prod.yml")
        .collect();
    assert!(
        matches!(settings.as_slice(), [only] if only.line == 5 && only.why == Why::Config),
        "{settings:?}"
    );
    absence.card = "CWE-89".into();
    assert!(
        tree.gather(&absence, Budget::FULL)
            .lines
            .iter()
            .all(|line| line.path == "app.py")
    );
}
