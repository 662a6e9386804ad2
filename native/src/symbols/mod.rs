//! Symbols of many addresses, each name and module stored once.

pub mod demangle;
pub mod images;
pub mod symbolizer;

use std::collections::{BTreeMap, HashMap};

use napi::bindgen_prelude::{Uint8Array, Uint32Array};
use napi_derive::napi;

/// Frames `offsets[i]..offsets[i + 1]` are those of address i, innermost first: more than one where functions were inlined.
#[napi(object, object_from_js = false)]
pub struct Symbols {
    pub names: Vec<String>,
    pub modules: Vec<String>,
    pub offsets: Uint32Array,
    pub symbol: Uint32Array,
    pub module: Uint32Array,
    pub kind: Uint8Array,
    pub reason: Option<String>,
}

/// How a frame's code came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    #[default]
    Native = 0,
    Inlined = 1,
    /// Compiled while the process ran.
    Jit = 2,
    Interpreted = 3,
}

/// Collects what is found out about each of `count` addresses; the rest stays unknown.
pub struct Found {
    names: Interned,
    modules: Interned,
    symbol: Vec<u32>,
    module: Vec<u32>,
    kind: Vec<Kind>,
    /// What was inlined at an address, innermost first.
    inlined: BTreeMap<usize, Vec<u32>>,
    reason: Option<String>,
}

impl Found {
    pub fn new(count: usize) -> Self {
        Self {
            names: Interned::default(),
            modules: Interned::default(),
            symbol: vec![0; count],
            module: vec![0; count],
            kind: vec![Kind::Native; count],
            inlined: BTreeMap::new(),
            reason: None,
        }
    }

    /// The function that has the address.
    pub fn symbol(&mut self, index: usize, name: &str) {
        self.symbol[index] = self.names.number(name);
    }

    pub fn has_symbol(&self, index: usize) -> bool {
        self.symbol[index] != 0
    }

    pub fn module(&mut self, index: usize, name: &str) {
        self.module[index] = self.modules.number(name);
    }

    pub fn kind(&mut self, index: usize, kind: Kind) {
        self.kind[index] = kind;
    }

    /// One more function inlined there, which is the caller of those that were told before.
    pub fn inlined(&mut self, index: usize, name: &str) {
        let number = self.names.number(name);
        self.inlined.entry(index).or_default().push(number);
    }

    /// Why nothing could be found out.
    pub fn nothing(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

impl From<Found> for Symbols {
    fn from(found: Found) -> Self {
        let frames = found.symbol.len() + found.inlined.values().map(Vec::len).sum::<usize>();
        let mut offsets = Vec::with_capacity(found.symbol.len() + 1);
        let mut symbol = Vec::with_capacity(frames);
        let mut module = Vec::with_capacity(frames);
        let mut kind = Vec::with_capacity(frames);
        offsets.push(0);
        for (index, outer) in found.symbol.iter().enumerate() {
            for inner in found.inlined.get(&index).into_iter().flatten() {
                symbol.push(*inner);
                module.push(found.module[index]);
                kind.push(Kind::Inlined as u8);
            }
            symbol.push(*outer);
            module.push(found.module[index]);
            kind.push(found.kind[index] as u8);
            offsets.push(symbol.len() as u32);
        }
        Self {
            names: found.names.list,
            modules: found.modules.list,
            offsets: offsets.into(),
            symbol: symbol.into(),
            module: module.into(),
            kind: kind.into(),
            reason: found.reason,
        }
    }
}

#[derive(Default)]
struct Interned {
    list: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Interned {
    /// The place of a text in the list, counted from 1; 0 for the empty text.
    fn number(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.list.push(text.to_string());
        let number = self.list.len() as u32;
        self.numbers.insert(text.to_string(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stored_once_and_counted_from_one() {
        let mut found = Found::new(4);
        found.symbol(0, "a");
        found.symbol(1, "b");
        found.symbol(2, "a");
        found.module(3, "");
        assert_eq!(found.symbol, [1, 2, 1, 0]);
        assert_eq!(found.module, [0; 4]);
        assert_eq!(found.names.list, ["a", "b"]);
    }

    #[test]
    fn inlined_functions_come_before_the_one_that_has_the_address() {
        let mut found = Found::new(3);
        found.symbol(1, "outer");
        found.module(1, "/bin/x");
        found.inlined(1, "inner");
        found.inlined(1, "middle");
        found.symbol(2, "compiled");
        found.kind(2, Kind::Jit);
        let symbols = Symbols::from(found);
        let name = |i: &u32| i.checked_sub(1).map(|i| symbols.names[i as usize].as_str());
        let names: Vec<_> = symbols.symbol.iter().map(name).collect();
        assert_eq!(names, [None, Some("inner"), Some("middle"), Some("outer"), Some("compiled")]);
        assert_eq!(*symbols.offsets, [0, 1, 4, 5]);
        assert_eq!(*symbols.kind, [0, 1, 1, 0, 2]);
        assert_eq!(*symbols.module, [0, 1, 1, 1, 0]);
    }
}
