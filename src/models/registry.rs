//! The store of imported models: one folder per model, with its manifest and its files.
//!
//! In: the store's path, and names. Out: manifests, and a [`Located`] to open.
//! Deliberately absent: environment variables (the command line reads those), weights, downloads.
//! Start at [`Registry::resolve`].

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::fault::quoted;
use super::import;
use super::inspect::Inspector;
use super::manifest::{Calibration, Manifest, check_name};
use super::novice;
use super::store;
use super::verified::{self, Located};
use crate::problem::{Exit, Fatal};

/// A model's manifest in its folder.
pub(super) const MANIFEST: &str = "manifest.toml";
/// Folders that are not models: imports under way.
pub(super) const INCOMING: &str = ".incoming-";

/// A directory with one folder per model.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

impl Registry {
    /// `root` need not exist yet; import makes it. Nothing is read.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The model inside the binary, then every imported one by name. A store or a manifest that cannot be trusted is an
    /// error that names it.
    pub fn list(&self) -> Result<Vec<Manifest>, Fatal> {
        let mut manifests = vec![novice::manifest().clone()];
        for name in self.names()? {
            manifests.push(self.read(&name)?);
        }
        Ok(manifests)
    }

    /// Copies a model into the store and pins it. `path`: a GGUF file, or a folder with safetensors, config.json and
    /// tokenizer.json (or one GGUF file and a tokenizer.json). Without `name` the file's or folder's own is taken.
    ///
    /// The copy lies under a temporary name until it is complete, on disk, parsed and pinned; any error leaves the
    /// store as it was.
    ///
    /// `inspector` reads what may be hostile.
    pub fn import(&self, path: &Path, name: Option<&str>, inspector: &mut dyn Inspector) -> Result<Manifest, Fatal> {
        import::import(&self.root, path, name, inspector)
    }

    /// Hashes every file of `name` again. Exit 5 naming the first file that differs.
    pub fn verify(&self, name: &str) -> Result<Manifest, Fatal> {
        let located = self.resolve(Some(name))?;
        located.open()?;
        Ok(located.manifest().clone())
    }

    /// Pins what an imported model's verdicts are corrected by from now on.
    pub fn calibrate(&self, name: &str, calibration: Calibration) -> Result<Manifest, Fatal> {
        let folder = self.folder(name)?;
        let _lock = store::lock(&self.root)?;
        let manifest = Manifest {
            calibration,
            ..self.read(name)?
        };
        let (fresh, path) = (folder.join(format!("{INCOMING}manifest")), folder.join(MANIFEST));
        // One that an earlier attempt left half written is of no use.
        drop(fs::remove_file(&fresh));
        let written = store::create(&fresh).and_then(|mut file| {
            file.write_all(manifest.to_toml().as_bytes())?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            store::sync(&folder)
        });
        written.map_err(|error| store::unusable(&path, error))?;
        Ok(manifest)
    }

    /// Deletes an imported model, even one whose manifest cannot be read any more.
    pub fn remove(&self, name: &str) -> Result<(), Fatal> {
        if name == novice::NAME {
            let what = format!("the starter model `{name}` is part of the program and cannot be removed");
            return Err(Fatal::new(Exit::Usage, what, "name another model"));
        }
        let folder = self.folder(name)?;
        let _lock = store::lock(&self.root)?;
        import::sweep(&self.root);
        // A name that starts with a dot is no model any more, whatever happens while its files are deleted.
        let doomed = self.root.join(format!("{INCOMING}removed-{name}"));
        fs::rename(&folder, &doomed).map_err(|error| store::unusable(&folder, error))?;
        fs::remove_dir_all(&doomed).map_err(|error| store::unusable(&doomed, error))
    }

    /// Finds a model without reading its files. None: the only imported model, or the starter model when none is
    /// imported; with several imported ones a name is needed.
    pub fn resolve(&self, name: Option<&str>) -> Result<Located, Fatal> {
        let names = self.names()?;
        let chosen = match (name, names.as_slice()) {
            (Some(name), _) => name,
            (None, [only]) => only,
            (None, []) => novice::NAME,
            (None, several) => {
                let what = format!("several models are imported: {}", several.join(", "));
                return Err(Fatal::new(Exit::Usage, what, "say which one to use with --model"));
            }
        };
        if chosen == novice::NAME {
            return Ok(Located::new(novice::manifest().clone(), None));
        }
        let folder = self.folder(chosen)?;
        let folder = std::path::absolute(&folder).map_err(|error| store::unusable(&folder, error))?;
        let manifest = self.read(chosen)?;
        for file in &manifest.files {
            store::check_file(&folder.join(&file.name))?;
        }
        Ok(Located::new(manifest, Some(folder)))
    }

    /// Names of imported models, sorted.
    fn names(&self) -> Result<Vec<String>, Fatal> {
        if !store::check(&self.root)? {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(|error| store::unusable(&self.root, error))? {
            let entry = entry.map_err(|error| store::unusable(&self.root, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if check_name(&name).is_ok() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The folder of an imported model, checked.
    fn folder(&self, name: &str) -> Result<PathBuf, Fatal> {
        let usage = |what: String, help: String| Err(Fatal::new(Exit::Usage, what, help));
        if let Err(cause) = check_name(name) {
            return usage(cause, "name a model that `anchorite models list` shows".into());
        }
        let folder = self.root.join(name);
        if store::check(&self.root)? && store::check(&folder)? {
            return Ok(folder);
        }
        let known = self
            .names()?
            .into_iter()
            .chain([novice::NAME.to_owned()])
            .collect::<Vec<_>>()
            .join(", ");
        let help = format!("import it with: anchorite models import PATH --name {name}; known models: {known}");
        usage(format!("there is no model {}", quoted(name)), help)
    }

    fn read(&self, name: &str) -> Result<Manifest, Fatal> {
        let path = self.folder(name)?.join(MANIFEST);
        store::check_file(&path)?;
        let bytes = verified::load(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        let manifest = Manifest::parse(&text, &path.display().to_string())?;
        if manifest.name == name {
            return Ok(manifest);
        }
        let what = format!(
            "the folder {} holds the manifest of another model, {}",
            quoted(name),
            quoted(&manifest.name)
        );
        Err(Fatal::new(
            Exit::Integrity,
            what,
            "remove the model and import it again",
        ))
    }
}
