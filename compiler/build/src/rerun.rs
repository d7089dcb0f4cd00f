//! When cargo should run a build script again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::files::Seen;

/// What cargo should watch: files that were read, and folders where a file that comes into being would be read instead
/// of one that was, or would be found where none was.
///
/// Cargo compares a folder's whole content, so folders around `kept_out` (where this very build writes, or the crate
/// lies) are not watched: they would change with every build.
pub(crate) fn watched(seen: &Seen, roots: &[PathBuf], kept_out: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut watched = seen.read.clone();
    for import in &seen.imports {
        for root in roots {
            let candidate = root.join(import);
            if candidate.exists() {
                break;
            }
            let folder = candidate.ancestors().skip(1).find(|folder| folder.is_dir());
            if let Some(folder) =
                folder.filter(|folder| !kept_out.iter().any(|inner| contains(folder, inner)))
            {
                watched.insert(folder.to_owned());
            }
        }
    }
    watched
}

fn contains(folder: &Path, inner: &Path) -> bool {
    match (folder.canonicalize(), real(inner)) {
        (Ok(folder), Some(inner)) => inner.starts_with(folder),
        // What cannot be resolved is better not watched: a build too few is repaired by touching a file, a build every
        // time by nobody.
        _ => true,
    }
}

/// Without symbolic links, even if the path does not exist yet.
fn real(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|existing| {
        let rest = path.strip_prefix(existing).ok()?;
        Some(existing.canonicalize().ok()?.join(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_earlier_include_path_is_watched_for_files_that_may_come() {
        let folder = tempfile::tempdir().unwrap();
        let root = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path
        };
        let (first, second, third) = (root("first"), root("second"), root("third"));
        fs::create_dir(first.join("a")).unwrap();
        fs::create_dir(second.join("a")).unwrap();
        fs::write(second.join("a/b.proto"), "").unwrap();
        let read = BTreeSet::from([second.join("a/b.proto")]);
        let seen = Seen { read, imports: BTreeSet::from(["a/b.proto".to_owned()]) };
        let roots = [first.clone(), second.clone(), third];
        assert_eq!(watched(&seen, &roots, &[]), BTreeSet::from([first.join("a"), second.join("a/b.proto")]));
        // Not around the place where the build writes.
        let out = first.join("a/target");
        fs::create_dir(&out).unwrap();
        assert_eq!(watched(&seen, &roots, &[out]), BTreeSet::from([second.join("a/b.proto")]));
    }
}
