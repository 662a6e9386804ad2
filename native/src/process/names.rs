//! Names for the addresses of an image.

use std::collections::HashMap;
use std::rc::Rc;

use super::files::{Held, Root};
use super::image::{Image, Place};
use super::maps::{Mapping, What};
use crate::elf::bytes::Bytes;
use crate::elf::debug;
use crate::elf::glibc_start;
use crate::elf::inline::{self, Inlined};
use crate::elf::symbols::ElfSymbols;
use crate::jit;
use crate::process::vdso::vdso;
use crate::symbols::Found;

/// Bytes of memory that the symbols of all files together take at a time: two million functions, or less where names lie
/// in no file.
const MOST: usize = 1 << 25;

/// The symbols of files, each read once.
pub struct Names {
    elves: HashMap<*const Held, Option<Rc<Elf>>>,
    /// Bytes that they take.
    size: usize,
    /// Its size and functions, once it was looked for.
    vdso: Option<Option<(u64, ElfSymbols)>>,
    own_root: Option<Root>,
    options: Options,
}

/// What names come from besides symbol tables.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Inlined functions, where there is DWARF.
    pub inlined: bool,
    /// Perf maps and jitdumps.
    pub perf_maps: bool,
}

/// Which of the addresses, and where in its file it lies.
type Wanted = (usize, u64);

struct Elf {
    symbols: ElfSymbols,
    inlined: Option<Inlined>,
    /// Keeps the file, and with it the place that this is found by.
    held: Rc<Held>,
}

impl Names {
    pub fn new(options: Options) -> Self {
        let own_root = Root::own().ok();
        Self { elves: HashMap::new(), size: 0, vdso: None, own_root, options }
    }

    /// `maps`: perf maps of the process as they were, the latest last; None: those of its pid are another program's.
    pub fn symbolize(
        &mut self,
        image: &Image,
        addresses: &[u64],
        maps: Option<&[Vec<u8>]>,
    ) -> Found {
        let mut found = Found::new(addresses.len());
        let mut by_itself = Vec::new();
        // One file after the other: what is kept of each has room for some.
        let mut files: HashMap<*const Held, (&Rc<Held>, Vec<Wanted>)> = HashMap::new();
        for (i, address) in addresses.iter().enumerate() {
            let place = image.at(*address);
            if place.as_ref().is_some_and(Place::may_hold_jit) {
                by_itself.push(i);
            }
            match place {
                None => (),
                Some(Place::File(path, held, offset)) => {
                    found.module(i, &path.to_string_lossy());
                    if let Some(held) = held {
                        let (_, at) = files.entry(Rc::as_ptr(held)).or_insert((held, Vec::new()));
                        at.push((i, offset));
                    }
                }
                Some(Place::Memory(mapping)) => match &mapping.what {
                    What::Vdso => {
                        found.module(i, "[vdso]");
                        if let Some(name) = self.in_vdso(mapping, *address) {
                            found.symbol(i, &name);
                        }
                    }
                    What::Other(name) => found.module(i, name),
                    What::Anonymous | What::File { .. } => found.module(i, "[anon]"),
                },
            }
        }
        for (held, at) in files.into_values() {
            let Some(elf) = self.elf(held) else { continue };
            for (i, offset) in at {
                elf.name(i, offset, &mut found);
            }
        }
        if self.options.perf_maps {
            name_by_itself(image, &by_itself, addresses, maps, &mut found);
        }
        found
    }

    /// None, too, when the file was written to since it was mapped: names are read from it as they are asked for.
    fn elf(&mut self, held: &Rc<Held>) -> Option<Rc<Elf>> {
        if held.has_changed() {
            return None;
        }
        let key = Rc::as_ptr(held);
        if let Some(known) = self.elves.get(&key) {
            return known.clone();
        }
        let elf = self.read(held).map(Rc::new);
        let size = elf.as_ref().map_or(0, |elf| elf.symbols.size());
        if self.size + size > MOST {
            self.elves.clear();
            self.size = 0;
        }
        self.size += size;
        self.elves.insert(key, elf.clone());
        elf
    }

    fn read(&self, held: &Rc<Held>) -> Option<Elf> {
        let file = Bytes::map(held.file.clone())?;
        let roots: Vec<&Root> = held.root.as_deref().into_iter().chain(&self.own_root).collect();
        let separate = || debug::find(&file, &held.path, &roots);
        let symbols = ElfSymbols::read(file.clone(), || Some(separate()?.1))?;
        let inlined = self.options.inlined.then(|| {
            let (path, file) = if inline::has_dwarf(&file) {
                (held.path.clone(), file.clone())
            } else {
                separate()?
            };
            let shared = debug::find_shared(&file, &path, &roots);
            Inlined::read(&file, shared)
        });
        Some(Elf { symbols, inlined: inlined.flatten(), held: held.clone() })
    }

    /// The kernel gives every process of 64 bits the same.
    fn in_vdso(&mut self, mapping: &Mapping, address: u64) -> Option<String> {
        let of_64_bits = mapping.start > u64::from(u32::MAX);
        let own = self.vdso.get_or_insert_with(|| {
            let bytes = vdso()?;
            Some((bytes.len() as u64, ElfSymbols::read(bytes.into(), || None)?))
        });
        let (size, symbols) = own.as_ref().filter(|_| of_64_bits)?;
        if *size != mapping.end - mapping.start {
            return None;
        }
        symbols.name(symbols.address(address - mapping.start)?)
    }
}

/// Names by the process's own word, of what has none and lies where compilers put code.
fn name_by_itself(
    image: &Image,
    indices: &[usize],
    addresses: &[u64],
    maps: Option<&[Vec<u8>]>,
    found: &mut Found,
) {
    let wanted: Vec<u64> =
        indices.iter().filter(|i| !found.has_symbol(**i)).map(|i| addresses[*i]).collect();
    let Some(jit) = image.jit.as_ref().filter(|_| !wanted.is_empty()) else { return };
    let names = jit.names(&image.dumps(), maps, &wanted);
    for i in indices {
        if let Some(name) = names.get(&addresses[*i]) {
            found.symbol(*i, name);
            found.kind(*i, jit::kind(name));
        }
    }
}

impl Elf {
    fn name(&self, i: usize, offset: u64, found: &mut Found) {
        let Some(address) = self.symbols.address(offset) else { return };
        if let Some(name) = self.symbols.name(address) {
            found.symbol(i, &name);
        } else if glibc_start::is_libc(&self.held.path) {
            let name_at = |offset| self.symbols.name(self.symbols.address(offset)?);
            // Callers are looked up one byte before their return address.
            let name = glibc_start::name(&self.held.file, offset + 1, name_at);
            if let Some(name) = name {
                found.symbol(i, name);
            }
        }
        for name in self.inlined.iter().flat_map(|inlined| inlined.at(address)) {
            found.inlined(i, &name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::Files;
    use super::*;

    #[test]
    fn a_file_that_is_written_to_after_it_was_read_has_no_names() {
        let pid = std::process::id();
        let mut files = Files::default();
        let image = Image::read(pid, &mut files).unwrap();
        // Of the C library, which keeps the names of what it exports.
        let Some(Place::File(library, _, offset)) = image.at(libc::getpid as *const () as u64)
        else {
            panic!("its code is in a file");
        };
        let path = std::env::temp_dir().join(format!("probekit-{pid}-written"));
        std::fs::copy(library, &path).unwrap();
        let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        // SAFETY: nothing of it is run.
        let map = unsafe { memmap2::MmapOptions::new().map_exec(&file) }.unwrap();
        let address = map.as_ptr() as u64 + offset;
        let image = Image::read(pid, &mut files).unwrap();
        let mut names = Names::new(Options::default());
        let mut has_name = || names.symbolize(&image, &[address], None).has_symbol(0);
        assert!(has_name());
        std::os::unix::fs::FileExt::write_at(&file, &[0], 0).unwrap();
        assert!(!has_name());
        std::fs::remove_file(path).unwrap();
    }
}
