//! From files to a policy.

use std::path::PathBuf;

use holdover_compiler::annotation::Overlay;
use holdover_compiler::load::{Loaded, load, load_descriptor_set};
use holdover_compiler::pipeline::{Compilation, compile_with_overlays};

use crate::Error;
use crate::files::{Seen, SourceFiles, read_named};

/// What to compile.
#[derive(Clone, Debug)]
pub enum Input {
    /// Source files, by their paths.
    Files {
        /// The files.
        files: Vec<PathBuf>,
        /// The folders that imports start from, in the order in which they are tried.
        includes: Vec<PathBuf>,
    },
    /// A descriptor set of protoc or buf, with all imports in it.
    DescriptorSet {
        /// The set.
        path: PathBuf,
        /// The files to generate for, as they are imported. None: all but the built-in ones.
        files: Vec<String>,
    },
}

impl Input {
    /// Loads the files and everything that they import. `seen` says afterwards what was looked at, even if it fails.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or are not valid protobuf.
    pub fn load(&self, seen: &mut Seen) -> Result<Loaded, Error> {
        match self {
            Self::Files { files, includes } => {
                if files.is_empty() {
                    return Err(Error::NoFiles);
                }
                let sources = SourceFiles::new(includes);
                let names = files.iter().map(|file| sources.import_path(file)).collect::<Result<Vec<_>, _>>();
                let loaded = names.map(|names| load(&sources, &names));
                *seen = sources.seen();
                loaded?.map_err(Error::Findings)
            }
            Self::DescriptorSet { path, files } => {
                let bytes = read_named(path);
                seen.read.insert(path.clone());
                load_descriptor_set(&path.to_string_lossy(), &bytes?, files).map_err(Error::Findings)
            }
        }
    }

    /// Loads, checks and compiles the files.
    ///
    /// # Errors
    ///
    /// As [`Input::load`], and what is wrong with the annotations.
    pub fn compile(&self, seen: &mut Seen) -> Result<Compilation, Error> {
        self.compile_with_overlays(&[], seen)
    }

    /// As [`Input::compile`], with overlays: annotations of what may not be edited, in files beside it.
    ///
    /// # Errors
    ///
    /// As [`Input::compile`], overlays included.
    pub fn compile_with_overlays(&self, overlays: &[PathBuf], seen: &mut Seen) -> Result<Compilation, Error> {
        let loaded = self.load(seen)?;
        let mut read = Vec::with_capacity(overlays.len());
        for path in overlays {
            seen.read.insert(path.clone());
            // What is no text is no overlay either, and is reported where it stands.
            let text = String::from_utf8_lossy(&read_named(path)?).into_owned();
            read.push(Overlay { path: path.to_string_lossy().into_owned(), text });
        }
        compile_with_overlays(loaded, &read, &mut ()).map_err(Error::Findings)
    }
}
