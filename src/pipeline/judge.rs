//! The model tower as one hand: prompts over a pipe to a sealed worker that holds the weights.
//!
//! In: a [`Located`] model. Out: [`Remote`], which is a [`Model`]. The judge never sees the repository, only prompts.
//! [`Walled`] uses the same kind of worker to look into model files that are to be imported.
//! Start at [`Remote::start`]; [`serve`] is what runs in the worker.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::patience::{Answers, Line, Patience};
use crate::engine::model::{Identity, Model, Prompt, Reply};
use crate::engine::{Device, Engine, EngineSettings, Pace};
use crate::models::{self, InProcess, Inspected, Inspector, Located, Verified, Weights};
use crate::problem::{Exit, Fatal, Problem};
use crate::record::Sealed;
use crate::sandbox::{Cause, Channel, Grants, Level, Role, Worker};

/// How long reading the headers of a model may take; the largest vocabularies take seconds.
const INSPECT_LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// The model, how to run it, and the bytes of memory it may take.
    Load(Box<Located>, EngineSettings, u64),
    Ask(Vec<Prompt>),
    /// How fast the loaded model runs here.
    Pace,
    Look(PathBuf),
    Inspect(PathBuf, Vec<String>),
}

#[derive(Debug, Serialize, Deserialize)]
enum Response {
    Loaded(Identity, String),
    Answers(Vec<Result<Reply, Problem>>),
    Pace(Pace),
    Looked(BTreeMap<String, String>),
    Inspected(Inspected),
    Fatal(Fatal),
}

/// What runs in the sealed judge.
pub fn serve(mut channel: Channel) -> Result<(), Fatal> {
    let mut engine: Option<Engine> = None;
    while let Some(request) = channel.receive::<Request>()? {
        let response = match request {
            Request::Load(located, settings, available) => match load(&located, settings, available) {
                Ok(loaded) => {
                    let told = Response::Loaded(loaded.identity().clone(), loaded.device_name());
                    engine = Some(loaded);
                    told
                }
                Err(fatal) => Response::Fatal(fatal),
            },
            Request::Ask(prompts) => match engine.as_mut() {
                Some(engine) => engine.ask(&prompts).map_or_else(Response::Fatal, Response::Answers),
                None => Response::Fatal(out_of_turn()),
            },
            Request::Pace => match engine.as_mut() {
                Some(engine) => engine.pace().map_or_else(Response::Fatal, Response::Pace),
                None => Response::Fatal(out_of_turn()),
            },
            Request::Look(path) => InProcess.look(&path).map_or_else(Response::Fatal, Response::Looked),
            Request::Inspect(folder, names) => InProcess
                .inspect(&folder, &names)
                .map_or_else(Response::Fatal, Response::Inspected),
        };
        channel.send(&response)?;
    }
    Ok(())
}

fn load(located: &Located, settings: EngineSettings, available: u64) -> Result<Engine, Fatal> {
    let verified = located.open()?;
    fits(&verified, &settings, available)?;
    Engine::load(&verified, settings)
}

/// Refuses before anything is allocated, with the numbers.
fn fits(verified: &Verified, settings: &EngineSettings, available: u64) -> Result<(), Fatal> {
    let weights = Weights::of(verified)?;
    let plan = models::plan(weights.hyper(), weights.total_bytes(), &settings.load(&weights))?;
    models::refuse_if_too_large(&plan, available)
}

/// How to run a model, from what its manifest hints at.
pub fn settings(located: &Located, device: Device, threads: usize) -> EngineSettings {
    let manifest = located.manifest();
    let hints = manifest.memory;
    EngineSettings {
        device,
        ..EngineSettings::new(manifest.context, hints.rows, hints.sequences, threads)
    }
}

/// Device nodes that a GPU driver opens; none for the CPU. Metal has no nodes.
fn nodes(device: Device) -> Vec<PathBuf> {
    let Device::Cuda(number) = device else {
        return Vec::new();
    };
    let own = format!("/dev/nvidia{number}");
    let names = [
        "/dev/nvidiactl",
        "/dev/nvidia-uvm",
        "/dev/nvidia-uvm-tools",
        "/dev/nvidia-modeset",
        own.as_str(),
    ];
    names.iter().map(PathBuf::from).filter(|path| path.exists()).collect()
}

/// The client of a sealed judge.
pub struct Remote {
    worker: Worker,
    located: Located,
    settings: EngineSettings,
    identity: Identity,
    device: String,
    patience: Patience,
}

impl Remote {
    /// A judge that is waited for as long as `limit` for each question.
    pub fn start(located: Located, settings: EngineSettings, minimum: Level, limit: Duration) -> Result<Self, Fatal> {
        let read = located.files().into_iter().map(|file| file.path).collect();
        let grants = Grants {
            read,
            devices: nodes(settings.device),
            ..Grants::default()
        };
        let mut worker = Worker::spawn(Role::Judge, &grants, minimum)?;
        let (identity, device) = introduce(&mut worker, &located, &settings)?;
        Ok(Self {
            worker,
            located,
            settings,
            identity,
            device,
            patience: Patience::new(limit),
        })
    }

    /// Where the model runs: `cpu, 2 threads`.
    pub fn device(&self) -> &str {
        &self.device
    }

    pub fn sealed(&self) -> Sealed {
        sealed(&self.worker, Role::Judge)
    }

    /// Measures how fast the model runs here.
    pub fn pace(&mut self) -> Result<Pace, Fatal> {
        self.worker.send(&Request::Pace)?;
        match self.worker.receive::<Response>(None)? {
            Response::Pace(pace) => Ok(pace),
            Response::Fatal(fatal) => Err(fatal),
            _ => Err(out_of_turn()),
        }
    }
}

fn introduce(worker: &mut Worker, located: &Located, settings: &EngineSettings) -> Result<(Identity, String), Fatal> {
    let available = models::available_bytes()?;
    worker.send(&Request::Load(Box::new(located.clone()), *settings, available))?;
    match worker.receive::<Response>(None)? {
        Response::Loaded(identity, device) => Ok((identity, device)),
        Response::Fatal(fatal) => Err(fatal),
        _ => Err(out_of_turn()),
    }
}

impl Model for Remote {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn ask(&mut self, prompts: &[Prompt]) -> Result<Vec<Result<Reply, Problem>>, Fatal> {
        let Self {
            worker,
            located,
            settings,
            patience,
            ..
        } = self;
        let mut line = Wire {
            worker,
            located,
            settings,
        };
        patience.ask(&mut line, prompts)
    }
}

/// The pipe to the worker, and what it takes to start another.
struct Wire<'a> {
    worker: &'a mut Worker,
    located: &'a Located,
    settings: &'a EngineSettings,
}

impl Line for Wire<'_> {
    fn put(&mut self, prompts: &[Prompt], within: Duration) -> Result<Result<Answers, Fatal>, Cause> {
        let request = Request::Ask(prompts.to_vec());
        self.worker.send(&request).map_err(|lost| lost.cause)?;
        let response = self.worker.receive::<Response>(Some(within));
        Ok(match response.map_err(|lost| lost.cause)? {
            Response::Answers(answers) if answers.len() == prompts.len() => Ok(answers),
            Response::Fatal(fatal) => Err(fatal),
            _ => Err(out_of_turn()),
        })
    }

    fn restart(&mut self) -> Result<(), Fatal> {
        self.worker.restart()?;
        introduce(self.worker, self.located, self.settings).map(|_| ())
    }
}

/// Reads model files in a sealed judge that can reach nothing else.
pub struct Walled {
    /// The weakest sandbox to go on with.
    pub minimum: Level,
}

impl Walled {
    fn ask(&self, read: Vec<PathBuf>, request: &Request) -> Result<Response, Fatal> {
        let grants = Grants {
            read,
            ..Grants::default()
        };
        let mut worker = Worker::spawn(Role::Judge, &grants, self.minimum)?;
        worker.send(request)?;
        match worker.receive::<Response>(Some(INSPECT_LIMIT)) {
            Ok(Response::Fatal(fatal)) => Err(fatal),
            Ok(response) => Ok(response),
            Err(lost) => {
                let fatal = Fatal::new(
                    Exit::Usage,
                    "the process that read the model's files did not survive them",
                    "do not use these files: fetch the model again, from a source you trust",
                );
                Err(lost.speech.iter().fold(fatal.because(lost.cause), Fatal::because))
            }
        }
    }
}

impl Inspector for Walled {
    fn look(&mut self, path: &Path) -> Result<BTreeMap<String, String>, Fatal> {
        match self.ask(behind_links(path), &Request::Look(path.to_owned()))? {
            Response::Looked(chosen) => Ok(chosen),
            _ => Err(out_of_turn()),
        }
    }

    fn inspect(&mut self, folder: &Path, names: &[String]) -> Result<Inspected, Fatal> {
        match self.ask(
            vec![folder.to_owned()],
            &Request::Inspect(folder.to_owned(), names.to_vec()),
        )? {
            Response::Inspected(inspected) => Ok(inspected),
            _ => Err(out_of_turn()),
        }
    }
}

/// A path and the regular files that links directly in it lead to: caches of downloads are folders of such links.
fn behind_links(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
    let targets = links.filter_map(|link| link.path().canonicalize().ok());
    std::iter::once(path.to_owned())
        .chain(targets.filter(|target| target.is_file()))
        .collect()
}

/// What a worker's self-test measured, in the record's form.
pub fn sealed(worker: &Worker, role: Role) -> Sealed {
    let measured = worker.measured();
    let open = measured
        .attempts
        .iter()
        .filter(|attempt| !attempt.denied)
        .map(|attempt| attempt.name.clone());
    Sealed {
        worker: role.name().to_owned(),
        level: measured.level.name().to_owned(),
        refused: measured.attempts.iter().filter(|attempt| attempt.denied).count(),
        tried: measured.attempts.len(),
        open: open.collect(),
    }
}

fn out_of_turn() -> Fatal {
    Fatal::new(
        Exit::Incomplete,
        "the judge answered out of turn",
        "the scanner itself is at fault; please report it",
    )
}
