//! One line of folded stacks: `frame;frame;frame count`, or with two counts, before and after.

/// Six decimals of a fraction are kept.
pub const DECIMALS: u32 = 6;
/// Above this a count is no exact number in JavaScript.
const LARGEST: u64 = 9_007_199_254_740_991;

/// A decimal number, `digits` over ten to the power of `decimals`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    pub digits: u64,
    pub decimals: u32,
}

#[derive(Debug, PartialEq)]
pub struct Line<'a> {
    /// From the root, with `;` in between; spaces around them are none of theirs.
    pub frames: &'a [u8],
    pub count: Count,
    /// Of a line with two counts, the first.
    pub before: Option<Count>,
}

impl<'a> Line<'a> {
    /// None: it is no stack.
    pub fn parse(text: &'a [u8], two_counts: bool) -> Option<Self> {
        let (frames, count) = split_count(text)?;
        let (frames, before) = if two_counts {
            let (frames, before) = split_count(frames)?;
            (frames, Some(before))
        } else {
            (frames, None)
        };
        (!frames.is_empty()).then_some(Self { frames, count, before })
    }
}

fn split_count(text: &[u8]) -> Option<(&[u8], Count)> {
    let space = memchr::memrchr(b' ', text)?;
    Some((text[..space].trim_ascii(), Count::parse(&text[space + 1..])?))
}

impl Count {
    /// Digits, with or without a fraction; further decimals are cut off.
    fn parse(text: &[u8]) -> Option<Self> {
        let (units, part) = match memchr::memchr(b'.', text) {
            Some(point) => (&text[..point], Some(&text[point + 1..])),
            None => (text, None),
        };
        let mut digits = number(units)?;
        if digits > LARGEST {
            return None;
        }
        let Some(part) = part else {
            return Some(Self { digits, decimals: 0 });
        };
        if part.is_empty() || !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let kept = &part[..part.len().min(DECIMALS as usize)];
        let decimals = kept.len() as u32;
        digits = digits.saturating_mul(10u64.pow(decimals)).saturating_add(number(kept)?);
        Some(Self { digits, decimals })
    }

    /// As a whole number of the smaller unit that `decimals` stands for; too large ones stay too large.
    pub fn scaled(self, decimals: u32) -> u64 {
        self.digits.saturating_mul(10u64.pow(decimals - self.decimals))
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0u64, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<(&str, u64, u32)> {
        let Line { frames, count, .. } = Line::parse(text.as_bytes(), false)?;
        Some((std::str::from_utf8(frames).unwrap(), count.digits, count.decimals))
    }

    #[test]
    fn frames_end_before_the_last_space() {
        assert_eq!(one("a;b 3"), Some(("a;b", 3, 0)));
        assert_eq!(one("the main thread; b  12  3"), Some(("the main thread; b  12", 3, 0)));
        for wrong in ["", "no count", " 7", "a -1", "a 1e3", "a .5", "a 1.", "a 9007199254740992"] {
            assert_eq!(one(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fractions_keep_six_decimals() {
        assert_eq!(one("a 1.5"), Some(("a", 15, 1)));
        assert_eq!(one("a 0.12345678"), Some(("a", 123_456, 6)));
        assert_eq!(Count { digits: 15, decimals: 1 }.scaled(3), 1500);
    }

    #[test]
    fn two_counts_are_before_and_after() {
        let line = Line::parse(b"a;b 3 5.5", true).unwrap();
        assert_eq!(line.before, Some(Count { digits: 3, decimals: 0 }));
        assert_eq!((line.frames, line.count.digits), (&b"a;b"[..], 55));
        assert_eq!(Line::parse(b"a;b 5", true), None);
    }
}
