//! A descriptor of a kernel map, and what can be done with one entry of it.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use libbpf_sys as sys;
use napi_derive::napi;

use crate::error::{Failure, Result, last_errno};
use crate::object::find::map_name;
use crate::object::shared::Shared;

#[napi(object, object_from_js = false)]
#[derive(Clone, Debug)]
pub struct MapInfo {
    pub name: String,
    #[napi(js_name = "type")]
    pub kind: String,
    pub key_size: u32,
    pub value_size: u32,
    pub max_entries: u32,
    pub per_cpu: bool,
}

impl MapInfo {
    /// Of a map of an open or loaded object.
    pub fn of(map: NonNull<sys::bpf_map>) -> Self {
        let raw = map.as_ptr();
        // SAFETY: the map belongs to an object whose lock the caller holds.
        unsafe {
            let number = sys::bpf_map__type(raw);
            Self {
                name: map_name(map),
                kind: type_name(number),
                key_size: sys::bpf_map__key_size(raw),
                value_size: sys::bpf_map__value_size(raw),
                max_entries: sys::bpf_map__max_entries(raw),
                per_cpu: is_per_cpu(number),
            }
        }
    }
}

/// A descriptor of one kernel map, with what is needed to walk it. Its object closes it.
pub struct Handle {
    pub info: MapInfo,
    pub number: u32,
    pub flags: u32,
    /// Bytes that one entry's value takes in user space.
    pub entry_size: usize,
    fd: Mutex<Option<Arc<OwnedFd>>>,
}

impl Handle {
    pub fn new(name: &str, fd: OwnedFd) -> Result<Self> {
        let raw = info(&fd)?;
        let per_cpu = is_per_cpu(raw.type_);
        let entry_size = if per_cpu {
            // SAFETY: takes nothing.
            let cpus = unsafe { sys::libbpf_num_possible_cpus() };
            let cpus = usize::try_from(cpus).map_err(|_| Failure::errno("map", cpus))?;
            (raw.value_size as usize).next_multiple_of(8) * cpus
        } else {
            raw.value_size as usize
        };
        Ok(Self {
            info: MapInfo {
                name: name.to_string(),
                kind: type_name(raw.type_),
                key_size: raw.key_size,
                value_size: raw.value_size,
                max_entries: raw.max_entries,
                per_cpu,
            },
            number: raw.type_,
            flags: raw.map_flags,
            entry_size,
            fd: Mutex::new(Some(Arc::new(fd))),
        })
    }

    /// The descriptor; holding it keeps the map alive during a walk even when it is closed.
    pub fn fd(&self) -> Result<Arc<OwnedFd>> {
        let fd = self.fd.lock().unwrap_or_else(PoisonError::into_inner);
        fd.clone().ok_or_else(|| Failure::closed("map").subject(&self.info.name))
    }

    pub fn close(&self) {
        *self.fd.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn fail(&self, errno: i32) -> Failure {
        Failure::errno("map", errno).subject(&self.info.name)
    }

    pub fn key(&self, key: &[u8]) -> Result<()> {
        exact("key", key.len(), self.info.key_size as usize, &self.info.name)
    }

    pub fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.key(key)?;
        let fd = self.fd()?;
        let mut value = vec![0u8; self.entry_size];
        // SAFETY: key and value have the sizes of this map.
        let status = unsafe {
            sys::bpf_map_lookup_elem(fd.as_raw_fd(), key.as_ptr().cast(), value.as_mut_ptr().cast())
        };
        match status {
            0 => Ok(Some(value)),
            _ if last_errno() == libc::ENOENT => Ok(None),
            _ => Err(self.fail(last_errno())),
        }
    }

    /// Puts a fresh inner map under `key` and returns the one that was there.
    pub fn swap(&self, key: &[u8], object: &Shared) -> Result<Self> {
        if self.number != sys::BPF_MAP_TYPE_ARRAY_OF_MAPS {
            return Err(Failure::invalid("map", "only an array of maps has maps to swap")
                .subject(&self.info.name));
        }
        let mut swapped = object.swapped();
        let id = self.lookup(key)?.ok_or_else(|| self.fail(libc::ENOENT))?;
        let id = u32::from_ne_bytes(id[..4].try_into().expect("a map id is 4 bytes"));
        let place = (self.info.name.clone(), key.to_vec());
        let old = match swapped.get(&place) {
            Some(fd) => Arc::clone(fd),
            None => Arc::new(object.map_by_id(id)?),
        };
        let template = info(&old)?;
        let fresh = Arc::new(create_like(&template).map_err(|f| f.subject(&self.info.name))?);
        let number = fresh.as_raw_fd();
        let outer = self.fd()?;
        // SAFETY: the key has this map's size and the value is a map descriptor. The kernel
        // waits for running programs before it returns.
        let status = unsafe {
            sys::bpf_map_update_elem(
                outer.as_raw_fd(),
                key.as_ptr().cast(),
                (&raw const number).cast(),
                u64::from(sys::BPF_ANY),
            )
        };
        if status != 0 {
            return Err(self.fail(last_errno()));
        }
        swapped.insert(place, fresh);
        let old = old.try_clone().map_err(|_| self.fail(last_errno()))?;
        Self::new(&name_of(&template), old)
    }
}

pub fn info(fd: &OwnedFd) -> Result<sys::bpf_map_info> {
    let mut info = sys::bpf_map_info::default();
    let mut length = size_of::<sys::bpf_map_info>() as u32;
    // SAFETY: info is a plain structure of the length given.
    let status =
        unsafe { sys::bpf_map_get_info_by_fd(fd.as_raw_fd(), &raw mut info, &raw mut length) };
    if status != 0 {
        return Err(Failure::last("map"));
    }
    Ok(info)
}

fn name_of(info: &sys::bpf_map_info) -> String {
    // SAFETY: the kernel ends the name with a zero byte inside the array.
    unsafe { CStr::from_ptr(info.name.as_ptr()) }.to_string_lossy().into_owned()
}

fn create_like(info: &sys::bpf_map_info) -> Result<OwnedFd> {
    let opts = sys::bpf_map_create_opts {
        sz: size_of::<sys::bpf_map_create_opts>() as sys::size_t,
        map_flags: info.map_flags,
        map_extra: info.map_extra,
        ..Default::default()
    };
    // SAFETY: the name is a C string and the options outlive the call.
    let fd = unsafe {
        sys::bpf_map_create(
            info.type_,
            info.name.as_ptr(),
            info.key_size,
            info.value_size,
            info.max_entries,
            &raw const opts,
        )
    };
    if fd < 0 {
        return Err(Failure::errno("map", fd));
    }
    // SAFETY: libbpf just made this descriptor for us, close-on-exec.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn is_per_cpu(number: u32) -> bool {
    matches!(
        number,
        sys::BPF_MAP_TYPE_PERCPU_HASH
            | sys::BPF_MAP_TYPE_PERCPU_ARRAY
            | sys::BPF_MAP_TYPE_LRU_PERCPU_HASH
            | sys::BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE
    )
}

fn type_name(number: u32) -> String {
    // SAFETY: libbpf returns null or a static string.
    let raw = unsafe { sys::libbpf_bpf_map_type_str(number) };
    if raw.is_null() {
        return number.to_string();
    }
    // SAFETY: not null, static.
    unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned()
}

pub fn exact(what: &str, given: usize, wanted: usize, map: &str) -> Result<()> {
    if given == wanted {
        return Ok(());
    }
    Err(Failure::invalid("map", format!("a {what} of this map is {wanted} bytes, not {given}"))
        .subject(map))
}
