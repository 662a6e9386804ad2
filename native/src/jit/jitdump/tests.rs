use std::fs;
use std::path::PathBuf;

use super::*;

fn record(id: u32, body: &[u8]) -> Vec<u8> {
    let size = PREFIX as u32 + body.len() as u32;
    [&id.to_ne_bytes()[..], &size.to_ne_bytes(), &7u64.to_ne_bytes(), body].concat()
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn load(start: u64, size: u64, index: u64, name: &str) -> Vec<u8> {
    let code = vec![0x90; size as usize];
    let body = [&words(&[0, start, start, size, index])[..], name.as_bytes(), &[0], &code].concat();
    record(LOAD, &body)
}

fn moved(from: u64, to: u64, size: u64, index: u64) -> Vec<u8> {
    record(MOVE, &words(&[0, to, from, to, size, index]))
}

fn dump(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [MAGIC, 1, HEADER as u32, 62, 0, 1].map(u32::to_ne_bytes).concat();
    bytes.extend(words(&[0, 0]));
    bytes.extend(records.concat());
    bytes
}

fn names(bytes: &[u8], addresses: &[u64]) -> Vec<String> {
    let path: PathBuf = std::env::temp_dir().join(format!(
        "probekit-jitdump-{}-{:?}.dump",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::write(&path, bytes).unwrap();
    let mut wanted = Wanted::new(addresses);
    let _ = read(&File::open(&path).unwrap(), &mut wanted);
    fs::remove_file(&path).unwrap();
    let names = wanted.into_names();
    addresses.iter().map(|at| names.get(at).map_or("-", |name| &**name).to_string()).collect()
}

#[test]
fn code_is_found_where_it_was_loaded_and_where_it_was_moved() {
    let bytes = dump(&[
        load(0x1000, 0x20, 1, "first"),
        record(2, &[1; 100]),
        load(0x1000, 0x10, 2, "second"),
        moved(0x1010, 0x3000, 0x20, 1),
        moved(0, 0x4000, 0x20, 99),
        record(CLOSE, &[]),
        load(0x5000, 0x10, 3, "after the end"),
    ]);
    let found = names(&bytes, &[0x1000, 0x1010, 0x1020, 0x301f, 0x4000, 0x5000]);
    assert_eq!(found, ["second", "first", "-", "first", "-", "-"]);
}

#[test]
fn a_file_that_was_cut_off_gives_what_is_complete() {
    let good = dump(&[load(0x1000, 0x10, 1, "first"), load(0x2000, 0x10, 2, "second")]);
    for end in 0..good.len() {
        let found = names(&good[..end], &[0x1000, 0x2000]);
        assert!(["first", "-"].contains(&&*found[0]), "{found:?}");
        assert_eq!(found[1], "-");
    }
}

#[test]
fn no_bytes_make_it_fail() {
    let good = dump(&[load(0x1000, 0x10, 1, "a"), moved(0x1000, 0x2000, 0x10, 1)]);
    for at in 0..good.len() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            names(&bytes, &[0x1000, 0x2000, u64::MAX]);
        }
    }
}

#[test]
fn jitdumps_are_told_by_their_names() {
    let is_one = |name: &str| is_jitdump(Path::new(name));
    assert!(is_one("/root/.debug/jit/jit-812.dump") && is_one("/tmp/jit-1.dump"));
    assert!(!is_one("/tmp/jit-.dump") && !is_one("/tmp/jit-1.dump.old") && !is_one("/tmp/x"));
}
