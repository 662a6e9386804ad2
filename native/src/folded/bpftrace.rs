//! Maps keyed by stacks, as bpftrace prints them:
//!
//! ```text
//! @[
//!     vfs_read+1
//!     ksys_read+95
//! ,
//!     main+12
//! , dd]: 15
//! ```

/// Folded stacks, and how many maps' entries have no plain count (averages, histograms).
///
/// A key's words come first, then its stacks, the last of them at the root: `kstack, ustack` is the
/// order that bpftrace's own examples have.
pub fn fold(output: &str) -> (String, u32) {
    let mut folded = String::new();
    let mut without_count = 0;
    let mut key: Option<Key> = None;
    for line in output.lines() {
        let rest = match &key {
            Some(_) => line,
            None => match start(line) {
                Some(rest) => rest,
                None => continue,
            },
        };
        let key_so_far = key.get_or_insert_default();
        // Frames are indented; what ends a key is not.
        let end = if rest.starts_with([' ', '\t']) { None } else { rest.rfind("]: ") };
        let Some(end) = end else {
            key_so_far.read(rest);
            continue;
        };
        key_so_far.read(&rest[..end]);
        let count = rest[end + 3..].trim();
        let frames = std::mem::take(&mut key).unwrap_or_default().folded();
        if count.bytes().all(|byte| byte.is_ascii_digit()) && !count.is_empty() {
            folded.push_str(&format!("{frames} {count}\n"));
        } else {
            without_count += 1;
        }
    }
    (folded, without_count)
}

/// What stands behind `@name[`.
fn start(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix('@')?.split_once('[')?;
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    name.chars().all(plain).then_some(rest)
}

#[derive(Default)]
struct Key {
    words: Vec<String>,
    /// Each from the leaf.
    stacks: Vec<Vec<String>>,
    inside: bool,
}

impl Key {
    fn read(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) {
            if !std::mem::replace(&mut self.inside, true) {
                self.stacks.push(Vec::new());
            }
            if let Some(stack) = self.stacks.last_mut() {
                stack.push(frame(line.trim()));
            }
            return;
        }
        self.inside = false;
        let words = line.split(", ").map(|word| word.trim_matches([',', ' ']));
        self.words.extend(words.filter(|word| !word.is_empty()).map(|word| word.replace(';', ":")));
    }

    fn folded(self) -> String {
        let stacks = self.stacks.into_iter().rev().flat_map(|stack| stack.into_iter().rev());
        let frames = self.words.into_iter().chain(stacks).collect::<Vec<_>>().join(";");
        // A stack that could not be walked has no frame.
        if frames.is_empty() { "[unknown]".into() } else { frames }
    }
}

/// The function's name of `name+12` and, in the mode `perf`, of `ffffffff8100 name+12 (module)`.
fn frame(text: &str) -> String {
    let address = |word: &str| word.len() > 6 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = match text.split_once(' ') {
        Some((first, rest)) if address(first) => {
            rest.rfind(" (").map_or(rest, |module| &rest[..module])
        }
        _ => text,
    };
    let offset = |part: &str| {
        let digits = part.strip_prefix("0x").unwrap_or(part);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let name = match name.rsplit_once('+') {
        Some((name, part)) if offset(part) && !name.is_empty() => name,
        _ => name,
    };
    name.replace(';', ":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_stand_from_the_root_behind_the_words() {
        let output = "Attaching 1 probe...\n\n@[\n    vfs_read+1\n    ksys_read+95\n, \n    \
            std::operator+(int)+7\n    main+0x1f\n, dd]: 15\n@reads[cat, 7, \n    vfs_read+1\n]: 3\n";
        let wanted = "dd;main;std::operator+(int);ksys_read;vfs_read 15\ncat;7;vfs_read 3\n";
        assert_eq!(fold(output), (wanted.to_string(), 0));
    }

    #[test]
    fn the_mode_perf_has_addresses_and_modules() {
        let output =
            "@[\n\tffffffff81a1 do_idle+12 ([kernel.kallsyms])\n\t7f001234 0x7f001234\n]: 2";
        assert_eq!(fold(output).0, "0x7f001234;do_idle 2\n");
        assert_eq!(fold("@[\n]: 4\n@[\n, dd]: 2\n").0, "[unknown] 4\ndd 2\n");
        assert_eq!(fold("@[\n    a::operator[]: x+1\n]: 2").0, "a::operator[]: x 2\n");
    }

    #[test]
    fn an_entry_without_a_plain_count_is_counted() {
        let output = "@[\n    f+1\n]: count 3, average 5, total 15\n@x: 5\n@[\n    f+1\n]: 1\n";
        assert_eq!(fold(output), ("f 1\n".to_string(), 1));
    }
}
