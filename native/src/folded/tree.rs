//! Stacks in the form that pictures carry: gzip of a text, the smallest that gives all of them back.
//!
//! A head, `stacks 1 <decimals> <names> <frames> <frames at least this wide>`, with ` reversed` where the first frame is
//! the leaf; then the names, one a
//! line, then the frames but the root, a line each and callers first: how many lines further up its
//! caller is (the root stands above the first), the number of its name from 0, and what stacks that
//! end here count, in units of ten to the power of minus decimals, then the same of the profile that
//! it is compared with. Zeros at the end of a line are left out.

use std::io::{BufWriter, Error, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::stacks::{AFTER, BEFORE, Counts, Stacks};

/// At most `most` frames: the narrowest are counted in their callers.
pub fn write(stacks: &Stacks, totals: &[Counts], most: usize) -> std::io::Result<Vec<u8>> {
    let least = narrowest(totals, most);
    let is_kept = |node: usize| node == 0 || widest(totals[node]) >= least;
    let mut own: Vec<Counts> = stacks.nodes.iter().map(|node| node.own).collect();
    // A caller is as wide as what it calls at least, so that it is kept too.
    let mut kept = 0;
    for node in (1..own.len()).rev() {
        if is_kept(node) {
            kept += 1;
            continue;
        }
        let [after, before] = std::mem::take(&mut own[node]);
        let caller = &mut own[stacks.nodes[node].parent as usize];
        caller[AFTER] += after;
        caller[BEFORE] += before;
    }

    let mut names = vec![u32::MAX; stacks.names()];
    let mut used: u32 = 0;
    let mut text = Vec::new();
    for (_, node) in stacks.nodes.iter().enumerate().skip(1).filter(|(at, _)| is_kept(*at)) {
        let number = &mut names[node.name as usize];
        if *number == u32::MAX {
            *number = used;
            used += 1;
            text.extend_from_slice(stacks.text_of(node.name));
            text.push(b'\n');
        }
    }

    let mut out =
        BufWriter::with_capacity(1 << 16, GzEncoder::new(Vec::new(), Compression::fast()));
    let reversed = if stacks.shape().reverse { " reversed" } else { "" };
    writeln!(out, "stacks 1 {} {used} {kept} {least}{reversed}", stacks.decimals)?;
    out.write_all(&text)?;
    drop(text);
    let mut positions = vec![0u32; own.len()];
    let mut position: u32 = 0;
    let mut line = Vec::new();
    for (at, node) in stacks.nodes.iter().enumerate().skip(1).filter(|(at, _)| is_kept(*at)) {
        position += 1;
        positions[at] = position;
        let up = position - positions[node.parent as usize];
        line.clear();
        write!(line, "{up} {}", names[node.name as usize])?;
        match own[at] {
            [0, 0] => {}
            [after, 0] => write!(line, " {after}")?,
            [after, before] => write!(line, " {after} {before}")?,
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    out.into_inner().map_err(|error| Error::other(error.to_string()))?.finish()
}

fn widest([after, before]: Counts) -> u64 {
    after.max(before)
}

/// The least count that leaves at most `most` frames.
fn narrowest(totals: &[Counts], most: usize) -> u64 {
    if totals.len() <= most.saturating_add(1) {
        return 0;
    }
    let mut all: Vec<u64> = totals[1..].iter().copied().map(widest).collect();
    let (_, first_out, _) = all.select_nth_unstable_by(most, |a, b| b.cmp(a));
    *first_out + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folded::line::Count;
    use crate::folded::stacks::Shape;
    use std::io::Read;

    fn written(lines: &[(&str, usize, u64)], most: usize) -> String {
        let mut stacks = Stacks::new(Shape::default());
        for (frames, side, digits) in lines {
            stacks.add(frames.as_bytes(), *side, Count { digits: *digits, decimals: 0 });
        }
        let bytes = write(&stacks, &stacks.totals().unwrap(), most).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        text
    }

    const LINES: [(&str, usize, u64); 4] =
        [("a;b", AFTER, 5), ("a;b;c", AFTER, 1), ("a;b", BEFORE, 2), ("d;b", BEFORE, 3)];

    #[test]
    fn names_then_frames_that_point_to_their_callers() {
        let wanted = "stacks 1 0 4 5 0\na\nb\nc\nd\n1 0\n1 1 5 2\n1 2 1\n4 3\n1 1 0 3\n";
        assert_eq!(written(&LINES, 100), wanted);
    }

    #[test]
    fn the_narrowest_frames_are_counted_in_their_callers() {
        assert_eq!(written(&LINES, 4), "stacks 1 0 3 4 2\na\nb\nd\n1 0\n1 1 6 2\n3 2\n1 1 0 3\n");
        assert_eq!(written(&LINES, 2), "stacks 1 0 2 2 4\na\nb\n1 0\n1 1 6 2\n");
    }
}
