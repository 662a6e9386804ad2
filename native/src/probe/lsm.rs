//! Whether BPF programs can be security hooks. A kernel without `bpf` in its list of security modules loads and
//! attaches them, and never runs them: so one is attached, and its hook provoked.

use std::ffi::CStr;
use std::os::fd::AsRawFd;

use libbpf_sys as sys;

use super::{OP, owned, tiny};
use crate::error::{Failure, Result};
use crate::kernel::types;

/// getpgid(2) of a process asks it, and hardly anything else does.
const HOOK: &CStr = c"task_getpgid";

pub fn runs() -> Result<()> {
    let mark = tiny::map(sys::BPF_MAP_TYPE_ARRAY, 4, 8, 1)?;
    let id = types::attach_id(sys::BPF_LSM_MAC, HOOK)?;
    let program = tiny::marks(&mark, sys::BPF_PROG_TYPE_LSM, sys::BPF_LSM_MAC, id)?;
    // SAFETY: an LSM program needs no name; the link ends with the descriptor.
    let link =
        owned(unsafe { sys::bpf_raw_tracepoint_open(std::ptr::null(), program.as_raw_fd()) })?;
    // SAFETY: takes a number.
    unsafe { libc::getpgid(libc::getpid()) };
    drop(link);
    let (key, mut value) = (0u32, 0u64);
    // SAFETY: key and value are as long as the map says.
    let status = unsafe {
        sys::bpf_map_lookup_elem(mark.as_raw_fd(), (&raw const key).cast(), (&raw mut value).cast())
    };
    if status == 0 && value == 1 {
        return Ok(());
    }
    Err(Failure::new(OP, "EOPNOTSUPP").detail("this kernel was started without bpf in lsm="))
}
