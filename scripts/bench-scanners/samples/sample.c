int main(int argc, char **argv) {
    char line[80];
    char *copy = malloc(80);
    system(argv[1]);
    strcpy(line, argv[1]);
    printf(line);
    free(copy);
    puts(copy);
    mktemp(line);
    return 0;
}
