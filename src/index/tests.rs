//! Looking things up: words, ranks, names.

use super::*;
use crate::syntax::form::{Function, Span};

/// A module whose functions are given as `name first-line last-line`, a member as `Class.name`; function 0 is added.
fn module(snapshot: &Snapshot, path: &str, functions: &[(&str, u32, u32)]) -> Module {
    let file = snapshot.by_path(path).unwrap();
    let start = |line: u32| {
        file.text
            .split_inclusive('\n')
            .take(line as usize - 1)
            .map(str::len)
            .sum::<usize>() as u32
    };
    let whole = ("<module>", 1, snapshot.line_count(file.id));
    let function = |(name, line, last): &(&str, u32, u32)| {
        let (class, name) = name
            .rsplit_once('.')
            .map_or((None, *name), |(class, name)| (Some(class.into()), name));
        let span = Span {
            start: start(*line),
            end: start(last + 1),
            line: *line,
            last: *last,
        };
        Function {
            name: name.into(),
            class_name: class,
            public: true,
            span,
            ..Function::default()
        }
    };
    let functions = [whole].iter().chain(functions).map(function).collect();
    Module {
        file: file.id,
        language: "python",
        imports: vec![],
        classes: vec![],
        functions,
        settings: Vec::new(),
        partial: false,
    }
}

fn sample() -> (Snapshot, Index) {
    let snapshot = Snapshot::of_texts([
        (
            "app/users.py",
            "KEY = 'top'\ndef find_user(q):\n    return db.execute(q)\ndef other(q):\n    return q\n",
        ),
        (
            "app/zoo.py",
            "def twin():\n    return lookupTable\ndef twin_too():\n    pass\n",
        ),
        (
            "db/users.py",
            "class Dao:\n    def find_user(self):\n        return lookupTable\n",
        ),
    ]);
    let modules = [
        module(&snapshot, "db/users.py", &[("Dao.find_user", 2, 3)]),
        module(&snapshot, "app/users.py", &[("find_user", 2, 3), ("other", 4, 5)]),
        module(&snapshot, "app/zoo.py", &[("twin", 1, 2), ("twin_too", 3, 4)]),
    ];
    let entry = FunctionRef {
        file: FileId(0),
        function: 1,
    };
    let index = build(&snapshot, &modules, [entry]).unwrap();
    (snapshot, index)
}

fn shown(snapshot: &Snapshot, functions: impl IntoIterator<Item = FunctionRef>) -> Vec<String> {
    functions
        .into_iter()
        .map(|f| format!("{}#{}", snapshot.file(f.file).path, f.function))
        .collect()
}

#[test]
fn cuts_words_the_way_programs_write_them() {
    for (text, expect) in [
        ("getUserById", "getuserbyid get user by id"),
        ("parseHTTPRequest2x", "parsehttprequest2x parse http request"),
        ("MAX_LEN = utf8", "max_len max len utf8 utf"),
        ("'max-age=3', src/app.py", "max-age max age 3 src app py"),
        ("n-1 a - b", "n 1 a b"),
        ("os.system(\"rm -rf\")", "os system rm rf"),
        ("__init__ _ $ --", "__init__ init"),
        ("größeÄnderung", "größeänderung größe änderung"),
        ("x y", "x y"),
        ("", ""),
    ] {
        let mut words = Vec::new();
        tokens::words(text, &mut |word| words.push(word.to_string()));
        assert_eq!(words.join(" "), expect, "{text}");
    }
    let mut count = 0;
    tokens::words(&"a".repeat(1 << 20), &mut |_| count += 1);
    assert_eq!(count, 0, "a megabyte of one letter is data");
}

#[test]
fn ranks_functions_by_shared_words_and_equals_by_path_and_line() {
    let (snapshot, index) = sample();
    let search = |query: &str, k| shown(&snapshot, index.search(query, k).into_iter().map(|(f, _)| f));
    assert_eq!(
        search("db.execute", 9),
        ["app/users.py#1", "db/users.py#0", "db/users.py#1"]
    );
    assert_eq!(search("FIND user", 2), ["app/users.py#1", "db/users.py#1"]);
    assert_eq!(
        search("top", 9),
        ["app/users.py#0"],
        "top-level text is what belongs to no function"
    );
    assert_eq!(search("zoo", 9), ["app/zoo.py#0", "app/zoo.py#1", "app/zoo.py#2"]);
    assert_eq!(search("zoo", 2), ["app/zoo.py#0", "app/zoo.py#1"]);
    assert_eq!(
        search("nowhere AND \" ( title:", 9),
        [""; 0],
        "a query is words, never syntax"
    );
    assert_eq!((search("", 9), search("user", 0)), (vec![], vec![]));
}

#[test]
fn answers_the_same_whatever_the_order_of_modules() {
    let (snapshot, index) = sample();
    let mut modules = vec![
        module(&snapshot, "app/zoo.py", &[("twin", 1, 2), ("twin_too", 3, 4)]),
        module(&snapshot, "app/users.py", &[("find_user", 2, 3), ("other", 4, 5)]),
        module(&snapshot, "db/users.py", &[("Dao.find_user", 2, 3)]),
    ];
    for _ in 0..3 {
        modules.rotate_left(1);
        let again = build(&snapshot, &modules, []).unwrap();
        for query in ["find user", "lookupTable", "return q", "def"] {
            assert_eq!(again.search(query, 5), index.search(query, 5));
        }
        assert_eq!(again.definitions("find_user"), index.definitions("find_user"));
    }
}

#[test]
fn finds_definitions_by_bare_and_qualified_name() {
    let (snapshot, index) = sample();
    for (name, expect) in [
        ("find_user", &["app/users.py#1", "db/users.py#1"][..]),
        ("Dao.find_user", &["db/users.py#1"]),
        ("x.y.Dao.find_user", &["db/users.py#1"]),
        ("dao.other", &["app/users.py#2"]),
        ("<module>", &[]),
        ("", &[]),
    ] {
        assert_eq!(
            shown(&snapshot, index.definitions(name).iter().copied()),
            expect,
            "{name}"
        );
    }
}

#[test]
fn knows_the_entry_points_it_was_given() {
    let (snapshot, index) = sample();
    assert_eq!(shown(&snapshot, index.entries()), ["app/users.py#1"]);
    assert!(!index.is_entry(FunctionRef {
        file: FileId(1),
        function: 1
    }));
}

#[test]
fn names_functions_as_people_do() {
    let (snapshot, _) = sample();
    let mut m = module(
        &snapshot,
        "app/users.py",
        &[("C.outer", 2, 5), ("inner", 3, 4), ("<lambda>", 4, 4)],
    );
    m.functions[2].parent = Some(1);
    m.functions[3].parent = Some(2);
    m.functions[1].parent = Some(0);
    let names: Vec<_> = (0..5).map(|at| qualified(&m, at)).collect();
    assert_eq!(
        names,
        ["<module>", "C.outer", "C.outer.inner", "C.outer.inner.<lambda>", ""]
    );
}

#[test]
fn an_empty_tree_has_an_empty_index() {
    let snapshot = Snapshot::of_texts([("a.py", "")]);
    let index = build(&snapshot, &[], []).unwrap();
    assert_eq!(index.search("anything", 3), []);
}
