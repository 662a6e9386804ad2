//! Symbols of many addresses, each name and module stored once.

use std::collections::HashMap;

use napi::bindgen_prelude::Uint32Array;
use napi_derive::napi;

#[napi(object, object_from_js = false)]
pub struct Symbols {
    pub names: Vec<String>,
    pub modules: Vec<String>,
    pub symbol: Uint32Array,
    pub module: Uint32Array,
    pub reason: Option<String>,
}

/// Collects what is found out about each of `count` addresses; the rest stays unknown.
pub struct Found {
    names: Interned,
    modules: Interned,
    symbol: Vec<u32>,
    module: Vec<u32>,
    reason: Option<String>,
}

impl Found {
    pub fn new(count: usize) -> Self {
        Self {
            names: Interned::default(),
            modules: Interned::default(),
            symbol: vec![0; count],
            module: vec![0; count],
            reason: None,
        }
    }

    pub fn symbol(&mut self, index: usize, name: &str) {
        self.symbol[index] = self.names.number(name);
    }

    pub fn module(&mut self, index: usize, name: &str) {
        self.module[index] = self.modules.number(name);
    }

    /// Why nothing could be found out.
    pub fn nothing(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

impl From<Found> for Symbols {
    fn from(found: Found) -> Self {
        Self {
            names: found.names.list,
            modules: found.modules.list,
            symbol: found.symbol.into(),
            module: found.module.into(),
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
}
