use super::*;
use std::process::Command;

const SOURCE: &str = r#"
    __attribute__((noinline)) int outer(int x) { volatile int y = x; return y + 1; }
    static __attribute__((noinline)) int inner(int x) { volatile int y = x; return y + 2; }
    int __plain(int x) { return outer(x) + inner(x); }
    __attribute__((weak, alias("__plain"))) int plain(int);
    __asm__(".text\n.type sizeless,@function\nsizeless:\n nop\n nop\n.type sized,@function\n"
            "sized:\n nop\n.size sized,.-sized\n");
    int main(int argc, char **argv) { (void)argv; return __plain(argc); }
"#;

/// A program of `SOURCE`, built with these options.
fn program(name: &str, options: &[&str]) -> Vec<u8> {
    let at = std::env::temp_dir().join(format!("probekit-{}-{name}", std::process::id()));
    let source = at.with_extension("c");
    std::fs::write(&source, SOURCE).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-fno-omit-frame-pointer", "-o"]).arg(&at).args(options).arg(&source);
    assert!(cc.status().unwrap().success());
    let bytes = std::fs::read(&at).unwrap();
    std::fs::remove_file(&at).unwrap();
    std::fs::remove_file(&source).unwrap();
    bytes
}

fn read(bytes: Vec<u8>) -> Option<ElfSymbols> {
    ElfSymbols::read(bytes.into(), || None)
}

/// Each function's name and address.
fn named(symbols: &ElfSymbols) -> Vec<(String, u64)> {
    let functions = symbols.functions.iter();
    let starts = functions.map(|f| symbols.base + u64::from(f.start));
    starts.map(|start| (symbols.name(start).unwrap(), start)).collect()
}

fn at(symbols: &ElfSymbols, name: &str) -> u64 {
    let named = named(symbols);
    named.iter().find(|(have, _)| have == name).unwrap_or_else(|| panic!("{name}: {named:?}")).1
}

#[test]
fn addresses_lie_in_functions_with_the_plainest_of_their_names() {
    let symbols = read(program("whole", &[])).unwrap();
    for name in ["main", "outer", "inner", "plain"] {
        let start = at(&symbols, name);
        assert_eq!(symbols.name(start + 3).unwrap(), name);
    }
    let sizeless = at(&symbols, "sizeless");
    assert_eq!(symbols.name(sizeless + 1).unwrap(), "sizeless");
    assert_eq!(symbols.name(sizeless + 2).unwrap(), "sized");
    assert_ne!(symbols.name(sizeless + 3).unwrap_or_default(), "sized");
    assert_eq!([0, u64::MAX].map(|address| symbols.name(address)), [None, None]);
    let part = symbols.segments[0];
    let main = at(&symbols, "main");
    assert_eq!(symbols.address(main - part.start + part.offset), Some(main));
    assert_eq!(symbols.address(u64::MAX), None);
}

#[test]
fn a_file_that_is_cut_short_meanwhile_has_no_names() {
    let whole = program("meanwhile", &["-rdynamic"]);
    let at = std::env::temp_dir().join(format!("probekit-{}-meanwhile.so", std::process::id()));
    for length in (0..whole.len() as u64).step_by(777) {
        std::fs::write(&at, &whole).unwrap();
        let file = std::fs::File::options().read(true).write(true).open(&at).unwrap();
        let bytes = Bytes::map(std::rc::Rc::new(file)).unwrap();
        std::fs::File::options().write(true).open(&at).unwrap().set_len(length).unwrap();
        let symbols = ElfSymbols::read(bytes, || None);
        assert!(symbols.is_none_or(|symbols| symbols.functions.is_empty()));
    }
    std::fs::remove_file(&at).unwrap();
}

#[test]
fn a_stripped_program_has_what_it_exports_and_nothing_in_between() {
    let symbols = read(program("stripped", &["-s", "-rdynamic"])).unwrap();
    let whole = read(program("unstripped", &["-rdynamic"])).unwrap();
    assert_eq!(symbols.name(at(&whole, "outer") + 1).unwrap(), "outer");
    assert_eq!(symbols.name(at(&whole, "inner") + 1), None);
}

#[test]
fn a_separate_debug_file_names_the_rest() {
    let stripped: Bytes = program("apart", &["-s"]).into();
    let whole: Bytes = program("debug", &[]).into();
    let symbols = ElfSymbols::read(stripped, || Some(whole)).unwrap();
    assert_eq!(symbols.name(at(&symbols, "inner") + 1).unwrap(), "inner");
}

#[test]
fn mini_debug_info_names_the_rest_and_nothing_in_between() {
    let whole = program("whole-of-mini", &["-rdynamic"]);
    let shipped = debugdata::tests::shipped("mini", &whole);
    let stripped = read(program("none-of-mini", &["-s", "-rdynamic"])).unwrap();
    let [symbols, truth] = [shipped, whole].map(|bytes| read(bytes).unwrap());
    let inner = at(&truth, "inner");
    assert_eq!(stripped.name(inner + 1), None);
    for name in ["main", "outer", "inner", "plain", "sized"] {
        assert_eq!(symbols.name(at(&truth, name)).unwrap(), name);
    }
    let Segment { start, end, .. } = truth.segments[0];
    for address in start..end {
        if let Some(name) = symbols.name(address) {
            assert_eq!(Some(name), truth.name(address));
        }
    }
    // Names that lie in no file are kept in memory, and nothing else of theirs.
    let sizes: Vec<usize> = symbols.texts.iter().map(|text| text.source.size()).collect();
    assert!(sizes.iter().any(|size| (1..1000).contains(size)), "{sizes:?}");
}

#[test]
fn a_file_that_is_cut_short_gives_no_wrong_name() {
    for whole in
        [program("cut", &[]), debugdata::tests::shipped("cut-mini", &program("cut-too", &[]))]
    {
        cut_short(whole);
    }
}

fn cut_short(whole: Vec<u8>) {
    let symbols = read(whole.clone()).unwrap();
    let truth = |address: u64| symbols.name(address);
    let addresses: Vec<u64> =
        named(&symbols).iter().flat_map(|(_, start)| [*start, start + 1]).collect();
    for length in (0..whole.len()).rev().step_by(7) {
        let Some(cut) = read(whole[..length].to_vec()) else { continue };
        for address in &addresses {
            if let Some(name) = cut.name(*address) {
                assert_eq!(Some(name), truth(*address), "cut at {length}");
            }
        }
    }
}

#[test]
fn whatever_the_bytes_are_it_neither_fails_nor_hangs() {
    let whole = program("mutated", &["-g"]);
    mutate(&debugdata::tests::shipped("mutated-mini", &whole));
    mutate(&whole);
}

fn mutate(whole: &[u8]) {
    let mut random = 1_u64;
    let mut next = || {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        random >> 33
    };
    for round in 0..3000 {
        let mut bytes = whole.to_vec();
        for _ in 0..1 + next() % 16 {
            // Headers and tables are what is read: half of the changes go there.
            let part = if next() % 2 == 0 { 1024 } else { bytes.len() as u64 };
            let from = if round % 3 == 0 { bytes.len() as u64 - part } else { 0 };
            bytes[(from + next() % part) as usize] =
                [0, 0xff, 0x7f, next() as u8][next() as usize % 4];
        }
        let bytes: Bytes = bytes.into();
        if let Some(symbols) = ElfSymbols::read(bytes.clone(), || Some(bytes.clone())) {
            for _ in 0..32 {
                let offset = next() % (whole.len() as u64 + 64);
                let address = symbols.address(offset).unwrap_or(offset << (next() % 50));
                symbols.name(address);
            }
        }
        if let Some(inlined) = crate::elf::inline::Inlined::read(&bytes, Some(bytes.clone())) {
            inlined.at(next() % 0x2000);
        }
    }
}
