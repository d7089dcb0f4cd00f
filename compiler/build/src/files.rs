//! Files: reading sources, and writing what was generated.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use holdover_compiler::load::{IncludePaths, NotImportable, SourceFile, Sources};
use holdover_compiler::target::OutputFile;

/// How much of a file is read at most: a byte more than the compiler accepts, so that it can say so.
const READ_LIMIT: u64 = (64 << 20) + 1;

/// How a file is read: `None` where there is none.
type Read = fn(&str) -> io::Result<Option<Vec<u8>>>;

/// Include paths on disk. Remembers what was looked at, so that a build script can say when to run again.
#[derive(Debug)]
pub struct SourceFiles {
    paths: IncludePaths<Read>,
    seen: RefCell<Seen>,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Files that were read.
    pub read: BTreeSet<PathBuf>,
    /// Imports that were found, or not: where an earlier include path may get the file one day.
    pub imports: BTreeSet<String>,
}

impl SourceFiles {
    /// Include paths in the order they are tried.
    pub fn new<P: AsRef<Path>>(roots: &[P]) -> Self {
        let roots = roots.iter().map(|root| root.as_ref().to_string_lossy().into_owned());
        Self { paths: IncludePaths::new(roots, read as Read), seen: RefCell::default() }
    }

    /// The name under which others import a file: its path from the include path that has it.
    ///
    /// # Errors
    ///
    /// No include path has it, or an earlier one has another file of the name.
    pub fn import_path(&self, file: &Path) -> Result<String, NotImportable> {
        self.paths.import_path(&file.to_string_lossy())
    }

    /// What was looked at so far.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }
}

impl Sources for SourceFiles {
    fn read(&self, import_path: &str) -> io::Result<Option<SourceFile>> {
        let mut seen = self.seen.borrow_mut();
        seen.imports.insert(import_path.to_owned());
        let found = self.paths.read(import_path)?;
        if let Some(file) = &found {
            seen.read.insert(PathBuf::from(&file.path));
        }
        Ok(found)
    }

    fn places(&self) -> Vec<String> {
        self.paths.places()
    }

    fn similar(&self, import_path: &str) -> Vec<String> {
        self.paths.similar(import_path)
    }
}

fn read(path: &str) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if file.metadata()?.is_dir() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(READ_LIMIT).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Reads a file that somebody named.
///
/// # Errors
///
/// It does not exist, or cannot be read.
pub fn read_named(path: &Path) -> Result<Vec<u8>, ReadError> {
    fs::read(path).map_err(|error| ReadError { path: path.to_owned(), error })
}

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {error}", path.display())]
pub struct ReadError {
    path: PathBuf,
    error: io::Error,
}

/// What [`write()`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that are new or different now.
    pub changed: Vec<PathBuf>,
    /// Files that held the same already, and were not touched.
    pub unchanged: Vec<PathBuf>,
}

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct WriteError {
    path: PathBuf,
    error: io::Error,
}

/// Writes files into a folder: all of them, or none. Files that hold the same already are not touched, so that whoever
/// watches them sees no change.
///
/// New contents are first written beside their destinations; only when all of them are on disk do they take their
/// places.
///
/// # Errors
///
/// The first file that could not be written.
pub fn write(folder: &Path, files: &[OutputFile]) -> Result<Written, WriteError> {
    let all: Vec<(PathBuf, &[u8])> =
        files.iter().map(|file| (folder.join(file.path.as_str()), file.content.as_slice())).collect();
    write_all(&all)
}

/// As [`write()`], for files anywhere.
///
/// # Errors
///
/// The first file that could not be written.
pub fn write_all(files: &[(PathBuf, &[u8])]) -> Result<Written, WriteError> {
    let mut written = Written::default();
    let mut staged = Staged::default();
    for (position, (path, _)) in files.iter().enumerate() {
        if files[..position].iter().any(|(other, _)| other == path) {
            let error =
                io::Error::new(io::ErrorKind::InvalidInput, "two things are to be written there; move one");
            return Err(WriteError { path: path.clone(), error });
        }
    }
    for (path, content) in files {
        if fs::read(path).is_ok_and(|old| old == *content) {
            written.unchanged.push(path.clone());
        } else {
            staged.stage(path, content).map_err(|error| WriteError { path: path.clone(), error })?;
            written.changed.push(path.clone());
        }
    }
    staged.commit()?;
    Ok(written)
}

/// Files beside their destinations; removed when they are dropped there.
#[derive(Debug, Default)]
struct Staged {
    files: Vec<(PathBuf, PathBuf)>,
}

impl Staged {
    fn stage(&mut self, path: &Path, content: &[u8]) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        let name =
            path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.new", std::process::id()));
        let beside = folder.join(beside);
        let mut file = fs::File::create(&beside)?;
        self.files.push((beside, path.to_owned()));
        file.write_all(content)
    }

    fn commit(mut self) -> Result<(), WriteError> {
        while let Some((beside, path)) = self.files.pop() {
            if let Err(error) = fs::rename(&beside, &path) {
                self.files.push((beside, path.clone()));
                return Err(WriteError { path, error });
            }
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.files {
            // Best effort: the error that led here is the one to report.
            let _ = fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdover_compiler::target::OutputPath;

    fn file(path: &str, content: &str) -> OutputFile {
        OutputFile { path: OutputPath::new(path).unwrap(), content: content.into() }
    }

    #[test]
    fn unchanged_files_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path(), &[file("a.rs", "a"), file("b/c.rs", "c")]).unwrap();
        assert_eq!(first.changed.len(), 2);
        let before = fs::metadata(folder.path().join("a.rs")).unwrap().modified().unwrap();
        let second = write(folder.path(), &[file("a.rs", "a"), file("b/c.rs", "d")]).unwrap();
        assert_eq!(second.unchanged, [folder.path().join("a.rs")]);
        assert_eq!(second.changed, [folder.path().join("b/c.rs")]);
        assert_eq!(fs::metadata(folder.path().join("a.rs")).unwrap().modified().unwrap(), before);
        assert_eq!(fs::read(folder.path().join("b/c.rs")).unwrap(), b"d");
    }

    #[test]
    fn nothing_is_written_when_something_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("taken.rs")).unwrap();
        let error = write(folder.path(), &[file("a.rs", "a"), file("taken.rs", "b")]).unwrap_err();
        assert!(error.to_string().contains("taken.rs"), "{error}");
        let twice = write(folder.path(), &[file("a.rs", "a"), file("a.rs", "b")]).unwrap_err();
        assert!(twice.to_string().contains("two things"), "{twice}");
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["taken.rs"]);
    }
}
