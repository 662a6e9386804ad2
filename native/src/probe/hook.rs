//! Attaching where nothing happens: a test function of the kernel, an exit of a process, no file.

use std::ffi::CStr;
use std::fs;
use std::io::ErrorKind;
use std::mem::size_of;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::ptr::null;

use libbpf_sys as sys;

use super::{OP, owned, tiny};
use crate::error::{Failure, Result};
use crate::kernel::types;
use crate::link::perf_event;

/// A function made for tests of BPF, which nobody calls otherwise.
const FUNCTION: &CStr = c"bpf_fentry_test1";
const TRACEPOINT: &CStr = c"sched_process_exit";
const NO_FILE: &CStr = c"/";
/// linux/perf_event.h: attaches a program to an event.
const IOC_SET_BPF: libc::c_ulong = 0x4004_2408;

/// Loads a program that attaches by BTF.
pub fn tracing_load(attach_type: u32, name: &CStr) -> Result<OwnedFd> {
    let id = types::attach_id(attach_type, name)?;
    tiny::program(sys::BPF_PROG_TYPE_TRACING, attach_type, id)
}

/// Attaches to a function's entry, or its entry and exit.
pub fn tracing(attach_type: u32) -> Result<()> {
    let program = tracing_load(attach_type, FUNCTION)?;
    if attach_type == sys::BPF_TRACE_FSESSION {
        return link(&program, attach_type, &link_options());
    }
    raw_open(&program, None)
}

pub fn raw_tracepoint() -> Result<()> {
    let program = tiny::program(sys::BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0)?;
    raw_open(&program, Some(TRACEPOINT))
}

pub fn raw_open(program: &OwnedFd, name: Option<&CStr>) -> Result<()> {
    let name = name.map_or(null(), CStr::as_ptr);
    // SAFETY: the name is null or a C string; the link ends with the descriptor.
    owned(unsafe { sys::bpf_raw_tracepoint_open(name, program.as_raw_fd()) }).map(drop)
}

/// As libbpf does: the tracepoint's number is in tracefs, which must be mounted, and is root's alone.
pub fn tracepoint() -> Result<()> {
    // libbpf.c: tracefs_path()
    const DEBUGFS: &str = "/sys/kernel/debug/tracing";
    const TRACEFS: &str = "/sys/kernel/tracing";
    let program = tiny::program(sys::BPF_PROG_TYPE_TRACEPOINT, 0, 0)?;
    let tracefs = if Path::new(DEBUGFS).exists() { DEBUGFS } else { TRACEFS };
    let file = format!("{tracefs}/events/sched/sched_process_exit/id");
    let number = fs::read_to_string(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Failure::new(OP, "ENOENT").detail(format!("tracefs is not mounted on {tracefs}"))
        }
        _ => Failure::errno(OP, error.raw_os_error().unwrap_or(libc::EIO))
            .detail(format!("{tracefs} cannot be read")),
    })?;
    let number = number.trim().parse();
    let mut attr = event(sys::PERF_TYPE_TRACEPOINT);
    attr.config = number.map_err(|_| Failure::invalid(OP, format!("{file} is no number")))?;
    set_program(&perf_event::open_raw(&attr, -1, 0)?, &program)
}

pub fn kprobe() -> Result<()> {
    let program = tiny::program(sys::BPF_PROG_TYPE_KPROBE, 0, 0)?;
    let mut attr = event(perf_event::source("kprobe")?);
    attr.__bindgen_anon_3.kprobe_func = FUNCTION.as_ptr() as u64;
    set_program(&perf_event::open_raw(&attr, -1, 0)?, &program)
}

/// The kernel looks at the path, which is no file, only where it would attach. A real uprobe would take it a tenth of
/// a second to remove.
pub fn uprobe() -> Result<()> {
    let _program = tiny::program(sys::BPF_PROG_TYPE_KPROBE, 0, 0)?;
    let mut attr = event(perf_event::source("uprobe")?);
    attr.__bindgen_anon_3.uprobe_path = NO_FILE.as_ptr() as u64;
    refused_for(perf_event::open_raw(&attr, -1, 0).map(drop), "EINVAL")
}

/// `attach_type`: kprobe.multi or kprobe.session.
pub fn kprobe_multi(attach_type: u32) -> Result<()> {
    let program = tiny::program(sys::BPF_PROG_TYPE_KPROBE, attach_type, 0)?;
    let mut symbols = [FUNCTION.as_ptr()];
    let mut opts = link_options();
    opts.__bindgen_anon_1.kprobe_multi.cnt = 1;
    opts.__bindgen_anon_1.kprobe_multi.syms = symbols.as_mut_ptr();
    link(&program, attach_type, &opts)
}

/// As [`uprobe`]. `attach_type`: uprobe.multi or uprobe.session.
pub fn uprobe_multi(attach_type: u32) -> Result<()> {
    let program = tiny::program(sys::BPF_PROG_TYPE_KPROBE, attach_type, 0)?;
    let offsets: [libc::c_ulong; 1] = [1];
    let mut opts = link_options();
    opts.__bindgen_anon_1.uprobe_multi.cnt = 1;
    opts.__bindgen_anon_1.uprobe_multi.path = NO_FILE.as_ptr();
    opts.__bindgen_anon_1.uprobe_multi.offsets = offsets.as_ptr();
    refused_for(link(&program, attach_type, &opts), "EBADF")
}

fn refused_for(result: Result<()>, expected: &str) -> Result<()> {
    match result {
        Err(failure) if failure.code == expected => Ok(()),
        other => other,
    }
}

fn event(kind: u32) -> sys::perf_event_attr {
    let size = size_of::<sys::perf_event_attr>() as u32;
    let mut attr = sys::perf_event_attr { type_: kind, size, ..Default::default() };
    attr.set_disabled(1);
    attr
}

fn set_program(event: &OwnedFd, program: &OwnedFd) -> Result<()> {
    // SAFETY: both descriptors are ours; the program goes with the event.
    let status = unsafe { libc::ioctl(event.as_raw_fd(), IOC_SET_BPF, program.as_raw_fd()) };
    if status == 0 { Ok(()) } else { Err(Failure::last(OP)) }
}

fn link(program: &OwnedFd, attach_type: u32, opts: &sys::bpf_link_create_opts) -> Result<()> {
    // SAFETY: what the options point at outlives the call; the link ends with its descriptor.
    owned(unsafe {
        sys::bpf_link_create(program.as_raw_fd(), 0, attach_type, std::ptr::from_ref(opts))
    })
    .map(drop)
}

fn link_options() -> sys::bpf_link_create_opts {
    sys::bpf_link_create_opts {
        sz: size_of::<sys::bpf_link_create_opts>() as sys::size_t,
        ..Default::default()
    }
}
