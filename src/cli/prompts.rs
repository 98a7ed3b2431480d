//! `anchorite prompts DIR` writes the texts inside into a folder; `--prompts DIR` reads such a folder.
//!
//! In: a folder of the organisation's, outside of the tree that is scanned. Out: [`Prompts`], checked and installed.
//! Deliberately absent: what a card must say, which `cards` knows. Start at [`own`].
//!
//! # The folder
//!
//! Every file is optional and stands in place of the one of its name; `README.md` and files whose names begin with a dot
//! are passed over, any other name is refused.
//!
//! - `detect.md`, `verify.md`: what an instruction-following model is told before the card and the code. The shape of its
//!   reply is not theirs to change: a grammar holds it. The shipped model has a form of its own and reads neither.
//! - `cwe-89.md`: a card, whole: TOML between `+++` lines, then the headings What, Why, Vulnerable, Safe, Look for, Refute
//!   if and Fix. A number without a card inside adds a weakness.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::args::PromptsArgs;
use super::output::print;
use crate::cards::own::{DETECT, Fault, File, VERIFY};
use crate::cards::{self, LIBRARY};
use crate::detect;
use crate::pipeline::Prompts;
use crate::problem::{Exit, Fatal};
use crate::record::Run;
use crate::report::plain;
use crate::verify;

const FORMAT: &str = "`anchorite prompts DIR` writes the files inside, which show the format";

pub fn run(args: &PromptsArgs) -> Result<Exit, Fatal> {
    let unwritable = |error: io::Error| {
        let what = format!("cannot write into {}", args.folder.display());
        Fatal::new(Exit::Usage, what, "name a folder that is empty or not there yet").because(error)
    };
    fs::create_dir_all(&args.folder).map_err(unwritable)?;
    let told = [(DETECT, detect::prompt::SYSTEM), (VERIFY, verify::prompt::SYSTEM)];
    let files = told.iter().chain(LIBRARY);
    for (name, text) in files.clone() {
        let path = args.folder.join(name);
        let created = OpenOptions::new().write(true).create_new(true).open(&path);
        let written = created.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| unwritable(io::Error::new(error.kind(), format!("{name}: {error}"))))?;
    }
    print(|out| {
        writeln!(out, "wrote {} files into {}", files.count(), args.folder.display())?;
        writeln!(
            out,
            "keep those that you change and delete the others: what is not there is taken from inside"
        )
    })
}

/// Reads the folder and installs what it holds.
pub fn own(folder: &Path, root: &Path) -> Result<Prompts, Fatal> {
    let prompts = read(folder)?;
    if prompts.folder.starts_with(root) {
        let what = format!(
            "the prompts in {} lie inside the tree to scan",
            prompts.folder.display()
        );
        let help = "keep them outside of it: a repository must not choose how it is judged";
        return Err(Fatal::new(Exit::Usage, what, help));
    }
    cards::own::install(&prompts.files).map_err(|fault| told(folder, &fault))?;
    Ok(prompts)
}

/// The texts of a run's own again, for its report, or a word on standard error that they are gone.
pub fn again(run: &Run) {
    let settings = &run.header.settings;
    let (Some(folder), Some(digest)) = (settings.get("prompts"), settings.get("prompts-digest")) else {
        return;
    };
    let same = read(Path::new(folder))
        .is_ok_and(|prompts| prompts.digest() == *digest && cards::own::install(&prompts.files).is_ok());
    if !same {
        let folder = plain(folder);
        eprintln!("note: the prompts in {folder} are not those of this run; cards are shown as they are inside");
    }
}

fn read(folder: &Path) -> Result<Prompts, Fatal> {
    let unreadable = |error: io::Error| {
        let what = format!("cannot read the prompts in {}", folder.display());
        Fatal::new(Exit::Usage, what, FORMAT).because(error)
    };
    let absolute = fs::canonicalize(folder).map_err(unreadable)?;
    let mut files: Vec<File> = Vec::new();
    for entry in fs::read_dir(&absolute).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "README.md" {
            continue;
        }
        let text = fs::read_to_string(entry.path());
        let text = text.map_err(|error| unreadable(io::Error::new(error.kind(), format!("{name}: {error}"))))?;
        files.push((name, text));
    }
    files.sort();
    if files.is_empty() {
        let what = format!("there are no prompts in {}", folder.display());
        return Err(Fatal::new(Exit::Usage, what, FORMAT));
    }
    Ok(Prompts {
        folder: absolute,
        files,
    })
}

fn told(folder: &Path, fault: &Fault) -> Fatal {
    let place = folder.join(&fault.file);
    let at = fault.line.map_or_else(String::new, |line| format!(":{line}"));
    let what = format!("{}{at} cannot be used", place.display());
    let help = format!("mend it, or take the file away to use the text inside; {FORMAT}");
    Fatal::new(Exit::Usage, what, help).because(&fault.what)
}
