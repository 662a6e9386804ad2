//! jit-PID.dump: a compiler's own record of its code (Linux's tools/perf/Documentation/jitdump-specification.txt).
//! Found through the process's mappings, since every writer maps one page of it to say where it is.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;

use super::wanted::Wanted;

const MAGIC: u32 = 0x4a69_5444;
const HEADER: u64 = 40;
const PREFIX: u64 = 16;
const LOAD: u32 = 0;
const MOVE: u32 = 1;
const CLOSE: u32 = 3;
/// Of more pieces of code than that, the latest are kept.
const MOST_PIECES: usize = 1 << 20;
const LONGEST_NAME: u64 = 16 << 10;
/// Of a file with more records than that, the first are read: some seconds.
const MOST_RECORDS: u32 = 1 << 24;

/// A piece of code at the address that it had from a record on.
#[derive(Clone, Copy)]
struct Piece {
    start: u64,
    size: u64,
    /// Where its name begins, and how far it may reach.
    name: (u64, u64),
}

/// Whether a mapping of that path says that there is a jitdump.
pub fn is_jitdump(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let pid = name.and_then(|name| name.strip_prefix("jit-")?.strip_suffix(".dump"));
    pid.is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Names addresses by a file's records, of which later ones win. What comes after a record that cannot be is not
/// read, and what is appended meanwhile neither.
pub fn read(file: &File, wanted: &mut Wanted) -> Result<()> {
    let end = file.metadata()?.len();
    for Piece { start, size, name } in pieces(file, end)?.into_iter().rev() {
        if wanted.is_done() {
            break;
        }
        wanted.offer(start, size, || name_at(file, name));
    }
    Ok(())
}

fn pieces(file: &File, end: u64) -> Result<VecDeque<Piece>> {
    let mut reader = BufReader::with_capacity(64 << 10, file);
    reader.seek(SeekFrom::Start(0))?;
    let mut at = header(&mut reader)?;
    reader.seek(SeekFrom::Start(at))?;
    let mut pieces = Pieces::default();
    // A record that ends early ends the file: it is not complete yet, or the file was cut off.
    for _ in 0..MOST_RECORDS {
        let Ok(Some(size)) = record(&mut reader, at, end, &mut pieces) else { break };
        at += size;
    }
    Ok(pieces.list)
}

#[derive(Default)]
struct Pieces {
    list: VecDeque<Piece>,
    by_index: HashMap<u64, Piece>,
}

impl Pieces {
    fn add(&mut self, index: u64, piece: Piece) {
        if self.list.len() == MOST_PIECES {
            self.list.pop_front();
        }
        self.list.push_back(piece);
        if self.by_index.len() < MOST_PIECES || self.by_index.contains_key(&index) {
            self.by_index.insert(index, piece);
        }
    }
}

/// Takes in the record at `at`. Returns its size, or None where no other follows.
fn record(
    reader: &mut BufReader<&File>,
    at: u64,
    end: u64,
    pieces: &mut Pieces,
) -> Result<Option<u64>> {
    let left = end.saturating_sub(at);
    if left < PREFIX {
        return Ok(None);
    }
    let (id, size) = (u32_of(reader)?, u64::from(u32_of(reader)?));
    if size < PREFIX || size > left || id == CLOSE {
        return Ok(None);
    }
    let _time = u64_of(reader)?;
    let mut used = PREFIX;
    let fields = if id == LOAD { 40 } else { 48 };
    if (id == LOAD || id == MOVE) && size >= PREFIX + fields {
        let _pid_and_tid = u64_of(reader)?;
        let _virtual_address = u64_of(reader)?;
        let _before = if id == MOVE { u64_of(reader)? } else { 0 };
        let (start, length, index) = (u64_of(reader)?, u64_of(reader)?, u64_of(reader)?);
        used += fields;
        let name = match id {
            LOAD => Some((at + used, (size - used).min(LONGEST_NAME))),
            _ => pieces.by_index.get(&index).map(|piece| piece.name),
        };
        if let (Some(name), Some(_)) = (name, start.checked_add(length)) {
            pieces.add(index, Piece { start, size: length, name });
        }
    }
    reader.seek_relative((size - used) as i64)?;
    Ok(Some(size))
}

/// The header's length.
fn header(reader: &mut impl Read) -> Result<u64> {
    let (magic, version, size) = (u32_of(reader)?, u32_of(reader)?, u32_of(reader)?);
    if magic != MAGIC || version == 0 || u64::from(size) < HEADER {
        return Err(Error::new(ErrorKind::InvalidData, "no jitdump of this machine's byte order"));
    }
    Ok(u64::from(size))
}

fn name_at(file: &File, (at, most): (u64, u64)) -> Option<Rc<str>> {
    let mut name = Vec::new();
    BufReader::with_capacity(256, At { file, at }).take(most).read_until(0, &mut name).ok()?;
    // Without its end it is not complete.
    (name.pop() == Some(0) && !name.is_empty()).then(|| String::from_utf8_lossy(&name).into())
}

struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

fn u32_of(reader: &mut impl Read) -> Result<u32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

fn u64_of(reader: &mut impl Read) -> Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests;
