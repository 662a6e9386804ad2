//! Type information of an object or of the running kernel, as plain values.

use std::ffi::{CStr, CString};
use std::ops::Deref;
use std::ptr::NonNull;

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::{Failure, Result, last_errno};
use crate::kernel::btf_type::BtfType;
use crate::print;

/// The types of an ELF object, or without a path those of the running kernel; index = type id.
#[napi(catch_unwind)]
pub fn btf(path: Option<String>) -> napi::Result<Vec<BtfType>> {
    let types = Types::open(path.as_deref())?;
    Ok((0..types.count()).map(|id| types.describe(id)).collect())
}

/// Types of the running kernel, or of an object that was opened for them: only opening fills in
/// where the variables of its data sections stand.
pub struct Types {
    btf: NonNull<sys::btf>,
    object: Option<NonNull<sys::bpf_object>>,
}

// SAFETY: libbpf's BTF belongs to no thread; whoever holds it alone may use it.
unsafe impl Send for Types {}

impl Drop for Types {
    fn drop(&mut self) {
        // SAFETY: the pointers came from libbpf and are freed once; an object owns its BTF.
        unsafe {
            match self.object {
                Some(object) => sys::bpf_object__close(object.as_ptr()),
                None => sys::btf__free(self.btf.as_ptr()),
            }
        }
    }
}

impl Types {
    fn open(path: Option<&str>) -> Result<Self> {
        match path {
            Some(path) => Self::of_object(path),
            None => Self::of_kernel(),
        }
    }

    pub fn of_kernel() -> Result<Self> {
        // SAFETY: takes nothing.
        let (raw, said) = print::listen(|| unsafe { sys::btf__load_vmlinux_btf() });
        let errno = last_errno();
        let btf = NonNull::new(raw).ok_or_else(|| {
            Failure::errno("btf", errno).said(&said).subject("/sys/kernel/btf/vmlinux")
        })?;
        Ok(Self { btf, object: None })
    }

    fn of_object(path: &str) -> Result<Self> {
        let file = CString::new(path).map_err(|_| {
            Failure::invalid("btf", "a path cannot contain a zero byte").subject(path)
        })?;
        // SAFETY: the path is a C string.
        let (raw, said) = print::listen(|| unsafe { sys::bpf_object__open(file.as_ptr()) });
        let errno = last_errno();
        let fail = |errno| Failure::errno("btf", errno).said(&said).subject(path);
        let object = NonNull::new(raw).ok_or_else(|| fail(errno))?;
        // SAFETY: the object is open and owns what it returns.
        let btf = NonNull::new(unsafe { sys::bpf_object__btf(object.as_ptr()) });
        let Some(btf) = btf else {
            // SAFETY: closed once, and not used after.
            unsafe { sys::bpf_object__close(object.as_ptr()) };
            return Err(fail(libc::ENODATA));
        };
        Ok(Self { btf, object: Some(object) })
    }

    /// Those of a module of the kernel that `self` is of, which they refer to and must not outlive.
    pub fn of_module(&self, name: &str) -> Option<Module<'_>> {
        let name = CString::new(name).ok()?;
        // SAFETY: the name is a C string and the base is open.
        let raw = unsafe { sys::btf__load_module_btf(name.as_ptr(), self.btf.as_ptr()) };
        let types = Self { btf: NonNull::new(raw)?, object: None };
        Some(Module { types, _base: self })
    }

    pub fn find(&self, name: &CStr, kind: u32) -> Option<u32> {
        // SAFETY: the BTF is open and the name is a C string.
        let id = unsafe { sys::btf__find_by_name_kind(self.btf.as_ptr(), name.as_ptr(), kind) };
        u32::try_from(id).ok().filter(|id| *id > 0)
    }

    /// How many parameters a function has, or what a type points to or stands for.
    pub fn parameters(&self, id: u32) -> u32 {
        let described = self.describe(id);
        match (described.members, described.target) {
            (Some(parameters), _) => parameters.len() as u32,
            (None, Some(target)) if target != 0 => self.parameters(target),
            _ => 0,
        }
    }

    /// A type of an id below the count.
    pub fn record(&self, id: u32) -> &sys::btf_type {
        // SAFETY: id is below the count, so the pointer is valid (id 0 is void) until the BTF is freed.
        unsafe { &*sys::btf__type_by_id(self.btf.as_ptr(), id) }
    }

    fn count(&self) -> u32 {
        // SAFETY: the BTF is open.
        unsafe { sys::btf__type_cnt(self.btf.as_ptr()) }
    }

    /// A name in the strings of the BTF.
    pub fn text(&self, offset: u32) -> String {
        // SAFETY: the BTF is open; libbpf returns null or a C string that it owns.
        let raw = unsafe { sys::btf__name_by_offset(self.btf.as_ptr(), offset) };
        if raw.is_null() {
            return String::new();
        }
        // SAFETY: not null, and valid until the BTF is freed.
        unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned()
    }
}

/// The types of a module, on top of the kernel's.
pub struct Module<'a> {
    types: Types,
    _base: &'a Types,
}

impl Deref for Module<'_> {
    type Target = Types;
    fn deref(&self) -> &Types {
        &self.types
    }
}
