//! Where to attach, as JavaScript asks for it, and its check.

use std::ffi::CString;

use napi::Either;
use napi::bindgen_prelude::{BigInt, BigUint64Array};
use napi_derive::napi;

use crate::error::{Failure, Result};
use crate::link::perf_event::{Rate, Spec};
use crate::link::target::{At, Each, Hook, Places, Target, Way};

#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct AttachTarget {
    #[napi(
        ts_type = "'section' | 'perf_event' | 'tracepoint' | 'raw_tracepoint' | 'fentry' | 'kprobe' | 'kprobe_multi' | 'uprobe' | 'uprobe_multi'"
    )]
    pub kind: String,
    pub retprobe: Option<bool>,
    pub session: Option<bool>,
    pub partial: Option<bool>,
    pub pid: Option<i32>,
    #[napi(ts_type = "'cpu-clock' | 'cpu-cycles'")]
    pub event: Option<String>,
    pub frequency: Option<f64>,
    pub period: Option<f64>,
    pub cpu: Option<i32>,
    pub category: Option<String>,
    pub name: Option<String>,
    pub path: Option<String>,
    pub offset: Option<Either<BigInt, f64>>,
    pub pattern: Option<String>,
    pub symbols: Option<Vec<String>>,
    pub addresses: Option<BigUint64Array>,
    pub offsets: Option<BigUint64Array>,
    pub cookies: Option<BigUint64Array>,
    pub cookie: Option<BigInt>,
}

impl AttachTarget {
    pub fn check(self) -> Result<Target> {
        let cookie = self.cookie.as_ref().map_or(Ok(0), |c| unsigned("cookie", c))?;
        let pid = self.pid.unwrap_or(-1);
        let retprobe = self.retprobe.unwrap_or(false);
        let partial = self.partial.unwrap_or(false);
        let lists = self.symbols.is_some() || self.addresses.is_some() || self.offsets.is_some();
        let hook = match self.kind.as_str() {
            "fentry" => Some(Hook::Fentry),
            "kprobe" if lists => Some(Hook::Kprobe),
            "uprobe" if lists => Some(Hook::Uprobe),
            _ => None,
        };
        if let Some(hook) = hook {
            let (name, numbers) = match hook {
                Hook::Uprobe => ("offsets", self.offsets),
                _ => ("addresses", self.addresses),
            };
            let places = places(name, None, self.symbols, numbers, self.cookies)?;
            let is_named = matches!(places.at, At::Symbols(_));
            if hook != Hook::Kprobe && is_named != (hook == Hook::Fentry) {
                let takes = if is_named { name } else { "symbols" };
                return Err(invalid(format!("this kind of target takes {takes}")));
            }
            let path = match hook {
                Hook::Uprobe => Some(needed("path", self.path)?),
                _ => None,
            };
            let Places { at, cookies, .. } = places;
            return Ok(Target::Each(Each { hook, retprobe, at, cookies, path, pid, partial }));
        }
        Ok(match self.kind.as_str() {
            "section" => Target::Section { cookie },
            "perf_event" => Target::PerfEvent { spec: self.spec()?, cookie },
            "tracepoint" => Target::Tracepoint {
                category: needed("category", self.category)?,
                name: needed("name", self.name)?,
                cookie,
            },
            "raw_tracepoint" => Target::RawTracepoint { name: needed("name", self.name)?, cookie },
            "kprobe" => Target::Kprobe {
                name: needed("name", self.name)?,
                offset: offset(self.offset.as_ref())?,
                retprobe,
                cookie,
            },
            "uprobe" => Target::Uprobe {
                path: needed("path", self.path)?,
                name: self.name.map(|name| string("name", name)).transpose()?,
                offset: offset(self.offset.as_ref())?,
                pid,
                retprobe,
                cookie,
            },
            "kprobe_multi" => Target::KprobeMulti {
                way: self.way()?,
                places: Places {
                    partial,
                    ..places("addresses", self.pattern, self.symbols, self.addresses, self.cookies)?
                },
            },
            "uprobe_multi" => Target::UprobeMulti {
                way: self.way()?,
                path: needed("path", self.path)?,
                pid,
                places: Places {
                    partial,
                    ..places("offsets", self.pattern, self.symbols, self.offsets, self.cookies)?
                },
            },
            other => return Err(invalid(format!("there is no target kind \"{other}\""))),
        })
    }

    fn spec(&self) -> Result<Spec> {
        let cycles = match self.event.as_deref() {
            None | Some("cpu-clock") => false,
            Some("cpu-cycles") => true,
            Some(other) => return Err(invalid(format!("there is no event \"{other}\""))),
        };
        let whole = |name: &str, value: f64| {
            if (1.0..9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0 {
                Ok(value as u64)
            } else {
                Err(invalid(format!("{name} must be a whole number above 0")))
            }
        };
        let rate = match (self.frequency, self.period) {
            (Some(hertz), None) => Rate::Frequency(whole("frequency", hertz)?),
            (None, Some(period)) => Rate::Period(whole("period", period)?),
            _ => return Err(invalid("a perf_event target takes frequency or period")),
        };
        let (pid, cpu) = (self.pid.unwrap_or(-1), self.cpu.unwrap_or(-1));
        if pid == -1 && cpu == -1 {
            return Err(invalid("a perf_event target takes a cpu, a pid, or both"));
        }
        Ok(Spec { cycles, rate, pid, cpu })
    }

    fn way(&self) -> Result<Way> {
        match (self.retprobe.unwrap_or(false), self.session.unwrap_or(false)) {
            (false, false) => Ok(Way::Entry),
            (true, false) => Ok(Way::Return),
            (false, true) => Ok(Way::Session),
            (true, true) => Err(invalid("a target is retprobe or session, not both")),
        }
    }
}

fn places(
    name: &str,
    pattern: Option<String>,
    symbols: Option<Vec<String>>,
    numbers: Option<BigUint64Array>,
    cookies: Option<BigUint64Array>,
) -> Result<Places> {
    let at = match (pattern, symbols, numbers) {
        (Some(pattern), None, None) => At::Pattern(string("pattern", pattern)?),
        (None, Some(symbols), None) => At::Symbols(
            symbols.into_iter().map(|symbol| string("symbols", symbol)).collect::<Result<_>>()?,
        ),
        (None, None, Some(numbers)) => At::Numbers(numbers.to_vec()),
        _ => {
            return Err(invalid(format!(
                "a multi target takes one of pattern, symbols and {name}"
            )));
        }
    };
    let cookies = cookies.map(|cookies| cookies.to_vec()).unwrap_or_default();
    let count = at.count();
    if count == 0 && !matches!(at, At::Pattern(_)) {
        return Err(invalid("a multi target needs at least one function"));
    }
    if !cookies.is_empty() && cookies.len() != count {
        return Err(invalid(format!("{} cookies for {count} functions", cookies.len())));
    }
    Ok(Places { at, cookies, partial: false })
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::invalid("attach", detail)
}

fn string(name: &str, text: String) -> Result<CString> {
    CString::new(text).map_err(|_| invalid(format!("{name} cannot contain a zero byte")))
}

fn needed(name: &str, text: Option<String>) -> Result<CString> {
    string(name, text.ok_or_else(|| invalid(format!("this kind of target needs {name}")))?)
}

fn unsigned(name: &str, value: &BigInt) -> Result<u64> {
    match value.get_u64() {
        (false, value, true) => Ok(value),
        _ => Err(invalid(format!("{name} must fit in 64 bits without a sign"))),
    }
}

fn offset(value: Option<&Either<BigInt, f64>>) -> Result<u64> {
    match value {
        None => Ok(0),
        Some(Either::A(value)) => unsigned("offset", value),
        Some(Either::B(value)) if *value >= 0.0 && value.fract() == 0.0 => Ok(*value as u64),
        Some(Either::B(_)) => Err(invalid("offset must be a whole number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: &str) -> AttachTarget {
        AttachTarget { kind: kind.into(), ..AttachTarget::default() }
    }

    fn detail(target: AttachTarget) -> String {
        let failure = target.check().unwrap_err();
        assert_eq!((failure.code.as_str(), failure.op), ("EINVAL", "attach"));
        failure.detail.unwrap()
    }

    #[test]
    fn perf_event_needs_one_rate_and_a_place() {
        let sample = AttachTarget { frequency: Some(99.0), cpu: Some(1), ..target("perf_event") };
        let spec = Spec { cycles: false, rate: Rate::Frequency(99), pid: -1, cpu: 1 };
        assert_eq!(sample.check().unwrap(), Target::PerfEvent { spec, cookie: 0 });
        assert!(detail(target("perf_event")).contains("frequency or period"));
        let nowhere = AttachTarget { frequency: Some(99.0), ..target("perf_event") };
        assert!(detail(nowhere).contains("a cpu, a pid"));
        let odd = AttachTarget { frequency: Some(0.5), cpu: Some(0), ..target("perf_event") };
        assert!(detail(odd).contains("frequency must be"));
    }

    #[test]
    fn names_what_is_missing_or_wrong() {
        assert_eq!(detail(target("tracepoint")), "this kind of target needs category");
        assert!(detail(target("nothing")).contains("\"nothing\""));
        assert!(detail(target("kprobe_multi")).contains("addresses"));
        let both =
            AttachTarget { retprobe: Some(true), session: Some(true), ..target("uprobe_multi") };
        assert!(detail(both).contains("not both"));
        let zero = AttachTarget { name: Some("a\0b".into()), ..target("raw_tracepoint") };
        assert!(detail(zero).contains("zero byte"));
    }
}
