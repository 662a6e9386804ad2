//! A BPF object from the opening of its file to its end, shared by all that was taken from it.

use std::collections::HashMap;
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use libbpf_rs::{AsRawLibbpf, Object, ObjectBuilder, OpenObject};
use libbpf_sys as sys;

use crate::error::{Failure, Result, last_errno};
use crate::link::Attachment;
use crate::map::handle::{self, Handle};
use crate::object::find::{duplicate, maps};
use crate::object::load::{Verified, load};
use crate::print;
use crate::ring::Reader;

/// An object and everything that was taken from it, behind one lock: libbpf has none.
pub struct Shared {
    pub file: String,
    state: Mutex<Inner>,
    loaded: Condvar,
    swapped: Mutex<Swapped>,
}

/// The inner map that swap() put under each key of each array of maps: the kernel gives a
/// descriptor of it again only with CAP_SYS_ADMIN.
type Swapped = HashMap<(String, Vec<u8>), Arc<OwnedFd>>;

pub struct Inner {
    pub stage: Stage,
    pub log_level: u32,
    pub verified: Verified,
    attachments: Vec<Arc<Attachment>>,
    maps: Vec<Weak<Handle>>,
    rings: Vec<Weak<Reader>>,
}

pub enum Stage {
    Open(OpenObject),
    Loading,
    Loaded(Object),
    Closed,
}

impl Shared {
    pub fn open(path: &str) -> Result<Self> {
        let file = Path::new(path)
            .file_name()
            .map_or_else(|| path.to_string(), |name| name.to_string_lossy().into_owned());
        let fail = |f: Failure| f.object(&file).subject(path);
        // libbpf's own errors for a path that is no file say less.
        std::fs::File::open(path)
            .map_err(|e| fail(Failure::errno("open", e.raw_os_error().unwrap_or(libc::EINVAL))))?;
        let (opened, said) =
            print::listen(|| ObjectBuilder::default().open_file(path).map_err(|_| last_errno()));
        let opened = opened.map_err(|errno| fail(Failure::errno("open", errno).said(&said)))?;
        Ok(Self {
            file,
            state: Mutex::new(Inner {
                stage: Stage::Open(opened),
                log_level: 0,
                verified: Verified::new(),
                attachments: Vec::new(),
                maps: Vec::new(),
                rings: Vec::new(),
            }),
            loaded: Condvar::new(),
            swapped: Mutex::default(),
        })
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names the object in a failure.
    pub fn fail(&self, failure: Failure) -> Failure {
        failure.object(&self.file)
    }

    /// Marks the object as loading; what is returned loads it.
    pub fn begin_load(self: &Arc<Self>) -> Result<Loading> {
        let mut inner = self.lock();
        if !matches!(inner.stage, Stage::Open(_)) {
            let failure = match inner.stage {
                Stage::Loaded(_) => Failure::invalid("load", "it is loaded already"),
                _ => inner.refuse("load"),
            };
            return Err(self.fail(failure));
        }
        let Stage::Open(open) = std::mem::replace(&mut inner.stage, Stage::Loading) else {
            unreachable!("checked above");
        };
        Ok(Loading { shared: Arc::clone(self), open: Some(open), level: inner.log_level })
    }

    /// Ends rings, links and maps, then the object. Waits for a load that is under way.
    pub fn close(&self) {
        let mut inner = self.lock();
        while matches!(inner.stage, Stage::Loading) {
            inner = self.loaded.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        for ring in inner.rings.drain(..).filter_map(|ring| ring.upgrade()) {
            ring.close();
        }
        for attachment in inner.attachments.drain(..) {
            attachment.detach();
        }
        for map in inner.maps.drain(..).filter_map(|map| map.upgrade()) {
            map.close();
        }
        inner.stage = Stage::Closed;
        // swap() takes these locks in the other order.
        drop(inner);
        self.swapped().clear();
    }

    /// Held during a swap, so that two of them do not meet.
    pub fn swapped(&self) -> MutexGuard<'_, Swapped> {
        self.swapped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn track_map(&self, map: &Arc<Handle>) {
        let mut inner = self.lock();
        inner.maps.retain(|map| map.strong_count() > 0);
        if matches!(inner.stage, Stage::Closed) {
            map.close();
        } else {
            inner.maps.push(Arc::downgrade(map));
        }
    }

    /// A descriptor of the kernel's map `id`: this object's own where it has it, since asking
    /// the kernel by number needs CAP_SYS_ADMIN.
    pub fn map_by_id(&self, id: u32) -> Result<OwnedFd> {
        let inner = self.lock();
        let object = inner.loaded("map").map_err(|f| self.fail(f))?;
        for map in maps(object) {
            let fd = duplicate(map)?;
            if handle::info(&fd)?.id == id {
                return Ok(fd);
            }
        }
        // SAFETY: takes a number.
        let fd = unsafe { sys::bpf_map_get_fd_by_id(id) };
        if fd < 0 {
            return Err(self.fail(Failure::errno("map", fd)));
        }
        // SAFETY: libbpf just gave us this descriptor, close-on-exec.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }
}

/// A load that was announced. Dropping it, done or not, ends the announcement.
pub struct Loading {
    shared: Arc<Shared>,
    open: Option<OpenObject>,
    level: u32,
}

impl Loading {
    pub fn run(mut self) -> Result<()> {
        let open = self.open.take().expect("taken here only");
        let (object, verified) =
            load(open, self.level).map_err(|failure| self.shared.fail(failure))?;
        let mut inner = self.shared.lock();
        inner.stage = Stage::Loaded(object);
        inner.verified = verified;
        Ok(())
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        let mut inner = self.shared.lock();
        if matches!(inner.stage, Stage::Loading) {
            inner.stage = Stage::Closed;
        }
        self.shared.loaded.notify_all();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn refuse(&self, op: &'static str) -> Failure {
        match self.stage {
            Stage::Open(_) => Failure::invalid(op, "load it first"),
            Stage::Loading => Failure::new(op, "EBUSY").detail("it is being loaded"),
            Stage::Loaded(_) => Failure::invalid(op, "only before it is loaded"),
            Stage::Closed => Failure::closed(op),
        }
    }

    pub fn opened(&self, op: &'static str) -> Result<NonNull<sys::bpf_object>> {
        match &self.stage {
            Stage::Open(object) => Ok(object.as_libbpf_object()),
            _ => Err(self.refuse(op)),
        }
    }

    pub fn loaded(&self, op: &'static str) -> Result<NonNull<sys::bpf_object>> {
        match &self.stage {
            Stage::Loaded(object) => Ok(object.as_libbpf_object()),
            _ => Err(self.refuse(op)),
        }
    }

    /// The object in either stage.
    pub fn any(&self, op: &'static str) -> Result<NonNull<sys::bpf_object>> {
        self.loaded(op).or_else(|_| self.opened(op)).map_err(|_| self.refuse(op))
    }

    pub fn track_attachment(&mut self, attachment: &Arc<Attachment>) {
        self.attachments.retain(|attachment| !attachment.is_detached());
        self.attachments.push(Arc::clone(attachment));
    }

    pub fn track_ring(&mut self, ring: &Arc<Reader>) {
        self.rings.retain(|ring| ring.strong_count() > 0);
        self.rings.push(Arc::downgrade(ring));
    }
}
