//! The processes whose code is held, and names for their addresses.

use std::collections::HashMap;

use crate::jit::Earlier;
use crate::process::{Files, Identity, Image, Names, Options, Program};
use crate::symbols::Found;

/// Mappings that are kept at a time: some 30 MB.
const MOST_MAPPINGS: usize = 1 << 18;

pub struct Images {
    held: HashMap<(u32, u64), Kept>,
    /// The one of each pid that was told last: what ran before it has ended.
    newest: HashMap<u32, u64>,
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
            newest: HashMap::new(),
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
                self.newest.insert(pid, image);
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
                Ok(image) => {
                    // Asked where there is a map alone.
                    let runs = |program: &Program| Program::of(pid).as_ref() == Some(program);
                    let maps = earlier.take(pid, runs);
                    self.names.symbolize(&image, addresses, Some(&maps))
                }
                Err(reason) => Found::new(addresses.len()).nothing(reason.to_string()),
            };
        };
        let Some(&Kept { identity, .. }) = self.held.get(&(pid, image)) else {
            return Found::new(addresses.len())
                .nothing("the process had exited before its mappings could be read");
        };
        let runs = self.hold(pid, image, identity) == "held";
        // A perf map has a pid's name: it is of what runs, or else ran last, under it.
        let maps = (runs || self.newest[&pid] == image)
            .then(|| earlier.take(pid, |program| identity.is_of(program)));
        self.names.symbolize(&self.held[&(pid, image)].image, addresses, maps.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_perf_map_of_a_pid_is_of_what_ran_last_under_it() {
        let mut child = Command::new("cat");
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // Until it answers it may still be on its way into exec.
        child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let pid = child.id();
        let mut images = Images::new(Options::default());
        let identity = Identity::of(pid).unwrap();
        let program = Program::of(pid).unwrap();
        for image in [1, 2] {
            assert_eq!(images.hold(pid, image, identity), "held");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let earlier = Earlier::default();
        earlier.add(pid, program.clone(), b"map");
        images.symbolize(pid, Some(1), &[4096], &earlier);
        assert_eq!(earlier.take(pid, |_| true), [b"map"]);
        earlier.add(pid, program, b"map");
        earlier.add(
            pid,
            Program::of(std::os::unix::process::parent_id()).unwrap(),
            b"of who has its pid now",
        );
        images.symbolize(pid, Some(2), &[4096], &earlier);
        assert_eq!(earlier.take(pid, |_| true), [b"of who has its pid now"]);
    }
}
