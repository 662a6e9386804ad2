//! The kernel's functions, and which of them can be traced.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};

use napi::bindgen_prelude::{BigUint64Array, Uint8Array};
use napi_derive::napi;

use crate::error::Failure;

#[napi(object, object_from_js = false)]
pub struct KernelFunctions {
    pub names: Vec<String>,
    pub modules: Vec<String>,
    pub addresses: BigUint64Array,
    pub traceable: Option<Uint8Array>,
}

/// What is read of the tables, in our own terms.
#[derive(Default)]
struct Table {
    names: Vec<String>,
    modules: Vec<String>,
    addresses: Vec<u64>,
}

/// Reads kallsyms; with tracefs also which of the functions ftrace can be put into.
#[napi(catch_unwind)]
pub fn kernel_functions() -> napi::Result<KernelFunctions> {
    let table = File::open("/proc/kallsyms")
        .and_then(|file| symbols(BufReader::with_capacity(1 << 16, file)))
        .map_err(|error| {
            Failure::errno("symbolize", error.raw_os_error().unwrap_or(libc::EIO))
                .subject("/proc/kallsyms")
        })?;
    let traceable = filter_functions().map(|known| {
        let is_known = |(name, module): (&String, &String)| {
            u8::from(known.contains(&(name.clone(), module.clone())))
        };
        table.names.iter().zip(&table.modules).map(is_known).collect::<Vec<_>>().into()
    });
    Ok(KernelFunctions {
        names: table.names,
        modules: table.modules,
        addresses: table.addresses.into(),
        traceable,
    })
}

/// Functions alone, each name at each address once.
fn symbols(mut lines: impl BufRead) -> io::Result<Table> {
    let mut table = Table::default();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? != 0 {
        let text = String::from_utf8_lossy(&line);
        let mut words = text.split_ascii_whitespace();
        if let (Some(address), Some("t" | "T" | "w" | "W"), Some(name)) =
            (words.next(), words.next(), words.next())
        {
            let module = words.next().map_or("", |module| module.trim_matches(['[', ']']));
            if module != "bpf" && !name.starts_with("__pfx_") {
                table.names.push(name.to_string());
                table.modules.push(module.to_string());
                table.addresses.push(u64::from_str_radix(address, 16).unwrap_or(0));
            }
        }
        line.clear();
    }
    Ok(table)
}

/// Names and modules that ftrace lists; None where it cannot be read, or lists nothing.
fn filter_functions() -> Option<HashSet<(String, String)>> {
    let list = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
        .iter()
        .find_map(|place| fs::read_to_string(format!("{place}/available_filter_functions")).ok())?;
    let known: HashSet<_> = list.lines().filter_map(filter_function).collect();
    (!known.is_empty()).then_some(known)
}

fn filter_function(line: &str) -> Option<(String, String)> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next()?.to_string();
    let module = words.find(|word| word.starts_with('[')).unwrap_or("");
    Some((name, module.trim_matches(['[', ']']).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_functions_and_leaves_data_and_programs_out() {
        let text = b"ffffffff81000000 T vfs_read\nffffffff81000010 t __pfx_x\n\
            ffffffff81000020 D jiffies\nffffffffc0000000 t ext4_open\t[ext4]\n\
            ffffffffc0000100 t bpf_prog_1a_x\t[bpf]\n" as &[u8];
        let table = symbols(text).unwrap();
        assert_eq!(table.names, ["vfs_read", "ext4_open"]);
        assert_eq!(table.modules, ["", "ext4"]);
        assert_eq!(table.addresses, [0xffff_ffff_8100_0000, 0xffff_ffff_c000_0000]);
    }

    #[test]
    fn reads_lines_of_ftrace() {
        let of = |name: &str, module: &str| Some((name.to_string(), module.to_string()));
        assert_eq!(filter_function("vfs_read"), of("vfs_read", ""));
        assert_eq!(filter_function("ext4_open [ext4]"), of("ext4_open", "ext4"));
        assert_eq!(filter_function(""), None);
    }
}
