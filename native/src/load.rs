//! Loading an open object, with the verifier's log where it fails.

use std::ffi::CStr;

use libbpf_rs::{AsRawLibbpf, Object, OpenObject};
use libbpf_sys as sys;

use crate::error::{Failure, Result};
use crate::print;

/// The longest log that every kernel accepts. It costs memory only where it is written.
const LOG_BYTES: usize = (u32::MAX >> 8) as usize;

struct Log {
    program: String,
    text: Vec<u8>,
}

/// Loads every program that is set to be loaded. The first try asks the kernel for no log; only
/// a failure makes libbpf load that program again with one.
pub fn load(open: OpenObject, level: u32) -> Result<Object> {
    let mut logs = Vec::new();
    for program in open.progs() {
        if !program.autoload() {
            continue;
        }
        let raw = program.as_libbpf_object().as_ptr();
        let mut text = vec![0u8; LOG_BYTES];
        // SAFETY: the buffer lives in `logs` until the load below has returned.
        unsafe {
            sys::bpf_program__set_log_buf(raw, text.as_mut_ptr().cast(), LOG_BYTES as sys::size_t);
            sys::bpf_program__set_log_level(raw, level);
        }
        logs.push(Log { program: program.name().to_string_lossy().into_owned(), text });
    }
    let object = open.as_libbpf_object().as_ptr();
    // SAFETY: the object is open and was not loaded before.
    let (status, said) = print::listen(|| unsafe { sys::bpf_object__load(object) });
    if status == 0 {
        // SAFETY: the object is loaded, and nobody else holds the pointer.
        return Ok(unsafe { Object::from_ptr(open.take_ptr()) });
    }
    drop(open);
    let mut failure = Failure::errno("load", status).said(&said);
    failure.subject = print::named(&said);
    let failed = match &failure.subject {
        Some(subject) => logs.iter().find(|log| log.program == *subject),
        None => logs.iter().rfind(|log| log.text[0] != 0),
    };
    if let Some(log) = failed {
        failure.subject = Some(log.program.clone());
        failure.verifier_log = text(&log.text);
    }
    Err(failure)
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
    fn a_log_ends_at_its_zero_byte() {
        assert_eq!(text(b"R2 invalid\n\0\0").as_deref(), Some("R2 invalid"));
        assert_eq!(text(b"\0\0"), None);
    }
}
