//! Folded stacks: what a line is, what many lines are together, and what other programs print.

pub mod bpftrace;
pub mod collapse;
pub mod line;
pub mod perf;
pub mod stacks;
pub mod text;
pub mod tree;
