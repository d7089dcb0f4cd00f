//! Values of fields: which wire type they have, and one form for every number.

use holdover_annotations::policy::field::Kind;

use super::Value;
use crate::WireError;
use crate::cursor::{Cursor, Raw};
use crate::schema::Label;

/// A scalar in its canonical form. Keys of maps sort by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scalar<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl Scalar<'_> {
    pub(crate) fn zero(kind: Kind) -> Self {
        if matches!(kind, Kind::String | Kind::Bytes) { Self::Bytes(&[]) } else { Self::Number(0) }
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Self::Number(0) | Self::Bytes([]))
    }
}

/// The value of a known field, or `None` if it has a wire type that does not fit.
pub(super) fn typed(raw: Raw<'_>, kind: Kind, label: Label) -> Option<Value<'_>> {
    Some(match (raw, layout(kind)) {
        (Raw::Varint(bits), Layout::Varint) | (Raw::Fixed64(bits), Layout::Fixed64) => {
            Value::Number(canonical(bits, kind))
        }
        (Raw::Fixed32(bits), Layout::Fixed32) => Value::Number(canonical(u64::from(bits), kind)),
        (Raw::Len(bytes), Layout::Len) | (Raw::Group(bytes), Layout::Group) => Value::Bytes(bytes),
        (Raw::Len(bytes), Layout::Varint | Layout::Fixed64 | Layout::Fixed32) if label == Label::Repeated => {
            Value::Packed(bytes)
        }
        _ => return None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Varint,
    Fixed64,
    Len,
    Group,
    Fixed32,
}

fn layout(kind: Kind) -> Layout {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => Layout::Fixed64,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => Layout::Fixed32,
        Kind::String | Kind::Bytes | Kind::Message => Layout::Len,
        Kind::Group => Layout::Group,
        _ => Layout::Varint,
    }
}

/// The elements of a packed list.
pub(crate) struct Packed<'a> {
    cursor: Cursor<'a>,
    kind: Kind,
}

impl<'a> Packed<'a> {
    pub(crate) fn new(bytes: &'a [u8], kind: Kind) -> Self {
        Self { cursor: Cursor::new(bytes), kind }
    }
}

impl Iterator for Packed<'_> {
    type Item = Result<u64, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let bits = match layout(self.kind) {
            Layout::Fixed64 => self.cursor.fixed64(),
            Layout::Fixed32 => self.cursor.fixed32().map(u64::from),
            _ => self.cursor.varint(),
        };
        if bits.is_err() {
            // Nothing can be read after a broken element.
            self.cursor = Cursor::new(&[]);
        }
        Some(bits.map(|bits| canonical(bits, self.kind)))
    }
}

/// One number for every value, however it was written: 32-bit kinds are truncated as decoders truncate them, signed ones
/// are sign-extended to 64 bits, ZigZag is undone, any true is 1, −0 is 0 and there is one NaN. Floats stay bit patterns.
fn canonical(bits: u64, kind: Kind) -> u64 {
    // Truncation is the rule here, not an accident: a varint of a 32-bit kind counts modulo 2^32.
    let low = u32::from_le_bytes([
        bits.to_le_bytes()[0],
        bits.to_le_bytes()[1],
        bits.to_le_bytes()[2],
        bits.to_le_bytes()[3],
    ]);
    let extend = |low: u32| i64::from(low.cast_signed()).cast_unsigned();
    match kind {
        Kind::Int32 | Kind::Enum | Kind::Sfixed32 => extend(low),
        Kind::Uint32 | Kind::Fixed32 => u64::from(low),
        Kind::Sint32 => extend((low >> 1) ^ (low & 1).wrapping_neg()),
        Kind::Sint64 => (bits >> 1) ^ (bits & 1).wrapping_neg(),
        Kind::Bool => u64::from(bits != 0),
        Kind::Float => {
            let value = f32::from_bits(low);
            u64::from(if value.is_nan() {
                0x7fc0_0000
            } else if value == 0.0 {
                0
            } else {
                low
            })
        }
        Kind::Double => {
            let value = f64::from_bits(bits);
            if value.is_nan() {
                0x7ff8_0000_0000_0000
            } else if value == 0.0 {
                0
            } else {
                bits
            }
        }
        _ => bits,
    }
}

#[cfg(test)]
mod tests;
