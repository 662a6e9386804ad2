//! Functions that do nothing: what a probe of them measures is the probe.

use std::arch::asm;
use std::os::fd::AsRawFd;

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::kernel::types;
use crate::probe::tiny;

#[napi(object, object_from_js = false)]
pub struct EmptyFunction {
    pub path: String,
    pub offset: f64,
}

const OP: &str = "probe";

#[inline(never)]
extern "C" fn empty() {
    // SAFETY: no instruction at all; only that the compiler does not know that.
    unsafe { asm!("") };
}

/// Where the user function is that `callEmpty` calls.
#[napi(catch_unwind)]
pub fn empty_function() -> napi::Result<EmptyFunction> {
    let address = empty as *const () as u64;
    let maps = std::fs::read_to_string("/proc/self/maps")
        .map_err(|error| Failure::errno(OP, error.raw_os_error().unwrap_or(libc::EIO)))?;
    let found = maps.lines().find_map(|line| place(line, address));
    Ok(found.ok_or_else(|| Failure::new(OP, "ENOENT").detail("this add-on is in no file"))?)
}

fn place(line: &str, address: u64) -> Option<EmptyFunction> {
    let number = |text| u64::from_str_radix(text, 16).ok();
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let offset = words.nth(1)?;
    if !(number(start)?..number(end)?).contains(&address) {
        return None;
    }
    let path = &line[line.find('/')?..];
    let offset = address - number(start)? + number(offset)?;
    Some(EmptyFunction { path: path.to_string(), offset: offset as f64 })
}

/// Calls the empty function of a kind so many times: the one of this add-on, the kernel's bpf_fentry_test1, getppid(2).
#[napi(catch_unwind)]
pub fn call_empty(
    #[napi(ts_arg_type = "'user' | 'kernel' | 'system'")] kind: String,
    times: u32,
) -> napi::Result<()> {
    match kind.as_str() {
        "user" => (0..times).for_each(|_| std::hint::black_box(empty as extern "C" fn())()),
        // SAFETY: takes nothing and changes nothing.
        "system" => (0..times).for_each(|_| unsafe {
            libc::syscall(libc::SYS_getppid);
        }),
        "kernel" => call_kernel(times)?,
        _ => return Err(Failure::invalid(OP, format!("there is no kind \"{kind}\"")).into()),
    }
    Ok(())
}

/// A test run of a program of fentry's type calls bpf_fentry_test1 and its like (net/bpf/test_run.c).
fn call_kernel(times: u32) -> Result<()> {
    let id = types::attach_id(sys::BPF_TRACE_FENTRY, c"bpf_fentry_test1")?;
    let program = tiny::program(sys::BPF_PROG_TYPE_TRACING, sys::BPF_TRACE_FENTRY, id)?;
    for _ in 0..times {
        let mut opts = sys::bpf_test_run_opts {
            sz: size_of::<sys::bpf_test_run_opts>() as sys::size_t,
            ..Default::default()
        };
        // SAFETY: the options outlive the call and ask for no data.
        let status = unsafe { sys::bpf_prog_test_run_opts(program.as_raw_fd(), &raw mut opts) };
        if status != 0 {
            return Err(Failure::errno(OP, status));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_where_it_lies() {
        let found = empty_function().unwrap();
        assert!(found.path.starts_with('/') && found.offset > 0.0);
        assert!(call_empty("user".into(), 3).is_ok() && call_empty("none".into(), 1).is_err());
    }
}
