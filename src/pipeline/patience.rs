//! How long a judge is waited for, and what becomes of questions that it does not answer.
//!
//! In: prompts, and a [`Line`] to a judge that may hang or die. Out: a reply or a [`Problem`] per prompt. Where a round of
//! questions is not answered the judge is started again and asked one by one, so that the question that it cannot bear
//! costs itself; when it fails several times in a row no more is asked, and every question left says so.
//! Deliberately absent: processes and pipes. Start at [`Patience::ask`].

use std::time::Duration;

use crate::engine::model::{Prompt, Reply};
use crate::problem::{Fatal, Problem};
use crate::sandbox::Cause;

/// Questions in a row, each alone, after whose failure the judge is given up.
const GIVEN_UP: usize = 3;

/// A judge that may be lost.
pub trait Line {
    /// Asks all of them and waits at most `within`; a judge that was lost has to be started again.
    fn put(&mut self, prompts: &[Prompt], within: Duration) -> Result<Result<Answers, Fatal>, Cause>;
    fn restart(&mut self) -> Result<(), Fatal>;
}

/// One per prompt, in order.
pub type Answers = Vec<Result<Reply, Problem>>;

pub struct Patience {
    /// For one question; a round may take as many times as it has questions.
    pub limit: Duration,
    /// Questions put alone that failed since the last answer.
    lost: usize,
}

impl Patience {
    pub fn new(limit: Duration) -> Self {
        Self { limit, lost: 0 }
    }

    pub fn ask(&mut self, line: &mut dyn Line, prompts: &[Prompt]) -> Result<Answers, Fatal> {
        if self.lost == 0 {
            let many = u32::try_from(prompts.len()).unwrap_or(u32::MAX);
            match line.put(prompts, self.limit.saturating_mul(many)) {
                Ok(answers) => return answers,
                Err(_) => line.restart()?,
            }
        }
        prompts.iter().map(|prompt| self.one(line, prompt)).collect()
    }

    fn one(&mut self, line: &mut dyn Line, prompt: &Prompt) -> Result<Result<Reply, Problem>, Fatal> {
        if self.lost >= GIVEN_UP {
            let why = format!("not judged: the judge failed {GIVEN_UP} times in a row and was not asked again");
            return Ok(Err(Problem::new("judge", why)));
        }
        match line.put(std::slice::from_ref(prompt), self.limit) {
            Ok(answers) => {
                self.lost = 0;
                Ok(answers?.pop().expect("a line gives an answer per prompt"))
            }
            Err(cause) => {
                self.lost += 1;
                line.restart()?;
                Ok(Err(Problem::new(
                    "judge",
                    format!("not judged: the judge was lost: {cause}"),
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scripted::says;
    use crate::engine::model::Grammar;

    /// Answers every prompt but those with a bad seed, over which it hangs.
    struct Moody {
        bad: Vec<u64>,
        put: Vec<(usize, Duration)>,
        started: usize,
    }

    impl Line for Moody {
        fn put(&mut self, prompts: &[Prompt], within: Duration) -> Result<Result<Answers, Fatal>, Cause> {
            self.put.push((prompts.len(), within));
            if prompts.iter().any(|prompt| self.bad.contains(&prompt.seed)) {
                return Err(Cause::TimedOut(within));
            }
            Ok(Ok(prompts.iter().map(|_| says("yes 1 2", &[("yes", 0.9)])).collect()))
        }

        fn restart(&mut self) -> Result<(), Fatal> {
            self.started += 1;
            Ok(())
        }
    }

    const LIMIT: Duration = Duration::from_secs(5);

    fn prompts(seeds: std::ops::Range<u64>) -> Vec<Prompt> {
        let prompt = |seed| Prompt {
            messages: Vec::new(),
            grammar: Grammar::Lark(String::new()),
            max_tokens: 1,
            temperature_milli: 0,
            seed,
            bias: None,
        };
        seeds.map(prompt).collect()
    }

    fn moody(bad: Vec<u64>) -> (Patience, Moody) {
        let line = Moody {
            bad,
            put: Vec::new(),
            started: 0,
        };
        (Patience::new(LIMIT), line)
    }

    #[test]
    fn a_question_that_the_judge_hangs_over_costs_itself() {
        let (mut patience, mut line) = moody(vec![2]);
        let answers = patience.ask(&mut line, &prompts(0..4)).unwrap();
        let fine: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(fine, [true, true, false, true]);
        let told = &answers[2].as_ref().unwrap_err().what;
        assert!(told.contains("gave no answer within 5 s"), "{told}");
        assert_eq!(line.put[0], (4, 4 * LIMIT), "a round has the time of all its questions");
        assert_eq!(line.started, 2, "after the round and after the question");
        assert!(
            patience
                .ask(&mut line, &prompts(4..6))
                .unwrap()
                .iter()
                .all(Result::is_ok)
        );
        assert_eq!(line.put.last(), Some(&(2, 2 * LIMIT)), "asked together again");
    }

    #[test]
    fn a_judge_that_answers_nothing_is_given_up_and_every_question_says_so() {
        let (mut patience, mut line) = moody((0..100).collect());
        let answers = patience.ask(&mut line, &prompts(0..10)).unwrap();
        let again = patience.ask(&mut line, &prompts(10..20)).unwrap();
        let told: Vec<&str> = answers
            .iter()
            .chain(&again)
            .map(|answer| answer.as_ref().unwrap_err().what.as_str())
            .collect();
        assert_eq!(told.iter().filter(|what| what.contains("was lost")).count(), GIVEN_UP);
        assert_eq!(
            told.iter().filter(|what| what.contains("not asked again")).count(),
            20 - GIVEN_UP
        );
        assert_eq!(line.put.len(), 1 + GIVEN_UP, "nothing is put to it in vain");
    }
}
