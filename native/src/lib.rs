//! The native side of probekit: BPF objects, maps, rings, symbols and flame graphs for
//! JavaScript. It knows no tool.

// napi exports nothing in a test build, so that what only JavaScript calls looks unused there.
#![cfg_attr(test, allow(dead_code))]

mod attach;
mod batch;
mod btf;
mod bytes;
mod configure;
mod demangle;
mod each;
mod elf;
mod elf_debug;
mod elf_functions;
mod elf_inline;
mod elf_symbols;
mod empty;
mod error;
mod escape;
mod find;
mod flamegraph;
mod folded;
mod glibc_start;
mod go_table;
mod grace_period;
mod handle;
mod images;
mod jit;
mod kallsyms;
mod kernel_functions;
mod kernel_types;
mod link;
mod load;
mod map;
mod mapped;
mod memlock;
mod nowhere;
mod object;
mod perf_event;
mod print;
mod probe;
mod process;
mod program;
mod reader;
mod ring;
mod shared;
mod stats;
mod symbolize;
mod symbols;
mod system_calls;
mod target;
mod vdso;
mod walk;
mod work;
