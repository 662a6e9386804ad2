//! The smallest maps and programs that make the kernel say yes or no.

use std::mem::size_of;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::null;

use libbpf_sys as sys;

use super::owned;
use crate::error::Result;

const MOVE: u8 = 0xb7;
const MOVE_REGISTER: u8 = 0xbf;
const ADD: u8 = 0x07;
const CALL: u8 = 0x85;
const LOAD_ADDRESS: u8 = 0x18;
const STORE: u8 = 0x7a;
const EXIT: u8 = 0x95;

const R0: u8 = 0;
const R1: u8 = 1;
const R2: u8 = 2;
const R3: u8 = 3;
const R10: u8 = 10;

pub fn map(kind: u32, key: u32, value: u32, entries: u32) -> Result<OwnedFd> {
    // SAFETY: the name is a C string and there are no options.
    owned(unsafe { sys::bpf_map_create(kind, c"probe".as_ptr(), key, value, entries, null()) })
}

/// An empty map that may grow to more than `bytes`. Kernels that charge for maps at all charge for the whole of it (5.10
/// trie_alloc), and none allocates what it does not hold.
pub fn growing(bytes: u64) -> Result<OwnedFd> {
    const KEY: u32 = 8;
    const VALUE: u32 = 32 * 1024;
    let entries = u32::try_from(bytes / u64::from(VALUE) + 1).unwrap_or(u32::MAX);
    let opts = sys::bpf_map_create_opts {
        sz: size_of::<sys::bpf_map_create_opts>() as sys::size_t,
        map_flags: sys::BPF_F_NO_PREALLOC,
        ..Default::default()
    };
    // SAFETY: the name is a C string, and the options outlive the call.
    owned(unsafe {
        sys::bpf_map_create(
            sys::BPF_MAP_TYPE_LPM_TRIE,
            c"probe".as_ptr(),
            KEY,
            VALUE,
            entries,
            &raw const opts,
        )
    })
}

/// Loads `return 0`.
pub fn program(kind: u32, attach_type: u32, btf_id: u32) -> Result<OwnedFd> {
    load(kind, attach_type, btf_id, &[immediate(MOVE, R0, 0), immediate(EXIT, R0, 0)])
}

/// Loads a program that reads kernel memory, which lockdown's mode "confidentiality" forbids.
pub fn reads_kernel() -> Result<OwnedFd> {
    let code = [
        instruction(MOVE_REGISTER, R1, R10, 0),
        immediate(ADD, R1, -8),
        immediate(MOVE, R2, 8),
        immediate(MOVE, R3, 0),
        immediate(CALL, 0, sys::BPF_FUNC_probe_read_kernel as i32),
        immediate(MOVE, R0, 0),
        immediate(EXIT, R0, 0),
    ];
    load(sys::BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, &code)
}

/// Loads a program that writes 1 into the first value of an array, and returns 0.
pub fn marks(array: &OwnedFd, kind: u32, attach_type: u32, btf_id: u32) -> Result<OwnedFd> {
    let code = [
        instruction(LOAD_ADDRESS, R1, sys::BPF_PSEUDO_MAP_VALUE as u8, array.as_raw_fd()),
        immediate(0, 0, 0), // the offset within the value
        immediate(STORE, R1, 1),
        immediate(MOVE, R0, 0),
        immediate(EXIT, R0, 0),
    ];
    load(kind, attach_type, btf_id, &code)
}

fn immediate(code: u8, register: u8, value: i32) -> sys::bpf_insn {
    instruction(code, register, 0, value)
}

fn instruction(code: u8, destination: u8, source: u8, value: i32) -> sys::bpf_insn {
    let mut instruction = sys::bpf_insn { code, imm: value, ..Default::default() };
    instruction.set_dst_reg(destination);
    instruction.set_src_reg(source);
    instruction
}

fn load(kind: u32, attach_type: u32, btf_id: u32, code: &[sys::bpf_insn]) -> Result<OwnedFd> {
    let mut opts = sys::bpf_prog_load_opts {
        sz: size_of::<sys::bpf_prog_load_opts>() as sys::size_t,
        expected_attach_type: attach_type,
        attach_btf_id: btf_id,
        ..Default::default()
    };
    // SAFETY: all pointers outlive the call.
    owned(unsafe {
        sys::bpf_prog_load(
            kind,
            c"probe".as_ptr(),
            c"Dual BSD/GPL".as_ptr(),
            code.as_ptr(),
            code.len() as sys::size_t,
            &raw mut opts,
        )
    })
}
