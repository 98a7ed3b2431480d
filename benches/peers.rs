//! Our side of `scripts/bench-peers`: a model in, times out, one line each, until the input ends.
//!
//! `peers MODEL.gguf THREADS CONTEXT` prints `ready SECONDS` once the model is loaded; then for each line
//! `PROMPT SEQUENCES STEPS` it prints the seconds for the prompt, the seconds for all steps, and the most memory that this
//! process ever held, in bytes. Deliberately absent: the peer, and any verdict; the script has both. Start at [`main`].

use std::io::BufRead;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anchorite::engine::{Engine, EngineSettings};
use anchorite::models::{InProcess, Registry};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (model, threads, context) = match arguments[..] {
        ["import", model, store] => return import(model, store),
        [model, threads, context] => (model, number(threads), number(context)),
        _ => return println!("usage: peers MODEL.gguf THREADS CONTEXT"),
    };
    let store = tempfile::tempdir_in(Path::new(model).parent().expect("a folder")).expect("a folder");
    // In a process of its own, whose memory is not counted.
    let myself = std::env::current_exe().expect("a path");
    let imported = Command::new(myself).arg("import").arg(model).arg(store.path()).status();
    assert!(imported.is_ok_and(|status| status.success()), "the model was imported");
    let located = Registry::at(store.path().join("models"))
        .resolve(Some("peer"))
        .expect("a model");
    let started = Instant::now();
    let settings = EngineSettings::new(context, 512, 16, threads);
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

fn import(model: &str, store: &str) {
    Registry::at(Path::new(store).join("models"))
        .import(Path::new(model), Some("peer"), &mut InProcess)
        .expect("an import");
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// `VmHWM` of /proc/self/status, in bytes; zero where there is none.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
