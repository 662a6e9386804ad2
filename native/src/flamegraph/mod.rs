//! Folded stacks to an interactive SVG, drawn by inferno.

mod draw;
pub mod kinds;
mod lines;
mod options;
mod script;
mod titles;

use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use self::options::FlamegraphOptions;
use crate::error::{Failure, Result};
use crate::escape::visible;
use crate::folded::stacks::{AFTER, BEFORE, Counts, Stacks};
use crate::folded::text::{LeftOut, Text};
use crate::folded::tree;
use crate::work::{Promise, promise};

pub const OP: &str = "flamegraph";

#[napi(object, object_from_js = false)]
pub struct Drawn {
    pub svg: Buffer,
    pub palette: Option<String>,
    pub stacks: f64,
    pub frames: f64,
    pub total: f64,
    pub before: f64,
}

#[napi(object, object_from_js = false)]
pub struct Packed {
    pub packed: Buffer,
    pub stacks: f64,
    pub frames: f64,
    pub total: f64,
    pub before: f64,
}

/// Folded stacks, merged as they are read, and the pictures of them.
#[napi]
pub struct Flamegraph {
    state: Arc<Mutex<State>>,
}

struct State {
    options: FlamegraphOptions,
    stacks: Stacks,
    text: Text,
    /// A profile before was read, even if it is empty.
    compares: bool,
}

#[napi]
impl Flamegraph {
    #[napi(constructor)]
    pub fn new(options: Option<FlamegraphOptions>) -> napi::Result<Self> {
        let options = options.unwrap_or_default();
        let checked = options.clone().check()?;
        let (text, stacks) = (Text::new(checked.two_counts), Stacks::new(checked.shape));
        let state = State { options, stacks, text, compares: false };
        Ok(Self { state: Arc::new(Mutex::new(state)) })
    }

    /// Reads on in a text of folded stacks, which may be cut anywhere.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn read(&self, folded: Buffer, before: Option<bool>) -> Promise<()> {
        self.promise(move |State { stacks, text, .. }| {
            text.read(&folded, side(before), stacks);
            Ok(())
        })
    }

    /// Ends a text: which of its lines are no stacks.
    #[napi]
    pub fn end(&self, before: Option<bool>) -> Promise<LeftOut> {
        self.promise(move |State { stacks, text, compares, .. }| {
            *compares |= before == Some(true);
            Ok(text.end(side(before), stacks))
        })
    }

    /// The picture.
    #[napi]
    pub fn draw(&self) -> Promise<Drawn> {
        self.promise(|state| {
            if state.options.normalize == Some(true) {
                state.stacks.refine();
            }
            let totals = state.totals()?;
            let State { options, stacks, .. } = state;
            let (svg, palette) = draw::svg(stacks, &totals, options.clone().check()?)?;
            let [total, before] = stacks.in_units(totals[0]);
            let (lines, frames) = (stacks.lines as f64, stacks.frames() as f64);
            Ok(Drawn { svg: svg.into(), palette, stacks: lines, frames, total, before })
        })
    }

    /// The stacks themselves, compressed.
    #[napi]
    pub fn pack(&self, most_frames: f64) -> Promise<Packed> {
        self.promise(move |state| {
            let totals = state.totals()?;
            let stacks = &state.stacks;
            let packed = tree::write(stacks, &totals, most_frames as usize)
                .map_err(|error| Failure::new(OP, "EIO").detail(error.to_string()))?;
            let [total, before] = stacks.in_units(totals[0]);
            let (lines, frames) = (stacks.lines as f64, stacks.frames() as f64);
            Ok(Packed { packed: packed.into(), stacks: lines, frames, total, before })
        })
    }
}

impl Flamegraph {
    fn promise<T>(&self, run: impl FnOnce(&mut State) -> Result<T> + Send + 'static) -> Promise<T>
    where
        T: Send + 'static + napi::bindgen_prelude::ToNapiValue + napi::bindgen_prelude::TypeName,
    {
        let state = Arc::clone(&self.state);
        promise(move || run(&mut state.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn side(before: Option<bool>) -> usize {
    if before == Some(true) { BEFORE } else { AFTER }
}

impl State {
    /// Of each node what goes through it, once all has been read.
    fn totals(&self) -> Result<Vec<Counts>> {
        let totals = self.stacks.totals().ok_or_else(|| {
            Failure::new(OP, "EOVERFLOW").detail("the counts are too large to add up")
        })?;
        let which = match totals[0] {
            [0, 0] => "input",
            [_, 0] if self.compares => "first input",
            [0, _] => "second input",
            _ => return Ok(totals),
        };
        let base = &self.stacks.shape().base;
        let detail = if base.is_empty() {
            format!("no stack in the {which}: lines are \"frame;frame;frame count\"")
        } else {
            format!("no stack in the {which} has a frame \"{}\"", visible(&base.join("\" or \"")))
        };
        Err(Failure::new(OP, "ENODATA").detail(detail))
    }
}
