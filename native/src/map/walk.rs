//! Reading all entries of a map: in batches where the kernel has them, else key by key.

use std::collections::HashSet;
use std::os::fd::{AsRawFd, RawFd};

use libbpf_sys as sys;

use crate::error::{ENOTSUPP, Failure, Result, last_errno};
use crate::map::Entries;
use crate::map::handle::Handle;

#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    Read,
    /// Read and delete.
    Take,
}

/// Entries of one batch call to begin with; a hash bucket that holds more makes it grow.
const BATCH: usize = 4096;

struct Walk<'a> {
    fd: RawFd,
    map: &'a Handle,
    key_size: usize,
    keys: Vec<u8>,
    values: Vec<u8>,
    count: usize,
}

pub fn walk(map: &Handle, way: Way) -> Result<Entries> {
    let fd = map.fd()?;
    let mut walk = Walk {
        fd: fd.as_raw_fd(),
        map,
        key_size: map.info.key_size as usize,
        keys: Vec::new(),
        values: Vec::new(),
        count: 0,
    };
    if way == Way::Take && is_array(map.number) {
        return Err(fail(map, libc::EINVAL).detail("an array map cannot be drained"));
    }
    if !walk.batches(way)? {
        match way {
            Way::Read => walk.read_each()?,
            Way::Take => walk.take_each()?,
        }
    }
    Ok(Entries {
        keys: walk.keys.into(),
        values: walk.values.into(),
        count: walk.count as u32,
        key_size: walk.key_size as u32,
        value_size: map.entry_size as u32,
    })
}

impl Walk<'_> {
    /// Returns false when this kernel has no batch call for this type of map.
    fn batches(&mut self, way: Way) -> Result<bool> {
        let mut room = BATCH.min(self.map.info.max_entries.max(1) as usize);
        // The kernel's cursor: a bucket number or a key.
        let mut cursor = vec![0u8; self.key_size.max(4)];
        let mut next = cursor.clone();
        let mut first = true;
        loop {
            let (key_end, value_end) = (self.keys.len(), self.values.len());
            self.keys.resize(key_end + room * self.key_size, 0);
            self.values.resize(value_end + room * self.map.entry_size, 0);
            let from = if first { std::ptr::null_mut() } else { cursor.as_mut_ptr().cast() };
            let mut count = room as u32;
            // SAFETY: keys and values have room for `count` entries past their former ends, and
            // both cursors for a key.
            let status = unsafe {
                let call = match way {
                    Way::Read => sys::bpf_map_lookup_batch,
                    Way::Take => sys::bpf_map_lookup_and_delete_batch,
                };
                call(
                    self.fd,
                    from,
                    next.as_mut_ptr().cast(),
                    self.keys[key_end..].as_mut_ptr().cast(),
                    self.values[value_end..].as_mut_ptr().cast(),
                    &raw mut count,
                    std::ptr::null(),
                )
            };
            let errno = if status == 0 { 0 } else { last_errno() };
            let got = if errno == 0 || errno == libc::ENOENT { count as usize } else { 0 };
            self.keys.truncate(key_end + got * self.key_size);
            self.values.truncate(value_end + got * self.map.entry_size);
            self.count += got;
            match errno {
                0 => {
                    first = false;
                    std::mem::swap(&mut cursor, &mut next);
                }
                libc::ENOENT => return Ok(true),
                libc::ENOSPC => room *= 2,
                libc::EINVAL | libc::EOPNOTSUPP | ENOTSUPP if first => return Ok(false),
                errno => return Err(fail(self.map, errno)),
            }
        }
    }

    /// Follows the keys. A program that deletes the key we stand on sends us back to the start,
    /// so keys that were seen are skipped and the steps are bounded.
    fn read_each(&mut self) -> Result<()> {
        let mut seen = HashSet::new();
        let mut key = None::<Vec<u8>>;
        for _ in 0..self.map.info.max_entries as usize * 2 + 1 {
            let Some(next) = self.next_key(key.as_deref())? else {
                return Ok(());
            };
            if seen.insert(next.clone()) {
                self.copy(&next)?;
            }
            key = Some(next);
        }
        Err(fail(self.map, libc::EAGAIN))
    }

    fn take_each(&mut self) -> Result<()> {
        for _ in 0..self.map.info.max_entries as usize * 2 + 1 {
            let Some(key) = self.next_key(None)? else {
                return Ok(());
            };
            self.copy(&key)?;
            // SAFETY: the key has the size of this map.
            let status = unsafe { sys::bpf_map_delete_elem(self.fd, key.as_ptr().cast()) };
            if status != 0 && last_errno() != libc::ENOENT {
                return Err(fail(self.map, last_errno()));
            }
        }
        Err(fail(self.map, libc::EAGAIN))
    }

    fn next_key(&self, key: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        let mut next = vec![0u8; self.key_size];
        let from = key.map_or(std::ptr::null(), |key| key.as_ptr().cast());
        // SAFETY: both keys have the size of this map.
        let status = unsafe { sys::bpf_map_get_next_key(self.fd, from, next.as_mut_ptr().cast()) };
        match status {
            0 => Ok(Some(next)),
            _ if last_errno() == libc::ENOENT => Ok(None),
            _ => Err(fail(self.map, last_errno())),
        }
    }

    /// Appends the entry of `key` unless it is gone.
    fn copy(&mut self, key: &[u8]) -> Result<()> {
        let end = self.values.len();
        self.values.resize(end + self.map.entry_size, 0);
        let value = self.values[end..].as_mut_ptr();
        // SAFETY: the key has the size of this map and the value has room for one entry.
        let status =
            unsafe { sys::bpf_map_lookup_elem(self.fd, key.as_ptr().cast(), value.cast()) };
        if status == 0 {
            self.keys.extend_from_slice(key);
            self.count += 1;
            return Ok(());
        }
        self.values.truncate(end);
        match last_errno() {
            libc::ENOENT => Ok(()),
            errno => Err(fail(self.map, errno)),
        }
    }
}

fn is_array(number: u32) -> bool {
    matches!(
        number,
        sys::BPF_MAP_TYPE_ARRAY
            | sys::BPF_MAP_TYPE_PERCPU_ARRAY
            | sys::BPF_MAP_TYPE_PROG_ARRAY
            | sys::BPF_MAP_TYPE_PERF_EVENT_ARRAY
            | sys::BPF_MAP_TYPE_ARRAY_OF_MAPS
    )
}

fn fail(map: &Handle, errno: i32) -> Failure {
    Failure::errno("map", errno).subject(&map.info.name)
}
