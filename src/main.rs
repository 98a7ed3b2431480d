//! A sealed worker if started as one; otherwise the command line.

use std::process::ExitCode;

use anchorite::sandbox::{self, Role};
use anchorite::{cli, pipeline};

fn main() -> ExitCode {
    // Before the first thread and before anything else is read: a worker seals itself or ends here.
    let Some((role, channel)) = sandbox::enter(std::env::args_os()) else {
        return ExitCode::from(cli::run(std::env::args_os()) as u8);
    };
    let served = match role {
        Role::Reader => pipeline::reader::serve(channel),
        Role::Judge => pipeline::judge::serve(channel),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => {
            eprintln!("{fatal}");
            ExitCode::from(fatal.exit as u8)
        }
    }
}
