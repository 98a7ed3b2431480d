//! What may stand on the command line: shapes only, no defaults from elsewhere, no side effects.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::cards::Severity;
use crate::report::Format;

/// Find vulnerabilities in a code base with open-weight models, on this machine and nowhere else.
///
/// Candidates are found by data flow, judged by a detector and attacked by a verifier; what stands is reported with the
/// lines that prove it. Nothing leaves the machine: the processes that read code and run models cannot open a socket.
#[derive(Debug, Parser)]
#[command(name = "anchorite", version, max_term_width = 100, after_help = EXITS)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 usage; 3 incomplete; 4 sandbox weaker \
than asked; 5 a digest does not match; 75 interrupted, the same command resumes.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan a directory or a file
    Scan(ScanArgs),
    /// Judge what another scanner reported and write its SARIF again with the verdicts in it
    Triage(TriageArgs),
    /// Say what is known about a weakness, or list all of them
    Explain(ExplainArgs),
    /// List, import, check and remove models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Write the report of an earlier run again, in any format
    Report(ReportArgs),
    /// Judge one candidate of an earlier run again and say whether it comes out the same, to the bit
    Replay(ReplayArgs),
    /// Measure on labelled code what an imported model's probabilities are off by, and correct them from then on
    Calibrate(CalibrateArgs),
    /// Say what will and will not be enforced here, and what this machine can run
    Doctor(DoctorArgs),
    /// Print what a judge would be shown for every candidate, as JSON lines, without asking one
    Brief(BriefArgs),
    /// Write the cards and prompts inside into a folder, to be changed and given back with `scan --prompts`
    Prompts(PromptsArgs),
    /// Print shell completions
    Completions { shell: Shell },
    /// Print the manual page (roff)
    Man,
}

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Directory or file to scan
    pub path: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Stop after a time or a number of candidates: `10m`, `2h`, `500 candidates`
    #[arg(long, value_parser = Budget::parse)]
    pub budget: Option<Budget>,
    /// Look only for weaknesses at least this bad
    #[arg(long, value_enum)]
    pub min_severity: Option<Severity>,
    /// Exit with 1 when a confirmed finding is at least this bad [default: low]
    #[arg(long, value_enum)]
    pub fail_on: Option<Severity>,
    /// Model that judges, by the name `models list` shows [default: novice, the one inside]
    #[arg(long)]
    pub model: Option<String>,
    /// Model that verifies [default: the same]
    #[arg(long)]
    pub verifier_model: Option<String>,
    /// Folder of your own cards and prompts, in place of those inside; `anchorite prompts` writes those out
    #[arg(long, value_name = "DIR")]
    pub prompts: Option<PathBuf>,
    /// How often the verifier is asked about what it confirms; most of the votes must agree [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=15))]
    pub votes: Option<u8>,
    /// Seed of every random choice
    #[arg(long)]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub workers: WorkerArgs,
    /// Ask the model everything again: take over nothing from earlier runs, resume none
    #[arg(long)]
    pub fresh: bool,
    /// Judge some of the candidates, say how long all would take, and keep no run
    #[arg(long)]
    pub dry_run: bool,
    /// No progress, no hints
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

impl ScanArgs {
    /// A scan that was asked for nothing special, and says nothing.
    pub fn plain(path: PathBuf, workers: &WorkerArgs, place: &PlaceArgs) -> Self {
        Self {
            path,
            output: OutputArgs {
                format: None,
                output: None,
            },
            budget: None,
            min_severity: None,
            fail_on: None,
            model: None,
            verifier_model: None,
            prompts: None,
            votes: None,
            seed: None,
            workers: workers.clone(),
            fresh: false,
            dry_run: false,
            quiet: true,
            place: place.clone(),
        }
    }
}

/// The options of `scan` mean the same here; without `--format`, the log itself is written, with the verdicts in it.
#[derive(Debug, Args)]
pub struct TriageArgs {
    /// SARIF 2.1 log of another scanner, made from the same code
    pub log: PathBuf,
    #[command(flatten)]
    pub scan: ScanArgs,
    /// Write suppressions of what the judges cleared as accepted; otherwise they wait for a person, under review
    #[arg(long)]
    pub accept: bool,
}

/// How the workers of a scan or of a replay are run.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// Threads [default: all cores]
    #[arg(short, long)]
    pub jobs: Option<usize>,
    /// How long a model may take for one question before it counts as hung: `90s`, `10m`, `2h` [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub answer_time: Option<Duration>,
    /// Where the model runs: `cpu`, `cuda:0`, `metal:0` [default: cpu]
    #[arg(long)]
    pub device: Option<String>,
    /// Narrow weights of 16 or 32 bits when they are loaded, to `q8_0` or `q4_k` (where rows allow it): less memory, more speed
    #[arg(long)]
    pub quantize: Option<String>,
    /// Weakest sandbox to go on with: `full`, `seccomp-only`, `none`; the report states what was measured [default: full]
    #[arg(long)]
    pub sandbox: Option<String>,
}

#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Format of the report [default: terminal]
    #[arg(short, long, value_enum)]
    pub format: Option<Format>,
    /// Write the report to a file instead of standard output
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    /// Configuration file [default: anchorite/anchorite.toml in the user's configuration directory]
    #[arg(long, env = "ANCHORITE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Directory for runs and models [default: anchorite in the user's state directory]
    #[arg(long, env = "ANCHORITE_STATE")]
    pub state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// `CWE-89`, `89`, or nothing for the list
    pub weakness: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Models that can be used, and the families that can be imported
    List(PlaceArgs),
    /// Copy a GGUF file or a directory of safetensors into the store and pin its digests
    Import {
        path: PathBuf,
        /// Name to use it by [default: from the file name]
        #[arg(long)]
        name: Option<String>,
        /// Weakest sandbox to read the files in: `full`, `seccomp-only`, `none` [default: full]
        #[arg(long)]
        sandbox: Option<String>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Hash every file of a model and compare with what is pinned
    Verify {
        name: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Delete an imported model
    Remove {
        name: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Directory of the run [default: the newest]
    pub run: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// List only findings at least this bad
    #[arg(long, value_enum)]
    pub min_severity: Option<Severity>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Id of the finding, or its first letters, as reports show it
    pub finding: String,
    /// Directory of the run [default: the newest]
    #[arg(long)]
    pub run: Option<PathBuf>,
    /// Show every prompt and reply
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub workers: WorkerArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Measure how fast a model runs here: tokens a second, memory, candidates an hour
    #[arg(long)]
    pub bench: bool,
    /// The model to measure, by the name `models list` shows [default: novice, the one inside]
    #[arg(long, requires = "bench")]
    pub model: Option<String>,
    #[command(flatten)]
    pub workers: WorkerArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// Name of an imported model
    pub model: String,
    /// Directory of labelled code that the model was not trained on
    pub path: PathBuf,
    /// Labels, one JSON object a line: `path`, `cwe`, `vulnerable`, and `start_line` and `end_line` unless it is about a file
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    #[command(flatten)]
    pub workers: WorkerArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct PromptsArgs {
    /// Folder to write into; it may exist, files of the same names may not
    pub folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct BriefArgs {
    /// Directory or file
    pub path: PathBuf,
    /// Size and form: `chat` for instruction-following models, `compact` for the novice
    #[arg(long, default_value = "compact")]
    pub profile: String,
}

/// How long a scan may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    Time(Duration),
    Candidates(usize),
}

/// A number with a unit of time.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time; write 500ms, 90s, 10m or 2h");
    let (number, unit) = parts(text).ok_or_else(wrong)?;
    time(number, unit).ok_or_else(wrong)
}

fn time(number: u64, unit: &str) -> Option<Duration> {
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" | "min" => Some(Duration::from_secs(number.saturating_mul(60))),
        "h" => Some(Duration::from_secs(number.saturating_mul(3600))),
        _ => None,
    }
}

/// `10 m` → 10 and `m`.
fn parts(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    Some((number.parse().ok()?, unit.trim()))
}

impl Budget {
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not a budget; write a time (90s, 10m, 2h) or a number of candidates (500 candidates)")
        };
        let (number, unit) = parts(text).ok_or_else(wrong)?;
        match unit {
            "candidate" | "candidates" => usize::try_from(number).map(Self::Candidates).map_err(|_| wrong()),
            _ => time(number, unit).map(Self::Time).ok_or_else(wrong),
        }
    }
}
