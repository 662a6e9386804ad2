//! The JavaScript class of a ring buffer's reader.

pub mod batch;
pub mod reader;

use std::sync::Arc;

use napi::Env;
use napi::bindgen_prelude::{Buffer, PromiseRaw};
use napi_derive::napi;

use crate::object::shared::Shared;
pub use crate::ring::reader::Reader;
use crate::work::{Promise, promise, reply};

/// A ring buffer, read on request: what nobody asks for waits in the kernel's ring, and what
/// does not fit there the program counts.
#[napi]
pub struct Ring {
    reader: Arc<Reader>,
    _object: Arc<Shared>,
}

impl Ring {
    pub fn new(env: &Env, reader: Arc<Reader>, object: Arc<Shared>) -> napi::Result<Self> {
        let ending = Arc::downgrade(&reader);
        env.add_env_cleanup_hook(ending, |reader| {
            if let Some(reader) = reader.upgrade() {
                reader.close();
            }
        })?;
        Ok(Self { reader, _object: object })
    }
}

#[napi]
impl Ring {
    /// Waits for at least one record.
    #[napi(ts_return_type = "Promise<Buffer | null>")]
    pub fn read<'env>(&self, env: &'env Env) -> napi::Result<PromiseRaw<'env, Option<Buffer>>> {
        let (reply, promise) = reply(env)?;
        self.reader.read(Box::new(move |batch| reply(batch.map(|bytes| bytes.map(Buffer::from)))));
        Ok(promise)
    }

    /// Says that no more records will come: reads return what is left, then null.
    #[napi(catch_unwind)]
    pub fn finish(&self) {
        self.reader.finish();
    }

    /// Ends a pending read with null; records that are left are not read.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise<()> {
        let reader = Arc::clone(&self.reader);
        promise(move || {
            reader.close();
            Ok(())
        })
    }
}
