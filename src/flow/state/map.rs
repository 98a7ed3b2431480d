//! A sorted map whose copies share what they have in common: a copy costs nothing, and comparing two maps costs what
//! tells them apart. The state of a function is copied at every branch, which plain maps pay for in full.
//!
//! In: names and values. Out: [`Map`]. A treap (Seidel and Aragon 1996) whose priorities are digests of the keys, so
//! that maps with the same keys have the same shape. Deliberately absent: anything about what is stored.
//! Start at [`Map`].

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::syntax::form::Text;

use crate::flow::state::value::SEP;

type Link<V> = Option<Rc<Node<V>>>;

/// Values by name.
#[derive(Debug)]
pub struct Map<V>(Link<V>);

#[derive(Debug, Clone)]
struct Node<V> {
    key: Text,
    rank: u64,
    value: V,
    left: Link<V>,
    right: Link<V>,
}

impl<V> Clone for Map<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self(None)
    }
}

fn rank(key: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    key.hash(&mut hash);
    hash.finish()
}

impl<V: Clone> Node<V> {
    /// Which of two nodes stands higher.
    fn above(&self, other: &Self) -> bool {
        (self.rank, &self.key) > (other.rank, &other.key)
    }
}

impl<V: Clone> Map<V> {
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub fn get(&self, key: &str) -> Option<&V> {
        let mut at = self.0.as_deref();
        while let Some(node) = at {
            at = match key.cmp(&*node.key) {
                Ordering::Equal => return Some(&node.value),
                Ordering::Less => node.left.as_deref(),
                Ordering::Greater => node.right.as_deref(),
            };
        }
        None
    }

    /// The value to change, if there is one; copies share it no longer.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.get(key)?;
        let mut at = &mut self.0;
        while let Some(link) = at {
            let node = Rc::make_mut(link);
            at = match key.cmp(&*node.key) {
                Ordering::Equal => return Some(&mut node.value),
                Ordering::Less => &mut node.left,
                Ordering::Greater => &mut node.right,
            };
        }
        None
    }

    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub fn insert(&mut self, key: Text, value: V) {
        let rank = rank(&key);
        insert(
            &mut self.0,
            Node {
                key,
                rank,
                value,
                left: None,
                right: None,
            },
        );
    }

    pub fn remove(&mut self, key: &str) {
        if self.contains_key(key) {
            remove(&mut self.0, key);
        }
    }

    /// Entries below an access path, in order.
    pub fn below<'m, 'p>(&'m self, path: &'p str) -> Below<'m, 'p, V> {
        let mut open = Vec::new();
        let mut at = self.0.as_deref();
        while let Some(node) = at {
            at = if before(&node.key, path) {
                node.right.as_deref()
            } else {
                open.push(node);
                node.left.as_deref()
            };
        }
        Below { open, path }
    }

    /// Visits in order every key whose values are not the same shared thing, with what either side has there.
    pub fn differences<'m>(&'m self, other: &'m Self, visit: &mut Visit<'_, 'm, V>) {
        differences(&self.0, &other.0, (None, None), visit);
    }
}

/// What is done about one difference.
pub type Visit<'v, 'm, V> = dyn FnMut(&'m Text, Option<&'m V>, Option<&'m V>) + 'v;

/// Entries below an access path.
pub struct Below<'m, 'p, V> {
    open: Vec<&'m Node<V>>,
    path: &'p str,
}

impl<'m, V> Iterator for Below<'m, '_, V> {
    type Item = (&'m Text, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.open.pop()?;
        if !node.key.strip_prefix(self.path)?.starts_with(SEP) {
            self.open.clear();
            return None;
        }
        let mut at = node.right.as_deref();
        while let Some(next) = at {
            self.open.push(next);
            at = next.left.as_deref();
        }
        Some((&node.key, &node.value))
    }
}

/// Whether `key` comes before everything below `path`.
fn before(key: &str, path: &str) -> bool {
    let head = key.len().min(path.len());
    match key.as_bytes()[..head].cmp(&path.as_bytes()[..head]) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => key.as_bytes().get(head).is_none_or(|next| *next < SEP as u8),
    }
}

fn insert<V: Clone>(link: &mut Link<V>, new: Node<V>) {
    let Some(known) = link else {
        *link = Some(Rc::new(new));
        return;
    };
    let node = Rc::make_mut(known);
    match new.key.cmp(&node.key) {
        Ordering::Equal => node.value = new.value,
        Ordering::Less => {
            insert(&mut node.left, new);
            if node.left.as_ref().is_some_and(|left| left.above(node)) {
                raise(link, |node| &mut node.left, |node| &mut node.right);
            }
        }
        Ordering::Greater => {
            insert(&mut node.right, new);
            if node.right.as_ref().is_some_and(|right| right.above(node)) {
                raise(link, |node| &mut node.right, |node| &mut node.left);
            }
        }
    }
}

/// Rotates the child on one side to the top.
fn raise<V: Clone>(
    link: &mut Link<V>,
    side: impl Fn(&mut Node<V>) -> &mut Link<V>,
    other: impl Fn(&mut Node<V>) -> &mut Link<V>,
) {
    let Some(mut top) = link.take() else { return };
    let node = Rc::make_mut(&mut top);
    let mut child = side(node).take();
    if let Some(child) = &mut child {
        let child = Rc::make_mut(child);
        *side(node) = other(child).take();
        *other(child) = Some(top);
        *link = None;
    }
    *link = child;
}

fn remove<V: Clone>(link: &mut Link<V>, key: &str) {
    let Some(known) = link else { return };
    let node = Rc::make_mut(known);
    match key.cmp(&*node.key) {
        Ordering::Less => remove(&mut node.left, key),
        Ordering::Greater => remove(&mut node.right, key),
        Ordering::Equal => *link = merge(node.left.take(), node.right.take()),
    }
}

fn merge<V: Clone>(left: Link<V>, right: Link<V>) -> Link<V> {
    match (left, right) {
        (None, only) | (only, None) => only,
        (Some(mut left), Some(right)) if left.above(&right) => {
            let node = Rc::make_mut(&mut left);
            node.right = merge(node.right.take(), Some(right));
            Some(left)
        }
        (left, Some(mut right)) => {
            let node = Rc::make_mut(&mut right);
            node.left = merge(left, node.left.take());
            Some(right)
        }
    }
}

/// What is left of a tree between two keys, both excluded.
fn within<'m, V>(link: &'m Link<V>, (from, until): (Option<&str>, Option<&str>)) -> Option<&'m Rc<Node<V>>> {
    let mut at = link.as_ref();
    while let Some(node) = at {
        if from.is_some_and(|from| *node.key <= *from) {
            at = node.right.as_ref();
        } else if until.is_some_and(|until| *node.key >= *until) {
            at = node.left.as_ref();
        } else {
            break;
        }
    }
    at
}

fn differences<'m, V: Clone>(
    one: &'m Link<V>,
    two: &'m Link<V>,
    (from, until): (Option<&'m str>, Option<&'m str>),
    visit: &mut Visit<'_, 'm, V>,
) {
    let (a, b) = (within(one, (from, until)), within(two, (from, until)));
    match (a, b) {
        (None, None) => {}
        (Some(a), Some(b)) if Rc::ptr_eq(a, b) => {}
        (Some(a), Some(b)) if a.key == b.key => {
            let key = Some(&*a.key);
            differences(&a.left, &b.left, (from, key), visit);
            visit(&a.key, Some(&a.value), Some(&b.value));
            differences(&a.right, &b.right, (key, until), visit);
        }
        // The higher of two tops cannot be anywhere below the other one.
        (Some(a), b) if b.is_none_or(|b| a.above(b)) => {
            let key = Some(&*a.key);
            differences(&a.left, two, (from, key), visit);
            visit(&a.key, Some(&a.value), None);
            differences(&a.right, two, (key, until), visit);
        }
        (_, Some(b)) => {
            let key = Some(&*b.key);
            differences(one, &b.left, (from, key), visit);
            visit(&b.key, None, Some(&b.value));
            differences(one, &b.right, (key, until), visit);
        }
        (Some(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn steps() -> impl Iterator<Item = (bool, usize, u32)> {
        // A fixed walk through 61 keys (Lehmer's generator).
        let mut seed = 48_271u64;
        (0..4000u32).map(move |at| {
            seed = seed * 48_271 % 2_147_483_647;
            (!seed.is_multiple_of(3), (seed / 7 % 61) as usize, at)
        })
    }

    #[test]
    fn is_what_a_plain_sorted_map_is_whatever_is_put_in_and_taken_out() {
        let (mut map, mut plain) = (Map::default(), BTreeMap::new());
        for (put, key, value) in steps() {
            let key = Text::from(format!("k{key}"));
            if put {
                map.insert(key.clone(), value);
                plain.insert(key, value);
            } else {
                map.remove(&key);
                plain.remove(&key);
            }
        }
        let mut all = Vec::new();
        Map::default().differences(&map, &mut |key, _, value| {
            all.push((key.clone(), *value.expect("it is there")))
        });
        assert_eq!(all, plain.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_copy_stays_what_it_was_and_only_what_changed_since_is_a_difference() {
        let mut map = Map::default();
        for (_, key, value) in steps().take(500) {
            map.insert(format!("k{key}").into(), Rc::new(value));
        }
        let copy = map.clone();
        map.insert("k3".into(), Rc::new(7));
        map.remove("k5");
        map.insert("new".into(), Rc::new(1));
        let mut seen = Vec::new();
        map.differences(&copy, &mut |key, own, old| {
            if own.zip(old).is_none_or(|(own, old)| !Rc::ptr_eq(own, old)) {
                seen.push(key.to_string());
            }
        });
        assert_eq!(seen, ["k3", "k5", "new"]);
        assert!(copy.contains_key("k5") && !copy.contains_key("new"));
    }

    #[test]
    fn below_gives_parts_of_a_path_and_no_namesakes() {
        let mut map = Map::default();
        for key in ["a", "a\u{1}x", "a\u{1}y\u{1}z", "ab", "ab\u{1}x", "A\u{1}x"] {
            map.insert(key.into(), ());
        }
        let keys: Vec<&str> = map.below("a").map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["a\u{1}x", "a\u{1}y\u{1}z"]);
    }
}
