#include <stdio.h>
#include "a/b.h"
#define RUN(x) system(x)

typedef struct node { char name[32]; struct node *next; int (*cb)(int); } node_t;
typedef struct { int x; } point;
struct foo { int a, *b; } global = { .a = 1, [2] = 3, 4 };
enum level { LOW, HIGH };

static int prototype(void);
static char *copy(const char *s, struct foo *p, int n[], ...) { return strdup(s); }

int main(int argc, char **argv) {
    char buf[64], *p = malloc(sizeof(buf)), grid[2][N] = "x";
    int (*fp)(int) = prototype, i;
    unsigned long len = sizeof(struct foo);
    node_t *n = (node_t *)calloc(1, sizeof *n);
    strcpy(buf, argv[1]);
    n->name[i] = *p;
    (*n).next = &global;
    i = argc > 1 ? atoi("1" "2") : 0;
    i <<= 2;
    p[i++] = 'a' | ~i & -1;
    use((struct foo){ .a = i });
    free(p), p = NULL;
    return i;
}
