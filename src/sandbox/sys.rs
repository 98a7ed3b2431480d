//! The few kernel calls that neither `std` nor the sandbox crates offer, each wrapped once.
//!
//! In: plain values. Out: what the kernel said, as a value or an `errno`.
//! Deliberately absent: policy. Nothing here decides what is allowed; start at [`raw`] or go back to `seal.rs`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use libc::{c_int, c_long, c_ulong};

/// `prctl` options and flags that are too new for some C libraries' headers.
pub const MFD_EXEC: u64 = 0x10;
const CLOSE_RANGE_CLOEXEC: c_long = 4;

const LANDLOCK_CREATE_RULESET_VERSION: c_long = 1;

/// Makes one system call with up to six word-sized arguments. `Err` carries the `errno`.
///
/// # Safety
/// The caller guarantees that with these arguments the call neither writes to memory that Rust owns nor breaks an
/// assumption of the standard library (closing its descriptors, forking behind its back).
pub unsafe fn raw(number: c_long, args: [c_long; 6]) -> Result<c_long, i32> {
    let [a, b, c, d, e, f] = args;
    // SAFETY: passed on to the caller, as documented above; `syscall` itself only loads registers.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result == -1 { Err(errno()) } else { Ok(result) }
}

pub fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn checked(result: c_int) -> io::Result<c_int> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// `prctl` with integer arguments only.
pub fn prctl(option: c_int, value: c_ulong) -> io::Result<c_int> {
    // SAFETY: every option used in this module takes integers, so no pointer is followed; unused arguments are zero.
    checked(unsafe { libc::prctl(option, value, 0 as c_ulong, 0 as c_ulong, 0 as c_ulong) })
}

pub fn drop_from_bounding_set(capability: u32) -> io::Result<()> {
    prctl(libc::PR_CAPBSET_DROP, c_ulong::from(capability)).map(drop)
}

pub fn clear_ambient_capabilities() -> io::Result<()> {
    prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as c_ulong).map(drop)
}

/// Version 3 of the kernel's capability interface: a header and two 32-bit halves of three sets.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Empties the effective, permitted and inheritable sets of this thread.
pub fn drop_all_capabilities() -> io::Result<()> {
    let header = [CAPABILITY_VERSION, 0];
    let sets = [0_u32; 6];
    let args = [header.as_ptr() as c_long, sets.as_ptr() as c_long, 0, 0, 0, 0];
    // SAFETY: `capset` reads 8 bytes of header and 24 bytes of sets, both of which live until it returns.
    unsafe { raw(libc::SYS_capset, args) }
        .map(drop)
        .map_err(io::Error::from_raw_os_error)
}

/// Whether this thread holds any capability at all.
pub fn holds_capabilities() -> io::Result<bool> {
    let mut header = [CAPABILITY_VERSION, 0];
    let mut sets = [0_u32; 6];
    let args = [header.as_mut_ptr() as c_long, sets.as_mut_ptr() as c_long, 0, 0, 0, 0];
    // SAFETY: `capget` reads and writes 8 bytes of header and writes 24 bytes of sets, both alive and mutable here.
    unsafe { raw(libc::SYS_capget, args) }.map_err(io::Error::from_raw_os_error)?;
    Ok(sets.iter().any(|half| *half != 0))
}

/// Moves this process into new namespaces. Fails with `EINVAL` for a user namespace when a second thread exists.
pub fn unshare(flags: c_int) -> io::Result<()> {
    // SAFETY: takes an integer and changes only the namespaces of the calling thread.
    checked(unsafe { libc::unshare(flags) }).map(drop)
}

/// The C libraries disagree about the type of a resource's number.
#[cfg(target_env = "gnu")]
pub type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
pub type Resource = c_int;

/// Sets the soft and hard limit of one resource. Units are those of `getrlimit(2)`: bytes or a count.
pub fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let both = libc::rlimit {
        rlim_cur: value,
        rlim_max: value,
    };
    // SAFETY: `setrlimit` reads one `rlimit`, alive here.
    checked(unsafe { libc::setrlimit(resource, &both) }).map(drop)
}

/// The hard limit of one resource, or `u64::MAX` when it cannot be read.
pub fn hard_limit(resource: Resource) -> u64 {
    let mut both = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `getrlimit` writes one `rlimit`, alive and mutable here.
    match unsafe { libc::getrlimit(resource, &mut both) } {
        0 => both.rlim_max,
        _ => u64::MAX,
    }
}

/// Closes every descriptor from `first` up; with `at_exec`, marks them so that the next `execve` does.
/// Safe to call between `fork` and `execve`: it allocates nothing.
pub fn close_from(first: c_int, at_exec: bool) {
    let flags = if at_exec { CLOSE_RANGE_CLOEXEC } else { 0 };
    // SAFETY: integers only. Callers own no `File` above `first` at this point, as `seal.rs` and `launch.rs` explain.
    if unsafe {
        raw(
            libc::SYS_close_range,
            [c_long::from(first), c_long::from(u32::MAX), flags, 0, 0, 0],
        )
    }
    .is_ok()
    {
        return;
    }
    // Kernels before 5.11: one by one, as far as descriptors can go.
    let end = hard_limit(libc::RLIMIT_NOFILE).min(1 << 20) as c_int;
    for fd in first..end {
        if at_exec {
            // SAFETY: setting a flag on a descriptor number, valid or not, touches no memory.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        } else {
            // SAFETY: as above; no Rust object owns these numbers.
            unsafe { libc::close(fd) };
        }
    }
}

/// Which of the first `count` descriptor numbers are open.
pub fn open_descriptors(count: c_int) -> Vec<i32> {
    // SAFETY: `F_GETFD` only asks about a number.
    (0..count)
        .filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } != -1)
        .collect()
}

/// The Landlock version of this kernel; 0 when it has none or it is switched off.
pub fn landlock_abi() -> i32 {
    let args = [0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0, 0];
    // SAFETY: with the version flag the kernel takes a null pointer and size zero, and returns a number.
    unsafe { raw(libc::SYS_landlock_create_ruleset, args) }.map_or(0, |abi| abi as i32)
}

/// Waits until `fd` is ready for `events`, at most until `deadline`. `Ok(false)` means the deadline passed.
pub fn ready(fd: BorrowedFd<'_>, events: i16, deadline: Option<Instant>) -> io::Result<bool> {
    loop {
        let wait = match deadline.map(|end| end.saturating_duration_since(Instant::now())) {
            None => -1,
            // Rounded up, so that the last fraction of a millisecond does not spin.
            Some(left) => (left + Duration::from_micros(999)).as_millis().min(i32::MAX as u128) as c_int,
        };
        let mut one = libc::pollfd {
            fd: fd.as_raw_fd(),
            events,
            revents: 0,
        };
        // SAFETY: one `pollfd`, alive and mutable for the call; the descriptor is borrowed, so it stays open.
        match checked(unsafe { libc::poll(&mut one, 1, wait) }) {
            Ok(0) if deadline.is_some_and(|end| Instant::now() >= end) => return Ok(false),
            Ok(0) => {}
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes reads and writes on `fd` return at once. Affects this end of a pipe only.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: reads and sets the status flags of an open, borrowed descriptor.
    let flags = checked(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })?;
    // SAFETY: as above.
    checked(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) }).map(drop)
}

/// Makes `to` refer to what `from` refers to, and stay open across nothing: close-on-exec is set.
pub fn duplicate(from: c_int, to: c_int) -> io::Result<()> {
    // SAFETY: descriptor numbers only; `enter.rs` calls it before any Rust object owns `to`.
    checked(unsafe { libc::dup3(from, to, libc::O_CLOEXEC) }).map(drop)
}
