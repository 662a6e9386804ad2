//! The tree of stacks as lines in the order in which inferno is to draw them.

use std::borrow::Cow;

use crate::escape::visible;
use crate::folded::stacks::{AFTER, Counts, Stacks};

pub struct Lines {
    /// From left to right.
    pub lines: Vec<String>,
    /// Names of frames that are drawn.
    pub names: Vec<String>,
}

/// Lines of all frames that are at least `narrowest` wide; others are counted in those below them. Children stand in
/// the order of their names. In a comparison, each line has two counts, whose difference is that of the
/// frame itself, those before multiplied by `before`.
pub fn merged(stacks: &Stacks, totals: &[Counts], narrowest: f64, before: Option<f64>) -> Lines {
    let nodes = &stacks.nodes;
    // Below the first frames there is no line that could count them: those inferno leaves out.
    let is_drawn = |node: usize| totals[node][AFTER] as f64 >= narrowest || nodes[node].parent == 0;
    let mut own: Vec<u64> = nodes.iter().map(|node| node.own[AFTER]).collect();
    let mut children: Vec<Vec<u32>> = Vec::new();
    // Places among those that are drawn; the root has the first.
    let mut place = vec![0u32; nodes.len()];
    for node in 0..nodes.len() {
        let parent = nodes[node].parent as usize;
        if node == 0 || is_drawn(node) {
            place[node] = children.len() as u32;
            children.push(Vec::new());
            if node > 0 {
                children[place[parent] as usize].push(node as u32);
            }
        } else if is_drawn(parent) {
            own[parent] += totals[node][AFTER];
        }
    }
    for siblings in &mut children {
        siblings.sort_unstable_by(|a, b| stacks.name(*b as usize).cmp(stacks.name(*a as usize)));
    }

    let mut out = Lines { lines: Vec::new(), names: Vec::new() };
    let mut path = String::new();
    // Each with where its caller's path ends.
    let mut ahead: Vec<(u32, usize)> = children[0].iter().map(|node| (*node, 0)).collect();
    while let Some((node, end)) = ahead.pop() {
        let node = node as usize;
        path.truncate(end);
        if end > 0 {
            path.push(';');
        }
        let name = shown(stacks.name(node));
        path.push_str(&name);
        out.names.push(name.into_owned());
        let below = &children[place[node] as usize];
        let [after, own_before] = nodes[node].own;
        let before = before.map(|by| multiplied(own_before, by));
        if own[node] > 0 || before.is_some_and(|count| count > 0) || below.is_empty() {
            match before {
                Some(before) => {
                    let before = own[node] - after + before;
                    out.lines.push(format!("{path} {before} {}", own[node]));
                }
                None => out.lines.push(format!("{path} {}", own[node])),
            }
        }
        let end = path.len();
        ahead.extend(below.iter().map(|node| (*node, end)));
    }
    out
}

/// Exact where there is nothing to multiply: the largest counts are no exact floating-point numbers.
fn multiplied(count: u64, by: f64) -> u64 {
    if by == 1.0 { count } else { (count as f64 * by).round() as u64 }
}

/// Lines in the order of time, the first on the right as the reader of that mode wants it.
pub fn in_order(stacks: &Stacks) -> Lines {
    let mut out = Lines { lines: Vec::new(), names: Vec::new() };
    for (node, count) in &stacks.order {
        let mut frames = Vec::new();
        let mut node = *node as usize;
        while node > 0 {
            frames.push(shown(stacks.name(node)));
            node = stacks.nodes[node].parent as usize;
        }
        frames.reverse();
        out.lines.push(format!("{} {count}", frames.join(";")));
    }
    out.names = (1..stacks.nodes.len()).map(|node| shown(stacks.name(node)).into_owned()).collect();
    out
}

/// A name as text that inferno cannot take for something else: it skips lines that begin with `# `,
/// reads a number behind a space at the end of the frames as another count, and takes spaces off
/// the ends of a line. The spaces of such names are placeholders until the picture is drawn.
fn shown(name: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(name);
    let text = match visible(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(escaped) => Cow::Owned(escaped),
    };
    if text.is_empty() {
        return Cow::Borrowed(NOTHING);
    }
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let mistaken = text.starts_with([' ', '#'])
        || text.trim() != text
        || text.rsplit_once(' ').is_some_and(|(_, word)| is_number(word));
    if mistaken { Cow::Owned(text.replace(' ', SPACE)) } else { text }
}

/// Noncharacters, which names cannot have: they are shown as `\u{fdd0}`.
const SPACE: &str = "\u{fdd0}";
const NOTHING: &str = "\u{fdd1}";

/// The picture with spaces for the placeholders.
pub fn without_placeholders(svg: String) -> String {
    if svg.contains([SPACE, NOTHING].map(|text| text.chars().next().unwrap_or_default())) {
        svg.replace(SPACE, " ").replace(NOTHING, "")
    } else {
        svg
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folded::line::Count;
    use crate::folded::stacks::{BEFORE, Shape};

    fn lines(input: &[(&str, usize, u64)], narrowest: f64, before: Option<f64>) -> Vec<String> {
        let mut stacks = Stacks::new(Shape::default());
        for (frames, side, digits) in input {
            stacks.add(frames.as_bytes(), *side, Count { digits: *digits, decimals: 0 });
        }
        let totals = stacks.totals().unwrap();
        merged(&stacks, &totals, narrowest, before).lines
    }

    #[test]
    fn frames_stand_below_their_caller_in_the_order_of_names() {
        let input = [
            ("b", AFTER, 1),
            ("a b", AFTER, 2),
            ("a;c;d", AFTER, 3),
            ("a", AFTER, 4),
            (";x", AFTER, 5),
        ];
        let wanted = ["\u{fdd1};x 5", "a 4", "a;c;d 3", "a b 2", "b 1"];
        assert_eq!(lines(&input, 0.0, None), wanted);
    }

    #[test]
    fn narrow_frames_are_counted_in_those_below_them() {
        let input = [("a;b;c", AFTER, 1), ("a;b;d", AFTER, 1), ("a;e", AFTER, 9)];
        assert_eq!(lines(&input, 2.0, None), ["a;b 2", "a;e 9"]);
        assert_eq!(lines(&input, 3.0, None), ["a 2", "a;e 9"]);
        assert_eq!(lines(&[("a;b", AFTER, 1), ("c", AFTER, 9)], 2.0, None), ["a 1", "c 9"]);
    }

    #[test]
    fn two_counts_differ_by_what_the_frame_itself_changed() {
        let input =
            [("a;b", BEFORE, 5), ("a;b;c", AFTER, 1), ("a;b", AFTER, 7), ("a;d", BEFORE, 3)];
        assert_eq!(lines(&input, 0.0, Some(1.0)), ["a;b 5 7", "a;b;c 0 1", "a;d 3 0"]);
        // c is counted in b, whose own change stays +2.
        assert_eq!(lines(&input, 2.0, Some(1.0)), ["a;b 6 8"]);
        assert_eq!(lines(&input, 0.0, Some(0.5)), ["a;b 3 7", "a;b;c 0 1", "a;d 2 0"]);
    }

    #[test]
    fn names_that_look_like_something_else_stay_names() {
        for (name, wanted) in [
            ("worker 3", "worker\u{fdd0}3"),
            ("# title", "#\u{fdd0}title"),
            ("a ", "a\u{fdd0}"),
            ("a b", "a b"),
            ("\u{fdd0}", "\\u{fdd0}"),
        ] {
            assert_eq!(shown(name.as_bytes()), wanted);
        }
    }
}
