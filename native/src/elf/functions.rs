//! The functions of an ELF file, by its own symbol tables and those of its separate debug file or MiniDebugInfo.

use std::fs::File;
use std::path::{Path, PathBuf};

use napi::bindgen_prelude::{BigUint64Array, Uint8Array};
use napi_derive::napi;
use object::elf::{PF_X, PT_LOAD, STT_FUNC, STT_GNU_IFUNC};
use object::read::SectionIndex;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::{Endianness, FileKind, elf};

use crate::elf::debug;
use crate::elf::debugdata;
use crate::elf::mapped::Mapped;
use crate::elf::name;
use crate::error::{Failure, Result};
use crate::process::Root;

#[napi(object, object_from_js = false)]
pub struct ElfFunctions {
    pub names: Vec<String>,
    pub offsets: BigUint64Array,
    pub indirect: Uint8Array,
    pub bits: u32,
    pub machine: u32,
    pub native: bool,
    pub go: bool,
    pub unwinds: bool,
    pub debug_file: Option<String>,
}

/// Those that the file defines; each name at each place once. `root`: where the path, and the debug files of that
/// file system, begin.
#[napi(catch_unwind)]
pub fn elf_functions(path: String, root: Option<String>) -> napi::Result<ElfFunctions> {
    let root = PathBuf::from(root.unwrap_or_else(|| "/".into()));
    Ok(read(Path::new(&path), &root).map_err(|failure| failure.subject(&path))?)
}

const OP: &str = "symbolize";

/// More bytes of names than the largest programs have.
const MOST_NAMES: usize = 1 << 29;

/// A function: its name, where it lies in the file, whether it is an IFUNC's resolver.
type Function = (String, u64, bool);

/// A part of the file that is mapped to run: addresses from, to, and where in the file.
type Segment = (u64, u64, u64);

pub fn read(path: &Path, root: &Path) -> Result<ElfFunctions> {
    let inside = path.strip_prefix("/").unwrap_or(path);
    let bytes = open(&root.join(inside))?;
    match FileKind::parse(&*bytes) {
        Ok(FileKind::Elf64) => describe::<elf::FileHeader64<Endianness>>(&bytes, inside, root),
        Ok(FileKind::Elf32) => describe::<elf::FileHeader32<Endianness>>(&bytes, inside, root),
        _ => Err(Failure::new(OP, "ENOEXEC").detail("it is no ELF file")),
    }
}

fn open(path: &Path) -> Result<Mapped> {
    let fail =
        |error: std::io::Error| Failure::errno(OP, error.raw_os_error().unwrap_or(libc::EIO));
    let file = File::open(path).map_err(fail)?;
    if !file.metadata().map_err(fail)?.is_file() {
        return Err(Failure::new(OP, "ENOEXEC").detail("it is no file"));
    }
    Mapped::new(&file).map_err(fail)
}

fn describe<H: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    inside: &Path,
    root: &Path,
) -> Result<ElfFunctions> {
    let broken =
        |error| Failure::new(OP, "ENOEXEC").detail(format!("it is a broken ELF file: {error}"));
    let header = H::parse(bytes).map_err(broken)?;
    let endian = header.endian().map_err(broken)?;
    let segments = segments(header, endian, bytes).map_err(broken)?;
    let mut found = functions(header, endian, bytes, &segments).map_err(broken)?;
    let debug = Root::of(root).ok().and_then(|root| debug::find(bytes, inside, &[&root]));
    let mini = || debugdata::read(endian, bytes, &header.sections(endian, bytes).ok()?);
    if let Some(rest) = debug.as_ref().map(|(_, debug)| debug.clone()).or_else(mini)
        && let Ok(header) = H::parse(&*rest)
    {
        found.extend(functions(header, endian, &rest, &segments).unwrap_or_default());
    }
    found.sort();
    found.dedup();
    let machine = header.e_machine(endian).0;
    let own = if cfg!(target_arch = "x86_64") { elf::EM_X86_64 } else { elf::EM_AARCH64 };
    Ok(ElfFunctions {
        offsets: found.iter().map(|(_, offset, _)| *offset).collect::<Vec<_>>().into(),
        indirect: found.iter().map(|(.., indirect)| u8::from(*indirect)).collect::<Vec<_>>().into(),
        names: found.into_iter().map(|(name, ..)| name).collect(),
        bits: if header.is_class_64() { 64 } else { 32 },
        machine: u32::from(machine),
        native: header.is_class_64() && machine == own.0,
        go: is_go(header, endian, bytes),
        unwinds: unwinds(header, endian, bytes),
        debug_file: debug.map(|(path, _)| root.join(path).to_string_lossy().into_owned()),
    })
}

fn segments<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    bytes: &[u8],
) -> object::Result<Vec<Segment>> {
    let loaded = header
        .program_headers(endian, bytes)?
        .iter()
        .filter(|part| part.p_type(endian) == PT_LOAD && part.p_flags(endian).0 & PF_X.0 != 0);
    Ok(loaded
        .map(|part| {
            let start: u64 = part.p_vaddr(endian).into();
            let size: u64 = part.p_filesz(endian).into();
            (start, start.saturating_add(size), part.p_offset(endian).into())
        })
        .collect())
}

fn functions<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    bytes: &[u8],
    segments: &[Segment],
) -> object::Result<Vec<Function>> {
    let sections = header.sections(endian, bytes)?;
    let mut found = Vec::new();
    let mut left = MOST_NAMES;
    for kind in [elf::SHT_SYMTAB, elf::SHT_DYNSYM] {
        let symbols = sections.symbols(endian, bytes, kind)?;
        let names = names(&sections, symbols.string_section(), endian, bytes);
        for symbol in symbols.iter() {
            let kind = symbol.st_type();
            if symbol.is_undefined(endian) || (kind != STT_FUNC && kind != STT_GNU_IFUNC) {
                continue;
            }
            let address: u64 = symbol.st_value(endian).into();
            let Some(offset) = offset_of(address, segments) else { continue };
            let name = name::at(names, symbol.st_name(endian) as usize);
            left = left.saturating_sub(name.map_or(name::LONGEST, <[u8]>::len));
            if left == 0 {
                return Ok(found);
            }
            let Some(name) = name else { continue };
            let name = name::without_version(name);
            if !name.is_empty() {
                let name = String::from_utf8_lossy(name).into_owned();
                found.push((name, offset, kind == STT_GNU_IFUNC));
            }
        }
    }
    Ok(found)
}

/// Where the names of a table lie.
fn names<'a, H: FileHeader<Endian = Endianness>>(
    sections: &SectionTable<'a, H>,
    at: SectionIndex,
    endian: Endianness,
    bytes: &'a [u8],
) -> &'a [u8] {
    sections.section(at).and_then(|section| section.data(endian, bytes)).unwrap_or_default()
}

fn offset_of(address: u64, segments: &[Segment]) -> Option<u64> {
    segments
        .iter()
        .find(|(start, end, _)| (*start..*end).contains(&address))
        .map(|(start, _, offset)| address - start + offset)
}

/// What its linker leaves in every Go program, stripped ones too.
fn is_go<H: FileHeader<Endian = Endianness>>(header: &H, endian: Endianness, bytes: &[u8]) -> bool {
    let Ok(sections) = header.sections(endian, bytes) else { return false };
    sections.iter().any(|section| {
        let name = sections.section_name(endian, section).unwrap_or_default();
        let size: u64 = section.sh_size(endian).into();
        size > 0 && [b".gopclntab" as &[u8], b".go.buildinfo", b".note.go.buildid"].contains(&name)
    })
}

/// What C++ code names that an exception can pass, and Rust code for panics: what reads their tables.
const PERSONALITIES: [&[u8]; 2] = [b"__gxx_personality_v0\0", b"rust_eh_personality\0"];

/// What who raises them takes from elsewhere; what is linked statically has it for the sake of C's cancellation.
const RAISE: &[u8] = b"_Unwind_RaiseException\0";

fn unwinds<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    bytes: &[u8],
) -> bool {
    let Ok(sections) = header.sections(endian, bytes) else { return false };
    [elf::SHT_DYNSYM, elf::SHT_SYMTAB].into_iter().any(|kind| {
        let Ok(symbols) = sections.symbols(endian, bytes, kind) else { return false };
        let names = names(&sections, symbols.string_section(), endian, bytes);
        symbols.iter().any(|symbol| {
            let Some(name) = names.get(symbol.st_name(endian) as usize..) else { return false };
            PERSONALITIES.iter().any(|personality| name.starts_with(personality))
                || (symbol.is_undefined(endian) && name.starts_with(RAISE))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn libc_of_this_process() -> PathBuf {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let path = maps.lines().find_map(|line| {
            line.find('/').map(|at| &line[at..]).filter(|path| path.contains("libc.so"))
        });
        PathBuf::from(path.unwrap())
    }

    #[test]
    fn a_stripped_library_has_its_dynamic_symbols_and_knows_its_ifuncs() {
        let found = read(&libc_of_this_process(), Path::new("/")).unwrap();
        let at = |name: &str| found.names.iter().position(|have| have == name).unwrap();
        assert_eq!(found.indirect[at("getaddrinfo")], 0);
        assert_eq!(found.indirect[at("memcpy")], 1);
        assert!(found.offsets[at("malloc")] > 0);
        assert!(found.native && !found.go && found.bits == 64);
    }

    #[test]
    fn mini_debug_info_adds_what_is_not_exported() {
        let at = std::env::temp_dir().join(format!("probekit-{}-inner", std::process::id()));
        let source = at.with_extension("c");
        std::fs::write(&source, "static void inner(void) {} int main(void) { inner(); return 0; }")
            .unwrap();
        let mut cc = Command::new("cc");
        assert!(cc.args(["-rdynamic", "-o"]).args([&at, &source]).status().unwrap().success());
        let whole = std::fs::read(&at).unwrap();
        let place = |name: &str| {
            let found = read(&at, Path::new("/")).unwrap();
            let i = found.names.iter().position(|have| have == name)?;
            Some(found.offsets[i])
        };
        let truth = ["main", "inner"].map(place);
        assert!(!truth.contains(&None));
        std::fs::write(&at, debugdata::tests::shipped("functions", &whole)).unwrap();
        assert_eq!(["main", "inner"].map(place), truth);
        std::fs::write(&at, debugdata::tests::with_section("broken", &whole, b"broken")).unwrap();
        assert_eq!(["main", "inner"].map(place), [truth[0], None]);
        for file in [at, source] {
            std::fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn what_is_no_elf_file_is_an_error() {
        let failure = read(Path::new("/etc/passwd"), Path::new("/")).err().unwrap();
        assert_eq!(failure.code, "ENOEXEC");
        assert_eq!(read(Path::new("/no/file"), Path::new("/")).err().unwrap().code, "ENOENT");
    }
}
