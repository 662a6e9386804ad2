//! What the running kernel says of itself: its types, functions and system calls.

pub mod btf;
pub mod btf_type;
pub mod functions;
pub mod kallsyms;
pub mod system_calls;
pub mod types;
