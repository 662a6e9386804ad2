//! Addresses that look for a name, answered by ranges in order of precedence.

use std::collections::HashMap;
use std::rc::Rc;

/// Each address takes the first name that is offered for a range around it. However many ranges there are, and
/// however they overlap, an address is named once: whoever writes them cannot make this slow.
#[derive(Clone)]
pub struct Wanted {
    /// Ascending, each once.
    addresses: Vec<u64>,
    /// The next address without a name, from each on (a disjoint-set forest); one past the end: none.
    next: Vec<u32>,
    names: Vec<Option<Rc<str>>>,
    left: usize,
}

impl Wanted {
    pub fn new(addresses: &[u64]) -> Self {
        let mut addresses = addresses.to_vec();
        addresses.sort_unstable();
        addresses.dedup();
        let count = addresses.len();
        Self {
            addresses,
            next: (0..=count as u32).collect(),
            names: vec![None; count],
            left: count,
        }
    }

    /// Whether every address has its name.
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Offers a name for `size` bytes from `start` on. What already has one keeps it.
    pub fn offer(&mut self, start: u64, size: u64, name: impl FnOnce() -> Option<Rc<str>>) {
        let Some(last) = size.checked_sub(1).map(|more| start.saturating_add(more)) else { return };
        let mut at = self.free(self.addresses.partition_point(|address| *address < start));
        let is_inside = |at: usize| self.addresses.get(at).is_some_and(|address| *address <= last);
        if !is_inside(at) {
            return;
        }
        let Some(name) = name() else { return };
        while self.addresses.get(at).is_some_and(|address| *address <= last) {
            self.names[at] = Some(name.clone());
            self.next[at] = at as u32 + 1;
            self.left -= 1;
            at = self.free(at);
        }
    }

    pub fn into_names(self) -> HashMap<u64, Rc<str>> {
        let named = self.addresses.into_iter().zip(self.names);
        named.filter_map(|(address, name)| Some((address, name?))).collect()
    }

    /// The first address without a name, from `at` on.
    fn free(&mut self, mut at: usize) -> usize {
        while self.next[at] as usize != at {
            let after = self.next[at] as usize;
            self.next[at] = self.next[after];
            at = self.next[at] as usize;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_stays() {
        let mut wanted = Wanted::new(&[30, 10, 20, 20]);
        wanted.offer(15, 10, || Some("b".into()));
        wanted.offer(0, 100, || Some("a".into()));
        assert!(wanted.is_done());
        wanted.offer(0, 100, || panic!("nobody asks"));
        let names = wanted.into_names();
        assert_eq!([10, 20, 30].map(|address| &*names[&address]), ["a", "b", "a"]);
    }

    #[test]
    fn ranges_are_half_open_and_may_end_with_the_address_space() {
        let mut wanted = Wanted::new(&[9, 10, 19, 20, u64::MAX]);
        wanted.offer(10, 10, || Some("a".into()));
        wanted.offer(9, 0, || Some("none".into()));
        wanted.offer(u64::MAX, u64::MAX, || Some("z".into()));
        let names = wanted.into_names();
        let mut named: Vec<u64> = names.into_keys().collect();
        named.sort_unstable();
        assert_eq!(named, [10, 19, u64::MAX]);
    }
}
