//! Running protoc.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// What protoc made of some files.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// An encoded `FileDescriptorSet` with all imports and with source information.
    pub set: Vec<u8>,
    /// What it said: its warnings.
    pub messages: String,
}

impl Compiled {
    /// The imports that protoc calls unused: the path of the file, and what it imports.
    pub fn unused_imports(&self) -> BTreeSet<(String, String)> {
        let lines = self.messages.lines().filter_map(|line| {
            let (place, rest) = line.split_once(": warning: Import ")?;
            // The place is `path:line:column`.
            let path = place.rsplitn(3, ':').nth(2)?;
            Some((path.to_owned(), rest.strip_suffix(" is unused.")?.to_owned()))
        });
        lines.collect()
    }
}

/// Compiles files by their import paths.
///
/// The binary comes with the package `protoc-bin-vendored`, so that every machine compares with the same version.
///
/// # Errors
/// What protoc says where it refuses the files.
///
/// # Panics
/// If protoc cannot be started: the comparison must not be skipped.
pub fn compile(include_paths: &[String], files: &[String]) -> Result<Compiled, String> {
    let protoc = protoc_bin_vendored::protoc_bin_path().expect("protoc is packaged for this platform");
    let scratch = tempfile::tempdir().expect("a temporary directory can be made");
    let out = scratch.path().join("set.pb");
    // Too many files for a command line.
    let list = scratch.path().join("files");
    std::fs::write(&list, files.join("\n")).expect("the temporary directory can be written");
    let output = Command::new(protoc)
        .args(include_paths.iter().map(|path| format!("-I{path}")))
        // Without `--retain_options`, protoc leaves out what is only meant for itself.
        .args(["--include_imports", "--include_source_info", "--retain_options"])
        .arg(format!("--descriptor_set_out={}", out.display()))
        .arg(format!("@{}", list.display()))
        .output()
        .expect("protoc starts");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(messages);
    }
    Ok(Compiled { set: std::fs::read(out).expect("protoc wrote its output"), messages })
}

/// The directory with protoc's own copies of Google's well-known types.
///
/// # Panics
/// If the package lacks them.
pub fn well_known_types() -> PathBuf {
    protoc_bin_vendored::include_path().expect("the well-known types are packaged with protoc")
}
