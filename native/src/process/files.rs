//! Files of processes, held open so that they can be read when the processes are gone.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use super::maps::{Mapping, What};

/// A file system as a process sees it: where its mount namespace and its root begin.
pub struct Root(File);

impl Root {
    /// A file of it, symbolic links included, that is none of another file system: `..` and links end at this root.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        let inside = path.strip_prefix("/").unwrap_or(path);
        let name = std::ffi::CString::new(inside.as_os_str().as_bytes())?;
        // SAFETY: open_how is plain numbers, for which zeros are valid.
        let mut how: libc::open_how = unsafe { std::mem::zeroed() };
        // A FIFO, or what is no file at all, must not make us wait.
        how.flags = (libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY) as u64;
        how.resolve = libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS;
        // SAFETY: the name ends with NUL, and the kernel reads `how` only.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_openat2,
                self.0.as_raw_fd(),
                name.as_ptr(),
                &raw const how,
                size_of::<libc::open_how>(),
            )
        };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just opened it, for nobody else.
        let file = unsafe { File::from_raw_fd(fd as i32) };
        regular(file)
    }

    /// The directory that a path leads to.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY);
        Ok(Self(options.open(path)?))
    }

    /// Ours.
    pub fn own() -> io::Result<Self> {
        Self::of(Path::new("/"))
    }
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// A file that a process maps.
pub struct Held {
    /// As the process named it.
    pub path: PathBuf,
    pub file: Rc<File>,
    /// Where its separate debug file may lie.
    pub root: Option<Rc<Root>>,
    changed: (u64, Option<SystemTime>),
}

impl Held {
    /// Whether what is mapped is no longer what the file holds.
    pub fn has_changed(&self) -> bool {
        self.file.metadata().map_or(true, |now| (now.len(), now.modified().ok()) != self.changed)
    }
}

/// Each file and root once. While a file is open no other can have its number.
#[derive(Default)]
pub struct Files {
    /// By device and inode as stat(2) has them. Those in /proc/PID/maps are not unique on btrfs.
    held: HashMap<[u64; 2], Rc<Held>>,
    roots: HashMap<[u64; 4], Rc<Root>>,
    /// What others keep open.
    pub others: usize,
}

impl Files {
    /// The very file that is mapped: of map_files, which names it in every mount namespace and even when it is deleted,
    /// but takes CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN. Else what lies at its path, if it has the same inode.
    pub fn hold(
        &mut self,
        pid: u32,
        mapping: &Mapping,
        root: Option<&Rc<Root>>,
    ) -> Option<Rc<Held>> {
        let What::File { path, inode, deleted, .. } = &mapping.what else { return None };
        let exact = format!("/proc/{pid}/map_files/{:x}-{:x}", mapping.start, mapping.end);
        let file = if let Ok(metadata) = fs::metadata(&exact) {
            if let Some(held) = self.held.get(&number(&metadata)) {
                return Some(held.clone());
            }
            // Opening a device may do more than that.
            if !metadata.is_file() || !self.has_room() {
                return None;
            }
            File::open(exact).ok()?
        } else {
            if *deleted || !self.has_room() {
                return None;
            }
            let file = root?.open(path).ok()?;
            (file.metadata().ok()?.ino() == *inode).then_some(file)?
        };
        let metadata = file.metadata().ok()?;
        let held = self.held.entry(number(&metadata)).or_insert_with(|| {
            Rc::new(Held {
                path: path.clone(),
                changed: (metadata.len(), metadata.modified().ok()),
                file: Rc::new(file),
                root: root.cloned(),
            })
        });
        Some(held.clone())
    }

    /// Whether more files may be opened.
    pub fn has_room(&self) -> bool {
        self.held.len() + self.roots.len() + self.others < limit()
    }

    /// The root of a process.
    pub fn root(&mut self, pid: u32) -> Option<Rc<Root>> {
        let namespace = fs::metadata(format!("/proc/{pid}/ns/mnt")).ok()?;
        let root = Root::of(Path::new(&format!("/proc/{pid}/root"))).ok()?;
        let directory = root.0.metadata().ok()?;
        let key = [namespace.dev(), namespace.ino(), directory.dev(), directory.ino()];
        if let Some(known) = self.roots.get(&key) {
            return Some(known.clone());
        }
        if !self.has_room() {
            return None;
        }
        let root = Rc::new(root);
        self.roots.insert(key, root.clone());
        Some(root)
    }
}

/// Half of what this process may open, and no more than a machine's programs need.
fn limit() -> usize {
    let mut files = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes the two numbers.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut files) };
    (files.rlim_cur / 2).min(4096) as usize
}

fn number(metadata: &fs::Metadata) -> [u64; 2] {
    [metadata.dev(), metadata.ino()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_another_root_end_there() {
        let directory = std::env::temp_dir().join(format!("probekit-root-{}", std::process::id()));
        fs::create_dir_all(directory.join("etc")).unwrap();
        fs::write(directory.join("etc/passwd"), "inside").unwrap();
        let _ = fs::remove_file(directory.join("link"));
        std::os::unix::fs::symlink("/etc/passwd", directory.join("link")).unwrap();
        let root = Root::of(&directory).unwrap();
        let read = |path: &str| root.open(Path::new(path)).and_then(io::read_to_string);
        assert_eq!(read("/link").unwrap(), "inside");
        assert_eq!(read("/../../etc/passwd").unwrap(), "inside");
        assert_eq!(read("/etc").unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(read("/none").unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_file_is_held_once_and_known_when_it_changes() {
        let maps = fs::read("/proc/self/maps").unwrap();
        let mappings = super::super::maps::executable(&maps);
        let pid = std::process::id();
        let mut files = Files::default();
        let root = files.root(pid).unwrap();
        assert!(Rc::ptr_eq(&root, &files.root(pid).unwrap()));
        let of_file = mappings.iter().find(|m| matches!(m.what, What::File { .. })).unwrap();
        let held = files.hold(pid, of_file, Some(&root)).unwrap();
        assert!(Rc::ptr_eq(&held, &files.hold(pid, of_file, Some(&root)).unwrap()));
        assert!(!held.has_changed());
    }
}
