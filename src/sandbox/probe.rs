//! What will and will not be enforced on this machine, found out by doing it.
//!
//! In: nothing but the machine. Out: [`Support`], whose text `doctor` prints.
//! Deliberately absent: conclusions from version numbers. A short-lived worker is sealed and tries its doors, exactly as a
//! scan's workers do. Start at [`probe`].

use std::fmt;
use std::path::Path;

use super::{Grants, Level, Measured, Role, Worker, sys};
use crate::problem::Fatal;

/// The answer of one probe.
#[derive(Debug)]
pub struct Support {
    /// Kernel release and architecture.
    pub kernel: String,
    /// The kernel's Landlock version; 0 when it has none or it is switched off.
    pub landlock_abi: i32,
    /// What a worker measured, or why it could not start.
    pub worker: Result<Measured, Fatal>,
}

impl Support {
    /// The level a scan would reach here.
    pub fn level(&self) -> Level {
        self.worker.as_ref().map_or(Level::None, |measured| measured.level)
    }
}

/// Seals a worker that is granted nothing and asks it.
pub fn probe() -> Support {
    report(Worker::spawn(Role::Reader, &Grants::default(), Level::None))
}

/// [`probe`] with another copy of this program and with grants of the caller's choice.
pub fn probe_from(program: &Path, grants: &Grants) -> Support {
    report(Worker::spawn_from(program, Role::Reader, grants, Level::None))
}

fn report(worker: Result<Worker, Fatal>) -> Support {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease");
    let release = release.map_or_else(|_| "unknown".to_string(), |text| text.trim().to_string());
    Support {
        kernel: format!("Linux {release} {}", std::env::consts::ARCH),
        landlock_abi: sys::landlock_abi(),
        worker: worker.map(|worker| worker.measured().clone()),
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sandbox on {}", self.kernel)?;
        match &self.worker {
            Ok(measured) => write!(f, "{measured}")?,
            Err(fatal) => writeln!(f, "{fatal}")?,
        }
        f.write_str(match self.level() {
            Level::Full => "  A scan runs here with every wall up.\n",
            Level::SeccompOnly => "  A scan refuses to run here unless `--sandbox seccomp-only` accepts that workers can read other files.\n",
            Level::None => "  A scan refuses to run here unless `--sandbox none` accepts workers without walls.\n",
        })
    }
}
