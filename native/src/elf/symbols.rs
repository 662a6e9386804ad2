//! The functions of one ELF file by address: from its symbol table, its separate debug file's, its MiniDebugInfo, or Go's
//! own table.

use std::cell::Cell;
use std::cmp::Reverse;
use std::rc::Rc;

use object::elf::{self, PF_X, PT_LOAD, STB_LOCAL, STT_FUNC, STT_GNU_IFUNC};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::{Endianness, FileKind};

use crate::elf::bytes::{Bytes, Source};
use crate::elf::debugdata;
use crate::elf::go_table;
use crate::elf::name;
use crate::symbols::demangle::shown;

/// More than the largest programs have: 32 MB of our memory.
const MOST_FUNCTIONS: usize = 1 << 21;

/// So many bytes of names are compared where code has several.
const MOST_COMPARED: usize = 1 << 26;

/// How many functions that begin between another's start and an address are looked at, before that other.
const MOST_NESTED: usize = 64;

/// A part of the file that is mapped to run: addresses from, to, and where in the file.
#[derive(Clone, Copy)]
struct Segment {
    start: u64,
    end: u64,
    offset: u64,
}

/// 16 bytes: of some machines' programs there are millions.
#[derive(Clone, Copy)]
struct Function {
    /// From where the file's code begins.
    start: u32,
    size: u32,
    /// From where its text begins.
    name: u32,
    /// Which of the texts has its name.
    text: u8,
    is_local: bool,
}

/// What follows a function that says no size is its own, or may be another's that the table lacks.
#[derive(Clone, Copy, PartialEq)]
enum Table {
    Whole,
    WithGaps,
}

/// Where names lie, each ending with NUL.
struct Text {
    source: Source,
    start: u64,
    end: u64,
}

impl Text {
    /// Of a file that is in memory for its names alone, keeps these.
    fn keep_names(&mut self) {
        let Source::Owned(bytes) = &mut self.source else { return };
        let Some(bytes) = Rc::get_mut(bytes) else { return };
        let [start, end] = [self.start, self.end].map(|at| at.min(bytes.len() as u64));
        bytes.truncate(end as usize);
        bytes.drain(..start as usize);
        bytes.shrink_to_fit();
        (self.start, self.end) = (0, bytes.len() as u64);
    }
}

pub struct ElfSymbols {
    segments: Vec<Segment>,
    /// Where the code of the first segment begins.
    base: u64,
    /// By where they start, the larger ones first.
    functions: Vec<Function>,
    texts: Vec<Text>,
    /// The file of each text, while the tables are read.
    mapped: Vec<Bytes>,
}

impl ElfSymbols {
    /// None: it is no ELF file, or a broken one. `debug`: looks for its separate debug file, if there is reason to.
    pub fn read(file: Bytes, debug: impl FnOnce() -> Option<Bytes>) -> Option<Self> {
        match FileKind::parse(&*file).ok()? {
            FileKind::Elf64 => Self::parse::<elf::FileHeader64<Endianness>>(file, debug),
            FileKind::Elf32 => Self::parse::<elf::FileHeader32<Endianness>>(file, debug),
            _ => None,
        }
    }

    fn parse<H: FileHeader<Endian = Endianness>>(
        file: Bytes,
        debug: impl FnOnce() -> Option<Bytes>,
    ) -> Option<Self> {
        let bytes: &[u8] = &file;
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let segments = segments(header, endian, bytes)?;
        let base = segments.iter().map(|part| part.start).min().unwrap_or(0);
        let mut found =
            Self { segments, base, functions: Vec::new(), texts: Vec::new(), mapped: Vec::new() };
        let Ok(sections) = header.sections(endian, bytes) else { return Some(found) };
        found.add::<H>(&file, endian, &sections, elf::SHT_SYMTAB, Table::Whole);
        if found.functions.is_empty() {
            if let Some(debug) = debug() {
                found.add_other::<H>(&debug, endian, Table::Whole);
            }
            // As gdb does: only where there is nothing better.
            let mini =
                found.functions.is_empty().then(|| debugdata::read(endian, bytes, &sections));
            if let Some(mini) = mini.flatten() {
                found.add_other::<H>(&mini, endian, Table::WithGaps);
            }
            found.add::<H>(&file, endian, &sections, elf::SHT_DYNSYM, Table::WithGaps);
            found.add_go::<H>(&file, endian, &sections);
        }
        found.sort();
        let is_whole = !found.mapped.iter().any(Bytes::is_cut);
        found.mapped.clear();
        found.texts.iter_mut().for_each(Text::keep_names);
        is_whole.then_some(found)
    }

    /// The functions of another file's symbol table, which lie in this file.
    fn add_other<H: FileHeader<Endian = Endianness>>(
        &mut self,
        other: &Bytes,
        endian: Endianness,
        table: Table,
    ) {
        let header = H::parse(&**other).ok();
        if let Some(sections) = header.and_then(|h| h.sections(endian, &**other).ok()) {
            self.add::<H>(other, endian, &sections, elf::SHT_SYMTAB, table);
        }
    }

    /// The functions of one symbol table.
    fn add<H: FileHeader<Endian = Endianness>>(
        &mut self,
        file: &Bytes,
        endian: Endianness,
        sections: &SectionTable<H>,
        kind: elf::SectionType,
        table: Table,
    ) {
        let bytes: &[u8] = file;
        let Ok(symbols) = sections.symbols(endian, bytes, kind) else { return };
        let Some((start, end)) = sections
            .section(symbols.string_section())
            .ok()
            .and_then(|section| section.file_range(endian))
            .map(|(offset, size)| (offset, offset.saturating_add(size)))
        else {
            return;
        };
        let text = self.text(file, start, end);
        // Pages that are not written to take no memory.
        self.functions.reserve_exact(symbols.len().min(MOST_FUNCTIONS));
        let mut without_size = Vec::new();
        for symbol in symbols.iter() {
            let kind_of_symbol = symbol.st_type();
            if symbol.is_undefined(endian)
                || (kind_of_symbol != STT_FUNC && kind_of_symbol != STT_GNU_IFUNC)
            {
                continue;
            }
            let size: u64 = symbol.st_size(endian).into();
            let name = symbol.st_name(endian);
            let Some(start) = self.start(symbol.st_value(endian).into()) else { continue };
            let size = match size {
                0 if table == Table::Whole => {
                    without_size.push((self.functions.len(), symbol.st_shndx(endian).0));
                    0
                }
                0 => 1,
                size => u32::try_from(size).unwrap_or(u32::MAX),
            };
            let is_local = symbol.st_bind() == STB_LOCAL;
            self.functions.push(Function { start, size, name, text, is_local });
        }
        self.guess_sizes::<H>(&without_size, endian, sections);
    }

    /// What was written in assembly may say no size: it ends where the next function begins, or its section ends.
    fn guess_sizes<H: FileHeader<Endian = Endianness>>(
        &mut self,
        without_size: &[(usize, u16)],
        endian: Endianness,
        sections: &SectionTable<H>,
    ) {
        if without_size.is_empty() {
            return;
        }
        let mut starts: Vec<u32> = self.functions.iter().map(|function| function.start).collect();
        starts.sort_unstable();
        for (i, section) in without_size {
            let start = self.functions[*i].start;
            let next = starts.get(starts.partition_point(|other| *other <= start));
            let end = sections
                .section(object::SectionIndex(usize::from(*section)))
                .ok()
                .and_then(|section| {
                    let from: u64 = section.sh_addr(endian).into();
                    let size: u64 = section.sh_size(endian).into();
                    from.checked_add(size)
                })
                .map_or(0, |end| end.saturating_sub(self.base + u64::from(start)));
            let size = next.map_or(end, |next| end.min(u64::from(next - start)));
            self.functions[*i].size = size.clamp(1, 1 << 20) as u32;
        }
    }

    fn add_go<H: FileHeader<Endian = Endianness>>(
        &mut self,
        file: &Bytes,
        endian: Endianness,
        sections: &SectionTable<H>,
    ) {
        let Some((functions, at)) = go_table::functions(endian, file, sections) else { return };
        let text = self.text(file, at as u64, file.len() as u64);
        for (start, size, name) in functions {
            let Some(start) = self.start(start) else { continue };
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            let Ok(name) = u32::try_from(name) else { continue };
            self.functions.push(Function { start, size, name, text, is_local: false });
        }
    }

    fn text(&mut self, file: &Bytes, start: u64, end: u64) -> u8 {
        self.texts.push(Text { source: file.source(), start, end });
        self.mapped.push(file.clone());
        self.texts.len() as u8 - 1
    }

    /// Where a function at an address starts, if there is code and room for one more.
    fn start(&self, address: u64) -> Option<u32> {
        let is_code = self.segments.iter().any(|part| (part.start..part.end).contains(&address));
        let start = u32::try_from(address.checked_sub(self.base)?).ok()?;
        (is_code && self.functions.len() < MOST_FUNCTIONS).then_some(start)
    }

    fn sort(&mut self) {
        let mut functions = std::mem::take(&mut self.functions);
        functions.sort_unstable_by_key(|function| (function.start, Reverse(function.size)));
        // Only where code has several names is one of them looked at; a file may claim millions of long ones.
        let left = Cell::new(MOST_COMPARED);
        for same in functions.chunk_by_mut(|a, b| (a.start, a.size) == (b.start, b.size)) {
            if same.len() < 2 {
                continue;
            }
            let compared = same.iter().enumerate().take_while(|_| left.get() > 0);
            let best = compared.min_by_key(|(_, function)| {
                let key = self.preference(function);
                let read = if key.2 > 0 { key.2 } else { name::LONGEST };
                left.set(left.get().saturating_sub(read));
                key
            });
            if let Some((best, _)) = best {
                same.swap(0, best);
            }
        }
        functions.dedup_by_key(|function| (function.start, function.size));
        functions.shrink_to_fit();
        self.functions = functions;
    }

    /// `read` before `__read`, what others may call before what is local, a short name before a long one.
    fn preference(&self, function: &Function) -> (usize, bool, usize, Vec<u8>) {
        let name = self.raw_name(function).unwrap_or_default();
        let starts = |prefixes: &[&str]| prefixes.iter().any(|p| name.starts_with(p.as_bytes()));
        let order = if starts(&["__vdso_", "__kernel_"]) {
            // The vDSO is known by it.
            0
        } else if starts(&["_Z", "_R"]) {
            1
        } else {
            1 + name.iter().take_while(|byte| **byte == b'_').count()
        };
        (order, function.is_local, name.len(), name)
    }

    fn raw_name(&self, function: &Function) -> Option<Vec<u8>> {
        let i = usize::from(function.text);
        let Text { source, start, end } = &self.texts[i];
        let at = start.checked_add(u64::from(function.name))?;
        let mut name = match self.mapped.get(i) {
            Some(bytes) => {
                let end = (*end).min(bytes.len() as u64);
                let names = bytes.get(usize::try_from(at).ok()?..usize::try_from(end).ok()?)?;
                name::at(names, 0)?.to_vec()
            }
            None => source.text(at, *end, name::LONGEST)?,
        };
        name.truncate(name::without_version(&name).len());
        (!name.is_empty()).then_some(name)
    }

    /// The address, as the file itself has it, of an offset in the file.
    pub fn address(&self, offset: u64) -> Option<u64> {
        self.segments.iter().find_map(|part| {
            let within = offset.checked_sub(part.offset)?;
            (within < part.end - part.start).then(|| part.start + within)
        })
    }

    /// The function that an address lies in.
    pub fn name(&self, address: u64) -> Option<String> {
        let address = u32::try_from(address.checked_sub(self.base)?).ok()?;
        let after = self.functions.partition_point(|function| function.start <= address);
        let near = &self.functions[after.saturating_sub(MOST_NESTED)..after];
        let function = near.iter().rev().find(|near| address - near.start < near.size)?;
        self.raw_name(function).map(|name| shown(&name).into_owned())
    }

    /// How much memory it takes.
    pub fn size(&self) -> usize {
        let names: usize = self.texts.iter().map(|text| text.source.size()).sum();
        self.functions.len() * size_of::<Function>() + names
    }
}

fn segments<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    bytes: &[u8],
) -> Option<Vec<Segment>> {
    let headers = header.program_headers(endian, bytes).ok()?;
    let loaded = headers
        .iter()
        .filter(|part| part.p_type(endian) == PT_LOAD && part.p_flags(endian).0 & PF_X.0 != 0);
    let segments = loaded.filter_map(|part| {
        let start: u64 = part.p_vaddr(endian).into();
        let size: u64 = part.p_filesz(endian).into();
        Some(Segment { start, end: start.checked_add(size)?, offset: part.p_offset(endian).into() })
    });
    // A file has one or two; a broken one may claim thousands.
    Some(segments.take(64).collect())
}

#[cfg(test)]
mod tests;
