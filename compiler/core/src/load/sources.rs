//! Where `.proto` files come from.

use std::collections::BTreeMap;
use std::io;

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// What people are shown as its name: a path they can open.
    pub path: String,
    /// Its contents, which need not be UTF-8 yet.
    pub bytes: Vec<u8>,
}

/// Where `.proto` files come from. The compiler itself does no IO.
pub trait Sources {
    /// The file that an `import` statement (or a request) names: `google/type/money.proto`. `None` if there is no such
    /// file; an error if there is, but it cannot be read.
    fn read(&self, import_path: &str) -> io::Result<Option<SourceFile>>;

    /// The places that [`Sources::read`] looks in, in order, for error messages.
    fn places(&self) -> Vec<String> {
        Vec::new()
    }

    /// Import paths that exist and look like a missing one, for "did you mean". May be empty.
    fn similar(&self, import_path: &str) -> Vec<String> {
        let _ = import_path;
        Vec::new()
    }
}

/// Include paths over any way of reading a file: the first one that has the file wins, as in protoc.
///
/// `read` gets a path with forward slashes and answers `None` where there is no such file.
#[derive(Clone, Debug)]
pub struct IncludePaths<R> {
    roots: Vec<String>,
    read: R,
}

impl<R: Fn(&str) -> io::Result<Option<Vec<u8>>>> IncludePaths<R> {
    /// Include paths in the order they are tried.
    pub fn new<S: Into<String>>(roots: impl IntoIterator<Item = S>, read: R) -> Self {
        IncludePaths { roots: roots.into_iter().map(|root| normalize(&root.into())).collect(), read }
    }

    /// The import path of a file given as people give files, by its path: `proto/a/b.proto` is `a/b.proto` under the
    /// include path `proto`. Where there is no such file, the name may be an import path already, as in protoc.
    ///
    /// # Errors
    /// [`NotImportable`], if no include path contains the file, or an earlier include path has another file of the same
    /// name.
    pub fn import_path(&self, file: &str) -> Result<String, NotImportable> {
        let file = normalize(file);
        let missing = matches!((self.read)(&file), Ok(None));
        if missing && !file.starts_with('/') && matches!(self.read(&file), Ok(Some(_))) {
            return Ok(file);
        }
        for (at, root) in self.roots.iter().enumerate() {
            let Some(import_path) = strip_root(&file, root) else { continue };
            for earlier in &self.roots[..at] {
                let shadow = join(earlier, import_path);
                if shadow != file && matches!((self.read)(&shadow), Ok(Some(_))) {
                    return Err(NotImportable::Shadowed { file, shadow });
                }
            }
            return Ok(import_path.to_owned());
        }
        Err(NotImportable::Outside { file, roots: self.roots.clone() })
    }
}

/// Why a file has no import path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotImportable {
    /// It lies in no include path.
    #[error(
        "`{file}` is in none of the include paths ({}); add the directory that its imports start from",
        list(roots)
    )]
    Outside {
        /// The file.
        file: String,
        /// The include paths.
        roots: Vec<String>,
    },
    /// An earlier include path has a file of that name.
    #[error(
        "`{file}` is hidden by `{shadow}`, which an earlier include path has; give that file, or reorder the include paths"
    )]
    Shadowed {
        /// The file.
        file: String,
        /// The one that wins.
        shadow: String,
    },
}

fn list(roots: &[String]) -> String {
    if roots.is_empty() {
        return "none given".to_owned();
    }
    let shown: Vec<String> = roots.iter().map(|r| format!("`{}`", shown(r))).collect();
    shown.join(", ")
}

fn shown(root: &str) -> &str {
    if root.is_empty() { "." } else { root }
}

impl<R: Fn(&str) -> io::Result<Option<Vec<u8>>>> Sources for IncludePaths<R> {
    fn read(&self, import_path: &str) -> io::Result<Option<SourceFile>> {
        for root in &self.roots {
            let path = join(root, import_path);
            if let Some(bytes) = (self.read)(&path)? {
                return Ok(Some(SourceFile { path, bytes }));
            }
        }
        Ok(None)
    }

    fn places(&self) -> Vec<String> {
        self.roots.iter().map(|root| shown(root).to_owned()).collect()
    }

    fn similar(&self, import_path: &str) -> Vec<String> {
        // The commonest mistake is an include path one level too high or too low.
        let mut found = Vec::new();
        let mut shorter = import_path;
        while let Some((_, rest)) = shorter.split_once('/') {
            shorter = rest;
            if matches!(self.read(shorter), Ok(Some(_))) {
                found.push(shorter.to_owned());
            }
        }
        for root in &self.roots {
            if let Some(last) = root.rsplit('/').next().filter(|last| !last.is_empty() && *last != "..") {
                let longer = format!("{last}/{import_path}");
                if matches!(self.read(&longer), Ok(Some(_))) {
                    found.push(longer);
                }
            }
        }
        found
    }
}

fn join(root: &str, import_path: &str) -> String {
    match root {
        "" => import_path.to_owned(),
        "/" => format!("/{import_path}"),
        root => format!("{root}/{import_path}"),
    }
}

fn strip_root<'a>(file: &'a str, root: &str) -> Option<&'a str> {
    match root {
        "" if file.starts_with('/') || file.starts_with("../") => None,
        "" => Some(file),
        "/" => file.strip_prefix('/'),
        root => file.strip_prefix(root)?.strip_prefix('/'),
    }
}

/// Forward slashes, no `.` components, no repeated or trailing slashes; `..` stays, because of symbolic links.
fn normalize(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let joined = parts.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}

/// Files in memory, for tests and for embedding the compiler.
#[derive(Clone, Debug, Default)]
pub struct MemorySources {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemorySources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, or replaces it.
    #[must_use]
    pub fn with(mut self, import_path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        self.files.insert(import_path.into(), contents.into());
        self
    }
}

impl Sources for MemorySources {
    fn read(&self, import_path: &str) -> io::Result<Option<SourceFile>> {
        let found = self.files.get(import_path);
        Ok(found.map(|bytes| SourceFile { path: import_path.to_owned(), bytes: bytes.clone() }))
    }

    fn similar(&self, import_path: &str) -> Vec<String> {
        super::suggest::closest(import_path, self.files.keys().map(String::as_str)).into_iter().collect()
    }
}
