//! The one shape of every error that leaves this add-on: a JSON object as the message.

use std::fmt::Write as _;

use crate::print;

/// What failed, on what, and why. Turned into a JavaScript error whose message is JSON.
#[derive(Debug, Default, Clone)]
pub struct Failure {
    pub code: String,
    pub op: &'static str,
    pub object: Option<String>,
    pub subject: Option<String>,
    pub detail: Option<String>,
    pub verifier_log: Option<String>,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with a code of our own choice, such as `EINVAL` or `ECLOSED`.
    pub fn new(op: &'static str, code: &str) -> Self {
        Self { code: code.to_string(), op, ..Self::default() }
    }

    /// A failure that the kernel or libbpf reported; the sign of `errno` does not matter.
    pub fn errno(op: &'static str, errno: i32) -> Self {
        Self { code: errno_name(errno), op, detail: Some(errno_text(errno)), ..Self::default() }
    }

    /// The calling thread's errno as a failure.
    pub fn last(op: &'static str) -> Self {
        Self::errno(op, last_errno())
    }

    pub fn invalid(op: &'static str, detail: impl Into<String>) -> Self {
        Self::new(op, "EINVAL").detail(detail)
    }

    pub fn closed(op: &'static str) -> Self {
        Self::new(op, "ECLOSED").detail("it is closed")
    }

    pub fn object(mut self, name: &str) -> Self {
        self.object = Some(name.to_string());
        self
    }

    pub fn subject(mut self, name: impl Into<String>) -> Self {
        self.subject = Some(name.into());
        self
    }

    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    /// Puts what libbpf had to say, where that is more, in place of the text of the errno.
    pub fn said(mut self, lines: &[String]) -> Self {
        let lines = print::telling(lines);
        if !lines.is_empty() {
            self.detail = Some(lines.join("; "));
        }
        self
    }

    fn json(&self) -> String {
        let mut out = String::from("{\"code\":");
        quote(&mut out, &self.code);
        let fields = [
            ("op", Some(self.op)),
            ("object", self.object.as_deref()),
            ("subject", self.subject.as_deref()),
            ("detail", self.detail.as_deref()),
            ("verifierLog", self.verifier_log.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                let _ = write!(out, ",\"{name}\":");
                quote(&mut out, value);
            }
        }
        out.push('}');
        out
    }
}

impl From<Failure> for napi::Error {
    fn from(failure: Failure) -> Self {
        napi::Error::new(napi::Status::GenericFailure, failure.json())
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

pub fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// `EPERM` for 1 or -1; `E<number>` for a number that has no name here. libbpf's own numbers, all
/// about files that are no BPF objects, become `ENOEXEC`.
pub fn errno_name(errno: i32) -> String {
    let errno = match errno.abs() {
        4000..4100 => libc::ENOEXEC,
        errno => errno,
    };
    match NAMES.iter().find(|(number, _)| *number == errno) {
        Some((_, name)) => (*name).to_string(),
        None => format!("E{errno}"),
    }
}

fn errno_text(errno: i32) -> String {
    let errno = errno.abs();
    if errno == ENOTSUPP {
        return "not supported by this kernel".to_string();
    }
    if errno >= 4000 {
        return "it is no BPF object".to_string();
    }
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

/// Kernel-internal, yet BPF system calls return it to user space.
pub const ENOTSUPP: i32 = 524;

macro_rules! names {
    ($($name:ident)*) => { &[$((libc::$name, stringify!($name))),*, (ENOTSUPP, "ENOTSUPP")] };
}

const NAMES: &[(i32, &str)] = names! {
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT
    EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY EFBIG ENOSPC EROFS
    EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOSYS ENOTEMPTY ELOOP ENODATA ETIME EPROTO
    EBADMSG EOVERFLOW EILSEQ EUSERS EMSGSIZE EOPNOTSUPP EADDRINUSE EADDRNOTAVAIL ETIMEDOUT
    EALREADY ESTALE ECANCELED EKEYREJECTED
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_errnos() {
        assert_eq!(errno_name(-1), "EPERM");
        assert_eq!(errno_name(22), "EINVAL");
        assert_eq!(errno_name(524), "ENOTSUPP");
        assert_eq!(errno_name(-4001), "ENOEXEC");
        assert_eq!(errno_name(3999), "E3999");
    }

    #[test]
    fn writes_json_with_only_the_known_fields() {
        let failure = Failure::errno("load", libc::EACCES).object("x.bpf.o").subject("a\"b");
        assert_eq!(
            failure.json(),
            r#"{"code":"EACCES","op":"load","object":"x.bpf.o","subject":"a\"b","detail":"permission denied"}"#
        );
    }

    #[test]
    fn escapes_what_json_forbids() {
        let failure = Failure::new("map", "EINVAL").detail("a\\b\u{1}\n\u{202e}é");
        assert_eq!(
            failure.json(),
            "{\"code\":\"EINVAL\",\"op\":\"map\",\"detail\":\"a\\\\b\\u0001\\n\u{202e}é\"}"
        );
    }

    #[test]
    fn what_libbpf_said_replaces_the_errno_text() {
        let failure = Failure::errno("load", 1).said(&["one".into(), "two".into()]);
        assert_eq!(failure.detail.as_deref(), Some("one; two"));
        let silent = Failure::errno("load", 1).said(&[]);
        assert_eq!(silent.detail.as_deref(), Some("operation not permitted"));
    }
}
