//! One program attached to many functions, where the kernel has no link that takes them all.

use std::ffi::CStr;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

use libbpf_sys as sys;

use crate::error::{Failure, Result};
use crate::kernel::types;
use crate::link::perf_event;
use crate::link::target::{At, Each, Hook};
use crate::link::wrong_place::is_wrong_place;

/// What an instruction of the program loads, in place of which each copy loads its cookie: "probekit".
const COOKIE: u64 = 0x7072_6f62_656b_6974;
/// linux/perf_event.h: attaches a program to an event.
const IOC_SET_BPF: libc::c_ulong = 0x4004_2408;
const LOAD_WIDE: u8 = 0x18;

/// One function's link. Dropping it detaches; the kernel waits for the program then.
pub struct Piece {
    /// None: the kernel has no links for perf events, before 5.15.
    pub link: Option<OwnedFd>,
    _event: Option<OwnedFd>,
    /// A copy of the program that is this function's own.
    pub copy: Option<OwnedFd>,
}

/// What was attached, and the places of what could not be, with the errors.
pub type Attached = (Vec<Piece>, Vec<(u32, Failure)>);

/// A failure only where nothing at all could be attached, or where nothing may be left out.
///
/// # Safety
/// `program` must belong to a loaded object that stays open during the call.
pub unsafe fn attach(program: NonNull<sys::bpf_program>, each: &Each) -> Result<Attached> {
    // SAFETY: as the caller promises.
    let original = unsafe { Original::of(program) }?;
    let of_file = each.hook == Hook::Uprobe;
    let by_link = each.hook != Hook::Fentry && cookies_in_links();
    let (mut pieces, mut refused) = (Vec::new(), Vec::new());
    for i in 0..each.at.count() {
        let cookie = each.cookies.get(i).copied();
        match attach_one(&original, each, i, cookie, by_link) {
            Ok(piece) => pieces.push(piece),
            Err(failure) if each.partial && is_wrong_place(&failure, of_file) => {
                refused.push((i as u32, failure))
            }
            Err(failure) => return Err(failure),
        }
    }
    if each.hook == Hook::Fentry {
        types::forget();
    }
    match refused.first() {
        Some((_, failure)) if pieces.is_empty() => Err(failure.clone()),
        _ => Ok((pieces, refused)),
    }
}

fn attach_one(
    original: &Original,
    each: &Each,
    i: usize,
    cookie: Option<u64>,
    by_link: bool,
) -> Result<Piece> {
    if each.hook == Hook::Fentry {
        let At::Symbols(names) = &each.at else { return Err(Failure::last("attach")) };
        let id = types::attach_id(original.attach_type, &names[i])?;
        let copy = original.copy(cookie.unwrap_or(0), id)?;
        // SAFETY: without a name it attaches where the program was loaded for.
        let link =
            owned(unsafe { sys::bpf_raw_tracepoint_open(std::ptr::null(), copy.as_raw_fd()) })?;
        return Ok(Piece { link: Some(link), _event: None, copy: Some(copy) });
    }
    let event = event(each, i)?;
    let copy = match cookie {
        Some(cookie) if !by_link => Some(original.copy(cookie, 0)?),
        _ => None,
    };
    let fd = copy.as_ref().map_or(original.fd, AsRawFd::as_raw_fd);
    if !by_link {
        // SAFETY: both descriptors are open.
        if unsafe { libc::ioctl(event.as_raw_fd(), IOC_SET_BPF, fd) } != 0 {
            return Err(Failure::last("attach"));
        }
        return Ok(Piece { link: None, _event: Some(event), copy });
    }
    let mut opts = sys::bpf_link_create_opts {
        sz: size_of::<sys::bpf_link_create_opts>() as sys::size_t,
        ..Default::default()
    };
    opts.__bindgen_anon_1.perf_event.bpf_cookie = cookie.unwrap_or(0);
    // SAFETY: the options outlive the call.
    let link = owned(unsafe {
        sys::bpf_link_create(fd, event.as_raw_fd(), sys::BPF_PERF_EVENT, &raw const opts)
    })?;
    Ok(Piece { link: Some(link), _event: Some(event), copy })
}

/// The perf event of one probe, as perf_event_open(2) describes them.
fn event(each: &Each, i: usize) -> Result<OwnedFd> {
    let is_kernel = each.hook == Hook::Kprobe;
    let source = perf_event::source(if is_kernel { "kprobe" } else { "uprobe" })?;
    let mut attr = sys::perf_event_attr {
        type_: source,
        size: size_of::<sys::perf_event_attr>() as u32,
        // Bit 0 of either kind: format/retprobe.
        config: u64::from(each.retprobe),
        ..Default::default()
    };
    match (&each.at, &each.path) {
        (At::Symbols(names), None) => {
            attr.__bindgen_anon_3.kprobe_func = names[i].as_ptr() as u64;
        }
        (At::Numbers(addresses), None) => attr.__bindgen_anon_4.kprobe_addr = addresses[i],
        (At::Numbers(offsets), Some(path)) => {
            attr.__bindgen_anon_3.uprobe_path = path.as_ptr() as u64;
            attr.__bindgen_anon_4.probe_offset = offsets[i];
        }
        _ => return Err(Failure::invalid("attach", "a uprobe takes offsets")),
    }
    let cpu = if each.pid == -1 { 0 } else { -1 };
    perf_event::open_raw(&attr, each.pid, cpu)
        .map_err(|failure| Failure { op: "attach", ..failure })
}

/// A program of a loaded object, and what another load of it takes.
struct Original<'a> {
    fd: i32,
    kind: u32,
    attach_type: u32,
    name: &'a CStr,
    instructions: &'a [sys::bpf_insn],
}

impl Original<'_> {
    /// # Safety
    /// `program` must belong to a loaded object that stays open while this lives.
    unsafe fn of(program: NonNull<sys::bpf_program>) -> Result<Self> {
        let program = program.as_ptr();
        // SAFETY: as the caller promises; after load libbpf keeps the instructions that it loaded.
        unsafe {
            let fd = sys::bpf_program__fd(program);
            if fd < 0 {
                return Err(Failure::errno("attach", fd));
            }
            let count = sys::bpf_program__insn_cnt(program) as usize;
            Ok(Self {
                fd,
                kind: sys::bpf_program__type(program),
                attach_type: sys::bpf_program__expected_attach_type(program),
                name: CStr::from_ptr(sys::bpf_program__name(program)),
                instructions: std::slice::from_raw_parts(sys::bpf_program__insns(program), count),
            })
        }
    }

    fn copy(&self, cookie: u64, btf_id: u32) -> Result<OwnedFd> {
        let instructions = with_cookie(self.instructions, cookie);
        let mut opts = sys::bpf_prog_load_opts {
            sz: size_of::<sys::bpf_prog_load_opts>() as sys::size_t,
            expected_attach_type: self.attach_type,
            attach_btf_id: btf_id,
            ..Default::default()
        };
        // SAFETY: all pointers outlive the call; the maps that the instructions name are the object's.
        owned(unsafe {
            sys::bpf_prog_load(
                self.kind,
                self.name.as_ptr(),
                c"Dual BSD/GPL".as_ptr(),
                instructions.as_ptr(),
                instructions.len() as sys::size_t,
                &raw mut opts,
            )
        })
    }
}

fn with_cookie(instructions: &[sys::bpf_insn], cookie: u64) -> Vec<sys::bpf_insn> {
    let mut copy = instructions.to_vec();
    for i in 1..copy.len() {
        let (low, high) = (copy[i - 1], copy[i]);
        let loaded = u64::from(low.imm as u32) | u64::from(high.imm as u32) << 32;
        if low.code == LOAD_WIDE && low.src_reg() == 0 && loaded == COOKIE {
            copy[i - 1].imm = cookie as u32 as i32;
            copy[i].imm = (cookie >> 32) as i32;
        }
    }
    copy
}

/// Whether a program can ask for the cookie of its perf event, from 5.15 on.
fn cookies_in_links() -> bool {
    // SAFETY: takes numbers; loads a program that does nothing.
    unsafe {
        sys::libbpf_probe_bpf_helper(
            sys::BPF_PROG_TYPE_KPROBE,
            sys::BPF_FUNC_get_attach_cookie,
            std::ptr::null(),
        ) == 1
    }
}

fn owned(fd: i32) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(Failure::errno("attach", fd));
    }
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Runs and misses of a copy.
#[derive(Clone, Copy, Default)]
pub struct Runs {
    pub count: u64,
    pub time_ns: u64,
    pub misses: Option<u64>,
}

pub fn runs(copy: &OwnedFd) -> Runs {
    let mut info = sys::bpf_prog_info::default();
    let mut length = size_of::<sys::bpf_prog_info>() as u32;
    // SAFETY: info is a plain structure of the length given; its zeros ask for no arrays.
    let failed =
        unsafe { sys::bpf_prog_get_info_by_fd(copy.as_raw_fd(), &raw mut info, &raw mut length) }
            != 0;
    let counts = offset_of!(sys::bpf_prog_info, recursion_misses) + size_of::<u64>();
    Runs {
        count: info.run_cnt,
        time_ns: info.run_time_ns,
        misses: (!failed && length as usize >= counts).then_some(info.recursion_misses),
    }
}

/// Detaches them side by side: for each the kernel waits a grace period.
pub fn detach(pieces: Vec<Piece>) {
    const AT_ONCE: usize = 16;
    let share = pieces.len().div_ceil(AT_ONCE).max(1);
    let mut pieces = pieces.into_iter();
    std::thread::scope(|scope| {
        loop {
            let some: Vec<Piece> = pieces.by_ref().take(share).collect();
            if some.is_empty() {
                return;
            }
            // A thread that cannot be made leaves its share to this one.
            let _ = std::thread::Builder::new().spawn_scoped(scope, move || drop(some));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(code: u8, value: u64) -> [sys::bpf_insn; 2] {
        let low = sys::bpf_insn { code, imm: value as u32 as i32, ..Default::default() };
        [low, sys::bpf_insn { imm: (value >> 32) as i32, ..Default::default() }]
    }

    #[test]
    fn a_copy_loads_its_cookie_and_is_else_the_same() {
        let program =
            [wide(LOAD_WIDE, COOKIE), wide(LOAD_WIDE, COOKIE + 1), wide(0xb7, COOKIE)].concat();
        let copy = with_cookie(&program, 0x1_0000_0007);
        assert_eq!((copy[0].imm, copy[1].imm), (7, 1));
        for i in 2..6 {
            assert_eq!((copy[i].code, copy[i].imm), (program[i].code, program[i].imm));
        }
    }
}
