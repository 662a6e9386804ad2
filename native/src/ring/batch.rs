//! Records of a ring, copied once into one framed batch.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::{NonNull, null};

use libbpf_sys as sys;

use crate::error::{Failure, Result, last_errno};
use crate::print;

/// A batch ends with the record that reaches this many bytes: few enough that what JavaScript makes of them dies young.
const FULL: usize = 128 << 10;

/// Appends a record: u32 length, u32 zero, the bytes, zeros up to a multiple of 8.
pub fn frame(batch: &mut Vec<u8>, record: &[u8]) {
    batch.extend_from_slice(&(record.len() as u32).to_ne_bytes());
    batch.extend_from_slice(&[0; 4]);
    batch.extend_from_slice(record);
    batch.resize(batch.len().next_multiple_of(8), 0);
}

/// libbpf's consumer of one ring.
pub struct Consumer {
    raw: NonNull<sys::ring_buffer>,
    ring: *mut sys::ring,
    /// Where the callback puts records; boxed because libbpf keeps its address.
    #[expect(clippy::box_collection)]
    batch: Box<Vec<u8>>,
}

impl Consumer {
    /// The descriptor must stay open as long as the consumer.
    pub fn new(map: &OwnedFd) -> Result<Self> {
        let mut batch = Box::<Vec<u8>>::default();
        let context: *mut Vec<u8> = &raw mut *batch;
        let ((raw, errno), said) = print::listen(|| {
            // SAFETY: the callback has the type that libbpf wants and its context is boxed.
            let raw = unsafe {
                sys::ring_buffer__new(map.as_raw_fd(), Some(append), context.cast(), null())
            };
            (raw, last_errno())
        });
        let raw = NonNull::new(raw).ok_or_else(|| Failure::errno("ring", errno).said(&said))?;
        // SAFETY: the ring buffer has exactly one ring.
        let ring = unsafe { sys::ring_buffer__ring(raw.as_ptr(), 0) };
        Ok(Self { raw, ring, batch })
    }

    /// The records that are there now, about 128 KiB at most; empty if there are none.
    pub fn take(&mut self) -> Vec<u8> {
        // A frame is as long as the record with its header in the ring.
        self.batch.reserve_exact(self.waiting().min(FULL));
        // SAFETY: the consumer is ours alone. A negative result only says that a batch is full.
        unsafe { sys::ring_buffer__consume(self.raw.as_ptr()) };
        std::mem::take(&mut *self.batch)
    }

    /// Bytes in the ring that were not taken yet, records that are not submitted yet included.
    pub fn waiting(&self) -> usize {
        // SAFETY: the ring lives as long as the ring buffer.
        unsafe { sys::ring__avail_data_size(self.ring) as usize }
    }

    pub fn size(&self) -> usize {
        // SAFETY: as above.
        unsafe { sys::ring__size(self.ring) as usize }
    }

    /// Readable while the ring has bytes.
    pub fn descriptor(&self) -> c_int {
        // SAFETY: as above.
        unsafe { sys::ring_buffer__epoll_fd(self.raw.as_ptr()) }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // SAFETY: made by libbpf, freed once.
        unsafe { sys::ring_buffer__free(self.raw.as_ptr()) }
    }
}

unsafe extern "C" fn append(context: *mut c_void, data: *mut c_void, size: sys::size_t) -> c_int {
    // SAFETY: the context is the boxed batch, which nobody else touches during consume, and
    // libbpf passes a record of `size` bytes.
    let (batch, record) = unsafe {
        (
            &mut *context.cast::<Vec<u8>>(),
            std::slice::from_raw_parts(data.cast::<u8>(), size as usize),
        )
    };
    frame(batch, record);
    // The record is consumed either way; a negative result makes libbpf stop after it.
    if batch.len() >= FULL { -libc::EAGAIN } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_padded_to_eight_bytes() {
        let mut batch = Vec::new();
        frame(&mut batch, b"abc");
        frame(&mut batch, b"");
        frame(&mut batch, b"12345678");
        assert_eq!(&batch[..16], b"\x03\0\0\0\0\0\0\0abc\0\0\0\0\0");
        assert_eq!(&batch[16..24], &[0; 8]);
        assert_eq!(batch[24], 8);
        assert_eq!(batch.len(), 40);
    }
}
