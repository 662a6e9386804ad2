//! The figures in the titles of an SVG of inferno, exact where counts are scaled.

use std::fmt::Write as _;

use crate::folded::line::DECIMALS;

/// inferno rounds scaled counts to whole numbers before it takes percentages of them, which is
/// far off for small ones. Every frame carries its unscaled count, so write both anew from that.
/// `total` is the sum of the unscaled counts.
pub fn exact(svg: &str, factor: f64, total: u64, name: &str) -> String {
    const TITLE: &str = "<title>";
    const COUNT: &str = "fg:w=\"";
    // A function's name may have parentheses of its own.
    let named = format!(" {name}, ");
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some(at) = rest.find(TITLE) {
        let (before, title) = rest.split_at(at + TITLE.len());
        out.push_str(before);
        let after = title.find("</title>").unwrap_or(title.len());
        let (title, follows) = title.split_at(after);
        let count = follows
            .find(COUNT)
            .and_then(|at| follows[at + COUNT.len()..].split('"').next()?.parse::<u64>().ok());
        let figures = title.rfind(&named).and_then(|name| title[..name].rfind(" ("));
        match (count, figures) {
            (Some(count), Some(figures)) => {
                let shown = shown(count as f64 * factor);
                let percent = 100.0 * count as f64 / total as f64;
                // A difference is a share, which no factor changes.
                let change = title.rfind("%; ").map_or(")", |at| &title[at + 1..]);
                let _ = write!(out, "{} ({shown} {name}, {percent:.2}%{change}", &title[..figures]);
            }
            _ => out.push_str(title),
        }
        rest = follows;
    }
    out.push_str(rest);
    out
}

const DIGITS: usize = DECIMALS as usize;

/// A number with the decimals that counts may have and commas between thousands.
fn shown(number: f64) -> String {
    let text = format!("{number:.DIGITS$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let part = part.trim_end_matches('0');
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_counts_and_percentages_anew() {
        let svg =
            r#"<g><title>f(int) (3 samples, 15.00%)</title><rect x="1" fg:x="0" fg:w="25"/></g>"#;
        let wanted =
            r#"<g><title>f(int) (2.5 samples, 12.50%)</title><rect x="1" fg:x="0" fg:w="25"/></g>"#;
        assert_eq!(exact(svg, 0.1, 200, "samples"), wanted);
    }

    #[test]
    fn leaves_differences() {
        let svg = r#"<title>f (3 samples, 15.00%; -2.50%)</title><rect fg:w="25"/>"#;
        assert!(exact(svg, 0.1, 200, "samples").contains("f (2.5 samples, 12.50%; -2.50%)"));
    }

    #[test]
    fn shows_numbers_as_people_write_them() {
        assert_eq!(shown(1_234_567.0), "1,234,567");
        assert_eq!(shown(123.456), "123.456");
        assert_eq!(shown(2_500_000.000_001), "2,500,000.000001");
        assert_eq!(shown(11.0 * 0.1), "1.1");
        assert_eq!(shown(0.5), "0.5");
        assert_eq!(shown(1000.0), "1,000");
    }
}
