//! A HotSpot JVM's perf map, by the JVM itself: `jcmd PID Compiler.perfmap`, which JDK 17 brought, without jcmd.

mod attach;
mod hsperfdata;

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use attach::Target;
use hsperfdata::PerfData;
use napi_derive::napi;

use super::Earlier;
use super::own_file::{Root, read_whole};
use super::perf_map_path;
use super::status::Status;
use crate::process::Program;

const OLDEST: u32 = 17;
const MOST_PERF_DATA: u64 = 16 << 20;
/// Some 300 000 compiled methods.
const MOST_MAP: u64 = 64 << 20;

/// JVMs are slow to answer, not busy.
const MOST_THREADS: usize = 16;

/// What a JVM says.
#[napi(object, object_from_js = false)]
pub struct JvmAnswer {
    pub pid: u32,
    /// Of the specification, such as 17; 0: it does not say.
    pub version: u32,
    /// Its -XX options and the like, wherever they were given.
    pub arguments: String,
    /// Why it has not told its perf map.
    pub reason: Option<String>,
}

/// A process that runs HotSpot.
struct Jvm {
    version: u32,
    arguments: String,
    /// The map with the program that told it, or why there is none.
    map: Result<(Program, Vec<u8>), String>,
}

/// Asks all that are JVMs, each for at most that time. Their maps go to `earlier`.
pub fn ask_all(pids: &[u32], timeout_ms: u32, earlier: &Earlier) -> Vec<JvmAnswer> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    thread::scope(|threads| {
        for _ in 0..MOST_THREADS.min(pids.len()) {
            threads.spawn(|| {
                while let Some(pid) = pids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(jvm) = ask(*pid, Duration::from_millis(timeout_ms.into())) else {
                        continue;
                    };
                    let reason =
                        jvm.map.map(|(program, map)| earlier.add(*pid, program, &map)).err();
                    let Jvm { version, arguments, .. } = jvm;
                    let answer = JvmAnswer { pid: *pid, version, arguments, reason };
                    answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
                }
            });
        }
    });
    answers.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Asks a process for its map, if it is a JVM. It gets a signal (SIGQUIT) only when it says itself that it takes
/// attachments, has a handler for it, and does not listen yet.
fn ask(pid: u32, most: Duration) -> Option<Jvm> {
    let deadline = Instant::now() + most;
    let target = Target::of(pid).ok()?;
    let program = Program::of(pid)?;
    let status = Status::of(pid).ok()?;
    if !status.catches(libc::SIGQUIT) && !is_launcher(pid) {
        return None;
    }
    let mappings = Mappings::of(pid)?;
    let root = Root::of(pid, &status).ok()?;
    let data = mappings.perf_data.and_then(|(path, inode)| perf_data(&root, &path, inode));
    let map = attachable(data.as_ref(), &status).and_then(|may_signal| {
        let request = Request { root: &root, target: &target, status: &status, may_signal };
        let map = request.map(deadline)?;
        // It may have been told by what has the pid since.
        if Program::of(pid).as_ref() == Some(&program) {
            Ok((program, map))
        } else {
            Err("it exited, or ran another program, meanwhile".into())
        }
    });
    let data = data.unwrap_or_default();
    Some(Jvm { version: data.version, arguments: data.arguments, map })
}

/// Whether its program is `java`: with -Xrs it has no handler, but listens from the start.
fn is_launcher(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe.ends_with("java"))
}

/// Whether it may be signalled, or why it must not even be asked. A signal to one that is stopped would come when
/// nobody waits any more, and make it print its threads.
fn attachable(data: Option<&PerfData>, status: &Status) -> Result<bool, String> {
    if status.is_stopped {
        return Err("it is stopped".into());
    }
    let Some(data) = data else { return Ok(false) };
    if data.version < OLDEST {
        return Err(format!("JDK {} has no perf map of its own", data.version));
    }
    if !data.takes_attachments {
        return Err("it was started with -XX:+DisableAttachMechanism".into());
    }
    Ok(status.catches(libc::SIGQUIT))
}

struct Request<'a> {
    root: &'a Root,
    target: &'a Target,
    status: &'a Status,
    may_signal: bool,
}

impl Request<'_> {
    /// The JVM writes to a file of fixed name. One that was not there before is taken away again.
    fn map(&self, deadline: Instant) -> Result<Vec<u8>, String> {
        let path = perf_map_path(self.status.namespace_pid);
        if self.is_open(&path) {
            return Err("an agent of its own writes its map".into());
        }
        let directory = self
            .root
            .directory(Path::new("/tmp"))
            .map_err(|error| format!("it has no /tmp: {error}"))?;
        let was_there = self.root.has(&path);
        attach::command(self.target, &directory, self.status, self.may_signal, deadline)?;
        let read = self.root.open(&path).and_then(|file| read_whole(&file, MOST_MAP));
        if !was_there {
            attach::remove(&directory, path.file_name().expect("it has one"));
        }
        read.map_err(|error| format!("the map that it wrote cannot be read: {error}"))
    }

    fn is_open(&self, path: &Path) -> bool {
        let Ok(files) = fs::read_dir(format!("/proc/{}/fd", self.target.pid)) else { return false };
        files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|link| link == path))
    }
}

struct Mappings {
    /// hsperfdata_USER/PID, with its inode.
    perf_data: Option<(PathBuf, u64)>,
}

impl Mappings {
    /// None: no libjvm.so, or not ours to see.
    fn of(pid: u32) -> Option<Self> {
        let maps = fs::read(format!("/proc/{pid}/maps")).ok()?;
        let files = || maps.split(|byte| *byte == b'\n').filter_map(mapped_file);
        let runs = |path: &Path| path.file_name().is_some_and(|name| name == "libjvm.so");
        files().find(|(permissions, path, _)| permissions.contains(&b'x') && runs(path))?;
        let perf_data = files().find(|(_, path, _)| {
            let directory = path.parent().and_then(Path::file_name);
            directory.is_some_and(|name| name.as_bytes().starts_with(b"hsperfdata_"))
        });
        Some(Self { perf_data: perf_data.map(|(_, path, inode)| (path.to_path_buf(), inode)) })
    }
}

fn mapped_file(line: &[u8]) -> Option<(&[u8], &Path, u64)> {
    let mut words = line.splitn(6, |byte| *byte == b' ');
    let (_range, permissions) = (words.next()?, words.next()?);
    let (_offset, _device) = (words.next()?, words.next()?);
    let inode = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let path = words.next()?.trim_ascii_start();
    Some((permissions, Path::new(std::ffi::OsStr::from_bytes(path)), inode))
}

/// The very file that is mapped: another process may have put one of that name there since.
fn perf_data(root: &Root, path: &Path, inode: u64) -> Option<PerfData> {
    let file: File = root.open(path).ok()?;
    if file.metadata().ok()?.ino() != inode {
        return None;
    }
    hsperfdata::parse(&read_whole(&file, MOST_PERF_DATA).ok()?)
}

/// Whether a process has ended.
fn has_ended(pidfd: &impl AsRawFd) -> io::Result<bool> {
    let mut poll = libc::pollfd { fd: pidfd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, which lives through the call.
    match unsafe { libc::poll(&raw mut poll, 1, 0) } {
        -1 => Err(io::Error::last_os_error()),
        ready => Ok(ready > 0),
    }
}
