//! HotSpot's attach protocol (src/hotspot/os/posix/attachListener_posix.cpp): a socket /tmp/.java_pidPID, which the
//! JVM opens at SIGQUIT where there is a file .attach_pidPID. It takes only its own user and root, of its own
//! user namespace, so that a thread becomes that user for the talk.

use std::ffi::{CStr, CString, OsStr};
use std::io::{Error, ErrorKind, Read, Result as IoResult, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use super::has_ended;
use crate::jit::status::Status;

/// Protocol version, command and its three arguments.
const REQUEST: &[u8] = b"1\0jcmd\0Compiler.perfmap\0\0\0";
const LONGEST_REPLY: u64 = 64 << 10;
const POLL: Duration = Duration::from_millis(5);

/// A process that cannot be mistaken for another that gets its pid.
pub struct Target {
    pub pid: u32,
    pidfd: OwnedFd,
}

impl Target {
    pub fn of(pid: u32) -> IoResult<Self> {
        // SAFETY: no pointers.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        if fd < 0 {
            return Err(Error::last_os_error());
        }
        // SAFETY: the kernel just made it, and nobody else has it.
        Ok(Self { pid, pidfd: unsafe { OwnedFd::from_raw_fd(fd as i32) } })
    }

    fn quit_signal(&self) -> Result<(), String> {
        // SAFETY: no siginfo is given.
        let sent = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                libc::SIGQUIT,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            )
        };
        if sent == 0 { Ok(()) } else { Err(refusal("it cannot be signalled")) }
    }
}

/// Has the JVM carry out `Compiler.perfmap`. `tmp`: its /tmp.
pub fn command(
    target: &Target,
    tmp: &OwnedFd,
    status: &Status,
    may_signal: bool,
    deadline: Instant,
) -> Result<(), String> {
    scope(|threads| {
        let talk = threads.spawn(|| {
            enter(tmp)?;
            become_user(status)?;
            let names = Names::of(status.namespace_pid);
            let socket = match names.connect(status, deadline)? {
                Some(socket) => socket,
                None if !may_signal => {
                    return Err("nobody can tell whether it takes attachments".into());
                }
                None => names.listen(target, status, deadline)?,
            };
            converse(socket, deadline)
        });
        talk.join().unwrap_or_else(|_| Err("a defect of the native add-on".into()))
    })
}

pub fn remove(directory: &OwnedFd, name: &OsStr) {
    if let Ok(name) = CString::new(name.as_bytes()) {
        // SAFETY: the name is a C string.
        unsafe { libc::unlinkat(directory.as_raw_fd(), name.as_ptr(), 0) };
    }
}

/// Gives this thread a working directory of its own: paths of sockets are short.
fn enter(directory: &OwnedFd) -> Result<(), String> {
    // SAFETY: no pointers; both change this thread alone.
    let entered =
        unsafe { libc::unshare(libc::CLONE_FS) == 0 && libc::fchdir(directory.as_raw_fd()) == 0 };
    if entered { Ok(()) } else { Err(refusal("its /tmp is closed to us")) }
}

/// Makes this thread the JVM's user. libc's functions would change the whole process, the system calls do not.
fn become_user(status: &Status) -> Result<(), String> {
    // SAFETY: no pointers and no preconditions.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    if (uid, gid) == (status.effective_uid, status.effective_gid) {
        return Ok(());
    }
    // SAFETY: as above. A process that changes its user cannot be traced any more, which is set back.
    let changed = unsafe {
        let dumpable = libc::prctl(libc::PR_GET_DUMPABLE);
        let changed = libc::syscall(libc::SYS_setresgid, -1, status.effective_gid, -1) == 0
            && libc::syscall(libc::SYS_setresuid, -1, status.effective_uid, -1) == 0;
        if dumpable == 1 {
            libc::prctl(libc::PR_SET_DUMPABLE, 1);
        }
        changed
    };
    if changed { Ok(()) } else { Err("it is another user's: root alone may ask it".into()) }
}

/// Both in its /tmp, which is this thread's working directory.
struct Names {
    socket: CString,
    trigger: CString,
}

impl Names {
    fn of(namespace_pid: u32) -> Self {
        let name = |prefix| CString::new(format!("{prefix}{namespace_pid}")).expect("without NUL");
        Self { socket: name(".java_pid"), trigger: name(".attach_pid") }
    }

    /// None: it does not listen yet. A JVM whose socket is there but takes nobody must not be signalled: it would print
    /// its threads.
    fn connect(&self, status: &Status, deadline: Instant) -> Result<Option<UnixStream>, String> {
        let Some(found) = metadata(&self.socket) else { return Ok(None) };
        let is_own = found.st_uid == status.effective_uid || found.st_uid == 0;
        if found.st_mode & libc::S_IFMT != libc::S_IFSOCK || !is_own {
            return Err("what is in the place of its socket is none of its own".into());
        }
        connect(&self.socket, deadline).map(Some).map_err(|error| format!("its socket: {error}"))
    }

    /// Makes it listen. Without a trigger that it believes, a JVM answers the signal by printing its threads.
    fn listen(
        &self,
        target: &Target,
        status: &Status,
        deadline: Instant,
    ) -> Result<UnixStream, String> {
        let flags = libc::O_CREAT | libc::O_EXCL | libc::O_WRONLY | libc::O_CLOEXEC;
        // SAFETY: the name is a C string.
        let fd = unsafe { libc::open(self.trigger.as_ptr(), flags, 0o600) };
        if fd >= 0 {
            // SAFETY: the kernel just made it, and nobody else has it.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        } else if metadata(&self.trigger).is_none_or(|found| found.st_uid != status.effective_uid) {
            return Err(refusal("no file can be made in its /tmp"));
        }
        let socket = target.quit_signal().and_then(|()| self.wait(target, status, deadline));
        // SAFETY: the name is a C string.
        unsafe { libc::unlink(self.trigger.as_ptr()) };
        socket
    }

    fn wait(
        &self,
        target: &Target,
        status: &Status,
        deadline: Instant,
    ) -> Result<UnixStream, String> {
        loop {
            if let Some(socket) = self.connect(status, deadline)? {
                return Ok(socket);
            }
            if has_ended(&target.pidfd).unwrap_or(true) {
                return Err("it has exited".into());
            }
            if Instant::now() >= deadline {
                return Err("it does not answer".into());
            }
            sleep(POLL);
        }
    }
}

/// Waits no longer than that: where the queue of who listens is full, connect(2) waits for ever, and so would std's.
fn connect(name: &CStr, deadline: Instant) -> IoResult<UnixStream> {
    // SAFETY: no pointers.
    let fd = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the kernel just made it, and nobody else has it.
    let socket = UnixStream::from(unsafe { OwnedFd::from_raw_fd(fd) });
    socket.set_write_timeout(Some(left(deadline)))?;
    // SAFETY: sockaddr_un is plain data, of which zero is valid.
    let mut address: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    let bytes = name.to_bytes_with_nul();
    if bytes.len() > address.sun_path.len() {
        return Err(ErrorKind::InvalidInput.into());
    }
    for (to, byte) in address.sun_path.iter_mut().zip(bytes) {
        *to = *byte as libc::c_char;
    }
    // SAFETY: the address lives through the call, and the size is its own.
    let status = unsafe {
        libc::connect(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_un>() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(socket) } else { Err(Error::last_os_error()) }
}

fn converse(mut socket: UnixStream, deadline: Instant) -> Result<(), String> {
    let mut reply = Vec::new();
    let mut talk = || -> IoResult<()> {
        socket.set_write_timeout(Some(left(deadline)))?;
        socket.write_all(REQUEST)?;
        let mut piece = [0; 4096];
        while Instant::now() < deadline {
            socket.set_read_timeout(Some(left(deadline)))?;
            let size = socket.read(&mut piece)?;
            reply.extend_from_slice(&piece[..size]);
            if size == 0 || reply.len() as u64 > LONGEST_REPLY {
                return Ok(());
            }
        }
        Err(ErrorKind::TimedOut.into())
    };
    talk().map_err(|_| "it does not answer".to_string())?;
    match reply.split(|byte| *byte == b'\n').next() {
        Some(b"0") => Ok(()),
        _ => Err("it refuses to write its perf map".into()),
    }
}

/// A timeout of zero would be none.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

fn metadata(name: &CStr) -> Option<libc::stat> {
    // SAFETY: stat is plain data, of which zero is valid.
    let mut found: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the name is a C string, and found lives through the call.
    (unsafe { libc::lstat(name.as_ptr(), &raw mut found) } == 0).then_some(found)
}

fn refusal(what: &str) -> String {
    format!("{what}: {}", Error::last_os_error())
}

#[cfg(test)]
mod tests;
