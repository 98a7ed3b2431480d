//! What functions of the C library do to memory.
//!
//! In: a function's name. Out: what it allocates, frees, copies or needs. Data only. Start at any function.

use super::memory::Home;

/// How a function makes an object.
pub struct Maker {
    pub home: Home,
    /// Whether it gives a null pointer on failure.
    pub fails: bool,
    /// Positions of arguments whose product is the size in bytes; empty when the size is not known.
    pub size: &'static [usize],
}

pub fn maker(name: &str) -> Option<Maker> {
    let (home, fails, size): (Home, bool, &'static [usize]) = match name {
        "malloc" | "valloc" | "g_try_malloc" | "kmalloc" | "kzalloc" | "vmalloc" | "aligned_malloc" => {
            (Home::Heap, true, &[0])
        }
        "calloc" | "kcalloc" | "reallocarray_" => (Home::Heap, true, &[0, 1]),
        "realloc" => (Home::Heap, true, &[1]),
        "aligned_alloc" | "memalign" => (Home::Heap, true, &[1]),
        "strdup" | "strndup" | "wcsdup" | "_strdup" | "_wcsdup" => (Home::Heap, true, &[]),
        "alloca" | "_alloca" | "ALLOCA" | "__builtin_alloca" => (Home::Stack, false, &[0]),
        "fopen" | "fdopen" | "freopen" | "tmpfile" | "popen" | "_popen" | "_wfopen" | "_wpopen" | "opendir" => {
            (Home::Handle, true, &[])
        }
        _ => return None,
    };
    Some(Maker { home, fails, size })
}

/// Position of the argument that is freed or closed.
pub fn frees(name: &str) -> Option<usize> {
    match name {
        "free" | "cfree" | "kfree" | "vfree" | "g_free" | "fclose" | "pclose" | "_pclose" | "closedir" => Some(0),
        _ => None,
    }
}

/// A copy into a buffer.
pub struct Copy {
    pub to: usize,
    /// The source, where it is an argument.
    pub from: Option<usize>,
    /// The argument that bounds it.
    pub count: Option<usize>,
    /// Bytes per unit of the count.
    pub unit: i64,
    /// Reads the source up to its terminator.
    pub text: bool,
    /// Adds to what stands there.
    pub appends: bool,
}

pub fn copy(name: &str) -> Option<Copy> {
    let plain = |to, from, count, unit, text, appends| {
        Some(Copy {
            to,
            from,
            count,
            unit,
            text,
            appends,
        })
    };
    match name {
        "strcpy" | "stpcpy" | "lstrcpyA" | "_mbscpy" => plain(0, Some(1), None, 1, true, false),
        "wcscpy" | "lstrcpyW" => plain(0, Some(1), None, 4, true, false),
        "strcat" | "lstrcatA" | "_mbscat" => plain(0, Some(1), None, 1, true, true),
        "wcscat" | "lstrcatW" => plain(0, Some(1), None, 4, true, true),
        "strncpy" | "stpncpy" => plain(0, Some(1), Some(2), 1, true, false),
        "wcsncpy" => plain(0, Some(1), Some(2), 4, true, false),
        "strncat" => plain(0, Some(1), Some(2), 1, true, true),
        "wcsncat" => plain(0, Some(1), Some(2), 4, true, true),
        "memcpy" | "memmove" | "mempcpy" | "RtlCopyMemory" | "CopyMemory" => {
            plain(0, Some(1), Some(2), 1, false, false)
        }
        "wmemcpy" | "wmemmove" => plain(0, Some(1), Some(2), 4, false, false),
        "bcopy" => plain(1, Some(0), Some(2), 1, false, false),
        "memset" => plain(0, None, Some(2), 1, false, false),
        "wmemset" => plain(0, None, Some(2), 4, false, false),
        "snprintf" | "_snprintf" | "vsnprintf" | "SNPRINTF" => plain(0, None, Some(1), 1, false, false),
        "fgets" => plain(0, None, Some(1), 1, false, false),
        "swprintf" | "_snwprintf" | "fgetws" => plain(0, None, Some(1), 4, false, false),
        "recv" | "read" => plain(1, None, Some(2), 1, false, false),
        _ => None,
    }
}

/// Functions that write as much as the input has: position of the buffer.
pub fn unbounded(name: &str) -> Option<usize> {
    match name {
        "gets" | "_getws" | "sprintf" | "vsprintf" | "wsprintfA" | "wsprintfW" => Some(0),
        _ => None,
    }
}

/// See [`borrows`].
const BORROWS: &[&str] = &[
    "strlen",
    "wcslen",
    "strcmp",
    "strncmp",
    "wcscmp",
    "strchr",
    "strrchr",
    "strstr",
    "wcschr",
    "memcmp",
    "memchr",
    "printf",
    "wprintf",
    "fprintf",
    "fwprintf",
    "puts",
    "fputs",
    "fputws",
    "putchar",
    "fputc",
    "fwrite",
    "fread",
    "fgetc",
    "getc",
    "fgets",
    "fgetws",
    "scanf",
    "fscanf",
    "fwscanf",
    "sscanf",
    "swscanf",
    "snprintf",
    "swprintf",
    "sprintf",
    "vsnprintf",
    "strcpy",
    "strncpy",
    "strcat",
    "strncat",
    "wcscpy",
    "wcsncpy",
    "wcscat",
    "wcsncat",
    "memcpy",
    "memmove",
    "memset",
    "wmemset",
    "wmemcpy",
    "atoi",
    "atol",
    "strtol",
    "strtoul",
    "wcstol",
    "fseek",
    "ftell",
    "rewind",
    "feof",
    "ferror",
    "fflush",
    "isalpha",
    "isdigit",
    "toupper",
    "tolower",
    "exit",
    "abort",
    "perror",
    "recv",
    "send",
    "connect",
    "bind",
    "listen",
    "socket",
    "close",
    "system",
    "execl",
    "execlp",
    "open",
    "access",
    "stat",
    "lstat",
    "unlink",
    "remove",
    "chmod",
    "qsort",
    "bsearch",
    "strtok",
    "wcstok",
    "fileno",
    "if",
    "sizeof",
    "getenv",
    "rand",
    "srand",
    "time",
    "assert",
    "strspn",
    "strcspn",
    "strpbrk",
    "vprintf",
    "vfprintf",
    "syslog",
    "write",
    "read",
    "readdir",
    "setbuf",
    "setvbuf",
    "fgetpos",
    "fsetpos",
    "ungetc",
    "putc",
];

/// Functions that use what their arguments point to and keep nothing.
pub fn borrows(name: &str) -> bool {
    BORROWS.contains(&name)
}

/// Functions that fault when given a null pointer at this position; `None` where they do not.
pub fn needs_object(name: &str, position: usize) -> bool {
    match name {
        "fread" | "fwrite" => position == 0 || position == 3,
        "fgets" | "fgetws" => position == 0 || position == 2,
        "fprintf" | "fscanf" | "fwprintf" | "fseek" | "ftell" | "rewind" | "feof" | "fclose" | "fgetc" | "getc"
        | "fileno" | "strlen" | "wcslen" | "atoi" | "puts" | "memset" | "wmemset" | "sprintf" | "readdir" => {
            position == 0
        }
        "fputs" | "fputc" | "putc" => position == 1,
        "strcpy" | "strcat" | "strncpy" | "strncat" | "memcpy" | "memmove" | "strcmp" | "strncmp" | "wcscpy"
        | "wcscat" | "wcsncpy" | "wcsncat" | "strchr" | "strstr" | "sscanf" | "strcasecmp" => position < 2,
        _ => false,
    }
}

/// Tests of a path that say nothing about the moment it is used.
pub fn tests_path(name: &str) -> bool {
    matches!(
        name,
        "access" | "stat" | "lstat" | "_access" | "_stat" | "stat64" | "_waccess" | "_wstat" | "faccessat"
    )
}

/// Uses of a path that may meet another file than the test did.
pub fn uses_path(name: &str) -> bool {
    matches!(
        name,
        "open"
            | "fopen"
            | "creat"
            | "unlink"
            | "remove"
            | "rename"
            | "chmod"
            | "chown"
            | "mkdir"
            | "rmdir"
            | "symlink"
            | "link"
            | "opendir"
            | "execv"
            | "execl"
            | "freopen"
            | "_open"
            | "_wopen"
            | "_wfopen"
            | "truncate"
            | "OPEN"
    )
}

/// Calls after which nothing runs.
pub fn never_returns(name: &str) -> bool {
    matches!(
        name,
        "exit"
            | "_exit"
            | "abort"
            | "_Exit"
            | "quick_exit"
            | "err"
            | "errx"
            | "longjmp"
            | "__assert_fail"
            | "panic"
            | "die"
            | "fatal"
    )
}
