//! What an accessor of a field that may be trimmed returns.

use crate::View;

/// A message of which something may be withheld. Generated code implements it; the accessors have a namespace of their
/// own, so that they clash with nothing that a message has.
///
/// ```ignore
/// use holdover::{Enrich, Enriching};
///
/// match quote.value.enriched(quote.withheld()).promo() {
///     Enriching::Present(banner) => show(banner),
///     Enriching::Absent => hide(),
///     Enriching::Withheld(last_known) => last_known.map_or_else(placeholder, show),
/// }
/// ```
pub trait Enrich {
    /// A method for each field that may be withheld, or below which something may be withheld.
    type Accessors<'a>
    where
        Self: 'a;

    /// The accessors of this message, read with the view that its snapshot, or the accessor of its parent, gave.
    fn enriched<'a>(&'a self, withheld: View<'a, Self>) -> Self::Accessors<'a>
    where
        Self: Sized;
}

/// A field that a poor network may have left out.
///
/// `Absent` is the server's word: there is none. `Withheld` is ours: nobody asked, so nobody knows, but the value that
/// was last seen in full is offered, so that entering a tunnel does not blank what is already on the screen (rule F9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enriching<V> {
    /// The answer has the field.
    Present(V),
    /// The answer was complete here, and does not have the field.
    Absent,
    /// The field was left out to save bytes. Carries the last known value, if the full answer is still stored and had
    /// one; inside lists and maps there is none.
    Withheld(Option<V>),
}

impl<V> Enriching<V> {
    /// The value of this very answer.
    pub fn present(self) -> Option<V> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Withheld(_) => None,
        }
    }

    /// The value of this answer, or else the last known one.
    pub fn known(self) -> Option<V> {
        match self {
            Self::Present(value) | Self::Withheld(Some(value)) => Some(value),
            Self::Absent | Self::Withheld(None) => None,
        }
    }

    /// Whether the field was left out to save bytes.
    pub fn is_withheld(&self) -> bool {
        matches!(self, Self::Withheld(_))
    }

    /// Changes the value, not what is known about it.
    pub fn map<U>(self, change: impl FnOnce(V) -> U) -> Enriching<U> {
        match self {
            Self::Present(value) => Enriching::Present(change(value)),
            Self::Absent => Enriching::Absent,
            Self::Withheld(last_known) => Enriching::Withheld(last_known.map(change)),
        }
    }
}
