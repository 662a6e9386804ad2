//! Whether a failure to attach is that of one place, or of them all.

use crate::error::Failure;

/// What is wrong with one place of many. Else the kernel refuses them all.
const WRONG_PLACE: [&str; 9] = [
    "ENOENT",
    "ESRCH",
    "EINVAL",
    "EILSEQ",
    "EBUSY",
    "EADDRNOTAVAIL",
    "ENODEV",
    "ENOTSUPP",
    "ERANGE",
];

/// Of a file's places: that it, or its process, is gone.
const NO_FILE: [&str; 2] = ["ENOENT", "ESRCH"];

pub fn is_wrong_place(failure: &Failure, of_file: bool) -> bool {
    let code = failure.code.as_str();
    WRONG_PLACE.contains(&code) && !(of_file && NO_FILE.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_gone_is_no_wrong_place_of_it() {
        let wrong = |code, of_file| is_wrong_place(&Failure::new("attach", code), of_file);
        assert!(wrong("ENOENT", false) && wrong("ENOTSUPP", false) && wrong("ENOTSUPP", true));
        assert!(!wrong("ENOENT", true) && !wrong("ESRCH", true) && !wrong("EPERM", false));
    }
}
