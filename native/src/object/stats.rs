//! The kernel's run-time figures of BPF programs, while somebody holds this open.

use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::Failure;

/// While it is open, programs() tells runCount and runTimeNs. Ends with the process at the latest.
#[napi]
pub struct KernelStats {
    fd: Mutex<Option<OwnedFd>>,
}

#[napi]
impl KernelStats {
    #[napi]
    pub fn close(&self) {
        *self.fd.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Makes the kernel measure every BPF program of the machine. Needs CAP_SYS_ADMIN and 5.8.
#[napi(catch_unwind)]
pub fn enable_stats() -> napi::Result<KernelStats> {
    // SAFETY: takes a number.
    let fd = unsafe { sys::bpf_enable_stats(sys::BPF_STATS_RUN_TIME) };
    if fd < 0 {
        return Err(Failure::errno("stats", fd).into());
    }
    // SAFETY: the kernel just gave us this descriptor, close-on-exec.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    Ok(KernelStats { fd: Mutex::new(Some(fd)) })
}
