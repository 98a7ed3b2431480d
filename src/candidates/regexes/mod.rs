//! Regular expressions that may look at the same text in very many ways before they give up.
//!
//! In: a regex as the engine reads it. Out: how its worst case grows ([`Growth`]). It is read into an automaton
//! (`automaton`), in which two ways around one loop for the same text mean exponential time, and two loops after one
//! another for the same text polynomial time (Weber and Seidl 1991), unless the expression is content wherever the
//! loop stops. Deliberately absent: back references, and what stands inside a look-around together with what stands
//! around it. Start at [`growth`].

mod automaton;
mod found;
mod read;

use std::collections::BTreeSet;

use automaton::Automaton;
pub use found::{WRITTEN, find};

/// How the time of a failing match grows with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Growth {
    Linear,
    Polynomial,
    Exponential,
}

/// Most pairs of places that are compared for one regex.
const STEPS: usize = 400_000;

/// The worst of the expression and of what stands in its look-arounds.
pub fn growth(regex: &str, flags: &str) -> Growth {
    if !regex.contains(['*', '+', '{']) || regex.len() > 2000 {
        return Growth::Linear;
    }
    let parts = read::parts(regex, flags.contains('i'));
    let worst = parts.iter().filter_map(Automaton::of).map(|own| of(&own)).max();
    worst.unwrap_or(Growth::Linear)
}

fn of(automaton: &Automaton) -> Growth {
    if doubled(automaton) || twofold(automaton) {
        return Growth::Exponential;
    }
    if successive(automaton) {
        return Growth::Polynomial;
    }
    Growth::Linear
}

/// One step of a loop can be taken for two reasons: `(a+)+`.
fn doubled(automaton: &Automaton) -> bool {
    let twice = automaton.twice.iter();
    twice
        .into_iter()
        .any(|&(from, to)| automaton.in_loop(from, to) && automaton.strict(from))
}

/// Two different ways lead from one place around to itself with the same text: `(a|a)*`, `(\w+\s?)*`.
fn twofold(automaton: &Automaton) -> bool {
    let count = automaton.sets.len();
    let mut left = STEPS;
    for start in 0..count {
        if !automaton.in_loop(start, start) || !automaton.strict(start) {
            continue;
        }
        // From (start, start) over a pair of different places back to it.
        let mut seen = BTreeSet::new();
        let mut open = vec![(start, start, false)];
        while let Some((a, b, apart)) = open.pop() {
            for &to_a in &automaton.follow[a] {
                for &to_b in &automaton.follow[b] {
                    left = left.saturating_sub(1);
                    if left == 0 {
                        return false;
                    }
                    if !automaton.share(&[to_a, to_b]) || automaton.loops[to_a] != automaton.loops[start] {
                        continue;
                    }
                    if automaton.loops[to_b] != automaton.loops[start] {
                        continue;
                    }
                    let apart = apart || to_a != to_b;
                    if apart && to_a == start && to_b == start {
                        return true;
                    }
                    if seen.insert((to_a, to_b, apart)) {
                        open.push((to_a, to_b, apart));
                    }
                }
            }
        }
    }
    false
}

/// What one loop takes could as well be left to a later one: `\s*\n?\s*$`.
fn successive(automaton: &Automaton) -> bool {
    let count = automaton.sets.len();
    let mut left = STEPS;
    for first in 0..count {
        for second in 0..count {
            let apart = automaton.loops[first] != automaton.loops[second];
            let around = automaton.in_loop(first, first) && automaton.in_loop(second, second);
            if !apart || !around || !automaton.reaches(first, second) || !automaton.strict(second) {
                continue;
            }
            if handed_over(automaton, first, second, &mut left) {
                return true;
            }
        }
    }
    false
}

/// Whether some text leads from `first` to itself, from `first` to `second` and from `second` to itself.
fn handed_over(automaton: &Automaton, first: usize, second: usize, left: &mut usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![(first, first, second)];
    while let Some((a, b, c)) = open.pop() {
        for &to_a in automaton.follow[a]
            .iter()
            .filter(|&&to| automaton.loops[to] == automaton.loops[first])
        {
            for &to_c in automaton.follow[c]
                .iter()
                .filter(|&&to| automaton.loops[to] == automaton.loops[second])
            {
                if !automaton.share(&[to_a, to_c]) {
                    continue;
                }
                for &to_b in &automaton.follow[b] {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        return false;
                    }
                    if !automaton.share(&[to_a, to_b, to_c]) {
                        continue;
                    }
                    if (to_a, to_b, to_c) == (first, second, second) {
                        return true;
                    }
                    if seen.insert((to_a, to_b, to_c)) {
                        open.push((to_a, to_b, to_c));
                    }
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_around_one_loop_take_exponential_time() {
        for regex in [
            r"^(a+)+$",
            r"^([a-zA-Z0-9_.-]+)+@",
            r"^(\w+\s?)*$",
            r"^rgb\((\s*\d+\s*,?)+\)$",
            r"(<[^>]+)+>",
            r"<!--(.|\s)*?-->",
            r"^(([a-z])+.)+[A-Z]([a-z])+$",
            r"^(a|a)*$",
            r"^(?:a|aa)+$",
            r"(.*,)*x$",
            r"^(?=(b+)+c)a",
            r"^(\d{1,3}\d*)+$",
        ] {
            assert_eq!(growth(regex, ""), Growth::Exponential, "{regex}");
        }
    }

    #[test]
    fn two_loops_for_the_same_text_take_polynomial_time() {
        for regex in [
            r"^\s*(.*?)\s*$",
            r"^.*foo.*bar$",
            r"^\d+\.?\d+$",
            r"\w+\d*@",
            r"^\s+\n?\s+$",
        ] {
            assert_eq!(growth(regex, ""), Growth::Polynomial, "{regex}");
        }
    }

    #[test]
    fn loops_that_know_where_they_end_take_linear_time() {
        for regex in [
            r"^\w+(?:\s\w+)*$",
            r"^[a-z]+(-[a-z]+)*$",
            r"^rgb\((\d{1,3}),(\d{1,3}),(\d{1,3})\)$",
            r"\s+$",
            r"<[^>]+>",
            r"(a+)+",
            r"^(?:[a-z]+\.)+[a-z]{2,}$",
            r#""([^"\\]|\\.)*""#,
            r"^#(?:[0-9a-f]{3}){1,2}$",
            r"^(?:\d{1,3}\.){3}\d{1,3}$",
            r"^[^@]+@[^@]+$",
            r"\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}\b$",
            r"[.*+?^${}()|[\]\\]",
            r"((",
            r"a{,3}*+?",
            r"[z-a]+$",
        ] {
            assert_eq!(growth(regex, ""), Growth::Linear, "{regex}");
        }
    }

    #[test]
    fn letters_of_both_cases_are_one_where_the_flag_says_so() {
        assert_eq!(growth("^(a|A)+$", ""), Growth::Linear);
        assert_eq!(growth("^(a|A)+$", "i"), Growth::Exponential);
    }
}
