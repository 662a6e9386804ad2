//! Sampling events, opened by system call and read back when they end.

use std::fs::{self, File};
use std::io::Read;
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use libbpf_sys as sys;

use crate::error::{Failure, Result};

const PERF_TYPE_HARDWARE: u32 = 0;
const PERF_COUNT_HW_CPU_CYCLES: u64 = 0;
const IOC_DISABLE: libc::c_ulong = 0x2401;

/// What to open; a pid or cpu of -1 is any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    pub cycles: bool,
    pub rate: Rate,
    pub pid: i32,
    pub cpu: i32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    Frequency(u64),
    Period(u64),
}

/// The figures of an event: its count (nanoseconds for cpu-clock), and for how long it was
/// enabled and really counting, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    pub count: u64,
    pub enabled_ns: u64,
    pub running_ns: u64,
}

/// Opens the event disabled. In frequency mode the kernel turns the frequency of cpu-clock into
/// a fixed period, and refuses one above kernel.perf_event_max_sample_rate with EINVAL.
pub fn open(spec: Spec) -> Result<OwnedFd> {
    let mut attr = sys::perf_event_attr {
        size: size_of::<sys::perf_event_attr>() as u32,
        ..Default::default()
    };
    if spec.cycles {
        attr.type_ = PERF_TYPE_HARDWARE;
        attr.config = PERF_COUNT_HW_CPU_CYCLES;
    } else {
        attr.type_ = sys::PERF_TYPE_SOFTWARE;
        attr.config = u64::from(sys::PERF_COUNT_SW_CPU_CLOCK);
    }
    match spec.rate {
        Rate::Frequency(hertz) => {
            attr.__bindgen_anon_1.sample_freq = hertz;
            attr.set_freq(1);
        }
        Rate::Period(period) => attr.__bindgen_anon_1.sample_period = period,
    }
    attr.set_disabled(1);
    attr.read_format =
        u64::from(sys::PERF_FORMAT_TOTAL_TIME_ENABLED | sys::PERF_FORMAT_TOTAL_TIME_RUNNING);
    open_raw(&attr, spec.pid, spec.cpu)
}

/// The system call; the descriptor is closed on exec.
pub fn open_raw(attr: &sys::perf_event_attr, pid: i32, cpu: i32) -> Result<OwnedFd> {
    // SAFETY: the attribute outlives the call, and its size field is true.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            std::ptr::from_ref(attr),
            pid,
            cpu,
            -1,
            libc::c_ulong::from(sys::PERF_FLAG_FD_CLOEXEC),
        )
    };
    if fd < 0 {
        return Err(Failure::last("perf_event_open"));
    }
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// The number of a kind of perf event. ENODEV: this kernel has no such kind.
pub fn source(name: &str) -> Result<u32> {
    const SOURCES: &str = "/sys/bus/event_source/devices";
    if !Path::new(SOURCES).exists() {
        return Err(Failure::new("probe", "ENXIO").detail("sysfs is not mounted on /sys"));
    }
    let path = format!("{SOURCES}/{name}/type");
    let number = fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| {
        Failure::new("probe", "ENODEV").detail(format!("this kernel has no {name}s"))
    })
}

pub fn disable(fd: &OwnedFd) {
    // SAFETY: a plain ioctl on a descriptor that we own; failure leaves the event counting.
    unsafe { libc::ioctl(fd.as_raw_fd(), IOC_DISABLE, 0) };
}

/// The figures at this moment; None when the event has none to give.
pub fn read(fd: &OwnedFd) -> Option<Reading> {
    let mut file = File::from(fd.try_clone().ok()?);
    let mut words = [0u8; 24];
    file.read_exact(&mut words).ok()?;
    let word = |i: usize| u64::from_ne_bytes(words[i * 8..][..8].try_into().expect("8 bytes"));
    Some(Reading { count: word(0), enabled_ns: word(1), running_ns: word(2) })
}
