//! Request and response metadata: headers and trailers, in the protocol's own terms.

use std::fmt;

use bytes::Bytes;

use crate::error::Error;

/// Ordered pairs of lower-case names and values. A name may occur more than once.
///
/// Names ending in `-bin` carry any bytes; all others printable ASCII (gRPC over HTTP/2, "Custom-Metadata").
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(Box<str>, Bytes)>);

/// Names only: values may be credentials, and those are never in a log (rule A3).
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Metadata {
    /// No pairs.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a pair. The name is lower-cased.
    ///
    /// # Errors
    /// MISUSE if the name is not a header name, or the value is not printable ASCII and the name does not end in `-bin`.
    pub fn push(&mut self, name: &str, value: impl Into<Bytes>) -> Result<(), Error> {
        let name = name.to_ascii_lowercase();
        let value = value.into();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            return Err(Error::misuse(format!(
                "metadata name {name:?} is not valid: use letters, digits, '-', '_' and '.'"
            )));
        }
        if !name.ends_with("-bin") && !value.iter().all(|b| (0x20..=0x7e).contains(b)) {
            return Err(Error::misuse(format!(
                "the value of metadata {name:?} is not printable ASCII: encode it, or let the name end in -bin"
            )));
        }
        self.0.push((name.into_boxed_str(), value));
        Ok(())
    }

    /// The same, for names and values that are known to be valid: constants of this crate.
    pub(crate) fn insert(&mut self, name: &'static str, value: impl Into<Bytes>) {
        self.0.push((name.into(), value.into()));
    }

    /// Like [`Metadata::push`], but replaces what has the same name.
    ///
    /// # Errors
    /// As [`Metadata::push`].
    pub fn set(&mut self, name: &str, value: impl Into<Bytes>) -> Result<(), Error> {
        let lower = name.to_ascii_lowercase();
        self.0.retain(|(n, _)| **n != *lower);
        self.push(name, value)
    }

    /// The first value of a lower-case name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// The first value of a lower-case name, if it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// All pairs, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(n, v)| (&**n, v))
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The size as HTTP/2 counts it: name + value + 32 bytes a pair (RFC 9113, section 6.5.2).
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.iter().map(|(n, v)| n.len() + v.len() + 32).sum()
    }

    /// Takes `other`'s pairs; names that `other` has replace those that are here.
    pub(crate) fn overlay(&mut self, other: &Self) {
        self.0.retain(|(name, _)| other.get(name).is_none());
        self.0.extend(other.0.iter().cloned());
    }
}
