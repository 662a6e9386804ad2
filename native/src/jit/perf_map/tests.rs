use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("probekit-{name}-{}.map", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn names(text: &[u8], addresses: &[u64]) -> Vec<Option<String>> {
    let mut wanted = Wanted::new(addresses);
    lines(text, &mut wanted);
    let names = wanted.into_names();
    addresses.iter().map(|address| names.get(address).map(|name| name.to_string())).collect()
}

#[test]
fn lines_are_read_leniently() {
    let text = b"1000 10 plain\n0x2000 0X10 prefixed\n  3000\t 10  a name  with spaces \r\n\
        junk\n\n4000 0 empty\n5000 10\nffffffffffffffff 10 beyond\n6000 10 \xff\x1b[31m\n7000 zz x\n\
        +8000 10 signed\n9000 10 last";
    let addresses = [0x1000, 0x200f, 0x3005, 0x4000, 0x5000, 0x6000, 0x7000, 0x8000, 0x9000];
    let found = names(text, &addresses);
    let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
    let wanted = [
        Some("plain"),
        Some("prefixed"),
        Some("a name  with spaces"),
        None,
        None,
        Some("\u{fffd}\x1b[31m"),
        None,
        None,
        None,
    ];
    assert_eq!(found, wanted);
}

#[test]
fn later_lines_win_where_they_overlap() {
    let text = b"1000 100 old\n1040 40 new\n1050 8 newest\n";
    let found = names(text, &[0x1000, 0x1040, 0x1050, 0x1058, 0x1080, 0x1100]);
    let found: Vec<&str> = found.iter().map(|name| name.as_deref().unwrap_or("-")).collect();
    assert_eq!(found, ["old", "new", "newest", "new", "old", "-"]);
}

/// The plain way: forward, a line at a time, each address overwritten.
fn plainly(text: &[u8], addresses: &[u64]) -> HashMap<u64, String> {
    let mut found = HashMap::new();
    let complete = text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    for line in text[..complete].split(|byte| *byte == b'\n') {
        if let Some((start, size, name)) = line_of(line) {
            for address in addresses {
                if (start..start + size).contains(address) {
                    found.insert(*address, name.clone());
                }
            }
        }
    }
    found
}

fn line_of(line: &[u8]) -> Option<(u64, u64, String)> {
    let is_space = |byte: &u8| byte.is_ascii_whitespace();
    let mut rest = line;
    let mut word = || {
        rest = &rest[rest.iter().position(|byte| !is_space(byte))?..];
        let end = rest.iter().position(is_space)?;
        let word = String::from_utf8(rest[..end].to_vec()).ok()?;
        rest = &rest[end..];
        let digits = word.trim_start_matches("0x").trim_start_matches("0X").to_string();
        // "0x0x1" is no number.
        if word.len() - digits.len() > 2 || digits.starts_with('+') {
            return None;
        }
        u64::from_str_radix(&digits, 16).ok()
    };
    let (start, size) = (word()?, word()?);
    start.checked_add(size)?;
    let name = String::from_utf8_lossy(rest.trim_ascii()).into_owned();
    (line.len() <= LONGEST_LINE && size > 0 && !name.is_empty()).then_some((start, size, name))
}

#[test]
fn a_hundred_thousand_mutated_lines_give_the_names_that_reading_plainly_gives() {
    let mut random = Random(9);
    let mut text = Vec::new();
    for at in 0..100_000 {
        let start = 0x7f00_0000_0000 + random.below(1 << 20) * 16;
        let mut line =
            format!("{start:x} {:x} void f{at}(int, long)\n", random.below(300)).into_bytes();
        for _ in 0..random.below(4) {
            let at = random.below(line.len());
            let byte =
                [b'\n', b' ', b'0', b'f', b'x', 0, 0xff, random.below(256) as u8][random.below(8)];
            match random.below(5) {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                2 => drop(line.remove(at)),
                3 => line.truncate(at.max(1)),
                _ if random.below(2000) == 0 => {
                    line.splice(at..at, vec![b'y'; random.below(3 * BLOCK as usize)]);
                }
                _ => line.extend_from_within(..),
            }
            if line.is_empty() {
                line.push(b'\n');
            }
        }
        text.extend(line);
    }
    let addresses: Vec<u64> =
        (0..400).map(|_| 0x7f00_0000_0000 + random.below(1 << 24) as u64).collect();
    let wanted = plainly(&text, &addresses);
    assert!(wanted.len() > 300, "{} have a name", wanted.len());
    let scratch = Scratch::new("mutated", &text);
    let mut read_back = Wanted::new(&addresses);
    read(&File::open(&scratch.0).unwrap(), &mut read_back).unwrap();
    let found = read_back.into_names();
    assert_eq!(found.len(), wanted.len());
    for (address, name) in &wanted {
        assert_eq!(*found[address], **name, "{address:x}");
    }
}

#[test]
fn ranges_that_cover_everything_cost_no_more_than_others() {
    let line = b"0 ffffffffffffffff everything\n";
    let text = line.repeat((64 << 20) / line.len());
    let addresses: Vec<u64> = (0..100_000).map(|at| at << 12).collect();
    let mut wanted = Wanted::new(&addresses);
    lines(&text, &mut wanted);
    assert!(wanted.is_done());
}

#[test]
fn a_map_that_is_written_anew_and_appended_to_while_it_is_read_gives_no_wrong_name() {
    const COUNT: usize = 30_000;
    let version = |random: &mut Random| {
        let mut text = Vec::new();
        for at in 0..COUNT {
            let start = 0x7f00_0000_0000 + at * 64;
            writeln!(text, "{start:x} 40 f{start:x}{}", " ".repeat(random.below(3))).unwrap();
        }
        text
    };
    let mut random = Random(5);
    let scratch = Scratch::new("changing", &version(&mut random));
    let is_over = AtomicBool::new(false);
    let mut wrong = Vec::new();
    thread::scope(|threads| {
        threads.spawn(|| {
            let mut file = OpenOptions::new().write(true).open(&scratch.0).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                let text = version(&mut random);
                file.set_len(0).unwrap();
                file.seek(SeekFrom::Start(0)).unwrap();
                for piece in text.chunks(4096) {
                    file.write_all(piece).unwrap();
                }
                thread::sleep(Duration::from_millis(random.below(60) as u64));
            }
        });
        for at in 0..60 {
            // The first and last among them, so that all of the file is read.
            let addresses: Vec<u64> = (0..COUNT)
                .step_by(at + 1)
                .chain([COUNT])
                .map(|at| 0x7f00_0000_0000 + at as u64 * 64 + 1)
                .collect();
            let mut wanted = Wanted::new(&addresses);
            if read(&File::open(&scratch.0).unwrap(), &mut wanted).is_ok() {
                for (address, name) in wanted.into_names() {
                    if *name != *format!("f{:x}", address - 1) {
                        wrong.push((address, name));
                    }
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(wrong, []);
    // How many readings had time to end is the scheduler's affair; one of a map at rest has all names.
    let addresses: Vec<u64> = (0..COUNT).map(|at| 0x7f00_0000_0001 + at as u64 * 64).collect();
    let mut wanted = Wanted::new(&addresses);
    read(&File::open(&scratch.0).unwrap(), &mut wanted).unwrap();
    assert_eq!(wanted.into_names().len(), COUNT);
}

#[test]
fn of_a_map_that_is_too_large_the_end_is_read() {
    let scratch = Scratch::new("large", b"1000 10 first\n");
    let mut file = OpenOptions::new().write(true).open(&scratch.0).unwrap();
    // A hole, which reads as one line of zeros.
    file.seek(SeekFrom::Start(MOST_BYTES + 100)).unwrap();
    file.write_all(b"\n2000 10 second\n").unwrap();
    let mut wanted = Wanted::new(&[0x1000, 0x2000]);
    read(&File::open(&scratch.0).unwrap(), &mut wanted).unwrap();
    let names = wanted.into_names();
    assert_eq!(names.get(&0x1000), None);
    assert_eq!(&*names[&0x2000], "second");
}
