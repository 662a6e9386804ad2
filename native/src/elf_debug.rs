//! Where distributions keep what they strip from an ELF file (gdb's manual, "Separate Debug Files").

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use object::Object;

use crate::process::Root;

/// The separate debug file of the ELF file at `path`, and its own path: by build id under each root, else by the name
/// that the file itself tells, of the right content.
pub fn find(bytes: &[u8], path: &Path, roots: &[&Root]) -> Option<(PathBuf, Mmap)> {
    let file = object::File::parse(bytes).ok()?;
    let id = file.build_id().ok().flatten();
    if let Some(id) = id.filter(|id| id.len() > 1) {
        let found = by_id(id, Path::new("usr/lib/debug/.build-id"), roots);
        if found.is_some() {
            return found;
        }
    }
    let (name, sum) = file.gnu_debuglink().ok().flatten()?;
    let name = Path::new(std::str::from_utf8(name).ok()?);
    let directory = path.parent()?;
    let under = directory.strip_prefix("/").unwrap_or(directory);
    let places = [
        directory.join(name),
        directory.join(".debug").join(name),
        Path::new("usr/lib/debug").join(under).join(name),
    ];
    places.into_iter().find_map(|place| {
        let debug = map(&roots.first()?.open(&place).ok()?)?;
        (has_id(&debug, id) || crc32fast::hash(&debug) == sum).then_some((place, debug))
    })
}

/// The file that a debug file shares parts with (dwz), which names it with its build id.
pub fn find_shared(bytes: &[u8], path: &Path, roots: &[&Root]) -> Option<Mmap> {
    let file = object::File::parse(bytes).ok()?;
    let (name, id) = file.gnu_debugaltlink().ok().flatten()?;
    let place = path.parent()?.join(std::str::from_utf8(name).ok()?);
    let shared = roots.iter().find_map(|root| {
        let shared = map(&root.open(&place).ok()?)?;
        has_id(&shared, Some(id)).then_some(shared)
    });
    shared.or_else(|| Some(by_id(id, Path::new("usr/lib/debug/.build-id"), roots)?.1))
}

fn by_id(id: &[u8], directory: &Path, roots: &[&Root]) -> Option<(PathBuf, Mmap)> {
    let [first, rest @ ..] = id else { return None };
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    let place = directory.join(format!("{first:02x}/{rest}.debug"));
    roots.iter().find_map(|root| {
        let debug = map(&root.open(&place).ok()?)?;
        has_id(&debug, Some(id)).then(|| (place.clone(), debug))
    })
}

fn has_id(bytes: &[u8], id: Option<&[u8]>) -> bool {
    let own = object::File::parse(bytes).ok().and_then(|file| file.build_id().ok().flatten());
    id.is_some() && own == id
}

pub fn map(file: &File) -> Option<Mmap> {
    // SAFETY: only read. A file that is cut short meanwhile would end this process, as it would any debugger.
    unsafe { Mmap::map(file) }.ok()
}
