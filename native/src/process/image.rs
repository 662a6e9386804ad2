//! One program in one process, from exec to exec: which code it has mapped so far.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::rc::Rc;
use std::{fmt, fs};

use super::files::{Files, Held, Root};
use super::identity::Identity;
use super::maps::{self, Mapping, What};
use crate::jit::{self, Dump, Jit};

/// Its mappings at one time, each with its file where that could be held.
type Snapshot = Vec<(Mapping, Option<Rc<Held>>)>;

pub struct Image {
    /// Of its file system; None where it is hidden from us.
    pub root: Option<Rc<Root>>,
    /// Where it tells of code that it compiled, if it has any.
    pub jit: Option<Jit>,
    /// Those that differ, the newest last.
    snapshots: Vec<Snapshot>,
}

/// Why the mappings of a process are unknown.
#[derive(Debug)]
pub enum Unread {
    /// It is a kernel thread, or about to exit.
    NoMemory,
    /// Another process or program has its pid.
    Gone,
    Io(io::Error),
}

impl Unread {
    pub fn is_hidden(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::PermissionDenied)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoMemory => {
                out.write_str("it has no memory: a kernel thread, or a process that has exited")
            }
            Self::Gone => out.write_str("the process has exited, or runs another program"),
            Self::Io(_) if self.is_hidden() => {
                out.write_str("its mappings are not ours to read: CAP_SYS_PTRACE is needed")
            }
            Self::Io(error)
                if error.kind() == ErrorKind::NotFound
                    || error.raw_os_error() == Some(libc::ESRCH) =>
            {
                out.write_str("the process has exited")
            }
            Self::Io(error) => write!(out, "its mappings cannot be read: {error}"),
        }
    }
}

/// Where an address lies.
pub enum Place<'a> {
    /// In a file of this path, at this offset; the file if it could be held.
    File(&'a Path, Option<&'a Rc<Held>>, u64),
    /// In other memory.
    Memory(&'a Mapping),
}

impl Image {
    /// What a process maps now.
    pub fn read(pid: u32, files: &mut Files) -> Result<Self, Unread> {
        let maps = fs::read(format!("/proc/{pid}/maps")).map_err(Unread::Io)?;
        if maps.is_empty() {
            return Err(Unread::NoMemory);
        }
        let root = files.root(pid);
        let mappings = maps::executable(&maps);
        let may_compile = mappings.iter().any(|mapping| mapping.what.may_hold_jit());
        let jit = if may_compile && files.has_room() { Jit::of(pid).ok() } else { None };
        let snapshot = mappings
            .into_iter()
            .map(|mapping| {
                let held = files.hold(pid, &mapping, root.as_ref());
                (mapping, held)
            })
            .collect();
        Ok(Self { root, jit, snapshots: vec![snapshot] })
    }

    /// What a process maps now if it still is what was sampled, from before until after the reading.
    pub fn read_if(identity: &Identity, pid: u32, files: &mut Files) -> Result<Self, Unread> {
        if !identity.is_running(pid)? {
            return Err(Unread::Gone);
        }
        let image = Self::read(pid, files)?;
        if identity.is_running(pid)? { Ok(image) } else { Err(Unread::Gone) }
    }

    /// Adds what the same image maps later.
    pub fn merge(&mut self, newer: Self) {
        self.root = newer.root.or(self.root.take());
        self.jit = self.jit.take().or(newer.jit);
        for snapshot in newer.snapshots {
            let same =
                |old: &Snapshot| old.iter().map(|(m, _)| m).eq(snapshot.iter().map(|(m, _)| m));
            if !self.snapshots.last().is_some_and(same) {
                self.snapshots.push(snapshot);
            }
        }
    }

    /// The jitdumps that it had mapped.
    pub fn dumps(&self) -> Vec<Dump> {
        let mut dumps = Vec::new();
        for (mapping, _) in self.snapshots.iter().flatten() {
            if let What::File { path, inode, .. } = &mapping.what
                && jit::is_jitdump(path)
            {
                let dump = Dump { path: path.clone(), inode: *inode };
                if !dumps.contains(&dump) {
                    dumps.push(dump);
                }
            }
        }
        dumps
    }

    /// How many mappings are kept.
    pub fn len(&self) -> usize {
        self.snapshots.iter().map(Vec::len).sum()
    }

    /// What lay at an address; None where nothing did, or different things at different times.
    pub fn at(&self, address: u64) -> Option<Place<'_>> {
        let mut found: Option<&(Mapping, Option<Rc<Held>>)> = None;
        for snapshot in &self.snapshots {
            let after = snapshot.partition_point(|(mapping, _)| mapping.start <= address);
            let Some(entry) = after.checked_sub(1).map(|i| &snapshot[i]) else { continue };
            if address >= entry.0.end {
                continue;
            }
            match found {
                Some((known, held)) if is_same(known, &entry.0, address) => {
                    if held.is_none() {
                        found = Some(entry);
                    }
                }
                Some(_) => return None,
                None => found = Some(entry),
            }
        }
        let (mapping, held) = found?;
        Some(match &mapping.what {
            What::File { path, .. } => {
                let offset = (address - mapping.start).wrapping_add(mapping.offset);
                Place::File(path, held.as_ref(), offset)
            }
            _ => Place::Memory(mapping),
        })
    }
}

impl Place<'_> {
    pub fn may_hold_jit(&self) -> bool {
        match self {
            Self::File(path, ..) => maps::is_memfd(path),
            Self::Memory(mapping) => mapping.what.may_hold_jit(),
        }
    }
}

/// Whether two mappings have the same at an address. A file may be deleted between one look and the next.
fn is_same(a: &Mapping, b: &Mapping, address: u64) -> bool {
    match (&a.what, &b.what) {
        (
            What::File { device, inode, .. },
            What::File { device: other_device, inode: other_inode, .. },
        ) => {
            (device, inode) == (other_device, other_inode)
                && (address - a.start).wrapping_add(a.offset)
                    == (address - b.start).wrapping_add(b.offset)
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(snapshots: &[&str]) -> Image {
        let mut images = snapshots.iter().map(|maps| Image {
            root: None,
            jit: None,
            snapshots: vec![
                maps::executable(maps.as_bytes()).into_iter().map(|m| (m, None)).collect(),
            ],
        });
        let mut image = images.next().unwrap();
        images.for_each(|newer| image.merge(newer));
        image
    }

    fn place(image: &Image, address: u64) -> Option<String> {
        Some(match image.at(address)? {
            Place::File(path, _, offset) => format!("{}+{offset:x}", path.display()),
            Place::Memory(mapping) => format!("{:?}", mapping.what),
        })
    }

    #[test]
    fn an_address_has_the_offset_of_its_file() {
        let image = image(&["1000-2000 r-xp 3000 00:01 5 /a\n8000-9000 rwxp 0 00:00 0\n"]);
        assert_eq!(place(&image, 0x1010).unwrap(), "/a+3010");
        assert_eq!(place(&image, 0x8fff).unwrap(), "Anonymous");
        assert_eq!([0xfff, 0x2000, 0x9000].map(|at| place(&image, at)), [None, None, None]);
    }

    #[test]
    fn what_is_mapped_later_is_added_and_what_changed_is_unknown() {
        let both = "1000-2000 r-xp 0 00:01 5 /a\n4000-5000 r-xp 0 00:01 6 /b\n";
        let image = image(&[
            "1000-2000 r-xp 0 00:01 5 /a\n",
            both,
            both,
            "1000-2000 r-xp 0 00:01 5 /a (deleted)\n4000-5000 r-xp 0 00:01 7 /c\n",
            "1000-1800 r-xp 0 00:01 5 /a (deleted)\n6000-7000 r-xp 0 00:01 7 /c\n",
        ]);
        assert_eq!(image.snapshots.len(), 4);
        assert_eq!(place(&image, 0x1010).unwrap(), "/a+10");
        assert_eq!(place(&image, 0x1810).unwrap(), "/a+810");
        assert_eq!(place(&image, 0x4010), None);
        assert_eq!(place(&image, 0x6010).unwrap(), "/c+10");
    }
}
