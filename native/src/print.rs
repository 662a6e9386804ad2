//! What libbpf would print to stderr, kept instead, so that errors can tell it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Once;

use libbpf_rs::{PrintLevel, set_print};

const KEPT: usize = 8;
const LONGEST: usize = 400;

thread_local! {
    // libbpf prints from the thread that called it, so lines never mix between objects.
    static LINES: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
}

/// Runs `call` and returns its result with the last warnings that libbpf gave during it.
pub fn listen<T>(call: impl FnOnce() -> T) -> (T, Vec<String>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        set_print(Some((PrintLevel::Warn, keep)));
    });
    LINES.with_borrow_mut(VecDeque::clear);
    let result = call();
    (result, LINES.with_borrow_mut(|lines| lines.drain(..).collect()))
}

fn keep(_: PrintLevel, text: String) {
    for line in text.lines() {
        let line = line.trim().trim_start_matches("libbpf: ");
        if line.is_empty() {
            continue;
        }
        LINES.with_borrow_mut(|lines| {
            if lines.len() == KEPT {
                lines.pop_front();
            }
            lines.push_back(line.chars().take(LONGEST).collect());
        });
    }
}

/// The program or map that a line names: libbpf starts such lines with `prog 'x':` or `map 'x':`.
pub fn named(lines: &[String]) -> Option<String> {
    lines.iter().find_map(|line| {
        let rest = line.strip_prefix("prog '").or_else(|| line.strip_prefix("map '"))?;
        Some(rest.split_once('\'')?.0.to_string())
    })
}

/// The lines that say more than the errno does, without the names that [`named`] finds.
pub fn telling(lines: &[String]) -> Vec<String> {
    const EMPTY: [&str; 6] = [
        "Failed to bump RLIMIT_MEMLOCK",
        "Error in bpf_object__probe_loading",
        "BPF program load failed",
        "failed to load: ",
        "failed to load object",
        "permission error while running as root",
    ];
    lines
        .iter()
        .map(|line| match line.split_once("': ") {
            Some((name, rest)) if name.starts_with("prog '") || name.starts_with("map '") => rest,
            _ => line.as_str(),
        })
        .filter(|line| !EMPTY.iter().any(|empty| line.starts_with(empty)))
        .map(ToString::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_program_or_map_that_a_line_names() {
        let lines = vec![
            "something else".to_string(),
            "prog 'sample': BPF program load failed: -EPERM".to_string(),
        ];
        assert_eq!(named(&lines).as_deref(), Some("sample"));
        assert_eq!(named(&["map 'm': failed to create".into()]).as_deref(), Some("m"));
        assert_eq!(named(&["failed".into()]), None);
    }

    #[test]
    fn drops_lines_that_say_no_more_than_the_errno() {
        let lines = [
            "prog 'x': failed to find kernel BTF type ID of 'foo': -ESRCH",
            "prog 'x': failed to load: -ESRCH",
            "failed to load object '/x.bpf.o'",
        ]
        .map(String::from);
        assert_eq!(telling(&lines), ["failed to find kernel BTF type ID of 'foo': -ESRCH"]);
    }

    #[test]
    fn keeps_the_last_lines_of_this_thread_only() {
        let ((), lines) = listen(|| {
            for i in 0..20 {
                keep(PrintLevel::Warn, format!("libbpf: line {i}\n"));
            }
        });
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines[KEPT - 1], "line 19");
        assert!(listen(|| ()).1.is_empty());
    }
}
