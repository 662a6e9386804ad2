//! Names from other processes, made harmless for text and XML.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts on a terminal or a page, or is none in XML 1.0: control characters,
/// marks of direction, separators of lines and paragraphs, the byte order mark, noncharacters.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The text with active characters shown as `\x1b` or `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        let _ = match c {
            c if !is_active(c) => out.write_char(c),
            c if (c as u32) < 0x100 => write!(out, "\\x{:02x}", c as u32),
            c => write!(out, "\\u{{{:x}}}", c as u32),
        };
    }
    Cow::Owned(out)
}

/// Text as it stands between the tags of XML.
pub fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_active_characters_and_leaves_the_rest() {
        assert_eq!(visible("a<b>&\"é漢 "), "a<b>&\"é漢 ");
        assert_eq!(visible("a\u{1b}[31m\u{0}\u{85}"), "a\\x1b[31m\\x00\\x85");
        assert_eq!(visible("\u{202e}x\u{ffff}\u{2028}"), "\\u{202e}x\\u{ffff}\\u{2028}");
    }
}
