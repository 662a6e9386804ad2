//! The table of functions that every Go program carries for its own tracebacks, stripped ones too.

use object::Endianness;
use object::read::elf::{FileHeader, Rela, SectionHeader, SectionTable};

/// A function: its address, its size, where in the section its name begins.
pub type GoFunction = (u64, u64, usize);

/// More than the largest programs have.
const MOST_FUNCTIONS: u64 = 1 << 21;

/// Functions of a file's `.gopclntab`, by address, and the section's place in the file. Formats: Go 1.2, 1.16, 1.18 and 1.20,
/// as debug/gosym/pclntab.go of Go 1.26 reads them. None: there is no table, or none that makes sense.
pub fn functions<H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    bytes: &[u8],
    sections: &SectionTable<H>,
) -> Option<(Vec<GoFunction>, usize)> {
    let section = [b".gopclntab" as &[u8], b".data.rel.ro.gopclntab"]
        .iter()
        .find_map(|name| Some(sections.section_by_name(endian, name)?.1))?;
    let data = section.data(endian, bytes).ok()?;
    let (_, text) = sections.section_by_name(endian, b".text")?;
    let text_start: u64 = text.sh_addr(endian).into();
    let size: u64 = text.sh_size(endian).into();
    let text = text_start..text_start.checked_add(size)?;
    let table = Table::parse(data, endian)?;
    let address: u64 = section.sh_addr(endian).into();
    let starts = starts(&table, address, endian, bytes, sections);
    let found = table.functions(&starts, &text)?;
    let (offset, _) = section.file_range(endian)?;
    Some((found, offset as usize))
}

/// Where the functions of the program begin, which the table counts from 1.18 on: in its header up to 1.25, else in
/// `.go.module`; in what the dynamic linker writes there, if the program may lie anywhere.
fn starts<H: FileHeader<Endian = Endianness>>(
    table: &Table,
    address: u64,
    endian: Endianness,
    bytes: &[u8],
    sections: &SectionTable<H>,
) -> Vec<u64> {
    /// Fields of moduledata before `text`: pcHeader, six slices, findfunctab, minpc, maxpc.
    const WORDS_BEFORE_TEXT: usize = 1 + 6 * 3 + 1 + 2;
    let mut fields = vec![(address + 8 + 2 * table.word as u64, table.uintptr(8 + 2 * table.word))];
    if let Some((_, module)) = sections.section_by_name(endian, b".go.module") {
        let at = WORDS_BEFORE_TEXT * table.word;
        let start: u64 = module.sh_addr(endian).into();
        let data = module.data(endian, bytes).unwrap_or_default();
        fields.push((start + at as u64, Table { data, ..*table }.uintptr(at)));
    }
    let mut starts: Vec<u64> = fields.iter().filter_map(|(_, value)| *value).collect();
    for section in sections.iter() {
        if let Ok(Some((relocations, _))) = section.rela(endian, bytes) {
            for relocation in relocations {
                let place: u64 = relocation.r_offset(endian).into();
                if fields.iter().any(|(field, _)| *field == place) {
                    let target: i64 = relocation.r_addend(endian).into();
                    starts.push(target as u64);
                }
            }
        }
    }
    starts.retain(|start| *start != 0);
    starts
}

#[derive(Clone, Copy)]
struct Table<'a> {
    data: &'a [u8],
    endian: Endianness,
    /// Bytes of a pointer.
    word: usize,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Format {
    Go2,
    Go16,
    Go18,
}

impl<'a> Table<'a> {
    fn parse(data: &'a [u8], endian: Endianness) -> Option<Self> {
        let table = Self { data, endian, word: 8, format: Format::Go2 };
        let format = match table.u32(0)? {
            0xffff_fffb => Format::Go2,
            0xffff_fffa => Format::Go16,
            0xffff_fff0 | 0xffff_fff1 => Format::Go18,
            _ => return None,
        };
        let [0, 0, 1 | 2 | 4, word @ (4 | 8)] = data.get(4..8)? else { return None };
        Some(Self { word: usize::from(*word), format, ..table })
    }

    fn functions(&self, starts: &[u64], text: &std::ops::Range<u64>) -> Option<Vec<GoFunction>> {
        let header = |word: usize| self.uintptr(8 + word * self.word);
        let count = header(0).filter(|count| *count <= MOST_FUNCTIONS)? as usize;
        // Where names begin, where the entries of functions begin, where the list of both begins.
        let (names, entries, list) = match self.format {
            Format::Go2 => (0, 0, 8 + self.word),
            Format::Go16 => (header(2)?, header(6)?, header(6)? as usize),
            Format::Go18 => (header(3)?, header(7)?, header(7)? as usize),
        };
        let field = if self.format == Format::Go18 { 4 } else { self.word };
        let number = |at: usize| match field {
            4 => self.u32(at).map(u64::from),
            _ => self.uintptr(at),
        };
        let at = |i: usize| list.checked_add(2 * i * field);
        let end = number(at(count)?)?;
        let base = match self.format {
            Format::Go18 => base(starts, text, end)?,
            _ => 0,
        };
        let mut found = Vec::with_capacity(count.min(self.data.len() / (2 * field)));
        for i in 0..count {
            let (start, entry) = (number(at(i)?)?, number(at(i)? + field)?);
            let next = number(at(i + 1)?)?;
            let entry = usize::try_from(entries.checked_add(entry)?).ok()?;
            // Each entry repeats where its function begins: a table for which that does not hold is not understood.
            if start >= next || number(entry)? != start {
                return None;
            }
            let name = self.u32(entry.checked_add(field)?)?;
            let address = base.checked_add(start)?;
            if !text.contains(&address) {
                continue;
            }
            found.push((address, next - start, (names.checked_add(u64::from(name))?) as usize));
        }
        Some(found)
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.data.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self.endian {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        })
    }

    fn uintptr(&self, at: usize) -> Option<u64> {
        if self.word == 4 {
            return self.u32(at).map(u64::from);
        }
        let (first, second) = (u64::from(self.u32(at)?), u64::from(self.u32(at.checked_add(4)?)?));
        Some(match self.endian {
            Endianness::Little => first | second << 32,
            Endianness::Big => first << 32 | second,
        })
    }
}

/// Go's own code fills `.text` but for what a C linker puts around it.
fn base(starts: &[u64], text: &std::ops::Range<u64>, end: u64) -> Option<u64> {
    /// Sections are padded.
    const SLACK: u64 = 64;
    let fits = |start: u64| {
        start >= text.start && start.checked_add(end).is_some_and(|end| end <= text.end)
    };
    if let Some(start) = starts.iter().copied().find(|start| fits(*start)) {
        return Some(start);
    }
    (fits(text.start) && text.end - text.start - end < SLACK).then_some(text.start)
}
