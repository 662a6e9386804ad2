//! RLIMIT_MEMLOCK. Kernels before 5.11 charge maps and programs against it (bdd7b2fd4a9f counts them by cgroup).

use std::os::fd::OwnedFd;
use std::sync::Once;

use libbpf_sys as sys;

use crate::error::Result;

/// Raises the limit as far as this process may, once. libbpf's own attempt knows all or nothing.
pub fn raise() {
    static RAISED: Once = Once::new();
    RAISED.call_once(|| {
        // SAFETY: takes a number; 0 ends libbpf's own attempts.
        unsafe { sys::libbpf_set_memlock_rlim(0) };
        let limit = get();
        let infinite =
            libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        if limit.rlim_cur != libc::RLIM_INFINITY && !set(infinite) {
            set(libc::rlimit { rlim_cur: limit.rlim_max, ..limit });
        }
    });
}

/// Whether BPF may use memory without limit. `attempt` makes a map: it is tried without any memory to lock.
pub fn unlimited(attempt: impl Fn() -> Result<OwnedFd>) -> Result<()> {
    let limit = get();
    if limit.rlim_cur == libc::RLIM_INFINITY {
        return Ok(());
    }
    attempt()?;
    set(libc::rlimit { rlim_cur: 0, ..limit });
    let charged = attempt();
    set(limit);
    charged.map(drop).map_err(|failure| {
        let kibibytes = limit.rlim_cur / 1024;
        failure.detail(format!("this kernel locks BPF memory, and lets us lock {kibibytes} KiB"))
    })
}

fn get() -> libc::rlimit {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure outlives the call.
    unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut limit) };
    limit
}

fn set(limit: libc::rlimit) -> bool {
    // SAFETY: the structure outlives the call.
    unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;

    #[test]
    fn what_fails_without_memory_to_lock_is_charged_for() {
        let before = get();
        if before.rlim_cur == libc::RLIM_INFINITY {
            return assert!(unlimited(|| Err(Failure::new("map", "EPERM"))).is_ok());
        }
        let file = || std::fs::File::open("/dev/null").map(OwnedFd::from).map_err(|_| no_file());
        assert!(unlimited(file).is_ok());
        let charged =
            || if get().rlim_cur == 0 { Err(Failure::new("map", "EPERM")) } else { file() };
        assert!(unlimited(charged).unwrap_err().detail.unwrap().contains("KiB"));
        assert_eq!(get().rlim_cur, before.rlim_cur);
    }

    fn no_file() -> Failure {
        Failure::new("map", "EIO")
    }
}
