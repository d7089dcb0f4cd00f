//! Paths of fields, and texts with paths in them.

use holdover_annotations::policy::field::Kind;

/// Which message a path starts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// The request.
    Request,
    /// The response.
    Response,
}

impl Root {
    /// As it is written in templates.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Full name of the message that has the field; a map's entry type for the step into a map.
    pub message: String,
    /// The field's number.
    pub number: u32,
    /// The field's name.
    pub name: String,
}

/// A path of fields that exists. Lists need no step; the value of a map is a step (2) into its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// As written.
    pub text: String,
    /// Full name of the type it starts at.
    pub root: String,
    /// At least one, or none where the path is the name of a oneof of the root.
    pub steps: Vec<Step>,
    /// The path ends at this oneof and not at a field. Importance may be said of a oneof; nothing else may.
    pub oneof: Option<String>,
    /// The kind of the last field (of a map: of its values).
    pub kind: Kind,
    /// A list or a map lies on the way, or ends it: there may be several values.
    pub repeated: bool,
}

impl FieldPath {
    /// The numbers of its steps.
    pub fn numbers(&self) -> Vec<u32> {
        self.steps.iter().map(|step| step.number).collect()
    }
}

/// Why a path cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// The path is empty or has an empty part.
    Empty,
    /// A message has no field of this name.
    Unknown {
        /// The message.
        message: String,
        /// The name that it does not have.
        name: String,
        /// The most similar name that it has.
        similar: Option<String>,
    },
    /// The path goes on below something that is not a message.
    NotMessage {
        /// The field that is none.
        field: String,
    },
    /// The path goes on below a `google.protobuf.Any`, whose content nobody knows beforehand.
    ThroughAny {
        /// The Any field.
        field: String,
    },
    /// The path names the key or the value of a map's entry.
    MapPart {
        /// The map field.
        field: String,
        /// `key` or `value`.
        part: String,
    },
}

/// Text with values in it: `ride:{request.ride_id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// As written.
    pub text: String,
    /// Neighbouring literals are one part.
    pub parts: Vec<TemplatePart>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text, with `{{` and `}}` undone.
    Literal(String),
    /// The value of a scalar field.
    Value(Root, FieldPath),
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// It breaks the syntax.
    Syntax {
        /// As written.
        text: String,
        /// What is wrong.
        reason: String,
        /// What is wrong there: a byte range of the text.
        at: std::ops::Range<usize>,
    },
    /// A path in it cannot be followed.
    Path {
        /// As written.
        text: String,
        /// Which message it starts at.
        root: Root,
        /// The path, without its root.
        path: String,
        /// Why.
        error: Box<PathError>,
        /// Where the path is: a byte range of the text.
        at: std::ops::Range<usize>,
    },
    /// A path in it ends at something that has no one spelling: a message, a float, bytes.
    Kind {
        /// As written.
        text: String,
        /// Which message it starts at.
        root: Root,
        /// The path, without its root.
        path: String,
        /// What the path ends at: "a message".
        found: &'static str,
        /// Where the path is: a byte range of the text.
        at: std::ops::Range<usize>,
    },
}

impl TemplateError {
    /// The text that is no template.
    pub fn text(&self) -> &str {
        match self {
            Self::Syntax { text, .. } | Self::Path { text, .. } | Self::Kind { text, .. } => text,
        }
    }
}

/// The shape of a tag, for a generated constructor: `tags::ride(ride_id)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// `snake_case`, made of the literals, distinct within one [`Ir`](super::Ir).
    pub name: String,
    /// Literals and values as they alternate.
    pub parts: Vec<TagPart>,
    /// A template of this shape as written, for the constructor's documentation.
    pub text: String,
}

/// A part of a tag's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagPart {
    /// Text.
    Literal(String),
    /// A value.
    Value {
        /// The last field's name, made distinct within the tag.
        name: String,
        /// The field's kind.
        kind: Kind,
    },
}
