//! The kernel's own table of functions, its modules and BPF programs included.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use crate::symbols::Found;

/// Functions by address. Names lie in one string: a table of 100 000 takes about 5 MB.
pub struct Kallsyms {
    /// Address, where its name starts, its module counted from 1 (0: the kernel itself).
    functions: Vec<(u64, u32, u16)>,
    names: String,
    modules: Vec<String>,
    /// Whether this process may see addresses at all.
    hidden: bool,
}

/// These end a range of functions; what follows them is none.
const ENDS: [&str; 2] = ["_etext", "_einittext"];

const PAGE: u64 = 4096;

impl Kallsyms {
    pub fn read() -> io::Result<Self> {
        Self::parse(BufReader::with_capacity(1 << 16, File::open("/proc/kallsyms")?))
    }

    fn parse(mut lines: impl BufRead) -> io::Result<Self> {
        let mut table =
            Self { functions: Vec::new(), names: String::new(), modules: Vec::new(), hidden: true };
        let mut numbers = HashMap::new();
        // A global name before a local one; else the first. Same order as `functions`.
        let mut globals = Vec::new();
        let mut bytes = Vec::new();
        while lines.read_until(b'\n', &mut bytes)? != 0 {
            let line = String::from_utf8_lossy(&bytes);
            let mut words = line.split_ascii_whitespace();
            if let (Some(address), Some(kind), Some(name)) =
                (words.next(), words.next(), words.next())
            {
                let address = u64::from_str_radix(address, 16).unwrap_or(0);
                if address != 0 && matches!(kind, "t" | "T" | "w" | "W") {
                    let module = words.next().map_or("", |m| m.trim_matches(['[', ']']));
                    let module = table.module(module, &mut numbers);
                    table.functions.push((address, table.names.len() as u32, module));
                    globals.push(kind != "t");
                    table.names.push_str(name);
                    table.names.push('\n');
                    table.hidden = false;
                }
            }
            bytes.clear();
        }
        let mut order: Vec<u32> = (0..table.functions.len() as u32).collect();
        order.sort_by_key(|&i| (table.functions[i as usize].0, !globals[i as usize], i));
        order.dedup_by_key(|i| table.functions[*i as usize].0);
        table.functions = order.iter().map(|&i| table.functions[i as usize]).collect();
        table.names.shrink_to_fit();
        Ok(table)
    }

    fn module(&mut self, name: &str, numbers: &mut HashMap<String, u16>) -> u16 {
        if name.is_empty() {
            return 0;
        }
        if let Some(number) = numbers.get(name) {
            return *number;
        }
        self.modules.push(name.to_string());
        let number = self.modules.len() as u16;
        numbers.insert(name.to_string(), number);
        number
    }

    /// The function that an address lies in, and its module ("" for the kernel itself).
    fn find(&self, address: u64) -> Option<(&str, &str)> {
        let after = self.functions.partition_point(|(start, ..)| *start <= address);
        let (first, start, module) = self.functions.get(after.checked_sub(1)?)?;
        // The table has no sizes. What ends a module ends where its memory may end, as perf has it (symbols__fixup_end).
        let is_last = self.functions.get(after).is_none_or(|(_, _, next)| next != module);
        if is_last && address >= first.saturating_add(2 * PAGE - 1) & !(PAGE - 1) {
            return None;
        }
        let name = self.names[*start as usize..].split('\n').next()?;
        let module = match module {
            0 => "",
            module => &self.modules[*module as usize - 1],
        };
        (!ENDS.contains(&name)).then_some((name, module))
    }

    pub fn symbolize(&self, addresses: &[u64]) -> Found {
        let mut found = Found::new(addresses.len());
        if self.hidden {
            return found.nothing(
                "the kernel hides its addresses: CAP_SYSLOG or kernel.kptr_restrict=0 is needed",
            );
        }
        for (index, address) in addresses.iter().enumerate() {
            if let Some((name, module)) = self.find(*address) {
                found.symbol(index, name);
                found.module(index, module);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
ffffffff81000000 t local_alias
ffffffff81000000 T global_alias
ffffffff81000100 t second
ffffffff81000180 D data_is_no_function
ffffffff81000200 T _etext
ffffffffc0000000 t module_function\t[ext4]
ffffffffc0000100 t bpf_prog_1a2b_x\t[bpf]
";

    fn table(text: &str) -> Kallsyms {
        Kallsyms::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn finds_the_function_and_the_module() {
        let table = table(TEXT);
        assert_eq!(table.find(0xffffffff81000000), Some(("global_alias", "")));
        assert_eq!(table.find(0xffffffff810001ff), Some(("second", "")));
        assert_eq!(table.find(0xffffffff81000300), None);
        assert_eq!(table.find(0xffffffffc0000010), Some(("module_function", "ext4")));
        assert_eq!(table.find(0xffffffffc0000110), Some(("bpf_prog_1a2b_x", "bpf")));
        assert_eq!(table.find(0x1000), None);
    }

    #[test]
    fn what_lies_behind_a_module_is_no_function_of_it() {
        let table = table(TEXT);
        assert_eq!(table.find(0xffffffffc00000ff), Some(("module_function", "ext4")));
        assert_eq!(table.find(0xffffffffc0001fff), Some(("bpf_prog_1a2b_x", "bpf")));
        assert_eq!(table.find(0xffffffffc0002000), None);
        assert_eq!(table.find(u64::MAX), None);
        let far = TEXT.replace("ffffffffc0000100", "ffffffffd0000000");
        let far = Kallsyms::parse(far.as_bytes()).unwrap();
        assert_eq!(far.find(0xffffffffc0000fff), Some(("module_function", "ext4")));
        assert_eq!(far.find(0xffffffffc0001000), None);
    }

    #[test]
    fn hidden_addresses_are_told_from_unknown_ones() {
        assert!(table("0000000000000000 T a\n0000000000000000 T b\n").hidden);
        assert!(!table(TEXT).hidden);
    }
}
