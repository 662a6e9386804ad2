//! The JavaScript class of a map.

pub mod handle;
pub mod walk;

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use libbpf_sys as sys;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::error::{Result, last_errno};
use crate::map::handle::{Handle, MapInfo, exact};
use crate::object::shared::Shared;
use crate::work::{Promise, promise};

#[napi(object, object_from_js = false)]
pub struct Entries {
    pub keys: Buffer,
    pub values: Buffer,
    pub count: u32,
    pub key_size: u32,
    pub value_size: u32,
}

/// A map. It can be used until its object is closed.
#[napi]
pub struct BpfMap {
    handle: Arc<Handle>,
    object: Arc<Shared>,
}

impl BpfMap {
    pub fn new(handle: Arc<Handle>, object: Arc<Shared>) -> Self {
        Self { handle, object }
    }

    pub fn descriptor(&self) -> Result<Arc<OwnedFd>> {
        self.handle.fd()
    }
}

#[napi]
impl BpfMap {
    #[napi(getter)]
    pub fn info(&self) -> MapInfo {
        self.handle.info.clone()
    }

    /// The value under a key (all CPUs' values for a per-CPU map), or null.
    #[napi(catch_unwind)]
    pub fn get(&self, key: &[u8]) -> napi::Result<Option<Buffer>> {
        Ok(self.handle.lookup(key)?.map(Buffer::from))
    }

    /// Inserts or replaces.
    #[napi(catch_unwind)]
    pub fn set(&self, key: &[u8], value: &[u8]) -> napi::Result<()> {
        let handle = &self.handle;
        handle.key(key)?;
        exact("value", value.len(), handle.entry_size, &handle.info.name)?;
        let fd = handle.fd()?;
        let flags = u64::from(sys::BPF_ANY);
        // SAFETY: key and value have the sizes of this map.
        let status = unsafe {
            sys::bpf_map_update_elem(
                fd.as_raw_fd(),
                key.as_ptr().cast(),
                value.as_ptr().cast(),
                flags,
            )
        };
        match status {
            0 => Ok(()),
            _ => Err(handle.fail(last_errno()).into()),
        }
    }

    /// Whether there was such a key.
    #[napi(catch_unwind)]
    pub fn delete(&self, key: &[u8]) -> napi::Result<bool> {
        self.handle.key(key)?;
        let fd = self.handle.fd()?;
        // SAFETY: the key has the size of this map.
        let status = unsafe { sys::bpf_map_delete_elem(fd.as_raw_fd(), key.as_ptr().cast()) };
        match status {
            0 => Ok(true),
            _ if last_errno() == libc::ENOENT => Ok(false),
            _ => Err(self.handle.fail(last_errno()).into()),
        }
    }

    /// All entries; one that a program changes meanwhile may be old or new.
    #[napi]
    pub fn snapshot(&self) -> Promise<Entries> {
        let handle = Arc::clone(&self.handle);
        promise(move || walk::walk(&handle, walk::Way::Read))
    }

    /// Reads and deletes all entries.
    #[napi]
    pub fn drain(&self) -> Promise<Entries> {
        let handle = Arc::clone(&self.handle);
        promise(move || walk::walk(&handle, walk::Way::Take))
    }

    /// Of an array of maps: puts a fresh map under `key` and returns the one that was there. No
    /// program that is not sleepable still writes to that one.
    #[napi]
    pub fn swap(&self, key: Buffer) -> Promise<BpfMap> {
        let (handle, object) = (Arc::clone(&self.handle), Arc::clone(&self.object));
        let key = key.to_vec();
        promise(move || {
            let old = Arc::new(handle.swap(&key, &object)?);
            object.track_map(&old);
            Ok(BpfMap::new(old, object))
        })
    }

    /// Lets go of the map now, instead of when its object is closed.
    #[napi]
    pub fn close(&self) {
        self.handle.close();
    }
}
