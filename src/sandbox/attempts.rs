//! A sealed worker tries what it must not be able to do, and writes down what the kernel answered.
//!
//! In: the [`Grants`] and what had to be found out before sealing ([`Before`]). Out: one [`Attempt`] per forbidden act.
//! Deliberately absent: acts that would do harm if they succeeded. Each is chosen so that an open door is seen and not
//! used: a descriptor that is closed again, a call whose arguments the kernel refuses once it looks at them.
//! Start at [`run`].

use std::ffi::{CString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libc::c_long;

use super::measured::{Attempt, Layer};
use super::{Grants, filter, names, paths, sys};

/// What a sealed process can no longer find out.
#[derive(Debug)]
pub struct Before {
    /// What must open for reading, and for reading and writing. Device nodes relax the filter.
    granted: Vec<PathBuf>,
    device_nodes: Vec<PathBuf>,
    parent: u32,
    /// Existing paths outside the grants; each must fail to open for reading.
    outside: Vec<PathBuf>,
    /// Paths that must fail to open for writing: the grants themselves and a file that would be new.
    unwritable: Vec<PathBuf>,
    new_file: PathBuf,
}

/// Paths that exist on nearly every system and belong to nobody's grants.
const OUTSIDE: &[&str] = &[
    "/",
    "/etc",
    "/etc/passwd",
    "/etc/hostname",
    "/etc/shadow",
    "/home",
    "/root",
    "/tmp",
    "/dev",
    "/dev/shm",
    "/dev/zero",
    "/proc",
    "/proc/1/environ",
    "/proc/self/environ",
    "/proc/self/maps",
    "/proc/self/mem",
    "/proc/self/exe",
    "/sys",
    "/usr/bin",
    "/var",
    "/run",
];

impl Before {
    pub fn new(grants: &Grants, parent: u32) -> Self {
        // Absolute, because a sealed worker's working directory is the root.
        let inside = paths::resolved(grants.read.iter().chain(&grants.devices));
        let granted = |path: &Path| {
            let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
            inside.iter().any(|grant| path.starts_with(grant))
        };
        let canaries = paths::resolved(&grants.canaries);
        let outside: Vec<_> = OUTSIDE
            .iter()
            .map(PathBuf::from)
            .chain(canaries.iter().cloned())
            .collect();
        let new_file = std::env::temp_dir().join(format!("anchorite-attempt-{}", std::process::id()));
        Self {
            granted: paths::resolved(&grants.read),
            device_nodes: paths::resolved(&grants.devices),
            parent,
            outside: outside
                .into_iter()
                .filter(|path| path.exists() && !granted(path))
                .collect(),
            unwritable: paths::resolved(grants.read.iter().chain(&grants.canaries)),
            new_file,
        }
    }
}

/// Tries everything and returns every answer, in a fixed order.
pub fn run(before: &Before) -> Vec<Attempt> {
    let mut attempts = sockets();
    let devices = !before.device_nodes.is_empty();
    attempts.extend(forbidden_calls(devices));
    attempts.extend(processes(before.parent, devices));
    attempts.extend(memory(devices));
    attempts.extend(writing(before));
    attempts.extend(before.outside.iter().map(|path| {
        let answer = open(path, libc::O_RDONLY, false);
        attempt(format!("read {}", path.display()), Layer::Paths, answer)
    }));
    attempts
}

/// Grants that cannot be used after all, each with the reason. The file's own permissions can be in the way: a worker of
/// root no longer overrides them.
pub fn unreachable(before: &Before) -> Vec<String> {
    let granted = before.granted.iter().map(|path| (path, libc::O_RDONLY));
    let devices = before.device_nodes.iter().map(|path| (path, libc::O_RDWR));
    let failing = granted
        .chain(devices)
        .filter_map(|(path, flags)| Some((path, open(path, flags, false).err()?)));
    failing
        .map(|(path, errno)| format!("{}: {}", path.display(), std::io::Error::from_raw_os_error(errno)))
        .collect()
}

/// Gaps that are known and not closed; the report names those that are open.
pub fn residue() -> Vec<Attempt> {
    let mut buffer = [0_u8; 512];
    let args = [
        c"/etc/passwd".as_ptr() as c_long,
        buffer.as_mut_ptr() as c_long,
        0,
        0,
        0,
        0,
    ];
    #[cfg(target_arch = "x86_64")]
    let number = libc::SYS_stat;
    #[cfg(not(target_arch = "x86_64"))]
    let (number, args) = (
        libc::SYS_newfstatat,
        [c_long::from(libc::AT_FDCWD), args[0], args[1], 0, 0, 0],
    );
    // SAFETY: reads a constant C string and writes one `stat`, which is smaller than the buffer.
    let answer = unsafe { sys::raw(number, args) };
    vec![attempt(
        "names, sizes and times of files outside the grants can be asked for",
        Layer::Paths,
        answer,
    )]
}

fn attempt(name: impl Into<String>, layer: Layer, answer: Result<c_long, i32>) -> Attempt {
    let errno = answer.err().unwrap_or(0);
    // The filter answers EPERM, the path rules EACCES. Any other error means that the door was open and led nowhere.
    let denied = errno == libc::EPERM || errno == libc::EACCES;
    Attempt {
        name: name.into(),
        layer,
        denied,
        errno,
    }
}

/// Domain, type and protocol of every way out that was found to work under path rules alone, and their neighbours.
fn sockets() -> Vec<Attempt> {
    const MPTCP: c_int = 262;
    const VSOCK: c_int = 40;
    const XDP: c_int = 44;
    let (stream, datagram, packet) = (libc::SOCK_STREAM, libc::SOCK_DGRAM, libc::SOCK_SEQPACKET);
    let kinds: &[(&str, c_int, c_int, c_int)] = &[
        ("IPv4 TCP", libc::AF_INET, stream, 0),
        ("IPv4 UDP", libc::AF_INET, datagram, 0),
        ("IPv4 ICMP", libc::AF_INET, datagram, libc::IPPROTO_ICMP),
        ("IPv4 raw", libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_RAW),
        ("IPv4 SCTP", libc::AF_INET, stream, libc::IPPROTO_SCTP),
        ("IPv4 MPTCP", libc::AF_INET, stream, MPTCP),
        ("IPv6 TCP", libc::AF_INET6, stream, 0),
        ("IPv6 UDP", libc::AF_INET6, datagram, 0),
        ("IPv6 raw", libc::AF_INET6, libc::SOCK_RAW, libc::IPPROTO_RAW),
        ("IPv6 MPTCP", libc::AF_INET6, stream, MPTCP),
        ("Unix stream", libc::AF_UNIX, stream, 0),
        ("Unix datagram", libc::AF_UNIX, datagram, 0),
        ("Unix packet", libc::AF_UNIX, packet, 0),
        ("netlink route", libc::AF_NETLINK, libc::SOCK_RAW, 0),
        ("netlink uevent", libc::AF_NETLINK, datagram, 15),
        ("vsock stream", VSOCK, stream, 0),
        ("vsock datagram", VSOCK, datagram, 0),
        ("packet raw", libc::AF_PACKET, libc::SOCK_RAW, 0x0300),
        ("packet datagram", libc::AF_PACKET, datagram, 0x0300),
        ("kernel crypto", libc::AF_ALG, packet, 0),
        ("Bluetooth", libc::AF_BLUETOOTH, libc::SOCK_RAW, 1),
        ("XDP", XDP, libc::SOCK_RAW, 0),
    ];
    let mut attempts: Vec<_> = kinds
        .iter()
        .map(|(name, domain, kind, protocol)| {
            let answer = descriptor(libc::SYS_socket, [*domain, *kind, *protocol].map(c_long::from));
            attempt(format!("socket: {name}"), Layer::Syscalls, answer)
        })
        .collect();
    if cfg!(target_arch = "x86_64") {
        // The same call through the table for 32-bit pointers, which a filter by number can forget.
        const X32: c_long = 0x4000_0000;
        let answer = descriptor(libc::SYS_socket | X32, [libc::AF_INET, stream, 0].map(c_long::from));
        attempts.push(attempt(
            "socket: IPv4 TCP through the x32 table",
            Layer::Syscalls,
            answer,
        ));
    }
    attempts
}

/// Makes a call that returns a descriptor, and closes it if it did.
fn descriptor(number: c_long, [a, b, c]: [c_long; 3]) -> Result<c_long, i32> {
    // SAFETY: only called for `socket`, which takes three integers.
    let answer = unsafe { sys::raw(number, [a, b, c, 0, 0, 0]) };
    if let Ok(fd) = answer {
        // SAFETY: the descriptor was made on the line above and nothing else knows it.
        unsafe { libc::close(fd as c_int) };
    }
    answer
}

/// Every call of the list, with all arguments -1: an address, a descriptor, a size and flags that none of them accepts.
fn forbidden_calls(devices: bool) -> Vec<Attempt> {
    let listed = filter::syscalls()
        .forbidden
        .iter()
        .filter(|entry| entry.applies(devices));
    let mut attempts: Vec<_> = listed
        .filter_map(|entry| Some((entry, names::number(&entry.call)?)))
        .map(|(entry, number)| {
            // SAFETY: -1 is an invalid address, descriptor and flag word. Each call of the list was looked up to fail on it,
            // or to change nothing (set*id, personality), before it does anything; a test runs all of them unsealed.
            let answer = unsafe { sys::raw(number, [-1; 6]) };
            attempt(format!("{}: {}", entry.call, entry.why), Layer::Syscalls, answer)
        })
        .collect();
    for call in &filter::syscalls().absent {
        let Some(number) = names::number(call) else { continue };
        // SAFETY: as above; `clone3` refuses its structure's size.
        let errno = unsafe { sys::raw(number, [-1; 6]) }.err().unwrap_or(0);
        let name = format!("{call}: must look absent");
        attempts.push(Attempt {
            name,
            layer: Layer::Syscalls,
            denied: errno == libc::ENOSYS,
            errno,
        });
    }
    attempts
}

fn processes(parent: u32, devices: bool) -> Vec<Attempt> {
    let parent = c_long::from(parent);
    let own_path = c"/proc/self/exe".as_ptr() as c_long;
    let detach = c_long::from(libc::CLONE_NEWUSER | libc::CLONE_FS);
    let calls: [(&str, c_long, [c_long; 4]); 8] = [
        // An argument list at an invalid address: the kernel looks at it only after it has opened the program.
        ("execve of this program", libc::SYS_execve, [own_path, -1, 0, 0]),
        ("signal to the supervisor", libc::SYS_kill, [parent, 0, 0, 0]),
        (
            "signal to the supervisor's thread",
            libc::SYS_tgkill,
            [parent, parent, 0, 0],
        ),
        ("attach to the supervisor", libc::SYS_ptrace, [-1, parent, 0, 0]),
        // Two flags that exclude each other, so that nothing is created.
        ("new process", libc::SYS_clone, [detach, 0, 0, 0]),
        (
            "outlive the supervisor",
            libc::SYS_prctl,
            [c_long::from(libc::PR_SET_PDEATHSIG), -1, 0, 0],
        ),
        ("limits of the supervisor", libc::SYS_prlimit64, [parent, 0, 0, -1]),
        (
            "type into a terminal",
            libc::SYS_ioctl,
            [0, libc::TIOCSTI as c_long, -1, 0],
        ),
    ];
    calls
        .into_iter()
        // Drivers need every ioctl; the descriptors that exist before the devices are opened are pipes and /dev/null.
        .filter(|(_, number, _)| !(devices && *number == libc::SYS_ioctl))
        .map(|(name, number, [a, b, c, d])| {
            // SAFETY: each call either only asks (signal 0, reading a limit into an invalid address) or is refused for
            // its arguments, as the notes above say; none writes to memory of ours.
            attempt(name, Layer::Syscalls, unsafe { sys::raw(number, [a, b, c, d, 0, 0]) })
        })
        .collect()
}

/// Code that came with data.
fn memory(devices: bool) -> Vec<Attempt> {
    let page = 4096;
    let wx = c_long::from(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC);
    let anonymous = c_long::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    if devices {
        // SAFETY: an invalid address for the name; nothing is created.
        let answer = unsafe { sys::raw(libc::SYS_memfd_create, [-1, sys::MFD_EXEC as c_long, 0, 0, 0, 0]) };
        return vec![attempt("executable memfd", Layer::Syscalls, answer)];
    }
    // SAFETY: a fresh anonymous mapping at an address of the kernel's choice; unmapped below if it was made.
    let mapped = unsafe { sys::raw(libc::SYS_mmap, [0, page, wx, anonymous, -1, 0]) };
    if let Ok(address) = mapped {
        // SAFETY: the mapping made above, which nothing else refers to.
        unsafe { libc::munmap(address as *mut libc::c_void, page as usize) };
    }
    // SAFETY: no memory is mapped at an address that is not page-aligned, so the kernel changes nothing.
    let made = unsafe { sys::raw(libc::SYS_mprotect, [-1, page, c_long::from(libc::PROT_EXEC), 0, 0, 0]) };
    vec![
        attempt("writable executable memory", Layer::Syscalls, mapped),
        attempt("memory made executable", Layer::Syscalls, made),
    ]
}

fn writing(before: &Before) -> Vec<Attempt> {
    let mut attempts: Vec<_> = before
        .unwritable
        .iter()
        .map(|path| {
            // A directory cannot be opened for writing by anyone; a file without a name inside it can be created.
            let flags = if path.is_dir() {
                libc::O_TMPFILE | libc::O_WRONLY
            } else {
                libc::O_WRONLY
            };
            attempt(
                format!("write {}", path.display()),
                Layer::Syscalls,
                open(path, flags, false),
            )
        })
        .collect();
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL;
    attempts.push(attempt(
        "create a file",
        Layer::Syscalls,
        open(&before.new_file, flags, true),
    ));
    attempts
}

/// Opens and closes; `remove` undoes a creation that should not have worked.
fn open(path: &Path, flags: c_int, remove: bool) -> Result<c_long, i32> {
    let Ok(name) = CString::new(path.as_os_str().as_bytes()) else {
        return Err(libc::EINVAL);
    };
    // Never blocks on a pipe, never takes a terminal, and without O_TRUNC never changes an existing file.
    let flags = flags | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY;
    // SAFETY: a C string that lives until the call returns.
    let fd = unsafe { libc::open(name.as_ptr(), flags, 0o600) };
    if fd == -1 {
        return Err(sys::errno());
    }
    // SAFETY: the descriptor made above, known to nobody else.
    unsafe { libc::close(fd) };
    if remove {
        // SAFETY: the C string above; O_EXCL guarantees that this call created the file.
        unsafe { libc::unlink(name.as_ptr()) };
    }
    Ok(c_long::from(fd))
}
