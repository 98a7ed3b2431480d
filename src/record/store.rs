//! Where runs live on disk and how they are opened, resumed and read back.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::journal::{self, Journal, Kept};
use super::{Earlier, End, Header, Plan, Run, Unit};
use crate::problem::{Exit, Fatal};

/// An open run.
pub struct Record {
    dir: PathBuf,
    journal: Journal,
    run: Run,
}

impl Record {
    /// Starts a run below `store`, or takes up the newest unfinished one with the same key and plan unless `fresh`.
    pub fn begin(store: &Path, header: Header, plan: Plan, fresh: bool) -> Result<Self, Fatal> {
        private_dir(store)?;
        let key = key(&header, &plan);
        let unfinished = if fresh { None } else { unfinished(store, &header, &key) };
        let dir = unfinished.unwrap_or_else(|| unused(store, &key));
        private_dir(&dir)?;
        put(&dir, "run.json", &header)?;
        put(&dir, "plan.json", &plan)?;
        let path = dir.join("units.jsonl");
        let (journal, units) =
            Journal::open(&path, &origin(&header)).map_err(|error| trouble(&path, "open", &error))?;
        let mut run = Run {
            header,
            plan,
            units: Vec::new(),
            end: None,
        };
        run.units = in_order(&run.plan, units);
        Ok(Self { dir, journal, run })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    /// What models answered in the other runs of the store.
    pub fn earlier(&self) -> Earlier {
        let store = self.dir.parent().unwrap_or(&self.dir);
        Earlier::of(store, &self.dir, &self.run.header, &self.run.plan.sealed)
    }

    /// Keeps units for good before it returns.
    pub fn keep(&mut self, units: Vec<Unit>) -> Result<(), Fatal> {
        let path = self.dir.join("units.jsonl");
        self.journal
            .append(&units)
            .map_err(|error| trouble(&path, "write", &error))?;
        self.run.units.extend(units);
        Ok(())
    }

    pub fn end(mut self, end: End) -> Result<Run, Fatal> {
        if end != End::Interrupted {
            let chain = self.journal.chain().to_owned();
            put(
                &self.dir,
                "end.json",
                &Ended {
                    end: end.clone(),
                    chain,
                },
            )?;
        }
        self.run.end = Some(end);
        let units = std::mem::take(&mut self.run.units);
        self.run.units = in_order(&self.run.plan, units);
        Ok(self.run)
    }
}

/// Reads a run back. `dir` is a run directory.
pub fn load(dir: &Path) -> Result<Run, Fatal> {
    // The form may have changed since in anything else: these two fields have not.
    let stamp: Stamp = get(dir, "run.json")?;
    if stamp.version != VERSION {
        let what = format!(
            "{} was written by {} in form {}, this one reads form {VERSION}",
            dir.display(),
            stamp.tool,
            stamp.version
        );
        return Err(Fatal::new(
            Exit::Usage,
            what,
            "use the version of anchorite that wrote it, or scan again",
        ));
    }
    let header: Header = get(dir, "run.json")?;
    let plan: Plan = get(dir, "plan.json")?;
    let (units, end) = outcome(dir, &header)?;
    let units = in_order(&plan, units);
    Ok(Run {
        header,
        plan,
        units,
        end,
    })
}

/// What the journal holds, and how the run ended; exit 5 where lines do not follow from each other or from the header.
pub(super) fn outcome(dir: &Path, header: &Header) -> Result<(Vec<Unit>, Option<End>), Fatal> {
    let path = dir.join("units.jsonl");
    let kept = match File::open(&path).and_then(|file| journal::read(&file, &origin(header))) {
        Ok(kept) => kept,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::nothing(&origin(header)),
        Err(error) => return Err(trouble(&path, "read", &error)),
    };
    let ended: Option<Ended> = if dir.join("end.json").exists() {
        Some(get(dir, "end.json")?)
    } else {
        None
    };
    if kept.broken || ended.as_ref().is_some_and(|ended| ended.chain != kept.chain) {
        let what = format!("{} was changed after it was written", path.display());
        let help = "trust nothing in this run; scan again with --fresh";
        return Err(Fatal::new(Exit::Integrity, what, help));
    }
    Ok((kept.units, ended.map(|ended| ended.end)))
}

/// The newest run directory below `store`.
pub fn latest(store: &Path) -> Option<PathBuf> {
    runs(store).pop()
}

/// `end.json`.
#[derive(Serialize, Deserialize)]
struct Ended {
    end: End,
    /// Digest of the journal's last line.
    chain: String,
}

/// Who wrote a run, in which form.
#[derive(Deserialize)]
struct Stamp {
    version: u32,
    tool: String,
}

/// Version of the serialised forms.
pub const VERSION: u32 = 3;

/// Directories of runs, oldest first: names start with the time they were made.
pub(super) fn runs(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store).into_iter().flatten().flatten();
    let mut dirs: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|dir| dir.join("run.json").is_file())
        .collect();
    dirs.sort();
    dirs
}

/// The newest run with this key that has not ended; one whose journal was changed is left as it is.
fn unfinished(store: &Path, header: &Header, key: &str) -> Option<PathBuf> {
    let suffix = format!("-{}", &key[..12]);
    let mut dirs = runs(store).into_iter().rev();
    dirs.find(|dir| dir.to_string_lossy().ends_with(&suffix) && matches!(outcome(dir, header), Ok((_, None))))
}

/// A directory that is not there yet; of several that begin in one second, each has a number and comes after the last.
fn unused(store: &Path, key: &str) -> PathBuf {
    let (stamp, key) = (stamp(), &key[..12]);
    let later = (1..).map(|n| store.join(format!("{stamp}.{n:04}-{key}")));
    let mut names = std::iter::once(store.join(format!("{stamp}-{key}"))).chain(later);
    names.find(|dir| !dir.exists()).expect("there is always another number")
}

/// What the first line of a journal follows from.
fn origin(header: &Header) -> String {
    hex(&serde_json::to_vec(header).expect("a header is plain data"))
}

/// Two runs with one key judge the same candidates with the same weights in the same way.
fn key(header: &Header, plan: &Plan) -> String {
    let ids: Vec<&str> = plan.candidates.iter().map(|candidate| candidate.id.as_str()).collect();
    hex(&serde_json::to_vec(&(header, ids)).expect("a header is plain data"))
}

/// Units in the plan's order, one per candidate; what is not in the plan is dropped.
fn in_order(plan: &Plan, units: Vec<Unit>) -> Vec<Unit> {
    let mut by_id: std::collections::BTreeMap<String, Unit> =
        units.into_iter().map(|unit| (unit.id.clone(), unit)).collect();
    plan.candidates
        .iter()
        .filter_map(|candidate| by_id.remove(&candidate.id))
        .collect()
}

/// SHA-256, lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a directory that only its owner can enter, and refuses one that somebody else could have prepared.
pub fn private_dir(dir: &Path) -> Result<(), Fatal> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).map_err(|error| trouble(dir, "create", &error))?;
    if !mine(dir).map_err(|error| trouble(dir, "inspect", &error))? {
        let what = format!("{} is a link or belongs to somebody else", dir.display());
        return Err(Fatal::new(
            Exit::Usage,
            what,
            "remove it, or choose another place with --state DIR",
        ));
    }
    Ok(())
}

/// False for a link and for what belongs to somebody else.
pub(super) fn mine(path: &Path) -> io::Result<bool> {
    let meta = fs::symlink_metadata(path)?;
    let owner = fs::metadata("/proc/self").map(|me| me.uid() == meta.uid());
    Ok(!meta.is_symlink() && owner.unwrap_or(true))
}

/// Writes the whole file under another name, syncs it, then renames: readers see the old or the new one, never half.
fn put<T: Serialize>(dir: &Path, name: &str, value: &T) -> Result<(), Fatal> {
    let (path, partial) = (dir.join(name), dir.join(format!(".{name}.partial")));
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW);
        let mut file = options.open(&partial)?;
        file.write_all(&serde_json::to_vec_pretty(value)?)?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|error| trouble(&path, "write", &error))
}

pub(super) fn get<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<T, Fatal> {
    let path = dir.join(name);
    let bytes = fs::read(&path).map_err(|error| trouble(&path, "read", &error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let help = "it was not written by this program or was changed since; scan again";
        Fatal::new(Exit::Integrity, format!("{} is not a run record", path.display()), help).because(error)
    })
}

fn trouble(path: &Path, act: &str, error: &io::Error) -> Fatal {
    let help = match error.kind() {
        io::ErrorKind::StorageFull => {
            "free space there or choose another place with --state DIR; the same command then resumes"
        }
        io::ErrorKind::NotFound => "give the directory of a run, as `anchorite scan` prints it",
        _ => "choose a place you may write with --state DIR; finished work is kept and the same command resumes",
    };
    Fatal::new(Exit::Incomplete, format!("cannot {act} {}", path.display()), help).because(error)
}

/// UTC, sortable: `20260131T235959`.
fn stamp() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Days since 1970-01-01 to year, month, day in the proleptic Gregorian calendar, by eras of 400 years from March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}
