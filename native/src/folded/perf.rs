//! Samples in the output of `perf script`, as far as inferno's collapser has to be told of them.

/// The output from its first sample on, none where there is no sample: inferno takes the first line for one. And how many
/// samples are of another event than the one that is asked for, or than the first.
pub fn samples<'a>(output: &'a [u8], event: Option<&str>) -> (&'a [u8], u32) {
    let mut wanted = event.map(str::as_bytes);
    let mut first = None;
    let mut others = 0;
    let mut at = 0;
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if let Some(event) = event_of(line.trim_ascii_end()) {
            first.get_or_insert(at);
            others += u32::from(*wanted.get_or_insert(event) != event);
        }
        at += line.len();
    }
    (&output[first.unwrap_or(output.len())..], others)
}

/// Of a sample's first line, `comm pid/tid [cpu] time: period event:`, where all but the thread's number and the colon
/// behind the time may be missing.
fn event_of(line: &[u8]) -> Option<&[u8]> {
    // Frames are indented by a tab, and comments begin with a hash.
    if matches!(line.first(), None | Some(b'\t' | b'#')) {
        return None;
    }
    let mut words = line.split(|byte| *byte == b' ');
    let mut end = words.next()?.len();
    for word in words {
        end += 1 + word.len();
        if word.is_empty() || !word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'/') {
            continue;
        }
        let event = line.get(end + 1..)?.split(|byte| *byte == b':').nth(1)?;
        return event.rsplit(|byte| *byte == b' ').next();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_behind_the_time() {
        for (line, event) in [
            ("java 25607 4794564.109216: cycles:", Some("cycles")),
            (
                "  V8 WorkerThread 24636/25607 [000] 94564.109216:    7 cpu-clock:pppH:",
                Some("cpu-clock"),
            ),
            ("false 64414 20110.53:  3 cycles:u:  ff [unknown] ([unknown])", Some("cycles")),
            ("dd 812/812 [001] 1.0:", Some("")),
            ("dd 812", None),
            ("\tff a 12 b:c:d (x)", None),
            ("# x 12 a:b:c", None),
            ("\x7fELF", None),
            ("", None),
        ] {
            assert_eq!(event_of(line.as_bytes()), event.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn samples_of_other_events_are_counted() {
        let output =
            b"\n# x\n\na 1 1.0: 5 cycles:\n\tff f (x)\n\nb 2 1.0: 5 faults:\n\tff f (x)\n\n";
        assert_eq!(samples(output, None), (&output[6..], 1));
        assert_eq!(samples(output, Some("faults")), (&output[6..], 1));
        assert_eq!(samples(output, Some("x")).1, 2);
        assert_eq!(samples(b"\nnothing 12\n", None), (&b""[..], 0));
    }
}
