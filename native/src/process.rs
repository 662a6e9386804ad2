//! Symbols of a process: its mappings are read here, its ELF files by blazesym.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use blazesym::Pid;
use blazesym::symbolize::source::{Elf, Process, Source};
use blazesym::symbolize::{Input, Symbolized, Symbolizer};

use crate::glibc_start;
use crate::jit::{self, Dump, Jit};
use crate::symbols::Found;

#[derive(Clone, Copy, Default)]
pub struct Options {
    pub debug_symbols: bool,
    pub perf_maps: bool,
}

#[derive(Debug, PartialEq)]
struct Mapping {
    start: u64,
    end: u64,
    offset: u64,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    File {
        path: PathBuf,
        device: String,
        inode: u64,
        deleted: bool,
    },
    Vdso,
    /// Memory without a file, where compilers put code at run time.
    Anonymous,
    Heap,
    Other,
}

impl What {
    /// Code in a memfd or the heap is seldom, but .NET and some interpreters put theirs there.
    fn may_hold_jit(&self) -> bool {
        match self {
            Self::Anonymous | Self::Heap => true,
            Self::File { path, .. } => path.as_os_str().as_bytes().starts_with(b"/memfd:"),
            Self::Vdso | Self::Other => false,
        }
    }

    fn jitdump(&self) -> Option<Dump> {
        match self {
            Self::File { path, inode, .. } if jit::is_jitdump(path) => {
                Some(Dump { path: path.clone(), inode: *inode })
            }
            _ => None,
        }
    }
}

/// Addresses of one file or kind of memory: the index of each in the request, and itself.
struct Group<'a> {
    mapping: &'a Mapping,
    indices: Vec<usize>,
    addresses: Vec<u64>,
    offsets: Vec<u64>,
}

/// `earlier`: perf maps of the process as they were, the latest last.
pub fn symbolize(
    symbolizer: &Symbolizer,
    pid: u32,
    addresses: &[u64],
    earlier: &[Vec<u8>],
    options: Options,
) -> Found {
    let mut found = Found::new(addresses.len());
    let maps = match fs::read(format!("/proc/{pid}/maps")) {
        Ok(maps) if maps.is_empty() => {
            return found
                .nothing("it has no memory: a kernel thread, or a process that has exited");
        }
        Ok(maps) => maps,
        Err(error) => {
            return found.nothing(match error.kind() {
                ErrorKind::PermissionDenied => {
                    "its mappings are not ours to read: CAP_SYS_PTRACE is needed".into()
                }
                ErrorKind::NotFound => "the process has exited".into(),
                _ if error.raw_os_error() == Some(libc::ESRCH) => "the process has exited".into(),
                _ => format!("its mappings cannot be read: {error}"),
            });
        }
    };
    let mappings: Vec<Mapping> = maps.split(|byte| *byte == b'\n').filter_map(mapping).collect();
    for group in groups(&mappings, addresses) {
        resolve(symbolizer, pid, &group, options, &mut found);
    }
    if options.perf_maps {
        resolve_jit(pid, &mappings, addresses, earlier, &mut found);
    }
    found
}

/// Names by the process's own word, of what has none and lies where compilers put code.
fn resolve_jit(
    pid: u32,
    mappings: &[Mapping],
    addresses: &[u64],
    earlier: &[Vec<u8>],
    found: &mut Found,
) {
    let may_hold = |address: &u64| {
        mapping_at(mappings, *address).is_some_and(|mapping| mapping.what.may_hold_jit())
    };
    let indices: Vec<usize> = (0..addresses.len())
        .filter(|index| !found.has_symbol(*index) && may_hold(&addresses[*index]))
        .collect();
    if indices.is_empty() {
        return;
    }
    let Ok(jit) = Jit::of(pid) else { return };
    let mut dumps: Vec<Dump> =
        mappings.iter().filter_map(|mapping| mapping.what.jitdump()).collect();
    dumps.dedup();
    let wanted: Vec<u64> = indices.iter().map(|index| addresses[*index]).collect();
    let names = jit.names(&dumps, earlier, &wanted);
    for index in indices {
        if let Some(name) = names.get(&addresses[index]) {
            found.symbol(index, name);
            found.kind(index, jit::kind(name));
        }
    }
}

fn mapping_at(mappings: &[Mapping], address: u64) -> Option<&Mapping> {
    let after = mappings.partition_point(|mapping| mapping.start <= address);
    after.checked_sub(1).map(|at| &mappings[at]).filter(|mapping| address < mapping.end)
}

fn groups<'a>(mappings: &'a [Mapping], addresses: &[u64]) -> Vec<Group<'a>> {
    let mut places = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let Some(mapping) = mapping_at(mappings, *address) else { continue };
        let place = *places.entry(&mapping.what).or_insert_with(|| {
            groups.push(Group {
                mapping,
                indices: Vec::new(),
                addresses: Vec::new(),
                offsets: Vec::new(),
            });
            groups.len() - 1
        });
        let group: &mut Group = &mut groups[place];
        group.indices.push(index);
        group.addresses.push(*address);
        group.offsets.push(address - mapping.start + mapping.offset);
    }
    groups
}

fn resolve(symbolizer: &Symbolizer, pid: u32, group: &Group, options: Options, found: &mut Found) {
    let process = Process {
        debug_syms: options.debug_symbols,
        perf_map: false,
        ..Process::new(Pid::from(pid))
    };
    let result = match &group.mapping.what {
        What::File { path, deleted, .. } => {
            let module = path.to_string_lossy();
            for index in &group.indices {
                found.module(*index, &module);
            }
            let Some(file) = readable(pid, group.mapping, path, *deleted) else { return };
            let mut elf = Elf::new(file);
            elf.debug_syms = options.debug_symbols;
            if glibc_start::is_libc(path) {
                resolve_starts(symbolizer, &elf, group, found);
            }
            symbolizer.symbolize(&Source::Elf(elf), Input::FileOffset(&group.offsets))
        }
        What::Vdso => {
            for index in &group.indices {
                found.module(*index, "[vdso]");
            }
            symbolizer.symbolize(&Source::Process(process), Input::AbsAddr(&group.addresses))
        }
        What::Anonymous => {
            for index in &group.indices {
                found.module(*index, "[anon]");
            }
            return;
        }
        What::Heap | What::Other => return,
    };
    // A mapped file that is no ELF has no symbols; that is an answer, not a failure.
    for (index, symbol) in group.indices.iter().zip(result.unwrap_or_default()) {
        if let Symbolized::Sym(symbol) = symbol {
            found.symbol(*index, &symbol.name);
        }
    }
}

/// Names what a stripped glibc has no name for; what it has replaces these.
fn resolve_starts(symbolizer: &Symbolizer, elf: &Elf, group: &Group, found: &mut Found) {
    let Ok(file) = fs::File::open(&elf.path) else { return };
    let source = Source::Elf(elf.clone());
    let name_at = |offset| match symbolizer.symbolize_single(&source, Input::FileOffset(offset)) {
        Ok(Symbolized::Sym(symbol)) => Some(symbol.name.into_owned()),
        _ => None,
    };
    for (index, offset) in group.indices.iter().zip(&group.offsets) {
        // Callers are looked up one byte before their return address.
        if let Some(name) = glibc_start::name(&file, offset + 1, name_at) {
            found.symbol(*index, name);
        }
    }
}

/// A path to the very file that is mapped. map_files names it in every mount namespace and even
/// when it is deleted, but takes CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
fn readable(pid: u32, mapping: &Mapping, path: &Path, deleted: bool) -> Option<PathBuf> {
    let exact =
        PathBuf::from(format!("/proc/{pid}/map_files/{:x}-{:x}", mapping.start, mapping.end));
    if fs::metadata(&exact).is_ok() {
        return Some(exact);
    }
    let inside = path.strip_prefix("/").ok()?;
    (!deleted).then(|| Path::new(&format!("/proc/{pid}/root")).join(inside))
}

/// One line of /proc/PID/maps.
fn mapping(line: &[u8]) -> Option<Mapping> {
    let mut rest = line;
    let mut word = || {
        let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let word = std::str::from_utf8(&rest[..end]).ok();
        rest = rest.get(end + 1..).unwrap_or_default();
        word
    };
    let (start, end) = word()?.split_once('-')?;
    let (_permissions, offset, device, inode) = (word()?, word()?, word()?, word()?);
    let path = rest.trim_ascii_start();
    let inode = inode.parse().ok()?;
    let what = match path {
        b"" => What::Anonymous,
        b"[vdso]" => What::Vdso,
        b"[heap]" => What::Heap,
        _ if path.starts_with(b"[anon") || path.starts_with(b"//anon") => What::Anonymous,
        _ if path.starts_with(b"/") => {
            let (path, deleted) = match path.strip_suffix(b" (deleted)") {
                Some(path) => (path, true),
                None => (path, false),
            };
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
            What::File { path, device: device.to_string(), inode, deleted }
        }
        _ => What::Other,
    };
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some(Mapping { start: number(start)?, end: number(end)?, offset: number(offset)?, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_of_maps() {
        let line =
            b"7f0000001000-7f0000002000 r-xp 00001000 fe:00 77        /usr/lib/a b.so (deleted)";
        let what = What::File {
            path: "/usr/lib/a b.so".into(),
            device: "fe:00".into(),
            inode: 77,
            deleted: true,
        };
        let wanted = Mapping { start: 0x7f0000001000, end: 0x7f0000002000, offset: 0x1000, what };
        assert_eq!(mapping(line).unwrap(), wanted);
        let anonymous = mapping(b"55aa00000000-55aa00001000 rwxp 00000000 00:00 0 ").unwrap();
        assert_eq!(anonymous.what, What::Anonymous);
        let vdso = mapping(b"7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0      [vdso]").unwrap();
        assert_eq!(vdso.what, What::Vdso);
        assert_eq!(mapping(b""), None);
        let hostile = mapping(b"1000-2000 r-xp 00000000 00:01 5 /tmp/\xff\n").unwrap();
        assert!(matches!(hostile.what, What::File { .. }));
    }

    #[test]
    fn groups_addresses_by_file_with_offsets() {
        let lines: [&[u8]; 3] = [
            b"1000-2000 r--p 0 00:01 5 /a",
            b"2000-4000 r-xp 1000 00:01 5 /a",
            b"8000-9000 r-xp 0 00:00 0",
        ];
        let mappings: Vec<_> = lines.iter().filter_map(|line| mapping(line)).collect();
        let groups = groups(&mappings, &[0x2010, 0x8001, 0x5000, 0x1001, 0x10]);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].indices, [0, 3]);
        assert_eq!(groups[0].offsets, [0x1010, 0x1]);
        assert_eq!(groups[1].addresses, [0x8001]);
    }
}
