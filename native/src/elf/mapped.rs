//! A file in memory that others may cut short while it is read: what is gone then reads as zeros, where a plain mapping
//! would end this process with SIGBUS.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use memmap2::Mmap;

pub struct Mapped {
    map: Mmap,
    place: &'static Range,
}

impl Mapped {
    /// Only for reading. Fails, too, where as many files are mapped already as we look after.
    pub fn new(file: &File) -> io::Result<Self> {
        guard()?;
        // SAFETY: only read, and cutting the file short is harmless until the place is given back, which drop() does.
        let map = unsafe { Mmap::map(file) }?;
        let start = map.as_ptr() as usize;
        let free = |range: &&Range| range.start.compare_exchange(0, start, SeqCst, SeqCst).is_ok();
        let place = RANGES.iter().find(free).ok_or(io::ErrorKind::QuotaExceeded)?;
        place.end.store(start + map.len(), SeqCst);
        Ok(Self { map, place })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        self.place.end.store(0, SeqCst);
        self.place.start.store(0, SeqCst);
    }
}

/// Addresses of a mapping; a start of 0: free.
struct Range {
    start: AtomicUsize,
    end: AtomicUsize,
}

/// More than `process::Files` holds.
static RANGES: [Range; 1 << 13] =
    [const { Range { start: AtomicUsize::new(0), end: AtomicUsize::new(0) } }; 1 << 13];

/// The page size, and what was done about SIGBUS before.
static BEFORE: OnceLock<Result<(usize, libc::sigaction), i32>> = OnceLock::new();

/// Looks after what is mapped from now on.
fn guard() -> io::Result<()> {
    let before = BEFORE.get_or_init(|| {
        // SAFETY: sigaction is plain numbers and a pointer, for which zeros are valid; the calls write what they are given.
        unsafe {
            let page = libc::sysconf(libc::_SC_PAGESIZE) as usize;
            let (mut ours, mut before): (libc::sigaction, libc::sigaction) = std::mem::zeroed();
            // Before it is ours, so that the handler finds it.
            libc::sigaction(libc::SIGBUS, null(), &raw mut before);
            ours.sa_sigaction = on_fault as *const () as usize;
            ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            match libc::sigaction(libc::SIGBUS, &raw const ours, null_mut()) {
                0 => Ok((page, before)),
                _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)),
            }
        }
    });
    before.as_ref().map(|_| ()).map_err(|errno| io::Error::from_raw_os_error(*errno))
}

/// Puts a page of zeros where one of the file is gone. Calls nothing but what a signal handler may.
extern "C" fn on_fault(_: i32, info: *const libc::siginfo_t, _: *const libc::c_void) {
    let Some(Ok((page, before))) = BEFORE.get() else { return };
    // SAFETY: the kernel gives a valid siginfo; only pages of our own mapping, which nobody writes to, are replaced.
    unsafe {
        let at = (*info).si_addr() as usize;
        let is_ours = RANGES
            .iter()
            .any(|range| range.start.load(SeqCst) <= at && at < range.end.load(SeqCst));
        let errno = *libc::__errno_location();
        let replaced = is_ours
            && libc::mmap(
                (at & !(page - 1)) as *mut libc::c_void,
                *page,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            ) != libc::MAP_FAILED;
        if !replaced {
            // The fault comes again, and goes to who was there before.
            libc::sigaction(libc::SIGBUS, before, null_mut());
        }
        *libc::__errno_location() = errno;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    fn file(name: &str, size: usize) -> (std::path::PathBuf, File) {
        let path = std::env::temp_dir().join(format!("probekit-{}-{name}", std::process::id()));
        std::fs::write(&path, vec![7; size]).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        (path, file)
    }

    #[test]
    fn what_is_cut_off_reads_as_zeros() {
        let (path, own) = file("cut", 1 << 20);
        let mapped = Mapped::new(&own).unwrap();
        assert_eq!((mapped[0], mapped[1 << 19]), (7, 7));
        own.set_len(4096).unwrap();
        assert_eq!((mapped[0], mapped[4096], mapped[(1 << 20) - 1]), (7, 0, 0));
        assert_eq!(mapped.iter().map(|byte| usize::from(*byte)).sum::<usize>(), 7 * 4096);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn places_are_given_back() {
        let (path, own) = file("places", 1);
        for _ in 0..RANGES.len() * 2 {
            assert_eq!(*Mapped::new(&own).unwrap(), [7]);
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn an_empty_file_is_one_too() {
        let (path, own) = file("empty", 0);
        assert_eq!(*Mapped::new(&own).unwrap(), []);
        std::fs::remove_file(path).unwrap();
    }

    const OTHERS: &str = "PROBEKIT_TEST_OTHERS_FAULT";

    /// Run by the next one, in a process of its own.
    #[test]
    fn a_fault_elsewhere() {
        if std::env::var_os(OTHERS).is_none() {
            return;
        }
        let (path, own) = file("elsewhere", 4096);
        drop(Mapped::new(&own).unwrap());
        // SAFETY: the fault is what is wanted.
        let plain = unsafe { Mmap::map(&own) }.unwrap();
        std::fs::remove_file(path).unwrap();
        own.set_len(0).unwrap();
        std::hint::black_box(plain[1]);
    }

    #[test]
    fn a_fault_elsewhere_ends_the_process_as_ever() {
        let test = "elf::mapped::tests::a_fault_elsewhere";
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .env(OTHERS, "1")
            .output()
            .unwrap()
            .status;
        assert_eq!(status.signal(), Some(libc::SIGBUS));
    }
}
