int control(int argc, char *s) {
    for (int i = 0; i < 3; i++) s[i]++;
    for (;;) spin();
    while ((c = getchar()) != EOF) { if (!c) break; else if (c == 'a') continue; else c++; }
    do { argc -= 1; } while (argc > 0);
    switch (argc) {
    case 1:
    case 2: f(); break;
    case 3: { g(); break; }
    default: h();
    }
#ifdef X
    system(s);
#elif Y
    alternative();
#else
    fallback();
#endif
    if (s == NULL) goto end;
    { int scoped = 1; use(scoped); }
end:
    free(s);
    return 0;
}
