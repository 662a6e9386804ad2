//! Names and numbers of system calls, from a table that is kept up with the kernel's.

use std::collections::HashMap;

use napi_derive::napi;
use syscalls::{aarch64, x86, x86_64};

/// By name: of this machine's programs, or of the 32-bit ones that it also runs.
#[napi(catch_unwind)]
pub fn system_calls(compat: Option<bool>) -> HashMap<String, u32> {
    if compat.unwrap_or(false) {
        if cfg!(target_arch = "x86_64") {
            return x86::Sysno::iter()
                .map(|call| (call.name().to_string(), call.id() as u32))
                .collect();
        }
        return HashMap::new();
    }
    if cfg!(target_arch = "x86_64") {
        x86_64::Sysno::iter().map(|call| (call.name().to_string(), call.id() as u32)).collect()
    } else {
        aarch64::Sysno::iter().map(|call| (call.name().to_string(), call.id() as u32)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_this_machine() {
        let native = system_calls(None);
        assert_eq!(i64::from(native["read"]), libc::SYS_read);
        assert_eq!(i64::from(native["execveat"]), libc::SYS_execveat);
        assert!(native.len() > 300);
    }
}
