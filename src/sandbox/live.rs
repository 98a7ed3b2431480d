//! One running process, its pipes, and its end.
//!
//! In: a program and a role. Out: values through non-blocking pipes, each with a deadline; a process that is always reaped.
//! Deliberately absent: whether it is sealed well enough, which `worker.rs` decides. Start at [`Live::launch`].

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{FrameError, read_frame, write_frame};
use super::lost::Cause;
use super::speech::{Tail, listen};
use super::{DEFAULT_FRAME_CAP, Role, launch, sys};

/// How long a worker may leave a request unread.
const SEND_LIMIT: Duration = Duration::from_secs(120);
/// How long a worker that closed its pipe may take to end, so that its own exit status is seen.
const LAST_BREATH: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Live {
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
    listener: Option<JoinHandle<()>>,
    cap: u64,
    tail: Tail,
}

impl Live {
    /// Starts the process and the thread that listens to its standard error.
    pub fn launch(program: Option<&Path>, role: Role) -> io::Result<Live> {
        let mut child = launch::launch(program, role)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(requests), Some(replies), Some(speech)) = pipes else {
            return Err(io::Error::other("a pipe is missing"));
        };
        let tail = Tail::default();
        let lines = tail.clone();
        let mut live = Live {
            child,
            requests,
            replies,
            listener: None,
            cap: DEFAULT_FRAME_CAP,
            tail,
        };
        sys::set_nonblocking(live.requests.as_fd())?;
        sys::set_nonblocking(live.replies.as_fd())?;
        let listener = std::thread::Builder::new().name(format!("{role} speech"));
        live.listener = Some(listener.spawn(move || listen(speech, &lines))?);
        Ok(live)
    }

    pub fn send<T: Serialize>(&mut self, value: &T) -> Result<(), Cause> {
        let mut pipe = Patient {
            pipe: &mut self.requests,
            deadline: Some(Instant::now() + SEND_LIMIT),
        };
        write_frame(&mut pipe, value, self.cap).map_err(|error| cause_of(error, SEND_LIMIT))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The largest frame to send or accept from now on, in bytes.
    pub fn set_cap(&mut self, cap: u64) {
        self.cap = cap;
    }

    /// Where its last lines are found, also after its end.
    pub fn tail(&self) -> Tail {
        self.tail.clone()
    }

    /// One reply, or why there was none.
    pub fn receive<T: DeserializeOwned>(&mut self, within: Option<Duration>) -> Result<T, Cause> {
        let deadline = within.and_then(|limit| Instant::now().checked_add(limit));
        let mut pipe = Patient {
            pipe: &mut self.replies,
            deadline,
        };
        match read_frame(&mut pipe, self.cap) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(closed()),
            Err(error) => Err(cause_of(error, within.unwrap_or_default())),
        }
    }

    /// Ends the process and says what ended it: its own death where it died by itself, otherwise `cause`.
    pub fn bury(mut self, cause: Cause) -> Cause {
        let by_itself = cause == closed();
        let status = self.end(if by_itself { LAST_BREATH } else { Duration::ZERO });
        match status {
            Some(status) if by_itself => match (status.code(), status.signal()) {
                (Some(code), _) => Cause::Exited(code),
                (None, Some(signal)) => Cause::Signalled(signal),
                (None, None) => cause,
            },
            _ => cause,
        }
    }

    /// Waits for the process for at most `patience`, then kills it. The status is that of its own end, if it came to one.
    pub fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        let mut own = None;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => own = Some(status),
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
                Ok(None) | Err(_) => {
                    // Fails only when the process has just ended, which the wait then sees.
                    let _ = self.child.kill();
                    let _ = self.child.wait();
                }
            }
            break;
        }
        if let Some(listener) = self.listener.take() {
            // Ends with the pipe, whose other end died with the process.
            let _ = listener.join();
        }
        own
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// The worker closed its end between or within messages: usually because it died.
fn closed() -> Cause {
    Cause::Malformed("it closed its pipe".to_string())
}

fn cause_of(error: FrameError, limit: Duration) -> Cause {
    match error {
        FrameError::CutShort => closed(),
        FrameError::TooLarge(bytes) => Cause::TooLarge(bytes),
        FrameError::Malformed(why) => Cause::Malformed(super::sanitise(&why)),
        FrameError::Io(error) => match error.kind() {
            io::ErrorKind::TimedOut => Cause::TimedOut(limit),
            io::ErrorKind::BrokenPipe => closed(),
            _ => Cause::Io(error.to_string()),
        },
    }
}

/// A non-blocking pipe that waits, but not for ever, however slowly the other side trickles.
struct Patient<'a, P> {
    pipe: &'a mut P,
    deadline: Option<Instant>,
}

impl<P: AsFd> Patient<'_, P> {
    fn until<T>(&mut self, events: i16, mut act: impl FnMut(&mut P) -> io::Result<T>) -> io::Result<T> {
        loop {
            if self.deadline.is_some_and(|end| Instant::now() >= end) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match act(self.pipe) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sys::ready(self.pipe.as_fd(), events, self.deadline)?;
                }
                answer => return answer,
            }
        }
    }
}

impl<P: AsFd + Read> Read for Patient<'_, P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.until(libc::POLLIN, |pipe| pipe.read(buffer))
    }
}

impl<P: AsFd + Write> Write for Patient<'_, P> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.until(libc::POLLOUT, |pipe| pipe.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
