//! Promises: of a closure that runs off the JavaScript thread, or of what any thread replies.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::bindgen_prelude::{AsyncTask, PromiseRaw, ToNapiValue, TypeName};
use napi::{Env, JsValue, Task};

use crate::error::{Failure, Result};

pub struct Work<T: Send + 'static> {
    run: Option<Box<dyn FnOnce() -> Result<T> + Send>>,
}

pub type Promise<T> = AsyncTask<Work<T>>;

/// A promise of what `run` returns; a panic in it becomes a rejection.
pub fn promise<T>(run: impl FnOnce() -> Result<T> + Send + 'static) -> Promise<T>
where
    T: Send + 'static + ToNapiValue + TypeName,
{
    AsyncTask::new(Work { run: Some(Box::new(run)) })
}

impl<T: Send + 'static + ToNapiValue + TypeName> Task for Work<T> {
    type Output = T;
    type JsValue = T;

    fn compute(&mut self) -> napi::Result<T> {
        let run = self.run.take().expect("libuv runs a task once");
        Ok(guard(run)?)
    }

    fn resolve(&mut self, _: Env, output: T) -> napi::Result<T> {
        Ok(output)
    }
}

/// Settles a promise, once, from any thread. Not calling it leaves the promise pending for ever.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// A promise and the way to settle it without a thread of libuv waiting.
pub fn reply<T>(env: &Env) -> napi::Result<(Reply<T>, PromiseRaw<'_, T>)>
where
    T: Send + 'static + ToNapiValue,
{
    type Settle<T> = Box<dyn FnOnce(Env) -> napi::Result<T>>;
    let (deferred, promise) = env.create_deferred::<T, Settle<T>>()?;
    let reply = Box::new(move |result: Result<T>| match result {
        Ok(value) => deferred.resolve(Box::new(move |_| Ok(value))),
        Err(failure) => deferred.reject(failure.into()),
    });
    Ok((reply, PromiseRaw::new(env.raw(), promise.raw())))
}

/// Runs `run`; a panic in it becomes a failure.
pub fn guard<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Failure::new("native", "EPANIC").detail(format!("a defect of the native add-on: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_failure() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let failure = guard::<()>(|| panic!("here {}", 1)).unwrap_err();
        std::panic::set_hook(hook);
        assert_eq!(failure.code, "EPANIC");
        assert!(failure.detail.unwrap().ends_with("here 1"));
    }
}
