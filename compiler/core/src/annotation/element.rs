//! What annotations are about.

use std::fmt;

/// An element of a `.proto` file that options can be written on, by full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// By import name.
    File(String),
    /// `pricing.v1.Pricing`
    Service(String),
    /// `pricing.v1.Pricing.GetQuote`
    Method(String),
    /// `pricing.v1.Quote`
    Message(String),
    /// `pricing.v1.Quote.promo`; extensions too.
    Field(String),
    /// `pricing.v1.Quote.kind`
    Oneof(String),
    /// `pricing.v1.Color`
    Enum(String),
    /// `pricing.v1.RED`
    EnumValue(String),
    /// A range of extension numbers of a message.
    ExtensionRange(String),
}

impl Element {
    /// What kind of element it is, in words.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Service(_) => "service",
            Self::Method(_) => "method",
            Self::Message(_) => "message",
            Self::Field(_) => "field",
            Self::Oneof(_) => "oneof",
            Self::Enum(_) => "enum",
            Self::EnumValue(_) => "enum value",
            Self::ExtensionRange(_) => "extension range",
        }
    }

    /// Its full name.
    pub fn name(&self) -> &str {
        match self {
            Self::File(name)
            | Self::Service(name)
            | Self::Method(name)
            | Self::Message(name)
            | Self::Field(name)
            | Self::Oneof(name)
            | Self::Enum(name)
            | Self::EnumValue(name)
            | Self::ExtensionRange(name) => name,
        }
    }

    /// The Holdover option for this kind of element, if there is one.
    pub fn option(&self) -> Option<&'static str> {
        Some(match self {
            Self::File(_) => "holdover.file",
            Self::Service(_) => "holdover.service",
            Self::Method(_) => "holdover.method",
            Self::Message(_) => "holdover.message",
            Self::Field(_) => "holdover.field",
            Self::Oneof(_) => "holdover.oneof",
            Self::Enum(_) | Self::EnumValue(_) | Self::ExtensionRange(_) => return None,
        })
    }
}

impl fmt::Display for Element {
    /// As diagnostics name it: methods with a slash before their own name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(name) => match name.rsplit_once('.') {
                Some((service, method)) => write!(f, "{service}/{method}"),
                None => f.write_str(name),
            },
            _ => f.write_str(self.name()),
        }
    }
}
