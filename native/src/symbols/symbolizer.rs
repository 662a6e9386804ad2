//! The JavaScript class of a symbolizer, and the one thread that owns what it holds.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use napi::Env;
use napi::bindgen_prelude::{BigInt, BigUint64Array, PromiseRaw, Uint32Array};
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::jit::Earlier;
use crate::jit::java::{self, JvmAnswer};
use crate::kernel::kallsyms::Kallsyms;
use crate::process::{Identity, Options};
use crate::symbols::images::Images;
use crate::symbols::{Found, Symbols};
use crate::work::{Promise, Reply, guard, promise, reply};

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct SymbolizerOptions {
    pub inlined: Option<bool>,
    pub perf_maps: Option<bool>,
}

#[napi(object, object_to_js = false)]
pub struct ProcessImage {
    pub pid: u32,
    pub image: BigInt,
    pub start_ns: BigInt,
    pub start_code: BigInt,
    pub end_code: BigInt,
    pub start_stack: BigInt,
    pub exe_inode: BigInt,
    pub is_fixed: bool,
}

enum Request {
    Hold { pid: u32, image: u64, identity: Identity, reply: Reply<&'static str> },
    Symbolize { pid: u32, image: Option<u64>, addresses: Vec<u64>, reply: Reply<Symbols> },
}

impl Request {
    fn fail(self, failure: Failure) {
        match self {
            Self::Hold { reply, .. } => reply(Err(failure)),
            Self::Symbolize { reply, .. } => reply(Err(failure)),
        }
    }
}

/// Turns addresses into names. Files stay open and their symbols in memory until close().
#[napi]
pub struct Symbolizer {
    options: Options,
    earlier: Arc<Earlier>,
    thread: Mutex<Thread>,
}

enum Thread {
    Idle,
    Running(Sender<Request>, JoinHandle<()>),
    Closed,
}

#[napi]
impl Symbolizer {
    /// inlined: also functions that were inlined, by DWARF (slower, more memory). perfMaps: also perf maps and jitdumps.
    #[napi(constructor)]
    pub fn new(options: Option<SymbolizerOptions>) -> Self {
        let options = options.unwrap_or_default();
        let options = Options {
            inlined: options.inlined.unwrap_or(false),
            perf_maps: options.perf_maps.unwrap_or(false),
        };
        Self { options, earlier: Arc::default(), thread: Mutex::new(Thread::Idle) }
    }

    /// Reads now what a process maps, and keeps its files open, if it still is the one that was sampled.
    #[napi(ts_return_type = "Promise<'held' | 'gone' | 'hidden' | 'full'>")]
    pub fn hold<'env>(
        &self,
        env: &'env Env,
        process: ProcessImage,
    ) -> napi::Result<PromiseRaw<'env, &'static str>> {
        let (reply, promise) = reply(env)?;
        let number = |number: BigInt| number.get_u64().1;
        let identity = Identity {
            start_ns: number(process.start_ns),
            start_code: number(process.start_code),
            end_code: number(process.end_code),
            start_stack: number(process.start_stack),
            exe_inode: number(process.exe_inode),
            is_fixed: process.is_fixed,
        };
        let (pid, image) = (process.pid, number(process.image));
        self.ask(Request::Hold { pid, image, identity, reply });
        Ok(promise)
    }

    /// Symbols of addresses in a process, or in the kernel for pid 0. `image`: as it was given to hold().
    #[napi(ts_return_type = "Promise<Symbols>")]
    pub fn symbolize<'env>(
        &self,
        env: &'env Env,
        pid: u32,
        addresses: BigUint64Array,
        image: Option<BigInt>,
    ) -> napi::Result<PromiseRaw<'env, Symbols>> {
        let (reply, promise) = reply(env)?;
        let image = image.map(|image| image.get_u64().1);
        self.ask(Request::Symbolize { pid, image, addresses: addresses.to_vec(), reply });
        Ok(promise)
    }

    /// Asks those of some processes that are JVMs for their perf maps, and keeps these to name their code later.
    #[napi(ts_return_type = "Promise<JvmAnswer[]>")]
    pub fn ask_jvms(&self, pids: Uint32Array, timeout_ms: u32) -> Promise<Vec<JvmAnswer>> {
        let (pids, earlier) = (pids.to_vec(), self.earlier.clone());
        promise(move || Ok(java::ask_all(&pids, timeout_ms, &earlier)))
    }

    /// Answers what was asked, then lets go of all files and symbols.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = std::mem::replace(&mut *thread, Thread::Closed);
        promise(move || {
            if let Thread::Running(requests, handle) = thread {
                drop(requests);
                let _ = handle.join();
            }
            Ok(())
        })
    }
}

impl Symbolizer {
    fn ask(&self, request: Request) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Thread::Idle = *thread {
            let (sender, requests) = channel();
            let (options, earlier) = (self.options, self.earlier.clone());
            // Demangling recurses as deep as names are nested.
            let started = Builder::new().stack_size(8 << 20).spawn(move || {
                serve(&requests, options, &earlier);
            });
            match started {
                Ok(handle) => *thread = Thread::Running(sender, handle),
                Err(error) => {
                    let errno = error.raw_os_error().unwrap_or(libc::EAGAIN);
                    return request.fail(Failure::errno("symbolize", errno));
                }
            }
        }
        let refused = match &*thread {
            Thread::Running(sender, _) => sender.send(request).map_err(|unsent| unsent.0),
            _ => return request.fail(Failure::closed("symbolize")),
        };
        if let Err(request) = refused {
            request.fail(Failure::new("symbolize", "EIO").detail("its thread died"));
        }
    }
}

fn serve(requests: &Receiver<Request>, options: Options, earlier: &Earlier) {
    let mut images = Images::new(options);
    let mut kernel = None;
    for request in requests {
        match request {
            Request::Hold { pid, image, identity, reply } => {
                reply(guard(|| Ok(images.hold(pid, image, identity))));
            }
            Request::Symbolize { pid: 0, image: None, addresses, reply } => {
                reply(guard(|| symbolize_kernel(&mut kernel, &addresses)).map(Symbols::from));
            }
            Request::Symbolize { pid, image, addresses, reply } => {
                let found = guard(|| Ok(images.symbolize(pid, image, &addresses, earlier)));
                reply(found.map(Symbols::from));
            }
        }
    }
    drop((images, kernel));
    return_memory();
}

/// Gives what was freed back to the kernel: whoever draws what was named needs it.
fn return_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::malloc_trim(0);
    }
}

fn symbolize_kernel(table: &mut Option<Kallsyms>, addresses: &[u64]) -> Result<Found> {
    if table.is_none() {
        match Kallsyms::read() {
            Ok(read) => *table = Some(read),
            Err(error) => {
                let found = Found::new(addresses.len());
                return Ok(found.nothing(format!("/proc/kallsyms cannot be read: {error}")));
            }
        }
    }
    let table = table.as_ref().expect("read above");
    Ok(table.symbolize(addresses))
}
