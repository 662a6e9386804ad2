//! /tmp/perf-PID.map: `START SIZE name`, a line each, in hexadecimal, as compilers append them. Linux's
//! tools/perf/Documentation/jit-interface.txt is all there is of a format, so the reader is lenient.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::Duration;

use memchr::{memchr, memrchr};

use super::wanted::Wanted;

/// Of a larger file, the end is read: later lines win, so that what it says is right.
const MOST_BYTES: u64 = 256 << 20;
const BLOCK: u64 = 256 << 10;
/// A longer line is none.
const LONGEST_LINE: usize = 16 << 10;
/// A JVM that writes its map anew has done so by then.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Names addresses by a file's lines, of which later ones win. One that was written anew meanwhile could give
/// pieces of lines, so that what was read is read again, and must be the same. A last line without its end is
/// not complete yet.
pub fn read(file: &File, wanted: &mut Wanted) -> Result<()> {
    for attempt in 0..TRIES {
        if attempt > 0 {
            sleep(PAUSE);
        }
        let mut named = wanted.clone();
        let end = file.metadata()?.len();
        if let Some((begin, seen)) = backwards(file, end, &mut named)
            && digest(file, begin, end) == Some(seen)
        {
            *wanted = named;
            return Ok(());
        }
    }
    Err(Error::new(ErrorKind::ResourceBusy, "it changes while it is read"))
}

/// The same of a text.
pub fn lines(text: &[u8], wanted: &mut Wanted) {
    let complete = memrchr(b'\n', text).unwrap_or(0);
    offer_lines(&text[..complete], wanted);
}

/// Reads from `end` back until every address has its name. Returns where it stopped, and what the blocks from there
/// on were like. None: the file was cut off meanwhile.
fn backwards(file: &File, end: u64, wanted: &mut Wanted) -> Option<(u64, Vec<u64>)> {
    let first = end.saturating_sub(MOST_BYTES);
    let mut begin = end;
    let mut digests = Vec::new();
    // The end of a line that begins in the block before: nothing yet of the last one, which has no end.
    let mut rest = Rest::Dropped;
    while begin > first && !wanted.is_done() {
        let mut block = block_before(file, first, begin)?;
        begin -= block.len() as u64;
        digests.push(block_digest(&block));
        let Some(head) = memchr(b'\n', &block) else {
            rest = rest.extended(block);
            continue;
        };
        let tail = memrchr(b'\n', &block).unwrap_or(head);
        if let Rest::Kept(end) = &rest {
            let line = [&block[tail + 1..], end].concat();
            offer_lines(&line, wanted);
        }
        offer_lines(block.get(head + 1..tail).unwrap_or_default(), wanted);
        block.truncate(head);
        rest = Rest::Kept(Vec::new()).extended(block);
    }
    if begin == 0
        && let Rest::Kept(line) = rest
    {
        offer_lines(&line, wanted);
    }
    Some((begin, digests))
}

enum Rest {
    Kept(Vec<u8>),
    /// Too long, or not complete.
    Dropped,
}

impl Rest {
    fn extended(self, mut before: Vec<u8>) -> Self {
        match self {
            Self::Kept(end) if before.len() + end.len() <= LONGEST_LINE => {
                before.extend(end);
                Self::Kept(before)
            }
            _ => Self::Dropped,
        }
    }
}

fn digest(file: &File, begin: u64, mut end: u64) -> Option<Vec<u64>> {
    let mut digests = Vec::new();
    while end > begin {
        let block = block_before(file, begin, end)?;
        end -= block.len() as u64;
        digests.push(block_digest(&block));
    }
    Some(digests)
}

fn block_before(file: &File, first: u64, end: u64) -> Option<Vec<u8>> {
    let size = BLOCK.min(end - first);
    let mut block = vec![0; size as usize];
    file.read_exact_at(&mut block, end - size).ok()?;
    Some(block)
}

fn block_digest(block: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(block);
    hasher.finish()
}

/// The last first.
fn offer_lines(mut text: &[u8], wanted: &mut Wanted) {
    loop {
        let newline = memrchr(b'\n', text);
        if let Some((start, size, name)) = line(&text[newline.map_or(0, |at| at + 1)..]) {
            wanted.offer(start, size, || Some(String::from_utf8_lossy(name).into()));
        }
        match newline {
            Some(at) if !wanted.is_done() => text = &text[..at],
            _ => return,
        }
    }
}

/// Numbers with and without 0x, any white space, and names with spaces in them.
fn line(text: &[u8]) -> Option<(u64, u64, &[u8])> {
    if text.len() > LONGEST_LINE {
        return None;
    }
    let (start, rest) = number(text.trim_ascii_start())?;
    let (size, rest) = number(rest.trim_ascii_start())?;
    let name = rest.trim_ascii();
    (size > 0 && start.checked_add(size).is_some() && !name.is_empty())
        .then_some((start, size, name))
}

/// Up to white space.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(u8::is_ascii_whitespace)?;
    let digits = std::str::from_utf8(&text[..end]).ok()?;
    let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits);
    if digits.starts_with('+') {
        return None;
    }
    Some((u64::from_str_radix(digits, 16).ok()?, &text[end..]))
}

#[cfg(test)]
mod tests;
