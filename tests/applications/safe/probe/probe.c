/* Reads the label printer's status line and archives it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void archive(long station)
{
    char path[64];
    FILE *out;

    snprintf(path, sizeof path, "/srv/archive/station-%ld.txt", station);
    out = fopen(path, "w");
    if (out == NULL) {
        return;
    }
    fputs("archived\n", out);
    fclose(out);
}

static void show(const char *line)
{
    char shown[32];

    snprintf(shown, sizeof shown, "%s", line);
    puts(shown);
}

int main(int argc, char **argv)
{
    char line[512];

    if (argc < 2) {
        return 2;
    }
    archive(strtol(argv[1], NULL, 10));
    if (fgets(line, sizeof line, stdin) != NULL) {
        show(line);
    }
    return 0;
}
