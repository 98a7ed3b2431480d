//! Small programs in every language, marked at the sink: `VULN: CWE-89` must have a flow there, `SAFE: CWE-89` not.
//!
//! In: the `.txt` bundles of this folder: `=== program`, then `--- path` and the file. Start at [`check`].

use crate::cards;
use crate::source::Snapshot;
use crate::syntax;

use crate::flow::Flow;
use crate::flow::Graph;
use crate::flow::build;

struct Program {
    name: String,
    files: Vec<(String, String)>,
}

fn programs(bundle: &str) -> Vec<Program> {
    let mut found: Vec<Program> = Vec::new();
    for line in bundle.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            found.push(Program {
                name: name.to_owned(),
                files: Vec::new(),
            });
        } else if let Some(path) = line.strip_prefix("--- ") {
            found
                .last_mut()
                .expect("a program before its files")
                .files
                .push((path.to_owned(), String::new()));
        } else if let Some((_, text)) = found.last_mut().and_then(|program| program.files.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

/// Path, line, whether a flow must end there, and the weakness.
fn marks(files: &[(String, String)]) -> Vec<(String, u32, bool, String)> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (at, line) in text.lines().enumerate() {
            for (word, wanted) in [("VULN: ", true), ("SAFE: ", false)] {
                if let Some((_, id)) = line.split_once(word) {
                    let id = id.split_whitespace().next().unwrap_or_default();
                    found.push((path.clone(), at as u32 + 1, wanted, id.to_owned()));
                }
            }
        }
    }
    found
}

fn graph(files: &[(String, String)]) -> (Snapshot, Graph) {
    let snapshot = Snapshot::of_texts(files.iter().cloned());
    let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
    let (graph, problems) = build(&forest.modules, snapshot.files(), cards::all());
    assert!(problems.is_empty(), "{problems:?}");
    (snapshot, graph)
}

fn answers(flow: &Flow, id: &str) -> bool {
    let card = &cards::all()[flow.card];
    card.id == id || card.also.iter().any(|also| also == id)
}

/// Every mark of every program of a bundle holds; at least `least` programs.
fn check(bundle: &str, least: usize) {
    let programs = programs(bundle);
    assert!(programs.len() >= least, "only {} programs", programs.len());
    let mut wrong = Vec::new();
    for program in &programs {
        let marks = marks(&program.files);
        assert!(!marks.is_empty(), "{} has no mark", program.name);
        let (snapshot, graph) = graph(&program.files);
        for (path, line, wanted, id) in marks {
            let found = graph.flows.iter().any(|flow| {
                let last = flow.hops.last().expect("a flow is never empty");
                let file = snapshot.file(graph.units[last.unit as usize].file);
                !flow.weak && *file.path == *path && last.span.line == line && answers(flow, &id)
            });
            if found != wanted {
                let verb = if wanted { "missed" } else { "false alarm" };
                wrong.push(format!("{}: {verb} {id} at {path}:{line}", program.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn python_programs_flow_as_marked() {
    check(include_str!("python.txt"), 8);
}

#[test]
fn javascript_programs_flow_as_marked() {
    check(include_str!("javascript.txt"), 8);
}

#[test]
fn typescript_programs_flow_as_marked() {
    check(include_str!("typescript.txt"), 8);
}

#[test]
fn applications_of_javascript_flow_as_marked() {
    check(include_str!("applications_javascript.txt"), 14);
}

#[test]
fn applications_of_typescript_flow_as_marked() {
    check(include_str!("applications_typescript.txt"), 3);
}

#[test]
fn java_programs_flow_as_marked() {
    check(include_str!("java.txt"), 18);
}

#[test]
fn go_programs_flow_as_marked() {
    check(include_str!("go.txt"), 8);
}

#[test]
fn ruby_programs_flow_as_marked() {
    check(include_str!("ruby.txt"), 8);
}

#[test]
fn rust_programs_flow_as_marked() {
    check(include_str!("rust.txt"), 8);
}

#[test]
fn c_programs_flow_as_marked() {
    check(include_str!("c.txt"), 8);
}

#[test]
fn cpp_programs_flow_as_marked() {
    check(include_str!("cpp.txt"), 8);
}

#[test]
fn kotlin_programs_flow_as_marked() {
    check(include_str!("kotlin.txt"), 8);
}

#[test]
fn csharp_programs_flow_as_marked() {
    check(include_str!("csharp.txt"), 8);
}

#[test]
fn php_programs_flow_as_marked() {
    check(include_str!("php.txt"), 8);
}

#[test]
fn the_same_project_gives_the_same_graph_every_time() {
    let program = &programs(include_str!("python.txt"))[0];
    let show = |graph: &Graph| format!("{:?}{:?}{:?}", graph.flows, graph.edges, graph.entries);
    let first = show(&graph(&program.files).1);
    for _ in 0..3 {
        assert_eq!(first, show(&graph(&program.files).1));
    }
}

#[test]
fn callers_callees_and_entries_are_known() {
    let code = "from flask import Flask
app = Flask(__name__)
@app.route('/x')
def view():
    return helper()
def helper():
    return 1
";
    let files = [("app.py".to_owned(), code.to_owned())];
    let (snapshot, graph) = graph(&files);
    let file = snapshot.files()[0].id;
    let view = graph.unit_at(file, 5).expect("line 5 is in a function");
    let helper = graph.unit_at(file, 7).expect("line 7 is in a function");
    assert_eq!(graph.callers(helper), [view]);
    assert_eq!(graph.callees(view).map(|edge| edge.to).collect::<Vec<_>>(), [helper]);
    assert_eq!(graph.entry(view).and_then(|entry| entry.route.as_deref()), Some("/x"));
    assert!(graph.reachable[helper as usize]);
}

#[test]
fn a_function_that_nobody_calls_is_a_weak_source() {
    let files = [(
        "lib.py".to_owned(),
        "import os\ndef run(cmd):\n    os.system(cmd)\ndef _hidden(cmd):\n    os.system(cmd)\n".to_owned(),
    )];
    let (_, graph) = graph(&files);
    assert!(!graph.flows.is_empty() && graph.flows.iter().all(|flow| flow.weak && flow.kind == "parameter"));
}

#[test]
fn deep_nesting_neither_overflows_nor_takes_long() {
    let mut text = String::from("import os\nfrom flask import request\ndef f():\n    x = request.args['a']\n");
    for depth in 0..60 {
        text.push_str(&format!("{}for i{depth} in x:\n", "    ".repeat(depth + 1)));
    }
    text.push_str(&format!("{}os.system(x)\n", "    ".repeat(61)));
    let started = std::time::Instant::now();
    let (_, graph) = graph(&[("deep.py".to_owned(), text)]);
    assert!(!graph.flows.is_empty());
    assert!(started.elapsed().as_secs() < 20);
}
