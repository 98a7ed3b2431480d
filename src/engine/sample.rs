//! One choice: the legal tokens with their logits in, a token and how likely its rivals were out.
//!
//! Deliberately absent: state. The random number of a choice is a function of the prompt's seed and the number of the
//! choice, so a reply can be repeated whatever else is in the batch. Start at [`choose`].

/// How to choose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taste {
    /// 0 takes the likeliest; otherwise softmax temperature times 1000.
    pub(super) temperature_milli: u32,
    pub(super) seed: u64,
}

/// A legal token and its probability among the legal ones at temperature 1.
pub(super) type Likely = (u32, f32);

/// Picks one of the legal tokens (not empty, ascending ids, each with its logit). Returns it and the eight likeliest with their probabilities; of equals,
/// the smaller id comes first. An error is a sentence: the model computed something that is not a number.
pub(super) fn choose(mut scored: Vec<(u32, f64)>, taste: Taste, turn: u64) -> Result<(u32, Vec<Likely>), String> {
    if scored.iter().any(|(_, logit)| logit.is_nan()) {
        return Err("the model computed a logit that is not a number".into());
    }
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let top = scored[0].1;
    if !top.is_finite() {
        return Err("the model computed an infinite logit".into());
    }
    let total: f64 = scored.iter().map(|(_, logit)| (logit - top).exp()).sum();
    let likely = scored
        .iter()
        .take(8)
        .map(|&(id, logit)| (id, ((logit - top).exp() / total) as f32))
        .collect();
    if taste.temperature_milli == 0 {
        return Ok((scored[0].0, likely));
    }
    let sharpness = 1000.0 / f64::from(taste.temperature_milli);
    let weights: Vec<f64> = scored
        .iter()
        .map(|(_, logit)| ((logit - top) * sharpness).exp())
        .collect();
    let mut left = uniform(taste.seed, turn) * weights.iter().sum::<f64>();
    let picked = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    Ok((scored[picked.unwrap_or(0)].0, likely))
}

/// A number in [0, 1) from a seed and a counter: SplitMix64 (Steele, Lea and Flood 2014).
fn uniform(seed: u64, turn: u64) -> f64 {
    let mut z = seed.wrapping_add((turn + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(logits: &[f32], legal: &[u32]) -> Vec<(u32, f64)> {
        legal.iter().map(|&id| (id, f64::from(logits[id as usize]))).collect()
    }

    const GREEDY: Taste = Taste {
        temperature_milli: 0,
        seed: 0,
    };

    #[test]
    fn greedy_takes_the_likeliest_legal_token_and_the_smaller_id_of_equals() {
        let logits = [9.0, 1.0, 3.0, 3.0, f32::NAN];
        let (id, likely) = choose(of(&logits, &[1, 2, 3]), GREEDY, 0).expect("a choice");
        assert_eq!(id, 2);
        assert_eq!(likely.iter().map(|l| l.0).collect::<Vec<_>>(), [2, 3, 1]);
        let sum: f32 = likely.iter().map(|l| l.1).sum();
        assert!((sum - 1.0).abs() < 1e-6, "renormalised over the legal tokens: {sum}");
        assert!(
            choose(of(&logits, &[1, 4]), GREEDY, 0)
                .expect_err("not a number")
                .contains("not a number")
        );
    }

    #[test]
    fn sampling_follows_the_probabilities_and_repeats_with_the_seed() {
        let logits = [0.0, 2f32.ln(), f32::NEG_INFINITY];
        let taste = |seed| Taste {
            temperature_milli: 1000,
            seed,
        };
        let ones = (0..3000)
            .filter(|&seed| choose(of(&logits, &[0, 1, 2]), taste(seed), 3).expect("a choice").0 == 1)
            .count();
        assert!((1880..2120).contains(&ones), "two thirds of 3000, not {ones}");
        let run = |seed| {
            (0..40)
                .map(|turn| choose(of(&logits, &[0, 1]), taste(seed), turn).expect("a choice").0)
                .collect::<Vec<_>>()
        };
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}
