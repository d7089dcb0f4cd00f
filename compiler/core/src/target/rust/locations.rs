//! Our own source info for prost-build.
//!
//! prost-build copies comments with little change, and panics where source info has no location for something. So it
//! gets source info that is complete and in which every comment is a mark, and the marks in what it generated are
//! replaced by what [`doc_lines`](super::docs::doc_lines) makes of the comments.

use crate::target::Comments;
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, FileDescriptorProto, MessageOptions, SourceCodeInfo,
};

/// How a mark begins. Nothing else that prost-build generates begins so, because all comments are marks.
const MARK: &str = "holdover comment ";

/// Comments that wait to be put where their marks are.
#[derive(Debug, Default)]
pub(super) struct Marks {
    docs: Vec<Vec<String>>,
}

impl Marks {
    /// Gives a file complete source info with marks for comments.
    pub(super) fn mark(&mut self, file: &mut FileDescriptorProto, comments: &Comments) {
        let mut walk =
            Walk { marks: self, comments, file: file.name(), path: Vec::new(), locations: Vec::new() };
        walk.messages(4, &file.message_type);
        walk.enums(5, &file.enum_type);
        let location = walk.locations;
        file.source_code_info = Some(SourceCodeInfo { location });
    }

    /// Replaces marks by comments.
    pub(super) fn unmark(&self, generated: &str) -> String {
        let mut text = String::with_capacity(generated.len());
        for line in generated.lines() {
            let code = line.trim_start();
            let docs = code
                .strip_prefix("///")
                .and_then(|rest| rest.trim_start().strip_prefix(MARK)?.parse::<usize>().ok())
                .and_then(|number| self.docs.get(number));
            match docs {
                Some(docs) => {
                    for doc in docs {
                        let space = if doc.is_empty() { "" } else { " " };
                        text.push_str(&format!("///{space}{doc}\n"));
                    }
                }
                None => {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
        text
    }
}

/// Numbers of `DescriptorProto` and `EnumDescriptorProto` fields, as they stand in paths.
const MESSAGE_FIELD: i32 = 2;
const MESSAGE_NESTED: i32 = 3;
const MESSAGE_ENUM: i32 = 4;
const MESSAGE_ONEOF: i32 = 8;
const ENUM_VALUE: i32 = 2;

struct Walk<'a> {
    marks: &'a mut Marks,
    comments: &'a Comments,
    file: &'a str,
    path: Vec<i32>,
    locations: Vec<Location>,
}

impl Walk<'_> {
    fn messages(&mut self, number: i32, messages: &[DescriptorProto]) {
        self.each(number, messages.iter(), |walk, message| {
            walk.location(message.options.as_ref().is_some_and(MessageOptions::deprecated));
            walk.each(MESSAGE_FIELD, message.field.iter(), |walk, _| walk.location(false));
            walk.messages(MESSAGE_NESTED, &message.nested_type);
            walk.enums(MESSAGE_ENUM, &message.enum_type);
            walk.each(MESSAGE_ONEOF, message.oneof_decl.iter(), |walk, _| walk.location(false));
        });
    }

    fn enums(&mut self, number: i32, enums: &[EnumDescriptorProto]) {
        self.each(number, enums.iter(), |walk, each| {
            walk.location(each.options.as_ref().is_some_and(EnumOptions::deprecated));
            walk.each(ENUM_VALUE, each.value.iter(), |walk, _| walk.location(false));
        });
    }

    fn each<T>(&mut self, number: i32, items: impl Iterator<Item = T>, mut below: impl FnMut(&mut Self, T)) {
        for (index, item) in (0..).zip(items) {
            self.path.extend([number, index]);
            below(self, item);
            self.path.truncate(self.path.len() - 2);
        }
    }

    /// The location of what is at the path. That a type is deprecated can only be said in its comment, because the
    /// attribute would make prost's own derives warn of it; fields and values have the attribute from prost-build.
    fn location(&mut self, deprecated: bool) {
        let comment = self.comments.at(self.file, &self.path);
        let mut lines = comment.map(super::docs::doc_lines).unwrap_or_default();
        if deprecated {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push("**Deprecated.**".to_owned());
        }
        let leading_comments = (!lines.is_empty()).then(|| {
            self.marks.docs.push(lines);
            format!(" {MARK}{}", self.marks.docs.len() - 1)
        });
        self.locations.push(Location { path: self.path.clone(), leading_comments, ..Location::default() });
    }
}
