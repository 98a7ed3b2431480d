//! The supervisor's side: one sealed process to talk to.
//!
//! In: a role, its grants, the weakest acceptable level. Out: a [`Worker`] that has proved its walls, values over a pipe, and
//! a [`Lost`] with the reason when it has died, hung or lied.
//! Deliberately absent: trust in what the worker sends beyond its first frame: lengths are capped, waiting has an end, and
//! after any error the worker is dead and reaped, so that nobody reads on in a broken stream. Start at [`Worker::spawn`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::live::Live;
use super::lost::{Cause, Lost};
use super::speech::Tail;
use super::{Grants, Level, Measured, Role};
use crate::problem::{Exit, Fatal};

/// How long sealing and the self-test may take.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A sealed process and the pipes to it. Dropping it kills and reaps the process.
#[derive(Debug)]
pub struct Worker {
    role: Role,
    program: Option<PathBuf>,
    grants: Grants,
    minimum: Level,
    measured: Measured,
    live: Option<Live>,
    tail: Tail,
}

impl Worker {
    /// Starts this program again, sealed for `role` with `grants`.
    ///
    /// # Errors
    /// Exit 4 when the level it measured is below `minimum`, or when it could not start or seal itself; exit 2 when a
    /// granted path does not open.
    pub fn spawn(role: Role, grants: &Grants, minimum: Level) -> Result<Worker, Fatal> {
        Self::start(None, role, grants, minimum)
    }

    /// As [`spawn`](Self::spawn), with another copy of this program. A sealed supervisor cannot do this.
    pub fn spawn_from(program: &Path, role: Role, grants: &Grants, minimum: Level) -> Result<Worker, Fatal> {
        Self::start(Some(program), role, grants, minimum)
    }

    fn start(program: Option<&Path>, role: Role, grants: &Grants, minimum: Level) -> Result<Worker, Fatal> {
        let (live, measured) = begin(program, role, grants, minimum)?;
        let tail = live.tail();
        let program = program.map(Path::to_path_buf);
        Ok(Worker {
            role,
            program,
            grants: grants.clone(),
            minimum,
            measured,
            live: Some(live),
            tail,
        })
    }

    /// Ends this process if it still runs and starts another with the same role, grants and minimum level.
    pub fn restart(&mut self) -> Result<(), Fatal> {
        self.kill();
        let (live, measured) = begin(self.program.as_deref(), self.role, &self.grants, self.minimum)?;
        self.tail = live.tail();
        (self.live, self.measured) = (Some(live), measured);
        Ok(())
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// What the worker found when it tried its walls.
    pub fn measured(&self) -> &Measured {
        &self.measured
    }

    /// The process id; `None` once it has been reaped.
    pub fn pid(&self) -> Option<u32> {
        self.live.as_ref().map(|live| live.pid())
    }

    /// The last lines that the worker wrote to standard error, safe to show.
    pub fn speech(&self) -> Vec<String> {
        self.tail.lines()
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        self.live.as_mut().is_some_and(Live::is_running)
    }

    /// Sends one request. A worker that does not read it within two minutes is killed.
    pub fn send<T: Serialize>(&mut self, value: &T) -> Result<(), Lost> {
        self.with_live(|live| live.send(value))
    }

    /// Waits for one reply, at most for `within`. On an error the worker is dead and reaped.
    pub fn receive<T: DeserializeOwned>(&mut self, within: Option<Duration>) -> Result<T, Lost> {
        self.with_live(|live| live.receive(within))
    }

    /// Ends the process, if it runs, and reaps it.
    pub fn kill(&mut self) {
        if let Some(mut live) = self.live.take() {
            live.end(Duration::ZERO);
        }
    }

    fn with_live<T>(&mut self, act: impl FnOnce(&mut Live) -> Result<T, Cause>) -> Result<T, Lost> {
        let result = match &mut self.live {
            None => Err(Cause::Gone),
            Some(live) => act(live),
        };
        result.map_err(|cause| {
            let cause = self.live.take().map_or(Cause::Gone, |live| live.bury(cause));
            Lost {
                role: self.role,
                cause,
                speech: self.tail.lines(),
            }
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn begin(program: Option<&Path>, role: Role, grants: &Grants, minimum: Level) -> Result<(Live, Measured), Fatal> {
    let unstarted = |cause: &dyn fmt::Display| {
        let help = "check that /proc is mounted and that process limits leave room for one more";
        Fatal::new(Exit::Sandbox, format!("the {role} could not be started"), help).because(cause)
    };
    let mut live = Live::launch(program, role).map_err(|error| unstarted(&error))?;
    let first = live.send(grants).and_then(|()| {
        live.set_cap(grants.frame_cap);
        live.receive::<Result<Measured, Fatal>>(Some(START_LIMIT))
    });
    let measured = match first {
        Ok(sealed) => sealed?,
        Err(cause) => {
            let tail = live.tail();
            let fatal = unstarted(&live.bury(cause));
            return Err(tail
                .lines()
                .into_iter()
                .fold(fatal, |fatal, line| fatal.because(format!("it said: {line}"))));
        }
    };
    if measured.level < minimum {
        return Err(below(role, &measured, minimum));
    }
    if !measured.unreachable.is_empty() {
        let help = "give their owner's account permission to read them, or run as their owner: a worker has no privileges, \
                    not even those of root";
        let fatal = Fatal::new(
            Exit::Usage,
            format!("the sealed {role} cannot open what it needs"),
            help,
        );
        return Err(measured
            .unreachable
            .iter()
            .fold(fatal, |fatal, reason| fatal.because(reason)));
    }
    Ok((live, measured))
}

fn below(role: Role, measured: &Measured, minimum: Level) -> Fatal {
    let level = measured.level;
    let help = format!(
        "use Linux 5.13 or later with seccomp filters and with landlock among its security modules (`anchorite doctor` shows \
         what this machine has), or accept the weaker sandbox with `--sandbox {level}`; the report then says so"
    );
    let what = format!("the {role}'s sandbox reached level {level}, and {minimum} is required");
    let fatal = measured
        .not_enforced
        .iter()
        .fold(Fatal::new(Exit::Sandbox, what, help), |fatal, reason| {
            fatal.because(reason)
        });
    let holes = measured.holes().take(3);
    holes.fold(fatal, |fatal, hole| {
        fatal.because(format!("this was not denied: {}", hole.name))
    })
}
