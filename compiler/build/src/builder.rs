//! What a build script says.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use holdover_compiler::diagnostic::{Diagnostic, SourceMap};
use holdover_compiler::pipeline::Compilation;
use holdover_compiler::target::rust::{Rust, RustOptions};
use holdover_compiler::target::{Comments, Context, generate, warnings};
use prost::Message as _;

use crate::compile::Input;
use crate::files::{Seen, write_all};
use crate::{Error, rerun};

/// Starts a build: `holdover_build::configure().compile(&["proto/a.proto"], &["proto"])?`.
pub fn configure() -> Builder {
    Builder::default()
}

/// A build. Paths are relative to the crate, where cargo runs build scripts.
///
/// Protobuf paths are full names with a dot before them (`.pricing.v1.Quote`), stand for everything below, and mean what
/// they mean in prost-build; `.` is everything.
#[derive(Clone, Debug, Default)]
#[must_use = "call compile(…) to build"]
pub struct Builder {
    options: RustOptions,
    out_dir: Option<PathBuf>,
    policy_out: Option<PathBuf>,
    file_descriptor_set_path: Option<PathBuf>,
    overlays: Vec<PathBuf>,
}

impl Builder {
    /// Where generated files go. Default: `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Says that another crate has the code of a protobuf package or type: `.extern_path(".google.type",
    /// "::google_types")`. Accessors of enriching fields are that crate's business, too: generate it with Holdover.
    pub fn extern_path(mut self, proto_path: impl Into<String>, rust_path: impl Into<String>) -> Self {
        self.options.extern_path.push((proto_path.into(), rust_path.into()));
        self
    }

    /// Adds an attribute to messages, enums and oneofs: `.type_attribute(".", "#[derive(serde::Serialize)]")`.
    pub fn type_attribute(mut self, proto_path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.options.type_attribute.push((proto_path.into(), attribute.into()));
        self
    }

    /// Adds an attribute to fields, variants and values.
    pub fn field_attribute(mut self, proto_path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.options.field_attribute.push((proto_path.into(), attribute.into()));
        self
    }

    /// Makes map fields `BTreeMap`s instead of `HashMap`s.
    pub fn btree_map<S: Into<String>>(mut self, proto_paths: impl IntoIterator<Item = S>) -> Self {
        self.options.btree_map.extend(proto_paths.into_iter().map(Into::into));
        self
    }

    /// Makes bytes fields `bytes::Bytes` instead of `Vec<u8>`.
    pub fn bytes<S: Into<String>>(mut self, proto_paths: impl IntoIterator<Item = S>) -> Self {
        self.options.bytes.extend(proto_paths.into_iter().map(Into::into));
        self
    }

    /// Where generated code finds the crate `holdover`. Default: `::holdover`.
    pub fn holdover_path(mut self, path: impl Into<String>) -> Self {
        self.options.holdover_path = path.into();
        self
    }

    /// Writes a file of this name that includes all others as modules that are nested like the packages:
    /// `include!(concat!(env!("OUT_DIR"), "/protos.rs"));`.
    pub fn include_file(mut self, name: impl Into<String>) -> Self {
        self.options.include_file = Some(name.into());
        self
    }

    /// Adds an overlay: a `holdover.Overlay` in protobuf's text format, which annotates an API that may not be edited.
    pub fn overlay(mut self, file: impl Into<PathBuf>) -> Self {
        self.overlays.push(file.into());
        self
    }

    /// Writes the compiled policy of all services, for servers: `holdover_server::DetailLayer::new(&bytes)`.
    pub fn policy_out(mut self, file: impl Into<PathBuf>) -> Self {
        self.policy_out = Some(file.into());
        self
    }

    /// Writes the descriptors of all files and their imports, as protoc would with `--include_imports
    /// --include_source_info`: for reflection, for other generators such as tonic's, or for
    /// [`Builder::compile_descriptor_set`]. Annotations are in it, those of overlays excepted.
    pub fn file_descriptor_set_path(mut self, file: impl Into<PathBuf>) -> Self {
        self.file_descriptor_set_path = Some(file.into());
        self
    }

    /// Compiles files. `includes` are the folders that imports start from, in the order in which they are tried.
    ///
    /// Says to cargo when to run again, and what the compiler warns of. Nothing is written when anything is wrong.
    ///
    /// # Errors
    ///
    /// What is wrong with the files, with the lines that are; or what cannot be read or written.
    pub fn compile(self, protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<(), Error> {
        let input = Input::Files {
            files: protos.iter().map(|path| path.as_ref().to_owned()).collect(),
            includes: includes.iter().map(|path| path.as_ref().to_owned()).collect(),
        };
        self.run(&input, &mut io::stdout().lock())
    }

    /// Compiles a descriptor set of protoc (`--include_imports --include_source_info -o`) or buf (`build -o`) instead of
    /// sources. `files` are those to generate for, as they are imported; none: all.
    ///
    /// # Errors
    ///
    /// As [`Builder::compile`].
    pub fn compile_descriptor_set(
        self,
        set: impl Into<PathBuf>,
        files: &[impl AsRef<str>],
    ) -> Result<(), Error> {
        let files = files.iter().map(|file| file.as_ref().to_owned()).collect();
        self.run(&Input::DescriptorSet { path: set.into(), files }, &mut io::stdout().lock())
    }

    /// As [`Builder::compile`], printing what cargo reads somewhere else.
    fn run(self, input: &Input, cargo: &mut impl Write) -> Result<(), Error> {
        let out_dir = self
            .out_dir
            .clone()
            .or_else(|| env::var_os("OUT_DIR").map(PathBuf::from))
            .ok_or(Error::NoOutDir)?;
        let includes = match input {
            Input::Files { includes, .. } => includes.clone(),
            Input::DescriptorSet { .. } => Vec::new(),
        };
        let mut kept_out = vec![out_dir.clone()];
        kept_out.extend(env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from));
        let mut seen = Seen::default();
        let compiled = input.compile_with_overlays(&self.overlays, &mut seen);
        for path in rerun::watched(&seen, &includes, &kept_out) {
            tell(cargo, "rerun-if-changed", &path.display().to_string());
        }
        let compilation = compiled?;
        let mut found = compilation.warnings.clone();
        found.extend(warnings(&compilation));
        for warning in found.sorted() {
            tell(cargo, "warning", &one_line(warning, compilation.loaded.sources()));
        }
        self.write(&compilation, &out_dir)
    }

    fn write(&self, compilation: &Compilation, out_dir: &Path) -> Result<(), Error> {
        let descriptors = compilation.loaded.descriptor_set();
        let comments = Comments::of(&descriptors);
        let context = Context::new(compilation, &comments)?;
        let files = generate(&Rust::new(&context, self.options.clone())?, &context)?;
        let policy = compilation.policy.encode_to_vec();
        let descriptors = compilation.loaded.encoded_set();
        let mut all: Vec<(PathBuf, &[u8])> =
            files.iter().map(|file| (out_dir.join(file.path.as_str()), file.content.as_slice())).collect();
        all.extend(self.policy_out.iter().map(|path| (path.clone(), policy.as_slice())));
        all.extend(self.file_descriptor_set_path.iter().map(|path| (path.clone(), descriptors.as_slice())));
        write_all(&all)?;
        Ok(())
    }
}

/// An instruction to cargo. If cargo does not listen, there is nobody to tell.
fn tell(cargo: &mut impl Write, key: &str, value: &str) {
    let _ = writeln!(cargo, "cargo:{key}={value}");
}

/// Cargo shows every warning on a line of its own, so this one has no source lines.
fn one_line(warning: &Diagnostic, sources: &SourceMap) -> String {
    let place = warning.primary().map(|label| format!("{}: ", sources.place(label.span))).unwrap_or_default();
    let help = warning.help_text().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{place}[{}] {}{help}", warning.code(), warning.message()).replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests;
