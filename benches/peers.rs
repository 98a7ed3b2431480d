//! Our side of `scripts/bench-peers`: a model in, times out, one line each, until the input ends.
//!
//! `peers MODEL.gguf THREADS CONTEXT` prints `ready SECONDS` once the model is loaded; then for each line
//! `PROMPT SEQUENCES STEPS` it prints the seconds for the prompt, the seconds for all steps, and the most memory that this
//! process ever held, in bytes. Deliberately absent: the peer, and any verdict; the script has both. Start at [`main`].

use std::io::BufRead;
use std::path::Path;
use std::time::Instant;

use anchorite::engine::{Engine, EngineSettings};
use anchorite::models::{InProcess, Registry};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [model, threads, context] = &arguments[..] else {
        println!("usage: peers MODEL.gguf THREADS CONTEXT");
        return;
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let store = tempfile::tempdir_in(Path::new(model).parent().expect("a folder")).expect("a folder");
    let registry = Registry::at(store.path().join("models"));
    registry
        .import(Path::new(model), Some("peer"), &mut InProcess)
        .expect("an import");
    let located = registry.resolve(Some("peer")).expect("a model");
    let started = Instant::now();
    let settings = EngineSettings::new(number(context), 512, 16, number(threads));
    let mut engine = Engine::load(&located.open().expect("its bytes"), settings).expect("an engine");
    println!("ready {:.3}", started.elapsed().as_secs_f64());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let numbers: Vec<usize> = line.split_whitespace().map(number).collect();
        let [prompt, sequences, steps] = numbers[..] else {
            return;
        };
        let tokens: Vec<u32> = (0..prompt).map(|i| (i * 7919 % 100_000) as u32).collect();
        let measured = engine.measure(&tokens, sequences, steps).expect("times");
        let (prefill, decode) = (measured.prefill.as_secs_f64(), measured.decode.as_secs_f64());
        println!("{prefill:.6} {decode:.6} {}", most_memory());
    }
}

/// `VmHWM` of /proc/self/status, in bytes; zero where there is none.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
