//! The JavaScript class of a ring buffer's reader.

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, PromiseRaw};
use napi::{Env, JsValue};
use napi_derive::napi;

pub use crate::reader::Reader;
use crate::shared::Shared;
use crate::work::{Promise, promise};

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
        type Settle = Box<dyn FnOnce(Env) -> napi::Result<Option<Buffer>>>;
        let (deferred, promise) = env.create_deferred::<Option<Buffer>, Settle>()?;
        self.reader.read(Box::new(move |batch| match batch {
            Ok(bytes) => deferred.resolve(Box::new(move |_| Ok(bytes.map(Buffer::from)))),
            Err(failure) => deferred.reject(failure.into()),
        }));
        Ok(PromiseRaw::new(env.raw(), promise.raw()))
    }

    /// Says that no more records will come: reads return what is left, then null.
    #[napi(catch_unwind)]
    pub fn finish(&self) {
        self.reader.finish();
    }

    /// Ends a pending read with null; records that are left are not read.
    #[napi]
    pub fn close(&self) -> Promise<()> {
        let reader = Arc::clone(&self.reader);
        promise(move || {
            reader.close();
            Ok(())
        })
    }
}
