//! Reading the wire format: varints, field keys, lengths and groups.
//!
//! See <https://protobuf.dev/programming-guides/encoding/>. Like every decoder, this accepts varints that are longer than
//! they need to be, up to ten bytes; unlike some, it refuses those whose value does not fit in 64 bits.

use crate::WireError;

/// The greatest field number: 2^29 − 1.
pub(crate) const MAX_FIELD_NUMBER: u32 = (1 << 29) - 1;

/// How a value is laid out, without the end of a group, which is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireType {
    Varint,
    Fixed64,
    Len,
    Group,
    Fixed32,
}

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Field(u32, WireType),
    GroupEnd(u32),
}

/// A value as it stands on the wire. The content of a group is a message, like that of a length-delimited field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raw<'a> {
    Varint(u64),
    Fixed64(u64),
    Len(&'a [u8]),
    Group(&'a [u8]),
    Fixed32(u32),
}

/// Reads a varint at `at`: its value and the offset after it.
#[inline]
pub(crate) fn varint(bytes: &[u8], at: usize) -> Result<(u64, usize), WireError> {
    match bytes.get(at) {
        Some(&byte) if byte < 0x80 => Ok((u64::from(byte), at + 1)),
        _ => long_varint(bytes, at),
    }
}

fn long_varint(bytes: &[u8], start: usize) -> Result<(u64, usize), WireError> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().skip(start).take(10).enumerate() {
        if index == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok((value, start + index + 1));
        }
    }
    let left = bytes.len().saturating_sub(start);
    Err(if left >= 10 { WireError::Varint { at: start } } else { WireError::Truncated { at: bytes.len() } })
}

/// Splits the value of a key into a field number and a wire type.
#[inline]
pub(crate) fn parse_key(value: u64, at: usize) -> Result<Key, WireError> {
    let Ok(number @ 1..=MAX_FIELD_NUMBER) = u32::try_from(value >> 3) else {
        return Err(WireError::FieldNumber { at });
    };
    Ok(match value & 7 {
        0 => Key::Field(number, WireType::Varint),
        1 => Key::Field(number, WireType::Fixed64),
        2 => Key::Field(number, WireType::Len),
        3 => Key::Field(number, WireType::Group),
        4 => Key::GroupEnd(number),
        5 => Key::Field(number, WireType::Fixed32),
        _ => return Err(WireError::WireType { at }),
    })
}

/// Goes past the group whose content begins at `at`, and returns the offset after its end. The group is `depth` + 1 deep.
pub(crate) fn skip_group(
    bytes: &[u8],
    number: u32,
    at: usize,
    depth: usize,
    max_depth: usize,
) -> Result<usize, WireError> {
    let mut cursor = Cursor { bytes, at };
    cursor.group(number, Depth { used: depth, limit: max_depth })?;
    Ok(cursor.at)
}

/// A position in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        let (value, at) = varint(self.bytes, self.at)?;
        self.at = at;
        Ok(value)
    }

    pub(crate) fn key(&mut self) -> Result<Key, WireError> {
        let at = self.at;
        parse_key(self.varint()?, at)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], WireError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| rest.get(..length))
            .ok_or(WireError::Truncated { at: self.at })?;
        self.at += taken.len();
        Ok(taken)
    }

    pub(crate) fn fixed64(&mut self) -> Result<u64, WireError> {
        let at = self.at;
        let bytes = self.take(8)?.try_into().map_err(|_| WireError::Truncated { at })?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub(crate) fn fixed32(&mut self) -> Result<u32, WireError> {
        let at = self.at;
        let bytes = self.take(4)?.try_into().map_err(|_| WireError::Truncated { at })?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Reads the value of a field. `depth` is how many messages and groups may still be opened.
    pub(crate) fn value(
        &mut self,
        number: u32,
        wire_type: WireType,
        depth: Depth,
    ) -> Result<Raw<'a>, WireError> {
        Ok(match wire_type {
            WireType::Varint => Raw::Varint(self.varint()?),
            WireType::Fixed64 => Raw::Fixed64(self.fixed64()?),
            WireType::Len => {
                let length = self.varint()?;
                Raw::Len(self.take(length)?)
            }
            WireType::Group => Raw::Group(self.group(number, depth)?),
            WireType::Fixed32 => Raw::Fixed32(self.fixed32()?),
        })
    }

    /// Reads a group up to and including its end, and returns what is between.
    fn group(&mut self, number: u32, depth: Depth) -> Result<&'a [u8], WireError> {
        let start = self.at;
        let mut open = vec![number];
        depth.below(open.len())?;
        loop {
            let at = self.at;
            if self.is_empty() {
                return Err(WireError::Truncated { at });
            }
            match self.key()? {
                Key::Field(inner, WireType::Group) => {
                    open.push(inner);
                    depth.below(open.len())?;
                }
                Key::Field(inner, wire_type) => {
                    self.value(inner, wire_type, depth)?;
                }
                Key::GroupEnd(inner) => {
                    if open.pop() != Some(inner) {
                        return Err(WireError::Group { at });
                    }
                    if open.is_empty() {
                        return Ok(&self.bytes[start..at]);
                    }
                }
            }
        }
    }
}

/// How deep a reader is, and how deep it may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    used: usize,
    limit: usize,
}

impl Depth {
    /// At the outermost message, which counts as one.
    pub(crate) fn outermost(limit: usize) -> Result<Self, WireError> {
        Self { used: 0, limit }.enter()
    }

    /// One message or group deeper.
    pub(crate) fn enter(self) -> Result<Self, WireError> {
        self.below(1)?;
        Ok(Self { used: self.used + 1, ..self })
    }

    /// Whether `levels` more may be opened.
    fn below(self, levels: usize) -> Result<(), WireError> {
        if self.used + levels > self.limit { Err(WireError::TooDeep { limit: self.limit }) } else { Ok(()) }
    }
}

/// Appends a varint of the least width.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
