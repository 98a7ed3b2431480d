//! Command line over configuration file over defaults: the only reader of environment and configuration.
//!
//! The configuration file is the user's or the operator's, never the scanned repository's: a file of that name inside
//! the tree is not read, because a repository must not choose how it is looked at.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::args::{Budget, PlaceArgs, ScanArgs, duration};
use crate::cards::Severity;
use crate::problem::{Exit, Fatal};
use crate::report::Format;
use crate::sandbox::Level;
use crate::source::Limits;

/// How long a judge may think about one question before it counts as hung: the largest models on a processor take minutes.
const ANSWER_TIME: Duration = Duration::from_secs(600);

/// The file. Every key is optional and named as the flag is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    scan: ScanKeys,
    limits: LimitKeys,
    state: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ScanKeys {
    budget: Option<String>,
    min_severity: Option<Severity>,
    fail_on: Option<Severity>,
    model: Option<String>,
    verifier_model: Option<String>,
    prompts: Option<PathBuf>,
    votes: Option<u8>,
    seed: Option<u64>,
    jobs: Option<usize>,
    answer_time: Option<String>,
    device: Option<String>,
    quantize: Option<String>,
    sandbox: Option<String>,
    format: Option<Format>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct LimitKeys {
    file_bytes: Option<u64>,
    files: Option<usize>,
    depth: Option<usize>,
    total_bytes: Option<u64>,
    line_bytes: Option<usize>,
    gitignore: Option<bool>,
    hidden: Option<bool>,
}

/// What a scan will do, resolved.
#[derive(Debug)]
pub struct Settings {
    pub places: Places,
    pub format: Format,
    pub budget: Option<Budget>,
    pub min_severity: Severity,
    pub fail_on: Severity,
    pub model: Option<String>,
    pub verifier_model: Option<String>,
    pub prompts: Option<PathBuf>,
    pub votes: usize,
    pub seed: u64,
    pub jobs: usize,
    /// For one question.
    pub answer_time: Duration,
    pub device: Option<String>,
    pub quantize: Option<String>,
    pub sandbox: Level,
    pub limits: Limits,
}

/// Directories this program may write to.
#[derive(Debug, Clone)]
pub struct Places {
    pub runs: PathBuf,
    pub models: PathBuf,
    /// What is kept of the code that was read, to read it faster.
    pub packs: PathBuf,
}

pub fn scan(args: &ScanArgs) -> Result<Settings, Fatal> {
    let file = read(&args.place)?;
    let budget = match (&args.budget, &file.scan.budget) {
        (Some(budget), _) => Some(*budget),
        (None, Some(text)) => Some(Budget::parse(text).map_err(|why| wrong(&args.place, "budget", &why))?),
        (None, None) => None,
    };
    let answer_time = match (args.workers.answer_time, &file.scan.answer_time) {
        (Some(time), _) => time,
        (None, Some(text)) => duration(text).map_err(|why| wrong(&args.place, "answer-time", &why))?,
        (None, None) => ANSWER_TIME,
    };
    let sandbox = level(args.workers.sandbox.as_deref(), &file)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Settings {
        places: places(&args.place, &file)?,
        format: args.output.format.or(file.scan.format).unwrap_or(Format::Terminal),
        budget,
        min_severity: args.min_severity.or(file.scan.min_severity).unwrap_or(Severity::Note),
        fail_on: args.fail_on.or(file.scan.fail_on).unwrap_or(Severity::Low),
        model: args.model.clone().or(file.scan.model),
        verifier_model: args.verifier_model.clone().or(file.scan.verifier_model),
        prompts: args.prompts.clone().or(file.scan.prompts),
        votes: usize::from(args.votes.or(file.scan.votes).unwrap_or(1).max(1)),
        seed: args.seed.or(file.scan.seed).unwrap_or(0),
        jobs: args.workers.jobs.or(file.scan.jobs).unwrap_or(cores).max(1),
        answer_time,
        device: args.workers.device.clone().or(file.scan.device),
        quantize: args.workers.quantize.clone().or(file.scan.quantize),
        sandbox,
        limits: limits(&file.limits),
    })
}

/// The weakest sandbox to go on with, for subcommands that take no other setting.
pub fn sandbox(asked: Option<&str>, place: &PlaceArgs) -> Result<Level, Fatal> {
    level(asked, &read(place)?)
}

fn level(asked: Option<&str>, file: &File) -> Result<Level, Fatal> {
    let word = asked.or(file.scan.sandbox.as_deref());
    let level = word.map_or(Ok(Level::Full), str::parse);
    level.map_err(|why| Fatal::new(Exit::Usage, why, "see `anchorite scan --help`"))
}

/// Where runs and models live, for subcommands that need no more.
pub fn locate(args: &PlaceArgs) -> Result<Places, Fatal> {
    places(args, &read(args)?)
}

fn places(args: &PlaceArgs, file: &File) -> Result<Places, Fatal> {
    let given = args.state.clone().or_else(|| file.state.clone());
    let state = match given {
        Some(dir) => dir,
        None => base("XDG_STATE_HOME", ".local/state")?.join("anchorite"),
    };
    Ok(Places {
        runs: state.join("runs"),
        models: state.join("models"),
        packs: state.join("packs"),
    })
}

fn limits(keys: &LimitKeys) -> Limits {
    let default = Limits::default();
    Limits {
        file_bytes: keys.file_bytes.unwrap_or(default.file_bytes),
        files: keys.files.unwrap_or(default.files),
        depth: keys.depth.unwrap_or(default.depth),
        total_bytes: keys.total_bytes.unwrap_or(default.total_bytes),
        line_bytes: keys.line_bytes.unwrap_or(default.line_bytes),
        gitignore: keys.gitignore.unwrap_or(default.gitignore),
        hidden: keys.hidden.unwrap_or(default.hidden),
    }
}

fn read(args: &PlaceArgs) -> Result<File, Fatal> {
    let (path, asked) = match &args.config {
        Some(path) => (path.clone(), true),
        None => match base("XDG_CONFIG_HOME", ".config") {
            Ok(dir) => (dir.join("anchorite/anchorite.toml"), false),
            Err(_) => return Ok(File::default()),
        },
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if !asked && error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => {
            let what = format!("cannot read the configuration {}", path.display());
            return Err(Fatal::new(Exit::Usage, what, "give an existing file with --config").because(error));
        }
    };
    toml::from_str(&text).map_err(|error| {
        let what = format!("the configuration {} is not understood", path.display());
        Fatal::new(
            Exit::Usage,
            what,
            "mend or remove the line named above; keys are the flags of `scan`",
        )
        .because(error)
    })
}

fn wrong(args: &PlaceArgs, key: &str, why: &str) -> Fatal {
    let path = args.config.as_deref().unwrap_or(Path::new("anchorite.toml"));
    Fatal::new(
        Exit::Usage,
        format!("{}: {why}", path.display()),
        format!("mend the key `{key}` under [scan]"),
    )
}

fn base(variable: &str, below_home: &str) -> Result<PathBuf, Fatal> {
    let absolute = |value: std::ffi::OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    let chosen = env::var_os(variable).and_then(absolute);
    chosen
        .or_else(|| env::var_os("HOME").and_then(absolute).map(|home| home.join(below_home)))
        .ok_or_else(|| {
            Fatal::new(
                Exit::Usage,
                format!("neither {variable} nor HOME names a directory"),
                "give one with --state DIR",
            )
        })
}
