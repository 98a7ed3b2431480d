//! Quantised weights times quantised rows: `[rows, k]` and ggml's blocks `[n, k]` in, `[rows, n]` out.
//!
//! Weights are packed once ([`Packed`]), rows are quantised once per layer input ([`Activations`]), and any number of
//! products with the same rows is one call. Sums inside a group of inputs are whole numbers, and the floats around them
//! are added group by group, so a result is the same bits for one row or a thousand, on any number of threads, at any
//! level. Memory bounds a product with one row; whole-number arithmetic one with many.
//! Deliberately absent: types that nobody distributes, and devices. Start at [`multiply`].

mod activations;
mod blocks;
mod dots;
pub mod oracle;
mod pack;
mod sink;
mod tile;

use std::ops::Range;

pub use activations::Activations;
pub use blocks::Kind;
pub use pack::Packed;
pub use sink::Sink;

use crate::crew::Crew;
use crate::lanes::Base;
use activations::TILE;
use sink::Out;
use tile::{Of, item};

/// Tiles of rows that go through a run of panels together: their bytes are to stay in a core's own cache.
const TILES: usize = 16;
/// Runs of panels per thread: small enough to even out threads that are held up.
const RUNS: usize = 8;

/// Instruction sets that have a kernel, narrowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    Base,
    /// AVX2 with FMA and F16C.
    Avx2,
    /// AVX-512 with VNNI.
    Vnni,
}

impl Path {
    /// Every path this machine can run, narrowest first.
    pub fn available() -> Vec<Path> {
        let mut paths = vec![Path::Base];
        #[cfg(target_arch = "x86_64")]
        {
            use crate::level::Level;
            let levels = Level::available();
            if levels.contains(&Level::Avx2) && is_x86_feature_detected!("f16c") {
                paths.push(Path::Avx2);
            }
            if levels.contains(&Level::Avx512) && is_x86_feature_detected!("avx512vnni") {
                paths.push(Path::Vnni);
            }
        }
        paths
    }

    /// The widest path this machine can run.
    pub fn widest() -> Path {
        static PATH: std::sync::OnceLock<Path> = std::sync::OnceLock::new();
        *PATH.get_or_init(|| Path::available().pop().unwrap_or(Path::Base))
    }
}

/// Multiplies the same rows by several matrices.
pub fn multiply(crew: &Crew, x: &Activations, products: &mut [(&Packed, Sink<'_>)]) {
    multiply_at(Path::widest(), crew, x, products);
}

/// As [`multiply`], on a chosen path.
pub fn multiply_at(path: Path, crew: &Crew, x: &Activations, products: &mut [(&Packed, Sink<'_>)]) {
    let tiles = x.rows.div_ceil(TILE);
    let blocks = tiles.div_ceil(TILES);
    let panels: usize = products.iter().map(|(w, _)| w.panels()).sum();
    let run = (panels / (crew.threads() * RUNS)).clamp(1, 16);
    let mut items = Vec::new();
    for (index, (w, _)) in products.iter().enumerate() {
        for start in (0..w.panels()).step_by(run) {
            items.push((index, start..(start + run).min(w.panels())));
        }
    }
    let products: Vec<(&Packed, Out<'_>)> = products
        .iter_mut()
        .map(|(w, sink)| (*w, Out::new(sink, w.columns())))
        .collect();
    assert!(
        products.iter().all(|(_, out)| out.rows() == x.rows),
        "one result per row"
    );
    crew.run(items.len() * blocks, |i| {
        let (block, (index, panels)) = (i / items.len(), &items[i % items.len()]);
        let tiles = block * TILES..((block + 1) * TILES).min(tiles);
        let (w, out) = &products[*index];
        enter(path, x, w, tiles, panels.clone(), out);
    });
}

/// One item, compiled for `path`.
fn enter(path: Path, x: &Activations, w: &Packed, tiles: Range<usize>, panels: Range<usize>, out: &Out<'_>) {
    /// Picks the loop for a kind of weights.
    macro_rules! by_kind {
        ($dots:ty, $x:expr, $w:expr, $tiles:expr, $panels:expr, $out:expr) => {
            match ($w.kind, $x.fine) {
                (Kind::Q4_0, false) => item::<$dots, Of<0, false>>($x, $w, $tiles, $panels, $out),
                (Kind::Q5_0, false) => item::<$dots, Of<1, false>>($x, $w, $tiles, $panels, $out),
                (Kind::Q8_0, false) => item::<$dots, Of<2, false>>($x, $w, $tiles, $panels, $out),
                (Kind::Q4K, false) => item::<$dots, Of<3, false>>($x, $w, $tiles, $panels, $out),
                (Kind::Q5K, false) => item::<$dots, Of<4, false>>($x, $w, $tiles, $panels, $out),
                (Kind::Q6K, false) => item::<$dots, Of<5, false>>($x, $w, $tiles, $panels, $out),
                (Kind::Q8_0, true) => item::<$dots, Of<2, true>>($x, $w, $tiles, $panels, $out),
                (other, true) => panic!("fine rows are for weights of eight bits, not {other:?}"),
            }
        };
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn avx2(x: &Activations, w: &Packed, tiles: Range<usize>, panels: Range<usize>, out: &Out<'_>) {
        by_kind!(crate::lanes::Avx2, x, w, tiles, panels, out);
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    fn vnni(x: &Activations, w: &Packed, tiles: Range<usize>, panels: Range<usize>, out: &Out<'_>) {
        by_kind!(crate::lanes::Avx512, x, w, tiles, panels, out);
    }
    match path {
        // SAFETY: a caller gets these paths only from `Path::available()`, which asked the processor.
        #[cfg(target_arch = "x86_64")]
        Path::Vnni => unsafe { vnni(x, w, tiles, panels, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { avx2(x, w, tiles, panels, out) },
        _ => by_kind!(Base, x, w, tiles, panels, out),
    }
}

#[cfg(test)]
mod tests;
