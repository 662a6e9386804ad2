//! Where distributions keep what they strip from an ELF file (gdb's manual, "Separate Debug Files").

use std::path::{Path, PathBuf};
use std::rc::Rc;

use object::Object;

use crate::elf::bytes::Bytes;
use crate::process::Root;

/// Of a larger file without a build id nobody waits for the sum: whoever names it may name a hole of terabytes.
const LARGEST_SUMMED: u64 = 1 << 30;

/// The separate debug file of the ELF file at `path`, and its own path: by build id under each root, else by the name
/// that the file itself tells, of the right content.
pub fn find(bytes: &[u8], path: &Path, roots: &[&Root]) -> Option<(PathBuf, Bytes)> {
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
        let debug = Bytes::map(Rc::new(roots.first()?.open(&place).ok()?))?;
        let is_small = debug.len() as u64 <= LARGEST_SUMMED;
        (has_id(&debug, id) || (is_small && crc32fast::hash(&debug) == sum))
            .then_some((place, debug))
    })
}

/// The file that a debug file shares parts with (dwz), which names it with its build id.
pub fn find_shared(bytes: &[u8], path: &Path, roots: &[&Root]) -> Option<Bytes> {
    let file = object::File::parse(bytes).ok()?;
    let (name, id) = file.gnu_debugaltlink().ok().flatten()?;
    let place = path.parent()?.join(std::str::from_utf8(name).ok()?);
    let shared = roots.iter().find_map(|root| {
        let shared = Bytes::map(Rc::new(root.open(&place).ok()?))?;
        has_id(&shared, Some(id)).then_some(shared)
    });
    shared.or_else(|| Some(by_id(id, Path::new("usr/lib/debug/.build-id"), roots)?.1))
}

fn by_id(id: &[u8], directory: &Path, roots: &[&Root]) -> Option<(PathBuf, Bytes)> {
    let [first, rest @ ..] = id else { return None };
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    let place = directory.join(format!("{first:02x}/{rest}.debug"));
    roots.iter().find_map(|root| {
        let debug = Bytes::map(Rc::new(root.open(&place).ok()?))?;
        has_id(&debug, Some(id)).then(|| (place.clone(), debug))
    })
}

fn has_id(bytes: &[u8], id: Option<&[u8]>) -> bool {
    let own = object::File::parse(bytes).ok().and_then(|file| file.build_id().ok().flatten());
    id.is_some() && own == id
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    fn run(command: &str, arguments: &[&str]) {
        assert!(Command::new(command).args(arguments).status().unwrap().success(), "{command}");
    }

    /// A root with a program that was stripped, and its debug file apart.
    fn root(name: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("probekit-{}-{name}", std::process::id()));
        fs::create_dir_all(root.join("bin")).unwrap();
        let source = root.join("source.c");
        fs::write(&source, "int main(void) { return 0; }").unwrap();
        let [program, debug] = ["bin/program", "whole"].map(|name| root.join(name));
        let text = |path: &Path| path.to_str().unwrap().to_string();
        run("cc", &["-g", "-Wl,--build-id", "-o", &text(&debug), &text(&source)]);
        let link = format!("--add-gnu-debuglink={}", text(&debug));
        run("objcopy", &["--strip-all", &link, &text(&debug), &text(&program)]);
        (root, debug)
    }

    fn found(directory: &Path) -> Option<PathBuf> {
        let root = Root::of(directory).unwrap();
        let bytes = fs::read(directory.join("bin/program")).unwrap();
        find(&bytes, Path::new("/bin/program"), &[&root]).map(|(path, _)| path)
    }

    fn move_to(root: &Path, from: &Path, place: &str) -> PathBuf {
        let to = root.join(place);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(from, &to).unwrap();
        to
    }

    #[test]
    fn debug_files_lie_under_their_build_id_or_beside_the_program() {
        let (root, debug) = root("debug-file");
        assert_eq!(found(&root), None);
        let debug = move_to(&root, &debug, "usr/lib/debug/bin/whole");
        assert_eq!(found(&root).unwrap(), Path::new("usr/lib/debug/bin/whole"));
        let debug = move_to(&root, &debug, "bin/.debug/whole");
        assert_eq!(found(&root).unwrap(), Path::new("/bin/.debug/whole"));
        let bytes = fs::read(&debug).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let id: String =
            file.build_id().unwrap().unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        let by_id = format!("usr/lib/debug/.build-id/{}/{}.debug", &id[..2], &id[2..]);
        move_to(&root, &debug, &by_id);
        assert_eq!(found(&root).unwrap(), Path::new(&by_id));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn another_programs_debug_file_is_none() {
        let (root, debug) = root("other-debug-file");
        let debug = move_to(&root, &debug, "bin/whole");
        fs::write(
            root.join("source.c"),
            "int main(void) { return 1; } int other(void) { return 2; }",
        )
        .unwrap();
        let source = root.join("source.c");
        run(
            "cc",
            &["-g", "-Wl,--build-id", "-o", debug.to_str().unwrap(), source.to_str().unwrap()],
        );
        assert_eq!(found(&root), None);
        fs::remove_dir_all(&root).unwrap();
    }
}
