//! Every path against the oracle and against itself.

use super::*;
use crate::level::Level;

fn noise(n: usize, seed: u32) -> Vec<u8> {
    let mut s = seed;
    (0..n)
        .map(|_| {
            s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (s >> 24) as u8
        })
        .collect()
}

/// Roughly normal, with an outlier now and then as real activations have.
fn activations(n: usize, seed: u32) -> Vec<f32> {
    let bytes = noise(n * 4, seed);
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .enumerate()
        .map(|(i, b)| {
            let v = b.iter().map(|&b| f32::from(b) / 127.5 - 1.0).sum::<f32>();
            if i % 97 == 3 { v * 6.0 } else { v }
        })
        .collect()
}

/// Blocks of random bits whose scales are sensible numbers.
fn rows(kind: Kind, n: usize, k: usize, seed: u32) -> Vec<u8> {
    let mut bytes = noise(n * k / kind.inputs() * kind.bytes(), seed);
    for (i, block) in bytes.chunks_exact_mut(kind.bytes()).enumerate() {
        // 0.01 to 0.02, of either sign, as a 16-bit float.
        let half = |i: usize| ((0x2100 + (i * 37 % 0x400) as u16) | ((i as u16 % 3 / 2) << 15)).to_le_bytes();
        let at = if kind == Kind::Q6K { 208 } else { 0 };
        block[at..at + 2].copy_from_slice(&half(i));
        if matches!(kind, Kind::Q4K | Kind::Q5K) {
            block[2..4].copy_from_slice(&half(i + 11));
        }
    }
    bytes
}

fn product(path: Path, crew: &Crew, x: &Activations, w: &Packed) -> Vec<f32> {
    let mut out = vec![0.0; x.rows * w.columns()];
    let sink = Sink {
        out: &mut out,
        bias: None,
        add: false,
    };
    multiply_at(path, crew, x, &mut [(w, sink)]);
    out
}

fn cosine(a: &[f32], b: &[f64]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let a = f64::from(a);
        (ab, aa, bb) = (ab + a * b, aa + a * a, bb + b * b);
    }
    ab / (aa * bb).sqrt()
}

fn forms() -> impl Iterator<Item = (Kind, bool)> {
    Kind::ALL.into_iter().map(|k| (k, false)).chain([(Kind::Q8_0, true)])
}

#[test]
fn every_path_is_as_near_the_oracle_as_its_activations_allow() {
    let crew = Crew::new(2).expect("threads");
    for (kind, fine) in forms() {
        for (m, n, blocks) in [(1, 1, 1), (3, 33, 2), (8, 64, 3), (13, 47, 1), (19, 100, 4)] {
            let k = blocks * kind.inputs() * if kind.inputs() == 32 { 3 } else { 1 };
            let (x, w) = (activations(m * k, 7), rows(kind, n, k, 9));
            let want = oracle::multiply(&x, kind, &w, n, k);
            let packed = Packed::new(&crew, kind, &w, n, k).expect("whole blocks");
            let quantised = Activations::new(&crew, &x, k, fine);
            for path in Path::available() {
                let got = product(path, &crew, &quantised, &packed);
                let near = cosine(&got, &want);
                let least = if fine { 0.999_999_99 } else { 0.9997 };
                assert!(near > least, "{path:?} {kind:?} fine {fine}: {m} x {n} x {k}: {near}");
            }
        }
    }
}

#[test]
fn a_result_is_the_same_bits_on_every_path_alone_or_in_a_batch_with_any_threads() {
    let crews = [1, 3].map(|t| Crew::new(t).expect("threads"));
    for (kind, fine) in forms() {
        let (m, n, k) = (150, 75, 2 * 256);
        let (x, w) = (activations(m * k, 3), rows(kind, n, k, 4));
        let packed = Packed::new(&crews[1], kind, &w, n, k).expect("whole blocks");
        let all = Activations::at(Level::Base, &crews[0], &x, k, fine);
        let want = product(Path::Base, &crews[0], &all, &packed);
        for path in Path::available() {
            for crew in &crews {
                let all = Activations::new(crew, &x, k, fine);
                assert_eq!(product(path, crew, &all, &packed), want, "{path:?} {kind:?}");
                for (from, to) in [(0, 1), (7, 10), (17, 22), (143, 150)] {
                    let part = Activations::new(crew, &x[from * k..to * k], k, fine);
                    let got = product(path, crew, &part, &packed);
                    assert_eq!(got, want[from * n..to * n], "{path:?} {kind:?}: rows {from} to {to}");
                }
            }
        }
    }
}

#[test]
fn several_products_of_the_same_rows_with_bias_and_sum_give_what_each_gives_alone() {
    let crew = Crew::new(2).expect("threads");
    let k = 256;
    let x = Activations::new(&crew, &activations(5 * k, 1), k, false);
    let a = Packed::new(&crew, Kind::Q4K, &rows(Kind::Q4K, 40, k, 2), 40, k).expect("whole blocks");
    let b = Packed::new(&crew, Kind::Q6K, &rows(Kind::Q6K, 33, k, 3), 33, k).expect("whole blocks");
    let bias: Vec<f32> = (0..40).map(|i| i as f32).collect();
    let (mut first, mut second) = (vec![0.0; 5 * 40], vec![2.0; 5 * 33]);
    let one = Sink {
        out: &mut first,
        bias: Some(&bias),
        add: false,
    };
    let two = Sink {
        out: &mut second,
        bias: None,
        add: true,
    };
    multiply(&crew, &x, &mut [(&a, one), (&b, two)]);
    for (i, (got, alone)) in first.iter().zip(product(Path::Base, &crew, &x, &a)).enumerate() {
        assert_eq!(*got, alone + (i % 40) as f32);
    }
    for (got, alone) in second.iter().zip(product(Path::Base, &crew, &x, &b)) {
        assert_eq!(*got, alone + 2.0);
    }
}

#[test]
fn rows_of_zeros_tiny_numbers_and_extremes_stay_finite() {
    let crew = Crew::new(1).expect("a thread");
    let k = 256;
    let mut x = vec![0.0; 3 * k];
    x[k..2 * k].fill(1e-38);
    x[2 * k..].fill(-3e38);
    for fine in [false, true] {
        let w = Packed::new(&crew, Kind::Q8_0, &rows(Kind::Q8_0, 32, k, 5), 32, k).expect("whole blocks");
        let quantised = Activations::new(&crew, &x, k, fine);
        let got = product(Path::widest(), &crew, &quantised, &w);
        assert!(got[..64].iter().all(|&v| v == 0.0));
        assert!(
            quantised
                .quads
                .iter()
                .all(|q| q.to_le_bytes().iter().all(|&b| b != 0x80))
        );
    }
}

#[test]
fn what_is_not_whole_blocks_is_refused() {
    let crew = Crew::new(1).expect("a thread");
    assert!(Packed::new(&crew, Kind::Q4K, &[0; 144], 1, 128).is_none());
    assert!(Packed::new(&crew, Kind::Q4K, &[0; 143], 1, 256).is_none());
    assert!(Packed::new(&crew, Kind::Q8_0, &[], usize::MAX, 64).is_none());
}

#[test]
fn sixteen_bit_floats_widen_exactly() {
    for (half, want) in [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x0001, 2f32.powi(-24)),
        (0x8400, -(2f32.powi(-14))),
        (0x7bff, 65504.0),
        (0x7c00, f32::INFINITY),
    ] {
        assert_eq!(dots::widen(half), want);
    }
    assert!(dots::widen(0x7e00).is_nan());
}
