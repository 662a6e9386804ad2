//! Which function of a target is not there: the kernel and libbpf often say no more than ENOENT.

use std::collections::HashSet;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::slice::from_ref;

use crate::elf;
use crate::error::Failure;
use crate::link::target::{At, Places, Target};

/// The failure itself, or one that names the function that is missing.
pub fn explain(target: &Target, failure: Failure) -> Failure {
    if failure.code != "ENOENT" && failure.code != "ESRCH" {
        return failure;
    }
    let told = match target {
        Target::Kprobe { name, .. } => kernel(from_ref(name)),
        Target::KprobeMulti { places: Places { at: At::Symbols(names), .. }, .. } => kernel(names),
        Target::Uprobe { path, name: Some(name), .. } => elf::offsets(path, from_ref(name)).err(),
        _ => None,
    };
    told.unwrap_or(failure)
}

fn kernel(names: &[CString]) -> Option<Failure> {
    let lines = BufReader::with_capacity(1 << 16, File::open("/proc/kallsyms").ok()?);
    let missing = first_missing(names, lines).ok()??;
    Some(Failure::new("attach", "ENOENT").detail(format!("this kernel has no function {missing}")))
}

/// Of the names, the first that is no symbol.
fn first_missing(names: &[CString], mut lines: impl BufRead) -> io::Result<Option<String>> {
    let mut wanted: HashSet<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
    let mut line = Vec::new();
    while !wanted.is_empty() && lines.read_until(b'\n', &mut line)? != 0 {
        let mut words = line.split(u8::is_ascii_whitespace);
        if let Some(name) = words.nth(2) {
            wanted.remove(name);
        }
        line.clear();
    }
    let missing = names.iter().find(|name| wanted.contains(name.as_bytes()));
    Ok(missing.map(|name| name.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_is_not_in_the_table() {
        let table = b"0000 T one\n0000 t two\t[module]\n" as &[u8];
        let missing = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| CString::new(*name).unwrap()).collect();
            first_missing(&names, table).unwrap()
        };
        assert_eq!(missing(&["two", "three", "one"]).as_deref(), Some("three"));
        assert_eq!(missing(&["two", "one"]), None);
    }
}
