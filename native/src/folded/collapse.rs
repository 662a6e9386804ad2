//! What other profilers print, as folded stacks.

use inferno::collapse::{Collapse, dtrace, perf as inferno_perf};
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use super::{bpftrace, perf};
use crate::error::{Failure, Result};
use crate::work::{Promise, promise};

const OP: &str = "collapse";

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct CollapseOptions {
    pub from: String,
    pub ids: Option<bool>,
    pub event: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct Collapsed {
    pub folded: Buffer,
    /// Of bpftrace entries that have no plain count, of perf samples of other events.
    pub left_out: u32,
}

/// Folded stacks of what `perf script`, bpftrace or DTrace printed.
#[napi]
pub fn collapse(output: Buffer, options: CollapseOptions) -> Promise<Collapsed> {
    promise(move || {
        let (folded, left_out) = fold(&output, options)?;
        Ok(Collapsed { folded: folded.into(), left_out })
    })
}

fn fold(output: &[u8], options: CollapseOptions) -> Result<(Vec<u8>, u32)> {
    let mut folded = Vec::new();
    match options.from.as_str() {
        "perf" => {
            let (samples, others) = perf::samples(output, options.event.as_deref());
            let mut perf = inferno_perf::Options::default();
            perf.annotate_kernel = true;
            perf.annotate_jit = true;
            perf.include_pid = options.ids.unwrap_or(false);
            perf.include_tid = perf.include_pid;
            perf.event_filter = options.event;
            run(inferno_perf::Folder::from(perf), samples, &mut folded)?;
            return Ok((folded, others));
        }
        "dtrace" => run(dtrace::Folder::default(), output, &mut folded)?,
        "bpftrace" => {
            let (text, left_out) = bpftrace::fold(&String::from_utf8_lossy(output));
            return Ok((text.into_bytes(), left_out));
        }
        _ => return Err(Failure::invalid(OP, "from must be perf, bpftrace or dtrace")),
    }
    Ok((folded, 0))
}

fn run(mut folder: impl Collapse, output: &[u8], folded: &mut Vec<u8>) -> Result<()> {
    folder
        .collapse(output, folded)
        .map_err(|error| Failure::new(OP, "EBADMSG").detail(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(from: &str, output: &str, ids: bool) -> String {
        let options = CollapseOptions { from: from.into(), ids: Some(ids), event: None };
        String::from_utf8(fold(output.as_bytes(), options).unwrap().0).unwrap()
    }

    const PERF: &str = "dd 812/815 [001] 1.000001: 1000 cpu-clock:\n\
        \tffffffff81000010 vfs_read+0x10 ([kernel.kallsyms])\n\
        \t    7f0000001000 work+0x1 (/usr/bin/dd)\n\
        \t    7f0000002000 jitted+0x1 (/tmp/perf-812.map)\n\n";

    #[test]
    fn perf_frames_are_annotated_and_threads_named_where_asked() {
        assert_eq!(folded("perf", PERF, false), "dd;jitted_[j];work;vfs_read_[k] 1000\n");
        assert_eq!(folded("perf", PERF, true), "dd-812/815;jitted_[j];work;vfs_read_[k] 1000\n");
    }

    #[test]
    fn what_stands_before_the_first_sample_is_no_defect() {
        let wanted = "dd;jitted_[j];work;vfs_read_[k] 1000\n";
        for before in ["\n\n", "# a header\n\n", "a warning\n\n\tff f (x)\n"] {
            assert_eq!(folded("perf", &format!("{before}{PERF}"), false), wanted);
        }
        for output in ["", "\n", "nothing\n\n", "\x7fELF\n\n1 2:\n"] {
            assert_eq!(folded("perf", output, false), "");
        }
    }

    #[test]
    fn dtrace_and_bpftrace_are_read_too() {
        let dtrace = "CPU     ID                    FUNCTION:NAME\n  0  1 :tick-60s\n\n\
            \n              unix`read+0x1\n              unix`main+0x2\n                5\n";
        assert_eq!(folded("dtrace", dtrace, false), "unix`main;unix`read 5\n");
        assert_eq!(folded("bpftrace", "@[\n    f+1\n, dd]: 2\n", false), "dd;f 2\n");
        let options = CollapseOptions { from: "x".into(), ..CollapseOptions::default() };
        assert_eq!(fold(b"", options).unwrap_err().code, "EINVAL");
    }
}
