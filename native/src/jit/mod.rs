//! Names of code that was compiled at run time: a process's perf map and jitdumps, and what a JVM says when asked.
//! All of it is text of another process: it is believed only of that process's own memory.

pub mod java;
mod jitdump;
mod own_file;
mod perf_map;
mod status;
mod wanted;

use std::collections::HashMap;
use std::io::{Read, Result, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
pub use jitdump::is_jitdump;
use own_file::Root;
use status::Status;
use wanted::Wanted;

use crate::flamegraph::kinds::is_interpreted;
use crate::process::Program;
use crate::symbols::Kind;

/// Where a process keeps what it says of its code. It stays of use when the process has ended.
pub struct Jit {
    root: Root,
    namespace_pid: u32,
}

/// A jitdump as the process has mapped it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dump {
    pub path: PathBuf,
    pub inode: u64,
}

impl Jit {
    pub fn of(pid: u32) -> Result<Self> {
        let status = Status::of(pid)?;
        Ok(Self { root: Root::of(pid, &status)?, namespace_pid: status.namespace_pid })
    }

    /// Names of addresses in memory where compilers put code. Jitdumps come first, since they tell what was moved;
    /// then the perf map as it is now; then maps as they were, the latest first. None: the perf map of this pid is another
    /// program's.
    pub fn names(
        &self,
        dumps: &[Dump],
        maps: Option<&[Vec<u8>]>,
        addresses: &[u64],
    ) -> HashMap<u64, Rc<str>> {
        let mut wanted = Wanted::new(addresses);
        for Dump { path, inode } in dumps {
            if let Ok(file) = self.root.open(path)
                && file.metadata().is_ok_and(|metadata| metadata.ino() == *inode)
            {
                // What cannot be read leaves its addresses without names.
                let _ = jitdump::read(&file, &mut wanted);
            }
        }
        let Some(earlier) = maps else { return wanted.into_names() };
        if let Ok(file) = self.root.open(&perf_map_path(self.namespace_pid)) {
            let _ = perf_map::read(&file, &mut wanted);
        }
        for text in earlier.iter().rev() {
            perf_map::lines(text, &mut wanted);
        }
        wanted.into_names()
    }
}

/// Perf maps as they were, by process and the program that told each, the latest last. They are kept compressed: a
/// large JVM's has tens of megabytes, and compresses to an eighth.
#[derive(Default)]
pub struct Earlier(Mutex<HashMap<u32, Vec<(Program, Compressed)>>>);

type Compressed = Vec<u8>;

impl Earlier {
    pub fn add(&self, pid: u32, program: Program, map: &[u8]) {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let written = encoder.write_all(map).and_then(|()| encoder.finish());
        let compressed = written.expect("memory takes all that is written");
        self.maps().entry(pid).or_default().push((program, compressed));
    }

    /// Those of one program in a process, which are not needed again.
    pub fn take(&self, pid: u32, is_it: impl Fn(&Program) -> bool) -> Vec<Vec<u8>> {
        let mut maps = self.maps();
        let all = maps.remove(&pid).unwrap_or_default();
        let (own, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(program, _)| is_it(program));
        if !others.is_empty() {
            maps.insert(pid, others);
        }
        drop(maps);
        let whole = |bytes: Vec<u8>| {
            let mut map = Vec::new();
            DeflateDecoder::new(&*bytes).read_to_end(&mut map).expect("as it was compressed");
            map
        };
        own.into_iter().map(|(_, compressed)| whole(compressed)).collect()
    }

    fn maps(&self) -> MutexGuard<'_, HashMap<u32, Vec<(Program, Compressed)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of code that has a name of the process's own.
pub fn kind(name: &str) -> Kind {
    if is_interpreted(name) { Kind::Interpreted } else { Kind::Jit }
}

fn perf_map_path(namespace_pid: u32) -> PathBuf {
    Path::new("/tmp").join(format!("perf-{namespace_pid}.map"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perf_map_is_read_where_it_is_the_programs_own() {
        let pid = std::process::id();
        let jit = Jit::of(pid).unwrap();
        let path = perf_map_path(jit.namespace_pid);
        std::fs::write(&path, "1000 10 now\n").unwrap();
        let earlier = [b"1000 20 before\n".to_vec()];
        let names = |maps| jit.names(&[], maps, &[0x1000, 0x1010]);
        let own = names(Some(&earlier[..]));
        let none = names(None);
        std::fs::remove_file(path).unwrap();
        assert_eq!([0x1000, 0x1010].map(|at| &*own[&at]), ["now", "before"]);
        assert!(none.is_empty());
    }

    #[test]
    fn earlier_maps_are_given_back_in_order_and_once() {
        let earlier = Earlier::default();
        let program = Program::of(std::process::id()).unwrap();
        let other = Program::of(std::os::unix::process::parent_id()).unwrap();
        earlier.add(7, program.clone(), b"first");
        earlier.add(7, other.clone(), b"of another");
        earlier.add(7, program.clone(), b"");
        earlier.add(8, program.clone(), &[b'x'; 1 << 20]);
        let take = |pid, of: &Program| earlier.take(pid, |program| program == of);
        assert_eq!(take(7, &program), [b"first".to_vec(), Vec::new()]);
        assert!(take(7, &program).is_empty());
        assert_eq!(take(7, &other), [b"of another"]);
        assert_eq!(take(8, &program)[0].len(), 1 << 20);
    }
}
