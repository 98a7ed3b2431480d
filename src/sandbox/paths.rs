//! Granted paths become a Landlock ruleset that denies every other path.
//!
//! In: [`Grants`]. Out: open handles of every granted path ([`hold`]), then a restricted thread ([`restrict`]).
//! Deliberately absent: best effort. A path that cannot be opened and a right that the kernel cannot enforce are errors;
//! the crate's own convenience function would drop such a path silently. Start at [`hold`].

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::{Grants, sys};
use crate::problem::{Exit, Fatal};

/// The newest Landlock version whose rights this file was written for.
const NEWEST_KNOWN: i32 = 7;

/// A granted path, opened before any privilege is dropped.
#[derive(Debug)]
pub struct Held {
    handle: PathFd,
    rights: Rights,
}

#[derive(Debug, Clone, Copy)]
enum Rights {
    File,
    Tree,
    Device,
}

/// Opens every granted path.
///
/// # Errors
/// `Fatal` naming the first path that does not open.
pub fn hold(grants: &Grants) -> Result<Vec<Held>, Fatal> {
    let readable = grants.read.iter().map(|path| open(path, false));
    let devices = grants.devices.iter().map(|path| open(path, true));
    readable.chain(devices).collect()
}

fn open(path: &Path, device: bool) -> Result<Held, Fatal> {
    let shown = path.display();
    let refuse = |cause: &dyn std::fmt::Display| {
        Fatal::new(
            Exit::Usage,
            format!("{shown} cannot be granted to a worker"),
            "check that it exists and can be opened",
        )
        .because(cause)
    };
    let handle = PathFd::new(path).map_err(|error| refuse(&error))?;
    let is_tree = std::fs::metadata(path).map_err(|error| refuse(&error))?.is_dir();
    let rights = match (device, is_tree) {
        (true, true) => return Err(refuse(&"a device must be a node, not a directory")),
        (true, false) => Rights::Device,
        (false, true) => Rights::Tree,
        (false, false) => Rights::File,
    };
    Ok(Held { handle, rights })
}

/// Denies the calling thread, and all threads it will start, every path but the held ones, TCP, and, where the kernel can,
/// signals and abstract sockets across the border. Returns the kernel's Landlock version.
pub fn restrict(held: Vec<Held>) -> Result<i32, String> {
    let kernel = sys::landlock_abi();
    if kernel < 1 {
        return Err("this kernel has none, or it is switched off".to_string());
    }
    let abi = ABI::from(kernel.min(NEWEST_KNOWN));
    apply(held, abi).map_err(|error| error.to_string())?;
    Ok(kernel)
}

fn apply(held: Vec<Held>, abi: ABI) -> Result<(), Box<dyn std::error::Error>> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(abi))?;
    let (net, scope) = (AccessNet::from_all(abi), Scope::from_all(abi));
    if !net.is_empty() {
        ruleset = ruleset.handle_access(net)?;
    }
    if !scope.is_empty() {
        ruleset = ruleset.scope(scope)?;
    }
    let mut created = ruleset.create()?;
    for Held { handle, rights } in held {
        created = created.add_rule(PathBeneath::new(handle, access(rights, abi)))?;
    }
    let status = created.restrict_self()?;
    if status.ruleset != RulesetStatus::FullyEnforced {
        return Err(format!("{:?}", status.ruleset).into());
    }
    Ok(())
}

fn access(rights: Rights, abi: ABI) -> BitFlags<AccessFs> {
    match rights {
        Rights::File => AccessFs::ReadFile.into(),
        Rights::Tree => AccessFs::ReadFile | AccessFs::ReadDir,
        Rights::Device => (AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev) & AccessFs::from_all(abi),
    }
}

/// Absolute paths with links resolved, to tell whether one lies inside another.
pub fn resolved<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    paths
        .into_iter()
        .map(|path| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
        .collect()
}
