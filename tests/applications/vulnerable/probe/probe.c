/* Reads the label printer's status line and archives it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void archive(const char *station)
{
    char command[256];
    snprintf(command, sizeof command, "cp status.txt /srv/archive/%s.txt", station);
    system(command);
}

static void show(const char *line)
{
    char shown[32];
    strcpy(shown, line);
    puts(shown);
}

int main(int argc, char **argv)
{
    char line[512];

    if (argc < 2) {
        return 2;
    }
    archive(argv[1]);
    if (fgets(line, sizeof line, stdin) != NULL) {
        show(line);
    }
    return 0;
}
