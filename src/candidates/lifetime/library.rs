//! What functions of the C library do to memory.
//!
//! In: a function's name. Out: what it allocates, frees, copies or needs. Data only. Start at any function.

use super::arithmetic::Int;
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
        "getenv" | "secure_getenv" | "_wgetenv" => (Home::Static, true, &[]),
        // Gives a place in what it searches, which is not to be freed by this pointer either.
        name if searches(name) => (Home::Static, true, &[]),
        "open" | "_open" | "creat" | "socket" | "OPEN" | "_wopen" => (Home::Handle, true, &[]),
        "strdup" | "strndup" | "wcsdup" | "_strdup" | "_wcsdup" => (Home::Heap, true, &[]),
        "alloca" | "_alloca" | "ALLOCA" | "__builtin_alloca" => (Home::Stack, false, &[0]),
        "fopen" | "fdopen" | "freopen" | "tmpfile" | "popen" | "_popen" | "_wfopen" | "_wpopen" | "opendir" => {
            (Home::Handle, true, &[])
        }
        _ => return None,
    };
    Some(Maker { home, fails, size })
}

/// Functions that look for something in a text and may not find it.
pub fn searches(name: &str) -> bool {
    matches!(
        name,
        "strchr" | "strrchr" | "strstr" | "strpbrk" | "wcschr" | "wcsrchr" | "strcasestr"
    )
}

/// Position of the argument that is freed or closed.
pub fn frees(name: &str) -> Option<usize> {
    match name {
        "free" | "cfree" | "kfree" | "vfree" | "g_free" | "fclose" | "pclose" | "_pclose" | "closedir" | "close"
        | "_close" | "closesocket" => Some(0),
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
    pub unit: i128,
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
    "wmemmove",
    "strdup",
    "sleep",
    "usleep",
    "fabs",
    "abs",
    "sqrt",
    "strtoll",
    "strtoull",
    "atof",
    "strtod",
    "isspace",
    "isalnum",
    "isxdigit",
    "isprint",
    "isupper",
    "islower",
    "ntohl",
    "ntohs",
    "htonl",
    "htons",
    "getchar",
    "strcasecmp",
    "strncasecmp",
    "inet_addr",
    "accept",
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
    "fstat",
    "lseek",
    "ioctl",
    "fcntl",
    "ftruncate",
    "fsync",
    "fchmod",
    "fchown",
    "flock",
    "setsockopt",
    "getsockopt",
    "shutdown",
    "sendto",
    "recvfrom",
    "pread",
    "pwrite",
    "isatty",
    "strnlen",
    "getline",
    "getdelim",
    "putc",
];

/// Functions that use what their arguments point to and keep nothing.
pub fn borrows(name: &str) -> bool {
    BORROWS.contains(&name)
}

/// Position of the variable that a function of [`BORROWS`] sets.
pub fn stores(name: &str) -> Option<usize> {
    match name {
        "strtol" | "strtoul" | "strtoll" | "strtoull" | "strtod" | "strtof" | "strtoimax" | "strtoumax" | "wcstol"
        | "wcstoul" | "wcstod" | "stat" | "lstat" | "accept" | "fgetpos" => Some(1),
        "fstat" | "getsockopt" => Some(1),
        "time" | "getline" | "getdelim" => Some(0),
        _ => None,
    }
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

/// Functions that store through their second argument where the number they read ends.
pub fn stores_end(name: &str) -> bool {
    (name.starts_with("strto") || name.starts_with("wcsto")) && !name.ends_with("tok")
}

/// Functions that read every text they are given up to its end.
pub fn reads_texts(name: &str) -> bool {
    matches!(
        name,
        "strlen" | "wcslen" | "puts" | "fputs" | "strcmp" | "strstr" | "strchr" | "wcscmp" | "atoi" | "system"
    )
}

/// Functions that read the text they are given first, and may give a place in it.
pub fn reads_first(name: &str) -> bool {
    searches(name)
        || matches!(
            name,
            "strdup" | "strtok" | "strtol" | "strtoul" | "strtoll" | "strtoull" | "sscanf" | "atol" | "atof"
        )
}

/// Assertions of a condition.
pub fn asserts(name: &str) -> bool {
    matches!(name, "assert" | "ASSERT" | "g_assert" | "BUG_UNLESS" | "DEBUGASSERT")
}

/// Whether a macro's name says that it looks at what it is given.
pub fn checks(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "assert", "check", "require", "expect", "verify", "fail", "ensure", "abort", "is_null", "not_null",
    ]
    .iter()
    .any(|word| name.contains(word))
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

/// Limits that headers of the library define.
pub fn limit(name: &str) -> Option<i128> {
    Some(match name {
        "CHAR_MAX" | "SCHAR_MAX" | "INT8_MAX" => 127,
        "CHAR_MIN" | "SCHAR_MIN" | "INT8_MIN" => -128,
        "UCHAR_MAX" | "UINT8_MAX" => 255,
        "SHRT_MAX" | "INT16_MAX" => 32_767,
        "SHRT_MIN" | "INT16_MIN" => -32_768,
        "USHRT_MAX" | "UINT16_MAX" => 65_535,
        "INT_MAX" | "INT32_MAX" | "RAND_MAX" => 2_147_483_647,
        "INT_MIN" | "INT32_MIN" => -2_147_483_648,
        "UINT_MAX" | "UINT32_MAX" => 4_294_967_295,
        "LONG_MAX" | "LLONG_MAX" | "INT64_MAX" | "SSIZE_MAX" | "PTRDIFF_MAX" => i128::from(i64::MAX),
        "LONG_MIN" | "LLONG_MIN" | "INT64_MIN" | "PTRDIFF_MIN" => i128::from(i64::MIN),
        "ULONG_MAX" | "ULLONG_MAX" | "UINT64_MAX" | "SIZE_MAX" | "UINTPTR_MAX" => i128::from(u64::MAX),
        "EOF" => -1,
        "PATH_MAX" => 4096,
        _ => return None,
    })
}

/// Type of the number that a function gives.
pub fn number(name: &str) -> Option<Int> {
    let int = |bits, signed| Some(Int { bits, signed });
    match name {
        "atoi" | "_wtoi" | "rand" | "abs" | "fgetc" | "getc" | "getchar" | "printf" | "snprintf" | "memcmp"
        | "strcmp" | "open" | "socket" => int(32, true),
        "atol" | "atoll" | "strtol" | "strtoll" | "wcstol" | "wcstoll" | "random" | "lrand48" | "labs" | "llabs"
        | "strtoimax" | "read" | "recv" | "write" | "send" | "readlink" => int(64, true),
        "strtoul" | "strtoull" | "wcstoul" | "wcstoull" | "strtoumax" | "strlen" | "wcslen" | "sizeof" | "fread"
        | "fwrite" => int(64, false),
        "ntohs" | "htons" => int(16, false),
        "ntohl" | "htonl" => int(32, false),
        _ => None,
    }
}

/// Functions whose number nobody can foresee.
pub fn draws(name: &str) -> bool {
    matches!(name, "rand" | "random" | "lrand48" | "mrand48")
}

/// Functions that read a number from the text they are given.
pub fn reads_number(name: &str) -> bool {
    matches!(
        name,
        "atoi"
            | "atol"
            | "atoll"
            | "atof"
            | "strtol"
            | "strtoul"
            | "strtoll"
            | "strtoull"
            | "strtod"
            | "strtof"
            | "strtoimax"
            | "strtoumax"
            | "wcstol"
            | "wcstoul"
            | "wcstod"
            | "_wtoi"
            | "stoi"
            | "stol"
            | "stoul"
    )
}

/// Functions that give their argument back in another form.
pub fn keeps_number(name: &str) -> bool {
    matches!(
        name,
        "ntohs" | "ntohl" | "htons" | "htonl" | "abs" | "labs" | "be32toh" | "le32toh" | "be16toh"
    )
}

/// Functions that give a text from outside.
pub fn outside_text(name: &str) -> bool {
    matches!(name, "getenv" | "secure_getenv" | "_wgetenv" | "readline" | "getpass")
}

/// Position of the buffer or variable that a function fills from outside.
pub fn fills_from_outside(name: &str) -> Option<usize> {
    match name {
        "fgets" | "fgetws" | "gets" | "_getws" | "fread" | "gets_s" => Some(0),
        "recv" | "recvfrom" | "read" | "pread" | "SSL_read" | "_read" => Some(1),
        _ => None,
    }
}

/// Most that a function returns, as the position of the argument that bounds it; −1 when it fails.
pub fn returns_up_to(name: &str) -> Option<usize> {
    match name {
        "recv" | "recvfrom" | "read" | "write" | "send" | "SSL_read" | "readlink" | "pread" => Some(2),
        _ => None,
    }
}

/// Functions that give a number for a handle, and −1 when they fail.
pub fn numbered(name: &str) -> bool {
    matches!(
        name,
        "open" | "_open" | "creat" | "socket" | "accept" | "dup" | "mkstemp" | "OPEN" | "openat" | "_wopen"
    )
}

/// Positions of amounts that a function takes without a sign.
pub fn amounts(name: &str) -> &'static [usize] {
    match name {
        "memcpy" | "memmove" | "memset" | "strncpy" | "strncat" | "wcsncpy" | "wcsncat" | "wmemcpy" | "wmemmove"
        | "wmemset" | "memcmp" | "memchr" | "bcopy" | "recv" | "read" | "send" | "write" => &[2],
        "snprintf" | "vsnprintf" => &[1],
        "fread" | "fwrite" => &[1, 2],
        _ => &[],
    }
}

/// Position of the format of functions that print without being given a list of arguments.
pub fn format(name: &str) -> Option<usize> {
    match name {
        "printf" | "wprintf" => Some(0),
        "fprintf" | "sprintf" | "dprintf" | "syslog" | "fwprintf" => Some(1),
        "snprintf" | "swprintf" | "_snprintf" => Some(2),
        _ => None,
    }
}

/// Functions whose failure is seen only in what they return, and matters.
pub fn must_check(name: &str) -> bool {
    matches!(
        name,
        "fgets"
            | "fgetws"
            | "fread"
            | "scanf"
            | "fscanf"
            | "setuid"
            | "setgid"
            | "seteuid"
            | "setegid"
            | "setreuid"
            | "setregid"
            | "setresuid"
            | "setresgid"
            | "setgroups"
            | "initgroups"
            | "chroot"
    )
}
