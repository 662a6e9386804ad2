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

/// Whether BPF may use memory without limit. `attempt` makes a map that may grow to more than so many bytes: one that
/// is larger than the limit is tried. The limit itself stays as it is, for other threads load meanwhile.
pub fn unlimited(attempt: impl Fn(u64) -> Result<OwnedFd>) -> Result<()> {
    let limit = get().rlim_cur;
    if limit == libc::RLIM_INFINITY {
        return Ok(());
    }
    attempt(0)?;
    match attempt(limit) {
        Err(failure) if failure.code == "EPERM" => {
            let kibibytes = limit / 1024;
            let detail = format!("this kernel locks BPF memory, and lets us lock {kibibytes} KiB");
            Err(failure.detail(detail))
        }
        // No kernel that counts has a map of that size: the limit is none.
        _ => Ok(()),
    }
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
    fn what_cannot_outgrow_the_limit_is_charged_for() {
        let limit = get().rlim_cur;
        if limit == libc::RLIM_INFINITY {
            return assert!(unlimited(|_| Err(Failure::new("map", "EPERM"))).is_ok());
        }
        let file = || std::fs::File::open("/dev/null").map(OwnedFd::from).map_err(|_| no_file());
        let beyond = |code: &'static str| {
            move |bytes| if bytes >= limit { Err(Failure::new("map", code)) } else { file() }
        };
        assert!(unlimited(|_| file()).is_ok());
        assert!(unlimited(beyond("EPERM")).unwrap_err().detail.unwrap().contains("KiB"));
        assert!(unlimited(beyond("E2BIG")).is_ok());
        // Refused for another reason.
        assert_eq!(unlimited(|_| Err(Failure::new("map", "EPERM"))).unwrap_err().detail, None);
    }

    fn no_file() -> Failure {
        Failure::new("map", "EIO")
    }
}
