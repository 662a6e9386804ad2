//! Programs and maps of an object, by name.

use std::ffi::{CStr, CString};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr::NonNull;

use libbpf_rs::{MapIter, ProgIter};
use libbpf_sys as sys;

use crate::error::{Failure, Result};

pub fn programs(
    object: NonNull<sys::bpf_object>,
) -> impl Iterator<Item = NonNull<sys::bpf_program>> {
    // SAFETY: callers hold the lock of an object that is open or loaded.
    ProgIter::new(unsafe { &*object.as_ptr() })
}

pub fn maps(object: NonNull<sys::bpf_object>) -> impl Iterator<Item = NonNull<sys::bpf_map>> {
    // SAFETY: callers hold the lock of an object that is open or loaded.
    MapIter::new(unsafe { &*object.as_ptr() })
}

pub fn find_program(
    op: &'static str,
    object: NonNull<sys::bpf_object>,
    name: &str,
) -> Result<NonNull<sys::bpf_program>> {
    let found = CString::new(name).ok().and_then(|text| {
        // SAFETY: the object is open and the name is a C string.
        NonNull::new(unsafe {
            sys::bpf_object__find_program_by_name(object.as_ptr(), text.as_ptr())
        })
    });
    found.ok_or_else(|| {
        let names: Vec<_> = programs(object).map(program_name).collect();
        missing(op, name, "program", &names)
    })
}

/// Finds a map by its name; `.rodata`, `.data` and `.bss` are found by their section's name.
pub fn find_map(
    op: &'static str,
    object: NonNull<sys::bpf_object>,
    name: &str,
) -> Result<NonNull<sys::bpf_map>> {
    let found = CString::new(name).ok().and_then(|text| {
        // SAFETY: the object is open and the name is a C string.
        NonNull::new(unsafe { sys::bpf_object__find_map_by_name(object.as_ptr(), text.as_ptr()) })
    });
    found.ok_or_else(|| {
        let names: Vec<_> = maps(object).map(map_name).collect();
        missing(op, name, "map", &names)
    })
}

fn missing(op: &'static str, name: &str, what: &str, names: &[String]) -> Failure {
    let there = if names.is_empty() { "none".to_string() } else { names.join(", ") };
    Failure::new(op, "ENOENT")
        .subject(name)
        .detail(format!("this object has no such {what}; it has {there}"))
}

pub fn program_name(program: NonNull<sys::bpf_program>) -> String {
    // SAFETY: the program belongs to an open object; its name is a C string.
    let name = unsafe { CStr::from_ptr(sys::bpf_program__name(program.as_ptr())) };
    name.to_string_lossy().into_owned()
}

/// The name of a map; that of a section's map is the section's, without the object's prefix.
pub fn map_name(map: NonNull<sys::bpf_map>) -> String {
    // SAFETY: the map belongs to an open object; its name is a C string.
    let (name, internal) = unsafe {
        let name = CStr::from_ptr(sys::bpf_map__name(map.as_ptr()));
        (name.to_string_lossy().into_owned(), sys::bpf_map__is_internal(map.as_ptr()))
    };
    match name.find('.') {
        Some(dot) if internal => name[dot..].to_string(),
        _ => name,
    }
}

/// A descriptor of our own for a map of a loaded object.
pub fn duplicate(map: NonNull<sys::bpf_map>) -> Result<OwnedFd> {
    // SAFETY: the map belongs to a loaded object.
    let fd = unsafe { sys::bpf_map__fd(map.as_ptr()) };
    if fd < 0 {
        return Err(Failure::errno("map", fd).subject(map_name(map)));
    }
    // SAFETY: the object is locked, so the descriptor stays open during the call.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    fd.try_clone_to_owned()
        .map_err(|e| Failure::errno("map", e.raw_os_error().unwrap_or(0)).subject(map_name(map)))
}
