//! Options of a flame graph, checked before there is anything to draw.

use std::str::FromStr;

use inferno::flamegraph::color::{BackgroundColor, SearchColor, StrokeColor, parse_hex_color};
use inferno::flamegraph::{Direction, FuncFrameAttrsMap, Options, Palette, TextTruncateDirection};
use napi_derive::napi;

use super::OP;
use crate::error::{Failure, Result};
use crate::escape::visible;
use crate::folded::stacks::Shape;

#[napi(object, object_to_js = false)]
#[derive(Clone, Default)]
pub struct FlamegraphOptions {
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub notes: Option<String>,
    pub count_name: Option<String>,
    pub name_type: Option<String>,
    pub width: Option<f64>,
    pub height: Option<f64>,
    pub min_width: Option<f64>,
    pub factor: Option<f64>,
    /// Of which shares are taken, where it is more than the sum of the counts.
    pub total: Option<f64>,
    pub font_type: Option<String>,
    pub font_size: Option<f64>,
    pub font_width: Option<f64>,
    pub colors: Option<String>,
    pub bgcolors: Option<String>,
    pub ui_color: Option<String>,
    pub search_color: Option<String>,
    pub stroke_color: Option<String>,
    pub color_diffusion: Option<bool>,
    pub hash: Option<bool>,
    pub random: Option<bool>,
    /// Text of a palette.map; the picture's own comes back.
    pub palette: Option<String>,
    /// Text of a file of attributes by function.
    pub name_attributes: Option<String>,
    pub inverted: Option<bool>,
    pub reverse: Option<bool>,
    pub flame_chart: Option<bool>,
    pub truncate_text_right: Option<bool>,
    pub negate: Option<bool>,
    pub pretty_xml: Option<bool>,
    pub base: Option<Vec<String>>,
    /// Lines have two counts, before and after.
    pub two_counts: Option<bool>,
    /// The sum of the counts before becomes that of those after, as drawn.
    pub normalize: Option<bool>,
}

/// What colors frames.
#[derive(Debug, PartialEq)]
pub enum Colors {
    /// Their kind: kernel, JIT and so on.
    Kinds,
    Chain,
    /// A palette of inferno's.
    Inferno,
}

pub struct Checked {
    pub inferno: Options<'static>,
    pub shape: Shape,
    pub in_order: bool,
    pub two_counts: bool,
    pub normalize: bool,
    pub colors: Colors,
    pub palette: Option<String>,
    /// inferno would round what it multiplies.
    pub factor: f64,
    pub total: f64,
}

const PALETTES: [&str; 16] = [
    "hot", "mem", "io", "wakeup", "java", "js", "perl", "python", "rust", "red", "green", "blue",
    "aqua", "yellow", "purple", "orange",
];

impl FlamegraphOptions {
    pub fn check(self) -> Result<Checked> {
        let mut out = Options::default();
        let is = |flag: Option<bool>| flag == Some(true);
        if is(self.flame_chart) && is(self.reverse) {
            return Err(invalid("flameChart and reverse exclude each other"));
        }
        if is(self.flame_chart) && is(self.two_counts) {
            return Err(invalid(
                "flameChart and twoCounts exclude each other: time is not compared",
            ));
        }
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

        let colors = match self.colors.as_deref() {
            None | Some("kinds") => Colors::Kinds,
            Some("chain") => Colors::Chain,
            Some(name) => {
                out.colors = palette(name)?;
                Colors::Inferno
            }
        };
        // Their backgrounds.
        if colors == Colors::Chain {
            out.bgcolors = Some(BackgroundColor::Blue);
        }
        if let Some(name) = self.bgcolors {
            out.bgcolors = Some(BackgroundColor::from_str(&name).map_err(|_| {
                invalid(format!(
                    "there is no background \"{}\": use yellow, blue, green, grey or #rrggbb",
                    visible(&name)
                ))
            })?);
        }
        if let Some(color) = self.ui_color {
            out.uicolor = parse_hex_color(&color).ok_or_else(|| no_color("uiColor", "#rrggbb"))?;
        }
        if let Some(color) = self.search_color {
            out.search_color =
                SearchColor::from_str(&color).map_err(|_| no_color("searchColor", "#rrggbb"))?;
        }
        if let Some(color) = self.stroke_color {
            out.stroke_color = StrokeColor::from_str(&color)
                .map_err(|_| no_color("strokeColor", "none or #rrggbb"))?;
        }
        out.color_diffusion = is(self.color_diffusion);
        out.hash = is(self.hash);
        out.deterministic = !out.hash && !is(self.random);

        let number = |name: &str, value: Option<f64>, from: f64, to: f64| match value {
            Some(value) if (from..=to).contains(&value) => Ok(Some(value)),
            Some(_) => Err(invalid(format!("{name} must be from {from} to {to}"))),
            None => Ok(None),
        };
        out.image_width =
            number("width", self.width, 100.0, 100_000.0)?.map(|width| width as usize);
        out.min_width = number("minWidth", self.min_width, 0.0, 100.0)?.unwrap_or(out.min_width);
        out.font_width = number("fontWidth", self.font_width, 0.1, 10.0)?.unwrap_or(out.font_width);
        let factor = number("factor", self.factor, 1e-9, 1e9)?.unwrap_or(1.0);
        let total = number("total", self.total, 0.0, 9e15)?.unwrap_or(0.0);
        if let Some(size) = number("fontSize", self.font_size, 4.0, 100.0)? {
            out.font_size = size as usize;
            out.frame_height = out.font_size + 4;
        }
        if let Some(height) = number("height", self.height, 4.0, 200.0)? {
            out.frame_height = height as usize;
        }
        if is(self.inverted) {
            out.direction = Direction::Inverted;
        }
        if is(self.truncate_text_right) {
            out.text_truncate_direction = TextTruncateDirection::Right;
        }
        out.negate_differentials = is(self.negate);
        out.pretty_xml = is(self.pretty_xml);
        if let Some(attributes) = self.name_attributes {
            out.func_frameattrs = FuncFrameAttrsMap::from_reader(attributes.as_bytes())
                .map_err(|error| invalid(format!("nameAttributes: {error}")))?;
        }
        let in_order = is(self.flame_chart);
        Ok(Checked {
            inferno: out,
            shape: Shape {
                reverse: is(self.reverse),
                base: self.base.unwrap_or_default(),
                in_order,
            },
            in_order,
            two_counts: is(self.two_counts),
            normalize: is(self.normalize),
            colors,
            palette: self.palette,
            factor,
            total,
        })
    }
}

fn palette(name: &str) -> Result<Palette> {
    Palette::from_str(name).map_err(|_| {
        invalid(format!(
            "there is no palette \"{}\": use kinds, chain, {}",
            visible(name),
            PALETTES.join(", ")
        ))
    })
}

fn no_color(name: &str, what: &str) -> Failure {
    invalid(format!("{name} must be {what}"))
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

    #[test]
    fn notes_stay_inside_their_comment() {
        let notes = Some("a--b--->".to_string());
        let out = FlamegraphOptions { notes, ..FlamegraphOptions::default() }.check().unwrap();
        let notes = out.inferno.notes;
        assert!(!notes.contains("--") && !notes.ends_with('-'));
    }

    #[test]
    fn wrong_values_are_named() {
        let wrong = |options: FlamegraphOptions| options.check().err().unwrap().detail.unwrap();
        let defaults = FlamegraphOptions::default;
        let wide = FlamegraphOptions { width: Some(5.0), ..defaults() };
        assert!(wrong(wide).starts_with("width must be"));
        let font = Some("x}</style><script>".to_string());
        assert!(wrong(FlamegraphOptions { font_type: font, ..defaults() }).starts_with("fontType"));
        let stroke = Some("x".to_string());
        assert_eq!(
            wrong(FlamegraphOptions { stroke_color: stroke, ..defaults() }),
            "strokeColor must be none or #rrggbb"
        );
    }
}
