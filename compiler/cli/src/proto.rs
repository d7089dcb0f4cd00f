//! `holdover proto`.

use std::path::Path;

use holdover_annotations::{ANNOTATIONS_PATH, ANNOTATIONS_PROTO};
use holdover_build::files::write_all;

use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;

/// Writes the annotations where other compilers find them.
pub(crate) fn run(out: &Path, terminal: &Terminal) -> Result<Outcome, Failure> {
    let path = out.join(ANNOTATIONS_PATH);
    let written = write_all(&[(path.clone(), ANNOTATIONS_PROTO.as_bytes())])?;
    let verb = if written.changed.is_empty() { "unchanged" } else { "wrote" };
    terminal.note(&format!("{verb} {}\n", path.display()));
    Ok(Outcome::Clean)
}
