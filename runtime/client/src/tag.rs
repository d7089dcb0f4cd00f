//! Building tags from values.

use holdover_engine::json;

use crate::{Tag, TagPart};

/// Builds a [`Tag`] from the parts of its template; generated constructors do nothing else.
///
/// ```
/// use holdover_client::binding::TagBuilder;
///
/// // tags: "ride:{request.ride_id}"
/// let tag = TagBuilder::new().literal("ride:").value("r-17").build();
/// ```
#[derive(Debug, Default)]
pub struct TagBuilder(Vec<TagPart>);

impl TagBuilder {
    /// No part yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text of the template, `{{` already read as `{`.
    #[must_use]
    pub fn literal(mut self, text: &str) -> Self {
        self.0.push(TagPart::Literal(text.to_owned()));
        self
    }

    /// Adds the value that stands for a `{path}`: its JSON text, as the runtime renders it.
    #[must_use]
    pub fn value(mut self, value: impl TagValue) -> Self {
        self.0.push(TagPart::Value(value.into_text()));
        self
    }

    /// The tag.
    pub fn build(self) -> Tag {
        Tag(self.0)
    }
}

/// A scalar that may stand in a tag: strings, bytes, booleans and integers. Enums stand as their numbers.
pub trait TagValue {
    /// Its JSON text.
    fn into_text(self) -> String;
}

impl TagValue for &str {
    fn into_text(self) -> String {
        json::string(self)
    }
}

impl TagValue for String {
    fn into_text(self) -> String {
        json::string(&self)
    }
}

impl TagValue for &String {
    fn into_text(self) -> String {
        json::string(self)
    }
}

impl TagValue for &[u8] {
    fn into_text(self) -> String {
        json::bytes(self)
    }
}

macro_rules! by_display {
    ($($scalar:ty),*) => {$(
        impl TagValue for $scalar {
            fn into_text(self) -> String {
                self.to_string()
            }
        }
    )*};
}

by_display!(bool, i32, i64, u32, u64);
