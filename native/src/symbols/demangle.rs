//! Names of functions as their authors wrote them.

use std::borrow::Cow;
use std::fmt::{self, Write};

use cpp_demangle::{DemangleOptions, Symbol};

/// A name of C++ may grow without end as its parts are put in: one that is longer than this is shown as it is.
const LONGEST: usize = 1 << 15;

/// A symbol's name for people: C++ and Rust demangled, bytes that are no UTF-8 as `\xNN`.
pub fn shown(name: &[u8]) -> Cow<'_, str> {
    let name = text(name);
    match demangled(&name) {
        Some(plain) if !plain.is_empty() => Cow::Owned(plain),
        _ => name,
    }
}

fn text(name: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(name) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(name.len() + 16);
    for chunk in name.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

fn demangled(name: &str) -> Option<String> {
    if !name.starts_with("_Z") && !name.starts_with("_R") {
        return None;
    }
    let mut out = Bounded(String::new());
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        write!(out, "{rust:#}").ok()?;
    } else {
        let symbol = Symbol::new(name).ok()?;
        symbol.structured_demangle(&mut out, &DemangleOptions::default()).ok()?;
    }
    Some(out.0)
}

struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_written() {
        for (name, wanted) in [
            ("main", "main"),
            ("_start", "_start"),
            ("_ZN5space3fooEibc", "space::foo(int, bool, char)"),
            ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"),
            ("_RNvC6_123foo3bar", "123foo::bar"),
            ("_Zzzz", "_Zzzz"),
            ("main.(*T).run[...]", "main.(*T).run[...]"),
        ] {
            assert_eq!(shown(name.as_bytes()), wanted);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        assert_eq!(shown(b"caf\xe9_\xff"), "caf\\xe9_\\xff");
        assert_eq!(shown("café".as_bytes()), "café");
    }

    #[test]
    fn a_name_that_grows_without_end_stays_as_it_is() {
        // Each S_ holds the whole of what came before, twice.
        let mut bomb = String::from("_Z1fI1aE");
        for _ in 0..40 {
            bomb = format!("_ZN1xI{0}{0}EE", "N1yI1zS_S_EE");
        }
        assert!(shown(bomb.as_bytes()).len() <= LONGEST);
        let deep = format!("_Z{}1f", "N".repeat(20_000));
        assert_eq!(shown(deep.as_bytes()), deep);
        let pointers = format!("_Z1f{}i", "P".repeat(20_000));
        assert!(shown(pointers.as_bytes()).len() <= LONGEST);
    }
}
