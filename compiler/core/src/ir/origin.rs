//! Where a value came from.

use crate::diagnostic::Span;

/// The element that said something, nearest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nobody said it: it is what the vocabulary says where the annotations are silent.
    Default,
    /// The file, for all its methods.
    File,
    /// The service, for all its methods.
    Service,
    /// The method itself.
    Method,
    /// A message type, field or oneof.
    Type,
}

impl Level {
    /// For messages: "the service".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Default => "the default",
            Self::File => "the file",
            Self::Service => "the service",
            Self::Method => "the method",
            Self::Type => "the type",
        }
    }
}

/// Who said something, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub level: Level,
    /// Where; unknown for defaults, and for descriptor sets without source info.
    pub span: Option<Span>,
    /// It was said in an overlay and not in the `.proto`.
    pub overlay: bool,
}

impl Origin {
    /// Nobody said it.
    pub const DEFAULT: Self = Self { level: Level::Default, span: None, overlay: false };
}

/// A value and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<T> {
    /// What holds.
    pub value: T,
    /// Who said so.
    pub origin: Origin,
}

impl<T> Value<T> {
    /// What holds where nobody says anything.
    pub fn default(value: T) -> Self {
        Self { value, origin: Origin::DEFAULT }
    }

    /// The same origin with something made of the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Value<U> {
        Value { value: change(self.value), origin: self.origin }
    }

    /// Nobody said it.
    pub fn is_default(&self) -> bool {
        self.origin.level == Level::Default
    }
}
