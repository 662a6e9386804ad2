//! MiniDebugInfo (gdb's manual): what Fedora and its kin leave of a symbol table as they strip a file. Its section
//! .gnu_debugdata is another ELF file, compressed with xz, whose .symtab has functions that .dynsym lacks.

use object::Endianness;
use object::read::elf::{FileHeader, SectionHeader, SectionTable};
use xz4rust::{XzDecoder, XzNextBlockResult};

use crate::elf::bytes::Bytes;

/// A larger one, compressed or no longer, is left out: the largest programs of Fedora have less.
const LARGEST: usize = 1 << 26;

/// As much as `xz -9` wants. Pages that are not written to take no memory.
const LARGEST_DICTIONARY: usize = 1 << 26;

/// None: there is none, or it is broken.
pub fn read<H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    bytes: &[u8],
    sections: &SectionTable<H>,
) -> Option<Bytes> {
    let (_, section) = sections.section_by_name(endian, b".gnu_debugdata")?;
    Some(decompress(section.data(endian, bytes).ok()?)?.into())
}

fn decompress(mut compressed: &[u8]) -> Option<Vec<u8>> {
    if compressed.len() > LARGEST {
        return None;
    }
    let mut decoder = XzDecoder::in_heap_with_alloc_dict_size(0, LARGEST_DICTIONARY);
    let mut bytes = vec![0; LARGEST];
    let mut size = 0;
    loop {
        match decoder.decode(compressed, &mut bytes[size..]).ok()? {
            XzNextBlockResult::EndOfStream(_, written) => {
                bytes.truncate(size + written);
                bytes.shrink_to_fit();
                return Some(bytes);
            }
            // It is cut short, or larger than we take.
            XzNextBlockResult::NeedMoreData(0, 0) => return None,
            XzNextBlockResult::NeedMoreData(read, written) => {
                compressed = &compressed[read..];
                size += written;
            }
        }
    }
}

#[cfg(test)]
pub mod tests {
    use std::collections::HashSet;
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::{fs, thread};

    use super::*;

    fn run(command: &mut Command) -> Vec<u8> {
        let output = command.stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{command:?}");
        output.stdout
    }

    fn xz(options: &[&str], bytes: Vec<u8>) -> Vec<u8> {
        let mut xz = Command::new("xz");
        let mut child = xz
            .arg("-c")
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut into = child.stdin.take().unwrap();
        let writer = thread::spawn(move || into.write_all(&bytes).unwrap());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert!(output.status.success());
        output.stdout
    }

    /// Names of functions, as gdb's manual finds them.
    fn functions(program: &Path, options: &[&str]) -> HashSet<String> {
        let mut nm = Command::new("nm");
        let nm = nm.args(["--format=posix", "--defined-only"]).args(options).arg(program);
        let text = String::from_utf8(run(nm)).unwrap();
        let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        lines.filter(|words| ["T", "t"].contains(&words[1])).map(|words| words[0].into()).collect()
    }

    /// A directory of its own, with this program in it.
    fn directory(name: &str, program: &[u8]) -> (PathBuf, PathBuf) {
        let directory =
            std::env::temp_dir().join(format!("probekit-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("program"), program).unwrap();
        (directory.join("program"), directory)
    }

    /// What the section of a program would hold, no longer compressed.
    fn mini(name: &str, program: &[u8]) -> Vec<u8> {
        let (program, directory) = directory(name, program);
        let at = |name: &str| directory.join(name);
        let exported = functions(&program, &["--dynamic"]);
        let keep: Vec<String> = functions(&program, &[]).difference(&exported).cloned().collect();
        fs::write(at("keep"), keep.join("\n")).unwrap();
        let objcopy = || Command::new("objcopy");
        run(objcopy().arg("--only-keep-debug").args([&program, &at("debug")]));
        let mut keeps = objcopy();
        keeps.args(["-S", "--remove-section=.comment"]);
        keeps.arg(format!("--keep-symbols={}", at("keep").display()));
        run(keeps.args([at("debug"), at("mini")]));
        let mini = fs::read(at("mini")).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        mini
    }

    /// A program stripped to what it exports, with this section.
    pub fn with_section(name: &str, program: &[u8], section: &[u8]) -> Vec<u8> {
        let (program, directory) = directory(name, program);
        let [section_at, out] = ["section", "out"].map(|name| directory.join(name));
        fs::write(&section_at, section).unwrap();
        let add = format!(".gnu_debugdata={}", section_at.display());
        let mut objcopy = Command::new("objcopy");
        run(objcopy.args(["--strip-all", "--add-section", &add]).args([&program, &out]));
        let bytes = fs::read(out).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        bytes
    }

    /// A program as Fedora ships it: names of what it does not export are in .gnu_debugdata alone.
    pub fn shipped(name: &str, program: &[u8]) -> Vec<u8> {
        with_section(name, program, &xz(&[], mini(name, program)))
    }

    /// Bytes that xz compresses a little.
    fn sample() -> Vec<u8> {
        (0..20_000_u32).flat_map(|i| (i * i / 7).to_le_bytes()).collect()
    }

    fn next(random: &mut u64) -> usize {
        *random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*random >> 33) as usize
    }

    #[test]
    fn reads_what_xz_writes() {
        let whole = sample();
        for options in
            [vec!["-0"], vec!["-9e"], vec!["--check=crc32"], vec!["-T2", "--block-size=10000"]]
        {
            let read = decompress(&xz(&options, whole.clone()));
            assert!(read.is_some_and(|read| read == whole), "{options:?}");
        }
        assert_eq!(decompress(&xz(&[], Vec::new())).unwrap(), []);
    }

    #[test]
    fn what_is_broken_is_none() {
        let whole = sample();
        let compressed = xz(&[], whole.clone());
        assert!(decompress(&compressed).unwrap() == whole);
        for length in
            (0..compressed.len()).step_by(97).chain(compressed.len() - 40..compressed.len())
        {
            assert!(decompress(&compressed[..length]).is_none(), "cut at {length}");
        }
        let mut random = 1;
        for round in 0..2000 {
            let mut bytes = compressed.clone();
            for _ in 0..1 + next(&mut random) % 4 {
                let at = next(&mut random) % if round % 2 == 0 { 64 } else { bytes.len() };
                bytes[at] = next(&mut random) as u8;
            }
            // As whoever means harm would: the sum of the block's header is right.
            bytes[12] = compressed[12];
            let end = 12 + usize::from(bytes[12]) * 4;
            let sum = crc32fast::hash(&bytes[12..end]).to_le_bytes();
            bytes[end..end + 4].copy_from_slice(&sum);
            assert!(decompress(&bytes).is_none_or(|bytes| bytes == whole), "round {round}");
        }
    }

    #[test]
    fn what_claims_too_much_is_none() {
        let mut compressed = xz(&["-T1"], vec![0; LARGEST]);
        assert_eq!(decompress(&compressed).unwrap().len(), LARGEST);
        assert!(decompress(&xz(&[], vec![0; LARGEST + 1])).is_none());
        assert!(decompress(&vec![0; LARGEST + 1]).is_none());
        // The block's header: its size, flags, a filter's id and the size of its properties; 30 is 128 MiB.
        assert_eq!(compressed[12..16], [2, 0, 0x21, 1]);
        compressed[16] = 30;
        let sum = crc32fast::hash(&compressed[12..20]).to_le_bytes();
        compressed[20..24].copy_from_slice(&sum);
        assert!(decompress(&compressed).is_none());
    }
}
