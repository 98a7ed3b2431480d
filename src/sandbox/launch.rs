//! Starts this program again as a worker.
//!
//! In: which program and which role. Out: a child process with pipes on its standard streams, a fixed environment, a
//! session of its own, no other descriptor, and a death that follows the supervisor's.
//! Deliberately absent: a shell, a search path, and the caller's environment. Start at [`launch`].

use std::ffi::{CStr, CString, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use libc::c_ulong;

use super::{Role, WORKER_WORD, sys};

/// This program, whatever has happened to its file since. The supervisor's filter compares the address, so there is one.
pub static OWN_PROGRAM: [u8; 15] = *b"/proc/self/exe\0";

/// All a worker finds in its environment. The cache is switched off because the driver would write it to disk.
const ENVIRONMENT: [&CStr; 3] = [c"LANG=C.UTF-8", c"TZ=UTC", c"CUDA_CACHE_DISABLE=1"];

/// What `execve` takes, made before the fork: nothing may be allocated between fork and exec.
struct Image {
    /// `None`: this program.
    program: Option<CString>,
    name: CString,
    word: CString,
    role: CString,
    supervisor: u32,
}

impl Image {
    /// Replaces this process. Returns only the error.
    fn execute(&self) -> io::Error {
        let program: *const c_char = match &self.program {
            None => OWN_PROGRAM.as_ptr().cast(),
            Some(path) => path.as_ptr(),
        };
        let arguments = [
            self.name.as_ptr(),
            self.word.as_ptr(),
            self.role.as_ptr(),
            std::ptr::null(),
        ];
        let [a, b, c] = ENVIRONMENT.map(CStr::as_ptr);
        let environment = [a, b, c, std::ptr::null()];
        // SAFETY: C strings that outlive the call, in arrays that end with a null pointer.
        unsafe { libc::execve(program, arguments.as_ptr(), environment.as_ptr()) };
        io::Error::last_os_error()
    }

    /// Runs in the child, between fork and exec.
    fn become_worker(&self) -> io::Result<()> {
        // SAFETY: no arguments. A session of its own: no terminal to type into, and an interrupt at the terminal reaches
        // only the supervisor, which then decides.
        unsafe { libc::setsid() };
        sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong)?;
        if std::os::unix::process::parent_id() != self.supervisor {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        // At exec, not now: the standard library still reports errors through a descriptor of its own.
        sys::close_from(3, true);
        Err(self.execute())
    }
}

/// Starts `program`, or this program, as a worker.
pub fn launch(program: Option<&Path>, role: Role) -> io::Result<Child> {
    let c_string =
        |bytes: &[u8]| CString::new(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error));
    let image = Image {
        program: program.map(|path| c_string(path.as_os_str().as_bytes())).transpose()?,
        name: c_string(b"anchorite")?,
        word: c_string(WORKER_WORD.as_bytes())?,
        role: c_string(role.name().as_bytes())?,
        supervisor: std::process::id(),
    };
    let (reply, answer) = channel();
    ask_keeper((image, reply))?;
    answer
        .recv()
        .map_err(|_| io::Error::other("the thread that starts workers has ended"))?
}

type Order = (Image, Sender<io::Result<Child>>);

/// Hands the order to the one thread that starts workers. The kernel kills a worker when the *thread* that started it ends,
/// so that thread must last as long as the process.
fn ask_keeper(order: Order) -> io::Result<()> {
    static KEEPER: OnceLock<Mutex<Option<Sender<Order>>>> = OnceLock::new();
    let mut keeper = KEEPER
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let orders = match &*keeper {
        Some(orders) => orders,
        None => {
            let (orders, inbox) = channel::<Order>();
            std::thread::Builder::new()
                .name("worker keeper".to_string())
                .spawn(move || {
                    for (image, reply) in inbox {
                        // A caller that no longer waits has dropped its worker, which is reaped by nobody: end it here.
                        if let Err(unwanted) = reply.send(start(image)) {
                            let _ = unwanted.0.map(|mut child| child.kill().and_then(|()| child.wait()));
                        }
                    }
                })?;
            keeper.insert(orders)
        }
    };
    orders
        .send(order)
        .map_err(|_| io::Error::other("the thread that starts workers has ended"))
}

fn start(image: Image) -> io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // SAFETY: `become_worker` makes only system calls that are allowed between fork and exec, and allocates nothing. It
    // executes the program itself, so that the path has the address that the supervisor's filter accepts.
    unsafe { command.pre_exec(move || image.become_worker()) };
    command.spawn()
}
