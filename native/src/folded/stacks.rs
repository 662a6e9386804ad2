//! Many stacks as one tree of frames: memory follows different stacks, not lines.

use ahash::RandomState;
use hashbrown::HashTable;
use memchr::memrchr;

use super::line::{Count, DECIMALS};

/// A profile that is compared, and the one it is compared with.
pub const AFTER: usize = 0;
pub const BEFORE: usize = 1;

pub type Counts = [u64; 2];

#[derive(Debug)]
pub struct Node {
    /// A lower index than its own; the root is its own parent.
    pub parent: u32,
    pub name: u32,
    /// Of stacks that end here, in units of ten to the power of minus `decimals`.
    pub own: Counts,
}

/// How stacks are changed before they are added.
#[derive(Debug, Default)]
pub struct Shape {
    /// From the leaf.
    pub reverse: bool,
    /// Stacks begin at the last frame of one of these names; those without are left out.
    pub base: Vec<String>,
    /// Keep the order of time.
    pub in_order: bool,
}

#[derive(Debug)]
pub struct Stacks {
    pub nodes: Vec<Node>,
    /// Those of all stacks, in the order in which they came: only where the shape asks for it.
    pub order: Vec<(u32, u64)>,
    /// Of the counts.
    pub decimals: u32,
    pub lines: u64,
    names: Vec<(usize, u32)>,
    text: Vec<u8>,
    by_name: HashTable<Name>,
    children: HashTable<Child>,
    by_callers: HashTable<Callers>,
    hash: RandomState,
    shape: Shape,
    /// The frames of the line before, and where each ends: neighbours have most of them in common.
    last: Vec<u8>,
    path: Vec<(usize, u32)>,
}

/// Hash and key stand in the entries: growing tables and most comparisons then look at nothing else.
#[derive(Debug)]
struct Name {
    hash: u64,
    id: u32,
}

#[derive(Debug)]
struct Child {
    parent: u32,
    name: u32,
    index: u32,
}

/// All frames of a stack but its leaf, known by a seeded 64-bit hash of their text: with n of them the
/// chance that any two are taken for one is n²/2⁶⁵.
#[derive(Debug)]
struct Callers {
    hash: u64,
    node: u32,
}

const ROOT: u32 = 0;

impl Stacks {
    pub fn new(shape: Shape) -> Self {
        let mut stacks = Self {
            nodes: Vec::new(),
            order: Vec::new(),
            decimals: 0,
            lines: 0,
            names: Vec::new(),
            text: Vec::new(),
            by_name: HashTable::new(),
            children: HashTable::new(),
            by_callers: HashTable::new(),
            hash: RandomState::new(),
            shape,
            last: Vec::new(),
            path: Vec::new(),
        };
        let name = stacks.intern(b"");
        stacks.nodes.push(Node { parent: ROOT, name, own: [0, 0] });
        stacks
    }

    pub fn add(&mut self, frames: &[u8], side: usize, count: Count) {
        self.add_all(frames, [(side, count)]);
    }

    /// A stack that two profiles have.
    pub fn add_both(&mut self, frames: &[u8], after: Count, before: Count) {
        self.add_all(frames, [(AFTER, after), (BEFORE, before)]);
    }

    fn add_all<const N: usize>(&mut self, frames: &[u8], counts: [(usize, Count); N]) {
        let Some(frames) = self.based(frames) else {
            return;
        };
        let node = if self.shape.reverse {
            frames.rsplit(|byte| *byte == b';').fold(ROOT, |parent, name| self.child(parent, name))
        } else {
            self.leaf(frames)
        };
        self.lines += 1;
        for (side, count) in counts {
            self.widen(count.decimals);
            let count = count.scaled(self.decimals);
            let own = &mut self.nodes[node as usize].own[side];
            *own = own.saturating_add(count);
            if self.shape.in_order {
                self.order.push((node, count));
            }
        }
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    pub fn name(&self, node: usize) -> &[u8] {
        self.text_of(self.nodes[node].name)
    }

    pub fn text_of(&self, name: u32) -> &[u8] {
        let (start, length) = self.names[name as usize];
        &self.text[start..start + length as usize]
    }

    /// All but the root.
    pub fn frames(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Counts as they were written.
    pub fn in_units(&self, counts: Counts) -> [f64; 2] {
        counts.map(|count| count as f64 / 10f64.powi(self.decimals as i32))
    }

    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// Of each node, what stacks through it count; None where that is too large for a number.
    pub fn totals(&self) -> Option<Vec<Counts>> {
        let mut totals: Vec<Counts> = self.nodes.iter().map(|node| node.own).collect();
        for index in (1..totals.len()).rev() {
            let [after, before] = totals[index];
            let sum = &mut totals[self.nodes[index].parent as usize];
            sum[AFTER] = sum[AFTER].checked_add(after)?;
            sum[BEFORE] = sum[BEFORE].checked_add(before)?;
        }
        totals[0].iter().all(|sum| *sum < u64::MAX).then_some(totals)
    }

    /// Three more decimals, for counts that are going to be multiplied by a fraction.
    pub fn refine(&mut self) {
        self.widen((self.decimals + 3).min(DECIMALS));
    }

    fn based<'a>(&self, frames: &'a [u8]) -> Option<&'a [u8]> {
        if self.shape.base.is_empty() {
            return Some(frames);
        }
        let mut start = frames.len();
        for name in frames.rsplit(|byte| *byte == b';') {
            start -= name.len();
            if self.shape.base.iter().any(|base| base.as_bytes() == name) {
                return Some(&frames[start..]);
            }
            start = start.saturating_sub(1);
        }
        None
    }

    fn leaf(&mut self, frames: &[u8]) -> u32 {
        let common = common_prefix(&self.last, frames);
        let callers = memrchr(b';', frames).unwrap_or(0);
        // Neighbours that have little in common: stacks in no order, whose callers were often seen before.
        let hash = (common < callers / 2).then(|| self.hash.hash_one(&frames[..callers]));
        if let Some(hash) = hash
            && let Some(known) = self.by_callers.find(hash, |known| known.hash == hash)
        {
            let parent = known.node;
            self.path.clear();
            self.last.clear();
            return self.child(parent, &frames[callers + 1..]);
        }

        let ends = |end: usize| {
            end < common || (end == common && frames.get(end).is_none_or(|byte| *byte == b';'))
        };
        let shared = self.path.iter().take_while(|(end, _)| ends(*end)).count();
        self.path.truncate(shared);
        let (mut start, mut node) =
            self.path.last().map_or((0, ROOT), |(end, node)| (end + 1, *node));
        if start > frames.len() {
            return node;
        }
        let rest = &frames[start..];
        for name in rest.split(|byte| *byte == b';') {
            node = self.child(node, name);
            self.path.push((start + name.len(), node));
            start += name.len() + 1;
        }
        self.last.truncate(common);
        self.last.extend_from_slice(&frames[common..]);
        if let Some(hash) = hash {
            let node = self.nodes[node as usize].parent;
            self.by_callers.insert_unique(hash, Callers { hash, node }, |known| known.hash);
        }
        node
    }

    fn child(&mut self, parent: u32, name: &[u8]) -> u32 {
        let name = self.intern(name);
        let hash_of = |state: &RandomState, parent: u32, name: u32| {
            state.hash_one(u64::from(parent) << 32 | u64::from(name))
        };
        let hash = hash_of(&self.hash, parent, name);
        let is_it = |child: &Child| child.parent == parent && child.name == name;
        if let Some(child) = self.children.find(hash, is_it) {
            return child.index;
        }
        let index = self.nodes.len() as u32;
        self.nodes.push(Node { parent, name, own: [0, 0] });
        let state = &self.hash;
        self.children.insert_unique(hash, Child { parent, name, index }, |child| {
            hash_of(state, child.parent, child.name)
        });
        index
    }

    fn intern(&mut self, name: &[u8]) -> u32 {
        let hash = self.hash.hash_one(name);
        let is_it = |known: &Name| known.hash == hash && self.text_of(known.id) == name;
        if let Some(known) = self.by_name.find(hash, is_it) {
            return known.id;
        }
        let id = self.names.len() as u32;
        self.names.push((self.text.len(), name.len() as u32));
        self.text.extend_from_slice(name);
        self.by_name.insert_unique(hash, Name { hash, id }, |known| known.hash);
        id
    }

    /// Counts with more decimals than those before make the unit of all smaller.
    fn widen(&mut self, decimals: u32) {
        if decimals <= self.decimals {
            return;
        }
        let by = 10u64.pow(decimals.min(DECIMALS) - self.decimals);
        for node in &mut self.nodes {
            node.own = node.own.map(|count| count.saturating_mul(by));
        }
        for (_, count) in &mut self.order {
            *count = count.saturating_mul(by);
        }
        self.decimals = decimals;
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 16;
    let whole =
        a.chunks_exact(STEP).zip(b.chunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    whole + a[whole..].iter().zip(&b[whole..]).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
