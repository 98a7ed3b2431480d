//! Small C and C++ functions about numbers, contents and types, marked like those of `tests`.

use super::tests::check;

#[test]
fn numbers_from_outside_stay_in_their_type() {
    check(
        "a.c",
        "#include <stdio.h>
#include <stdlib.h>
#include <limits.h>
int one(void) {
    int x;
    if (fscanf(stdin, \"%d\", &x) != 1) return 0;
    return x + 1; /* VULN: CWE-190 */
}
int two(void) {
    int x;
    if (fscanf(stdin, \"%d\", &x) != 1) return 0;
    if (x < INT_MAX) {
        return x + 1; /* SAFE: CWE-190 */
    }
    return 0;
}
int three(int x) {
    return x + 1; /* SAFE: CWE-190 */
}
int four(char **argv) {
    char line[20];
    if (fgets(line, 20, stdin) == NULL) return 0;
    int x = atoi(line);
    x--; /* VULN: CWE-191 */
    return x;
}
static int minus(int x) {
    return x - 2; /* VULN: CWE-191 */
}
int five(void) {
    int x;
    scanf(\"%d\", &x);
    return minus(x);
}
int six(void) {
    int x;
    scanf(\"%d\", &x);
    if (abs(x) < 1000) {
        return x * x; /* SAFE: CWE-190 */
    }
    return 0;
}
",
    );
}

#[test]
fn divisors_are_compared_with_zero() {
    check(
        "a.c",
        "#include <stdio.h>
#include <math.h>
int one(void) {
    int x;
    scanf(\"%d\", &x);
    return 100 / x; /* VULN: CWE-369 */
}
int two(void) {
    int x;
    scanf(\"%d\", &x);
    if (x != 0) {
        return 100 % x; /* SAFE: CWE-369 */
    }
    return 0;
}
int three(void) {
    float x;
    scanf(\"%f\", &x);
    if (fabs(x) > 0.000001) {
        return (int)(100.0 / x); /* SAFE: CWE-369 */
    }
    return (int)(100.0 / x); /* VULN: CWE-369 */
}
int four(int x) {
    return 100 / x; /* SAFE: CWE-369 */
}
",
    );
}

#[test]
fn sizes_and_bounds_from_outside_are_limited() {
    check(
        "a.c",
        "#include <stdio.h>
#include <stdlib.h>
#include <string.h>
void one(char *to, const char *from) {
    int n;
    scanf(\"%d\", &n);
    if (n < 100) {
        memcpy(to, from, n); /* VULN: CWE-195 */
    }
    if (n >= 0 && n < 100) {
        memcpy(to, from, n); /* SAFE: CWE-195 */
    }
}
char *two(void) {
    char line[32];
    if (fgets(line, sizeof line, stdin) == NULL) return NULL;
    size_t n = strtoul(line, NULL, 10);
    if (n < 1000) {
        return malloc(n); /* SAFE: CWE-770 */
    }
    return malloc(n); /* VULN: CWE-770 */
}
int three(void) {
    int n, sum = 0;
    scanf(\"%d\", &n);
    for (int i = 0; i < n; i++) { /* VULN: CWE-606 */
        sum ^= i;
    }
    if (n > 50) return 0;
    for (int i = 0; i < n; i++) { /* SAFE: CWE-606 */
        sum ^= i;
    }
    return sum;
}
",
    );
}

#[test]
fn what_is_known_travels_through_structures_globals_and_calls() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <stdio.h>
#include <string.h>
struct box { char *text; char name[8]; int n; };
static char *shared;
static void drain(void) {
    puts(shared); /* VULN: CWE-416 */
}
void one(void) {
    char *p = malloc(10);
    if (p == NULL) return;
    free(p);
    shared = p;
    drain();
}
void two(void) {
    struct box b;
    b.text = malloc(10);
    if (b.text == NULL) return;
    struct box *q = &b;
    free(q->text);
    free(b.text); /* VULN: CWE-415 */
}
void three(const char *long_text) {
    struct box b;
    strcpy(b.name, \"longer than eight\"); /* VULN: CWE-121 */
    strcpy(b.name, \"short\"); /* SAFE: CWE-121 */
    puts(b.name);
}
static void set(int *to) {
    *to = 4;
}
int four(void) {
    int x;
    set(&x);
    return x; /* SAFE: CWE-457 */
}
void five(void) {
    char small[10];
    char *p = small;
    size_t n = 20;
    if (n > sizeof small) {
        p = malloc(n);
        if (p == NULL) return;
    }
    memset(p, 0, n);
    if (p != small) {
        free(p); /* SAFE: CWE-590 */
    }
}
",
    );
}

#[test]
fn contents_are_stored_before_they_are_read() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <string.h>
#include <stdio.h>
int fill(int *values, int count);
int one(void) {
    int values[4];
    return values[2]; /* VULN: CWE-457 */
}
int two(void) {
    int values[4];
    for (int i = 0; i < 4; i++) { values[i] = i; }
    return values[2]; /* SAFE: CWE-457 */
}
int three(void) {
    int values[4];
    fill(values, 4);
    return values[2]; /* SAFE: CWE-457 */
}
void four(const char *text) {
    char line[100];
    strncat(line, text, 20); /* VULN: CWE-457 */
    puts(line);
}
void five(const char *text) {
    char line[100] = \"\";
    strncat(line, text, 20); /* SAFE: CWE-457 */
    puts(line);
}
",
    );
}

#[test]
fn pointers_to_locals_and_sizes_of_pointers_are_seen() {
    check(
        "a.c",
        "#include <stdlib.h>
#include <assert.h>
#include <stdio.h>
#include <unistd.h>
char *one(void) {
    char text[8] = \"a\";
    return text; /* VULN: CWE-562 */
}
char *two(void) {
    static char text[8] = \"a\";
    return text; /* SAFE: CWE-562 */
}
double *three(int *n) {
    short *s = malloc(sizeof(s)); /* VULN: CWE-467 */
    free(s);
    double *d = malloc(sizeof(*d)); /* SAFE: CWE-467 */
    return d;
}
int four(void) {
    char flag = 1;
    void *any = &flag;
    return *((int *)any); /* VULN: CWE-843 */
}
void five(int level) {
    int x;
    scanf(\"%d\", &x);
    assert(level > 2); /* SAFE: CWE-617 */
    assert(x > 2); /* VULN: CWE-617 */
}
void six(FILE *log, const char *message) {
    setuid(0); /* VULN: CWE-252 */
    if (setuid(0) != 0) return; /* SAFE: CWE-252 */
    fprintf(log, message); /* VULN: CWE-134 */
    fprintf(log, \"%s\", message); /* SAFE: CWE-134 */
}
",
    );
}
