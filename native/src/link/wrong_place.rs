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

pub fn is_wrong_place(failure: &Failure) -> bool {
    WRONG_PLACE.contains(&failure.code.as_str())
}
