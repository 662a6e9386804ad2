//! The file that a HotSpot JVM maps to tell of itself (src/hotspot/share/runtime/perfMemory.hpp, version 2.0):
//! a prologue, then entries with a name and, of the ones that count here, a text.

#[derive(Debug, Default, PartialEq)]
pub struct PerfData {
    pub version: u32,
    pub takes_attachments: bool,
    pub arguments: String,
}

const MAGIC: [u8; 4] = [0xca, 0xfe, 0xc0, 0xc0];
const BYTE_ORDER: usize = 4;
const MAJOR: usize = 5;
const FIRST_ENTRY: usize = 24;
const ENTRIES: usize = 28;

/// None where it is not what a JVM writes.
pub fn parse(bytes: &[u8]) -> Option<PerfData> {
    let is_ours = bytes.get(..4)? == MAGIC
        && *bytes.get(BYTE_ORDER)? == u8::from(cfg!(target_endian = "little"))
        && *bytes.get(MAJOR)? == 2;
    if !is_ours {
        return None;
    }
    let mut data = PerfData::default();
    let mut at = number(bytes, FIRST_ENTRY)?;
    for _ in 0..number(bytes, ENTRIES)? {
        let entry = bytes.get(at..)?;
        let length = number(entry, 0)?;
        if length == 0 {
            break;
        }
        at = at.checked_add(length)?;
        let entry = entry.get(..length)?;
        let name = text(entry.get(number(entry, 4)?..)?);
        let value = || Some(text(entry.get(number(entry, 16)?..)?));
        match name {
            b"java.property.java.vm.specification.version" => {
                data.version = version(value()?);
            }
            b"sun.rt.jvmCapabilities" => data.takes_attachments = value()?.first() == Some(&b'1'),
            b"java.rt.vmArgs" | b"java.rt.vmFlags" => {
                data.arguments.push_str(&String::from_utf8_lossy(value()?));
                data.arguments.push(' ');
            }
            _ => {}
        }
    }
    Some(data)
}

/// `17`, and `1.8` as 8.
fn version(text: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(text);
    let number = text.strip_prefix("1.").unwrap_or(&text).split('.').next();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A jint, which is not negative here.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(i32::from_ne_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 2, 0, 1]);
        bytes.resize(FIRST_ENTRY, 0);
        bytes.extend(32i32.to_ne_bytes());
        bytes.extend((entries.len() as i32).to_ne_bytes());
        for (name, value) in entries {
            let value_at = 20 + name.len() + 1;
            let length = value_at + value.len() + 1;
            for number in [length, 20, value.len(), 0, value_at] {
                bytes.extend((number as i32).to_ne_bytes());
            }
            bytes.extend(name.bytes().chain([0]).chain(value.bytes()).chain([0]));
        }
        bytes
    }

    #[test]
    fn reads_what_a_jvm_tells() {
        let bytes = file(&[
            ("java.property.java.vm.specification.version", "17"),
            ("sun.rt.jvmCapabilities", "1100"),
            ("java.rt.vmArgs", "-Xmx1g"),
            ("java.rt.vmFlags", "-XX:+PreserveFramePointer"),
        ]);
        let data = parse(&bytes).unwrap();
        let arguments = "-Xmx1g -XX:+PreserveFramePointer ".to_string();
        assert_eq!(data, PerfData { version: 17, takes_attachments: true, arguments });
        assert_eq!((version(b"1.8"), version(b"21"), version(b"x")), (8, 21, 0));
    }

    #[test]
    fn says_nothing_of_attachments_where_the_jvm_does_not() {
        let disabled = file(&[("sun.rt.jvmCapabilities", "0100")]);
        assert!(!parse(&disabled).unwrap().takes_attachments);
        assert!(!parse(&file(&[])).unwrap().takes_attachments);
    }

    #[test]
    fn no_bytes_make_it_fail() {
        let good = file(&[("sun.rt.jvmCapabilities", "1"), ("java.rt.vmArgs", "x")]);
        for end in 0..good.len() {
            parse(&good[..end]);
        }
        for at in 0..good.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = byte;
                parse(&bytes);
            }
        }
    }
}
