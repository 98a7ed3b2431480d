int f(char *s) { strcpy(buf, s; if (x { system(s); }
EXPORT_API(int) g(int a) { return a; }
}}
