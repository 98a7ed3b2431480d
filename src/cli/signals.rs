//! What a person at the keyboard, or a scheduler, says to a running scan.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::problem::{Exit, Fatal};

/// The first signal ends the scan after the round in flight; the second one ends the program.
pub fn on_signal() -> Result<Arc<AtomicBool>, Fatal> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let registered =
            signal_hook::flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, Arc::clone(&stop))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)));
        registered.map_err(|error| {
            Fatal::new(
                Exit::Incomplete,
                "cannot listen for signals",
                "the system is out of resources; try again",
            )
            .because(error)
        })?;
    }
    Ok(stop)
}
