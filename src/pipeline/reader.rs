//! The code tower as one hand: survey a tree, then hand out briefs.
//!
//! In: a [`Scan`]. Out: a [`Survey`], then [`Brief`]s by candidate id. [`Local`] works in this process; [`Remote`] is its
//! client in a sealed worker, and [`serve`] what runs there. A file that kills the parser costs that file: the worker is
//! started again, announces each file before it parses it, and then goes on without the one that killed it.
//! Start at [`Reader`].

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Scan;
use super::pack::{self, Pack};
use crate::candidates::{self, Candidate, Reported, Settings};
use crate::cards::{self, Severity};
use crate::context::{self, Brief, Budget, World};
use crate::engine::model::Profile;
use crate::flow;
use crate::flow::Graph;
use crate::index::{self, Index};
use crate::problem::{Exit, Fatal, Problem};
use crate::record::{Coverage, Sealed, hex};
use crate::sandbox::{Channel, Grants, Level, Role, Worker};
use crate::source::{self, Code, Limits, Skipped, Snapshot, SourceFile};
use crate::syntax::keep::Known;
use crate::syntax::{self, Forest};
use crate::triage::{Log, Suppress, Word};

/// Files that may kill the parser before the scan gives up.
const CRASHES: usize = 32;

/// Bytes of records of modules after which a message is sent.
const RECORDS: usize = 4 << 20;

/// Bytes of a pack that may be of no use whatever else is in it.
const SLACK: usize = 16 << 20;

/// Stack of the thread that analyses; address space, not memory, until it is used.
const STACK_BYTES: usize = 256 << 20;

pub trait Reader {
    fn survey(&mut self, scan: &Scan) -> Result<Survey, Fatal>;
    /// One brief per id, in order, sized for `profile`. Ids come from the last survey.
    fn briefs(&mut self, ids: &[String], profile: Profile) -> Result<Vec<Result<Brief, Problem>>, Fatal>;
    /// The triaged log of the last survey with the verdicts written into it; once per survey.
    fn annotate(&mut self, words: &[Word], suppress: Suppress) -> Result<String, Fatal>;
    /// The worker's measured seal; `None` in-process.
    fn sealed(&self) -> Option<Sealed>;
}

/// What the code tower found before any judge is asked. Crosses the pipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Survey {
    /// Digest of the snapshot, hex.
    pub snapshot: String,
    pub coverage: Coverage,
    pub candidates: Vec<Candidate>,
}

/// The part of a [`Scan`] that the code tower needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Errand {
    root: PathBuf,
    limits: Limits,
    min_severity: Severity,
    /// The budget in candidates.
    most: Option<usize>,
    /// Paths not to parse: they killed a worker before.
    without: BTreeSet<String>,
    /// Parse one file at a time and announce each.
    careful: bool,
    /// Threads.
    jobs: usize,
    /// The log of another scanner to take the candidates from.
    log: Option<PathBuf>,
    /// Texts to install before the first card is used.
    prompts: Vec<cards::own::File>,
    /// The modules of earlier scans.
    known: Option<Earlier>,
}

/// A pack of modules, as the reader sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Earlier {
    path: PathBuf,
    build: String,
    /// To be written over instead of used.
    fresh: bool,
}

/// What is told while the survey lasts.
enum Told<'a> {
    /// This file is parsed next.
    Parsing(&'a str),
    /// Records for the pack of modules, which is to be begun anew if so.
    Modules(bool, &'a [u8]),
}

#[derive(Debug, Serialize, Deserialize)]
enum Request {
    Survey(Box<Errand>),
    Briefs(Vec<String>, Profile),
    Annotate(Vec<Word>, Suppress),
}

#[derive(Debug, Serialize, Deserialize)]
enum Response {
    Parsing(String),
    /// Records for the pack of modules in letters, and whether it is to be begun anew.
    Modules(bool, String),
    Surveyed(Box<Survey>),
    Briefs(Vec<Result<Brief, Problem>>),
    Annotated(String),
    Fatal(Fatal),
}

/// Everything known about one tree, in this process.
#[derive(Default)]
pub struct Local {
    tree: Option<Tree>,
}

struct Tree {
    snapshot: Snapshot,
    forest: Forest,
    graph: Graph,
    index: Index,
    candidates: Vec<Candidate>,
    log: Option<Log>,
}

impl Reader for Local {
    fn survey(&mut self, scan: &Scan) -> Result<Survey, Fatal> {
        self.look(&errand(scan), &mut |_| {})
    }

    fn briefs(&mut self, ids: &[String], profile: Profile) -> Result<Vec<Result<Brief, Problem>>, Fatal> {
        let tree = self.tree.as_ref().expect("briefs are asked for after a survey");
        let world = World {
            snapshot: &tree.snapshot,
            modules: &tree.forest.modules,
            index: &tree.index,
            calls: &tree.graph,
        };
        let budget = match profile {
            Profile::Chat => Budget::FULL,
            Profile::Compact => Budget::COMPACT,
        };
        let brief = |id: &String| {
            let candidate = tree.candidates.iter().find(|candidate| candidate.id == *id);
            let candidate =
                candidate.ok_or_else(|| Problem::new(id, "not judged: the tree changed since the survey"))?;
            Ok(context::gather(candidate, &world, budget))
        };
        Ok(ids.iter().map(brief).collect())
    }

    fn annotate(&mut self, words: &[Word], suppress: Suppress) -> Result<String, Fatal> {
        let log = self.tree.as_mut().and_then(|tree| tree.log.take());
        log.map(|log| log.annotate(words, suppress)).ok_or_else(out_of_turn)
    }

    fn sealed(&self) -> Option<Sealed> {
        None
    }
}

impl Local {
    fn look(&mut self, errand: &Errand, tell: &mut dyn FnMut(Told)) -> Result<Survey, Fatal> {
        if !errand.prompts.is_empty() {
            // The supervisor has installed the same before, in its own process.
            cards::own::install(&errand.prompts).map_err(|_| out_of_turn())?;
        }
        let (extensions, interpreters) = (syntax::extensions(), syntax::interpreters());
        let code = Code {
            extensions: &extensions,
            interpreters: &interpreters,
        };
        let (snapshot, mut problems) = source::read(&errand.root, &errand.limits, code)?;
        let mut files: Vec<SourceFile> = snapshot.files().to_vec();
        files.retain(|file| !errand.without.contains(&*file.path));
        for path in &errand.without {
            problems.push(Problem::new(path, "not parsed: the parser crashed on it"));
        }
        if errand.careful {
            for file in &files {
                tell(Told::Parsing(&file.path));
                drop(syntax::parse_file(file));
            }
        }
        let forest = parse(errand, &files, &mut problems, tell);
        let (graph, met) = flow::build(&forest.modules, snapshot.files(), cards::all());
        let index = index::build(&snapshot, &forest.modules, index::entries(&graph))?;
        problems.extend(passed_over(snapshot.skipped()));
        problems.extend(forest.problems.iter().chain(&met).cloned());
        let (candidates, log) = match &errand.log {
            None => (find(errand, &graph, &forest, &snapshot), None),
            Some(path) => {
                let mut log = open(path)?;
                let reports = log.reports(&snapshot, &errand.root.to_string_lossy());
                let placed: Vec<Reported> = reports.iter().flatten().cloned().collect();
                let (candidates, fates) = candidates::reported(&graph, &forest, &snapshot, cards::all(), &placed);
                problems.extend(log.settle(reports, fates));
                (candidates, Some(log))
            }
        };
        let survey = Survey {
            snapshot: hex(&snapshot.digest()),
            coverage: coverage(&snapshot, &forest, problems),
            candidates: candidates.clone(),
        };
        self.tree = Some(Tree {
            snapshot,
            forest,
            graph,
            index,
            candidates,
            log,
        });
        Ok(survey)
    }
}

/// The modules of all files, of those that an earlier scan knew without parsing them again.
fn parse(errand: &Errand, files: &[SourceFile], problems: &mut Vec<Problem>, tell: &mut dyn FnMut(Told)) -> Forest {
    let limits = syntax::Limits::default();
    let Some(earlier) = &errand.known else {
        return syntax::parse(files, &limits);
    };
    let bytes = if earlier.fresh {
        Vec::new()
    } else {
        fs::read(&earlier.path).unwrap_or_default()
    };
    let mut known = Known::read(&bytes, &earlier.build);
    let (forest, news) = match &known {
        Some(known) if known.size > 0 => syntax::parse_news(files, &limits, Some(known)),
        _ => Default::default(),
    };
    let broken = known.is_none() || news.broken;
    if broken {
        let what = "not used: the modules kept from earlier scans were changed since";
        problems.push(Problem::left_out("modules", what));
        known = None;
    }
    // More of it is of no use than is: better begun anew, as where nothing is there or nothing of it can be trusted.
    let size = known.map_or(0, |known| known.size);
    let anew = size == 0 || size > 2 * news.used + SLACK;
    let (forest, news) = if anew {
        syntax::parse_news(files, &limits, Some(&Known::nothing()))
    } else {
        (forest, news)
    };
    let (mut first, mut some) = (anew, Vec::new());
    let count = news.records.len();
    for (at, record) in (1..).zip(news.records) {
        some.extend(record);
        if some.len() > RECORDS || at == count {
            tell(Told::Modules(std::mem::take(&mut first), &some));
            some.clear();
        }
    }
    forest
}

fn open(path: &Path) -> Result<Log, Fatal> {
    let bytes = fs::read(path).map_err(|error| {
        let what = format!("cannot read {}", path.display());
        Fatal::new(Exit::Usage, what, "give the path of a SARIF file").because(error)
    })?;
    Log::read(&path.display().to_string(), &bytes)
}

/// Code that a rule left out: a hostile tree can ignore, or dress up as binary, a file that it nevertheless ships.
fn passed_over(skipped: &Skipped) -> Vec<Problem> {
    let because = |paths: &[String], why: &str| -> Vec<Problem> {
        paths
            .iter()
            .map(|path| Problem::left_out(path, format!("not read: {why}")))
            .collect()
    };
    let data = skipped.data.first().map(|first| {
        let others = match skipped.data.len() {
            1 => String::new(),
            n => format!(" and {} other files", n - 1),
        };
        Problem::left_out(
            first,
            format!("not read as configuration{others}: large enough to be data"),
        )
    });
    [
        data.into_iter().collect(),
        because(&skipped.ignored, "a .gitignore of the tree names it"),
        because(&skipped.binary, "binary data under the name of code"),
        because(
            &skipped.minified,
            "third-party or generated, with a line over the limit",
        ),
    ]
    .concat()
}

fn errand(scan: &Scan) -> Errand {
    Errand {
        root: scan.root.clone(),
        limits: scan.limits.clone(),
        min_severity: scan.min_severity,
        most: scan.candidates,
        without: BTreeSet::new(),
        careful: false,
        jobs: scan.jobs,
        known: None,
        prompts: scan.prompts.iter().flat_map(|prompts| prompts.files.clone()).collect(),
        log: scan.triage.as_ref().map(|triage| triage.log.clone()),
    }
}

/// Every candidate that has a reason of its own; risky functions only fill a budget that leaves room for them.
fn find(errand: &Errand, graph: &Graph, forest: &Forest, snapshot: &Snapshot) -> Vec<Candidate> {
    let settings = |max, sweep| Settings {
        max,
        severity: errand.min_severity,
        sweep,
        ..Settings::default()
    };
    let found = candidates::find(graph, forest, snapshot, cards::all(), &settings(usize::MAX, false));
    match errand.most {
        Some(most) if most > found.len() => {
            candidates::find(graph, forest, snapshot, cards::all(), &settings(most, true))
        }
        _ => found,
    }
}

fn coverage(snapshot: &Snapshot, forest: &Forest, problems: Vec<Problem>) -> Coverage {
    let lines = snapshot
        .files()
        .iter()
        .map(|file| snapshot.line_count(file.id) as usize)
        .sum();
    let languages = forest
        .lines
        .iter()
        .map(|(row, lines)| ((*row).to_owned(), *lines as usize))
        .collect();
    let functions = forest.modules.iter().map(|module| module.functions.len() - 1).sum();
    Coverage {
        files: snapshot.files().len(),
        lines,
        functions,
        partial: forest.modules.iter().filter(|module| module.partial).count(),
        languages,
        proposed: 0,
        problems,
    }
}

/// What runs in the sealed reader: on a thread of its own, because code may nest deeper than the first thread's stack.
pub fn serve(channel: Channel) -> Result<(), Fatal> {
    let work = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || answer(channel));
    let joined = work.map(std::thread::JoinHandle::join);
    match joined {
        Ok(Ok(served)) => served,
        // A panic has been printed by then; to the supervisor it is a worker that died.
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => {
            let what = "the reader cannot start its thread";
            Err(Fatal::new(Exit::Incomplete, what, "free memory or raise the limit of threads").because(error))
        }
    }
}

fn answer(mut channel: Channel) -> Result<(), Fatal> {
    let mut local = Local::default();
    while let Some(request) = channel.receive::<Request>()? {
        let response = match request {
            Request::Survey(errand) => {
                // Fails only on a second survey, when the pool stands already.
                drop(rayon::ThreadPoolBuilder::new().num_threads(errand.jobs).build_global());
                let mut broken = None;
                let survey = local.look(&errand, &mut |told| {
                    let response = match told {
                        Told::Parsing(path) => Response::Parsing(path.to_owned()),
                        Told::Modules(anew, records) => Response::Modules(anew, pack::letters(records)),
                    };
                    broken = broken.take().or_else(|| channel.send(&response).err());
                });
                if let Some(fatal) = broken {
                    return Err(fatal);
                }
                survey.map_or_else(Response::Fatal, |survey| Response::Surveyed(Box::new(survey)))
            }
            Request::Briefs(ids, profile) => local
                .briefs(&ids, profile)
                .map_or_else(Response::Fatal, Response::Briefs),
            Request::Annotate(words, suppress) => local
                .annotate(&words, suppress)
                .map_or_else(Response::Fatal, Response::Annotated),
        };
        channel.send(&response)?;
    }
    Ok(())
}

/// The client of a sealed reader.
pub struct Remote {
    worker: Worker,
    pack: Option<Pack>,
}

impl Remote {
    /// A reader of what it may `see`, the tree and a log to triage, and of the modules that earlier scans of it left, if
    /// there are any.
    pub fn start(see: Vec<PathBuf>, minimum: Level, pack: Option<Pack>) -> Result<Self, Fatal> {
        let known = pack.as_ref().map(|pack| pack.path().to_owned());
        let grants = Grants {
            read: see.into_iter().chain(known).collect(),
            ..Grants::default()
        };
        let worker = Worker::spawn(Role::Reader, &grants, minimum)?;
        Ok(Self { worker, pack })
    }

    /// One attempt. `Err` holds the file announced last when the worker died.
    fn attempt(&mut self, errand: Errand) -> Result<Result<Survey, Fatal>, (Option<String>, Fatal)> {
        let mut last = None;
        if let Err(lost) = self.worker.send(&Request::Survey(Box::new(errand))) {
            return Err((None, lost.into()));
        }
        loop {
            match self.worker.receive::<Response>(None) {
                Ok(Response::Parsing(path)) => last = Some(path),
                Ok(Response::Modules(anew, letters)) => match (&mut self.pack, pack::bytes(&letters)) {
                    (Some(pack), Some(records)) => pack.add(anew, &records),
                    _ => return Ok(Err(out_of_turn())),
                },
                Ok(Response::Surveyed(survey)) => return Ok(Ok(*survey)),
                Ok(Response::Fatal(fatal)) => return Ok(Err(fatal)),
                Ok(Response::Briefs(_) | Response::Annotated(_)) => return Ok(Err(out_of_turn())),
                Err(lost) => return Err((last, lost.into())),
            }
        }
    }
}

impl Reader for Remote {
    fn survey(&mut self, scan: &Scan) -> Result<Survey, Fatal> {
        let mut errand = errand(scan);
        errand.known = self.pack.as_ref().map(|pack| Earlier {
            path: pack.path().to_owned(),
            build: pack.build.clone(),
            fresh: pack.fresh,
        });
        for _ in 0..CRASHES {
            match self.attempt(errand.clone()) {
                Ok(survey) => return survey,
                // Whatever it was, it is not tried with the same modules again, nor by a later scan.
                Err(_) if errand.known.take().is_some() => {
                    self.pack.iter_mut().for_each(Pack::clear);
                }
                Err((None, fatal)) if errand.careful => return Err(fatal),
                Err((None, _)) => errand.careful = true,
                Err((Some(culprit), fatal)) => {
                    // The same file twice means that something else dies after all files were parsed.
                    if !errand.without.insert(culprit) {
                        return Err(fatal);
                    }
                }
            }
            self.worker.restart()?;
        }
        let what = format!("the reader died on more than {CRASHES} files of this tree");
        Err(Fatal::new(
            Exit::Incomplete,
            what,
            "scan its parts one by one to find out which of them can be read",
        ))
    }

    fn briefs(&mut self, ids: &[String], profile: Profile) -> Result<Vec<Result<Brief, Problem>>, Fatal> {
        self.worker.send(&Request::Briefs(ids.to_vec(), profile))?;
        match self.worker.receive::<Response>(None)? {
            Response::Briefs(briefs) => Ok(briefs),
            Response::Fatal(fatal) => Err(fatal),
            _ => Err(out_of_turn()),
        }
    }

    fn annotate(&mut self, words: &[Word], suppress: Suppress) -> Result<String, Fatal> {
        self.worker.send(&Request::Annotate(words.to_vec(), suppress))?;
        match self.worker.receive::<Response>(None)? {
            Response::Annotated(log) => Ok(log),
            Response::Fatal(fatal) => Err(fatal),
            _ => Err(out_of_turn()),
        }
    }

    fn sealed(&self) -> Option<Sealed> {
        Some(super::judge::sealed(&self.worker, Role::Reader))
    }
}

fn out_of_turn() -> Fatal {
    Fatal::new(
        Exit::Incomplete,
        "the reader answered out of turn",
        "the scanner itself is at fault; please report it",
    )
}
