//! What the rewritten blocks hold, compared with the formula of each type and, where it reads the type, with candle.

use super::*;
use candle_core::quantized::QStorage;

/// Pseudo-random bytes.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 12345u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// The weights of whole blocks, as candle reads them.
fn weights(dtype: GgmlDType, bytes: Vec<u8>, count: usize) -> Vec<f32> {
    let storage = QStorage::from_data(bytes.into(), &Device::Cpu, dtype).expect("blocks");
    let tensor = QTensor::new(storage, count).expect("a tensor");
    let floats = tensor.dequantize(&Device::Cpu).and_then(|t| t.to_vec1());
    floats.expect("weights")
}

#[test]
fn q3_k_loses_nothing() {
    let mut bytes = noise(4 * 110);
    for block in bytes.chunks_exact_mut(110) {
        block[108..110].copy_from_slice(&f16::from_f32(0.0125).to_le_bytes());
    }
    let want = weights(GgmlDType::Q3K, bytes.clone(), 1024);
    let (dtype, held) = known(Dtype::Q3_K, &bytes).expect("known");
    assert_eq!(dtype, Dtype::Q6_K);
    assert_eq!(weights(GgmlDType::Q6K, held.into_owned(), 1024), want);
}

#[test]
fn mxfp4_loses_nothing_and_is_the_same_from_both_layouts() {
    let values = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
    let codes = noise(32);
    let scales = [120u8, 127];
    let value = |at: usize| {
        let code = codes[at / 2] >> (at % 2 * 4) & 15;
        let sign = if code > 7 { -1.0 } else { 1.0 };
        sign * values[usize::from(code & 7)] * 2f32.powi(i32::from(scales[at / 32]) - 127)
    };
    let blocks = together(&codes, &scales);
    let (dtype, held) = known(Dtype::MXFP4, &blocks).expect("known");
    assert_eq!(dtype, Dtype::Q5_0);
    let held = weights(GgmlDType::Q5_0, held.into_owned(), 64);
    assert!(held.iter().enumerate().all(|(at, got)| *got == value(at)), "{held:?}");
    assert!(known(Dtype::MXFP4, &[144; 17]).expect_err("too large").contains("2^17"));
}

#[test]
fn iq4_follows_its_curve() {
    let mut block = vec![0u8; 18];
    block[..2].copy_from_slice(&f16::from_f32(0.5).to_le_bytes());
    (0..16).for_each(|at| block[2 + at] = (at | (15 - at) << 4) as u8);
    let (_, held) = known(Dtype::IQ4_NL, &block).expect("known");
    let got = weights(GgmlDType::Q8_0, held.into_owned(), 32);
    let want = CURVE.iter().chain(CURVE.iter().rev()).map(|v| f32::from(*v) * 0.5);
    assert!(got.iter().copied().eq(want), "{got:?}");

    let mut wide = noise(136);
    wide[..2].copy_from_slice(&f16::from_f32(0.01).to_le_bytes());
    let (_, held) = known(Dtype::IQ4_XS, &wide).expect("known");
    let got = weights(GgmlDType::Q8_0, held.into_owned(), 256);
    let scale = f16::from_f32(0.01).to_f32();
    for (at, got) in got.iter().enumerate() {
        let group = at / 32;
        let six = wide[4 + group / 2] >> (group % 2 * 4) & 15 | (wide[2 + group / 4] >> (group % 4 * 2) & 3) << 4;
        let byte = wide[8 + group * 16 + at % 16];
        let code = if at % 32 < 16 { byte & 15 } else { byte >> 4 };
        let want = scale * (f32::from(six) - 32.0) * f32::from(CURVE[usize::from(code)]);
        assert!((got - want).abs() <= want.abs() * 0.0005, "{at}: {got} {want}");
    }
}

#[test]
fn floats_are_narrowed_where_their_rows_are_whole_blocks() {
    let values: Vec<f32> = noise(512).iter().map(|b| f32::from(*b) - 128.0).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let narrow = |to, k| narrowed(to, (Dtype::F32, Cow::Borrowed(&bytes)), k).expect("blocks").0;
    assert_eq!(narrow(Dtype::Q4_K, 256), Dtype::Q4_K);
    assert_eq!(
        narrow(Dtype::Q4_K, 64),
        Dtype::Q8_0,
        "rows of 64 are not whole blocks of 256"
    );
    assert_eq!(narrow(Dtype::Q8_0, 8), Dtype::F32);
    let (_, held) = narrowed(Dtype::Q8_0, (Dtype::F32, Cow::Borrowed(&bytes)), 64).expect("blocks");
    let got = weights(GgmlDType::Q8_0, held.into_owned(), 512);
    assert!(got.iter().zip(&values).all(|(got, want)| (got - want).abs() <= 0.55));
}
