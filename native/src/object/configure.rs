//! The settings of an object that hold before load.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use libbpf_sys as sys;
use napi::bindgen_prelude::{Buffer, Reference};
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::map::BpfMap;
use crate::object::find::{find_map, find_program};
use crate::object::shared::Inner;
use crate::print;

#[napi(object, object_to_js = false)]
pub struct Configure {
    pub initial_values: Option<HashMap<String, Buffer>>,
    pub max_entries: Option<HashMap<String, u32>>,
    pub programs: Option<HashMap<String, ConfigureProgram>>,
    pub reuse: Option<HashMap<String, Reference<BpfMap>>>,
    pub log_level: Option<u32>,
}

#[napi(object, object_to_js = false)]
pub struct ConfigureProgram {
    pub autoload: Option<bool>,
    pub target: Option<String>,
}

impl Configure {
    /// Applies the settings one by one; the first that fails ends it.
    pub fn apply(self, inner: &mut Inner) -> Result<()> {
        let object = inner.opened(OP)?;
        for (name, settings) in self.programs.unwrap_or_default() {
            program(object, &name, &settings)?;
        }
        for (name, count) in self.max_entries.unwrap_or_default() {
            let map = find_map(OP, object, &name)?.as_ptr();
            // SAFETY: the map belongs to the object, which is not loaded.
            done(unsafe { sys::bpf_map__set_max_entries(map, count) }, &name, &[])?;
        }
        for (name, bytes) in self.initial_values.unwrap_or_default() {
            set_initial_value(object, &name, &bytes)?;
        }
        for (name, map) in self.reuse.unwrap_or_default() {
            reuse(object, &name, &map.descriptor()?)?;
        }
        inner.log_level = self.log_level.unwrap_or(inner.log_level);
        Ok(())
    }
}

const OP: &str = "configure";

fn done(status: i32, subject: &str, said: &[String]) -> Result<()> {
    match status {
        0 => Ok(()),
        errno => Err(Failure::errno(OP, errno).subject(subject).said(said)),
    }
}

fn program(
    object: NonNull<sys::bpf_object>,
    name: &str,
    settings: &ConfigureProgram,
) -> Result<()> {
    let program = find_program(OP, object, name)?.as_ptr();
    if let Some(autoload) = settings.autoload {
        // SAFETY: the program belongs to the object, which is not loaded.
        done(unsafe { sys::bpf_program__set_autoload(program, autoload) }, name, &[])?;
    }
    if let Some(target) = &settings.target {
        let text = CString::new(target.as_str())
            .map_err(|_| Failure::invalid(OP, "a target cannot contain a zero byte"))?;
        let (status, said) = print::listen(|| {
            // SAFETY: as above; libbpf copies the name.
            unsafe { sys::bpf_program__set_attach_target(program, 0, text.as_ptr()) }
        });
        // Without any BTF libbpf says that.
        if status == -libc::ESRCH && said.is_empty() {
            let detail = format!("this kernel has no {target} to attach to");
            return Err(Failure::new(OP, "ENOENT").detail(detail).subject(name));
        }
        done(status, name, &said)?;
    }
    Ok(())
}

fn set_initial_value(object: NonNull<sys::bpf_object>, name: &str, bytes: &[u8]) -> Result<()> {
    let map = find_map(OP, object, name)?;
    let wanted = initial_value(map).map_or(0, <[u8]>::len);
    if wanted != bytes.len() {
        let detail = format!("its initial value is {wanted} bytes, not {}", bytes.len());
        return Err(Failure::invalid(OP, detail).subject(name));
    }
    let size = bytes.len() as sys::size_t;
    // SAFETY: the map belongs to the object, which is not loaded; the length is the map's own,
    // and libbpf copies the bytes.
    let status =
        unsafe { sys::bpf_map__set_initial_value(map.as_ptr(), bytes.as_ptr().cast(), size) };
    done(status, name, &[])
}

fn reuse(object: NonNull<sys::bpf_object>, name: &str, fd: &Arc<OwnedFd>) -> Result<()> {
    let map = find_map(OP, object, name)?.as_ptr();
    let (status, said) = print::listen(|| {
        // SAFETY: the map belongs to the object, which is not loaded; libbpf makes a descriptor
        // of its own.
        unsafe { sys::bpf_map__reuse_fd(map, fd.as_raw_fd()) }
    });
    done(status, name, &said)
}

/// The bytes that the ELF gives a section's map; None for another kind of map.
pub fn initial_value<'a>(map: NonNull<sys::bpf_map>) -> Option<&'a [u8]> {
    let mut size: sys::size_t = 0;
    // SAFETY: the map belongs to an open object.
    let start = unsafe { sys::bpf_map__initial_value(map.as_ptr(), &raw mut size) };
    if start.is_null() {
        return None;
    }
    // SAFETY: libbpf owns that many bytes until the object is closed; callers copy under its lock.
    Some(unsafe { std::slice::from_raw_parts(start.cast(), size as usize) })
}
