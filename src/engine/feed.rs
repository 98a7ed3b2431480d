//! The feed-forward part of a layer: normed rows in, what they gain added to other rows.
//!
//! A row's experts are added in order of their number, so its sum does not depend on which rows run beside it.
//! Deliberately absent: norms and residuals. Start at [`Feed::add`].

use anchorite_kernels::pointwise::{Gate, gate_times};

use super::crew::Crew;
use super::decoder::PIECE;
use super::weight::{Linear, add_product, products};
use crate::models::{self, Scoring};
use crate::problem::Fatal;

pub(super) enum Feed {
    Dense(Box<Dense>),
    Experts(Box<Experts>),
}

/// Two or three matrices.
pub(super) struct Dense {
    pub(super) kind: Gate,
    pub(super) gate: Option<Linear>,
    pub(super) up: Linear,
    pub(super) down: Linear,
}

/// Many of them, of which each row takes a few.
pub(super) struct Experts {
    pub(super) rule: models::Experts,
    pub(super) router: Linear,
    /// Added to scores for choosing alone.
    pub(super) lean: Option<Vec<f32>>,
    pub(super) all: Vec<Dense>,
    /// Taken by every row.
    pub(super) shared: Option<Dense>,
}

impl Feed {
    /// Adds what it makes of the rows `x` to `out`, both `[rows, hidden]`.
    pub(super) fn add(&self, crew: &Crew, x: &[f32], out: &mut [f32]) -> Result<(), Fatal> {
        match self {
            Self::Dense(dense) => dense.add(crew, x, out),
            Self::Experts(experts) => experts.add(crew, x, out),
        }
    }
}

impl Dense {
    fn add(&self, crew: &Crew, x: &[f32], out: &mut [f32]) -> Result<(), Fatal> {
        let size = PIECE * self.up.matrix.columns();
        let inner = if let Some(gate) = &self.gate {
            let [mut inner, up] = products(crew, x, [gate, &self.up])?;
            crew.parts(&mut inner, size, |i, part| {
                gate_times(self.kind, part, &up[i * size..][..part.len()]);
            });
            crew.give(up);
            inner
        } else {
            let [mut inner] = products(crew, x, [&self.up])?;
            let ones = vec![1.0; size];
            crew.parts(&mut inner, size, |_, part| {
                gate_times(self.kind, part, &ones[..part.len()])
            });
            inner
        };
        add_product(crew, &inner, &self.down, out)?;
        crew.give(inner);
        Ok(())
    }
}

impl Experts {
    fn add(&self, crew: &Crew, x: &[f32], out: &mut [f32]) -> Result<(), Fatal> {
        let [logits] = products(crew, x, [&self.router])?;
        let rows = logits.len() / self.rule.count;
        let hidden = x.len() / rows.max(1);
        let mut takers: Vec<Vec<(usize, f32)>> = vec![Vec::new(); self.rule.count];
        for (row, logits) in logits.chunks_exact(self.rule.count).enumerate() {
            for (expert, weight) in choose(&self.rule, self.lean.as_deref(), logits) {
                takers[expert].push((row, weight));
            }
        }
        for (expert, takers) in self.all.iter().zip(&takers).filter(|(_, takers)| !takers.is_empty()) {
            let own: Vec<f32> = takers
                .iter()
                .flat_map(|(row, _)| &x[row * hidden..][..hidden])
                .copied()
                .collect();
            let mut made = crew.take(own.len());
            made.fill(0.0);
            expert.add(crew, &own, &mut made)?;
            for ((row, weight), made) in takers.iter().zip(made.chunks_exact(hidden)) {
                for (out, made) in out[row * hidden..][..hidden].iter_mut().zip(made) {
                    *out += made * weight;
                }
            }
            crew.give(made);
        }
        crew.give(logits);
        self.shared.as_ref().map_or(Ok(()), |shared| shared.add(crew, x, out))
    }
}

/// The experts of one row and their weights, in order of choice.
fn choose(rule: &models::Experts, lean: Option<&[f32]>, logits: &[f32]) -> Vec<(usize, f32)> {
    let scores: Vec<f32> = match rule.scoring {
        Scoring::Softmax => softmax(logits),
        Scoring::Sigmoid => logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect(),
        Scoring::Chosen => logits.to_vec(),
    };
    let mut choice = scores.clone();
    for (score, lean) in choice.iter_mut().zip(lean.into_iter().flatten()) {
        *score += lean;
    }
    let (groups, kept) = rule.groups;
    if kept < groups {
        let size = rule.count / groups;
        // With a bias a group is as good as its best two, otherwise as its best.
        let of_group = if rule.scoring == Scoring::Sigmoid { 2 } else { 1 };
        let good = |group: &[f32]| best(group, of_group).into_iter().map(|at| group[at]).sum::<f32>();
        let goods: Vec<f32> = choice.chunks_exact(size).map(good).collect();
        let kept = best(&goods, kept);
        for (group, choice) in choice.chunks_exact_mut(size).enumerate() {
            if !kept.contains(&group) {
                choice.fill(f32::NEG_INFINITY);
            }
        }
    }
    let chosen = best(&choice, rule.used);
    let mut weights: Vec<f32> = chosen.iter().map(|&expert| scores[expert]).collect();
    if rule.scoring == Scoring::Chosen {
        weights = softmax(&weights);
    }
    let sum = if rule.normalise {
        weights.iter().sum::<f32>() + 1e-20
    } else {
        1.0
    };
    chosen
        .into_iter()
        .zip(weights.into_iter().map(|weight| weight / sum * rule.scale))
        .collect()
}

/// Places of the `count` largest, the first of equals first.
fn best(values: &[f32], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    places.truncate(count);
    places
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ExpertForm;

    fn rule(scoring: Scoring, groups: (usize, usize), normalise: bool) -> models::Experts {
        models::Experts {
            count: 6,
            used: 2,
            feed_forward: 8,
            shared: 0,
            first_layer: 0,
            scoring,
            normalise,
            scale: 2.0,
            groups,
            biased: false,
            form: ExpertForm::Stacked,
        }
    }

    const LOGITS: [f32; 6] = [0.0, 3.0, 1.0, 2.0, -1.0, 2.0];

    #[test]
    fn the_best_experts_are_taken_with_weights_that_sum_to_the_scale() {
        let chosen = choose(&rule(Scoring::Chosen, (1, 1), false), None, &LOGITS);
        assert_eq!(
            chosen.iter().map(|c| c.0).collect::<Vec<_>>(),
            [1, 3],
            "the first of equals"
        );
        assert!((chosen[0].1 - 2.0 / (1.0 + (-1f32).exp())).abs() < 1e-6);
        for scoring in [Scoring::Softmax, Scoring::Sigmoid] {
            let chosen = choose(&rule(scoring, (1, 1), true), None, &LOGITS);
            assert!((chosen[0].1 + chosen[1].1 - 2.0).abs() < 1e-6);
        }
        let plain = choose(&rule(Scoring::Softmax, (1, 1), false), None, &LOGITS);
        assert!((plain[0].1 - 2.0 * softmax(&LOGITS)[1]).abs() < 1e-6);
    }

    #[test]
    fn a_lean_chooses_and_does_not_weigh_and_groups_shut_experts_out() {
        let lean = [5.0, 0.0, 0.0, 0.0, 4.0, 0.0];
        let chosen = choose(&rule(Scoring::Sigmoid, (1, 1), false), Some(&lean), &LOGITS);
        assert_eq!(chosen.iter().map(|c| c.0).collect::<Vec<_>>(), [0, 4]);
        assert!(
            (chosen[0].1 - 2.0 * 0.5).abs() < 1e-6,
            "sigmoid of zero, times the scale"
        );
        // Groups of two: (0, 3), (1, 2), (-1, 2); by their best, the first two remain.
        let grouped = choose(&rule(Scoring::Softmax, (3, 1), false), None, &LOGITS);
        assert_eq!(grouped.iter().map(|c| c.0).collect::<Vec<_>>(), [1, 0]);
    }
}
