//! What a file holds, mapped or in memory of ours.

use std::fs::File;
use std::ops::Deref;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use crate::elf::mapped::Mapped;

/// All of it, at hand.
#[derive(Clone)]
pub enum Bytes {
    Mapped(Rc<Mapped>, Rc<File>),
    Owned(Rc<Vec<u8>>),
}

impl Bytes {
    pub fn map(file: Rc<File>) -> Option<Self> {
        Some(Self::Mapped(Rc::new(Mapped::new(&file).ok()?), file))
    }

    /// Whether some of it is gone since, and may have read as zeros.
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Mapped(map, file) => {
                file.metadata().map_or(true, |now| now.len() < map.len() as u64)
            }
            Self::Owned(_) => false,
        }
    }

    /// A way to read parts of it that keeps none of it in memory.
    pub fn source(&self) -> Source {
        match self {
            Self::Mapped(_, file) => Source::File(file.clone()),
            Self::Owned(bytes) => Source::Owned(bytes.clone()),
        }
    }
}

/// Parts of it, on demand.
pub enum Source {
    File(Rc<File>),
    Owned(Rc<Vec<u8>>),
}

impl Source {
    /// How much memory it takes.
    pub fn size(&self) -> usize {
        match self {
            Self::File(_) => 0,
            Self::Owned(bytes) => bytes.len(),
        }
    }

    /// The text that begins at `at` and ends with NUL, before `end`, if it is no longer than `longest`.
    pub fn text(&self, at: u64, end: u64, longest: usize) -> Option<Vec<u8>> {
        let most = usize::try_from(end.checked_sub(at)?).ok()?.min(longest);
        let mut text = Vec::new();
        let mut size = 128;
        while text.len() < most {
            let from = text.len();
            text.resize((from + size).min(most), 0);
            let read = self.read(at + from as u64, &mut text[from..]);
            text.truncate(from + read);
            if let Some(end) = memchr::memchr(0, &text[from..]) {
                text.truncate(from + end);
                return Some(text);
            }
            if read == 0 {
                return None;
            }
            size *= 4;
        }
        None
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> usize {
        match self {
            Self::File(file) => file.read_at(buffer, at).unwrap_or(0),
            Self::Owned(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
                let rest = rest.unwrap_or_default();
                let size = rest.len().min(buffer.len());
                buffer[..size].copy_from_slice(&rest[..size]);
                size
            }
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map, _) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Owned(Rc::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_with_nul_or_is_none() {
        let long = "x".repeat(5000);
        let all = Bytes::from(format!("a\0{long}\0rest").into_bytes());
        let text = |at, end, longest| all.source().text(at, end, longest);
        assert_eq!(text(0, 5006, 100).unwrap(), b"a");
        assert_eq!(text(2, 5006, 6000).unwrap(), long.as_bytes());
        assert_eq!(text(1, 5006, 6000).unwrap(), b"");
        for (at, end, longest) in
            [(2, 5006, 5000), (5003, 9999, 99), (0, 1, 99), (9, 3, 99), (9999, 99999, 9)]
        {
            assert_eq!(text(at, end, longest), None);
        }
        let own = std::rc::Rc::new(File::open("/proc/self/exe").unwrap());
        let mapped = Bytes::map(own).unwrap();
        assert_eq!(mapped.source().text(1, 99, 99).unwrap()[..3], mapped[1..4]);
    }
}
