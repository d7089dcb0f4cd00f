//! Random messages from a tape of bytes, so that proptest can shrink them.

use std::collections::HashMap;

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

/// Choices read from bytes; zeros, which mean the least, when they run out.
pub(crate) struct Tape<'a>(pub(crate) &'a [u8]);

impl Tape<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// Less than `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    pub(crate) fn chance(&mut self, in_256: u8) -> bool {
        self.byte() > 255 - in_256
    }

    pub(crate) fn u64(&mut self) -> u64 {
        let wide = u64::from_le_bytes(std::array::from_fn(|_| self.byte()));
        match self.below(4) {
            0 => wide % 3,
            1 => wide >> 40,
            2 => u64::MAX - (wide >> 56),
            _ => wide,
        }
    }

    pub(crate) fn text(&mut self) -> String {
        let length = self.below(5) * self.below(40);
        let letters = ['a', 'b', '"', '\\', '\n', 'é', '\u{1}', '/'];
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }
}

/// How a message may be.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Lists of one element and maps of one entry at most: maps of prost-reflect have no stable order.
    pub(crate) single_entries: bool,
    pub(crate) max_depth: usize,
}

/// A random message. Floats are never NaN, so that messages compare; −0 and infinities occur.
pub(crate) fn message(tape: &mut Tape<'_>, desc: &MessageDescriptor, shape: Shape) -> DynamicMessage {
    let mut message = DynamicMessage::new(desc.clone());
    let fields: Vec<_> = desc.fields().collect();
    let count = tape.below(if shape.max_depth == 0 { 3 } else { 9 });
    for _ in 0..count {
        let field = &fields[tape.below(fields.len())];
        if shape.max_depth == 0 && matches!(target_kind(field), Kind::Message(_)) {
            continue;
        }
        let value = field_value(tape, field, shape);
        message.set_field(field, value);
    }
    // A zero of implicit presence that was set is not equal to one that was not, until it has been encoded.
    DynamicMessage::decode(desc.clone(), message.encode_to_vec().as_slice()).expect("it was just encoded")
}

fn target_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

fn field_value(tape: &mut Tape<'_>, field: &FieldDescriptor, shape: Shape) -> Value {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { unreachable!("a map has an entry type") };
        let count = if shape.single_entries { tape.below(2) } else { tape.below(4) };
        let mut map = HashMap::new();
        for _ in 0..count {
            let key = map_key(&scalar(tape, &entry.map_entry_key_field().kind(), shape));
            map.insert(key, scalar(tape, &entry.map_entry_value_field().kind(), shape));
        }
        Value::Map(map)
    } else if field.is_list() {
        let count = tape.below(4);
        Value::List((0..count).map(|_| scalar(tape, &field.kind(), shape)).collect())
    } else {
        scalar(tape, &field.kind(), shape)
    }
}

pub(crate) fn map_key(value: &Value) -> MapKey {
    match value {
        Value::Bool(value) => MapKey::Bool(*value),
        Value::I32(value) => MapKey::I32(*value),
        Value::I64(value) => MapKey::I64(*value),
        Value::U32(value) => MapKey::U32(*value),
        Value::U64(value) => MapKey::U64(*value),
        Value::String(value) => MapKey::String(value.clone()),
        other => unreachable!("{other:?} is no map key"),
    }
}

/// A random value of a kind.
#[allow(clippy::cast_possible_truncation, reason = "random bits may be cut off anywhere")]
pub(crate) fn scalar(tape: &mut Tape<'_>, kind: &Kind, shape: Shape) -> Value {
    match kind {
        Kind::Double => Value::F64(float(tape)),
        Kind::Float => Value::F32(float(tape) as f32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32((tape.u64() as u32).cast_signed()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(tape.u64().cast_signed()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(tape.u64() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(tape.u64()),
        Kind::Bool => Value::Bool(tape.below(2) == 1),
        Kind::String => Value::String(tape.text()),
        Kind::Bytes => Value::Bytes(tape.text().into_bytes().into()),
        Kind::Enum(desc) => {
            let values: Vec<i32> = desc.values().map(|value| value.number()).collect();
            Value::EnumNumber(values[tape.below(values.len())])
        }
        Kind::Message(desc) => {
            let max_depth = shape.max_depth.saturating_sub(1);
            Value::Message(message(tape, desc, Shape { max_depth, ..shape }))
        }
    }
}

fn float(tape: &mut Tape<'_>) -> f64 {
    match tape.below(6) {
        0 => 0.0,
        1 => -0.0,
        2 => f64::INFINITY,
        3 => -1.5,
        _ => f64::from(tape.byte()) / 8.0,
    }
}
