//! Files that a process wrote, opened in its own root, and only if they are really its own.

use std::ffi::CString;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::jit::status::Status;

/// The root directory of a process, which stays reachable when the process has ended.
pub struct Root {
    directory: OwnedFd,
    /// Who may have written what is believed: the process itself or root.
    users: [u32; 3],
}

impl Root {
    pub fn of(pid: u32, status: &Status) -> Result<Self> {
        let path = CString::new(format!("/proc/{pid}/root"))?;
        // SAFETY: the path is a C string.
        let fd = unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) };
        Ok(Self { directory: owned(fd.into())?, users: [status.real_uid, status.effective_uid, 0] })
    }

    /// A regular file that the process, or root, owns. Symbolic links on the way stay inside of the root, and
    /// the file itself is none; what stands there instead is not opened, since that may have an effect.
    pub fn open(&self, path: &Path) -> Result<File> {
        let place = self.at(path, libc::O_PATH | libc::O_NOFOLLOW)?;
        let metadata = File::from(place.try_clone()?).metadata()?;
        if !metadata.is_file() || !self.users.contains(&metadata.uid()) {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "it is no file of the process's own",
            ));
        }
        File::open(format!("/proc/self/fd/{}", place.as_raw_fd()))
    }

    pub fn directory(&self, path: &Path) -> Result<OwnedFd> {
        self.at(path, libc::O_PATH | libc::O_DIRECTORY)
    }

    /// Whether there is anything under that name.
    pub fn has(&self, path: &Path) -> bool {
        self.at(path, libc::O_PATH | libc::O_NOFOLLOW).is_ok()
    }

    fn at(&self, path: &Path, flags: i32) -> Result<OwnedFd> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: open_how is plain data, of which zero is valid.
        let mut how: libc::open_how = unsafe { std::mem::zeroed() };
        how.flags = (flags | libc::O_CLOEXEC) as u64;
        how.resolve = libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS;
        // SAFETY: path and how live through the call, and the size is how's.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_openat2,
                self.directory.as_raw_fd(),
                path.as_ptr(),
                &raw const how,
                size_of::<libc::open_how>(),
            )
        };
        owned(fd)
    }
}

fn owned(fd: libc::c_long) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the kernel just made it, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// All of a file, up to a size.
pub fn read_whole(file: &File, most: u64) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{chown, symlink};

    fn here() -> Root {
        Root::of(std::process::id(), &Status::of(std::process::id()).unwrap()).unwrap()
    }

    #[test]
    fn opens_files_and_nothing_else() {
        let directory = std::env::temp_dir().join(format!("probekit-root-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let file = directory.join("file");
        fs::write(&file, "text").unwrap();
        let root = here();
        assert_eq!(read_whole(&root.open(&file).unwrap(), 3).unwrap(), b"tex");
        let link = directory.join("link");
        symlink(&file, &link).unwrap();
        assert!(root.open(&link).is_err());
        assert!(root.has(&link));
        let pipe = directory.join("pipe");
        let name = CString::new(pipe.as_os_str().as_bytes()).unwrap();
        // SAFETY: the name is a C string.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        assert!(root.open(&pipe).is_err());
        assert!(root.open(Path::new("/dev/null")).is_err());
        assert!(root.open(&directory.join("none")).is_err());
        // SAFETY: geteuid has no preconditions.
        if unsafe { libc::geteuid() } == 0 {
            chown(&file, Some(12345), None).unwrap();
            assert!(root.open(&file).is_err());
        }
        fs::remove_dir_all(&directory).unwrap();
    }
}
