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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: std::ops::Range<u64> = 0x401000..0x401100;

    /// The table of two functions, `main.a` of 0x40 bytes and `main.b` of 0x80, as Go's linker lays it out.
    fn table(format: Format, word: usize, text_start: u64) -> Vec<u8> {
        let uintptr = |value: u64| value.to_le_bytes()[..word].to_vec();
        let (magic, words): (u32, usize) = match format {
            Format::Go2 => (0xffff_fffb, 1),
            Format::Go16 => (0xffff_fffa, 7),
            Format::Go18 => (0xffff_fff1, 8),
        };
        let names = b"main.a\0main.b\0";
        let header = 8 + words * word;
        let field = if format == Format::Go18 { 4 } else { word };
        // Go 1.2 has the list behind the header and names last; later the names lie between.
        let list =
            if format == Format::Go2 { header } else { header + names.len().next_multiple_of(8) };
        let base = if format == Format::Go2 { 0 } else { list };
        let entries = list + 5 * field;
        let entry = (field + 4).next_multiple_of(8);
        let names_at = if format == Format::Go2 { entries + 2 * entry } else { header };
        let starts = match format {
            Format::Go18 => [0, 0x40, 0xc0],
            _ => [TEXT.start, TEXT.start + 0x40, TEXT.start + 0xc0],
        };
        let mut bytes = [&magic.to_le_bytes()[..], &[0, 0, 1, word as u8]].concat();
        let fields: &[usize] = match format {
            Format::Go2 => &[2],
            Format::Go16 => &[2, 1, names_at, 0, 0, 0, list],
            Format::Go18 => &[2, 1, text_start as usize, names_at, 0, 0, 0, list],
        };
        fields.iter().for_each(|value| bytes.extend(uintptr(*value as u64)));
        if format != Format::Go2 {
            bytes.extend(names);
        }
        bytes.resize(list, 0);
        for (i, start) in starts.iter().enumerate() {
            bytes.extend(&start.to_le_bytes()[..field]);
            if i < 2 {
                bytes.extend(&((entries + i * entry - base) as u64).to_le_bytes()[..field]);
            }
        }
        for (i, start) in starts[..2].iter().enumerate() {
            bytes.resize(entries + i * entry, 0);
            bytes.extend(&start.to_le_bytes()[..field]);
            let name = if format == Format::Go2 { names_at + 7 * i } else { 7 * i };
            bytes.extend((name as u32).to_le_bytes());
        }
        bytes.resize(entries + 2 * entry, 0);
        if format == Format::Go2 {
            bytes.extend(names);
        }
        bytes
    }

    fn read(
        bytes: &[u8],
        starts: &[u64],
        text: &std::ops::Range<u64>,
    ) -> Option<Vec<(u64, u64, String)>> {
        let table = Table::parse(bytes, Endianness::Little)?;
        let named = table.functions(starts, text)?.into_iter().map(|(start, size, name)| {
            let name = bytes.get(name..)?.split(|byte| *byte == 0).next()?;
            Some((start, size, String::from_utf8_lossy(name).into_owned()))
        });
        named.collect()
    }

    #[test]
    fn reads_the_table_of_each_version() {
        let wanted = [(TEXT.start, 0x40, "main.a"), (TEXT.start + 0x40, 0x80, "main.b")]
            .map(|(start, size, name)| (start, size, name.to_string()));
        for format in [Format::Go2, Format::Go16, Format::Go18] {
            for word in [4, 8] {
                let bytes = table(format, word, TEXT.start);
                assert_eq!(read(&bytes, &[TEXT.start], &TEXT).unwrap(), wanted);
            }
        }
    }

    #[test]
    fn functions_begin_where_go_says_or_fill_the_section() {
        let bytes = table(Format::Go18, 8, 0);
        assert_eq!(read(&bytes, &[0x401020], &TEXT).unwrap()[0].0, 0x401020);
        // There is room for another's code in this section, before or behind Go's.
        assert_eq!(read(&bytes, &[], &(TEXT.start..TEXT.start + 0x400)), None);
        assert_eq!(read(&bytes, &[], &TEXT), None);
        assert_eq!(read(&bytes, &[], &(TEXT.start..TEXT.start + 0xd0)).unwrap()[0].0, TEXT.start);
        assert_eq!(read(&bytes, &[0x401050], &TEXT), None);
    }

    #[test]
    fn a_table_that_is_cut_or_changed_gives_no_other_place_or_fails() {
        let mut random = 1_u64;
        for format in [Format::Go2, Format::Go16, Format::Go18] {
            let whole = table(format, 8, TEXT.start);
            let truth = read(&whole, &[TEXT.start], &TEXT);
            for length in 0..whole.len() {
                let cut = read(&whole[..length], &[TEXT.start], &TEXT);
                // Names are cut last in the first format.
                assert!(cut.is_none() || format == Format::Go2 || cut == truth);
            }
            for _ in 0..20_000 {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let mut bytes = whole.clone();
                let at = (random >> 33) as usize % bytes.len();
                bytes[at] ^= (random >> 24) as u8;
                for (start, size, _) in read(&bytes, &[TEXT.start], &TEXT).into_iter().flatten() {
                    assert!(TEXT.contains(&start) && size > 0);
                }
            }
        }
    }
}
