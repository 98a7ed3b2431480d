//! Small C and C++ functions, marked where a mistake must (`VULN: CWE-416`) or must not (`SAFE: CWE-416`) be found.

use crate::candidates::{Settings, find};
use crate::source::Snapshot;
use crate::{cards, flow, syntax};

/// Every mark of the file holds.
pub fn check(path: &str, code: &str) {
    let snapshot = Snapshot::of_texts([(path, code)]);
    let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
    let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
    let mut wrong = Vec::new();
    let mut marks = 0;
    for (at, line) in code.lines().enumerate() {
        for (word, wanted) in [("VULN: ", true), ("SAFE: ", false)] {
            let Some((_, id)) = line.split_once(word) else { continue };
            marks += 1;
            let id = id.split_whitespace().next().unwrap_or_default();
            let settings = Settings {
                cards: vec![id.to_owned()],
                sweep: false,
                ..Settings::default()
            };
            let found = find(&graph, &forest, &snapshot, cards::all(), &settings);
            if found.iter().any(|candidate| candidate.place().line == at as u32 + 1) != wanted {
                wrong.push(format!("line {}: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(marks > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn freed_memory_is_neither_used_nor_freed_again() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <stdio.h>
void one(void) {
    char *p = malloc(10);
    if (!p) return;
    free(p);
    puts(p); /* VULN: CWE-416 */
}
void two(void) {
    char *p = malloc(10);
    char *q = p;
    free(p);
    free(q); /* VULN: CWE-415 */
}
void three(int x) {
    char *p = malloc(10);
    if (x) {
        free(p);
        return;
    }
    free(p); /* SAFE: CWE-415 */
}
void four(void) {
    char *p = malloc(10);
    free(p);
    p = malloc(5);
    if (p) p[0] = 1; /* SAFE: CWE-416 */
    free(p); /* SAFE: CWE-415 */
}
static void release(char *p) {
    free(p);
}
void five(void) {
    char *p = malloc(10);
    release(p);
    puts(p); /* VULN: CWE-416 */
}
",
    );
}

#[test]
fn jumps_forward_are_followed() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <string.h>
int one(const char *text) {
    int rc = -1;
    char *copy = malloc(10);
    if (copy == NULL) return rc;
    if (text[0] == 'a') {
        free(copy);
        goto out;
    }
    free(copy); /* SAFE: CWE-415 */
out:
    return rc;
}
int two(const char *text) {
    char *copy = malloc(10);
    if (copy == NULL) return 1;
    if (text[0] == 'a') {
        free(copy);
        goto out;
    }
    copy[0] = 1; /* SAFE: CWE-416 */
out:
    free(copy); /* VULN: CWE-415 */
    return 0;
}
",
    );
}

#[test]
fn pointers_that_may_be_null_are_checked() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <stdio.h>
void one(void) {
    int *p = malloc(4);
    *p = 1; /* VULN: CWE-476 */
    free(p);
}
void two(void) {
    int *p = malloc(4);
    if (p == NULL) { exit(1); }
    *p = 1; /* SAFE: CWE-476 */
    free(p);
}
void three(void) {
    int *p = NULL;
    *p = 1; /* VULN: CWE-476 */
}
void four(int *p) {
    if (p != NULL && *p == 1) { /* SAFE: CWE-476 */
        return;
    }
}
",
    );
}

#[test]
fn every_way_out_frees_or_closes() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <stdio.h>
int one(int x) {
    char *p = malloc(10); /* VULN: CWE-401 */
    if (x) return 1;
    free(p);
    return 0;
}
int two(int x) {
    char *p = malloc(10); /* SAFE: CWE-401 */
    if (p == NULL) return 1;
    free(p);
    return 0;
}
char *three(void) {
    char *p = malloc(10); /* SAFE: CWE-401 */
    return p;
}
int four(const char *name) {
    FILE *f = fopen(name, \"r\"); /* VULN: CWE-775 */
    return f != NULL;
}
",
    );
}

#[test]
fn buffers_are_not_written_beyond_their_end() {
    check(
        "a.c",
        "#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#define SIZE 10
void one(void) {
    char small[SIZE];
    char large[20];
    memset(large, 'a', 19);
    large[19] = 0;
    strcpy(small, large); /* VULN: CWE-121 */
}
void two(void) {
    char small[SIZE];
    strcpy(small, \"fits\"); /* SAFE: CWE-121 */
    memcpy(small, \"too long for it\", 16); /* VULN: CWE-121 */
}
void three(void) {
    int i;
    int values[SIZE];
    for (i = 0; i < SIZE; i++) {
        values[i] = i; /* SAFE: CWE-121 */
    }
    for (i = 0; i <= SIZE; i++) {
        values[i] = i; /* VULN: CWE-121 */
    }
}
void four(void) {
    char *p = malloc(10 * sizeof(char));
    if (p == NULL) return;
    p[10] = 0; /* VULN: CWE-122 */
    free(p);
}
static void put(char *to) {
    memset(to, 0, 32); /* VULN: CWE-121 */
}
void five(void) {
    char small[16];
    put(small);
}
void six(char *input) {
    char line[64];
    gets(line); /* VULN: CWE-121 */
    snprintf(line, sizeof(line), \"%s\", input); /* SAFE: CWE-121 */
}
",
    );
}

#[test]
fn indexes_from_outside_are_bounded_on_both_sides() {
    check(
        "a.c",
        "#include <stdlib.h>
int one(int argc, char **argv);
int main(int argc, char **argv) {
    int table[10] = {0};
    int at = atoi(argv[1]);
    table[at] = 1; /* VULN: CWE-787 */
    if (at < 10) {
        table[at] = 2; /* VULN: CWE-124 */
    }
    if (at >= 0 && at < 10) {
        table[at] = 3; /* SAFE: CWE-787 */
    }
    return table[0];
}
",
    );
}

#[test]
fn variables_are_set_before_they_are_read() {
    check(
        "a.c",
        "#include <stdio.h>
void fill(int *x);
void one(void) {
    int x;
    printf(\"%d\", x); /* VULN: CWE-457 */
}
void two(void) {
    int x;
    fill(&x);
    printf(\"%d\", x); /* SAFE: CWE-457 */
}
void three(int y) {
    int x;
    if (y) { x = 1; } else { x = 2; }
    printf(\"%d\", x); /* SAFE: CWE-457 */
}
void four(void) {
    int i, sum;
    for (i = 0; i < 3; i++) { sum = i; }
    printf(\"%d\", sum); /* SAFE: CWE-457 */
}
long five(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text) { return -1; } /* SAFE: CWE-457 */
    return number;
}
long six(const char *text) {
    char *end;
    if (end == text) { return -1; } /* VULN: CWE-457 */
    return 0;
}
",
    );
}

#[test]
fn new_and_delete_belong_together() {
    check(
        "a.cpp",
        "#include <cstdlib>
void one() {
    int *p = new int[4];
    delete p; // VULN: CWE-590
}
void two() {
    int *p = new int[4];
    delete[] p; // SAFE: CWE-590
}
void three() {
    char text[8];
    char *p = text;
    free(p); // VULN: CWE-590
}
",
    );
}

#[test]
fn a_tested_path_may_have_changed_when_it_is_opened() {
    check(
        "a.c",
        "#include <unistd.h>
#include <fcntl.h>
int one(const char *path) {
    if (access(path, 4) != 0) return 1;
    return open(path, 0); /* VULN: CWE-367 */
}
int two(const char *path) {
    return open(path, 0); /* SAFE: CWE-367 */
}
",
    );
}
