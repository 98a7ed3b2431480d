//! Which files of the tree are worth reading.
//!
//! In: a directory. Out: the paths of code and configuration files, with what was passed over.
//! Deliberately absent: opening any file but `.gitignore`, and following any link.
//! Start at [`walk`].

use std::fs::{DirEntry, Metadata};
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::config::{self, Kind};
use super::{Code, Limits, Skipped, load};
use crate::problem::Problem;

/// A file that is to be read.
pub(super) struct Found {
    /// Relative, `/`-separated.
    pub path: String,
    pub meta: Metadata,
    /// Worth reading only if its first line says so.
    pub unnamed: bool,
}

#[derive(Default)]
pub(super) struct Walked {
    pub files: Vec<Found>,
    pub skipped: Skipped,
}

/// Version control keeps whole copies of the tree and its own configuration: never entered, whatever the settings.
const VERSION_CONTROL: &[&str] = &[".git", ".hg", ".svn", ".bzr", ".jj", "CVS"];
/// Largest `.gitignore` honoured, in bytes.
const IGNORE_BYTES: u64 = 1 << 20;

pub(super) fn is_code(path: &str, code: Code) -> bool {
    extension(path).is_some_and(|e| code.extensions.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// Whether a file is code, or configuration that is read for its settings.
pub(super) fn wanted(name: &str, code: Code) -> bool {
    is_code(name, code) || config::kind(name) == Kind::Settings
}

fn extension(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.rsplit_once('.').map(|(_, e)| e)
}

#[cfg(unix)]
fn is_program(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_program(_: &Metadata) -> bool {
    false
}

/// The one file that the user named.
pub(super) fn single(base: &Path, name: &str, code: Code) -> Walked {
    let mut walked = Walked::default();
    match base.join(name).symlink_metadata() {
        Ok(meta) if is_code(name, code) || extension(name).is_none() => {
            walked.files.push(Found {
                path: name.to_string(),
                meta,
                unnamed: !is_code(name, code),
            });
        }
        _ => walked.skipped.other = 1,
    }
    walked
}

/// A directory still to be entered.
struct Pending {
    /// Relative, `/`-separated, with a final `/`; empty for the root.
    prefix: String,
    depth: usize,
    ignores: Option<Arc<Ignores>>,
}

/// The `.gitignore` of one directory and those above it.
struct Ignores {
    rules: Gitignore,
    above: Option<Arc<Ignores>>,
}

/// Lists the tree below `base`, with an explicit stack so that no depth of nesting can exhaust the thread's own.
pub(super) fn walk(base: &Path, limits: &Limits, code: Code, problems: &mut Vec<Problem>) -> Walked {
    let mut walked = Walked::default();
    let mut stack = vec![Pending {
        prefix: String::new(),
        depth: 0,
        ignores: None,
    }];
    while let Some(mut dir) = stack.pop() {
        if limits.gitignore {
            dir.ignores = below(base, &dir, problems);
        }
        let entries = match std::fs::read_dir(base.join(&dir.prefix)) {
            Ok(entries) => entries,
            Err(e) => {
                problems.push(Problem::new(place(&dir.prefix), format!("not entered: {e}")));
                continue;
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => visit(&entry, &dir, limits, code, &mut walked, &mut stack, problems),
                Err(e) => problems.push(Problem::new(place(&dir.prefix), format!("not listed to its end: {e}"))),
            }
        }
    }
    walked.skipped.ignored.sort();
    walked
}

fn place(prefix: &str) -> &str {
    if prefix.is_empty() { "." } else { prefix }
}

fn visit(
    entry: &DirEntry,
    dir: &Pending,
    limits: &Limits,
    code: Code,
    walked: &mut Walked,
    stack: &mut Vec<Pending>,
    problems: &mut Vec<Problem>,
) {
    let os_name = entry.file_name();
    let Some(name) = os_name.to_str() else {
        let shown = format!("{}{}", dir.prefix, os_name.to_string_lossy());
        problems.push(Problem::new(shown, "not read: its name is not UTF-8"));
        return;
    };
    let path = format!("{}{name}", dir.prefix);
    let kind = match entry.file_type() {
        Ok(kind) => kind,
        Err(e) => return problems.push(Problem::new(path, format!("not read: {e}"))),
    };
    let skipped = &mut walked.skipped;
    if VERSION_CONTROL.contains(&name) {
        skipped.hidden += 1;
    } else if kind.is_symlink() {
        skipped.links += 1;
    } else if !kind.is_dir() && !kind.is_file() {
        skipped.special += 1;
    } else if kind.is_file() && config::kind(name) == Kind::Lock {
        skipped.locks += 1;
    } else if kind.is_file() && !wanted(name, code) && extension(name).is_some() {
        skipped.other += 1;
    } else if hidden(name, kind.is_dir(), dir, limits) {
        skipped.hidden += 1;
    } else if ignored(dir.ignores.as_deref(), &path, kind.is_dir()) {
        skipped.ignored.push(if kind.is_dir() { path + "/" } else { path });
    } else if kind.is_dir() && dir.depth >= limits.depth {
        problems.push(Problem::left_out(
            path,
            format!("not entered: deeper than {} directories", limits.depth),
        ));
    } else if kind.is_dir() {
        stack.push(Pending {
            prefix: path + "/",
            depth: dir.depth + 1,
            ignores: dir.ignores.clone(),
        });
    } else {
        match entry.metadata() {
            Ok(meta) if wanted(name, code) => walked.files.push(Found {
                path,
                meta,
                unnamed: false,
            }),
            Ok(meta) if is_program(&meta) => walked.files.push(Found {
                path,
                meta,
                unnamed: true,
            }),
            Ok(_) => walked.skipped.other += 1,
            Err(e) => problems.push(Problem::new(path, format!("not read: {e}"))),
        }
    }
}

/// Whether a name that starts with a dot keeps a file or folder out. Of a project's own hidden folders only those are
/// entered that hold configuration, and of `.github` only what runs.
fn hidden(name: &str, is_dir: bool, dir: &Pending, limits: &Limits) -> bool {
    if limits.hidden {
        return false;
    }
    let inside = dir.prefix.ends_with(".github/");
    let known = match is_dir {
        true => config::is_folder(&dir.prefix, name),
        false => !inside && config::kind(name) == Kind::Settings,
    };
    (name.starts_with('.') || inside) && !known
}

/// The rules that hold inside `dir`: its own `.gitignore`, if it has one, on top of those above.
fn below(base: &Path, dir: &Pending, problems: &mut Vec<Problem>) -> Option<Arc<Ignores>> {
    let above = dir.ignores.clone();
    let path = base.join(&dir.prefix).join(".gitignore");
    let Ok(meta) = path.symlink_metadata() else {
        return above;
    };
    if !meta.is_file() {
        return above;
    }
    let shown = format!("{}.gitignore", dir.prefix);
    let text = match load::bytes(&path, &meta, IGNORE_BYTES) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(what) => {
            problems.push(Problem::new(shown, what));
            return above;
        }
    };
    let mut builder = GitignoreBuilder::new(format!("/{}", dir.prefix));
    for line in text.lines() {
        // A pattern that cannot be read ignores nothing, which errs on the side of reading more.
        let _ = builder.add_line(None, line);
    }
    match builder.build() {
        Ok(rules) => Some(Arc::new(Ignores { rules, above })),
        Err(e) => {
            problems.push(Problem::new(shown, format!("not honoured: {e}")));
            above
        }
    }
}

/// The nearest `.gitignore` with an opinion decides, as in git.
fn ignored(mut rules: Option<&Ignores>, path: &str, is_dir: bool) -> bool {
    let path = format!("/{path}");
    while let Some(level) = rules {
        match level.rules.matched(&path, is_dir) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => rules = level.above.as_deref(),
        }
    }
    false
}
