//! The library loads, and what must not load does not.

use std::collections::BTreeSet;

use super::library::LIBRARY;
use super::{Card, all, get};

const WHOLE: &str = r#"+++
id = "CWE-89"
name = "SQL injection"
family = "injection"
severity = "critical"
question = "Is it?"
also = ["CWE-564"]
source_kinds = ["http"]
absences = ["login-without-throttle"]
lifetimes = ["toctou"]

[sinks]
javascript = ['db.query(0)']
typescript = ['Repository.query(0)']
c = ['sqlite3_exec(1)']
any = ['return in route']

[sanitizers]
python = ['int()']

[calls]
python = ['yaml.load(!Loader)']

[sweeps]
any = ['(?i)query']

[[literals]]
name = '(?i)password'
value = '^.{4,}$'
+++

# What
What it is.

# Why
Why it matters.

# Vulnerable
A sentence for people.
```python
# Not a heading.
run(query)
```

# Safe
```c
run();
```

# Look for
- This.

# Refute if
- That.

# Fix
Do it.
"#;

fn refused(from: &str, to: &str, fault: &str) {
    assert!(WHOLE.contains(from), "the test's card has no `{from}`");
    let error = Card::parse(&WHOLE.replace(from, to)).expect_err(fault);
    assert!(error.contains(fault), "`{fault}` is not in: {error}");
}

#[test]
fn every_embedded_card_loads() {
    for (file, text) in LIBRARY {
        let card = Card::parse(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(
            *file,
            format!("cwe-{}.md", card.number()),
            "a card's file is named after its number"
        );
    }
}

#[test]
fn every_markdown_file_of_the_folder_is_embedded() {
    let folder = std::path::Path::new(file!())
        .parent()
        .expect("a source file has a folder");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder of the cards can be read");
    let names = entries.map(|entry| {
        entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a plain name")
    });
    let found: BTreeSet<String> = names.filter(|name| name.ends_with(".md")).collect();
    let embedded: BTreeSet<String> = LIBRARY.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(embedded, found);
    assert_eq!(LIBRARY.len(), embedded.len(), "a card is listed twice");
}

#[test]
fn cards_are_sorted_and_found_by_any_spelling_of_their_number() {
    let numbers: Vec<u32> = all().iter().map(Card::number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    for spelling in ["CWE-89", "cwe-89", "89"] {
        assert_eq!(get(spelling).map(|card| card.id.as_str()), Some("CWE-89"));
    }
    for wrong in ["", "CWE-", "CWE-0", "x89", "CWE-89x"] {
        assert!(get(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn questions_are_questions_and_names_are_unique() {
    let mut names = BTreeSet::new();
    for card in all() {
        assert!(card.question.ends_with('?'), "{}: {}", card.id, card.question);
        assert!(names.insert(&card.name), "{}: {} is taken", card.id, card.name);
        assert!(!card.also.contains(&card.id), "{} names itself in `also`", card.id);
    }
}

#[test]
fn no_card_lists_a_pattern_twice_for_one_language() {
    for card in all() {
        for table in [&card.sources, &card.sinks, &card.sanitizers, &card.guards, &card.calls] {
            for (row, patterns) in table {
                let mut seen = BTreeSet::new();
                for pattern in patterns {
                    assert!(
                        seen.insert(&pattern.text),
                        "{} {row}: `{}` twice",
                        card.id,
                        pattern.text
                    );
                }
            }
        }
    }
}

#[test]
fn sections_and_examples_keep_their_text() {
    let card = Card::parse(WHOLE).expect("the test's card is whole");
    assert_eq!(card.sections.what, "What it is.");
    assert_eq!(card.sections.vulnerable.len(), 1);
    assert_eq!(card.sections.vulnerable[0].language, "python");
    assert_eq!(card.sections.vulnerable[0].code, "# Not a heading.\nrun(query)\n");
    assert_eq!(card.sections.look_for, "- This.");
}

#[test]
fn a_language_that_extends_another_also_has_its_patterns() {
    let card = Card::parse(WHOLE).expect("the test's card is whole");
    let sinks = |language| {
        card.sinks_for(language)
            .iter()
            .map(|sink| sink.text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        sinks("typescript"),
        ["Repository.query(0)", "db.query(0)", "return in route"]
    );
    assert_eq!(sinks("javascript"), ["db.query(0)", "return in route"]);
    assert_eq!(sinks("cpp"), ["sqlite3_exec(1)", "return in route"]);
    assert_eq!(sinks("go"), ["return in route"]);
    let refused = WHOLE.replace("'Repository.query(0)'", "'without db.query(0)', 'Repository.query(0)'");
    let refused = Card::parse(&refused).expect("a row may leave out what it inherits");
    let left: Vec<_> = refused.sinks_for("typescript").iter().map(|sink| &*sink.text).collect();
    assert_eq!(left, ["Repository.query(0)", "return in route"]);
    assert_eq!(refused.sinks_for("javascript").len(), 2);
    assert_eq!(card.sweeps_for("java").len(), 1);
    assert!(card.applies_to("go"));
    let narrow = WHOLE.replace(
        "source_kinds",
        "languages = [\"c\", \"javascript\", \"python\"]\nsource_kinds",
    );
    let narrow = Card::parse(&narrow).expect("a card may name its languages");
    let applies = ["c", "cpp", "typescript", "java"].map(|language| narrow.applies_to(language));
    assert_eq!(applies, [true, true, true, false]);
}

#[test]
fn a_card_without_an_example_or_a_section_is_refused() {
    refused("```c\nrun();\n```", "Prose only.", "# Safe");
    refused("```python\n# Not a heading.\nrun(query)\n```", "", "# Vulnerable");
    refused("# Fix\nDo it.\n", "", "# Fix");
    refused("# Why\nWhy it matters.\n", "# Why\n", "# Why");
    refused("# Why", "# Reason", "# Reason");
    refused("# Why", "# What", "appears twice");
    refused("```c", "```cobol", "cobol");
    refused("run();\n```", "run();\n", "fence");
}

#[test]
fn an_entry_that_means_nothing_is_refused() {
    refused("family =", "colour = \"red\"\nfamily =", "colour");
    refused("family = \"injection\"\n", "", "family");
    refused("\"CWE-89\"", "\"89\"", "`89`");
    refused("\"CWE-564\"", "\"CWE-x\"", "CWE-x");
    refused("\"critical\"", "\"fatal\"", "fatal");
    refused("\"Is it?\"", "\" \"", "question");
    refused("family =", "cvss = \"AV:N/AC:L\"\nfamily =", "not a base vector");
    refused("\"http\"", "\"telepathy\"", "telepathy");
    refused("typescript =", "cobol =", "cobol");
    refused("source_kinds", "languages = [\"cobol\"]\nsource_kinds", "cobol");
    refused(
        "source_kinds",
        "languages = [\"c\", \"python\"]\nsource_kinds",
        "leaves javascript out",
    );
    refused("login-without-throttle", "login-without-care", "login-without-care");
    refused("\"toctou\"", "\"bit-rot\"", "bit-rot");
    refused("+++\nid", "id", "open");
}

#[test]
fn a_pattern_that_does_not_parse_or_stands_in_the_wrong_table_is_refused() {
    refused("sqlite3_exec(1)", "sqlite3_exec(1", "sqlite3_exec(1");
    refused("sqlite3_exec(1)", "sqlite3_exec()", "which value is dangerous");
    refused("yaml.load(!Loader)", "yaml.load(0)", "only a sink");
    refused("'int()'", "'x ='", "not a call");
    refused("(?i)query", "(?i", "bad regex");
    refused("^.{4,}$", "(", "bad regex");
    refused("family =", "judged = false\nfamily =", "needs a judge");
    refused(
        "[[literals]]",
        "[[texts]]\nwhy = 'x'\nmatches = '('\n[[literals]]",
        "texts: bad regex",
    );
}

#[test]
fn a_card_that_nothing_leads_to_is_refused() {
    let (front, body) = WHOLE.split_once("absences").expect("the test's card has absences");
    let body = body.split_once("+++").expect("the front matter is closed").1;
    let error = Card::parse(&format!("{front}+++{body}")).expect_err("no generator");
    assert!(error.contains("nothing leads to it"), "{error}");
}
