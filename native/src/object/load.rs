//! Loading an open object, with the verifier's log where it fails.

use std::collections::HashMap;
use std::ffi::CStr;
use std::fs::File;
use std::ptr::NonNull;

use libbpf_rs::{AsRawLibbpf, Object, OpenObject};
use libbpf_sys as sys;

use crate::error::{Failure, Result};
use crate::kernel::types;
use crate::object::memlock;
use crate::print;

/// The longest log that every kernel accepts.
const LOG_BYTES: usize = (u32::MAX >> 8) as usize;

/// Room for the log of one program. It is mapped, not allocated: a heap would keep and clear
/// megabytes that almost no load writes to.
struct Log {
    program: String,
    text: NonNull<libc::c_void>,
}

impl Log {
    fn new(program: String) -> Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let text = unsafe { libc::mmap(std::ptr::null_mut(), LOG_BYTES, access, flags, -1, 0) };
        match NonNull::new(text) {
            Some(text) if text.as_ptr() != libc::MAP_FAILED => Ok(Self { program, text }),
            _ => Err(Failure::last("load")),
        }
    }

    /// What the kernel wrote; None if it wrote nothing.
    fn text(&self) -> Option<String> {
        // SAFETY: the mapping is this long, and nobody writes to it after the load.
        let bytes = unsafe { std::slice::from_raw_parts(self.text.as_ptr().cast(), LOG_BYTES) };
        text(bytes)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // SAFETY: mapped with this length, unmapped once.
        unsafe { libc::munmap(self.text.as_ptr(), LOG_BYTES) };
    }
}

/// How many instructions the verifier looked at, by program, as far as its log says.
pub type Verified = HashMap<String, u32>;

/// The object's BTF, and the map and program of libbpf's widest probe of the kernel.
const PROBE_DESCRIPTORS: usize = 3;

/// Whether this process may open as many more. libbpf takes a probe that finds no descriptor for a
/// feature that the kernel lacks, and then fails for another reason.
fn require_descriptors(count: usize) -> Result<()> {
    let open = || File::open("/dev/null");
    let opened: std::io::Result<Vec<File>> = (0..count).map(|_| open()).collect();
    opened
        .map(drop)
        .map_err(|error| Failure::errno("load", error.raw_os_error().unwrap_or(libc::EMFILE)))
}

/// Loads every program that is set to be loaded. At level 0 the first try asks the kernel for no
/// log; only a failure makes libbpf load that program again with one.
pub fn load(open: OpenObject, level: u32) -> Result<(Object, Verified)> {
    memlock::raise();
    // libbpf is about to read them for itself.
    types::forget();
    let mut logs = Vec::new();
    for program in open.progs().filter(|program| program.autoload()) {
        let log = Log::new(program.name().to_string_lossy().into_owned())?;
        let raw = program.as_libbpf_object().as_ptr();
        // SAFETY: the log stays mapped until the load below has returned; libbpf does not look
        // at it later.
        unsafe {
            let size = LOG_BYTES as sys::size_t;
            sys::bpf_program__set_log_buf(raw, log.text.as_ptr().cast(), size);
            sys::bpf_program__set_log_level(raw, level);
        }
        logs.push(log);
    }
    require_descriptors(logs.len() + PROBE_DESCRIPTORS)?;
    let object = open.as_libbpf_object().as_ptr();
    // SAFETY: the object is open and was not loaded before.
    let (status, said) = print::listen(|| unsafe { sys::bpf_object__load(object) });
    if status == 0 {
        // SAFETY: the object is loaded, and nobody else holds the pointer.
        let object = unsafe { Object::from_ptr(open.take_ptr()) };
        let counted =
            logs.iter().filter_map(|log| Some((log.program.clone(), processed(&log.text()?)?)));
        return Ok((object, counted.collect()));
    }
    drop(open);
    let mut failure = Failure::errno("load", status).said(&said);
    failure.subject = print::named(&said);
    if let Some(log) = logs.iter().find(|log| failure.subject.as_ref() == Some(&log.program)) {
        failure.verifier_log = log.text();
    }
    Err(failure)
}

/// From the line with which every log ends: `processed 42 insns (limit 1000000) ...`.
fn processed(log: &str) -> Option<u32> {
    let line = log.lines().rev().find_map(|line| line.strip_prefix("processed "))?;
    line.split(' ').next()?.parse().ok()
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = CStr::from_bytes_until_nul(bytes).ok()?.to_string_lossy();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_how_much_was_verified() {
        let log = "0: (b7) r0 = 0\nprocessed 3505 insns (limit 1000000) max_states_per_insn 4";
        assert_eq!(processed(log), Some(3505));
        assert_eq!(processed("R2 invalid"), None);
    }

    #[test]
    fn a_log_ends_at_its_zero_byte() {
        assert_eq!(text(b"R2 invalid\n\0\0").as_deref(), Some("R2 invalid"));
        assert_eq!(text(b"\0\0"), None);
        assert_eq!(Log::new("x".into()).unwrap().text(), None);
    }
}
