//! What a state is made of: sorted tables that branches share until one of them changes them, and small sets.
//!
//! In: entries. Out: [`Sorted`], [`Objects`], [`Ids`] and [`Shared`]. A function has some dozens of names, so that a
//! plain sorted list is copied, searched and joined faster than a tree. Deliberately absent: what entries mean
//! (`memory`). Start at [`Sorted`].

use std::borrow::Borrow;
use std::cell::RefCell;
use std::ops::{Deref, DerefMut, Index};
use std::rc::Rc;

use crate::syntax::form::Text;

use super::memory::Object;

/// What branches share until one of them changes it.
#[derive(Debug, Default)]
pub struct Shared<T>(Rc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

/// Entries in the order of their keys.
#[derive(Debug, Clone)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(own, _)| own.borrow().cmp(key))
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    pub fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// The value of the key, which is `value` where there was none.
    pub fn or_insert(&mut self, key: K, value: V) -> &mut V {
        let at = self.find(&key).unwrap_or_else(|at| {
            self.0.insert(at, (key, value));
            at
        });
        &mut self.0[at].1
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    pub fn retain(&mut self, mut wanted: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| wanted(key, value));
    }

    /// Goes through both in order: what they have in common and what is only here stays where the closure says so,
    /// and what is only there is added.
    pub fn merge(
        &mut self,
        others: &Self,
        mut here: impl FnMut(&K, &mut V, Option<&V>) -> bool,
        mut there: impl FnMut(&K, &V) -> Option<V>,
    ) where
        K: Clone,
    {
        let mut from = others.0.iter().peekable();
        let mut all = Vec::with_capacity(self.0.len());
        for (key, mut value) in std::mem::take(&mut self.0) {
            while let Some((other, theirs)) = from.next_if(|(other, _)| *other < key) {
                all.extend(there(other, theirs).map(|value| (other.clone(), value)));
            }
            let theirs = from.next_if(|(other, _)| *other == key);
            if here(&key, &mut value, theirs.map(|(_, theirs)| theirs)) {
                all.push((key, value));
            }
        }
        all.extend(from.filter_map(|(other, theirs)| Some((other.clone(), there(other, theirs)?))));
        self.0 = all;
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Borrow<str>, V> Sorted<K, V> {
    /// Entries whose names begin with `head`.
    pub fn starting(&self, head: &str) -> &[(K, V)] {
        let from = self.0.partition_point(|(own, _)| own.borrow() < head);
        let rest = &self.0[from..];
        let count = rest
            .iter()
            .take_while(|(own, _)| own.borrow().starts_with(head))
            .count();
        &rest[..count]
    }

    /// Entries for a place and its parts.
    pub fn below(&self, place: &str) -> impl Iterator<Item = &(K, V)> {
        let part = |name: &str| is_part(&name[place.len()..]);
        self.starting(place).iter().filter(move |(name, _)| part(name.borrow()))
    }
}

impl<K: Ord + Borrow<str> + Clone, V: Clone> Shared<Sorted<K, V>> {
    /// Forgets a place and its parts.
    pub fn forget(&mut self, place: &str) {
        if self.below(place).next().is_some() {
            self.retain(|name, _| !name.borrow().strip_prefix(place).is_some_and(is_part));
        }
    }

    /// Forgets every name that begins with `head`.
    pub fn clear(&mut self, head: &str) {
        self.forget_where(head, |name| name.starts_with(head));
    }

    /// Forgets names that are `lost`, all of which begin with `head`.
    pub fn forget_where(&mut self, head: &str, lost: impl Fn(&str) -> bool) {
        if self.starting(head).iter().any(|(name, _)| lost(name.borrow())) {
            self.retain(|name, _| !lost(name.borrow()));
        }
    }
}

/// Whether what follows a place's name names the place itself or a part of it.
pub fn is_part(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '[', '@'])
}

impl<V> Index<&Text> for Sorted<Text, V> {
    type Output = V;

    fn index(&self, key: &Text) -> &V {
        self.get(key).expect("the name was just found")
    }
}

/// Objects by number; those that nothing changed are shared between states.
#[derive(Debug, Clone, Default)]
pub struct Objects(Sorted<u32, Rc<Object>>);

impl Objects {
    pub fn get(&self, id: &u32) -> Option<&Object> {
        self.0.get(id).map(|object| &**object)
    }

    pub fn get_mut(&mut self, id: &u32) -> Option<&mut Object> {
        self.0.get_mut(id).map(Rc::make_mut)
    }

    pub fn contains_key(&self, id: &u32) -> bool {
        self.0.contains_key(id)
    }

    pub fn insert(&mut self, id: u32, object: Object) {
        self.0.insert(id, Rc::new(object));
    }

    pub fn remove(&mut self, id: &u32) {
        self.0.remove(id);
    }

    pub fn retain(&mut self, wanted: impl Fn(&u32, &Object) -> bool) {
        self.0.retain(|id, object| wanted(id, object));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&u32, &Object)> {
        self.0.iter().map(|(id, object)| (id, &**object))
    }

    pub fn values(&self) -> impl Iterator<Item = &Object> {
        self.0.values().map(|object| &**object)
    }

    /// Changes those that are `wanted`.
    pub fn change(&mut self, wanted: impl Fn(&Object) -> bool, mut change: impl FnMut(&mut Object)) {
        for (_, object) in self.0.iter_mut().filter(|(_, object)| wanted(object)) {
            change(Rc::make_mut(object));
        }
    }

    /// Takes over what another way has, and joins what both have in two shapes.
    pub fn join(&mut self, others: &Self, mut join: impl FnMut(&mut Object, &Object)) {
        for (id, other) in others.0.iter() {
            match self.0.find(id) {
                Ok(at) => {
                    let own = &mut self.0.0[at].1;
                    if !Rc::ptr_eq(own, other) && own != other {
                        join(Rc::make_mut(own), other);
                    }
                }
                Err(at) => self.0.0.insert(at, (*id, Rc::clone(other))),
            }
        }
    }
}

/// Numbers kept in place.
const FEW: usize = 5;

/// A small sorted set of object numbers.
#[derive(Clone)]
pub enum Ids {
    Few(u8, [u32; FEW]),
    Many(Vec<u32>),
}

impl Default for Ids {
    fn default() -> Self {
        Self::Few(0, [0; FEW])
    }
}

impl Deref for Ids {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            Self::Few(count, ids) => &ids[..usize::from(*count)],
            Self::Many(ids) => ids,
        }
    }
}

impl Ids {
    pub fn insert(&mut self, id: u32) {
        let Err(at) = self.binary_search(&id) else { return };
        match self {
            Self::Few(count, ids) if usize::from(*count) < FEW => {
                ids.copy_within(at..usize::from(*count), at + 1);
                ids[at] = id;
                *count += 1;
            }
            Self::Few(_, ids) => {
                let mut ids = ids.to_vec();
                ids.insert(at, id);
                *self = Self::Many(ids);
            }
            Self::Many(ids) => ids.insert(at, id),
        }
    }

    pub fn retain(&mut self, wanted: impl Fn(&u32) -> bool) {
        *self = self.iter().copied().filter(wanted).collect();
    }

    pub fn remove(&mut self, id: &u32) {
        if self.contains(id) {
            self.retain(|own| own != id);
        }
    }
}

impl PartialEq for Ids {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Extend<u32> for Ids {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, ids: I) {
        ids.into_iter().for_each(|id| self.insert(id));
    }
}

impl FromIterator<u32> for Ids {
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> Self {
        let mut all = Self::default();
        all.extend(ids);
        all
    }
}

impl<'i> IntoIterator for &'i Ids {
    type Item = &'i u32;
    type IntoIter = std::slice::Iter<'i, u32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One text of several parts.
pub fn text(parts: &[&str]) -> Text {
    thread_local! {
        static DRAFT: RefCell<String> = const { RefCell::new(String::new()) };
    }
    DRAFT.with_borrow_mut(|draft| {
        draft.clear();
        parts.iter().for_each(|part| draft.push_str(part));
        Text::from(draft.as_str())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_small_set_is_what_a_plain_set_is_whatever_is_put_in_and_taken_out() {
        let (mut ids, mut plain) = (Ids::default(), BTreeSet::new());
        let mut seed = 48_271u64;
        for _ in 0..2000 {
            seed = seed * 48_271 % 2_147_483_647;
            let id = (seed / 5 % 9) as u32;
            if seed.is_multiple_of(2) {
                ids.insert(id);
                plain.insert(id);
            } else {
                ids.remove(&id);
                plain.remove(&id);
            }
            assert!(ids.iter().eq(plain.iter()));
        }
    }

    #[test]
    fn parts_of_a_place_are_found_and_namesakes_are_not() {
        let mut table: Shared<Sorted<Text, u32>> = Shared::default();
        for (at, name) in ["b", "a@[1]", "a", "ab", "a.x", "a[2].y", "ab.x"]
            .into_iter()
            .enumerate()
        {
            table.insert(name.into(), at as u32);
        }
        let names: Vec<&str> = table.below("a").map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "a.x", "a@[1]", "a[2].y"]);
        let copy = table.clone();
        table.forget("a");
        assert!(table.iter().map(|(name, _)| &**name).eq(["ab", "ab.x", "b"]));
        assert!(copy.contains_key("a.x") && !copy.same(&table));
        table.clear("ab");
        assert_eq!(table.get("b"), Some(&0));
        assert!(!table.contains_key("ab"));
    }
}
