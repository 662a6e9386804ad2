//! The processes whose code is held, and names for their addresses.

use std::collections::HashMap;

use crate::jit::Earlier;
use crate::process::{Files, Identity, Image, Names, Options};
use crate::symbols::Found;

/// Mappings that are kept at a time: some 30 MB.
const MOST_MAPPINGS: usize = 1 << 18;

pub struct Images {
    held: HashMap<(u32, u64), Kept>,
    /// How many of each pid.
    images_of: HashMap<u32, u32>,
    mappings: usize,
    files: Files,
    names: Names,
}

struct Kept {
    identity: Identity,
    image: Image,
}

impl Images {
    pub fn new(options: Options) -> Self {
        let names = Names::new(options);
        Self {
            held: HashMap::new(),
            images_of: HashMap::new(),
            mappings: 0,
            files: Files::default(),
            names,
        }
    }

    /// Adds what an image maps now to what is known of it. What came of it, as JavaScript is told.
    pub fn hold(&mut self, pid: u32, image: u64, identity: Identity) -> &'static str {
        if self.mappings >= MOST_MAPPINGS {
            return "full";
        }
        let read = match Image::read_if(&identity, pid, &mut self.files) {
            Ok(read) => read,
            Err(reason) if reason.is_hidden() => return "hidden",
            Err(_) => return "gone",
        };
        match self.held.get_mut(&(pid, image)) {
            Some(kept) => {
                self.mappings -= kept.image.len();
                let had = kept.image.jit.is_some();
                kept.image.merge(read);
                self.files.others += usize::from(!had && kept.image.jit.is_some());
                self.mappings += kept.image.len();
            }
            None => {
                self.mappings += read.len();
                self.files.others += usize::from(read.jit.is_some());
                *self.images_of.entry(pid).or_default() += 1;
                self.held.insert((pid, image), Kept { identity, image: read });
            }
        }
        "held"
    }

    /// `image`: of one that was held, together with what it maps now if it still runs; else of what runs under this pid.
    pub fn symbolize(
        &mut self,
        pid: u32,
        image: Option<u64>,
        addresses: &[u64],
        earlier: &Earlier,
    ) -> Found {
        let Some(image) = image else {
            return match Image::read(pid, &mut self.files) {
                Ok(image) => self.names.symbolize(&image, addresses, &earlier.take(pid)),
                Err(reason) => Found::new(addresses.len()).nothing(reason.to_string()),
            };
        };
        let Some(Kept { identity, .. }) = self.held.get(&(pid, image)) else {
            return Found::new(addresses.len())
                .nothing("the process had exited before its mappings could be read");
        };
        let runs = self.hold(pid, image, *identity) == "held";
        let earlier = if runs || self.is_only(pid) { earlier.take(pid) } else { Vec::new() };
        self.names.symbolize(&self.held[&(pid, image)].image, addresses, &earlier)
    }

    /// Whether one program alone is known to have run under a pid, so that it must be what was asked for names.
    fn is_only(&self, pid: u32) -> bool {
        self.images_of.get(&pid) == Some(&1)
    }
}
