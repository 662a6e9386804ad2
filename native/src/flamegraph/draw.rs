//! inferno at work: lines in, a picture out, and what of it is written anew.

use std::collections::HashSet;

use inferno::flamegraph::color::PaletteMap;
use inferno::flamegraph::from_lines;

use super::lines::{Lines, in_order, merged, without_placeholders};
use super::options::{Checked, Colors};
use super::{OP, kinds, script, titles};
use crate::error::{Failure, Result};
use crate::escape;
use crate::folded::stacks::{AFTER, BEFORE, Counts, Stacks};

/// The SVG, and the palette where one is kept.
pub fn svg(
    stacks: &Stacks,
    totals: &[Counts],
    checked: Checked,
) -> Result<(String, Option<String>)> {
    let sums = totals[0];
    let unit = 10f64.powi(stacks.decimals as i32);
    let sum = sums[AFTER].max((checked.total * unit) as u64);
    let narrowest = checked.inferno.min_width / 100.0 * sum as f64;
    let Lines { mut lines, names } = if checked.in_order {
        in_order(stacks)
    } else {
        let by = if checked.normalize { sums[AFTER] as f64 / sums[BEFORE] as f64 } else { 1.0 };
        merged(stacks, totals, narrowest, (sums[BEFORE] > 0).then_some(by))
    };
    let missing = sum - sums[AFTER];
    if missing > 0 {
        // On the right, which is the start where time runs.
        let at = if checked.in_order { 0 } else { lines.len() };
        lines.insert(at, format!("{FILLER} {missing}"));
    }

    let keeps_palette = checked.palette.is_some();
    let mut palette = read_palette(checked.palette.as_deref().unwrap_or_default())?;
    let color = match checked.colors {
        Colors::Kinds => Some(kinds::color as fn(&str) -> _),
        Colors::Chain => Some(kinds::chain as fn(&str) -> _),
        Colors::Inferno => None,
    };
    if let Some(color) = color {
        for name in names.iter().collect::<HashSet<_>>() {
            if palette.get(name).is_none() {
                palette.insert(name, color(name));
            }
        }
    }

    let factor = checked.factor / unit;
    let count_name = escape::xml(&checked.inferno.count_name);
    let mut options = checked.inferno;
    if keeps_palette || color.is_some() {
        options.palette_map = Some(&mut palette);
    }
    // The one mode in which inferno takes lines as they come; it draws them from right to left.
    options.flame_chart = true;
    let mut svg = Vec::new();
    let ordered: Box<dyn Iterator<Item = &str>> = if checked.in_order {
        Box::new(lines.iter().map(String::as_str))
    } else {
        Box::new(lines.iter().rev().map(String::as_str))
    };
    let broken = |error: &dyn std::fmt::Display| Failure::new(OP, "EIO").detail(error.to_string());
    from_lines(&mut options, ordered, &mut svg).map_err(|error| broken(&error))?;

    let svg = String::from_utf8(svg).map_err(|error| broken(&error))?;
    let mut svg = without_placeholders(without_filler(script::improve(svg)));
    if factor != 1.0 {
        svg = titles::exact(&svg, factor, sum, &count_name);
    }
    let palette = if keeps_palette { Some(write_palette(&palette)?) } else { None };
    Ok((svg, palette))
}

/// A frame that stands for what is missing to a total; no name can be this noncharacter.
const FILLER: &str = "\u{fdd2}";

fn without_filler(svg: String) -> String {
    const END: &str = "</g>";
    let frame = svg.find(&format!("<title>{FILLER} (")).and_then(|title| {
        Some(svg[..title].rfind("<g")?..title + svg[title..].find(END)? + END.len())
    });
    match frame {
        Some(frame) => svg[..frame.start].to_string() + &svg[frame.end..],
        None => svg,
    }
}

fn read_palette(text: &str) -> Result<PaletteMap> {
    PaletteMap::from_reader(&mut text.as_bytes())
        .map_err(|error| Failure::invalid(OP, format!("the palette cannot be read: {error}")))
}

fn write_palette(palette: &PaletteMap) -> Result<String> {
    let mut text = Vec::new();
    palette
        .to_writer(&mut text)
        .map_err(|error| Failure::new(OP, "EIO").detail(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::options::FlamegraphOptions;
    use super::*;
    use crate::folded::text::Text;

    fn drawn(folded: &str, before: &str, options: FlamegraphOptions) -> Result<String> {
        let mut checked = options.check().unwrap();
        let mut stacks = Stacks::new(std::mem::take(&mut checked.shape));
        let mut text = Text::new(false);
        text.read(folded.as_bytes(), AFTER, &mut stacks);
        text.end(AFTER, &mut stacks);
        text.read(before.as_bytes(), BEFORE, &mut stacks);
        text.end(BEFORE, &mut stacks);
        let totals = stacks.totals().unwrap();
        svg(&stacks, &totals, checked).map(|(svg, _)| svg)
    }

    #[test]
    fn percentages_of_scaled_counts_are_exact() {
        let svg = drawn("a;b 2.5\na;c 17.5\n", "", FlamegraphOptions::default()).unwrap();
        assert!(svg.contains("<title>b (2.5 samples, 12.50%)</title>"), "{svg}");
        assert!(svg.contains("<title>a (20 samples, 100.00%)</title>"), "{svg}");
    }

    #[test]
    fn differences_are_shown_with_their_sign() {
        let before = "a;b 1.5\na;c 5.5\n";
        for factor in [1.0, 10.0] {
            let options = FlamegraphOptions { factor: Some(factor), ..Default::default() };
            let svg = drawn("a;b 2.5\na;c 7.5\n", before, options).unwrap();
            let (b, c) = (2.5 * factor, 7.5 * factor);
            assert!(svg.contains(&format!("<title>b ({b} samples, 25.00%; +10.00%)</title>")));
            assert!(svg.contains(&format!("<title>c ({c} samples, 75.00%; +20.00%)</title>")));
        }
    }

    #[test]
    fn shares_can_be_of_a_larger_total() {
        let options = FlamegraphOptions { total: Some(40.0), ..Default::default() };
        let svg = drawn("a;b 2.5\na;c 17.5\n", "", options).unwrap();
        assert!(svg.contains("<title>a (20 samples, 50.00%)</title>"), "{svg}");
        assert!(svg.contains("<title>all (40 samples, 100.00%)</title>"), "{svg}");
        assert_eq!(svg.matches("<title>").count(), 4);
        let options = FlamegraphOptions { total: Some(4.0), ..Default::default() };
        assert!(drawn("a 5\n", "", options).unwrap().contains("<title>a (5 samples, 100.00%)"));
    }

    #[test]
    fn hostile_names_stay_text() {
        let folded = "<script>alert(1)</script>;\"q\"';]]>;\u{1b}[31m\u{ffff} 3\n";
        let options = FlamegraphOptions {
            title: Some("<x> & \u{202e}".into()),
            name_type: Some("]]><script>'".into()),
            notes: Some("--><script>".into()),
            ..FlamegraphOptions::default()
        };
        let svg = drawn(folded, "", options).unwrap();
        assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        assert!(svg.contains("&lt;x&gt; &amp; \\u{202e}"));
        assert!(svg.contains("\\x1b[31m\\u{ffff}"));
        // Of a script's start, only inferno's own is outside the section that holds the script.
        assert_eq!(
            svg.replace("<![CDATA[", "\0").split('\0').next().unwrap().matches("<script").count(),
            1
        );
        assert!(svg.contains("']] ><script>\\''"));
    }

    #[test]
    fn time_runs_in_the_order_of_lines() {
        let options = FlamegraphOptions { flame_chart: Some(true), ..Default::default() };
        let svg = drawn("b 1\na 2\nb 3\n", "", options).unwrap();
        // The last on the left, and equal ones apart, as they were in time.
        for (name, start) in [("b (3", 0), ("a (2", 3), ("b (1", 5)] {
            let (_, frame) = svg.split_once(&format!("<title>{name}")).unwrap();
            assert!(frame.split_once("fg:x=\"").unwrap().1.starts_with(&format!("{start}\"")));
        }
    }

    #[test]
    fn normalized_counts_before_have_the_sum_of_those_after() {
        let options = FlamegraphOptions { normalize: Some(true), ..Default::default() };
        let svg = drawn("a;b 30\na;c 10\n", "a;b 3\na;c 7\n", options).unwrap();
        assert!(svg.contains("<title>b (30 samples, 75.00%; +45.00%)</title>"), "{svg}");
        assert!(svg.contains("<title>c (10 samples, 25.00%; -45.00%)</title>"), "{svg}");
    }
}
