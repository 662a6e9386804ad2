//! What kind of code a frame is, by the annotation behind its name or by the name, and its color.

use inferno::flamegraph::color::Color;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Native,
    Kernel,
    Jit,
    Inlined,
    Interpreted,
    Unknown,
    /// Of chains of wakeups.
    Waker,
}

impl Kind {
    pub fn of(name: &str) -> Self {
        match name.rfind("_[").map(|at| &name[at..]) {
            Some("_[k]") => return Self::Kernel,
            Some("_[j]") => return Self::Jit,
            Some("_[i]") => return Self::Inlined,
            Some("_[w]") => return Self::Waker,
            _ => {}
        }
        if is_unknown(name) {
            Self::Unknown
        } else if is_interpreted(name) {
            Self::Interpreted
        } else {
            Self::Native
        }
    }
}

/// `[unknown]`, `[Missed User Stack]`, a module or a bare address.
fn is_unknown(name: &str) -> bool {
    let address = name
        .strip_prefix("0x")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    address || (name.starts_with('[') && name.ends_with(']'))
}

/// As the runtimes call it: V8 marks functions that are not compiled by a tilde, CPython's perf
/// trampolines begin with `py::`, and the JVM has one name for all of it.
pub fn is_interpreted(name: &str) -> bool {
    name == "Interpreter"
        || ["py::", "JS:~", "Script:~", "Function:~", "LazyCompile:~"]
            .iter()
            .any(|mark| name.starts_with(mark))
}

/// A color that depends on nothing but kind and name.
pub fn color(name: &str) -> Color {
    let [a, b] = spread(name);
    let part = |from: u8, range: f64, at: f64| from + (range * at) as u8;
    let rgb = |r, g, b| Color { r, g, b };
    match Kind::of(name) {
        Kind::Native => rgb(part(222, 33.0, b), part(100, 105.0, a), part(58, 30.0, b)),
        Kind::Kernel => rgb(part(112, 45.0, a), part(150, 40.0, a), part(205, 40.0, b)),
        Kind::Jit => rgb(part(105, 55.0, a), part(180, 45.0, b), part(85, 45.0, a)),
        Kind::Inlined => rgb(part(80, 60.0, a), part(190, 35.0, b), part(185, 35.0, b)),
        Kind::Interpreted => rgb(part(185, 40.0, a), part(130, 45.0, a), part(205, 40.0, b)),
        Kind::Waker => rgb(part(50, 60.0, a), part(165, 55.0, a), part(165, 55.0, a)),
        Kind::Unknown => {
            let grey = part(180, 35.0, a);
            rgb(grey, grey, grey)
        }
    }
}

/// flamegraph.pl's palette `chain`: those who wake in aqua, the rest in blue.
pub fn chain(name: &str) -> Color {
    let [a, _] = spread(name);
    let part = |from: u8, range: f64| from + (range * a) as u8;
    if Kind::of(name) == Kind::Waker {
        return color(name);
    }
    Color { r: part(80, 60.0), g: part(80, 60.0), b: part(205, 50.0) }
}

/// Two numbers from 0 to 1 by FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn spread(name: &str) -> [f64; 2] {
    let hash = name
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // Its low bits alone depend on every character.
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    [f64::from(mixed & 0xffff) / 65535.0, f64::from(mixed >> 16) / 65535.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_annotation_and_name() {
        for (name, kind) in [
            ("vfs_read_[k]", Kind::Kernel),
            ("LFoo;::bar_[j]", Kind::Jit),
            ("inner_[i]", Kind::Inlined),
            ("sleeper_[w]", Kind::Waker),
            ("[unknown]", Kind::Unknown),
            ("[Missed Kernel Stack]", Kind::Unknown),
            ("0x7f001234", Kind::Unknown),
            ("JS:~main /app/a.js:1:1", Kind::Interpreted),
            ("JS:*main /app/a.js:1:1", Kind::Native),
            ("py::main:/app/a.py", Kind::Interpreted),
            ("Interpreter", Kind::Interpreted),
            ("operator[]", Kind::Native),
            ("main", Kind::Native),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn colors_follow_names_alone() {
        assert_eq!(color("main"), color("main"));
        assert_ne!(color("main"), color("work"));
        assert_eq!(color("main"), Color { r: 247, g: 110, b: 81 });
    }
}
