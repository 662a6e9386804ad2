//! The native side of probekit: BPF objects, maps, rings, symbols and flame graphs for
//! JavaScript. It knows no tool.

// napi exports nothing in a test build, so that what only JavaScript calls looks unused there.
#![cfg_attr(test, allow(dead_code))]

mod elf;
mod empty;
mod error;
mod escape;
mod flamegraph;
mod folded;
mod jit;
mod kernel;
mod link;
mod map;
mod object;
mod print;
mod probe;
mod process;
mod ring;
mod symbols;
mod work;
