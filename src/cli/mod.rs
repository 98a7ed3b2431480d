//! The command line: arguments (shapes only) → settings (the only reader of environment and configuration) → one short
//! file per subcommand.
//!
//! In: words. Out: an [`Exit`]. Results go to standard output, speech to standard error, progress only to a terminal.
//! Start at [`run`].

pub mod args;
mod brief;
mod calibrate;
mod doctor;
mod dry;
mod explain;
mod models;
mod output;
mod progress;
mod prompts;
mod replay;
mod report;
mod scan;
mod settings;
mod signals;
mod staff;
mod triage;

use std::ffi::OsString;
use std::io;

use clap::{CommandFactory, Parser};

use crate::problem::{Exit, Fatal};
use crate::sandbox;
use args::{Cli, Command};

pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; a reader that went away is no error.
            drop(error.print());
            return if error.use_stderr() { Exit::Usage } else { Exit::Clean };
        }
    };
    match seal(&cli.command).and_then(|()| dispatch(cli.command)) {
        Ok(exit) => exit,
        Err(fatal) => {
            eprintln!("{}", printable(&fatal));
            fatal.exit
        }
    }
}

/// No socket from here on. Where the kernel cannot promise that, only what opens no hostile file goes on, and says so;
/// a scan goes on only if it was told to with `--sandbox none`.
fn seal(command: &Command) -> Result<(), Fatal> {
    let Err(fatal) = sandbox::seal_supervisor() else {
        return Ok(());
    };
    let may = match command {
        Command::Scan(args) => args.workers.sandbox.as_deref() == Some("none"),
        Command::Triage(args) => args.scan.workers.sandbox.as_deref() == Some("none"),
        Command::Replay(args) => args.workers.sandbox.as_deref() == Some("none"),
        Command::Calibrate(args) => args.workers.sandbox.as_deref() == Some("none"),
        Command::Doctor(args) if args.bench => args.workers.sandbox.as_deref() == Some("none"),
        Command::Brief(_) | Command::Models(_) => false,
        _ => true,
    };
    if !may {
        return Err(fatal);
    }
    eprintln!("warning: this process is not sealed: {}", printable(&fatal));
    Ok(())
}

fn dispatch(command: Command) -> Result<Exit, Fatal> {
    match command {
        Command::Scan(args) => scan::run(&args),
        Command::Triage(args) => triage::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Models(command) => models::run(&command),
        Command::Report(args) => report::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Brief(args) => brief::run(&args),
        Command::Prompts(args) => prompts::run(&args),
        Command::Completions { shell } => output::print(|out| {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "anchorite", &mut script);
            out.write_all(&script)
        }),
        Command::Man => output::print(manual),
    }
}

/// The page of the program and one of each subcommand, after each other.
fn manual(out: &mut dyn io::Write) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
    {
        clap_mangen::Man::new(subcommand.clone()).render(out)?;
    }
    Ok(())
}

/// An error may quote file names of a hostile tree; line breaks of our own stay.
fn printable(fatal: &Fatal) -> String {
    fatal
        .to_string()
        .lines()
        .map(crate::report::plain)
        .collect::<Vec<_>>()
        .join("\n")
}
