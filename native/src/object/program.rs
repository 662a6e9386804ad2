//! What the kernel tells of a program.

use std::ffi::CStr;
use std::mem::{offset_of, size_of};
use std::ptr::NonNull;

use libbpf_sys as sys;
use napi::Either;
use napi::bindgen_prelude::Null;
use napi_derive::napi;

use crate::object::find::program_name;
use crate::object::load::Verified;

#[napi(object, object_from_js = false)]
pub struct ProgramInfo {
    pub name: String,
    pub id: u32,
    #[napi(js_name = "type")]
    pub kind: String,
    pub section: String,
    pub verified_instructions: u32,
    pub run_count: f64,
    pub run_time_ns: f64,
    pub recursion_misses: Either<f64, Null>,
    pub loaded: bool,
}

/// The figures of a program of an open or loaded object. What this kernel does not tell is 0,
/// or null for recursion_misses; before 5.16 the verifier's log tells how much it verified.
pub fn describe(program: NonNull<sys::bpf_program>, verified: &Verified) -> ProgramInfo {
    // SAFETY: the program belongs to an object whose lock the caller holds.
    let (fd, number) = unsafe {
        (sys::bpf_program__fd(program.as_ptr()), sys::bpf_program__type(program.as_ptr()))
    };
    let mut info = sys::bpf_prog_info::default();
    let mut length = size_of::<sys::bpf_prog_info>() as u32;
    // SAFETY: info is a plain structure of the length given; its zeros ask for no arrays.
    let told =
        fd >= 0 && unsafe { sys::bpf_prog_get_info_by_fd(fd, &raw mut info, &raw mut length) } == 0;
    let counts = offset_of!(sys::bpf_prog_info, recursion_misses) + size_of::<u64>();
    let name = program_name(program);
    let logged = verified.get(&name).copied().unwrap_or(0);
    // SAFETY: as above; the name lives as long as the object.
    let section = unsafe { text(sys::bpf_program__section_name(program.as_ptr())) };
    ProgramInfo {
        name,
        id: info.id,
        kind: type_name(number),
        section: section.unwrap_or_default(),
        verified_instructions: if info.verified_insns > 0 { info.verified_insns } else { logged },
        run_count: info.run_cnt as f64,
        run_time_ns: info.run_time_ns as f64,
        recursion_misses: if told && length as usize >= counts {
            Either::A(info.recursion_misses as f64)
        } else {
            Either::B(Null)
        },
        loaded: fd >= 0,
    }
}

fn type_name(number: u32) -> String {
    // SAFETY: libbpf returns null or a static string.
    unsafe { text(sys::libbpf_bpf_prog_type_str(number)) }.unwrap_or_else(|| number.to_string())
}

/// None for null; else `raw` is a C string.
unsafe fn text(raw: *const libc::c_char) -> Option<String> {
    // SAFETY: the caller says so.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned())
}
