//! Folded stacks to an interactive SVG, drawn by inferno.

use std::str::FromStr;

use inferno::flamegraph::color::BackgroundColor;
use inferno::flamegraph::{Direction, Options, Palette, from_lines};
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::counts;
use crate::error::{Failure, Result};
use crate::escape::{self, visible};
use crate::folded::{Folded, Malformed};
use crate::work::{Promise, promise};

const OP: &str = "flamegraph";

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct FlamegraphOptions {
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub width: Option<f64>,
    pub count_name: Option<String>,
    pub colors: Option<String>,
    pub min_width: Option<f64>,
    pub inverted: Option<bool>,
    pub reverse: Option<bool>,
    pub hash: Option<bool>,
    pub deterministic: Option<bool>,
    pub font_type: Option<String>,
    pub font_size: Option<f64>,
    pub bgcolors: Option<String>,
    pub notes: Option<String>,
    pub name_type: Option<String>,
    pub factor: Option<f64>,
    pub flame_chart: Option<bool>,
}

#[napi(object, object_from_js = false)]
pub struct Flamegraph {
    pub svg: Buffer,
    pub stacks: u32,
    pub total: f64,
    pub malformed: Vec<Malformed>,
    pub malformed_count: u32,
}

/// Draws folded stacks. Rejects with ENODATA when there is not one stack.
#[napi]
pub fn flamegraph(folded: Buffer, options: Option<FlamegraphOptions>) -> Promise<Flamegraph> {
    promise(move || draw(&folded, options.unwrap_or_default()))
}

fn draw(bytes: &[u8], options: FlamegraphOptions) -> Result<Flamegraph> {
    let options = options.check()?;
    let folded = Folded::read(bytes);
    Ok(Flamegraph {
        svg: render(&folded, options)?.into(),
        stacks: folded.lines.len() as u32,
        total: folded.total,
        malformed: folded.malformed,
        malformed_count: folded.malformed_count,
    })
}

fn render(folded: &Folded, mut options: Options) -> Result<Vec<u8>> {
    if folded.sum == 0 {
        let detail = match folded.malformed_count {
            0 => "there is no stack in the input".to_string(),
            count => format!("there is no stack in the input; malformed lines: {count}"),
        };
        return Err(Failure::new(OP, "ENODATA").detail(detail));
    }
    let Ok(sum) = u64::try_from(folded.sum) else {
        return Err(Failure::new(OP, "EOVERFLOW").detail("the counts are too large to add up"));
    };
    options.factor /= folded.scale as f64;
    let broken = |error: &dyn std::fmt::Display| Failure::new(OP, "EIO").detail(error.to_string());
    let mut svg = Vec::new();
    from_lines(&mut options, folded.lines.iter().map(String::as_str), &mut svg)
        .map_err(|error| broken(&error))?;
    let mut svg = String::from_utf8(svg).map_err(|error| broken(&error))?;
    search_any_text(&mut svg);
    if options.factor != 1.0 {
        svg = counts::exact(&svg, options.factor, sum, &escape::xml(&options.count_name));
    }
    Ok(svg.into_bytes())
}

/// In inferno's script a term that is no regular expression, as `f(int` is, finds nothing and says
/// nothing. Let it stand for itself.
fn search_any_text(svg: &mut String) {
    const COMPILED: &str = "var re = new RegExp(term);";
    const FORGIVING: &str = r"var re;
    try { re = new RegExp(term); }
    catch { re = new RegExp(term.replace(/[^\w\s]/g, '\\$&')); }";
    if let Some(at) = svg.find(COMPILED) {
        svg.replace_range(at..at + COMPILED.len(), FORGIVING);
    }
}

const PALETTES: [&str; 16] = [
    "hot", "mem", "io", "wakeup", "java", "js", "perl", "python", "rust", "red", "green", "blue",
    "aqua", "yellow", "purple", "orange",
];

impl FlamegraphOptions {
    fn check(self) -> Result<Options<'static>> {
        let mut out = Options::default();
        let text = |text: Option<String>, to: &mut String| {
            if let Some(text) = text {
                *to = visible(&text).into_owned();
            }
        };
        text(self.title, &mut out.title);
        text(self.count_name, &mut out.count_name);
        text(self.name_type, &mut out.name_type);
        text(self.notes, &mut out.notes);
        text(self.font_type, &mut out.font_type);
        out.subtitle = self.subtitle.map(|text| visible(&text).into_owned());
        // An XML comment cannot contain two hyphens or end in one.
        out.notes = out.notes.replace('-', "- ").trim_end_matches(' ').to_string() + " ";
        // This one goes into a script, in a section that these characters would end.
        out.name_type = out.name_type.replace("]]>", "]] >");
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | ',' | '-' | '_' | '.');
        if !out.font_type.chars().all(plain) {
            return Err(invalid("fontType must be a font's name"));
        }
        if let Some(name) = self.colors {
            out.colors = palette(&name)?;
        }
        if let Some(name) = self.bgcolors {
            out.bgcolors = Some(BackgroundColor::from_str(&name).map_err(|_| {
                invalid(format!(
                    "there is no background \"{name}\": use yellow, blue, green, grey or #rrggbb"
                ))
            })?);
        }
        let number = |name: &str, value: Option<f64>, from: f64, to: f64| match value {
            Some(value) if (from..=to).contains(&value) => Ok(Some(value)),
            Some(_) => Err(invalid(format!("{name} must be from {from} to {to}"))),
            None => Ok(None),
        };
        out.image_width =
            number("width", self.width, 100.0, 100_000.0)?.map(|width| width as usize);
        out.min_width = number("minWidth", self.min_width, 0.0, 100.0)?.unwrap_or(out.min_width);
        out.factor = number("factor", self.factor, 1e-9, 1e9)?.unwrap_or(out.factor);
        if let Some(size) = number("fontSize", self.font_size, 4.0, 100.0)? {
            out.font_size = size as usize;
            out.frame_height = out.font_size + 4;
        }
        if self.inverted == Some(true) {
            out.direction = Direction::Inverted;
        }
        out.reverse_stack_order = self.reverse.unwrap_or(false);
        out.flame_chart = self.flame_chart.unwrap_or(false);
        out.hash = self.hash.unwrap_or(false);
        out.deterministic = self.deterministic.unwrap_or(!out.hash);
        Ok(out)
    }
}

fn palette(name: &str) -> Result<Palette> {
    Palette::from_str(name).map_err(|_| {
        invalid(format!(
            "there is no palette \"{}\": use one of {}",
            visible(name),
            PALETTES.join(", ")
        ))
    })
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::invalid(OP, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_palette_that_is_named_exists() {
        for name in PALETTES {
            assert!(palette(name).is_ok(), "{name}");
        }
        let failure = palette("pink").unwrap_err();
        assert_eq!(failure.code, "EINVAL");
        assert!(failure.detail.unwrap().contains("purple, orange"));
    }

    fn svg(folded: &str, options: FlamegraphOptions) -> String {
        let folded = Folded::read(folded.as_bytes());
        String::from_utf8(render(&folded, options.check().unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn percentages_of_scaled_counts_are_exact() {
        let svg = svg("a;b 2.5\na;c 17.5\n", FlamegraphOptions::default());
        assert!(svg.contains("<title>b (2.5 samples, 12.50%)</title>"), "{svg}");
        assert!(svg.contains("<title>a (20 samples, 100.00%)</title>"), "{svg}");
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
        let svg = svg(folded, options);
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
    fn no_stack_is_an_error_of_its_own() {
        for folded in ["", "malformed\n", "a;b 0\n", "a 0.0000001\n"] {
            let folded = Folded::read(folded.as_bytes());
            let failure = render(&folded, Options::default()).unwrap_err();
            assert_eq!(failure.code, "ENODATA");
        }
        let folded = Folded::read("a 9007199254740991.000001\n".repeat(3000).as_bytes());
        assert_eq!(render(&folded, Options::default()).unwrap_err().code, "EOVERFLOW");
    }

    #[test]
    fn any_text_can_be_searched() {
        let svg = svg("f(int) 1\n", FlamegraphOptions::default());
        assert_eq!(svg.matches("new RegExp(term").count(), 2);
        assert!(svg.contains("try { re = new RegExp(term); }"));
    }

    #[test]
    fn notes_stay_inside_their_comment() {
        let notes = Some("a--b--->".to_string());
        let out = FlamegraphOptions { notes, ..FlamegraphOptions::default() }.check().unwrap();
        assert!(!out.notes.contains("--") && !out.notes.ends_with('-'));
    }

    #[test]
    fn wrong_numbers_and_fonts_are_named() {
        let wide = FlamegraphOptions { width: Some(5.0), ..FlamegraphOptions::default() };
        assert!(wide.check().unwrap_err().detail.unwrap().starts_with("width must be"));
        let font = Some("x}</style><script>".to_string());
        let font = FlamegraphOptions { font_type: font, ..FlamegraphOptions::default() };
        assert!(font.check().unwrap_err().detail.unwrap().starts_with("fontType"));
    }
}
