//! What this kernel and these capabilities allow, found out by trying it.

use std::ffi::{CStr, c_int};
use std::fs;
use std::io::Read;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::null;

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::{Failure, Result, last_errno};
use crate::perf_event::{self, Rate, Spec};
use crate::print;

const OP: &str = "probe";

#[napi(object, object_from_js = false)]
pub struct Probe {
    pub ok: bool,
    pub code: Option<String>,
    pub detail: Option<String>,
}

/// Tries one feature. What was loaded or attached is gone again when it returns.
#[napi(catch_unwind)]
pub fn probe(
    #[napi(
        ts_arg_type = "'bpf' | 'btf' | 'tracing' | 'fentry' | 'kprobe' | 'kprobe_multi' | 'uprobe_multi' | 'raw_tracepoint' | 'perf_event' | 'cpu_cycles' | 'ring'"
    )]
    feature: String,
) -> napi::Result<Probe> {
    let (tried, _) = print::listen(|| attempt(&feature));
    let Some(result) = tried else {
        let detail = format!("there is no feature \"{feature}\" to probe");
        return Err(Failure::invalid(OP, detail).into());
    };
    Ok(match result {
        Ok(()) => Probe { ok: true, code: None, detail: None },
        Err(failure) => Probe { ok: false, code: Some(failure.code), detail: failure.detail },
    })
}

/// None for a feature that does not exist.
fn attempt(feature: &str) -> Option<Result<()>> {
    let sampling = |cycles| Spec { cycles, rate: Rate::Frequency(99), pid: -1, cpu: 0 };
    Some(match feature {
        // Of all maps this one asks for CAP_BPF on every kernel.
        "bpf" => map(sys::BPF_MAP_TYPE_LRU_HASH, 4, 4, 1).map(drop),
        "ring" => map(sys::BPF_MAP_TYPE_RINGBUF, 0, 0, page_size()).map(drop),
        "btf" => btf(),
        "perf_event" => perf_event::open(sampling(false)).map(drop),
        "cpu_cycles" => perf_event::open(sampling(true)).map(drop),
        "tracing" => tracing(sys::BPF_TRACE_RAW_TP, c"sched_process_exit").map(drop),
        "fentry" => {
            tracing(sys::BPF_TRACE_FENTRY, FUNCTION).and_then(|program| raw_open(&program, None))
        }
        "raw_tracepoint" => program(sys::BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0)
            .and_then(|program| raw_open(&program, Some(c"sched_process_exit"))),
        "kprobe" => program(sys::BPF_PROG_TYPE_KPROBE, 0, 0).and_then(|_program| kprobe()),
        "kprobe_multi" => kprobe_multi(),
        "uprobe_multi" => uprobe_multi(),
        _ => return None,
    })
}

/// A function made for tests of BPF, which nobody calls otherwise.
const FUNCTION: &CStr = c"bpf_fentry_test1";

fn owned(fd: c_int) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(Failure::errno(OP, last_errno()));
    }
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn page_size() -> u32 {
    // SAFETY: takes a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u32 }
}

fn map(kind: u32, key: u32, value: u32, entries: u32) -> Result<OwnedFd> {
    // SAFETY: the name is a C string and there are no options.
    owned(unsafe { sys::bpf_map_create(kind, c"probe".as_ptr(), key, value, entries, null()) })
}

/// Loads `return 0`.
fn program(kind: u32, attach_type: u32, btf_id: u32) -> Result<OwnedFd> {
    let instruction = |code| sys::bpf_insn {
        code,
        _bitfield_align_1: [],
        _bitfield_1: Default::default(),
        off: 0,
        imm: 0,
    };
    const MOVE_TO_R0: u8 = 0xb7;
    const EXIT: u8 = 0x95;
    let code = [instruction(MOVE_TO_R0), instruction(EXIT)];
    let mut opts = sys::bpf_prog_load_opts {
        sz: size_of::<sys::bpf_prog_load_opts>() as sys::size_t,
        expected_attach_type: attach_type,
        attach_btf_id: btf_id,
        ..Default::default()
    };
    // SAFETY: all pointers outlive the call.
    owned(unsafe {
        sys::bpf_prog_load(
            kind,
            c"probe".as_ptr(),
            c"Dual BSD/GPL".as_ptr(),
            code.as_ptr(),
            code.len() as sys::size_t,
            &raw mut opts,
        )
    })
}

fn btf() -> Result<()> {
    const PATH: &str = "/sys/kernel/btf/vmlinux";
    const MAGIC: [u8; 2] = 0xeb9f_u16.to_ne_bytes();
    let mut start = [0; 2];
    fs::File::open(PATH)
        .and_then(|mut file| file.read_exact(&mut start))
        .map_err(|error| Failure::errno(OP, error.raw_os_error().unwrap_or(libc::EIO)))
        .map_err(|failure| failure.detail(format!("{PATH} cannot be read")))?;
    if start == MAGIC { Ok(()) } else { Err(Failure::invalid(OP, format!("{PATH} is no BTF"))) }
}

fn tracing(attach_type: u32, name: &CStr) -> Result<OwnedFd> {
    // SAFETY: the name is a C string.
    let id = unsafe { sys::libbpf_find_vmlinux_btf_id(name.as_ptr(), attach_type) };
    if id <= 0 {
        let name = name.to_string_lossy();
        return Err(Failure::errno(OP, id).detail(format!("this kernel's BTF has no {name}")));
    }
    program(sys::BPF_PROG_TYPE_TRACING, attach_type, id as u32)
}

fn raw_open(program: &OwnedFd, name: Option<&CStr>) -> Result<()> {
    let name = name.map_or(null(), CStr::as_ptr);
    // SAFETY: the name is null or a C string; the link ends with the descriptor.
    owned(unsafe { sys::bpf_raw_tracepoint_open(name, program.as_raw_fd()) }).map(drop)
}

fn kprobe() -> Result<()> {
    const PATH: &str = "/sys/bus/event_source/devices/kprobe/type";
    let absent = || Failure::new(OP, "ENOENT").detail("this kernel has no kprobes");
    let kind = fs::read_to_string(PATH).map_err(|_| absent())?;
    let mut attr = sys::perf_event_attr {
        type_: kind.trim().parse().map_err(|_| absent())?,
        size: size_of::<sys::perf_event_attr>() as u32,
        ..Default::default()
    };
    attr.set_disabled(1);
    attr.__bindgen_anon_3.kprobe_func = FUNCTION.as_ptr() as u64;
    perf_event::open_raw(&attr, -1, 0).map(drop)
}

fn kprobe_multi() -> Result<()> {
    let program = program(sys::BPF_PROG_TYPE_KPROBE, sys::BPF_TRACE_KPROBE_MULTI, 0)?;
    let mut symbols = [FUNCTION.as_ptr()];
    let mut opts = link_options();
    opts.__bindgen_anon_1.kprobe_multi.cnt = 1;
    opts.__bindgen_anon_1.kprobe_multi.syms = symbols.as_mut_ptr();
    let kind = sys::BPF_TRACE_KPROBE_MULTI;
    // SAFETY: the options and what they point at outlive the call; the link ends with its descriptor.
    owned(unsafe { sys::bpf_link_create(program.as_raw_fd(), 0, kind, &raw const opts) }).map(drop)
}

fn uprobe_multi() -> Result<()> {
    let program = program(sys::BPF_PROG_TYPE_KPROBE, sys::BPF_TRACE_UPROBE_MULTI, 0)?;
    let offsets: [libc::c_ulong; 1] = [1];
    let mut opts = link_options();
    opts.__bindgen_anon_1.uprobe_multi.cnt = 1;
    opts.__bindgen_anon_1.uprobe_multi.path = c"/".as_ptr();
    opts.__bindgen_anon_1.uprobe_multi.offsets = offsets.as_ptr();
    let kind = sys::BPF_TRACE_UPROBE_MULTI;
    // SAFETY: as above.
    let link =
        owned(unsafe { sys::bpf_link_create(program.as_raw_fd(), 0, kind, &raw const opts) });
    match link {
        // A kernel that knows this link looks at the path, which is no file.
        Err(failure) if failure.code == "EBADF" => Ok(()),
        other => other.map(drop),
    }
}

fn link_options() -> sys::bpf_link_create_opts {
    sys::bpf_link_create_opts {
        sz: size_of::<sys::bpf_link_create_opts>() as sys::size_t,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_feature_is_an_error_and_not_a_no() {
        assert!(attempt("nothing").is_none());
    }
}
