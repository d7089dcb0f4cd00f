//! The passes, in order.
//!
//! ```text
//! load ─ annotations ─ lower ─ IR ─ check ─ PolicySet ─ targets
//! ```

use crate::annotation::{self, Annotations, Overlay};
use crate::check;
use crate::diagnostic::{Diagnostic, Diagnostics, Report};
use crate::ir::Ir;
use crate::load::{self, Loaded, Sources, codes};
use crate::lower;
use crate::policy;
use holdover_annotations::policy::PolicySet;
use prost_reflect::DescriptorPool;
use std::fmt::Debug;

/// What the passes make of annotated files that have no errors.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// All files and their imports.
    pub pool: DescriptorPool,
    /// The names of the files that were asked for, as they are imported.
    pub files: Vec<String>,
    /// The same files with places, texts and comments.
    pub loaded: Loaded,
    /// What is written in them.
    pub annotations: Annotations,
    /// The effective policy of every method of the files that were asked for.
    pub ir: Ir,
    /// The same, encoded for runtimes and servers: all services of all these files.
    pub policy: PolicySet,
    /// What was found, but stops nobody.
    pub warnings: Diagnostics,
}

impl Compilation {
    /// The policy of some services only, for a client that embeds no more than it needs. Names are full names.
    pub fn policy_of(&self, services: &[&str]) -> PolicySet {
        policy::emit(self.loaded.pool(), &self.annotations, &self.ir, |name| services.contains(&name))
    }

    /// The warnings together with the sources that they point into.
    pub fn report(&self) -> Report {
        Report { diagnostics: self.warnings.clone(), sources: self.loaded.sources().clone() }
    }
}

/// Sees what every pass makes, for `--emit` and for tests that compare passes.
pub trait Recorder {
    /// `pass` is `annotations`, `ir` or `policy`.
    fn record(&mut self, pass: &'static str, output: &dyn Debug);
}

/// Records nothing.
impl Recorder for () {
    fn record(&mut self, _: &'static str, _: &dyn Debug) {}
}

/// Loads and compiles files by their import paths.
///
/// # Errors
/// Everything that is wrong with the files and their annotations. Warnings are among the findings, too.
pub fn compile<S: AsRef<str>>(sources: &dyn Sources, files: &[S]) -> Result<Compilation, Box<Report>> {
    compile_loaded(load::load(sources, files)?, &mut ())
}

/// Compiles files that are loaded already, from sources or from a descriptor set.
///
/// # Errors
/// Everything that is wrong with the annotations. Warnings are among the findings, too.
pub fn compile_loaded(loaded: Loaded, recorder: &mut dyn Recorder) -> Result<Compilation, Box<Report>> {
    compile_with_overlays(loaded, &[], recorder)
}

/// Compiles loaded files together with overlays, which annotate what may not be edited.
///
/// # Errors
/// Everything that is wrong with the annotations and the overlays. Warnings are among the findings, too.
pub fn compile_with_overlays(
    mut loaded: Loaded,
    overlays: &[Overlay],
    recorder: &mut dyn Recorder,
) -> Result<Compilation, Box<Report>> {
    let mut found = loaded.warnings().clone();
    let mut annotations = annotation::read(&loaded);
    found.extend(lost(&loaded, &annotations));
    for overlay in overlays {
        found.extend(annotation::apply(&mut loaded, &mut annotations, overlay));
    }
    recorder.record("annotations", &annotations);

    let files: Vec<String> = loaded.targets().map(|file| file.name().to_owned()).collect();
    let ir = lower::lower(loaded.pool(), &files, &annotations);
    recorder.record("ir", &ir);

    found.extend(check::check(&loaded, &annotations, &ir));
    if found.has_errors() {
        return Err(Box::new(Report { diagnostics: found, sources: loaded.sources().clone() }));
    }

    let policy = policy::emit(loaded.pool(), &annotations, &ir, |_| true);
    recorder.record("policy", &policy);
    Ok(Compilation { pool: loaded.pool().clone(), files, loaded, annotations, ir, policy, warnings: found })
}

/// A descriptor set whose files import the annotations and use none: a tool that does not know custom options wrote it.
/// In sources, that would be an unused import.
fn lost(loaded: &Loaded, annotations: &Annotations) -> Option<Diagnostic> {
    let file = loaded.annotated_without_text().filter(|_| annotations.is_empty())?;
    let message = format!(
        "`{}` imports the annotations, but there is no Holdover option in the descriptor set",
        file.name()
    );
    Some(
        Diagnostic::warning(codes::ANNOTATIONS_LOST, message)
            .subject(file.name())
            .note("tools that do not know custom options drop them when they write a set")
            .help("make it with `protoc --include_imports --include_source_info --descriptor_set_out=FILE` or `buf build -o FILE`"),
    )
}
