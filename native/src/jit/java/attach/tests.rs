use std::os::unix::net::UnixListener;

use super::*;

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(200)
}

fn scratch(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("probekit-attach-{}-{name}", std::process::id()))
}

#[test]
fn who_does_not_accept_holds_nobody_up() {
    let path = scratch("full");
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    let listener = UnixListener::bind(&path).unwrap();
    // SAFETY: no pointers. A queue of one.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    let (mut waiting, begun) = (Vec::new(), Instant::now());
    let refused = loop {
        match connect(&name, soon()) {
            Ok(socket) => waiting.push(socket),
            Err(error) => break error,
        }
        assert!(waiting.len() < 10);
    };
    assert_eq!(refused.kind(), ErrorKind::WouldBlock);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert!(!waiting.is_empty());
    drop(listener);
    assert_eq!(connect(&name, soon()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    std::fs::remove_file(path).unwrap();
}

/// Only where there is no socket may the signal be sent.
#[test]
fn a_socket_that_takes_nobody_is_an_error_and_none_is_not() {
    let status = Status::of(std::process::id()).unwrap();
    let path = scratch("names");
    let names = Names {
        socket: CString::new(path.as_os_str().as_bytes()).unwrap(),
        trigger: CString::default(),
    };
    assert!(names.connect(&status, soon()).unwrap().is_none());
    let listener = UnixListener::bind(&path).unwrap();
    assert!(names.connect(&status, soon()).unwrap().is_some());
    // SAFETY: no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
        let refused = names.connect(&status, soon()).unwrap_err();
        assert!(refused.ends_with("none of its own"), "{refused}");
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    }
    drop(listener);
    assert!(names.connect(&status, soon()).is_err());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    assert!(names.connect(&status, soon()).is_err());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn an_answer_that_never_ends_is_none() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let begun = Instant::now();
    let trickle = std::thread::spawn(move || {
        while begun.elapsed() < Duration::from_secs(60) && theirs.write_all(b"0").is_ok() {
            sleep(Duration::from_millis(1));
        }
    });
    assert!(converse(ours, soon()).is_err());
    trickle.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30));
}
