//! Which functions were inlined at an address, by the DWARF of an ELF file.

use std::borrow::Cow;
use std::sync::Arc;

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, RunTimeEndian, SectionId};
use object::{CompressionFormat, Object, ObjectSection};

use crate::elf::bytes::Bytes;
use crate::symbols::demangle::shown;

/// A section that is larger when it is no longer compressed is left out.
const LARGEST: u64 = 1 << 30;

/// Deeper than compilers inline.
const DEEPEST: usize = 64;

type Slice = EndianSlice<'static, RunTimeEndian>;

/// Field order: the context borrows from what comes after it.
pub struct Inlined {
    context: Context<Slice>,
    _uncompressed: Vec<Vec<u8>>,
    _files: Vec<Bytes>,
}

impl Inlined {
    /// None: there is no DWARF, or it is broken. `shared`: the file that dwz moved what is common to.
    pub fn read(file: &Bytes, shared: Option<Bytes>) -> Option<Self> {
        let mut uncompressed = Vec::new();
        let mut dwarf = sections(file, &mut uncompressed)?;
        if let Some(shared) = &shared {
            dwarf.sup = sections(shared, &mut uncompressed).map(Arc::new);
        }
        let context = Context::from_dwarf(dwarf).ok()?;
        let files = std::iter::once(file.clone()).chain(shared).collect();
        Some(Self { context, _uncompressed: uncompressed, _files: files })
    }

    /// Of an address of the file, innermost first; empty names are unknown. The function that they are in is left out.
    pub fn at(&self, address: u64) -> Vec<String> {
        let mut names = Vec::new();
        let Ok(mut frames) = self.context.find_frames(address).skip_all_loads() else {
            return names;
        };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().map(|function| shown(function.name.slice()));
            names.push(name.unwrap_or(Cow::Borrowed("")).into_owned());
            if names.len() > DEEPEST {
                break;
            }
        }
        names.pop();
        names
    }
}

/// Whether a file has DWARF to tell of functions.
pub fn has_dwarf(bytes: &[u8]) -> bool {
    let Ok(file) = object::File::parse(bytes) else { return false };
    file.section_by_name(".debug_info").is_some_and(|section| section.size() > 0)
}

fn sections(file: &Bytes, uncompressed: &mut Vec<Vec<u8>>) -> Option<Dwarf<Slice>> {
    let elf = object::File::parse(&**file).ok()?;
    let endian = if elf.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let mut load = |id: SectionId| -> Result<Slice, ()> {
        let data = section(&elf, id).unwrap_or_default();
        let data: &[u8] = match &data {
            Cow::Borrowed(data) => data,
            Cow::Owned(_) => {
                uncompressed.push(data.into_owned());
                uncompressed.last().expect("pushed above")
            }
        };
        // SAFETY: it lies in the file or in a vector that is never changed; whoever has the result keeps both.
        let data: &'static [u8] = unsafe { std::slice::from_raw_parts(data.as_ptr(), data.len()) };
        Ok(EndianSlice::new(data, endian))
    };
    Dwarf::load(&mut load).ok()
}

fn section<'data>(elf: &object::File<'data>, id: SectionId) -> Option<Cow<'data, [u8]>> {
    let data = elf.section_by_name(id.name())?.compressed_data().ok()?;
    let within = data.format == CompressionFormat::None || data.uncompressed_size <= LARGEST;
    within.then(|| data.decompress().ok())?
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const SOURCE: &str = "
        static inline __attribute__((always_inline)) int innermost(volatile int *x) { return *x * 3; }
        static inline __attribute__((always_inline)) int middle(volatile int *x) { return innermost(x) + 1; }
        int main(int argc, char **argv) { volatile int x = argc; (void)argv; return middle(&x); }
    ";

    #[test]
    fn functions_that_were_inlined_come_innermost_first() {
        for (name, options) in [
            ("plain", vec!["-g"]),
            ("zlib", vec!["-g", "-gz=zlib"]),
            ("zstd", vec!["-g", "-Wl,--compress-debug-sections=zstd"]),
            ("dwarf4", vec!["-g", "-gdwarf-4"]),
        ] {
            let at = std::env::temp_dir().join(format!("probekit-{}-{name}", std::process::id()));
            let source = at.with_extension("c");
            std::fs::write(&source, SOURCE).unwrap();
            let mut cc = Command::new("cc");
            cc.args(["-O2", "-o"]).arg(&at).args(&options).arg(&source);
            assert!(cc.status().unwrap().success(), "{name}");
            let bytes: Bytes = std::fs::read(&at).unwrap().into();
            std::fs::remove_file(&at).unwrap();
            std::fs::remove_file(&source).unwrap();
            assert!(has_dwarf(&bytes));
            let symbols = crate::elf::symbols::ElfSymbols::read(bytes.clone(), || None).unwrap();
            let inlined = Inlined::read(&bytes, None).unwrap();
            let found: Vec<_> = (0..bytes.len() as u64)
                .filter_map(|offset| symbols.address(offset))
                .filter(|address| symbols.name(*address).as_deref() == Some("main"))
                .map(|address| inlined.at(address))
                .collect();
            assert!(
                found.contains(&vec!["innermost".into(), "middle".into()]),
                "{name}: {found:?}"
            );
            assert!(found.contains(&vec![]), "{name}");
        }
    }
}
