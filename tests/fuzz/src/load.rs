//! Schemas: texts and descriptor sets.

use holdover_compiler::diagnostic::{Diagnostics, Report, SourceMap, Style};
use holdover_compiler::load::{Loaded, LoadedFile, MemorySources, load, load_descriptor_set};

/// A text is loaded or refused with a place; what was loaded can be written and loaded again.
pub fn proto(data: &[u8]) {
    match load(&MemorySources::new().with("a.proto", data), &["a.proto"]) {
        Ok(loaded) => {
            look(&loaded);
            again(&loaded);
        }
        Err(report) => {
            refused(&report);
            for diagnostic in &report.diagnostics {
                // What is said about a file that could be read underlines something in it.
                assert!(diagnostic.primary().is_some(), "no place: {diagnostic:?}");
            }
        }
    }
}

/// A descriptor set is loaded or refused; what was loaded can be written and loaded again.
pub fn descriptors(data: &[u8]) {
    match load_descriptor_set::<&str>("set.pb", data, &[]) {
        Ok(loaded) => {
            look(&loaded);
            again(&loaded);
        }
        Err(report) => refused(&report),
    }
}

fn refused(report: &Report) {
    assert!(report.diagnostics.has_errors());
    for diagnostic in &report.diagnostics {
        assert!(diagnostic.help_text().is_some(), "no help: {diagnostic:?}");
    }
    shown(&report.diagnostics, &report.sources);
}

fn shown(diagnostics: &Diagnostics, sources: &SourceMap) {
    for style in [Style::plain(), Style::terminal()] {
        assert_eq!(
            holdover_compiler::diagnostic::human(diagnostics, sources, style).is_empty(),
            diagnostics.is_empty()
        );
    }
    assert!(holdover_compiler::diagnostic::json(diagnostics, sources).starts_with('{'));
}

/// Everything that later passes look at.
fn look(loaded: &Loaded) {
    shown(loaded.warnings(), loaded.sources());
    for service in loaded.pool().services() {
        for method in service.methods() {
            let file = method.parent_file();
            let statements = loaded.statements(file.name(), method.path());
            for member in statements.iter().flat_map(|statement| &statement.members) {
                assert!(loaded.sources().slice(member.name_span).is_some_and(|name| !name.is_empty()));
            }
            let _ = loaded.option_span(file.name(), method.path(), "holdover.method", &["cache", "tags"]);
            assert!(method.options().fields().count() < 1 << 20);
        }
    }
}

/// The descriptor set of one schema, without what is built in: a seed for [`descriptors`].
///
/// # Errors
/// What is wrong with the schema.
pub fn descriptor_set(text: &[u8]) -> Result<Vec<u8>, Box<Report>> {
    let loaded = load(&MemorySources::new().with("a.proto", text), &["a.proto"])?;
    Ok(encoded(&loaded, LoadedFile::is_target))
}

fn encoded(loaded: &Loaded, wanted: impl Fn(&LoadedFile) -> bool) -> Vec<u8> {
    let mut set = Vec::new();
    for file in loaded.files().iter().filter(|file| wanted(file)) {
        prost::encoding::bytes::encode(1, &loaded.encoded(file), &mut set);
    }
    set
}

fn again(loaded: &Loaded) {
    let set = encoded(loaded, |_| true);
    let again =
        load_descriptor_set::<&str>("again.pb", &set, &[]).unwrap_or_else(|report| panic!("{report}"));
    // Custom options are not compared: maps in them come in any order.
    let descriptors = |loaded: &Loaded| {
        let mut files = loaded.descriptor_set().file;
        files.iter_mut().for_each(|file| file.source_code_info = None);
        files
    };
    assert!(descriptors(loaded) == descriptors(&again), "a descriptor has changed on the way");
}
