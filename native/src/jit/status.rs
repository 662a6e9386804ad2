//! What /proc/PID/status says of a process.

use std::fs;
use std::io::{Error, ErrorKind, Result};

#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Its pid as it knows itself.
    pub namespace_pid: u32,
    pub real_uid: u32,
    pub effective_uid: u32,
    pub effective_gid: u32,
    /// By a signal or a debugger.
    pub is_stopped: bool,
    /// Bit n - 1: it has a handler for signal n.
    pub caught: u64,
}

impl Status {
    pub fn of(pid: u32) -> Result<Self> {
        let text = fs::read(format!("/proc/{pid}/status"))?;
        parse(&String::from_utf8_lossy(&text))
            .ok_or_else(|| Error::new(ErrorKind::InvalidData, "its status lacks a line"))
    }

    pub fn catches(&self, signal: i32) -> bool {
        self.caught >> (signal - 1) & 1 == 1
    }
}

/// A name cannot forge a line: the kernel escapes its line feeds.
fn parse(text: &str) -> Option<Status> {
    let line = |key: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        Some(found.split_ascii_whitespace())
    };
    Some(Status {
        namespace_pid: line("NSpid")?.next_back()?.parse().ok()?,
        real_uid: line("Uid")?.next()?.parse().ok()?,
        effective_uid: line("Uid")?.nth(1)?.parse().ok()?,
        effective_gid: line("Gid")?.nth(1)?.parse().ok()?,
        is_stopped: line("State")?.next()?.eq_ignore_ascii_case("t"),
        caught: u64::from_str_radix(line("SigCgt")?.next()?, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_innermost_pid_and_the_effective_ids() {
        let text = "Name:\ta NSpid: 1\nState:\tT (stopped)\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t812\t40\t7\nSigCgt:\t0000000000000005\n";
        let status = parse(text).unwrap();
        assert_eq!(
            status,
            Status {
                namespace_pid: 7,
                real_uid: 1,
                effective_uid: 2,
                effective_gid: 6,
                is_stopped: true,
                caught: 5
            }
        );
        assert!(status.catches(1) && !status.catches(2) && status.catches(3));
        assert_eq!(parse("Name:\tx\n"), None);
    }
}
