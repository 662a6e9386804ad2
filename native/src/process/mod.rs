//! What processes map, read while they run, and what lies at an address of theirs.

mod files;
mod identity;
mod image;
mod maps;
mod names;
pub mod vdso;

pub use files::{Files, Root};
pub use identity::{Identity, Program};
pub use image::Image;
pub use names::{Names, Options};
