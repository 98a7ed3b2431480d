//! Which prompts share what: token sequences in, the order of work out.
//!
//! Prompts are sorted, so that those with a common start are neighbours; each common start of some length becomes a
//! [`Prefix`] that is computed once, and what is left of each prompt an answer. Parents come before children, and
//! subtrees are contiguous: a depth-first walk.
//! Deliberately absent: the cache and any notion of time. Start at [`Plan::of`].

/// A common start shorter than this is computed again for each prompt: not worth a step of its own.
const WORTH: usize = 16;
/// Most prefixes above one another: each may cost one partly filled block, and the cache has this many to spare.
pub(super) const DEEPEST: usize = 8;

/// Tokens `start..end` of prompt `prompt`, the same in all prompts below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) parent: Option<usize>,
    pub(super) prompt: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Units whose parent this is.
    pub(super) children: usize,
}

/// A piece of work, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Compute this prefix.
    Prefix(usize),
    /// Compute the rest of a prompt and answer it.
    Answer { prompt: usize, parent: Option<usize> },
}

/// All the work of one call.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) prefixes: Vec<Prefix>,
    pub(super) units: Vec<Unit>,
}

impl Plan {
    /// Plans the prompts whose indices are in `which`; none of their token sequences is empty.
    pub(super) fn of(tokens: &[Vec<u32>], which: &[usize]) -> Self {
        let mut sorted = which.to_vec();
        sorted.sort_by(|&a, &b| tokens[a].cmp(&tokens[b]).then(a.cmp(&b)));
        let mut plan = Self::default();
        // Groups still to be planned, the next one last: a slice of `sorted`, the prefix above it, where that ends, and
        // how many tokens the group is known to share.
        let mut groups = vec![(0..sorted.len(), None, 0, 0)];
        while let Some((group, parent, start, known)) = groups.pop() {
            let members = &sorted[group.clone()];
            let &[first, .., last] = members else {
                if let Some(&prompt) = members.first() {
                    plan.push(Unit::Answer { prompt, parent }, parent);
                }
                continue;
            };
            // Sorted, so what the first and the last share, all share. The last token of a prompt is never shared: its
            // logits start the reply.
            let shortest = members.iter().map(|&p| tokens[p].len()).min().unwrap_or(1);
            let end = common(&tokens[first], &tokens[last], known).min(shortest - 1);
            let (parent, start) = if end >= start + WORTH && plan.depth(parent) < DEEPEST {
                plan.push(Unit::Prefix(plan.prefixes.len()), parent);
                plan.prefixes.push(Prefix {
                    parent,
                    prompt: first,
                    start,
                    end,
                    children: 0,
                });
                (Some(plan.prefixes.len() - 1), end)
            } else {
                (parent, start)
            };
            let before = groups.len();
            let mut from = group.start;
            for at in group.start..group.end {
                let (here, next) = (sorted[at], sorted.get(at + 1).filter(|_| at + 1 < group.end));
                let ends = tokens[here].len() == end + 1;
                if ends
                    || next.is_none_or(|&n| tokens[n].get(end) != tokens[here].get(end) || tokens[n].len() == end + 1)
                {
                    groups.push((from..at + 1, parent, start, end + 1));
                    from = at + 1;
                }
            }
            groups[before..].reverse();
        }
        plan
    }

    fn push(&mut self, unit: Unit, parent: Option<usize>) {
        self.units.push(unit);
        if let Some(parent) = parent {
            self.prefixes[parent].children += 1;
        }
    }

    /// How many prefixes lie above, itself included.
    pub(super) fn depth(&self, mut prefix: Option<usize>) -> usize {
        let mut depth = 0;
        while let Some(index) = prefix {
            depth += 1;
            prefix = self.prefixes[index].parent;
        }
        depth
    }
}

/// How many leading tokens two sequences share, the first `known` being equal.
fn common(a: &[u32], b: &[u32], known: usize) -> usize {
    let known = known.min(a.len()).min(b.len());
    known + a[known..].iter().zip(&b[known..]).take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(parts: &[(u32, usize)]) -> Vec<u32> {
        parts
            .iter()
            .flat_map(|&(token, count)| std::iter::repeat_n(token, count))
            .collect()
    }

    /// Every prompt is answered once, its prefixes and its rest make up its tokens, and parents come first.
    fn check(tokens: &[Vec<u32>]) -> Plan {
        let plan = Plan::of(tokens, &(0..tokens.len()).collect::<Vec<_>>());
        let mut seen = Vec::new();
        let mut answered = vec![0; tokens.len()];
        for unit in &plan.units {
            let (parent, prompt) = match *unit {
                Unit::Prefix(index) => {
                    seen.push(index);
                    (plan.prefixes[index].parent, plan.prefixes[index].prompt)
                }
                Unit::Answer { prompt, parent } => {
                    answered[prompt] += 1;
                    (parent, prompt)
                }
            };
            assert!(parent.is_none_or(|p| seen.contains(&p)), "parents first");
            let mut above = parent;
            while let Some(index) = above {
                let p = &plan.prefixes[index];
                assert_eq!(tokens[prompt][p.start..p.end], tokens[p.prompt][p.start..p.end]);
                assert_eq!(p.start, p.parent.map_or(0, |q| plan.prefixes[q].end));
                assert!(p.end < tokens[prompt].len(), "the last token is never shared");
                above = p.parent;
            }
        }
        assert!(answered.iter().all(|&n| n == 1), "{answered:?}");
        for (i, prefix) in plan.prefixes.iter().enumerate() {
            assert!(prefix.children >= 2, "prefix {i} is shared by nobody");
        }
        plan
    }

    #[test]
    fn nested_common_starts_become_nested_prefixes() {
        let tokens = [
            prompt(&[(1, 40), (2, 30), (3, 5)]),
            prompt(&[(1, 40), (9, 7)]),
            prompt(&[(1, 40), (2, 30), (4, 5)]),
            prompt(&[(8, 50)]),
        ];
        let plan = check(&tokens);
        let ranges: Vec<_> = plan.prefixes.iter().map(|p| (p.start, p.end)).collect();
        assert_eq!(ranges, [(0, 40), (40, 70)]);
        assert_eq!(plan.depth(Some(1)), 2);
    }

    #[test]
    fn equal_prompts_share_all_but_the_last_token() {
        let plan = check(&[prompt(&[(1, 33)]), prompt(&[(1, 33)]), prompt(&[(1, 33)])]);
        assert_eq!(
            plan.prefixes,
            [Prefix {
                parent: None,
                prompt: 0,
                start: 0,
                end: 32,
                children: 3
            }]
        );
    }

    #[test]
    fn a_prompt_that_starts_another_and_short_overlaps_are_planned_too() {
        check(&[
            prompt(&[(1, 20)]),
            prompt(&[(1, 60)]),
            prompt(&[(1, 21), (2, 1)]),
            vec![1],
            vec![1],
            vec![2],
        ]);
        let plan = check(&[prompt(&[(1, 10), (2, 9)]), prompt(&[(1, 10), (3, 9)])]);
        assert!(plan.prefixes.is_empty(), "ten tokens are not worth a step");
        let short_above = [
            prompt(&[(1, 5), (2, 30), (3, 1)]),
            prompt(&[(1, 5), (2, 30), (4, 1)]),
            prompt(&[(1, 5), (9, 3)]),
        ];
        assert_eq!(check(&short_above).prefixes[0].end, 35);
    }
}
