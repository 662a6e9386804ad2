//! Waiting for programs that are still running.

use std::thread;
use std::time::Duration;

use napi_derive::napi;

use crate::error::Result;
use crate::work::{Promise, promise};

/// linux/membarrier.h: MEMBARRIER_CMD_GLOBAL, which is synchronize_rcu() in the kernel.
const MEMBARRIER_CMD_GLOBAL: libc::c_int = 1;

const LONGER_THAN_A_PROGRAM: Duration = Duration::from_millis(50);

/// Resolves once every program that was running when this was called has returned, sleepable ones excepted: what they
/// counted can be read then. Where the kernel has no membarrier, 50 ms stand in for that.
#[napi(ts_return_type = "Promise<void>")]
pub fn synchronize() -> Promise<()> {
    promise(wait)
}

fn wait() -> Result<()> {
    // SAFETY: membarrier takes three integers and touches no memory of ours.
    let status = unsafe { libc::syscall(libc::SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) };
    if status == 0 {
        return Ok(());
    }
    // EINVAL with nohz_full CPUs (kernel/sched/membarrier.c), ENOSYS without CONFIG_MEMBARRIER, EPERM from a seccomp
    // filter: a run's samples are not thrown away for that.
    thread::sleep(LONGER_THAN_A_PROGRAM);
    Ok(())
}
