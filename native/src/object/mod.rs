//! The JavaScript class of a BPF object.

pub mod configure;
pub mod find;
pub mod grace_period;
pub mod load;
pub mod memlock;
pub mod program;
pub mod shared;
pub mod stats;

use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::link::attach::attach;
use crate::link::attach_target::AttachTarget;
use crate::link::target::Target;
use crate::link::{Attachment, Link};
use crate::map::BpfMap;
use crate::map::handle::{Handle, MapInfo};
use crate::object::configure::{Configure, initial_value};
use crate::object::find::{duplicate, find_map, find_program, map_name, maps, programs};
use crate::object::program::ProgramInfo;
use crate::object::shared::Shared;
use crate::ring::{Reader, Ring};
use crate::work::{Promise, promise};

/// A BPF object: opened, configured, loaded, attached, closed.
#[napi]
pub struct BpfObject {
    shared: Arc<Shared>,
}

#[napi]
impl BpfObject {
    /// Reads the ELF file; the kernel is not asked.
    #[napi(factory, catch_unwind)]
    pub fn open(path: String) -> napi::Result<Self> {
        let shared = Arc::new(Shared::open(&path)?);
        Ok(Self { shared })
    }

    /// The bytes that the ELF file gives `.rodata`, `.data` or `.bss`. Before load.
    #[napi(catch_unwind)]
    pub fn initial_value(&self, map: String) -> napi::Result<Buffer> {
        let inner = self.shared.lock();
        let bytes = inner.opened("configure").and_then(|object| {
            let found = find_map("configure", object, &map)?;
            initial_value(found).map(<[u8]>::to_vec).ok_or_else(|| {
                Failure::invalid("configure", "it has no initial value").subject(&map)
            })
        });
        Ok(self.told(bytes)?.into())
    }

    /// Applies settings. Before load.
    #[napi(catch_unwind)]
    pub fn configure(&self, options: Configure) -> napi::Result<()> {
        let mut inner = self.shared.lock();
        Ok(self.told(options.apply(&mut inner))?)
    }

    /// Loads maps and programs into the kernel. A failure names the program and brings the
    /// verifier's log; the object is closed then.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn load(&self) -> Promise<()> {
        let loading = self.shared.begin_load();
        promise(move || loading?.run())
    }

    /// Attaches a program; by default where its section says.
    #[napi]
    pub fn attach(&self, program: String, target: Option<AttachTarget>) -> Promise<Link> {
        let shared = Arc::clone(&self.shared);
        let target = target.map_or(Ok(Target::Section { cookie: 0 }), AttachTarget::check);
        promise(move || {
            attach_to(&shared, &program, target)
                .map_err(|failure| shared.fail(failure).subject(&program))
        })
    }

    /// All programs with their figures as of now.
    #[napi(catch_unwind)]
    pub fn programs(&self) -> napi::Result<Vec<ProgramInfo>> {
        let inner = self.shared.lock();
        let object = self.told(inner.any("open"))?;
        let describe = |program| program::describe(program, &inner.verified);
        Ok(programs(object).map(describe).collect())
    }

    /// All maps. Before load: as the ELF file and configure() say.
    #[napi(catch_unwind)]
    pub fn maps(&self) -> napi::Result<Vec<MapInfo>> {
        let inner = self.shared.lock();
        let object = self.told(inner.any("open"))?;
        Ok(maps(object).map(MapInfo::of).collect())
    }

    /// A map of the loaded object.
    #[napi(catch_unwind)]
    pub fn map(&self, name: String) -> napi::Result<BpfMap> {
        let handle = self.told(self.handle("map", &name))?;
        self.shared.track_map(&handle);
        Ok(BpfMap::new(handle, Arc::clone(&self.shared)))
    }

    /// A reader of a ring buffer of the loaded object.
    #[napi(catch_unwind)]
    pub fn ring(&self, env: &Env, name: String) -> napi::Result<Ring> {
        let handle = self.told(self.handle("ring", &name))?;
        let reader = Arc::new(self.told(Reader::new(&handle))?);
        self.shared.lock().track_ring(&reader);
        Ring::new(env, reader, Arc::clone(&self.shared))
    }

    /// Ends pending ring reads with null, detaches every link, frees maps and programs. A second
    /// call does nothing.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise<()> {
        let shared = Arc::clone(&self.shared);
        promise(move || {
            shared.close();
            Ok(())
        })
    }

    /// close() on this thread; it may wait for a load that is under way.
    #[napi(catch_unwind)]
    pub fn dispose(&self) {
        self.shared.close();
    }
}

impl BpfObject {
    fn told<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|failure| self.shared.fail(failure))
    }

    fn handle(&self, op: &'static str, name: &str) -> Result<Arc<Handle>> {
        let inner = self.shared.lock();
        let map = find_map(op, inner.loaded(op)?, name)?;
        Ok(Arc::new(Handle::new(&map_name(map), duplicate(map)?)?))
    }
}

fn attach_to(shared: &Arc<Shared>, program: &str, target: Result<Target>) -> Result<Link> {
    let target = target?;
    let mut inner = shared.lock();
    let found = find_program("attach", inner.loaded("attach")?, program)?;
    // SAFETY: the lock keeps the object loaded during the call.
    let attached = unsafe { attach(found, &target) }?;
    let attachment = Arc::new(Attachment::new(target.name(), attached));
    inner.track_attachment(&attachment);
    Ok(Link::new(attachment, Arc::clone(shared)))
}
