//! Looking names up for one file, and saying why one was not found.

use std::collections::BTreeSet;

use holdover_annotations::ANNOTATIONS_PATH;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use super::file::LoadedFile;
use super::names::{Kind, Names, NotFound, Wanted};
use super::{codes, path};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, SourceMap, Span};

/// Looks names up for one file.
pub(crate) struct Resolver<'a> {
    pub(crate) names: &'a Names,
    pub(crate) files: &'a [LoadedFile],
    pub(crate) sources: &'a SourceMap,
    /// Google's option messages, for files that do not import them.
    pub(crate) google: &'a FileDescriptorProto,
    /// The file.
    pub(crate) at: usize,
    /// Whose names it may use.
    pub(crate) visible: BTreeSet<usize>,
    /// Whose names it does use.
    pub(crate) used: BTreeSet<usize>,
    pub(crate) diagnostics: &'a mut Diagnostics,
    /// It was said that the file lacks the import of the annotations, which would be wrong with every option of theirs.
    pub(crate) annotations_missed: bool,
}

/// What a name must stand for.
#[derive(Clone, Copy)]
pub(crate) struct Needed {
    what: &'static str,
    is: fn(Kind) -> bool,
    wanted: Wanted,
    unknown: Code,
}

/// A message.
pub(crate) const MESSAGE: Needed = Needed {
    what: "a message",
    is: |kind| kind == Kind::Message,
    wanted: Wanted::Anything,
    unknown: codes::NAME_UNKNOWN,
};
/// The type of a field.
pub(crate) const TYPE: Needed = Needed {
    what: "a message or an enum",
    is: |kind| matches!(kind, Kind::Message | Kind::Enum),
    wanted: Wanted::Types,
    unknown: codes::NAME_UNKNOWN,
};
/// A custom option.
pub(crate) const EXTENSION: Needed = Needed {
    what: "an extension",
    is: |kind| kind == Kind::Extension,
    wanted: Wanted::Anything,
    unknown: codes::UNKNOWN_OPTION,
};

impl<'a> Resolver<'a> {
    /// The full name of what `written` stands for in the thing called `inside`.
    ///
    /// # Errors
    /// Why there is no such thing; `None` if it was said already.
    pub(crate) fn find(
        &mut self,
        written: &str,
        inside: &str,
        needed: Needed,
    ) -> Result<(String, Kind), Option<Box<Diagnostic>>> {
        let diagnostic = match self.names.resolve(written, inside, needed.wanted, &self.visible) {
            Ok((name, symbol)) if (needed.is)(symbol.kind) => {
                self.used.insert(symbol.file);
                return Ok((name, symbol.kind));
            }
            Ok((name, symbol)) => {
                let message = format!("`{name}` is {}, not {}", symbol.kind.with_article(), needed.what);
                let diagnostic = Diagnostic::error(codes::NAME_WRONG_KIND, message)
                    .help(format!("name {} here", needed.what));
                also(diagnostic, self.files[symbol.file].span(&symbol.path), "defined here")
            }
            Err(NotFound::NotImported { .. } | NotFound::Unknown)
                if self.lacks_annotations(written, needed) =>
            {
                if std::mem::replace(&mut self.annotations_missed, true) {
                    return Err(None);
                }
                let name = written.trim_start_matches('.');
                let message = format!("`{name}` is in `{ANNOTATIONS_PATH}`, which is not imported");
                Diagnostic::error(codes::NAME_NOT_IMPORTED, message)
                    .note("every Holdover option of the file needs the import; the compiler carries the imported file itself")
                    .help(format!("add `import \"{ANNOTATIONS_PATH}\";`"))
            }
            Err(NotFound::NotImported { name, file }) => {
                let file = &self.files[file].name;
                let message = format!("`{name}` is in `{file}`, which is not imported");
                Diagnostic::error(codes::NAME_NOT_IMPORTED, message).help(format!("add `import \"{file}\";`"))
            }
            Err(NotFound::Shadowed { tried, first }) => {
                let message = format!("`{written}` was looked up as `{tried}`, which does not exist");
                let diagnostic = Diagnostic::error(codes::NAME_SHADOWED, message)
                    .note(format!(
                        "the first part of the name was found in an inner scope, as {}; the search ends there",
                        first.kind.with_article()
                    ))
                    .help(format!("write `.{written}` to start at the root, or the full name after a dot"));
                // A package has many places, and none of them explains anything.
                let span = self.files[first.file].span(&first.path).filter(|_| first.kind != Kind::Package);
                also(diagnostic, span, "found here")
            }
            Err(NotFound::Unknown) => {
                let diagnostic =
                    Diagnostic::error(needed.unknown, format!("`{written}` stands for nothing here"));
                match self.names.similar(written, needed.is) {
                    Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
                    None => diagnostic
                        .help(format!("define {} of this name, or import the file that does", needed.what)),
                }
            }
        };
        Err(Some(Box::new(diagnostic.subject(inside))))
    }

    /// The name is one of Holdover's options by its form, and the file does not import the annotations.
    fn lacks_annotations(&self, written: &str, needed: Needed) -> bool {
        let name = written.trim_start_matches('.').strip_prefix("holdover.");
        (needed.is)(Kind::Extension)
            && name.is_some_and(|name| !name.contains('.'))
            && !self.visible.iter().any(|at| self.files[*at].name == ANNOTATIONS_PATH)
    }

    /// Reports something about a place.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic, span: Option<Span>, label: &str) {
        self.diagnostics.push(match span {
            Some(span) => diagnostic.at(span, label),
            None => diagnostic,
        });
    }

    /// The declaration of an extension, by its full name.
    pub(crate) fn extension(&self, name: &str) -> Option<&'a FieldDescriptorProto> {
        let (file, path) = self.place(name)?;
        match *path {
            [path::file::EXTENSION, i] => file.extension.get(usize::try_from(i).ok()?),
            [ref parents @ .., path::message::EXTENSION, i] => {
                message_by_path(file, parents)?.extension.get(usize::try_from(i).ok()?)
            }
            _ => None,
        }
    }

    /// The fields of a message, by its full name.
    pub(crate) fn fields(&self, message: &str) -> Option<&'a [FieldDescriptorProto]> {
        let found = match self.place(message) {
            Some((file, path)) => message_by_path(file, path),
            None => {
                let name = message.strip_prefix("google.protobuf.")?;
                self.google.message_type.iter().find(|message| message.name() == name)
            }
        };
        Some(&found?.field)
    }

    /// The declaration of an enum, by its full name.
    pub(crate) fn enumeration(&self, name: &str) -> Option<&'a EnumDescriptorProto> {
        let Some((file, path)) = self.place(name) else {
            let (message, name) = name.strip_prefix("google.protobuf.")?.split_once('.')?;
            let message = self.google.message_type.iter().find(|google| google.name() == message)?;
            return message.enum_type.iter().find(|enumeration| enumeration.name() == name);
        };
        match *path {
            [path::file::ENUM, i] => file.enum_type.get(usize::try_from(i).ok()?),
            [ref parents @ .., path::message::ENUM, i] => {
                message_by_path(file, parents)?.enum_type.get(usize::try_from(i).ok()?)
            }
            _ => None,
        }
    }

    /// The file and the descriptor path of a thing, by its full name.
    fn place(&self, name: &str) -> Option<(&'a FileDescriptorProto, &'a [i32])> {
        let symbol = self.names.get(name)?;
        Some((&self.files[symbol.file].descriptor, symbol.path.strip_suffix(&[path::NAME])?))
    }
}

fn also(diagnostic: Diagnostic, span: Option<Span>, text: &str) -> Diagnostic {
    match span {
        Some(span) => diagnostic.also(span, text),
        None => diagnostic,
    }
}

/// The field that text format calls by a name: groups go by the name of their type.
pub(crate) fn named<'a>(fields: &'a [FieldDescriptorProto], name: &str) -> Option<&'a FieldDescriptorProto> {
    fields.iter().find(|field| match field.r#type() {
        Type::Group => field.type_name().rsplit('.').next() == Some(name),
        _ => field.name() == name,
    })
}

/// The message at a descriptor path.
fn message_by_path<'a>(file: &'a FileDescriptorProto, path: &[i32]) -> Option<&'a DescriptorProto> {
    let (steps, rest) = path.as_chunks::<2>();
    let (first, inner) = steps.split_first()?;
    let index = |step: &[i32; 2]| usize::try_from(step[1]).ok();
    let root = file
        .message_type
        .get(index(first).filter(|_| first[0] == path::file::MESSAGE && rest.is_empty())?)?;
    inner.iter().try_fold(root, |message, step| {
        message.nested_type.get(index(step).filter(|_| step[0] == path::message::MESSAGE)?)
    })
}
