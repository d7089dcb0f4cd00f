//! What a message says, as a decoder would understand it, without decoding it.
//!
//! Protobuf has no canonical form: singular fields may be repeated (scalars: the last wins; messages: they merge, which is
//! the same as concatenating them), packed lists may come unpacked and split, the last member of a oneof wins, and the last
//! entry of a map key wins. Presence checks, keys and tags all read messages through this module, so that they agree with
//! each other and with every decoder.

mod scalar;

use std::collections::HashMap;

use holdover_annotations::policy::field::Kind;

use crate::cursor::{Cursor, Depth, Key};
use crate::schema::{Field, Label, Type};
use crate::{Limits, WireError};

use scalar::typed;
pub(crate) use scalar::{Packed, Scalar};

/// A message, in the parts that it is spread over: usually one.
pub(crate) type Parts<'p, 'a> = &'p [&'a [u8]];

/// What a reader wants to know of the fields of one message type.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Sorted by number. Fields that are not here are unknown.
    entries: Box<[Entry]>,
    has_oneofs: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    kind: Kind,
    label: Label,
    /// `u32::MAX` for none.
    oneof: u32,
    /// What the reader calls the field; `None` for one that it knows and ignores.
    slot: Option<u32>,
}

impl Table {
    /// All fields of a type: the others are unknown. `slot` names those that are wanted.
    pub(crate) fn complete(message: &Type, slot: impl Fn(&Field) -> Option<u32>) -> Self {
        Self::of(&message.fields.iter().collect::<Vec<_>>(), slot)
    }

    /// Only the fields that are wanted and the other members of their oneofs, for readers that do not ask for unknown fields.
    pub(crate) fn sparse(message: &Type, slot: impl Fn(&Field) -> Option<u32>) -> Self {
        let mut wanted_oneofs = vec![false; message.oneofs.len()];
        for field in &message.fields {
            if let (Some(oneof), Some(_)) = (field.oneof, slot(field)) {
                wanted_oneofs[oneof] = true;
            }
        }
        let wanted =
            |field: &&Field| slot(field).is_some() || field.oneof.is_some_and(|oneof| wanted_oneofs[oneof]);
        Self::of(&message.fields.iter().filter(wanted).collect::<Vec<_>>(), &slot)
    }

    fn of(fields: &[&Field], slot: impl Fn(&Field) -> Option<u32>) -> Self {
        let entries: Box<[Entry]> = fields
            .iter()
            .map(|field| Entry {
                number: field.number,
                kind: field.kind,
                label: field.label,
                oneof: field.oneof.and_then(|oneof| u32::try_from(oneof).ok()).unwrap_or(u32::MAX),
                slot: slot(field),
            })
            .collect();
        let has_oneofs = entries.iter().any(|entry| entry.oneof != u32::MAX);
        Self { entries, has_oneofs }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        // Small messages are numbered 1, 2, 3…: look there first.
        let guess = usize::try_from(number).ok()?.wrapping_sub(1);
        match self.entries.get(guess) {
            Some(entry) if entry.number == number => Some(entry),
            _ => {
                let index = self.entries.binary_search_by_key(&number, |entry| entry.number).ok()?;
                self.entries.get(index)
            }
        }
    }
}

/// One occurrence of a wanted field. What a decoder would forget is not among them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) slot: u32,
    pub(crate) value: Value<'a>,
    number: u32,
    oneof: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A number, bool or enum in its canonical form: see `scalar::canonical`.
    Number(u64),
    /// A string, bytes, message or group.
    Bytes(&'a [u8]),
    /// A packed list of numbers.
    Packed(&'a [u8]),
    /// A member of a oneof that nobody wants; never handed out.
    Ignored,
}

/// The work that one call may still do.
#[derive(Debug)]
pub(crate) struct Reader {
    items: usize,
    limits: Limits,
}

impl Reader {
    /// Checks the size of the message.
    pub(crate) fn new(message: &[u8], limits: &Limits) -> Result<Self, WireError> {
        check_size(message, limits)?;
        Ok(Self { items: limits.max_items, limits: *limits })
    }

    pub(crate) fn outermost(&self) -> Result<Depth, WireError> {
        Depth::outermost(self.limits.max_depth)
    }

    pub(crate) fn max_tags(&self) -> usize {
        self.limits.max_tags
    }

    pub(crate) fn spend(&mut self) -> Result<(), WireError> {
        self.items =
            self.items.checked_sub(1).ok_or(WireError::TooManyItems { limit: self.limits.max_items })?;
        Ok(())
    }

    /// The occurrences of wanted fields, sorted by slot and in their order on the wire, and whether the message has
    /// fields that the table does not know.
    pub(crate) fn resolve<'a>(
        &mut self,
        parts: Parts<'_, 'a>,
        table: &Table,
        depth: Depth,
    ) -> Result<(Vec<Found<'a>>, bool), WireError> {
        let mut found = Vec::new();
        let mut unknown = false;
        for part in parts {
            let mut cursor = Cursor::new(part);
            while !cursor.is_empty() {
                let (number, wire_type) = match cursor.key()? {
                    Key::Field(number, wire_type) => (number, wire_type),
                    Key::GroupEnd(_) => return Err(WireError::Group { at: 0 }),
                };
                let raw = cursor.value(number, wire_type, depth)?;
                let Some(entry) = table.entry(number) else {
                    unknown = true;
                    continue;
                };
                // A known number with another wire type is an unknown field to a decoder.
                let Some(value) = typed(raw, entry.kind, entry.label) else {
                    unknown = true;
                    continue;
                };
                let (slot, value) = match entry.slot {
                    Some(slot) => (slot, value),
                    None if entry.oneof != u32::MAX => (u32::MAX, Value::Ignored),
                    None => continue,
                };
                self.spend()?;
                found.push(Found { slot, value, number, oneof: entry.oneof });
            }
        }
        if table.has_oneofs && found.len() > 1 {
            forget_replaced_members(&mut found);
        }
        if !found.is_sorted_by_key(|found| found.slot) {
            found.sort_by_key(|found| found.slot);
        }
        // Ignored members have the greatest slot.
        while found.last().is_some_and(|found| found.value == Value::Ignored) {
            found.pop();
        }
        Ok((found, unknown))
    }

    /// The entries of a map in the order of their keys: the last one of each key, its value in parts. `entry` is a table
    /// made by [`entry_table`]; also says whether an entry has unknown fields.
    pub(crate) fn map_entries<'a>(
        &mut self,
        found: &[Found<'a>],
        entry: &Table,
        key_kind: Kind,
        depth: Depth,
    ) -> Result<(Vec<MapEntry<'a>>, bool), WireError> {
        let depth = depth.enter()?;
        let mut any_unknown = false;
        let mut by_key: HashMap<Scalar<'a>, Vec<Value<'a>>> = HashMap::with_capacity(found.len());
        for occurrence in found {
            let Value::Bytes(bytes) = occurrence.value else { continue };
            let (parts, unknown) = self.resolve(&[bytes], entry, depth)?;
            any_unknown |= unknown;
            let split = parts.partition_point(|part| part.slot == ENTRY_KEY);
            let key = match parts[..split].last().map(|part| part.value) {
                Some(Value::Number(number)) => Scalar::Number(number),
                Some(Value::Bytes(bytes)) => Scalar::Bytes(bytes),
                _ => Scalar::zero(key_kind),
            };
            by_key.insert(key, parts[split..].iter().map(|part| part.value).collect());
        }
        let mut entries: Vec<_> = by_key.into_iter().map(|(key, values)| MapEntry { key, values }).collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        Ok((entries, any_unknown))
    }
}

pub(crate) fn check_size(message: &[u8], limits: &Limits) -> Result<(), WireError> {
    if message.len() > limits.max_bytes || u32::try_from(message.len()).is_err() {
        return Err(WireError::TooLarge { size: message.len(), limit: limits.max_bytes });
    }
    Ok(())
}

const ENTRY_KEY: u32 = 0;
const ENTRY_VALUE: u32 = 1;

/// The table for [`Reader::map_entries`].
pub(crate) fn entry_table(entry: &Type) -> Table {
    Table::complete(entry, |field| Some(if field.number == 1 { ENTRY_KEY } else { ENTRY_VALUE }))
}

/// One entry of a map.
#[derive(Debug)]
pub(crate) struct MapEntry<'a> {
    pub(crate) key: Scalar<'a>,
    /// The occurrences of the value in the entry; none means the default.
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> MapEntry<'a> {
    /// The value as a message.
    pub(crate) fn message(&self) -> Vec<&'a [u8]> {
        message_parts(self.values.iter().copied())
    }

    /// The value as a scalar.
    pub(crate) fn scalar(&self, kind: Kind) -> Scalar<'a> {
        self.values.last().and_then(|value| value.scalar()).unwrap_or_else(|| Scalar::zero(kind))
    }
}

/// The occurrences of a singular message, which a decoder merges.
pub(crate) fn message_parts<'a>(values: impl Iterator<Item = Value<'a>>) -> Vec<&'a [u8]> {
    values
        .filter_map(|value| match value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        })
        .collect()
}

impl<'a> Value<'a> {
    pub(crate) fn scalar(self) -> Option<Scalar<'a>> {
        match self {
            Value::Number(number) => Some(Scalar::Number(number)),
            Value::Bytes(bytes) => Some(Scalar::Bytes(bytes)),
            Value::Packed(_) | Value::Ignored => None,
        }
    }
}

/// Keeps of every oneof what belongs to its last member: going backwards, everything from the first other member on is
/// what a decoder forgot when it saw a later one.
fn forget_replaced_members(found: &mut Vec<Found<'_>>) {
    let mut last: HashMap<u32, Option<u32>> = HashMap::new();
    let mut alive = vec![true; found.len()];
    for (occurrence, alive) in found.iter().zip(&mut alive).rev() {
        if occurrence.oneof == u32::MAX {
            continue;
        }
        match last.entry(occurrence.oneof).or_insert(Some(occurrence.number)) {
            Some(member) if *member == occurrence.number => {}
            other => {
                *other = None;
                *alive = false;
            }
        }
    }
    let mut alive = alive.into_iter();
    found.retain(|_| alive.next().unwrap_or(true));
}
