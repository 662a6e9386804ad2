//! Folded stacks: lines of `frame;frame;frame count`.

use napi_derive::napi;

use crate::escape::visible;

#[napi(object, object_from_js = false)]
#[derive(Debug, PartialEq)]
pub struct Malformed {
    pub line: u32,
    pub text: String,
}

/// What was read, in the form that inferno takes.
#[derive(Debug, Default)]
pub struct Folded {
    pub lines: Vec<String>,
    /// The sum of all counts as they were written.
    pub total: f64,
    /// The sum of the counts in `lines`.
    pub sum: u128,
    /// What the counts in `lines` were multiplied by to make them whole.
    pub scale: u64,
    pub malformed: Vec<Malformed>,
    pub malformed_count: u32,
}

const NAMED: usize = 10;
const LONGEST: usize = 80;
/// Six decimals of a fraction are kept.
pub const DECIMALS: usize = 6;
/// Above this a count is no exact number in JavaScript.
const LARGEST: f64 = 9_007_199_254_740_992.0;

impl Folded {
    pub fn read(bytes: &[u8]) -> Self {
        let mut folded = Self::default();
        let mut counts = Vec::new();
        let mut decimals = 0;
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let text = String::from_utf8_lossy(line);
            match parse(&text) {
                Some((frames, count)) => {
                    decimals =
                        decimals.max(count.split_once('.').map_or(0, |(_, part)| part.len()));
                    folded.total += count.parse().unwrap_or(0.0);
                    counts.push(count.to_string());
                    folded.lines.push(harmless(frames));
                }
                None => folded.refuse(index, &text),
            }
        }
        let decimals = decimals.min(DECIMALS);
        folded.scale = 10u64.pow(decimals as u32);
        for (line, count) in folded.lines.iter_mut().zip(counts) {
            let count = whole(&count, decimals);
            line.push(' ');
            line.push_str(&count);
            folded.sum += count.parse::<u128>().unwrap_or(0);
        }
        folded
    }

    fn refuse(&mut self, index: usize, text: &str) {
        self.malformed_count += 1;
        if self.malformed.len() < NAMED {
            let text: String = text.chars().take(LONGEST).collect();
            self.malformed
                .push(Malformed { line: index as u32 + 1, text: visible(&text).into_owned() });
        }
    }
}

/// Frames and count of a line: a count is digits, with or without a fraction.
fn parse(line: &str) -> Option<(&str, &str)> {
    let (frames, count) = line.rsplit_once(' ')?;
    let (units, part) = count.split_once('.').unwrap_or((count, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exact = digits(units) && digits(part) && count.parse::<f64>().ok()? < LARGEST;
    (exact && !frames.trim().is_empty()).then_some((frames.trim(), count))
}

/// The digits of a count with its point moved `decimals` places; further ones are cut off.
fn whole(count: &str, decimals: usize) -> String {
    let (units, part) = count.split_once('.').unwrap_or((count, ""));
    let part = &part[..part.len().min(decimals)];
    format!("{units}{part}{}", "0".repeat(decimals - part.len()))
}

/// Frames that inferno cannot take for something else: it skips lines that begin with `# `, and
/// reads a number behind a space at the end of the frames as the count before a difference.
fn harmless(frames: &str) -> String {
    const SPACE: &str = "\u{a0}";
    let mut frames = visible(frames).into_owned();
    if frames.starts_with("# ") {
        frames.replace_range(1..2, SPACE);
    }
    if let Some(space) = frames.rfind(' ')
        && frames[space + 1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        frames.replace_range(space..=space, SPACE);
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lines_and_numbers_the_malformed_ones() {
        let folded = Folded::read(b"a;b 3\n\n  \r\nno count\na;c 2\r\n;x -1\n 7\na nan\na 1e3\n");
        assert_eq!(folded.lines, ["a;b 3", "a;c 2"]);
        assert_eq!((folded.total, folded.scale), (5.0, 1));
        assert_eq!(folded.malformed_count, 5);
        assert_eq!(folded.malformed[0], Malformed { line: 4, text: "no count".into() });
        assert_eq!(folded.malformed[1].line, 6);
    }

    #[test]
    fn names_ten_malformed_lines_and_counts_all() {
        let mut text = "x".repeat(200);
        text.push_str("\u{1b}\n");
        let folded = Folded::read(text.repeat(25).as_bytes());
        assert_eq!((folded.malformed.len(), folded.malformed_count), (10, 25));
        assert_eq!(folded.malformed[9].text.len(), 80);
    }

    #[test]
    fn fractions_become_whole_numbers_of_a_smaller_unit() {
        let folded = Folded::read(b"a 1.5\nb 2\nc 0.25\nd 0.12345678\n");
        assert_eq!(folded.scale, 1_000_000);
        assert_eq!(folded.lines, ["a 1500000", "b 2000000", "c 0250000", "d 0123456"]);
    }

    #[test]
    fn frames_that_look_like_something_else_stay_frames() {
        let folded = Folded::read(b"# title 4\nworker 3 5\n\xff\x1b[m;x 1\n");
        assert_eq!(folded.malformed_count, 0);
        assert_eq!(folded.lines, ["#\u{a0}title 4", "worker\u{a0}3 5", "\u{fffd}\\x1b[m;x 1"]);
    }
}
