//! Waiting for programs that are still running.

use std::thread;
use std::time::Duration;

use napi_derive::napi;

use crate::error::{Failure, Result, last_errno};
use crate::work::{Promise, promise};

/// linux/membarrier.h: MEMBARRIER_CMD_GLOBAL, which is synchronize_rcu() in the kernel.
const MEMBARRIER_CMD_GLOBAL: libc::c_int = 1;

const LONGER_THAN_A_PROGRAM: Duration = Duration::from_millis(50);

/// Resolves once every program that was running when this was called has returned, sleepable ones excepted: what they
/// counted can be read then.
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
    match last_errno() {
        // With nohz_full CPUs the kernel has no such call (kernel/sched/membarrier.c).
        libc::EINVAL => {
            thread::sleep(LONGER_THAN_A_PROGRAM);
            Ok(())
        }
        errno => Err(Failure::errno("synchronize", errno)),
    }
}
