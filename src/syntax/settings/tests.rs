//! Each notation lowers to `path = value @ lines`, and nothing hostile gets further than a limit.

use crate::source::Snapshot;
use crate::syntax::form::Module;
use crate::syntax::{Limits, parse_within};

fn module(path: &str, text: &str) -> (Module, Option<String>) {
    let snapshot = Snapshot::of_texts([(path, text)]);
    let (module, problem) = parse_within(&snapshot.files()[0], &Limits::default()).expect("a notation");
    (module, problem.map(|problem| problem.what))
}

fn check(path: &str, text: &str, wanted: &[&str]) {
    let (module, problem) = module(path, text);
    assert_eq!(problem, None);
    let shown: Vec<String> = module
        .settings
        .iter()
        .map(|one| {
            let last = if one.span.last > one.span.line {
                format!("-{}", one.span.last)
            } else {
                String::new()
            };
            format!("{} = {} @ {}{last}", one.path, one.value, one.span.line)
        })
        .collect();
    assert_eq!(shown, wanted, "{path}");
}

#[test]
fn yaml_gives_paths_and_lines_of_scalars() {
    check(
        "a.yml",
        "# é\nserver:\n  ssl: {enabled: false, key: \"a b\"}\n  list:\n    - one\n    - x: 2\n      y: |\n        z\n        w\n---\non: &c 1\nd: *c\nb: last\n",
        &[
            "server.ssl.enabled = false @ 3",
            "server.ssl.key = a b @ 3",
            "server.list.0 = one @ 5",
            "server.list.1.x = 2 @ 6",
            "server.list.1.y = z\nw\n @ 7-9",
            "on = 1 @ 11",
            "b = last @ 13",
        ],
    );
}

#[test]
fn pairs_that_name_a_value_are_settings_too() {
    check(
        "a.yaml",
        "env:\n  - name: A_B\n    value: c\nenvironment:\n  - D=e=f\n",
        &[
            "env.0.name = A_B @ 2",
            "env.0.value = c @ 3",
            "env.A_B = c @ 3",
            "environment.0 = D=e=f @ 5",
            "environment.D = e=f @ 5",
        ],
    );
    check(
        "web.xml",
        "<w>\n <add key=\"a\" value=\"b\"/>\n <property name=\"c\">d</property>\n <p-name>e</p-name>\n <p-value>f</p-value>\n</w>\n",
        &[
            "w.add.@key = a @ 2",
            "w.add.@value = b @ 2",
            "w.add.a = b @ 2",
            "w.property.@name = c @ 3",
            "w.property = d @ 3",
            "w.property.c = d @ 3",
            "w.p-name = e @ 4",
            "w.p-value = f @ 5",
            "w.e = f @ 5",
        ],
    );
}

#[test]
fn json_may_have_comments_and_tabs() {
    check(
        "appsettings.json",
        "{\n\t\"a\": {\"b\": [1, \"x // y\"]}, // note\n\t/* more\n */\"c\":true,\n}\n",
        &["a.b.0 = 1 @ 2", "a.b.1 = x // y @ 2", "c = true @ 4"],
    );
}

#[test]
fn toml_gives_paths_and_lines() {
    check(
        "a.toml",
        "[a]\nb = \"c\"\n[[d]]\ne = true\nf = [1, { g = \"h\" }]\n",
        &[
            "a.b = c @ 2",
            "d.0.e = true @ 4",
            "d.0.f.0 = 1 @ 5",
            "d.0.f.1.g = h @ 5",
        ],
    );
}

#[test]
fn attributes_and_siblings_of_xml_are_told_apart() {
    check(
        "m.xml",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY x \"y\">]>\n<a:m xmlns:z=\"u\">\n <b\n   z:on=\"true\"\n   z:off='no' />\n <b on=\"&lt;&amp;\">t &gt; &x;</b>\n</a:m>\n",
        &[
            "m.@z = u @ 3",
            "m.b.@on = true @ 5",
            "m.b.@off = no @ 6",
            "m.b.1.@on = <& @ 7",
            "m.b.1 = t > @ 7",
        ],
    );
}

#[test]
fn lines_have_sections_quotes_comments_and_go_on() {
    check(
        "a.properties",
        "# no\nx.y = 1\n! no\nz: a \\\n  b\n",
        &["x.y = 1 @ 2", "z = a b @ 4-5"],
    );
    check(
        "b.ini",
        "[php]\nshow = On ; yes\n[other]\nk=v\n",
        &["php.show = On @ 2", "other.k = v @ 4"],
    );
    check(
        ".env.production",
        "export A=\"b # c\"\nD='e'\nF=\nG=h # i\n",
        &["A = b # c @ 1", "D = e @ 2", "F =  @ 3", "G = h @ 4"],
    );
}

#[test]
fn images_have_stages_variables_and_commands() {
    check(
        "Dockerfile",
        "FROM a AS b\nARG K=v\nFROM c\nENV A=1 B=\"two words\"\nENV C d e\nRUN x \\\n  # note\n  && y | z\nUSER root\n",
        &[
            "0.FROM = a AS b @ 1",
            "0.ARG.K = v @ 2",
            "last.FROM = c @ 3",
            "last.ENV.A = 1 @ 4",
            "last.ENV.B = two words @ 4",
            "last.ENV.C = d e @ 5",
            "last.RUN = x # note @ 6-7",
            "last.RUN = y | z @ 8",
            "last.USER = root @ 9",
        ],
    );
}

#[test]
fn blocks_of_nginx_nest() {
    check(
        "site.conf",
        "server {\n  location ~ ^/a\\.b$ { alias /x/; }\n  # no\n  add_header X \"a; b\" always;\n}\n",
        &[
            "server.location ~ ^/a\\.b$.alias = /x/ @ 2",
            "server.add_header = X a; b always @ 4",
        ],
    );
}

#[test]
fn statements_of_sql_give_columns_rows_rights_and_accounts() {
    check(
        "a.sql",
        "CREATE TABLE IF NOT EXISTS `s`.`u` (\n  id INT, -- no\n  `pw` VARCHAR(20) NOT NULL,\n  PRIMARY KEY (id)\n);\nINSERT INTO u (id, pw) VALUES (1, 'it''s'), (2, 'b');\nGRANT ALL ON *.* TO 'x'@'%';\nCREATE USER 'x'@'%' IDENTIFIED BY 'y';\n",
        &[
            "u.id = INT @ 2",
            "u.pw = VARCHAR(20) NOT NULL @ 3",
            "INSERT.u.pw = it's @ 6",
            "INSERT.u.pw = b @ 6",
            "GRANT = ALL ON *.* TO x @ % @ 7",
            "ACCOUNT.x = @ % IDENTIFIED BY y @ 8",
            "ACCOUNT.x.password = y @ 8",
        ],
    );
}

#[test]
fn fields_of_graphql_carry_their_directives() {
    check(
        "s.graphql",
        "\"\"\"doc\"\"\"\ntype M implements A & B @k {\n  a(x: Int = 1, y: [S!]): [P!]! @auth(role: ADMIN)\n  b: P # no\n}\nextend type M { c: Int }\n",
        &[
            "M.@k =  @ 2",
            "M.a = [P!]! @ 3",
            "M.a.(x) = Int @ 3",
            "M.a.(y) = [ @ 3",
            "M.a.@auth = role : ADMIN @ 3",
            "M.b = P @ 4",
            "M.c = Int @ 6",
        ],
    );
}

#[test]
fn what_is_no_configuration_is_left_to_others() {
    for (path, text) in [
        ("notes.conf", "a = b\n"),
        ("q.graphql", "query { a }"),
        ("a.config", "{}"),
        ("Dockerfile.md/x", ""),
    ] {
        let snapshot = Snapshot::of_texts([(path, text)]);
        assert!(
            parse_within(&snapshot.files()[0], &Limits::default()).is_none(),
            "{path}"
        );
    }
}

/// Every reader, on the texts that break readers.
#[test]
fn hostile_texts_end_in_facts_or_in_a_limit() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000));
    let texts = [
        String::new(),
        deep("[", "]"),
        deep("{\"a\":", "}"),
        deep("<a>", "</a>"),
        deep("a {", "}"),
        deep("a = {", "}"),
        deep("(", ")"),
        format!("a: {}", deep("- ", "")),
        format!("<a {}>", "b=\"c\" ".repeat(20_000)),
        "a: &a [*a, *a]\n".repeat(1000),
        "<!DOCTYPE a [<!ENTITY b \"&b;&b;\">]><a>&b;</a>".to_owned(),
        "k=v\\\n".repeat(20_000),
        "FROM a\nRUN <<E\n".to_owned(),
        "type ".repeat(1000) + "M { a(b: @ @x( }",
        "CREATE TABLE ((((,,;INSERT INTO a (b) VALUES (((".to_owned(),
        "é\u{0}\u{feff}\"'`{\n\t- : é [".to_owned(),
        "server {\n\"".to_owned(),
        "\\".to_owned(),
        "ENV \"\\".to_owned(),
        "type A { b(".to_owned(),
        "<a b='é".to_owned(),
        "- ".repeat(300) + "x",
    ];
    let paths = [
        "a.yml",
        "a.json",
        "a.toml",
        "a.xml",
        "a.ini",
        ".env",
        "Dockerfile",
        "nginx.conf",
        "a.sql",
        "a.graphql",
    ];
    for path in paths {
        for text in &texts {
            let snapshot = Snapshot::of_texts([(path, text.as_str())]);
            let file = &snapshot.files()[0];
            let Some((module, _)) = parse_within(file, &Limits::default()) else {
                continue;
            };
            for one in &module.settings {
                assert!(
                    one.span.start <= one.span.end && one.span.end as usize <= file.text.len(),
                    "{path}"
                );
                assert!(
                    file.text.get(one.span.start as usize..one.span.end as usize).is_some(),
                    "{path}"
                );
                assert!(one.span.line >= 1 && one.span.last >= one.span.line, "{path}");
            }
        }
    }
}

#[test]
fn limits_are_told() {
    let many = "- a\n".repeat(30_000);
    let (module, problem) = module("a.yml", &many);
    assert!(module.partial && module.settings.len() == 20_000);
    assert_eq!(
        problem.as_deref(),
        Some("read as configuration in part: it has more than 20000 settings")
    );
    let long = format!("a = \"{}\"\n", "x".repeat(2 << 20));
    let (large, problem) = self::module("a.toml", &long);
    assert!(large.settings.is_empty() && problem.is_some_and(|what| what.contains("over the limit")));
}
