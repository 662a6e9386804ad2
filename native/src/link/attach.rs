//! From a program and a target to a link.

// Some options structures have no field that opts! leaves out, on some versions of libbpf.
#![allow(clippy::needless_update)]

use std::ffi::{CString, c_char};
use std::mem::size_of;
use std::ops::Range;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::ptr::{NonNull, null};

use libbpf_rs::Link;
use libbpf_sys as sys;

use crate::elf;
use crate::error::{Failure, Result, last_errno};
use crate::link::each;
use crate::link::nowhere;
use crate::link::perf_event;
use crate::link::target::{At, Places, Target, Way};
use crate::link::wrong_place::is_wrong_place;
use crate::print;

/// What holds a program attached. Dropping it detaches.
pub enum Piece {
    Link(Link),
    /// With a descriptor of our own to read the perf event by: the link closes its own.
    Event(Link, OwnedFd),
    Each(each::Piece),
}

/// One piece, or as many as the target needed; and which of its places were left out, and why.
pub struct Attached {
    pub pieces: Vec<Piece>,
    pub refused: Vec<Refused>,
}

/// A place by its index in the target.
pub type Refused = (u32, Failure);

/// An options structure of libbpf with its size set.
macro_rules! opts {
    ($name:ident { $($field:ident: $value:expr),* $(,)? }) => {
        sys::$name { sz: size_of::<sys::$name>() as sys::size_t, $($field: $value,)* ..Default::default() }
    };
}

/// Attaches a loaded program.
///
/// # Safety
/// `program` must belong to a loaded object that stays open during the call.
pub unsafe fn attach(program: NonNull<sys::bpf_program>, target: &Target) -> Result<Attached> {
    if let Target::Each(each) = target {
        // SAFETY: as the caller promises.
        let (pieces, refused) = unsafe { each::attach(program, each) }?;
        return Ok(Attached { pieces: pieces.into_iter().map(Piece::Each).collect(), refused });
    }
    let program = program.as_ptr();
    if let Target::PerfEvent { spec, cookie } = target {
        let event = perf_event::open(*spec)?;
        let ours = event
            .try_clone()
            .map_err(|error| Failure::errno("attach", error.raw_os_error().unwrap_or(0)))?;
        let opts = opts!(bpf_perf_event_opts { bpf_cookie: *cookie });
        let fd = event.as_raw_fd();
        // SAFETY: the program is loaded and the options outlive the call. libbpf enables the event.
        let link = link(|| unsafe {
            sys::bpf_program__attach_perf_event_opts(program, fd, &raw const opts)
        })?;
        // libbpf's link closes it from now on.
        let _ = event.into_raw_fd();
        return Ok(Attached { pieces: vec![Piece::Event(link, ours)], refused: Vec::new() });
    }
    let resolved = match target {
        Target::UprobeMulti { path, places, .. } => match &places.at {
            At::Symbols(symbols) => {
                Some(target.with_places(At::Numbers(elf::offsets(path, symbols)?), &places.cookies))
            }
            _ => None,
        },
        _ => None,
    };
    let target = resolved.as_ref().unwrap_or(target);
    let mut attached = Attached { pieces: Vec::new(), refused: Vec::new() };
    // SAFETY: as the caller promises.
    let attach = |target: &Target| link(|| unsafe { attach_by_libbpf(program, target) });
    match target.places().filter(|places| places.partial) {
        Some(places) => {
            attach_part(target, places, 0..places.at.count(), &attach, &mut attached)?;
            if let ([], Some((_, first))) = (&attached.pieces[..], attached.refused.first()) {
                return Err(first.clone());
            }
        }
        None => {
            let link = attach(target).map_err(|failure| nowhere::explain(target, failure))?;
            attached.pieces.push(Piece::Link(link));
        }
    }
    Ok(attached)
}

/// All of these places by one link, or where the kernel refuses one of them, each half by itself.
fn attach_part(
    target: &Target,
    places: &Places,
    range: Range<usize>,
    attach: &impl Fn(&Target) -> Result<Link>,
    attached: &mut Attached,
) -> Result<()> {
    let cookies = places.cookies.get(range.clone()).unwrap_or_default();
    let part = target.with_places(places.at.part(range.clone()), cookies);
    let of_file = matches!(target, Target::UprobeMulti { .. });
    match attach(&part) {
        Ok(link) => attached.pieces.push(Piece::Link(link)),
        Err(failure) if !is_wrong_place(&failure, of_file) => return Err(failure),
        Err(failure) if range.len() == 1 => attached.refused.push((range.start as u32, failure)),
        Err(_) => {
            let middle = range.start + range.len() / 2;
            attach_part(target, places, range.start..middle, attach, attached)?;
            attach_part(target, places, middle..range.end, attach, attached)?;
        }
    }
    Ok(())
}

fn link(call: impl FnOnce() -> *mut sys::bpf_link) -> Result<Link> {
    let ((raw, errno), said) = print::listen(|| (call(), last_errno()));
    match NonNull::new(raw) {
        // SAFETY: libbpf just made this link and gave it to us.
        Some(raw) => Ok(unsafe { Link::from_ptr(raw) }),
        None => Err(Failure::errno("attach", errno).said(&said)),
    }
}

/// # Safety
/// `program` must be loaded; the target's strings and arrays outlive the call by borrowing.
unsafe fn attach_by_libbpf(program: *mut sys::bpf_program, target: &Target) -> *mut sys::bpf_link {
    // SAFETY: pointers into `target` and into options on this stack frame stay valid; libbpf
    // copies what it keeps. Empty arrays are passed as null.
    unsafe {
        match target {
            Target::PerfEvent { .. } | Target::Each(_) => unreachable!("attached by the caller"),
            Target::Section { cookie: 0 } => sys::bpf_program__attach(program),
            Target::Section { cookie } => {
                let opts = opts!(bpf_trace_opts { cookie: *cookie });
                sys::bpf_program__attach_trace_opts(program, &raw const opts)
            }
            Target::Tracepoint { category, name, cookie } => {
                let opts = opts!(bpf_tracepoint_opts { bpf_cookie: *cookie });
                sys::bpf_program__attach_tracepoint_opts(
                    program,
                    category.as_ptr(),
                    name.as_ptr(),
                    &raw const opts,
                )
            }
            Target::RawTracepoint { name, cookie } => {
                let mut opts = opts!(bpf_raw_tracepoint_opts { cookie: *cookie });
                sys::bpf_program__attach_raw_tracepoint_opts(program, name.as_ptr(), &raw mut opts)
            }
            Target::Kprobe { name, offset, retprobe, cookie } => {
                let opts = opts!(bpf_kprobe_opts {
                    bpf_cookie: *cookie,
                    offset: *offset as sys::size_t,
                    retprobe: *retprobe,
                });
                sys::bpf_program__attach_kprobe_opts(program, name.as_ptr(), &raw const opts)
            }
            Target::Uprobe { path, name, offset, pid, retprobe, cookie } => {
                let opts = opts!(bpf_uprobe_opts {
                    bpf_cookie: *cookie,
                    retprobe: *retprobe,
                    func_name: name.as_ref().map_or(null(), |name| name.as_ptr()),
                });
                sys::bpf_program__attach_uprobe_opts(
                    program,
                    *pid,
                    path.as_ptr(),
                    *offset as sys::size_t,
                    &raw const opts,
                )
            }
            Target::KprobeMulti { places, way } => {
                let list = List::of(places);
                let opts = opts!(bpf_kprobe_multi_opts {
                    syms: list.symbols(),
                    addrs: list.numbers,
                    cookies: list.cookies,
                    cnt: list.count as sys::size_t,
                    retprobe: *way == Way::Return,
                    session: *way == Way::Session,
                });
                sys::bpf_program__attach_kprobe_multi_opts(program, list.pattern, &raw const opts)
            }
            Target::UprobeMulti { path, pid, places, way } => {
                let list = List::of(places);
                let opts = opts!(bpf_uprobe_multi_opts {
                    syms: list.symbols(),
                    offsets: list.numbers,
                    cookies: list.cookies,
                    cnt: list.count as sys::size_t,
                    retprobe: *way == Way::Return,
                    session: *way == Way::Session,
                });
                sys::bpf_program__attach_uprobe_multi(
                    program,
                    *pid,
                    path.as_ptr(),
                    list.pattern,
                    &raw const opts,
                )
            }
        }
    }
}

/// Places in the form that libbpf takes: of pattern, symbols and numbers two are null.
struct List {
    pattern: *const c_char,
    names: Vec<*const c_char>,
    numbers: *const libc::c_ulong,
    cookies: *const u64,
    count: usize,
}

impl List {
    fn of(places: &Places) -> Self {
        let mut list =
            Self { pattern: null(), names: Vec::new(), numbers: null(), cookies: null(), count: 0 };
        match &places.at {
            At::Pattern(pattern) => list.pattern = pattern.as_ptr(),
            At::Symbols(symbols) => {
                list.names = symbols.iter().map(|symbol: &CString| symbol.as_ptr()).collect();
                list.count = symbols.len();
            }
            At::Numbers(numbers) => {
                list.numbers = numbers.as_ptr();
                list.count = numbers.len();
            }
        }
        if !places.cookies.is_empty() {
            list.cookies = places.cookies.as_ptr();
        }
        list
    }

    fn symbols(&self) -> *mut *const c_char {
        if self.names.is_empty() { std::ptr::null_mut() } else { self.names.as_ptr().cast_mut() }
    }
}
