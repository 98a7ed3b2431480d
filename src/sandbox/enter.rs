//! The worker's side: a freshly executed process walls itself in and gets its [`Channel`].
//!
//! In: the command line and the two pipes on standard input and output. Out: the role and a channel, or nothing when this
//! process is not a worker; a worker that cannot be sealed ends here.
//! Deliberately absent: a way to reach the worker's main loop unsealed. Start at [`enter`].

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{FrameError, read_frame, write_frame};
use super::measured::{Attempt, Layer, Measured};
use super::{DEFAULT_FRAME_CAP, Grants, Role, WORKER_WORD, attempts, seal, sys};
use crate::problem::{Exit, Fatal};

/// Where the pipes go, so that a stray `println!` cannot write into the replies.
const REQUESTS: i32 = 3;
const REPLIES: i32 = 4;
/// Descriptors that a sealed worker holds: /dev/null, standard error twice, and the pipes.
const EXPECTED: [i32; 5] = [0, 1, 2, REQUESTS, REPLIES];
/// How far to look for others; the limit of open files is lower than this after sealing.
const HIGHEST_DESCRIPTOR: i32 = 4096;

/// The worker's end of its two pipes.
#[derive(Debug)]
pub struct Channel {
    requests: File,
    replies: File,
    cap: u64,
}

impl Channel {
    /// Waits for the next request. `None` means that the supervisor has closed the pipe: the worker should return from
    /// `main`.
    pub fn receive<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Fatal> {
        read_frame(&mut self.requests, self.cap).map_err(|error| broken("a request could not be read", error))
    }

    pub fn send<T: Serialize>(&mut self, value: &T) -> Result<(), Fatal> {
        write_frame(&mut self.replies, value, self.cap).map_err(|error| broken("a reply could not be sent", error))
    }
}

fn broken(what: &str, error: FrameError) -> Fatal {
    let cause = match error {
        FrameError::CutShort => "the supervisor closed the pipe within a message".to_string(),
        FrameError::TooLarge(bytes) => format!("it is {bytes} bytes long, more than the frame cap"),
        FrameError::Malformed(why) => why,
        FrameError::Io(error) => error.to_string(),
    };
    Fatal::new(Exit::Incomplete, what, "").because(cause)
}

/// Turns this process into a sealed worker if its command line says so. Call it first thing in `main`, before any thread
/// and before any file is opened: every descriptor above standard error is closed.
///
/// `None`: an ordinary start. Otherwise the process is sealed as far as its kernel can, has reported what it measured, and
/// waits for requests; whether that is enough is the supervisor's decision. Does not return when sealing is refused.
pub fn enter(args: impl IntoIterator<Item = OsString>) -> Option<(Role, Channel)> {
    let mut args = args.into_iter().skip(1);
    if args.next()? != WORKER_WORD {
        return None;
    }
    let word = args.next();
    let role = [Role::Reader, Role::Judge]
        .into_iter()
        .find(|role| word.as_deref() == Some(role.name().as_ref()));
    let Some(role) = role else {
        eprintln!("error: {WORKER_WORD} is for the program's own use");
        std::process::exit(Exit::Usage as i32);
    };
    let mut channel = take_over_pipes().unwrap_or_else(|error| {
        eprintln!("error: the {role} could not set up its pipes: {error}");
        std::process::exit(Exit::Sandbox as i32);
    });
    let sealed = wall_in(role, &mut channel);
    let sent = channel.send(&sealed);
    if let Some(fatal) = sealed.err().or(sent.err()) {
        eprintln!("{fatal}");
        std::process::exit(fatal.exit as i32);
    }
    Some((role, channel))
}

fn take_over_pipes() -> std::io::Result<Channel> {
    sys::close_from(REQUESTS, false);
    sys::duplicate(0, REQUESTS)?;
    sys::duplicate(1, REPLIES)?;
    let nothing = File::open("/dev/null")?;
    sys::duplicate(nothing.as_raw_fd(), 0)?;
    sys::duplicate(2, 1)?;
    // SAFETY: both numbers were made above, are open, and belong to nothing else in this single-threaded process.
    let (requests, replies) = unsafe { (File::from_raw_fd(REQUESTS), File::from_raw_fd(REPLIES)) };
    Ok(Channel {
        requests,
        replies,
        cap: DEFAULT_FRAME_CAP,
    })
}

fn wall_in(role: Role, channel: &mut Channel) -> Result<Measured, Fatal> {
    let parent = std::os::unix::process::parent_id();
    let Some(grants) = channel.receive::<Grants>()? else {
        std::process::exit(Exit::Interrupted as i32);
    };
    channel.cap = grants.frame_cap;
    #[cfg(debug_assertions)]
    super::simulate::take_away(&grants.simulate_missing)?;
    let before = attempts::Before::new(&grants, parent);
    let sealed = seal::seal(&grants, parent)?;
    Ok(measure(role, sealed, &before))
}

/// Asks the kernel and tries the doors. Nothing here is taken from what `seal` meant to do, except the reasons it gives.
fn measure(role: Role, sealed: seal::Sealed, before: &attempts::Before) -> Measured {
    let answer = |option| sys::prctl(option, 0).unwrap_or(0);
    let no_new_privs = answer(libc::PR_GET_NO_NEW_PRIVS) == 1;
    let seccomp = answer(libc::PR_GET_SECCOMP) == libc::SECCOMP_MODE_FILTER as i32;
    let descriptors = sys::open_descriptors(HIGHEST_DESCRIPTOR);
    let mut attempts = attempts::run(before);
    let stated = [
        ("gain privileges by running a program", no_new_privs),
        ("use a capability", sealed.no_capabilities),
        ("use an inherited descriptor", descriptors == EXPECTED),
    ];
    attempts.extend(stated.map(|(name, denied)| Attempt {
        name: name.to_string(),
        layer: Layer::Syscalls,
        denied,
        errno: 0,
    }));
    Measured {
        role,
        level: Measured::level_of(&attempts),
        attempts,
        residue: attempts::residue(),
        unreachable: attempts::unreachable(before),
        landlock_abi: sealed.landlock_abi,
        seccomp,
        no_new_privs,
        no_capabilities: sealed.no_capabilities,
        namespaces: sealed.namespaces,
        threads_at_seal: sealed.threads,
        descriptors,
        not_enforced: sealed.not_enforced,
    }
}
