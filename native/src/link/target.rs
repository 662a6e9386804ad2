//! Where to attach, checked and owned.

use std::ffi::CString;
use std::ops::Range;

use crate::link::perf_event::Spec;

/// A checked target that can move to another thread.
#[derive(Debug, PartialEq)]
pub enum Target {
    Section {
        cookie: u64,
    },
    PerfEvent {
        spec: Spec,
        cookie: u64,
    },
    Tracepoint {
        category: CString,
        name: CString,
        cookie: u64,
    },
    RawTracepoint {
        name: CString,
        cookie: u64,
    },
    Kprobe {
        name: CString,
        offset: u64,
        retprobe: bool,
        cookie: u64,
    },
    KprobeMulti {
        places: Places,
        way: Way,
    },
    Uprobe {
        path: CString,
        name: Option<CString>,
        offset: u64,
        pid: i32,
        retprobe: bool,
        cookie: u64,
    },
    UprobeMulti {
        path: CString,
        pid: i32,
        places: Places,
        way: Way,
    },
    Each(Each),
}

/// Many functions with a link each.
#[derive(Debug, PartialEq)]
pub struct Each {
    pub hook: Hook,
    pub retprobe: bool,
    pub at: At,
    pub cookies: Vec<u64>,
    /// Of uprobes.
    pub path: Option<CString>,
    pub pid: i32,
    pub partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hook {
    Fentry,
    Kprobe,
    Uprobe,
}

/// The functions of a multi-probe, with a cookie each or none at all.
#[derive(Debug, PartialEq)]
pub struct Places {
    pub at: At,
    pub cookies: Vec<u64>,
    /// What the kernel refuses is left out.
    pub partial: bool,
}

#[derive(Debug, PartialEq)]
pub enum At {
    Pattern(CString),
    Symbols(Vec<CString>),
    /// Kernel addresses, or file offsets for user space.
    Numbers(Vec<u64>),
}

impl At {
    pub fn part(&self, range: Range<usize>) -> Self {
        match self {
            Self::Pattern(pattern) => Self::Pattern(pattern.clone()),
            Self::Symbols(symbols) => Self::Symbols(symbols[range].to_vec()),
            Self::Numbers(numbers) => Self::Numbers(numbers[range].to_vec()),
        }
    }

    /// How many places are named one by one.
    pub fn count(&self) -> usize {
        match self {
            Self::Pattern(_) => 0,
            Self::Symbols(symbols) => symbols.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Entry,
    Return,
    Session,
}

impl Target {
    /// Of a multi-probe.
    pub fn places(&self) -> Option<&Places> {
        match self {
            Self::KprobeMulti { places, .. } | Self::UprobeMulti { places, .. } => Some(places),
            _ => None,
        }
    }

    /// The same multi-probe elsewhere.
    pub fn with_places(&self, at: At, cookies: &[u64]) -> Self {
        let partial = self.places().is_some_and(|places| places.partial);
        let places = Places { at, cookies: cookies.to_vec(), partial };
        match self {
            Self::UprobeMulti { path, pid, way, .. } => {
                Self::UprobeMulti { path: path.clone(), pid: *pid, places, way: *way }
            }
            Self::KprobeMulti { way, .. } => Self::KprobeMulti { places, way: *way },
            _ => unreachable!("only multi-probes have places"),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Section { .. } => "section",
            Self::PerfEvent { .. } => "perf_event",
            Self::Tracepoint { .. } => "tracepoint",
            Self::RawTracepoint { .. } => "raw_tracepoint",
            Self::Kprobe { .. } => "kprobe",
            Self::KprobeMulti { .. } => "kprobe_multi",
            Self::Uprobe { .. } => "uprobe",
            Self::UprobeMulti { .. } => "uprobe_multi",
            Self::Each(each) => match each.hook {
                Hook::Fentry => "fentry",
                Hook::Kprobe => "kprobe",
                Hook::Uprobe => "uprobe",
            },
        }
    }
}
