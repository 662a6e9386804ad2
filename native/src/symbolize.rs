//! The JavaScript class of a symbolizer, and the one thread that owns its caches.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use blazesym::symbolize::Symbolizer as Blazesym;
use napi::Env;
use napi::bindgen_prelude::{BigUint64Array, PromiseRaw, Uint32Array};
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::jit::Earlier;
use crate::jit::java::{self, JvmAnswer};
use crate::kallsyms::Kallsyms;
use crate::process::{self, Options};
use crate::symbols::{Found, Symbols};
use crate::work::{Promise, Reply, guard, promise, reply};

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct SymbolizerOptions {
    pub debug_symbols: Option<bool>,
    pub perf_maps: Option<bool>,
}

struct Request {
    pid: u32,
    addresses: Vec<u64>,
    reply: Reply<Symbols>,
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
    /// debugSymbols: also DWARF (slower, more memory). perfMaps: also perf maps and jitdumps.
    #[napi(constructor)]
    pub fn new(options: Option<SymbolizerOptions>) -> Self {
        let options = options.unwrap_or_default();
        Self {
            options: Options {
                debug_symbols: options.debug_symbols.unwrap_or(false),
                perf_maps: options.perf_maps.unwrap_or(false),
            },
            earlier: Arc::default(),
            thread: Mutex::new(Thread::Idle),
        }
    }

    /// Symbols of addresses in a process, or in the kernel for pid 0.
    #[napi(ts_return_type = "Promise<Symbols>")]
    pub fn symbolize<'env>(
        &self,
        env: &'env Env,
        pid: u32,
        addresses: BigUint64Array,
    ) -> napi::Result<PromiseRaw<'env, Symbols>> {
        let (reply, promise) = reply(env)?;
        self.ask(Request { pid, addresses: addresses.to_vec(), reply });
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
                    return (request.reply)(Err(Failure::errno("symbolize", errno)));
                }
            }
        }
        let refused = match &*thread {
            Thread::Running(sender, _) => sender.send(request).map_err(|unsent| unsent.0),
            _ => return (request.reply)(Err(Failure::closed("symbolize"))),
        };
        if let Err(request) = refused {
            (request.reply)(Err(Failure::new("symbolize", "EIO").detail("its thread died")));
        }
    }
}

fn serve(requests: &Receiver<Request>, options: Options, earlier: &Earlier) {
    let blazesym = Blazesym::builder()
        .enable_code_info(false)
        .enable_inlined_fns(false)
        .enable_demangling(true)
        .build();
    let mut kernel = None;
    for Request { pid, addresses, reply } in requests {
        let found = guard(|| {
            if pid == 0 {
                symbolize_kernel(&mut kernel, &addresses)
            } else {
                let earlier = earlier.take(pid);
                Ok(process::symbolize(&blazesym, pid, &addresses, &earlier, options))
            }
        });
        reply(found.map(Symbols::from));
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
