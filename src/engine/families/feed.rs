//! Feed-forward parts: gated or not, gate and value apart or in one matrix, or many of them behind a router.
//!
//! Deliberately absent: arithmetic. Start at [`Parts::feed`].

use anchorite_kernels::pointwise::Gate;

use super::Parts;
use crate::engine::feed::{Dense, Experts, Feed};
use crate::engine::load::Role;
use crate::models::{self, Activation};
use crate::problem::Fatal;

impl Parts<'_> {
    pub(super) fn feed(&self, index: usize) -> Result<Feed, Fatal> {
        match self.hyper.experts.filter(|_| self.hyper.has_experts(index)) {
            Some(rule) => Ok(Feed::Experts(Box::new(self.experts(index, rule)?))),
            None => Ok(Feed::Dense(Box::new(self.dense(index, "")?))),
        }
    }

    fn gate_kind(&self) -> Gate {
        match self.hyper.layer.activation {
            Activation::Silu => Gate::Silu,
            Activation::Gelu => Gate::Gelu,
            Activation::Clamped => Gate::Clamped {
                slope: 1.702,
                limit: 7.0,
            },
        }
    }

    /// The part whose matrices' names end in `end`.
    fn dense(&self, index: usize, end: &str) -> Result<Dense, Fatal> {
        let of = |name: &str| format!("blk.{index}.{name}{end}");
        let (gate, up) = if self.hyper.fused_gate && end.is_empty() {
            let (fused, width) = (of("ffn_gate_up"), self.hyper.feed_forward);
            let (gate, up) = (0..width, width..2 * width);
            (Some(self.loader.rows(&fused, gate)?), self.loader.rows(&fused, up)?)
        } else {
            let gate = self.hyper.layer.gated.then(|| self.loader.linear(&of("ffn_gate")));
            (gate.transpose()?, self.loader.linear(&of("ffn_up"))?)
        };
        Ok(Dense {
            kind: self.gate_kind(),
            gate,
            up,
            down: self.loader.linear(&of("ffn_down"))?,
        })
    }

    fn experts(&self, index: usize, rule: models::Experts) -> Result<Experts, Fatal> {
        let one = |expert: usize| -> Result<Dense, Fatal> {
            let matrix = |role| self.loader.expert(rule.form, index, expert, role);
            Ok(Dense {
                kind: self.gate_kind(),
                gate: Some(matrix(Role::Gate)?),
                up: matrix(Role::Up)?,
                down: matrix(Role::Down)?,
            })
        };
        let all = (0..rule.count).map(one).collect::<Result<_, _>>()?;
        // What the experts were copied from may leave memory before the next layer's are.
        let stacks = ["gate", "up", "down", "gate_up"].map(|stem| format!("blk.{index}.ffn_{stem}_exps"));
        for name in stacks
            .iter()
            .flat_map(|stem| ["weight", "blocks"].map(|end| format!("{stem}.{end}")))
        {
            if self.weights.has(&name) {
                self.weights.give_back(&name)?;
            }
        }
        let lean = rule
            .biased
            .then(|| self.vector(&format!("blk.{index}.exp_probs_b.bias")));
        Ok(Experts {
            rule,
            router: self.loader.unchanged(&format!("blk.{index}.ffn_gate_inp"))?,
            lean: lean.transpose()?,
            all,
            shared: (rule.shared > 0).then(|| self.dense(index, "_shexp")).transpose()?,
        })
    }
}
