//! How fast the code tower is: source, syntax, flow, index and candidates over trees of growing size.
//!
//! In: the folder that `ANCHORITE_TREE` names, or this project where it names none. It is cut, file by file in an order that
//! mixes its folders, to about 10,000, 100,000 and 1,000,000 lines, as far as it reaches. Out: criterion's time per size, with
//! lines (elements) per second, and on standard error the files and candidates of each size.
//! Deliberately absent: models and briefs, and any limit that fails.
//! `ANCHORITE_TREE=DIR cargo bench --bench tower`

use std::fs;
use std::path::{Path, PathBuf};

use anchorite::candidates::{self, Settings};
use anchorite::source::{self, Code, Limits};
use anchorite::{cards, flow, index, syntax};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use sha2::{Digest, Sha256};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// What one pass over a tree saw.
struct Seen {
    files: usize,
    lines: usize,
    candidates: usize,
}

fn pass(root: &Path) -> Seen {
    let (extensions, interpreters) = (syntax::extensions(), syntax::interpreters());
    let code = Code {
        extensions: &extensions,
        interpreters: &interpreters,
    };
    let (snapshot, _) = source::read(root, &Limits::default(), code).expect("a readable tree");
    let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
    let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
    let built = index::build(&snapshot, &forest.modules, index::entries(&graph)).expect("an index");
    let settings = Settings {
        sweep: false,
        max: usize::MAX,
        ..Settings::default()
    };
    let found = candidates::find(&graph, &forest, &snapshot, cards::all(), &settings);
    drop(built);
    let files = snapshot.files();
    Seen {
        files: files.len(),
        lines: files.iter().map(|file| snapshot.line_count(file.id) as usize).sum(),
        candidates: found.len(),
    }
}

/// The files below `root` that the scanner reads, with their lines, in an order that depends on their names alone.
fn files(root: &Path) -> Vec<(PathBuf, usize)> {
    let (extensions, interpreters) = (syntax::extensions(), syntax::interpreters());
    let code = Code {
        extensions: &extensions,
        interpreters: &interpreters,
    };
    let (snapshot, _) = source::read(root, &Limits::default(), code).expect("a readable tree");
    let mut files: Vec<_> = snapshot
        .files()
        .iter()
        .map(|file| (PathBuf::from(&*file.path), snapshot.line_count(file.id) as usize))
        .collect();
    files.sort_by_key(|(path, _)| Sha256::digest(path.to_string_lossy().as_bytes()));
    files
}

/// Copies files of `root` into a new folder until they have `most` lines; `None` where the tree ends long before.
fn cut(root: &Path, files: &[(PathBuf, usize)], most: usize) -> Option<tempfile::TempDir> {
    let out = tempfile::tempdir().expect("room for a copy");
    let mut lines = 0;
    for (path, length) in files {
        if lines >= most {
            break;
        }
        let target = out.path().join(path);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(root.join(path), target).expect("a copy");
        lines += length;
    }
    (lines * 10 >= most * 9).then_some(out)
}

fn tower(criterion: &mut Criterion) {
    let root = std::env::var_os("ANCHORITE_TREE").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = fs::canonicalize(&root).unwrap_or_else(|e| panic!("ANCHORITE_TREE: {}: {e}", root.display()));
    let files = files(&root);
    let mut group = criterion.benchmark_group("tower");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for size in SIZES {
        let Some(tree) = cut(&root, &files, size) else {
            eprintln!("{}: too small for {size} lines", root.display());
            break;
        };
        let seen = pass(tree.path());
        eprintln!(
            "{size}: {} files, {} lines, {} candidates",
            seen.files, seen.lines, seen.candidates
        );
        group.throughput(Throughput::Elements(seen.lines as u64));
        group.bench_function(size.to_string(), |bencher| {
            bencher.iter(|| pass(tree.path()).candidates)
        });
    }
}

criterion_group!(benches, tower);
criterion_main!(benches);
