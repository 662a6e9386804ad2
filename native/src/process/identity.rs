//! Whether a pid still stands for the process, and for the program in it, that was sampled.

use std::os::unix::fs::MetadataExt;
use std::{fs, io};

use super::image::Unread;

/// Of one program in one process: what an exec, or another process with the same pid, changes. The kernel draws the
/// addresses at random, for each exec anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Since boot, of the process.
    pub start_ns: u64,
    pub start_code: u64,
    pub end_code: u64,
    pub start_stack: u64,
    pub exe_inode: u64,
    /// The kernel was asked not to draw addresses.
    pub is_fixed: bool,
}

impl Identity {
    /// Whether it is what runs under this pid now.
    pub fn is_running(&self, pid: u32) -> Result<bool, Unread> {
        let stat = fs::read(format!("/proc/{pid}/stat")).map_err(Unread::Io)?;
        let Some(seen) = Seen::parse(&stat) else { return Ok(false) };
        if seen.is_hidden() {
            return Err(Unread::Io(io::ErrorKind::PermissionDenied.into()));
        }
        Ok(seen.is(self, boot_offset_ns()) && (!self.is_predictable() || self.has_file(pid)))
    }

    /// Whether it is a program that was seen in a process.
    pub fn is_of(&self, program: &Program) -> bool {
        program.seen.is(self, boot_offset_ns())
            && (!self.is_predictable() || program.exe_inode == self.exe_inode)
    }

    /// Whether another program may have the same addresses.
    fn is_predictable(&self) -> bool {
        let drawn = || {
            let setting = fs::read("/proc/sys/kernel/randomize_va_space").unwrap_or_default();
            setting.first() != Some(&b'0')
        };
        self.is_fixed || !drawn()
    }

    fn has_file(&self, pid: u32) -> bool {
        fs::metadata(format!("/proc/{pid}/exe")).is_ok_and(|file| file.ino() == self.exe_inode)
    }
}

/// One program in one process as /proc shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    seen: Seen,
    exe_inode: u64,
}

impl Program {
    /// What runs under a pid now.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let exe_inode = fs::metadata(format!("/proc/{pid}/exe")).ok()?.ino();
        Some(Self { seen: Seen::parse(&stat)?, exe_inode })
    }
}

/// What proc_pid_stat(5) tells of it: the start in ticks of 10 ms.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    start_ticks: u64,
    start_code: u64,
    end_code: u64,
    start_stack: u64,
}

/// USER_HZ is 100 wherever we run.
const TICK_NS: i128 = 10_000_000;

impl Seen {
    fn parse(stat: &[u8]) -> Option<Self> {
        // The name before it is in parentheses and may hold anything.
        let at = stat.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(&stat[at + 1..]).ok()?;
        let mut fields = rest.split_ascii_whitespace().skip(22 - 3);
        let mut number = |skipped| fields.nth(skipped)?.parse().ok();
        Some(Self {
            start_ticks: number(0)?,
            start_code: number(26 - 22 - 1)?,
            end_code: number(0)?,
            start_stack: number(0)?,
        })
    }

    /// Whether the kernel keeps the addresses of a process from us: it then says 1 and 0.
    fn is_hidden(&self) -> bool {
        (self.start_code, self.end_code, self.start_stack) == (1, 1, 0)
    }

    fn is(&self, sampled: &Identity, boot_offset_ns: i128) -> bool {
        let start_ns = i128::from(sampled.start_ns) + boot_offset_ns;
        i128::from(self.start_ticks) == start_ns.div_euclid(TICK_NS)
            && self.start_code == sampled.start_code
            && self.end_code == sampled.end_code
            && self.start_stack == sampled.start_stack
    }
}

/// What our time namespace adds to the time since boot.
fn boot_offset_ns() -> i128 {
    let offsets = fs::read_to_string("/proc/self/timens_offsets").unwrap_or_default();
    offsets
        .lines()
        .find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let of_boot = matches!(words.next()?, "boottime" | "7");
            let (seconds, ns) = (words.next()?.parse::<i128>(), words.next()?.parse::<i128>());
            of_boot.then_some(seconds.ok()? * 1_000_000_000 + ns.ok()?)
        })
        .unwrap_or(0)
}

#[cfg(test)]
impl Identity {
    /// Of what runs under a pid now, as its sampler would tell it.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat"))?;
        let Seen { start_ticks, start_code, end_code, start_stack } = Seen::parse(&stat).unwrap();
        let start_ns = (i128::from(start_ticks) * TICK_NS - boot_offset_ns()) as u64;
        let exe_inode = fs::metadata(format!("/proc/{pid}/exe"))?.ino();
        Ok(Self { start_ns, start_code, end_code, start_stack, exe_inode, is_fixed: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] = b"812 (a) R (b) S 1 812 812 0 -1 4194560 99 0 0 0 1 2 0 0 20 0 1 0 \
        123456 2400256 210 18446744073709551615 94000 95000 140700 0 0 0";

    #[test]
    fn reads_what_the_kernel_tells() {
        let wanted =
            Seen { start_ticks: 123456, start_code: 94000, end_code: 95000, start_stack: 140700 };
        assert_eq!(Seen::parse(STAT), Some(wanted));
        assert_eq!(Seen::parse(b"812 (a) S 1 2 3"), None);
        assert_eq!(Seen::parse(b""), None);
    }

    #[test]
    fn tells_another_process_and_another_program_from_it() {
        let seen = Seen::parse(STAT).unwrap();
        let same = Identity {
            start_ns: 1_234_569_999_999,
            start_code: 94000,
            end_code: 95000,
            start_stack: 140700,
            exe_inode: 1,
            is_fixed: false,
        };
        assert!(seen.is(&same, 0));
        assert!(!seen.is(&same, TICK_NS));
        assert!(
            seen.is(&Identity { start_ns: same.start_ns + 5_000_000_000, ..same }, -5_000_000_000)
        );
        assert!(!seen.is(&Identity { start_ns: 1_234_570_000_000, ..same }, 0));
        assert!(!seen.is(&Identity { start_code: 94001, ..same }, 0));
        assert!(!seen.is(&Identity { start_stack: 0, ..same }, 0));
    }

    #[test]
    fn knows_this_process() {
        let own = Identity::of(std::process::id()).unwrap();
        assert!(own.is_running(std::process::id()).unwrap());
        let other = Identity { exe_inode: own.exe_inode + 1, ..own };
        assert!(!other.is_running(std::process::id()).unwrap());
        assert!(!own.is_running(1).unwrap_or(false));
        let program = Program::of(std::process::id()).unwrap();
        assert!(own.is_of(&program) && !other.is_of(&program));
        assert!(!Identity { start_ns: own.start_ns + 1_000_000_000, ..own }.is_of(&program));
        assert!(own.is_running(u32::MAX).is_err());
    }
}
