//! Where functions lie in an ELF file.

pub mod bytes;
pub mod debug;
pub mod debugdata;
pub mod functions;
pub mod glibc_start;
pub mod go_table;
pub mod inline;
pub mod mapped;
mod name;
pub mod symbols;

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::error::{Failure, Result};

/// The file offset of each symbol. libbpf 1.7 looks symbols up itself, but fails on every file
/// that has no .symtab.
pub fn offsets(path: &CStr, symbols: &[impl AsRef<CStr>]) -> Result<Vec<u64>> {
    let path = Path::new(OsStr::from_bytes(path.to_bytes()));
    let shown = path.display();
    std::fs::File::open(path).map_err(|error| {
        Failure::errno("attach", error.raw_os_error().unwrap_or(libc::EIO))
            .detail(format!("{shown} cannot be opened"))
    })?;
    let functions = functions::read(path, Path::new("/")).map_err(|failure| {
        let detail = failure.detail.unwrap_or(failure.code);
        Failure::new("attach", "ENOEXEC").detail(format!("{shown}: {detail}"))
    })?;
    symbols
        .iter()
        .map(|symbol| {
            let symbol = symbol.as_ref().to_string_lossy();
            let named = functions.names.iter().zip(functions.offsets.iter());
            let mut offsets: Vec<u64> =
                named.filter(|(name, _)| **name == symbol).map(|(_, offset)| *offset).collect();
            offsets.sort_unstable();
            offsets.dedup();
            match offsets[..] {
                [offset] => Ok(offset),
                [] => Err(Failure::new("attach", "ENOENT")
                    .detail(format!("{shown} has no symbol {symbol}"))),
                _ => Err(Failure::new("attach", "ESRCH").detail(format!(
                    "{shown} has {} functions {symbol}: choose one by its offset",
                    offsets.len()
                ))),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_functions_of_a_stripped_library() {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps.lines().find_map(|line| {
            line.find('/').map(|at| &line[at..]).filter(|p| p.contains("libc.so"))
        });
        let path = std::ffi::CString::new(libc.unwrap()).unwrap();
        let found = offsets(&path, &[c"malloc", c"free"]).unwrap();
        assert!(found[0] > 0 && found[1] > 0 && found[0] != found[1]);
        assert_eq!(offsets(&path, &[c"no_such_function"]).unwrap_err().code, "ENOENT");
    }
}
