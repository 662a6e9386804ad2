//! An attached program.

pub mod attach;
pub mod attach_target;
pub mod each;
pub mod nowhere;
pub mod perf_event;
pub mod target;
mod wrong_place;

use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use libbpf_sys as sys;
use napi::Either;
use napi::bindgen_prelude::Null;
use napi_derive::napi;

use crate::link::attach::{Attached, Piece, Refused};
use crate::link::perf_event::Reading;
use crate::object::shared::Shared;
use crate::work::{Promise, promise};

#[napi(object, object_from_js = false)]
pub struct LinkInfo {
    pub kind: String,
    pub missed: Either<f64, Null>,
    pub count: Option<f64>,
    pub enabled_ns: Option<f64>,
    pub running_ns: Option<f64>,
    pub copies: Option<Copies>,
    pub refused: Option<Vec<RefusedPlace>>,
}

#[napi(object, object_from_js = false)]
pub struct Copies {
    pub run_count: f64,
    pub run_time_ns: f64,
}

#[napi(object, object_from_js = false)]
pub struct RefusedPlace {
    pub index: u32,
    pub code: String,
    pub detail: Option<String>,
}

/// The figures of a link in our own terms.
#[derive(Clone, Copy, Default)]
struct Figures {
    missed: Option<u64>,
    reading: Option<Reading>,
    copies: Option<each::Runs>,
}

/// What holds a program attached. libbpf's links do not refer to their object once they exist,
/// so they may outlive it.
pub struct Attachment {
    kind: String,
    refused: Vec<Refused>,
    state: Mutex<State>,
}

enum State {
    Attached(Vec<Piece>),
    Detached(Figures),
}

impl Attachment {
    pub fn new(kind: &str, Attached { pieces, refused }: Attached) -> Self {
        Self { kind: kind.to_string(), refused, state: Mutex::new(State::Attached(pieces)) }
    }

    fn refused(&self) -> Option<Vec<RefusedPlace>> {
        let place = |(index, failure): &Refused| RefusedPlace {
            index: *index,
            code: failure.code.clone(),
            detail: failure.detail.clone(),
        };
        (!self.refused.is_empty()).then(|| self.refused.iter().map(place).collect())
    }

    pub fn is_detached(&self) -> bool {
        matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Detached(_))
    }

    fn figures(&self) -> Figures {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Attached(pieces) => figures(pieces),
            State::Detached(figures) => *figures,
        }
    }

    /// Detaches, keeping the last figures. Does nothing the second time.
    pub fn detach(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State::Attached(pieces) = &mut *state else { return };
        let pieces = std::mem::take(pieces);
        for piece in &pieces {
            if let Piece::Event(_, event) = piece {
                perf_event::disable(event);
            }
        }
        *state = State::Detached(figures(&pieces));
        let (mut links, mut each) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Each(one) => each.push(one),
                other => links.push(other),
            }
        }
        each::detach(each);
    }
}

/// Added up over the pieces; None where one of them cannot tell.
fn figures(pieces: &[Piece]) -> Figures {
    let mut sum = Figures { missed: Some(0), ..Figures::default() };
    for piece in pieces {
        let (missed, reading) = match piece {
            Piece::Link(link) => (missed(link.as_fd().as_raw_fd()), None),
            Piece::Event(link, event) => {
                (missed(link.as_fd().as_raw_fd()), perf_event::read(event))
            }
            Piece::Each(each::Piece { link, copy, .. }) => {
                let mut unseen = link.as_ref().and_then(|link| missed(link.as_raw_fd()));
                if let Some(copy) = copy {
                    let runs = each::runs(copy);
                    let copies = sum.copies.get_or_insert_default();
                    copies.count += runs.count;
                    copies.time_ns += runs.time_ns;
                    unseen = unseen.zip(runs.misses).map(|(a, b)| a + b);
                }
                (unseen, None)
            }
        };
        sum.missed = sum.missed.zip(missed).map(|(a, b)| a + b);
        sum.reading = reading;
    }
    sum
}

/// One attached program. Closed with its object at the latest.
#[napi]
pub struct Link {
    attachment: Arc<Attachment>,
    _object: Arc<Shared>,
}

impl Link {
    pub fn new(attachment: Arc<Attachment>, object: Arc<Shared>) -> Self {
        Self { attachment, _object: object }
    }
}

#[napi]
impl Link {
    /// The figures now, or once closed those of the moment of detach.
    #[napi(catch_unwind)]
    pub fn info(&self) -> LinkInfo {
        let figures = self.attachment.figures();
        let number = |get: fn(Reading) -> u64| figures.reading.map(|r| get(r) as f64);
        LinkInfo {
            kind: self.attachment.kind.clone(),
            missed: match figures.missed {
                Some(missed) => Either::A(missed as f64),
                None => Either::B(Null),
            },
            count: number(|r| r.count),
            enabled_ns: number(|r| r.enabled_ns),
            running_ns: number(|r| r.running_ns),
            copies: figures.copies.map(|runs| Copies {
                run_count: runs.count as f64,
                run_time_ns: runs.time_ns as f64,
            }),
            refused: self.attachment.refused(),
        }
    }

    /// Detaches; a second call does nothing.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise<()> {
        let attachment = Arc::clone(&self.attachment);
        promise(move || {
            attachment.detach();
            Ok(())
        })
    }
}

/// How often the kernel did not run the program and did not count that in the program's own recursion misses; None
/// where it cannot tell.
fn missed(link: RawFd) -> Option<u64> {
    let mut info = sys::bpf_link_info::default();
    let mut length = size_of::<sys::bpf_link_info>() as u32;
    // SAFETY: info is a plain structure of the length given; the kernel fills what it knows.
    let failed = unsafe { sys::bpf_link_get_info_by_fd(link, &raw mut info, &raw mut length) } != 0;
    if failed {
        return None;
    }
    // 6.7 began to count what probes and tracepoints miss, kprobes' in the link and all in the program (dd865789b2b6).
    // A kprobe_multi's count lies inside what older kernels already return as zeros: only the kprobe's end tells.
    let end = offset_of!(sys::bpf_link_info, __bindgen_anon_1)
        + offset_of!(sys::bpf_link_info__bindgen_ty_1__bindgen_ty_11, __bindgen_anon_1)
        + offset_of!(
            sys::bpf_link_info__bindgen_ty_1__bindgen_ty_11__bindgen_ty_1__bindgen_ty_2,
            missed
        )
        + size_of::<u64>();
    let counts = length as usize >= end;
    // SAFETY: the type says which arm of the union the kernel filled; all are plain numbers.
    unsafe {
        let detail = &info.__bindgen_anon_1;
        match info.type_ {
            sys::BPF_LINK_TYPE_KPROBE_MULTI => counts.then_some(detail.kprobe_multi.missed),
            sys::BPF_LINK_TYPE_PERF_EVENT => match detail.perf_event.type_ {
                sys::BPF_PERF_EVENT_KPROBE | sys::BPF_PERF_EVENT_KRETPROBE => {
                    counts.then_some(detail.perf_event.__bindgen_anon_1.kprobe.missed)
                }
                sys::BPF_PERF_EVENT_UPROBE
                | sys::BPF_PERF_EVENT_URETPROBE
                | sys::BPF_PERF_EVENT_TRACEPOINT => counts.then_some(0),
                // What a sampling event misses is counted nowhere.
                _ => None,
            },
            // These run through trampolines and raw tracepoints, whose misses are the program's.
            _ => Some(0),
        }
    }
}
