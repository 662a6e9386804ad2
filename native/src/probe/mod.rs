//! What this kernel and these capabilities allow, found out by trying it.

mod hook;
mod lsm;
pub mod tiny;

use std::fs;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::link::perf_event::{self, Rate, Spec};
use crate::object::memlock;
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
        ts_arg_type = "'bpf' | 'btf' | 'tracing' | 'fentry' | 'fsession' | 'kprobe' | 'kprobe_multi' | 'kprobe_session' | 'uprobe' | 'uprobe_multi' | 'uprobe_session' | 'tracepoint' | 'raw_tracepoint' | 'perf_event' | 'cpu_cycles' | 'lsm' | 'ring' | 'kernel_read' | 'memlock'"
    )]
    feature: String,
) -> napi::Result<Probe> {
    memlock::raise();
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
    Some(match feature {
        // Of all maps this one asks for CAP_BPF on every kernel.
        "bpf" => tiny::map(sys::BPF_MAP_TYPE_LRU_HASH, 4, 4, 1).map(drop),
        "ring" => tiny::map(sys::BPF_MAP_TYPE_RINGBUF, 0, 0, page_size()).map(drop),
        "kernel_read" => tiny::reads_kernel().map(drop),
        "memlock" => memlock::unlimited(tiny::growing),
        "btf" => btf(),
        "perf_event" => sampling(false),
        "cpu_cycles" => sampling(true),
        "tracing" => hook::tracing_load(sys::BPF_TRACE_RAW_TP, c"sched_process_exit").map(drop),
        "fentry" => hook::tracing(sys::BPF_TRACE_FENTRY),
        "fsession" => hook::tracing(sys::BPF_TRACE_FSESSION),
        "raw_tracepoint" => hook::raw_tracepoint(),
        "tracepoint" => hook::tracepoint(),
        "kprobe" => hook::kprobe(),
        "kprobe_multi" => hook::kprobe_multi(sys::BPF_TRACE_KPROBE_MULTI),
        "kprobe_session" => hook::kprobe_multi(sys::BPF_TRACE_KPROBE_SESSION),
        "uprobe" => hook::uprobe(),
        "uprobe_multi" => hook::uprobe_multi(sys::BPF_TRACE_UPROBE_MULTI),
        "uprobe_session" => hook::uprobe_multi(sys::BPF_TRACE_UPROBE_SESSION),
        "lsm" => lsm::runs(),
        _ => return None,
    })
}

fn page_size() -> u32 {
    // SAFETY: takes a number.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as u32 }
}

fn btf() -> Result<()> {
    const PATH: &str = "/sys/kernel/btf/vmlinux";
    const MAGIC: [u8; 2] = 0xeb9f_u16.to_ne_bytes();
    let mut start = [0; 2];
    fs::File::open(PATH)
        .and_then(|mut file| file.read_exact(&mut start))
        .map_err(|error| Failure::errno(OP, error.raw_os_error().unwrap_or(libc::ENODATA)))
        .map_err(|failure| failure.detail(format!("{PATH} cannot be read")))?;
    if start == MAGIC { Ok(()) } else { Err(Failure::invalid(OP, format!("{PATH} is no BTF"))) }
}

/// A sampling event on every CPU that is online: a machine may have CPUs of several kinds.
fn sampling(cycles: bool) -> Result<()> {
    let _program = tiny::program(sys::BPF_PROG_TYPE_PERF_EVENT, 0, 0)?;
    let open = |cpu| perf_event::open(Spec { cycles, rate: Rate::Frequency(99), pid: -1, cpu });
    online_cpus().into_iter().try_for_each(|cpu| open(cpu).map(drop))
}

/// By number; the first one alone where they cannot be read.
fn online_cpus() -> Vec<i32> {
    let list = fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let cpus = cpus(&list);
    if cpus.is_empty() { vec![0] } else { cpus }
}

/// `0-3,8` as 0, 1, 2, 3, 8.
fn cpus(list: &str) -> Vec<i32> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.trim().split(',').filter_map(range).flatten().collect()
}

/// The descriptor that a system call returned, or its error.
fn owned(fd: i32) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(Failure::last(OP));
    }
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_feature_is_an_error_and_not_a_no() {
        assert!(attempt("nothing").is_none());
    }

    #[test]
    fn reads_lists_of_cpus() {
        assert_eq!(cpus("0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(cpus("3\n"), [3]);
        assert_eq!(cpus(""), [0; 0]);
    }
}
