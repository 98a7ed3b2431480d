//! What a worker found out about its own walls, by trying them.
//!
//! In: the attempts it made after sealing and the kernel's answers about itself. Out: [`Measured`], with a [`Level`] that
//! follows from the attempts alone. Deliberately absent: what was intended. Start at [`Measured::level_of`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Level, Role};

/// How many holes the text form lists; the serialised form has them all.
const SHOWN: usize = 5;

/// Which wall must hold an attempt back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The system call filter, whatever the path.
    Syscalls,
    /// The path rules: reading what was not granted.
    Paths,
}

/// One forbidden act, tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub name: String,
    pub layer: Layer,
    /// True only when the answer is the one that the wall gives; failing for another reason does not count.
    pub denied: bool,
    /// What the kernel answered; 0 when the act succeeded.
    pub errno: i32,
}

/// Which of the worker's namespaces are its own, by comparing their identities before and after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces {
    pub user: bool,
    pub net: bool,
    pub ipc: bool,
    pub uts: bool,
}

/// The first thing a worker says, before it is sent anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    pub role: Role,
    pub level: Level,
    pub attempts: Vec<Attempt>,
    /// Known gaps, tried in the same way: they do not count towards the level, and are reported.
    pub residue: Vec<Attempt>,
    /// Grants that do not open in the sealed worker, with the reason.
    pub unreachable: Vec<String>,
    /// The kernel's Landlock version; 0 when Landlock is not in force in this worker.
    pub landlock_abi: i32,
    /// The kernel says that a filter is in force.
    pub seccomp: bool,
    /// The kernel says that no program started from here can gain privileges.
    pub no_new_privs: bool,
    /// The kernel says that no capability is left.
    pub no_capabilities: bool,
    pub namespaces: Namespaces,
    /// Threads that existed when the walls went up; more than one would be outside them.
    pub threads_at_seal: usize,
    /// Descriptors that are open; beyond standard input to error only the two pipes belong here.
    pub descriptors: Vec<i32>,
    /// Layers that could not be put up, with the reason.
    pub not_enforced: Vec<String>,
}

impl Measured {
    /// The level that these attempts prove. A layer with no attempt proves nothing, so it does not hold.
    pub fn level_of(attempts: &[Attempt]) -> Level {
        let holds = |layer| {
            let mut of_layer = attempts.iter().filter(|attempt| attempt.layer == layer).peekable();
            of_layer.peek().is_some() && of_layer.all(|attempt| attempt.denied)
        };
        match (holds(Layer::Syscalls), holds(Layer::Paths)) {
            (true, true) => Level::Full,
            (true, false) => Level::SeccompOnly,
            (false, _) => Level::None,
        }
    }

    /// The attempts that were not held back.
    pub fn holes(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| !attempt.denied)
    }

    fn denied_of(&self, layer: Layer) -> String {
        let of_layer: Vec<_> = self.attempts.iter().filter(|attempt| attempt.layer == layer).collect();
        let denied = of_layer.iter().filter(|attempt| attempt.denied).count();
        format!("{denied} of {} forbidden acts denied", of_layer.len())
    }

    fn open_namespaces(&self) -> String {
        let Namespaces { user, net, ipc, uts } = self.namespaces;
        let own = [(user, "user"), (net, "network"), (ipc, "ipc"), (uts, "uts")];
        let own: Vec<_> = own
            .into_iter()
            .filter(|(is_own, _)| *is_own)
            .map(|(_, name)| name)
            .collect();
        if own.is_empty() {
            "none of its own".to_string()
        } else {
            format!("its own {}", own.join(", "))
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = |holds: bool| if holds { "on" } else { "OFF" };
        let mut row = |name: &str, value: &str| writeln!(f, "  {name:<16}{value}");
        row("level", self.level.name())?;
        row("system calls", &self.denied_of(Layer::Syscalls))?;
        row("files", &self.denied_of(Layer::Paths))?;
        match self.landlock_abi {
            0 => row("landlock", "OFF")?,
            abi => row("landlock", &format!("on, version {abi}"))?,
        }
        row("seccomp", on(self.seccomp))?;
        row("no-new-privs", on(self.no_new_privs))?;
        row("capabilities", if self.no_capabilities { "none" } else { "SOME LEFT" })?;
        row("namespaces", &self.open_namespaces())?;
        for hole in self.holes().take(SHOWN) {
            row("not denied", &hole.name)?;
        }
        match self.holes().count().saturating_sub(SHOWN) {
            0 => {}
            more => row("not denied", &format!("and {more} more"))?,
        }
        for gap in self.residue.iter().filter(|gap| !gap.denied) {
            row("known gap", &gap.name)?;
        }
        for reason in &self.not_enforced {
            row("not in force", reason)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(attempts: &[(Layer, bool)]) -> Level {
        let attempts: Vec<_> = attempts
            .iter()
            .map(|(layer, denied)| Attempt {
                name: String::new(),
                layer: *layer,
                denied: *denied,
                errno: 1,
            })
            .collect();
        Measured::level_of(&attempts)
    }

    #[test]
    fn the_level_follows_from_the_attempts_and_nothing_proves_nothing() {
        use Layer::{Paths, Syscalls};
        assert_eq!(level(&[]), Level::None);
        assert_eq!(level(&[(Paths, true)]), Level::None);
        assert_eq!(level(&[(Syscalls, true)]), Level::SeccompOnly);
        assert_eq!(level(&[(Syscalls, true), (Paths, true)]), Level::Full);
        assert_eq!(
            level(&[(Syscalls, true), (Paths, true), (Paths, false)]),
            Level::SeccompOnly
        );
        assert_eq!(
            level(&[(Syscalls, true), (Syscalls, false), (Paths, true)]),
            Level::None
        );
        assert!(Level::None < Level::SeccompOnly && Level::SeccompOnly < Level::Full);
    }
}
