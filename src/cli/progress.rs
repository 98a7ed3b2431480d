//! A progress bar on standard error while a person watches; otherwise nothing.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::pipeline::Watch;
use crate::record::{Outcome, Plan, Unit};

pub struct Progress {
    bar: ProgressBar,
    confirmed: usize,
}

impl Progress {
    /// `shown`: a person watches and did not ask for quiet.
    pub fn new(shown: bool) -> Self {
        let target = if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("the template is fixed"));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self { bar, confirmed: 0 }
    }

    pub fn say(&self, stage: &'static str) {
        self.bar.set_message(stage);
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Progress {
    fn surveyed(&mut self, plan: &Plan, done: usize) {
        let template = "{bar:24} {pos}/{len} candidates, {per_sec}, {eta} left; {msg}";
        self.bar
            .set_style(ProgressStyle::with_template(template).expect("the template is fixed"));
        self.bar.set_length(plan.candidates.len() as u64);
        self.bar.set_position(done as u64);
        self.bar.reset_eta();
        self.bar.set_message("judging");
    }

    fn judged(&mut self, unit: &Unit) {
        self.confirmed += usize::from(matches!(unit.outcome, Outcome::Confirmed { .. }));
        self.bar.inc(1);
        self.bar.set_message(format!("{} confirmed", self.confirmed));
    }
}
