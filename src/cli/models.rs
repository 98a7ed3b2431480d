//! `anchorite models list | import | verify | remove`.

use std::fmt::Write as _;

use super::args::ModelsCommand;
use super::output::print;
use super::settings;
use crate::models::{Manifest, Registry};
use crate::pipeline::judge::Walled;
use crate::problem::{Exit, Fatal};

pub fn run(command: &ModelsCommand) -> Result<Exit, Fatal> {
    let text = match command {
        ModelsCommand::List(place) => list(&Registry::at(settings::locate(place)?.models))?,
        ModelsCommand::Import {
            path,
            name,
            sandbox,
            place,
        } => {
            let registry = Registry::at(settings::locate(place)?.models);
            let minimum = settings::sandbox(sandbox.as_deref(), place)?;
            let manifest = registry.import(path, name.as_deref(), &mut Walled { minimum })?;
            format!(
                "imported {}\nuse it with: anchorite scan --model {} PATH\n",
                line(&manifest),
                manifest.name
            )
        }
        ModelsCommand::Verify { name, place } => {
            let manifest = Registry::at(settings::locate(place)?.models).verify(name)?;
            format!("{}: every file is what its pinned digest says\n", manifest.name)
        }
        ModelsCommand::Remove { name, place } => {
            Registry::at(settings::locate(place)?.models).remove(name)?;
            format!("removed {name}\n")
        }
    };
    print(|out| out.write_all(text.as_bytes()))
}

fn list(registry: &Registry) -> Result<String, Fatal> {
    let mut text = String::new();
    for manifest in registry.list()? {
        let _ = writeln!(text, "{}", line(&manifest));
    }
    Ok(text)
}

fn line(manifest: &Manifest) -> String {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    format!(
        "{:<24} {:<8} {:<8} {:>7.1} MB  context {:<7} {}  licence {}",
        manifest.name,
        manifest.family,
        format!("{:?}", manifest.profile).to_lowercase(),
        bytes as f64 / 1e6,
        manifest.context,
        manifest.digest().get(..12).unwrap_or_default(),
        manifest.licence,
    )
}
