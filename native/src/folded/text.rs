//! A text of folded stacks, in pieces that end anywhere.

use memchr::memchr;
use napi_derive::napi;

use super::line::Line;
use super::stacks::Stacks;
use crate::escape::visible;

#[napi(object, object_from_js = false)]
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    pub line: u32,
    pub text: String,
}

/// Lines that are no stack: the first of them, and how many.
#[napi(object, object_from_js = false)]
#[derive(Debug, Default)]
pub struct LeftOut {
    pub malformed: Vec<Malformed>,
    pub malformed_count: u32,
}

const NAMED: usize = 10;
const LONGEST: usize = 80;

#[derive(Debug, Default)]
pub struct Text {
    two_counts: bool,
    /// The start of a line whose end is still to come.
    begun: Vec<u8>,
    line: u32,
    left_out: LeftOut,
}

impl Text {
    pub fn new(two_counts: bool) -> Self {
        Self { two_counts, ..Self::default() }
    }

    pub fn read(&mut self, mut bytes: &[u8], side: usize, stacks: &mut Stacks) {
        if !self.begun.is_empty()
            && let Some(end) = memchr(b'\n', bytes)
        {
            let mut line = std::mem::take(&mut self.begun);
            line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.line(&line, side, stacks);
        }
        while let Some(end) = memchr(b'\n', bytes) {
            self.line(&bytes[..end], side, stacks);
            bytes = &bytes[end + 1..];
        }
        self.begun.extend_from_slice(bytes);
    }

    /// There is no more of it: what it was beside stacks. Another one may follow.
    pub fn end(&mut self, side: usize, stacks: &mut Stacks) -> LeftOut {
        let last = std::mem::take(&mut self.begun);
        self.line(&last, side, stacks);
        self.line = 0;
        std::mem::take(&mut self.left_out)
    }

    fn line(&mut self, line: &[u8], side: usize, stacks: &mut Stacks) {
        self.line += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        match Line::parse(line, self.two_counts) {
            Some(Line { frames, count, before: None }) => stacks.add(frames, side, count),
            Some(Line { frames, count, before: Some(before) }) => {
                stacks.add_both(frames, count, before);
            }
            None => self.leave_out(line),
        }
    }

    fn leave_out(&mut self, line: &[u8]) {
        let LeftOut { malformed, malformed_count } = &mut self.left_out;
        *malformed_count += 1;
        if malformed.len() < NAMED {
            let text = String::from_utf8_lossy(&line[..line.len().min(LONGEST * 4)]);
            let text: String = text.chars().take(LONGEST).collect();
            malformed.push(Malformed { line: self.line, text: visible(&text).into_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folded::stacks::{AFTER, Shape};

    fn read(parts: &[&[u8]]) -> (Stacks, LeftOut) {
        let mut stacks = Stacks::new(Shape::default());
        let mut text = Text::new(false);
        for part in parts {
            text.read(part, AFTER, &mut stacks);
        }
        let left_out = text.end(AFTER, &mut stacks);
        (stacks, left_out)
    }

    #[test]
    fn pieces_end_anywhere() {
        let whole = b"a;b 3\r\n\na;c 12\nd 1";
        let (wanted, _) = read(&[whole]);
        for at in 0..whole.len() {
            let (stacks, left_out) = read(&[&whole[..at], b"", &whole[at..]]);
            assert_eq!(stacks.totals(), wanted.totals(), "{at}");
            assert_eq!(left_out.malformed_count, 0);
        }
        assert_eq!(wanted.totals().unwrap()[0], [16, 0]);
    }

    #[test]
    fn a_line_of_two_counts_is_one_line() {
        let mut stacks = Stacks::new(Shape::default());
        Text::new(true).read(b"a 3 5\nb 0 1.5\n", AFTER, &mut stacks);
        assert_eq!((stacks.lines, stacks.totals().unwrap()[0]), (2, [65, 30]));
    }

    #[test]
    fn malformed_lines_are_numbered() {
        let (stacks, left_out) =
            read(&[b"a;b 3\n\n  \r\nno ", b"count\na;c 2\r\n;x -1\n 7\na nan\na 1e3\n"]);
        assert_eq!(stacks.lines, 2);
        assert_eq!(left_out.malformed_count, 5);
        assert_eq!(left_out.malformed[0], Malformed { line: 4, text: "no count".into() });
        assert_eq!(left_out.malformed[1].line, 6);
    }

    #[test]
    fn ten_malformed_lines_are_named_and_all_counted() {
        let line = format!("{}\u{1b}\n", "x".repeat(200));
        let (_, left_out) = read(&[line.repeat(25).as_bytes()]);
        assert_eq!((left_out.malformed.len(), left_out.malformed_count), (10, 25));
        assert_eq!(left_out.malformed[9].text.len(), 80);
    }
}
