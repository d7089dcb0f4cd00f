//! Comparing descriptors.

use std::collections::{BTreeMap, BTreeSet};

use holdover_compiler::load::{Loaded, LoadedFile};
use prost::Message as _;
use prost_reflect::{DynamicMessage, UnknownField, Value};
use prost_types::SourceCodeInfo;
use prost_types::source_code_info::Location;

/// Where two descriptors of one file differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// The way to the field: `message_type[0].field[2].options.[google.api.field_behavior]`.
    pub path: String,
    /// What we have there.
    pub ours: String,
    /// What protoc has there.
    pub theirs: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: ours {}, protoc's {}", self.file, self.path, self.ours, self.theirs)
    }
}

/// The encoded files of an encoded `FileDescriptorSet`, in order.
#[derive(Clone, PartialEq, prost::Message)]
struct RawSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// Compares every file of a load with protoc's descriptor set of the same files: the files, their order, and every field
/// of every descriptor, options and extensions included. Both are decoded with the same schema, our pool's, so that a
/// difference in encoding alone (field order) is none.
///
/// # Panics
/// If either side cannot be decoded.
pub fn differences(ours: &Loaded, theirs: &[u8]) -> Vec<Difference> {
    let pool = ours.pool();
    let file = pool
        .get_message_by_name("google.protobuf.FileDescriptorProto")
        .expect("the schemas import google/protobuf/descriptor.proto");
    let theirs = RawSet::decode(theirs).expect("protoc writes well-formed sets").file;
    let decode =
        |bytes: &[u8]| DynamicMessage::decode(file.clone(), bytes).expect("descriptors are well-formed");
    let name = |message: &DynamicMessage| {
        message
            .get_field_by_name("name")
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let theirs: Vec<DynamicMessage> = theirs.iter().map(|bytes| decode(bytes)).collect();
    let our_names: Vec<&str> = ours.files().iter().map(LoadedFile::name).collect();
    let their_names: Vec<String> = theirs.iter().map(name).collect();
    let set = ours.descriptor_set();
    let our_comments: BTreeMap<&str, Comments> = set
        .file
        .iter()
        // Built-in files have no text, and so no comments.
        .filter(|file| file.source_code_info.as_ref().is_some_and(|info| !info.location.is_empty()))
        .map(|file| {
            let locations = &file.source_code_info.as_ref().expect("checked above").location;
            (file.name(), comments(locations))
        })
        .collect();
    let mut found = Vec::new();
    if our_names != their_names {
        found.push(Difference {
            file: String::new(),
            path: "the files and their order".to_owned(),
            ours: format!("{our_names:?}"),
            theirs: format!("{their_names:?}"),
        });
    }
    let theirs: BTreeMap<&str, &DynamicMessage> =
        their_names.iter().map(String::as_str).zip(&theirs).collect();
    for file in ours.files() {
        let Some(theirs) = theirs.get(file.name()) else { continue };
        let ours = decode(&ours.encoded(file));
        let mut report = |path: String, ours: String, theirs: String| {
            found.push(Difference { file: file.name().to_owned(), path, ours, theirs });
        };
        let mut theirs = (*theirs).clone();
        let info = theirs.get_field_by_name("source_code_info").map(std::borrow::Cow::into_owned);
        theirs.clear_field_by_name("source_code_info");
        messages("", &ours, &theirs, &mut report);
        if let Some(comments) = our_comments.get(file.name()) {
            compare_comments(
                comments,
                &info.map(|info| their_comments(&info)).unwrap_or_default(),
                &mut report,
            );
        }
    }
    found
}

fn messages(
    path: &str,
    ours: &DynamicMessage,
    theirs: &DynamicMessage,
    report: &mut dyn FnMut(String, String, String),
) {
    if ours == theirs {
        return;
    }
    let fields = |message: &DynamicMessage| -> BTreeMap<String, Value> {
        let fields = message.fields().map(|(field, value)| (field.name().to_owned(), value.clone()));
        let extensions =
            message.extensions().map(|(field, value)| (format!("[{}]", field.full_name()), value.clone()));
        fields.chain(extensions).collect()
    };
    let unknown =
        |message: &DynamicMessage| message.unknown_fields().map(UnknownField::number).collect::<Vec<_>>();
    if unknown(ours) != unknown(theirs) {
        report(
            join(path, "unknown fields"),
            format!("{:?}", unknown(ours)),
            format!("{:?}", unknown(theirs)),
        );
    }
    let (ours, theirs) = (fields(ours), fields(theirs));
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for name in names {
        values(join(path, name), ours.get(name), theirs.get(name), report);
    }
}

fn values(
    path: String,
    ours: Option<&Value>,
    theirs: Option<&Value>,
    report: &mut dyn FnMut(String, String, String),
) {
    match (ours, theirs) {
        (Some(Value::Message(ours)), Some(Value::Message(theirs))) => messages(&path, ours, theirs, report),
        (Some(Value::List(ours)), Some(Value::List(theirs))) if ours.len() == theirs.len() => {
            for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                values(format!("{path}[{i}]"), Some(ours), Some(theirs), report);
            }
        }
        (ours, theirs) if ours == theirs => {}
        (ours, theirs) => report(path, show(ours), show(theirs)),
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Comments by descriptor path. Several `extend` blocks share one path.
type Comments = BTreeMap<Vec<i32>, BTreeSet<Comment>>;

/// The comments of one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Comment {
    leading: String,
    trailing: String,
    detached: Vec<String>,
}

fn comments(locations: &[Location]) -> Comments {
    let mut comments = Comments::new();
    for location in locations {
        let comment = Comment {
            leading: location.leading_comments().to_owned(),
            trailing: location.trailing_comments().to_owned(),
            detached: location.leading_detached_comments.clone(),
        };
        let empty = comment.leading.is_empty() && comment.trailing.is_empty() && comment.detached.is_empty();
        // Options have other paths here than with protoc, which rewrites them once options are interpreted.
        if !empty && !is_option(&location.path) {
            comments.entry(location.path.clone()).or_default().insert(comment);
        }
    }
    comments
}

/// Whether a descriptor path leads into options. The numbers are those of `google/protobuf/descriptor.proto`.
fn is_option(path: &[i32]) -> bool {
    let mut at = "file";
    for step in path.chunks(2) {
        at = match (at, step[0]) {
            ("file", 8) | ("message", 7) | ("field", 8) | ("oneof", 2) | ("method", 4) => return true,
            ("enum" | "value" | "service" | "range", 3) => return true,
            ("file", 4) | ("message", 3) => "message",
            ("file", 5) | ("message", 4) => "enum",
            ("file", 6) => "service",
            ("file", 7) | ("message", 2 | 6) => "field",
            ("message", 5) => "range",
            ("message", 8) => "oneof",
            ("enum", 2) => "value",
            ("service", 2) => "method",
            _ => return false,
        };
    }
    false
}

fn their_comments(info: &Value) -> Comments {
    let info: SourceCodeInfo =
        info.as_message().expect("it is a message").transcode_to().expect("it is that message");
    comments(&info.location)
}

fn compare_comments(ours: &Comments, theirs: &Comments, report: &mut dyn FnMut(String, String, String)) {
    for path in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (ours, theirs) = (ours.get(path), theirs.get(path));
        if ours != theirs {
            report(format!("comments of {path:?}"), format!("{ours:?}"), format!("{theirs:?}"));
        }
    }
}
