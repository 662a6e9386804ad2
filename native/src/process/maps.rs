//! The code that a process maps: the lines of /proc/PID/maps that may be executed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    pub offset: u64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    File {
        path: PathBuf,
        /// Of the file system, as the line has it.
        device: String,
        inode: u64,
        deleted: bool,
    },
    Vdso,
    /// Memory without a file, where compilers put code at run time.
    Anonymous,
    /// What the kernel puts there, by its name: `[uprobes]`.
    Other(String),
}

impl What {
    /// Code in a memfd or the heap is seldom, but .NET and some interpreters put theirs there.
    pub fn may_hold_jit(&self) -> bool {
        match self {
            Self::Anonymous => true,
            Self::Other(name) => name == "[heap]",
            Self::File { path, .. } => is_memfd(path),
            Self::Vdso => false,
        }
    }
}

pub fn is_memfd(path: &Path) -> bool {
    path.as_os_str().as_bytes().starts_with(b"/memfd:")
}

/// Those that may be executed, in the order of their addresses.
pub fn executable(maps: &[u8]) -> Vec<Mapping> {
    maps.split(|byte| *byte == b'\n').filter_map(mapping).collect()
}

fn mapping(line: &[u8]) -> Option<Mapping> {
    let mut rest = line;
    let mut word = || {
        let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
        let word = std::str::from_utf8(&rest[..end]).ok();
        rest = rest.get(end + 1..).unwrap_or_default();
        word
    };
    let (start, end) = word()?.split_once('-')?;
    let (permissions, offset, device, inode) = (word()?, word()?, word()?, word()?);
    if permissions.as_bytes().get(2) != Some(&b'x') {
        return None;
    }
    let path = rest.trim_ascii_start();
    let inode = inode.parse().ok()?;
    let what = match path {
        b"" => What::Anonymous,
        b"[vdso]" => What::Vdso,
        _ if path.starts_with(b"[anon") || path.starts_with(b"//anon") => What::Anonymous,
        _ if path.starts_with(b"/") => {
            let (path, deleted) = match path.strip_suffix(b" (deleted)") {
                Some(path) => (path, true),
                None => (path, false),
            };
            let path = PathBuf::from(OsStr::from_bytes(path));
            What::File { path, device: device.to_string(), inode, deleted }
        }
        _ => What::Other(String::from_utf8_lossy(path).into_owned()),
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
        let probes = mapping(b"7fffffffe000-7ffffffff000 --xp 00000000 00:00 0      [uprobes]");
        assert_eq!(probes.unwrap().what, What::Other("[uprobes]".into()));
        assert_eq!(mapping(b""), None);
        assert_eq!(mapping(b"1000-2000 rw-p 00000000 00:00 0 [heap]"), None);
        let hostile = mapping(b"1000-2000 r-xp 00000000 00:01 5 /tmp/\xff").unwrap();
        assert!(matches!(hostile.what, What::File { .. }));
    }

    #[test]
    fn whatever_the_lines_are_it_neither_fails_nor_hangs() {
        let line = b"7f0000001000-7f0000002000 r-xp 00001000 fe:00 77   /usr/lib/a.so\n".repeat(3);
        let mut random = 1_u64;
        for _ in 0..100_000 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let mut line = line.clone();
            let at = (random >> 33) as usize % line.len();
            line[at] = (random >> 24) as u8;
            line.truncate((random >> 12) as usize % (line.len() + 1));
            for mapping in executable(&line) {
                assert!(
                    !matches!(mapping.what, What::File { path, .. } if path.as_os_str().is_empty())
                );
            }
        }
    }
}
