//! The native side of probekit: BPF objects, maps, rings, symbols and flame graphs for
//! JavaScript. It knows no tool.

mod attach;
mod batch;
mod btf;
mod configure;
mod error;
mod find;
mod link;
mod load;
mod map;
mod object;
mod perf_event;
mod print;
mod program;
mod reader;
mod ring;
mod shared;
mod target;
mod walk;
mod work;
