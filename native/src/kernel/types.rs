//! What the BTF of the running kernel and of its modules says of one name.

use std::ffi::{CStr, CString};
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::kernel::btf::Types;
use crate::print;

#[napi(object, object_from_js = false)]
pub struct KernelType {
    pub parameters: u32,
    pub module: Option<String>,
}

/// A function, or a tracepoint as BTF programs see it; null where neither kernel nor modules have it.
#[napi(catch_unwind)]
pub fn kernel_type(
    #[napi(ts_arg_type = "'function' | 'tracepoint'")] kind: String,
    name: String,
) -> napi::Result<Option<KernelType>> {
    let Some((prefix, number)) = (match kind.as_str() {
        "function" => Some(("", sys::BTF_KIND_FUNC)),
        "tracepoint" => Some(("btf_trace_", sys::BTF_KIND_TYPEDEF)),
        _ => None,
    }) else {
        return Err(Failure::invalid("btf", format!("there is no kind \"{kind}\"")).into());
    };
    let name = CString::new(format!("{prefix}{name}"))
        .map_err(|_| Failure::invalid("btf", "a name cannot contain a zero byte"))?;
    let (found, _) = print::listen(|| find(&name, number));
    // A tracepoint's first parameter is the kernel's own.
    let own = u32::from(kind == "tracepoint");
    Ok(found?.map(|(parameters, module)| KernelType {
        parameters: parameters.saturating_sub(own),
        module,
    }))
}

/// The id by which a program attaches to `name`; not of modules. ENODATA: the kernel has no BTF, ENOENT: its BTF has no
/// such name.
pub fn attach_id(attach_type: u32, name: &CStr) -> Result<u32> {
    let (prefix, kind) = match attach_type {
        sys::BPF_TRACE_RAW_TP => ("btf_trace_", sys::BTF_KIND_TYPEDEF),
        sys::BPF_LSM_MAC => ("bpf_lsm_", sys::BTF_KIND_FUNC),
        _ => ("", sys::BTF_KIND_FUNC),
    };
    let shown = name.to_string_lossy();
    let full = CString::new(format!("{prefix}{shown}")).expect("made of C strings");
    let types = kernel().map_err(no_btf)?;
    types.as_ref().and_then(|types| types.find(&full, kind)).ok_or_else(|| {
        Failure::new("btf", "ENOENT").detail(format!("this kernel's BTF has no {shown}"))
    })
}

/// Whatever libbpf says of a file that is not there or has no BTF: some of it is a kernel's answer to other questions.
fn no_btf(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "EMFILE" | "ENFILE" | "ENOMEM" | "EPERM" | "EACCES" => failure,
        _ => Failure::new("btf", "ENODATA").detail("this kernel has no BTF"),
    }
}

fn find(name: &CStr, kind: u32) -> Result<Option<(u32, Option<String>)>> {
    let types = kernel()?;
    let Some(types) = types.as_ref() else { return Ok(None) };
    if let Some(id) = types.find(name, kind) {
        return Ok(Some((types.parameters(id), None)));
    }
    for module in modules() {
        let Some(own) = types.of_module(&module) else { continue };
        if let Some(id) = own.find(name, kind) {
            return Ok(Some((own.parameters(id), Some(module))));
        }
    }
    Ok(None)
}

/// Names of the modules that have types.
fn modules() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/sys/kernel/btf") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name != "vmlinux")
        .collect()
}

static KERNEL: Mutex<Option<Types>> = Mutex::new(None);

/// The kernel's types, read once (some milliseconds) and kept for the next question.
fn kernel() -> Result<MutexGuard<'static, Option<Types>>> {
    let mut kept = KERNEL.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.is_none() {
        *kept = Some(Types::of_kernel()?);
    }
    Ok(kept)
}

/// Gives their memory back: no question is expected once a tool has chosen how to attach.
pub fn forget() {
    *KERNEL.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_is_an_error() {
        assert!(kernel_type("struct".into(), "task_struct".into()).is_err());
    }

    #[test]
    fn a_kernel_without_btf_has_a_code_of_its_own() {
        assert_eq!(no_btf(Failure::errno("btf", libc::ESRCH)).code, "ENODATA");
        assert_eq!(no_btf(Failure::errno("btf", libc::EIO)).code, "ENODATA");
        assert_eq!(no_btf(Failure::errno("btf", libc::EMFILE)).code, "EMFILE");
    }
}
