//! Where a glibc without a symbol table calls `main` and the functions of threads: the root of nearly every stack.
//! Both functions are static, so that a stripped library has no name for them. They are told by what they do with
//! what was returned to them (glibc's csu/libc-start.c and nptl/pthread_create.c, 2.34 and later, on x86-64).

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Whether a file may be a glibc that has them.
pub fn is_libc(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "libc.so.6")
}

/// The name of the function at a return address, given as offset into the file. `name_at`: the function at another
/// offset, by the dynamic symbol table.
pub fn name(
    file: &File,
    offset: u64,
    name_at: impl Fn(u64) -> Option<String>,
) -> Option<&'static str> {
    match after_call(|at, bytes| file.read_exact_at(bytes, at).is_ok(), offset)? {
        After::Stored => Some("start_thread"),
        After::PassedTo(function) => {
            let name = name_at(function)?;
            (name.split('@').next() == Some("exit")).then_some("__libc_start_call_main")
        }
    }
}

#[derive(Debug, PartialEq)]
enum After {
    /// `mov %rax, %fs:...`: the thread's descriptor gets its result.
    Stored,
    /// `mov %eax, %edi; call ...`: its argument is what `main` returned.
    PassedTo(u64),
}

const JUMP: u8 = 0xe9;
const SHORT_JUMP: u8 = 0xeb;
const EXTEND_INT: [u8; 2] = [0x48, 0x98];
const STORE_IN_THREAD: [u8; 5] = [0x64, 0x48, 0x89, 0x04, 0x25];
const PASS_AND_CALL: [u8; 3] = [0x89, 0xc7, 0xe8];

fn after_call(read: impl Fn(u64, &mut [u8]) -> bool, mut offset: u64) -> Option<After> {
    if cfg!(not(target_arch = "x86_64")) {
        return None;
    }
    let mut code = [0; 16];
    if !read(offset, &mut code) {
        return None;
    }
    // POSIX threads jump over what C11's do.
    let jump = match code {
        [SHORT_JUMP, distance, ..] => Some((2, i64::from(distance as i8))),
        [JUMP, a, b, c, d, ..] => Some((5, i64::from(i32::from_le_bytes([a, b, c, d])))),
        _ => None,
    };
    if let Some((size, distance)) = jump {
        offset = offset.checked_add(size)?.checked_add_signed(distance)?;
        if !read(offset, &mut code) {
            return None;
        }
    }
    if code.starts_with(&STORE_IN_THREAD)
        || (code.starts_with(&EXTEND_INT) && code[2..].starts_with(&STORE_IN_THREAD))
    {
        return Some(After::Stored);
    }
    let distance = code.strip_prefix(&PASS_AND_CALL)?.first_chunk().copied()?;
    let next = offset.checked_add(8)?;
    next.checked_add_signed(i64::from(i32::from_le_bytes(distance))).map(After::PassedTo)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    fn after(code: &[u8], offset: u64) -> Option<After> {
        let read = |at: u64, bytes: &mut [u8]| {
            let Some(from) = code.get(at as usize..) else { return false };
            let size = from.len().min(bytes.len());
            bytes[..size].copy_from_slice(&from[..size]);
            true
        };
        after_call(read, offset)
    }

    #[test]
    fn tells_what_becomes_of_the_result() {
        let store = [0x64, 0x48, 0x89, 0x04, 0x25, 0x28, 6, 0, 0];
        assert_eq!(after(&store, 0), Some(After::Stored));
        assert_eq!(after(&[&EXTEND_INT[..], &store].concat(), 0), Some(After::Stored));
        assert_eq!(after(&[&[SHORT_JUMP, 1, 0xcc][..], &store].concat(), 0), Some(After::Stored));
        let far = [&store[..], &[JUMP, 0xf2, 0xff, 0xff, 0xff]].concat();
        assert_eq!(after(&far, 9), Some(After::Stored));
        let call = [0xcc, 0x89, 0xc7, 0xe8, 0x10, 0, 0, 0];
        assert_eq!(after(&call, 1), Some(After::PassedTo(0x19)));
        let back = [0x89, 0xc7, 0xe8, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(after(&[&[0x90; 8][..], &back].concat(), 8), Some(After::PassedTo(15)));
    }

    #[test]
    fn tells_nothing_else() {
        assert_eq!(after(&[0x90; 32], 4), None);
        assert_eq!(after(&[], 7), None);
        assert_eq!(after(&[[SHORT_JUMP, 0x80]; 16].concat(), 0), None);
        assert_eq!(after(&[[SHORT_JUMP, 0x7f]; 16].concat(), 0), None);
    }
}
