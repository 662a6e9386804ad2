//! A name in a table of names, as a symbol has it.

/// A name longer than this is none.
pub const LONGEST: usize = 1 << 16;

/// The name that begins at a place of the table. None: it is not in there, or does not end.
pub fn at(names: &[u8], at: usize) -> Option<&[u8]> {
    let rest = names.get(at..)?;
    let rest = &rest[..rest.len().min(LONGEST)];
    Some(&rest[..memchr::memchr(0, rest)?])
}

/// Of name@VERSION and name@@VERSION of .symtab the name.
pub fn without_version(name: &[u8]) -> &[u8] {
    &name[..memchr::memchr(b'@', name).unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_with_nul_or_is_none() {
        let long = [vec![b'x'; LONGEST], vec![0]].concat();
        assert_eq!(at(b"\0one\0two", 1), Some(b"one" as &[u8]));
        assert_eq!((at(b"\0one\0two", 5), at(b"\0one", 9)), (None, None));
        assert_eq!((at(&long, 0), at(&long, 1).map(<[u8]>::len)), (None, Some(LONGEST - 1)));
    }

    #[test]
    fn a_version_is_no_part_of_it() {
        for name in ["one", "one@V1", "one@@V2"] {
            assert_eq!(without_version(name.as_bytes()), b"one");
        }
    }
}
